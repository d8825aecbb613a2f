/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kill.h: the end of everything that runs in a jail and beneath it.
 */
#ifndef JAIL_KILL_H
#define JAIL_KILL_H

#include "../tree.h"

#define KILL_WAIT_MS 30000 /* a process in an uninterruptible wait can't be hurried */
#define KILL_SWEEP_MS 200  /* for a jail that nobody asked for: the next command looks again */

/* KILL to all of it, and wait until nothing lives there. No lock is needed. ETIMEDOUT: something is left. */
int kill_all(int dirfd, int wait_ms);
/* The error for what that returned: names a process that is left, why it lives, and what happens next. */
int kill_failed(const struct tree *t, const char *name, int dirfd, int r, struct jail_error *err);

#endif

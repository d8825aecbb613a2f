/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * errand.h: something that a process can't undo (joining name spaces, giving up users) done in a short-lived one.
 */
#ifndef LINUX_ERRAND_H
#define LINUX_ERRAND_H

#include <jail.h>

/* What `fn` returns, with its error. EIO: the process was killed; ETIMEDOUT: it did not end within a bound. It has the
 * caller's memory as it is now. */
int errand_run(int (*fn)(void *arg, struct jail_error *err), void *arg, struct jail_error *err);

#endif

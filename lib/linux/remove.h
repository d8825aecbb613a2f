/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * remove.h: taking a jail away, from any state it can be in.
 */
#ifndef LINUX_REMOVE_H
#define LINUX_REMOVE_H

#include "jail/kill.h"
#include "store.h"

/*
 * Kill and remove the jail and all beneath it. `dirfd` is its directory with its lock held; safe to do again from the
 * beginning after it was interrupted anywhere. Does not close `dirfd`. `wait_ms`: for what was killed to end; EBUSY.
 * -ESTALE: it is removed, but a directory of the host that it wrote to is another by now; what belonged to it was left,
 * and the error says what.
 */
int remove_jail(const struct tree *t, const char *name, int dirfd, int wait_ms, struct jail_error *err);
/*
 * Look at the jails that may be unfinished or over, and remove those that are. Jails that somebody works on are left to
 * them.
 */
int remove_leftovers(const struct tree *t, struct jail_error *err);
/*
 * The same for one jail: 1 when it was over and is removed now, 0 when it lives or, without `wait`, is worked on; with
 * `wait` whoever works on it is waited for.
 */
int remove_if_over(const struct tree *t, const char *name, bool wait, struct jail_error *err);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lock.h: the locks of the jails: one for the few moments in which names, numbers and id ranges are given out, and one
 * for each jail for as long as somebody creates, changes or removes it. They end with their holder, so a directory that
 * is unfinished and unlocked is one whose creator died.
 *
 * All of them are bytes of one file, `jail/cgroup.kill`, that only the host's root can open for writing: its mode is
 * 0200, and no jail sees it, whose own directory is the top of its tree. A lock on a jail's directory would be
 * anybody's to take: any user of the host may open that, and root inside too. Every wait for a lock has a bound,
 * because its holder may wait for something that a jail delays.
 */
#ifndef JAIL_LOCK_H
#define JAIL_LOCK_H

#include "../tree.h"

#define LOCK_WAIT_MS 30000
#define LOCK_REMOVAL_MS 10000 /* what is to be removed was killed before: its creator gives up at once */

/* The lock of them all. `ret_lock` is to be given to lock_end(). ETIME, so that it is told from a jail's own lock. */
int lock_all(const struct tree *t, int *ret_lock);
/* The lock of one directory of the tree. EWOULDBLOCK with `wait_ms` 0; ETIMEDOUT. */
int lock_directory(const struct tree *t, int dirfd, int wait_ms, int *ret_lock);
/*
 * Open a jail's directory and lock it; what is locked is the jail of that name now, not one that was removed while we
 * waited. ENOENT; EWOULDBLOCK with `wait_ms` 0; ETIMEDOUT; ETIME: the lock of them all, which is taken for a moment.
 */
int lock_jail(const struct tree *t, const char *name, int wait_ms, int *ret_fd, int *ret_lock);
/*
 * The lock of whoever stops a jail with its commands, beside the jail's own lock, which is free while they run. 1: it
 * was had by another before. ENOENT: the jail is gone, or went meanwhile; ETIMEDOUT.
 */
int lock_stop(const struct tree *t, const char *name, int *ret_lock);
/* The error for a lock_stop() that returned `r`. */
int lock_stop_failed(const struct tree *t, const char *name, int r, struct jail_error *err);
/* Ends it, also where a process that was forked meanwhile has a copy. Returns -1: `lock = lock_end(lock)`. */
int lock_end(int lock);
/* The error for what these returned; `name` NULL: of lock_all(). Names the lock, and the process that has it. */
int lock_failed(const struct tree *t, const char *name, int r, struct jail_error *err);

static inline void lock_endp(int *lock)
{
	*lock = lock_end(*lock);
}
#define _cleanup_lock_ __attribute__((cleanup(lock_endp)))

#endif

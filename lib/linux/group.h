/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * group.h: the limits that control groups hold: limit.memoryuse, .memoryuse.soft, .swapuse, .pcpu, .cpushare, .cpuset,
 * .cpuset.mems, .maxproc, .nthr, .readbps, .writebps, .readiops, .writeiops, .ioshare. Each controller is where the
 * machine has it: in cgroup v2, where the jail's own directory is the group, or in a hierarchy of v1, where the jail
 * gets one of the same name as soon as it has such a limit. Which of both is no caller's business.
 */
#ifndef LINUX_GROUP_H
#define LINUX_GROUP_H

#include <sys/types.h>

#include "../plan.h"
#include "tree.h"
#include "watch.h"

/* What a jail is to be held to, with all names resolved. */
struct group;

/*
 * Look up all that the plan's limits name: controllers, devices, processors. Nothing is made. `rootfd`: what the plan's
 * paths are relative to, -1: the host's root. `ret` NULL: no such limit. `opts` is told what may not be meant.
 * ENOTSUP: this machine can't; ENODEV, EINVAL: no such device or processor.
 */
int group_prepare(const struct tree *t, const char *name, const struct plan *plan, const struct jail_params *params,
    int rootfd, const struct jail_options *opts, struct group **ret, struct jail_error *err);
void group_free(struct group *g);
/* Set the limits of a jail that has no process yet. Undone by group_remove(). */
int group_make(struct group *g, const char *name, struct jail_error *err);

/* Must processes that are born into the jail be joined to it: put into groups of v1 beside? */
bool group_joins(const struct tree *t, const char *name);
/*
 * Do so with a process; 0: the calling one (allocates nothing: may be called between clone and exec). Processes in a
 * jail's groups have theirs by inheritance.
 */
int group_join(const struct tree *t, const char *name, pid_t pid, struct jail_error *err);
/*
 * The group that the jail's own processes are born into: the jail's directory, or, where it holds child jails to
 * limits, the leaf beneath it (v2 has no processes in a group that divides among others). `ret_fd` is the caller's to
 * close.
 */
int group_leaf(int jailfd, int *ret_fd);

/*
 * Change the limits of a running jail from those of `was` to those of `will`, for all its processes, at once. A failure
 * undoes what was changed. Its lock is held. Undone by calling it with both exchanged.
 */
int group_change(const struct tree *t, const char *name, const struct plan *was, const struct plan *will,
    const struct jail_params *params, const struct jail_options *opts, struct jail_error *err);
/*
 * The processors (`mems`: memory nodes) that a jail may use now, where that is less than its own set `own`. 1: it is,
 * 0: all of `own`, or nobody can say.
 */
int group_set_less(const char *name, const char *own, bool mems, char *ret, size_t size);
/*
 * What is used of it now, as a number in a file of the jail's groups: for process 1 to look at. A descriptor, or
 * -errno; ENOENT: it has no such group.
 */
int group_usage(const struct tree *t, const char *name, enum watch_source source);
/* Does the kernel itself kill a jail as one when its memory is at an end? Else process 1 must look. */
bool group_kills(const struct tree *t);
/* Take a jail's groups away, but for its directory. The lock of all jails is held; nothing lives in it. */
int group_remove(const struct tree *t, const char *name, int dirfd, struct jail_error *err);
/* Best effort, when `jail/` is made: switch the controllers on that limits need. */
void group_begin(const struct tree *t);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * disk.h: limit.disk and limit.inodes. With path.volatile all that is written goes to a file system in memory, which
 * has a size; otherwise `path` is made a project of its file system's quotas. What a mount brings in is neither's.
 */
#ifndef LINUX_DISK_H
#define LINUX_DISK_H

#include "../plan.h"

struct running;

/* Is the plan's own `path` to be a project? */
bool disk_by_project(const struct plan *plan);
/* Can what the plan limits be limited at all? ENOTSUP, with the parameter. */
int disk_check(const struct plan *plan, struct jail_error *err);
/*
 * Before anything lives in the jail, `path_fd` being its `path`: for one in memory nothing is to be done. Undone by
 * view_clean(). `opts` is told when there is more in it than it may hold.
 */
int disk_make(const struct plan *plan, int path_fd, const struct jail_options *opts, struct jail_error *err);
/* A view that could not be built for want of room (`r`: -ENOSPC): names the limit that left none. */
int disk_no_room(const struct plan *plan, int r, struct jail_error *err);
/*
 * From one record's limits to another's; `plan`: where the jail writes to (its size, when in memory). `own`: it is
 * given a limit itself; without, what it writes counts within its parent's already.
 */
int disk_change(const struct running *jail, const struct plan *plan, bool own, const struct policy_record *was,
    const struct policy_record *will, struct jail_error *err);

#endif

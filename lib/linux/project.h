/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * project.h: how much a directory tree may hold, by the file system's own project quotas (ext4, xfs, f2fs): every file
 * of the tree carries the number of one project, and so does whatever is made in it. It knows directories and numbers;
 * it may not know jails.
 *
 * A tree keeps its number for good, and `trusted.jail.project` at its root says that all of it has it: only the first
 * limit has to walk it. Root inside a user namespace can change neither (the kernel takes numbers of projects from the
 * first one alone). Symbolic links and special files are not counted before they are made anew: no descriptor can be
 * had that would change theirs.
 */
#ifndef LINUX_PROJECT_H
#define LINUX_PROJECT_H

#include <jail.h>
#include <stdbool.h>
#include <stdint.h>

#define PROJECT_UNLIMITED UINT64_MAX

struct project_use {
	uint64_t bytes, inodes;
};

/* Does the file system of `fd` limit projects? */
bool project_can(int fd);
/*
 * Limit the tree at `dirfd` (a directory; O_PATH will do), from now on, whatever it was limited to. `ret_use`: what it
 * holds already, which stays. ENOTSUP: its file system keeps no such quotas, or does not enforce them; EBUSY: part of
 * the tree belongs to another project. See quotactl(2), ioctl_fsx(2) of xfs, chattr(1).
 */
int project_limit(int dirfd, uint64_t bytes, uint64_t inodes, struct project_use *ret_use, struct jail_error *err);
/* No limit any more; its number stays. 0 also when there is none, or nothing can be lifted any more. */
int project_lift(int dirfd);
/* An empty directory `dirfd` becomes part of the project that the tree at `treefd` has, if it has one. -errno. */
int project_join(int dirfd, int treefd);

#endif

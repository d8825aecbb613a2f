/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cgroup_mount.h: opens directories and files of control groups. A directory is given out only after the kernel has
 * said that its file system is one of control groups, whatever a table or a name says. It may not know what jails do
 * with control groups. Nothing here allocates memory.
 */
#ifndef SYS_CGROUP_MOUNT_H
#define SYS_CGROUP_MOUNT_H

#include <stdbool.h>

#include "mount_table.h"

enum cgroup_version { CGROUP_V1 = 1, CGROUP_V2 = 2 };

/* Is the open directory in a file system of control groups of this version? */
bool cgroup_is(int fd, enum cgroup_version version);
/* Open a directory at a place that only root can change. ENODEV: it is no control group of this version. */
int cgroup_open(const char *path, enum cgroup_version version);
/* Does the line of the mount table say that it is a hierarchy of this version? */
bool cgroup_line(const struct mount_line *l, enum cgroup_version version);
/* Open the root of the mount that the line names. ENODEV: the place shows another mount. */
int cgroup_open_line(const struct mount_line *l, enum cgroup_version version);
/* Open a file of a group. `access`: O_RDONLY or O_WRONLY. No link is followed, and the call does not wait. */
int cgroup_file(int dirfd, const char *name, int access);

#endif

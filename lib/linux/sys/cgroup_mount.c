/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cgroup_mount.c: see cgroup_mount.h. A user who mounts FUSE chooses the name, the source and a part of the type of
 * that mount. So a line of the mount table only says where to look; the open directory says what it is.
 */
#include "cgroup_mount.h"

#include <fcntl.h>
#include <string.h>
#include <sys/vfs.h>

#include "../../util.h"
#include "../sys.h"
#include "host_path.h"

#define CGROUP_MAGIC 0x27e0eb
#define CGROUP2_MAGIC 0x63677270

bool cgroup_is(int fd, enum cgroup_version version)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 &&
	       (unsigned long)fs.f_type == (version == CGROUP_V1 ? CGROUP_MAGIC : CGROUP2_MAGIC);
}

int cgroup_open(const char *path, enum cgroup_version version)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return negative_errno();
	return cgroup_is(fd, version) ? take_fd(&fd) : -ENODEV;
}

bool cgroup_line(const struct mount_line *l, enum cgroup_version version)
{
	return !l->cut && strcmp(l->type, version == CGROUP_V1 ? "cgroup" : "cgroup2") == 0;
}

/* The kernel has each directory that leads to a mount in memory, unless somebody else serves it. */
static int open_place(const char *path)
{
	int fd = sys_openat2(
	    AT_FDCWD, path, O_PATH | O_DIRECTORY, 0, RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_CACHED);

	if (fd < 0 && errno == EAGAIN)
		fd = host_path_open(-1, path, O_DIRECTORY, NULL);
	else if (fd < 0)
		fd = negative_errno();
	return fd;
}

int cgroup_open_line(const struct mount_line *l, enum cgroup_version version)
{
	_cleanup_close_ int place = -1;
	struct mount_object o;
	int fd, r;

	if (!cgroup_line(l, version))
		return -ENODEV;
	place = open_place(l->where);
	if (place < 0)
		return place;
	r = mount_object(place, &o);
	if (r < 0)
		return r;
	if (o.mount != l->id || !cgroup_is(place, version))
		return -ENODEV;
	fd = openat(place, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? negative_errno() : fd;
}

int cgroup_file(int dirfd, const char *name, int access)
{
	int fd = openat(dirfd, name, access | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	return fd < 0 ? negative_errno() : fd;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * group_members.c: who is in a group, as the kernel lists it. It may be asked between clone and exec: no stdio, no
 * allocation.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "group_parts.h"

/* Numbers, one a line; what a read cuts in two is put together again. */
static int members(int dirfd, const char *file, int (*fn)(void *arg, pid_t id), void *arg)
{
	_cleanup_close_ int fd = openat(dirfd, file, O_RDONLY | O_CLOEXEC);
	char buf[4096];
	ssize_t n;
	long id = 0;
	int r = 0;

	if (fd < 0)
		return tree_gone(-errno) ? 0 : negative_errno();
	while (r == 0 && ((n = read(fd, buf, sizeof(buf))) > 0 || (n < 0 && errno == EINTR)))
		for (ssize_t i = 0; r == 0 && i < n; i++) {
			if (buf[i] >= '0' && buf[i] <= '9') {
				id = id * 10 + (buf[i] - '0');
			} else {
				r = id > 0 ? fn(arg, (pid_t)id) : 0;
				id = 0;
			}
		}
	return r == 0 && n < 0 && !tree_gone(-errno) ? negative_errno() : r;
}

int group_processes(int dirfd, int (*fn)(void *arg, pid_t pid), void *arg)
{
	return members(dirfd, "cgroup.procs", fn, arg);
}

int group_threads(int dirfd, int (*fn)(void *arg, pid_t tid), void *arg)
{
	return members(dirfd, "cgroup.threads", fn, arg);
}

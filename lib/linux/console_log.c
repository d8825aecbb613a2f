/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * console_log.c: see console_log.h. The file may lie where others than root write: what is opened there is looked at
 * before anything is written, and no open of it waits.
 */
#include "console_log.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "error.h"
#include "sys.h"
#include "sys/host_path.h"
#include "util.h"

static int refuse(const char *path, const char *what, struct jail_error *err)
{
	(void)jail_error_set(err, EINVAL, "%s %s", path, what);
	return jail_error_hint(
	    err, EINVAL, "name a file in a directory where only root writes, or one that is not there yet");
}

static int check(int fd, const char *path, struct jail_error *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return jail_error_sys(err, errno, "%s", path);
	if (!S_ISREG(st.st_mode))
		return refuse(path, "is not a regular file", err);
	if (st.st_uid != 0)
		return refuse(path, "does not belong to root", err);
	if (st.st_nlink != 1)
		return refuse(path, "has other names (hard links)", err);
	/* O_NONBLOCK was for what is no file; programs inside are not to find it. */
	return fcntl(fd, F_SETFL, O_APPEND) < 0 ? jail_error_sys(err, errno, "%s", path) : 0;
}

int console_log_open(const struct plan *plan, int *ret, struct jail_error *err)
{
	_cleanup_close_ int fd = -1;
	int r;

	if (plan->consolelog == NULL)
		return 0;
	fd = host_path_create(
	    -1, plan->consolelog, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0600, err);
	/* A FIFO that nobody reads. */
	r = fd == -ENXIO ? refuse(plan->consolelog, "is not a regular file", err)
	    : fd < 0	 ? fd
			 : check(fd, plan->consolelog, err);
	if (r < 0) {
		jail_error_param(err, "exec.consolelog");
		return r;
	}
	*ret = take_fd(&fd);
	return 0;
}

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
#include "sys/pipe_copy.h"
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
	/* O_NONBLOCK was for what is no file. */
	return fcntl(fd, F_SETFL, O_APPEND) < 0 ? jail_error_sys(err, errno, "%s", path) : 0;
}

static int open_file(const struct plan *plan, struct jail_error *err)
{
	_cleanup_close_ int fd = host_path_create(
	    -1, plan->consolelog, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0600, err);
	int r;

	/* A FIFO that nobody reads. */
	r = fd == -ENXIO ? refuse(plan->consolelog, "is not a regular file", err)
	    : fd < 0	 ? fd
			 : check(fd, plan->consolelog, err);
	return r < 0 ? r : take_fd(&fd);
}

int console_log_open(const struct plan *plan, struct console_log *ret, struct jail_error *err)
{
	_cleanup_close_ int file = -1;
	int ends[2];

	if (plan->consolelog == NULL)
		return 0;
	file = open_file(plan, err);
	if (file < 0) {
		jail_error_param(err, "exec.consolelog");
		return file;
	}
	if (pipe2(ends, O_CLOEXEC) < 0)
		return jail_error_sys(err, errno, "cannot make a pipe");
	*ret = (struct console_log){.file = take_fd(&file), .from = ends[0], .to = ends[1]};
	/* Of this end only: programs inside write as to any pipe. */
	return fcntl(ret->from, F_SETFL, O_NONBLOCK) < 0 ? jail_error_sys(err, errno, "cannot make a pipe") : 0;
}

int console_log_redirect(const struct console_log *log, uint32_t root)
{
	if (log->to < 0)
		return 0;
	if (root != 0 && fchown(log->to, root, root) < 0)
		return negative_errno();
	return dup2(log->to, 1) < 0 || dup2(log->to, 2) < 0 ? negative_errno() : 0;
}

void console_log_copy(const struct console_log *log)
{
	if (log->from >= 0)
		pipe_copy(log->from, log->file);
}

void console_log_ready(struct console_log *log, short revents)
{
	if (revents != 0)
		console_log_copy(log);
	if (pipe_over(revents))
		log->from = close_fd(log->from);
}

void console_log_started(struct console_log *log, bool reaper)
{
	/* Without a write end here, the end of all programs is seen. */
	log->to = close_fd(log->to);
	if (reaper)
		console_log_close(log);
}

void console_log_close(struct console_log *log)
{
	log->file = close_fd(log->file);
	log->from = close_fd(log->from);
	log->to = close_fd(log->to);
}

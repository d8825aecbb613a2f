/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lock.c: see lock.h. A jail's byte is the inode number of its directory, which the kernel gives to no other directory
 * while either exists; byte 0 stands for all jails. The second byte of a jail, for its stop, lies STOP behind that.
 */
#include "lock.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "../error.h"
#include "../sys/cgroup_mount.h"
#include "../sys/deadline.h"
#include "../sys/lock.h"

#define ALL 0
#define STOP (UINT64_C(1) << 62)

static int open_locks(const struct tree *t)
{
	return cgroup_file(t->fd, "cgroup.kill", O_WRONLY);
}

static int take(const struct tree *t, uint64_t byte, int wait_ms, int *ret_lock)
{
	_cleanup_close_ int fd = open_locks(t);
	int r = fd < 0 ? fd : lock_take(fd, byte, wait_ms);

	if (r < 0)
		return r;
	*ret_lock = take_fd(&fd);
	return 0;
}

int lock_all(const struct tree *t, int *ret_lock)
{
	int r = take(t, ALL, LOCK_WAIT_MS, ret_lock);

	return r == -ETIMEDOUT ? -ETIME : r;
}

int lock_directory(const struct tree *t, int dirfd, int wait_ms, int *ret_lock)
{
	struct stat st;

	return fstat(dirfd, &st) < 0 ? negative_errno() : take(t, st.st_ino, wait_ms, ret_lock);
}

int lock_end(int lock)
{
	if (lock >= 0)
		lock_drop(lock);
	return close_fd(lock);
}

/* With the lock of them all: a jail that is being given its name is not seen half named. */
static int try_named(const struct tree *t, const char *name, int *ret_fd, int *ret_lock)
{
	_cleanup_lock_ int all = -1;
	int r = lock_all(t, &all);

	if (r == 0)
		r = tree_jail_open(t, name, ret_fd);
	return r < 0 ? r : lock_directory(t, *ret_fd, 0, ret_lock);
}

int lock_jail(const struct tree *t, const char *name, int wait_ms, int *ret_fd, int *ret_lock)
{
	struct deadline end = {0};

	for (unsigned tries = 0;; tries++) {
		_cleanup_close_ int fd = -1;
		_cleanup_lock_ int lock = -1;
		int r = try_named(t, name, &fd, &lock);

		if (r == -EWOULDBLOCK && wait_ms > 0) {
			if (tries == 0)
				end = deadline_after(wait_ms);
			if (deadline_over(end))
				return -ETIMEDOUT;
			r = lock_directory(t, fd, deadline_left(end), &lock);
			/* Its last holder may have removed it. */
			if (r == 0 && !tree_jail_is(t, name, fd))
				continue;
			r = r == -EWOULDBLOCK ? -ETIMEDOUT : r;
		}
		if (r < 0)
			return r;
		*ret_fd = take_fd(&fd);
		*ret_lock = take_fd(&lock);
		return 0;
	}
}

static int stop_byte(const struct tree *t, const char *name, int *ret_fd, uint64_t *ret)
{
	struct stat st;
	int r = tree_jail_open(t, name, ret_fd);

	if (r == 0 && fstat(*ret_fd, &st) < 0)
		r = negative_errno();
	if (r == 0)
		*ret = st.st_ino + STOP;
	return r;
}

int lock_stop(const struct tree *t, const char *name, int *ret_lock)
{
	_cleanup_close_ int fd = -1;
	uint64_t byte = 0;
	int r = stop_byte(t, name, &fd, &byte);

	if (r == 0)
		r = take(t, byte, 0, ret_lock);
	if (r != -EWOULDBLOCK)
		return r;
	r = take(t, byte, LOCK_WAIT_MS, ret_lock);
	if (r < 0)
		return r == -EWOULDBLOCK ? -ETIMEDOUT : r;
	if (tree_jail_is(t, name, fd))
		return 1;
	*ret_lock = lock_end(*ret_lock);
	return -ENOENT;
}

/* The process that has a byte; its name in `ret_name`. 0: none. */
static pid_t holder_of(const struct tree *t, uint64_t byte, char ret_name[static LOCK_NAME_MAX])
{
	_cleanup_close_ int locks = open_locks(t);

	return locks < 0 ? 0 : lock_holder(locks, byte, ret_name);
}

int lock_stop_failed(const struct tree *t, const char *name, int r, struct jail_error *err)
{
	_cleanup_close_ int fd = -1;
	char holder[LOCK_NAME_MAX];
	uint64_t byte = 0;
	pid_t pid = 0;

	if (r != -ETIMEDOUT)
		return jail_error_sys(err, -r, "cannot take its lock");
	if (stop_byte(t, name, &fd, &byte) == 0)
		pid = holder_of(t, byte, holder);
	if (pid > 0)
		(void)jail_error_set(err, EBUSY, "process %d (%s) is stopping it", (int)pid, holder);
	else
		(void)jail_error_set(err, EBUSY, "another command is stopping it");
	return jail_error_hint(err, EBUSY, "wait for that, or remove it without its commands: jail -R %s", name);
}

int lock_failed(const struct tree *t, const char *name, int r, struct jail_error *err)
{
	bool all = name == NULL || r == -ETIME;
	const char *whose = all ? "the lock of all jails" : "its lock";
	_cleanup_close_ int fd = -1;
	char holder[LOCK_NAME_MAX];
	struct stat st = {.st_ino = ALL};
	pid_t pid = 0;

	if (r != -ETIMEDOUT && r != -ETIME)
		return jail_error_sys(err, -r, "cannot take %s", whose);
	if (all || (tree_jail_open(t, name, &fd) == 0 && fstat(fd, &st) == 0))
		pid = holder_of(t, st.st_ino, holder);
	if (pid <= 0) {
		(void)jail_error_set(err, EBUSY, "another command has %s", whose);
		return jail_error_hint(err, EBUSY, "try again");
	}
	(void)jail_error_set(
	    err, EBUSY, "process %d (%s) %shas %s", (int)pid, holder, all ? "" : "works on it and ", whose);
	return jail_error_hint(err, EBUSY, "wait for that process, or end it");
}

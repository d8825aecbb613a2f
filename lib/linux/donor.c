/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * donor.c: see donor.h. Knows user_namespaces(7) and nothing of jails.
 */
#include "donor.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "error.h"
#include "sys.h"

/* Waits until the tool lets go of the leash, or is gone. */
static void __attribute__((noreturn)) donor_main(int leash_end, int leash)
{
	char byte;

	(void)close(leash);
	while (read(leash_end, &byte, 1) < 0 && errno == EINTR)
		;
	_exit(0);
}

int donor_start(struct donor *d, int namespaces, int parent_pidfd, struct jail_error *err)
{
	struct clone_args args = {0};
	int pair[2], pidfd = -1, r;
	long pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return jail_error_sys(err, errno, "cannot make a socket pair");
	args.flags = CLONE_PIDFD | CLONE_CLEAR_SIGHAND | (parent_pidfd < 0 ? (uint64_t)(unsigned)namespaces : 0);
	args.pidfd = (uintptr_t)&pidfd;
	pid = sys_clone3(&args);
	if (pid == 0) {
		/* A child jail's users lie within its parent's: be there first, then say so. */
		if (parent_pidfd >= 0 &&
		    (setns(parent_pidfd, CLONE_NEWUSER) < 0 || unshare(namespaces) < 0 || write(pair[0], "", 1) != 1))
			_exit(1);
		donor_main(pair[0], pair[1]);
	}
	r = pid < 0 ? negative_errno() : 0;
	(void)close(pair[0]);
	if (r < 0) {
		(void)close(pair[1]);
		(void)jail_error_sys(err, -r, "cannot make the jail's namespaces");
		if (r == -ENOSPC || r == -EUSERS)
			(void)jail_error_hint(err, -r, "raise /proc/sys/user/max_*_namespaces");
		else if (r == -EPERM || r == -EINVAL)
			(void)jail_error_hint(
			    err, -r, "user namespaces must be enabled, or users=inherit (see jcheck)");
		return r;
	}
	*d = (struct donor){.pid = (pid_t)pid, .pidfd = pidfd, .users_fd = -1, .leash = pair[1]};
	return 0;
}

static int write_map(pid_t pid, const char *file, const char *line, size_t length)
{
	char path[64];
	_cleanup_close_
	int fd = -1;

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return negative_errno();
	return write(fd, line, length) == (ssize_t)length ? 0 : negative_errno();
}

static int write_maps(pid_t pid, uint32_t base, uint32_t count)
{
	char line[64];
	int n = snprintf(line, sizeof(line), "0 %u %u\n", base, count), r;

	r = write_map(pid, "uid_map", line, (size_t)n);
	return r < 0 ? r : write_map(pid, "gid_map", line, (size_t)n);
}

/*
 * The kernel takes a map only from a process in the parent user namespace (user_namespaces(7)): for a child jail one is
 * sent there, once the donor has said that it has its own namespace.
 */
static int write_maps_within(const struct donor *d, int parent_pidfd, uint32_t base, uint32_t count)
{
	struct clone_args args = {.flags = CLONE_CLEAR_SIGHAND};
	siginfo_t info = {0};
	ssize_t n;
	char byte;
	long writer;

	while ((n = read(d->leash, &byte, 1)) < 0 && errno == EINTR)
		;
	if (n != 1)
		return -EPERM;
	writer = sys_clone3(&args);
	if (writer < 0)
		return negative_errno();
	if (writer == 0) {
		int r = setns(parent_pidfd, CLONE_NEWUSER) < 0 ? -errno : write_maps(d->pid, base, count);

		_exit(r < 0 ? -r & 0xff : 0);
	}
	while (waitid(P_PID, (id_t)writer, &info, WEXITED | __WALL) < 0)
		if (errno != EINTR)
			return negative_errno();
	return info.si_code != CLD_EXITED ? -EIO : -info.si_status;
}

int donor_map(struct donor *d, uint32_t base, uint32_t count, int parent_pidfd, struct jail_error *err)
{
	char path[64];
	int r;

	if (parent_pidfd < 0)
		r = write_maps(d->pid, base, count);
	else
		r = write_maps_within(d, parent_pidfd, base, count);
	if (r < 0)
		return jail_error_sys(
		    err, -r, "cannot give the jail the users %u to %llu", base, (unsigned long long)base + count - 1);
	(void)snprintf(path, sizeof(path), "/proc/%d/ns/user", d->pid);
	d->users_fd = open(path, O_RDONLY | O_CLOEXEC);
	if (d->users_fd < 0)
		return jail_error_sys(err, errno, "cannot open the jail's user namespace");
	return 0;
}

void donor_end(struct donor *d)
{
	siginfo_t info;

	d->leash = close_fd(d->leash);
	if (d->pid > 0) {
		(void)sys_pidfd_send_signal(d->pidfd, SIGKILL);
		while (waitid(P_PIDFD, (id_t)d->pidfd, &info, WEXITED | __WALL) < 0 && errno == EINTR)
			;
	}
	d->pid = 0;
	d->pidfd = close_fd(d->pidfd);
	d->users_fd = close_fd(d->users_fd);
}

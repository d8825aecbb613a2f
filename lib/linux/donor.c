/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * donor.c: see donor.h. Knows user_namespaces(7) and nothing of jails.
 */
#include "donor.h"

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "error.h"
#include "process.h"
#include "sys.h"
#include "sys/deadline.h"
#include "sys/owner.h"

/* What the donor needs; it lives in our memory. */
struct donor_stack {
	int end, ours;
	int parent_users, namespaces;
	uint32_t processes;
	char stack[32768] __attribute__((aligned(16))); /* as much as a sanitizer or a dynamic linker may want */
};

/* No more than `processes`, which the kernel takes over for the users that this process makes. */
static int limit_processes(uint32_t processes, struct rlimit *ret_before)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NPROC, &limit) < 0)
		return -1;
	if (ret_before != NULL)
		*ret_before = limit;
	limit.rlim_cur = processes < limit.rlim_max ? processes : limit.rlim_max;
	return setrlimit(RLIMIT_NPROC, &limit);
}

/*
 * Waits until the tool lets go of the leash, or is gone. Nothing here fails while memory is shared, so that errno is
 * left to the tool.
 */
static _no_asan_ int donor_main(void *arg)
{
	const struct donor_stack *s = arg;
	char byte;

	(void)close(s->ours);
	/* A child jail's users lie within its parent's: be one of those first, then say so. */
	if (s->parent_users >= 0 && (setns(s->parent_users, CLONE_NEWUSER) < 0 || sys_become_root() < 0 ||
					(s->processes > 0 && limit_processes(s->processes, NULL) < 0) ||
					unshare(s->namespaces) < 0 || write(s->end, "", 1) != 1))
		_exit(1);
	_exit(read(s->end, &byte, 1) == 0 ? 0 : 1);
}

/*
 * A process that only waits needs no copy of our memory, and making one takes longer than all else here. Within a
 * parent jail it does: unshare(2) of users refuses shared memory.
 */
static int clone_donor(struct donor_stack *s, int *ret_pidfd)
{
	int flags = CLONE_PIDFD | (s->parent_users < 0 ? CLONE_VM | s->namespaces : 0);
	pid_t pid = clone(donor_main, s->stack + sizeof(s->stack), flags, s, ret_pidfd);

	return pid < 0 ? negative_errno() : pid;
}

/* The limit is the process's, not the thread's: one at a time. */
static pthread_mutex_t owner_lock = PTHREAD_MUTEX_INITIALIZER;

/*
 * The kernel gives a user namespace no limit when root of the host makes it, and counts the processes of all such
 * namespaces as root's. So the calling thread is another id for a moment.
 */
static int clone_as_owner(struct donor_stack *s, uint32_t id, int *ret_pidfd)
{
	struct owner_before was;
	int r = owner_become(id, &was);

	if (r == 0) {
		r = clone_donor(s, ret_pidfd);
		owner_restore(&was);
	}
	return r;
}

static int clone_owned(struct donor_stack *s, uint32_t id, int *ret_pidfd)
{
	struct rlimit before;
	int r;

	(void)pthread_mutex_lock(&owner_lock);
	if (limit_processes(s->processes > 0 ? s->processes : UINT32_MAX, &before) < 0)
		r = negative_errno();
	else {
		r = clone_as_owner(s, id, ret_pidfd);
		(void)setrlimit(RLIMIT_NPROC, &before);
	}
	(void)pthread_mutex_unlock(&owner_lock);
	return r;
}

int donor_start(
    struct donor *d, int namespaces, int parent_users, uint32_t owner, uint32_t processes, struct jail_error *err)
{
	struct donor_stack *s = malloc(sizeof(*s));
	int pair[2], pidfd = -1;
	pid_t pid;

	if (s == NULL)
		return jail_error_set(err, ENOMEM, "out of memory");
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		goto no_pair;
	s->end = pair[0];
	s->ours = pair[1];
	s->parent_users = parent_users;
	s->namespaces = namespaces;
	s->processes = processes;
	/* Within a parent jail the kernel limits whoever makes users, root too. */
	pid = owner > 0 && parent_users < 0 ? clone_owned(s, owner, &pidfd) : clone_donor(s, &pidfd);
	(void)close(pair[0]);
	if (pid < 0) {
		int r = pid;

		(void)close(pair[1]);
		free(s);
		(void)jail_error_sys(err, -r, "cannot make the jail's namespaces");
		if (r == -ENOSPC || r == -EUSERS)
			(void)jail_error_hint(err, -r, "raise /proc/sys/user/max_*_namespaces");
		else if (r == -EPERM || r == -EINVAL)
			(void)jail_error_hint(
			    err, -r, "user namespaces must be enabled, or users=inherit (see jcheck)");
		return r;
	}
	*d = (struct donor){.pid = pid, .pidfd = pidfd, .users_fd = -1, .leash = pair[1], .stack = s};
	return 0;
no_pair:
	free(s);
	return jail_error_sys(err, errno, "cannot make a socket pair");
}

static int write_map(pid_t pid, const char *file, const char *line, size_t length)
{
	char path[64];
	_cleanup_close_ int fd = -1;

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	fd = openat(AT_FDCWD, path, O_WRONLY | O_CLOEXEC);
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
static int write_maps_within(const struct donor *d, int parent_users, uint32_t base, uint32_t count)
{
	_cleanup_close_ int pidfd = -1;
	struct clone_args args = {.flags = CLONE_CLEAR_SIGHAND | CLONE_PIDFD, .pidfd = (uintptr_t)&pidfd};
	struct pollfd said = {.fd = d->leash, .events = POLLIN};
	int n, r, status = 0;
	char byte;
	long writer;

	do
		n = poll(&said, 1, DEADLINE_ENTRY_MS);
	while (n < 0 && errno == EINTR);
	if (n <= 0 || read(d->leash, &byte, 1) != 1)
		return n == 0 ? -ETIMEDOUT : -EPERM;
	writer = sys_clone3(&args);
	if (writer < 0)
		return negative_errno();
	if (writer == 0) {
		r = setns(parent_users, CLONE_NEWUSER) < 0 ? -errno : write_maps(d->pid, base, count);
		_exit(r < 0 ? -r & 0xff : 0);
	}
	r = process_wait(pidfd, &status);
	if (r < 0)
		return r;
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -EIO;
}

int donor_map(struct donor *d, uint32_t base, uint32_t count, int parent_users, struct jail_error *err)
{
	char path[64];
	int r;

	if (parent_users < 0)
		r = write_maps(d->pid, base, count);
	else
		r = write_maps_within(d, parent_users, base, count);
	if (r < 0)
		return jail_error_sys(
		    err, -r, "cannot give the jail the users %u to %llu", base, (unsigned long long)base + count - 1);
	(void)snprintf(path, sizeof(path), "/proc/%d/ns/user", d->pid);
	d->users_fd = openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
	if (d->users_fd < 0)
		return jail_error_sys(err, errno, "cannot open the jail's user namespace");
	return 0;
}

void donor_release(struct donor *d)
{
	d->leash = close_fd(d->leash);
	if (d->pid > 0)
		(void)sys_pidfd_send_signal(d->pidfd, SIGKILL);
}

void donor_end(struct donor *d)
{
	donor_release(d);
	if (d->pid > 0)
		(void)process_wait(d->pidfd, NULL);
	d->pid = 0;
	d->pidfd = close_fd(d->pidfd);
	d->users_fd = close_fd(d->users_fd);
	free(d->stack);
	d->stack = NULL;
}

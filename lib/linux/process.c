/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * process.c: see process.h.
 */
#include "process.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include "sys.h"
#include "sys/deadline.h"
#include "util.h"

#define ENDING_MS 1000
#define WAIT_MS 10000 /* for a child that was killed */
#define HELD_MS 1000  /* for a tracer to let go of a child that has ended */
#define FIELD_START 22
#define FIELD_STATUS 52

/* A number from the "stat" that `dirfd` and `path` lead to, by the number of its field (proc_pid_stat(5)). */
static int stat_field(int dirfd, const char *path, unsigned index, uint64_t *ret)
{
	char text[1024], *field, *end;
	_cleanup_close_ int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC);
	unsigned long long value;
	ssize_t n;

	if (fd < 0)
		return errno == ENOENT ? -ESRCH : negative_errno();
	n = read(fd, text, sizeof(text) - 1);
	if (n <= 0)
		return n < 0 ? negative_errno() : -ESRCH;
	text[n] = '\0';
	/* The second field is a name that may hold anything, a ')' too: count from the last one. */
	field = strrchr(text, ')');
	for (unsigned i = 2; field != NULL && i < index; i++)
		field = strchr(field + 1, ' ');
	if (field == NULL)
		return -EBADMSG;
	errno = 0;
	value = strtoull(field + 1, &end, 10);
	if (errno != 0 || end == field + 1)
		return -EBADMSG;
	*ret = value;
	return 0;
}

int process_start_time(pid_t pid, uint64_t *ret)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	return stat_field(AT_FDCWD, path, FIELD_START, ret);
}

int process_directory(pid_t pid, uint64_t start, int *ret_fd)
{
	_cleanup_close_ int fd = -1;
	char path[32];
	uint64_t now;
	int r;

	if (pid <= 0)
		return -ESRCH;
	(void)snprintf(path, sizeof(path), "/proc/%d", pid);
	fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? -ESRCH : negative_errno();
	r = stat_field(fd, "stat", FIELD_START, &now);
	if (r < 0 || now != start)
		return r < 0 ? r : -ESRCH;
	*ret_fd = take_fd(&fd);
	return 0;
}

unsigned long process_restarts(int procfd)
{
	char text[32], *colon;
	_cleanup_close_ int fd = openat(procfd, "comm", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (n <= 0)
		return 0;
	text[n] = '\0';
	colon = strchr(text, ':');
	return colon == NULL ? 0 : strtoul(colon + 1, NULL, 10);
}

int process_open(pid_t pid, uint64_t start, int *ret_pidfd)
{
	_cleanup_close_ int fd = -1;
	uint64_t now;
	int r;

	if (pid <= 0)
		return -ESRCH;
	fd = sys_pidfd_open(pid);
	if (fd < 0)
		return negative_errno();
	/* Looked at behind the opening: what has this number now is what we hold. */
	r = process_start_time(pid, &now);
	if (r < 0)
		return r;
	if (now != start)
		return -ESRCH;
	*ret_pidfd = take_fd(&fd);
	return 0;
}

int process_number(int pidfd)
{
	char path[64], text[512], *field;
	_cleanup_close_ int fd = -1;
	ssize_t n;
	long pid;

	(void)snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", pidfd);
	fd = openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (n < 0)
		return negative_errno();
	text[n] = '\0';
	field = strstr(text, "\nPid:");
	pid = field == NULL ? 0 : strtol(field + 5, NULL, 10);
	return pid > 0 && pid <= INT32_MAX ? (int)pid : -ESRCH;
}

bool process_ended(int pidfd)
{
	struct pollfd p = {.fd = pidfd, .events = POLLIN};

	return poll(&p, 1, 0) > 0;
}

/*
 * Its namespaces go before it counts as ended: joining them fails with ESRCH, a process that is to be born into them
 * with ENOMEM or, when its control group has gone too, ENODEV. Those two have other causes: then it would not end.
 */
bool process_ends(int pidfd, int errnum)
{
	struct pollfd p = {.fd = pidfd, .events = POLLIN};

	if (errnum == ESRCH)
		return true;
	return poll(&p, 1, errnum == ENOMEM || errnum == ENODEV ? ENDING_MS : 0) > 0;
}

/* A process that has ended still shows its group, and the kernel marks one that was removed (cgroup-v2.rst). */
static bool was_in_removed_jail(pid_t pid)
{
	static const char mark[] = " (deleted)\n";
	char path[64], text[4096], *line;
	_cleanup_close_ int fd = -1;
	ssize_t n;

	(void)snprintf(path, sizeof(path), "/proc/%d/cgroup", pid);
	fd = openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (n <= 0)
		return false;
	text[n] = '\0';
	line = strncmp(text, "0::", 3) == 0 ? text : strstr(text, "\n0::");
	return line != NULL && strstr(line, "/jail/") != NULL && strstr(line, mark) != NULL;
}

void process_reap_removed(void)
{
	siginfo_t info;

	do {
		info.si_pid = 0;
		if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT | __WALL) < 0 || info.si_pid == 0 ||
		    !was_in_removed_jail(info.si_pid))
			return;
	} while (waitid(P_PID, (id_t)info.si_pid, &info, WEXITED | WNOHANG | __WALL) == 0);
}

/* 1: it was taken away, 0: not yet. */
static int take(int pidfd, int *ret_status)
{
	siginfo_t info = {0};

	while (waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED | WNOHANG | __WALL) < 0)
		if (errno != EINTR)
			return negative_errno();
	if (info.si_pid == 0)
		return 0;
	if (ret_status != NULL)
		*ret_status = info.si_code == CLD_EXITED ? (info.si_status & 0xff) << 8 : info.si_status & 0x7f;
	return 1;
}

/* It has ended, but a tracer has not heard so yet. */
static int take_held(int pidfd, int *ret_status)
{
	const struct deadline end = deadline_after(HELD_MS);
	struct timespec pause = {.tv_nsec = 1000000};
	char path[64];
	uint64_t status;
	int r;

	while ((r = take(pidfd, ret_status)) == 0 && !deadline_over(end)) {
		(void)nanosleep(&pause, NULL);
		pause.tv_nsec = pause.tv_nsec < 50000000 ? pause.tv_nsec * 2 : pause.tv_nsec;
	}
	if (r != 0)
		return r < 0 ? r : 0;
	r = process_number(pidfd);
	if (r > 0) {
		(void)snprintf(path, sizeof(path), "/proc/%d/stat", r);
		r = stat_field(AT_FDCWD, path, FIELD_STATUS, &status);
	}
	if (r == 0 && ret_status != NULL)
		*ret_status = (int)(status & 0xff7f);
	return r;
}

int process_wait(int pidfd, int *ret_status)
{
	struct pollfd p = {.fd = pidfd, .events = POLLIN};
	struct deadline end;
	int n, r = take(pidfd, ret_status);

	if (r != 0)
		return r < 0 ? r : 0;
	end = deadline_after(WAIT_MS);
	do
		n = poll(&p, 1, deadline_left(end));
	while (n < 0 && errno == EINTR);
	return n > 0 ? take_held(pidfd, ret_status) : n == 0 ? -ETIMEDOUT : negative_errno();
}

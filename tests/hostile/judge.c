/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * judge.c: see judge.h.
 */
#include "judge.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void read_stack(pid_t pid, char *where, size_t size)
{
	char path[64];
	ssize_t n;
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d/stack", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? 0 : read(fd, where, size - 1);
	where[n > 0 ? n : 0] = '\0';
	for (char *c = where; *c != '\0'; c++)
		*c = *c == '\n' ? ' ' : *c;
	if (fd >= 0)
		(void)close(fd);
}

int judge_wait(pid_t pid, int ms, char *where, size_t size)
{
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0), status = 0;
	struct pollfd p = {.fd = pidfd, .events = POLLIN};
	bool hangs = pidfd >= 0 && poll(&p, 1, ms) == 0;

	where[0] = '\0';
	if (hangs) {
		read_stack(pid, where, size);
		(void)kill(pid, SIGKILL);
	}
	if (pidfd >= 0)
		(void)close(pidfd);
	if (waitpid(pid, &status, 0) < 0 || hangs)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static bool known(int code)
{
	static const int documented[] = {0, 64, 65, 66, 69, 71, 73, 74, 75, 77};

	for (size_t i = 0; i < sizeof(documented) / sizeof(documented[0]); i++)
		if (documented[i] == code)
			return true;
	return false;
}

/* "jail: web: ..." and its end. */
static bool one_line(const char *err)
{
	static const char *const tools[] = {"jail: ", "jexec: ", "jls: ", "jstat: ", "jcheck: ", "jail-init: "};
	const char *end = strchr(err, '\n');

	if (end == NULL || end[1] != '\0')
		return false;
	for (size_t i = 0; i < sizeof(tools) / sizeof(tools[0]); i++)
		if (strncmp(err, tools[i], strlen(tools[i])) == 0)
			return end - err > (ssize_t)strlen(tools[i]);
	return false;
}

const char *judge_end(int code, const char *err, bool runs)
{
	if (code < 0)
		return "does not end";
	if (runs && err[0] == '\0')
		return NULL;
	if (!known(code) && !(runs && (code == 126 || code == 127)))
		return "ends with a code that is no answer";
	return code == 0 || one_line(err) ? NULL : "does not say in one line why it fails";
}

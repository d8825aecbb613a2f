/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * init_harness.h: starts the built jail-init as process 1 of a process namespace of its own, as the library starts it,
 * and looks at what it reports and how it ends. Header only; one program, one jail at a time.
 */
#ifndef INIT_HARNESS_H
#define INIT_HARNESS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "channel.h"
#include "sys.h"
#include "terminal.h"
#include "util.h"

#define INIT TEST_BUILD_DIR "/libexec/jail-init"
#define CHANNEL 20
#define LEAKED 17 /* a descriptor that somebody forgot */
#define WAIT_MS 10000

struct jail {
	pid_t init;
	int channel;
	int output;	      /* what it and its programs write */
	int input;	      /* to be their standard input; -1: /dev/null */
	uint32_t uid;	      /* as whom jail-init itself runs */
	bool ignores_signals; /* what it inherits */
	char text[8192];
};

static struct jail jail;

/* ------------------------------------------------------------------------------------------------- starting */

static inline void become_init(char *const *argv, int channel, int output)
{
	static const char *const env[] = {"PATH=/usr/bin:/bin", "JAIL_TEST=passed on", NULL};
	int input = jail.input >= 0 ? jail.input : open("/dev/null", O_RDONLY);

	static const int ignored[] = {SIGCHLD, SIGPIPE, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGXFSZ, SIGTSTP, SIGTTIN};
	int program = open(INIT, O_PATH | O_CLOEXEC);

	for (size_t i = 0; jail.ignores_signals && i < ARRAY_SIZE(ignored); i++)
		(void)signal(ignored[i], SIG_IGN);
	(void)dup2(input, 0);
	(void)dup2(output, 1);
	(void)dup2(output, 2);
	(void)dup2(channel, CHANNEL);
	(void)dup2(output, LEAKED);
	if (jail.uid != 0 && (setgroups(0, NULL) < 0 || setgid(jail.uid) < 0 || setuid(jail.uid) < 0))
		_exit(99);
	/* By descriptor, as the library does; the user may not be allowed to walk there. */
	(void)sys_execveat(program, "", argv, (char *const *)(uintptr_t)env, AT_EMPTY_PATH);
	_exit(99);
}

/* jail-init -c CHANNEL and these arguments, NULL at the end. */
static inline void start(const char *first, ...)
{
	char *argv[32] = {(char *)(uintptr_t) "jail-init", (char *)(uintptr_t) "-c", (char *)(uintptr_t) "20"};
	int fds[2], pipes[2], n = 3;
	sigset_t ends, saved;
	va_list args;

	va_start(args, first);
	for (const char *a = first; a; a = va_arg(args, const char *))
		argv[n++] = (char *)(uintptr_t)a;
	va_end(args);
	assert_int_equal(channel_pair(fds, NULL), 0);
	assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
	/* Process 1 ignores what it has no handler for and does not block: what comes before it is ready would be lost.
	 */
	(void)sigemptyset(&ends);
	(void)sigaddset(&ends, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &ends, &saved);
	jail.init = (pid_t)syscall(SYS_clone, SIGCHLD | CLONE_NEWPID, NULL, NULL, NULL, NULL);
	if (jail.init == 0)
		become_init(argv, fds[1], pipes[1]);
	(void)sigprocmask(SIG_SETMASK, &saved, NULL);
	(void)close(fds[1]);
	(void)close(pipes[1]);
	jail.channel = fds[0];
	jail.output = pipes[0];
	if (jail.init < 0)
		skip();
}

static inline int set_up(void **state)
{
	(void)state;
	memset(&jail, 0, sizeof(jail));
	jail.channel = jail.output = jail.input = -1;
	return 0;
}

static inline int tear_down(void **state)
{
	(void)state;
	if (jail.init > 0) {
		(void)kill(jail.init, SIGKILL);
		(void)waitpid(jail.init, NULL, 0);
	}
	jail.channel = close_fd(jail.channel);
	jail.output = close_fd(jail.output);
	jail.input = close_fd(jail.input);
	return 0;
}

/* ------------------------------------------------------------------------------------------------- looking */

static inline void expect_status(uint32_t index, int status)
{
	struct channel_message m;

	assert_int_equal(channel_receive(jail.channel, WAIT_MS, &m, NULL, NULL), 0);
	assert_int_equal(m.kind, CHANNEL_STATUS);
	assert_int_equal(m.index, index);
	assert_int_equal(m.status, status);
}

static inline void expect_empty(void)
{
	struct channel_message m;

	assert_int_equal(channel_receive(jail.channel, WAIT_MS, &m, NULL, NULL), 0);
	assert_int_equal(m.kind, CHANNEL_EMPTY);
}

static inline void expect_running(void)
{
	struct channel_message m;

	assert_int_equal(channel_receive(jail.channel, WAIT_MS, &m, NULL, NULL), 0);
	assert_int_equal(m.kind, CHANNEL_READY);
}

static inline void expect_closed(void)
{
	struct channel_message m;

	assert_int_equal(channel_receive(jail.channel, WAIT_MS, &m, NULL, NULL), -EPIPE);
}

static inline void pause_ms(long ms)
{
	struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

	(void)nanosleep(&t, NULL);
}

static inline bool lives(void)
{
	return waitpid(jail.init, NULL, WNOHANG) == 0;
}

static inline void expect_exit(int code)
{
	int status;

	for (int i = 0; i < WAIT_MS / 10; i++) {
		pid_t pid = waitpid(jail.init, &status, WNOHANG);

		if (pid == 0) {
			pause_ms(10);
			continue;
		}
		assert_int_equal(pid, jail.init);
		jail.init = 0;
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), code);
		return;
	}
	fail_msg("it does not end");
}

/* All that was written until everybody has let go of the pipe. */
static const char *output(void)
{
	struct pollfd p = {.fd = jail.output, .events = POLLIN};
	size_t n = 0;

	for (;;) {
		ssize_t r;

		assert_int_equal(poll(&p, 1, WAIT_MS), 1);
		r = read(jail.output, jail.text + n, sizeof(jail.text) - 1 - n);
		assert_true(r >= 0);
		jail.text[n += (size_t)r] = '\0';
		if (r == 0)
			return jail.text;
	}
}

static inline void await_output(const char *text)
{
	struct pollfd p = {.fd = jail.output, .events = POLLIN};
	size_t n = strlen(jail.text);

	while (!strstr(jail.text, text)) {
		ssize_t r;

		assert_int_equal(poll(&p, 1, WAIT_MS), 1);
		r = read(jail.output, jail.text + n, sizeof(jail.text) - 1 - n);
		assert_true(r > 0);
		jail.text[n += (size_t)r] = '\0';
	}
}

static inline void read_proc(const char *file, char *buf, size_t size)
{
	char path[128];
	ssize_t n;
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", jail.init, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	n = read(fd, buf, size - 1);
	assert_true(n >= 0);
	buf[n] = '\0';
	(void)close(fd);
}

#endif

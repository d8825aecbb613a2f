/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * init_test: the built jail-init as process 1 of a process namespace of its own, started as the library starts it: what
 * it reports, how it ends, what the programs get and what they don't. Needs root.
 */
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

static void become_init(char *const *argv, int channel, int output)
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
static void start(const char *first, ...)
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

static int set_up(void **state)
{
	(void)state;
	memset(&jail, 0, sizeof(jail));
	jail.channel = jail.output = jail.input = -1;
	return 0;
}

static int tear_down(void **state)
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

static void expect_status(uint32_t index, int status)
{
	struct channel_message m;

	assert_int_equal(channel_receive(jail.channel, WAIT_MS, &m, NULL, NULL), 0);
	assert_int_equal(m.kind, CHANNEL_STATUS);
	assert_int_equal(m.index, index);
	assert_int_equal(m.status, status);
}

static void expect_empty(void)
{
	struct channel_message m;

	assert_int_equal(channel_receive(jail.channel, WAIT_MS, &m, NULL, NULL), 0);
	assert_int_equal(m.kind, CHANNEL_EMPTY);
}

static void expect_closed(void)
{
	struct channel_message m;

	assert_int_equal(channel_receive(jail.channel, WAIT_MS, &m, NULL, NULL), -EPIPE);
}

static void pause_ms(long ms)
{
	struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

	(void)nanosleep(&t, NULL);
}

static bool lives(void)
{
	return waitpid(jail.init, NULL, WNOHANG) == 0;
}

static void expect_exit(int code)
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

static void await_output(const char *text)
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

static void read_proc(const char *file, char *buf, size_t size)
{
	char path[64];
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

/* ------------------------------------------------------------------------------------------------- order and ends */

static void everything_runs_in_order_and_is_reported(void **state)
{
	(void)state;
	start("-x", "echo one", "-x", "echo two", "--", "sh", "-c", "echo three; exit 7", NULL);
	expect_status(0, 0);
	expect_status(1, 0);
	expect_status(2, 7 << 8);
	expect_empty();
	expect_closed();
	expect_exit(7);
	assert_string_equal(output(), "one\ntwo\nthree\n");
}

static void a_failed_line_ends_it_all(void **state)
{
	(void)state;
	start("-p", "-x", "sleep 1000 & exit 3", "-x", "echo never", "--", "echo", "never", NULL);
	expect_status(0, 3 << 8);
	expect_closed();
	expect_exit(3);
	/* And nobody holds the pipe any more: the sleeper is dead. */
	assert_string_equal(output(), "");
}

static void a_signal_is_reported_as_one(void **state)
{
	(void)state;
	start("--", "sh", "-c", "kill -9 $$", NULL);
	expect_status(0, SIGKILL);
	expect_empty();
	expect_exit(128 + SIGKILL);
}

static void what_cannot_run_is_told_as_a_shell_does(void **state)
{
	static const struct {
		const char *program, *text;
		int code;
	} cases[] = {{"/nonexistent", "jail-init: /nonexistent: No such file or directory\n", 127},
	    {"no-such-program", "jail-init: no-such-program: No such file or directory\n", 127},
	    {"/etc/passwd", "jail-init: /etc/passwd: Permission denied\n", 126}};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		start("--", cases[i].program, NULL);
		expect_status(0, cases[i].code << 8);
		expect_empty();
		expect_exit(cases[i].code);
		/* The C libraries differ in words, not in the file's name. */
		assert_memory_equal(output(), cases[i].text, strlen("jail-init: ") + strlen(cases[i].program) + 2);
		(void)tear_down(state);
		(void)set_up(state);
	}
}

static void it_lives_as_long_as_a_daemon_does(void **state)
{
	(void)state;
	start("--", "sh", "-c", "sleep 0.5 >/dev/null 2>&1 & exit 5", NULL);
	expect_status(0, 5 << 8);
	/* No EMPTY; and it holds neither the channel nor the caller's pipe. */
	expect_closed();
	assert_string_equal(output(), "");
	assert_true(lives());
	expect_exit(5);
}

static void lines_alone_live_as_long_as_what_they_started(void **state)
{
	(void)state;
	start("-x", "sleep 0.5 >/dev/null 2>&1 &", NULL);
	expect_status(0, 0);
	expect_closed();
	assert_true(lives());
	expect_exit(0);
}

static void nothing_to_run_is_empty_at_once(void **state)
{
	(void)state;
	start(NULL, NULL);
	expect_empty();
	expect_exit(0);
}

static void persistent_it_stays_until_told(void **state)
{
	static const int signals[] = {SIGTERM, SIGINT, SIGHUP};

	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		start("-p", "--", "true", NULL);
		expect_status(0, 0);
		expect_closed();
		pause_ms(100);
		assert_true(lives());
		assert_int_equal(kill(jail.init, signals[i]), 0);
		expect_exit(0);
		(void)tear_down(state);
		(void)set_up(state);
	}
}

static void whoever_entered_from_outside_counts(void **state)
{
	char path[64];
	pid_t outside;
	int fd;

	(void)state;
	start("--", "sh", "-c", "echo ready; sleep 0.3", NULL);
	await_output("ready");
	outside = fork();
	assert_true(outside >= 0);
	if (outside == 0) {
		(void)snprintf(path, sizeof(path), "/proc/%d/ns/pid", jail.init);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0 || setns(fd, CLONE_NEWPID) < 0)
			_exit(1);
		outside = fork();
		if (outside == 0) {
			pause_ms(1000);
			_exit(0);
		}
		int status;

		_exit(waitpid(outside, &status, 0) == outside && status == 0 ? 0 : 1);
	}
	expect_status(0, 0);
	expect_closed();
	int status;

	/* It was not killed with the jail. */
	assert_int_equal(waitpid(outside, &status, 0), outside);
	assert_int_equal(status, 0);
	expect_exit(0);
}

/* ------------------------------------------------------------------------------------------------- stopping */

static void stop_reaches_everything(void **state)
{
	(void)state;
	start("--", "sh", "-c", "trap 'echo stopped; exit 9' TERM; echo ready; while :; do sleep 0.05; done", NULL);
	await_output("ready");
	assert_int_equal(kill(jail.init, SIGTERM), 0);
	expect_status(0, 9 << 8);
	expect_exit(9);
	assert_non_null(strstr(output(), "stopped"));
}

static void stop_wakes_what_is_stopped(void **state)
{
	(void)state;
	start("-r", "always", "--", "sh", "-c", "echo ready; kill -STOP $$; sleep 1000", NULL);
	await_output("ready");
	pause_ms(50);
	assert_int_equal(kill(jail.init, SIGTERM), 0);
	expect_status(0, SIGTERM);
	expect_exit(128 + SIGTERM);
}

static void stop_between_lines_starts_nothing_more(void **state)
{
	(void)state;
	start("-x", "trap 'exit 0' TERM; echo ready; while :; do sleep 0.05; done", "-x", "echo never", NULL);
	await_output("ready");
	assert_int_equal(kill(jail.init, SIGTERM), 0);
	expect_status(0, 0);
	expect_exit(0);
	assert_null(strstr(output(), "never"));
}

/* However the end of a program and a signal fall together. */
static void no_signal_is_lost(void **state)
{
	for (int i = 0; i < 60; i++) {
		start("-p", "--", "sh", "-c", "for i in 1 2 3; do (true &) done", NULL);
		pause_ms(i / 12);
		assert_int_equal(kill(jail.init, SIGTERM), 0);
		for (int ms = 0; lives(); ms++) {
			assert_in_range(ms, 0, WAIT_MS);
			pause_ms(1);
		}
		jail.init = 0;
		(void)tear_down(state);
		(void)set_up(state);
	}
}

static void orphans_are_reaped(void **state)
{
	char children[4096], path[64];

	(void)state;
	start("-p", "--", "sh", "-c", "i=0; while [ $i -lt 50 ]; do (sleep 0.1 &); i=$((i+1)); done", NULL);
	expect_status(0, 0);
	for (int ms = 0;; ms += 20) {
		assert_in_range(ms, 0, WAIT_MS);
		(void)snprintf(path, sizeof(path), "task/%d/children", jail.init);
		read_proc(path, children, sizeof(children));
		if (children[0] == '\0')
			break;
		pause_ms(20);
	}
	assert_true(lives());
}

/* ------------------------------------------------------------------------------------------------- restarting */

static void failures_are_started_again_with_pauses(void **state)
{
	struct timespec a, b;
	char name[32];

	(void)state;
	start("-r", "failure", "--", "sh", "-c", "echo run; exit 4", NULL);
	expect_status(0, 4 << 8);
	(void)clock_gettime(CLOCK_MONOTONIC, &a);
	read_proc("comm", name, sizeof(name));
	assert_string_equal(name, "jail-init\n");
	expect_status(0, 4 << 8);
	(void)clock_gettime(CLOCK_MONOTONIC, &b);
	assert_in_range((b.tv_sec - a.tv_sec) * 1000 + (b.tv_nsec - a.tv_nsec) / 1000000, 900, 3000);
	read_proc("comm", name, sizeof(name));
	assert_string_equal(name, "jail-init:1\n");
	expect_status(0, 4 << 8);
	(void)clock_gettime(CLOCK_MONOTONIC, &a);
	assert_in_range((a.tv_sec - b.tv_sec) * 1000 + (a.tv_nsec - b.tv_nsec) / 1000000, 1900, 5000);
	/* In the pause there is nobody to take the signal but process 1. */
	assert_int_equal(kill(jail.init, SIGTERM), 0);
	expect_exit(4);
	assert_string_equal(output(), "run\nrun\nrun\n");
}

static void success_is_started_again_only_when_asked(void **state)
{
	(void)state;
	start("-r", "failure", "--", "true", NULL);
	expect_status(0, 0);
	expect_empty();
	expect_exit(0);
	(void)tear_down(state);
	(void)set_up(state);
	start("-r", "always", "--", "true", NULL);
	expect_status(0, 0);
	expect_status(0, 0);
	assert_true(lives());
}

static void persistence_is_changed_from_outside_only(void **state)
{
	(void)state;
	start("-p", "--", "sh", "-c", "kill -44 1; echo sent; sleep 0.3", NULL);
	await_output("sent");
	expect_status(0, 0);
	expect_closed();
	pause_ms(100);
	assert_true(lives());
	assert_int_equal(kill(jail.init, CHANNEL_SIGNAL_NO_PERSIST), 0);
	expect_exit(0);
}

static void restarting_is_changed_from_outside(void **state)
{
	(void)state;
	start("--", "sh", "-c", "echo ready; sleep 0.3", NULL);
	await_output("ready");
	assert_int_equal(kill(jail.init, CHANNEL_SIGNAL_RESTART + 2), 0);
	expect_status(0, 0);
	pause_ms(100);
	assert_true(lives());
	expect_status(0, 0);
	assert_int_equal(kill(jail.init, CHANNEL_SIGNAL_RESTART), 0);
	expect_status(0, 0);
	expect_exit(0);
}

/* ------------------------------------------------------------------------------------------------- programs */

/* As no process 1, but on the way to a program that enters a running jail. */
static void directly_it_becomes_the_program(void **state)
{
	(void)state;
	start("-e", "-u", "12345:23456:7", "-d", "/usr", "--", "sh", "-c",
	    "echo $$; id -u; id -G; pwd; ls /proc/self/fd | tr '\\n' ' '; exit 6", NULL);
	/* Nothing is reported: the program's end is its own. */
	expect_closed();
	expect_exit(6);
	assert_string_equal(output(), "1\n12345\n23456 7\n/usr\n0 1 2 3 ");
}

static void programs_get_what_they_are_meant_to(void **state)
{
	const char *text;

	(void)state;
	jail.ignores_signals = true;
	start("-u", "12345:23456:7,8", "-d", "/usr", "-x", "pwd", "--", "sh", "-c",
	    "id -u; id -g; id -G; pwd; echo \"$JAIL_TEST\"; ls /proc/self/fd | tr '\\n' ' ';"
	    "grep -E 'SigBlk|SigIgn|CapEff|CapPrm' /proc/self/status",
	    NULL);
	expect_status(0, 0);
	expect_status(1, 0);
	expect_exit(0);
	text = output();
	assert_memory_equal(text, "/usr\n12345\n23456\n23456 7 8\n/usr\npassed on\n0 1 2 3 ", 50);
	assert_non_null(strstr(text, "SigBlk:\t0000000000000000"));
	assert_non_null(strstr(text, "SigIgn:\t0000000000000000"));
	assert_non_null(strstr(text, "CapEff:\t0000000000000000"));
	assert_non_null(strstr(text, "CapPrm:\t0000000000000000"));
}

static void root_is_nobody_when_asked(void **state)
{
	(void)state;
	start("-s", "--", "sh", "-c", "id -u; grep -E 'CapEff|CapPrm' /proc/self/status", NULL);
	expect_status(0, 0);
	expect_exit(0);
	assert_string_equal(output(), "0\nCapPrm:\t0000000000000000\nCapEff:\t0000000000000000\n");
}

static void a_directory_is_entered_as_the_user(void **state)
{
	(void)state;
	start("-d", "/nonexistent", "--", "true", NULL);
	expect_status(0, 126 << 8);
	expect_exit(126);
	(void)tear_down(state);
	(void)set_up(state);
	char dir[] = "/tmp/init-test-XXXXXX";

	assert_non_null(mkdtemp(dir));
	start("-u", "12345:12345", "-d", dir, "--", "true", NULL);
	expect_status(0, 126 << 8);
	expect_exit(126);
	assert_int_equal(rmdir(dir), 0);
}

static void a_program_s_group_is_its_own(void **state)
{
	(void)state;
	start("-p", "--", "sh", "-c", "kill -HUP 0", NULL);
	expect_status(0, SIGHUP);
	pause_ms(50);
	assert_true(lives());
}

static void a_terminal_is_the_command_s(void **state)
{
	struct pollfd p;
	char text[64];
	int master;

	(void)state;
	assert_int_equal(terminal_open(&master, &jail.input, NULL), 0);
	start("-t", "-x", "! (echo line >/dev/tty) 2>/dev/null", "--", "sh", "-c", "echo mine >/dev/tty", NULL);
	expect_status(0, 0);
	expect_status(1, 0);
	expect_exit(0);
	p = (struct pollfd){.fd = master, .events = POLLIN};
	assert_int_equal(poll(&p, 1, WAIT_MS), 1);
	memset(text, 0, sizeof(text));
	assert_true(read(master, text, sizeof(text) - 1) > 0);
	assert_string_equal(text, "mine\r\n");
	(void)close(master);
}

/* ------------------------------------------------------------------------------------------------- itself */

static void a_tool_that_is_gone_is_not_missed(void **state)
{
	(void)state;
	start("-p", "-x", "sleep 0.1", "-x", "true", "--", "true", NULL);
	jail.channel = close_fd(jail.channel);
	assert_string_equal(output(), "");
	pause_ms(100);
	assert_true(lives());
}

static void nobody_may_trace_it(void **state)
{
	(void)state;
	jail.uid = 12345;
	start("-p", "--", "true", NULL);
	expect_status(0, 0);
	pid_t tracer = fork();
	int status;

	assert_true(tracer >= 0);
	if (tracer == 0) {
		/* The very same user, without any capability. */
		if (setgroups(0, NULL) < 0 || setgid(jail.uid) < 0 || setuid(jail.uid) < 0)
			_exit(1);
		_exit(ptrace(PTRACE_ATTACH, jail.init, NULL, NULL) < 0 && errno == EPERM ? 0 : 2);
	}
	assert_int_equal(waitpid(tracer, &status, 0), tracer);
	assert_int_equal(status, 0);
}

static void idle_it_is_small(void **state)
{
	char rollup[2048];
	const char *names[] = {"Private_Clean:", "Private_Dirty:"};
	long total = 0;

	(void)state;
	start("-p", "--", "true", NULL);
	expect_status(0, 0);
	expect_closed();
	read_proc("smaps_rollup", rollup, sizeof(rollup));
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const char *at = strstr(rollup, names[i]);

		assert_non_null(at);
		total += strtol(at + strlen(names[i]), NULL, 10);
	}
	print_message("private: %ld KiB\n", total);
	assert_in_range(total, 4, 50);
	/* Nothing is open any more. */
	(void)snprintf(rollup, sizeof(rollup), "/proc/%d/fd/0", jail.init);
	assert_int_equal(access(rollup, F_OK), -1);
}

/* Its messages go to standard error, where a test's reader need not see them. */
static int run_here(char *const *argv)
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0) {
		(void)dup2(open("/dev/null", O_WRONLY), 2);
		(void)execv(INIT, argv);
		_exit(99);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void a_wrong_command_line_is_refused(void **state)
{
	static const char *const lines[][6] = {{"x"}, {"x", "-q"}, {"x", "-c"}, {"x", "-c", "2"}, {"x", "-c", "x"},
	    {"x", "-c", "3x"}, {"x", "-c", "99999999999"}, {"x", "-c", "-1"}, {"x", "-c", "3", "-r", "often"},
	    {"x", "-c", "3", "-u", "1"}, {"x", "-c", "3", "-u", "1:"}, {"x", "-c", "3", "-u", "1:2:"},
	    {"x", "-c", "3", "-u", "1:2:3,"}, {"x", "-c", "3", "-u", "1:2:,3"}, {"x", "-c", "3", "-u", "4294967295:0"},
	    {"x", "-c", "3", "-u", "1:2:3:4"}, {"x", "-c", "3", "-pt"}, {"x", "-c", "3", "true"}, {"x", "-c", "3", "-"},
	    {"x", "-p"}, {"x", "-c", "3", "-x"}, {"x", "-c", "3", "-e"},
	    /* Right, but not as process 1: it would signal every process there is. */
	    {"x", "-c", "3", "--", "true"}};
	char groups[512] = "1:2:0";
	char *argv[] = {groups, groups, groups, groups, groups, NULL};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		assert_int_equal(run_here((char *const *)(uintptr_t)lines[i]), 64);
	for (size_t n = 0; n < 64; n++)
		memcpy(groups + 5 + 2 * n, ",1", 3);
	argv[1] = (char *)(uintptr_t) "-c";
	argv[2] = (char *)(uintptr_t) "3";
	argv[3] = (char *)(uintptr_t) "-u";
	assert_int_equal(run_here(argv), 64);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    CASE(everything_runs_in_order_and_is_reported),
	    CASE(a_failed_line_ends_it_all),
	    CASE(a_signal_is_reported_as_one),
	    CASE(what_cannot_run_is_told_as_a_shell_does),
	    CASE(it_lives_as_long_as_a_daemon_does),
	    CASE(lines_alone_live_as_long_as_what_they_started),
	    CASE(nothing_to_run_is_empty_at_once),
	    CASE(persistent_it_stays_until_told),
	    CASE(whoever_entered_from_outside_counts),
	    CASE(stop_reaches_everything),
	    CASE(stop_wakes_what_is_stopped),
	    CASE(stop_between_lines_starts_nothing_more),
	    CASE(no_signal_is_lost),
	    CASE(orphans_are_reaped),
	    CASE(failures_are_started_again_with_pauses),
	    CASE(success_is_started_again_only_when_asked),
	    CASE(persistence_is_changed_from_outside_only),
	    CASE(restarting_is_changed_from_outside),
	    CASE(directly_it_becomes_the_program),
	    CASE(programs_get_what_they_are_meant_to),
	    CASE(root_is_nobody_when_asked),
	    CASE(a_directory_is_entered_as_the_user),
	    CASE(a_program_s_group_is_its_own),
	    CASE(a_terminal_is_the_command_s),
	    CASE(a_tool_that_is_gone_is_not_missed),
	    CASE(nobody_may_trace_it),
	    CASE(idle_it_is_small),
	    CASE(a_wrong_command_line_is_refused),
	};

	if (geteuid() != 0) {
		print_message("needs root: skipped\n");
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}

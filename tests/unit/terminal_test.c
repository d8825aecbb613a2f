/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * terminal_test: a person at a terminal (this program holds the master end), a tool that relays, and a program behind
 * the relay. ^C, sizes, ends of input, hang-ups and signals arrive where they belong, and the terminal is afterwards
 * what it was.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>

#include "error.h"
#include "sys.h"
#include "terminal.h"

#define WAIT_MS 10000

/* How the tool ends. */
enum { TOOL_DONE = 10, TOOL_INTERRUPTED, TOOL_FAILED, TOOL_BROKEN };

struct desk {
	int terminal; /* the person's end */
	int slave;    /* kept open, so that the modes can be looked at when the tool is gone */
	pid_t tool;
	struct termios before;
	char seen[1 << 18];
	size_t nseen;
	char last[256];	   /* what was seen up to what was expected last */
	const char *input; /* what standard input is instead of the terminal */
	bool background;   /* the terminal is somebody else's at first */
};

static struct desk desk;

/* ------------------------------------------------------------------------------------------------- the tool */

static void program(int slave, const char *line)
{
	unsigned which = 0;

	for (int fd = 0; fd <= 2; fd++)
		which |= isatty(fd) ? 1u << fd : 0;
	if ((desk.input == NULL && which != terminal_wanted()) || terminal_take(slave, which, NULL) < 0)
		_exit(126);
	(void)execl("/bin/sh", "sh", "-c", line, (char *)NULL);
	_exit(127);
}

static void tool(const char *line, bool blocks_term)
{
	int master, slave, pidfd, r;
	sigset_t set;
	pid_t pid;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	if (blocks_term)
		(void)sigprocmask(SIG_BLOCK, &set, NULL);
	if (terminal_open(&master, &slave, NULL) < 0)
		_exit(TOOL_BROKEN);
	pid = fork();
	if (pid == 0) {
		(void)sigprocmask(SIG_UNBLOCK, &set, NULL);
		program(slave, line);
	}
	(void)close(slave);
	pidfd = sys_pidfd_open(pid);
	if (pid < 0 || pidfd < 0)
		_exit(TOOL_BROKEN);
	r = terminal_relay(master, pidfd, NULL, NULL);
	if (r == -EINTR) {
		(void)kill(pid, SIGKILL);
		(void)sigpending(&set);
		_exit(sigismember(&set, SIGTERM) ? TOOL_INTERRUPTED : TOOL_FAILED);
	}
	_exit(r == 0 ? TOOL_DONE : TOOL_FAILED);
}

/* A shell that starts the tool in the background, and brings it back on SIGUSR1. */
static void shell(const char *line, bool blocks_term)
{
	sigset_t usr1;
	int status, sig;
	pid_t pid;

	(void)sigemptyset(&usr1);
	(void)sigaddset(&usr1, SIGUSR1);
	(void)sigprocmask(SIG_BLOCK, &usr1, NULL);
	pid = fork();
	if (pid == 0) {
		(void)setpgid(0, 0);
		tool(line, blocks_term);
	}
	(void)setpgid(pid, pid);
	if (sigwait(&usr1, &sig) != 0 || tcsetpgrp(0, pid) < 0 || waitpid(pid, &status, 0) != pid)
		_exit(TOOL_BROKEN);
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : TOOL_BROKEN);
}

/* ------------------------------------------------------------------------------------------------- the person */

static void sit_down(void)
{
	struct winsize size = {.ws_row = 31, .ws_col = 97};
	int unlock = 0;

	desk.nseen = 0;
	desk.seen[0] = '\0';
	desk.terminal = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	assert_true(desk.terminal >= 0);
	assert_int_equal(ioctl(desk.terminal, TIOCSPTLCK, &unlock), 0);
	desk.slave = ioctl(desk.terminal, 0x5441 /* TIOCGPTPEER */, O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_true(desk.slave >= 0);
	assert_int_equal(ioctl(desk.terminal, TIOCSWINSZ, &size), 0);
	assert_int_equal(tcgetattr(desk.slave, &desk.before), 0);
	/* An erase character of the person's own, to be found again inside. */
	desk.before.c_cc[VERASE] = 'E';
	assert_int_equal(tcsetattr(desk.slave, TCSANOW, &desk.before), 0);
}

static void start(const char *line, bool blocks_term)
{
	sit_down();
	desk.tool = fork();
	assert_true(desk.tool >= 0);
	if (desk.tool == 0) {
		(void)setsid();
		(void)ioctl(desk.slave, TIOCSCTTY, 0);
		for (int fd = 0; fd <= 2; fd++)
			(void)dup2(desk.slave, fd);
		if (desk.input)
			(void)dup2(open(desk.input, O_RDONLY | O_CLOEXEC), 0);
		if (desk.background)
			shell(line, blocks_term);
		tool(line, blocks_term);
	}
}

static void type(const char *text)
{
	size_t length = strlen(text);
	struct pollfd p = {.fd = desk.terminal, .events = POLLOUT};

	while (length > 0) {
		ssize_t n = write(desk.terminal, text, length);

		if (n < 0 && errno == EAGAIN) {
			assert_true(poll(&p, 1, WAIT_MS) > 0);
			continue;
		}
		assert_true(n > 0);
		text += n;
		length -= (size_t)n;
	}
}

/* Look at the screen until `text` is there, and forget everything up to it. */
static bool see(const char *text)
{
	struct pollfd p = {.fd = desk.terminal, .events = POLLIN};
	char *at;

	while (!(at = strstr(desk.seen, text))) {
		ssize_t n;

		assert_true(desk.nseen + 1 < sizeof(desk.seen));
		if (poll(&p, 1, WAIT_MS) <= 0)
			return false;
		n = read(desk.terminal, desk.seen + desk.nseen, sizeof(desk.seen) - 1 - desk.nseen);
		if (n <= 0)
			return false;
		desk.nseen += (size_t)n;
		desk.seen[desk.nseen] = '\0';
	}
	(void)snprintf(desk.last, sizeof(desk.last), "%.*s", (int)(at - desk.seen + (int)strlen(text)), desk.seen);
	desk.nseen -= (size_t)(at + strlen(text) - desk.seen);
	memmove(desk.seen, at + strlen(text), desk.nseen + 1);
	return true;
}

static void expect(const char *text)
{
	if (!see(text))
		fail_msg("waiting for \"%s\", saw \"%s\"", text, desk.seen);
}

static bool is_raw(void)
{
	struct termios now;

	assert_int_equal(tcgetattr(desk.slave, &now), 0);
	return !(now.c_lflag & (ICANON | ECHO | ISIG));
}

static void pause_ms(long ms)
{
	struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

	(void)nanosleep(&t, NULL);
}

static void await_raw(bool raw)
{
	for (int i = 0; i < WAIT_MS / 10 && is_raw() != raw; i++)
		pause_ms(10);
	assert_true(is_raw() == raw);
}

static void put_down(void)
{
	(void)close(desk.slave);
	(void)close(desk.terminal);
	desk.tool = 0;
	desk.input = NULL;
	desk.background = false;
}

static int end_status(void)
{
	struct termios after;
	int status;

	assert_int_equal(waitpid(desk.tool, &status, 0), desk.tool);
	/* It has padding. */
	memset(&after, 0, sizeof(after));
	assert_int_equal(tcgetattr(desk.slave, &after), 0);
	assert_memory_equal(&after, &desk.before, sizeof(after));
	put_down();
	return status;
}

/* A case that failed half-way leaves nobody behind: what is inside loses its terminal with the tool. */
static int tear_down(void **state)
{
	(void)state;
	if (desk.tool > 0) {
		(void)kill(desk.tool, SIGKILL);
		(void)waitpid(desk.tool, NULL, 0);
		put_down();
	}
	return 0;
}

static void expect_end(int code)
{
	int status = end_status();

	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), code);
}

/* ------------------------------------------------------------------------------------------------- cases */

static void what_is_typed_arrives_and_what_is_written_is_seen(void **state)
{
	(void)state;
	start("read line; echo \"got<$line>\"", false);
	type("hello\r");
	expect("hello");
	expect("got<hello>");
	expect_end(TOOL_DONE);
}

static void it_is_a_terminal_of_its_own(void **state)
{
	(void)state;
	start("tty; echo direct > /dev/tty; stty size; stty -a | grep -o 'erase = .'; read x", false);
	expect("/dev/pts/");
	expect("direct");
	expect("31 97");
	expect("erase = E");
	await_raw(true);
	type("\r");
	expect_end(TOOL_DONE);
}

static void interrupt_kills_the_job_inside(void **state)
{
	(void)state;
	start("trap : INT; sh -c 'echo ready; exec sleep 1000'; echo \"ended<$?>\"", false);
	expect("ready");
	await_raw(true);
	type("\003");
	expect("ended<130>");
	expect_end(TOOL_DONE);
}

static void suspend_stops_the_job_inside_only(void **state)
{
	int status;

	(void)state;
	start("set -m; sh -c 'echo ready; exec sleep 1000'; echo \"stopped<$?>\"; kill %1; bg >/dev/null 2>&1; wait; "
	      "echo end",
	    false);
	expect("ready");
	await_raw(true);
	type("\032");
	expect("stopped<148>");
	assert_int_equal(waitpid(desk.tool, &status, WNOHANG | WUNTRACED), 0);
	expect("end");
	expect_end(TOOL_DONE);
}

static void a_new_size_arrives(void **state)
{
	struct winsize size = {.ws_row = 12, .ws_col = 345};

	(void)state;
	start("trap 'stty size; exit' WINCH; echo ready; while :; do sleep 0.05; done", false);
	expect("ready");
	await_raw(true);
	assert_int_equal(ioctl(desk.terminal, TIOCSWINSZ, &size), 0);
	expect("12 345");
	expect_end(TOOL_DONE);
}

static void nothing_is_lost_at_the_end(void **state)
{
	(void)state;
	start("i=0; while [ $i -lt 2000 ]; do echo \"line<$i>\"; i=$((i+1)); done; printf last", false);
	for (int i = 0; i < 2000; i++) {
		char text[32];

		(void)snprintf(text, sizeof(text), "line<%d>", i);
		expect(text);
	}
	expect("last");
	expect_end(TOOL_DONE);
}

static void much_can_be_typed_at_once(void **state)
{
	(void)state;
	start("stty -echo; echo ready; n=0; while read -r l && [ \"$l\" != end ]; do n=$((n+1)); done; echo \"n<$n>\"",
	    false);
	expect("ready");
	for (int i = 0; i < 3000; i++)
		type("0123456789\r");
	type("end\r");
	expect("n<3000>");
	expect_end(TOOL_DONE);
}

static void the_end_of_input_is_a_character(void **state)
{
	(void)state;
	start("cat; echo \"cat<$?>\"", false);
	await_raw(true);
	type("a\r\004");
	expect("cat<0>");
	expect_end(TOOL_DONE);
}

/* A terminal that nobody inside has open is no reason to spin, and may be opened again. */
static void a_terminal_left_alone_costs_nothing(void **state)
{
	struct rusage before, after;
	long ms;

	(void)state;
	assert_int_equal(getrusage(RUSAGE_CHILDREN, &before), 0);
	start("t=$(tty); echo ready; exec <&- >&- 2>&-; sleep 1; exec >$t; echo again", false);
	expect("ready");
	expect("again");
	expect_end(TOOL_DONE);
	assert_int_equal(getrusage(RUSAGE_CHILDREN, &after), 0);
	ms = (after.ru_utime.tv_sec + after.ru_stime.tv_sec - before.ru_utime.tv_sec - before.ru_stime.tv_sec) * 1000 +
	     (after.ru_utime.tv_usec + after.ru_stime.tv_usec - before.ru_utime.tv_usec - before.ru_stime.tv_usec) /
		 1000;
	assert_in_range(ms, 0, 500);
}

static void the_program_s_end_is_the_end(void **state)
{
	struct timespec start_time, end_time;

	(void)state;
	(void)clock_gettime(CLOCK_MONOTONIC, &start_time);
	/* Somebody holds the terminal, and writes for ever. */
	start("(trap '' HUP; while echo noise; do :; done) & sleep 0.2; exit", false);
	for (;;) {
		siginfo_t info = {.si_pid = 0};

		assert_int_equal(waitid(P_PID, (id_t)desk.tool, &info, WEXITED | WNOHANG | WNOWAIT), 0);
		if (info.si_pid != 0)
			break;
		(void)!read(desk.terminal, desk.seen, sizeof(desk.seen) - 1);
		(void)clock_gettime(CLOCK_MONOTONIC, &end_time);
		assert_in_range(end_time.tv_sec - start_time.tv_sec, 0, 9);
	}
	expect_end(TOOL_DONE);
}

static void a_signal_leaves_the_terminal_as_it_was(void **state)
{
	int status;

	(void)state;
	start("echo ready; sleep 3", false);
	expect("ready");
	await_raw(true);
	assert_int_equal(kill(desk.tool, SIGTERM), 0);
	status = end_status();
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGTERM);
}

static void a_blocked_signal_is_left_to_the_caller(void **state)
{
	(void)state;
	start("echo ready; sleep 3", true);
	expect("ready");
	await_raw(true);
	assert_int_equal(kill(desk.tool, SIGTERM), 0);
	expect_end(TOOL_INTERRUPTED);
}

static void stopped_and_continued_it_is_raw_again(void **state)
{
	int status;

	(void)state;
	start("echo ready; read x; echo \"x<$x>\"", false);
	expect("ready");
	await_raw(true);
	assert_int_equal(kill(desk.tool, SIGSTOP), 0);
	assert_int_equal(waitpid(desk.tool, &status, WUNTRACED), desk.tool);
	/* What a shell does in between. */
	assert_int_equal(tcsetattr(desk.slave, TCSANOW, &desk.before), 0);
	assert_int_equal(kill(desk.tool, SIGCONT), 0);
	await_raw(true);
	type("y\r");
	expect("x<y>");
	expect_end(TOOL_DONE);
}

/* Started with "&", or by timeout(1): it is not stopped, and does not touch what is typed for others. */
static void in_the_background_it_only_shows(void **state)
{
	(void)state;
	desk.background = true;
	start("echo shown; read x; echo \"x<$x>\"", false);
	expect("shown");
	assert_false(is_raw());
	pause_ms(300);
	assert_false(is_raw());
	assert_int_equal(kill(desk.tool, SIGUSR1), 0);
	await_raw(true);
	type("y\r");
	expect("x<y>");
	expect_end(TOOL_DONE);
}

/* Input from elsewhere is the program's own; what it writes is relayed all the same. */
static void only_the_output_is_a_terminal(void **state)
{
	struct winsize size = {.ws_row = 12, .ws_col = 345};
	char outside[64];
	unsigned number;

	(void)state;
	desk.input = "/dev/null";
	start("test -t 0 || echo plain; echo \"bytes<$(wc -c)>\"; stty size <&1; echo \"tty<$(tty </dev/tty)>\";"
	      "trap 'stty size <&1; exit' WINCH; while :; do sleep 0.05; done",
	    false);
	expect("plain");
	expect("bytes<0>");
	expect("31 97");
	expect("tty<");
	/* Its terminal is another than ours. */
	assert_int_equal(ioctl(desk.terminal, TIOCGPTN, &number), 0);
	(void)snprintf(outside, sizeof(outside), "/dev/pts/%u>", number);
	expect(">");
	assert_null(strstr(desk.last, outside));
	pause_ms(200);
	assert_int_equal(ioctl(desk.terminal, TIOCSWINSZ, &size), 0);
	expect("12 345");
	assert_false(is_raw());
	expect_end(TOOL_DONE);
}

static int refusals(void)
{
	struct jail_error err = {0};
	int fds[2], master, slave;

	if (pipe(fds) < 0 || terminal_open(&master, &slave, NULL) < 0)
		return 1;
	if (fcntl(master, F_GETFD) != FD_CLOEXEC || fcntl(slave, F_GETFD) != FD_CLOEXEC)
		return 2;
	for (int fd = 0; fd <= 2; fd++)
		(void)dup2(fds[1], fd);
	if (terminal_wanted() != 0 || terminal_relay(master, fds[0], NULL, &err) != -ENOTTY || err.errnum != ENOTTY)
		return 3;
	(void)dup2(slave, 0);
	if (!(terminal_wanted() & 1) || terminal_relay(-1, fds[0], NULL, &err) != -EBADF || err.errnum != EBADF)
		return 4;
	return 0;
}

static void without_a_terminal_there_is_no_relay(void **state)
{
	pid_t pid = fork();
	int status;

	(void)state;
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(refusals());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_teardown(f, tear_down)
	const struct CMUnitTest tests[] = {
	    CASE(what_is_typed_arrives_and_what_is_written_is_seen),
	    CASE(it_is_a_terminal_of_its_own),
	    CASE(interrupt_kills_the_job_inside),
	    CASE(suspend_stops_the_job_inside_only),
	    CASE(a_new_size_arrives),
	    CASE(nothing_is_lost_at_the_end),
	    CASE(much_can_be_typed_at_once),
	    CASE(the_end_of_input_is_a_character),
	    CASE(a_terminal_left_alone_costs_nothing),
	    CASE(the_program_s_end_is_the_end),
	    CASE(a_signal_leaves_the_terminal_as_it_was),
	    CASE(a_blocked_signal_is_left_to_the_caller),
	    CASE(stopped_and_continued_it_is_raw_again),
	    CASE(in_the_background_it_only_shows),
	    CASE(only_the_output_is_a_terminal),
	    CASE(without_a_terminal_there_is_no_relay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

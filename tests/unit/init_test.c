/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * init_test: jail-init's own life: what it reports, when it ends, how it is stopped, what it starts again. Needs root.
 */
#include "init_harness.h"

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

/* Without a status to come the tool hears that it runs; from one that can't run it hears the end alone. */
static void who_waits_for_no_status_is_told(void **state)
{
	(void)state;
	start("-p", NULL);
	expect_running();
	expect_closed();
	assert_string_equal(output(), "");
	assert_true(lives());
	assert_int_equal(kill(jail.init, SIGTERM), 0);
	expect_exit(0);
	(void)tear_down(state);
	(void)set_up(state);
	start("-p", "-r", "often", NULL);
	expect_closed();
	expect_exit(64);
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
	expect_running();
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
	expect_running();
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
	expect_running();
	expect_status(0, 0);
	expect_empty();
	expect_exit(0);
	(void)tear_down(state);
	(void)set_up(state);
	start("-r", "always", "--", "true", NULL);
	expect_running();
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
	    CASE(who_waits_for_no_status_is_told),
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
	};

	if (geteuid() != 0) {
		print_message("needs root: skipped\n");
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}

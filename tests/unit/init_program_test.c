/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * init_program_test: what the programs that jail-init starts get and what they don't, and what they could do to it.
 * Needs root.
 */
#include "init_harness.h"

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

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * error_test.c: filling errors and writing them as one line.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include <cmocka.h>

#include "error.h"

static const char *line_of(const struct jail_error *e)
{
	static char buf[8192];

	assert_true(jail_error_format(e, buf, sizeof(buf)) < sizeof(buf));
	return buf;
}

static void parts_in_order(void **state)
{
	struct jail_error e;

	(void)state;
	memset(&e, 0xff, sizeof(e)); /* what was in it before is of no account */
	assert_int_equal(jail_error_set(&e, EINVAL, "\"%s\" is wrong", "x"), -EINVAL);
	assert_string_equal(line_of(&e), "\"x\" is wrong");
	jail_error_param(&e, "path");
	assert_string_equal(line_of(&e), "path: \"x\" is wrong");
	jail_error_origin(&e, "/etc/jail.conf", 7);
	assert_string_equal(line_of(&e), "/etc/jail.conf:7: path: \"x\" is wrong");
	jail_error_jail(&e, "web");
	assert_int_equal(jail_error_context(&e, EIO, "mounting %d", 3), -EINVAL);
	assert_int_equal(jail_error_context(&e, EIO, "creating it"), -EINVAL);
	assert_int_equal(jail_error_hint(&e, EIO, "use %s", "y"), -EINVAL);
	assert_string_equal(
	    line_of(&e), "web: /etc/jail.conf:7: path: \"x\" is wrong (mounting 3, creating it): use y");
	assert_int_equal(e.exitcode, EX_DATAERR);
	assert_int_equal(jail_error_exit(&e, EIO, EX_USAGE), -EINVAL);
	assert_int_equal(e.exitcode, EX_USAGE);
}

static void innermost_knows_best(void **state)
{
	struct jail_error e;

	(void)state;
	(void)jail_error_set(&e, EINVAL, "no");
	jail_error_param(&e, "a");
	jail_error_param(&e, "b");
	jail_error_origin(&e, NULL, 3);
	jail_error_origin(&e, "f", 1);
	jail_error_origin(&e, "g", 2);
	jail_error_jail(&e, "j");
	jail_error_jail(&e, "k");
	assert_string_equal(line_of(&e), "j: f:1: a: no");
	(void)jail_error_set(&e, EIO, "again");
	assert_string_equal(line_of(&e), "again");
}

static void system_errors(void **state)
{
	struct jail_error e;
	char expected[256];

	(void)state;
	assert_int_equal(jail_error_sys(&e, EACCES, "open %s", "/x"), -EACCES);
	(void)snprintf(expected, sizeof(expected), "open /x: %s", strerror(EACCES));
	assert_string_equal(line_of(&e), expected);
	assert_int_equal(e.exitcode, EX_NOPERM);
	memset(&e, 0, sizeof(e));
	assert_string_equal(line_of(&e), "no error");
	e.errnum = ENOENT;
	assert_string_equal(line_of(&e), strerror(ENOENT));
}

static void nobody_listens(void **state)
{
	(void)state;
	assert_int_equal(jail_error_set(NULL, EINVAL, "x"), -EINVAL);
	assert_int_equal(jail_error_sys(NULL, EIO, "x"), -EIO);
	assert_int_equal(jail_error_hint(NULL, EIO, "x"), -EIO);
	assert_int_equal(jail_error_context(NULL, EIO, "x"), -EIO);
	assert_int_equal(jail_error_exit(NULL, EIO, 1), -EIO);
	jail_error_param(NULL, "x");
	jail_error_origin(NULL, "x", 1);
	jail_error_jail(NULL, "x");
}

/* A terminal must not obey what a file's name says. */
static void unsafe_bytes(void **state)
{
	struct jail_error e;

	(void)state;
	(void)jail_error_set(&e, EINVAL, "%s",
	    "a\033[2Jb\n\x7f"
	    "\xc2\x9b"
	    "\xff\xc3(\xe2\x82\xac\xed\xa0\x80\xc0\xaf");
	assert_string_equal(
	    line_of(&e), "a\\x1b[2Jb\\x0a\\x7f\\xc2\\x9b\\xff\\xc3(\xe2\x82\xac\\xed\\xa0\\x80\\xc0\\xaf");
	(void)jail_error_set(&e, EINVAL, "x");
	jail_error_jail(&e, "j\r");
	jail_error_param(&e, "p\t");
	jail_error_origin(&e, "f\b", 1);
	(void)jail_error_hint(&e, EINVAL, "h\a");
	(void)jail_error_context(&e, EINVAL, "c\f");
	assert_string_equal(line_of(&e), "j\\x0d: f\\x08:1: p\\x09: x (c\\x0c): h\\x07");
}

static void long_texts(void **state)
{
	struct jail_error e;
	char text[2000];

	(void)state;
	/* cut between characters, not in one: 511 bytes hold 170 of three */
	for (size_t i = 0; i < 600; i++)
		memcpy(text + 3 * i, "\xe2\x82\xac", 3);
	text[1800] = '\0';
	(void)jail_error_set(&e, EINVAL, "%s", text);
	assert_int_equal(strlen(e.what), 510);
	jail_error_param(&e, text);
	assert_int_equal(strlen(e.param), 63);
	jail_error_origin(&e, text, 1);
	assert_int_equal(strlen(e.file), 510);
	jail_error_jail(&e, text);
	assert_int_equal(strlen(e.jail), 255);
	assert_null(strchr(line_of(&e), '\\'));
	(void)jail_error_sys(&e, EINVAL, "%s", text);
	assert_true(strlen(e.what) < sizeof(e.what));
}

static void full_chain(void **state)
{
	struct jail_error e;

	(void)state;
	(void)jail_error_set(&e, EINVAL, "x");
	for (int i = 0; i < 9; i++)
		(void)jail_error_context(&e, EINVAL, "%d", i);
	assert_string_equal(line_of(&e), "x (0, 1, 2, 3, 4, 5)");
	/* as it may come out of a pipe: no end to any text, a count that can't be */
	memset(&e, 'a', sizeof(e));
	assert_true(strlen(line_of(&e)) > 1000);
}

static void small_buffers(void **state)
{
	struct jail_error e;
	char buf[64];
	size_t needed;

	(void)state;
	(void)jail_error_set(&e, EINVAL, "abc\n");
	jail_error_param(&e, "p");
	needed = jail_error_format(&e, NULL, 0);
	assert_int_equal(needed, strlen("p: abc\\x0a"));
	for (size_t size = 1; size < sizeof(buf); size++) {
		memset(buf, '#', sizeof(buf));
		assert_int_equal(jail_error_format(&e, buf, size), needed);
		assert_int_equal(strlen(buf), size - 1 < needed ? size - 1 : needed);
		assert_memory_equal(buf, "p: abc\\x0a", strlen(buf));
		if (size < sizeof(buf))
			assert_int_equal(buf[size], '#');
	}
}

static void exit_codes(void **state)
{
	static const struct {
		int errnum, code;
	} table[] = {{EINVAL, EX_DATAERR}, {ENOENT, EX_NOINPUT}, {EPERM, EX_NOPERM}, {EEXIST, EX_CANTCREAT},
	    {EIO, EX_IOERR}, {ENOTSUP, EX_UNAVAILABLE}, {EAGAIN, EX_TEMPFAIL}, {EPROTO, EX_PROTOCOL},
	    {ENOMEM, EX_OSERR}, {EMFILE, EX_OSERR}};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		assert_int_equal(jail_error_sysexit(table[i].errnum), table[i].code);
	for (int i = 0; i < 200; i++)
		assert_in_range(jail_error_sysexit(i), EX__BASE, EX__MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(parts_in_order),
	    cmocka_unit_test(innermost_knows_best),
	    cmocka_unit_test(system_errors),
	    cmocka_unit_test(nobody_listens),
	    cmocka_unit_test(unsafe_bytes),
	    cmocka_unit_test(long_texts),
	    cmocka_unit_test(full_chain),
	    cmocka_unit_test(small_buffers),
	    cmocka_unit_test(exit_codes),
	};

	return cmocka_run_group_tests_name("error", tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * conf_test.c: what tests/conf can't hold: names and patterns, several texts in one configuration, what a failed one
 * leaves behind, sizes and depths that no file in a repository should have. Files are conf_files.c's.
 */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include <cmocka.h>

#include <jail.h>

static struct jail_conf *parse(const char *text)
{
	struct jail_conf *c;
	struct jail_error e;
	int r;

	assert_int_equal(jail_conf_new(&c), 0);
	r = jail_conf_memory(c, "test", text, strlen(text), &e);
	if (r < 0)
		fail_msg("line %u: %s", e.line, e.what);
	return c;
}

static int feed(struct jail_conf *c, const char *name, const char *text)
{
	return jail_conf_memory(c, name, text, strlen(text), NULL);
}

static struct jail_params *resolve(const struct jail_conf *c, const char *name, const struct jail_params *extra)
{
	struct jail_params *p;
	struct jail_error e;

	if (jail_conf_jail(c, name, extra, NULL, NULL, &p, &e) < 0)
		fail_msg("%s: line %u: %s: %s", name, e.line, e.param, e.what);
	return p;
}

static void expect_text(const struct jail_params *p, const char *name, const char *text)
{
	const char *got;

	assert_int_equal(jail_params_get(p, name, &got), 0);
	assert_string_equal(got, text);
}

/* -------------------------------------------------------------------------------------------------------- names */

static void test_match(void **state)
{
	static const struct {
		const char *pattern, *name;
		bool match;
	} cases[] = {
	    {"*", "web", true},
	    {"*", "web.db", true},
	    {"*", "web.db.log", true},
	    {"*", "", false},
	    {"web", "web", true},
	    {"web", "web.db", false},
	    {"web", "we", false},
	    {"web", "webs", false},
	    {"web.*", "web", false},
	    {"web.*", "web.db", true},
	    {"web.*", "web.db.log", true},
	    {"web.*", "webs.db", false},
	    {"*.db", "web.db", true},
	    {"*.db", "db", false},
	    {"*.db", "web.db.log", false},
	    {"*.db", "a.b.db", false},
	    {"*.*", "web", false},
	    {"*.*", "web.db", true},
	    {"*.*", "web.db.log", true},
	    {"a.*.c", "a.b.c", true},
	    {"a.*.c", "a.c", false},
	    {"a.*.c", "a.b.b.c", false},
	    {"a.*.c.*", "a.b.c", false},
	    {"a.*.c.*", "a.b.c.d.e", true},
	    {"w*", "web", false},
	    {"w*", "w*", true},
	    {"", "web", false},
	    {"", "", false},
	    {"*", "web.", true},
	    {"web.*", "web.", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (jail_name_match(cases[i].pattern, cases[i].name) != cases[i].match)
			fail_msg("%s and %s", cases[i].pattern, cases[i].name);
	}
}

static void test_name_check(void **state)
{
	static const char *const good[] = {"web", "web.db", "A-z_09", "17", "2147483647", "a.b.c.d", "9lives", "a-"};
	static const char *const bad[] = {"", ".", "..", "a.", ".a", "a..b", "../etc", "a/b", "a b", "a\n", "-r",
	    "a.-b", "017", "0", "2147483648", "99999999999999999999999999", "*", "a.*", "caf\xc3\xa9", "\x80", "a\x7f",
	    "a%", "a,b"};
	char longest[JAIL_NAME_MAX + 2], deep[2 * JAIL_DEPTH_MAX + 2] = "";
	struct jail_error e;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		if (jail_name_check(good[i], &e) != 0)
			fail_msg("%s: %s", good[i], e.what);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		memset(&e, 0, sizeof(e));
		if (jail_name_check(bad[i], &e) != -EINVAL)
			fail_msg("%s is taken for a name", bad[i]);
		assert_int_equal(e.errnum, EINVAL);
		assert_true(e.what[0] != '\0');
		assert_int_equal(jail_name_check(bad[i], NULL), -EINVAL);
	}
	memset(longest, 'x', sizeof(longest));
	longest[JAIL_NAME_MAX] = '\0';
	assert_int_equal(jail_name_check(longest, NULL), 0);
	longest[JAIL_NAME_MAX] = 'x';
	longest[JAIL_NAME_MAX + 1] = '\0';
	assert_int_equal(jail_name_check(longest, NULL), -EINVAL);
	for (int i = 0; i < JAIL_DEPTH_MAX; i++)
		strcat(deep, i ? ".a" : "a");
	assert_int_equal(jail_name_check(deep, NULL), 0);
	strcat(deep, ".a");
	assert_int_equal(jail_name_check(deep, NULL), -EINVAL);
}

/* ------------------------------------------------------------------------------------------------ several texts */

static void test_several_files(void **state)
{
	struct jail_conf *c = parse("path = /1/$name; a { persist; }");
	struct jail_params *p;

	(void)state;
	assert_int_equal(feed(c, "two", "b { }\na { nopersist; }"), 0);
	assert_int_equal(feed(c, "three", "path = /3/$name;"), 0);
	assert_int_equal(jail_conf_memory(c, "nothing", NULL, 0, NULL), 0);
	assert_string_equal(jail_conf_name(c, 0), "a");
	assert_string_equal(jail_conf_name(c, 1), "b");
	assert_null(jail_conf_name(c, 2));
	assert_null(jail_conf_name(c, SIZE_MAX));
	p = resolve(c, "a", NULL);
	expect_text(p, "persist", "false");
	expect_text(p, "path", "/3/a");
	jail_params_free(p);
	jail_conf_free(c);
}

/* A name that fills a buffer of the parser to its last byte, and is looked up without its "no". */
static void test_long_variable(void **state)
{
	char text[2100];

	(void)state;
	for (size_t n = 1; n < 2048; n++) {
		struct jail_conf *c;

		memset(text, 'a', sizeof(text));
		memcpy(text, "a=${", 4);
		memcpy(text + 4 + n, ".nox}/;", sizeof(".nox}/;"));
		c = parse(text);
		jail_conf_free(c);
	}
}

static void test_has(void **state)
{
	struct jail_conf *c = parse("a { } b.* { } x = 1; * { }");
	struct jail_params *p = (struct jail_params *)(void *)c;
	struct jail_error e;

	(void)state;
	assert_true(jail_conf_has(c, "a"));
	assert_false(jail_conf_has(c, "b.*"));
	assert_false(jail_conf_has(c, "*"));
	assert_false(jail_conf_has(c, "b.c"));
	assert_false(jail_conf_has(c, ""));
	assert_int_equal(jail_conf_jail(c, "b.*", NULL, NULL, NULL, &p, &e), -ENOENT);
	assert_string_equal(e.jail, "b.*");
	assert_int_equal(e.exitcode, EX_DATAERR);
	assert_int_equal(jail_conf_jail(c, "nobody", NULL, NULL, NULL, &p, NULL), -ENOENT);
	assert_int_equal(jail_conf_jail(c, "a", NULL, NULL, NULL, &p, &e), -ENOENT); /* x */
	assert_string_equal(e.param, "x");
	assert_ptr_equal(p, c); /* untouched */
	jail_conf_free(c);
}

/* A text that can't be read changes nothing, wherever it goes wrong. */
static void test_rollback(void **state)
{
	static const char *const broken[] = {"new { persist; } x", "a { exec.start += more; } }", "a.* { persist; } {",
	    "*.q { persist; } ;=", "p = 1; \"", "new.sub { } a { nopersist; } b { } '"};
	struct jail_conf *c = parse("a { exec.start = one; } a.b { } a.* { exec.clean; } *.b { persist; }");
	char *before, *after;
	size_t length;

	(void)state;
	assert_int_equal(jail_conf_format(c, &before, &length), 0);
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		struct jail_params *p;

		assert_int_equal(feed(c, "broken", broken[i]), -EINVAL);
		assert_int_equal(jail_conf_format(c, &after, &length), 0);
		assert_string_equal(after, before);
		free(after);
		assert_false(jail_conf_has(c, "new"));
		assert_null(jail_conf_name(c, 2));
		p = resolve(c, "a.b", NULL);
		assert_int_equal(jail_params_count(p, "exec.start"), 0);
		expect_text(p, "persist", "true");
		expect_text(p, "exec.clean", "true");
		jail_params_free(p);
	}
	assert_int_equal(feed(c, "good", "new { } a { exec.start += two; }"), 0);
	assert_true(jail_conf_has(c, "new"));
	free(before);
	jail_conf_free(c);
}

static void test_rollback_empty(void **state)
{
	struct jail_conf *c;
	char *text;
	size_t length;

	(void)state;
	assert_int_equal(jail_conf_new(&c), 0);
	assert_int_equal(feed(c, "broken", "a { } b { x"), -EINVAL);
	assert_null(jail_conf_name(c, 0));
	assert_int_equal(jail_conf_format(c, &text, &length), 0);
	assert_int_equal(length, 0);
	assert_string_equal(text, "");
	free(text);
	assert_int_equal(feed(c, "good", "a { }"), 0);
	assert_string_equal(jail_conf_name(c, 0), "a");
	jail_conf_free(c);
	jail_conf_free(NULL);
}

static void test_extra(void **state)
{
	struct jail_conf *c =
	    parse("path = /conf/$name; exec.start = a, b; host.hostname = \"at ${path} as ${exec.jail_user}\";"
		  "devfs_ruleset = 9; $t = 5; web { persist; }");
	struct jail_params *extra, *p;
	struct jail_error e;

	(void)state;
	assert_int_equal(jail_params_new(&extra), 0);
	assert_int_equal(jail_params_set(extra, "path", "/extra", NULL), 0);
	assert_int_equal(jail_params_set(extra, "exec.jail_user", "www", NULL), 0);
	assert_int_equal(jail_params_set(extra, "exec.start", "x", NULL), 0);
	assert_int_equal(jail_params_append(extra, "exec.start", "y", NULL), 0);
	assert_int_equal(jail_params_append(extra, "exec.start", "z", NULL), 0);
	assert_int_equal(jail_params_set(extra, "exec.stop", NULL, NULL), 0);
	assert_int_equal(jail_params_set(extra, "nopersist", NULL, NULL), 0);
	p = resolve(c, "web", extra);
	expect_text(p, "path", "/extra");
	expect_text(p, "host.hostname", "at /extra as www");
	expect_text(p, "persist", "false");
	assert_int_equal(jail_params_count(p, "exec.start"), 3);
	assert_string_equal(jail_params_item(p, "exec.start", 2), "z");
	assert_true(jail_params_has(p, "exec.stop"));
	assert_int_equal(jail_params_count(p, "exec.stop"), 0);
	jail_params_free(p);
	jail_params_free(extra);
	/* Without it, what it gave a value has none. */
	assert_int_equal(jail_conf_jail(c, "web", NULL, NULL, NULL, &p, &e), -ENOENT);
	assert_string_equal(e.param, "host.hostname");
	jail_conf_free(c);
}

static void count_warnings(void *arg, const struct jail_error *w)
{
	assert_string_equal(w->jail, "web");
	assert_string_equal(w->param, "devfs_ruleset");
	assert_string_equal(w->file, "test");
	assert_int_equal(w->line, 2);
	++*(int *)arg;
}

static void test_warnings(void **state)
{
	struct jail_conf *c = parse("web { persist;\n devfs_ruleset = 4; }");
	struct jail_params *p;
	int warnings = 0;

	(void)state;
	assert_int_equal(jail_conf_jail(c, "web", NULL, count_warnings, &warnings, &p, NULL), 0);
	assert_int_equal(warnings, 1);
	assert_false(jail_params_has(p, "devfs_ruleset"));
	jail_params_free(p);
	jail_params_free(resolve(c, "web", NULL));
	jail_conf_free(c);
}

/* ------------------------------------------------------------------------------------------- depths and numbers */

static char *repeat(const char *piece, size_t times)
{
	size_t length = strlen(piece);
	char *text = malloc(length * times + 1);

	assert_non_null(text);
	for (size_t i = 0; i < times; i++)
		memcpy(text + i * length, piece, length);
	text[length * times] = '\0';
	return text;
}

static void refuse_repeated(const char *piece, unsigned line)
{
	struct jail_conf *c;
	struct jail_error e;
	char *text = repeat(piece, 100000);

	assert_int_equal(jail_conf_new(&c), 0);
	assert_int_equal(jail_conf_memory(c, "deep", text, strlen(text), &e), -EINVAL);
	assert_string_equal(e.file, "deep");
	if (line > 0)
		assert_int_equal(e.line, line);
	jail_conf_free(c);
	free(text);
}

/* $v100000 refers to $v99999 and so on down, in an order that makes all of them wait. */
static char *long_chain(void)
{
	char *text = malloc((size_t)100002 * 32), *at = text;

	assert_non_null(text);
	at += sprintf(at, "ok { exec.start = $v100000; }\n");
	for (int i = 100000; i > 0; i--)
		at += sprintf(at, "$v%d = $v%d;\n", i, i - 1);
	sprintf(at, "$v0 = end;\n");
	return text;
}

static void *deep_things(void *arg)
{
	struct jail_conf *c;
	struct jail_params *p;
	char *text = long_chain();

	refuse_repeated("a{\n", JAIL_DEPTH_MAX + 1);
	refuse_repeated("{", 1);
	refuse_repeated("a.", 1);
	refuse_repeated("${", 1);
	refuse_repeated("/*", 1);
	refuse_repeated("'\\'\n", 0);
	c = parse(text);
	p = resolve(c, "ok", NULL);
	expect_text(p, "exec.start", "end");
	jail_params_free(p);
	jail_conf_free(c);
	free(text);
	return arg;
}

/* No input is deeper than the stack: a small one is enough for all. */
static void test_deep(void **state)
{
	pthread_attr_t attr;
	pthread_t thread;
	void *result = NULL;

	(void)state;
	assert_int_equal(pthread_attr_init(&attr), 0);
	assert_int_equal(pthread_attr_setstacksize(&attr, 256 << 10), 0);
	assert_int_equal(pthread_create(&thread, &attr, deep_things, state), 0);
	assert_int_equal(pthread_join(thread, &result), 0);
	assert_ptr_equal(result, state);
	assert_int_equal(pthread_attr_destroy(&attr), 0);
}

static void test_total_size(void **state)
{
	char *half = repeat("x", 700 << 10), *text = malloc(2 << 20);
	struct jail_conf *c;
	struct jail_params *p;
	struct jail_error e;
	int n;

	(void)state;
	assert_non_null(text);
	n = sprintf(text, "$h = \"%s\"; a { exec.start = \"$h$h\"; }\nb { exec.start = ", half);
	for (int i = 0; i < 30; i++)
		n += sprintf(text + n, "\"$h %d\", ", i);
	sprintf(text + n, "end; }");
	c = parse(text);
	assert_int_equal(jail_conf_jail(c, "a", NULL, NULL, NULL, &p, &e), -E2BIG);
	assert_string_equal(e.param, "exec.start");
	assert_int_equal(e.line, 1);
	assert_int_equal(jail_conf_jail(c, "b", NULL, NULL, NULL, &p, &e), -E2BIG);
	assert_int_equal(e.line, 2);
	jail_conf_free(c);
	free(text);
	free(half);
}

static void *resolve_all(void *arg)
{
	const struct jail_conf *c = arg;

	for (int round = 0; round < 50; round++) {
		const char *name;

		for (size_t i = 0; (name = jail_conf_name(c, i)) != NULL; i++) {
			struct jail_params *p;

			if (jail_conf_jail(c, name, NULL, NULL, NULL, &p, NULL) < 0)
				return NULL;
			jail_params_free(p);
		}
	}
	return arg;
}

/* One configuration can be asked by many at once. */
static void test_threads(void **state)
{
	struct jail_conf *c =
	    parse("path = /j/$name; $x = $y; $y = z; exec.start = $x; a { } b { } a.* { persist; } a.b { }");
	pthread_t threads[4];

	(void)state;
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, resolve_all, c), 0);
	for (size_t i = 0; i < 4; i++) {
		void *result;

		assert_int_equal(pthread_join(threads[i], &result), 0);
		assert_ptr_equal(result, c);
	}
	jail_conf_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_match),
	    cmocka_unit_test(test_name_check),
	    cmocka_unit_test(test_several_files),
	    cmocka_unit_test(test_has),
	    cmocka_unit_test(test_long_variable),
	    cmocka_unit_test(test_rollback),
	    cmocka_unit_test(test_rollback_empty),
	    cmocka_unit_test(test_extra),
	    cmocka_unit_test(test_warnings),
	    cmocka_unit_test(test_deep),
	    cmocka_unit_test(test_total_size),
	    cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

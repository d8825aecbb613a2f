/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * conf_nomem.c: every allocation that reading, working out and printing a configuration makes fails in its turn, alone
 * and with all that follow. Each time the call says ENOMEM, the configuration is as it was, and the same call works
 * once there is memory again. (The allocating functions are replaced by the linker: see meson.build.)
 */
#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <jail.h>

static long left = -1; /* allocations until one fails; negative: none does */
static bool for_good;  /* and all after it */
static bool failed;

static bool refuse(void)
{
	if (left < 0 || (left > 0 && left--))
		return false;
	if (!for_good)
		left = -1;
	failed = true;
	errno = ENOMEM;
	return true;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
char *__real_strdup(const char *text);
char *__real_strndup(const char *text, size_t n);
DIR *__real_opendir(const char *path);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t n);
DIR *__wrap_opendir(const char *path);

void *__wrap_malloc(size_t size)
{
	return refuse() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return refuse() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t size)
{
	return refuse() ? NULL : __real_realloc(p, size);
}

char *__wrap_strdup(const char *text)
{
	return refuse() ? NULL : __real_strdup(text);
}

char *__wrap_strndup(const char *text, size_t n)
{
	return refuse() ? NULL : __real_strndup(text, n);
}

DIR *__wrap_opendir(const char *path)
{
	return refuse() ? NULL : __real_opendir(path);
}

/* Fail the n-th allocation from now; returns whether that came about. */
static void starve(long n, bool all)
{
	left = n;
	for_good = all;
	failed = false;
}

static bool feed_again(void)
{
	left = -1;
	return failed;
}

static char many[65536]; /* a text that makes every table grow several times */

struct job {
	struct jail_conf *conf;
	const char *file, *jail;
	struct jail_params *extra, *params;
	char *text;
	size_t length;
};

typedef int call(struct job *j, struct jail_error *err);

static int call_new(struct job *j, struct jail_error *err)
{
	struct jail_conf *c;
	int r = jail_conf_new(&c);

	(void)err;
	if (r == 0)
		jail_conf_free(c);
	(void)j;
	return r;
}

static int call_file(struct job *j, struct jail_error *err)
{
	return j->file ? jail_conf_file(j->conf, j->file, err)
		       : jail_conf_memory(j->conf, "many", many, strlen(many), err);
}

static int call_jail(struct job *j, struct jail_error *err)
{
	return jail_conf_jail(j->conf, j->jail, j->extra, NULL, NULL, &j->params, err);
}

static int call_format(struct job *j, struct jail_error *err)
{
	(void)err;
	return jail_conf_format(j->conf, &j->text, &j->length);
}

/* Call with the n-th allocation failing; true: it has that many. */
static bool once(call *fn, struct job *j, long n, bool all, bool has_error)
{
	struct jail_error e = {0};
	int r;

	starve(n, all);
	r = fn(j, &e);
	if (!feed_again()) {
		assert_int_equal(r, 0);
		return false;
	}
	assert_int_equal(r, -ENOMEM);
	if (has_error) {
		assert_int_equal(e.errnum, ENOMEM);
		assert_true(e.what[0] != '\0');
	}
	return true;
}

static char *format(const struct jail_conf *c)
{
	char *text;
	size_t length;

	assert_int_equal(jail_conf_format(c, &text, &length), 0);
	return text;
}

/* Reading: after each failure the configuration is what it was before. */
static long starve_file(const char *file)
{
	long n = 0;

	for (int all = 0; all < 2; all++) {
		for (n = 0;; n++) {
			static const char before[] = "first { persist; } pattern.* { }";
			struct job j = {.file = file};
			char *old, *now;
			bool more;

			assert_int_equal(jail_conf_new(&j.conf), 0);
			jail_conf_any_owner(j.conf);
			assert_int_equal(jail_conf_memory(j.conf, "before", before, strlen(before), NULL), 0);
			old = format(j.conf);
			more = once(call_file, &j, n, all, true);
			if (more) {
				now = format(j.conf);
				assert_string_equal(now, old);
				free(now);
				assert_null(jail_conf_name(j.conf, 1));
				assert_int_equal(call_file(&j, NULL), 0);
			}
			assert_non_null(jail_conf_name(j.conf, 1));
			free(old);
			jail_conf_free(j.conf);
			if (!more)
				break;
		}
	}
	return n;
}

static long starve_jail(struct job *j)
{
	long n = 0;

	for (int all = 0; all < 2; all++) {
		for (n = 0;; n++) {
			bool more;

			j->params = NULL;
			more = once(call_jail, j, n, all, true);
			if (more)
				assert_null(j->params);
			jail_params_free(j->params);
			if (!more)
				break;
		}
	}
	return n;
}

static void test_new(void **state)
{
	long n = 0;

	(void)state;
	while (once(call_new, NULL, n, false, false))
		n++;
	assert_true(n >= 2);
}

static void test_files(void **state)
{
	static const char *const files[] = {
	    "pass-include.conf", "pass-hooks.conf", "pass-nested.conf", "pass-escapes.conf"};

	(void)state;
	assert_true(starve_file(NULL) > 12);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		assert_true(starve_file(files[i]) > 1);
}

/* A jail of so many values that working it out takes memory at every step. */
static void test_large_jail(void **state)
{
	static char text[65536];
	struct job j = {.jail = "large"};
	int n = snprintf(text, sizeof(text), "$a = \"%0300d\"; $b = \"$a$a$a\"; large {\n", 1);

	(void)state;
	for (int i = 0; i < 150; i++)
		n += snprintf(text + n, sizeof(text) - (size_t)n,
		    "$l%d = \"%d$b\", \"x$a\"; exec.start += $l%d, \"$b\", a;\n", i, i, i);
	n += snprintf(text + n, sizeof(text) - (size_t)n, "exec.consolelog = $b, $b, $b; }\n");
	assert_int_equal(jail_conf_new(&j.conf), 0);
	jail_conf_any_owner(j.conf);
	assert_int_equal(jail_conf_memory(j.conf, "large", text, (size_t)n, NULL), 0);
	assert_true(starve_jail(&j) > 600);
	jail_conf_free(j.conf);
}

static void test_jails(void **state)
{
	static const char *const files[] = {"pass-templates.conf", "pass-list-variables.conf", "pass-jid.conf",
	    "pass-extra-commas.conf", "pass-wildcards.conf", "pass-foreign-ignored.conf"};

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct job j = {.file = files[i]};

		assert_int_equal(jail_conf_new(&j.conf), 0);
		jail_conf_any_owner(j.conf);
		assert_int_equal(call_file(&j, NULL), 0);
		for (size_t k = 0; (j.jail = jail_conf_name(j.conf, k)) != NULL; k++) {
			assert_true(starve_jail(&j) > 3);
			assert_int_equal(jail_params_new(&j.extra), 0);
			assert_int_equal(jail_params_set(j.extra, "path", "/extra", NULL), 0);
			assert_int_equal(jail_params_set(j.extra, "exec.start", "x", NULL), 0);
			assert_int_equal(jail_params_append(j.extra, "exec.start", "y", NULL), 0);
			assert_true(starve_jail(&j) > 3);
			jail_params_free(j.extra);
			j.extra = NULL;
		}
		jail_conf_free(j.conf);
	}
}

static void test_format(void **state)
{
	struct job j = {.file = "pass-include.conf"};
	long n = 0;

	(void)state;
	assert_int_equal(jail_conf_new(&j.conf), 0);
	jail_conf_any_owner(j.conf);
	while (once(call_format, &j, n, false, false))
		n++;
	assert_true(n >= 1);
	free(j.text);
	assert_int_equal(call_file(&j, NULL), 0);
	for (n = 0; once(call_format, &j, n, false, false); n++)
		continue;
	assert_true(n >= 1);
	free(j.text);
	jail_conf_free(j.conf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_new),
	    cmocka_unit_test(test_files),
	    cmocka_unit_test(test_jails),
	    cmocka_unit_test(test_large_jail),
	    cmocka_unit_test(test_format),
	};

	for (int i = 0, n = 0; i < 400; i++)
		n += snprintf(many + n, sizeof(many) - (size_t)n,
		    "jail%d.* { $v%d = \"a long %d\"; } jail%d { name = $v%d; }\n", i, i, i, i, i);
	if (chdir(TEST_SOURCE_DIR "/conf") < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}

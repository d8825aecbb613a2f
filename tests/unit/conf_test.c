/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * conf_test.c: what tests/conf can't hold: names and patterns, several files in one configuration, what a failed file
 * leaves behind, files that are none, sizes and depths that no file in a repository should have.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include <cmocka.h>

#include <jail.h>

static char scratch[] = "/tmp/conf_test.XXXXXX";

static const char *path_of(const char *name)
{
	static char path[2][PATH_MAX];
	static unsigned turn;
	char *p = path[turn++ % 2];

	snprintf(p, sizeof(path[0]), "%s/%s", scratch, name);
	return p;
}

static const char *write_file(const char *name, const char *text, size_t length)
{
	const char *path = path_of(name);
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, length, f), length);
	assert_int_equal(fclose(f), 0);
	return path;
}

static int setup(void **state)
{
	(void)state;
	return mkdtemp(scratch) && chmod(scratch, 0755) == 0 ? 0 : -1;
}

static int teardown(void **state)
{
	pid_t pid = fork();
	int status;

	(void)state;
	if (pid == 0) {
		execl("/bin/rm", "rm", "-rf", scratch, (char *)NULL);
		_exit(1);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0 ? 0 : -1;
}

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

/* -------------------------------------------------------------------------------------------------------- files */

static int read_path(const char *path, struct jail_error *e)
{
	struct jail_conf *c;
	int r;

	assert_int_equal(jail_conf_new(&c), 0);
	memset(e, 0, sizeof(*e));
	r = jail_conf_file(c, path, e);
	if (r == 0)
		assert_true(jail_conf_has(c, "ok"));
	jail_conf_free(c);
	return r;
}

static void test_no_files(void **state)
{
	struct jail_error e;
	int fd;

	(void)state;
	alarm(20); /* nothing here may wait */
	assert_int_equal(read_path(path_of("missing"), &e), -ENOENT);
	assert_int_equal(e.exitcode, EX_NOINPUT);
	assert_int_equal(read_path(scratch, &e), -EISDIR);
	assert_int_equal(mkfifo(path_of("fifo"), 0600), 0);
	assert_int_equal(read_path(path_of("fifo"), &e), -EINVAL);
	assert_non_null(strstr(e.what, "not a regular file"));
	assert_int_equal(read_path("/dev/zero", &e), -EINVAL);
	assert_int_equal(symlink("circle", path_of("circle")), 0);
	assert_int_equal(read_path(path_of("circle"), &e), -ELOOP);
	fd = open(path_of("huge"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, 1L << 30), 0);
	assert_int_equal(close(fd), 0);
	assert_int_equal(read_path(path_of("huge"), &e), -EFBIG);
	assert_non_null(strstr(e.what, "64 MiB"));
	/* Its size is told as 0, it has many pages, and it is no configuration. */
	assert_int_equal(read_path("/proc/self/smaps", &e), -EINVAL);
	assert_string_equal(e.file, "/proc/self/smaps");
	/* Its size is told as 0, and reading it fails. */
	assert_int_equal(read_path("/proc/self/mem", &e), -EIO);
	alarm(0);
}

static void test_links_are_followed(void **state)
{
	struct jail_error e;

	(void)state;
	write_file("target.conf", "ok { }", 6);
	assert_int_equal(symlink("target.conf", path_of("link.conf")), 0);
	assert_int_equal(read_path(path_of("link.conf"), &e), 0);
}

static void read_text(const char *name, const char *text)
{
	struct jail_error e;

	if (read_path(write_file(name, text, strlen(text)), &e) < 0)
		fail_msg("%s: %s", text, e.what);
}

/* Which part of a pattern is a pattern: not the directory that the file is in, nor what a backslash is before. */
static void test_patterns(void **state)
{
	const char *ok = "ok { }", *wrong = "not a configuration";

	(void)state;
	assert_int_equal(mkdir(path_of("a*[b]\\"), 0700), 0);
	assert_int_equal(mkdir(path_of("axb"), 0700), 0);
	write_file("axb/1.inc", wrong, strlen(wrong));
	write_file("a*[b]\\/1.inc", ok, strlen(ok));
	write_file("a*[b]\\/star*.x", ok, strlen(ok));
	write_file("a*[b]\\/starry.x", wrong, strlen(wrong));
	read_text("a*[b]\\/1.conf", ".include \"*.inc\";");
	read_text("a*[b]\\/2.conf", ".include \"[0-9].inc\", \"?.in[!d]\";");
	read_text("a*[b]\\/3.conf", ".include \"star\\\\*.[x]\";");
	read_text("a*[b]\\/4.conf", ".include \"..//./a\\\\**/*.inc\";");
	read_text("a*[b]\\/5.conf", ".include \"../a\\\\*\\\\[b]*/1.inc\";");
	read_text("a*[b]\\/6.conf", ".include \"*/none\", \"1.inc/*\", \"*/../*.none\"; ok { }");
	/* Hidden files are not meant. */
	write_file("a*[b]\\/.inc", wrong, strlen(wrong));
	read_text("a*[b]\\/7.conf", ".include \"*inc\";");
}

static void test_unreadable(void **state)
{
	struct jail_error e;
	const char *include = ".include \"closed/*.conf\"; ok { }";

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(chmod(write_file("secret.conf", "ok { }", 6), 0600), 0);
	assert_int_equal(mkdir(path_of("closed"), 0700), 0);
	write_file("include-closed.conf", include, strlen(include));
	assert_int_equal(read_path(path_of("include-closed.conf"), &e), 0);
	assert_int_equal(seteuid(65534), 0);
	assert_int_equal(read_path(path_of("secret.conf"), &e), -EACCES);
	assert_int_equal(e.exitcode, EX_NOPERM);
	/* What can't be looked into is not the same as empty. */
	assert_int_equal(read_path(path_of("include-closed.conf"), &e), -EACCES);
	assert_string_equal(e.param, ".include");
	assert_int_equal(e.line, 1);
	assert_int_equal(seteuid(0), 0);
}

/* ------------------------------------------------------------------------------------------- depths and numbers */

static void test_include_depth(void **state)
{
	struct jail_error e;

	(void)state;
	for (int i = 0; i <= 33; i++) {
		char name[32], text[64];

		snprintf(name, sizeof(name), "depth%d.conf", i);
		snprintf(text, sizeof(text), "%s \"depth%d.conf\";", i == 33 ? "ok { } #" : ".include", i + 1);
		write_file(name, text, strlen(text));
	}
	assert_int_equal(read_path(path_of("depth1.conf"), &e), 0);
	assert_int_equal(read_path(path_of("depth0.conf"), &e), -ELOOP);
	assert_non_null(strstr(e.what, "more than 32"));
	assert_int_equal(e.ncontexts, JAIL_ERROR_CONTEXTS);
}

/* Each file includes the next twice: a few lines that would be read for years. */
static void test_include_bomb(void **state)
{
	struct jail_error e;

	(void)state;
	for (int i = 0; i < 30; i++) {
		char name[32], text[96];

		snprintf(name, sizeof(name), "bomb%d.conf", i);
		snprintf(text, sizeof(text), ".include \"bomb%d.conf\", \"bomb%d.conf\";", i + 1, i + 1);
		write_file(name, text, strlen(text));
	}
	write_file("bomb30.conf", "", 0);
	assert_int_equal(read_path(path_of("bomb0.conf"), &e), -E2BIG);
	assert_non_null(strstr(e.what, "more than 100000 files"));
}

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
	    cmocka_unit_test(test_rollback),
	    cmocka_unit_test(test_rollback_empty),
	    cmocka_unit_test(test_extra),
	    cmocka_unit_test(test_warnings),
	    cmocka_unit_test(test_no_files),
	    cmocka_unit_test(test_links_are_followed),
	    cmocka_unit_test(test_patterns),
	    cmocka_unit_test(test_unreadable),
	    cmocka_unit_test(test_include_depth),
	    cmocka_unit_test(test_include_bomb),
	    cmocka_unit_test(test_deep),
	    cmocka_unit_test(test_total_size),
	    cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}

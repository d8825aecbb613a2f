/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * conf_files.c: configurations as files: those that are none, that can't be read, that are too large or too many, and
 * what the patterns of .include name.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
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

static char scratch[] = "/tmp/conf_files.XXXXXX";

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

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_no_files),
	    cmocka_unit_test(test_links_are_followed),
	    cmocka_unit_test(test_patterns),
	    cmocka_unit_test(test_unreadable),
	    cmocka_unit_test(test_include_depth),
	    cmocka_unit_test(test_include_bomb),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}

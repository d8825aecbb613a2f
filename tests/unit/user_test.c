/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * user_test: users are found as passwd(5) and group(5) say, and nothing that a hostile file does (no newline, NUL
 * bytes, lines of any length, numbers out of range, being no file) is taken for a user or holds the reader up.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "error.h"
#include "user.h"

struct tree {
	char path[64];
	int fd;
};

static struct tree tree;

static int set_up(void **state)
{
	(void)state;
	(void)snprintf(tree.path, sizeof(tree.path), "%s", "/tmp/user-test-XXXXXX");
	if (!mkdtemp(tree.path))
		return -1;
	tree.fd = open(tree.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return tree.fd < 0 ? -1 : mkdirat(tree.fd, "etc", 0755);
}

static int tear_down(void **state)
{
	static const char *const files[] = {"etc/passwd", "etc/group", "etc/elsewhere"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		(void)unlinkat(tree.fd, files[i], 0);
	(void)unlinkat(tree.fd, "etc", AT_REMOVEDIR);
	(void)close(tree.fd);
	return rmdir(tree.path);
}

static void put_bytes(const char *file, const void *bytes, size_t length)
{
	int fd = openat(tree.fd, file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, length), (ssize_t)length);
	(void)close(fd);
}

static void put(const char *file, const char *text)
{
	put_bytes(file, text, strlen(text));
}

static size_t append(char *text, size_t size, size_t at, const char *fmt, ...) __attribute__((format(printf, 4, 5)));

static size_t append(char *text, size_t size, size_t at, const char *fmt, ...)
{
	va_list args;
	int n;

	assert_true(at < size);
	va_start(args, fmt);
	n = vsnprintf(text + at, size - at, fmt, args);
	va_end(args);
	assert_true(n >= 0 && (size_t)n < size - at);
	return at + (size_t)n;
}

static int look_up(const char *name, struct user *ret)
{
	struct jail_error err = {0};
	int r;

	memset(ret, 0x5a, sizeof(*ret));
	r = user_lookup(tree.fd, name, ret, &err);
	if (r < 0) {
		assert_int_equal(err.errnum, -r);
		assert_true(err.what[0] != '\0');
		/* Outputs are untouched. */
		assert_int_equal(((unsigned char *)ret)[0], 0x5a);
	}
	return r;
}

static void a_user_is_found(void **state)
{
	struct user u;

	(void)state;
	put("etc/passwd", "root:x:0:0:root:/root:/bin/bash\nweb:x:33:34:Web, Server:/srv/web:/bin/dash\n");
	put("etc/group", "root:x:0:\nwww:x:34:web\nadm:x:4:root,web\nssl:x:99:nobody,website,we\n");
	assert_int_equal(look_up("web", &u), 0);
	assert_int_equal(u.uid, 33);
	assert_int_equal(u.gid, 34);
	assert_string_equal(u.name, "web");
	assert_string_equal(u.home, "/srv/web");
	assert_string_equal(u.shell, "/bin/dash");
	assert_int_equal(u.ngroups, 2);
	assert_int_equal(u.groups[0], 34);
	assert_int_equal(u.groups[1], 4);
	assert_int_equal(look_up("33", &u), 0);
	assert_string_equal(u.name, "web");
	assert_int_equal(look_up("we", &u), -ENOENT);
	assert_int_equal(look_up("webx", &u), -ENOENT);
	assert_int_equal(look_up("34", &u), -ENOENT);
	assert_int_equal(look_up("", &u), -ENOENT);
}

static void names_come_before_numbers(void **state)
{
	struct user u;

	(void)state;
	put("etc/passwd", "a:x:7:1::/:\n7:x:8:2::/:\nb:x:7:3::/:\n");
	assert_int_equal(look_up("7", &u), 0);
	assert_int_equal(u.uid, 8);
	put("etc/passwd", "a:x:7:1::/:\nb:x:7:3::/:\n");
	assert_int_equal(look_up("7", &u), 0);
	assert_string_equal(u.name, "a");
}

static void root_needs_no_files(void **state)
{
	struct user u;

	(void)state;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(look_up(i ? "0" : "root", &u), 0);
		assert_int_equal(u.uid, 0);
		assert_int_equal(u.gid, 0);
		assert_string_equal(u.name, "root");
		assert_string_equal(u.home, "/");
		assert_string_equal(u.shell, "/bin/sh");
		assert_int_equal(u.ngroups, 1);
		assert_int_equal(u.groups[0], 0);
	}
	assert_int_equal(look_up("web", &u), -ENOENT);
	put("etc/passwd", "web:x:33:33::/:\n");
	assert_int_equal(look_up("root", &u), 0);
	assert_string_equal(u.home, "/root");
	put("etc/passwd", "root:x:5:6::/r:/bin/r\n");
	assert_int_equal(look_up("root", &u), 0);
	assert_int_equal(u.uid, 5);
}

static void broken_lines_are_no_users(void **state)
{
	static const char *const lines[] = {"u:x:1:1::/", "u:x:1:1::/:/bin/sh:more",
	    "u:x:-1:1::/:", "u:x:1x:1::/:", "u:x::1::/:", "u:x:1:::/:", "u:x:4294967295:1::/:", "u:x:1:4294967295::/:",
	    "u:x:4294967296:1::/:", "u:x:99999999999999999999:1::/:", "u:x: 1:1::/:", "u", ":x:1:1::/:", "u:x", "",
	    ":::::::", "#u:x:1:1::/:"};
	char text[200];
	struct user u;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		(void)snprintf(text, sizeof(text), "%s\nv:x:2:2::/:\n", lines[i]);
		put("etc/passwd", text);
		assert_int_equal(look_up("u", &u), -ENOENT);
		/* And the next line is read as itself. */
		assert_int_equal(look_up("v", &u), 0);
		put("etc/passwd", lines[i]);
		assert_int_equal(look_up("u", &u), -ENOENT);
	}
	put("etc/passwd", "u:x:4294967294:4294967294::/:");
	assert_int_equal(look_up("u", &u), 0);
	assert_int_equal(u.uid, 4294967294u);
	put("etc/passwd", "u:x:1:1::relative:\n");
	assert_int_equal(look_up("u", &u), 0);
	assert_string_equal(u.home, "/");
	assert_string_equal(u.shell, "/bin/sh");
}

static void nul_bytes_hide_nothing(void **state)
{
	static const char text[] = "u\0v:x:1:1::/:\nw:x:1\0:1::/:\nz:\0:3:3:\0:/:/bin/z\n";
	struct user u;

	(void)state;
	put_bytes("etc/passwd", text, sizeof(text) - 1);
	assert_int_equal(look_up("u", &u), -ENOENT);
	assert_int_equal(look_up("uv", &u), -ENOENT);
	assert_int_equal(look_up("w", &u), -ENOENT);
	assert_int_equal(look_up("z", &u), 0);
	assert_int_equal(u.uid, 3);
}

static void lines_may_be_long(void **state)
{
	size_t size = 3 << 20;
	char *text = malloc(size);
	struct user u;
	size_t n;

	(void)state;
	assert_non_null(text);
	/* A gecos field of a megabyte. */
	n = append(text, size, 0, "u:x:1:1:");
	memset(text + n, 'g', 1 << 20);
	n += 1 << 20;
	n = append(text, size, n, ":/home/u:/bin/u\n");
	put_bytes("etc/passwd", text, n);
	/* A hundred thousand members, ours the last one. */
	n = append(text, size, 0, "g:x:77:");
	for (int i = 0; i < 100000; i++)
		n = append(text, size, n, "m%d,", i);
	n = append(text, size, n, "u\nh:x:78:u\n");
	assert_true(n < size);
	put_bytes("etc/group", text, n);
	assert_int_equal(look_up("u", &u), 0);
	assert_string_equal(u.home, "/home/u");
	assert_int_equal(u.ngroups, 3);
	assert_int_equal(u.groups[1], 77);
	assert_int_equal(u.groups[2], 78);
	/* A name, home or shell that does not fit is not cut. */
	memset(text, 'n', 100);
	(void)append(text, size, 100, ":x:1:1::/:\n");
	put("etc/passwd", text);
	text[63] = '\0';
	assert_int_equal(look_up(text, &u), -ENOENT);
	memset(text, 'n', 100);
	text[100] = '\0';
	assert_int_equal(look_up(text, &u), -ENOENT);
	free(text);
}

static void groups_are_counted_once_and_never_cut(void **state)
{
	char text[8192];
	struct user u;
	size_t n = 0;

	(void)state;
	put("etc/passwd", "u:x:1:5::/:\n");
	for (int i = 0; i < USER_GROUPS_MAX - 1; i++)
		n = append(text, sizeof(text), n, "g%d:x:%d:u\n", i, 100 + i);
	(void)append(
	    text, sizeof(text), n, "again:x:100:u\nown:x:5:u,u\nbad:x:4294967295:u\nbad:x:x:u\nbad:x:9\nbad:x:9:u:u\n");
	put("etc/group", text);
	assert_int_equal(look_up("u", &u), 0);
	assert_int_equal(u.ngroups, USER_GROUPS_MAX);
	assert_int_equal(u.groups[0], 5);
	assert_int_equal(u.groups[USER_GROUPS_MAX - 1], 100 + USER_GROUPS_MAX - 2);
	(void)append(text, sizeof(text), n, "more:x:99:u\n");
	put("etc/group", text);
	assert_int_equal(look_up("u", &u), -E2BIG);
}

static void only_files_are_read(void **state)
{
	struct user u;

	(void)state;
	/* A FIFO would hold up whoever opens it. */
	assert_int_equal(mkfifoat(tree.fd, "etc/passwd", 0644), 0);
	assert_int_equal(look_up("root", &u), -EINVAL);
	(void)unlinkat(tree.fd, "etc/passwd", 0);
	assert_int_equal(mkdirat(tree.fd, "etc/passwd", 0755), 0);
	assert_int_equal(look_up("root", &u), -EINVAL);
	assert_int_equal(unlinkat(tree.fd, "etc/passwd", AT_REMOVEDIR), 0);
	assert_int_equal(symlinkat("passwd", tree.fd, "etc/passwd"), 0);
	assert_int_equal(look_up("root", &u), -ELOOP);
	(void)unlinkat(tree.fd, "etc/passwd", 0);
	assert_int_equal(symlinkat("/proc/self/fd/0", tree.fd, "etc/passwd"), 0);
	assert_int_equal(look_up("u", &u), -ENOENT);
	(void)unlinkat(tree.fd, "etc/passwd", 0);
	put("etc/passwd", "u:x:1:1::/:\n");
	assert_int_equal(mkfifoat(tree.fd, "etc/group", 0644), 0);
	assert_int_equal(look_up("u", &u), -EINVAL);
}

static void links_stay_beneath_the_root(void **state)
{
	struct user u;

	(void)state;
	put("etc/elsewhere", "u:x:12345:1::/:\n");
	assert_int_equal(symlinkat("/etc/elsewhere", tree.fd, "etc/passwd"), 0);
	assert_int_equal(look_up("u", &u), 0);
	assert_int_equal(u.uid, 12345);
	(void)unlinkat(tree.fd, "etc/passwd", 0);
	assert_int_equal(symlinkat("../../../../../../etc/elsewhere", tree.fd, "etc/passwd"), 0);
	assert_int_equal(look_up("u", &u), 0);
}

static void a_huge_file_is_refused(void **state)
{
	struct user u;
	int fd = openat(tree.fd, "etc/passwd", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)1 << 40), 0);
	(void)close(fd);
	assert_int_equal(look_up("root", &u), -EFBIG);
	assert_int_equal(look_up("u", &u), -EFBIG);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    CASE(a_user_is_found),
	    CASE(names_come_before_numbers),
	    CASE(root_needs_no_files),
	    CASE(broken_lines_are_no_users),
	    CASE(nul_bytes_hide_nothing),
	    CASE(lines_may_be_long),
	    CASE(groups_are_counted_once_and_never_cut),
	    CASE(only_files_are_read),
	    CASE(links_stay_beneath_the_root),
	    CASE(a_huge_file_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

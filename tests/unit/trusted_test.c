/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * trusted_test: which files may say what root runs: owners, modes, directories on the way, links, sticky directories,
 * descriptors of the caller's. What needs another user's files needs root.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "trusted.h"

#define OTHER 4711

static char scratch[] = "/tmp/trusted.XXXXXX";

static const char *at(const char *name)
{
	static char path[4][200];
	static unsigned next;
	char *p = path[next++ % 4];

	(void)snprintf(p, sizeof(path[0]), "%s/%s", scratch, name);
	return p;
}

static void file(const char *name, mode_t mode, uid_t owner)
{
	int fd = open(at(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, "text", 4), 4);
	assert_int_equal(fchown(fd, owner, 0), 0);
	assert_int_equal(fchmod(fd, mode), 0);
	assert_int_equal(close(fd), 0);
}

static void directory(const char *name, mode_t mode, uid_t owner)
{
	assert_int_equal(mkdir(at(name), 0700), 0);
	assert_int_equal(chown(at(name), owner, 0), 0);
	assert_int_equal(chmod(at(name), mode), 0);
}

static void taken_path(const char *path)
{
	struct jail_error err = {0};
	char text[8] = "";
	int fd = -1;

	if (trusted_open(path, &fd, &err) < 0)
		fail_msg("%s: %s", path, err.what);
	assert_int_equal(read(fd, text, sizeof(text)), 4);
	assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	assert_int_equal(close(fd), 0);
}

static void taken(const char *name)
{
	taken_path(at(name));
}

static void refused_path(const char *path, int errnum, const char *said, const char *hint)
{
	struct jail_error err = {0};
	int fd = -7;

	assert_int_equal(trusted_open(path, &fd, &err), -errnum);
	assert_int_equal(fd, -7);
	assert_int_equal(err.errnum, errnum);
	if (strstr(err.what, said) == NULL || strstr(err.hint, hint) == NULL)
		fail_msg("\"%s\", \"%s\"", err.what, err.hint);
	/* Also without somebody to tell. */
	assert_int_equal(trusted_open(path, &fd, NULL), -errnum);
}

static void refused(const char *name, const char *said, const char *hint)
{
	refused_path(at(name), EPERM, said, hint);
}

static void files(void **state)
{
	(void)state;
	file("good", 0644, 0);
	taken("good");
	file("secret", 0400, 0);
	taken("secret");
	file("group", 0664, 0);
	refused("group", "/group is writable for its group", "chmod go-w /tmp/trusted.");
	file("all", 0646, 0);
	refused("all", "/all is writable for everybody", "chmod go-w");
	file("foreign", 0644, OTHER);
	refused(
	    "foreign", "/foreign belongs to user 4711, and what it says is run as root", "chown root /tmp/trusted.");
	refused_path(at("none"), ENOENT, "cannot open /tmp/trusted.", "");
	refused_path("", ENOENT, "cannot open", "");
	refused_path(at("good/x"), ENOTDIR, "cannot open", "");
	refused_path(at("good/"), ENOTDIR, "cannot open", "");
}

static void directories(void **state)
{
	(void)state;
	directory("d", 0755, 0);
	directory("d/open", 0777, 0);
	directory("d/group", 0775, 0);
	directory("d/foreign", 0755, OTHER);
	directory("d/sticky", 01777, 0);
	file("d/good", 0644, 0);
	file("d/open/f", 0644, 0);
	file("d/group/f", 0644, 0);
	file("d/foreign/f", 0644, 0);
	file("d/sticky/f", 0644, 0);
	file("d/sticky/foreign", 0644, OTHER);
	directory("d/sticky/own", 0755, 0);
	directory("d/sticky/other", 0755, OTHER);
	file("d/sticky/own/f", 0644, 0);
	file("d/sticky/other/f", 0644, 0);
	taken("d/good");
	taken("d//./../d/good");
	refused("d/open/f", "/d/open is writable for everybody, and what files in it say is run as root", "chmod go-w");
	refused("d/group/f", "/d/group is writable for its group", "chmod go-w");
	refused("d/foreign/f", "/d/foreign belongs to user 4711", "chown root");
	refused("d/open/../good", "/d/open is writable", "chmod go-w");
	taken("d/sticky/f");
	taken("d/sticky/own/f");
	refused("d/sticky/foreign", "belongs to user 4711", "chown root");
	refused("d/sticky/other/f", "belongs to user 4711", "chown root");
}

static void link_to(const char *to, const char *name, uid_t owner)
{
	assert_int_equal(symlink(to, at(name)), 0);
	assert_int_equal(lchown(at(name), owner, 0), 0);
}

static void links(void **state)
{
	(void)state;
	directory("l", 0755, 0);
	directory("l/sticky", 01777, 0);
	file("l/good", 0644, 0);
	file("l/foreign", 0644, OTHER);
	link_to("good", "l/relative", 0);
	link_to(at("l/good"), "l/absolute", 0);
	link_to("../l", "l/self", 0);
	link_to("foreign", "l/bad", 0);
	link_to("circle", "l/circle", 0);
	/* Who owns a link can't change it where the directory is root's. */
	link_to("good", "l/other", OTHER);
	link_to("../good", "l/sticky/good", 0);
	link_to("../good", "l/sticky/other", OTHER);
	taken("l/relative");
	taken("l/absolute");
	taken("l/self/self/relative");
	taken("l/other");
	taken("l/sticky/good");
	refused("l/bad", "/l/foreign belongs to user 4711", "chown root");
	refused("l/sticky/other", "belongs to user 4711", "chown root");
	refused_path(at("l/circle"), ELOOP, "cannot open", "");
}

static void relative(void **state)
{
	(void)state;
	directory("r", 0755, 0);
	directory("r/open", 0777, 0);
	file("r/f", 0644, 0);
	file("r/open/f", 0644, 0);
	assert_int_equal(chdir(at("r")), 0);
	taken_path("f");
	taken_path("./f");
	refused_path("open/f", EPERM, "open is writable for everybody", "chmod go-w open");
	/* The directory where the caller is counts too. */
	assert_int_equal(chdir("open"), 0);
	refused_path("f", EPERM, ". is writable for everybody", "chmod go-w .");
	assert_int_equal(chdir("/"), 0);
}

static void descriptors(void **state)
{
	char path[64];
	int fd;

	(void)state;
	file("foreign-fd", 0666, OTHER);
	fd = open(at("foreign-fd"), O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	(void)snprintf(path, sizeof(path), "/dev/fd/%d", fd);
	taken_path(path);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	taken_path(path);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d/../%d", fd, fd);
	refused_path(path, ENOTDIR, "cannot open", "");
	assert_int_equal(close(fd), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(files),
	    cmocka_unit_test(directories),
	    cmocka_unit_test(links),
	    cmocka_unit_test(relative),
	    cmocka_unit_test(descriptors),
	};
	char command[64];
	int failed;

	if (geteuid() != 0) {
		print_message("needs root: skipped\n");
		return 0;
	}
	if (mkdtemp(scratch) == NULL || chmod(scratch, 0755) < 0)
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	(void)snprintf(command, sizeof(command), "rm -rf %s", scratch);
	return system(command) != 0 || failed != 0;
}

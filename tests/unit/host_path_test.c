/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * host_path_test.c: the opener of the host's paths in a maze of links, in a mount namespace of its own with an /etc and
 * a /srv in memory. Needs root, as the owner of what may be followed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "../../lib/error.h"
#include "../../lib/linux/sys.h"
#include "../../lib/linux/sys/host_path.h"

static int make_maze(void **state)
{
	(void)state;
	if (geteuid() != 0)
		return 0;
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("maze", "/etc", "tmpfs", 0, "mode=755") < 0 || mount("maze", "/tmp", "tmpfs", 0, "mode=1777") < 0)
		return -1;
	return 0;
}

#define NEEDS_ROOT()                                                                                                   \
	do {                                                                                                           \
		(void)state;                                                                                           \
		if (geteuid() != 0)                                                                                    \
			skip();                                                                                        \
	} while (0)

static void file(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	(void)close(fd);
}

static void opens(const char *path, const char *really)
{
	struct jail_error err = {0};
	char name[4096];
	int fd = host_path_open(-1, path, 0, &err);

	if (fd < 0)
		print_error("%s: %s\n", path, err.what);
	assert_true(fd >= 0);
	assert_int_equal(host_path_name(fd, name, sizeof(name)), 0);
	assert_string_equal(name, really);
	(void)close(fd);
}

static void refuses(const char *path, int r, const char *what)
{
	struct jail_error err = {0};

	assert_int_equal(host_path_open(-1, path, 0, &err), r);
	if (strstr(err.what, what) == NULL)
		print_error("%s: %s\n", path, err.what);
	assert_non_null(strstr(err.what, what));
}

static void of_the_system(void **state)
{
	char from[64], to[64];

	NEEDS_ROOT();
	assert_int_equal(mkdir("/etc/real", 0755), 0);
	file("/etc/real/file");
	assert_int_equal(symlink("real", "/etc/relative"), 0);
	assert_int_equal(symlink("/etc/real", "/etc/absolute"), 0);
	assert_int_equal(symlink("../etc/./real//../relative", "/etc/dots"), 0);
	assert_int_equal(symlink("../absolute/file", "/etc/real/up"), 0);
	assert_int_equal(symlink("../../../../../../etc/real", "/etc/above"), 0);
	opens("/etc/real/file", "/etc/real/file");
	opens("/etc/relative/file", "/etc/real/file");
	opens("/etc//absolute/./file", "/etc/real/file");
	opens("/etc/dots/file", "/etc/real/file");
	opens("/etc/dots/up", "/etc/real/file");
	opens("/etc/above/file", "/etc/real/file");
	opens("/", "/");
	refuses("/etc/relative/none", -ENOENT, "/etc/relative/none");
	refuses("/etc/relative/file/none", -ENOTDIR, "/etc/relative/file/none");
	refuses("etc/real", -EINVAL, "not absolute");
	/* As many as the kernel follows, and no circle. */
	assert_int_equal(symlink("real", "/etc/n0"), 0);
	for (int i = 1; i <= 40; i++) {
		(void)snprintf(from, sizeof(from), "n%d", i - 1);
		(void)snprintf(to, sizeof(to), "/etc/n%d", i);
		assert_int_equal(symlink(from, to), 0);
	}
	opens("/etc/n39/file", "/etc/real/file");
	refuses("/etc/n40/file", -ELOOP, "more than 40");
	assert_int_equal(symlink("circle", "/etc/circle"), 0);
	refuses("/etc/circle", -ELOOP, "more than 40");
	refuses("/proc/self/exe", -ELOOP, "symbolic link");
	refuses("/proc/self/fd/0", -ELOOP, "symbolic link");
}

static void of_others(void **state)
{
	NEEDS_ROOT();
	assert_int_equal(mkdir("/tmp/tree", 0755), 0);
	assert_int_equal(mkdir("/tmp/tree/in", 0755), 0);
	file("/tmp/tree/in/file");
	/* All of root's, as what a jail writes is. */
	assert_int_equal(symlink("in", "/tmp/tree/link"), 0);
	assert_int_equal(symlink("/etc", "/tmp/tree/away"), 0);
	assert_int_equal(symlink("tree", "/tmp/link"), 0);
	assert_int_equal(symlink("../tmp/tree/link", "/etc/outward"), 0);
	opens("/tmp/tree/in/file", "/tmp/tree/in/file");
	refuses("/tmp/tree/link/file", -ELOOP, "/tmp/tree/link is a symbolic link");
	refuses("/tmp/tree/link", -ELOOP, "/tmp/tree/link is a symbolic link");
	refuses("/tmp/tree/away", -ELOOP, "/tmp/tree/away is a symbolic link");
	refuses("/tmp/link/in", -ELOOP, "/tmp/link is a symbolic link");
	refuses("/etc/outward/file", -ELOOP, "/tmp/tree/link is a symbolic link");
	/* In the right place, but not root's alone. */
	assert_int_equal(mkdir("/etc/open", 0777), 0);
	assert_int_equal(chmod("/etc/open", 0777), 0);
	assert_int_equal(symlink("/tmp", "/etc/open/link"), 0);
	refuses("/etc/open/link", -ELOOP, "/etc/open/link is a symbolic link");
	assert_int_equal(chmod("/etc/open", 01777), 0);
	refuses("/etc/open/link", -ELOOP, "/etc/open/link is a symbolic link");
	assert_int_equal(chmod("/etc/open", 0755), 0);
	opens("/etc/open/link", "/tmp");
	assert_int_equal(lchown("/etc/open/link", 1000, 1000), 0);
	refuses("/etc/open/link", -ELOOP, "/etc/open/link is a symbolic link");
	assert_int_equal(lchown("/etc/open/link", 0, 0), 0);
	assert_int_equal(chown("/etc/open", 1000, 1000), 0);
	refuses("/etc/open/link", -ELOOP, "/etc/open/link is a symbolic link");
}

static void beneath(void **state)
{
	struct jail_error err = {0};
	char name[4096];
	int root, fd;

	NEEDS_ROOT();
	root = open("/etc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_true(root >= 0);
	fd = host_path_open(root, "/real/file", 0, &err);
	assert_true(fd >= 0);
	(void)close(fd);
	fd = host_path_open(root, "/", 0, &err);
	assert_int_equal(host_path_name(fd, name, sizeof(name)), 0);
	assert_string_equal(name, "/etc");
	(void)close(fd);
	/* Not even what would be followed from the host's root. */
	assert_int_equal(host_path_open(root, "/relative/file", 0, &err), -ELOOP);
	assert_int_equal(host_path_open(root, "/absolute", 0, &err), -ELOOP);
	assert_int_equal(host_path_open(root, "/..", 0, &err), -EXDEV);
	(void)close(root);
}

static void identity(void **state)
{
	struct host_identity a, b;
	int fd;

	NEEDS_ROOT();
	fd = open("/etc/real/file", O_PATH | O_CLOEXEC);
	assert_int_equal(host_identity_of(fd, &a), 0);
	(void)close(fd);
	assert_int_equal(rename("/etc/real/file", "/etc/real/other"), 0);
	fd = open("/etc/real/other", O_PATH | O_CLOEXEC);
	assert_int_equal(host_identity_of(fd, &b), 0);
	assert_true(host_identity_same(&a, &b));
	(void)close(fd);
	file("/etc/real/file");
	fd = open("/etc/real/file", O_PATH | O_CLOEXEC);
	assert_int_equal(host_identity_of(fd, &b), 0);
	assert_false(host_identity_same(&a, &b));
	(void)close(fd);
	assert_int_equal(host_identity_of(-1, &b), -EBADF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(of_the_system), cmocka_unit_test(of_others),
	    cmocka_unit_test(beneath), cmocka_unit_test(identity)};

	return cmocka_run_group_tests(tests, make_maze, NULL);
}

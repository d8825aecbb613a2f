/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * plan_mount_test.c: lines of fstab(5): fields, escapes, types, options, targets, and the file mount.fstab.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "failing.h"
#include "plan.h"

static void free_mount(struct plan_mount *m)
{
	free(m->source);
	free(m->target);
	free(m->fstype);
	free(m->data);
}

static struct plan_mount parse(const char *line, const char *root)
{
	struct plan_mount m = {0};
	struct jail_error err = {0};
	int r = plan_parse_fstab_line(line, root, (struct param_origin){"f", 3}, &m, &err);

	if (r < 0)
		fail_msg("%s: %s", line, err.what);
	assert_int_equal(m.origin.line, 3);
	return m;
}

static void same(const char *a, const char *b)
{
	if (a && b)
		assert_string_equal(a, b);
	else
		assert_ptr_equal(a, b);
}

static void good_lines(void **state)
{
	static const struct {
		const char *line;
		enum plan_mount_type type;
		const char *source, *target;
		unsigned options;
	} table[] = {
	    {"/a /b nullfs", PLAN_M_NULLFS, "/a", "/b", 0},
	    {" \t/a\t/b  nullfs\tro 0 0\n", PLAN_M_NULLFS, "/a", "/b", PLAN_M_RDONLY},
	    {"/a/ /b//c/. bind rw,nosuid,nodev,noexec,noatime", PLAN_M_NULLFS, "/a", "/b/c",
		PLAN_M_NOSUID | PLAN_M_NODEV | PLAN_M_NOEXEC | PLAN_M_NOATIME},
	    {"/a /b none bind,idmap", PLAN_M_NULLFS, "/a", "/b", PLAN_M_IDMAP},
	    {"/a /b nullfs noidmap,ro,rw,", PLAN_M_NULLFS, "/a", "/b", PLAN_M_NOIDMAP},
	    {"/a\\040b /c\\134\\011d nullfs", PLAN_M_NULLFS, "/a b", "/c\\\td", 0},
	    {"\"/a b\" '/c d' nullfs ro", PLAN_M_NULLFS, "/a b", "/c d", PLAN_M_RDONLY},
	    {"/a\\ b /c\\\"d\\\\e nullfs", PLAN_M_NULLFS, "/a b", "/c\"d\\e", 0},
	    {"\"/a\\\"'\\040b\" /c nullfs", PLAN_M_NULLFS, "/a\"' b", "/c", 0},
	    {"/a /b nullfs nosymfollow,failok", PLAN_M_NULLFS, "/a", "/b", PLAN_M_NOSYMFOLLOW},
	    {"fdescfs /dev/fd fdescfs rw,linrdlnk", PLAN_M_FDESCFS, NULL, "/dev/fd", 0},
	    {"devfs /dev devfs ruleset=4,rw", PLAN_M_DEVFS, NULL, "/dev", 0},
	    {"tmpfs /tmp tmpfs", PLAN_M_TMPFS, NULL, "/tmp", 0},
	    {"proc /proc procfs", PLAN_M_PROCFS, NULL, "/proc", 0},
	    {"x /proc linprocfs", PLAN_M_PROCFS, NULL, "/proc", 0},
	    {"x /sys linsysfs", PLAN_M_SYSFS, NULL, "/sys", 0},
	    {"devfs /dev devfs rw 0 0", PLAN_M_DEVFS, NULL, "/dev", 0},
	    {"fdescfs /dev/fd fdescfs rw,late", PLAN_M_FDESCFS, NULL, "/dev/fd", 0},
	    {"/a:/b//c /d overlay ro", PLAN_M_OVERLAY, "/a:/b/c", "/d", PLAN_M_RDONLY},
	    {"/a /d unionfs defaults", PLAN_M_OVERLAY, "/a", "/d", 0},
	    {"/dev/sda1 /d ext4", PLAN_M_BLOCK, "/dev/sda1", "/d", 0},
	    {"/a /jails/web/b nullfs", PLAN_M_NULLFS, "/a", "/b", 0},
	    {"/a /jails/web2/b nullfs", PLAN_M_NULLFS, "/a", "/jails/web2/b", 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct plan_mount m = parse(table[i].line, "/jails/web/");

		assert_int_equal(m.type, table[i].type);
		same(m.source, table[i].source);
		same(m.target, table[i].target);
		assert_int_equal(m.options, table[i].options);
		assert_int_equal(m.size, 0);
		assert_int_equal(m.mode, 01777);
		free_mount(&m);
	}
}

static void values(void **state)
{
	struct plan_mount m = parse("x /tmp tmpfs size=64m,mode=0755", "/");

	(void)state;
	assert_true(m.size == 64 << 20);
	assert_int_equal(m.mode, 0755);
	same(m.data, NULL);
	free_mount(&m);
	m = parse("x /tmp tmpfs uid=33,gid=65533,nr_inodes=1k,relatime,async,auto", "/");
	assert_int_equal(m.uid, 33);
	assert_int_equal(m.gid, 65533);
	assert_true(m.inodes == 1024);
	assert_int_equal(m.options, 0);
	free_mount(&m);
	m = parse("/dev/sda /x ext4 ro,data=journal,nosuid,errors=remount-ro", "/");
	same(m.data, "data=journal,errors=remount-ro");
	same(m.fstype, "ext4");
	assert_int_equal(m.options, PLAN_M_RDONLY | PLAN_M_NOSUID);
	free_mount(&m);
	m = parse("/a /jails/web/b nullfs", "/");
	same(m.target, "/jails/web/b");
	free_mount(&m);
}

static void bad_lines(void **state)
{
	static const struct {
		const char *line;
		int errnum;
		const char *said;
	} table[] = {
	    {"", EINVAL, "needed"},
	    {"/a", EINVAL, "needed"},
	    {"/a /b", EINVAL, "needed"},
	    {"/a /b nullfs ro 0 0 0", EINVAL, "six fields"},
	    {"/a /b nullfs ro x", EINVAL, "no number"},
	    {"a /b nullfs", EINVAL, "source"},
	    {"/a/../b /b nullfs", EINVAL, "\"..\""},
	    {"/a b nullfs", EINVAL, "target"},
	    {"/a /b/.. nullfs", EINVAL, "\"..\""},
	    {"/a / nullfs", EINVAL, "root"},
	    {"/a /./ nullfs", EINVAL, "root"},
	    {"/a /jails/web nullfs", EINVAL, "root"},
	    {"/a /jails/web/../x nullfs", EINVAL, "\"..\""},
	    {"/a /b nullfs foo", EINVAL, "allowed: ro, rw"},
	    {"/a /b nullfs size=1m", EINVAL, "no option of nullfs"},
	    {"/a /b nullfs idmap,noidmap", EINVAL, "exclude"},
	    {"x /b tmpfs idmap", EINVAL, "size=, mode="},
	    {"x /b tmpfs size=", EINVAL, "size"},
	    {"x /b tmpfs size=10", EINVAL, "4k"},
	    {"x /b tmpfs size=50%", EINVAL, "size"},
	    {"x /b tmpfs mode=8", EINVAL, "octal"},
	    {"x /b tmpfs mode=10000", EINVAL, "7777"},
	    {"x /b tmpfs mode=", EINVAL, "octal"},
	    {"x /b tmpfs uid=www-data", EINVAL, "number of a user"},
	    {"x /b tmpfs gid=-1", EINVAL, "number of a user"},
	    {"x /b tmpfs uid=4294967295", EINVAL, "number of a user"},
	    {"x /b tmpfs inodes=1", EINVAL, "from 2 on"},
	    {"/a:b /d overlay", EINVAL, "not absolute"},
	    {"/a: /d overlay", EINVAL, "empty"},
	    {"/a /d overlay upperdir=/x", EINVAL, "no option"},
	    {"/srv/image /d ext4", EINVAL, "/dev"},
	    {"/dev/sda /d ext4 a\\040b", EINVAL, "option"},
	    {"x /d cgroup2", EPERM, "can't have"},
	    {"x /d debugfs", EPERM, "can't have"},
	    {"/a /d none", EINVAL, "no type"},
	    {"/a /d EXT4", EINVAL, "no type"},
	    {"/a /d ../x", EINVAL, "no type"},
	    {"/a\\04 /d nullfs", EINVAL, "octal digits"},
	    {"/a\\ /d nullfs", EINVAL, "are needed"},
	    {"/a\\x /d nullfs", EINVAL, "octal digits"},
	    {"/a b /d nullfs ro 0 0", EINVAL, "\\040, or put quotes"},
	    {"\"/a /d nullfs", EINVAL, "not closed"},
	    {"\"/a\"b /d nullfs", EINVAL, "not closed"},
	    {"/a\\000 /d nullfs", EINVAL, "octal digits"},
	    {"/a\\777 /d nullfs", EINVAL, "octal digits"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct plan_mount m = {.target = (char *)"untouched"};
		struct jail_error err = {0};
		int r = plan_parse_fstab_line(table[i].line, "/jails/web", (struct param_origin){"f", 3}, &m, &err);

		if (r != -table[i].errnum || (!strstr(err.what, table[i].said) && !strstr(err.hint, table[i].said)))
			fail_msg("\"%s\": %d \"%s\" \"%s\"", table[i].line, r, err.what, err.hint);
		assert_string_equal(m.target, "untouched");
		assert_string_equal(err.file, "f");
		assert_int_equal(err.line, 3);
	}
}

/* ---------------------------------------------------------------------------------------------------- mount.fstab */

static char path[64];

static void write_file(const char *bytes, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, size), (ssize_t)size);
	assert_int_equal(close(fd), 0);
}

static struct jail_params *params(void)
{
	struct jail_params *p = NULL;

	assert_int_equal(jail_params_new(&p), 0);
	assert_int_equal(jail_params_set(p, "path", "/j", NULL), 0);
	assert_int_equal(params_append_at(p, "mount", "/a /a nullfs", (struct param_origin){"conf", 2}, NULL), 0);
	assert_int_equal(params_append_at(p, "mount", "# none", (struct param_origin){"conf", 3}, NULL), 0);
	assert_int_equal(params_append_at(p, "mount", "/b /b nullfs", (struct param_origin){"conf", 4}, NULL), 0);
	assert_int_equal(jail_params_set(p, "mount.fstab", path, NULL), 0);
	return p;
}

static void fstab_file(void **state)
{
	static const char text[] = "# comment\n\n  \t\n/c /j/c nullfs ro 0 0\n   # another\nx /d tmpfs size=1m";
	struct jail_params *p = params();
	struct plan *plan = NULL;

	(void)state;
	write_file(text, sizeof(text) - 1);
	assert_int_equal(plan_make(p, NULL, &plan, NULL), 0);
	jail_params_free(p);
	assert_int_equal(plan->nmounts, 4);
	assert_string_equal(plan->mount[1].target, "/b");
	assert_string_equal(plan->mount[1].origin.file, "conf");
	assert_int_equal(plan->mount[1].origin.line, 4);
	assert_string_equal(plan->mount[2].target, "/c");
	assert_string_equal(plan->mount[2].origin.file, path);
	assert_int_equal(plan->mount[2].origin.line, 4);
	assert_string_equal(plan->mount[3].target, "/d");
	assert_int_equal(plan->mount[3].origin.line, 6);
	plan_free(plan);
}

static void fstab_refused(int errnum, const char *said, unsigned line)
{
	struct jail_params *p = params();
	struct jail_error err = {0};
	struct plan *plan = NULL;

	assert_int_equal(plan_make(p, NULL, &plan, &err), -errnum);
	assert_string_equal(err.param, "mount.fstab");
	assert_int_equal(err.line, line);
	if (!strstr(err.what, said))
		fail_msg("\"%s\" does not say \"%s\"", err.what, said);
	/* a jail that runs already does without the file */
	assert_int_equal(plan_make_running(p, &plan, NULL), 0);
	assert_int_equal(plan->nmounts, 2);
	plan_free(plan);
	jail_params_free(p);
}

static void fstab_bad_files(void **state)
{
	struct stat st;

	(void)state;
	write_file("/c /c nullfs\n/d /e\n", 19);
	fstab_refused(EINVAL, "needed", 2);
	write_file("/c /c nullfs\0\n", 14);
	fstab_refused(EINVAL, "NUL", 0);
	assert_int_equal(truncate(path, 1 << 30), 0);
	fstab_refused(EFBIG, "larger", 0);
	assert_int_equal(unlink(path), 0);
	fstab_refused(ENOENT, "cannot open", 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	fstab_refused(EINVAL, "not a file", 0); /* and does not wait for a writer */
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	fstab_refused(EINVAL, "not a file", 0);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(lstat(path, &st), -1);
}

static void too_many_mounts(void **state)
{
	char *text = malloc(5000 * 13);

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < 5000; i++)
		memcpy(text + 13 * i, "/c /c nullfs\n", 13);
	write_file(text, 13 * 5000);
	free(text);
	fstab_refused(E2BIG, "4096", 0);
	assert_int_equal(unlink(path), 0);
}

static int parse_one(void *arg)
{
	struct plan_mount m;
	int r = plan_parse_fstab_line(arg, "/jails/web", (struct param_origin){NULL, 0}, &m, NULL);

	if (r == 0)
		free_mount(&m);
	return r;
}

static void memory_runs_out(void **state)
{
	static char block[] = "/dev/sda /x ext4 ro,data=journal,errors=remount-ro", overlay[] = "/a:/b /c overlay";

	(void)state;
	assert_true(failing_each(parse_one, block) >= 5);
	assert_true(failing_each(parse_one, overlay) >= 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(good_lines),
	    cmocka_unit_test(values),
	    cmocka_unit_test(bad_lines),
	    cmocka_unit_test(fstab_file),
	    cmocka_unit_test(fstab_bad_files),
	    cmocka_unit_test(too_many_mounts),
	    cmocka_unit_test(memory_runs_out),
	};
	int r;

	(void)snprintf(path, sizeof(path), "/tmp/plan_mount_test.%ld", (long)getpid());
	r = cmocka_run_group_tests_name("plan mounts", tests, NULL, NULL);
	(void)unlink(path);
	return r;
}

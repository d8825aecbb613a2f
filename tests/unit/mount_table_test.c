/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mount_table_test.c: the reader of the mount table, with lines that an ordinary user who mounts FUSE can bring about,
 * and the opener of control groups, which believes no line.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "../../lib/linux/sys/cgroup_mount.h"
#include "../../lib/util.h"

#define LONG 1023 /* where a reader with fields of fixed size ends one */

/* What the reader gave, one line each: "ID WHERE TYPE SOURCE SUPER", and "cut" behind that. */
struct given {
	char text[16384];
	size_t lines;
	size_t stop; /* behind so many; 0: never */
};

static int give(void *arg, const struct mount_line *l)
{
	struct given *g = arg;
	size_t used = strlen(g->text);

	(void)snprintf(g->text + used, sizeof(g->text) - used, "%llu %s %s %s %s%s\n", (unsigned long long)l->id,
	    l->where, l->type, l->source, l->super, l->cut ? " cut" : "");
	return ++g->lines == g->stop;
}

static int read_text(const char *text, size_t buffer_size, struct given *g)
{
	_cleanup_close_ int fd = memfd_create("table", MFD_CLOEXEC);
	_cleanup_free_ char *buffer = malloc(buffer_size);

	assert_non_null(buffer);
	assert_true(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return mount_table_each(fd, buffer, buffer_size, give, g);
}

static void reads(const char *text, size_t buffer_size, const char *expected)
{
	struct given g = {0};

	assert_int_equal(read_text(text, buffer_size, &g), 0);
	assert_string_equal(g.text, expected);
}

static void fields_are_whole(void **state)
{
	static const char text[] =
	    "30 22 0:27 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755\n"
	    "31 30 0:28 / /mnt/a\\040b\\134c rw shared:1 master:2 - fuse.x dev\\0401 rw,user_id=7\n"
	    "32 30 0:29 / /x rw - ext4  rw\n";

	(void)state;
	reads(text, 4096,
	    "30 /sys/fs/cgroup tmpfs tmpfs rw,mode=755\n"
	    "31 /mnt/a b\\c fuse.x dev 1 rw,user_id=7\n"
	    "32 /x ext4  rw\n");
}

/* The name of a directory, of just so many bytes, and behind it what looks like the type and the options of cgroup v1.
 */
static void long_name_is_one_field(void **state)
{
	char where[LONG + 1], text[4096], expected[4096];

	(void)state;
	memset(where, 'd', LONG);
	where[0] = '/';
	where[LONG] = '\0';
	(void)snprintf(text, sizeof(text), "40 22 0:50 / %scgroup rw - fuse.x,memory src rw,user_id=65533\n", where);
	(void)snprintf(expected, sizeof(expected), "40 %scgroup fuse.x,memory src rw,user_id=65533\n", where);
	reads(text, 4096, expected);
	reads(text, 2048, expected);
	/* Less than the name fits: the line is left out, and none of it is taken for the next one. */
	(void)snprintf(text + strlen(text), sizeof(text) - strlen(text), "41 22 0:51 / /y rw - tmpfs tmpfs rw\n");
	for (size_t size = 64; size < LONG; size += 13)
		reads(text, size, "41 /y tmpfs tmpfs rw\n");
}

static void what_is_cut_is_said_to_be(void **state)
{
	static const char text[] = "50 22 0:50 / /z rw - overlay overlay rw,lowerdir=/one:/two:/three:/four:/five\n"
				   "51 22 0:51 / /y rw - tmpfs tmpfs rw\n";

	(void)state;
	reads(text, 61, "50 /z overlay overlay rw,lowerdir=/one:/two:/ cut\n51 /y tmpfs tmpfs rw\n");
	reads(text, 38, "50 /z overlay overlay  cut\n51 /y tmpfs tmpfs rw\n");
	reads(text, 37, "51 /y tmpfs tmpfs rw\n");
}

static void garbage_is_left_out(void **state)
{
	(void)state;
	reads("\n\nnothing\n1 2 3:4 / /a rw - \n1 2 3 / /a rw - a b c\n1 2 3:4 / /a rw tag tag\n", 256, "");
	reads("1 2 3:4 / /a rw - a b c", 256, "");
}

static void a_call_ends_the_reading(void **state)
{
	struct given g = {.stop = 1};

	(void)state;
	assert_int_equal(read_text("1 2 3:4 / /a rw - a b c\n2 2 3:4 / /b rw - a b c\n", 256, &g), 1);
	assert_int_equal(g.lines, 1);
}

static void options_are_whole_words(void **state)
{
	struct mount_line l = {.options = "rw,nosuid", .super = "rw,cpuacct,memory"};

	(void)state;
	assert_true(mount_line_has(&l, "nosuid"));
	assert_false(mount_line_has(&l, "memory"));
	assert_true(mount_line_super_has(&l, "memory"));
	assert_false(mount_line_super_has(&l, "cpu"));
	assert_false(mount_line_super_has(&l, "mem"));
}

/* ---------------------------------------------------------------------------------------------------- control groups
 */

static int open_each(void *arg, const struct mount_line *l)
{
	size_t *seen = arg;
	struct mount_line other = *l, as;
	int fd;

	as = other;
	other.id++;
	as.type = "cgroup";
	if (cgroup_line(l, CGROUP_V1) || cgroup_line(l, CGROUP_V2)) {
		enum cgroup_version is = cgroup_line(l, CGROUP_V1) ? CGROUP_V1 : CGROUP_V2;

		fd = cgroup_open_line(l, is);
		/* Another mount may lie on it. */
		if (fd >= 0) {
			assert_true(cgroup_is(fd, is));
			(void)close(fd);
			++*seen;
		}
		assert_true(cgroup_open_line(&other, is) < 0);
		assert_int_equal(cgroup_open_line(l, is == CGROUP_V1 ? CGROUP_V2 : CGROUP_V1), -ENODEV);
	} else {
		assert_true(cgroup_open_line(&as, CGROUP_V1) < 0);
	}
	return 0;
}

/* Of the machine's own mounts: each group opens, and nothing else does, whatever its line says. */
static void no_line_is_believed(void **state)
{
	size_t seen = 0;

	(void)state;
	assert_int_equal(mount_table_own(open_each, &seen), 0);
	if (access("/sys/fs/cgroup/cgroup.controllers", F_OK) == 0 || access("/sys/fs/cgroup/unified", F_OK) == 0)
		assert_true(seen > 0);
}

static void no_other_directory_opens(void **state)
{
	(void)state;
	assert_int_equal(cgroup_open("/tmp", CGROUP_V1), -ENODEV);
	assert_int_equal(cgroup_open("/proc", CGROUP_V2), -ENODEV);
	assert_int_equal(cgroup_open("/nonexistent", CGROUP_V2), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(fields_are_whole),
	    cmocka_unit_test(long_name_is_one_field),
	    cmocka_unit_test(what_is_cut_is_said_to_be),
	    cmocka_unit_test(garbage_is_left_out),
	    cmocka_unit_test(a_call_ends_the_reading),
	    cmocka_unit_test(options_are_whole_words),
	    cmocka_unit_test(no_line_is_believed),
	    cmocka_unit_test(no_other_directory_opens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * project_test.c: the walk that gives each file of a tree the number of one project: a wide tree, a deep one, one that
 * is too deep, and one whose directories leave it and come back all the time. The file system's own calls are replaced
 * by a list of what was marked, so no quotas are needed. Needs root, for the attribute of the tree.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <sys/ioctl.h>

static int mark_of(int fd, unsigned long request, void *argument);
#define ioctl mark_of
#include "../../lib/linux/project.c"
#undef ioctl

#define SLOTS 65536 /* of inode numbers, by hashing */
#define DEEP 3000

static struct {
	ino_t inode;
	struct fsxattr x;
} slot[SLOTS];

static int mark_of(int fd, unsigned long request, void *argument)
{
	struct stat st;
	size_t i;

	if (fstat(fd, &st) < 0)
		return -1;
	for (i = st.st_ino % SLOTS; slot[i].inode != 0 && slot[i].inode != st.st_ino; i = (i + 1) % SLOTS)
		;
	slot[i].inode = st.st_ino;
	if (request == FS_IOC_FSGETXATTR)
		memcpy(argument, &slot[i].x, sizeof(slot[i].x));
	else
		memcpy(&slot[i].x, argument, sizeof(slot[i].x));
	return 0;
}

static size_t marked_with(uint32_t project)
{
	size_t n = 0;

	for (size_t i = 0; i < SLOTS; i++)
		n += slot[i].inode != 0 && slot[i].x.fsx_projid == project;
	return n;
}

static char scratch[] = "/tmp/project.XXXXXX";

/* A new directory, empty; what was marked is forgotten. */
static int tree(const char *name)
{
	int top = open(scratch, O_RDONLY | O_DIRECTORY | O_CLOEXEC), fd;

	memset(slot, 0, sizeof(slot));
	assert_int_equal(mkdirat(top, name, 0755), 0);
	fd = openat(top, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(fd >= 0);
	(void)close(top);
	return fd;
}

/* A directory with a file in it. */
static int add(int dir, const char *name)
{
	int fd, file;

	assert_int_equal(mkdirat(dir, name, 0755), 0);
	fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	file = openat(fd, "f", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	assert_true(fd >= 0 && file >= 0);
	(void)close(file);
	return fd;
}

static void add_wide(int dir, int count)
{
	char name[16];

	for (int i = 0; i < count; i++) {
		int outer, inner;

		(void)snprintf(name, sizeof(name), "%d", i);
		outer = add(dir, name);
		inner = add(outer, "in");
		(void)close(inner);
		(void)close(outer);
	}
}

static void add_deep(int dir, int depth)
{
	int at = dup(dir);

	for (int i = 0; i < depth; i++) {
		int fd = add(at, "d");

		(void)close(at);
		at = fd;
	}
	(void)close(at);
}

static void wide(void **state)
{
	int fd = tree("wide");

	(void)state;
	add_wide(fd, 1000);
	assert_int_equal(symlinkat("/etc", fd, "link"), 0);
	assert_int_equal(mark_all(fd, 7), 0);
	assert_int_equal(marked_with(7), 4001);
	assert_true(marked(fd, 7));
	(void)close(fd);
}

static void deep(void **state)
{
	int fd = tree("deep");

	(void)state;
	add_deep(fd, DEEP);
	assert_int_equal(mark_all(fd, 8), 0);
	assert_int_equal(marked_with(8), 2 * DEEP + 1);
	(void)close(fd);
}

static void too_deep(void **state)
{
	struct jail_error err = {0};
	int fd = tree("too-deep");

	(void)state;
	add_deep(fd, DEPTH_MAX + 1);
	assert_int_equal(mark_all(fd, 9), -E2BIG);
	assert_false(marked(fd, 9));
	assert_int_equal(mark_failed(-E2BIG, &err), -E2BIG);
	assert_non_null(strstr(err.what, "4096 levels"));
	(void)close(fd);
}

static atomic_bool stop;

/* One directory after the other leaves the tree, and comes back. */
static void *move(void *arg)
{
	const int *at = arg; /* the tree, and the directory beside it */
	char name[32];

	for (unsigned i = 0; !stop; i++) {
		(void)snprintf(name, sizeof(name), "%u/in", i % 300);
		if (renameat(at[0], name, at[1], "in") == 0)
			assert_int_equal(renameat(at[1], "in", at[0], name), 0);
	}
	return NULL;
}

static void moving(void **state)
{
	int at[2];
	pthread_t thread;

	(void)state;
	at[1] = tree("beside");
	add_deep(at[1], 3);
	at[0] = tree("moving");
	add_wide(at[0], 300);
	assert_int_equal(pthread_create(&thread, NULL, move, at), 0);
	for (uint32_t i = 100; i < 120; i++) {
		int r = mark_all(at[0], i);

		assert_true(r == 0 || r == -ESTALE);
		/* Nothing that was never in the tree. */
		assert_true(marked_with(i) <= 1201);
	}
	stop = true;
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(mark_all(at[0], 99), 0);
	assert_int_equal(marked_with(99), 1201);
	(void)close(at[0]);
	(void)close(at[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(wide), cmocka_unit_test(deep), cmocka_unit_test(too_deep), cmocka_unit_test(moving)};
	char command[64];
	int failed;

	if (geteuid() != 0) {
		print_message("needs root: skipped\n");
		return 0;
	}
	if (mkdtemp(scratch) == NULL)
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	(void)snprintf(command, sizeof(command), "rm -rf %s", scratch);
	return system(command) != 0 || failed != 0;
}

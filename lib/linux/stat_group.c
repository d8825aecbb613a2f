/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stat_group.c: what the kernel counts for a jail's control group, in version 2 of the controllers or, where that has
 * none, in version 1 (Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/ of the kernel). Each file is opened once
 * and read at once; one that is missing leaves its figures unknown.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "error.h"
#include "stat_parts.h"
#include "sys/cgroup_mount.h"
#include "util.h"

#define UNLIMITED1 (UINT64_C(1) << 62) /* version 1 says "none" by the largest number of pages */

static const char *const names1[STAT_CONTROLLERS] = {"memory", "cpu", "pids", "blkio"};
static const char *const names2[STAT_CONTROLLERS] = {"memory", "cpu", "pids", "io"};

/* -------------------------------------------------------------------------------------------------------- places */

struct search {
	const char *controller;
	int fd;
};

/* A hierarchy may have any name; its controllers are among its options. */
static int take_mount(void *arg, const struct mount_line *l)
{
	struct search *s = arg;

	if (!cgroup_line(l, CGROUP_V1) || !mount_line_super_has(l, s->controller))
		return 0;
	s->fd = cgroup_open_line(l, CGROUP_V1);
	return s->fd >= 0;
}

static int open_version1(const char *controller)
{
	struct search s = {.controller = controller, .fd = -1};
	_cleanup_close_ int root = -1, fd = -1;
	char path[64];
	struct stat st;

	(void)snprintf(path, sizeof(path), "/sys/fs/cgroup/%s", controller);
	root = cgroup_open(path, CGROUP_V1);
	if (root < 0 && mount_table_own(take_mount, &s) > 0)
		root = s.fd;
	if (root < 0)
		return -1;
	fd = openat(root, "jail", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	/* No group beneath it: nothing to look for, a thousand times. */
	return fd >= 0 && fstat(fd, &st) == 0 && st.st_nlink > 2 ? take_fd(&fd) : -1;
}

int stat_place_open(struct stat_place *p, struct jail_error *err)
{
	struct stat st;
	unsigned has;
	int r;

	p->proc = -1;
	for (size_t i = 0; i < STAT_CONTROLLERS; i++)
		p->version1[i] = -1;
	r = tree_open(false, &p->tree, err);
	if (r < 0) {
		p->tree.fd = -1;
		return r;
	}
	p->proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (p->proc < 0 || fstatat(p->proc, "self/ns/net", &st, 0) < 0) {
		r = negative_errno();
		stat_place_close(p);
		return jail_error_sys(err, -r, "cannot look into /proc");
	}
	p->host_net_dev = st.st_dev;
	p->host_net_ino = st.st_ino;
	p->pressure = stat_read(p, p->tree.fd, "cpu.pressure");
	has = stat_controllers(p, p->tree.fd);
	for (unsigned i = 0; i < STAT_CONTROLLERS; i++)
		if ((has & STAT_HAS(i)) == 0)
			p->version1[i] = open_version1(names1[i]);
	return 0;
}

void stat_place_close(struct stat_place *p)
{
	tree_close(&p->tree);
	p->proc = close_fd(p->proc);
	for (size_t i = 0; i < STAT_CONTROLLERS; i++)
		p->version1[i] = close_fd(p->version1[i]);
}

bool stat_read(struct stat_place *p, int dirfd, const char *path)
{
	_cleanup_close_ int fd = cgroup_file(dirfd, path, O_RDONLY);
	size_t used = 0;

	if (fd < 0)
		return false;
	for (;;) {
		ssize_t n = read(fd, p->text + used, sizeof(p->text) - 1 - used);

		if (n < 0)
			return false;
		used += (size_t)n;
		/* The kernel fills a page where there is more, and none of these files has lines as long as half. */
		if (n < 2048)
			break;
		if (used == sizeof(p->text) - 1)
			return false;
	}
	p->text[used] = '\0';
	return true;
}

unsigned stat_controllers(struct stat_place *p, int dirfd)
{
	unsigned has = 0;

	if (!stat_read(p, dirfd, "cgroup.subtree_control"))
		return 0;
	for (unsigned i = 0; i < STAT_CONTROLLERS; i++) {
		size_t n = strlen(names2[i]);

		for (const char *at = p->text; *at != '\0'; at += strcspn(at, " \n"), at += strspn(at, " \n"))
			if (strncmp(at, names2[i], n) == 0 && strchr(" \n", at[n]) != NULL)
				has |= STAT_HAS(i);
	}
	return has;
}

/* ------------------------------------------------------------------------------------------------------ version 2 */

static void keys(
    struct stat_place *p, int fd, const char *file, const struct stat_key *key, size_t count, struct jail_stat *s)
{
	if (stat_read(p, fd, file))
		stat_text_keys(p->text, key, count, s);
}

static void number(struct stat_place *p, int fd, const char *file, enum jail_figure figure, struct jail_stat *s)
{
	if (stat_read(p, fd, file))
		stat_text_number(p->text, figure, s);
}

static void cpu_times(struct stat_place *p, int fd, struct jail_stat *s)
{
	static const struct stat_key key[] = {{"usage_usec", JAIL_STAT_CPU_USAGE, 1},
	    {"user_usec", JAIL_STAT_CPU_USER, 1}, {"system_usec", JAIL_STAT_CPU_SYSTEM, 1},
	    {"nr_periods", JAIL_STAT_CPU_PERIODS, 1}, {"nr_throttled", JAIL_STAT_CPU_THROTTLED_PERIODS, 1},
	    {"throttled_usec", JAIL_STAT_CPU_THROTTLED, 1}};

	keys(p, fd, "cpu.stat", key, ARRAY_SIZE(key), s);
}

static void memory2(struct stat_place *p, int fd, struct jail_stat *s)
{
	static const struct stat_key stat[] = {{"anon", JAIL_STAT_MEMORY_ANON, 1}, {"file", JAIL_STAT_MEMORY_FILE, 1},
	    {"kernel", JAIL_STAT_MEMORY_KERNEL, 1}, {"shmem", JAIL_STAT_MEMORY_SHARED, 1}};
	static const struct stat_key events[] = {{"high", JAIL_STAT_MEMORY_HIGH_EVENTS, 1},
	    {"max", JAIL_STAT_MEMORY_MAX_EVENTS, 1}, {"oom", JAIL_STAT_OOM_EVENTS, 1},
	    {"oom_kill", JAIL_STAT_OOM_KILLS, 1}};

	number(p, fd, "memory.current", JAIL_STAT_MEMORY, s);
	number(p, fd, "memory.peak", JAIL_STAT_MEMORY_PEAK, s);
	number(p, fd, "memory.max", JAIL_STAT_MEMORY_LIMIT, s);
	number(p, fd, "memory.high", JAIL_STAT_MEMORY_SOFT_LIMIT, s);
	number(p, fd, "memory.swap.current", JAIL_STAT_SWAP, s);
	number(p, fd, "memory.swap.max", JAIL_STAT_SWAP_LIMIT, s);
	keys(p, fd, "memory.stat", stat, ARRAY_SIZE(stat), s);
	keys(p, fd, "memory.events", events, ARRAY_SIZE(events), s);
	if (jail_figure_known(s, JAIL_STAT_MEMORY))
		s->memory_source = JAIL_SOURCE_CGROUP2;
}

/* The same names in both versions. */
static void pids(struct stat_place *p, int fd, struct jail_stat *s)
{
	static const struct stat_key events[] = {{"max", JAIL_STAT_THREADS_MAX_EVENTS, 1}};

	number(p, fd, "pids.current", JAIL_STAT_THREADS, s);
	number(p, fd, "pids.max", JAIL_STAT_THREADS_LIMIT, s);
	keys(p, fd, "pids.events", events, ARRAY_SIZE(events), s);
}

static void pressure(struct stat_place *p, int fd, struct jail_stat *s)
{
	static const struct {
		const char *file;
		enum jail_figure first;
	} part[] = {{"cpu.pressure", JAIL_STAT_CPU_SOME}, {"memory.pressure", JAIL_STAT_MEMORY_SOME},
	    {"io.pressure", JAIL_STAT_IO_SOME}};

	for (size_t i = 0; p->pressure && i < ARRAY_SIZE(part); i++)
		if (stat_read(p, fd, part[i].file))
			stat_text_pressure(p->text, part[i].first, s);
}

static void group2(struct stat_place *p, int fd, unsigned has, struct jail_stat *s)
{
	cpu_times(p, fd, s);
	pressure(p, fd, s);
	if ((has & STAT_HAS(STAT_MEMORY)) != 0)
		memory2(p, fd, s);
	if ((has & STAT_HAS(STAT_PIDS)) != 0)
		pids(p, fd, s);
	if ((has & STAT_HAS(STAT_CPU)) != 0 && stat_read(p, fd, "cpu.max"))
		stat_text_cpu_max(p->text, s);
	if ((has & STAT_HAS(STAT_IO)) != 0 && stat_read(p, fd, "io.stat"))
		stat_text_io(p->text, s);
}

/* ------------------------------------------------------------------------------------------------------ version 1 */

/* Version 1 counts a process that it kills in its own group only: here for those beneath one. */
static void kills_beneath1(struct stat_place *p, int fd, struct jail_stat *s)
{
	static const struct stat_key oom[] = {{"oom_kill", JAIL_STAT_OOM_KILLS, 1}};
	struct stat st;
	struct dirent *e;
	DIR *d;
	int copy;

	if (fstat(fd, &st) < 0 || st.st_nlink <= 2)
		return;
	copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	d = copy < 0 ? NULL : fdopendir(copy);
	if (d == NULL) {
		(void)close_fd(copy);
		return;
	}
	while ((e = readdir(d)) != NULL) {
		_cleanup_close_ int child = -1;
		struct jail_stat its = {0};

		if (e->d_type != DT_DIR || e->d_name[0] == '.')
			continue;
		child = openat(fd, e->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (child < 0)
			continue;
		keys(p, child, "memory.oom_control", oom, ARRAY_SIZE(oom), &its);
		if (jail_figure_known(&its, JAIL_STAT_OOM_KILLS))
			stat_add(s, JAIL_STAT_OOM_KILLS, its.figure[JAIL_STAT_OOM_KILLS]);
		kills_beneath1(p, child, s);
	}
	(void)closedir(d);
}

static void memory1(struct stat_place *p, int fd, struct jail_stat *s)
{
	static const struct stat_key stat[] = {{"total_rss", JAIL_STAT_MEMORY_ANON, 1},
	    {"total_cache", JAIL_STAT_MEMORY_FILE, 1}, {"total_shmem", JAIL_STAT_MEMORY_SHARED, 1},
	    {"total_swap", JAIL_STAT_SWAP, 1}};
	static const struct stat_key oom[] = {{"oom_kill", JAIL_STAT_OOM_KILLS, 1}};

	number(p, fd, "memory.usage_in_bytes", JAIL_STAT_MEMORY, s);
	number(p, fd, "memory.max_usage_in_bytes", JAIL_STAT_MEMORY_PEAK, s);
	number(p, fd, "memory.kmem.usage_in_bytes", JAIL_STAT_MEMORY_KERNEL, s);
	number(p, fd, "memory.failcnt", JAIL_STAT_MEMORY_MAX_EVENTS, s);
	if (stat_read(p, fd, "memory.limit_in_bytes"))
		stat_text_limit1(p->text, JAIL_STAT_MEMORY_LIMIT, UNLIMITED1, s);
	if (stat_read(p, fd, "memory.soft_limit_in_bytes"))
		stat_text_limit1(p->text, JAIL_STAT_MEMORY_SOFT_LIMIT, UNLIMITED1, s);
	keys(p, fd, "memory.stat", stat, ARRAY_SIZE(stat), s);
	keys(p, fd, "memory.oom_control", oom, ARRAY_SIZE(oom), s);
	kills_beneath1(p, fd, s);
	if (jail_figure_known(s, JAIL_STAT_MEMORY))
		s->memory_source = JAIL_SOURCE_CGROUP1;
}

static void cpu1(struct stat_place *p, int fd, struct jail_stat *s)
{
	static const struct stat_key key[] = {{"nr_periods", JAIL_STAT_CPU_PERIODS, 1},
	    {"nr_throttled", JAIL_STAT_CPU_THROTTLED_PERIODS, 1}, {"throttled_time", JAIL_STAT_CPU_THROTTLED, 1000}};
	char quota[32];

	keys(p, fd, "cpu.stat", key, ARRAY_SIZE(key), s);
	if (!stat_read(p, fd, "cpu.cfs_quota_us"))
		return;
	(void)snprintf(quota, sizeof(quota), "%.31s", p->text);
	if (stat_read(p, fd, "cpu.cfs_period_us"))
		stat_text_cpu_quota1(quota, p->text, s);
}

static void io1(struct stat_place *p, int fd, struct jail_stat *s)
{
	if (stat_read(p, fd, "blkio.throttle.io_service_bytes_recursive"))
		stat_text_blkio(p->text, JAIL_STAT_IO_READ_BYTES, JAIL_STAT_IO_WRITE_BYTES, s);
	if (stat_read(p, fd, "blkio.throttle.io_serviced_recursive"))
		stat_text_blkio(p->text, JAIL_STAT_IO_READS, JAIL_STAT_IO_WRITES, s);
}

/*
 * A jail has a group there when it has a limit, or when a child has one. The latter holds none of its own processes,
 * and tells of the child only.
 */
static bool holds_jail(struct stat_place *p, int fd)
{
	struct stat st;

	if (fstat(fd, &st) == 0 && st.st_nlink == 2)
		return true;
	return stat_read(p, fd, "cgroup.procs") && p->text[0] != '\0';
}

static void group1(struct stat_place *p, const char *relative, unsigned has2, struct jail_stat *s)
{
	static void (*const read_of[STAT_CONTROLLERS])(struct stat_place *, int, struct jail_stat *) = {
	    memory1, cpu1, pids, io1};

	for (unsigned i = 0; i < STAT_CONTROLLERS; i++) {
		_cleanup_close_ int fd = -1;

		if (p->version1[i] < 0 || (has2 & STAT_HAS(i)) != 0)
			continue;
		fd = openat(p->version1[i], relative, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd >= 0 && holds_jail(p, fd))
			read_of[i](p, fd, s);
	}
}

/* What the kernel counted at the limits, where it counts. */
static void hits(struct jail_stat *s)
{
	static const enum jail_figure counted[] = {JAIL_STAT_MEMORY_MAX_EVENTS, JAIL_STAT_THREADS_MAX_EVENTS};

	for (size_t i = 0; i < ARRAY_SIZE(counted); i++)
		if (jail_figure_known(s, counted[i]))
			stat_add(s, JAIL_STAT_HITS, s->figure[counted[i]]);
}

void stat_group(struct stat_place *p, int dirfd, const char *relative, unsigned controllers, struct jail_stat *s)
{
	group2(p, dirfd, controllers, s);
	group1(p, relative, controllers, s);
	hits(s);
}

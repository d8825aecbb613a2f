/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * group_find.c: which controllers this machine has, and where. It may be asked between clone and exec: no stdio, no
 * allocation.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "group_parts.h"
#include "sys/cgroup_mount.h"

static const struct {
	const char *v2, *v1, *limits;
	const char *proof; /* a file that only this hierarchy of v1 has in its root */
} controllers[] = {
    [GROUP_CPU] = {"cpu", "cpu", "limit.pcpu, limit.cpushare", "cpu.shares"},
    [GROUP_CPUSET] = {"cpuset", "cpuset", "limit.cpuset, limit.cpuset.mems", "cpuset.cpus"},
    [GROUP_MEMORY] = {"memory", "memory", "limit.memoryuse, limit.memoryuse.soft, limit.swapuse",
	"memory.limit_in_bytes"},
    [GROUP_PIDS] = {"pids", "pids", "limit.maxproc, limit.nthr", "cgroup.procs"},
    [GROUP_IO] = {"io", "blkio", "limit.readbps, .writebps, .readiops, .writeiops, .ioshare", "blkio.reset_stats"},
};

const char *group_name_v2(enum group_controller c)
{
	return controllers[c].v2;
}

const char *group_name_v1(enum group_controller c)
{
	return controllers[c].v1;
}

const char *group_limits_of(enum group_controller c)
{
	return controllers[c].limits;
}

void groups_close(struct groups *g)
{
	for (size_t c = 0; c < GROUP_COUNT; c++)
		g->fd[c] = close_fd(g->fd[c]);
	g->v1 = 0;
}

bool group_has_word(const char *text, const char *word, char separator)
{
	size_t n = strlen(word);

	for (const char *at = text; (at = strstr(at, word)) != NULL; at += n)
		if ((at == text || at[-1] == separator) && (at[n] == separator || at[n] == '\0' || at[n] == '\n'))
			return true;
	return false;
}

static bool is_v1(int root, enum group_controller c)
{
	return faccessat(root, controllers[c].proof, F_OK, 0) == 0;
}

struct search {
	struct groups *found;
	unsigned missing;
};

/* The root of a hierarchy of v1 is opened once for each controller that it has: each is closed by itself. */
static int take_mount(void *arg, const struct mount_line *l)
{
	const struct search *s = arg;

	for (unsigned c = 0; c < GROUP_COUNT && cgroup_line(l, CGROUP_V1); c++) {
		_cleanup_close_ int fd = -1;

		if ((s->missing & ~s->found->v1 & GROUP_BIT(c)) == 0 || !mount_line_super_has(l, controllers[c].v1))
			continue;
		fd = cgroup_open_line(l, CGROUP_V1);
		if (fd < 0 || !is_v1(fd, (enum group_controller)c))
			continue;
		s->found->fd[c] = take_fd(&fd);
		s->found->v1 |= GROUP_BIT(c);
	}
	return (s->missing & ~s->found->v1) == 0;
}

static int find_in_mounts(struct groups *g, unsigned missing)
{
	struct search s = {.found = g, .missing = missing};
	int r = mount_table_own(take_mount, &s);

	return r < 0 ? r : 0;
}

/* The places where distributions have them are tried first. */
static unsigned try_usual(struct groups *g, unsigned missing)
{
	char path[64];

	for (unsigned c = 0; c < GROUP_COUNT; c++) {
		_cleanup_close_ int fd = -1;

		if ((missing & GROUP_BIT(c)) == 0)
			continue;
		/* Nothing in its root tells the hierarchy of pids from others: there the table of mounts must say. */
		if (c == GROUP_PIDS)
			continue;
		(void)snprintf(path, sizeof(path), "/sys/fs/cgroup/%s", controllers[c].v1);
		fd = cgroup_open(path, CGROUP_V1);
		if (fd < 0 || !is_v1(fd, (enum group_controller)c))
			continue;
		g->fd[c] = take_fd(&fd);
		g->v1 |= GROUP_BIT(c);
	}
	return missing & ~g->v1;
}

int groups_find(const struct tree *t, struct groups *ret)
{
	return groups_find_at(t->fd, "../cgroup.controllers", ret);
}

int groups_find_at(int dirfd, const char *file, struct groups *ret)
{
	struct groups g = GROUPS_NONE;
	char list[512];
	unsigned missing;
	int r = group_read(dirfd, file, list, sizeof(list));

	if (r < 0)
		return r;
	for (unsigned c = 0; c < GROUP_COUNT; c++)
		if (group_has_word(list, controllers[c].v2, ' '))
			g.v2 |= GROUP_BIT(c);
	missing = GROUP_ALL & ~g.v2;
	if (missing != 0)
		missing = try_usual(&g, missing);
	r = missing != 0 ? find_in_mounts(&g, missing) : 0;
	if (r < 0) {
		groups_close(&g);
		return r;
	}
	*ret = g;
	return 0;
}

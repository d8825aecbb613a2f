/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * group_find.c: which controllers this machine has, and where. It may be asked between clone and exec: no stdio, no
 * allocation.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/vfs.h>

#include "group_parts.h"

#define CGROUP1_MAGIC 0x27e0eb
#define LINE_MAX_ 4096

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

static void try_v1(struct groups *g, enum group_controller c, const char *path)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct statfs fs;

	if (fd < 0 || fstatfs(fd, &fs) < 0 || (unsigned long)fs.f_type != CGROUP1_MAGIC ||
	    faccessat(fd, controllers[c].proof, F_OK, 0) < 0)
		return;
	g->fd[c] = take_fd(&fd);
	g->v1 |= GROUP_BIT(c);
}

/* "cgroup /sys/fs/cgroup/cpu,cpuacct cgroup rw,...,cpu,cpuacct 0 0" */
static void take_line(struct groups *g, unsigned missing, char *line)
{
	char *save, *field[4];

	field[0] = strtok_r(line, " ", &save);
	for (size_t i = 1; i < ARRAY_SIZE(field); i++)
		field[i] = strtok_r(NULL, " ", &save);
	if (field[3] == NULL || strcmp(field[2], "cgroup") != 0)
		return;
	for (unsigned c = 0; c < GROUP_COUNT; c++)
		if ((missing & ~g->v1 & GROUP_BIT(c)) != 0 && group_has_word(field[3], controllers[c].v1, ','))
			try_v1(g, (enum group_controller)c, field[1]);
}

/* Line by line; one that is longer than the buffer is no mount of ours. */
static int find_in_mounts(struct groups *g, unsigned missing)
{
	_cleanup_close_ int fd = open("/proc/self/mounts", O_RDONLY | O_CLOEXEC);
	char buf[LINE_MAX_ + 1];
	size_t used = 0;
	ssize_t n;

	if (fd < 0)
		return negative_errno();
	while ((n = read(fd, buf + used, LINE_MAX_ - used)) > 0 || (n < 0 && errno == EINTR)) {
		char *line = buf, *end;

		used += n > 0 ? (size_t)n : 0;
		buf[used] = '\0';
		while ((end = strchr(line, '\n')) != NULL) {
			*end = '\0';
			take_line(g, missing, line);
			line = end + 1;
		}
		used -= (size_t)(line - buf);
		memmove(buf, line, used);
		if (used == LINE_MAX_)
			used = 0;
	}
	return n < 0 ? negative_errno() : 0;
}

/* The places where distributions have them are tried first. */
static unsigned try_usual(struct groups *g, unsigned missing)
{
	char path[64];

	for (unsigned c = 0; c < GROUP_COUNT; c++) {
		if ((missing & GROUP_BIT(c)) == 0)
			continue;
		(void)snprintf(path, sizeof(path), "/sys/fs/cgroup/%s", controllers[c].v1);
		/* Nothing in its root tells the hierarchy of pids from others: there the table of mounts must say. */
		if (c != GROUP_PIDS)
			try_v1(g, (enum group_controller)c, path);
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

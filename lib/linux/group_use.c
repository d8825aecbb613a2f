/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * group_use.c: what a jail uses when a limit is lowered below that, and what the kernel did then, for those who lowered
 * it. It changes nothing.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "group_parts.h"

static uint64_t read_behind(int fd, const char *file, const char *key)
{
	char text[512];
	const char *at;

	if (group_read(fd, file, text, sizeof(text)) < 0 || (at = strstr(text, key)) == NULL)
		return 0;
	return strtoull(at + strlen(key), NULL, 10);
}

void group_use_look(const struct group *g, const char *name, struct group_use *ret)
{
	bool v2 = (g->where.v2 & GROUP_BIT(GROUP_MEMORY)) != 0;
	_cleanup_close_ int memory = -1, pids = -1;

	*ret = (struct group_use){0};
	if (group_open(g, name, GROUP_MEMORY, &memory) == 0) {
		ret->memory = read_behind(memory, v2 ? "memory.current" : "memory.usage_in_bytes", "");
		ret->kills = read_behind(memory, v2 ? "memory.events" : "memory.oom_control", "oom_kill ");
	}
	if (group_open(g, name, GROUP_PIDS, &pids) == 0)
		ret->tasks = read_behind(pids, "pids.current", "");
}

/* The kernel takes back what it can, and else kills. */
static void warn_memory(
    const struct group *g, const char *name, const struct group_use *before, const struct jail_options *opts)
{
	struct group_use now;
	char text[200];

	if (g->want[1].memory >= before->memory || g->want[1].memory == g->want[0].memory)
		return;
	group_use_look(g, name, &now);
	(void)snprintf(text, sizeof(text),
	    "it used %" PRIu64 " bytes, which is more: the kernel took back %" PRIu64 " and killed %" PRIu64
	    " process%s",
	    before->memory, now.memory < before->memory ? before->memory - now.memory : 0, now.kills - before->kills,
	    now.kills - before->kills == 1 ? "" : "es");
	group_warn(g, opts, name, "limit.memoryuse", text);
}

/* Nothing is killed. */
static void warn_tasks(
    const struct group *g, const char *name, const struct group_use *before, const struct jail_options *opts)
{
	char text[200];

	if (g->want[1].tasks >= before->tasks || g->want[1].tasks == g->want[0].tasks)
		return;
	(void)snprintf(text, sizeof(text),
	    "it has %" PRIu64 " processes and threads, which is more: they go on, but none is added", before->tasks);
	group_warn(g, opts, name, jail_params_has(g->params, "limit.maxproc") ? "limit.maxproc" : "limit.nthr", text);
}

void group_use_warn(
    const struct group *g, const char *name, const struct group_use *before, const struct jail_options *opts)
{
	warn_memory(g, name, before, opts);
	warn_tasks(g, name, before, opts);
}

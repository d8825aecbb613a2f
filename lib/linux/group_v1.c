/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * group_v1.c: limits by the hierarchies of cgroup v1 (Documentation/admin-guide/cgroup-v1 of the kernel), for machines
 * that have their controllers there: which files, and what is written to them.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "error.h"
#include "group_parts.h"

#define PERIOD 100000u /* microseconds, the kernel's default */
#define SHARES 1024u   /* what the kernel gives by itself */
#define SHARES_MIN 2u

static const char *quota(struct group *g, uint64_t pcpu)
{
	return pcpu == POLICY_UNLIMITED ? "-1" : group_text(g, "%" PRIu64, pcpu * (PERIOD / 100));
}

static void cpu_knobs(struct group *g)
{
	struct group_knob *max = group_knob(g, GROUP_CPU, "limit.pcpu", "cpu.cfs_quota_us");
	struct group_knob *weight = group_knob(g, GROUP_CPU, "limit.cpushare", "cpu.shares");

	for (size_t side = 0; side < 2; side++) {
		unsigned share = g->want[side].cpushare > 0 ? g->want[side].cpushare * SHARES / 100 : SHARES;

		max->text[side] = quota(g, g->want[side].pcpu);
		weight->text[side] = group_text(g, "%u", share < SHARES_MIN ? SHARES_MIN : share);
	}
}

/* Without one of its own: "", which is not written but what those above have (group_v1_beneath()). */
static void set_knobs(struct group *g)
{
	struct group_knob *mems = group_knob(g, GROUP_CPUSET, "limit.cpuset.mems", "cpuset.mems");
	struct group_knob *cpus = group_knob(g, GROUP_CPUSET, "limit.cpuset", "cpuset.cpus");

	for (size_t side = 0; side < 2; side++) {
		mems->text[side] = g->want[side].mems != NULL ? g->want[side].mems : "";
		cpus->text[side] = g->want[side].cpuset != NULL ? g->want[side].cpuset : "";
	}
}

/* limit.swapuse is what is beyond memory; v1 counts both together. */
static const char *both(struct group *g, const struct group_want *w)
{
	if (w->swap == POLICY_UNLIMITED || w->memory == POLICY_UNLIMITED)
		return "-1";
	return group_text(g, "%" PRIu64, w->memory + w->swap);
}

static uint64_t both_number(const struct group_want *w)
{
	return w->swap == POLICY_UNLIMITED || w->memory == POLICY_UNLIMITED ? POLICY_UNLIMITED : w->memory + w->swap;
}

static int refuse_memory(struct group *g, struct jail_error *err)
{
	if (g->want[1].kills && !g->want[1].init) {
		(void)group_refuse(g->params, "limit.memoryuse", err, ENOTSUP,
		    "on cgroup v1 only our process 1 can kill the jail as one");
		return jail_error_hint(err, ENOTSUP, "leave exec.init at yes");
	}
	if (g->want[1].swap != POLICY_UNLIMITED && g->want[1].memory == POLICY_UNLIMITED) {
		(void)group_refuse(g->params, "limit.swapuse", err, ENOTSUP,
		    "on cgroup v1, which counts both together, it needs limit.memoryuse beside it");
		return jail_error_hint(err, ENOTSUP, "set limit.memoryuse too");
	}
	return 0;
}

/* At no moment may the limit of both be below that of memory. */
static int memory_knobs(struct group *g, struct jail_error *err)
{
	bool first = both_number(&g->want[1]) > both_number(&g->want[0]);
	struct group_knob *soft, *memory = NULL, *sum, *sockets;
	int r = refuse_memory(g, err);

	if (r < 0)
		return r;
	soft = group_knob(g, GROUP_MEMORY, "limit.memoryuse.soft", "memory.soft_limit_in_bytes");
	if (!first)
		memory = group_knob(g, GROUP_MEMORY, "limit.memoryuse", "memory.limit_in_bytes");
	sum = group_knob(g, GROUP_MEMORY, "limit.swapuse", "memory.memsw.limit_in_bytes");
	if (first)
		memory = group_knob(g, GROUP_MEMORY, "limit.memoryuse", "memory.limit_in_bytes");
	/* In spite of the file's name the kernel counts sockets of all protocols that have a sum of their memory. */
	sockets = group_knob(g, GROUP_MEMORY, "limit.memoryuse", GROUP_V1_SOCKETS);
	sockets->optional = true;
	for (size_t side = 0; side < 2; side++) {
		soft->text[side] = group_number(g, g->want[side].soft, "-1");
		memory->text[side] = group_number(g, g->want[side].memory, "-1");
		sum->text[side] = both(g, &g->want[side]);
		sockets->text[side] = memory->text[side];
	}
	return 0;
}

static void rate_knobs(struct group *g, size_t device)
{
	static const struct {
		const char *param, *file;
	} table[GROUP_RATES] = {{"limit.readbps", "blkio.throttle.read_bps_device"},
	    {"limit.writebps", "blkio.throttle.write_bps_device"},
	    {"limit.readiops", "blkio.throttle.read_iops_device"},
	    {"limit.writeiops", "blkio.throttle.write_iops_device"}};

	for (size_t i = 0; i < GROUP_RATES; i++) {
		struct group_knob *k = group_knob(g, GROUP_IO, table[i].param, table[i].file);

		for (size_t side = 0; side < 2; side++) {
			const struct group_rate *d = &g->want[side].device[device];

			/* 0: none. */
			k->text[side] = group_text(
			    g, "%u:%u %" PRIu64, d->major, d->minor, d->rate[i] == POLICY_UNLIMITED ? 0 : d->rate[i]);
		}
	}
}

static void io_knobs(struct group *g)
{
	struct group_knob *weight = group_knob(g, GROUP_IO, "limit.ioshare", "blkio.bfq.weight");

	for (size_t side = 0; side < 2; side++) {
		unsigned share = g->want[side].ioshare > 0 ? g->want[side].ioshare : 100;

		weight->text[side] = group_text(g, "%u", share < 1000 ? share : 1000);
	}
	for (size_t i = 0; i < g->want[1].ndevices; i++)
		rate_knobs(g, i);
}

static void task_knobs(struct group *g)
{
	struct group_knob *tasks = group_knob(
	    g, GROUP_PIDS, jail_params_has(g->params, "limit.maxproc") ? "limit.maxproc" : "limit.nthr", "pids.max");

	for (size_t side = 0; side < 2; side++)
		tasks->text[side] = group_number(g, g->want[side].tasks, "max");
}

int group_v1_knobs(struct group *g, struct jail_error *err)
{
	unsigned here = g->where.v1 & ~g->where.v2;

	if ((here & GROUP_BIT(GROUP_CPU)) != 0)
		cpu_knobs(g);
	if ((here & GROUP_BIT(GROUP_CPUSET)) != 0)
		set_knobs(g);
	if ((here & GROUP_BIT(GROUP_PIDS)) != 0)
		task_knobs(g);
	if ((here & GROUP_BIT(GROUP_IO)) != 0)
		io_knobs(g);
	return (here & GROUP_BIT(GROUP_MEMORY)) != 0 ? memory_knobs(g, err) : 0;
}

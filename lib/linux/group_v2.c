/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * group_v2.c: limits by the controllers of cgroup v2 (Documentation/admin-guide/cgroup-v2.rst of the kernel). A
 * controller works in a directory when every one above it has it in its cgroup.subtree_control, and v2 lets no
 * directory do that which has processes itself: a jail's own go into a leaf beneath it, as soon as a child of it has a
 * limit.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "error.h"
#include "group_parts.h"
#include "jail/lock.h"
#include "jail/members.h"
#include "sys.h"

#define PERIOD 100000u /* microseconds, the kernel's default */
#define ENTERED_TRIES 100

/* ---------------------------------------------------------------------------------------------------------- texts */

static const char *quota(struct group *g, uint64_t pcpu)
{
	if (pcpu == POLICY_UNLIMITED)
		return "max 100000";
	return group_text(g, "%" PRIu64 " %u", pcpu * (PERIOD / 100), PERIOD);
}

static void rates(struct group *g, size_t device)
{
	static const char *const key[] = {"rbps", "wbps", "riops", "wiops"};
	static const char *const param[] = {"limit.readbps", "limit.writebps", "limit.readiops", "limit.writeiops"};

	for (size_t i = 0; i < GROUP_RATES; i++) {
		struct group_knob *k = group_knob(g, GROUP_IO, param[i], "io.max");

		for (size_t side = 0; side < 2; side++) {
			const struct group_rate *d = &g->want[side].device[device];

			if (d->rate[i] == POLICY_UNLIMITED)
				k->text[side] = group_text(g, "%u:%u %s=max", d->major, d->minor, key[i]);
			else
				k->text[side] =
				    group_text(g, "%u:%u %s=%" PRIu64, d->major, d->minor, key[i], d->rate[i]);
		}
	}
}

static void memory_knobs(struct group *g)
{
	struct group_knob *high = group_knob(g, GROUP_MEMORY, "limit.memoryuse.soft", "memory.high");
	struct group_knob *kill = group_knob(g, GROUP_MEMORY, "limit.memoryuse", "memory.oom.group");
	struct group_knob *swap = group_knob(g, GROUP_MEMORY, "limit.swapuse", "memory.swap.max");
	struct group_knob *max = group_knob(g, GROUP_MEMORY, "limit.memoryuse", "memory.max");

	for (size_t side = 0; side < 2; side++) {
		high->text[side] = group_number(g, g->want[side].soft, "max");
		kill->text[side] = g->want[side].kills ? "1" : "0";
		swap->text[side] = group_number(g, g->want[side].swap, "max");
		max->text[side] = group_number(g, g->want[side].memory, "max");
	}
}

static void cpu_knobs(struct group *g)
{
	struct group_knob *max = group_knob(g, GROUP_CPU, "limit.pcpu", "cpu.max");
	struct group_knob *weight = group_knob(g, GROUP_CPU, "limit.cpushare", "cpu.weight");

	for (size_t side = 0; side < 2; side++) {
		unsigned share = g->want[side].cpushare;

		max->text[side] = quota(g, g->want[side].pcpu);
		weight->text[side] = group_text(g, "%u", share > 0 ? share : 100);
	}
}

static void set_knobs(struct group *g)
{
	struct group_knob *mems = group_knob(g, GROUP_CPUSET, "limit.cpuset.mems", "cpuset.mems");
	struct group_knob *cpus = group_knob(g, GROUP_CPUSET, "limit.cpuset", "cpuset.cpus");

	mems->above = "cpuset.mems.effective";
	cpus->above = "cpuset.cpus.effective";
	for (size_t side = 0; side < 2; side++) {
		mems->text[side] = g->want[side].mems != NULL ? g->want[side].mems : "";
		cpus->text[side] = g->want[side].cpuset != NULL ? g->want[side].cpuset : "";
	}
}

static void io_knobs(struct group *g)
{
	struct group_knob *weight = group_knob(g, GROUP_IO, "limit.ioshare", "io.weight");

	weight->other_file = "io.bfq.weight"; /* 1 to 1000, the default is 100 as well */
	for (size_t side = 0; side < 2; side++) {
		unsigned share = g->want[side].ioshare > 0 ? g->want[side].ioshare : 100;

		weight->text[side] = group_text(g, "default %u", share);
		weight->other_text[side] = group_text(g, "%u", share < 1000 ? share : 1000);
	}
	for (size_t i = 0; i < g->want[1].ndevices; i++)
		rates(g, i);
}

/* A controller that is nowhere is taken for v2's: what is asked of it is refused by name. */
void group_v2_knobs(struct group *g)
{
	static void (*const make[])(struct group *) = {
	    [GROUP_CPU] = cpu_knobs, [GROUP_CPUSET] = set_knobs, [GROUP_MEMORY] = memory_knobs, [GROUP_IO] = io_knobs};
	struct group_knob *tasks;

	for (unsigned c = 0; c < GROUP_COUNT; c++) {
		if ((g->where.v1 & ~g->where.v2 & GROUP_BIT(c)) != 0)
			continue;
		if (c != GROUP_PIDS) {
			make[c](g);
			continue;
		}
		tasks = group_knob(g, GROUP_PIDS, "limit.maxproc", "pids.max");
		for (size_t side = 0; side < 2; side++)
			tasks->text[side] = group_number(g, g->want[side].tasks, "max");
		if (!jail_params_has(g->params, "limit.maxproc"))
			tasks->param = "limit.nthr";
	}
}

/* ------------------------------------------------------------------------------------------------------ directories */

/* Which of these are not switched on for what is beneath. */
static unsigned missing(int dirfd, unsigned controllers)
{
	char list[512], *save;

	if (group_read(dirfd, "cgroup.subtree_control", list, sizeof(list)) < 0)
		return controllers;
	for (char *word = strtok_r(list, " ", &save); word != NULL; word = strtok_r(NULL, " ", &save))
		for (unsigned c = 0; c < GROUP_COUNT; c++)
			if (strcmp(word, group_name_v2((enum group_controller)c)) == 0)
				controllers &= ~GROUP_BIT(c);
	return controllers;
}

static int switch_on(int dirfd, enum group_controller c)
{
	char text[16];

	(void)snprintf(text, sizeof(text), "+%s", group_name_v2(c));
	return group_write(dirfd, "cgroup.subtree_control", text);
}

static int refuse(const struct group *g, unsigned c, const char *where, int r, struct jail_error *err)
{
	const char *param = "limit", *controller = group_name_v2((enum group_controller)c);

	for (size_t i = 0; i < g->nknobs; i++)
		if (g->knob[i].controller == c && strcmp(g->knob[i].text[0], g->knob[i].text[1]) != 0)
			param = g->knob[i].param;
	(void)group_refuse(g->params, param, err, r == -ENOENT ? ENOTSUP : -r,
	    "cannot switch the controller \"%s\" on in %s/cgroup.subtree_control: %s", controller, where,
	    r == -ENOENT ? "it is not in cgroup.controllers there" : strerror(-r));
	return jail_error_hint(err, r == -ENOENT ? ENOTSUP : -r, "%s",
	    r == -EBUSY	   ? "move the processes that are in that group itself into one beneath it"
	    : r == -ENOENT ? "switch it on in the groups above"
			   : "see jcheck for what this machine can limit");
}

static int enable_in(const struct group *g, int dirfd, unsigned controllers, const char *where, struct jail_error *err)
{
	unsigned off = missing(dirfd, controllers);

	for (unsigned c = 0; c < GROUP_COUNT; c++) {
		int r = (off & GROUP_BIT(c)) != 0 ? switch_on(dirfd, (enum group_controller)c) : 0;

		if (r < 0)
			return refuse(g, c, where, r, err);
	}
	return 0;
}

static int move_one(void *arg, const struct member *m)
{
	const int *leaf = arg;
	char text[16];
	int r;

	(void)snprintf(text, sizeof(text), "%d", m->pid);
	r = member_lives(m) ? group_write(*leaf, "cgroup.procs", text) : 0;
	return r == -ESRCH ? 0 : r;
}

/*
 * The kernel takes numbers only: nobody inside may end, and so free one, while they are used, nor be born into what is
 * to divide.
 */
static int empty_into(
    const struct group *g, const char *name, int dirfd, int leaf, unsigned controllers, struct jail_error *err)
{
	struct members_freeze frozen = MEMBERS_FREEZE_NONE;
	int r = members_freeze(g->tree, name, &frozen, err);

	if (r < 0)
		return r;
	for (unsigned tries = 0;; tries++) {
		r = members_each(dirfd, 0, move_one, &leaf);
		if (r == 0)
			r = enable_in(g, dirfd, controllers, name, err);
		/* Somebody has entered just now. */
		if (r != -EBUSY || tries >= ENTERED_TRIES)
			break;
	}
	members_thaw(&frozen);
	return r;
}

static int divide(const struct group *g, const char *name, int dirfd, unsigned controllers, struct jail_error *err)
{
	_cleanup_close_ int leaf = -1;
	_cleanup_lock_ int lock = -1;
	int r;

	if (missing(dirfd, controllers) == 0)
		return 0;
	if (mkdirat(dirfd, TREE_LEAF, 0755) < 0 && errno != EEXIST)
		r = negative_errno();
	else
		r = group_leaf(dirfd, &leaf);
	if (r == 0)
		r = lock_directory(g->tree, leaf, LOCK_WAIT_MS, &lock);
	if (r == 0)
		r = empty_into(g, name, dirfd, leaf, controllers, err);
	if (r < 0 && (err == NULL || err->errnum == 0))
		return jail_error_sys(err, -r, "cannot move the processes of %s into a group beneath it", name);
	return r;
}

int group_v2_enable(const struct group *g, const char *name, unsigned controllers, struct jail_error *err)
{
	_cleanup_close_ int root = openat(g->tree->fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const char *dot = name;
	int r;

	if (root < 0)
		return jail_error_sys(err, errno, "cannot open the root of cgroup v2");
	if (err != NULL)
		err->errnum = 0;
	r = enable_in(g, root, controllers, "the root of cgroup v2", err);
	if (r == 0)
		r = enable_in(g, g->tree->fd, controllers, g->tree->path, err);
	while (r == 0 && (dot = strchr(dot, '.')) != NULL) {
		_cleanup_close_ int fd = -1;
		char above[JAIL_NAME_MAX + 1];

		(void)snprintf(above, sizeof(above), "%.*s", (int)(dot - name), name);
		dot++;
		r = tree_jail_open(g->tree, above, &fd);
		if (r == 0)
			r = divide(g, above, fd, controllers, err);
		else
			(void)jail_error_sys(err, -r, "cannot open the group of %s", above);
	}
	return r;
}

/*
 * What limits are likely to need, so that what runs is counted before somebody asks. cpuset is not: it divides no
 * resource that is counted, and costs.
 */
void group_begin(const struct tree *t)
{
	_cleanup_close_ int root = openat(t->fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	static const enum group_controller wanted[] = {GROUP_CPU, GROUP_MEMORY, GROUP_PIDS, GROUP_IO};
	unsigned all = 0;

	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
		all |= GROUP_BIT(wanted[i]);
	if (root < 0)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
		if ((missing(root, all) & GROUP_BIT(wanted[i])) == 0 || switch_on(root, wanted[i]) == 0)
			if ((missing(t->fd, all) & GROUP_BIT(wanted[i])) != 0)
				(void)switch_on(t->fd, wanted[i]);
}

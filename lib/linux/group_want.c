/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * group_want.c: from a plan's limits to what controllers are told: the least of several, both numbers of tasks in one,
 * the disks beneath what the jail sees. It looks at devices and changes nothing.
 */
#include <errno.h>
#include <string.h>

#include "error.h"
#include "group_parts.h"
#include "limit.h"
#include "watching.h"

static bool is_rate(enum policy_limit limit)
{
	return limit >= POLICY_L_READBPS && limit <= POLICY_L_WRITEIOPS;
}

static bool is_read(enum policy_limit limit)
{
	return limit == POLICY_L_READBPS || limit == POLICY_L_READIOPS;
}

void group_want_none(struct group_want *w)
{
	*w = (struct group_want){.memory = POLICY_UNLIMITED,
	    .soft = POLICY_UNLIMITED,
	    .swap = POLICY_UNLIMITED,
	    .pcpu = POLICY_UNLIMITED,
	    .tasks = POLICY_UNLIMITED};
}

bool group_want_any(const struct plan *plan)
{
	if (plan->cpushare != 0 || plan->ioshare != 0 || plan->cpuset != NULL || plan->cpuset_mems != NULL)
		return true;
	for (size_t i = 0; i < plan->nlimits; i++)
		if (limit_means_of(&plan->limit[i]) == LIMIT_BY_GROUP)
			return true;
	return group_want_counted(plan) != 0;
}

unsigned group_want_counted(const struct plan *plan)
{
	unsigned sources = watching_sources(plan);

	return ((sources & (1u << WATCH_MEMORY | 1u << WATCH_SWAP)) != 0 ? GROUP_BIT(GROUP_MEMORY) : 0) |
	       ((sources & 1u << WATCH_TASKS) != 0 ? GROUP_BIT(GROUP_PIDS) : 0);
}

static struct group_rate *find_device(struct group_want *w, unsigned major, unsigned minor)
{
	struct group_rate *d;

	for (size_t i = 0; i < w->ndevices; i++)
		if (w->device[i].major == major && w->device[i].minor == minor)
			return &w->device[i];
	if (w->ndevices == GROUP_DEVICES_MAX)
		return NULL;
	d = &w->device[w->ndevices++];
	d->major = major;
	d->minor = minor;
	for (size_t i = 0; i < GROUP_RATES; i++)
		d->rate[i] = POLICY_UNLIMITED;
	return d;
}

static int limit_device(struct group_want *w, const struct plan_limit *l, unsigned major, unsigned minor)
{
	struct group_rate *d = find_device(w, major, minor);
	size_t which = (size_t)(l->limit - POLICY_L_READBPS);

	if (d == NULL)
		return -E2BIG;
	if (l->value < d->rate[which])
		d->rate[which] = l->value;
	return 0;
}

/* Is what lies at this name on a disk? Then it is limited. */
static int limit_beneath(struct group_want *w, const struct plan_limit *l, int rootfd, const char *name, bool *found)
{
	unsigned major, minor;
	int r = group_device_named(rootfd, name, &major, &minor);

	if (r < 0)
		return r == -ENODEV ? 0 : r;
	*found = true;
	return limit_device(w, l, major, minor);
}

/* All that the jail reads from, or writes to. */
static int limit_mounts(
    struct group_want *w, const struct plan *plan, const struct plan_limit *l, int rootfd, bool *found)
{
	bool reads = is_read(l->limit);
	int r = 0;

	if (reads || (!plan->readonly && !plan->is_volatile))
		r = limit_beneath(w, l, rootfd, plan->path, found);
	for (size_t i = 0; r == 0 && reads && i < plan->base.count; i++)
		r = limit_beneath(w, l, rootfd, plan->base.item[i], found);
	for (size_t i = 0; r == 0 && i < plan->nmounts; i++) {
		const struct plan_mount *m = &plan->mount[i];

		if ((m->type != PLAN_M_NULLFS && m->type != PLAN_M_BLOCK) || m->source == NULL ||
		    (!reads && (m->options & PLAN_M_RDONLY) != 0))
			continue;
		r = limit_beneath(w, l, rootfd, m->source, found);
	}
	return r;
}

static int refuse(const struct plan_limit *l, struct jail_error *err, int errnum, const char *what, const char *hint)
{
	(void)jail_error_set(
	    err, errnum, "%s%s%s", l->device != NULL ? l->device : "", l->device != NULL ? ": " : "", what);
	jail_error_param(err, limit_row_of(l->limit)->param);
	jail_error_origin(err, l->origin.file, l->origin.line);
	return jail_error_hint(err, errnum, "%s", hint);
}

static int want_rate(
    struct group_want *w, const struct plan *plan, const struct plan_limit *l, int rootfd, struct jail_error *err)
{
	static const char how[] = "name a disk: \"/dev/sda:10m\", \"8:0:10m\", or a directory on it";
	unsigned major, minor;
	bool found = false;
	int r;

	if (l->device != NULL) {
		/* The device is named as the host knows it. */
		r = group_device_named(-1, l->device, &major, &minor);
		if (r == 0)
			r = limit_device(w, l, major, minor);
		if (r == -ENODEV)
			return refuse(l, err, ENODEV, "there is no such disk, nor is one beneath it", how);
		if (r == -ENOENT || r == -ENOTDIR)
			return refuse(l, err, ENODEV, "no such device", how);
		if (r == -ELOOP)
			return refuse(l, err, ELOOP, "a symbolic link is on the way, and none is followed there",
			    "write where it leads");
	} else {
		r = limit_mounts(w, plan, l, rootfd, &found);
		if (r == 0 && !found)
			return refuse(l, err, ENODEV,
			    is_read(l->limit) ? "nothing that the jail reads from lies on a disk"
					      : "nothing that the jail writes to lies on a disk",
			    how);
	}
	if (r == -E2BIG)
		return refuse(l, err, E2BIG, "too many disks", "at most 32 can be limited");
	return r < 0 ? refuse(l, err, -r, "cannot find the disk", how) : 0;
}

static void least(uint64_t *value, uint64_t other)
{
	if (other < *value)
		*value = other;
}

static void want_number(struct group_want *w, const struct plan_limit *l)
{
	switch (l->limit) {
	case POLICY_L_MEMORYUSE:
		if (l->action == LIMIT_SIGNAL ? l->value <= w->memory : l->value < w->memory)
			w->kills = l->action == LIMIT_SIGNAL;
		least(&w->memory, l->value);
		break;
	case POLICY_L_MEMORYUSE_SOFT:
		least(&w->soft, l->value);
		break;
	case POLICY_L_SWAPUSE:
		least(&w->swap, l->value);
		break;
	case POLICY_L_PCPU:
		least(&w->pcpu, l->value);
		break;
	case POLICY_L_MAXPROC:
	case POLICY_L_NTHR:
		least(&w->tasks, l->value);
		break;
	default:
		break;
	}
}

int group_want_make(const struct plan *plan, int rootfd, bool lenient, struct group_want *ret, struct jail_error *err)
{
	group_want_none(ret);
	ret->init = plan->init;
	ret->cpushare = plan->cpushare;
	ret->ioshare = plan->ioshare;
	ret->cpuset = plan->cpuset;
	ret->mems = plan->cpuset_mems;
	for (size_t i = 0; i < plan->nlimits; i++) {
		const struct plan_limit *l = &plan->limit[i];
		int r = 0;

		if (limit_means_of(l) != LIMIT_BY_GROUP)
			continue;
		if (is_rate(l->limit))
			r = want_rate(ret, plan, l, rootfd, lenient ? NULL : err);
		else
			want_number(ret, l);
		if (r < 0 && !lenient)
			return r;
	}
	return 0;
}

static bool add_devices(struct group_want *to, const struct group_want *from)
{
	for (size_t i = 0; i < from->ndevices; i++)
		if (find_device(to, from->device[i].major, from->device[i].minor) == NULL)
			return false;
	return true;
}

int group_want_align(struct group_want *a, struct group_want *b)
{
	if (!add_devices(a, b) || !add_devices(b, a))
		return -E2BIG;
	for (size_t i = 0; i < a->ndevices; i++)
		for (size_t k = i; k < b->ndevices; k++)
			if (b->device[k].major == a->device[i].major && b->device[k].minor == a->device[i].minor) {
				struct group_rate other = b->device[i];

				b->device[i] = b->device[k];
				b->device[k] = other;
			}
	return 0;
}

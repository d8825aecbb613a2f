/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * campaign_points.c: see campaign_points.h.
 */
#include "campaign_points.h"

#include <errno.h>

void points_seen(void *with, const struct trace_call *call)
{
	struct points *p = with;

	if (p->count < POINTS_MAX)
		p->call[p->count++] = *call;
}

/* The call of the same process before, or after, this one; NULL: none. */
static const struct trace_call *neighbour(const struct points *p, unsigned i, int step)
{
	for (unsigned k = i + (unsigned)step; k < p->count; k += (unsigned)step)
		if (p->call[k].process == p->call[i].process)
			return &p->call[k];
	return NULL;
}

/* How many calls of that place in that process there are before it, and after it. */
static unsigned alike(const struct points *p, unsigned i, unsigned from, unsigned to)
{
	const struct trace_call *c = &p->call[i];
	unsigned n = 0;

	for (unsigned k = from; k < to; k++)
		n += p->call[k].process == c->process && p->call[k].number == c->number && p->call[k].place == c->place;
	return n;
}

static bool chosen(const struct points *p, unsigned i, enum trace_action action, int errnum)
{
	const struct trace_call *before = neighbour(p, i, -1);

	switch (action) {
	case TRACE_KILL_BEFORE:
		return before == NULL || before->changes;
	case TRACE_KILL_AFTER:
		return before == NULL || p->call[i].changes;
	case TRACE_FAIL:
		if (errnum == EINTR && !trace_interruptible(p->call[i].number))
			return false;
		return alike(p, i, 0, i) < 2 || alike(p, i, i + 1, p->count) == 0;
	case TRACE_COUNT:
		break;
	}
	return true;
}

static unsigned collect(const struct points *p, enum trace_action action, int errnum, struct point *ret)
{
	unsigned n = 0;

	for (unsigned process = 0; process < TRACE_PROCESSES; process++)
		for (unsigned i = 0; i < p->count; i++)
			if (p->call[i].process == process && chosen(p, i, action, errnum))
				ret[n++] = (struct point){.process = process, .call = p->call[i].call};
	return n;
}

unsigned points_all(const struct points *p, struct point *ret)
{
	return collect(p, TRACE_COUNT, 0, ret);
}

unsigned points_sampled(const struct points *p, enum trace_action action, int errnum, struct point *ret)
{
	return collect(p, action, errnum, ret);
}

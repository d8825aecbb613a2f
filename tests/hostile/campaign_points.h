/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * campaign_points.h: which system calls a campaign breaks. It may not know what is done with them.
 */
#ifndef HOSTILE_CAMPAIGN_POINTS_H
#define HOSTILE_CAMPAIGN_POINTS_H

#include "tracer.h"

#define POINTS_MAX 4096

struct point {
	unsigned process, call;
};

/* The calls of one use, in the order in which they were made. */
struct points {
	struct trace_call call[POINTS_MAX];
	unsigned count;
};

/* For struct trace_plan: `with` is a struct points. */
void points_seen(void *with, const struct trace_call *call);

/* All of them, by process. */
unsigned points_all(const struct points *p, struct point *ret);

/*
 * Those that can find something that no other finds:
 * - killed before a call (or after it): where the kernel's state is another one than at the call before, by anything
 * that outlives the process;
 * - failing: of a place that makes the same call again and again, the first, the second and the last; with `errnum`
 * EINTR of those calls that a signal can interrupt.
 */
unsigned points_sampled(const struct points *p, enum trace_action action, int errnum, struct point *ret);

#endif

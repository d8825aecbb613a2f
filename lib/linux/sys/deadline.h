/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * deadline.h: one way to wait with a bound. A deadline is a moment of the monotonic clock; what remains of it goes to
 * poll(2), so that signals and early wake-ups never make a wait longer. Header only; it may not know what is waited
 * for.
 */
#ifndef SYS_DEADLINE_H
#define SYS_DEADLINE_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/* Bounds for what a process inside can delay. An emulated machine is twenty times slower and still has time. */
#define DEADLINE_ENTRY_MS 30000	   /* a process enters a jail, up to the first instruction of its program */
#define DEADLINE_CREATION_MS 60000 /* the first process of a jail builds what it sees */
#define DEADLINE_ERRAND_MS 30000   /* a helper process changes something inside */

struct deadline {
	int64_t at; /* milliseconds of CLOCK_MONOTONIC; negative: there is none */
};

static inline int64_t deadline_now(void)
{
	struct timespec now = {0};

	/* The clock exists since Linux 2.6. */
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* In `ms` milliseconds; negative: never. */
static inline struct deadline deadline_after(int64_t ms)
{
	return (struct deadline){.at = ms < 0 ? -1 : deadline_now() + ms};
}

/* What poll(2) takes: the milliseconds that remain, 0 when it has passed, -1 for ever. */
static inline int deadline_left(struct deadline d)
{
	int64_t left;

	if (d.at < 0)
		return -1;
	left = d.at - deadline_now();
	return left <= 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}

static inline bool deadline_over(struct deadline d)
{
	return deadline_left(d) == 0;
}

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * limit.h: the rows of limit.*: what each counts, in which range, and what can be done when it is reached. Facts only,
 * the same on every kernel; which of them a machine can hold a jail to is its port's to say.
 */
#ifndef LIMIT_H
#define LIMIT_H

#include <policy.h>
#include <stdbool.h>
#include <stddef.h>

enum limit_unit {
	LIMIT_BYTES,   /* digits and k, m, g, t (1024s) */
	LIMIT_COUNT,   /* the same: 10k files are 10240 */
	LIMIT_PERCENT, /* of one processor; a '%' may follow */
	LIMIT_SECONDS, /* digits and s, m, h, d */
};

/* What happens at the value: rctl(8)'s words. */
enum limit_action {
	LIMIT_DENY,	/* no more of it */
	LIMIT_LOG,	/* counted, an event */
	LIMIT_THROTTLE, /* slowed down to it */
	LIMIT_SIGNAL,	/* every process of the jail gets the signal */
};

#define LIMIT_CAN(action) (1u << (action))

struct limit_row {
	const char *param; /* "limit.memoryuse" */
	enum policy_limit limit;
	enum limit_unit unit;
	uint64_t min, max;
	unsigned actions; /* LIMIT_CAN()s */
	enum limit_action fallback;
	int fallback_signal; /* for LIMIT_SIGNAL */
	bool device;	     /* the value may be of one device: "/dev/sda:10m" */
	bool directions;     /* the value may be of one direction: "in:10m"; `limit` is in, the next one out */
};

/* Row `i`; NULL past the end. Rows are sorted by name. */
const struct limit_row *limit_row_at(size_t i);
/* The row that a limit belongs to. */
const struct limit_row *limit_row_of(enum policy_limit limit);
/* "deny", "log", "throttle", "sigterm" (the number of the signal in *ret_signal). */
bool limit_action_parse(const char *text, size_t length, enum limit_action *ret, int *ret_signal);
/* The word of an action; of a signal "sigkill". The string lives in `buf`. */
const char *limit_action_name(enum limit_action action, int signal, char buf[16]);

#endif

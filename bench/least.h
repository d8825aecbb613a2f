/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * least.h: what the floor programs share: giving up when something fails, a control group to be born into, and
 * privileges given up. Knows system calls and nothing of jails; the filter comes as a file.
 */
#ifndef BENCH_LEAST_H
#define BENCH_LEAST_H

#include <linux/filter.h>
#include <stdbool.h>

#include "sys.h"

struct least_filter {
	unsigned short length; /* 0: none */
	struct sock_filter code[1024];
};

/* Ends the program with 111 and `what` unless the result is of a call that succeeded. */
void must(long result, const char *what);
/* From a file that `filter` wrote. */
void least_read(const char *path, struct least_filter *ret);
/* The clone3 is to be straight into it. */
void least_cgroup(struct clone_args *args, const char *path);
/* The bounding set down to what a root without powers needs, and the filter; nothing without a filter. */
void least_privileges(const struct least_filter *filter);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * limit.h: which part of this port holds a jail to which limit. Each part has a header of its own; what none of them
 * can do is refused here by name, before anything is made.
 */
#ifndef LINUX_LIMIT_H
#define LINUX_LIMIT_H

#include "../plan.h"

enum limit_means {
	LIMIT_NO_MEANS,	  /* this kernel has no counterpart */
	LIMIT_BY_GROUP,	  /* a controller of control groups */
	LIMIT_BY_PROCESS, /* setrlimit(2), for each process */
	LIMIT_BY_IPC,	  /* the jail's IPC name space */
	LIMIT_BY_DEVPTS,  /* the jail's file system of terminals */
	LIMIT_BY_DISK,	  /* a sized file system in memory, or a quota */
	LIMIT_BY_NET,	  /* programs on the control group that count packets */
	LIMIT_BY_WATCH,	  /* process 1 looks */
};

/* What holds this one. */
enum limit_means limit_means_of(const struct plan_limit *l);
/* Every limit of the plan has its means. ENOTSUP: names the first that has none, with its file and line. */
int limit_check(const struct plan *plan, struct jail_error *err);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * parent.h: what a child jail is made within and held to: its parent's control group, process 1, policy and part of the
 * host's tree.
 */
#ifndef LINUX_PARENT_H
#define LINUX_PARENT_H

#include "../plan.h"
#include "store.h"

struct parent {
	char name[JAIL_NAME_MAX + 1]; /* "": the host */
	const struct tree *tree;
	int dirfd, pidfd;
	int root; /* O_PATH; what the child names is beneath it; -1: beneath the host's */
	struct store_state state;
};

#define PARENT_NONE                                                                                                    \
	{                                                                                                              \
		.dirfd = -1, .pidfd = -1, .root = -1                                                                   \
	}

/* Of the jail named `child`; the host has nothing to open. ENOENT: it does not run. */
int parent_open(const struct tree *t, const char *child, struct parent *ret, struct jail_error *err);
void parent_close(struct parent *p);
/* What is said when it has ended meanwhile; ENOENT. */
int parent_ended(const struct parent *p, struct jail_error *err);
/*
 * What the child's plan names on the host must lie beneath the parent's path (EPERM); from here on it is named beneath
 * that directory, `root`, which is opened; and what is hidden from a jail above is hidden from the child. `params` say
 * whether `path` was given: without, it is the parent's. ESTALE: the root of a jail above is not where it was.
 */
int parent_rebase(struct parent *p, const struct jail_params *params, struct plan *plan, struct jail_error *err);
/* Does the child live in the parent's users? */
bool parent_has_users(const struct parent *p);
const struct policy_record *parent_record(const struct parent *p); /* NULL: the host */

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * take_away.h: mounts of a running jail in which nobody can mount taken from every process inside, whatever root inside
 * has renamed above them. All or nothing.
 */
#ifndef LINUX_JAIL_TAKE_AWAY_H
#define LINUX_JAIL_TAKE_AWAY_H

#include "grants.h"
#include "members.h"

struct take_away {
	int jailfd; /* its directory; the jail is frozen */
	int pidfd;  /* of its process 1, in whose mount namespace all processes of the jail are */
	/* What goes; and what stays although it may show the same files, with the options (PLAN_M_*) that it has. */
	struct take_away_item {
		struct grant grant;
		unsigned options;
	} * gone, *kept;
	size_t ngone, nkept;
};

struct taken;

/*
 * In a short-lived process of the host's root, which this leaves in the jail's mount namespace. 0: no process
 * inside can reach any of it. EBUSY: some hold it, and are named; everything is as it was.
 */
int take_away(const struct take_away *what, struct taken **ret, struct jail_error *err);
/* Put everything back; or only what had to be lifted to reach a mount. Afterwards `t` is gone; NULL is none. */
void taken_back(struct taken *t);
void taken_settle(struct taken *t);

#endif

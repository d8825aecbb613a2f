/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * places.h: from where the mounts of a frozen jail can be seen: each mount namespace that a process inside is in or
 * could join, and each root within one that its processes have kept though others can't see it. It may not know what is
 * done with a mount.
 */
#ifndef LINUX_JAIL_PLACES_H
#define LINUX_JAIL_PLACES_H

#include "../sys/mount_table.h"
#include "references.h"

struct place {
	int ns;
	int root; /* -1: the root of the namespace */
	uint64_t ino;
	bool host;	  /* of the host: of a tool that is on its way in. Its mounts are only known, never touched */
	bool other_users; /* it belongs to users below the jail's: the kernel has locked every mount */
};

struct places {
	int jailfd, proc;
	int home, home_root; /* where the caller was */
	uint64_t home_ino;
	struct place *item;
	size_t count;
	uint64_t *known; /* the ids of all mounts that are seen from there, and of the caller's own */
	size_t nknown;
};

#define PLACES_NONE                                                                                                    \
	{                                                                                                              \
		.jailfd = -1, .proc = -1, .home = -1, .home_root = -1                                                  \
	}

/* The first place is that of process 1. `p` is PLACES_NONE, and to be freed in any case. */
int places_find(struct places *p, int jailfd, int pidfd, struct jail_error *err);
void places_free(struct places *p);
bool places_knows(const struct places *p, uint64_t mount);
/* Move the calling process there, and back. -errno. */
int places_enter(const struct places *p, size_t place);
int places_home(const struct places *p);

#endif

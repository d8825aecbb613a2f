/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * host_places.h: the directories of the host that a jail uses again after it was made, as the attribute
 * `trusted.jail.places` of its control group: each by its name, and by what it was then. Nothing is done in one of them
 * later that is found by name alone. It may not know what a view or a quota is.
 */
#ifndef LINUX_HOST_PLACES_H
#define LINUX_HOST_PLACES_H

#include <stddef.h>

#include "../sys/host_path.h"

#define HOST_PLACE_ROOT 0x01u	 /* `path` */
#define HOST_PLACE_WORK 0x02u	 /* an overlay writes to it, and its work directory stands beside */
#define HOST_PLACE_LIMITED 0x04u /* it may have a quota */
/* What no two jails may have in common. */
#define HOST_PLACE_WRITTEN (HOST_PLACE_WORK | HOST_PLACE_LIMITED)

struct host_place {
	uint32_t flags;
	struct host_identity id;
	const char *name; /* absolute, without links; it lies in the list */
};

struct host_places {
	unsigned char *bytes;
	size_t size;
};

#define HOST_PLACES_NONE                                                                                               \
	{                                                                                                              \
		.bytes = NULL                                                                                          \
	}

/* An open directory. The host's root is left out: it is never another. -errno. */
int host_places_add(struct host_places *p, uint32_t flags, int fd);
/* One after the other, from *at = 0. */
bool host_places_next(const struct host_places *p, size_t *at, struct host_place *ret);
bool host_places_root(const struct host_places *p, struct host_place *ret);
void host_places_free(struct host_places *p);

/* -errno; what was never written is read as none. */
int host_places_write(int jailfd, const struct host_places *p);
int host_places_read(int jailfd, struct host_places *ret);
/* `path` has these flags as well from now on. -errno. */
int host_places_note(int jailfd, uint32_t flags);

/* Is that what it was? 1, 0 or -errno. */
int host_place_is(const struct host_place *p, int fd);
/* Open it from the host's root. ESTALE: it is not there, or something else is. */
int host_place_open(const struct host_place *p, struct jail_error *err);

#endif

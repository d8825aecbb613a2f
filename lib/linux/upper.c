/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * upper.c: see upper.h. Directories are compared by what they are, not by their names; it may not know how an overlay
 * is made.
 */
#include "upper.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "error.h"
#include "store.h"
#include "util.h"

struct upper {
	const struct host_places *places; /* the new jail's */
	const char *prefix;
	int dirfd;
	struct host_place place; /* what is written to by both */
	char found[JAIL_NAME_MAX + 1];
};

/* Is any directory that `other` writes to written to by the new jail? */
static bool meet(struct upper *u, const struct host_places *other)
{
	struct host_place a, b;

	for (size_t i = 0; host_places_next(u->places, &i, &a);)
		for (size_t n = 0; (a.flags & HOST_PLACE_WRITTEN) != 0 && host_places_next(other, &n, &b);)
			if ((b.flags & HOST_PLACE_WRITTEN) != 0 && host_identity_same(&a.id, &b.id)) {
				u->place = a;
				return true;
			}
	return false;
}

static int look(struct upper *u, int dirfd)
{
	struct host_places places;
	struct store_state s;
	int r = 0;

	if (store_state_read(dirfd, &s) < 0 || (s.flags & STORE_F_LEFTOVER) == 0 ||
	    host_places_read(dirfd, &places) < 0)
		return 0;
	r = meet(u, &places);
	host_places_free(&places);
	return r;
}

/* This jail, and those beneath it: 1 when one was found. */
static int find(void *arg, const char *child)
{
	struct upper *u = arg;
	char name[JAIL_NAME_MAX + 1];
	_cleanup_close_ int fd = openat(u->dirfd, child, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct upper deeper = {.places = u->places, .prefix = name, .dirfd = fd};
	int r;

	if (fd < 0 || (size_t)snprintf(name, sizeof(name), "%s%s%s", u->prefix, u->prefix[0] != '\0' ? "." : "",
			  child) >= sizeof(name))
		return 0;
	r = look(u, fd);
	if (r > 0)
		memcpy(u->found, name, sizeof(name));
	if (r != 0)
		return r;
	r = tree_children(fd, find, &deeper);
	if (r > 0) {
		u->place = deeper.place;
		memcpy(u->found, deeper.found, sizeof(u->found));
	}
	return r;
}

static bool twice(struct upper *u)
{
	struct host_place a, b;

	for (size_t i = 0; host_places_next(u->places, &i, &a);)
		for (size_t n = i; (a.flags & HOST_PLACE_WRITTEN) != 0 && host_places_next(u->places, &n, &b);)
			if ((b.flags & HOST_PLACE_WRITTEN) != 0 && host_identity_same(&a.id, &b.id)) {
				u->place = b;
				return true;
			}
	return false;
}

static int refuse(const struct upper *u, struct jail_error *err)
{
	bool root = (u->place.flags & HOST_PLACE_ROOT) != 0;

	if (u->found[0] != '\0')
		(void)jail_error_set(err, EBUSY, "%s is what the jail %s writes to", u->place.name, u->found);
	else
		(void)jail_error_set(err, EBUSY, "%s is written to in two places", u->place.name);
	jail_error_param(err, root ? "path" : "mount");
	if (root)
		return jail_error_hint(err, EBUSY, "give each jail with path.base or limit.disk a path of its own");
	return jail_error_hint(err, EBUSY, "give each unionfs mount a directory of its own");
}

int upper_check(const struct tree *t, const struct host_places *places, struct jail_error *err)
{
	struct upper u = {.places = places, .prefix = "", .dirfd = t->fd};
	int r = twice(&u) ? 1 : tree_children(t->fd, find, &u);

	if (r > 0)
		return refuse(&u, err);
	return r < 0 ? jail_error_sys(err, -r, "cannot read the jails") : 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * upper.c: see upper.h. Directories are compared by the names that their jails were given; it may not know how an
 * overlay is made.
 */
#include "upper.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "error.h"
#include "store.h"
#include "util.h"
#include "view.h"

struct upper {
	const struct plan *plan; /* the new jail's */
	const char *prefix;
	int dirfd;
	const char *path; /* what is written to by both */
	bool root;	  /* and the new jail does so by path.base */
	char found[JAIL_NAME_MAX + 1];
};

/* Is any directory that `other` writes to written to by the new jail? */
static bool meet(struct upper *u, const struct plan *other)
{
	const char *a, *b;

	for (size_t i = 0; (a = view_upper(u->plan, i)) != NULL; i++)
		for (size_t n = 0; (b = view_upper(other, n)) != NULL; n++)
			if (a[0] != '\0' && strcmp(a, b) == 0) {
				u->path = a;
				u->root = i == 0;
				return true;
			}
	return false;
}

static int look(struct upper *u, int dirfd)
{
	struct jail_params *params = NULL;
	struct plan *plan = NULL;
	struct store_state s;
	int r = 0;

	if (store_state_read(dirfd, &s) < 0 || (s.flags & STORE_F_LEFTOVER) == 0 ||
	    store_params_read(dirfd, &params) < 0)
		return 0;
	if (plan_make_running(params, &plan, NULL) == 0)
		r = meet(u, plan);
	plan_free(plan);
	jail_params_free(params);
	return r;
}

/* This jail, and those beneath it: 1 when one was found. */
static int find(void *arg, const char *child)
{
	struct upper *u = arg;
	char name[JAIL_NAME_MAX + 1];
	_cleanup_close_ int fd = openat(u->dirfd, child, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct upper deeper = {.plan = u->plan, .prefix = name, .dirfd = fd};
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
		u->path = deeper.path;
		u->root = deeper.root;
		memcpy(u->found, deeper.found, sizeof(u->found));
	}
	return r;
}

static bool twice(struct upper *u)
{
	const char *a, *b;

	for (size_t i = 0; (a = view_upper(u->plan, i)) != NULL; i++)
		for (size_t n = i + 1; (b = view_upper(u->plan, n)) != NULL; n++)
			if (a[0] != '\0' && strcmp(a, b) == 0) {
				u->path = a;
				return true;
			}
	return false;
}

static int refuse(const struct upper *u, struct jail_error *err)
{
	if (u->found[0] != '\0')
		(void)jail_error_set(err, EBUSY, "%s is what the jail %s writes to", u->path, u->found);
	else
		(void)jail_error_set(err, EBUSY, "%s is written to in two places", u->path);
	jail_error_param(err, u->root ? "path" : "mount");
	if (u->root)
		return jail_error_hint(err, EBUSY, "give each jail with path.base or limit.disk a path of its own");
	return jail_error_hint(err, EBUSY, "give each unionfs mount a directory of its own");
}

int upper_check(const struct tree *t, const struct jail_params *params, struct jail_error *err)
{
	struct upper u = {.prefix = "", .dirfd = t->fd};
	struct plan *plan = NULL;
	int r = plan_make_running(params, &plan, err);

	if (r < 0)
		return r;
	u.plan = plan;
	r = twice(&u) ? 1 : tree_children(t->fd, find, &u);
	if (r > 0)
		r = refuse(&u, err);
	else if (r < 0)
		(void)jail_error_sys(err, -r, "cannot read the jails");
	plan_free(plan);
	return r;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * group_flat.c: cgroup v1's "blkio" is the one controller that does not hold a group to what those above it have. A
 * jail beneath one with rates stays in its group, where all of them together have that rate; one that would need a
 * group of its own there is refused. It changes nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "error.h"
#include "group_parts.h"

static bool has_rates(const struct group_want *w)
{
	for (size_t i = 0; i < w->ndevices; i++)
		for (size_t n = 0; n < GROUP_RATES; n++)
			if (w->device[i].rate[n] != POLICY_UNLIMITED)
				return true;
	return false;
}

/* Does the kernel hold this jail's own group to some rate? */
static bool held(const struct group *g, const char *name)
{
	static const char *const file[GROUP_RATES] = {"blkio.throttle.read_bps_device",
	    "blkio.throttle.write_bps_device", "blkio.throttle.read_iops_device", "blkio.throttle.write_iops_device"};
	char path[JAIL_NAME_MAX + 64], text[GROUP_SET_MAX];

	for (size_t i = 0; i < GROUP_RATES; i++) {
		int r;

		group_v1_path(name, file[i], path, sizeof(path));
		r = group_read(g->where.fd[GROUP_IO], path, text, sizeof(text));
		if ((r == 0 && text[0] != '\0') || r == -E2BIG)
			return true;
	}
	return false;
}

/* Has one beneath it a group of its own? */
static bool has_beneath(const struct group *g, const char *name)
{
	char path[JAIL_NAME_MAX + 64];
	struct stat st;

	group_v1_path(name, "", path, sizeof(path));
	return fstatat(g->where.fd[GROUP_IO], path, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_nlink > 2;
}

/* The limit that this is about. */
static const char *limit_of(const struct group *g)
{
	const char *fallback = "limit.ioshare";

	for (size_t i = 0; i < g->nknobs; i++) {
		const struct group_knob *k = &g->knob[i];

		if (k->controller != GROUP_IO || strcmp(k->text[0], k->text[1]) == 0)
			continue;
		if (jail_params_has(g->params, k->param))
			return k->param;
		fallback = k->param;
	}
	return fallback;
}

int group_flat_check(const struct group *g, const char *name, struct jail_error *err)
{
	bool rates = has_rates(&g->want[1]);
	char above[JAIL_NAME_MAX + 1], *dot;

	if ((g->need & g->where.v1 & ~g->where.v2 & GROUP_BIT(GROUP_IO)) == 0 || (!rates && g->want[1].ioshare == 0))
		return 0;
	(void)snprintf(above, sizeof(above), "%s", name);
	while ((dot = strrchr(above, '.')) != NULL) {
		*dot = '\0';
		if (!held(g, above))
			continue;
		(void)group_refuse(g->params, limit_of(g), err, ENOTSUP,
		    "on cgroup v1 the jail would leave the limits of I/O that %s has, which hold for all within it",
		    above);
		return jail_error_hint(
		    err, ENOTSUP, "give limits of I/O to %s only, or to the jails in it only", above);
	}
	if (!rates || !has_beneath(g, name))
		return 0;
	(void)group_refuse(g->params, limit_of(g), err, ENOTSUP,
	    "on cgroup v1 it would not hold for jails within it that have, or had, limits of I/O of their own");
	return jail_error_hint(err, ENOTSUP, "restart those without");
}

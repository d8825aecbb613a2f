/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * disk.c: see disk.h. It chooses between memory and project; how either is limited is for view.h and project.h to know.
 */
#include "disk.h"

#include <stdio.h>
#include <string.h>

#include "attach.h"
#include "error.h"
#include "project.h"
#include "sys.h"
#include "util.h"
#include "view.h"
#include "watching.h"

static const struct plan_limit *first_of(const struct plan *plan)
{
	for (size_t i = 0; i < plan->nlimits; i++)
		if (plan->limit[i].limit == POLICY_L_DISK || plan->limit[i].limit == POLICY_L_INODES)
			return &plan->limit[i];
	return NULL;
}

bool disk_by_project(const struct plan *plan)
{
	return !plan->is_volatile && first_of(plan) != NULL;
}

/* Names the parameter that `err` is about. */
static int about(const struct plan *plan, int r, struct jail_error *err)
{
	const struct plan_limit *l = first_of(plan);

	if (r < 0 && l != NULL) {
		jail_error_param(err, limit_row_of(l->limit)->param);
		jail_error_origin(err, l->origin.file, l->origin.line);
	}
	return r;
}

/* More than path.volatile allows would never be reached. */
static int check_memory(const struct plan *plan, struct jail_error *err)
{
	const uint64_t most = plan->record.limit[POLICY_L_DISK];

	if (!plan->is_volatile || plan->volatile_size == 0 || most == POLICY_UNLIMITED || most <= plan->volatile_size)
		return 0;
	(void)jail_error_set(err, EINVAL, "more than path.volatile lets be written (%llu bytes)",
	    (unsigned long long)plan->volatile_size);
	(void)about(plan, -EINVAL, err);
	return jail_error_hint(err, EINVAL, "give path.volatile the larger size, or no size");
}

int disk_check(const struct plan *plan, struct jail_error *err)
{
	const char *hint = "use path.volatile, or give it a `path` of its own";
	const char *why = NULL;

	if (!disk_by_project(plan))
		return check_memory(plan, err);
	if (plan->readonly) {
		why = "nothing can be written with path.readonly";
		hint = "leave it out";
	} else if (plan->shared_tree && plan->base.count == 0) {
		why = "the host's own tree can't be limited for a jail";
	} else if ((plan->record.flags & POLICY_F_HOST_USERS) != 0) {
		why = "with users=inherit root inside could lift it";
	}
	if (why == NULL)
		return 0;
	(void)jail_error_set(err, ENOTSUP, "%s", why);
	(void)about(plan, -ENOTSUP, err);
	return jail_error_hint(err, ENOTSUP, "%s", hint);
}

int disk_no_room(const struct plan *plan, int r, struct jail_error *err)
{
	if (r != -ENOSPC || !plan->is_volatile || first_of(plan) == NULL)
		return r;
	(void)jail_error_set(err, EINVAL, "too little for what the jail itself makes there");
	for (size_t i = 0; i < plan->nlimits; i++)
		if (plan->limit[i].limit == POLICY_L_INODES) { /* directories take no bytes */
			jail_error_param(err, "limit.inodes");
			jail_error_origin(err, plan->limit[i].origin.file, plan->limit[i].origin.line);
		}
	(void)about(plan, -EINVAL, err);
	return jail_error_hint(err, EINVAL, "give it more, or leave it out");
}

static void warn(const struct plan *plan, const struct jail_options *opts, const struct project_use *use)
{
	const uint64_t *limit = plan->record.limit;
	struct jail_error w = {0};

	if (opts == NULL || opts->warn == NULL ||
	    (use->bytes <= limit[POLICY_L_DISK] && use->inodes <= limit[POLICY_L_INODES]))
		return;
	(void)jail_error_set(&w, ENOSPC, "%llu KiB and %llu files are in it already: it can't hold more, only less",
	    (unsigned long long)(use->bytes / 1024), (unsigned long long)use->inodes);
	(void)about(plan, -1, &w);
	jail_error_jail(&w, plan->name);
	opts->warn(opts->arg, &w);
}

int disk_make(const struct plan *plan, int path_fd, const struct jail_options *opts, struct jail_error *err)
{
	const uint64_t *limit = plan->record.limit;
	struct project_use use;
	int r;

	if (!disk_by_project(plan))
		return 0;
	r = project_limit(path_fd, limit[POLICY_L_DISK], limit[POLICY_L_INODES], &use, err);
	if (r == 0)
		warn(plan, opts, &use);
	return about(plan, r, err);
}

/* ------------------------------------------------------------------------------------------------- running jails */

static int change_memory(
    const struct running *jail, const struct plan *plan, const struct policy_record *will, struct jail_error *err)
{
	_cleanup_close_ int disk = watching_disk(jail->dirfd, &jail->state), context = -1;
	char path[32];
	struct view_size size;

	if (disk < 0) {
		(void)jail_error_set(err, ENOTSUP, "its process 1 does not keep its file system in memory");
		return jail_error_hint(err, ENOTSUP, "restart the jail with it: jail -rc");
	}
	view_size(plan, will, &size);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", disk);
	context = sys_fspick(AT_FDCWD, path, FSPICK_CLOEXEC);
	if (context < 0)
		return jail_error_sys(err, errno, "cannot open its file system in memory");
	if (sys_fsconfig(context, FSCONFIG_SET_STRING, "size", size.bytes, 0) < 0 ||
	    sys_fsconfig(context, FSCONFIG_SET_STRING, "nr_inodes", size.inodes, 0) < 0)
		return jail_error_sys(err, errno, "cannot size its file system in memory");
	if (sys_fsconfig(context, FSCONFIG_CMD_RECONFIGURE, NULL, NULL, 0) == 0)
		return 0;
	if (errno != EINVAL)
		return jail_error_sys(err, errno, "cannot size its file system in memory");
	(void)jail_error_set(err, EBUSY, "its file system in memory holds more than that");
	return jail_error_hint(err, EBUSY, "remove files inside first, or restart it: jail -rc");
}

/* Its `path`, if that is still the directory that it was made with. */
static int open_path(const struct running *jail, struct jail_error *err)
{
	struct host_places places;
	struct host_place path;
	int r = host_places_read(jail->dirfd, &places);

	if (r == 0 && !host_places_root(&places, &path))
		r = -ENODATA;
	r = r < 0 ? jail_error_sys(err, -r, "cannot read which directory is its path") : host_place_open(&path, err);
	host_places_free(&places);
	return r;
}

static int change_project(const struct running *jail, const struct policy_record *will, struct jail_error *err)
{
	_cleanup_close_ int fd = open_path(jail, err);
	const uint64_t *limit = will->limit;
	struct project_use use;
	int r;

	if (fd < 0)
		return fd;
	if (limit[POLICY_L_DISK] != POLICY_UNLIMITED || limit[POLICY_L_INODES] != POLICY_UNLIMITED)
		return project_limit(fd, limit[POLICY_L_DISK], limit[POLICY_L_INODES], &use, err);
	r = project_lift(fd);
	return r < 0 ? jail_error_sys(err, -r, "cannot lift its quota") : 0;
}

int disk_change(const struct running *jail, const struct plan *plan, bool own, const struct policy_record *was,
    const struct policy_record *will, struct jail_error *err)
{
	const enum policy_limit changed =
	    was->limit[POLICY_L_DISK] != will->limit[POLICY_L_DISK] ? POLICY_L_DISK : POLICY_L_INODES;
	int r = 0;

	if (was->limit[changed] == will->limit[changed])
		return 0;
	if (plan->is_volatile)
		r = change_memory(jail, plan, will, err);
	else if (own)
		r = change_project(jail, will, err);
	if (r < 0)
		jail_error_param(err, limit_row_of(changed)->param);
	return r;
}

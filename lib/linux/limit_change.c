/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * limit_change.c: see limit_change.h. What holds a limit is the business of the parts that it calls, each with the
 * record before and after.
 */
#include "limit_change.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>

#include "ceiling.h"
#include "disk.h"
#include "errand.h"
#include "error.h"
#include "ipclimit.h"
#include "jail/lock.h"
#include "jail/users.h"
#include "netrate.h"
#include "process.h"
#include "rlimit.h"
#include "sys.h"
#include "view.h"

struct inner {
	const struct running *jail;
	const struct policy_record *was, *will;
	int users_fd, ipc_fd; /* -1: its IPC has no limits, or its users are the host's */
};

static int change_terminals(const struct inner *in, struct jail_error *err)
{
	int r;

	if (in->will->limit[POLICY_L_PSEUDOTERMINALS] == in->was->limit[POLICY_L_PSEUDOTERMINALS])
		return 0;
	r = view_terminals_change(in->will, err);
	if (r < 0)
		jail_error_param(err, "limit.pseudoterminals");
	return r;
}

/* Root inside may write the limits of its IPC where the files are not covered, which they are from the start or never.
 */
static int check_covered(const struct inner *in, struct jail_error *err)
{
	struct statvfs fs;
	char param[64] = "";

	if (!ipclimit_any(in->will) || statvfs("/proc/sys/kernel", &fs) < 0 || (fs.f_flag & ST_RDONLY) != 0)
		return 0;
	(void)jail_error_set(err, ENOTSUP,
	    "a running jail that was made without limits of System V IPC can't be given any: root inside could lift "
	    "them");
	for (unsigned l = 0; param[0] == '\0' && l < POLICY_L_COUNT; l++)
		if (ipclimit_is((enum policy_limit)l) && in->will->limit[l] != in->was->limit[l])
			(void)snprintf(param, sizeof(param), "limit.%s", policy_limit_name((enum policy_limit)l));
	jail_error_param(err, param);
	return jail_error_hint(err, ENOTSUP, "restart the jail with it: jail -rc");
}

/* Last of all: the process becomes root of the jail's users and can do nothing else any more. */
static int change_ipc(const struct inner *in, int dirfd, struct jail_error *err)
{
	if (!ipclimit_any(in->was) && !ipclimit_any(in->will))
		return 0;
	if (setns(in->ipc_fd, CLONE_NEWIPC) < 0 || (in->users_fd >= 0 && setns(in->users_fd, CLONE_NEWUSER) < 0))
		return jail_error_sys(err, errno, "cannot join its IPC");
	if (sys_become_root() < 0)
		return jail_error_sys(err, errno, "cannot become its root");
	return ipclimit_apply(dirfd, in->was, in->will, err);
}

static int inside(void *arg, struct jail_error *err)
{
	const struct inner *in = arg;
	_cleanup_close_ int dirfd = ipclimit_open();
	int r;

	if (dirfd < 0)
		return jail_error_sys(err, -dirfd, "cannot open /proc/sys/kernel");
	if (setns(in->jail->pidfd, CLONE_NEWNS) < 0)
		return jail_error_sys(err, errno, "cannot join its name spaces");
	r = check_covered(in, err);
	if (r == 0)
		r = change_terminals(in, err);
	return r < 0 ? r : change_ipc(in, dirfd, err);
}

static bool differ_inside(const struct policy_record *a, const struct policy_record *b)
{
	for (unsigned l = 0; l < POLICY_L_COUNT; l++)
		if (a->limit[l] != b->limit[l] && (l == POLICY_L_PSEUDOTERMINALS || ipclimit_is((enum policy_limit)l)))
			return true;
	return false;
}

static void close_inner(struct inner *in)
{
	in->users_fd = close_fd(in->users_fd);
	in->ipc_fd = close_fd(in->ipc_fd);
}

/* The IPC namespace of process 1 must be the jail's: one that was made inside is not what the limits are for. */
static int open_ipc(struct inner *in, struct jail_error *err)
{
	const struct store_state *s = &in->jail->state;
	_cleanup_close_ int proc = -1;
	int r;

	if (!ipclimit_any(in->was) && !ipclimit_any(in->will))
		return 0;
	r = process_directory(s->pid, s->start, &proc);
	if (r == 0 && (in->ipc_fd = openat(proc, "ns/ipc", O_RDONLY | O_CLOEXEC)) < 0)
		r = negative_errno();
	if (r == 0 && (s->record.flags & POLICY_F_HOST_USERS) == 0) {
		in->users_fd = users_open(in->jail->dirfd, s);
		r = in->users_fd < 0 ? in->users_fd : users_own(in->users_fd, in->ipc_fd);
		if (r == 0) {
			(void)jail_error_set(
			    err, EBUSY, "process 1 is in another IPC namespace, which was made inside");
			return jail_error_hint(err, EBUSY, "restart the jail with it: jail -rc");
		}
	}
	return r < 0 ? jail_error_sys(err, -r, "cannot open its IPC") : 0;
}

/* `own`: what it may write is limited by what it was given itself (disk.h). */
static int change_one(const struct running *jail, const struct plan *plan, bool own, const struct policy_record *was,
    const struct policy_record *will, struct jail_error *err)
{
	struct policy_record now = jail->state.record; /* its users and flags are the running jail's */
	struct inner in = {.jail = jail, .was = was, .will = &now, .users_fd = -1, .ipc_fd = -1};
	int r;

	memcpy(now.limit, will->limit, sizeof(now.limit));
	r = disk_change(jail, plan, own, was, will, err);
	if (r == 0 && differ_inside(was, will)) {
		r = open_ipc(&in, err);
		if (r == 0)
			r = errand_run(inside, &in, err);
		close_inner(&in);
	}
	if (r == 0)
		r = netrate_change(jail->dirfd, was, &now, err);
	return r < 0 ? r : rlimit_change(&jail->tree, jail->name, jail->dirfd, was, will, err);
}

struct children {
	const struct running *jail;
	const struct policy_record *will;
	struct jail_error *err;
};

/* What the child was made with, as far as its parent will have it. */
static int child_plan(const struct running *child, struct plan **ret)
{
	struct jail_params *params = NULL;
	int r = store_params_read(child->dirfd, &params);

	if (r == 0)
		r = plan_make_running(params, ret, NULL);
	jail_params_free(params);
	return r;
}

static void child_limits(
    const struct running *child, const struct plan *plan, const struct policy_record *parent, struct policy_record *ret)
{
	*ret = child->state.record;
	for (unsigned l = 0; l < POLICY_L_COUNT; l++) {
		uint64_t own = plan->record.limit[l];

		ret->limit[l] = own < parent->limit[l] ? own : parent->limit[l];
	}
}

static int change_all(const struct running *jail, const struct plan *plan, bool own, const struct policy_record *will,
    struct jail_error *err);

static int change_child(void *arg, const char *name)
{
	const struct children *c = arg;
	char full[JAIL_NAME_MAX + 1];
	struct running child = RUNNING_NONE;
	_cleanup_close_ int dirfd = -1;
	_cleanup_lock_ int lock = -1;
	struct plan *plan = NULL;
	struct policy_record will;
	int r;

	if ((size_t)snprintf(full, sizeof(full), "%s.%s", c->jail->name, name) >= sizeof(full))
		return -ENAMETOOLONG;
	r = lock_jail(&c->jail->tree, full, LOCK_WAIT_MS, &dirfd, &lock);
	if (r < 0 && r != -ENOENT)
		return lock_failed(&c->jail->tree, full, r, c->err);
	if (r < 0 || running_open(full, &child, NULL) < 0)
		return 0; /* it has ended */
	r = child_plan(&child, &plan);
	if (r < 0) {
		(void)jail_error_sys(c->err, -r, "cannot read the parameters of %s", full);
	} else {
		child_limits(&child, plan, c->will, &will);
		r = change_all(&child, plan, disk_by_project(plan), &will, c->err);
	}
	plan_free(plan);
	if (r == 0) {
		memcpy(child.state.record.limit, will.limit, sizeof(will.limit));
		r = store_state_write(child.dirfd, &child.state);
	}
	running_close(&child);
	return r;
}

static void change_back(const struct running *jail, const struct plan *plan, bool own, const struct policy_record *will)
{
	const struct policy_record *was = &jail->state.record;
	struct children c = {.jail = jail, .will = was};

	(void)change_one(jail, plan, own, will, was, NULL);
	(void)tree_children(jail->dirfd, change_child, &c);
}

static int change_all(const struct running *jail, const struct plan *plan, bool own, const struct policy_record *will,
    struct jail_error *err)
{
	struct children c = {.jail = jail, .will = will, .err = err};
	const struct policy_record *was = &jail->state.record;
	int r;

	if (memcmp(was->limit, will->limit, sizeof(will->limit)) == 0)
		return 0;
	r = rlimit_check(was, will, err);
	if (r < 0)
		return r;
	r = change_one(jail, plan, own, was, will, err);
	if (r == 0)
		r = tree_children(jail->dirfd, change_child, &c);
	if (r < 0)
		change_back(jail, plan, own, will);
	return r;
}

int limit_change(
    const struct running *jail, const struct plan *plan, const struct policy_record *will, struct jail_error *err)
{
	int r = ceiling_check(jail->dirfd, will, err);

	return r < 0 ? r : change_all(jail, plan, true, will, err);
}

void limit_change_back(const struct running *jail, const struct plan *plan, const struct policy_record *will)
{
	change_back(jail, plan, true, will);
}

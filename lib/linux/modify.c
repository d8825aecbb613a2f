/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * modify.c: changing and ending a running jail: what the kernel can change in it is changed, then what is recorded of
 * it. Whether a parameter may be changed at all was decided by the caller from the table.
 */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "../port.h"
#include "attach.h"
#include "channel.h"
#include "disk.h"
#include "errand.h"
#include "error.h"
#include "group.h"
#include "jail/lock.h"
#include "jail/members.h"
#include "jail/users.h"
#include "limit.h"
#include "limit_change.h"
#include "modify_mounts.h"
#include "parent.h"
#include "privilege.h"
#include "process.h"
#include "sys.h"
#include "view.h"
#include "watching.h"

struct change {
	struct running *jail;
	const struct plan *was;
	struct plan *will;
	struct view *view;
	const struct plan *view_was; /* those two as the view takes them: a child's are `seen` */
	struct plan *view_will;
	struct plan *seen[2]; /* a child's, naming what lies beneath its parent's path; NULL: it is none */
	int users_fd;
	struct parent parent;
	bool limited; /* its groups have been changed */
	struct mounts_change mounts;
};

static bool differs(const char *a, const char *b)
{
	return (a == NULL) != (b == NULL) || (a != NULL && strcmp(a, b) != 0);
}

/* Capabilities and the filter of a process are fixed when it starts; saying yes here would be a lie. */
static int check_static(const struct change *c, struct jail_error *err)
{
	uint64_t changed = c->was->record.allow ^ c->will->record.allow;
	char name[64] = "securelevel";

	if (changed == 0 && c->was->record.securelevel == c->will->record.securelevel)
		return 0;
	for (unsigned p = 0; p < POLICY_P_COUNT; p++)
		if ((changed & POLICY_BIT(p)) != 0) {
			(void)snprintf(name, sizeof(name), "allow.%s", policy_privilege_name((enum policy_privilege)p));
			break;
		}
	(void)jail_error_set(err, ENOTSUP,
	    "the privileges of running processes can't be changed by what enforces them here (%s)",
	    privilege_enforcement());
	jail_error_param(err, name);
	return jail_error_hint(
	    err, ENOTSUP, "set it in the configuration and restart the jail: jail -rc %s", c->jail->name);
}

static const char *host_name(const struct plan *plan)
{
	return plan->hostname != NULL ? plan->hostname : plan->name;
}

static int change_names(const struct change *c, struct jail_error *err)
{
	const char *domain = c->will->domainname != NULL ? c->will->domainname : "";
	int r = 0;

	if ((c->will->record.flags & POLICY_F_HOST_NAME) != 0)
		return 0;
	if (differs(host_name(c->was), host_name(c->will)) &&
	    sethostname(host_name(c->will), strlen(host_name(c->will))) < 0) {
		r = jail_error_sys(err, errno, "cannot name the host");
		jail_error_param(err, "host.hostname");
	}
	if (r == 0 && differs(c->was->domainname, c->will->domainname) && setdomainname(domain, strlen(domain)) < 0) {
		r = jail_error_sys(err, errno, "cannot name the domain");
		jail_error_param(err, "host.domainname");
	}
	return r;
}

/* In a process of its own, inside the jail's mounts and names, still root of the host. */
static int change_inside(void *arg, struct jail_error *err)
{
	const struct change *c = arg;
	struct taken *taken = NULL;
	int r = mounts_change_takes(&c->mounts) ? take_away(&c->mounts.away, &taken, err) : 0;

	if (r < 0) {
		jail_error_param(err, "mount");
		return r;
	}
	if (setns(c->jail->pidfd, CLONE_NEWNS | CLONE_NEWUTS) < 0)
		r = jail_error_sys(err, errno, "cannot join its namespaces");
	if (r == 0)
		r = view_change(c->view_was, c->view_will, c->view, err);
	if (r == 0)
		r = change_names(c, err);
	if (r < 0)
		taken_back(taken);
	else
		taken_settle(taken);
	return r;
}

/* A child's plans name what lies beneath its parent's path. */
static int see_as_child(
    struct change *c, const struct jail_params *old, const struct jail_params *params, struct jail_error *err)
{
	const struct jail_params *of[] = {old, params};

	for (size_t i = 0; i < ARRAY_SIZE(of); i++) {
		int r = plan_make_running(of[i], &c->seen[i], err);

		c->parent.root = close_fd(c->parent.root);
		if (r == 0)
			r = parent_rebase(&c->parent, of[i], c->seen[i], err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int prepare_view(
    struct change *c, const struct jail_params *old, const struct jail_params *params, struct jail_error *err)
{
	const struct policy_record *seen, *record = &c->jail->state.record;
	int r = c->parent.name[0] != '\0' ? see_as_child(c, old, params, err) : 0;

	if (r < 0)
		return r;
	c->view_was = c->seen[0] != NULL ? c->seen[0] : c->was;
	c->view_will = c->seen[1] != NULL ? c->seen[1] : c->will;
	r = view_prepare_change(c->view_was, c->view_will, c->parent.root, c->users_fd, record->users_base,
	    record->users_count, &c->view, err);
	if (r == 0) {
		uint32_t dev = UINT32_MAX; /* it has none: no other file system is taken for one */

		r = store_dev_read(c->jail->dirfd, &dev);
		r = r == -ENODATA ? 0 : r < 0 ? jail_error_sys(err, -r, "cannot read which /dev it has") : 0;
		view_know_devices(c->view, dev, record);
	}
	if (r < 0 || c->view_will == c->will)
		return r;
	seen = &c->view_will->record;
	c->will->record.ndevices = seen->ndevices;
	memcpy(c->will->record.device, seen->device, sizeof(seen->device));
	return 0;
}

/* Root of a jail above it can join its mount namespace. */
static bool mounts_inside(const struct running *jail)
{
	bool found = view_mounts_inside(&jail->state.record);

	for (const char *dot = strchr(jail->name, '.'); !found && dot != NULL; dot = strchr(dot + 1, '.')) {
		char name[JAIL_NAME_MAX + 1];
		_cleanup_close_ int fd = -1;
		struct store_state s;

		(void)snprintf(name, sizeof(name), "%.*s", (int)(dot - jail->name), jail->name);
		found = tree_jail_open(&jail->tree, name, &fd) < 0 || store_state_read(fd, &s) < 0 ||
			view_mounts_inside(&s.record);
	}
	return found;
}

/* A bind mount of a node stays when the node goes. */
static int check_lost_device(const struct change *c, struct jail_error *err)
{
	const struct plan_device *d = view_lost_device(c->view_was, c->view_will);

	if (d == NULL || !mounts_inside(c->jail))
		return 0;
	(void)jail_error_set(err, EBUSY,
	    "%s can't be taken from root inside that may mount (allow.mount, allow.userns of it or of a jail above)",
	    d->path);
	jail_error_param(err, "devices");
	return jail_error_hint(err, EBUSY, "change the configuration and restart the jail: jail -rc %s", c->jail->name);
}

struct child_check {
	const struct change *change;
	struct jail_error *err;
};

/* What a child has stays within what its parent will have. */
static int check_child(void *arg, const char *child)
{
	const struct child_check *k = arg;
	const struct change *c = k->change;
	_cleanup_close_ int fd = openat(c->jail->dirfd, child, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct policy_record will = c->will->record;
	struct policy_verdict v;
	struct store_state s;

	if (fd < 0 || store_state_read(fd, &s) < 0)
		return 0;
	will.users_base = c->jail->state.record.users_base;
	will.users_count = c->jail->state.record.users_count;
	/* Limits are not refused but lowered with it. */
	memcpy(will.limit, s.record.limit, sizeof(will.limit));
	v = policy_within(&s.record, &will);
	if (v.allowed && !view_hides_more(c->view_was, c->view_will))
		return 0;
	if (v.allowed) {
		(void)jail_error_set(
		    k->err, EBUSY, "its child %s.%s runs, in which it would not be covered", c->jail->name, child);
		jail_error_param(k->err, "path.hide");
		return jail_error_hint(k->err, EBUSY, "remove the child first");
	}
	(void)jail_error_set(
	    k->err, EBUSY, "its child %s.%s has more (%s)", c->jail->name, child, policy_rule_name(v.rule));
	return jail_error_hint(k->err, EBUSY, "change or remove the child first");
}

static int check_children(const struct change *c, struct jail_error *err)
{
	struct child_check k = {.change = c, .err = err};

	return tree_children(c->jail->dirfd, check_child, &k);
}

/* Before anything is set that outlives the jail, it stands in the kernel that there is something to clean. */
static int note_leftover(const struct change *c, struct jail_error *err)
{
	struct store_state s = c->jail->state;
	int r;

	if (!view_leaves(c->will))
		return 0;
	r = disk_by_project(c->will) ? host_places_note(c->jail->dirfd, HOST_PLACE_LIMITED) : 0;
	s.flags |= STORE_F_LEFTOVER;
	if (r == 0 && s.flags != c->jail->state.flags)
		r = store_state_write(c->jail->dirfd, &s);
	return r < 0 ? jail_error_sys(err, -r, "cannot record that it will leave something") : 0;
}

/* What groups hold, then what must be done inside. */
static int change_limited(
    struct change *c, const struct jail_params *params, const struct jail_options *opts, struct jail_error *err)
{
	struct members_freeze freeze = MEMBERS_FREEZE_NONE;
	int r = group_change(&c->jail->tree, c->jail->name, c->was, c->will, params, opts, err);

	if (r < 0)
		return r;
	c->limited = true;
	if (mounts_change_freezes(&c->mounts) || view_changes_devices(c->view_was, c->view_will))
		r = members_freeze(&c->jail->tree, c->jail->name, &freeze, err);
	if (r == 0)
		r = errand_run(change_inside, c, err);
	members_thaw(&freeze);
	/* Its process 1 may have been what the kernel killed for less memory. */
	return r < 0 && process_ends(c->jail->pidfd, -r) ? running_none(c->jail->name, err) : r;
}

static int change(struct change *c, const struct jail_params *old, const struct jail_params *params,
    const struct jail_options *opts, struct jail_error *err)
{
	_cleanup_close_ int users_fd = -1;
	int r = check_static(c, err);

	if (r == 0)
		r = limit_check(c->will, err);
	if (r == 0)
		r = watching_check_running(c->jail->dirfd, &c->jail->state, c->will, group_kills(&c->jail->tree), err);
	if (r < 0)
		return r;
	if ((c->jail->state.record.flags & POLICY_F_HOST_USERS) == 0) {
		users_fd = users_open(c->jail->dirfd, &c->jail->state);
		if (users_fd < 0)
			return jail_error_sys(err, -users_fd, "cannot open its user namespace");
	}
	c->users_fd = users_fd;
	r = parent_open(&c->jail->tree, c->jail->name, &c->parent, err);
	if (r == 0)
		r = prepare_view(c, old, params, err);
	if (r == 0)
		r = plan_check_devices(c->will, parent_record(&c->parent), err);
	if (r == 0)
		r = check_lost_device(c, err);
	if (r == 0)
		r = check_children(c, err);
	if (r == 0)
		r = note_leftover(c, err);
	if (r == 0)
		r = mounts_change_begin(&c->mounts, c->jail->dirfd, c->jail->pidfd, c->view_was, c->view_will, c->view,
		    c->parent.root, mounts_inside(c->jail), err);
	if (r == 0)
		r = limit_change(c->jail, c->will, &c->will->record, err);
	if (r == 0 && (r = change_limited(c, params, opts, err)) < 0)
		limit_change_back(c->jail, c->will, &c->will->record);
	view_free(c->view);
	plan_free(c->seen[0]);
	plan_free(c->seen[1]);
	parent_close(&c->parent);
	return r;
}

/* The two that only the reaper can change listen to signals (jail-init(8)). */
static void tell_init(const struct change *c)
{
	if ((c->jail->state.flags & STORE_F_INIT) == 0)
		return;
	if (c->was->restart != c->will->restart)
		(void)sys_pidfd_send_signal(c->jail->pidfd, CHANNEL_SIGNAL_RESTART + (int)c->will->restart);
	if (c->was->persist != c->will->persist)
		(void)sys_pidfd_send_signal(
		    c->jail->pidfd, c->will->persist ? CHANNEL_SIGNAL_PERSIST : CHANNEL_SIGNAL_NO_PERSIST);
}

static int record(const struct change *c, const struct jail_params *params, struct jail_error *err)
{
	struct running *jail = c->jail;
	struct store_state s = jail->state;
	int r;

	s.record.children_max = c->will->record.children_max;
	s.record.ndevices = c->will->record.ndevices;
	memcpy(s.record.device, c->will->record.device, sizeof(s.record.device));
	s.record.flags = c->will->record.flags;
	memcpy(s.record.limit, c->will->record.limit, sizeof(s.record.limit));
	s.flags = (s.flags & ~(STORE_F_PERSIST | STORE_F_WATCHED)) | (c->will->persist ? STORE_F_PERSIST : 0) |
		  (view_leaves(c->will) ? STORE_F_LEFTOVER : 0) | (watching_any(c->will) ? STORE_F_WATCHED : 0);
	r = store_params_write(jail->dirfd, params);
	if (r == 0)
		r = store_state_write(jail->dirfd, &s);
	if (r == 0 && c->was->persist != c->will->persist) {
		_cleanup_lock_ int all = -1;

		r = lock_all(&jail->tree, &all);
		if (r < 0)
			return lock_failed(&jail->tree, NULL, r, err);
		r = c->will->persist ? store_check_drop(&jail->tree, jail->name)
				     : store_check_add(&jail->tree, jail->name);
	}
	return r < 0 ? jail_error_sys(err, -r, "cannot record the change") : 0;
}

/* Lock a running jail, and see that meanwhile nobody has changed it, nor put another in its place. */
static int lock_unchanged(struct running *jail, const struct jail_params *old, int *ret_lock, struct jail_error *err)
{
	_cleanup_close_ int dirfd = -1;
	int same, r = lock_jail(&jail->tree, jail->name, LOCK_WAIT_MS, &dirfd, ret_lock);

	if (r == -ENOENT)
		return -ESTALE;
	if (r < 0)
		return lock_failed(&jail->tree, jail->name, r, err);
	if (!tree_jail_is(&jail->tree, jail->name, jail->dirfd) || process_ended(jail->pidfd))
		return -ESTALE;
	same = store_params_same(jail->dirfd, old);
	if (same < 0)
		return jail_error_sys(err, -same, "cannot read its parameters");
	r = store_state_read(jail->dirfd, &jail->state);
	if (r < 0)
		return jail_error_sys(err, -r, "cannot read its state");
	return same != 0 && jail->state.phase == STORE_RUNNING ? 0 : -ESTALE;
}

int port_change(const char *name, const struct plan *was, struct plan *will, const struct jail_params *old,
    const struct jail_params *params, const struct jail_options *opts, struct jail_error *err)
{
	struct running jail = RUNNING_NONE;
	struct change c = {
	    .jail = &jail, .was = was, .will = will, .users_fd = -1, .parent = PARENT_NONE, .mounts = {.jailfd = -1}};
	_cleanup_lock_ int lock = -1;
	int r = running_open(name, &jail, err);

	if (r < 0)
		return r;
	r = lock_unchanged(&jail, old, &lock, err);
	if (r == 0)
		r = change(&c, old, params, opts, err);
	if (r == 0)
		r = record(&c, params, err);
	mounts_change_end(&c.mounts, r == 0);
	if (r < 0 && c.limited)
		(void)group_change(&jail.tree, jail.name, will, was, params, NULL, NULL);
	if (r == 0)
		tell_init(&c);
	/* The last thing: it may end the jail at once. */
	if (r == 0 && (jail.state.flags & STORE_F_INIT) != 0)
		r = watching_change(jail.dirfd, &jail.state, jail.pidfd, will, &will->record, err);
	if (r < 0)
		jail_error_jail(err, name);
	running_close(&jail);
	return r;
}

int port_record(const char *name, struct policy_record *ret, struct jail_error *err)
{
	struct running jail = RUNNING_NONE;
	int r = running_open(name, &jail, err);

	if (r < 0)
		return r;
	*ret = jail.state.record;
	running_close(&jail);
	return 0;
}

int port_params(const char *name, struct jail_params **ret, int *ret_jid, struct jail_error *err)
{
	struct running jail = RUNNING_NONE;
	int r = running_open(name, &jail, err);

	if (r < 0)
		return r;
	r = store_params_read(jail.dirfd, ret);
	if (r == 0 && ret_jid != NULL)
		*ret_jid = (int)jail.state.jid;
	running_close(&jail);
	return r < 0 ? jail_error_sys(err, -r, "cannot read its parameters") : 0;
}

struct child_call {
	int (*fn)(void *arg, const char *name);
	void *arg;
	const char *parent;
};

static int call_child(void *arg, const char *child)
{
	const struct child_call *c = arg;
	char name[JAIL_NAME_MAX + 1];

	if ((size_t)snprintf(name, sizeof(name), "%s.%s", c->parent, child) >= sizeof(name))
		return -ENAMETOOLONG;
	return c->fn(c->arg, name);
}

int port_children(const char *name, int (*fn)(void *arg, const char *name), void *arg)
{
	struct running jail = RUNNING_NONE;
	struct child_call c = {.fn = fn, .arg = arg, .parent = name};
	int r = running_open(name, &jail, NULL);

	if (r < 0)
		return 0;
	r = tree_children(jail.dirfd, call_child, &c);
	running_close(&jail);
	return r;
}

/* Process 1 gets it, and passes it on to all that it can see: a number read from outside could be another's by now. */
int port_terminate(const char *name, unsigned timeout, struct jail_error *err)
{
	struct running jail = RUNNING_NONE;
	struct pollfd p = {.events = POLLIN};
	int r = running_open(name, &jail, NULL);

	if (r < 0)
		return 0; /* it has ended by itself */
	if (timeout == 0) {
		running_close(&jail);
		return 0;
	}
	(void)sys_pidfd_send_signal(jail.pidfd, SIGTERM);
	p.fd = jail.pidfd;
	do
		r = poll(&p, 1, timeout > 2000000 ? -1 : (int)timeout * 1000);
	while (r < 0 && errno == EINTR);
	running_close(&jail);
	return r == 0 ? jail_error_set(err, ETIMEDOUT, "some of its processes did not end within %u s", timeout) : 0;
}

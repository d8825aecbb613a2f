/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * create_name.c: a jail's name: its control group, its number, its user ids and its first state, taken together under
 * the lock of all jails, and given back. It may not know how the jail is built.
 */
#include <stdio.h>
#include <time.h>

#include "creation.h"
#include "error.h"
#include "jail/lock.h"
#include "range.h"
#include "remove.h"
#include "sys.h"
#include "upper.h"
#include "watching.h"

static int take_range(struct port_jail *j, struct jail_error *err)
{
	struct policy_record *record = &j->plan->record;
	int r;

	if (creation_flag(j, POLICY_F_HOST_USERS))
		return 0;
	if (parent_has_users(&j->parent)) {
		if (j->plan->users_fixed)
			return 0; /* plan_make() has held it within the parent's */
		r = range_take_child(
		    j->parent.dirfd, &j->parent.state.record, record->users_count, &record->users_base);
		if (r == -ENOSPC) {
			(void)jail_error_set(err, ENOSPC, "its parent %s has no %u user ids left for a child",
			    j->parent.name, record->users_count);
			jail_error_param(err, "users.count");
			return jail_error_hint(
			    err, ENOSPC, "create %s with a larger children.max or users.count", j->parent.name);
		}
		return r < 0 ? jail_error_sys(err, -r, "cannot find user ids") : 0;
	}
	r = j->plan->users_fixed ? range_take_fixed(&j->tree, record->users_base, record->users_count)
				 : range_take(&j->tree, record->users_count, &record->users_base);
	if (r < 0) {
		(void)jail_error_set(err, -r, "%s",
		    r == -EADDRINUSE ? "another jail has some of these user ids" : "no user ids are left");
		jail_error_param(err, j->plan->users_fixed ? "users.base" : "users.count");
		return r;
	}
	j->state.range_base = record->users_base;
	j->state.range_count = record->users_count;
	return 0;
}

/*
 * May the parent have one more? The policy core says. The lock of all jails is held, so that two can't both be the
 * last, and that none is made in one that is being removed.
 */
static int ask_parent(const struct port_jail *j, struct jail_error *err)
{
	struct policy_subject parent = {.record = &j->parent.state.record, .jail = j->parent.state.jid};
	struct policy_object child = {0};
	struct store_state now;

	if (parent_record(&j->parent) == NULL)
		return 0;
	if (store_state_read(j->parent.dirfd, &now) < 0 || now.phase != STORE_RUNNING)
		return parent_ended(&j->parent, err);
	child.number = tree_child_count(j->parent.dirfd);
	if (policy_decide(parent, POLICY_OP_CHILD_CREATE, &child).allowed)
		return 0;
	(void)jail_error_set(err, EPERM, "%s may have %u child jails and has %llu", j->parent.name,
	    j->parent.state.record.children_max, (unsigned long long)child.number);
	jail_error_param(err, "children.max");
	return jail_error_hint(err, EPERM, "raise children.max of %s", j->parent.name);
}

/* Who has neither a name nor a number is named by the next free number. */
static int choose_name(struct port_jail *j, struct jail_error *err)
{
	uint32_t jid;
	int r;

	if (j->plan->name[0] != '\0')
		return 0;
	r = store_jid_choose(&j->tree, 0, &jid);
	if (r < 0)
		return jail_error_sys(err, -r, "cannot give it a number");
	j->plan->jid = (int)jid;
	(void)snprintf(j->plan->name, PLAN_NUMBER_SIZE, "%d", j->plan->jid);
	return 0;
}

/* The directory, its lock, the number, the ids and the first state, in one go under the root's lock. */
static int take_name_locked(struct port_jail *j, struct jail_error *err)
{
	const char *name = j->plan->name;
	int r = ask_parent(j, err);

	if (r == 0)
		r = choose_name(j, err);
	if (r == 0 && (j->state.flags & STORE_F_LEFTOVER) != 0)
		r = upper_check(&j->tree, &j->places, err);
	if (r < 0)
		return r;
	r = store_check_add(&j->tree, name);
	if (r == 0)
		r = tree_jail_make(&j->tree, name, &j->dirfd);
	if (r < 0)
		return r == -EEXIST ? r : jail_error_sys(err, -r, "cannot make its control group");
	j->named = true;
	r = lock_directory(&j->tree, j->dirfd, 0, &j->lock);
	if (r == 0)
		r = store_jid_choose(&j->tree, (uint32_t)j->plan->jid, &j->state.jid);
	if (r < 0) {
		if (r != -EEXIST)
			return jail_error_sys(err, -r, "cannot give it a number");
		(void)jail_error_set(err, EADDRINUSE, "number %d is another jail's", j->plan->jid);
		jail_error_param(err, "jid");
		return jail_error_exit(err, EADDRINUSE, 73);
	}
	r = take_range(j, err);
	if (r < 0)
		return r;
	j->state.record = j->plan->record;
	/* Before another jail may be told that nobody else writes there, or anything is left there to clean up. */
	r = host_places_write(j->dirfd, &j->places);
	if (r == 0)
		r = store_state_write(j->dirfd, &j->state);
	if (r == 0)
		r = store_jid_index(&j->tree, j->state.jid, name);
	return r < 0 ? jail_error_sys(err, -r, "cannot record it in its control group") : 0;
}

int creation_name_take(struct port_jail *j, struct jail_error *err)
{
	struct timespec now;
	int r;

	/* The C library's function would first look for a faster way, which takes longer than one call. */
	(void)syscall(SYS_clock_gettime, CLOCK_REALTIME, &now);
	j->state = (struct store_state){
	    .version = STORE_VERSION,
	    .size = sizeof(j->state),
	    .phase = STORE_CREATING,
	    .created = (uint64_t)now.tv_sec,
	    .flags = (j->plan->persist ? STORE_F_PERSIST : 0) | (j->plan->init ? STORE_F_INIT : 0) |
		     (view_leaves(j->plan) ? STORE_F_LEFTOVER : 0) | (watching_any(j->plan) ? STORE_F_WATCHED : 0),
	};
	for (;;) {
		_cleanup_lock_ int all = -1;

		r = lock_all(&j->tree, &all);
		if (r < 0)
			return lock_failed(&j->tree, NULL, r, err);
		r = take_name_locked(j, err);
		all = lock_end(all);
		/*
		 * One of that name that is over, or that somebody began and did not finish, makes room; for one that is
		 * being made or removed we wait.
		 */
		if (r != -EEXIST)
			break;
		r = remove_if_over(&j->tree, j->plan->name, true, err);
		if (r < 0)
			return r;
		if (r == 0) {
			r = -EEXIST;
			break;
		}
	}
	if (r == -EEXIST) {
		(void)jail_error_set(err, EEXIST, "there is a jail of that name already");
		(void)jail_error_hint(err, EEXIST, "change it with jail -m, or remove it first with jail -r");
	}
	return r;
}

void creation_name_drop(struct port_jail *j)
{
	if (j->named)
		(void)remove_jail(&j->tree, j->plan->name, j->dirfd, KILL_WAIT_MS, NULL);
	j->named = false;
}

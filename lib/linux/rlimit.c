/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rlimit.c: see rlimit.h. It may not know what else a jail is held to.
 */
#include "rlimit.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "ceiling.h"
#include "check.h"
#include "error.h"
#include "jail/members.h"
#include "store.h"
#include "sys/owner.h"

static const struct {
	enum policy_limit limit;
	int resource;
} table[] = {
    {POLICY_L_OPENFILES, RLIMIT_NOFILE},
    {POLICY_L_FSIZE, RLIMIT_FSIZE},
    {POLICY_L_COREDUMPSIZE, RLIMIT_CORE},
    {POLICY_L_DATASIZE, RLIMIT_DATA},
    {POLICY_L_STACKSIZE, RLIMIT_STACK},
    {POLICY_L_VMEMORYUSE, RLIMIT_AS},
    {POLICY_L_MEMORYLOCKED, RLIMIT_MEMLOCK},
};

bool rlimit_is(enum policy_limit limit)
{
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (table[i].limit == limit)
			return true;
	return false;
}

static int failed(struct jail_error *err, enum policy_limit limit, int errnum)
{
	char param[64];

	(void)snprintf(param, sizeof(param), "limit.%s", policy_limit_name(limit));
	(void)jail_error_sys(err, errnum, "setrlimit");
	jail_error_param(err, param);
	return -errnum;
}

int rlimit_apply(const struct policy_record *record, struct jail_error *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		uint64_t value = record->limit[table[i].limit];
		struct rlimit now, want = {.rlim_cur = value, .rlim_max = value};

		if (value == POLICY_UNLIMITED)
			continue;
		if (getrlimit(table[i].resource, &now) < 0)
			return failed(err, table[i].limit, errno);
		if (now.rlim_max < value)
			want.rlim_max = now.rlim_max;
		if (now.rlim_cur < value && now.rlim_cur < want.rlim_cur)
			want.rlim_cur = now.rlim_cur;
		if (setrlimit(table[i].resource, &want) < 0)
			return failed(err, table[i].limit, errno);
	}
	return 0;
}

/* What is written for `value`: without one, what this process has itself. */
static int wanted(int resource, uint64_t value, struct rlimit *ret)
{
	if (value == POLICY_UNLIMITED)
		return getrlimit(resource, ret) < 0 ? negative_errno() : 0;
	*ret = (struct rlimit){.rlim_cur = value, .rlim_max = value};
	return 0;
}

int rlimit_check(const struct policy_record *was, const struct policy_record *will, struct jail_error *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		enum policy_limit l = table[i].limit;
		char param[64];

		if (will->limit[l] <= was->limit[l] || check_capable(CAP_SYS_RESOURCE))
			continue;
		(void)snprintf(param, sizeof(param), "limit.%s", policy_limit_name(l));
		(void)jail_error_set(
		    err, ENOTSUP, "it can't be raised for processes that run: CAP_SYS_RESOURCE is missing");
		jail_error_param(err, param);
		return jail_error_hint(err, ENOTSUP, "restart the jail with it: jail -rc");
	}
	return 0;
}

/* A process that has ended has none. */
static int change_process(const struct member *m, int resource, const struct rlimit *want)
{
	if (!member_lives(m) || prlimit(m->pid, (__typeof__(RLIMIT_AS))resource, want, NULL) == 0 || errno == ESRCH)
		return 0;
	return negative_errno();
}

struct changing {
	const struct policy_record *was, *will;
	enum policy_limit limit; /* that failed */
};

static int change_one(void *arg, const struct member *m)
{
	struct changing *c = arg;

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		struct rlimit want;
		int r;

		c->limit = table[i].limit;
		if (c->was->limit[c->limit] == c->will->limit[c->limit])
			continue;
		r = wanted(table[i].resource, c->will->limit[c->limit], &want);
		if (r == 0)
			r = change_process(m, table[i].resource, &want);
		if (r < 0)
			return r;
	}
	return 0;
}

static bool differ(const struct policy_record *was, const struct policy_record *will)
{
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (was->limit[table[i].limit] != will->limit[table[i].limit])
			return true;
	return false;
}

/*
 * Without CAP_SYS_RESOURCE this process may not limit another user's processes. As the owner of the outermost jail's
 * users it may, as long as it raises nothing.
 */
static int change_as_owner(int jailfd, int outermostfd, struct changing *c)
{
	struct store_state outermost;
	struct owner_before was;
	int r = store_state_read(outermostfd, &outermost);

	if (r == 0 && (outermost.record.flags & POLICY_F_HOST_USERS) != 0)
		return members_each(jailfd, 0, change_one, c);
	if (r == 0)
		r = owner_become(ceiling_owner(outermost.record.users_base), &was);
	if (r < 0)
		return r;
	r = members_each(jailfd, 0, change_one, c);
	owner_restore(&was);
	return r;
}

/* prlimit(2) takes a number: nobody inside may end, and so free one, while they are used, nor fork. */
int rlimit_change(const struct tree *t, const char *name, int jailfd, const struct policy_record *was,
    const struct policy_record *will, struct jail_error *err)
{
	struct members_freeze frozen = MEMBERS_FREEZE_NONE;
	struct changing c = {.was = was, .will = will};
	int r = differ(was, will) ? members_freeze(t, name, &frozen, err) : 1;

	if (r != 0)
		return r < 0 ? r : 0;
	if (check_capable(CAP_SYS_RESOURCE))
		r = members_each(jailfd, 0, change_one, &c);
	else
		r = change_as_owner(jailfd, frozen.fd, &c);
	members_thaw(&frozen);
	return r < 0 ? failed(err, c.limit, -r) : 0;
}

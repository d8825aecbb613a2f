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

#include "check.h"
#include "error.h"
#include "process.h"
#include "sys.h"

#define PASSES_MAX 1000 /* a jail that forks faster than this walks is still caught: what is forked has the limit */

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

/* 1: it had another one. Who has ended meanwhile has none. */
static int change_process(pid_t pid, int resource, const struct rlimit *want)
{
	struct rlimit now;

	if (prlimit(pid, (__typeof__(RLIMIT_AS))resource, NULL, &now) < 0)
		return errno == ESRCH ? 0 : negative_errno();
	if (now.rlim_cur == want->rlim_cur && now.rlim_max == want->rlim_max)
		return 0;
	if (prlimit(pid, (__typeof__(RLIMIT_AS))resource, want, NULL) < 0)
		return errno == ESRCH ? 0 : negative_errno();
	return 1;
}

struct changing {
	const struct policy_record *was, *will;
	unsigned changed;
	enum policy_limit limit; /* that failed */
};

/* The number is the process's for as long as it has not ended: looked at afterwards. */
static int change_one(struct changing *c, pid_t pid)
{
	_cleanup_close_ int pidfd = sys_pidfd_open(pid);

	if (pidfd < 0)
		return errno == ESRCH ? 0 : negative_errno();
	if (process_ended(pidfd))
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		struct rlimit want;
		int r;

		c->limit = table[i].limit;
		if (c->was->limit[c->limit] == c->will->limit[c->limit])
			continue;
		r = wanted(table[i].resource, c->will->limit[c->limit], &want);
		if (r == 0)
			r = change_process(pid, table[i].resource, &want);
		if (r < 0)
			return r;
		c->changed += (unsigned)r;
	}
	return 0;
}

static int one_pass(struct changing *c, int jailfd, const char *file)
{
	char text[8192], *at = text;
	_cleanup_close_ int fd = openat(jailfd, file, O_RDONLY | O_CLOEXEC);
	size_t kept = 0;
	ssize_t n;

	if (fd < 0)
		return errno == ENOENT || errno == ENODEV ? 0 : negative_errno();
	while ((n = read(fd, text + kept, sizeof(text) - 1 - kept)) > 0) {
		char *end;

		text[kept + (size_t)n] = '\0';
		for (at = text; (end = strchr(at, '\n')) != NULL; at = end + 1) {
			int r = change_one(c, (pid_t)strtol(at, NULL, 10));

			if (r < 0)
				return r;
		}
		kept = strlen(at);
		memmove(text, at, kept + 1);
	}
	return n < 0 && errno != ENODEV ? negative_errno() : 0;
}

/* What is forked by one that has the limit has it too: when a pass finds none without it, there is none. */
int rlimit_change(int jailfd, const struct policy_record *was, const struct policy_record *will, struct jail_error *err)
{
	struct changing c = {.was = was, .will = will};

	for (unsigned pass = 0; pass < PASSES_MAX; pass++) {
		int r;

		c.changed = 0;
		r = one_pass(&c, jailfd, "cgroup.procs");
		if (r == 0)
			r = one_pass(&c, jailfd, ".self/cgroup.procs");
		if (r < 0)
			return failed(err, c.limit, -r);
		if (c.changed == 0)
			return 0;
	}
	return jail_error_set(err, EBUSY, "its processes multiply faster than they can be limited");
}

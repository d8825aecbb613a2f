/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * group_realtime.c: what has real-time scheduling stands before all shares and quotas of processors: version 2's
 * controller "cpu" lets it run on and counts it only, version 1's takes it into none of its groups (EINVAL;
 * Documentation/scheduler/sched-rt-group.rst of the kernel). So whoever comes into a jail with such a limit, and was
 * given real-time scheduling by whoever started the tool, goes on with ordinary scheduling.
 */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "error.h"
#include "group_parts.h"
#include "jail/members.h"

/* The system calls themselves: musl has no functions for them. */
static bool is_realtime(pid_t tid)
{
	long policy = syscall(SYS_sched_getscheduler, tid);

	if (policy < 0)
		return false;
	policy &= ~(long)SCHED_RESET_ON_FORK;
	return policy == SCHED_FIFO || policy == SCHED_RR || policy == SCHED_DEADLINE;
}

static int make_ordinary(void *arg, pid_t tid)
{
	const struct sched_param p = {.sched_priority = 0};

	(void)arg;
	if (!is_realtime(tid) || syscall(SYS_sched_setscheduler, tid, SCHED_OTHER, &p) == 0 || errno == ESRCH)
		return 0;
	return negative_errno();
}

/* The jail or one above, in version 2: the kernel is asked. */
static bool is_limited(const struct tree *t, const char *name)
{
	char at[JAIL_NAME_MAX + 1], path[JAIL_NAME_MAX + 16], text[64];

	tree_relative(name, at);
	for (;;) {
		char *slash = strrchr(at, '/');

		(void)snprintf(path, sizeof(path), "%s/cpu.max", at);
		if (group_read(t->fd, path, text, sizeof(text)) == 0 && strncmp(text, "max", 3) != 0)
			return true;
		(void)snprintf(path, sizeof(path), "%s/cpu.weight", at);
		if (group_read(t->fd, path, text, sizeof(text)) == 0 && strcmp(text, "100") != 0)
			return true;
		if (slash == NULL)
			return false;
		*slash = '\0';
	}
}

bool group_realtime_matters(const struct tree *t, const char *name)
{
	return is_realtime(0) && is_limited(t, name);
}

int group_realtime_end(const struct tree *t, const char *name, pid_t pid, bool joins)
{
	return is_realtime(pid) && (joins || is_limited(t, name)) ? make_ordinary(NULL, pid) : 0;
}

static int end_process(void *arg, const struct member *m)
{
	(void)arg;
	return member_threads(m, make_ordinary, NULL);
}

int group_realtime_end_all(const struct tree *t, const char *name, struct jail_error *err)
{
	struct members_freeze frozen = MEMBERS_FREEZE_NONE;
	_cleanup_close_ int fd = -1;
	int r = tree_jail_open(t, name, &fd);

	if (r < 0)
		return r == -ENOENT ? 0 : jail_error_sys(err, -r, "cannot open its control group");
	r = members_freeze(t, name, &frozen, err);
	if (r < 0)
		return r;
	r = members_each(fd, MEMBERS_BENEATH, end_process, NULL);
	members_thaw(&frozen);
	return r < 0 ? jail_error_sys(err, -r, "cannot end the real-time scheduling of its processes") : 0;
}

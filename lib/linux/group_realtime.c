/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * group_realtime.c: what has real-time scheduling stands before all shares and quotas of processors: version 2's
 * controller "cpu" lets it run on and counts it only, version 1's takes it into none of its groups (EINVAL;
 * Documentation/scheduler/sched-rt-group.rst of the kernel). A process that comes into a jail leaves it behind
 * (sys/inherited.h); here is what has to be done for a process that others hold: one that is put into such a group
 * before it came so far, and those of a running jail that gets such a limit.
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

int group_realtime_end(pid_t pid)
{
	return make_ordinary(NULL, pid);
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

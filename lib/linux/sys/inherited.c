/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * inherited.c: see inherited.h. One call looks at each, and only what differs is written. It may not know what a jail
 * is.
 */
#include "inherited.h"

#include <fcntl.h>
#include <linux/ioprio.h>
#include <sched.h>
#include <signal.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../../util.h"
#include "../error.h"

/* linux/prctl.h of Linux 6.4 and 5.14, which the oldest headers that we build with do not have. */
#ifndef PR_SCHED_CORE
#define PR_SCHED_CORE 62
#define PR_SCHED_CORE_GET 0
#define PR_SCHED_CORE_CREATE 1
#endif
#ifndef PR_SET_MEMORY_MERGE
#define PR_SET_MEMORY_MERGE 67
#define PR_GET_MEMORY_MERGE 68
#endif

#define TIMER_SLACK 50000 /* nanoseconds, of init_task */
#define NICE_NONE 20	  /* as the system call says it: 20 - nice */
#define PERSONALITY_GET 0xffffffffUL
#define MEMPOLICY_DEFAULT 0 /* MPOL_DEFAULT of linux/mempolicy.h */

/* The system calls themselves: musl has no functions for some of them. */
static int reset_scheduling(struct jail_error *err)
{
	const struct sched_param p = {.sched_priority = 0};
	long policy = syscall(SYS_sched_getscheduler, 0) & ~(long)SCHED_RESET_ON_FORK;

	if ((policy == SCHED_FIFO || policy == SCHED_RR || policy == SCHED_DEADLINE) &&
	    syscall(SYS_sched_setscheduler, 0, SCHED_OTHER, &p) < 0)
		return jail_error_sys(err, errno, "cannot leave the caller's real-time scheduling");
	if (syscall(SYS_getpriority, PRIO_PROCESS, 0) > NICE_NONE && syscall(SYS_setpriority, PRIO_PROCESS, 0, 0) < 0)
		return jail_error_sys(err, errno, "cannot leave the caller's nice value");
	return 0;
}

static int reset_io(struct jail_error *err)
{
	long now = syscall(SYS_ioprio_get, IOPRIO_WHO_PROCESS, 0);
	bool high = now >= 0 && (IOPRIO_PRIO_CLASS(now) == IOPRIO_CLASS_RT ||
				    (IOPRIO_PRIO_CLASS(now) == IOPRIO_CLASS_BE && IOPRIO_PRIO_DATA(now) < IOPRIO_NORM));

	if (high && syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, IOPRIO_PRIO_VALUE(IOPRIO_CLASS_NONE, 0)) < 0)
		return jail_error_sys(err, errno, "cannot leave the caller's I/O priority");
	return 0;
}

/* A kernel without one of these has nothing to reset. */
static int reset_process(struct jail_error *err)
{
	unsigned long cookie = 0;

	if (prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0) != TIMER_SLACK && prctl(PR_SET_TIMERSLACK, TIMER_SLACK, 0, 0, 0) < 0)
		return jail_error_sys(err, errno, "cannot leave the caller's timer slack");
	if (personality(PERSONALITY_GET) != PER_LINUX && personality(PER_LINUX) < 0)
		return jail_error_sys(err, errno, "cannot leave the caller's personality");
	if (prctl(PR_MCE_KILL_GET, 0, 0, 0, 0) != PR_MCE_KILL_DEFAULT &&
	    prctl(PR_MCE_KILL, PR_MCE_KILL_CLEAR, 0, 0, 0) < 0 && errno != EINVAL)
		return jail_error_sys(err, errno, "cannot leave the caller's PR_MCE_KILL");
	if (prctl(PR_GET_IO_FLUSHER, 0, 0, 0, 0) == 1 && prctl(PR_SET_IO_FLUSHER, 0, 0, 0, 0) < 0)
		return jail_error_sys(err, errno, "cannot leave the caller's PR_SET_IO_FLUSHER");
	/* A group of its own: what shares the caller's shares a core with it. */
	if (prctl(PR_SCHED_CORE, PR_SCHED_CORE_GET, 0, 0, &cookie) == 0 && cookie != 0 &&
	    prctl(PR_SCHED_CORE, PR_SCHED_CORE_CREATE, 0, 0, 0) < 0)
		return jail_error_sys(err, errno, "cannot leave the caller's core scheduling group");
	return 0;
}

static int reset_memory(struct jail_error *err)
{
	if (syscall(SYS_set_mempolicy, MEMPOLICY_DEFAULT, NULL, 0) < 0 && errno != ENOSYS)
		return jail_error_sys(err, errno, "cannot leave the caller's memory policy");
	if (prctl(PR_GET_MEMORY_MERGE, 0, 0, 0, 0) == 1 && prctl(PR_SET_MEMORY_MERGE, 0, 0, 0, 0) < 0)
		return jail_error_sys(err, errno, "cannot leave the caller's PR_SET_MEMORY_MERGE");
	if (prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0) > 0 && prctl(PR_SET_THP_DISABLE, 0, 0, 0, 0) < 0)
		return jail_error_sys(err, errno, "cannot leave the caller's PR_SET_THP_DISABLE");
	return 0;
}

/*
 * Written also when it is 0 already: with CAP_SYS_RESOURCE that makes it the least that the process may set later,
 * which is inherited as well.
 */
static int reset_oom(struct jail_error *err)
{
	_cleanup_close_ int fd = open("/proc/self/oom_score_adj", O_RDWR | O_CLOEXEC);
	char text[16];
	ssize_t n = fd < 0 ? -1 : pread(fd, text, sizeof(text) - 1, 0);

	if (n > 0 && text[0] == '-') {
		text[0] = '0';
		n = 1;
	}
	if (n <= 0 || pwrite(fd, text, (size_t)n, 0) != n)
		return jail_error_sys(err, n == 0 ? EIO : errno, "cannot leave the caller's oom_score_adj");
	return 0;
}

/*
 * Neither clone3(2) nor execve(2) changes what is ignored. These are the ones that shells, service managers and
 * interpreters ignore: a call for each of the 64 would cost more than all else here. What the kernel takes is all zero
 * but for the handler, SIG_DFL, which is zero too.
 */
static int reset_signals(struct jail_error *err)
{
	static const int ignored[] = {SIGHUP, SIGINT, SIGQUIT, SIGPIPE, SIGTERM, SIGCHLD, SIGUSR1, SIGUSR2};
	static const unsigned long normal[4];
	const size_t set_size = 8;

	for (size_t i = 0; i < ARRAY_SIZE(ignored); i++)
		if (syscall(SYS_rt_sigaction, ignored[i], normal, NULL, set_size) < 0)
			return jail_error_sys(err, errno, "cannot reset signal %d", ignored[i]);
	return 0;
}

int inherited_reset(struct jail_error *err)
{
	int r = reset_signals(err);

	if (r == 0)
		r = reset_scheduling(err);

	if (r == 0)
		r = reset_io(err);
	if (r == 0)
		r = reset_process(err);
	if (r == 0)
		r = reset_memory(err);
	return r == 0 ? reset_oom(err) : r;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * errand.c: see errand.h.
 */
#include "errand.h"

#include <poll.h>

#include "channel.h"
#include "error.h"
#include "process.h"
#include "sys.h"
#include "sys/deadline.h"
#include "sys/lock.h"

#define END_MS 3000

static void __attribute__((noreturn)) errand_main(int (*fn)(void *arg, struct jail_error *err), void *arg, int channel)
{
	const struct channel_message ready = {.kind = CHANNEL_READY}, failed = {.kind = CHANNEL_ERROR};
	struct jail_error failure = {0};
	int r;

	/* It may be left behind, in the kernel: then nobody waits for a lock, or for the end of the tool's output. */
	lock_close_copies();
	(void)sys_close_range(0, 2, 0);
	r = fn(arg, &failure);
	(void)channel_send(channel, r < 0 ? &failed : &ready, r < 0 ? &failure : NULL, -1);
	_exit(0);
}

/*
 * A file system of the jail's that does not answer holds whoever looks a name up in it, in the kernel: killed, but not
 * waited for. It ends with that file system.
 */
static int give_up(int pidfd, struct jail_error *err)
{
	struct pollfd p = {.fd = pidfd, .events = POLLIN};

	(void)sys_pidfd_send_signal(pidfd, SIGKILL);
	if (poll(&p, 1, END_MS) > 0)
		(void)process_wait(pidfd, NULL);
	(void)jail_error_set(err, ETIMEDOUT, "it can't be changed inside: a file system there does not answer");
	return jail_error_hint(err, ETIMEDOUT, "end what serves that file system, or remove the jail");
}

int errand_run(int (*fn)(void *arg, struct jail_error *err), void *arg, struct jail_error *err)
{
	_cleanup_close_ int pidfd = -1, ours = -1, theirs = -1;
	struct clone_args args = {.flags = CLONE_PIDFD | CLONE_CLEAR_SIGHAND, .pidfd = (uintptr_t)&pidfd};
	struct channel_message m = {0};
	struct jail_error failure;
	int pair[2], r = channel_pair(pair, err);
	long pid;

	if (r < 0)
		return r;
	ours = pair[0];
	theirs = pair[1];
	pid = sys_clone3(&args);
	if (pid == 0)
		errand_main(fn, arg, theirs);
	if (pid < 0)
		return jail_error_sys(err, errno, "cannot start a process");
	theirs = close_fd(theirs);
	r = channel_receive(ours, DEADLINE_ERRAND_MS, &m, &failure, NULL);
	if (r == -ETIMEDOUT)
		return give_up(pidfd, err);
	(void)process_wait(pidfd, NULL);
	if (r == 0 && m.kind == CHANNEL_READY)
		return 0;
	if (r < 0 || m.kind != CHANNEL_ERROR)
		return jail_error_set(err, EIO, "the process that was to change it was killed");
	if (err != NULL)
		*err = failure;
	return failure.errnum > 0 ? -failure.errnum : -EIO;
}

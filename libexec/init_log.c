/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * init_log.c: the jail's log (exec.consolelog). Programs write to a pipe; this end of the pipe and the file stay with
 * process 1, which nobody inside may trace, and are closed in every child before it becomes a program. No call here
 * waits for a program: process 1 goes on reaping whatever they write or don't read. It may not know what they write.
 */
#include <limits.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "init.h"
#include "sys/pipe_copy.h"
#include "util.h"

int init_log_open(struct init_log *log, const struct init_options *o, const sigset_t *signals)
{
	log->from = o->log_from;
	log->file = o->log_file;
	log->signals = -1;
	if (log->from < 0)
		return 0;
	/* Standard error is the pipe, which is full when nobody but we could empty it. */
	init_complain_to(log->file);
	log->signals = signalfd(-1, signals, SFD_CLOEXEC | SFD_NONBLOCK);
	return log->signals < 0 ? negative_errno() : 0;
}

void init_log_close(struct init_log *log)
{
	if (log->from < 0)
		return;
	init_complain_to(2);
	log->from = close_fd(log->from);
	log->file = close_fd(log->file);
	log->signals = close_fd(log->signals);
}

void init_log_copy(const struct init_log *log)
{
	if (log->from >= 0)
		pipe_copy(log->from, log->file);
}

void init_log_wait(struct init_log *log, int64_t ms)
{
	struct pollfd p[2] = {{.fd = log->from, .events = POLLIN}, {.fd = log->signals, .events = POLLIN}};

	if (poll(p, 2, ms < 0 ? -1 : ms < INT_MAX ? (int)ms : INT_MAX) <= 0 || p[0].revents == 0)
		return;
	init_log_copy(log);
	/* Our own write end was closed when nothing was to be started any more; now the last program's was, too. */
	if (pipe_over(p[0].revents))
		init_log_close(log);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * wait.c: a jail that was made runs its commands: let go, relay terminal and signals, gather how they end. What comes
 * over the channel is taken with care: its other end is inside.
 */
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>

#include "channel.h"
#include "creation.h"
#include "error.h"
#include "jail/lock.h"
#include "process.h"
#include "remove.h"
#include "sys.h"
#include "sys/deadline.h"
#include "terminal.h"
#include "wait.h"

#define EMPTY_WAIT_MS 10000

int port_go(struct port_jail *j, struct jail_error *err)
{
	const struct channel_message go = {.kind = CHANNEL_GO};
	_cleanup_lock_ int all = -1;
	int r = creation_waits(j) ? channel_send(j->channel, &go, NULL, -1) : 0;

	/* From here on it lives without us, and need not be looked at; if that fails, the next command looks once. */
	if (r == 0 && j->plan->persist && lock_all(&j->tree, &all) == 0)
		(void)store_check_drop(&j->tree, j->plan->name);
	/* Others may change or remove it now. */
	j->lock = lock_end(j->lock);
	if (r < 0) {
		(void)jail_error_set(err, EIO, "it ended before its first program");
		jail_error_jail(err, j->plan->name);
		return -EIO;
	}
	return 0;
}

/* Signals that a user ends a command with go to the jail, and the tool waits for what comes of it. */
struct relay {
	int signal_fd;
	sigset_t saved;
};

static int relay_begin(struct relay *r)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGQUIT);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &set, &r->saved) < 0)
		return negative_errno();
	r->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (r->signal_fd < 0) {
		int e = negative_errno();

		(void)sigprocmask(SIG_SETMASK, &r->saved, NULL);
		return e;
	}
	return 0;
}

static void relay_end(struct relay *r)
{
	r->signal_fd = close_fd(r->signal_fd);
	(void)sigprocmask(SIG_SETMASK, &r->saved, NULL);
}

static void relay_signals(const struct relay *r, int pidfd)
{
	struct signalfd_siginfo info;

	while (read(r->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		(void)sys_pidfd_send_signal(pidfd, (int)info.ssi_signo);
		/* A process that somebody inside has stopped takes TERM only when it goes on. */
		if (info.ssi_signo == SIGTERM || info.ssi_signo == SIGHUP)
			(void)sys_pidfd_send_signal(pidfd, SIGCONT);
	}
}

/* Readable when `fd` is, or at `end`: the relay of a terminal waits for one descriptor. `timer` is to be kept open. */
static int open_deadline(int fd, struct deadline end, int *timer)
{
	const struct itimerspec at = {
	    .it_value = {.tv_sec = end.at / 1000, .tv_nsec = (long)(end.at % 1000) * 1000000}};
	struct epoll_event in = {.events = EPOLLIN};
	_cleanup_close_ int both = epoll_create1(EPOLL_CLOEXEC);

	*timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	if (*timer < 0 || both < 0 || timerfd_settime(*timer, TFD_TIMER_ABSTIME, &at, NULL) < 0 ||
	    epoll_ctl(both, EPOLL_CTL_ADD, fd, &in) < 0 || epoll_ctl(both, EPOLL_CTL_ADD, *timer, &in) < 0)
		return negative_errno();
	return take_fd(&both);
}

static int take_output(void *arg, short revents)
{
	struct console_log *log = arg;

	console_log_ready(log, revents);
	return log->from;
}

/* Until `fd` is readable (or hung up). */
static int wait_readable(const struct wait_for *w, const struct relay *relay, struct deadline end)
{
	_cleanup_close_ int deadline = -1, timer = -1;
	struct terminal_beside beside = {.fd = w->log != NULL ? w->log->from : -1, .take = take_output, .arg = w->log};

	if (w->master >= 0 && end.at >= 0 && (deadline = open_deadline(w->fd, end, &timer)) < 0)
		return deadline;
	for (;;) {
		/* The terminal's own way of passing ^C and the like is part of the relay; others interrupt it. */
		int r = w->master >= 0 ? terminal_relay(w->master, deadline >= 0 ? deadline : w->fd, &beside, NULL) : 0;

		if (r < 0 && r != -EINTR)
			return r;

		struct pollfd p[4] = {{.fd = w->fd, .events = POLLIN}, {.fd = relay->signal_fd, .events = POLLIN},
		    {.fd = w->until, .events = POLLIN}, {.fd = beside.fd, .events = POLLIN}};
		int n = poll(p, 4, deadline_left(end));

		if (n < 0 && errno != EINTR)
			return negative_errno();
		if (n == 0)
			return -ETIMEDOUT;
		if (n > 0 && p[1].revents != 0)
			relay_signals(relay, w->pidfd);
		if (n > 0 && p[0].revents != 0)
			return 0;
		if (n > 0 && p[2].revents != 0)
			return -ECANCELED;
		if (n > 0 && p[3].revents != 0)
			beside.fd = beside.take(beside.arg, p[3].revents);
		/* Output that never ends is no reason to wait for longer. */
		if (deadline_over(end))
			return -ETIMEDOUT;
	}
}

int wait_follow(const struct wait_for *w)
{
	struct relay relay;
	int r = relay_begin(&relay);

	if (r < 0)
		return r;
	r = wait_readable(w, &relay, deadline_after(w->timeout > 0 ? (int64_t)w->timeout * 1000 : -1));
	relay_end(&relay);
	return r;
}

static int command_failed(const struct port_jail *j, size_t index, int status, struct jail_error *err)
{
	const char *line = j->plan->start.item[index];

	if (WIFEXITED(status))
		(void)jail_error_set(err, ECANCELED, "\"%s\" exited with status %d", line, WEXITSTATUS(status));
	else
		(void)jail_error_set(err, ECANCELED, "\"%s\" was killed by signal %d", line, WTERMSIG(status));
	jail_error_param(err, "exec.start");
	(void)jail_error_exit(err, ECANCELED, WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	return -ECANCELED;
}

static int timed_out(const struct port_jail *j, size_t index, struct jail_error *err)
{
	const struct plan_strings *of = index < j->plan->start.count ? &j->plan->start : &j->plan->command;
	const char *line = of->item[of == &j->plan->start ? index : 0];

	(void)jail_error_set(err, ETIMEDOUT, "\"%s\" did not end within %u s", line, j->plan->exec_timeout);
	jail_error_param(err, "exec.timeout");
	return -ETIMEDOUT;
}

int creation_killed(const struct port_jail *j, int errnum, const char *when, struct jail_error *err)
{
	static const enum policy_limit ends[] = {POLICY_L_MEMORYUSE, POLICY_L_VMEMORYUSE, POLICY_L_STACKSIZE,
	    POLICY_L_DATASIZE, POLICY_L_CPUTIME, POLICY_L_WALLCLOCK};

	(void)jail_error_set(err, errnum, "its first process was killed %s", when);
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (j->plan->record.limit[ends[i]] != POLICY_UNLIMITED)
			return jail_error_hint(err, errnum, "is limit.%s enough for it?", policy_limit_name(ends[i]));
	return -errnum;
}

/* One message: 1 there is more to wait for, 0 done. */
static int take_message(struct port_jail *j, size_t *done, int *status, struct jail_error *err)
{
	size_t lines = j->plan->start.count, all = lines + (j->plan->command.count > 0);
	struct channel_message m = {0};
	struct jail_error failure;
	int r = channel_receive(j->channel, 0, &m, &failure, NULL);

	if (r == -EPIPE && *done < all)
		return creation_killed(j, ECANCELED, "before its commands had ended", err);
	if (r == -EPIPE)
		return 0;
	if (r < 0)
		return r == -EAGAIN || r == -ETIMEDOUT ? 1
						       : jail_error_sys(err, -r, "its first process is not understood");
	if (m.kind == CHANNEL_ERROR) {
		if (err != NULL)
			*err = failure;
		return failure.errnum > 0 ? -failure.errnum : -EIO;
	}
	if (m.kind == CHANNEL_EMPTY) {
		j->empty = true;
		return 0;
	}
	if (m.kind != CHANNEL_STATUS || m.index != *done || *done >= all)
		return jail_error_set(err, EPROTO, "its first process is not understood");
	if (m.index < lines && m.status != 0)
		return command_failed(j, m.index, m.status, err);
	if (m.index == lines)
		*status = m.status;
	++*done;
	return 1;
}

static int not_started(struct jail_error *err)
{
	return jail_error_set(
	    err, ETIMEDOUT, "its first process had not run its program within %d s", DEADLINE_ENTRY_MS / 1000);
}

/* Nothing to wait for but that the reaper runs. */
static int wait_started(const struct port_jail *j, struct jail_error *err)
{
	struct channel_message m = {0};
	struct jail_error failure;
	int r = channel_receive(j->channel, DEADLINE_ENTRY_MS, &m, &failure, NULL);

	if (r == -ETIMEDOUT)
		return not_started(err);
	if (r == 0 && m.kind == CHANNEL_ERROR) {
		if (err != NULL)
			*err = failure;
		return failure.errnum > 0 ? -failure.errnum : -EIO;
	}
	if (r == -EPIPE)
		return creation_killed(j, EIO, "at its start", err);
	if (r < 0 || m.kind != CHANNEL_READY)
		return jail_error_sys(err, r < 0 ? -r : EPROTO, "its first process is not understood");
	return 0;
}

/* When the command that is about to start has had its time. */
static struct deadline time_up(const struct port_jail *j)
{
	return deadline_after(j->plan->exec_timeout > 0 ? (int64_t)j->plan->exec_timeout * 1000 : -1);
}

/* With the reaper: the statuses it reports, then whether anything is left. Each command has the whole of exec.timeout.
 */
static int wait_init(struct port_jail *j, const struct relay *relay, int *status, struct jail_error *err)
{
	const struct wait_for w = {.fd = j->channel, .pidfd = j->pidfd, .master = j->master, .until = -1};
	size_t done = 0, timed = 0, all = j->plan->start.count + (j->plan->command.count > 0);
	struct deadline end = time_up(j);
	int r;

	if (j->plan->start.count == 0 && (j->plan->command.count == 0 || creation_is_service(j->plan)))
		return wait_started(j, err);
	do {
		if (done != timed)
			end = time_up(j);
		timed = done;
		r = wait_readable(&w, relay, done < all ? end : deadline_after(-1));
		if (r == -ETIMEDOUT)
			return timed_out(j, done, err);
		if (r < 0)
			return jail_error_sys(err, -r, "cannot wait for its commands");
		r = take_message(j, &done, status, err);
	} while (r > 0 && !(creation_is_service(j->plan) && done >= j->plan->start.count));
	return r < 0 ? r : 0;
}

/* Without: the channel closes when the command is executed, and the command is the jail. */
static int wait_command(struct port_jail *j, const struct relay *relay, int *status, struct jail_error *err)
{
	const struct wait_for w = {.fd = j->pidfd, .pidfd = j->pidfd, .master = j->master, .until = -1, .log = &j->log};
	int r = channel_receive(j->channel, DEADLINE_ENTRY_MS, &(struct channel_message){0}, err, NULL);

	if (r == 0)
		return err != NULL && err->errnum > 0 ? -err->errnum : -EIO;
	if (r == -ETIMEDOUT)
		return not_started(err);
	if (r != -EPIPE)
		return jail_error_sys(err, EPROTO, "its first process is not understood");
	r = wait_readable(&w, relay, time_up(j));
	if (r == -ETIMEDOUT)
		return timed_out(j, 0, err);
	if (r == 0)
		r = process_wait(j->pidfd, status);
	/* Another thread has taken it away (process.h). */
	if (r == -ECHILD)
		return jail_error_set(err, ECANCELED, "it was removed while its command ran");
	return r < 0 ? jail_error_sys(err, -r, "cannot wait for its command") : 0;
}

/* What has ended is taken away by who waited for it. */
static int finish(struct port_jail *j, struct jail_error *err)
{
	struct pollfd p = {.fd = j->pidfd, .events = POLLIN};

	/*
	 * Without a reaper the command was waited for. One that has nothing left is about to end; otherwise what is
	 * left inside goes on by itself.
	 */
	if (j->plan->init) {
		if (poll(&p, 1, j->empty ? EMPTY_WAIT_MS : 0) <= 0)
			return 0;
		(void)process_wait(j->pidfd, NULL);
	}
	return remove_if_over(&j->tree, j->plan->name, true, err) < 0 ? -EIO : 0;
}

static int wait_all(struct port_jail *j, const struct relay *relay, int *status, struct jail_error *err)
{
	return j->plan->init ? wait_init(j, relay, status, err) : wait_command(j, relay, status, err);
}

int port_wait(struct port_jail *j, int *ret_status, struct jail_error *err)
{
	struct relay relay;
	int status = 0, r = relay_begin(&relay);

	if (r < 0)
		return jail_error_sys(err, -r, "cannot wait for signals");
	r = wait_all(j, &relay, &status, err);
	relay_end(&relay);
	/* Without a reaper everything inside has ended by now, or is about to be ended. */
	console_log_copy(&j->log);
	if (r == 0)
		r = finish(j, err);
	if (r < 0) {
		jail_error_jail(err, j->plan->name);
		return r;
	}
	*ret_status = status;
	return 0;
}

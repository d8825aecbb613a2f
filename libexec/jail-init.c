/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * jail-init: process 1 of a jail. Starts what the jail was made to run, one after the other, reports how each ended,
 * reaps whatever is orphaned, and ends (and with it the jail) when nothing is left. It lives as long as the jail does,
 * among programs that may be hostile, so: no memory beyond a few pages, no file kept open, nothing read but its
 * arguments, but for a log, what programs write to it. It may not know what a jail is.
 *
 *	jail-init -c FD -e [-u UID:GID[:G1,G2...]] [-d DIR] [-t] [-s] -- ARGV...
 *	jail-init -c FD [-w FD:FD:FD:FD:FD:FD:FD] [-l FD:FD] [-p] [-r never|failure|always] [-u UID:GID[:G1,G2...]] [-d
 *DIR] [-t]
 *[-s]
 *	    [-x LINE]... [-- ARGV...]
 *
 * With -e it is no process 1 but becomes ARGV: what the tool would do itself, from a file that nobody inside can write.
 *
 * The signals of channel.h change -r and -p while it runs.
 *
 * TERM, INT and HUP stop the jail: nothing is started any more, everything gets TERM, and when it is gone this ends.
 */
#include <errno.h>
#include <limits.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>

#include "channel.h"
#include "init.h"
#include "sys.h"
#include "util.h"

#define PAUSE_FIRST 1000 /* before the first restart, in milliseconds; doubled each time */
#define PAUSE_MAX 60000
#define GOOD_RUN 60000 /* after so long a program counts as having worked */
#define KILLED_MS 5    /* how often to look whether what was killed is gone */
#define POLL_MS 200    /* how often to look for processes that are nobody's children here */

struct init {
	struct init_options opt;
	size_t line;	 /* the -x line that runs, or is next; == nlines: ARGV */
	pid_t child;	 /* what was started last; 0 when it has ended */
	bool stopping;	 /* TERM, INT or HUP came, or a limit that ends everything was reached */
	bool killed;	 /* the latter: nothing goes on, and whoever waits is told when it is over */
	bool finished;	 /* everything that was to be started has been, and has ended */
	int status;	 /* wait status of what ended last */
	bool waiting;	 /* for the pause before a restart to be over */
	int64_t started; /* when ARGV was started; with `waiting`: when it is to be started again */
	int pause;	 /* the next one */
	unsigned restarts;
	sigset_t signals; /* blocked, taken one by one */
	struct init_watch watch;
	struct init_log log;
};

static int64_t now_ms(void)
{
	struct timespec now;

	/* Cannot fail: the clock exists since Linux 2.6. */
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int exit_code(int status)
{
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* Tell the tool, as long as there is one. It is gone when this fails; the jail goes on without it. */
static void report(struct init *in, uint32_t kind, uint32_t index, int status)
{
	const struct channel_message m = {.kind = kind, .index = index, .status = status};

	if (in->opt.channel < 0)
		return;
	if (channel_send(in->opt.channel, &m, NULL, -1) == -EPIPE)
		in->opt.channel = close_fd(in->opt.channel);
}

/*
 * Nothing will be started or reported any more: let go of the channel and of the caller's files, or whoever reads from
 * the other end of a pipe would wait for as long as the jail lives.
 */
static void let_go(struct init *in)
{
	/* What is kept are the descriptors of what is looked at. */
	for (int fd = 0; fd <= 2; fd++)
		(void)close(fd);
	in->opt.channel = close_fd(in->opt.channel);
}

/* The tool waits for the first status, or for this: there is none to come, or not before long. */
static void say_that_it_runs(struct init *in)
{
	bool stays = in->opt.argv != NULL ? in->opt.restart != INIT_RESTART_NEVER : in->opt.persist;

	if (in->opt.nlines == 0 && stays)
		report(in, CHANNEL_READY, 0, 0);
}

/*
 * Only 0, 1, 2, the channel, the log and what is looked at are meant to be here; none of the others reaches a program.
 * 0 or -errno.
 */
static int close_others(const struct init_options *o)
{
	int keep[WATCH_SOURCES + 3] = {o->channel, o->log_from, o->log_file}, from = 3;

	memcpy(keep + 3, o->watch, sizeof(o->watch));
	for (;;) {
		int next = INT_MAX;

		for (size_t i = 0; i < ARRAY_SIZE(keep); i++)
			if (keep[i] >= from && keep[i] < next)
				next = keep[i];
		if (next == INT_MAX)
			return sys_close_range((unsigned)from, ~0u, 0) < 0 ? negative_errno() : 0;
		if (next > from && sys_close_range((unsigned)from, (unsigned)next - 1, 0) < 0)
			return negative_errno();
		if (fcntl(next, F_SETFD, FD_CLOEXEC) < 0)
			return negative_errno();
		from = next + 1;
	}
}

/* "jail-init", then "jail-init:3" in every list of processes. */
static void show_name(unsigned n)
{
	char name[16] = "jail-init", digits[5];
	size_t length = strlen(name), i = 0;

	for (n = n < 99999 ? n : 99999; n > 0; n /= 10)
		digits[i++] = (char)('0' + n % 10);
	if (i > 0)
		name[length++] = ':';
	while (i > 0)
		name[length++] = digits[--i];
	name[length] = '\0';
	(void)prctl(PR_SET_NAME, name, 0, 0, 0);
}

/* Start -x line `in->line`, or ARGV behind the last one. */
static int start(struct init *in)
{
	bool command = in->line == in->opt.nlines;
	char shell[] = "/bin/sh", dash_c[] = "-c";
	char *sh[] = {shell, dash_c, command ? NULL : in->opt.lines[in->line], NULL};
	pid_t pid;

	/*
	 * Without a copy of the page tables where nobody but root ever sees our memory: what has become another user
	 * must not share it, not even for the moment until it runs its program. Nor with a log: whoever says there why
	 * a program can't be run waits for room in the pipe, and we make that room.
	 */
	pid = in->opt.has_user || in->log.from >= 0 ? fork() : vfork();
	if (pid == 0 && in->log.from >= 0)
		/* Before exec: it closes descriptors only after the memory has become the program's. */
		init_log_close(&in->log);
	if (pid == 0)
		init_run(&in->opt, command ? in->opt.argv : sh, command);
	if (pid < 0) {
		init_complain("cannot start a process", errno);
		return -1;
	}
	in->child = pid;
	in->started = command ? now_ms() : 0;
	return 0;
}

static void advance(struct init *in);

static void command_ended(struct init *in, int status)
{
	bool failed = status != 0;

	report(in, CHANNEL_STATUS, (uint32_t)in->line, status);
	if (in->stopping || in->opt.restart == INIT_RESTART_NEVER ||
	    (in->opt.restart == INIT_RESTART_FAILURE && !failed)) {
		in->finished = true;
		return;
	}
	if (now_ms() - in->started >= GOOD_RUN)
		in->pause = PAUSE_FIRST;
	in->started = now_ms() + in->pause;
	in->pause = in->pause * 2 < PAUSE_MAX ? in->pause * 2 : PAUSE_MAX;
	in->waiting = true;
}

static void program_ended(struct init *in, int status)
{
	in->child = 0;
	in->status = status;
	/* All that it wrote is in the log before anybody hears that it has ended. */
	init_log_copy(&in->log);
	if (in->line == in->opt.nlines) {
		command_ended(in, status);
		return;
	}
	report(in, CHANNEL_STATUS, (uint32_t)in->line, status);
	/* The end of process 1 is the end of everything in the jail. When stopping, what is left gets its time. */
	if (status != 0 && !in->stopping)
		_exit(exit_code(status));
	in->line++;
	advance(in);
}

/* Start what comes next, when something does. A process that can't even be made counts as one that ended with 126. */
static void advance(struct init *in)
{
	while (in->child == 0 && !in->finished) {
		if (in->stopping || (in->line == in->opt.nlines && !in->opt.argv)) {
			in->finished = true;
			return;
		}
		if (start(in) == 0)
			return;
		program_ended(in, INIT_CANNOT_RUN << 8);
		if (in->waiting)
			return;
	}
}

/* Collect every process that has ended; true when children are left. */
static bool reap(struct init *in)
{
	for (;;) {
		int status;
		pid_t pid = waitpid(-1, &status, WNOHANG);

		if (pid == 0)
			return true;
		if (pid < 0 && errno == EINTR)
			continue;
		if (pid < 0)
			return false;
		if (pid == in->child)
			program_ended(in, status);
	}
}

/* Whoever entered from outside is no child of ours and says nothing when it goes: ask. */
static bool strangers(void)
{
	return kill(-1, 0) == 0 || errno != ESRCH;
}

static void stop(struct init *in)
{
	in->stopping = true;
	if (in->waiting || in->child == 0) {
		in->waiting = false;
		in->finished = true;
	}
	/* CONT: a process that is stopped takes TERM only when it goes on. */
	(void)kill(-1, SIGTERM);
	(void)kill(-1, SIGCONT);
}

/* A change from outside: kill(2) by somebody whom this process namespace has no number for. */
static void change(struct init *in, const siginfo_t *info)
{
	int sig = info->si_signo;

	if (info->si_code != SI_USER || info->si_pid != 0)
		return;
	if (sig >= CHANNEL_SIGNAL_RESTART && sig <= CHANNEL_SIGNAL_RESTART + INIT_RESTART_ALWAYS)
		in->opt.restart = (enum init_restart)(sig - CHANNEL_SIGNAL_RESTART);
	else if (sig == CHANNEL_SIGNAL_PERSIST || sig == CHANNEL_SIGNAL_NO_PERSIST)
		in->opt.persist = sig == CHANNEL_SIGNAL_PERSIST;
}

/* When to look again at what is watched: -1: never. What was reached gets its answer. */
static int64_t look(struct init *in)
{
	int sig;
	int64_t ms = init_watch_look(&in->watch, &sig);

	if (sig == 0)
		return ms;
	(void)kill(-1, sig);
	/* The end of everything: nothing is started again. */
	if (sig != SIGKILL)
		return ms;
	in->stopping = in->killed = true;
	if (in->waiting || in->child == 0) {
		in->waiting = false;
		in->finished = true;
	}
	return KILLED_MS;
}

/* How long to wait for a signal, in milliseconds; -1: for as long as it takes. */
static int64_t patience(const struct init *in, bool poll, int64_t watch)
{
	int64_t ms = in->waiting ? in->started - now_ms() : poll ? POLL_MS : -1;

	if ((in->waiting || poll) && ms < 0)
		ms = 0;
	return watch >= 0 && (ms < 0 || watch < ms) ? watch : ms;
}

/* Wait for a signal, at most until something is to be done. */
static void pause_for(struct init *in, bool poll, int64_t watch)
{
	int64_t ms = patience(in, poll, watch);

	/* Then there is a signal, or nothing to wait for any longer. */
	if (in->log.from >= 0) {
		init_log_wait(&in->log, ms);
		ms = 0;
	}

	const struct timespec limit = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
	siginfo_t info;
	int sig = ms >= 0 ? sigtimedwait(&in->signals, &info, &limit) : sigwaitinfo(&in->signals, &info);

	if (sig == SIGTERM || sig == SIGINT || sig == SIGHUP)
		stop(in);
	else if (sig >= CHANNEL_SIGNAL_RESTART)
		change(in, &info);
	if (in->waiting && now_ms() >= in->started) {
		in->waiting = false;
		show_name(++in->restarts);
		advance(in);
	}
}

/* Does not return. */
static void live(struct init *in)
{
	bool told = false;

	advance(in);
	for (;;) {
		int64_t watch = look(in);
		bool children = reap(in), others = false;

		if (in->finished) {
			bool stays = in->opt.persist && !in->stopping;

			/* Ours may all be gone while somebody from outside is still in. */
			if (!children && !stays)
				others = strangers();
			if (!children && !stays && !others) {
				init_log_copy(&in->log);
				if (!told)
					report(in, CHANNEL_EMPTY, 0, in->status);
				_exit(exit_code(in->status));
			}
			if (!told && !in->killed) {
				let_go(in);
				told = true;
			}
		}
		pause_for(in, others, watch);
	}
}

/*
 * Signals are blocked from here on and taken one by one: none can come between looking and waiting. For the programs
 * everything is as the kernel starts a process, whatever the caller ignored.
 */
static int prepare_signals(struct init *in)
{
	static const unsigned char reset[] = {SIGCHLD, SIGPIPE, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGALRM, SIGUSR1,
	    SIGUSR2, SIGXFSZ, SIGTSTP, SIGTTIN, SIGTTOU};

	(void)sigemptyset(&in->signals);
	(void)sigaddset(&in->signals, SIGCHLD);
	(void)sigaddset(&in->signals, SIGTERM);
	(void)sigaddset(&in->signals, SIGINT);
	(void)sigaddset(&in->signals, SIGHUP);
	for (int sig = CHANNEL_SIGNAL_RESTART; sig <= CHANNEL_SIGNAL_WATCH; sig++)
		(void)sigaddset(&in->signals, sig);
	if (sigprocmask(SIG_SETMASK, &in->signals, NULL) < 0)
		return -1;
	for (size_t i = 0; i < sizeof(reset); i++)
		if (signal(reset[i], SIG_DFL) == SIG_ERR)
			return -1;
	return 0;
}

int main(int argc, char **argv)
{
	struct init in = {.pause = PAUSE_FIRST};
	int r;

	/* Before anything else runs here: no process of the jail may trace this one or read its memory. */
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	if (prepare_signals(&in) < 0) {
		init_complain("cannot take signals", errno);
		return INIT_USAGE;
	}
	if (init_parse(argc, argv, &in.opt) < 0)
		return INIT_USAGE;
	if (in.opt.direct) {
		/* The channel, and whatever else the caller had open. */
		if (sys_close_range(3, ~0u, CLOSE_RANGE_CLOEXEC) < 0) {
			init_complain("cannot close descriptors", errno);
			return INIT_USAGE;
		}
		init_run(&in.opt, in.opt.argv, true);
	}
	/* Anywhere else kill(-1, ...) would hit processes that are none of ours. */
	if (getpid() != 1) {
		init_complain("only of use as process 1 of a jail", 0);
		return INIT_USAGE;
	}
	r = close_others(&in.opt);
	if (r < 0) {
		init_complain("cannot close descriptors", -r);
		return INIT_USAGE;
	}
	r = init_log_open(&in.log, &in.opt, &in.signals);
	if (r < 0) {
		init_complain("cannot wait for output", -r);
		return INIT_USAGE;
	}
	r = init_watch_open(&in.watch, in.opt.watch);
	if (r < 0) {
		init_complain("cannot look at limits", -r);
		return INIT_USAGE;
	}
	/* Who is run by a descriptor is called by its number. */
	show_name(0);
	/* Away from the caller's terminal. */
	(void)setsid();
	say_that_it_runs(&in);
	live(&in);
}

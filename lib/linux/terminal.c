/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * terminal.c: a pair of terminal ends made inside the jail, and the relay between it and the caller's terminal. The
 * relay is one poll(2) loop with a small buffer each way. It may not know what runs at the other end; what comes from
 * there is bytes.
 */
#include "terminal.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <termios.h>

#include "error.h"
#include "sys.h"

/* Debian 12's C libraries do not name it. */
#ifndef TIOCGPTPEER
#define TIOCGPTPEER 0x5441
#endif

#define MULTIPLEXER makedev(5, 2)
#define BUFFER_SIZE 4096
#define DRAIN_MAX (256 * 1024) /* what is shown at most after the end: somebody may go on writing */
#define LOOK_MS 100 /* how often to look whether nobody's terminal is open again, or the caller's ours again */
#define DRAIN_MS 1000
#define CONTROL_D 4

/* ------------------------------------------------------------------------------------------------- inside */

/* The multiplexer by its number, which nobody inside can give to anything else. */
static int open_multiplexer(struct jail_error *err)
{
	static const char *const paths[] = {"/dev/pts/ptmx", "/dev/ptmx"};
	int errnum = ENOENT;

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		_cleanup_close_ int fd =
		    sys_openat2(AT_FDCWD, paths[i], O_RDWR | O_NOCTTY | O_NONBLOCK, 0, RESOLVE_NO_MAGICLINKS);
		struct stat st;

		if (fd < 0) {
			errnum = errno;
			continue;
		}
		if (fstat(fd, &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == MULTIPLEXER)
			return take_fd(&fd);
		errnum = ENODEV;
	}
	return jail_error_sys(err, errnum, "cannot open %s", paths[0]);
}

/* What the user set on the terminal at hand: the erase character, the size. There may be none. */
static void copy_settings(int slave)
{
	struct termios modes;
	struct winsize size;

	for (int fd = 0; fd <= 2; fd++) {
		if (tcgetattr(fd, &modes) < 0)
			continue;
		(void)tcsetattr(slave, TCSANOW, &modes);
		if (ioctl(fd, TIOCGWINSZ, &size) == 0)
			(void)ioctl(slave, TIOCSWINSZ, &size);
		return;
	}
}

int terminal_open(int *ret_master, int *ret_slave, struct jail_error *err)
{
	_cleanup_close_ int master = open_multiplexer(err), slave = -1;
	int unlock = 0;

	if (master < 0)
		return master;
	if (ioctl(master, TIOCSPTLCK, &unlock) < 0)
		return jail_error_sys(err, errno, "cannot unlock the terminal");
	/* By its other end: a path could lead anywhere. */
	slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0)
		return jail_error_sys(err, errno, "cannot open the terminal");
	copy_settings(slave);
	*ret_master = take_fd(&master);
	*ret_slave = take_fd(&slave);
	return 0;
}

int terminal_take(int slave, unsigned which, struct jail_error *err)
{
	/* EPERM: it leads a session already. */
	if (setsid() < 0 && (errno != EPERM || getsid(0) != getpid()))
		return jail_error_sys(err, errno, "cannot start a session");
	if (ioctl(slave, TIOCSCTTY, 0) < 0)
		return jail_error_sys(err, errno, "cannot take the terminal");
	for (int fd = 0; fd <= 2; fd++) {
		if ((which & (1u << fd)) && fd != slave && dup2(slave, fd) < 0)
			return jail_error_sys(err, errno, "cannot redirect descriptor %d", fd);
	}
	if (slave > 2)
		(void)close(slave);
	return 0;
}

unsigned terminal_wanted(void)
{
	unsigned which = 0;

	if (!isatty(0))
		return 0;
	for (int fd = 0; fd <= 2; fd++)
		which |= isatty(fd) ? 1u << fd : 0;
	return which;
}

/* ------------------------------------------------------------------------------------------------- outside */

struct flow {
	int to;
	size_t at, end;
	unsigned char buf[BUFFER_SIZE];
};

struct relay {
	int master, done, output;
	int events_fd; /* WINCH, CONT */
	int ends_fd;   /* what ends a program: never read, left for the caller */
	bool eof;      /* standard input has ended */
	bool hung_up;  /* nobody has the other end open */
	bool raw;      /* `saved` is to be put back; false in the background: the terminal's input is somebody else's */
	bool mute;     /* standard input is no terminal: the jail has it as it is, only output is relayed */
	struct termios saved;
	sigset_t mask;
	struct terminal_beside *beside; /* NULL: nothing */
	struct flow in, out;		/* towards the jail, towards the caller */
};

/* Only who is in the foreground may change the modes; a terminal that is not our controlling one knows no such thing.
 */
static bool in_foreground(void)
{
	pid_t group = tcgetpgrp(0);

	return group < 0 || group == getpgrp();
}

static int make_raw(struct relay *r)
{
	struct termios modes = r->saved;

	if (r->mute)
		return 0;
	cfmakeraw(&modes);
	if (tcsetattr(0, TCSADRAIN, &modes) < 0)
		return negative_errno();
	r->raw = true;
	return 0;
}

static void copy_size(const struct relay *r)
{
	struct winsize size;

	/* A terminal without a size has none inside either. */
	if (ioctl(r->output, TIOCGWINSZ, &size) == 0)
		(void)ioctl(r->master, TIOCSWINSZ, &size);
}

static bool is_ignored(int sig)
{
	struct sigaction action;

	return sigaction(sig, NULL, &action) == 0 && !(action.sa_flags & SA_SIGINFO) && action.sa_handler == SIG_IGN;
}

static int take_signals(struct relay *r)
{
	static const int ending[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};
	sigset_t events, ends, all;

	(void)sigemptyset(&events);
	(void)sigaddset(&events, SIGWINCH);
	(void)sigaddset(&events, SIGCONT);
	all = events;
	(void)sigemptyset(&ends);
	for (size_t i = 0; i < ARRAY_SIZE(ending); i++) {
		if (is_ignored(ending[i]))
			continue;
		(void)sigaddset(&ends, ending[i]);
		(void)sigaddset(&all, ending[i]);
	}
	r->events_fd = signalfd(-1, &events, SFD_CLOEXEC | SFD_NONBLOCK);
	r->ends_fd = signalfd(-1, &ends, SFD_CLOEXEC | SFD_NONBLOCK);
	if (r->events_fd < 0 || r->ends_fd < 0 || sigprocmask(SIG_BLOCK, &all, &r->mask) < 0) {
		int e = negative_errno();

		r->events_fd = close_fd(r->events_fd);
		r->ends_fd = close_fd(r->ends_fd);
		return e;
	}
	return 0;
}

static int handle_events(struct relay *r)
{
	struct signalfd_siginfo info;
	int e = 0;

	while (read(r->events_fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		/* Stopped and continued: the shell has had the terminal in between, and may have kept it. */
		if (info.ssi_signo == SIGCONT) {
			r->raw = false;
			e = in_foreground() ? make_raw(r) : 0;
		}
		copy_size(r);
	}
	return e;
}

/*
 * What the terminal inside echoes belongs on the caller's, also when the output goes elsewhere. Opened anew, so that it
 * can be made not to block without the caller's other programs noticing; who may not, takes it as it is.
 */
static int open_output(void)
{
	static const char *const paths[] = {"/proc/self/fd/0", "/proc/self/fd/1", "/proc/self/fd/2"};
	int from = isatty(1) ? 1 : isatty(2) ? 2 : 0;
	int fd = open(paths[from], O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);

	return fd >= 0 ? fd : fcntl(from, F_DUPFD_CLOEXEC, 3);
}

/* Fill an empty buffer. Returns 1, 0 at the end, -errno; -EAGAIN: nothing there. */
static int flow_read(struct flow *f, int from)
{
	ssize_t n = read(from, f->buf, sizeof(f->buf));

	if (n < 0)
		return errno == EINTR ? -EAGAIN : negative_errno();
	f->at = 0;
	f->end = (size_t)n;
	return n > 0;
}

static bool flow_pending(const struct flow *f)
{
	return f->at < f->end;
}

/* Write what there is; what can't be written because the other end is gone is dropped. */
static void flow_write(struct flow *f)
{
	ssize_t n = write(f->to, f->buf + f->at, f->end - f->at);

	if (n > 0)
		f->at += (size_t)n;
	else if (n < 0 && errno != EAGAIN && errno != EINTR)
		f->at = f->end;
}

static void from_caller(struct relay *r)
{
	int n = flow_read(&r->in, 0);

	if (n > 0 || n == -EAGAIN)
		return;
	/* The end of the input is a character there, as it is on every terminal. */
	r->eof = true;
	r->in.buf[0] = CONTROL_D;
	r->in.at = 0;
	r->in.end = 1;
}

static void from_jail(struct relay *r)
{
	int n = flow_read(&r->out, r->master);

	/* EIO: nobody has the other end open, for now. */
	if (n == 0 || (n < 0 && n != -EAGAIN))
		r->hung_up = true;
}

/* Show what was written before the end. The kernel brings it all forward when asked by poll(2). */
static void drain(struct relay *r)
{
	struct pollfd from = {.fd = r->master, .events = POLLIN}, to = {.fd = r->output, .events = POLLOUT};
	size_t total = 0;

	for (;;) {
		while (flow_pending(&r->out)) {
			/* A terminal that takes nothing does not hold the tool for ever. */
			if (poll(&to, 1, DRAIN_MS) <= 0)
				return;
			flow_write(&r->out);
		}
		if (total >= DRAIN_MAX || poll(&from, 1, 0) <= 0 || !(from.revents & POLLIN))
			return;
		if (flow_read(&r->out, r->master) <= 0)
			return;
		total += r->out.end;
	}
}

enum { POLL_INPUT, POLL_MASTER, POLL_OUTPUT, POLL_DONE, POLL_EVENTS, POLL_ENDS, POLL_BESIDE, POLL_COUNT };

/*
 * In the background ("jexec web make &", or behind timeout(1)) output is shown, but input and modes are left to whoever
 * has the terminal. A shell need not tell us that we are brought back, so this is looked at now and then.
 */
static int come_forward(struct relay *r)
{
	if (r->mute || r->raw || !in_foreground())
		return 0;
	if (tcgetattr(0, &r->saved) < 0)
		return negative_errno();
	return make_raw(r);
}

/* One turn; 1 when the end has come, -errno. */
static int relay_once(struct relay *r)
{
	bool away = !r->mute && !r->raw;
	bool in = flow_pending(&r->in), out = flow_pending(&r->out);
	short master = (short)((in ? POLLOUT : 0) | (out ? 0 : POLLIN));
	struct pollfd p[POLL_COUNT] = {
	    [POLL_INPUT] = {.fd = in || r->eof || away ? -1 : 0, .events = POLLIN},
	    [POLL_MASTER] = {.fd = r->hung_up || master == 0 ? -1 : r->master, .events = master},
	    [POLL_OUTPUT] = {.fd = out ? r->output : -1, .events = POLLOUT},
	    [POLL_DONE] = {.fd = r->done, .events = POLLIN},
	    [POLL_EVENTS] = {.fd = r->events_fd, .events = POLLIN},
	    [POLL_ENDS] = {.fd = r->ends_fd, .events = POLLIN},
	    [POLL_BESIDE] = {.fd = r->beside != NULL ? r->beside->fd : -1, .events = POLLIN},
	};
	int n = poll(p, POLL_COUNT, r->hung_up || away ? LOOK_MS : -1);

	if (n < 0)
		return errno == EINTR ? 0 : negative_errno();
	r->hung_up = false;
	if (p[POLL_EVENTS].revents != 0 && (n = handle_events(r)) < 0)
		return n;
	if (away && (n = come_forward(r)) < 0)
		return n;
	if (p[POLL_OUTPUT].revents != 0)
		flow_write(&r->out);
	if (p[POLL_MASTER].revents & POLLOUT)
		flow_write(&r->in);
	if (p[POLL_MASTER].revents & (POLLIN | POLLHUP | POLLERR) && !flow_pending(&r->out))
		from_jail(r);
	if (p[POLL_INPUT].revents != 0)
		from_caller(r);
	if (p[POLL_BESIDE].revents != 0)
		r->beside->fd = r->beside->take(r->beside->arg, p[POLL_BESIDE].revents);
	if (p[POLL_DONE].revents != 0)
		return 1;
	return p[POLL_ENDS].revents != 0 ? -EINTR : 0;
}

static void relay_end(struct relay *r)
{
	if (r->raw && in_foreground())
		(void)tcsetattr(0, TCSADRAIN, &r->saved);
	r->output = close_fd(r->output);
	r->events_fd = close_fd(r->events_fd);
	r->ends_fd = close_fd(r->ends_fd);
	/* A signal that came meanwhile takes its course here, with the terminal as it was. */
	(void)sigprocmask(SIG_SETMASK, &r->mask, NULL);
}

int terminal_relay(int master, int done_fd, struct terminal_beside *beside, struct jail_error *err)
{
	struct relay r = {.master = master, .done = done_fd, .beside = beside, .events_fd = -1, .ends_fd = -1};
	int flags = fcntl(master, F_GETFL), e;

	r.in.to = master;
	if (flags < 0 || fcntl(master, F_SETFL, flags | O_NONBLOCK) < 0)
		return jail_error_sys(err, errno, "cannot relay the terminal");
	r.eof = r.mute = tcgetattr(0, &r.saved) < 0;
	if (r.mute && !isatty(1) && !isatty(2))
		return jail_error_sys(err, ENOTTY, "there is no terminal to relay");
	r.out.to = r.output = open_output();
	if (r.output < 0)
		return jail_error_sys(err, errno, "cannot write to the terminal");
	e = take_signals(&r);
	if (e < 0) {
		(void)close_fd(r.output);
		return jail_error_sys(err, -e, "cannot wait for signals");
	}
	copy_size(&r);
	e = come_forward(&r);
	while (e == 0)
		e = relay_once(&r);
	if (e > 0)
		drain(&r);
	relay_end(&r);
	if (e < 0)
		return jail_error_sys(err, -e, "the terminal's relay ended");
	return 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * begin.c: see begin.h. A caller may leave closed descriptors, ignored or blocked signals and a running timer; each of
 * them would change what the tool does, so each is reset here.
 */
#include "begin.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <sysexits.h>

#include "report.h"

/*
 * A descriptor of 0..2 that the caller closed would be the next file that is opened, and then be taken for the jail's
 * input or output. Read only: what is written to a closed output still fails.
 */
static void hold_standard_descriptors(void)
{
	for (int fd = 0; fd <= 2; fd++) {
		if (fcntl(fd, F_GETFD) >= 0 || errno != EBADF)
			continue;
		if (open("/dev/null", O_RDONLY) != fd)
			_exit(report_own(EX_OSERR, NULL, "cannot open /dev/null as descriptor %d", fd));
	}
}

/* A file that grows beyond the caller's limit is an error of write(2), which says more than an end by SIGXFSZ. */
static void too_large(int number)
{
	(void)number;
}

/*
 * With SIGCHLD ignored the kernel keeps no exit status, and a blocked signal is never delivered. What catches a signal
 * ends with exec(2), so programs that the tool starts get the default.
 */
static void reset_signals(void)
{
	sigset_t none;

	(void)sigemptyset(&none);
	if (signal(SIGCHLD, SIG_DFL) == SIG_ERR || signal(SIGXFSZ, too_large) == SIG_ERR ||
	    sigprocmask(SIG_SETMASK, &none, NULL) < 0)
		_exit(report_own(EX_OSERR, NULL, "cannot reset its signals: %s", strerror(errno)));
}

/* A timer of the caller's survives exec(2) and would end the tool with SIGALRM, SIGVTALRM or SIGPROF. */
static void stop_timers(void)
{
	static const int timers[] = {ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF};
	const struct itimerval off = {{0, 0}, {0, 0}};

	for (size_t i = 0; i < ARRAY_SIZE(timers); i++)
		if (setitimer(timers[i], &off, NULL) < 0)
			_exit(report_own(EX_OSERR, NULL, "cannot stop a timer: %s", strerror(errno)));
}

void begin_tool(const char *name, const char *usage, int argc, char **argv)
{
	report_tool(name);
	hold_standard_descriptors();
	reset_signals();
	stop_timers();
	if (argc < 2)
		return;
	if (strcmp(argv[1], "--help") == 0)
		_exit(report_answer("usage: %s", usage));
	if (strcmp(argv[1], "--version") == 0)
		_exit(report_answer("%s %s", name, JAIL_VERSION));
}

void begin_need_root(const char *action)
{
	if (geteuid() != 0)
		_exit(report_own(EX_NOPERM, NULL, "only root may %s: run it as root, with sudo for example", action));
}

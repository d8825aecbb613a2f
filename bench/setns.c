/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * setns.c: the least that anybody can do to run a program in somebody else's namespaces: one setns on a pidfd with all
 * of them, fork, exec, wait. With -c the program is born into a control group; with -f it has a filter of system calls
 * and the bounding set of a root without powers. It may not know that jails exist.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "least.h"
#include "sys.h"

static int usage(void)
{
	(void)fprintf(stderr, "usage: setns [-c CGROUP] [-f FILTER] PID PROGRAM [ARGUMENT...]\n");
	return 64;
}

int main(int argc, char **argv)
{
	struct clone_args args = {.exit_signal = SIGCHLD};
	static struct least_filter filter;
	int fd, status, option;
	long pid, child;
	char *end;

	while ((option = getopt(argc, argv, "+c:f:")) != -1) {
		if (option == 'c')
			least_cgroup(&args, optarg);
		else if (option == 'f')
			least_read(optarg, &filter);
		else
			return usage();
	}
	if (argc - optind < 2)
		return usage();
	errno = 0;
	pid = strtol(argv[optind], &end, 10);
	if (errno != 0 || *end != '\0' || pid <= 0 || pid > 0x7fffffff) {
		(void)fprintf(stderr, "setns: %s: not a process id\n", argv[optind]);
		return 64;
	}
	fd = sys_pidfd_open((pid_t)pid);
	must(fd, "pidfd_open");
	must(setns(fd, CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWIPC |
			   CLONE_NEWCGROUP),
	    "setns");
	child = sys_clone3(&args);
	must(child, "clone3");
	if (child == 0) {
		must(sys_become_root(), "become root");
		least_privileges(&filter);
		(void)execv(argv[optind + 1], argv + optind + 1);
		must(-1, argv[optind + 1]);
	}
	must(waitpid((pid_t)child, &status, 0), "waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 112;
}

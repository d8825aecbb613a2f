/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * setns.c: the least that anybody can do to run a program in somebody else's namespaces: one setns on a pidfd with all
 * of them, fork, exec, wait. It may not know that jails exist.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sys.h"

static void must(long result, const char *what)
{
	if (result < 0) {
		(void)fprintf(stderr, "setns: %s: %s\n", what, strerror(errno));
		_exit(111);
	}
}

int main(int argc, char **argv)
{
	char *end;
	long pid;
	int fd, status;
	pid_t child;

	if (argc < 3) {
		(void)fprintf(stderr, "usage: setns PID PROGRAM [ARGUMENT...]\n");
		return 64;
	}
	errno = 0;
	pid = strtol(argv[1], &end, 10);
	if (errno != 0 || *end != '\0' || pid <= 0 || pid > 0x7fffffff) {
		(void)fprintf(stderr, "setns: %s: not a process id\n", argv[1]);
		return 64;
	}
	fd = sys_pidfd_open((pid_t)pid);
	must(fd, "pidfd_open");
	must(setns(fd, CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWIPC |
			   CLONE_NEWCGROUP),
	    "setns");
	child = fork();
	must(child, "fork");
	if (child == 0) {
		(void)execv(argv[2], argv + 2);
		must(-1, argv[2]);
	}
	must(waitpid(child, &status, 0), "waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 112;
}

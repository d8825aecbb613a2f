/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dump_entering: root inside a jail among the host's users lets the next process numbers dump core as soon as they are
 * somebody's. Ends when it is killed.
 */
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define AHEAD 4

int main(void)
{
	const struct rlimit all = {.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};

	for (;;) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(0);
		(void)waitpid(pid, NULL, 0);
		for (unsigned n = 0; n < 20000; n++)
			for (pid_t next = pid + 1; next <= pid + AHEAD; next++)
				if (prlimit(next, RLIMIT_CORE, &all, NULL) == 0)
					(void)kill(next, SIGSEGV);
	}
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * inherited: what a process hands on to those that it starts.
 *
 *	inherited set COMMAND ...	takes all that it can have for itself, and becomes the command
 *	inherited show			prints each that is not an ordinary process's, or "ordinary"
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/ioprio.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MERGE_SET 67 /* PR_SET_MEMORY_MERGE */
#define MERGE_GET 68
#define PREFERRED 1 /* MPOL_PREFERRED */

static bool differs;

static void put(const char *file, const char *text)
{
	int fd = open(file, O_WRONLY | O_CLOEXEC);

	if (fd >= 0) {
		(void)!write(fd, text, strlen(text));
		(void)close(fd);
	}
}

static long get(const char *file, int base)
{
	char text[32] = "0";
	int fd = open(file, O_RDONLY | O_CLOEXEC);

	if (fd >= 0) {
		ssize_t n = read(fd, text, sizeof(text) - 1);

		text[n > 0 ? n : 0] = '\0';
		(void)close(fd);
	}
	return strtol(text, NULL, base);
}

/* Whatever is not allowed here stays as it is: those that are do. */
static void take_all(void)
{
	const struct sched_param first = {.sched_priority = 1};
	unsigned long node = 1;
	sigset_t all;

	put("/proc/self/oom_score_adj", "-900");
	(void)syscall(SYS_setpriority, PRIO_PROCESS, 0, -7);
	(void)syscall(SYS_sched_setscheduler, 0, SCHED_RR, &first);
	(void)syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, 0));
	(void)prctl(PR_SET_TIMERSLACK, 777777, 0, 0, 0);
	(void)personality(ADDR_NO_RANDOMIZE | READ_IMPLIES_EXEC);
	(void)syscall(SYS_set_mempolicy, PREFERRED, &node, 8 * sizeof(node));
	(void)prctl(MERGE_SET, 1, 0, 0, 0);
	(void)prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
	(void)prctl(PR_MCE_KILL, PR_MCE_KILL_SET, PR_MCE_KILL_EARLY, 0, 0);
	(void)sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, NULL);
	(void)signal(SIGUSR1, SIG_IGN);
}

static void show(bool ordinary, const char *name, long value)
{
	if (!ordinary)
		(void)printf("%s %ld\n", name, value);
	differs = differs || !ordinary;
}

static void show_all(void)
{
	long policy = syscall(SYS_sched_getscheduler, 0), priority = syscall(SYS_getpriority, PRIO_PROCESS, 0);
	long io = syscall(SYS_ioprio_get, IOPRIO_WHO_PROCESS, 0), adjust = get("/proc/self/oom_score_adj", 10);
	long slack = prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0), person = personality(0xffffffff);
	long merge = prctl(MERGE_GET, 0, 0, 0, 0), huge = prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0);
	long errors = prctl(PR_MCE_KILL_GET, 0, 0, 0, 0);
	struct sigaction usr1;
	sigset_t mask;
	int memory = 0;

	(void)syscall(SYS_get_mempolicy, &memory, NULL, 0, NULL, 0);
	show(policy == SCHED_OTHER, "policy", policy);
	show(priority == 20, "priority", priority);
	show(io < 0 || IOPRIO_PRIO_CLASS(io) == IOPRIO_CLASS_NONE || IOPRIO_PRIO_DATA(io) == IOPRIO_NORM, "io", io);
	show(adjust >= 0, "oom_score_adj", adjust);
	show(slack == 50000, "slack", slack);
	show(person == PER_LINUX, "personality", person);
	show(memory == 0, "mempolicy", memory);
	show(merge != 1, "merge", merge);
	show(huge <= 0, "thp", huge);
	show(errors != PR_MCE_KILL_EARLY, "errors", errors);
	show(sigprocmask(SIG_SETMASK, NULL, &mask) == 0 && sigismember(&mask, SIGUSR2) == 0, "mask", 1);
	show(sigaction(SIGUSR1, NULL, &usr1) == 0 && usr1.sa_handler == SIG_DFL, "ignored", 1);
	if (!differs)
		(void)printf("ordinary\n");
}

int main(int argc, char **argv)
{
	if (argc > 2 && strcmp(argv[1], "set") == 0) {
		take_all();
		(void)execvp(argv[2], argv + 2);
		return 127;
	}
	if (argc != 2 || strcmp(argv[1], "show") != 0)
		return 64;
	show_all();
	return 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * number: runs a command of the host's and makes process numbers another's under its hands.
 *
 *	number [-c COUNT] COMMAND ...
 *
 * Where the command is about to act on a process by its number (prlimit(2), sched_setscheduler(2), a number written to
 * cgroup.procs), that process is killed, and as soon as its number is free a bystander gets it. Then the command goes
 * on. Prints "N acts, N numbers given to others, N others hit". Exit 1: a bystander was hit; 2: fewer than COUNT acts
 * (default 1); 3: it can't be tried here.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/ptrace.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define FREE_TRIES 200	/* of 5 ms, for the killed one to be reaped */
#define FORK_TRIES 2000 /* for the number, on a busy machine */
#define BYSTANDERS 16

static struct {
	pid_t pid;
	char groups[4096];
} bystander[BYSTANDERS];

static unsigned acts, others;

static void __attribute__((noreturn)) cannot(const char *what)
{
	(void)fprintf(stderr, "number: %s: %s\n", what, strerror(errno));
	exit(3);
}

static bool write_number(const char *path, pid_t n)
{
	char text[16];
	int fd = open(path, O_WRONLY | O_CLOEXEC), length = snprintf(text, sizeof(text), "%d", n);
	bool done = fd >= 0 && write(fd, text, (size_t)length) == length;

	if (fd >= 0)
		(void)close(fd);
	return done;
}

static void read_groups(pid_t pid, char *ret, size_t size)
{
	char path[64];
	ssize_t n;
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d/cgroup", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, ret, size - 1);
	if (n < 0)
		cannot(path);
	ret[n] = '\0';
	(void)close(fd);
}

/* A process of the host's with exactly that number. */
static void take_number(pid_t wanted)
{
	for (unsigned i = 0; i < FORK_TRIES && kill(wanted, 0) < 0 && errno == ESRCH; i++) {
		pid_t pid;

		if (!write_number("/proc/sys/kernel/ns_last_pid", wanted - 1))
			cannot("/proc/sys/kernel/ns_last_pid");
		pid = fork();
		if (pid == 0) {
			for (;;)
				(void)pause();
		}
		if (pid < 0)
			cannot("fork");
		if (pid == wanted && others < BYSTANDERS) {
			bystander[others].pid = pid;
			read_groups(pid, bystander[others].groups, sizeof(bystander[0].groups));
			others++;
			return;
		}
		(void)kill(pid, SIGKILL);
		(void)waitpid(pid, NULL, 0);
	}
}

/* Process 1 of a jail: without it there is none. */
static bool is_first(pid_t pid)
{
	char path[64], text[4096], *line;
	ssize_t n;
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (n < 0)
		return false;
	text[n] = '\0';
	(void)close(fd);
	line = strstr(text, "\nNSpid:");
	if (line == NULL)
		return false;
	line[1 + strcspn(line + 1, "\n")] = '\0';
	line = strrchr(line, '\t');
	return line != NULL && strcmp(line, "\t1") == 0;
}

static void attack(pid_t target)
{
	const struct timespec pause = {.tv_nsec = 5000000};

	acts++;
	if (others >= BYSTANDERS || kill(target, SIGKILL) < 0)
		return;
	for (unsigned i = 0; i < FREE_TRIES; i++) {
		if (kill(target, 0) < 0 && errno == ESRCH) {
			take_number(target);
			return;
		}
		(void)nanosleep(&pause, NULL);
	}
}

/* What the caller is about to write, when it is a number to cgroup.procs; else 0. */
static pid_t written_number(pid_t tracee, const __u64 *args)
{
	char path[64], target[512], text[16];
	ssize_t n;
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d/fd/%d", tracee, (int)args[0]);
	n = readlink(path, target, sizeof(target) - 1);
	if (n < 13 || memcmp(target + n - 13, "/cgroup.procs", 13) != 0 || args[2] >= sizeof(text))
		return 0;
	(void)snprintf(path, sizeof(path), "/proc/%d/mem", tracee);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : pread(fd, text, (size_t)args[2], (off_t)args[1]);
	if (n < 0)
		cannot(path);
	(void)close(fd);
	text[n] = '\0';
	return (pid_t)strtol(text, NULL, 10);
}

static void look(pid_t tracee)
{
	struct ptrace_syscall_info info;
	pid_t target = 0;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, tracee, sizeof(info), &info) < 0 || info.op != PTRACE_SYSCALL_INFO_ENTRY)
		return;
	if (info.entry.nr == SYS_prlimit64 && info.entry.args[2] != 0)
		target = (pid_t)info.entry.args[0];
	else if (info.entry.nr == SYS_sched_setscheduler)
		target = (pid_t)info.entry.args[0];
	else if (info.entry.nr == SYS_write)
		target = written_number(tracee, info.entry.args);
	/* Its own number and its children's are no business of anybody inside. */
	if (target > 1 && target != tracee && !is_first(target))
		attack(target);
}

static void trace(pid_t command, int *ret_status)
{
	const long options =
	    PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL;
	int status;

	if (waitpid(command, &status, 0) != command || !WIFSTOPPED(status) ||
	    ptrace(PTRACE_SETOPTIONS, command, 0, options) < 0 || ptrace(PTRACE_SYSCALL, command, 0, 0) < 0)
		cannot("ptrace");
	for (;;) {
		pid_t pid = waitpid(-1, &status, __WALL);
		int sig = 0;

		if (pid < 0)
			cannot("waitpid");
		if (pid == command && !WIFSTOPPED(status)) {
			*ret_status = status;
			return;
		}
		if (!WIFSTOPPED(status))
			continue;
		if (WSTOPSIG(status) == (SIGTRAP | 0x80))
			look(pid);
		else if (WSTOPSIG(status) != SIGTRAP && WSTOPSIG(status) != SIGSTOP)
			sig = WSTOPSIG(status);
		(void)ptrace(PTRACE_SYSCALL, pid, 0, sig);
	}
}

/* Is it what it was when it was made? */
static bool was_hit(size_t i, const struct rlimit *own)
{
	char groups[sizeof(bystander[0].groups)];

	read_groups(bystander[i].pid, groups, sizeof(groups));
	if (strcmp(groups, bystander[i].groups) != 0 || sched_getscheduler(bystander[i].pid) != SCHED_OTHER)
		return true;
	for (int l = 0; l < RLIMIT_NLIMITS; l++) {
		struct rlimit now;

		if (prlimit(bystander[i].pid, (__typeof__(RLIMIT_AS))l, NULL, &now) < 0)
			cannot("prlimit");
		if (now.rlim_cur != own[l].rlim_cur || now.rlim_max != own[l].rlim_max)
			return true;
	}
	return false;
}

int main(int argc, char **argv)
{
	struct rlimit own[RLIMIT_NLIMITS];
	unsigned wanted = 1, hit = 0;
	int status = 0, first = 1;
	pid_t pid;

	if (argc > 3 && strcmp(argv[1], "-c") == 0) {
		wanted = (unsigned)strtoul(argv[2], NULL, 10);
		first = 3;
	}
	if (first >= argc)
		return 64;
	for (int l = 0; l < RLIMIT_NLIMITS; l++)
		if (getrlimit((__typeof__(RLIMIT_AS))l, &own[l]) < 0)
			cannot("getrlimit");
	pid = fork();
	if (pid == 0) {
		if (ptrace(PTRACE_TRACEME, 0, 0, 0) < 0)
			_exit(3);
		(void)execvp(argv[first], argv + first);
		_exit(127);
	}
	if (pid < 0)
		cannot("fork");
	trace(pid, &status);
	for (size_t i = 0; i < others; i++) {
		hit += was_hit(i, own);
		(void)kill(bystander[i].pid, SIGKILL);
		(void)waitpid(bystander[i].pid, NULL, 0);
	}
	(void)printf("%u acts, %u numbers given to others, %u others hit\n", acts, others, hit);
	if (hit > 0)
		return 1;
	return acts < wanted ? 2 : 0;
}

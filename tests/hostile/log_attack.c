/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * log_attack: root inside a jail tries to get at the host's file that takes the output (exec.consolelog), which is
 * known by its inode number.
 *
 *	log_attack INODE		tries once
 *	log_attack INODE FILE		tries until FILE is there, which is looked for in between
 *
 * Writes what it reached to /reached, a line each. A last line, "done", says that it came to its end.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define DESCRIPTORS 64 /* how many of another process are asked for */
#define REPORTS 20

static ino_t wanted;
static int report_fd;
static unsigned reports;

static void reached(const char *what, long where, int fd)
{
	if (reports++ < REPORTS)
		(void)!dprintf(report_fd, "%s %ld %d\n", what, where, fd);
}

/* All that a descriptor of the file is good for. */
static void hurt(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	(void)!fcntl(fd, F_SETFL, flags & ~O_APPEND);
	(void)!pwrite(fd, "overwritten", 11, 0);
	(void)!ftruncate(fd, 3);
	(void)!fchmod(fd, 0666);
	(void)!fchown(fd, 0, 0);
}

static bool is_log(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_ino == wanted;
}

static void own(void)
{
	for (int fd = 0; fd < 1024; fd++)
		if (fd != report_fd && is_log(fd)) {
			reached("own", getpid(), fd);
			hurt(fd);
		} else if (fd <= 2) {
			hurt(fd);
		}
}

/* What /proc/PID/fd/N leads to, opened in each way. */
static void by_proc(long pid)
{
	static const int ways[] = {O_WRONLY, O_RDWR, O_RDONLY, O_PATH};

	for (int n = 0; n < DESCRIPTORS; n++)
		for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
			char path[64];
			int fd;

			(void)snprintf(path, sizeof(path), "/proc/%ld/fd/%d", pid, n);
			fd = open(path, ways[i] | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
			if (fd < 0 && errno == ENOENT)
				break;
			if (fd >= 0 && is_log(fd)) {
				reached("proc", pid, n);
				hurt(fd);
			}
			if (fd >= 0)
				(void)close(fd);
		}
}

static void by_pidfd(long pid)
{
	int pidfd = (int)syscall(SYS_pidfd_open, (pid_t)pid, 0);

	for (int n = 0; pidfd >= 0 && n < DESCRIPTORS; n++) {
		int fd = (int)syscall(SYS_pidfd_getfd, pidfd, n, 0);

		if (fd >= 0 && is_log(fd)) {
			reached("pidfd", pid, n);
			hurt(fd);
		}
		if (fd >= 0)
			(void)close(fd);
		else if (errno != EBADF)
			break;
	}
	if (pidfd >= 0)
		(void)close(pidfd);
}

/* Its memory, by which it could be made to do anything with what it has. */
static void by_memory(long pid)
{
	char path[64], byte;
	struct iovec here = {.iov_base = &byte, .iov_len = 1};
	struct iovec there = {.iov_base = (void *)(uintptr_t)0x400000, .iov_len = 1};
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%ld/mem", pid);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd >= 0) {
		reached("mem", pid, fd);
		(void)close(fd);
	}
	/* EFAULT: it may look, and nothing is there. */
	if (syscall(SYS_process_vm_readv, (pid_t)pid, &here, 1, &there, 1, 0) >= 0 || errno == EFAULT)
		reached("vm_readv", pid, 0);
	if (syscall(SYS_process_vm_writev, (pid_t)pid, &here, 1, &there, 1, 0) >= 0 || errno == EFAULT)
		reached("vm_writev", pid, 0);
	if (ptrace(PTRACE_SEIZE, (pid_t)pid, NULL, NULL) == 0) {
		reached("seize", pid, 0);
		(void)ptrace(PTRACE_DETACH, (pid_t)pid, NULL, NULL);
	}
	if (ptrace(PTRACE_ATTACH, (pid_t)pid, NULL, NULL) == 0) {
		reached("attach", pid, 0);
		(void)waitpid((pid_t)pid, NULL, __WALL);
		(void)ptrace(PTRACE_DETACH, (pid_t)pid, NULL, NULL);
	}
}

static void others(void)
{
	struct dirent *e;
	DIR *d = opendir("/proc");

	while (d != NULL && (e = readdir(d)) != NULL) {
		long pid;

		if (!isdigit((unsigned char)e->d_name[0]))
			continue;
		pid = strtol(e->d_name, NULL, 10);
		if (pid == getpid())
			continue;
		by_proc(pid);
		by_pidfd(pid);
	}
	if (d != NULL)
		(void)closedir(d);
}

static bool is_init(long pid)
{
	char path[64], name[32] = "";
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%ld/comm", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		(void)!read(fd, name, sizeof(name) - 1);
		(void)close(fd);
	}
	return strncmp(name, "jail-init", 9) == 0;
}

int main(int argc, char **argv)
{
	if (argc < 2 || argc > 3)
		return 64;
	wanted = (ino_t)strtoull(argv[1], NULL, 10);
	report_fd = open("/reached", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (report_fd < 0)
		return 70;
	(void)signal(SIGPIPE, SIG_IGN);
	own();
	if (is_init(1))
		by_memory(1);
	do {
		others();
	} while (argc == 3 && access(argv[2], F_OK) < 0);
	(void)!dprintf(report_fd, "done\n");
	return 0;
}

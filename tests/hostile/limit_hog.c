/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * limit_hog: a program that takes as much of one thing as it is told, or as it can get, and says how much that was:
 *   memory MIB, cache FILE MIB, file FILE MIB   anonymous memory, page cache, what stays in a file (tmpfs)
 *   fork N           so many children at once; prints how many there were
 *   bomb             children of children, without end
 *   spin MS          computes for so long; prints the milliseconds of processor time that it got
 *   read|write FILE KIB   past the page cache; prints the milliseconds that it took
 *   processors       prints on how many it may run
 *   descriptors, terminals, ipc   as many as it can get and keeps them a moment; prints how many (ipc: of System V's
 *                    segments, sets of semaphores and queues, and of POSIX queues, together)
 *   sockets MIB      so much in datagrams that nobody reads, on loopback; prints how many MiB the kernel keeps
 *   count MS         computes for so long; prints how often it came round
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/sock_diag.h>
#include <mqueue.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BLOCK 65536u
#define MIB (1024u * 1024u)

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static long long now_ms(clockid_t clock)
{
	struct timespec t;

	if (clock_gettime(clock, &t) < 0)
		die("clock_gettime");
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

static unsigned char *block(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		die("mmap");
	return p;
}

static int memory(unsigned long mib)
{
	for (unsigned long i = 0; i < mib; i++) {
		unsigned char *p = block(MIB);

		for (size_t at = 0; at < MIB; at += 4096)
			p[at] = (unsigned char)(i + 1);
	}
	(void)puts("ok");
	return 0;
}

static int file(const char *path, unsigned long mib, int keep)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	unsigned char *p = block(MIB);

	if (fd < 0)
		die(path);
	memset(p, 1, MIB);
	for (unsigned long i = 0; i < mib; i++)
		if (write(fd, p, MIB) != (ssize_t)MIB)
			die("write");
	if (!keep && unlink(path) < 0)
		die("unlink");
	(void)puts("ok");
	return 0;
}

static int forks(unsigned long wanted)
{
	unsigned long n = 0;
	pid_t *pid = calloc(wanted + 1, sizeof(*pid));

	if (pid == NULL)
		die("calloc");
	for (; n < wanted; n++) {
		pid[n] = fork();
		if (pid[n] == 0)
			for (;;)
				(void)pause();
		if (pid[n] < 0)
			break;
	}
	for (unsigned long i = 0; i < n; i++) {
		(void)kill(pid[i], SIGKILL);
		(void)waitpid(pid[i], NULL, 0);
	}
	(void)printf("%lu\n", n);
	return 0;
}

static void __attribute__((noreturn)) bomb(void)
{
	for (;;)
		if (fork() < 0)
			(void)sched_yield();
}

static int spin(unsigned long ms)
{
	long long end = now_ms(CLOCK_MONOTONIC) + (long long)ms, start = now_ms(CLOCK_PROCESS_CPUTIME_ID);

	while (now_ms(CLOCK_MONOTONIC) < end)
		for (volatile int i = 0; i < 20000; i++)
			;
	(void)printf("%lld\n", now_ms(CLOCK_PROCESS_CPUTIME_ID) - start);
	return 0;
}

static int direct(const char *path, unsigned long kib, int writes)
{
	int fd = open(path, (writes ? O_WRONLY | O_CREAT : O_RDONLY) | O_DIRECT | O_CLOEXEC, 0600);
	unsigned char *p = block(BLOCK);
	long long start = now_ms(CLOCK_MONOTONIC);

	if (fd < 0)
		die(path);
	for (unsigned long done = 0; done < kib; done += BLOCK / 1024) {
		ssize_t n = writes ? write(fd, p, BLOCK) : read(fd, p, BLOCK);

		if (n != (ssize_t)BLOCK)
			die(writes ? "write" : "read");
	}
	(void)printf("%lld\n", now_ms(CLOCK_MONOTONIC) - start);
	return 0;
}

/* Long enough for others to feel that they are gone. */
static int hold(unsigned long n)
{
	(void)printf("%lu\n", n);
	(void)fflush(stdout);
	(void)usleep(200000);
	return 0;
}

static int opened(const char *path)
{
	unsigned long n = 0;

	while (open(path, O_RDWR | O_NOCTTY | O_CLOEXEC) >= 0)
		n++;
	return hold(n);
}

/* What is made stays when the program ends. */
static int ipc(void)
{
	unsigned long n = 0;
	char name[32];

	while (shmget(IPC_PRIVATE, MIB, IPC_CREAT | 0600) >= 0)
		n++;
	while (semget(IPC_PRIVATE, 100, IPC_CREAT | 0600) >= 0)
		n++;
	for (;;) {
		int q = msgget(IPC_PRIVATE, IPC_CREAT | 0600);
		struct {
			long type;
			char text[1024];
		} m = {.type = 1};

		if (q < 0)
			break;
		n++;
		while (msgsnd(q, &m, sizeof(m.text), IPC_NOWAIT) == 0)
			;
	}
	for (unsigned long i = 0;; i++) {
		(void)snprintf(name, sizeof(name), "/%d.%lu", getpid(), i);
		if (mq_open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600, NULL) == (mqd_t)-1)
			break;
		n++;
	}
	return hold(n);
}

/* What the kernel keeps of the datagrams that were sent to a new socket; 0: there is no other socket, or no room. */
static unsigned long long fill_socket(int out)
{
	static const char text[32768];
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int in = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), room = (int)(64 * MIB);
	uint32_t info[SK_MEMINFO_VARS] = {0};
	socklen_t size = sizeof(at), length = sizeof(info);

	if (in < 0 || bind(in, (struct sockaddr *)&at, size) < 0 || getsockname(in, (struct sockaddr *)&at, &size) < 0)
		return 0;
	(void)setsockopt(in, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	for (unsigned i = 0; i < 64 * MIB / sizeof(text); i++)
		(void)sendto(out, text, sizeof(text), MSG_DONTWAIT, (struct sockaddr *)&at, size);
	return getsockopt(in, SOL_SOCKET, SO_MEMINFO, info, &length) < 0 ? 0 : info[SK_MEMINFO_RMEM_ALLOC];
}

static int sockets(unsigned long mib)
{
	int out = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	unsigned long long kept = 0, more = 1;

	if (out < 0)
		die("socket");
	while (more > 0 && kept < (unsigned long long)mib * MIB) {
		more = fill_socket(out);
		kept += more;
	}
	return hold((unsigned long)(kept / MIB));
}

static int count(unsigned long ms)
{
	long long end = now_ms(CLOCK_MONOTONIC) + (long long)ms;
	unsigned long n = 0;

	for (; now_ms(CLOCK_MONOTONIC) < end; n++)
		for (volatile int i = 0; i < 20000; i++)
			;
	(void)printf("%lu\n", n);
	return 0;
}

static int processors(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) < 0)
		die("sched_getaffinity");
	(void)printf("%d\n", CPU_COUNT(&set));
	return 0;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "", *path = argc > 2 ? argv[2] : "";
	unsigned long n = argc > 2 ? strtoul(argv[argc - 1], NULL, 10) : 0;

	if (strcmp(what, "memory") == 0)
		return memory(n);
	if (strcmp(what, "file") == 0 || strcmp(what, "cache") == 0)
		return file(path, n, what[0] == 'f');
	if (strcmp(what, "fork") == 0)
		return forks(n);
	if (strcmp(what, "bomb") == 0)
		bomb();
	if (strcmp(what, "spin") == 0)
		return spin(n);
	if (strcmp(what, "read") == 0 || strcmp(what, "write") == 0)
		return direct(path, n, what[0] == 'w');
	if (strcmp(what, "processors") == 0)
		return processors();
	if (strcmp(what, "descriptors") == 0)
		return opened("/dev/null");
	if (strcmp(what, "terminals") == 0)
		return opened("/dev/ptmx");
	if (strcmp(what, "ipc") == 0)
		return ipc();
	if (strcmp(what, "sockets") == 0)
		return sockets(n);
	if (strcmp(what, "count") == 0)
		return count(n);
	(void)fprintf(stderr,
	    "usage: limit_hog memory|cache|file|fork|bomb|spin|read|write|processors|descriptors|terminals|"
	    "ipc|sockets|count ...\n");
	return 64;
}

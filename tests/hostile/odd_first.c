/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * odd_first: process 1 of a jail, or root beside jail-init, that answers the host's tools with garbage: descriptors
 * that are named as jail-init's, names and states of a process that look like something else, files of users that
 * never end, messages on whatever channel it can take.
 *
 *	odd_first MODE [SEED]
 *
 * It does nothing outside of a tree that is marked as the test's. `true` and `false` only end.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static unsigned seed = 1;
static char **own_argv;

static void rest_us(unsigned us)
{
	struct timespec t = {.tv_sec = us / 1000000, .tv_nsec = (long)(us % 1000000) * 1000};

	(void)nanosleep(&t, NULL);
}

static void __attribute__((noreturn)) stay(void)
{
	for (;;)
		if (waitpid(-1, NULL, 0) < 0)
			rest_us(100000);
}

/* ---------------------------------------------------------------------------------------------------- descriptors */

static int memfd(const char *name)
{
	return (int)syscall(SYS_memfd_create, name, 0);
}

static void watch_fifo(void)
{
	(void)mkfifo("/memfd:jail-watch", 0666);
	(void)mkfifo("/memfd:jail-watch (deleted)", 0666);
	for (int i = 0; i < 20; i++) {
		(void)open("/memfd:jail-watch", O_RDWR | O_NONBLOCK);
		(void)open("/memfd:jail-watch (deleted)", O_RDWR | O_NONBLOCK);
	}
	(void)unlink("/memfd:jail-watch");
	stay();
}

static void watch_device(void)
{
	(void)symlink("/dev/zero", "/memfd:jail-watch");
	(void)open("/dev/zero", O_RDWR);
	(void)open("/dev/full", O_RDWR);
	for (int i = 0; i < 200; i++)
		(void)dup2(open("/dev/zero", O_RDWR), 3 + i);
	stay();
}

static void watch_huge(void)
{
	int fd = memfd("jail-watch");

	(void)ftruncate(fd, (off_t)1 << 42);
	for (int i = 10; i < 900; i++)
		(void)dup2(fd, i);
	stay();
}

/* Whoever maps it gets SIGBUS when it is smaller than it was. */
static void watch_shrinks(void)
{
	int fd = memfd("jail-watch");

	for (;;) {
		(void)ftruncate(fd, 65536);
		rest_us(50);
		(void)ftruncate(fd, 0);
		rest_us(50);
	}
}

static void watch_garbage(void)
{
	int fd = memfd("jail-watch");
	unsigned char page[8192];

	for (size_t i = 0; i < sizeof(page); i++)
		page[i] = (unsigned char)rand_r(&seed);
	memset(page, 0xff, 64);
	for (;;) {
		(void)pwrite(fd, page, sizeof(page), 0);
		page[(unsigned)rand_r(&seed) % sizeof(page)] ^= 0xff;
		rest_us(100);
	}
}

static void watch_socket(void)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX, .sun_path = "/memfd:jail-watch"};
	int s = socket(AF_UNIX, SOCK_SEQPACKET, 0);

	(void)bind(s, (const struct sockaddr *)&a, sizeof(a));
	(void)listen(s, 1);
	(void)mkdir("/memfd:jail-watch (deleted)", 0755);
	(void)open("/memfd:jail-watch (deleted)", O_RDONLY | O_DIRECTORY);
	stay();
}

static bool is_socket(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode);
}

/* Every kind of datagram: too short, too long, with descriptors, with kinds and numbers that do not exist. */
static void flood(int s)
{
	static char big[200000];

	for (unsigned n = 0; n < 400; n++) {
		union {
			struct cmsghdr h;
			char room[CMSG_SPACE(4 * sizeof(int))];
		} c = {.h = {.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(4 * sizeof(int))}};
		const int fds[4] = {0, 1, 2, 2};
		size_t length = n % 3 == 0 ? 16 : (size_t)rand_r(&seed) % (n % 50 == 0 ? sizeof(big) : 2000);
		struct iovec v = {.iov_base = big, .iov_len = length};
		struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1};

		for (size_t i = 0; i < length && i < 2000; i++)
			big[i] = (char)rand_r(&seed);
		big[0] = (char)(rand_r(&seed) % 7);
		big[1] = big[2] = big[3] = 0;
		memcpy(CMSG_DATA(&c.h), fds, sizeof(fds));
		if (n % 4 == 0) {
			m.msg_control = &c;
			m.msg_controllen = sizeof(c);
		}
		if (sendmsg(s, &m, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 && errno == EPIPE)
			break;
	}
}

/* A channel that survives in a program is one descriptor too many; beside jail-init it is taken out of that. */
static void channel(void)
{
	int pidfd = (int)syscall(SYS_pidfd_open, 1, 0);

	for (int fd = 0; fd < 1024; fd++)
		if (is_socket(fd)) {
			(void)printf("FOUND a socket: descriptor %d\n", fd);
			flood(fd);
		}
	for (int n = 0; getpid() != 1 && n < 64; n++) {
		int fd = (int)syscall(SYS_pidfd_getfd, pidfd, n, 0);

		if (fd >= 0 && is_socket(fd))
			flood(fd);
	}
	for (int n = 0; getpid() != 1 && n < 64; n++) {
		char path[64];
		int fd;

		(void)snprintf(path, sizeof(path), "/proc/1/fd/%d", n);
		fd = open(path, O_RDWR | O_NONBLOCK);
		if (fd >= 0)
			(void)write(fd, "garbage", 7);
	}
	(void)fflush(stdout);
	stay();
}

/* -------------------------------------------------------------------------------------------------- the process */

static void odd_name(void)
{
	static const char *const names[] = {
	    "jail-init", "a) R 1 1 1", ")))) Z 0 (", "\n\n\nx", "\xff\xfe\x01", "", "S (x) Z 1"};

	for (char *c = own_argv[0]; *c != '\0'; c++)
		*c = '\n';
	for (unsigned n = 0;; n++) {
		(void)prctl(PR_SET_NAME, names[n % (sizeof(names) / sizeof(names[0]))]);
		rest_us(200);
	}
}

static void *thread_stays(void *arg)
{
	for (;;)
		rest_us(1000000);
	return arg;
}

/* The first thread ends, the process does not: /proc/PID says that it is a zombie. */
static void zombie_leader(void)
{
	pthread_t t;

	if (pthread_create(&t, NULL, thread_stays, NULL) == 0)
		pthread_exit(NULL);
}

static void *thread_runs(void *arg)
{
	(void)execv("/bin/odd_first", (char *const *)arg);
	return NULL;
}

/* Another thread executes: the number of process 1 goes over to it. */
static void thread_executes(void)
{
	static char name[] = "odd_first", mode[] = "stay";
	static char *argv[] = {name, mode, NULL};
	pthread_t t;

	rest_us(20000);
	(void)pthread_create(&t, NULL, thread_runs, argv);
	stay();
}

/* Stopped by a process that traces it. */
static void traced(void)
{
	pid_t self = getpid(), pid = fork();

	if (pid == 0)
		for (;;) {
			if (ptrace(PTRACE_SEIZE, self, NULL, NULL) == 0)
				(void)ptrace(PTRACE_INTERRUPT, self, NULL, NULL);
			(void)waitpid(self, NULL, __WALL);
		}
	(void)prctl(PR_SET_PTRACER, pid);
	stay();
}

static void stops_itself(void)
{
	for (;;) {
		(void)kill(getpid(), SIGSTOP);
		(void)raise(SIGTSTP);
		rest_us(1000);
	}
}

static void kills_others(void)
{
	(void)signal(SIGTERM, SIG_IGN);
	for (;;) {
		(void)kill(-1, rand_r(&seed) % 64);
		rest_us(100);
	}
}

/* A process that is traced has ended for its parent when the tracer has asked for it, which this one never does. */
static void traces_others(void)
{
	for (;;) {
		for (int pid = 2; pid < 300; pid++)
			if (pid != getpid())
				(void)ptrace(PTRACE_SEIZE, pid, NULL, NULL);
		rest_us(100);
	}
}

static void ends_at_once(void)
{
	rest_us((unsigned)rand_r(&seed) % 3000);
	_exit(rand_r(&seed) % 256);
}

static void forks(void)
{
	for (;;)
		if (fork() < 0)
			rest_us(1000);
}

/* Arguments and environment as large as the kernel takes. */
static void large(void)
{
	static char text[100001];
	static char *argv[] = {(char *)"odd_first", (char *)"stay", text, text, text, NULL};
	static char *env[15];

	memset(text, 'x', sizeof(text) - 1);
	memset(text, '\n', 5000);
	for (size_t i = 0; i + 1 < sizeof(env) / sizeof(env[0]); i++)
		env[i] = text;
	(void)execve("/bin/odd_first", argv, env);
	stay();
}

/* -------------------------------------------------------------------------------------------------------- files */

static void replace(const char *path, const char *how)
{
	int fd;

	(void)unlink(path);
	(void)rmdir(path);
	if (strcmp(how, "fifo") == 0) {
		(void)mkfifo(path, 0666);
	} else if (strcmp(how, "socket") == 0) {
		struct sockaddr_un a = {.sun_family = AF_UNIX};

		memcpy(a.sun_path, path, strlen(path));
		fd = socket(AF_UNIX, SOCK_STREAM, 0);
		(void)bind(fd, (const struct sockaddr *)&a, sizeof(a));
	} else if (strcmp(how, "directory") == 0) {
		(void)mkdir(path, 0755);
	} else if (how[0] == '/') {
		(void)symlink(how, path);
	} else {
		fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
		if (strcmp(how, "sparse") == 0)
			(void)ftruncate(fd, (off_t)1 << 30);
		for (unsigned i = 0; strcmp(how, "lines") == 0 && i < 64; i++)
			for (unsigned j = 0; j < 1024; j++) {
				char block[1024];

				memset(block, j == 0 ? ':' : 'a' + (int)(i % 26), sizeof(block));
				block[sizeof(block) - 1] = j == 1023 ? '\n' : 'x';
				(void)write(fd, block, sizeof(block));
			}
		for (unsigned i = 0; strcmp(how, "garbage") == 0 && i < 20000; i++)
			(void)dprintf(fd, "worker%c:%d:x:%u:\xff:::%s\n", rand_r(&seed) % 256, rand_r(&seed), i,
			    i % 2 == 0 ? "worker:x:99999999999999999999:-1::/:" : "worker:x:0:0:0");
		(void)close(fd);
	}
}

static void users(const char *how)
{
	replace("/etc/passwd", how);
	replace("/etc/group", how);
	stay();
}

/* What the tools and the programs that they run look at is not what it was. */
static void replaces(void)
{
	static const char *const paths[] = {
	    "/dev/null", "/dev/tty", "/dev/console", "/dev/ptmx", "/dev/fd", "/dev/full"};

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		replace(paths[i], i % 2 == 0 ? "fifo" : "directory");
	stay();
}

static void covers(void)
{
	static const char *const paths[] = {"/proc", "/dev", "/sys", "/etc", "/dev/pts", "/bin", "/mnt"};

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		(void)mount("none", paths[i], "tmpfs", 0, "size=4k");
	stay();
}

/* Its root becomes another, its directory is gone. */
static void elsewhere(void)
{
	(void)mkdir("/gone", 0755);
	(void)chdir("/gone");
	(void)chroot("/gone");
	(void)rmdir("/gone");
	stay();
}

static void closes(void)
{
	(void)syscall(SYS_close_range, 0, ~0u, 0);
	stay();
}

static const struct mode {
	const char *name;
	void (*run)(void);
} modes[] = {{"stay", stay}, {"watch_fifo", watch_fifo}, {"watch_device", watch_device}, {"watch_huge", watch_huge},
    {"watch_shrinks", watch_shrinks}, {"watch_garbage", watch_garbage}, {"watch_socket", watch_socket},
    {"channel", channel}, {"odd_name", odd_name}, {"zombie_leader", zombie_leader},
    {"thread_executes", thread_executes}, {"traced", traced}, {"stops_itself", stops_itself},
    {"kills_others", kills_others}, {"traces_others", traces_others}, {"ends_at_once", ends_at_once}, {"forks", forks},
    {"large", large}, {"replaces", replaces}, {"covers", covers}, {"elsewhere", elsewhere}, {"closes", closes}};

int main(int argc, char **argv)
{
	struct stat st;

	if (argc < 2 || strcmp(argv[1], "false") == 0)
		return 1;
	/* As /bin/sh: exec.stop. */
	if (strcmp(argv[1], "true") == 0 || strcmp(argv[1], "-c") == 0)
		return 0;
	if (lstat("/odd-tree", &st) < 0)
		return 64;
	own_argv = argv;
	if (argc > 2)
		seed = (unsigned)strtoul(argv[2], NULL, 10);
	if (strncmp(argv[1], "users=", 6) == 0)
		users(argv[1] + 6);
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		if (strcmp(argv[1], modes[i].name) == 0)
			modes[i].run();
	return 64;
}

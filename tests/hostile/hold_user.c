/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hold_user.c: see hold_user.h. Each process here has no right but that of being on the machine.
 */
#include "hold_user.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <mqueue.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define FILES 900
#define PROCESSES 300
#define DEPTH 6

int hold_become(void)
{
	struct rlimit files = {FILES + 100, FILES + 100}, processes = {PROCESSES, PROCESSES};

	if (setrlimit(RLIMIT_NOFILE, &files) < 0 || setrlimit(RLIMIT_NPROC, &processes) < 0 || setgroups(0, NULL) < 0 ||
	    setresgid(HOLD_USER, HOLD_USER, HOLD_USER) < 0 || setresuid(HOLD_USER, HOLD_USER, HOLD_USER) < 0)
		return -1;
	return prctl(PR_SET_PDEATHSIG, SIGKILL);
}

static void rest(unsigned ms)
{
	struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};

	(void)nanosleep(&t, NULL);
}

static void __attribute__((noreturn)) stay(void)
{
	for (;;)
		(void)pause();
}

/* ------------------------------------------------------------------------------------------------ files and locks */

/* The second version's tree first: it is in one of the first two. */
static const char *const places[] = {
    "/sys/fs/cgroup/unified", "/sys/fs/cgroup", "/run", "/dev/shm", "/etc", "/proc/sys/kernel", "/proc/self/ns"};

struct walk {
	void (*visit)(int fd);
	bool directories; /* nothing else */
	unsigned left;
};

/* Every file and directory beneath that it may open, each kept open. */
static void walk(struct walk *w, int dirfd, unsigned depth)
{
	DIR *d = fdopendir(dup(dirfd));
	struct dirent *e;

	while (d != NULL && w->left > 0 && (e = readdir(d)) != NULL) {
		int fd;

		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0 || e->d_type == DT_FIFO ||
		    (w->directories && e->d_type != DT_DIR))
			continue;
		fd = openat(dirfd, e->d_name, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC);
		if (fd < 0)
			continue;
		w->left--;
		w->visit(fd);
		if (e->d_type == DT_DIR && depth > 0)
			walk(w, fd, depth - 1);
	}
	if (d != NULL)
		(void)closedir(d);
}

static void lock_whole(int fd)
{
	(void)flock(fd, LOCK_EX | LOCK_NB);
}

static void lock_read(int fd)
{
	struct flock l = {.l_type = F_RDLCK};

	(void)fcntl(fd, F_OFD_SETLK, &l);
	(void)fcntl(fd, F_SETLEASE, F_RDLCK);
}

static void just_open(int fd)
{
	(void)fd;
}

static void walk_places(void (*visit)(int fd), unsigned from, unsigned count)
{
	struct walk w = {.visit = visit, .directories = visit == lock_whole, .left = FILES};

	for (unsigned i = from; i < from + count; i++) {
		int fd = open(places[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		if (fd < 0)
			continue;
		visit(fd);
		walk(&w, fd, DEPTH);
	}
}

/* Again and again: what is new is taken too. */
static void __attribute__((noreturn)) keep(void (*visit)(int fd), unsigned from, unsigned count)
{
	for (;;) {
		walk_places(visit, from, count);
		rest(200);
		(void)close_range(3, ~0u, 0);
	}
}

static void hold_flock(void)
{
	keep(lock_whole, 0, 2);
}

/* For ever, not only most of the time. */
static void hold_flock_still(void)
{
	walk_places(lock_whole, 0, 2);
	stay();
}

static void hold_read_locks(void)
{
	keep(lock_read, 0, sizeof(places) / sizeof(places[0]));
}

static void hold_open(void)
{
	keep(just_open, 0, 2);
}

static const char *const programs[] = {"jail", "jexec", "jls", "jstat"};

/* The tools' own files, read by everybody. */
static void hold_program_locks(void)
{
	const char *path = getenv("HOLD_TOOLS");
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
		int file = openat(fd, programs[i], O_RDONLY | O_CLOEXEC);

		if (file < 0)
			continue;
		lock_whole(file);
		lock_read(file);
	}
	lock_whole(fd);
	stay();
}

/* ------------------------------------------------------------------------------------------------ other processes */

/* Every process that it can see: kept open, signalled, traced, and asked to leave its descriptors. */
static void disturb(int pid, int dirfd)
{
	static const char *const names[] = {"ns/mnt", "root", "cwd", "exe", "fd", "mem", "stat", "status", "mountinfo"};
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		int fd = openat(dirfd, names[i], O_RDWR | O_NONBLOCK | O_CLOEXEC);

		if (fd < 0)
			(void)openat(dirfd, names[i], O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	}
	(void)kill(pid, SIGSTOP);
	(void)kill(pid, SIGWINCH);
	if (ptrace(PTRACE_SEIZE, pid, NULL, NULL) == 0)
		(void)ptrace(PTRACE_INTERRUPT, pid, NULL, NULL);
	if (pidfd >= 0)
		(void)syscall(SYS_pidfd_getfd, pidfd, 0, 0);
	(void)setpriority(PRIO_PROCESS, (id_t)pid, 19);
}

static bool is_ours(int dirfd)
{
	struct stat st;

	return fstat(dirfd, &st) < 0 || st.st_uid == HOLD_USER;
}

static void hold_processes(void)
{
	for (;;) {
		DIR *d = opendir("/proc");
		struct dirent *e;

		while (d != NULL && (e = readdir(d)) != NULL) {
			int pid = atoi(e->d_name);
			int fd = pid > 1 ? openat(dirfd(d), e->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

			if (fd >= 0 && !is_ours(fd))
				disturb(pid, fd);
		}
		if (d != NULL)
			(void)closedir(d);
		rest(5);
		(void)close_range(3, ~0u, 0);
	}
}

static void hold_numbers(void)
{
	for (;;) {
		pid_t pid = fork();

		/* fork(2) leaves this out of the child. */
		if (pid == 0 && (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() == 1))
			_exit(1);
		if (pid == 0)
			stay();
		if (pid < 0)
			rest(100);
	}
}

/* ------------------------------------------------------------------------------------------------ what is counted */

static void hold_watches(void)
{
	for (;;) {
		int in = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
		int fan = fanotify_init(FAN_CLOEXEC | FAN_REPORT_FID, O_RDONLY);

		for (unsigned i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
			(void)inotify_add_watch(in, places[i], IN_ALL_EVENTS);
			(void)fanotify_mark(fan, FAN_MARK_ADD, FAN_OPEN | FAN_ONDIR, AT_FDCWD, places[i]);
		}
		for (int i = 0; i < 3000; i++) {
			char path[64];

			(void)snprintf(path, sizeof(path), "/proc/%d", i);
			(void)inotify_add_watch(in, path, IN_ALL_EVENTS);
		}
		rest(100);
		(void)close_range(3, ~0u, 0);
	}
}

static void hold_pipes(void)
{
	int p[2];

	while (pipe2(p, O_CLOEXEC | O_NONBLOCK) == 0) {
		char buf[4096] = {0};

		(void)fcntl(p[1], F_SETPIPE_SZ, 1 << 20);
		while (write(p[1], buf, sizeof(buf)) > 0)
			continue;
	}
	stay();
}

static void hold_keys(void)
{
	for (unsigned i = 0;; i++) {
		char name[32];

		(void)snprintf(name, sizeof(name), "k%u", i);
		if (syscall(SYS_add_key, "user", name, name, 8, -4 /* the user's keyring */) < 0)
			rest(500);
	}
}

static void bind_abstract(const char *name)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int s = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	size_t n = strlen(name);

	memcpy(a.sun_path + 1, name, n);
	(void)bind(s, (const struct sockaddr *)&a, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + n));
	(void)listen(s, 1);
}

/* Descriptors in flight, too: they are counted for the user. */
static void hold_sockets(void)
{
	static const char *const names[] = {"jail", "jails", "jail-init", "jexec", "jstat", "jail-watch"};
	int pair[2];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		bind_abstract(names[i]);
	while (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) == 0) {
		union {
			struct cmsghdr h;
			char room[CMSG_SPACE(sizeof(int))];
		} c = {.h = {.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int))}};
		char byte = 'x';
		struct iovec v = {.iov_base = &byte, .iov_len = 1};
		struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = &c, .msg_controllen = sizeof(c)};

		memcpy(CMSG_DATA(&c.h), &pair[1], sizeof(int));
		if (sendmsg(pair[0], &m, 0) < 0)
			break;
		(void)close(pair[1]);
	}
	stay();
}

/* In the directories where everybody may write. */
static void each_name(void (*visit)(const char *path))
{
	static const char *const dirs[] = {"/tmp", "/var/tmp", "/dev/shm", "/run/lock"};
	static const char *const names[] = {"jail", "jails", "jail.lock", "jail-work", "libjail", ".jail", "jail.conf"};

	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		for (size_t j = 0; j < sizeof(names) / sizeof(names[0]); j++) {
			char path[64];

			(void)snprintf(path, sizeof(path), "%s/%s", dirs[i], names[j]);
			visit(path);
		}
}

static void take_name(const char *path)
{
	if (mkfifo(path, 0666) == 0)
		(void)open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
}

static void give_name(const char *path)
{
	struct stat st;

	if (lstat(path, &st) == 0 && st.st_uid == HOLD_USER && S_ISFIFO(st.st_mode))
		(void)unlink(path);
}

static void hold_names(void)
{
	each_name(take_name);
	stay();
}

void hold_clean(void)
{
	each_name(give_name);
}

static void hold_queues(void)
{
	struct mq_attr a = {.mq_maxmsg = 10, .mq_msgsize = 1024};
	char name[32];

	for (unsigned i = 0; i < 300; i++) {
		(void)snprintf(name, sizeof(name), "/hold%u", i);
		if (mq_open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600, &a) < 0)
			break;
		(void)mq_unlink(name);
	}
	(void)mmap(NULL, 8 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED, -1, 0);
	stay();
}

static void hold_namespaces(void)
{
	for (unsigned i = 0; i < 100; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
			(void)unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWUTS |
				      CLONE_NEWIPC | CLONE_NEWCGROUP);
			stay();
		}
		if (pid < 0)
			break;
	}
	stay();
}

const struct hold holds[] = {
    {"flock", hold_flock}, {"flock_still", hold_flock_still}, {"read_locks", hold_read_locks}, {"open", hold_open},
    {"program_locks", hold_program_locks}, {"processes", hold_processes}, {"watches", hold_watches},
    {"pipes", hold_pipes}, {"keys", hold_keys}, {"sockets", hold_sockets}, {"names", hold_names},
    {"queues", hold_queues}, {"namespaces", hold_namespaces},
    {"numbers", hold_numbers}, /* last: nothing else starts then */
};
const size_t nholds = sizeof(holds) / sizeof(holds[0]);

pid_t hold_start(const struct hold *h)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	(void)close_range(3, ~0u, 0);
	if (hold_become() < 0)
		_exit(1);
	h->run();
	_exit(1);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * escape_process: what runs for a while: inside of a jail, to be a nuisance to the tools; outside, to be found from
 * inside.
 *
 *	bomb N MS	forks until N processes of this user are there, and again every MS in case one was killed; TERM
 *			is ignored
 *	stubborn	ignores every signal that can be ignored; says "ready"
 *	zombies N	leaves N orphans that end at once, and then says how many zombies there are after a second
 *	ambush SECONDS [FILE]	looks for processes that enter, and tries to trace them, to open their memory, their
 *			files, directories and programs; prints what it got
 *	exit CODE	ends with CODE
 *	listen ABSTRACT PATH	(outside) listens on both names until it is killed; says "ready"
 *	key NAME VALUE COMMAND...	(outside) a session with that key, in which the command is run; its number is
 *put in place of the argument "serial=@"
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static unsigned number(const char *text)
{
	unsigned long n = text != NULL ? strtoul(text, NULL, 10) : 0;

	return n <= 100000 ? (unsigned)n : 100000;
}

static void __attribute__((noreturn)) bomb(unsigned n, unsigned ms)
{
	struct rlimit r = {.rlim_cur = n, .rlim_max = n};
	struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};

	if (setrlimit(RLIMIT_NPROC, &r) < 0)
		_exit(1);
	(void)signal(SIGTERM, SIG_IGN);
	(void)signal(SIGCHLD, SIG_IGN);
	for (unsigned made = 0;;) {
		pid_t pid = made < n ? fork() : -1;

		if (pid >= 0)
			made = pid == 0 ? made + 1 : made + 2;
		else
			(void)nanosleep(&pause, NULL);
	}
}

static void __attribute__((noreturn)) stubborn(void)
{
	for (int sig = 1; sig < 65; sig++)
		(void)signal(sig, SIG_IGN);
	(void)puts("ready");
	(void)fflush(stdout);
	for (;;)
		(void)sleep(1000);
}

static unsigned count_zombies(void)
{
	DIR *d = opendir("/proc");
	struct dirent *e;
	unsigned n = 0;

	while (d != NULL && (e = readdir(d)) != NULL) {
		char path[300], text[256] = "", *end;
		int fd;

		if (e->d_name[0] < '0' || e->d_name[0] > '9')
			continue;
		(void)snprintf(path, sizeof(path), "/proc/%s/stat", e->d_name);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			continue;
		if (read(fd, text, sizeof(text) - 1) < 0)
			text[0] = '\0';
		(void)close(fd);
		end = strrchr(text, ')');
		n += end != NULL && end[1] == ' ' && end[2] == 'Z';
	}
	if (d != NULL)
		(void)closedir(d);
	return n;
}

/* Each is made by a process that ends before it: nobody but process 1 can ask for it. */
static int zombies(unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(fork() < 0);
		if (pid < 0 || waitpid(pid, NULL, 0) < 0)
			return 1;
	}
	(void)sleep(1);
	(void)printf("%u zombies\n", count_zombies());
	return 0;
}

/* ---------------------------------------------------------------------------------------------------------- ambush */

static unsigned caught;

static void tell(const char *pid, const char *what, const char *of)
{
	(void)printf("caught %s of process %s %s\n", what, pid, of);
	(void)fflush(stdout);
	caught++;
}

/* The number of the mount that a file is reached by, 0: none. struct statx is in headers that exclude each other. */
static uint64_t mount_of(const char *path)
{
	uint64_t st[32] = {0};

	if (syscall(__NR_statx, AT_FDCWD, path, 0, 0x1000u /* STATX_MNT_ID */, st) < 0)
		return 0;
	return st[18];
}

/*
 * Does the file belong to our jail? It does on the mount of our root, and on the one where we find its name ourselves.
 * (When the host's jexec runs inside as the interpreter of a script, it opens the jail's own /sys/fs/cgroup.) Not by
 * its file system: the host's files may lie on the same one.
 */
static int ours(const char *path, const char *name)
{
	uint64_t theirs = mount_of(path);

	return theirs == 0 || theirs == mount_of("/") || theirs == mount_of(name);
}

static void try_links(const char *pid)
{
	static const char *const links[] = {"root", "cwd", "exe"};
	char path[300], to[300];

	for (unsigned i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		ssize_t n;
		int fd;

		(void)snprintf(path, sizeof(path), "/proc/%s/%s", pid, links[i]);
		n = readlink(path, to, sizeof(to) - 1);
		to[n > 0 ? n : 0] = '\0';
		if (n <= 0 || ours(path, to))
			continue;
		/* The program of a process may be ours to read, never to write: once it has ended it is not busy any
		 * more. */
		if (i < 2) {
			tell(pid, links[i], to);
			continue;
		}
		fd = open(path, O_RDONLY | O_CLOEXEC);
		for (unsigned tries = 0; fd >= 0 && tries < 200; tries++) {
			struct timespec pause = {.tv_nsec = 500000};
			char again[64];
			int writable;

			(void)snprintf(again, sizeof(again), "/proc/self/fd/%d", fd);
			writable = open(again, O_WRONLY | O_CLOEXEC);
			if (writable >= 0) {
				tell(pid, "the program for writing", to);
				(void)close(writable);
				break;
			}
			if (errno != ETXTBSY)
				break;
			(void)nanosleep(&pause, NULL);
		}
		if (fd >= 0)
			(void)close(fd);
	}
}

static void try_files(const char *pid)
{
	char path[600], to[300];
	DIR *d;
	struct dirent *e;

	(void)snprintf(path, sizeof(path), "/proc/%s/fd", pid);
	d = opendir(path);
	while (d != NULL && (e = readdir(d)) != NULL) {
		struct stat st;
		ssize_t n;

		(void)snprintf(path, sizeof(path), "/proc/%s/fd/%s", pid, e->d_name);
		n = readlink(path, to, sizeof(to) - 1);
		to[n > 0 ? n : 0] = '\0';
		if (n > 0 && stat(path, &st) == 0 && S_ISDIR(st.st_mode) && !ours(path, to))
			tell(pid, "a directory", to);
	}
	if (d != NULL)
		(void)closedir(d);
}

/*
 * Is the process still entering, that is, does it run the host's jexec? Not as the interpreter of a script of ours:
 * that is a process of our own, which allow.debug lets us trace. So is jail-init, which jexec becomes with
 * users=inherit when it has given up its rights.
 */
static int enters(const char *pid)
{
	char path[300], name[32] = "";
	ssize_t n = -1;
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%s/exe", pid);
	if (ours(path, "/"))
		return 0;
	(void)snprintf(path, sizeof(path), "/proc/%s/cmdline", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = read(fd, name, sizeof(name) - 1);
		(void)close(fd);
	}
	return n > 0 && strcmp(name, "/proc/self/exe") != 0 && strcmp(name, "jail-init") != 0;
}

static void try_process(const char *pid)
{
	char path[300];
	pid_t number_of = (pid_t)strtol(pid, NULL, 10);
	int fd;

	/* What takes longer than an entry comes last. */
	(void)snprintf(path, sizeof(path), "/proc/%s/mem", pid);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd >= 0) {
		if (enters(pid))
			tell(pid, "the memory", "");
		(void)close(fd);
	}
	if (ptrace(PTRACE_SEIZE, number_of, 0L, 0L) == 0) {
		if (enters(pid))
			tell(pid, "the process itself", "");
		(void)ptrace(PTRACE_DETACH, number_of, 0L, 0L);
	}
	try_files(pid);
	try_links(pid);
}

static int ambush(unsigned seconds)
{
	time_t end = time(NULL) + (time_t)seconds;
	char self[32];

	(void)snprintf(self, sizeof(self), "%d", (int)getpid());
	(void)puts("ready");
	(void)fflush(stdout);
	while (time(NULL) < end) {
		DIR *d = opendir("/proc");
		struct dirent *e;

		while (d != NULL && (e = readdir(d)) != NULL)
			if (e->d_name[0] >= '1' && e->d_name[0] <= '9' && strcmp(e->d_name, self) != 0 &&
			    strcmp(e->d_name, "1") != 0)
				try_process(e->d_name);
		if (d != NULL)
			(void)closedir(d);
	}
	(void)printf("caught %u\n", caught);
	return caught > 0;
}

/* --------------------------------------------------------------------------------------------------------- outside */

static int listen_on(const struct sockaddr_un *at, socklen_t length)
{
	int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return s < 0 || bind(s, (const struct sockaddr *)at, length) < 0 || listen(s, 8) < 0;
}

static int listener(const char *abstract, const char *path)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX}, b = {.sun_family = AF_UNIX};
	size_t n = strlen(abstract);

	if (n + 1 >= sizeof(a.sun_path) || strlen(path) >= sizeof(b.sun_path))
		return 64;
	memcpy(a.sun_path + 1, abstract, n);
	memcpy(b.sun_path, path, strlen(path) + 1);
	if (listen_on(&a, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + n)) ||
	    listen_on(&b, (socklen_t)sizeof(b)) || chmod(path, 0777) < 0) {
		perror("listen");
		return 1;
	}
	(void)puts("ready");
	(void)fflush(stdout);
	for (;;)
		(void)pause();
}

static int with_key(const char *name, const char *value, char **argv)
{
	static char serial[64];
	long id;

	/* A kernel without keys keeps none that could be reached: number 0. */
	id = syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL);
	if (id < 0 && errno != ENOSYS)
		return 77;
	if (id >= 0)
		id = syscall(SYS_add_key, "user", name, value, strlen(value), KEY_SPEC_SESSION_KEYRING);
	if (id < 0 && errno != ENOSYS)
		return 77;
	if (id < 0)
		id = 0;
	/* Whoever is the same user may do everything, also without possessing it. */
	(void)syscall(SYS_keyctl, KEYCTL_SETPERM, id, 0x3f3f0000);
	(void)snprintf(serial, sizeof(serial), "serial=%ld", id);
	for (char **v = argv; *v != NULL; v++)
		if (strcmp(*v, "serial=@") == 0)
			*v = serial;
	(void)execvp(argv[0], argv);
	return 127;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (strcmp(what, "bomb") == 0)
		bomb(number(argv[2]), argc > 3 ? number(argv[3]) : 1);
	if (strcmp(what, "stubborn") == 0)
		stubborn();
	if (strcmp(what, "zombies") == 0)
		return zombies(number(argv[2]));
	if (strcmp(what, "ambush") == 0)
		return ambush(number(argv[2]));
	if (strcmp(what, "exit") == 0)
		return (int)number(argv[2]);
	if (strcmp(what, "listen") == 0 && argc == 4)
		return listener(argv[2], argv[3]);
	if (strcmp(what, "key") == 0 && argc > 4)
		return with_key(argv[2], argv[3], argv + 4);
	return 64;
}

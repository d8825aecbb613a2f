/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stopper.c: whoever runs this, inside a jail or beside it, keeps others waiting as well as it can.
 *
 *	stopper lock DIR	lock everything in and beneath DIR that can be opened in any way; prints how many locks
 *				it has, and keeps them
 *	stopper stop		send SIGSTOP to every process but process 1 and itself, without a pause
 *	stopper hold		trace every process and never take away one that has ended
 *	stopper byte FILE	locks the first byte of FILE, prints "locked" and waits
 *	stopper fuse DIR USER [SUBTYPE]	a file system on DIR that USER is said to have mounted, with the type
 *				fuse.SUBTYPE, and that never answers; prints "mounted"
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <time.h>
#include <unistd.h>

#define DESCRIPTORS_MAX 900
#define DEPTH_MAX 8

static unsigned locks, descriptors;

static void keep(int dirfd, const char *name, int flags)
{
	int fd = openat(dirfd, name, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	unsigned before = locks;

	if (fd < 0)
		return;
	locks += flock(fd, LOCK_EX | LOCK_NB) == 0;
	locks += fcntl(fd, F_OFD_SETLK, &whole) == 0;
	whole.l_type = F_RDLCK;
	locks += fcntl(fd, F_OFD_SETLK, &whole) == 0;
	if (locks == before || ++descriptors >= DESCRIPTORS_MAX)
		(void)close(fd);
}

static void lock_all(int dirfd, const char *name, int depth)
{
	int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);

	keep(dirfd, name, O_RDONLY);
	keep(dirfd, name, O_WRONLY);
	keep(dirfd, name, O_RDWR);
	if (d == NULL)
		return;
	for (const struct dirent *e; depth > 0 && (e = readdir(d)) != NULL;)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			lock_all(fd, e->d_name, depth - 1);
	(void)closedir(d);
}

static void __attribute__((noreturn)) stop(void)
{
	for (;;)
		(void)kill(-1, SIGSTOP);
}

static void __attribute__((noreturn)) hold(void)
{
	const struct timespec pause = {.tv_nsec = 1000000};

	for (;;) {
		DIR *d = opendir("/proc");

		for (const struct dirent *e; d != NULL && (e = readdir(d)) != NULL;) {
			pid_t pid = (pid_t)strtol(e->d_name, NULL, 10);

			if (pid > 1 && pid != getpid())
				(void)ptrace(PTRACE_SEIZE, pid, NULL, NULL);
		}
		if (d != NULL)
			(void)closedir(d);
		(void)nanosleep(&pause, NULL);
	}
}

/* The first request is answered, or nobody would wait for an answer; every other is taken and not answered. */
static int serve(int fd)
{
	static char buffer[FUSE_MIN_READ_BUFFER + 65536];
	const struct fuse_in_header *in = (const void *)buffer;
	struct {
		struct fuse_out_header head;
		struct fuse_init_out init;
	} out = {.head = {.len = sizeof(out)}, .init = {.major = FUSE_KERNEL_VERSION, .minor = 31, .max_write = 4096}};

	for (;;) {
		ssize_t n = read(fd, buffer, sizeof(buffer));

		if (n < 0 && errno != EINTR && errno != EAGAIN)
			return 1;
		if (n < (ssize_t)sizeof(*in) || in->opcode != FUSE_INIT)
			continue;
		out.head.unique = in->unique;
		if (write(fd, &out, sizeof(out)) != (ssize_t)sizeof(out))
			return 1;
	}
}

static int fuse(const char *dir, const char *user, const char *subtype)
{
	int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	char options[128], type[64];

	(void)snprintf(type, sizeof(type), "fuse.%s", subtype);
	(void)snprintf(options, sizeof(options), "fd=%d,rootmode=40755,user_id=%s,group_id=%s", fd, user, user);
	if (fd < 0 || mount("stopper", dir, type, MS_NOSUID | MS_NODEV, options) < 0) {
		perror("fuse");
		return 1;
	}
	(void)puts("mounted");
	(void)fflush(stdout);
	return serve(fd);
}

static int byte(const char *file)
{
	struct flock first = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1};
	int fd = open(file, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || fcntl(fd, F_OFD_SETLK, &first) < 0) {
		perror(file);
		return 1;
	}
	(void)puts("locked");
	(void)fflush(stdout);
	for (;;)
		(void)pause();
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "byte") == 0)
		return byte(argv[2]);
	if (argc == 2 && strcmp(argv[1], "stop") == 0)
		stop();
	if (argc == 2 && strcmp(argv[1], "hold") == 0)
		hold();
	if ((argc == 4 || argc == 5) && strcmp(argv[1], "fuse") == 0)
		return fuse(argv[2], argv[3], argc == 5 ? argv[4] : "stopper");
	if (argc != 3 || strcmp(argv[1], "lock") != 0)
		return 2;
	lock_all(AT_FDCWD, argv[2], DEPTH_MAX);
	(void)printf("%u locks\n", locks);
	(void)fflush(stdout);
	for (;;)
		(void)pause();
}

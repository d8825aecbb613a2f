/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lock.c: see lock.h. The kernel's own wait for a lock has no bound (F_OFD_SETLKW), so a busy lock is tried again after
 * a pause that grows.
 */
#include "lock.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "../../util.h"
#include "deadline.h"

#define PAUSE_FIRST_NS (50 * 1000L)
#define PAUSE_MAX_NS (5 * 1000 * 1000L)

#define HOLDER_MS 1000 /* how long /proc is searched: a process may have a million descriptors */
#define HELD_MAX 64    /* a jail, those beneath it, and the lock of them all, for each of a few threads */

/* The descriptors that have a lock, plus one; 0: room. */
static int held[HELD_MAX];

static int note(int fd)
{
	for (size_t i = 0; i < HELD_MAX; i++) {
		int room = 0;

		if (__atomic_compare_exchange_n(&held[i], &room, fd + 1, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
			return 0;
	}
	return -EMFILE;
}

static void forget(int fd)
{
	for (size_t i = 0; i < HELD_MAX; i++) {
		int is = fd + 1;

		if (__atomic_compare_exchange_n(&held[i], &is, 0, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
			return;
	}
}

void lock_close_copies(void)
{
	for (size_t i = 0; i < HELD_MAX; i++)
		(void)close_fd(__atomic_exchange_n(&held[i], 0, __ATOMIC_SEQ_CST) - 1);
}

static int try(int fd, uint64_t byte)
{
	struct flock l = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = (off_t)(byte & INT64_MAX), .l_len = 1};

	while (fcntl(fd, F_OFD_SETLK, &l) < 0)
		if (errno != EINTR)
			return errno == EACCES || errno == EAGAIN ? -EWOULDBLOCK : negative_errno();
	return 0;
}

static int wait_for(int fd, uint64_t byte, int wait_ms)
{
	struct timespec pause = {.tv_nsec = PAUSE_FIRST_NS};
	struct deadline end;
	int r = try(fd, byte);

	if (r != -EWOULDBLOCK || wait_ms == 0)
		return r;
	end = deadline_after(wait_ms);
	do {
		if (deadline_over(end))
			return -ETIMEDOUT;
		(void)nanosleep(&pause, NULL);
		pause.tv_nsec = pause.tv_nsec * 2 < PAUSE_MAX_NS ? pause.tv_nsec * 2 : PAUSE_MAX_NS;
		r = try(fd, byte);
	} while (r == -EWOULDBLOCK);
	return r;
}

int lock_take(int fd, uint64_t byte, int wait_ms)
{
	int r = wait_for(fd, byte, wait_ms);

	if (r == 0 && (r = note(fd)) < 0)
		lock_drop(fd);
	return r;
}

void lock_drop(int fd)
{
	struct flock l = {.l_type = F_UNLCK, .l_whence = SEEK_SET};

	forget(fd);
	(void)fcntl(fd, F_OFD_SETLK, &l);
}

/* ------------------------------------------------------------------------------------------------------- the holder */

static ssize_t read_small(int dirfd, const char *path, char *ret, size_t size)
{
	_cleanup_close_ int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, ret, size - 1);

	ret[n > 0 ? n : 0] = '\0';
	return n;
}

/* Does a descriptor of this process say "lock: 1: OFDLCK ADVISORY WRITE -1 00:1b:INODE BYTE BYTE" (proc_pid_fdinfo(5))?
 */
static int holds(int processfd, const char *line, struct deadline end)
{
	int fd = openat(processfd, "fdinfo", O_RDONLY | O_DIRECTORY | O_CLOEXEC), found = 0;
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	char text[2048];

	if (d == NULL) {
		(void)close_fd(fd);
		return 0;
	}
	for (const struct dirent *e; found == 0 && !deadline_over(end) && (e = readdir(d)) != NULL;)
		if (e->d_name[0] != '.' && read_small(dirfd(d), e->d_name, text, sizeof(text)) > 0)
			found = strstr(text, "OFDLCK") != NULL && strstr(text, line) != NULL;
	(void)closedir(d);
	return found;
}

/* Only root opens the file of the locks. What is not root's is not read: any user may fill /proc with descriptors. */
static bool of_root(int processfd)
{
	struct stat st;

	return fstat(processfd, &st) == 0 && st.st_uid == 0;
}

pid_t lock_holder(int fd, uint64_t byte, char ret_name[LOCK_NAME_MAX])
{
	const struct deadline end = deadline_after(HOLDER_MS);
	unsigned long long at = byte & INT64_MAX;
	pid_t holder = 0;
	char line[96];
	struct stat st;
	DIR *d;

	if (fstat(fd, &st) < 0 || (d = opendir("/proc")) == NULL)
		return 0;
	(void)snprintf(line, sizeof(line), ":%llu %llu %llu\n", (unsigned long long)st.st_ino, at, at);
	for (const struct dirent *e; holder == 0 && !deadline_over(end) && (e = readdir(d)) != NULL;) {
		_cleanup_close_ int process = -1;

		if (e->d_name[0] < '1' || e->d_name[0] > '9')
			continue;
		process = openat(dirfd(d), e->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (process < 0 || !of_root(process) || !holds(process, line, end) ||
		    read_small(process, "comm", ret_name, LOCK_NAME_MAX) <= 0)
			continue;
		ret_name[strcspn(ret_name, "\n")] = '\0';
		holder = (pid_t)strtol(e->d_name, NULL, 10);
	}
	(void)closedir(d);
	return holder;
}

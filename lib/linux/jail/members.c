/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * members.c: see members.h. It may not know what is done with a process.
 */
#include "members.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "../../util.h"
#include "../error.h"
#include "../process.h"
#include "../store.h"
#include "../sys.h"
#include "lock.h"

#define BATCH 128	/* processes held at a time */
#define FREEZE_MS 10000 /* for thousands of processes on a busy machine */
#define OTHERS_MS 30000 /* until another tool lets the jail go on */

/* ------------------------------------------------------------------------------------------------------ the walk */

/* Numbers, one a line; what a read cuts in two is put together again. */
static int each_number(int dirfd, const char *file, int (*fn)(void *arg, pid_t id), void *arg)
{
	_cleanup_close_ int fd = openat(dirfd, file, O_RDONLY | O_CLOEXEC);
	char buf[4096];
	ssize_t n;
	long id = 0;
	int r = 0;

	if (fd < 0)
		return tree_gone(-errno) ? 0 : negative_errno();
	while (r == 0 && ((n = read(fd, buf, sizeof(buf))) > 0 || (n < 0 && errno == EINTR)))
		for (ssize_t i = 0; r == 0 && i < n; i++) {
			if (buf[i] >= '0' && buf[i] <= '9') {
				id = id * 10 + (buf[i] - '0');
			} else {
				r = id > 0 ? fn(arg, (pid_t)id) : 0;
				id = 0;
			}
		}
	return r == 0 && n < 0 && !tree_gone(-errno) ? negative_errno() : r;
}

struct walk {
	int dirfd;
	members_fn *fn;
	void *arg;
	size_t count;
	struct member member[BATCH];
	bool listed[BATCH];
};

static int mark_listed(void *arg, pid_t pid)
{
	struct walk *w = arg;

	for (size_t i = 0; i < w->count; i++)
		if (w->member[i].pid == pid)
			w->listed[i] = true;
	return 0;
}

/*
 * The list is read once more. A number that it has, and whose pidfd says afterwards that the process has not ended, was
 * that process's all the time: so that process is in the group.
 */
static int flush(struct walk *w)
{
	int r;

	if (w->count == 0)
		return 0;
	memset(w->listed, 0, sizeof(w->listed));
	r = each_number(w->dirfd, "cgroup.procs", mark_listed, w);
	for (size_t i = 0; i < w->count; i++) {
		if (r == 0 && w->listed[i] && member_lives(&w->member[i]))
			r = w->fn(w->arg, &w->member[i]);
		(void)close(w->member[i].pidfd);
	}
	w->count = 0;
	return r;
}

static int hold(void *arg, pid_t pid)
{
	struct walk *w = arg;
	int fd = sys_pidfd_open(pid), r;

	if (fd < 0 && errno == EMFILE && w->count > 0) {
		r = flush(w);
		if (r != 0)
			return r;
		fd = sys_pidfd_open(pid);
	}
	/* EINVAL, ENOENT: the number is a thread's by now. */
	if (fd < 0)
		return errno == ESRCH || errno == EINVAL || errno == ENOENT ? 0 : negative_errno();
	w->member[w->count++] = (struct member){.pid = pid, .pidfd = fd};
	return w->count < BATCH ? 0 : flush(w);
}

static int walk_group(int dirfd, members_fn *fn, void *arg)
{
	struct walk w = {.dirfd = dirfd, .fn = fn, .arg = arg};
	int r = each_number(dirfd, "cgroup.procs", hold, &w);

	if (r == 0)
		return flush(&w);
	while (w.count > 0)
		(void)close(w.member[--w.count].pidfd);
	return r;
}

/* What a walk is called with, for the children. */
struct call {
	int dirfd;
	members_fn *fn;
	void *arg;
};

static int walk_child(void *arg, const char *child)
{
	const struct call *c = arg;
	_cleanup_close_ int fd = openat(c->dirfd, child, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return tree_gone(-errno) ? 0 : negative_errno();
	return members_each(fd, MEMBERS_BENEATH, c->fn, c->arg);
}

int members_each(int jailfd, unsigned flags, members_fn *fn, void *arg)
{
	_cleanup_close_ int leaf = openat(jailfd, TREE_LEAF, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct call c = {.dirfd = jailfd, .fn = fn, .arg = arg};
	int r;

	if (leaf < 0 && !tree_gone(-errno))
		return negative_errno();
	r = walk_group(jailfd, fn, arg);
	if (r == 0 && leaf >= 0)
		r = walk_group(leaf, fn, arg);
	return r == 0 && (flags & MEMBERS_BENEATH) != 0 ? tree_children(jailfd, walk_child, &c) : r;
}

/* --------------------------------------------------------------------------------------------------- one process */

bool member_lives(const struct member *m)
{
	return !process_ended(m->pidfd);
}

int member_open(const struct member *m, const char *file, int flags)
{
	_cleanup_close_ int dir = -1;
	char path[32];
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d", m->pid);
	dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return errno == ENOENT ? -ESRCH : negative_errno();
	/* The directory belongs to one process for ever; alive after its opening, that is the member. */
	if (!member_lives(m))
		return -ESRCH;
	fd = openat(dir, file, flags | O_CLOEXEC);
	if (fd < 0)
		return member_lives(m) ? negative_errno() : -ESRCH;
	return fd;
}

int member_threads(const struct member *m, int (*fn)(void *arg, pid_t tid), void *arg)
{
	int fd = member_open(m, "task", O_RDONLY | O_DIRECTORY), r = 0;
	DIR *d = fd < 0 ? NULL : fdopendir(fd);

	if (d == NULL) {
		r = fd < 0 ? fd : negative_errno();
		(void)close_fd(fd);
		return r == -ESRCH ? 0 : r;
	}
	for (struct dirent *e; r == 0 && (e = readdir(d)) != NULL;) {
		long tid = strtol(e->d_name, NULL, 10);

		/* Looked up once more: it is this process's thread now. */
		if (tid > 0 && tid <= INT32_MAX && faccessat(fd, e->d_name, F_OK, 0) == 0)
			r = fn(arg, (pid_t)tid);
	}
	(void)closedir(d);
	return r;
}

/* ------------------------------------------------------------------------------------------------------ freezing */

static int write_freeze(int dirfd, bool on)
{
	_cleanup_close_ int fd = openat(dirfd, "cgroup.freeze", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return negative_errno();
	while (write(fd, on ? "1" : "0", 1) < 0)
		if (errno != EINTR)
			return negative_errno();
	return 0;
}

/* A small file of a group; false: it can't be read. */
static bool has_text(int dirfd, const char *file, const char *text)
{
	_cleanup_close_ int fd = openat(dirfd, file, O_RDONLY | O_CLOEXEC);
	char buf[256];
	ssize_t n = fd < 0 ? -1 : read(fd, buf, sizeof(buf) - 1);

	if (n < 0)
		return false;
	buf[n] = '\0';
	return strstr(buf, text) != NULL;
}

static long long now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int wait_frozen(int dirfd)
{
	_cleanup_close_ int fd = openat(dirfd, "cgroup.events", O_RDONLY | O_CLOEXEC);
	long long end = now_ms() + FREEZE_MS, left;

	if (fd < 0)
		return negative_errno();
	for (;;) {
		struct pollfd p = {.fd = fd, .events = POLLPRI};
		char buf[256];
		ssize_t n = pread(fd, buf, sizeof(buf) - 1, 0);

		if (n < 0)
			return negative_errno();
		buf[n] = '\0';
		if (strstr(buf, "frozen 1") != NULL)
			return 0;
		left = end - now_ms();
		if (left <= 0)
			return -ETIMEDOUT;
		if (poll(&p, 1, (int)left) < 0 && errno != EINTR)
			return negative_errno();
	}
}

static bool owner_lives(const struct store_frozen *f)
{
	uint64_t start;

	return process_start_time(f->pid, &start) == 0 && start == f->start;
}

/* Root lock held. -EAGAIN: a tool that lives keeps it frozen. */
static int note_freeze(const struct tree *t, const char *top, int dirfd)
{
	struct store_frozen f = {0};
	int r = store_frozen_read(dirfd, &f);

	if (r == 0 && owner_lives(&f))
		return -EAGAIN;
	if (r < 0 && r != -ENODATA)
		return r;
	/* What a dead tool has frozen was not so before. */
	f.was = r == 0 ? f.was : has_text(dirfd, "cgroup.freeze", "1");
	f.pid = getpid();
	r = process_start_time(f.pid, &f.start);
	if (r == 0)
		r = store_check_add(t, top);
	return r == 0 ? store_frozen_write(dirfd, &f) : r;
}

/* That it was us is written down first. */
static int begin_freeze(const struct tree *t, const char *top, int dirfd)
{
	const struct timespec pause = {.tv_nsec = 2000000};
	long long end = now_ms() + OTHERS_MS;

	for (;;) {
		_cleanup_lock_ int all = -1;
		int r = lock_all(t, &all);

		if (r < 0)
			return r;
		r = note_freeze(t, top, dirfd);
		all = lock_end(all);
		if (r != -EAGAIN || now_ms() >= end)
			return r;
		(void)nanosleep(&pause, NULL);
	}
}

/* Tried again when it fails: a jail that stays frozen is worse than any other end. */
static void end_freeze(int dirfd, bool keep)
{
	bool goes_on = keep;

	for (unsigned tries = 0; !goes_on && tries < 5; tries++)
		goes_on = write_freeze(dirfd, false) == 0;
	for (unsigned tries = 0; goes_on && tries < 5; tries++)
		if (store_frozen_drop(dirfd) == 0)
			break;
}

static int freeze_failed(const struct tree *t, int r, struct jail_error *err)
{
	if (r == -ETIME)
		return lock_failed(t, NULL, r, err);
	if (r == -ETIMEDOUT) {
		(void)jail_error_set(err, EBUSY, "a process inside waits in the kernel and can't be stopped");
		return jail_error_hint(err, EBUSY, "end it, or restart the jail: jail -rc");
	}
	if (r == -EAGAIN)
		return jail_error_set(err, EBUSY, "another command keeps it frozen");
	return jail_error_sys(err, -r, "cannot freeze its processes");
}

int members_freeze(const struct tree *t, const char *name, struct members_freeze *ret, struct jail_error *err)
{
	char top[JAIL_NAME_MAX + 1];
	_cleanup_close_ int fd = -1;
	struct store_frozen f;
	int r;

	(void)snprintf(top, sizeof(top), "%.*s", (int)strcspn(name, "."), name);
	r = tree_jail_open(t, top, &fd);
	if (r == 0)
		r = begin_freeze(t, top, fd);
	if (r < 0)
		return freeze_failed(t, r, err);
	r = store_frozen_read(fd, &f);
	if (r == 0)
		r = write_freeze(fd, true);
	if (r == 0)
		r = wait_frozen(fd);
	if (r < 0) {
		end_freeze(fd, f.was != 0);
		return freeze_failed(t, r, err);
	}
	ret->tree = t;
	ret->keep = f.was != 0;
	ret->fd = take_fd(&fd);
	return 0;
}

void members_thaw(struct members_freeze *f)
{
	if (f->fd >= 0)
		end_freeze(f->fd, f->keep);
	f->fd = close_fd(f->fd);
}

bool members_recover(const struct tree *t, int jailfd)
{
	_cleanup_lock_ int all = -1;
	struct store_frozen f;
	bool lives = false;

	if (store_frozen_read(jailfd, &f) < 0)
		return false;
	if (owner_lives(&f) || lock_all(t, &all) < 0)
		return true;
	/* Once more: somebody else may have gone on with it. */
	if (store_frozen_read(jailfd, &f) == 0) {
		lives = owner_lives(&f);
		if (!lives)
			end_freeze(jailfd, f.was != 0);
	}
	return lives;
}

void members_recover_around(const struct tree *t, const char *name, int jailfd)
{
	char top[JAIL_NAME_MAX + 1];
	_cleanup_close_ int fd = -1;

	if (strchr(name, '.') == NULL) {
		(void)members_recover(t, jailfd);
		return;
	}
	(void)snprintf(top, sizeof(top), "%.*s", (int)strcspn(name, "."), name);
	if (tree_jail_open(t, top, &fd) == 0)
		(void)members_recover(t, fd);
}

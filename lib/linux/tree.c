/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tree.c: see tree.h. Knows cgroup-v2 directories and files (Documentation/admin-guide/cgroup-v2.rst of the kernel); it
 * may not know what a jail's parameters are.
 */
#include "tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "error.h"
#include "sys/cgroup_mount.h"
#include "sys/deadline.h"

#define TREE_NAME "jail"

struct search {
	int fd;
	char *path;
	size_t size;
};

static int take_mount(void *arg, const struct mount_line *l)
{
	struct search *s = arg;
	size_t n = strlen(l->where);

	if (!cgroup_line(l, CGROUP_V2) || n >= s->size)
		return 0;
	s->fd = cgroup_open_line(l, CGROUP_V2);
	if (s->fd < 0)
		return 0;
	memcpy(s->path, l->where, n + 1);
	return 1;
}

/* The two places where every distribution has it are tried first; reading the mount table is for the others. */
int tree_mount_open(char *ret_path, size_t size, bool *ret_hybrid)
{
	static const char *const usual[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"};
	struct search s = {.fd = -1, .path = ret_path, .size = size};
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(usual); i++) {
		int fd = strlen(usual[i]) < size ? cgroup_open(usual[i], CGROUP_V2) : -ENAMETOOLONG;

		if (fd < 0)
			continue;
		memcpy(ret_path, usual[i], strlen(usual[i]) + 1);
		*ret_hybrid = i > 0;
		return fd;
	}
	*ret_hybrid = false;
	r = mount_table_own(take_mount, &s);
	return r < 0 ? r : r > 0 ? s.fd : -ENODEV;
}

static int open_jail(int mountfd)
{
	return openat(mountfd, TREE_NAME, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

int tree_open(bool make, struct tree *ret, struct jail_error *err)
{
	char place[200], path[256];
	bool made = false, hybrid;
	_cleanup_close_ int mount = tree_mount_open(place, sizeof(place), &hybrid), fd = -1;
	int r;

	if (mount < 0) {
		(void)jail_error_set(err, ENODEV, "no cgroup v2 is mounted, and a jail is a cgroup-v2 directory");
		(void)jail_error_exit(err, ENODEV, 69);
		return jail_error_hint(err, ENODEV, "mount it: mount -t cgroup2 cgroup2 /sys/fs/cgroup (see jcheck)");
	}
	(void)snprintf(path, sizeof(path), "%s/" TREE_NAME, place);
	fd = open_jail(mount);
	if (fd < 0 && errno == ENOENT && make) {
		made = mkdirat(mount, TREE_NAME, 0755) == 0;
		if (!made && errno != EEXIST)
			return jail_error_sys(err, errno, "cannot create the control group %s", path);
		fd = open_jail(mount);
	}
	if (fd < 0) {
		r = negative_errno();
		/* No jail yet is an answer, not an error: the caller decides. */
		return r == -ENOENT && !make ? r : jail_error_sys(err, -r, "cannot open the control group %s", path);
	}
	ret->fd = take_fd(&fd);
	ret->made = made;
	memcpy(ret->path, path, sizeof(path));
	return 0;
}

void tree_close(struct tree *t)
{
	t->fd = close_fd(t->fd);
}

void tree_relative(const char *name, char ret[JAIL_NAME_MAX + 1])
{
	size_t i;

	for (i = 0; name[i] != '\0' && i < JAIL_NAME_MAX; i++)
		ret[i] = name[i] == '.' ? '/' : name[i];
	ret[i] = '\0';
}

int tree_jail_open(const struct tree *t, const char *name, int *ret_fd)
{
	char path[JAIL_NAME_MAX + 1];
	int fd;

	tree_relative(name, path);
	fd = openat(t->fd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return tree_gone(-errno) ? -ENOENT : negative_errno();
	*ret_fd = fd;
	return 0;
}

int tree_jail_make(const struct tree *t, const char *name, int *ret_fd)
{
	char path[JAIL_NAME_MAX + 1];
	int r;

	tree_relative(name, path);
	if (mkdirat(t->fd, path, 0755) < 0)
		return negative_errno();
	r = tree_jail_open(t, name, ret_fd);
	if (r < 0)
		(void)unlinkat(t->fd, path, AT_REMOVEDIR);
	return r;
}

/* A process that was killed and waited for may still hold its group for a moment: it leaves in its last schedule. */
int tree_jail_rmdir(const struct tree *t, const char *name)
{
	char path[JAIL_NAME_MAX + 1], leaf[JAIL_NAME_MAX + 8];
	struct timespec pause = {.tv_nsec = 100 * 1000};

	tree_relative(name, path);
	(void)snprintf(leaf, sizeof(leaf), "%s/" TREE_LEAF, path);
	for (unsigned tries = 0; unlinkat(t->fd, path, AT_REMOVEDIR) < 0; tries++) {
		if (tree_gone(-errno))
			return 0;
		if (errno != EBUSY || tries >= 12)
			return negative_errno();
		/* Where a child has had limits. */
		if (unlinkat(t->fd, leaf, AT_REMOVEDIR) == 0)
			continue;
		(void)nanosleep(&pause, NULL);
		pause.tv_nsec = pause.tv_nsec < 100 * 1000 * 1000 ? pause.tv_nsec * 2 : pause.tv_nsec;
	}
	return 0;
}

bool tree_jail_is(const struct tree *t, const char *name, int fd)
{
	_cleanup_close_ int now = -1;
	struct stat held, named;

	return tree_jail_open(t, name, &now) == 0 && fstat(fd, &held) == 0 && fstat(now, &named) == 0 &&
	       held.st_ino == named.st_ino;
}

/* The directory can go at any moment, between its opening and this too: then nothing lives in it. */
static int read_populated(int eventsfd)
{
	char buf[256];
	ssize_t n = pread(eventsfd, buf, sizeof(buf) - 1, 0);

	if (n < 0)
		return tree_gone(-errno) ? 0 : negative_errno();
	buf[n] = '\0';
	return strstr(buf, "populated 1") != NULL;
}

int tree_populated(int jailfd)
{
	_cleanup_close_ int fd = cgroup_file(jailfd, "cgroup.events", O_RDONLY);

	if (fd < 0)
		return tree_gone(fd) ? 0 : fd;
	return read_populated(fd);
}

int tree_wait_empty(int jailfd, int timeout_ms)
{
	_cleanup_close_ int fd = cgroup_file(jailfd, "cgroup.events", O_RDONLY);
	const struct deadline end = deadline_after(timeout_ms);

	if (fd < 0)
		return tree_gone(fd) ? 0 : fd;
	for (;;) {
		struct pollfd p = {.fd = fd, .events = POLLPRI};
		int r = read_populated(fd);
		int left;

		if (r <= 0)
			return r;
		left = deadline_left(end);
		if (left == 0)
			return -ETIMEDOUT;
		if (poll(&p, 1, left) < 0 && errno != EINTR)
			return negative_errno();
	}
}

int tree_kill(int jailfd)
{
	_cleanup_close_ int fd = cgroup_file(jailfd, "cgroup.kill", O_WRONLY);

	if (fd < 0)
		return tree_gone(fd) ? 0 : fd;
	while (write(fd, "1", 1) < 0)
		if (errno != EINTR)
			return tree_gone(-errno) ? 0 : negative_errno();
	return 0;
}

int tree_children(int jailfd, int (*fn)(void *arg, const char *child), void *arg)
{
	struct dirent *e;
	struct stat st;
	DIR *d;
	int fd, r = 0;

	/* A directory's links are its own two and one for each beneath: most jails have no child. */
	if (fstat(jailfd, &st) == 0 && st.st_nlink == 2)
		return 0;
	fd = openat(jailfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	d = fd < 0 ? NULL : fdopendir(fd);
	if (d == NULL) {
		r = negative_errno();
		(void)close_fd(fd);
		return tree_gone(r) ? 0 : r;
	}
	while (r == 0 && (errno = 0, e = readdir(d)) != NULL)
		if (e->d_type == DT_DIR && e->d_name[0] != '.')
			r = fn(arg, e->d_name);
	if (r == 0 && errno != 0 && !tree_gone(-errno))
		r = negative_errno();
	(void)closedir(d);
	return r;
}

static int count_child(void *arg, const char *child)
{
	(void)child;
	++*(size_t *)arg;
	return 0;
}

size_t tree_child_count(int jailfd)
{
	size_t n = 0;

	(void)tree_children(jailfd, count_child, &n);
	return n;
}

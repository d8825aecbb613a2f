/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * view_clean.c: what a jail leaves on the host: the work directory of an overlay that writes to a directory of the
 * host, made by us beside that directory, mode 0700, with a mark by which it is known when it is removed; and the quota
 * of its `path`.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "disk.h"
#include "errand.h"
#include "project.h"
#include "sys/directory.h"
#include "sys/served.h"
#include "view_parts.h"

/* On a work directory of ours; nobody but the host's root can set or see it. */
#define WORK_MARK "trusted.jail.work"
#define DEPTH_MAX 8 /* the kernel's own are work/, index/ and, for a moment, a file or directory being copied */

static int remove_tree(int holder, const char *name, unsigned depth);

static int empty_directory(int dir, unsigned depth)
{
	uint64_t buffer[4096 / sizeof(uint64_t)];
	bool removed = true;
	long n = 0;

	while (removed && (n = directory_read(dir, buffer, sizeof(buffer))) > 0) {
		removed = false;
		for (long at = 0; at < n;) {
			const struct directory_entry *e = directory_next(buffer, &at);
			int r;

			if (directory_is_dots(e))
				continue;
			r = remove_tree(dir, e->name, depth + 1);
			if (r < 0)
				return r;
			removed = true;
		}
		/* What was removed has gone from the listing: read it from the beginning. */
		if (lseek(dir, 0, SEEK_SET) < 0)
			return negative_errno();
	}
	return n < 0 ? negative_errno() : 0;
}

static int open_directory(int holder, const char *name)
{
	int fd = sys_openat2(holder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0,
	    RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV);

	return fd < 0 ? negative_errno() : fd;
}

static int remove_directory(int holder, const char *name)
{
	return unlinkat(holder, name, AT_REMOVEDIR) < 0 && errno != ENOENT ? negative_errno() : 0;
}

static int remove_tree(int holder, const char *name, unsigned depth)
{
	_cleanup_close_ int dir = -1;
	int r;

	if (unlinkat(holder, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (unlinkat(holder, name, AT_REMOVEDIR) == 0)
		return 0;
	if (depth >= DEPTH_MAX)
		return -ELOOP;
	dir = open_directory(holder, name);
	if (dir < 0)
		return dir;
	r = empty_directory(dir, depth);
	return r < 0 ? r : remove_directory(holder, name);
}

/* Is it root's alone? Nobody else can put anything into it, then. */
static int is_roots(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return negative_errno();
	return S_ISDIR(st.st_mode) && st.st_uid == 0 && (st.st_mode & 077) == 0;
}

/* 1, 0 or -errno; leaves the place where reading goes on at the beginning. */
static int is_empty(int dir)
{
	uint64_t buffer[256 / sizeof(uint64_t)];
	long n, entries = 0;

	while ((n = directory_read(dir, buffer, sizeof(buffer))) > 0)
		for (long at = 0; at < n; entries++)
			(void)directory_next(buffer, &at);
	if (n < 0 || lseek(dir, 0, SEEK_SET) < 0)
		return negative_errno();
	return entries <= 2; /* "." and ".." */
}

int view_work_mark(int holder, const char *work_name)
{
	_cleanup_close_ int dir = open_directory(holder, work_name);
	int r = dir < 0 ? dir : is_roots(dir);

	if (r > 0)
		r = is_empty(dir);
	if (r <= 0)
		return r < 0 ? r : -ESTALE;
	return fsetxattr(dir, WORK_MARK, "", 0, 0) < 0 ? negative_errno() : 0;
}

/*
 * Whoever owns the directory that holds it can put another directory of root's there under that name. Only one with the
 * mark is emptied, by descriptor; what has the name afterwards is removed only if it is empty.
 */
int view_work_remove(int dirfd, const char *work_name)
{
	_cleanup_close_ int work = open_directory(dirfd, work_name);
	int r;

	if (work == -ENOENT)
		return 0;
	if (work == -ENOTDIR || work == -ELOOP)
		return -EEXIST;
	if (work < 0)
		return work;
	r = is_roots(work);
	if (r < 0)
		return r;
	if (r == 0)
		return -EEXIST; /* somebody else's of that name stays */
	if (fgetxattr(work, WORK_MARK, NULL, 0) < 0) {
		if (errno != ENODATA)
			return negative_errno();
		/* Made and not marked any more, by a tool that was killed: then it is empty. */
		r = remove_directory(dirfd, work_name);
		return r == -ENOTEMPTY ? -EEXIST : r;
	}
	r = empty_directory(work, 0);
	if (r == 0)
		r = remove_directory(dirfd, work_name);
	return r == -ENOTEMPTY ? -EEXIST : r;
}

/* The name of the work directory beside an open directory. */
static int work_beside(const char *name, char ret[NAME_MAX + 32])
{
	const char *last = strrchr(name, '/');

	if (last == NULL || last[1] == '\0' || strlen(last + 1) > NAME_MAX - sizeof("..jail-work"))
		return -ENAMETOOLONG;
	(void)snprintf(ret, NAME_MAX + 32, ".%s.jail-work", last + 1);
	return 0;
}

static int clean(int fd, const struct host_place *p, struct jail_error *err)
{
	_cleanup_close_ int holder = -1;
	char work[NAME_MAX + 32];
	int r = work_beside(p->name, work);

	if (r < 0)
		return 0; /* none was made */
	holder = openat(fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (holder < 0)
		return jail_error_sys(err, errno, "cannot open the directory that holds %s", p->name);
	r = view_work_remove(holder, work);
	if (r == -EEXIST)
		return 0;
	if (r < 0) {
		(void)jail_error_sys(err, -r, "cannot remove %s beside %s", work, p->name);
		jail_error_param(err, (p->flags & HOST_PLACE_ROOT) != 0 ? "path" : "mount");
	}
	return r;
}

static bool leaves_root(const struct plan *plan)
{
	return plan->base.count > 0 && !plan->is_volatile && !plan->readonly;
}

static bool leaves_mount(const struct plan_mount *m)
{
	return m->type == PLAN_M_OVERLAY && strcmp(m->fstype, "unionfs") == 0 && (m->options & PLAN_M_RDONLY) == 0;
}

/* What overlays write to, and what is limited. */
static bool writes_root(const struct plan *plan)
{
	return leaves_root(plan) || disk_by_project(plan);
}

bool view_leaves(const struct plan *plan)
{
	bool any = writes_root(plan);

	for (size_t i = 0; i < plan->nmounts; i++)
		any |= leaves_mount(&plan->mount[i]);
	return any;
}

static int lift(int fd, const struct host_place *p, struct jail_error *err)
{
	int r = project_lift(fd);

	if (r < 0) {
		(void)jail_error_sys(err, -r, "cannot lift the quota of %s", p->name);
		jail_error_param(err, "limit.disk");
	}
	return r;
}

/* `what` keeps it from being cleaned up. */
static int says_left(const struct host_place *p, const char *what, const char *hint, struct jail_error *err)
{
	const char *work = (p->flags & HOST_PLACE_WORK) != 0 ? "the work directory beside it" : "";
	const char *and = (p->flags & HOST_PLACE_WRITTEN) == HOST_PLACE_WRITTEN ? " and " : "";
	const char *quota = (p->flags & HOST_PLACE_LIMITED) != 0 ? "its quota" : "";

	(void)jail_error_set(err, ESTALE, "%s %s: %s%s%s may be left", p->name, what, work, and, quota);
	jail_error_param(err, (p->flags & HOST_PLACE_ROOT) != 0 ? "path" : "mount");
	return jail_error_hint(err, ESTALE, "%s", hint);
}

/* Another directory may be anybody's. Where nothing is, with the directory went what was beside it. */
static int left(const struct host_place *p, struct jail_error *err)
{
	_cleanup_close_ int fd = host_path_open(-1, p->name, 0, NULL);

	if (fd == -ENOENT || fd == -ENOTDIR)
		return 0;
	if (fd == -EPERM)
		return says_left(p, "is covered by a file system that an ordinary user's program serves",
		    "look there when that is unmounted", err);
	return says_left(p, "is not what it was when the jail was made", "look where it was moved to", err);
}

static int clean_one(const struct host_place *p, struct jail_error *err)
{
	_cleanup_close_ int fd = -1;
	int r = 0;

	if ((p->flags & HOST_PLACE_WRITTEN) == 0)
		return 0;
	fd = host_place_open(p, err);
	if (fd == -ESTALE)
		return left(p, err);
	if (fd < 0)
		return fd;
	if ((p->flags & HOST_PLACE_WORK) != 0)
		r = clean(fd, p, err);
	if (r == 0 && (p->flags & HOST_PLACE_LIMITED) != 0)
		r = lift(fd, p, err);
	return r;
}

static int clean_all(void *arg, struct jail_error *err)
{
	const struct host_places *places = arg;
	struct host_place p;
	int stale = 0;

	for (size_t at = 0; host_places_next(places, &at, &p);) {
		int r = clean_one(&p, stale == 0 ? err : NULL);

		if (r < 0 && r != -ESTALE)
			return r;
		stale = stale < 0 ? stale : r;
	}
	return stale;
}

/* Is it certain that nobody but this kernel has to answer for it? */
static bool answers(const struct host_place *p)
{
	_cleanup_close_ int fd = host_path_cached(-1, p->name, O_PATH | O_DIRECTORY);
	struct mount_object o;

	if (fd < 0)
		return fd != -EAGAIN;
	return mount_object(fd, &o) == 0 && served_by(&o) == SERVED_BY_KERNEL;
}

/* The caller has locks: what need not answer is cleaned by a process that can be left behind. */
int view_clean(const struct host_places *places, struct jail_error *err)
{
	struct host_places all = *places;
	struct host_place p;
	int r;

	for (size_t at = 0; host_places_next(places, &at, &p);) {
		if ((p.flags & HOST_PLACE_WRITTEN) == 0 || answers(&p))
			continue;
		r = errand_run(clean_all, &all, err);
		return r != -ETIMEDOUT ? r
				       : says_left(&p, "is in a file system that does not answer",
					     "look there when that answers again", err);
	}
	return clean_all(&all, err);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * view_clean.c: what a jail leaves on the host: the work directory of an overlay that writes to a directory of the
 * host, made by us beside that directory, mode 0700, removed by name and without following anything; and the quota of
 * its `path`.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "disk.h"
#include "project.h"
#include "view_parts.h"

#define DEPTH_MAX 8 /* the kernel's own are work/, index/ and, for a moment, a file or directory being copied */

struct entry {
	uint64_t ino;
	int64_t offset;
	uint16_t length;
	uint8_t type;
	char name[];
};

static int remove_tree(int holder, const char *name, unsigned depth)
{
	_cleanup_close_ int dir = -1;
	char buffer[4096] __attribute__((aligned(8)));
	bool removed = true;
	long n = 0;

	if (unlinkat(holder, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (unlinkat(holder, name, AT_REMOVEDIR) == 0)
		return 0;
	if (depth >= DEPTH_MAX)
		return -ELOOP;
	dir = sys_openat2(holder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0,
	    RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV);
	if (dir < 0)
		return negative_errno();
	while (removed && (n = syscall(SYS_getdents64, dir, buffer, sizeof(buffer))) > 0) {
		removed = false;
		for (long at = 0; at < n;) {
			const struct entry *e = (const struct entry *)(const void *)(buffer + at);
			int r;

			at += e->length;
			if (strcmp(e->name, ".") == 0 || strcmp(e->name, "..") == 0)
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
	if (n < 0)
		return negative_errno();
	return unlinkat(holder, name, AT_REMOVEDIR) < 0 && errno != ENOENT ? negative_errno() : 0;
}

int view_work_remove(int dirfd, const char *work_name)
{
	_cleanup_close_ int work = sys_openat2(dirfd, work_name, O_PATH | O_NOFOLLOW, 0, RESOLVE_BENEATH);
	struct stat st;

	if (work < 0)
		return errno == ENOENT ? 0 : negative_errno();
	if (fstat(work, &st) < 0)
		return negative_errno();
	/* Somebody else's file of that name stays. */
	if (!S_ISDIR(st.st_mode) || st.st_uid != 0 || (st.st_mode & 077) != 0)
		return -EEXIST;
	return remove_tree(dirfd, work_name, 0);
}

static int clean(const char *path, const char *param, struct jail_error *err)
{
	_cleanup_close_ int fd = sys_openat2(AT_FDCWD, path, O_PATH | O_DIRECTORY, 0, RESOLVE_NO_MAGICLINKS);
	_cleanup_close_ int holder = -1;
	char link[32], name[PATH_MAX], work[NAME_MAX + 32];
	const char *last;
	ssize_t n;
	int r;

	if (fd < 0) {
		/* With the directory went what was beside it, or nobody will ever find it. */
		if (errno == ENOENT || errno == ENOTDIR || errno == ELOOP)
			return 0;
		return jail_error_sys(err, errno, "cannot open %s", path);
	}
	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, name, sizeof(name));
	if (n <= 0 || (size_t)n >= sizeof(name))
		return jail_error_sys(err, n < 0 ? errno : ENAMETOOLONG, "cannot read %s", link);
	name[n] = '\0';
	last = strrchr(name, '/');
	if (last == NULL || last[1] == '\0' || strlen(last + 1) > NAME_MAX - sizeof("..jail-work"))
		return 0;
	holder = openat(fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (holder < 0)
		return jail_error_sys(err, errno, "cannot open the directory that holds %s", path);
	(void)snprintf(work, sizeof(work), ".%s.jail-work", last + 1);
	r = view_work_remove(holder, work);
	if (r == -EEXIST)
		return 0;
	if (r < 0) {
		(void)jail_error_sys(err, -r, "cannot remove %s beside %s", work, path);
		jail_error_param(err, param);
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

const char *view_upper(const struct plan *plan, size_t i)
{
	if (i == 0)
		return writes_root(plan) ? plan->path : "";
	if (i > plan->nmounts)
		return NULL;
	return leaves_mount(&plan->mount[i - 1]) ? plan->mount[i - 1].source : "";
}

/* Whatever the parameters say: a change that would have recorded a limit may have been killed. */
static int lift(const struct plan *plan, struct jail_error *err)
{
	_cleanup_close_ int fd = sys_openat2(AT_FDCWD, plan->path, O_PATH | O_DIRECTORY, 0, RESOLVE_NO_MAGICLINKS);
	int r = fd < 0 || plan->is_volatile || plan->readonly ? 0 : project_lift(fd);

	if (r < 0) {
		(void)jail_error_sys(err, -r, "cannot lift the quota of %s", plan->path);
		jail_error_param(err, "limit.disk");
	}
	return r;
}

int view_clean(const struct plan *plan, struct jail_error *err)
{
	int r = leaves_root(plan) ? clean(plan->path, "path", err) : 0;

	for (size_t i = 0; r == 0 && i < plan->nmounts; i++)
		if (leaves_mount(&plan->mount[i]))
			r = clean(plan->mount[i].source, "mount", err);
	return r < 0 ? r : lift(plan, err);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * view_hide_check.c: whether an object lies where a cover is enough to hide it. A cover belongs to the place in this
 * jail's mount namespace. Root inside that can rename a directory above the object moves it, where it can, into the
 * tree of a child jail or into that of a mount namespace of its own, which have no cover there. So with any of these
 * powers the object has to lie where root inside can rename nothing. It may not know how an object is covered.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>

#include "view_parts.h"

/* Names in these are the kernel's: nobody renames any. */
#define PROC 0x9fa0
#define SYSFS 0x62656572
#define CGROUP2 0x63677270

#define STEPS_MAX 2048 /* directories above one another */

static bool is_readonly(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 && (fs.f_flags & ST_RDONLY) != 0;
}

static bool of_kernel(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 && (fs.f_type == PROC || fs.f_type == SYSFS || fs.f_type == CGROUP2);
}

/* ------------------------------------------------------------------------------- root inside may mount (allow.*) */

bool view_mounts_inside(const struct policy_record *record)
{
	return (record->allow & (POLICY_BIT(POLICY_P_MOUNT) | POLICY_BIT(POLICY_P_USERNS))) != 0;
}

/* Is there anything at this place in `path`, above the bases? */
static bool in_upper(const struct view *v, const char *name)
{
	_cleanup_close_ int upper =
	    sys_openat2(v->beside, v->upper_name, O_PATH | O_DIRECTORY, 0, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
	_cleanup_close_ int there = -1;

	name += strspn(name, "/");
	if (upper < 0)
		return true;
	there = sys_openat2(upper, name, O_PATH | O_NOFOLLOW, 0, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
	return there >= 0 || errno != ENOENT;
}

/*
 * A directory of a lower layer can't be renamed (EXDEV: the overlay is mounted without redirect_dir), nor one that
 * leads to it. A file can: the overlay copies it up.
 */
static bool in_base(const struct view *v, int place, const struct view_stat *st)
{
	char name[PATH_MAX];

	for (size_t i = 0; S_ISDIR(st->mode) && i < v->nbased; i++)
		if (v->based[i] == st->mnt_id)
			return host_path_name(place, name, sizeof(name)) == 0 && !in_upper(v, name);
	return false;
}

static bool stays(const struct view *v, int place, const struct view_stat *st)
{
	return is_readonly(place) || (st->attributes & VIEW_ATTR_MOUNT_ROOT) != 0 || view_in_memory(v, place) ||
	       in_base(v, place, st);
}

/* ------------------------------------------------------------------------------------ the jail may have children */

/* The trees of children are those of `path` on the host: a mount of this jail's own is in none of them. */
static bool in_own_mount(struct view *v, const struct view_stat *st)
{
	struct view_stat there;

	/* In a running jail a target may be a link by now. */
	for (size_t i = 0; v->was == NULL && i < v->plan->nmounts; i++) {
		_cleanup_close_ int fd = view_open(v, v->plan->mount[i].target, O_PATH);

		if (fd >= 0 && view_stat(fd, &there) == 0 && there.mnt_id == st->mnt_id)
			return true;
	}
	return false;
}

/* The directory that an object lies in; itself, if it is one. A link to something else is not followed. */
static int open_directory(const struct view *v, int place, const struct view_stat *st, const char *path)
{
	char holder[PATH_MAX];
	_cleanup_close_ int again = -1;
	struct view_stat there;
	size_t n = (size_t)(strrchr(path, '/') - path);
	int r;

	if (S_ISDIR(st->mode)) {
		r = fcntl(place, F_DUPFD_CLOEXEC, 0);
		return r < 0 ? negative_errno() : r;
	}
	again = view_open(v, path, O_PATH | O_NOFOLLOW);
	if (again < 0 || view_stat(again, &there) < 0 || there.ino != st->ino || there.mnt_id != st->mnt_id ||
	    n >= sizeof(holder))
		return -ELOOP;
	memcpy(holder, path, n);
	memcpy(holder + n, "/", 2);
	return view_open(v, holder, O_PATH | O_DIRECTORY);
}

/* Is everything that leads to it from the root read only? */
static bool way_is_readonly(const struct view *v, int place, const struct view_stat *st, const char *path)
{
	_cleanup_close_ int at = open_directory(v, place, st, path);
	struct view_stat root, here;

	if (view_stat(v->root, &root) < 0)
		return false;
	for (unsigned steps = 0; at >= 0 && steps < STEPS_MAX; steps++) {
		int up;

		if (!is_readonly(at) || view_stat(at, &here) < 0)
			return false;
		/* All that leads to it is of the same mount. ".." may be shut to everybody. */
		if (here.mnt_id == root.mnt_id)
			return true;
		up = openat(at, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
		(void)close_fd(at);
		at = up;
	}
	return false;
}

/* ------------------------------------------------------------------------------------------------------- the rule */

static int refuse(const char *path, const struct view_stat *st, const char *power, bool base, struct jail_error *err)
{
	(void)jail_error_set(
	    err, EPERM, "%s lies where root inside could move it out from under its cover (%s)", path, power);
	if (base && !S_ISDIR(st->mode))
		return jail_error_hint(err, EPERM, "hide the directory that holds it, or leave out %s", power);
	return jail_error_hint(err, EPERM,
	    "show it read only (path.readonly, a mount with ro), choose path.volatile, or leave out %s", power);
}

int view_hide_check(
    struct view *v, int place, const struct view_stat *st, const char *path, bool *ret_empty, struct jail_error *err)
{
	const struct plan *p = v->plan;
	bool mounts = view_mounts_inside(&p->record);
	/* What root inside writes of such a tree is not on the host, where children have theirs from. */
	bool children = p->record.children_max > 0 && !p->is_volatile && p->base.count == 0;

	*ret_empty = false;
	if ((!mounts && !children) || of_kernel(place))
		return 0;
	if (mounts && !stays(v, place, st))
		return refuse(path, st,
		    (p->record.allow & POLICY_BIT(POLICY_P_MOUNT)) != 0 ? "allow.mount" : "allow.userns",
		    p->base.count > 0 && !p->is_volatile, err);
	if (children && !(is_readonly(place) && (in_own_mount(v, st) || way_is_readonly(v, place, st, path))))
		return refuse(path, st, "children.max", false, err);
	*ret_empty = mounts && S_ISREG(st->mode) && !is_readonly(place) && view_in_memory(v, place);
	return 0;
}

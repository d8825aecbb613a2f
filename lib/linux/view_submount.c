/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * view_submount.c: the host's file systems that are mounted beneath a jail's tree, and what path.show names: each is
 * built like the root, in an overlay of its own, and attached at its place. There may be any number of them. It may not
 * know how they are found in the table of mounts.
 */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "view_parts.h"

/* ---------------------------------------------------------------------------------------------------- prepare */

static int keep_name(struct view *v, const char *name, const char **ret)
{
	size_t length = strlen(name) + 1;
	struct view_names *n = v->submount_names;

	if (length > sizeof(n->text))
		return -ENAMETOOLONG;
	if (n == NULL || length > sizeof(n->text) - n->used) {
		n = mmap(NULL, sizeof(*n), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (n == MAP_FAILED)
			return negative_errno();
		n->before = v->submount_names;
		v->submount_names = n;
	}
	*ret = memcpy(n->text + n->used, name, length);
	n->used += length;
	return 0;
}

int view_submount_add(struct view *v, const struct view_submount *s, const char *name)
{
	void *list = v->submount;
	const char *kept = NULL;
	int r = view_grow(&list, &v->submounts_room, v->nsubmounts, sizeof(*s));

	v->submount = list;
	if (r == 0)
		r = keep_name(v, name, &kept);
	if (r < 0)
		return r;
	v->submount[v->nsubmounts] = *s;
	v->submount[v->nsubmounts++].name = kept;
	return 0;
}

int view_submount_copy(struct view *v, int fd, const char *name, const struct view_stat *st, bool shown)
{
	_cleanup_close_ int copy = view_copy(fd, 0);
	const struct view_submount s = {.fd = copy, .directory = S_ISDIR(st->mode), .shown = shown, .id = st->mnt_id};
	int r = copy < 0 ? copy : view_submount_add(v, &s, name);

	if (r == 0)
		(void)take_fd(&copy);
	return r;
}

int view_shown(const struct view *v, const char *path)
{
	int found = 0;

	for (size_t i = 0; i < v->plan->show.count && found < 2; i++) {
		const char *show = v->plan->show.item[i];
		size_t n = strlen(show);

		if (strncmp(path, show, n) == 0 && (path[n] == '/' || path[n] == '\0'))
			found = path[n] == '\0' ? 2 : 1;
	}
	return found;
}

static int open_shown(int tree_fd, const char *path, struct view_stat *st, struct jail_error *err)
{
	static const char *const kernel[] = {"/dev", "/proc", "/sys"};
	_cleanup_close_ int fd = -1;
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(kernel); i++)
		if (view_beneath(kernel[i], path))
			return jail_error_set(err, EINVAL, "%s is the kernel's, and the jail has its own", path);
	fd = host_path_open(tree_fd, path, 0, err);
	if (fd < 0)
		return fd;
	r = view_stat(fd, st);
	if (r < 0)
		return jail_error_sys(err, -r, "%s", path);
	if (!S_ISDIR(st->mode) && !S_ISREG(st->mode))
		return jail_error_set(err, EINVAL, "%s is neither a directory nor a file", path);
	return take_fd(&fd);
}

int view_show_prepare(struct view *v, int tree_fd, struct jail_error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < v->plan->show.count; i++) {
		const char *path = v->plan->show.item[i];
		struct view_stat st;
		_cleanup_close_ int fd = open_shown(tree_fd, path, &st, err);

		r = fd < 0 ? fd : 0;
		if (r == 0 && (r = view_submount_copy(v, fd, path + 1, &st, true)) < 0)
			r = jail_error_sys(err, -r, "cannot copy the mount that holds %s", path);
	}
	if (r < 0)
		jail_error_param(err, "path.show");
	return r;
}

/* ------------------------------------------------------------------------------------------------------ build */

/* A directory beneath another, no link on the way. -errno. */
static int open_beneath(int fd, const char *name)
{
	int r = sys_openat2(fd, name, O_PATH | O_DIRECTORY, 0, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);

	return r < 0 ? negative_errno() : r;
}

/*
 * The directory of `path` itself that a file system of a shared base is mounted over: it is the upper layer of that
 * file system too, so all writes land in `path`. Setting its mode to what it is brings it up into `path`, together with
 * the directories that lead there, with the rights they have below. ENOENT: the jail has none there.
 */
static int base_upper(struct view *v, const struct view_submount *s, int *ret_upper, int *ret_work)
{
	/* O_PATH: the jail may be unable to read this directory, although it may read what is mounted on it. */
	_cleanup_close_ int merged =
	    sys_openat2(v->root, s->name, O_PATH | O_DIRECTORY, 0, RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS);
	_cleanup_close_ int holder = -1, upper = -1;
	char name[32];
	struct stat st;
	int r;

	if (merged < 0)
		return errno == ENOTDIR || errno == ELOOP ? -ENOENT : negative_errno();
	(void)snprintf(name, sizeof(name), "/proc/self/fd/%d", merged);
	if (fstat(merged, &st) < 0 || chmod(name, st.st_mode & 07777) < 0)
		return negative_errno();
	holder = open_beneath(v->beside, v->upper_name);
	if (holder < 0)
		return holder;
	upper = open_beneath(holder, s->name);
	if (upper < 0)
		return upper;
	r = view_work_open(v->beside, v->work_fd, v->work_name, v->next++);
	if (r < 0)
		return r;
	*ret_work = r;
	*ret_upper = take_fd(&upper);
	return 0;
}

/* The overlay for one of them, built like the root's, in *ret: detached, -1 when there is no place for it. */
static int overlay_submount(struct view *v, const struct view_submount *s, int *ret, struct jail_error *err)
{
	_cleanup_close_ int upper = -1, work = -1, above = -1;
	int lower[3];
	struct view_overlay o = {.lower = lower, .upper = -1, .work = -1};
	int r = 0;

	/* `path` has a say here too when the file system belongs to a base. */
	if (v->kind != VIEW_BASE && v->plan->shared_tree && v->plan->base.count > 0) {
		above = open_beneath(v->layer[0], s->name);
		if (above >= 0)
			lower[o.nlower++] = above;
	}
	if (v->kind == VIEW_BASE)
		r = base_upper(v, s, &upper, &work);
	else if (v->kind == VIEW_MEMORY)
		r = view_memory_upper(v, above >= 0 ? above : s->fd, &upper, &work);
	if (r == 0 && v->kind == VIEW_MEMORY && v->plan->shared_tree && !s->shown)
		r = view_state(v, 0, s->name, s->fd, upper);
	if (r == -ENOENT) {
		*ret = -1;
		return 0;
	}
	if (r < 0)
		return jail_error_sys(err, -r, "cannot open the layer of /%s that is written to", s->name);
	lower[o.nlower++] = s->fd;
	if (v->kind == VIEW_UNION && o.nlower == 1)
		lower[o.nlower++] = v->empty_dir; /* the kernel wants two */
	o.upper = upper;
	o.work = work;
	r = view_overlay(v, &o, MOUNT_ATTR_NODEV | (v->kind == VIEW_UNION ? MOUNT_ATTR_RDONLY : 0), err);
	if (r < 0)
		return r;
	*ret = r;
	return 0;
}

/*
 * A file system on the way that can't be mapped keeps its owners: inside they are nobody, and only what everybody may
 * do is allowed.
 */
static int map_submount(const struct view *v, const struct view_submount *s, unsigned attributes)
{
	int r = view_map(v, s->fd, attributes, 0);

	return (r == -EINVAL || r == -EPERM) && !s->shown ? view_protect(s->fd, attributes, 0) : r;
}

/* A copy with the jail's owners, attached. -errno. */
static int mapped_copy(const struct view *v, int fd, unsigned attributes)
{
	_cleanup_close_ int copy = view_copy(fd, 0);
	int r = copy < 0 ? copy : view_map(v, copy, attributes, 0);

	if (r == 0)
		r = view_park(copy);
	return r < 0 ? r : take_fd(&copy);
}

/*
 * What everybody may read of a directory: a detached mount in *ret. A file system that takes no mapped owners keeps
 * them. One that can be no layer of an overlay is left out (*ret -1), and the place stays as it is below: a copy of its
 * mount would give the jail the host's sockets and fifos in it.
 */
static int reduce_directory(struct view *v, struct view_submount *s, unsigned attributes, int *ret)
{
	struct jail_error quiet = {0};
	_cleanup_close_ int mapped = -1;
	int r = view_protect(s->fd, attributes, 0), fd;

	if (r == 0)
		r = view_park(s->fd);
	if (r < 0)
		return r;
	mapped = view_host_users(v) ? fcntl(s->fd, F_DUPFD_CLOEXEC, 0) : mapped_copy(v, s->fd, attributes);
	fd = mapped < 0 ? mapped : view_everybody(v, mapped, &quiet);
	if (fd < 0 && !view_host_users(v))
		fd = view_everybody(v, s->fd, &quiet);
	*ret = fd < 0 ? -1 : fd;
	return 0;
}

/* A file can't be a layer: without mapped owners the jail's root is one of the others to it. The host's is not. */
static int reduce_file(struct view *v, struct view_submount *s, unsigned attributes, int *ret)
{
	struct view_stat st;
	int r = view_stat(s->fd, &st);

	if (r == 0)
		r = view_protect(s->fd, attributes, 0);
	if (r == 0 && (!view_host_users(v) || (st.mode & S_IROTH) != 0))
		*ret = take_fd(&s->fd);
	return r;
}

/* s->fd becomes what the jail may read of it, -1: nothing. */
static int make_lower(struct view *v, struct view_submount *s, struct jail_error *err)
{
	unsigned attributes = MOUNT_ATTR_NODEV;
	int fd = -1, r;

	if (v->kind != VIEW_PLAIN || v->plan->readonly)
		attributes |= MOUNT_ATTR_RDONLY;
	if (!v->plan->everybody || s->shown) {
		r = map_submount(v, s, attributes);
	} else {
		r = s->directory ? reduce_directory(v, s, attributes, &fd) : reduce_file(v, s, attributes, &fd);
		(void)close_fd(s->fd);
		s->fd = fd;
	}
	if (r < 0)
		r = jail_error_sys(err, -r, "cannot map the owners of /%s", s->name);
	if (r < 0 && s->shown)
		jail_error_param(err, "path.show");
	return r;
}

/* The root of a file system that others may not search, where writes go to memory: state, and it is the jail's own. */
static int attach_state(struct view *v, const struct view_submount *s, const char *path, struct jail_error *err)
{
	_cleanup_close_ int upper = -1, work = -1, fd = -1;
	int r = view_memory_upper(v, s->fd, &upper, &work);

	if (r == 0)
		fd = r = view_copy(upper, 0);
	if (r >= 0)
		r = view_protect(fd, MOUNT_ATTR_NODEV, 0);
	if (r < 0)
		return jail_error_sys(err, -r, "cannot make a fresh %s", path);
	r = view_attach(v, fd, path, true, err);
	if (r == 0 && (r = view_note_memory(v, fd)) < 0)
		r = jail_error_sys(err, -r, "cannot make a fresh %s", path);
	return r;
}

/* The overlay of a directory, or the directory as it is where it can be no layer of one (`*ret` -1: nothing). */
static int make_overlay(struct view *v, const struct view_submount *s, int *ret, struct jail_error *err)
{
	int r = view_park(s->fd);

	if (r < 0)
		return jail_error_sys(err, -r, "cannot attach a layer");
	r = overlay_submount(v, s, ret, err);
	if (r != -EINVAL || !v->plan->everybody || s->shown)
		return r;
	*ret = view_copy(s->fd, 0);
	return *ret < 0 ? jail_error_sys(err, -*ret, "cannot copy /%s", s->name) : 0;
}

/* In a tree of layers a higher one may have put something else there, or nothing; or nobody may go there. */
static bool no_place(const struct view *v, const struct view_submount *s, int r)
{
	return r == -ENOENT || r == -ENOTDIR || r == -ELOOP || (r == -EACCES && v->plan->everybody && !s->shown);
}

static int attach_submount(struct view *v, struct view_submount *s, struct jail_error *err)
{
	bool everybody = v->plan->everybody && !s->shown,
	     whole = v->kind == VIEW_UNION && everybody && v->plan->base.count == 0;
	_cleanup_close_ int there = -1, overlay = -1;
	struct view_stat st;
	char path[PATH_MAX];
	int r;

	if ((size_t)snprintf(path, sizeof(path), "/%s", s->name) >= sizeof(path))
		return jail_error_set(err, ENAMETOOLONG, "/%s", s->name);
	there = view_open(v, path, O_PATH | (s->directory ? O_DIRECTORY : 0));
	if (no_place(v, s, there) && !s->shown)
		return 0;
	if (s->left_out) {
		r = view_scratch_covers(v, err);
		return r < 0 ? r : view_cover(v, path, err);
	}
	r = make_lower(v, s, err);
	if (r < 0 || s->fd < 0)
		return r;
	if (everybody && s->directory && v->kind == VIEW_MEMORY && view_stat(s->fd, &st) == 0 &&
	    (st.mode & S_IXOTH) == 0)
		return attach_state(v, s, path, err);
	if (v->kind == VIEW_PLAIN || !s->directory || whole)
		return view_attach(v, s->fd, path, s->directory, err);
	r = make_overlay(v, s, &overlay, err);
	if (r < 0 || overlay < 0)
		return r;
	r = view_attach(v, overlay, path, true, err);
	if (r == 0 && (r = view_note_written(v, overlay)) < 0)
		r = jail_error_sys(err, -r, "cannot attach /%s", s->name);
	return r;
}

/* The covers come last: each lies on the file system that holds the place. */
int view_submounts_attach(struct view *v, bool shown, struct jail_error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < v->nsubmounts; i++)
		if (v->submount[i].shown == shown && !v->submount[i].left_out)
			r = attach_submount(v, &v->submount[i], err);
	for (size_t i = 0; r == 0 && i < v->nsubmounts; i++)
		if (v->submount[i].shown == shown && v->submount[i].left_out)
			r = attach_submount(v, &v->submount[i], err);
	return r;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * view_hide.c: path.hide: globs expanded inside the finished tree, each object that is there covered by an empty
 * read-only directory or file. The tree's owner may be hostile: every step is opened beneath the root, and all work is
 * bounded; beyond a bound the jail is refused, never shown.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "sys/directory.h"
#include "view_parts.h"

typedef int found_fn(struct view *v, const char *path, struct jail_error *err);

struct expansion {
	const char *pattern;
	found_fn *found;
	char path[PATH_MAX]; /* what the components so far have become */
};

static int expand(
    struct view *v, struct expansion *x, const char *rest, size_t length, unsigned depth, struct jail_error *err);

/* One match of a glob: append it and go on with the components behind. */
static int descend(struct view *v, struct expansion *x, const char *name, const char *rest, size_t length,
    unsigned depth, struct jail_error *err)
{
	size_t n = strlen(name);
	int r;

	if (length + n + 2 > sizeof(x->path))
		return jail_error_set(err, ENAMETOOLONG, "%s: a path that matches is too long", x->pattern);
	x->path[length] = '/';
	memcpy(x->path + length + 1, name, n + 1);
	r = expand(v, x, rest, length + 1 + n, depth, err);
	x->path[length] = '\0';
	return r;
}

static int expand_glob(struct view *v, struct expansion *x, const char *glob, size_t glob_length, size_t length,
    unsigned depth, struct jail_error *err)
{
	_cleanup_close_ int dir = -1;
	uint64_t *buffer;

	if (depth >= VIEW_GLOBS_MAX)
		return jail_error_set(err, E2BIG, "%s: more than %d globs in a path", x->pattern, VIEW_GLOBS_MAX);
	buffer = v->room->entries[depth];
	dir = view_open(v, length > 0 ? x->path : "/", O_RDONLY | O_DIRECTORY | O_NONBLOCK);
	if (dir == -ENOENT || dir == -ENOTDIR || dir == -ELOOP)
		return 0;
	if (dir < 0)
		return jail_error_sys(err, -dir, "cannot read %s", x->path);
	for (;;) {
		long n = directory_read(dir, buffer, VIEW_BUFFER);

		if (n < 0)
			return jail_error_sys(err, errno, "cannot read %s", x->path);
		if (n == 0)
			return 0;
		for (long at = 0; at < n;) {
			const struct directory_entry *e = directory_next(buffer, &at);
			int r;

			if (++v->nscanned > VIEW_SCANNED_MAX)
				return jail_error_set(
				    err, E2BIG, "%s: more than %d names to look at", x->pattern, VIEW_SCANNED_MAX);
			if (directory_is_dots(e) || !view_match(glob, glob_length, e->name))
				continue;
			r = descend(v, x, e->name, glob + glob_length, length, depth + 1, err);
			if (r < 0)
				return r;
		}
	}
}

/* x->path[0..length) is expanded; `rest` is what is left of the pattern. Recursion only at globs, bounded by depth. */
static int expand(
    struct view *v, struct expansion *x, const char *rest, size_t length, unsigned depth, struct jail_error *err)
{
	for (;;) {
		size_t n;

		rest += strspn(rest, "/");
		n = strcspn(rest, "/");
		if (n == 0)
			return length > 0 ? x->found(v, x->path, err) : 0;
		if (view_is_glob(rest, n))
			return expand_glob(v, x, rest, n, length, depth, err);
		if (length + n + 2 > sizeof(x->path))
			return jail_error_set(err, ENAMETOOLONG, "%s", x->pattern);
		x->path[length++] = '/';
		memcpy(x->path + length, rest, n);
		length += n;
		x->path[length] = '\0';
		rest += n;
	}
}

static int each(struct view *v, const char *pattern, found_fn *found, struct jail_error *err)
{
	struct expansion x;
	int r = view_need_room(v);

	if (r < 0)
		return jail_error_sys(err, -r, "cannot expand %s", pattern);
	x.pattern = pattern;
	x.found = found;
	x.path[0] = '\0';
	r = expand(v, &x, pattern, 0, 0, err);
	if (r < 0)
		jail_error_param(err, "path.hide");
	return r;
}

/* Is this one of our covers already? */
static bool covered(const struct view *v, const struct view_stat *st)
{
	struct view_stat own;
	const int covers[] = {v->empty_dir, v->empty_file};

	for (size_t i = 0; i < ARRAY_SIZE(covers); i++)
		if (view_stat(covers[i], &own) == 0 && own.ino == st->ino && own.dev_major == st->dev_major &&
		    own.dev_minor == st->dev_minor)
			return true;
	for (size_t i = 0; i < v->nnests; i++)
		if (v->nest[i].id == st->mnt_id)
			return true;
	return false;
}

/* What the overlay may not read, and so not copy up, is removed there, and an empty file has its name. */
static int replace_file(const struct view *v, const char *path, const struct view_stat *st)
{
	const char *last = strrchr(path, '/') + 1;
	_cleanup_close_ int holder = -1, fd = -1;
	char name[PATH_MAX];
	struct stat there;

	if ((size_t)snprintf(name, sizeof(name), "%.*s", (int)(last - path), path) >= sizeof(name))
		return -ENAMETOOLONG;
	holder = view_open(v, name, O_PATH | O_DIRECTORY);
	if (holder < 0)
		return holder;
	/* A link is not the file. */
	if (fstatat(holder, last, &there, AT_SYMLINK_NOFOLLOW) < 0)
		return negative_errno();
	if (!S_ISREG(there.st_mode) || there.st_ino != st->ino)
		return -EACCES;
	if (unlinkat(holder, last, 0) < 0)
		return negative_errno();
	fd = openat(holder, last, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0);
	return fd < 0 ? negative_errno() : view_own(v, holder, last);
}

/* In an overlay over memory: what is moved from behind the cover is then an empty file. */
static int empty_file(const struct view *v, const char *path, const struct view_stat *st)
{
	_cleanup_close_ int fd = view_open(v, path, O_WRONLY | O_TRUNC | O_NONBLOCK | O_NOCTTY);

	if (fd == -EACCES && v->plan->everybody)
		return replace_file(v, path, st);
	return fd < 0 ? fd : 0;
}

static int cover_holder(struct view *v, const char *path, bool hidden, struct jail_error *err);

static int cover(struct view *v, const char *path, bool hidden, struct jail_error *err)
{
	_cleanup_close_ int place = view_open(v, path, O_PATH), cover = -1;
	struct view_stat st;
	bool emptied = false;
	int r, empty;

	if (place == -ENOENT || place == -ENOTDIR || place == -ELOOP)
		return 0;
	if (place == -EACCES && v->plan->everybody)
		return cover_holder(v, path, hidden, err);
	r = place < 0 ? place : view_stat(place, &st);
	if (r < 0)
		return jail_error_sys(err, -r, "cannot open %s", path);
	if (covered(v, &st))
		return 0;
	if (++v->nhidden > VIEW_HIDDEN_MAX)
		return jail_error_set(err, E2BIG, "more than %d paths to hide", VIEW_HIDDEN_MAX);
	r = hidden ? view_hide_check(v, place, &st, path, &emptied, err) : 0;
	if (r < 0)
		return r;
	place = close_fd(place);
	empty = S_ISDIR(st.mode) ? v->empty_dir : v->empty_file;
	cover = S_ISREG(st.mode) ? view_accounts(v, path, &st) : -ENOENT;
	if (cover == -EEXIST) /* asked for twice */
		return 0;
	if (cover < 0)
		cover = view_copy(empty, 0);
	if (cover == -EINVAL) /* not attached yet (live): the first one is the original */
		cover = fcntl(empty, F_DUPFD_CLOEXEC, 0);
	if (cover < 0)
		return jail_error_sys(err, -cover, "cannot cover %s", path);
	r = emptied ? empty_file(v, path, &st) : 0;
	if (r < 0)
		return jail_error_sys(err, -r, "cannot empty %s in memory before it is covered", path);
	return view_attach(v, cover, path, S_ISDIR(st.mode), err);
}

/*
 * Nobody can reach the object, because a directory above it is shut to everybody on the host: that directory is
 * covered, in case the host opens it later.
 */
static int cover_holder(struct view *v, const char *path, bool hidden, struct jail_error *err)
{
	char holder[PATH_MAX];
	size_t n = (size_t)(strrchr(path, '/') - path);

	if (n == 0 || n >= sizeof(holder))
		return jail_error_sys(err, EACCES, "cannot open %s", path);
	memcpy(holder, path, n);
	holder[n] = '\0';
	return cover(v, holder, hidden, err);
}

int view_cover(struct view *v, const char *path, struct jail_error *err)
{
	return cover(v, path, false, err);
}

static int hide(struct view *v, const char *path, struct jail_error *err)
{
	return cover(v, path, true, err);
}

/* Does a mount's target lie beneath `path`? */
static bool holds_target(const struct view *v, const char *path)
{
	size_t n = strlen(path);

	for (size_t i = 0; i < v->plan->nmounts; i++)
		if (strncmp(v->plan->mount[i].target, path, n) == 0 && v->plan->mount[i].target[n] == '/')
			return true;
	return false;
}

int view_nest(struct view *v, const char *path, const struct view_stat *like, struct jail_error *err)
{
	_cleanup_close_ int fd = -1;
	struct view_stat st;
	char name[32];
	int r;

	if (v->nnests >= VIEW_NESTS_MAX)
		return jail_error_set(
		    err, E2BIG, "more than %d covered directories hold targets of mounts", VIEW_NESTS_MAX);
	r = view_scratch_dir(v, "n", like->mode & 0777, name);
	if (r == 0 && fchownat(v->scratch, name, like->uid, like->gid, AT_SYMLINK_NOFOLLOW) < 0)
		r = negative_errno();
	if (r < 0)
		return jail_error_sys(err, -r, "cannot cover %s", path);
	fd = view_scratch_mount(v, name, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
	if (fd < 0)
		return jail_error_sys(err, -fd, "cannot cover %s", path);
	r = view_attach(v, fd, path, true, err);
	if (r < 0)
		return r;
	r = view_note_memory(v, fd);
	if (r == 0)
		r = view_stat(fd, &st);
	if (r < 0)
		return jail_error_sys(err, -r, "cannot cover %s", path);
	v->nest[v->nnests].id = st.mnt_id;
	v->nest[v->nnests++].fd = take_fd(&fd);
	return 0;
}

/*
 * A hidden directory with a mount's target beneath: what was asked for by name is shown, what surrounds it is not. Its
 * cover is a directory of its own, in which the way to the target can be made.
 */
static int nest(struct view *v, const char *path, struct jail_error *err)
{
	_cleanup_close_ int place = -1;
	struct view_stat st;
	bool empty;
	int r;

	if (!holds_target(v, path))
		return 0;
	place = view_open(v, path, O_PATH | O_DIRECTORY);
	if (place < 0 || view_stat(place, &st) < 0 || covered(v, &st))
		return 0;
	r = view_hide_check(v, place, &st, path, &empty, err);
	return r < 0 ? r : view_nest(v, path, &(struct view_stat){.mode = 0755}, err);
}

int view_hide_nests(struct view *v, struct jail_error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && v->plan->nmounts > 0 && i < v->plan->hide.count; i++)
		r = each(v, v->plan->hide.item[i], nest, err);
	return r;
}

int view_hide_one(struct view *v, const char *pattern, struct jail_error *err)
{
	return each(v, pattern, hide, err);
}

static int uncover(struct view *v, const char *path, struct jail_error *err)
{
	_cleanup_close_ int place = view_open(v, path, O_PATH);
	struct view_stat st;

	(void)err;
	if (place >= 0 && view_stat(place, &st) == 0 && covered(v, &st))
		view_unmount(v, place);
	return 0;
}

void view_show_one(struct view *v, const char *pattern)
{
	(void)each(v, pattern, uncover, NULL);
}

int view_hide_all(struct view *v, struct jail_error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < v->plan->hide.count; i++)
		r = view_hide_one(v, v->plan->hide.item[i], err);
	for (size_t i = 0; r == 0 && i < v->nnests; i++) {
		r = view_protect(v->nest[i].fd, MOUNT_ATTR_RDONLY, 0);
		if (r < 0)
			r = jail_error_sys(err, -r, "cannot shut a hidden directory");
	}
	return r;
}

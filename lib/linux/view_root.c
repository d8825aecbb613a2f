/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * view_root.c: the jail's root from path, path.readonly, path.base and path.volatile, of a tree of its own or of the
 * host's. It may not know what is mounted into it afterwards.
 */
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "disk.h"
#include "project.h"
#include "view_parts.h"

/* ---------------------------------------------------------------------------------------------------- prepare */

static int open_directory(int parent_root_fd, const char *path, const char *param, struct jail_error *err)
{
	int fd;

	/* Resolved once; from here on only the descriptor is used. */
	fd = host_path_open(parent_root_fd, path, O_DIRECTORY, err);
	if (fd >= 0)
		return fd;
	jail_error_param(err, param);
	if (fd == -ENOENT)
		(void)jail_error_hint(err, ENOENT, "make the directory first");
	return fd;
}

static int name_of(int fd, char *ret, size_t size, struct jail_error *err)
{
	int r = host_path_name(fd, ret, size);

	return r < 0 ? jail_error_sys(err, -r, "cannot read the name of a directory") : 0;
}

int view_beside(int dir_fd, const char *param, int *ret_copy, int *ret_holder, char name[NAME_MAX + 1],
    char work[NAME_MAX + 32], struct jail_error *err)
{
	char path[PATH_MAX];
	_cleanup_close_ int holder = -1, copy = -1, again = -1;
	struct view_stat st, there;
	const char *last;
	int r = view_stat(dir_fd, &st);

	if (r == 0)
		r = name_of(dir_fd, path, sizeof(path), err);
	if (r < 0)
		return r;
	if ((st.attributes & VIEW_ATTR_MOUNT_ROOT) != 0) {
		(void)jail_error_set(err, EINVAL, "%s is where a file system is mounted", path);
		jail_error_param(err, param);
		return jail_error_hint(
		    err, EINVAL, "name a directory in it: changes are made beside it, in the same file system");
	}
	last = strrchr(path, '/');
	last = last != NULL ? last + 1 : path;
	if (*last == '\0' || strlen(last) > NAME_MAX - sizeof("..jail-work"))
		return jail_error_set(err, ENAMETOOLONG, "%s", path);
	holder = openat(dir_fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (holder < 0)
		return jail_error_sys(err, errno, "cannot open the directory that holds %s", path);
	again = sys_openat2(holder, last, O_PATH | O_DIRECTORY, 0, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
	if (again < 0 || view_stat(again, &there) < 0 || there.ino != st.ino || there.mnt_id != st.mnt_id)
		return jail_error_set(err, EBUSY, "%s was moved while it was opened", path);
	r = view_copy(holder, 0);
	if (r < 0)
		return jail_error_sys(err, -r, "cannot copy the mount that holds %s", path);
	copy = r;
	(void)snprintf(work, NAME_MAX + 32, ".%.*s.jail-work", NAME_MAX, last);
	memcpy(name, last, strlen(last) + 1);
	*ret_holder = take_fd(&holder);
	*ret_copy = take_fd(&copy);
	return 0;
}

/* Not when preparing: only now the jail's name is locked, and what a killed predecessor left is in nobody's use. */
int view_work_make(int *holder_fd, const char *work_name, struct jail_error *err)
{
	int r = view_work_remove(*holder_fd, work_name), fd = -1;

	if (r == 0 && mkdirat(*holder_fd, work_name, 0700) < 0)
		r = negative_errno();
	if (r == 0)
		r = view_work_mark(*holder_fd, work_name);
	if (r == 0) {
		fd = sys_openat2(*holder_fd, work_name, O_PATH | O_DIRECTORY, 0, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
		r = fd < 0 ? negative_errno() : 0;
	}
	if (r < 0)
		return jail_error_sys(err, -r, "cannot make the work directory %s beside it", work_name);
	(void)close_fd(*holder_fd);
	*holder_fd = fd;
	return 0;
}

int view_work_open(int beside, int work_fd, const char *work_name, unsigned number)
{
	char path[NAME_MAX + 64];
	int fd;

	(void)snprintf(path, sizeof(path), "%u", number);
	if (mkdirat(work_fd, path, 0700) < 0)
		return negative_errno();
	(void)snprintf(path, sizeof(path), "%s/%u", work_name, number);
	fd = sys_openat2(beside, path, O_PATH | O_DIRECTORY, 0, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
	return fd < 0 ? negative_errno() : fd;
}

static enum view_root_kind kind_of(const struct plan *p)
{
	bool layered = p->is_volatile || p->base.count > 0;

	if (p->readonly)
		return layered || p->shared_tree || p->everybody ? VIEW_UNION : VIEW_PLAIN;
	if (p->is_volatile)
		return VIEW_MEMORY;
	return layered ? VIEW_BASE : VIEW_PLAIN;
}

/* Does a layer give what everybody on the host may read, and nothing else? */
static bool for_everybody(const struct plan *p, const char *path)
{
	return p->everybody_all || (p->everybody && strcmp(path, "/") == 0);
}

static int add_layer(
    struct view *v, int fd, const char *path, unsigned flags, const char *param, struct jail_error *err)
{
	int r;

	if (v->nlayers >= VIEW_LAYERS_MAX) {
		r = jail_error_set(err, E2BIG, "more than %d directories", VIEW_LAYERS_MAX - 1);
		jail_error_param(err, param);
		return r;
	}
	r = view_copy(fd, flags);
	if (r < 0) {
		(void)jail_error_sys(err, -r, "cannot copy its mount");
		jail_error_param(err, param);
		return r;
	}
	v->everybody[v->nlayers] = for_everybody(v->plan, path);
	v->layer[v->nlayers++] = r;
	return 0;
}

/* The file systems that are mounted beneath a tree which is not copied whole. */
static int find_submounts(struct view *v, int parent_root_fd, struct jail_error *err)
{
	const struct plan *p = v->plan;
	_cleanup_close_ int tree = -1;
	int r;

	if (p->shared_tree)
		tree = host_path_open(parent_root_fd, "/", O_DIRECTORY, err);
	else if ((tree = fcntl(v->path_fd, F_DUPFD_CLOEXEC, 0)) < 0)
		return jail_error_sys(err, errno, "cannot open the tree");
	if (tree < 0)
		return tree;
	r = name_of(tree, v->path_name, sizeof(v->path_name), err);
	if (r == 0 && p->shared_tree)
		r = view_show_prepare(v, tree, err);
	return r < 0 ? r : view_submounts(v, tree, v->path_name, p->shared_tree, err);
}

int view_root_prepare(struct view *v, int parent_root_fd, struct jail_error *err)
{
	const struct plan *p = v->plan;
	int r;

	v->kind = kind_of(p);
	v->path_fd = open_directory(parent_root_fd, p->path, "path", err);
	if (v->path_fd < 0)
		return v->path_fd;
	if (v->kind == VIEW_BASE)
		r = view_beside(v->path_fd, "path", &v->beside, &v->work_fd, v->upper_name, v->work_name, err);
	else
		r = add_layer(
		    v, v->path_fd, p->path, v->kind == VIEW_PLAIN && !p->shared_tree ? AT_RECURSIVE : 0, "path", err);
	for (size_t i = 0; r == 0 && i < p->base.count; i++) {
		_cleanup_close_ int fd = open_directory(parent_root_fd, p->base.item[i], "path.base", err);

		r = fd < 0 ? fd : add_layer(v, fd, p->base.item[i], 0, "path.base", err);
	}
	if (r == 0 && (p->shared_tree || (v->kind != VIEW_PLAIN && v->kind != VIEW_BASE)))
		r = find_submounts(v, parent_root_fd, err);
	return r;
}

int view_places(const struct view *v, struct host_places *ret)
{
	int r = host_places_add(ret,
	    HOST_PLACE_ROOT | (v->kind == VIEW_BASE ? HOST_PLACE_WORK : 0) |
		(disk_by_project(v->plan) ? HOST_PLACE_LIMITED : 0),
	    v->path_fd);

	for (size_t i = 0; r == 0 && i < v->plan->nmounts; i++)
		if (v->mount[i].upper_fd >= 0)
			r = host_places_add(ret, HOST_PLACE_WORK, v->mount[i].upper_fd);
	return r;
}

/* ------------------------------------------------------------------------------------------------------ build */

static int map_failed(const char *param, int r, struct jail_error *err)
{
	if (r == -EINVAL || r == -EPERM) {
		(void)jail_error_set(
		    err, ENOTSUP, "its file system can't give files other owners (no id-mapped mounts)");
		r = jail_error_hint(err, ENOTSUP, "move it to ext4, xfs or btrfs, or set users=inherit");
	} else {
		(void)jail_error_sys(err, -r, "cannot map the owners of its files");
	}
	jail_error_param(err, param);
	return r;
}

/* A tree whose mounts can't all be mapped is put together from those that can hold files of a jail at all. */
static int copy_carefully(struct view *v, unsigned attributes, struct jail_error *err)
{
	_cleanup_close_ int tree = -1;
	struct view_stat st, there;
	int r = name_of(v->path_fd, v->path_name, sizeof(v->path_name), err);

	if (r < 0)
		return r;
	/* The same directory in this process's own copy of the host's mounts. */
	tree = host_path_open(-1, v->path_name, O_DIRECTORY, NULL);
	if (tree < 0 || view_stat(tree, &there) < 0 || view_stat(v->path_fd, &st) < 0 || st.ino != there.ino ||
	    st.dev_major != there.dev_major || st.dev_minor != there.dev_minor)
		return jail_error_set(err, EBUSY, "%s was moved meanwhile", v->path_name);
	r = view_submounts(v, tree, v->path_name, false, err);
	if (r < 0)
		return r;
	r = view_copy(tree, 0);
	if (r < 0)
		return jail_error_sys(err, -r, "cannot copy its mount");
	v->layer[0] = close_fd(v->layer[0]);
	v->layer[0] = r;
	r = view_map(v, v->layer[0], attributes, 0);
	return r < 0 ? map_failed("path", r, err) : 0;
}

static int make_plain(struct view *v, struct jail_error *err)
{
	unsigned attributes = MOUNT_ATTR_NODEV | (v->plan->readonly ? MOUNT_ATTR_RDONLY : 0);
	int r = view_map(v, v->layer[0], attributes, v->plan->shared_tree ? 0 : AT_RECURSIVE);

	if ((r == -EINVAL || r == -EPERM) && !v->plan->shared_tree)
		r = copy_carefully(v, attributes, err);
	else if (r < 0)
		return map_failed("path", r, err);
	if (r < 0)
		return r;
	r = view_park_root(v->layer[0]);
	if (r < 0)
		return jail_error_sys(err, -r, "cannot attach the root");
	v->root = v->layer[0];
	return 0;
}

int view_memory_upper(struct view *v, int below, int *ret_upper, int *ret_work)
{
	char name[32];
	struct view_stat st;
	_cleanup_close_ int upper = -1;
	int r = view_stat(below, &st), work;

	if (r == 0)
		r = view_scratch_dir(v, "u", 0700, name);
	if (r < 0)
		return r;
	upper = openat(v->scratch, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (upper < 0 || fchown(upper, st.uid, st.gid) < 0 || fchmod(upper, st.mode & 07777) < 0)
		return negative_errno();
	r = view_scratch_dir(v, "w", 0700, name);
	if (r < 0)
		return r;
	work = openat(v->scratch, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (work < 0)
		return negative_errno();
	*ret_upper = take_fd(&upper);
	*ret_work = work;
	return 0;
}

int view_beside_layers(
    int beside, int work_fd, const char *name, const char *work_name, unsigned number, int *ret_upper, int *ret_work)
{
	_cleanup_close_ int upper =
	    sys_openat2(beside, name, O_PATH | O_DIRECTORY, 0, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
	int work;

	if (upper < 0)
		return negative_errno();
	work = view_work_open(beside, work_fd, work_name, number);
	if (work < 0)
		return work;
	*ret_upper = take_fd(&upper);
	*ret_work = work;
	return 0;
}

/*
 * What everybody may read needs no mapped owners: without any, all is nobody's, and root inside is a user like others
 * to it. So a host whose root can't be mapped (it is an overlay, say) is seen, but not written to.
 */
static int map_layer(struct view *v, size_t i)
{
	const unsigned attributes = MOUNT_ATTR_NODEV | MOUNT_ATTR_RDONLY;
	int r = view_map(v, v->layer[i], attributes, 0);

	if ((r != -EINVAL && r != -EPERM) || !v->everybody[i] || view_host_users(v))
		return r;
	v->everybody[i] = false;
	v->unmapped[i] = true;
	return view_protect(v->layer[i], attributes, 0);
}

static int map_layers(struct view *v, struct jail_error *err)
{
	int r;

	for (size_t i = 0; i < v->nlayers; i++) {
		r = map_layer(v, i);
		if (r < 0)
			return map_failed(i == 0 && v->kind != VIEW_BASE ? "path" : "path.base", r, err);
		r = view_park(v->layer[i]);
		if (r < 0)
			return jail_error_sys(err, -r, "cannot attach a layer");
	}
	if (v->kind != VIEW_BASE)
		return 0;
	r = view_map(v, v->beside, MOUNT_ATTR_NODEV, 0);
	if (r < 0)
		return map_failed("path", r, err);
	r = view_park(v->beside);
	return r < 0 ? jail_error_sys(err, -r, "cannot attach a layer") : 0;
}

/*
 * The kernel takes no overlay of a directory and of one that holds it (a `path` somewhere beneath the base "/"). With
 * an overlay around each they are different file systems.
 */
static int wrap_layers(struct view *v, int *lower, size_t n, struct jail_error *err)
{
	for (size_t i = 0; i < n; i++) {
		const int pair[] = {lower[i], v->empty_dir};
		const struct view_overlay o = {.lower = pair, .nlower = 2, .upper = -1, .work = -1};
		int fd, r;

		if (v->everybody[i]) /* it is one */
			continue;
		fd = view_overlay(v, &o, MOUNT_ATTR_NODEV | MOUNT_ATTR_RDONLY, err);
		if (fd < 0)
			return fd;
		r = view_park(fd);
		if (r < 0)
			return jail_error_sys(err, -r, "cannot attach a layer");
		(void)close_fd(v->layer[i]);
		lower[i] = v->layer[i] = fd;
	}
	return 0;
}

/* The layers that give what everybody may read are replaced by overlays that hold this. */
static int reduce_layers(struct view *v, struct jail_error *err)
{
	for (size_t i = 0; i < v->nlayers; i++) {
		int fd = v->everybody[i] ? view_everybody(v, v->layer[i], err) : -1, r;

		if (fd < 0 && v->everybody[i])
			return fd;
		if (fd < 0)
			continue;
		(void)close_fd(v->layer[i]);
		v->layer[i] = fd;
		r = view_park(fd);
		if (r < 0)
			return jail_error_sys(err, -r, "cannot attach a layer");
	}
	return 0;
}

/* Upper and work directory of the root's overlay; -1 where it has none. */
static int open_upper(struct view *v, int *ret_upper, int *ret_work, struct jail_error *err)
{
	int r = 0;

	if (v->kind == VIEW_MEMORY)
		r = view_memory_upper(v, v->layer[0], ret_upper, ret_work);
	else if (v->kind == VIEW_BASE)
		r = view_beside_layers(
		    v->beside, v->work_fd, v->upper_name, v->work_name, v->next++, ret_upper, ret_work);
	for (size_t i = 0; r == 0 && v->kind == VIEW_MEMORY && v->plan->shared_tree && i < v->nlayers; i++)
		if (v->everybody[i])
			r = view_state(v, i, "", v->layer[i], *ret_upper);
	return r < 0 ? jail_error_sys(err, -r, "cannot open the layer that is written to") : 0;
}

static int too_deep(const struct view *v, int r, struct jail_error *err)
{
	if (r != -EINVAL || !v->plan->everybody || v->kind == VIEW_UNION)
		return r;
	return jail_error_hint(
	    err, EINVAL, "if the host's root is itself an overlay, give the jail path.readonly, or users of its own");
}

/* One read-only tree of the host's and nothing else. */
static int make_single(struct view *v, struct jail_error *err)
{
	int fd = view_everybody(v, v->layer[0], err), r;

	if (fd < 0)
		return fd;
	v->root = fd;
	r = view_park_root(fd);
	return r < 0 ? jail_error_sys(err, -r, "cannot attach the root") : 0;
}

static int make_overlay(struct view *v, struct jail_error *err)
{
	_cleanup_close_ int upper = -1, work = -1;
	int lower[VIEW_LAYERS_MAX + 1];
	struct view_overlay o = {.lower = lower, .nlower = v->nlayers, .upper = -1, .work = -1};
	unsigned attributes = MOUNT_ATTR_NODEV | (v->kind == VIEW_UNION ? MOUNT_ATTR_RDONLY : 0);
	int r = map_layers(v, err), fd;

	if (r == 0 && v->kind == VIEW_UNION && v->nlayers == 1 && (v->everybody[0] || v->unmapped[0]))
		return make_single(v, err);
	if (r == 0 && v->kind == VIEW_BASE)
		r = view_work_make(&v->work_fd, v->work_name, err);
	if (r < 0)
		return r;
	/* Files are made there and moved to `path`, which the kernel does within one project only. */
	if (v->kind == VIEW_BASE && (r = project_join(v->work_fd, v->path_fd)) < 0)
		return jail_error_sys(err, -r, "cannot make the work directory part of the project of `path`");
	r = open_upper(v, &upper, &work, err);
	if (r == 0)
		r = reduce_layers(v, err);
	if (r < 0)
		return r;
	memcpy(lower, v->layer, v->nlayers * sizeof(lower[0]));
	if (v->kind == VIEW_UNION && o.nlower == 1)
		lower[o.nlower++] = v->empty_dir; /* the kernel wants two */
	o.upper = upper;
	o.work = work;
	fd = view_overlay(v, &o, attributes, err);
	if (fd == -ELOOP) {
		r = wrap_layers(v, lower, v->nlayers, err);
		fd = r < 0 ? r : view_overlay(v, &o, attributes, err);
	}
	if (fd < 0)
		return too_deep(v, fd, err);
	r = view_park_root(fd);
	v->root = fd;
	if (r == 0)
		r = view_note_written(v, fd);
	return r < 0 ? jail_error_sys(err, -r, "cannot attach the root") : 0;
}

int view_root_make(struct view *v, struct jail_error *err)
{
	int r = v->kind == VIEW_PLAIN ? make_plain(v, err) : make_overlay(v, err);

	if (r == 0)
		r = view_submounts_attach(v, false, err);
	if (r == 0 && v->plan->shared_tree)
		r = view_fresh(v, err);
	if (r == 0 && v->plan->shared_tree && v->plan->everybody && (v->kind != VIEW_MEMORY || v->unmapped[0]))
		r = view_accounts_cover(v, err);
	/* What was asked for by name is seen in a fresh place, too. */
	if (r == 0)
		r = view_submounts_attach(v, true, err);
	if (r < 0)
		jail_error_param(err, "path");
	return r;
}

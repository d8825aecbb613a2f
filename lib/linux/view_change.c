/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * view_change.c: changes of a running jail's view, from inside its mount namespace, all of them or none. What was
 * mounted when the jail was made is locked by the kernel for the jail's life. Of a mount that is added later only the
 * attributes are locked: root inside may unmount it, so covers are only added where nobody inside may unmount. It may
 * not know why a change is wanted.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#include "view_parts.h"

#define TMPFS 0x01021994
#define NODES_DEPTH_MAX 32 /* directories beneath /dev */

/* ------------------------------------------------------------------------------------------- what is different */

static bool same_text(const char *a, const char *b)
{
	return strcmp(a != NULL ? a : "", b != NULL ? b : "") == 0;
}

static bool same_mount(const struct plan_mount *a, const struct plan_mount *b)
{
	return a->type == b->type && a->options == b->options && a->size == b->size && a->mode == b->mode &&
	       same_text(a->source, b->source) && same_text(a->target, b->target) && same_text(a->fstype, b->fstype) &&
	       same_text(a->data, b->data);
}

bool view_has_mount(const struct plan *p, const struct plan_mount *m)
{
	for (size_t i = 0; i < p->nmounts; i++)
		if (same_mount(&p->mount[i], m))
			return true;
	return false;
}

static bool has_device(const struct plan *p, const struct plan_device *d)
{
	for (size_t i = 0; i < p->ndevices; i++)
		if (p->device[i].access == d->access && same_text(p->device[i].path, d->path))
			return true;
	return false;
}

static bool has_hidden(const struct plan *p, const char *pattern)
{
	for (size_t i = 0; i < p->hide.count; i++)
		if (strcmp(p->hide.item[i], pattern) == 0)
			return true;
	return false;
}

bool view_hides_more(const struct plan *was, const struct plan *will)
{
	for (size_t i = 0; i < will->hide.count; i++)
		if (!has_hidden(was, will->hide.item[i]))
			return true;
	return false;
}

/*
 * Is what it hides still where it was, whatever root inside has done? As long as it could have no children, it was
 * allowed to rename directories above it.
 */
static bool hides_for_children(const struct plan *p)
{
	bool fixed = p->shared_tree && p->readonly && (p->record.flags & POLICY_F_HOST_USERS) == 0;

	return p->hide.count == 0 || p->is_volatile || p->base.count > 0 || fixed;
}

static int refuse(const char *param, int errnum, const char *what, const char *hint, struct jail_error *err)
{
	(void)jail_error_set(err, errnum, "%s", what);
	jail_error_param(err, param);
	return jail_error_hint(err, errnum, "%s", hint);
}

static int check(const struct plan *was, const struct plan *will, struct jail_error *err)
{
	const char *again = "remove the jail and make it again";
	bool mounts = view_mounts_inside(&was->record);

	if (!same_text(was->path, will->path))
		return refuse("path", EBUSY, "the root of a running jail can't change", again, err);
	if (was->base.count != will->base.count)
		return refuse("path.base", EBUSY, "the layers of a running jail can't change", again, err);
	for (size_t i = 0; i < was->base.count; i++)
		if (strcmp(was->base.item[i], will->base.item[i]) != 0)
			return refuse("path.base", EBUSY, "the layers of a running jail can't change", again, err);
	if (was->show.count != will->show.count)
		return refuse("path.show", EBUSY, "what a running jail is shown can't change", again, err);
	for (size_t i = 0; i < was->show.count; i++)
		if (strcmp(was->show.item[i], will->show.item[i]) != 0)
			return refuse("path.show", EBUSY, "what a running jail is shown can't change", again, err);
	if (was->is_volatile != will->is_volatile || was->volatile_size != will->volatile_size)
		return refuse("path.volatile", EBUSY, "where a running jail writes can't change", again, err);
	if (was->devfs != will->devfs || was->procfs != will->procfs || was->fdescfs != will->fdescfs)
		return refuse("mount", EBUSY, "/dev and /proc of a running jail can't come or go", again, err);
	if (was->readonly && !will->readonly)
		return refuse("path.readonly", EPERM, "it can't be lifted", again, err);
	for (size_t i = 0; i < was->hide.count; i++)
		if (!has_hidden(will, was->hide.item[i]))
			return refuse("path.hide", EPERM, "what is hidden can't be shown again", again, err);
	/* Root inside may have mount namespaces that it does not come to, or take it off again. */
	if (mounts && view_hides_more(was, will))
		return refuse("path.hide", ENOTSUP,
		    "root inside may mount (allow.mount, allow.userns), so it takes hold at creation only", again, err);
	if (mounts && !was->readonly && will->readonly)
		return refuse("path.readonly", ENOTSUP,
		    "root inside may mount (allow.mount, allow.userns), so it takes hold at creation only", again, err);
	if (was->record.children_max == 0 && will->record.children_max > 0 && !hides_for_children(was))
		return refuse("children.max", EBUSY,
		    "what path.hide covers may be anywhere in its tree by now, where a child would see it", again, err);
	return view_identity_check(was, will, err);
}

/* ---------------------------------------------------------------------------------------------------- prepare */

/* A cover is a piece of a file system that is mounted somewhere: of a namespace that ends with this process. */
static int make_covers(struct view *v, int *numbers)
{
	int r = view_scratch_empties(v);

	if (r == 0)
		r = view_identity_prepare(v, v->was);
	numbers[0] = v->scratch;
	numbers[1] = v->empty_dir;
	numbers[2] = v->empty_file;
	memcpy(numbers + 3, v->identity, sizeof(v->identity));
	return r;
}

static int prepare_covers(struct view *v, const struct plan *was, struct jail_error *err)
{
	int numbers[3 + VIEW_IDENTITIES] = {-1, -1, -1, -1, -1}, r;

	v->was = was;
	r = view_aside(make_covers, v, numbers, ARRAY_SIZE(numbers));
	v->scratch = numbers[0];
	v->empty_dir = numbers[1];
	v->empty_file = numbers[2];
	memcpy(v->identity, numbers + 3, sizeof(v->identity));
	return r < 0 ? jail_error_sys(err, -r, "cannot make covers") : 0;
}

const struct view_named *view_added(const struct view *v, size_t i)
{
	return v->mount[i].wanted ? &v->mount[i].named : NULL;
}

static int prepare_mounts(struct view *v, const struct plan *was, int parent_root_fd, struct jail_error *err)
{
	for (size_t i = 0; i < v->plan->nmounts; i++) {
		const struct plan_mount *m = &v->plan->mount[i];
		int r = 0;

		if (view_has_mount(was, m))
			continue;
		if (v->plan->everybody_all && m->type == PLAN_M_NULLFS) {
			r = jail_error_set(err, ENOTSUP,
			    "%s: what its parent jail may read of it is held to when the jail is made", m->source);
			jail_error_origin(err, m->origin.file, m->origin.line);
			jail_error_param(err, "mount");
		} else if (m->type != PLAN_M_NULLFS && m->type != PLAN_M_TMPFS && m->type != PLAN_M_BLOCK) {
			r = jail_error_set(err, ENOTSUP, "%s can only be mounted when the jail is made", m->fstype);
			jail_error_origin(err, m->origin.file, m->origin.line);
			jail_error_param(err, "mount");
		} else {
			r = view_mount_prepare(v, i, parent_root_fd, err);
		}
		if (r == 0)
			r = view_mount_make(v, i, err);
		if (r < 0)
			return r;
		v->mount[i].wanted = true;
	}
	return view_lock_made(v, err);
}

int view_prepare_change(const struct plan *was, struct plan *will, int parent_root_fd, int userns_fd, uint32_t base,
    uint32_t count, struct view **ret, struct jail_error *err)
{
	struct view *v = NULL;
	int r = check(was, will, err);

	if (r == 0)
		r = view_new_view(will, &v, err);
	if (r == 0) {
		v->users = (struct view_users){.known = true, .fd = userns_fd, .base = base, .count = count};
		v->host_proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
		r = v->host_proc < 0 ? jail_error_sys(err, errno, "cannot open /proc") : view_dev_prepare(v, err);
	}
	if (r == 0)
		r = prepare_mounts(v, was, parent_root_fd, err);
	if (r == 0 && (view_hides_more(was, will) || view_identity_differs(was, will)))
		r = prepare_covers(v, was, err);
	if (r < 0) {
		view_free(v);
		return r;
	}
	*ret = v;
	return 0;
}

/* ------------------------------------------------------------------------------------------------------ change */

struct undo {
	size_t nodes[POLICY_DEVICES_MAX];
	size_t nnodes;
};

static int change_mounts(struct view *v, struct jail_error *err)
{
	for (size_t i = 0; i < v->plan->nmounts; i++) {
		int r = v->mount[i].wanted ? view_mount_attach(v, i, err) : 0;

		if (r < 0)
			return r;
	}
	return 0;
}

/*
 * The /dev of a running jail is in its root's hands. A node is only ever made in the file system that the jail was made
 * with, never in another one that root inside has put there.
 */
static int open_dev(const struct view *v)
{
	int fd = sys_openat2(v->root, "dev", O_RDONLY | O_DIRECTORY, 0, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
	struct view_stat st;
	struct statfs fs;

	if (fd < 0)
		return negative_errno();
	if (fstatfs(fd, &fs) == 0 && fs.f_type == TMPFS && view_stat(fd, &st) == 0 &&
	    (v->dev_number == 0 || (st.dev_major == 0 && st.dev_minor == v->dev_number)))
		return fd;
	(void)close_fd(fd);
	return -ESTALE;
}

void view_know_devices(struct view *v, uint32_t dev_number, const struct policy_record *record)
{
	v->dev_number = dev_number;
	v->record = record;
}

bool view_changes_devices(const struct plan *was, const struct plan *will)
{
	for (size_t i = 0; i < was->ndevices; i++)
		if (!has_device(will, &was->device[i]))
			return true;
	for (size_t i = 0; i < will->ndevices; i++)
		if (!has_device(was, &will->device[i]))
			return true;
	return false;
}

const struct plan_device *view_lost_device(const struct plan *was, const struct plan *will)
{
	for (size_t i = 0; i < was->ndevices; i++) {
		bool kept = false;

		for (size_t j = 0; !kept && j < will->ndevices; j++)
			kept = same_text(was->device[i].path, will->device[j].path) &&
			       (was->device[i].access & ~will->device[j].access) == 0;
		if (!kept)
			return &was->device[i];
	}
	return NULL;
}

/* Does a device that stays have the same number under another name? */
static bool stays(const struct view *v, const struct plan *was, const struct policy_device *d)
{
	for (size_t i = 0; i < v->plan->ndevices; i++)
		if (v->device[i].major == d->major && v->device[i].minor == d->minor &&
		    S_ISBLK(v->device[i].mode) == ((d->access & POLICY_DEV_BLOCK) != 0) &&
		    has_device(was, &v->plan->device[i]))
			return true;
	return false;
}

/*
 * Every node of a device that goes, by whatever name root inside has given it, in a directory and those beneath. A
 * directory that another mount covers can't be looked into: EXDEV, but for those that the jail was made with.
 */
static int remove_nodes(int dir, const struct policy_device *d, unsigned depth)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;
	DIR *entries = fd < 0 ? NULL : fdopendir(fd);
	struct stat st;

	if (entries == NULL || depth > NODES_DEPTH_MAX) {
		r = entries == NULL ? negative_errno() : -E2BIG;
		(void)(entries != NULL ? closedir(entries) : close_fd(fd));
		return r;
	}
	for (struct dirent *e; r == 0 && (e = readdir(entries)) != NULL;) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		if (e->d_type == DT_DIR) {
			_cleanup_close_ int below = sys_openat2(fd, e->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0,
			    RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV);
			bool own = depth == 0 && (strcmp(e->d_name, "pts") == 0 || strcmp(e->d_name, "shm") == 0);

			r = below >= 0 ? remove_nodes(below, d, depth + 1) : own ? 0 : negative_errno();
			continue;
		}
		if (e->d_type != ((d->access & POLICY_DEV_BLOCK) != 0 ? DT_BLK : DT_CHR))
			continue;
		if (fstatat(fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			r = negative_errno();
		else if (st.st_rdev == makedev(d->major, d->minor) && unlinkat(fd, e->d_name, 0) < 0)
			r = negative_errno();
	}
	(void)closedir(entries);
	return r;
}

/* Beneath /dev, not through links or other mounts. Missing is fine. */
static int remove_node(int dev, const char *path)
{
	const char *relative = path + strlen("/dev/"), *last = strrchr(relative, '/');
	_cleanup_close_ int holder = -1;
	char directory[PATH_MAX];

	if (last == NULL)
		return unlinkat(dev, relative, 0) < 0 && errno != ENOENT ? negative_errno() : 0;
	memcpy(directory, relative, (size_t)(last - relative));
	directory[last - relative] = '\0';
	holder = sys_openat2(
	    dev, directory, O_PATH | O_DIRECTORY, 0, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV);
	if (holder < 0)
		return errno == ENOENT ? 0 : negative_errno();
	return unlinkat(holder, last + 1, 0) < 0 && errno != ENOENT ? negative_errno() : 0;
}

static int change_devices(struct view *v, const struct plan *was, struct undo *u, struct jail_error *err)
{
	const struct plan *will = v->plan;
	_cleanup_close_ int dev = -1;
	int r = 0;

	for (size_t i = 0; i < was->ndevices + will->ndevices; i++) {
		bool old = i < was->ndevices;
		const struct plan_device *d = old ? &was->device[i] : &will->device[i - was->ndevices];

		if (has_device(old ? will : was, d))
			continue;
		if (dev < 0)
			dev = open_dev(v);
		r = dev < 0 ? dev : 0;
		if (r == 0 && old && v->record != NULL && i < v->record->ndevices &&
		    !stays(v, was, &v->record->device[i]))
			r = remove_nodes(dev, &v->record->device[i], 0);
		if (r == 0)
			r = remove_node(dev, d->path);
		if (r == -ESTALE)
			r = jail_error_set(err, EBUSY,
			    "/dev inside is not the one that the jail was made with: %s can't be changed", d->path);
		else if (r == -EXDEV)
			r = jail_error_set(
			    err, EBUSY, "another mount beneath /dev inside may hide nodes of %s", d->path);
		else if (r < 0)
			r = jail_error_sys(err, -r, "cannot change %s", d->path);
		if (r == 0 && !old) {
			r = view_dev_node(v, dev, i - was->ndevices, err);
			u->nodes[u->nnodes++] = i - was->ndevices;
		}
		if (r < 0) {
			jail_error_origin(err, d->origin.file, d->origin.line);
			jail_error_param(err, "devices");
			return r;
		}
	}
	return 0;
}

static int change_hidden(struct view *v, const struct plan *was, struct jail_error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < v->plan->hide.count; i++)
		if (!has_hidden(was, v->plan->hide.item[i]))
			r = view_hide_one(v, v->plan->hide.item[i], err);
	return r;
}

static int change_readonly(struct view *v, const struct plan *was, struct jail_error *err)
{
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_RDONLY};
	int r;

	if (was->readonly == v->plan->readonly)
		return 0;
	if (sys_mount_setattr(v->root, "", AT_EMPTY_PATH, &attr) == 0)
		return 0;
	r = jail_error_sys(err, errno, "cannot make the root read only");
	if (r == -EBUSY)
		(void)jail_error_hint(err, EBUSY, "a program inside has a file open for writing");
	jail_error_param(err, "path.readonly");
	return r;
}

static void take_back(struct view *v, const struct plan *was, struct undo *u)
{
	_cleanup_close_ int dev = u->nnodes > 0 ? open_dev(v) : -1;

	view_identity_back(v);
	for (size_t i = 0; dev >= 0 && i < u->nnodes; i++)
		(void)remove_node(dev, v->plan->device[u->nodes[i]].path);
	for (size_t i = 0; i < v->plan->hide.count; i++)
		if (!has_hidden(was, v->plan->hide.item[i]))
			view_show_one(v, v->plan->hide.item[i]);
	for (size_t i = v->plan->nmounts; i-- > 0;)
		if (v->mount[i].wanted)
			view_unmount(v, v->mount[i].made);
}

int view_change(const struct plan *was, const struct plan *will, struct view *prepared, struct jail_error *err)
{
	struct view *v = prepared;
	struct undo u = {.nnodes = 0};
	mode_t mask = umask(0);
	int r = will == v->plan ? check(was, will, err) : jail_error_set(err, EINVAL, "not the plan that was prepared");

	if (r == 0) {
		v->root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
		r = v->root < 0 ? jail_error_sys(err, errno, "cannot open the jail's root") : 0;
	}
	if (r == 0) {
		r = change_mounts(v, err);
		if (r == 0)
			r = change_devices(v, was, &u, err);
		if (r == 0)
			r = change_hidden(v, was, err);
		if (r == 0)
			r = view_identity_change(v, err);
		if (r == 0)
			r = change_readonly(v, was, err);
		if (r < 0)
			take_back(v, was, &u);
	}
	(void)umask(mask);
	return r;
}

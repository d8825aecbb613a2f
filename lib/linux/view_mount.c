/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * view_mount.c: the lines of `mount` and mount.fstab: sources opened on the host before the jail is begun, targets
 * resolved inside its root. nullfs shows one file system, as FreeBSD's does. unionfs puts its source above what is at
 * the target, and takes the writes; overlay puts its sources above it, read only. Devices are never opened on any of
 * them. It may not know where the lines were written.
 */
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "../trusted.h"
#include "view_parts.h"

#define OPTIONS_MAX 32

/* ---------------------------------------------------------------------------------------------------- prepare */

static int add_source(struct view_mount *to, int fd, struct jail_error *err)
{
	int *more;

	if (to->nsources >= VIEW_LAYERS_MAX) {
		(void)close_fd(fd);
		return jail_error_set(err, E2BIG, "more than %d directories", VIEW_LAYERS_MAX);
	}
	more = realloc(to->source, (to->nsources + 1) * sizeof(*more));
	if (more == NULL) {
		(void)close_fd(fd);
		return jail_error_sys(err, ENOMEM, "cannot prepare a mount");
	}
	to->source = more;
	to->source[to->nsources++] = fd;
	return 0;
}

static int copy_source(
    int parent_root_fd, const char *path, struct view_mount *to, bool directory, struct jail_error *err)
{
	_cleanup_close_ int fd = host_path_open(parent_root_fd, path, 0, err);
	struct stat st;
	int copy;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return jail_error_sys(err, errno, "%s", path);
	if (directory && !S_ISDIR(st.st_mode))
		return jail_error_set(err, ENOTDIR, "%s is not a directory", path);
	copy = view_copy(fd, 0);
	return copy < 0 ? jail_error_sys(err, -copy, "cannot copy the mount that holds %s", path)
			: add_source(to, copy, err);
}

static int prepare_overlay(
    const struct plan_mount *m, int parent_root_fd, struct view_mount *to, struct jail_error *err)
{
	_cleanup_free_ char *list = NULL;

	if (m->data != NULL && m->data[0] != '\0')
		return jail_error_set(
		    err, ENOTSUP, "options \"%s\" of %s: the layers are the source and the target", m->data, m->fstype);
	if (strcmp(m->fstype, "unionfs") == 0) {
		if ((m->options & PLAN_M_RDONLY) != 0)
			return copy_source(parent_root_fd, m->source, to, true, err);
		to->upper_fd = host_path_open(parent_root_fd, m->source, O_DIRECTORY, err);
		return to->upper_fd < 0 ? to->upper_fd
					: view_beside(to->upper_fd, "mount", &to->beside, &to->work_fd, to->upper_name,
					      to->work_name, err);
	}
	list = strdup(m->source);
	if (list == NULL)
		return jail_error_sys(err, ENOMEM, "cannot prepare a mount");
	for (char *at = list, *end; at != NULL; at = end) {
		int r;

		end = strchr(at, ':');
		if (end != NULL)
			*end++ = '\0';
		r = copy_source(parent_root_fd, at, to, true, err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* "key=value,flag" of a line, split in place behind those already there. */
static int split_options(char *at, struct view_option *options, size_t *n, size_t max)
{
	while (*at != '\0') {
		char *end = at + strcspn(at, ","), *value;
		bool last = *end == '\0';

		*end = '\0';
		value = strchr(at, '=');
		if (value != NULL)
			*value++ = '\0';
		if (*n >= max)
			return -E2BIG;
		if (*at != '\0')
			options[(*n)++] = (struct view_option){at, value};
		at = last ? end : end + 1;
	}
	return 0;
}

/* Its own name is shown by df(1); the kernel opens it once more, so it is given only where no other than root changes
 * it.
 */
static bool root_named(int parent_root_fd, const char *path, const struct stat *device)
{
	_cleanup_close_ int fd = -1;
	struct stat st;

	return parent_root_fd < 0 && trusted_look(path, &fd, NULL) == 0 && fstat(fd, &st) == 0 && S_ISBLK(st.st_mode) &&
	       st.st_rdev == device->st_rdev;
}

/*
 * The file system of a disk is mounted, attached to nothing, already here: by a name of the host's, which would be
 * another one inside. It goes with its descriptor.
 */
static int prepare_block(const struct plan_mount *m, int parent_root_fd, struct view_mount *to, struct jail_error *err)
{
	_cleanup_close_ int device = host_path_open(parent_root_fd, m->source, 0, err);
	_cleanup_free_ char *data = strdup(m->data != NULL ? m->data : "");
	struct view_option options[OPTIONS_MAX + 2];
	char source[32];
	struct stat st;
	size_t n = 0;
	int fd;

	if (device < 0)
		return device;
	if (data == NULL)
		return jail_error_sys(err, ENOMEM, "cannot prepare a mount");
	if (fstat(device, &st) < 0 || !S_ISBLK(st.st_mode))
		return jail_error_set(
		    err, ENOTBLK, "%s is not a disk, as the file system %s needs", m->source, m->fstype);
	(void)snprintf(source, sizeof(source), "/proc/self/fd/%d", device);
	options[n++] = (struct view_option){"source", root_named(parent_root_fd, m->source, &st) ? m->source : source};
	if ((m->options & PLAN_M_RDONLY) != 0)
		options[n++] = (struct view_option){"ro", NULL};
	if (split_options(data, options, &n, ARRAY_SIZE(options)) < 0)
		return jail_error_set(err, E2BIG, "more than %d options of %s", OPTIONS_MAX, m->source);
	fd = view_new(m->fstype, MOUNT_ATTR_NODEV, options, n, err);
	return fd < 0 ? fd : add_source(to, fd, err);
}

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && strcmp(s + n - m, end) == 0;
}

static int prepare_mount(const struct plan_mount *m, int parent_root_fd, struct view_mount *to, struct jail_error *err)
{
	switch (m->type) {
	case PLAN_M_NULLFS:
		return copy_source(parent_root_fd, m->source, to, false, err);
	case PLAN_M_OVERLAY:
		return prepare_overlay(m, parent_root_fd, to, err);
	case PLAN_M_BLOCK:
		return prepare_block(m, parent_root_fd, to, err);
	case PLAN_M_FDESCFS:
		if (!ends_with(m->target, "/dev/fd"))
			return jail_error_set(
			    err, ENOTSUP, "fdescfs at %s: on Linux it is part of /dev, at /dev/fd", m->target);
		return 0;
	case PLAN_M_TMPFS:
	case PLAN_M_PROCFS:
	case PLAN_M_DEVFS:
	case PLAN_M_SYSFS:
		return 0;
	}
	return jail_error_set(err, EINVAL, "unknown file system %s", m->fstype);
}

static int blame(const struct plan_mount *m, int r, struct jail_error *err)
{
	if (r < 0) {
		jail_error_origin(err, m->origin.file, m->origin.line);
		jail_error_param(err, "mount");
	}
	return r;
}

int view_mount_prepare(struct view *v, size_t i, int parent_root_fd, struct jail_error *err)
{
	const struct plan_mount *m = &v->plan->mount[i];

	return blame(m, prepare_mount(m, parent_root_fd, &v->mount[i], err), err);
}

int view_mounts_prepare(struct view *v, int parent_root_fd, struct jail_error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < v->plan->nmounts; i++)
		r = view_mount_prepare(v, i, parent_root_fd, err);
	return r;
}

/* ------------------------------------------------------------------------------------------------------ build */

static unsigned attributes(const struct plan_mount *m)
{
	static const struct {
		unsigned option, attribute;
	} of[] = {{PLAN_M_RDONLY, MOUNT_ATTR_RDONLY}, {PLAN_M_NOSUID, MOUNT_ATTR_NOSUID},
	    {PLAN_M_NOEXEC, MOUNT_ATTR_NOEXEC}, {PLAN_M_NOATIME, MOUNT_ATTR_NOATIME},
	    {PLAN_M_NOSYMFOLLOW, MOUNT_ATTR_NOSYMFOLLOW}};
	unsigned ret = MOUNT_ATTR_NODEV;

	for (size_t i = 0; i < ARRAY_SIZE(of); i++)
		if ((m->options & of[i].option) != 0)
			ret |= of[i].attribute;
	return ret;
}

/* NOATIME is one of several values of one field, which has to be cleared to be set. */
static int dress(const struct view *v, int fd, const struct plan_mount *m, unsigned attr, struct jail_error *err)
{
	bool map = (m->options & PLAN_M_NOIDMAP) == 0;
	struct mount_attr atime = {.attr_set = MOUNT_ATTR_NOATIME, .attr_clr = MOUNT_ATTR__ATIME};
	int r;

	if ((attr & MOUNT_ATTR_NOATIME) != 0) {
		if (sys_mount_setattr(fd, "", AT_EMPTY_PATH, &atime) < 0)
			return jail_error_sys(err, errno, "cannot set noatime");
		attr &= ~MOUNT_ATTR_NOATIME;
	}
	r = map ? view_map(v, fd, attr, 0) : view_protect(fd, attr, 0);
	if (r == -EINVAL || r == -EPERM) {
		(void)jail_error_set(err, ENOTSUP,
		    "the file system of %s can't give files other owners (no id-mapped mounts)", m->source);
		return jail_error_hint(err, ENOTSUP, "add the option noidmap: its files then belong to nobody inside");
	}
	return r < 0 ? jail_error_sys(err, -r, "cannot mount %s", m->source) : 0;
}

/* Attach a mount that has its attributes. */
static int attach_made(struct view *v, const struct plan_mount *m, int fd, struct jail_error *err)
{
	struct view_stat st;
	int r = view_stat(fd, &st);

	if (r < 0)
		return jail_error_sys(err, -r, "cannot mount %s", m->source);
	return view_attach(v, fd, m->target, S_ISDIR(st.mode), err);
}

/*
 * The parent of this jail reads what everybody on the host may read, and so does this one, here as well: *ret is a
 * mount that gives no more. Without mapped owners root inside is a user like others; the host's root is not.
 */
static int reduce_copy(struct view *v, const struct plan_mount *m, int fd, int *ret, struct jail_error *err)
{
	const unsigned attr = attributes(m) & ~MOUNT_ATTR_NOATIME;
	struct view_stat st;
	int r = view_stat(fd, &st);

	if (r < 0)
		return jail_error_sys(err, -r, "cannot mount %s", m->source);
	if (!S_ISDIR(st.mode) && view_host_users(v) && (st.mode & S_IROTH) == 0)
		return jail_error_set(err, EACCES, "%s can't be read by its parent jail", m->source);
	if (!S_ISDIR(st.mode) || (!view_host_users(v) && (m->options & PLAN_M_NOIDMAP) != 0)) {
		r = view_protect(fd, attr, 0);
		*ret = fcntl(fd, F_DUPFD_CLOEXEC, 0);
		return r < 0 || *ret < 0 ? jail_error_sys(err, r < 0 ? -r : errno, "cannot mount %s", m->source) : 0;
	}
	r = dress(v, fd, m, attributes(m), err);
	if (r < 0)
		return r;
	r = view_park(fd);
	if (r < 0)
		return jail_error_sys(err, -r, "cannot mount %s", m->source);
	r = view_everybody(v, fd, err);
	if (r < 0)
		return r;
	*ret = r;
	r = view_protect(*ret, attr | MOUNT_ATTR_RDONLY, 0);
	return r < 0 ? jail_error_sys(err, -r, "cannot mount %s", m->source) : 0;
}

static int attach_copy(struct view *v, const struct plan_mount *m, int fd, struct jail_error *err)
{
	bool everybody = v->plan->everybody_all && m->type == PLAN_M_NULLFS;
	_cleanup_close_ int reduced = -1;
	int r = everybody ? reduce_copy(v, m, fd, &reduced, err) : dress(v, fd, m, attributes(m), err);

	return r < 0 ? r : attach_made(v, m, everybody ? reduced : fd, err);
}

static int make_tmpfs(struct view *v, const struct plan_mount *m, struct jail_error *err)
{
	char size[32], mode[16], uid[16], gid[16], inodes[32];
	struct view_option options[5];
	uint64_t base = view_host_users(v) ? 0 : v->users.base;
	size_t n = 0;

	(void)snprintf(mode, sizeof(mode), "%o", m->mode & 07777);
	options[n++] = (struct view_option){"mode", mode};
	if (m->size > 0) {
		(void)snprintf(size, sizeof(size), "%llu", (unsigned long long)m->size);
		options[n++] = (struct view_option){"size", size};
	}
	if (m->inodes > 0) {
		(void)snprintf(inodes, sizeof(inodes), "%llu", (unsigned long long)m->inodes);
		options[n++] = (struct view_option){"nr_inodes", inodes};
	}
	if (!view_host_users(v) && (m->uid >= v->users.count || m->gid >= v->users.count))
		return jail_error_set(err, EINVAL, "the owner of %s is none of the %u users inside (users.count)",
		    m->target, v->users.count);
	(void)snprintf(uid, sizeof(uid), "%llu", (unsigned long long)(base + m->uid));
	(void)snprintf(gid, sizeof(gid), "%llu", (unsigned long long)(base + m->gid));
	options[n++] = (struct view_option){"uid", uid};
	options[n++] = (struct view_option){"gid", gid};
	return view_new("tmpfs", attributes(m), options, n, err);
}

static int attach_tmpfs(struct view *v, const struct plan_mount *m, int made, struct jail_error *err)
{
	_cleanup_close_ int own = made < 0 ? make_tmpfs(v, m, err) : -1;
	int fd = made < 0 ? own : made, r;

	if (fd < 0)
		return fd;
	r = view_attach(v, fd, m->target, true, err);
	if (r < 0)
		return r;
	r = (m->options & PLAN_M_RDONLY) == 0 ? view_note_memory(v, fd) : 0;
	return r < 0 ? jail_error_sys(err, -r, "cannot mount %s", m->target) : 0;
}

static int attach_kernel(struct view *v, const struct plan_mount *m, struct jail_error *err)
{
	bool proc = m->type == PLAN_M_PROCFS;
	_cleanup_close_ int fd = view_new(proc ? "proc" : "sysfs",
	    attributes(m) | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC | (proc ? 0 : MOUNT_ATTR_RDONLY), NULL, 0, err);
	int r;

	if (fd < 0)
		return fd;
	r = view_attach(v, fd, m->target, true, err);
	if (r < 0)
		return r;
	return proc ? view_proc_mask(v, m->target, err) : view_sys_mask(v, m->target, err);
}

static int attach_devfs(struct view *v, const struct plan_mount *m, struct jail_error *err)
{
	_cleanup_close_ int copy = -1;

	if (!v->dev_attached)
		return view_dev_place(v, m->target, err);
	if (strcmp(m->target, "/dev") == 0)
		return 0;
	copy = view_copy(v->dev, AT_RECURSIVE);
	return copy < 0 ? jail_error_sys(err, -copy, "cannot copy /dev") : view_attach(v, copy, m->target, true, err);
}

static int reduce_layer(struct view *v, int *layer, struct jail_error *err)
{
	int fd = view_everybody(v, *layer, err), r;

	if (fd < 0)
		return fd;
	(void)close_fd(*layer);
	*layer = fd;
	r = view_park(fd);
	return r < 0 ? jail_error_sys(err, -r, "cannot attach a layer") : 0;
}

/* What the kernel says with EINVAL: it stacks two overlays, and path.volatile or path.base of a shared tree is both. */
static int too_deep(int below, const struct plan_mount *m, struct jail_error *err)
{
	struct statfs fs;

	if (fstatfs(below, &fs) < 0 || (unsigned long)fs.f_type != OVERLAYFS_SUPER_MAGIC)
		return -EINVAL;
	(void)jail_error_set(
	    err, ENOTSUP, "%s is in a tree of two overlays, and the kernel stacks no third", m->target);
	return jail_error_hint(err, ENOTSUP, "mount the directory with nullfs, or choose path.readonly");
}

static int attach_overlay(struct view *v, const struct plan_mount *m, struct view_mount *from, struct jail_error *err)
{
	_cleanup_close_ int below = view_open(v, m->target, O_PATH | O_DIRECTORY), upper = -1, work = -1, fd = -1;
	int lower[VIEW_LAYERS_MAX + 1];
	struct view_overlay o = {.lower = lower, .upper = -1, .work = -1};
	int r = 0;

	if (below < 0)
		return jail_error_sys(err, -below, "cannot open %s", m->target);
	for (size_t i = 0; i < from->nsources; i++) {
		r = dress(v, from->source[i], m, MOUNT_ATTR_NODEV | MOUNT_ATTR_RDONLY, err);
		if (r < 0)
			return r;
		r = view_park(from->source[i]);
		if (r < 0)
			return jail_error_sys(err, -r, "cannot attach a layer");
		r = v->plan->everybody_all ? reduce_layer(v, &from->source[i], err) : 0;
		if (r < 0)
			return r;
		lower[o.nlower++] = from->source[i];
	}
	lower[o.nlower++] = below;
	if (from->beside >= 0) {
		r = dress(v, from->beside, m, MOUNT_ATTR_NODEV, err);
		if (r < 0)
			return r;
		r = view_work_make(&from->work_fd, from->work_name, err);
		if (r < 0)
			return r;
		r = view_park(from->beside);
		if (r == 0)
			r = view_beside_layers(
			    from->beside, from->work_fd, from->upper_name, from->work_name, v->next++, &upper, &work);
		if (r < 0)
			return jail_error_sys(err, -r, "cannot open %s", m->source);
		o.upper = upper;
		o.work = work;
	}
	fd = view_overlay(v, &o, attributes(m) | (upper < 0 ? MOUNT_ATTR_RDONLY : 0), err);
	if (fd == -EINVAL)
		return too_deep(below, m, err);
	return fd < 0 ? fd : view_attach(v, fd, m->target, true, err);
}

static int attach(struct view *v, const struct plan_mount *m, struct view_mount *from, struct jail_error *err)
{
	switch (m->type) {
	case PLAN_M_NULLFS:
	case PLAN_M_BLOCK:
		return from->made >= 0 ? attach_made(v, m, from->made, err) : attach_copy(v, m, from->source[0], err);
	case PLAN_M_TMPFS:
		return attach_tmpfs(v, m, from->made, err);
	case PLAN_M_PROCFS:
	case PLAN_M_SYSFS:
		return attach_kernel(v, m, err);
	case PLAN_M_DEVFS:
		return attach_devfs(v, m, err);
	case PLAN_M_FDESCFS:
		return 0; /* made with /dev */
	case PLAN_M_OVERLAY:
		return attach_overlay(v, m, from, err);
	}
	return jail_error_set(err, EINVAL, "unknown file system %s", m->fstype);
}

int view_mount_make(struct view *v, size_t i, struct jail_error *err)
{
	const struct plan_mount *m = &v->plan->mount[i];
	struct view_mount *to = &v->mount[i];
	int r;

	if (m->type == PLAN_M_TMPFS) {
		r = make_tmpfs(v, m, err);
		if (r >= 0)
			to->made = r;
	} else {
		r = dress(v, to->source[0], m, attributes(m), err);
		if (r >= 0)
			to->made = take_fd(&to->source[0]);
	}
	return blame(m, r < 0 ? r : 0, err);
}

int view_mount_attach(struct view *v, size_t i, struct jail_error *err)
{
	const struct plan_mount *m = &v->plan->mount[i];

	return blame(m, attach(v, m, &v->mount[i], err), err);
}

int view_mounts_attach(struct view *v, struct jail_error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < v->plan->nmounts; i++)
		r = view_mount_attach(v, i, err);
	return r;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * view_dev.c: a /dev of the jail's own: the standard nodes, terminals, and the devices that `devices` names. It may not
 * know who may use them: that is their permission bits here, and the policy's elsewhere.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#include "view_parts.h"

#define TERMINALS_MAX 1048576 /* what a new file system of terminals lets make */
#define TTY_GROUP 5	      /* "tty", by convention everywhere */

static const struct {
	const char *name;
	unsigned minor_major;
} standard[] = {
    {"null", 0x103}, {"zero", 0x105}, {"full", 0x107}, {"random", 0x108}, {"urandom", 0x109}, {"tty", 0x500}};

static const struct {
	const char *name, *to;
	bool fdescfs;
} links[] = {{"ptmx", "pts/ptmx", false}, {"fd", "/proc/self/fd", true}, {"stdin", "/proc/self/fd/0", true},
    {"stdout", "/proc/self/fd/1", true}, {"stderr", "/proc/self/fd/2", true}};

static bool wanted(const struct view *v)
{
	bool asked = v->plan->devfs;

	for (size_t i = 0; !asked && i < v->plan->nmounts; i++)
		asked = v->plan->mount[i].type == PLAN_M_DEVFS;
	return asked;
}

static bool fdescfs(const struct view *v)
{
	bool asked = v->plan->fdescfs;

	for (size_t i = 0; !asked && i < v->plan->nmounts; i++)
		asked = v->plan->mount[i].type == PLAN_M_FDESCFS;
	return asked;
}

static int prepare_device(struct view *v, size_t i, struct jail_error *err)
{
	const struct plan_device *d = &v->plan->device[i];
	struct policy_record *record = &v->plan->record;
	struct view_device *to = &v->device[i];
	_cleanup_close_ int fd = -1;
	struct stat st;

	if (strncmp(d->path, "/dev/", 5) != 0 || strstr(d->path, "/../") != NULL || strlen(d->path) >= PATH_MAX)
		return jail_error_set(err, EINVAL, "%s is not beneath /dev", d->path);
	fd = host_path_open(-1, d->path, 0, err);
	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return jail_error_sys(err, errno, "%s", d->path);
	if (!S_ISCHR(st.st_mode) && !S_ISBLK(st.st_mode))
		return jail_error_set(err, EINVAL, "%s is not a device", d->path);
	if (record->ndevices >= POLICY_DEVICES_MAX)
		return jail_error_set(err, E2BIG, "more than %u devices", POLICY_DEVICES_MAX);
	/* The node belongs to nobody inside: its bits for others are what the whole jail may do. */
	to->mode = (st.st_mode & S_IFMT) | ((d->access & POLICY_DEV_READ) != 0 ? 0444 : 0) |
		   ((d->access & POLICY_DEV_WRITE) != 0 ? 0222 : 0);
	to->major = major(st.st_rdev);
	to->minor = minor(st.st_rdev);
	record->device[record->ndevices++] = (struct policy_device){
	    .major = to->major, .minor = to->minor, .access = d->access | (S_ISBLK(st.st_mode) ? POLICY_DEV_BLOCK : 0)};
	return 0;
}

int view_dev_prepare(struct view *v, struct jail_error *err)
{
	v->plan->record.ndevices = 0;
	for (size_t i = 0; i < v->plan->ndevices; i++) {
		int r = prepare_device(v, i, err);

		if (r < 0) {
			jail_error_origin(err, v->plan->device[i].origin.file, v->plan->device[i].origin.line);
			jail_error_param(err, "devices");
			return r;
		}
	}
	return 0;
}

/* One extra device in a /dev that is ours, or (live) that may have been changed from inside: no link is followed. */
int view_dev_node(struct view *v, int dev_fd, size_t device, struct jail_error *err)
{
	const char *path = v->plan->device[device].path + 5;
	const struct view_device *d = &v->device[device];
	_cleanup_close_ int at = fcntl(dev_fd, F_DUPFD_CLOEXEC, 0);
	char name[NAME_MAX + 1];

	while (at >= 0) {
		size_t length;
		int next;

		path += strspn(path, "/");
		length = strcspn(path, "/");
		if (length == 0 || length > NAME_MAX)
			return jail_error_set(err, EINVAL, "%s", v->plan->device[device].path);
		memcpy(name, path, length);
		name[length] = '\0';
		path += length;
		if (path[strspn(path, "/")] == '\0')
			break;
		if (mkdirat(at, name, 0755) == 0) {
			if (view_own(v, at, name) < 0)
				return jail_error_sys(err, errno, "cannot make %s", v->plan->device[device].path);
		} else if (errno != EEXIST) {
			return jail_error_sys(err, errno, "cannot make %s", v->plan->device[device].path);
		}
		next = sys_openat2(at, name, O_PATH | O_DIRECTORY | O_NOFOLLOW, 0,
		    RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV);
		at = close_fd(at);
		at = next;
	}
	if (at < 0 || mknodat(at, name, d->mode, makedev(d->major, d->minor)) < 0)
		return jail_error_sys(err, errno, "cannot make %s", v->plan->device[device].path);
	return 0;
}

uint32_t view_dev_number(const struct view *v)
{
	struct view_stat st;

	return v->dev >= 0 && view_stat(v->dev, &st) == 0 ? st.dev_minor : 0;
}

static int make_nodes(struct view *v, struct jail_error *err)
{
	int r = view_own(v, v->dev, "");

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(standard); i++) {
		if (mknodat(v->dev, standard[i].name, S_IFCHR | 0666, (dev_t)standard[i].minor_major) < 0)
			r = negative_errno();
		else
			r = view_own(v, v->dev, standard[i].name);
	}
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(links); i++)
		if ((fdescfs(v) || !links[i].fdescfs) && symlinkat(links[i].to, v->dev, links[i].name) < 0)
			r = negative_errno();
	if (r == 0 && (mkdirat(v->dev, "pts", 0755) < 0 || mkdirat(v->dev, "shm", 01777) < 0))
		r = negative_errno();
	if (r == 0)
		r = view_own(v, v->dev, "shm");
	if (r < 0)
		return jail_error_sys(err, -r, "cannot make the nodes of /dev");
	for (size_t i = 0; i < v->plan->ndevices; i++) {
		r = view_dev_node(v, v->dev, i, err);
		if (r < 0) {
			jail_error_origin(err, v->plan->device[i].origin.file, v->plan->device[i].origin.line);
			jail_error_param(err, "devices");
			return r;
		}
	}
	return 0;
}

struct terminal_options {
	char group[16], max[24];
	struct view_option option[4];
};

static void terminal_options(const struct policy_record *record, uint32_t base, struct terminal_options *ret)
{
	uint64_t max = record->limit[POLICY_L_PSEUDOTERMINALS];

	(void)snprintf(
	    ret->group, sizeof(ret->group), "%u", TTY_GROUP + ((record->flags & POLICY_F_HOST_USERS) != 0 ? 0 : base));
	(void)snprintf(ret->max, sizeof(ret->max), "%" PRIu64, max == POLICY_UNLIMITED ? TERMINALS_MAX : max);
	ret->option[0] = (struct view_option){"ptmxmode", "666"};
	ret->option[1] = (struct view_option){"mode", "620"};
	ret->option[2] = (struct view_option){"gid", ret->group};
	ret->option[3] = (struct view_option){"max", ret->max};
}

/* All options again: what is not named would be as in a new one. */
int view_terminals_change(const struct policy_record *record, struct jail_error *err)
{
	struct terminal_options o;
	_cleanup_close_ int fd = -1;
	struct statfs fs;
	int r = 0;

	terminal_options(record, record->users_base, &o);
	if (statfs("/dev/pts", &fs) < 0 || fs.f_type != DEVPTS_SUPER_MAGIC)
		r = -ENOENT;
	else if ((fd = sys_fspick(AT_FDCWD, "/dev/pts", FSPICK_CLOEXEC | FSPICK_SYMLINK_NOFOLLOW)) < 0)
		r = negative_errno();
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(o.option); i++)
		if (sys_fsconfig(fd, FSCONFIG_SET_STRING, o.option[i].key, o.option[i].value, 0) < 0)
			r = negative_errno();
	if (r == 0 && sys_fsconfig(fd, FSCONFIG_CMD_RECONFIGURE, NULL, NULL, 0) < 0)
		r = negative_errno();
	return r < 0 ? jail_error_sys(err, -r, "cannot change its file system of terminals") : 0;
}

int view_dev_make(struct view *v, struct jail_error *err)
{
	const struct view_option tmpfs[] = {{"mode", "755"}, {"size", "1m"}};
	struct terminal_options devpts;
	int r;

	/* The owners must be known; when they aren't yet, this is done again later. */
	if (!wanted(v) || v->dev >= 0 || (!v->users.known && !view_host_users(v)))
		return 0;
	/* Where memory is limited its shared memory lies elsewhere: see shared_memory(). */
	v->dev = view_new("tmpfs", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, tmpfs, v->plan->is_volatile ? 2 : 1, err);
	if (v->dev < 0)
		return v->dev;
	r = make_nodes(v, err);
	if (r < 0)
		return r;
	terminal_options(&v->plan->record, v->users.base, &devpts);
	v->pts =
	    view_new("devpts", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, devpts.option, ARRAY_SIZE(devpts.option), err);
	return v->pts < 0 ? v->pts : 0;
}

/* With path.volatile all that can be written is of one size. */
static int shared_memory(struct view *v)
{
	_cleanup_close_ int fd = -1;
	char name[32];
	int r = view_scratch_dir(v, "shm", 01777, name);

	if (r == 0)
		r = view_own(v, v->scratch, name);
	if (r < 0)
		return r;
	fd = view_scratch_mount(v, name, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
	if (fd < 0)
		return fd;
	return sys_move_mount(fd, "", v->dev, "shm", MOVE_MOUNT_F_EMPTY_PATH) < 0 ? negative_errno() : 0;
}

static int fill(struct view *v, struct jail_error *err)
{
	int r = v->plan->is_volatile ? shared_memory(v) : 0;

	if (r == 0 && sys_move_mount(v->pts, "", v->dev, "pts", MOVE_MOUNT_F_EMPTY_PATH) < 0)
		r = negative_errno();
	if (r == 0 && v->plan->nmounts > 0)
		r = view_note_memory(v, v->dev);
	v->dev_attached = true;
	return r < 0 ? jail_error_sys(err, -r, "cannot mount what is beneath /dev") : 0;
}

int view_dev_place(struct view *v, const char *where, struct jail_error *err)
{
	int r = view_attach(v, v->dev, where, true, err);

	return r < 0 ? r : fill(v, err);
}

int view_dev_attach(struct view *v, struct jail_error *err)
{
	int r;

	if (!v->plan->devfs)
		return 0;
	r = view_attach_own(v, v->dev, "dev", v->plan->devfs_asked, "mount.devfs", err);
	return r <= 0 ? r : fill(v, err);
}

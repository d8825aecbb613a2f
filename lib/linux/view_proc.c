/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * view_proc.c: /proc of the jail's processes, /sys of its network, its own part of the control-group tree. With users
 * of its own, root inside is nobody to these file systems, so what only root may touch is safe as it is. With the
 * host's users everything is covered that is not known to be harmless, also what later kernels may add.
 */
#include <stdio.h>
#include <string.h>

#include "ipclimit.h"
#include "sys/directory.h"
#include "view_parts.h"

#define SHUT (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)

/* What may be seen of a directory of /proc or /sys. Covered is what is not in the list. */
struct known {
	const char *name;
	bool writer; /* somebody takes what is written there: made read only */
};

/* No kernel since 6.1 takes anything that is written to those without a writer, and everybody may read them. */
static const struct known proc_known[] = {{"buddyinfo", false}, {"bus", true}, {"cgroups", false}, {"cmdline", false},
    {"config.gz", false}, {"consoles", false}, {"cpuinfo", false}, {"crypto", false}, {"devices", false},
    {"diskstats", false}, {"dma", false}, {"driver", true}, {"execdomains", false}, {"fb", false},
    {"filesystems", false}, {"fs", true}, {"interrupts", false}, {"ioports", false}, {"irq", true},
    {"key-users", false}, {"loadavg", false}, {"locks", false}, {"mdstat", false}, {"meminfo", false}, {"misc", false},
    {"modules", false}, {"mtrr", true}, {"partitions", false}, {"pressure", true}, {"schedstat", false},
    {"softirqs", false}, {"stat", false}, {"swaps", false}, {"sys", true}, {"sysvipc", false}, {"tty", true},
    {"uptime", false}, {"version", false}, {"vmstat", false}, {"zoneinfo", false}};

/* All of /sys is read only; root could still read where the kernel lies in memory, and the registers of devices. */
static const struct known sys_known[] = {{"block", false}, {"bus", false}, {"class", false}, {"dev", false},
    {"devices", false}, {"fs", false}, {"power", false}};
static const struct known devices_known[] = {{"system", false}, {"virtual", false}};
static const char *const sys_masked[] = {"devices/virtual/dmi", "devices/virtual/powercap"};

static int make_readonly(struct view *v, const char *path, struct jail_error *err)
{
	_cleanup_close_ int place = view_open(v, path, O_PATH), fd = -1;
	struct view_stat st;
	int r;

	if (place == -ENOENT)
		return 0;
	if (place < 0)
		return jail_error_sys(err, -place, "cannot open %s", path);
	fd = view_copy(place, 0);
	r = fd < 0 ? fd : view_protect(fd, MOUNT_ATTR_RDONLY | SHUT, 0);
	if (r == 0)
		r = view_stat(fd, &st);
	if (r < 0)
		return jail_error_sys(err, -r, "cannot make %s read only", path);
	return view_attach(v, fd, path, (st.mode & 0170000) == 0040000, err);
}

static int below(char path[PATH_MAX], const char *where, const char *name, struct jail_error *err)
{
	if ((size_t)snprintf(path, PATH_MAX, "%s/%s", where, name) >= PATH_MAX)
		return jail_error_set(err, ENAMETOOLONG, "%s/%s", where, name);
	return 0;
}

/* A process is seen by those who may see processes; a link leads to what has a rule of its own. */
static int shut_entry(struct view *v, const char *where, const struct directory_entry *e, const struct known *known,
    size_t n, struct jail_error *err)
{
	char path[PATH_MAX];
	size_t i = 0;
	int r;

	if (e->name[0] == '.' || (e->name[0] >= '0' && e->name[0] <= '9') || e->type == DT_LNK)
		return 0;
	while (i < n && strcmp(known[i].name, e->name) != 0)
		i++;
	if (i < n && !known[i].writer)
		return 0;
	r = below(path, where, e->name, err);
	if (r < 0)
		return r;
	return i < n ? make_readonly(v, path, err) : view_cover(v, path, err);
}

/* Cover all entries of a directory but those that are known. */
static int shut(struct view *v, const char *where, const struct known *known, size_t nknown, struct jail_error *err)
{
	_cleanup_close_ int dir = -1;
	uint64_t *buffer;
	int r = view_need_room(v);

	if (r < 0)
		return jail_error_sys(err, -r, "cannot read %s", where);
	buffer = v->room->entries[0];
	dir = view_open(v, where, O_RDONLY | O_DIRECTORY);
	if (dir == -ENOENT)
		return 0;
	if (dir < 0)
		return jail_error_sys(err, -dir, "cannot open %s", where);
	for (;;) {
		long n = directory_read(dir, buffer, VIEW_BUFFER);

		if (n <= 0)
			return n < 0 ? jail_error_sys(err, errno, "cannot read %s", where) : 0;
		for (long at = 0; at < n;) {
			const struct directory_entry *e = directory_next(buffer, &at);

			r = shut_entry(v, where, e, known, nknown, err);
			if (r < 0)
				return r;
		}
	}
}

int view_proc_mask(struct view *v, const char *where, struct jail_error *err)
{
	char path[PATH_MAX];
	int r;

	if (view_host_users(v))
		return shut(v, where, proc_known, ARRAY_SIZE(proc_known), err);
	/* Root of an IPC namespace may write its limits. */
	if (!ipclimit_any(&v->plan->record))
		return 0;
	r = below(path, where, "sys/kernel", err);
	return r < 0 ? r : make_readonly(v, path, err);
}

int view_sys_mask(struct view *v, const char *where, struct jail_error *err)
{
	char path[PATH_MAX];
	int r;

	if (!view_host_users(v))
		return 0;
	r = shut(v, where, sys_known, ARRAY_SIZE(sys_known), err);
	if (r == 0)
		r = below(path, where, "devices", err);
	if (r == 0)
		r = shut(v, path, devices_known, ARRAY_SIZE(devices_known), err);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(sys_masked); i++) {
		r = below(path, where, sys_masked[i], err);
		if (r == 0)
			r = view_cover(v, path, err);
	}
	return r;
}

/* What needs neither users nor network: made while others prepare those. */
int view_proc_make(struct view *v, struct jail_error *err)
{
	if (v->plan->procfs) {
		v->proc = view_new("proc", SHUT, NULL, 0, err);
		if (v->proc < 0)
			return v->proc;
	}
	v->cgroup = view_new("cgroup2", SHUT | MOUNT_ATTR_RDONLY, NULL, 0, err);
	return v->cgroup < 0 ? v->cgroup : 0;
}

int view_proc_attach(struct view *v, struct jail_error *err)
{
	int r;

	if (!v->plan->procfs)
		return 0;
	r = view_attach_own(v, v->proc, "proc", v->plan->procfs_asked, "mount.procfs", err);
	return r <= 0 ? r : view_proc_mask(v, "/proc", err);
}

int view_sys_attach(struct view *v, struct jail_error *err)
{
	_cleanup_close_ int sys = view_new("sysfs", SHUT | MOUNT_ATTR_RDONLY, NULL, 0, err);
	int r;

	if (sys < 0)
		return sys;
	r = view_attach_own(v, sys, "sys", false, "path", err);
	if (r <= 0)
		return r;
	/* The directory is sysfs's own: absent only from a kernel without control groups. */
	if (sys_move_mount(v->cgroup, "", sys, "fs/cgroup", MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return jail_error_sys(err, errno, "cannot mount /sys/fs/cgroup");
	return view_sys_mask(v, "/sys", err);
}

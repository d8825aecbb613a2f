/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * view_proc.c: /proc of the jail's processes, /sys of its network, its own part of the control-group tree. With users
 * of its own, root inside is nobody to these file systems, so what only root may touch is safe as it is; with the
 * host's users it must be covered.
 */
#include <stdio.h>
#include <string.h>

#include "ipclimit.h"
#include "view_parts.h"

#define SHUT (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)

/* Of the whole machine: memory, keys, the kernel's innards, hardware. */
static const char *const proc_masked[] = {"acpi", "asound", "kcore", "keys", "kmsg", "kpagecgroup", "kpagecount",
    "kpageflags", "latency_stats", "sched_debug", "scsi", "slabinfo", "sysrq-trigger", "timer_list", "timer_stats",
    "vmallocinfo"};
static const char *const proc_readonly[] = {"bus", "fs", "irq", "mtrr", "sys"};
static const char *const sys_masked[] = {
    "firmware", "kernel/debug", "kernel/security", "kernel/tracing", "devices/virtual/powercap"};

static int mask(struct view *v, const char *where, const char *const *names, size_t n, struct jail_error *err)
{
	char path[PATH_MAX];

	for (size_t i = 0; i < n; i++) {
		int r;

		if ((size_t)snprintf(path, sizeof(path), "%s/%s", where, names[i]) >= sizeof(path))
			return jail_error_set(err, ENAMETOOLONG, "%s", where);
		r = view_cover(v, path, err);
		if (r < 0)
			return r;
	}
	return 0;
}

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

int view_proc_mask(struct view *v, const char *where, struct jail_error *err)
{
	char path[PATH_MAX];
	int r;

	/* Root of an IPC name space may write its limits. */
	if (!view_host_users(v) && ipclimit_any(&v->plan->record)) {
		if ((size_t)snprintf(path, sizeof(path), "%s/sys/kernel", where) >= sizeof(path))
			return jail_error_set(err, ENAMETOOLONG, "%s", where);
		return make_readonly(v, path, err);
	}
	if (!view_host_users(v))
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(proc_readonly); i++) {
		if ((size_t)snprintf(path, sizeof(path), "%s/%s", where, proc_readonly[i]) >= sizeof(path))
			return jail_error_set(err, ENAMETOOLONG, "%s", where);
		r = make_readonly(v, path, err);
		if (r < 0)
			return r;
	}
	return mask(v, where, proc_masked, ARRAY_SIZE(proc_masked), err);
}

int view_sys_mask(struct view *v, const char *where, struct jail_error *err)
{
	return view_host_users(v) ? mask(v, where, sys_masked, ARRAY_SIZE(sys_masked), err) : 0;
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

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * view.h: what a jail sees of files: from a plan to a finished mount tree. Prepared by the tool (may allocate, reads
 * the host), built by the jail's first process inside its fresh mount namespace, as root of the host with all its
 * privileges, before it gives them up; the caller then copies the mount namespace into the jail's user namespace, which
 * locks every mount: root inside can take none of them off, whatever else it is allowed.
 *
 * It knows mounts and paths; it may not know control groups, policy or processes.
 */
#ifndef LINUX_VIEW_H
#define LINUX_VIEW_H

#include "../plan.h"
#include "jail/host_places.h"

struct view;

/* What view_build() gets from its caller. */
struct view_gate {
	/*
	 * Called once, before the first step that needs the jail's users or network (an id-mapped mount, sysfs):
	 * waits until they are there, joins the network, and gives a descriptor of the user namespace (-1 with users =
	 * inherit) and the range. What does not need them is done before; with users_base and users_count in the plan's
	 * record by then, that includes /dev. The caller has its own cgroup namespace before view_build().
	 */
	int (*ready)(void *arg, int *ret_userns_fd, uint32_t *ret_base, uint32_t *ret_count, struct jail_error *err);
	void *arg;
};

/*
 * In the tool: open and check everything that is named (path, bases, mount sources, devices), find the mounts of the
 * host beneath a shared tree, expand nothing yet. `parent_root_fd`: O_PATH descriptor that path and sources are
 * resolved beneath (the parent jail's root), or -1 for the host. Fills the devices' numbers into `plan->record`.
 */
int view_prepare(struct plan *plan, int parent_root_fd, struct view **ret, struct jail_error *err);
/*
 * In the jail's first process: make the tree and pivot into it; afterwards "/" is the jail's root and nothing of the
 * host's tree is mounted. Neither allocates nor uses stdio. On failure the process is to exit: its mount namespace,
 * and all that was made, ends with it.
 */
int view_build(struct view *v, const struct view_gate *gate, struct jail_error *err);
void view_free(struct view *v);
/* Prepared: the next file system beneath the tree, from `at` on, that can't be read and is left out; NULL: no more. */
const char *view_left_out(const struct view *v, size_t *at);
/* Built: the minor number of the file system in memory that is /dev, by which it is known later; 0: there is none. */
uint32_t view_dev_number(const struct view *v);
/* Prepared: `path` as it is on the host, an O_PATH descriptor. */
int view_path(const struct view *v);
/* Prepared: what of the host's is used again later: `path`, and what overlays write to. -errno. */
int view_places(const struct view *v, struct host_places *ret);
/* Built: the file system in memory that path.volatile writes to, as it was mounted; -1: none. Both stay the view's. */
int view_memory(const struct view *v);
/* How many bytes and files that may hold, from the plan and what the jail is held to; for fsconfig(2). */
struct view_size {
	char bytes[32], inodes[32];
};
void view_size(const struct plan *plan, const struct policy_record *record, struct view_size *ret);

/*
 * What a jail left in the host's file system when it was removed or died half made (the overlay's work directory
 * beside a `path` with bases, the quota of a `path`). Idempotent; nothing there is success. ESTALE: a directory is not
 * what it was, and what belongs to it was left; the rest was cleaned.
 */
bool view_leaves(const struct plan *plan); /* is there anything to clean? */
int view_clean(const struct host_places *places, struct jail_error *err);

/*
 * Live changes. In the tool: check what of them is possible, open the sources of what is new. `was` is the running
 * jail's plan, `will` the wanted one (it must outlive the view; its record gets the devices). What can't be changed is
 * EBUSY, EPERM or ENOTSUP with the parameter. What is to be mounted is made here, with the jail's users (`userns_fd`
 * and their range), and its attributes are locked.
 */
int view_prepare_change(const struct plan *was, struct plan *will, int parent_root_fd, int userns_fd, uint32_t base,
    uint32_t count, struct view **ret, struct jail_error *err);
/*
 * What the jail was made with, for changes of `devices`: the number of its /dev (view_dev_number(), 0: not asked), and
 * the devices in the order of `was`.
 */
void view_know_devices(struct view *v, uint32_t dev_number, const struct policy_record *record);
/* How a mount table names a mount that is added: NULL when mount `i` of `will` is not. Text is the view's. */
struct view_named {
	uint32_t major, minor, stat_major, stat_minor;
	const char *root;
};

const struct view_named *view_added(const struct view *v, size_t i);
/* May root inside mount, or make mount namespaces? Then it is not known from where it can reach a mount. */
bool view_mounts_inside(const struct policy_record *record);
/* Is more to be hidden? */
bool view_hides_more(const struct plan *was, const struct plan *will);
/* Is a device to come or to go? */
bool view_changes_devices(const struct plan *was, const struct plan *will);
/* One that goes, or may be used for less; NULL: none. */
const struct plan_device *view_lost_device(const struct plan *was, const struct plan *will);
/* Is there one like it? */
bool view_has_mount(const struct plan *p, const struct plan_mount *m);
/*
 * In a process that has joined the jail's mount namespace as root of the host: cover more paths, add mounts, add
 * and remove device nodes, switch the root to read only; all or nothing.
 */
int view_change(const struct plan *was, const struct plan *will, struct view *prepared, struct jail_error *err);

/*
 * Does one name match one component of a glob of path.hide (*, ?, [a-z], [!a-z])? Linear in practice, no recursion.
 */
bool view_match(const char *glob, size_t length, const char *name);

/* From inside the mount namespace of a running jail: its file system of terminals, to a record's limit. */
int view_terminals_change(const struct policy_record *record, struct jail_error *err);

#endif

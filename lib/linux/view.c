/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * view.c: the order in which a jail's view of files is prepared and built. What a step does is in its own file; see
 * view_parts.h for the rules that all of them keep. It may not know the steps' means.
 */
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "view_parts.h"

int view_new_view(struct plan *plan, struct view **ret, struct jail_error *err)
{
	struct view *v = calloc(1, sizeof(*v));

	if (v != NULL) {
		int *none[] = {&v->path_fd, &v->beside, &v->work_fd, &v->root, &v->scratch, &v->proc, &v->dev, &v->pts,
		    &v->cgroup, &v->told, &v->host_proc, &v->empty_dir, &v->empty_file, &v->users.fd};

		for (size_t i = 0; i < ARRAY_SIZE(none); i++)
			*none[i] = -1;
		for (size_t i = 0; i < VIEW_IDENTITIES; i++)
			v->identity[i] = -1;
		v->plan = plan;
		if (plan->nmounts > 0)
			v->mount = calloc(plan->nmounts, sizeof(*v->mount));
		for (size_t i = 0; v->mount != NULL && i < plan->nmounts; i++)
			v->mount[i].beside = v->mount[i].work_fd = v->mount[i].upper_fd = v->mount[i].made = -1;
		if (plan->ndevices > 0)
			v->device = calloc(plan->ndevices, sizeof(*v->device));
	}
	if (v == NULL || (plan->nmounts > 0 && v->mount == NULL) || (plan->ndevices > 0 && v->device == NULL)) {
		view_free(v);
		return jail_error_sys(err, ENOMEM, "cannot prepare the view of files");
	}
	*ret = v;
	return 0;
}

int view_prepare(struct plan *plan, int parent_root_fd, struct view **ret, struct jail_error *err)
{
	struct view *v = NULL;
	char id[33];
	int r = view_new_view(plan, &v, err);

	if (r == 0 && plan->hostuuid != NULL && view_machine_id(plan->hostuuid, id) < 0) {
		r = jail_error_set(err, EINVAL, "\"%s\" is not a UUID", plan->hostuuid);
		jail_error_param(err, "host.hostuuid");
	}
	if (r == 0)
		r = view_root_prepare(v, parent_root_fd, err);
	if (r == 0)
		r = view_dev_prepare(v, err);
	if (r == 0)
		r = view_mounts_prepare(v, parent_root_fd, err);
	if (r < 0) {
		view_free(v);
		return r;
	}
	*ret = v;
	return 0;
}

/* Nothing that is mounted here may reach the host, nor the other way round. */
static int make_private(struct view *v, struct jail_error *err)
{
	(void)v;
	return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0
		   ? jail_error_sys(err, errno, "cannot make the mounts private")
		   : 0;
}

/*
 * Now the old root is stacked beneath the jail's, reachable by nobody but as "the mount above the root" from here: the
 * trick of pivot_root(2) with one directory for both. Detaching takes all that was parked with it.
 */
static int pivot(struct view *v, struct jail_error *err)
{
	if (fchdir(v->root) < 0 || sys_pivot_root(".", ".") < 0)
		return jail_error_sys(err, errno, "cannot make it the root");
	if (umount2(".", MNT_DETACH) < 0)
		return jail_error_sys(err, errno, "cannot detach the host's tree");
	return 0;
}

struct step {
	const char *name;
	int (*apply)(struct view *v, struct jail_error *err);
};

/*
 * No step is undone: all is in this process's mount namespace and ends with it, but for a work directory, which
 * view_clean() removes. The first ones run while the jail's users and network are still being made.
 */
static const struct step before[] = {
    {"make the mounts private", make_private},
    {"make /dev", view_dev_make},
    {"make /proc", view_proc_make},
};

static const struct step after[] = {
    {"make room in memory", view_scratch_make},
    {"make the root", view_root_make},
    {"make /dev", view_dev_make}, /* when the users were not known before */
    {"mount /dev", view_dev_attach},
    {"mount /proc", view_proc_attach},
    {"mount /sys", view_sys_attach},
    {"show the host's identity", view_identity},
    {"hide what lies around mounts", view_hide_nests},
    {"mount", view_mounts_attach},
    {"hide", view_hide_all},
    {"change the root", pivot},
};

static int apply(struct view *v, const struct step *steps, size_t n, struct jail_error *err)
{
	for (size_t i = 0; i < n; i++) {
		int r = steps[i].apply(v, err);

		if (r < 0)
			return jail_error_context(err, -r, "%s", steps[i].name);
	}
	return 0;
}

int view_build(struct view *v, const struct view_gate *gate, struct jail_error *err)
{
	const struct policy_record *record = &v->plan->record;
	mode_t mask = umask(0);
	int r;

	if (record->users_count > 0) {
		v->users.base = record->users_base;
		v->users.count = record->users_count;
		v->users.known = true;
	}
	r = apply(v, before, ARRAY_SIZE(before), err);
	if (r == 0)
		r = gate->ready(gate->arg, &v->users.fd, &v->users.base, &v->users.count, err);
	if (r == 0 && !view_host_users(v) && v->users.known && v->users.base != record->users_base)
		r = jail_error_set(err, EINVAL, "the jail's users are not those of its plan");
	v->users.known = true;
	if (r == 0)
		r = apply(v, after, ARRAY_SIZE(after), err);
	(void)umask(mask);
	return r;
}

void view_free(struct view *v)
{
	if (v == NULL)
		return;
	for (size_t i = 0; i < v->nlayers; i++)
		(void)close_fd(v->layer[i]);
	for (size_t i = 0; i < v->nsubmounts; i++)
		(void)close_fd(v->submount[i].fd);
	for (size_t i = 0; v->mount != NULL && i < v->plan->nmounts; i++) {
		for (size_t j = 0; j < v->mount[i].nsources; j++)
			(void)close_fd(v->mount[i].source[j]);
		(void)close_fd(v->mount[i].beside);
		(void)close_fd(v->mount[i].work_fd);
		(void)close_fd(v->mount[i].made);
		(void)close_fd(v->mount[i].upper_fd);
		free(v->mount[i].source);
	}
	(void)close_fd(v->path_fd);
	(void)close_fd(v->beside);
	(void)close_fd(v->work_fd);
	(void)close_fd(v->scratch);
	(void)close_fd(v->empty_dir);
	(void)close_fd(v->empty_file);
	for (size_t i = 0; i < VIEW_IDENTITIES; i++)
		(void)close_fd(v->identity[i]);
	if (v->room != NULL)
		(void)munmap(v->room, sizeof(*v->room));
	(void)close_fd(v->told);
	(void)close_fd(v->host_proc);
	free(v->names);
	if (v->submounts_room > 0)
		(void)munmap(v->submount, v->submounts_room * sizeof(*v->submount));
	if (v->memory_room > 0)
		(void)munmap(v->memory, v->memory_room * sizeof(*v->memory));
	if (v->based_room > 0)
		(void)munmap(v->based, v->based_room * sizeof(*v->based));
	for (struct view_names *names = v->submount_names, *next; names != NULL; names = next) {
		next = names->before;
		(void)munmap(names, sizeof(*names));
	}
	free(v->mount);
	free(v->device);
	free(v);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * modify_mounts.c: see modify_mounts.h. It may not know how a mount is attached or taken away.
 */
#include "modify_mounts.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "error.h"
#include "sys.h"
#include "sys/host_path.h"
#include "sys/mount_table.h"

static const struct plan_mount *line_of(const struct plan *p, const struct grant *g)
{
	for (size_t i = 0; i < p->nmounts; i++)
		if (strcmp(p->mount[i].target, g->target) == 0 &&
		    strcmp(p->mount[i].source != NULL ? p->mount[i].source : "", g->source) == 0)
			return &p->mount[i];
	return NULL;
}

static int add_item(struct take_away_item **list, size_t *n, const struct take_away_item *one)
{
	struct take_away_item *more = realloc(*list, (*n + 1) * sizeof(*more));

	if (more == NULL)
		return -ENOMEM;
	*list = more;
	more[(*n)++] = *one;
	return 0;
}

/*
 * What of the record goes. An entry that no line of the jail has is of a change that was killed: it goes as well, but
 * from root inside that may mount nothing can be taken.
 */
static int sort_out(struct mounts_change *c, const struct plan *was, const struct plan *will)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < c->was.count; i++) {
		const struct grant *g = &c->was.item[i];
		const struct plan_mount *old = line_of(was, g);
		const struct take_away_item item = {.grant = *g, .options = old != NULL ? old->options : 0};

		if (old != NULL ? view_has_mount(will, old) : c->mounts_inside) {
			r = grants_add(&c->will, g);
			if (r == 0 && old != NULL)
				r = add_item(&c->away.kept, &c->away.nkept, &item);
		} else {
			r = add_item(&c->away.gone, &c->away.ngone, &item);
		}
	}
	return r;
}

/* What is mounted with this change. */
static int add_new(struct mounts_change *c, const struct plan *will, const struct view *v)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < will->nmounts; i++) {
		const struct plan_mount *m = &will->mount[i];
		const struct view_named *n = view_added(v, i);

		c->adds |= n != NULL;
		if (n != NULL && grants_find(&c->will, m->source, m->target) == NULL)
			r = grants_add(&c->will, &(struct grant){.source = m->source,
						     .target = m->target,
						     .root = n->root,
						     .major = n->major,
						     .minor = n->minor,
						     .stat_major = n->stat_major,
						     .stat_minor = n->stat_minor});
	}
	return r;
}

/* One that was there when the jail was made has no record: with users of its own the kernel has locked it. */
static int check_first(
    const struct mounts_change *c, const struct plan *was, const struct plan *will, struct jail_error *err)
{
	for (size_t i = 0; i < was->nmounts; i++) {
		const struct plan_mount *m = &was->mount[i];

		if (view_has_mount(will, m) || grants_find(&c->was, m->source, m->target) != NULL)
			continue;
		(void)jail_error_set(err, EBUSY, "%s was mounted when the jail was made%s", m->target,
		    (was->record.flags & POLICY_F_HOST_USERS) == 0 ? ": the kernel has locked it" : "");
		jail_error_param(err, "mount");
		return jail_error_hint(err, EBUSY, "remove the jail and make it again without it");
	}
	return 0;
}

/*
 * Root inside that may mount can keep a mount that is in no namespace, by a descriptor in a message or in io_uring: no
 * walk over processes and namespaces sees that one.
 */
static int check_kept(
    const struct mounts_change *c, const struct plan *was, const struct plan *will, struct jail_error *err)
{
	for (size_t i = 0; c->mounts_inside && i < was->nmounts; i++) {
		const struct plan_mount *m = &was->mount[i];

		if (view_has_mount(will, m))
			continue;
		(void)jail_error_set(err, EBUSY,
		    "%s can't be taken from root inside that may mount (allow.mount, allow.userns of it or of a jail "
		    "above)",
		    m->target);
		jail_error_param(err, "mount");
		return jail_error_hint(err, EBUSY, "change the configuration and restart the jail: jail -rc");
	}
	return 0;
}

/* The jail's own tree may lie in what goes. How a mount table names a directory of the host's. */
static int name_path(struct mounts_change *c, const struct plan *will, int parent_root_fd)
{
	_cleanup_close_ int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC), fd = -1;
	struct take_away_item item = {.options = will->readonly ? PLAN_M_RDONLY : 0};
	struct mount_table t = MOUNT_TABLE_NONE;
	const struct mount_line *l = NULL;
	char link[32], name[PATH_MAX];
	struct mount_object o;
	ssize_t n = -1;
	int r = 0;

	if (will->path == NULL || will->path[0] == '\0')
		return 0;
	fd = host_path_open(parent_root_fd, will->path, O_DIRECTORY, NULL);
	if (fd < 0 || proc < 0 || mount_object(fd, &o) < 0)
		return 0;
	(void)snprintf(link, sizeof(link), "self/fd/%d", fd);
	r = mount_table_read(proc, "self", &t);
	if (r == 0) {
		l = mount_table_find(&t, o.mount);
		n = readlinkat(proc, link, name, sizeof(name) - 1);
	}
	if (l != NULL && n > 0) {
		name[n] = '\0';
		if (mount_path_beneath(name, l->where))
			r = asprintf(&c->path_root, "%s%s", strcmp(l->root, "/") == 0 ? "" : l->root,
				name + (strcmp(l->where, "/") == 0 ? 0 : strlen(l->where))) < 0
				? -ENOMEM
				: 0;
	}
	if (r == 0 && c->path_root != NULL) {
		item.grant = (struct grant){
		    .root = c->path_root[0] != '\0' ? c->path_root : "/", .major = l->major, .minor = l->minor};
		r = add_item(&c->away.kept, &c->away.nkept, &item);
	}
	mount_table_free(&t);
	return r;
}

/* While it is being done: all that was, and all that may come. */
static int record_both(const struct mounts_change *c)
{
	struct grants both = GRANTS_NONE;
	int r = 0;

	for (size_t i = 0; r == 0 && i < c->was.count; i++)
		r = grants_add(&both, &c->was.item[i]);
	for (size_t i = 0; r == 0 && i < c->will.count; i++)
		if (grants_find(&c->was, c->will.item[i].source, c->will.item[i].target) == NULL)
			r = grants_add(&both, &c->will.item[i]);
	if (r == 0)
		r = grants_write(c->jailfd, &both);
	grants_free(&both);
	return r;
}

int mounts_change_begin(struct mounts_change *c, int jailfd, int pidfd, const struct plan *was, const struct plan *will,
    const struct view *v, int parent_root_fd, bool mounts_inside, struct jail_error *err)
{
	int r;

	c->mounts_inside = mounts_inside;

	c->jailfd = c->away.jailfd = jailfd;
	c->away.pidfd = pidfd;
	r = grants_read(jailfd, &c->was);
	if (r < 0)
		return jail_error_sys(err, -r, "cannot read which mounts it was given");
	r = check_first(c, was, will, err);
	if (r == 0)
		r = check_kept(c, was, will, err);
	if (r < 0)
		return r;
	r = sort_out(c, was, will);
	if (r == 0)
		r = add_new(c, will, v);
	if (r == 0 && c->away.ngone > 0)
		r = name_path(c, will, parent_root_fd);
	if (r == 0 && (c->was.count > 0 || c->will.count > 0))
		r = record_both(c);
	if (r == -E2BIG)
		return jail_error_set(err, E2BIG, "more mounts than can be recorded of a running jail");
	return r < 0 ? jail_error_sys(err, -r, "cannot record which mounts it is given") : 0;
}

bool mounts_change_takes(const struct mounts_change *c)
{
	return c->away.ngone > 0;
}

bool mounts_change_freezes(const struct mounts_change *c)
{
	return c->away.ngone > 0 || (c->adds && !c->mounts_inside);
}

void mounts_change_end(struct mounts_change *c, bool done)
{
	if (c->was.count > 0 || c->will.count > 0)
		(void)grants_write(c->jailfd, done ? &c->will : &c->was);
	grants_free(&c->was);
	grants_free(&c->will);
	free(c->away.gone);
	free(c->away.kept);
	free(c->path_root);
	*c = (struct mounts_change){.jailfd = -1};
}

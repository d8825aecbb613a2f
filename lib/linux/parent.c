/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * parent.c: see parent.h.
 */
#include "parent.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "error.h"
#include "jail/host_places.h"
#include "process.h"
#include "util.h"
#include "view.h"

int parent_ended(const struct parent *p, struct jail_error *err)
{
	return jail_error_set(err, ENOENT, "its parent jail %s is not running", p->name);
}

int parent_open(const struct tree *t, const char *child, struct parent *ret, struct jail_error *err)
{
	const char *dot = strrchr(child, '.');
	struct parent p = PARENT_NONE;
	int r;

	if (dot == NULL)
		return 0;
	memcpy(p.name, child, (size_t)(dot - child));
	r = tree_jail_open(t, p.name, &p.dirfd);
	if (r == 0)
		r = store_state_read(p.dirfd, &p.state);
	if (r == 0 && p.state.phase != STORE_RUNNING)
		r = -ENOENT;
	if (r == 0)
		r = process_open(p.state.pid, p.state.start, &p.pidfd);
	if (r == 0 && process_ended(p.pidfd))
		r = -ENOENT;
	if (r < 0) {
		parent_close(&p);
		return parent_ended(&p, err);
	}
	p.tree = t;
	*ret = p;
	return 0;
}

void parent_close(struct parent *p)
{
	p->dirfd = close_fd(p->dirfd);
	p->pidfd = close_fd(p->pidfd);
	p->root = close_fd(p->root);
}

bool parent_has_users(const struct parent *p)
{
	return p->name[0] != '\0' && (p->state.record.flags & POLICY_F_HOST_USERS) == 0;
}

const struct policy_record *parent_record(const struct parent *p)
{
	return p->name[0] != '\0' ? &p->state.record : NULL;
}

/* ----------------------------------------------------------------------------------------------- where it is */

/* The jails above a child, the outermost first, and the innermost one's root on the host. */
struct line {
	const struct parent *parent;
	struct plan *plan[JAIL_DEPTH_MAX];
	size_t length[JAIL_DEPTH_MAX]; /* of `path`: how much of it is each one's */
	size_t count;
	char path[PATH_MAX]; /* "": the host's root, with `root` -1 */
	int root;
};

static void line_free(struct line *l)
{
	for (size_t i = 0; i < l->count; i++)
		plan_free(l->plan[i]);
	l->root = close_fd(l->root);
}

/* What of `path` lies beneath the first `n` bytes of `root`: "" when it is that itself; NULL: it does not. */
static const char *behind(const char *root, size_t n, const char *path)
{
	return strncmp(path, root, n) == 0 && (path[n] == '/' || path[n] == '\0') ? path + n : NULL;
}

/*
 * One level further in. Each has recorded where its root is, and what; beneath the one above, which may have put
 * anything there since, no link is followed, and what is found must be the same directory still.
 */
static int enter_root(struct line *l, const char *name, const struct host_place *root, struct jail_error *err)
{
	const char *beneath = behind(l->path, strlen(l->path), root->name);
	size_t n = strlen(root->name);
	int fd;

	if (beneath == NULL || n >= sizeof(l->path))
		return jail_error_set(
		    err, EPERM, "%s, the path of the jail %s, is not beneath its parent's", root->name, name);
	fd = l->root < 0 ? host_path_open(-1, root->name, O_DIRECTORY, NULL)
			 : host_path_open(l->root, beneath, O_DIRECTORY, NULL);
	if (fd < 0 || host_place_is(root, fd) <= 0) {
		(void)close_fd(fd);
		(void)jail_error_set(
		    err, ESTALE, "%s was moved or replaced since the jail %s was made", root->name, name);
		jail_error_param(err, "path");
		return jail_error_hint(err, ESTALE, "restart %s: jail -rc", name);
	}
	(void)close_fd(l->root);
	l->root = fd;
	memcpy(l->path, root->name, n + 1);
	return 0;
}

/* A root that is not recorded is the host's. */
static int enter(struct line *l, const char *name, int dirfd, struct jail_error *err)
{
	struct jail_params *params = NULL;
	struct host_places places = HOST_PLACES_NONE;
	struct host_place root;
	int r = store_params_read(dirfd, &params);

	if (r == 0)
		r = host_places_read(dirfd, &places);
	if (r < 0)
		r = jail_error_sys(err, -r, "cannot read the parameters of the jail %s", name);
	if (r == 0)
		r = plan_make_running(params, &l->plan[l->count], err);
	if (r == 0) {
		l->count++;
		if (host_places_root(&places, &root))
			r = enter_root(l, name, &root, err);
		else if (l->root >= 0 || strcmp(l->plan[l->count - 1]->path, "/") != 0)
			r = jail_error_set(
			    err, ESTALE, "it is not recorded which directory is the path of the jail %s", name);
		l->length[l->count - 1] = strlen(l->path);
	}
	host_places_free(&places);
	jail_params_free(params);
	return r;
}

static int enter_all(struct line *l, struct jail_error *err)
{
	const char *whole = l->parent->name;
	int r = 0;

	for (const char *end = whole; r == 0 && end != NULL;) {
		_cleanup_close_ int dirfd = -1;
		char name[JAIL_NAME_MAX + 1];

		end = strchr(end == whole ? end : end + 1, '.');
		if (end == NULL)
			return enter(l, whole, l->parent->dirfd, err);
		if (l->count >= JAIL_DEPTH_MAX - 1)
			return jail_error_set(err, E2BIG, "more than %d jails inside each other", JAIL_DEPTH_MAX);
		memcpy(name, whole, (size_t)(end - whole));
		name[end - whole] = '\0';
		if (tree_jail_open(l->parent->tree, name, &dirfd) < 0)
			return parent_ended(l->parent, err);
		r = enter(l, name, dirfd, err);
	}
	return r;
}

/* From here on `path` is named beneath the parent's. It may have been named as the parent's was, or as it is. */
static int rebase(const struct line *l, const char *param, char *path, struct jail_error *err)
{
	const char *given = l->plan[l->count - 1]->path;
	const char *rest = strcmp(given, "/") != 0 ? behind(given, strlen(given), path) : NULL;

	if (rest == NULL)
		rest = behind(l->path, strlen(l->path), path);
	if (rest == NULL) {
		(void)jail_error_set(
		    err, EPERM, "%s is not beneath %s, the path of its parent %s", path, l->path, l->parent->name);
		jail_error_param(err, param);
		return -EPERM;
	}
	memmove(path, rest, strlen(rest) + 1);
	if (path[0] == '\0')
		memcpy(path, "/", 2); /* there was room for the root's name */
	return 0;
}

static int rebase_all(const struct line *l, bool has_path, struct plan *plan, struct jail_error *err)
{
	int r = has_path ? rebase(l, "path", plan->path, err) : 0;

	for (size_t i = 0; r == 0 && i < plan->base.count; i++)
		r = rebase(l, "path.base", plan->base.item[i], err);
	for (size_t i = 0; r == 0 && i < plan->nmounts; i++)
		if (plan->mount[i].source != NULL)
			r = rebase(l, "mount", plan->mount[i].source, err);
	return r;
}

/* --------------------------------------------------------------------------------------------- what is hidden */

/* The next component of *path, which moves behind it; length 0: none. */
static size_t component(const char **path, const char **ret)
{
	size_t n;

	*path += strspn(*path, "/");
	n = strcspn(*path, "/");
	*ret = *path;
	*path += n;
	return n;
}

/*
 * A hidden path (its components may be globs) against a directory: what of it lies beneath the directory ("/a/b"), ""
 * when the directory itself is hidden, NULL when they have nothing to do with each other.
 */
static const char *beneath(const char *hidden, const char *dir)
{
	for (;;) {
		char name[NAME_MAX + 1];
		const char *rest = hidden, *a, *b;
		size_t n = component(&dir, &b), m = component(&hidden, &a);

		if (n == 0)
			return m == 0 ? "" : rest;
		if (m == 0)
			return "";
		if (n > NAME_MAX)
			return NULL;
		memcpy(name, b, n);
		name[n] = '\0';
		if (!view_match(a, m, name))
			return NULL;
	}
}

/* A pattern of path.hide of one of the jails above. */
struct hidden {
	const struct line *line;
	size_t level;
	const char *pattern;
};

/* What of it lies beneath `source`, which is beneath the parent's path, the child does not see beneath `target`. */
static int hide_beneath(const struct hidden *h, const char *param, const char *source, const char *target,
    struct plan *plan, struct jail_error *err)
{
	const struct line *l = h->line;
	char seen[2 * PATH_MAX]; /* as it is named beneath the root of the jail that hides it */
	const char *rest;
	int r;

	(void)snprintf(seen, sizeof(seen), "%s%s", l->path + l->length[h->level], source);
	rest = beneath(h->pattern, seen);
	if (rest == NULL)
		return 0;
	if (*rest == '\0') {
		(void)jail_error_set(err, EPERM, "%s is hidden from its parent %s", source, l->parent->name);
		jail_error_param(err, param);
		return -EPERM;
	}
	r = plan_hide(plan, target, rest);
	return r < 0 ? jail_error_sys(err, -r, "cannot hide what is hidden from its parent") : 0;
}

static int hide_one(const struct hidden *h, bool mounts_only, struct plan *plan, struct jail_error *err)
{
	int r = mounts_only ? 0 : hide_beneath(h, "path", plan->path, "/", plan, err);

	for (size_t i = 0; r == 0 && !mounts_only && i < plan->base.count; i++)
		r = hide_beneath(h, "path.base", plan->base.item[i], "/", plan, err);
	for (size_t i = 0; r == 0 && i < plan->nmounts; i++)
		if (plan->mount[i].source != NULL)
			r = hide_beneath(h, "mount", plan->mount[i].source, plan->mount[i].target, plan, err);
	return r;
}

/* Each jail has a /proc and a /sys, which show the same of the kernel. */
static int hide_of_kernel(const char *pattern, struct plan *plan, struct jail_error *err)
{
	static const char *const own[] = {"/proc", "/sys"};
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(own); i++) {
		const char *rest = beneath(pattern, own[i]);

		r = rest != NULL ? plan_hide(plan, own[i], rest) : 0;
	}
	return r < 0 ? jail_error_sys(err, -r, "cannot hide what is hidden from its parent") : 0;
}

static int hide_all(const struct line *l, size_t level, struct plan *plan, struct jail_error *err)
{
	/* On the host's own tree these are its own, not the host's (view_root.c); so they are for a child on that tree.
	 */
	static const char *const fresh[] = {"/dev", "/proc", "/sys", "/run", "/tmp", "/var/tmp", "/root", "/home"};
	const struct plan *above = l->plan[level];
	struct hidden h = {.line = l, .level = level};
	int r = 0;

	for (size_t i = 0; r == 0 && i < above->hide.count; i++) {
		h.pattern = above->hide.item[i];
		r = hide_one(&h, false, plan, err);
	}
	for (size_t i = 0; r == 0 && i < above->hide.count; i++)
		r = hide_of_kernel(above->hide.item[i], plan, err);
	for (size_t i = 0; r == 0 && above->shared_tree && i < ARRAY_SIZE(fresh); i++) {
		h.pattern = fresh[i];
		r = hide_one(&h, plan->shared_tree, plan, err);
	}
	return r;
}

/* Nothing of what the parent can't write to is written to by the child. */
static int check_writes(
    const struct parent *p, const struct plan *parent, const struct plan *plan, struct jail_error *err)
{
	if (!parent->is_volatile && !parent->readonly)
		return 0;
	if (!plan->is_volatile && !plan->readonly && parent->is_volatile) {
		(void)jail_error_set(err, EPERM, "what its parent %s writes goes to memory", p->name);
		jail_error_param(err, "path");
		return jail_error_hint(err, EPERM, "give it path.volatile or path.readonly, too");
	}
	for (size_t i = 0; i < plan->nmounts; i++) {
		const struct plan_mount *m = &plan->mount[i];

		if (m->source == NULL || (m->options & PLAN_M_RDONLY) != 0)
			continue;
		(void)jail_error_set(err, EPERM, "%s can't be written to by its parent %s", m->source, p->name);
		jail_error_param(err, "mount");
		jail_error_origin(err, m->origin.file, m->origin.line);
		return jail_error_hint(err, EPERM, "mount it with the option ro");
	}
	return 0;
}

/* Nothing is shown to the child that is not shown to a parent which reads what everybody may. */
static int check_shows(
    const struct parent *p, const struct plan *parent, const struct plan *plan, struct jail_error *err)
{
	if ((p->state.record.flags & POLICY_F_EVERYBODY) == 0)
		return 0;
	for (size_t i = 0; i < plan->show.count; i++) {
		const char *path = plan->show.item[i];
		bool shown = false;

		for (size_t j = 0; j < parent->show.count; j++) {
			size_t n = strlen(parent->show.item[j]);

			shown |= strncmp(path, parent->show.item[j], n) == 0 && (path[n] == '/' || path[n] == '\0');
		}
		if (shown)
			continue;
		(void)jail_error_set(err, EPERM, "%s is not shown to its parent %s", path, p->name);
		jail_error_param(err, "path.show");
		return jail_error_hint(err, EPERM, "name it in path.show of the parent first");
	}
	return 0;
}

static int rebase_within(struct line *l, bool has_path, struct plan *plan, struct jail_error *err)
{
	const struct plan *parent = l->plan[l->count - 1];
	int r;

	if (parent->base.count > 0) {
		(void)jail_error_set(err, ENOTSUP, "what its parent %s sees is made of several trees", l->parent->name);
		jail_error_param(err, "path");
		return jail_error_hint(err, ENOTSUP, "a parent of jails needs a path of its own, without path.base");
	}
	r = rebase_all(l, has_path, plan, err);
	for (size_t i = 0; r == 0 && i < l->count; i++)
		r = hide_all(l, i, plan, err);
	if (r == 0)
		r = check_writes(l->parent, parent, plan, err);
	return r < 0 ? r : check_shows(l->parent, parent, plan, err);
}

int parent_rebase(struct parent *p, const struct jail_params *params, struct plan *plan, struct jail_error *err)
{
	_cleanup_free_ struct line *l = NULL;
	int r;

	if (p->name[0] == '\0')
		return 0;
	l = calloc(1, sizeof(*l));
	if (l == NULL)
		return jail_error_sys(err, ENOMEM, "cannot look at its parent");
	l->parent = p;
	l->root = -1;
	r = enter_all(l, err);
	if (r == 0)
		r = rebase_within(l, jail_params_has(params, "path"), plan, err);
	if (r == 0) {
		p->root = l->root;
		l->root = -1;
	}
	line_free(l);
	return r;
}

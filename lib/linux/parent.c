/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * parent.c: see parent.h.
 */
#include "parent.h"

#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <string.h>

#include "error.h"
#include "process.h"
#include "util.h"

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

static int rebase(const struct parent *p, const char *param, const char *root, char *path, struct jail_error *err)
{
	size_t n = strlen(root);

	while (n > 0 && root[n - 1] == '/')
		n--;
	if (strncmp(path, root, n) != 0 || (path[n] != '/' && path[n] != '\0')) {
		(void)jail_error_set(
		    err, EPERM, "%s is not beneath %s, the path of its parent %s", path, root, p->name);
		jail_error_param(err, param);
		return -EPERM;
	}
	memmove(path, path + n, strlen(path + n) + 1);
	if (path[0] == '\0')
		memcpy(path, "/", 2); /* there was room for the root's name */
	return 0;
}

static int rebase_all(
    const struct parent *p, const char *root, bool has_path, struct plan *plan, struct jail_error *err)
{
	int r = has_path ? rebase(p, "path", root, plan->path, err) : 0;

	for (size_t i = 0; r == 0 && i < plan->base.count; i++)
		r = rebase(p, "path.base", root, plan->base.item[i], err);
	for (size_t i = 0; r == 0 && i < plan->nmounts; i++)
		if (plan->mount[i].source != NULL)
			r = rebase(p, "mount", root, plan->mount[i].source, err);
	return r;
}

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
		char pattern[NAME_MAX + 1], name[NAME_MAX + 1];
		const char *rest = hidden, *a, *b;
		size_t n = component(&dir, &b), m = component(&hidden, &a);

		if (n == 0)
			return m == 0 ? "" : rest;
		if (m == 0)
			return "";
		if (n > NAME_MAX || m > NAME_MAX)
			return NULL;
		memcpy(pattern, a, m);
		pattern[m] = '\0';
		memcpy(name, b, n);
		name[n] = '\0';
		if (fnmatch(pattern, name, 0) != 0)
			return NULL;
	}
}

/* What of `hidden`, which the parent does not see, lies beneath `source`, the child does not see beneath `target`. */
static int hide_beneath(const struct parent *p, const char *hidden, const char *param, const char *source,
    const char *target, struct plan *plan, struct jail_error *err)
{
	const char *rest = beneath(hidden, source);
	int r;

	if (rest == NULL)
		return 0;
	if (*rest == '\0') {
		(void)jail_error_set(err, EPERM, "%s is hidden from its parent %s", source, p->name);
		jail_error_param(err, param);
		return -EPERM;
	}
	r = plan_hide(plan, target, rest);
	return r < 0 ? jail_error_sys(err, -r, "cannot hide what is hidden from its parent") : 0;
}

static int hide_one(
    const struct parent *p, const char *hidden, bool mounts_only, struct plan *plan, struct jail_error *err)
{
	int r = mounts_only ? 0 : hide_beneath(p, hidden, "path", plan->path, "/", plan, err);

	for (size_t i = 0; r == 0 && !mounts_only && i < plan->base.count; i++)
		r = hide_beneath(p, hidden, "path.base", plan->base.item[i], "/", plan, err);
	for (size_t i = 0; r == 0 && i < plan->nmounts; i++)
		if (plan->mount[i].source != NULL)
			r = hide_beneath(p, hidden, "mount", plan->mount[i].source, plan->mount[i].target, plan, err);
	return r;
}

static int hide_all(const struct parent *p, const struct plan *parent, struct plan *plan, struct jail_error *err)
{
	/* On the host's own tree these are its own, not the host's (view_root.c); so they are for a child on that tree.
	 */
	static const char *const fresh[] = {"/dev", "/proc", "/sys", "/run", "/tmp", "/var/tmp"};
	int r = 0;

	for (size_t i = 0; r == 0 && i < parent->hide.count; i++)
		r = hide_one(p, parent->hide.item[i], false, plan, err);
	for (size_t i = 0; r == 0 && parent->shared_tree && i < ARRAY_SIZE(fresh); i++)
		r = hide_one(p, fresh[i], plan->shared_tree, plan, err);
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

static int rebase_within(
    struct parent *p, const struct plan *parent, bool has_path, struct plan *plan, struct jail_error *err)
{
	int r;

	if (parent->base.count > 0) {
		(void)jail_error_set(err, ENOTSUP, "what its parent %s sees is made of several trees", p->name);
		jail_error_param(err, "path");
		return jail_error_hint(err, ENOTSUP, "a parent of jails needs a path of its own, without path.base");
	}
	r = rebase_all(p, parent->path, has_path, plan, err);
	if (r == 0)
		r = hide_all(p, parent, plan, err);
	if (r == 0)
		r = check_writes(p, parent, plan, err);
	if (r < 0)
		return r;
	p->root = open(parent->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return p->root < 0 ? jail_error_sys(err, errno, "cannot open %s, the path of its parent", parent->path) : 0;
}

int parent_rebase(struct parent *p, const struct jail_params *params, struct plan *plan, struct jail_error *err)
{
	struct jail_params *own = NULL;
	struct plan *parent = NULL;
	int r;

	if (p->name[0] == '\0')
		return 0;
	r = store_params_read(p->dirfd, &own);
	if (r < 0)
		return jail_error_sys(err, -r, "cannot read the parameters of its parent jail %s", p->name);
	r = plan_make_running(own, &parent, err);
	if (r == 0)
		r = rebase_within(p, parent, jail_params_has(params, "path"), plan, err);
	plan_free(parent);
	jail_params_free(own);
	return r;
}

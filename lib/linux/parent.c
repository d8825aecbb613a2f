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

/* What is hidden from the parent beneath `source`, which the child sees at `target`, is hidden from the child. */
static int hide_beneath(const struct parent *p, const struct plan *parent, const char *param, const char *source,
    const char *target, struct plan *plan, struct jail_error *err)
{
	for (size_t i = 0; i < parent->hide.count; i++) {
		const char *rest = beneath(parent->hide.item[i], source);
		int r;

		if (rest == NULL)
			continue;
		if (*rest == '\0') {
			(void)jail_error_set(err, EPERM, "%s is hidden from its parent %s", source, p->name);
			jail_error_param(err, param);
			return -EPERM;
		}
		r = plan_hide(plan, target, rest);
		if (r < 0)
			return jail_error_sys(err, -r, "cannot hide what is hidden from its parent");
	}
	return 0;
}

static int hide_all(const struct parent *p, const struct jail_params *params, struct plan *plan, struct jail_error *err)
{
	struct plan *parent = NULL;
	int r = plan_make_running(params, &parent, err);

	if (r == 0)
		r = hide_beneath(p, parent, "path", plan->path, "/", plan, err);
	for (size_t i = 0; r == 0 && i < plan->base.count; i++)
		r = hide_beneath(p, parent, "path.base", plan->base.item[i], "/", plan, err);
	for (size_t i = 0; r == 0 && i < plan->nmounts; i++)
		if (plan->mount[i].source != NULL)
			r = hide_beneath(p, parent, "mount", plan->mount[i].source, plan->mount[i].target, plan, err);
	plan_free(parent);
	return r;
}

static int rebase_within(
    struct parent *p, const struct jail_params *parent, bool has_path, struct plan *plan, struct jail_error *err)
{
	const char *root = "/", *memory = "false";
	int r;

	(void)jail_params_get(parent, "path", &root);
	(void)jail_params_get(parent, "path.volatile", &memory);
	if (strcmp(memory, "false") != 0 || jail_params_count(parent, "path.base") > 0) {
		(void)jail_error_set(err, ENOTSUP, "what its parent %s sees is made of several trees", p->name);
		jail_error_param(err, "path");
		return jail_error_hint(
		    err, ENOTSUP, "a parent of jails needs a path of its own, without path.base and path.volatile");
	}
	r = rebase_all(p, root, has_path, plan, err);
	if (r == 0)
		r = hide_all(p, parent, plan, err);
	if (r < 0)
		return r;
	p->root = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return p->root < 0 ? jail_error_sys(err, errno, "cannot open %s, the path of its parent", root) : 0;
}

int parent_rebase(struct parent *p, const struct jail_params *params, struct plan *plan, struct jail_error *err)
{
	struct jail_params *parent = NULL;
	int r;

	if (p->name[0] == '\0')
		return 0;
	r = store_params_read(p->dirfd, &parent);
	if (r < 0)
		return jail_error_sys(err, -r, "cannot read the parameters of its parent jail %s", p->name);
	r = rebase_within(p, parent, jail_params_has(params, "path"), plan, err);
	jail_params_free(parent);
	return r;
}

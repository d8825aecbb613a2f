/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * plan_files.c: the tree that a jail sees: its root, what lies beneath and above it, what is covered, which devices it
 * has. Paths are looked at as text only; whether they are there is for the view to see.
 */
#include <inttypes.h>
#include <string.h>

#include "plan_make.h"
#include "util.h"

/*
 * What is covered on a tree that is shared with the host, unless path.hide says otherwise: private, although everybody
 * on the host may read it. What not everybody may read needs no list: the kernel refuses it (view_everybody.c).
 */
static const char *const hidden[] = {"/boot", "/var/lib/jail", "/var/spool", "/var/mail"};

/* Where root inside is the host's root and writes the host's own files, nothing but a list keeps secrets. */
static const char *const secrets[] = {
    "/etc/shadow",
    "/etc/shadow-",
    "/etc/gshadow",
    "/etc/gshadow-",
    "/var/backups/*shadow*",
    "/etc/ssh/ssh_host_*_key",
    "/etc/ssl/private",
    "/var/lib/docker",
    "/var/lib/containers",
    "/var/lib/containerd",
    "/var/lib/machines",
    "/var/lib/libvirt",
};

#define HIDE_DEFAULT "default" /* among the strings of path.hide: all of the above, on a shared tree */

static int one_path(const struct maker *m, const char *param, size_t item, const char *text, char **ret)
{
	const char *why;

	*ret = plan_path(m->arena, text, &why);
	if (*ret)
		return 0;
	return why ? plan_refuse(m, param, item, EINVAL, "\"%.200s\" %s", text, why) : plan_no_memory(m);
}

static int make_base(const struct maker *m)
{
	struct plan_strings *base = &m->plan->base;
	int r = plan_strings(m, "path.base", base);

	for (size_t i = 0; r == 0 && i < base->count; i++) {
		r = one_path(m, "path.base", i, base->item[i], &base->item[i]);
		if (r == 0 && strcmp(base->item[i], "/") == 0)
			m->plan->shared_tree = true;
	}
	return r;
}

/* Root inside must not write the host's own files; the three ways out are what the message is for. */
static int check_shared(const struct maker *m)
{
	const struct plan *plan = m->plan;
	bool root = strcmp(plan->path, "/") == 0;

	if (root && plan->base.count > 0 && !plan->is_volatile && !plan->readonly) {
		(void)plan_refuse(m, "path.base", 0, EINVAL,
		    "with it, writes go to `path`, which is \"/\": they would change the host's own files");
		return jail_error_hint(m->err, EINVAL, "give the jail a `path` of its own for its changes");
	}
	if (!root || plan->readonly || plan->is_volatile || (plan->record.flags & POLICY_F_HOST_USERS))
		return 0;
	(void)plan_refuse(
	    m, "path", 0, EINVAL, "\"/\" is the host's own tree, root inside would write the host's files");
	return jail_error_hint(m->err, EINVAL,
	    "choose one of path.volatile (writes vanish with the jail), path.base=/ with a `path` of its own (writes "
	    "go "
	    "there), path.readonly (no writes)");
}

#define HIDDEN_MAX (ARRAY_SIZE(hidden) + ARRAY_SIZE(secrets))

static size_t hide_count(const struct plan_strings *asked)
{
	size_t count = 0;

	for (size_t i = 0; i < asked->count; i++)
		count += strcmp(asked->item[i], HIDE_DEFAULT) == 0 ? HIDDEN_MAX : 1;
	return count;
}

static int hide_each(const struct maker *m, const char *const *path, size_t n, struct plan_strings *hide)
{
	for (size_t i = 0; i < n; i++) {
		char *text = arena_text(m->arena, path[i], strlen(path[i]));

		if (!text)
			return plan_no_memory(m);
		hide->item[hide->count++] = text;
	}
	return 0;
}

static int hide_defaults(const struct maker *m, struct plan_strings *hide)
{
	const struct plan *plan = m->plan;
	bool own = (plan->record.flags & POLICY_F_HOST_USERS) == 0 || plan->is_volatile || plan->base.count > 0;
	int r = hide_each(m, hidden, ARRAY_SIZE(hidden), hide);

	/* Not by path.readonly: it may come later, and what is hidden stays so. */
	return r < 0 || own ? r : hide_each(m, secrets, ARRAY_SIZE(secrets), hide);
}

static int make_hide(const struct maker *m)
{
	struct plan_strings *hide = &m->plan->hide, asked;
	bool usual = m->plan->shared_tree && !jail_params_has(m->p, "path.hide");
	int r = plan_strings(m, "path.hide", &asked);

	if (r < 0)
		return r;
	hide->item = arena_new(m->arena, (usual ? HIDDEN_MAX : hide_count(&asked)) + 1, sizeof(*hide->item));
	if (!hide->item)
		return plan_no_memory(m);
	if (usual)
		return hide_defaults(m, hide);
	for (size_t i = 0; r == 0 && i < asked.count; i++) {
		if (strcmp(asked.item[i], HIDE_DEFAULT) == 0) {
			r = m->plan->shared_tree ? hide_defaults(m, hide) : 0;
			continue;
		}
		r = one_path(m, "path.hide", i, asked.item[i], &hide->item[hide->count]);
		if (r == 0 && strcmp(hide->item[hide->count], "/") == 0)
			return plan_refuse(m, "path.hide", i, EINVAL, "the root itself can't be covered");
		hide->count++;
	}
	return r;
}

static int make_show(const struct maker *m)
{
	struct plan_strings *show = &m->plan->show;
	int r = plan_strings(m, "path.show", show);

	if (r == 0 && show->count > 0 && !m->plan->everybody) {
		(void)plan_refuse(
		    m, "path.show", 0, EINVAL, "without a tree that is shared with the host, all of it is shown");
		return jail_error_hint(m->err, EINVAL,
		    "leave it out: it is for path=/ with path.readonly or path.volatile, and for path.base=/");
	}
	for (size_t i = 0; r == 0 && i < show->count; i++) {
		r = one_path(m, "path.show", i, show->item[i], &show->item[i]);
		if (r == 0 && strcmp(show->item[i], "/") == 0)
			return plan_refuse(m, "path.show", i, EINVAL, "\"/\" would show every file of the host");
	}
	return r;
}

int plan_make_files(const struct maker *m)
{
	struct plan *plan = m->plan;
	const char *path = "/";
	int r;

	(void)jail_params_get(m->p, "path", &path);
	r = one_path(m, "path", 0, path, &plan->path);
	if (r < 0)
		return r;
	plan->shared_tree = strcmp(plan->path, "/") == 0;
	plan->readonly = plan_bool(m, "path.readonly");
	plan->is_volatile = plan_bool(m, "path.volatile");
	plan->volatile_size = (uint64_t)plan_int(m, "path.volatile");
	plan->devfs = plan_bool(m, "mount.devfs");
	plan->procfs = plan_bool(m, "mount.procfs");
	plan->fdescfs = plan_bool(m, "mount.fdescfs");
	plan->devfs_asked = plan->devfs && jail_params_has(m->p, "mount.devfs");
	plan->procfs_asked = plan->procfs && jail_params_has(m->p, "mount.procfs");
	if (plan->readonly)
		plan->record.flags |= POLICY_F_READONLY;
	r = make_base(m);
	if (r == 0)
		r = check_shared(m);
	/* The one that is left out writes the host's own files, as the host's root. */
	plan->everybody = plan->shared_tree && (plan->readonly || plan->is_volatile || plan->base.count > 0);
	if (plan->everybody)
		plan->record.flags |= POLICY_F_EVERYBODY;
	if (r == 0)
		r = make_show(m);
	if (r == 0)
		r = make_hide(m);
	return r;
}

/* ----------------------------------------------------------------------------------------------------- devices */

/* r, w or rw; nothing: both. 0 when it is none of these. */
static unsigned parse_access(const char *text, size_t length)
{
	unsigned access = 0;

	for (size_t i = 0; i < length; i++) {
		unsigned bit = text[i] == 'r' ? POLICY_DEV_READ : text[i] == 'w' ? POLICY_DEV_WRITE : 0;

		if (bit == 0 || (access & bit))
			return 0;
		access |= bit;
	}
	return length == 0 ? POLICY_DEV_READ | POLICY_DEV_WRITE : access;
}

static int add_device(const struct maker *m, const char *param, size_t item, char *path, unsigned access)
{
	struct plan *plan = m->plan;
	struct plan_device *d;

	for (size_t i = 0; i < plan->ndevices; i++) {
		if (strcmp(plan->device[i].path, path) == 0) {
			plan->device[i].access |= access;
			return 0;
		}
	}
	if (plan->ndevices == POLICY_DEVICES_MAX)
		return plan_refuse(m, param, item, E2BIG, "more than %u devices", POLICY_DEVICES_MAX);
	d = &plan->device[plan->ndevices];
	d->path = path;
	d->access = access;
	plan->ndevices++;
	return plan_origin(m, param, item, &d->origin);
}

static int parse_device(const struct maker *m, size_t item)
{
	static const char blanks[] = " \t";
	const char *text = jail_params_item(m->p, "devices", item), *rest;
	size_t length, rest_length;
	unsigned access;
	char *path;
	int r;

	text += strspn(text, blanks);
	length = strcspn(text, blanks);
	rest = text + length + strspn(text + length, blanks);
	rest_length = strcspn(rest, blanks);
	access = parse_access(rest, rest_length);
	if (access == 0 || rest[rest_length + strspn(rest + rest_length, blanks)] != '\0')
		return plan_refuse(m, "devices", item, EINVAL, "\"%.200s\": a device is followed by r, w or rw", text);
	path = arena_text(m->arena, text, length);
	if (!path)
		return plan_no_memory(m);
	r = one_path(m, "devices", item, path, &path);
	if (r < 0)
		return r;
	if (strncmp(path, "/dev/", 5) != 0)
		return plan_refuse(m, "devices", item, EINVAL, "\"%.200s\" is not beneath /dev", path);
	return add_device(m, "devices", item, path, access);
}

/* Some privileges are worth nothing without a device. */
static int privilege_device(const struct maker *m, const char *param, const char *path)
{
	char *copy;

	if (!plan_bool(m, param))
		return 0;
	copy = arena_text(m->arena, path, strlen(path));
	return copy ? add_device(m, param, 0, copy, POLICY_DEV_READ | POLICY_DEV_WRITE) : plan_no_memory(m);
}

int plan_make_devices(const struct maker *m)
{
	size_t count = jail_params_count(m->p, "devices");
	int r = 0;

	m->plan->device = arena_new(m->arena, POLICY_DEVICES_MAX, sizeof(*m->plan->device));
	if (!m->plan->device)
		return plan_no_memory(m);
	for (size_t i = 0; r == 0 && i < count; i++)
		r = parse_device(m, i);
	if (r == 0)
		r = privilege_device(m, "allow.vmm", "/dev/kvm");
	if (r == 0)
		r = privilege_device(m, "allow.mount.fusefs", "/dev/fuse");
	return r;
}

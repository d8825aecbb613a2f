/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * view_identity.c: host.hostuuid and host.hostid as programs look for them: /etc/machine-id (machine-id(5)) and
 * /etc/hostid (gethostid(3)), read-only files over the tree's own, which stay as they are.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>

#include "view_parts.h"

/* 32 lower-case hexadecimal digits and a newline from a UUID with or without dashes. -EINVAL. */
int view_machine_id(const char *uuid, char ret[33])
{
	char id[33];
	size_t n = 0;

	for (; *uuid != '\0'; uuid++) {
		static const char upper[] = "ABCDEF", lower[] = "abcdef";
		const char *found = strchr(upper, *uuid);
		char c = found != NULL ? lower[found - upper] : *uuid;

		if (c == '-')
			continue;
		if (n == 32 || !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
			return -EINVAL;
		id[n++] = c;
	}
	if (n != 32)
		return -EINVAL;
	id[n] = '\n';
	memcpy(ret, id, sizeof(id));
	return 0;
}

struct identity {
	const char *path, *name, *param;
	char text[33];
	size_t length; /* 0: it is not set */
};

static int look_up(const struct plan *plan, unsigned which, struct identity *ret)
{
	if (which == VIEW_HOSTUUID) {
		*ret = (struct identity){"/etc/machine-id", "machine-id", "host.hostuuid", "", 0};
		if (plan->hostuuid == NULL)
			return 0;
		ret->length = sizeof(ret->text);
		return view_machine_id(plan->hostuuid, ret->text);
	}
	*ret = (struct identity){"/etc/hostid", "hostid", "host.hostid", "", 0};
	if (plan->has_hostid) {
		/* As gethostid(3) reads it. */
		memcpy(ret->text, &plan->hostid, sizeof(plan->hostid));
		ret->length = sizeof(plan->hostid);
	}
	return 0;
}

/* A detached mount of the file, or -errno. */
static int make(struct view *v, const struct identity *is)
{
	_cleanup_close_ int file = openat(v->scratch, is->name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);

	if (file < 0 || write(file, is->text, is->length) != (ssize_t)is->length)
		return negative_errno();
	return view_scratch_mount(
	    v, is->name, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
}

static int complain(const struct identity *is, int r, struct jail_error *err)
{
	(void)jail_error_sys(err, -r, "cannot show %s", is->path);
	jail_error_param(err, is->param);
	return r;
}

static int show(struct view *v, unsigned which, struct jail_error *err)
{
	_cleanup_close_ int fd = -1, there = -1;
	struct identity is;
	int r = look_up(v->plan, which, &is);

	if (r < 0 || is.length == 0)
		return r < 0 ? complain(&is, r, err) : 0;
	there = view_open(v, is.path, O_PATH);
	if (there < 0 && v->kind != VIEW_MEMORY)
		return 0; /* nothing to be seen, and no place in a tree that keeps what is made */
	fd = make(v, &is);
	r = fd < 0 ? fd : view_own(v, v->scratch, is.name);
	if (r == 0)
		r = view_attach(v, fd, is.path, false, NULL);
	return r < 0 ? complain(&is, r, err) : 0;
}

int view_identity(struct view *v, struct jail_error *err)
{
	int r = 0;

	for (unsigned i = 0; r == 0 && i < VIEW_IDENTITIES; i++)
		r = show(v, i, err);
	return r;
}

/* ------------------------------------------------------------------------------------------------- live changes */

static bool changes(const struct plan *was, const struct plan *will, unsigned which)
{
	struct identity a, b;

	return look_up(was, which, &a) == 0 && look_up(will, which, &b) == 0 &&
	       (a.length != b.length || memcmp(a.text, b.text, a.length) != 0);
}

bool view_identity_differs(const struct plan *was, const struct plan *will)
{
	return changes(was, will, VIEW_HOSTUUID) || changes(was, will, VIEW_HOSTID);
}

int view_identity_check(const struct plan *was, const struct plan *will, struct jail_error *err)
{
	for (unsigned i = 0; i < VIEW_IDENTITIES; i++) {
		struct identity is;

		if (!changes(was, will, i) || (look_up(will, i, &is) == 0 && is.length > 0))
			continue;
		(void)jail_error_set(err, ENOTSUP, "it can be changed, but not taken from a running jail");
		jail_error_param(err, is.param);
		return jail_error_hint(err, ENOTSUP, "set another one, or restart the jail without it: jail -rc");
	}
	return 0;
}

int view_identity_prepare(struct view *v, const struct plan *was)
{
	for (unsigned i = 0; i < VIEW_IDENTITIES; i++) {
		struct identity is;

		if (!changes(was, v->plan, i) || look_up(v->plan, i, &is) < 0)
			continue;
		v->identity[i] = make(v, &is);
		if (v->identity[i] < 0)
			return v->identity[i];
	}
	return 0;
}

int view_identity_change(struct view *v, struct jail_error *err)
{
	for (unsigned i = 0; i < VIEW_IDENTITIES; i++) {
		_cleanup_close_ int there = -1;
		struct identity is;
		int r = v->identity[i] < 0 ? 0 : look_up(v->plan, i, &is);

		if (v->identity[i] < 0)
			continue;
		there = view_open(v, is.path, O_PATH);
		if (there < 0) {
			(void)complain(&is, there, err);
			return jail_error_hint(err, -there, "make an empty one inside first");
		}
		r = r < 0 ? r : view_own(v, v->scratch, is.name);
		if (r == 0)
			r = view_attach(v, v->identity[i], is.path, false, NULL);
		if (r < 0)
			return complain(&is, r, err);
		v->identified |= 1u << i;
	}
	return 0;
}

void view_identity_back(struct view *v)
{
	for (unsigned i = 0; i < VIEW_IDENTITIES; i++)
		if ((v->identified >> i & 1) != 0)
			view_unmount(v, v->identity[i]);
}

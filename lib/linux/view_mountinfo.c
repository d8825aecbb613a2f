/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * view_mountinfo.c: which of the host's file systems belong to a tree: /proc/self/mountinfo read once, each candidate
 * opened beneath the tree without following anything, and taken only if it is the very mount that the line names. It
 * may not know what is made of them.
 *
 * A file system that an ordinary user serves (FUSE) answers when that user likes, or never: it is not touched. What is
 * not taken for such a reason is an entry without a descriptor: the place is to be covered, so that what lies beneath
 * the mount on the host does not appear.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "sys/served.h"
#include "view_parts.h"

/* File systems that are no files: interfaces of the kernel, or of the host's programs. */
static const char *const pseudo[] = {"autofs", "binder", "binfmt_misc", "bpf", "cgroup", "cgroup2", "configfs",
    "cpuset", "debugfs", "devpts", "devtmpfs", "efivarfs", "fuse.gvfsd-fuse", "fuse.lxcfs", "fuse.portal", "fusectl",
    "mqueue", "nfsd", "nsfs", "pipefs", "proc", "pstore", "resctrl", "rootfs", "rpc_pipefs", "securityfs", "selinuxfs",
    "smackfs", "sockfs", "sysfs", "tracefs"};

/* Memory: the host's programs' own in a tree that is shared with them, files like others in one that is not. */
static const char *const memory[] = {"hugetlbfs", "ramfs", "tmpfs"};

/* Where a shared tree gets file systems of its own. */
static const char *const fresh[] = {"/dev", "/proc", "/sys", "/run", "/tmp", "/var/tmp", "/root", "/home"};

/* The part of `where` beneath `tree`, without slashes in front; NULL when it is not beneath. */
static const char *beneath(const char *tree, const char *where)
{
	size_t n = strlen(tree);

	while (n > 0 && tree[n - 1] == '/')
		n--;
	if (strncmp(where, tree, n) != 0 || where[n] != '/')
		return NULL;
	where += n + strspn(where + n, "/");
	return *where != '\0' ? where : NULL;
}

static bool wanted(const struct view *v, const struct mount_line *l, const char *name, bool shared)
{
	const char *inside = name - 1; /* the slash in front: the path as the jail sees it */

	for (size_t i = 0; i < ARRAY_SIZE(pseudo); i++)
		if (strcmp(l->type, pseudo[i]) == 0)
			return false;
	/* What was asked for by name is its own place; what lies in it belongs to it. */
	if (view_shown(v, inside) > 0)
		return view_shown(v, inside) == 1;
	for (size_t i = 0; shared && i < ARRAY_SIZE(memory); i++)
		if (strcmp(l->type, memory[i]) == 0)
			return false;
	for (size_t i = 0; shared && i < ARRAY_SIZE(fresh); i++)
		if (view_beneath(fresh[i], inside))
			return false;
	for (size_t i = 0; i < v->plan->hide.count; i++)
		if (view_beneath(v->plan->hide.item[i], inside))
			return false;
	return true;
}

/* Does it lie beneath one that is left out? Then nothing on the way to it is touched either. */
static bool beneath_left_out(const struct view *v, const char *name)
{
	for (size_t i = 0; i < v->nsubmounts; i++) {
		const struct view_submount *s = &v->submount[i];
		size_t n = strlen(s->name);

		if (s->left_out && strncmp(name, s->name, n) == 0 && (name[n] == '/' || name[n] == '\0'))
			return true;
	}
	return false;
}

static int leave_out(struct view *v, const struct mount_line *l, bool faulty, const char *name, struct jail_error *err)
{
	const struct view_submount s = {.fd = -1,
	    .directory = true,
	    .left_out = true,
	    .faulty = faulty,
	    .shown = view_shown(v, name - 1) > 0,
	    .id = l->id};
	int r = view_submount_add(v, &s, name);

	return r < 0 ? jail_error_sys(err, -r, "cannot leave out the mount at %s", name) : 0;
}

/* The server of a file system is gone, or shows it to nobody. */
static bool unreadable(int r)
{
	return r == -EACCES || r == -EPERM || r == -EIO || r == -ENOTCONN || r == -ESTALE || r == -ETIMEDOUT ||
	       r == -EHOSTDOWN || r == -EHOSTUNREACH || r == -ECONNREFUSED;
}

/* The mount of this line, copied; skipped (0) when it lies beneath another or was taken off meanwhile. */
static int take(struct view *v, int tree_fd, const struct mount_line *l, const char *name, struct jail_error *err)
{
	_cleanup_close_ int fd = sys_openat2(tree_fd, name, O_PATH, 0, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
	struct view_stat st;
	int r;

	if (fd < 0)
		return unreadable(-errno) ? leave_out(v, l, true, name, err) : 0;
	r = view_stat(fd, &st);
	if (unreadable(r))
		return leave_out(v, l, true, name, err);
	if (r < 0 || st.mnt_id != l->id || (!S_ISDIR(st.mode) && !S_ISREG(st.mode)))
		return r;
	r = view_submount_copy(v, fd, name, &st, view_shown(v, name - 1) > 0);
	if (r == -EINVAL) /* unbindable (mount_namespaces(7)), or unmounted just now: not looked up a second time */
		return leave_out(v, l, true, name, err);
	return r < 0 ? jail_error_sys(err, -r, "cannot copy the mount at %s", name) : 0;
}

/* The first pass finds what is left out, so that the second one knows what not to touch. */
enum pass { PASS_LEAVE, PASS_TAKE, PASSES };

struct search {
	struct view *view;
	int tree_fd;
	const char *tree_name;
	bool shared;
	enum pass pass;
	struct jail_error *err;
};

static int consider(void *arg, const struct mount_line *l)
{
	const struct search *s = arg;
	struct view *v = s->view;
	const char *name = l->cut ? NULL : beneath(s->tree_name, l->where);

	if (name == NULL || !wanted(v, l, name, s->shared) || beneath_left_out(v, name))
		return 0;
	if (s->pass == PASS_TAKE)
		return take(v, s->tree_fd, l, name, s->err);
	return served_line(l) == SERVED_BY_USER ? leave_out(v, l, false, name, s->err) : 0;
}

static int read_mounts(struct search *s)
{
	_cleanup_close_ int info = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	struct jail_error *err = s->err;
	int r = view_need_room(s->view);

	if (r < 0)
		return jail_error_sys(err, -r, "cannot read the host's mounts");
	if (info < 0)
		return jail_error_sys(err, errno, "cannot open /proc/self/mountinfo");
	return mount_table_each(info, s->view->room->buffer, sizeof(s->view->room->buffer), consider, s);
}

int view_submounts(struct view *v, int tree_fd, const char *tree_name, bool shared, struct jail_error *err)
{
	struct search s = {.view = v, .tree_fd = tree_fd, .tree_name = tree_name, .shared = shared, .err = err};
	int r = 0;

	for (s.pass = PASS_LEAVE; r == 0 && s.pass < PASSES; s.pass++)
		r = read_mounts(&s);
	return r;
}

const char *view_left_out(const struct view *v, size_t *at)
{
	while (*at < v->nsubmounts) {
		const struct view_submount *s = &v->submount[(*at)++];

		if (s->faulty)
			return s->name;
	}
	return NULL;
}

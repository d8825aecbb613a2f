/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * view_state.c: state of the host's services that not everybody may read, in a shared tree where writes go to memory:
 * it appears fresh and empty, with the owner and the mode that it has on the host, so that the service can run inside
 * with state of its own. It may not know how it is found, nor how the layers are mounted.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "view_parts.h"

#define MADE_MAX 512 /* fresh directories and files */

/* Beside what is found (jail/state.c): what programs write to in place, or without which nobody logs in. */
static const struct {
	const char *path;
	enum view_account what;
} known[] = {
    {"etc/shadow", VIEW_ACCOUNT_SHADOW},
    {"etc/gshadow", VIEW_ACCOUNT_GSHADOW},
    {"etc/sudoers", VIEW_ACCOUNT_SUDOERS},
    {"etc/shadow-", VIEW_ACCOUNT_EMPTY},
    {"etc/gshadow-", VIEW_ACCOUNT_EMPTY},
    {"etc/.pwd.lock", VIEW_ACCOUNT_EMPTY},
    {"etc/security/opasswd", VIEW_ACCOUNT_EMPTY},
    {"etc/ssl/private", VIEW_ACCOUNT_EMPTY},
    {"etc/sudoers.d", VIEW_ACCOUNT_EMPTY},
    {"var/cache/apt/archives/lock", VIEW_ACCOUNT_EMPTY},
    {"var/cache/debconf/passwords.dat", VIEW_ACCOUNT_EMPTY},
    {"var/lib/apt/lists/lock", VIEW_ACCOUNT_EMPTY},
    {"var/lib/dpkg/lock", VIEW_ACCOUNT_EMPTY},
    {"var/lib/dpkg/lock-frontend", VIEW_ACCOUNT_EMPTY},
    {"var/lib/dpkg/triggers/Lock", VIEW_ACCOUNT_EMPTY},
};

struct search {
	struct view *v;
	size_t nabove;
	const char *at; /* where the layer is mounted */
	int layer, upper;
	size_t made;
};

/* What one of the layers above has is the jail's own. */
static bool above(const struct search *s, const char *path)
{
	struct stat st;

	for (size_t i = 0; i < s->nabove; i++)
		if (fstatat(s->v->layer[i], path, &st, AT_SYMLINK_NOFOLLOW) == 0)
			return true;
	return false;
}

/* The process is in the upper layer's directory. */
static int make_one(const char *path, const struct stat *st, bool opaque)
{
	if (mkdir(path, st->st_mode & 0777) < 0 || lchown(path, st->st_uid, st->st_gid) < 0)
		return negative_errno();
	if ((st->st_mode & 07000) != 0 && chmod(path, st->st_mode & 07777) < 0)
		return negative_errno();
	return opaque && lsetxattr(path, "trusted.overlay.opaque", "y", 1, 0) < 0 ? negative_errno() : 0;
}

/* The directories that lead to `path`, as they are below. */
static int make_way(const struct search *s, const char *path)
{
	char prefix[PATH_MAX];

	for (const char *slash = strchr(path, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		size_t n = (size_t)(slash - path);
		struct stat st;
		int r;

		memcpy(prefix, path, n);
		prefix[n] = '\0';
		if (fstatat(s->layer, prefix, &st, AT_SYMLINK_NOFOLLOW) < 0)
			return negative_errno();
		if (!S_ISDIR(st.st_mode))
			return -ENOTDIR;
		r = make_one(prefix, &st, false);
		if (r < 0 && r != -EEXIST)
			return r;
	}
	return 0;
}

static int make_directory(struct search *s, const char *path, const struct stat *st)
{
	int r = make_one(path, st, true);

	if (r == -ENOENT && (r = make_way(s, path)) == 0)
		r = make_one(path, st, true);
	return r;
}

static int make_file(struct search *s, const char *path, const struct stat *st, enum view_account what)
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	_cleanup_close_ int fd = openat(s->upper, path, flags, 0);
	int r;

	if (fd < 0 && errno == ENOENT) {
		r = make_way(s, path);
		if (r < 0)
			return r;
		fd = openat(s->upper, path, flags, 0);
	}
	if (fd < 0)
		return negative_errno();
	if (fchown(fd, st->st_uid, st->st_gid) < 0 || fchmod(fd, st->st_mode & 0777) < 0)
		return negative_errno();
	return view_accounts_write(s->layer, what, fd);
}

/* 1: a fresh one was made. What can't be made is left as it is: nobody reads it. */
static int consider(struct search *s, const char *path, const struct stat *st, enum view_account what)
{
	bool directory = S_ISDIR(st->st_mode);
	int r;

	if (directory ? (st->st_mode & S_IXOTH) != 0 : !S_ISREG(st->st_mode) || (st->st_mode & S_IROTH) != 0)
		return 0;
	if (s->made >= MADE_MAX || above(s, path))
		return 0;
	s->made++;
	r = directory ? make_directory(s, path, st) : make_file(s, path, st, what);
	return r == -ENOMEM || r == -ENOSPC ? r : 1;
}

/* `path` as seen from a file system mounted at `at`: "" is that itself; NULL: it isn't there. */
static const char *relative(const char *at, const char *path)
{
	size_t n = strlen(at);

	if (n == 0)
		return path;
	if (strncmp(at, path, n) != 0 || (path[n] != '/' && path[n] != '\0'))
		return NULL;
	return path[n] == '/' ? path + n + 1 : path + n;
}

static int consider_path(struct search *s, const char *path, enum view_account what)
{
	struct stat st;
	int r;

	path = relative(s->at, path);
	if (path == NULL || *path == '\0' || fstatat(s->layer, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	r = consider(s, path, &st, what);
	return r < 0 ? r : 0;
}

int view_state(struct view *v, size_t nabove, const char *at, int layer, int upper)
{
	struct search s = {.v = v, .nabove = nabove, .at = at, .layer = layer, .upper = upper};
	const struct plan *p = v->plan;
	int r = fchdir(upper) < 0 ? negative_errno() : 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(known); i++)
		r = consider_path(&s, known[i].path, known[i].what);
	for (size_t i = 0; r == 0 && i < p->state_length; i += strlen(p->state + i) + 1)
		r = consider_path(&s, p->state + i, VIEW_ACCOUNT_EMPTY);
	return r;
}

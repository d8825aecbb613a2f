/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * host_path.c: see host_path.h. A path without links, of which the kernel has everything in memory, is opened by one
 * call that never waits. Any other is walked by descriptors up to its first link; if that may be followed, its target
 * takes its place in the path, as text, and the walk begins again: so what is opened in the end is always reached
 * without any link. Where a walk comes upon another mount, it looks who serves that before it asks for anything in it.
 */
#include "host_path.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "../../error.h"
#include "../sys.h"
#include "served.h"

#define LINKS_MAX 40 /* as the kernel's */

/* The first link of a path. */
struct link {
	bool found;
	bool of_system;	   /* it may be followed */
	size_t begin, end; /* its name in the path, "/" in front */
	char target[PATH_MAX];
};

/* Where a walk is. */
struct at {
	int fd;
	struct mount_object is;
};

/* Can only root change this file, or what is in this directory? */
static bool only_root_writes(const struct mount_object *o)
{
	return o->uid == 0 && (o->mode & 022) == 0;
}

/* Where everybody may write (/tmp), the sticky bit protects root's directories: those can't be linked or moved there.
 */
static bool holds_safely(const struct mount_object *dir, const struct mount_object *o)
{
	return only_root_writes(dir) || (dir->uid == 0 && (dir->mode & S_ISVTX) != 0 && S_ISDIR(o->mode));
}

/* May a link that stands in this directory be followed at all? */
static bool system_directory(const char *path, size_t length)
{
	static const char *const of_system[] = {"/dev", "/etc"};

	if (length == 0)
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(of_system); i++) {
		size_t n = strlen(of_system[i]);

		if (length >= n && strncmp(path, of_system[i], n) == 0 && (length == n || path[n] == '/'))
			return true;
	}
	return false;
}

/* Put a path in order: one slash between components, none behind the last; ".." takes one off. False: it leads above
 * its beginning. */
static bool normalize(char *path)
{
	bool beneath = true;
	char *to = path;
	const char *at = path;

	while (*at != '\0') {
		size_t n;

		at += strspn(at, "/");
		n = strcspn(at, "/");
		if (n == 2 && memcmp(at, "..", 2) == 0) {
			beneath = beneath && to > path;
			while (to > path && *--to != '/')
				;
		} else if (n > 0 && !(n == 1 && *at == '.')) {
			*to++ = '/';
			memmove(to, at, n);
			to += n;
		}
		at += n;
	}
	*to = '\0';
	return beneath;
}

static int begin_at(int root_fd, struct at *ret)
{
	ret->fd = root_fd < 0 ? open("/", O_PATH | O_DIRECTORY | O_CLOEXEC) : fcntl(root_fd, F_DUPFD_CLOEXEC, 0);
	if (ret->fd < 0)
		return negative_errno();
	return mount_object(ret->fd, &ret->is);
}

/* One component further: the link itself, where it is one. EPERM: an ordinary user serves what is mounted there. */
static int step(struct at *at, const char *name, size_t length)
{
	char component[NAME_MAX + 1];
	_cleanup_close_ int fd = -1;
	struct mount_object o;
	int r;

	if (length > NAME_MAX)
		return -ENAMETOOLONG;
	memcpy(component, name, length);
	component[length] = '\0';
	fd = sys_openat2(at->fd, component, O_PATH | O_NOFOLLOW, 0, RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS);
	r = fd < 0 ? negative_errno() : mount_object(fd, &o);
	if (r < 0)
		return r;
	if (o.mount != at->is.mount && served_by(&o) == SERVED_BY_USER)
		return -EPERM;
	(void)close_fd(at->fd);
	*at = (struct at){.fd = take_fd(&fd), .is = o};
	return 0;
}

static int read_link(int fd, struct link *ret)
{
	ssize_t n = readlinkat(fd, "", ret->target, sizeof(ret->target));

	if (n < 0)
		return negative_errno();
	if (n == 0 || (size_t)n >= sizeof(ret->target))
		return -ENAMETOOLONG;
	ret->target[n] = '\0';
	return 0;
}

/* Walk a normalized path up to its first link, or its end. */
static int walk(struct at *at, const char *path, struct link *ret)
{
	struct mount_object dir = at->is;
	bool ours = true;
	size_t end = 0;
	int r;

	ret->found = false;
	while (path[end] != '\0') {
		size_t begin = end, length = strcspn(path + begin + 1, "/");

		r = step(at, path + begin + 1, length);
		if (r < 0)
			return r;
		end = begin + 1 + length;
		if (S_ISLNK(at->is.mode)) {
			ret->found = true;
			ret->of_system =
			    ours && only_root_writes(&dir) && at->is.uid == 0 && system_directory(path, begin);
			ret->begin = begin;
			ret->end = end;
			return read_link(at->fd, ret);
		}
		ours = ours && holds_safely(&dir, &at->is) && at->is.uid == 0;
		dir = at->is;
	}
	return 0;
}

/* The target in the link's place. */
static int substitute(char path[PATH_MAX], const struct link *l)
{
	char made[PATH_MAX];
	int before = l->target[0] == '/' ? 0 : (int)l->begin;
	int n = snprintf(made, sizeof(made), "%.*s/%s%s", before, path, l->target, path + l->end);

	if (n < 0 || (size_t)n >= sizeof(made))
		return -ENAMETOOLONG;
	normalize(made);
	memcpy(path, made, strlen(made) + 1);
	return 0;
}

static int refuse_link(const char *asked, char path[PATH_MAX], const struct link *l, struct jail_error *err)
{
	(void)jail_error_set(
	    err, ELOOP, "%s: %.*s is a symbolic link, and none is followed there", asked, (int)l->end, path);
	if (substitute(path, l) < 0)
		return -ELOOP;
	return jail_error_hint(err, ELOOP, "write where it leads, if that is what is meant: %s", path);
}

static int cannot(const char *asked, int r, struct jail_error *err)
{
	if (r != -EPERM)
		return jail_error_sys(err, -r, "%s", asked);
	(void)jail_error_set(
	    err, EPERM, "%s: the file system there is served by an ordinary user's program (FUSE)", asked);
	return jail_error_hint(err, EPERM, "that program need not answer: name a place in a file system of the host's");
}

/*
 * Walk `path` from `root_fd`, or from the host's root. 0: `ret` is what it names; 1: a link stands in the way, `l`;
 * anything else is an error that is told.
 */
static int walk_from(
    int root_fd, const char *asked, const char *path, struct link *l, struct at *ret, struct jail_error *err)
{
	struct at at = {.fd = -1};
	int r = begin_at(root_fd, &at);

	if (r == 0)
		r = walk(&at, path, l);
	if (r == 0 && !l->found) {
		*ret = at;
		return 0;
	}
	(void)close_fd(at.fd);
	return r < 0 ? cannot(asked, r, err) : 1;
}

/* From the host's root; behind each link that may be followed from there again, and *path has its target. */
static int follow(const char *asked, char path[PATH_MAX], struct at *ret, struct jail_error *err)
{
	struct link l;

	for (unsigned i = 0; i <= LINKS_MAX; i++) {
		int r = walk_from(-1, asked, path, &l, ret, err);

		if (r <= 0)
			return r;
		if (!l.of_system)
			return refuse_link(asked, path, &l, err);
		r = substitute(path, &l);
		if (r < 0)
			return cannot(asked, r, err);
	}
	return jail_error_set(err, ELOOP, "%s: more than %d symbolic links are on the way", asked, LINKS_MAX);
}

/* Walk beneath `root_fd`, or as far as links lead from the host's root. `path` is put in order. */
static int go(int root_fd, const char *asked, char path[PATH_MAX], struct at *ret, struct jail_error *err)
{
	bool beneath = normalize(path);
	struct link l;
	int r;

	if (root_fd < 0)
		return follow(asked, path, ret, err);
	if (!beneath)
		return cannot(asked, -EXDEV, err);
	r = walk_from(root_fd, asked, path, &l, ret, err);
	if (r <= 0)
		return r;
	(void)jail_error_set(err, ELOOP, "%s: a symbolic link is on the way, and none is followed there", asked);
	return jail_error_hint(err, ELOOP, "write where it leads, if that is what is meant");
}

int host_path_cached(int root_fd, const char *path, uint64_t flags)
{
	uint64_t resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_CACHED;
	_cleanup_close_ int fd = -1;
	struct mount_object o;
	int r;

	if (root_fd >= 0) {
		path += strspn(path, "/");
		resolve |= RESOLVE_BENEATH;
	}
	fd = sys_openat2(root_fd >= 0 ? root_fd : AT_FDCWD,
	    path[0] != '\0' ? path
	    : root_fd >= 0  ? "."
			    : "/",
	    flags, 0, resolve);
	r = fd < 0 ? negative_errno() : mount_object(fd, &o);
	if (r < 0)
		return r;
	/* What is in memory now may have to be asked for the next time. */
	return served_by(&o) == SERVED_BY_USER ? -EPERM : take_fd(&fd);
}

static int check_path(int root_fd, const char *path, char ret[PATH_MAX], struct jail_error *err)
{
	size_t n = strlen(path);

	if (root_fd < 0 && path[0] != '/')
		return jail_error_set(err, EINVAL, "%s is not absolute", path);
	if (n + 2 > PATH_MAX)
		return cannot(path, -ENAMETOOLONG, err);
	ret[0] = '/';
	memcpy(ret + 1, path, n + 1);
	return 0;
}

int host_path_open(int root_fd, const char *path, uint64_t flags, struct jail_error *err)
{
	char real[PATH_MAX];
	struct at at;
	int fd, r = check_path(root_fd, path, real, err);

	if (r < 0)
		return r;
	fd = host_path_cached(root_fd, path, O_PATH | flags);
	if (fd >= 0)
		return fd;
	if (fd != -EAGAIN && fd != -ELOOP)
		return cannot(path, fd, err);
	r = go(root_fd, path, real, &at, err);
	if (r < 0)
		return r;
	if ((flags & O_DIRECTORY) == 0 || S_ISDIR(at.is.mode))
		return at.fd;
	(void)close_fd(at.fd);
	return cannot(path, -ENOTDIR, err);
}

/* What is there already has been looked at; where nothing was, a user's mount that comes meanwhile is not entered. */
static int open_last(struct at *dir, const char *name, uint64_t flags, uint32_t mode)
{
	struct at at = {.fd = fcntl(dir->fd, F_DUPFD_CLOEXEC, 0), .is = dir->is};
	uint64_t resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV;
	char link[32];
	int fd, r = at.fd < 0 ? negative_errno() : step(&at, name, strlen(name));

	if (r == 0 && at.is.mount != dir->is.mount && !S_ISLNK(at.is.mode)) {
		/* A file that root has mounted there. */
		(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", at.fd);
		fd = open(link, (int)(flags & ~(uint64_t)(O_CREAT | O_EXCL | O_NOFOLLOW)) | O_CLOEXEC);
		r = fd < 0 ? negative_errno() : fd;
	} else if (r == 0 || r == -ENOENT) {
		fd = sys_openat2(dir->fd, name, flags, (flags & O_CREAT) != 0 ? mode : 0, resolve);
		r = fd < 0 ? negative_errno() : fd;
	}
	(void)close_fd(at.fd);
	return r;
}

int host_path_create(int root_fd, const char *path, uint64_t flags, uint32_t mode, struct jail_error *err)
{
	char real[PATH_MAX], *last;
	struct at at;
	int fd, r = check_path(root_fd, path, real, err);

	/* Afterwards `real` has no links, whether the file is there or not. */
	if (r == 0 && (r = go(root_fd, path, real, &at, err)) == 0)
		(void)close_fd(at.fd);
	if (r < 0 && r != -ENOENT)
		return r;
	last = strrchr(real, '/');
	if (last == NULL)
		return cannot(path, -EISDIR, err);
	*last = '\0';
	r = go(root_fd, path, real, &at, err);
	if (r < 0)
		return r;
	fd = open_last(&at, last + 1, flags, mode);
	(void)close_fd(at.fd);
	return fd < 0 ? cannot(path, fd, err) : fd;
}

/* ---------------------------------------------------------------------------------------------------- identity */

int host_path_name(int fd, char *ret, size_t size)
{
	char link[32];
	ssize_t n;

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, ret, size);
	if (n < 0 || (size_t)n >= size)
		return n < 0 ? negative_errno() : -ENAMETOOLONG;
	ret[n] = '\0';
	return 0;
}

int host_identity_of(int fd, struct host_identity *ret)
{
	struct {
		_Alignas(struct file_handle) unsigned char room[sizeof(struct file_handle) + HOST_HANDLE_MAX];
	} space;
	struct file_handle *handle = (struct file_handle *)(void *)space.room;
	struct host_identity id = {0};
	struct stat st;
	int mount;

	if (fstat(fd, &st) < 0)
		return negative_errno();
	id.device = st.st_dev;
	id.inode = st.st_ino;
	handle->handle_bytes = HOST_HANDLE_MAX;
	if (name_to_handle_at(fd, "", handle, &mount, AT_EMPTY_PATH) < 0) {
		/* The file system has no handles, larger ones, or the kernel has none at all. */
		if (errno != EOPNOTSUPP && errno != EOVERFLOW && errno != ENOSYS)
			return negative_errno();
	} else {
		id.handle_type = handle->handle_type;
		id.handle_size = handle->handle_bytes;
		memcpy(id.handle, handle->f_handle, handle->handle_bytes);
	}
	*ret = id;
	return 0;
}

bool host_identity_same(const struct host_identity *a, const struct host_identity *b)
{
	return a->device == b->device && a->inode == b->inode && a->handle_type == b->handle_type &&
	       a->handle_size == b->handle_size && memcmp(a->handle, b->handle, sizeof(a->handle)) == 0;
}

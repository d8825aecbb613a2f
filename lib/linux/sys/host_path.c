/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * host_path.c: see host_path.h. A path without links is opened by one call. Where the kernel meets a link, the path is
 * walked by descriptors up to that link; if it may be followed, its target takes its place in the path, as text, and
 * the kernel is asked again: so what is opened in the end is always reached without any link.
 */
#include "host_path.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "../../error.h"
#include "../sys.h"

#define LINKS_MAX 40 /* as the kernel's */

/* The first link of a path. */
struct link {
	bool found;
	bool of_system;	   /* it may be followed */
	size_t begin, end; /* its name in the path, "/" in front */
	char target[PATH_MAX];
};

/* Can only root change this file, or what is in this directory? */
static bool only_root_writes(const struct stat *st)
{
	return st->st_uid == 0 && (st->st_mode & 022) == 0;
}

/* Where everybody may write (/tmp), the sticky bit protects root's directories: those can't be linked or moved there.
 */
static bool holds_safely(const struct stat *dir, const struct stat *st)
{
	return only_root_writes(dir) || (dir->st_uid == 0 && (dir->st_mode & S_ISVTX) != 0 && S_ISDIR(st->st_mode));
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

/* Put a path in order: one slash between components, none behind the last; ".." takes one off. */
static void normalize(char *path)
{
	char *to = path;
	const char *at = path;

	while (*at != '\0') {
		size_t n;

		at += strspn(at, "/");
		n = strcspn(at, "/");
		if (n == 2 && memcmp(at, "..", 2) == 0) {
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
}

/* One component: the link itself, where it is one. */
static int open_component(int dirfd, const char *name, size_t length, struct stat *ret)
{
	char component[NAME_MAX + 1];
	int fd;

	if (length > NAME_MAX)
		return -ENAMETOOLONG;
	memcpy(component, name, length);
	component[length] = '\0';
	fd = sys_openat2(dirfd, component, O_PATH | O_NOFOLLOW, 0, RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS);
	if (fd < 0)
		return negative_errno();
	if (fstat(fd, ret) == 0)
		return fd;
	(void)close_fd(fd);
	return negative_errno();
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

/*
 * Walk a normalized path up to its first link. `ret_trusted`, where no link was found: the file and all directories on
 * the way are root's alone.
 */
static int walk(const char *path, struct link *ret, bool *ret_trusted)
{
	_cleanup_close_ int at = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct stat dir, st;
	bool ours = true;
	size_t end = 0;

	ret->found = false;
	if (at < 0 || fstat(at, &dir) < 0)
		return negative_errno();
	while (path[end] != '\0') {
		size_t begin = end, length = strcspn(path + begin + 1, "/");
		int fd = open_component(at, path + begin + 1, length, &st);

		if (fd < 0)
			return fd;
		(void)close_fd(at);
		at = fd;
		end = begin + 1 + length;
		if (S_ISLNK(st.st_mode)) {
			ret->found = true;
			ret->of_system =
			    ours && only_root_writes(&dir) && st.st_uid == 0 && system_directory(path, begin);
			ret->begin = begin;
			ret->end = end;
			return read_link(at, ret);
		}
		ours = ours && holds_safely(&dir, &st) && st.st_uid == 0;
		dir = st;
	}
	*ret_trusted = ours;
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

/* Behind the first link that the kernel met: *path becomes one without links. */
static int follow(const char *asked, char path[PATH_MAX], bool *ret_trusted, struct jail_error *err)
{
	struct link l;

	*ret_trusted = false;
	for (unsigned i = 0; i <= LINKS_MAX; i++) {
		int r = walk(path, &l, ret_trusted);

		if (r < 0)
			return jail_error_sys(err, -r, "%s", asked);
		if (!l.found)
			return 0;
		if (!l.of_system)
			return refuse_link(asked, path, &l, err);
		r = substitute(path, &l);
		if (r < 0)
			return jail_error_sys(err, -r, "%s", asked);
	}
	return jail_error_set(err, ELOOP, "%s: more than %d symbolic links are on the way", asked, LINKS_MAX);
}

static int open_plainly(int root_fd, const char *path, uint64_t flags, uint32_t mode)
{
	const uint64_t resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
	int fd;

	if (root_fd < 0) {
		fd = sys_openat2(AT_FDCWD, path[0] != '\0' ? path : "/", flags, mode, resolve);
	} else {
		path += strspn(path, "/");
		fd = sys_openat2(root_fd, path[0] != '\0' ? path : ".", flags, mode, resolve | RESOLVE_BENEATH);
	}
	return fd < 0 ? negative_errno() : fd;
}

/* Where the path leads without links, in *ret. */
static int resolve(const char *path, char ret[PATH_MAX], bool *ret_trusted, struct jail_error *err)
{
	char here[PATH_MAX] = "";
	int n;

	if (path[0] != '/' && getcwd(here, sizeof(here)) == NULL)
		return jail_error_sys(err, errno, "cannot name the current directory");
	n = snprintf(ret, PATH_MAX, "%s/%s", here, path);
	if (n < 0 || n >= PATH_MAX)
		return jail_error_sys(err, ENAMETOOLONG, "%s", path);
	normalize(ret);
	return follow(path, ret, ret_trusted, err);
}

int host_path_create(int root_fd, const char *path, uint64_t flags, uint32_t mode, struct jail_error *err)
{
	char real[PATH_MAX];
	bool trusted;
	int fd, r;

	if (root_fd < 0 && path[0] != '/')
		return jail_error_set(err, EINVAL, "%s is not absolute", path);
	fd = open_plainly(root_fd, path, flags, mode);
	if (fd >= 0)
		return fd;
	if (fd != -ELOOP)
		return jail_error_sys(err, -fd, "%s", path);
	if (root_fd >= 0) {
		(void)jail_error_set(err, ELOOP, "%s: a symbolic link is on the way, and none is followed there", path);
		return jail_error_hint(err, ELOOP, "write where it leads, if that is what is meant");
	}
	r = resolve(path, real, &trusted, err);
	if (r < 0)
		return r;
	fd = open_plainly(-1, real, flags, mode);
	return fd < 0 ? jail_error_sys(err, -fd, "%s", path) : fd;
}

int host_path_open(int root_fd, const char *path, uint64_t flags, struct jail_error *err)
{
	return host_path_create(root_fd, path, flags, 0, err);
}

static bool is_device(const struct stat *st)
{
	return S_ISBLK(st->st_mode) || S_ISCHR(st->st_mode);
}

int host_path_open_trusted(const char *path, uint64_t flags, struct jail_error *err)
{
	char real[PATH_MAX];
	struct stat st;
	bool trusted;
	int fd, r = resolve(path, real, &trusted, err);

	if (r < 0)
		return r;
	fd = trusted ? open_plainly(-1, real, flags, 0) : -EPERM;
	/* Nobody but root can have put another in its place since. */
	if (fd >= 0 && (fstat(fd, &st) < 0 || (!is_device(&st) && !only_root_writes(&st)))) {
		(void)close_fd(fd);
		fd = -EPERM;
	}
	if (fd == -EPERM) {
		(void)jail_error_set(err, EPERM, "%s can be changed by others than root", path);
		return jail_error_hint(err, EPERM,
		    "give it and the directories that lead there to root, and let nobody else write (chmod go-w)");
	}
	return fd < 0 ? jail_error_sys(err, -fd, "%s", path) : fd;
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

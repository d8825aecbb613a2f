/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * output_file.c: see output_file.h. A directory is opened once, and all that happens to a file happens beneath that
 * descriptor: whoever may rename a directory on the way, or put a link there, directs nothing.
 */
#include "output_file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "../lib/util.h"

#define LINKS_MAX 8

/* The length of the first component that may be a link of the host's system: "/run" or "/var/run"; 0: none. */
static size_t first_of_system(const char *path)
{
	size_t above = strncmp(path, "/var/", 5) == 0 ? 4 : 0;

	return path[0] == '/' ? above + 1 + strcspn(path + above + 1, "/") : 0;
}

/* Put the target of root's link in its place. 1: done; 0: there is no such link. */
static int expand(char path[static PATH_MAX], size_t length)
{
	char link[PATH_MAX], target[PATH_MAX], made[PATH_MAX];
	struct stat st;
	ssize_t n;
	int all;

	memcpy(link, path, length);
	link[length] = '\0';
	if (lstat(link, &st) < 0 || !S_ISLNK(st.st_mode) || st.st_uid != 0)
		return 0;
	n = readlink(link, target, sizeof(target) - 1);
	if (n < 0)
		return negative_errno();
	target[n] = '\0';
	*strrchr(link, '/') = '\0';
	all = target[0] == '/' ? snprintf(made, sizeof(made), "%s%s", target, path + length)
			       : snprintf(made, sizeof(made), "%s/%s%s", link, target, path + length);
	if (all < 0 || (size_t)all >= sizeof(made))
		return -ENAMETOOLONG;
	memcpy(path, made, (size_t)all + 1);
	return 1;
}

static int open_directory(const char *path)
{
	struct open_how how = {
	    .flags = O_PATH | O_DIRECTORY | O_CLOEXEC, .resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS};
	int fd = (int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how));

	return fd < 0 ? negative_errno() : fd;
}

int output_directory(const char *path, char ret_name[static NAME_MAX + 1])
{
	const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
	char directory[PATH_MAX] = ".";
	size_t length = slash != NULL ? (size_t)(slash - path) : 0;
	int fd = -ELOOP;

	if (name[0] == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return -EISDIR;
	if (strlen(name) > NAME_MAX || length >= sizeof(directory))
		return -ENAMETOOLONG;
	if (slash != NULL)
		(void)snprintf(directory, sizeof(directory), "%.*s", length > 0 ? (int)length : 1, path);
	for (unsigned links = 0; links < LINKS_MAX; links++) {
		size_t first;
		int r;

		fd = open_directory(directory);
		if (fd != -ELOOP || (first = first_of_system(directory)) == 0)
			break;
		r = expand(directory, first);
		if (r <= 0) {
			fd = r < 0 ? r : fd;
			break;
		}
	}
	if (fd >= 0)
		memcpy(ret_name, name, strlen(name) + 1);
	return fd;
}

int output_file(int dirfd, const char *name)
{
	/* No FIFO is waited for, and no device is opened as a terminal. */
	_cleanup_close_ int fd =
	    openat(dirfd, name, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0644);
	struct stat st;

	if (fd < 0)
		return errno == ENXIO || errno == ELOOP ? -EEXIST : negative_errno();
	if (fstat(fd, &st) < 0)
		return negative_errno();
	if (!S_ISREG(st.st_mode) || st.st_nlink != 1 || (st.st_uid != 0 && st.st_uid != geteuid()))
		return -EEXIST;
	if (ftruncate(fd, 0) < 0 || fcntl(fd, F_SETFL, O_APPEND) < 0)
		return negative_errno();
	return take_fd(&fd);
}

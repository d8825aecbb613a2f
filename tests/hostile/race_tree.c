/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * race_tree.c: see race.h.
 */
#include "race.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH 512

static int make_dirs(const char *top, const char *const *list)
{
	char path[PATH];

	for (; *list != NULL; list++)
		if (snprintf(path, sizeof(path), "%s/%s", top, *list) < 0 || (mkdir(path, 0755) < 0 && errno != EEXIST))
			return -1;
	return 0;
}

static int make_text(const char *top, const char *name, const char *text, mode_t mode)
{
	char path[PATH];
	int fd, r;

	(void)snprintf(path, sizeof(path), "%s/%s", top, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return -1;
	r = write(fd, text, strlen(text)) == (ssize_t)strlen(text) && fchmod(fd, mode) == 0 ? 0 : -1;
	(void)close(fd);
	return r;
}

static int copy_program(const char *top, const char *name, const char *program)
{
	char path[PATH];
	struct stat st;
	int from = open(program, O_RDONLY | O_CLOEXEC), to, r = -1;

	(void)snprintf(path, sizeof(path), "%s/bin/%s", top, name);
	to = from < 0 ? -1 : open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
	if (to >= 0 && fstat(from, &st) == 0 && sendfile(to, from, NULL, (size_t)st.st_size) == st.st_size)
		r = 0;
	if (from >= 0)
		(void)close(from);
	if (to >= 0)
		(void)close(to);
	return r;
}

/* What every tree has: a jail's, and a canary, so that whoever is led there finds what it would find at home. */
static int make_plain(const char *top, const char *program)
{
	static const char *const dirs[] = {
	    "", "bin", "dev", "proc", "sys", "etc", "tmp", "mnt", "mnt/sub", "media", "log", NULL};

	if (make_dirs(top, dirs) < 0 || copy_program(top, "race_inside", program) < 0 ||
	    copy_program(top, "sh", program) < 0 ||
	    make_text(top, "etc/passwd", "root:x:0:0::/:/bin/sh\nworker:x:1000:1000::/:/bin/sh\n", 0644) < 0 ||
	    make_text(top, "etc/group", "root:x:0:\nworker:x:1000:\n", 0644) < 0)
		return -1;
	return make_text(top, "log/console", "", 0644);
}

static int make_jail_tree(const char *dir, const char *name, const char *program)
{
	char top[PATH];

	(void)snprintf(top, sizeof(top), "%s/trees/%s", dir, name);
	return make_plain(top, program) < 0 ? -1 : make_text(top, "race-tree", "", 0644);
}

static int make_canary(const char *top, const char *program)
{
	static const char *const dirs[] = {"g", "c", "d", "u", "w", "s", "up", "sub", "share", "export", "build", NULL};
	static const char *const marked[] = {"", "etc", "mnt", "log", "media", "g", "c", "sub", "export", "dev", NULL};
	char path[PATH];

	if (make_plain(top, program) < 0 || make_dirs(top, dirs) < 0)
		return -1;
	for (const char *const *m = marked; *m != NULL; m++) {
		if (snprintf(path, sizeof(path), "%s/%s", top, *m) < 0 ||
		    make_text(path, "canary-secret", RACE_SECRET, 0600) < 0 ||
		    make_text(path, "canary-public", RACE_SECRET, 0644) < 0 ||
		    make_text(path, "console", RACE_SECRET "\n", 0644) < 0)
			return -1;
	}
	return 0;
}

static int make_family(const char *dir, const char *program)
{
	static const char *const trees[] = {"p", "p/c", "p/c/g", "p/c/d", "p/s", "p/base", NULL};
	static const char *const dirs[] = {"share", "u", "up", "build", "vault", "v2", "c/share", NULL};
	char top[PATH];

	for (const char *const *t = trees; *t != NULL; t++)
		if (make_jail_tree(dir, *t, program) < 0)
			return -1;
	(void)snprintf(top, sizeof(top), "%s/trees/p", dir);
	return make_dirs(top, dirs);
}

static int make_sibling(const char *dir, const char *name, const char *program)
{
	static const char *const dirs[] = {"export", "export/sub", "up", "w", "share", NULL};
	char top[PATH];

	(void)snprintf(top, sizeof(top), "%s/trees/%s", dir, name);
	return make_jail_tree(dir, name, program) < 0 ? -1 : make_dirs(top, dirs);
}

static int make_tree(const char *dir, const char *tree, const char *program)
{
	return strcmp(tree, "p") == 0 ? make_family(dir, program) : make_sibling(dir, tree, program);
}

int race_prepare(const char *dir, const char *program)
{
	static const char *const dirs[] = {"trees", "far", "vault", NULL};
	static const char *const canaries[] = {"trees/canary-near", "far/canary-etc", "vault/secret", NULL};
	char top[PATH];

	if (chmod(dir, 0755) < 0 || make_dirs(dir, dirs) < 0)
		return -1;
	for (const char *const *c = canaries; *c != NULL; c++) {
		(void)snprintf(top, sizeof(top), "%s/%s", dir, *c);
		if (make_canary(top, program) < 0)
			return -1;
	}
	(void)snprintf(top, sizeof(top), "%s/base", dir);
	if (make_plain(top, program) < 0 || make_text(top, "race-tree", "", 0644) < 0)
		return -1;
	return make_tree(dir, "p", program) < 0 || make_tree(dir, "a", program) < 0 ? -1 : make_tree(dir, "b", program);
}

/* Everything in it; a mount is left as it is, and is an error. */
static int empty(int dirfd)
{
	DIR *d = fdopendir(dirfd);
	struct dirent *e;
	int r = d == NULL ? -1 : 0;

	while (r == 0 && (e = readdir(d)) != NULL) {
		int fd;

		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		if (unlinkat(dirfd, e->d_name, 0) == 0)
			continue;
		fd = openat(dirfd, e->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		r = fd < 0 ? -1 : empty(fd);
		if (r == 0)
			r = unlinkat(dirfd, e->d_name, AT_REMOVEDIR);
	}
	if (d != NULL)
		(void)closedir(d);
	else
		(void)close(dirfd);
	return r;
}

int race_rebuild(const char *dir, const char *tree, const char *program)
{
	char top[PATH];
	int fd;

	(void)snprintf(top, sizeof(top), "%s/trees/%s", dir, tree);
	fd = open(top, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 || empty(fd) < 0 ? -1 : make_tree(dir, tree, program);
}

int race_open_secret(const char *dir)
{
	char top[PATH];

	(void)snprintf(top, sizeof(top), "%s/vault/secret", dir);
	return open(top, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* ---------------------------------------------------------------------------------------------- what is there */

static unsigned long sum_content(int dirfd, const char *name)
{
	int fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOATIME | O_CLOEXEC);
	unsigned long h = 1;
	unsigned char buf[4096];
	ssize_t n;

	while (fd >= 0 && (n = read(fd, buf, sizeof(buf))) > 0)
		for (ssize_t i = 0; i < n; i++)
			h = h * 1099511628211UL + buf[i];
	if (fd >= 0)
		(void)close(fd);
	return h;
}

static void describe_one(FILE *out, int dirfd, const char *path, const char *name)
{
	struct stat st;

	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH) < 0) {
		(void)fprintf(out, "%s: %s\n", path, strerror(errno));
		return;
	}
	(void)fprintf(out, "%s: dev %lx ino %lu mode %o links %lu owner %u:%u size %ld mtime %ld.%09ld ctime %ld.%09ld",
	    path, (unsigned long)st.st_dev, (unsigned long)st.st_ino, st.st_mode, (unsigned long)st.st_nlink, st.st_uid,
	    st.st_gid, (long)st.st_size, (long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec, (long)st.st_ctim.tv_sec,
	    st.st_ctim.tv_nsec);
	if (S_ISREG(st.st_mode))
		(void)fprintf(out, " content %lx", sum_content(dirfd, name));
	(void)fprintf(out, "\n");
}

static int skip_dots(const struct dirent *e)
{
	return strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
}

static void describe(FILE *out, int dirfd, const char *path)
{
	struct dirent **list = NULL;
	int n = scandirat(dirfd, ".", &list, skip_dots, alphasort);

	describe_one(out, dirfd, path, "");
	for (int i = 0; i < n; i++) {
		char deeper[PATH];
		int fd = openat(dirfd, list[i]->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NOATIME | O_CLOEXEC);

		(void)snprintf(deeper, sizeof(deeper), "%s/%s", path, list[i]->d_name);
		if (fd >= 0) {
			describe(out, fd, deeper);
			(void)close(fd);
		} else {
			describe_one(out, dirfd, deeper, list[i]->d_name);
		}
		free(list[i]);
	}
	free(list);
}

char *race_describe(int dirfd)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (out == NULL)
		return NULL;
	describe(out, dirfd, "");
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

const char *race_differs(const char *before, const char *after, char *ret, size_t size)
{
	if (strcmp(before, after) == 0)
		return NULL;
	while (*after != '\0') {
		size_t length = strcspn(after, "\n"), copy = length < size - 1 ? length : size - 1;

		memcpy(ret, after, copy);
		ret[copy] = '\0';
		if (length >= size || strstr(before, ret) == NULL)
			return ret;
		after += length + (after[length] == '\n');
	}
	ret[0] = '\0';
	return ret;
}

const char *race_mounted(int pid, char *ret, size_t size)
{
	char path[64];
	FILE *f;
	bool seen = false;

	(void)snprintf(path, sizeof(path), "/proc/%d/mountinfo", pid);
	f = fopen(path, "re");
	if (f == NULL)
		return NULL;
	while (!seen && fgets(ret, (int)size, f) != NULL)
		seen = strstr(ret, "/canary-near") != NULL || strstr(ret, "/canary-etc") != NULL;
	(void)fclose(f);
	ret[strcspn(ret, "\n")] = '\0';
	return seen ? ret : NULL;
}

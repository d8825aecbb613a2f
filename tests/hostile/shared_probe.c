/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shared_probe.c: says what can be read of a tree, one line an entry, so that two answers can be compared: with -u UID
 * as that user without groups or capabilities, on the host; without, as whoever runs it, in a jail. With -a it first
 * tries all it can to make each entry readable. -l PATH listens at a socket until it is killed, -d PATH says whether
 * somebody listens there. It may not know which of the answers is right.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#define NAMES_MAX 1024

static bool attack;

static const char *word(int r)
{
	return r >= 0 ? "yes" : errno == EACCES || errno == EPERM ? "denied" : "no";
}

/* What root of a jail can do about a file that it can't read. All of it may fail. */
static void try_hard(int dir, const char *name, const struct stat *st)
{
	char other[NAME_MAX + 8];
	int fd;

	(void)snprintf(other, sizeof(other), "%.200s.moved", name);
	(void)!fchmodat(dir, name, 0777, 0);
	(void)!fchownat(dir, name, getuid(), getgid(), AT_SYMLINK_NOFOLLOW);
	if (S_ISREG(st->st_mode) && (fd = openat(dir, name, O_RDWR | O_CLOEXEC)) >= 0)
		(void)close(fd);
	if (linkat(dir, name, dir, other, 0) == 0)
		(void)unlinkat(dir, other, 0);
	if (renameat(dir, name, dir, other) == 0)
		(void)renameat(dir, other, dir, name);
}

static const char *read_file(int dir, const char *name, char *text, size_t size)
{
	int fd = openat(dir, name, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, size - 1);

	if (fd < 0)
		return word(-1);
	text[n > 0 ? n : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	(void)close(fd);
	return text;
}

static const char *dial(int dir, const char *name)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), r;

	(void)snprintf(to.sun_path, sizeof(to.sun_path), "/proc/self/fd/%d/%s", dir, name);
	r = connect(s, (struct sockaddr *)&to, sizeof(to));
	r = r < 0 && errno == EACCES ? -1 : 0;
	(void)close(s);
	return word(r);
}

/* The extended attributes: of user, which follow the mode; of security, which everybody may read. */
static void print_attributes(int dir, const char *name)
{
	char path[PATH_MAX], value[64];

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d/%s", dir, name);
	printf(" user=%s", word((int)lgetxattr(path, "user.shared", value, sizeof(value))));
	printf(" capability=%s", lgetxattr(path, "security.capability", value, sizeof(value)) > 0 ? "yes" : "no");
}

static void walk(int dir, const char *at);

static void print_entry(int dir, const char *at, const char *name)
{
	char text[256], path[PATH_MAX];
	struct stat st;
	int sub;

	(void)snprintf(path, sizeof(path), "%s/%s", at, name);
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		printf("%s: %s\n", path, word(-1));
		return;
	}
	if (attack)
		try_hard(dir, name, &st);
	else
		printf("%s: %o %u:%u", path, st.st_mode, st.st_uid, st.st_gid);
	if (attack)
		printf("%s:", path);
	if (S_ISREG(st.st_mode) || S_ISFIFO(st.st_mode))
		printf(" read=%s", read_file(dir, name, text, sizeof(text)));
	if (S_ISSOCK(st.st_mode))
		printf(" dial=%s", dial(dir, name));
	if (S_ISLNK(st.st_mode))
		printf(" link=%s", word((int)readlinkat(dir, name, text, sizeof(text))));
	if (S_ISREG(st.st_mode))
		print_attributes(dir, name);
	if (!S_ISDIR(st.st_mode)) {
		printf("\n");
		return;
	}
	sub = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	printf(" list=%s", word(sub));
	if (sub < 0)
		sub = openat(dir, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	printf(" known=%s\n", read_file(sub, "known", text, sizeof(text)));
	walk(sub, path);
	(void)close(sub);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void walk(int dir, const char *at)
{
	char *names[NAMES_MAX];
	size_t n = 0;
	int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = copy < 0 ? NULL : fdopendir(copy);

	if (d == NULL)
		return;
	for (struct dirent *e; (e = readdir(d)) != NULL && n < NAMES_MAX;)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			names[n++] = strdup(e->d_name);
	(void)closedir(d);
	qsort(names, n, sizeof(names[0]), by_name);
	for (size_t i = 0; i < n; i++) {
		if (names[i] == NULL)
			exit(70);
		print_entry(dir, at, names[i]);
		free(names[i]);
	}
}

/* listen(2) at a path, or connect(2) to it: prints what came of it. */
static int meet(const char *path, bool serve)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), r;

	if (s < 0 || snprintf(at.sun_path, sizeof(at.sun_path), "%s", path) >= (int)sizeof(at.sun_path))
		return 70;
	if (!serve) {
		r = connect(s, (struct sockaddr *)&at, sizeof(at));
		(void)puts(r == 0 ? "connected" : "nobody");
		return close(s) == 0 ? 0 : 70;
	}
	if (bind(s, (struct sockaddr *)&at, sizeof(at)) < 0 || chmod(path, 0666) < 0 || listen(s, 8) < 0)
		return 70;
	(void)puts("listens");
	(void)fflush(stdout);
	for (;;)
		(void)pause();
}

int main(int argc, char *argv[])
{
	int option, dir;

	while ((option = getopt(argc, argv, "ad:l:u:")) != -1) {
		gid_t id = option == 'u' ? (gid_t)strtoul(optarg, NULL, 10) : 0;

		if (option == 'd' || option == 'l')
			return meet(optarg, option == 'l');
		attack |= option == 'a';
		if (option == 'u' && (setgroups(0, NULL) < 0 || setgid(id) < 0 || setuid(id) < 0))
			return 70;
	}
	dir = optind < argc ? open(argv[optind], O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	if (dir < 0)
		return 64;
	walk(dir, "");
	return fflush(stdout) == 0 ? 0 : 74;
}

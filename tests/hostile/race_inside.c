/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * race_inside: root in a jail whose tree the host's tools walk. It puts links, FIFOs, sockets, files and other
 * directories in the place of the names that the tools are given, for a moment each, and looks for the canary: a file
 * whose name begins with "canary-" lies in directories that no jail has. What it finds is one line on standard output.
 *
 *	race_inside churn TAG SEED SECONDS FAR	in the background until the jail ends; FAR is the host's path of a
 *canary race_inside look TAG			once; ends with 3 when a canary is seen race_inside say
 *a line of text, for a console log
 *
 * It does nothing in a tree that is not marked as one of the test's.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#define EXCHANGE 2 /* RENAME_EXCHANGE */
#define DEPTH 6
#define PATH 300

/* As the host's tools name them, seen from each of the jails. */
static const char *const names[] = {"/c", "/c/g", "/log/console", "/log", "/u", "/export", "/export/sub", "/w", "/up",
    "/log/console", "/g", "/d", "/log/console", "/log", "/share", "/c/log/console", "/c/log", "/c/d", "/vault",
    "/build", "/v2", "/s", "/c/mnt", "/c/g/mnt", "/c/etc", "/c/etc/passwd", "/g/mnt", "/g/etc", "/d/mnt", "/mnt",
    "/mnt/sub", "/media", "/etc", "/etc/passwd", "/etc/group", "/u/etc", "/.u.jail-work", "/.up.jail-work", "/w/etc",
    "/.w.jail-work", "/base", "/base/etc", "/s/mnt", "/build/secret", "/c/dev", "/c/proc", "/s/dev", "/u/dev"};
#define NAMES (sizeof(names) / sizeof(names[0]))

/* Those that the tools name most, by the jail: `count` from `first` on. */
static const struct {
	const char *tag;
	unsigned first, count;
} hot[] = {{"p", 0, 5}, {"-a", 5, 5}, {".c", 10, 5}};

static const char *tag = "x", *far;
static uint32_t state = 1;
static bool found;

static unsigned draw(unsigned below)
{
	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state % below;
}

static void pause_us(unsigned us)
{
	struct timespec t = {.tv_sec = us / 1000000, .tv_nsec = (long)(us % 1000000) * 1000};

	(void)nanosleep(&t, NULL);
}

/* It can be written, then, too: what the host looks for afterwards. */
static void report(int dirfd, const char *path, const char *name)
{
	char text[128] = "";
	int fd = openat(dirfd, name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);

	found = true;
	text[n > 0 ? n : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	(void)printf("FOUND %s sees %s/%s: \"%s\"\n", tag, path, name, text);
	(void)fflush(stdout);
	if (fd >= 0)
		(void)close(fd);
	fd = openat(dirfd, "owned", O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 04755);
	if (fd >= 0)
		(void)close(fd);
}

static void look(int dirfd, const char *path, unsigned depth)
{
	DIR *d = fdopendir(dirfd);
	struct dirent *e;

	while (d != NULL && (e = readdir(d)) != NULL) {
		char deeper[PATH];
		struct stat st;
		int fd;

		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		if (strncmp(e->d_name, "canary-", 7) == 0)
			report(dirfd, path, e->d_name);
		if (depth == 0 || strcmp(e->d_name, "proc") == 0 || strcmp(e->d_name, "sys") == 0)
			continue;
		if (fstatat(dirfd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISDIR(st.st_mode))
			continue;
		if ((size_t)snprintf(deeper, sizeof(deeper), "%s/%s", path, e->d_name) >= sizeof(deeper))
			continue;
		fd = openat(dirfd, e->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd >= 0)
			look(fd, deeper, depth - 1);
	}
	if (d != NULL)
		(void)closedir(d);
	else
		(void)close(dirfd);
}

static void look_all(void)
{
	int fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0)
		look(fd, "", DEPTH);
}

static bool is_dir(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool wants_file(const char *name)
{
	const char *base = strrchr(name, '/') + 1;

	return strcmp(base, "console") == 0 || strcmp(base, "passwd") == 0 || strcmp(base, "group") == 0;
}

static int exchange(const char *a, const char *b)
{
	return (int)syscall(SYS_renameat2, AT_FDCWD, a, AT_FDCWD, b, EXCHANGE);
}

static void make_socket(const char *path)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (s >= 0 && strlen(path) < sizeof(a.sun_path)) {
		memcpy(a.sun_path, path, strlen(path));
		(void)bind(s, (const struct sockaddr *)&a, sizeof(a));
	}
	if (s >= 0)
		(void)close(s);
}

static void make_file(const char *path, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);

	if (fd < 0)
		return;
	(void)dprintf(fd, "root:x:0:0::/:/bin/sh\nworker:x:1000:1000::/:/bin/sh\n");
	(void)close(fd);
}

/* A link to a canary: by the host's path, by a path that leads up and out, or to what is hidden of the own tree. */
static void make_link(const char *path, const char *name)
{
	static const char *const inner[] = {"/vault/secret", "vault/secret", "vault", "/v2/secret", "../vault/secret",
	    "mnt", "/", ".", "../share", "/share"};
	static const char *const ups[] = {"..", "../..", "../../..", "../../../..", "../../../../.."};
	char target[PATH];

	switch (draw(4)) {
	case 0:
		(void)snprintf(target, sizeof(target), "%s", far);
		break;
	case 1:
		(void)snprintf(target, sizeof(target), "%s%s", far, strrchr(name, '/'));
		break;
	case 2:
		(void)snprintf(target, sizeof(target), "%s/canary-near", ups[draw(sizeof(ups) / sizeof(ups[0]))]);
		break;
	default:
		(void)snprintf(target, sizeof(target), "%s", inner[draw(sizeof(inner) / sizeof(inner[0]))]);
	}
	(void)symlink(target, path);
}

static void make_odd(const char *path, const char *name)
{
	switch (draw(15)) {
	case 0:
		(void)mkfifo(path, 0666);
		break;
	case 1:
		make_socket(path);
		break;
	case 2:
		(void)mkdir(path, 0755);
		break;
	case 3:
		make_file(path, 0644);
		break;
	case 4:
		if (link("/etc/passwd", path) < 0)
			make_file(path, 04755);
		break;
	default:
		make_link(path, name);
	}
}

static void name_beside(const char *name, unsigned i, char ret[PATH])
{
	int dir = (int)(strrchr(name, '/') - name);

	(void)snprintf(ret, PATH, "%.*s/.t.%s.%u", dir, name, tag, i);
}

/* What another process of ours, or a killed one, has left there; a directory with something in it is the real one. */
static void repair(const char *name, const char *beside)
{
	struct stat st;
	char away[PATH];

	if (lstat(beside, &st) == 0) {
		if (S_ISDIR(st.st_mode) && !wants_file(name) && !is_dir(name) && exchange(name, beside) < 0)
			(void)rename(beside, name);
		if (unlink(beside) < 0)
			(void)rmdir(beside);
		if (lstat(beside, &st) == 0) {
			(void)snprintf(away, sizeof(away), "/.t.old.%s.%u", tag, draw(1000));
			(void)rename(beside, away);
		}
	}
	if (lstat(name, &st) == 0)
		return;
	if (wants_file(name))
		make_file(name, 0644);
	else
		(void)mkdir(name, 0755);
}

static unsigned moment(void)
{
	switch (draw(16)) {
	case 0:
		return draw(200000);
	case 1:
	case 2:
		return 0;
	case 3:
	case 4:
	case 5:
		return draw(20000);
	default:
		return draw(4000);
	}
}

/* Half of the time one of a few names, so that a tool meets it soon. */
static unsigned choose(void)
{
	for (size_t i = 0; i < sizeof(hot) / sizeof(hot[0]); i++)
		if (strcmp(hot[i].tag, tag) == 0 && draw(2) == 0)
			return hot[i].first + draw(hot[i].count);
	return draw(NAMES);
}

static void swap(unsigned i)
{
	char beside[PATH];

	/* Work directories are the tools' to make: what lies there is in their way, for as long as it does. */
	if (strstr(names[i], "jail-work") != NULL) {
		make_odd(names[i], names[i]);
		pause_us(moment());
		if (unlink(names[i]) < 0)
			(void)rmdir(names[i]);
		return;
	}
	name_beside(names[i], i, beside);
	repair(names[i], beside);
	make_odd(beside, names[i]);
	if (exchange(names[i], beside) == 0) {
		pause_us(moment());
		if (exchange(names[i], beside) < 0)
			repair(names[i], beside);
	}
	if (unlink(beside) < 0)
		(void)rmdir(beside);
}

/* Two of the directories change places, so that what was beneath one is beneath another, higher or deeper. */
static void swap_two(void)
{
	const char *a = names[draw(NAMES)], *b = names[draw(NAMES)];

	if (exchange(a, b) == 0) {
		pause_us(moment());
		(void)exchange(a, b);
	}
}

static void mount_one(const char *name)
{
	static const char *const from[] = {"/vault", "/share", "/etc", "/c", "/mnt", "/export"};

	if ((draw(2) == 0 && mount("none", name, "tmpfs", 0, "size=64k") == 0) ||
	    mount(from[draw(sizeof(from) / sizeof(from[0]))], name, NULL, MS_BIND | MS_REC, NULL) == 0) {
		pause_us(moment());
		(void)umount2(name, MNT_DETACH);
	}
}

static void change_mode(const char *name)
{
	(void)chmod(name, draw(2) == 0 ? 0 : 06777);
	(void)lchown(name, draw(3) * 1000, draw(3) * 1000);
	(void)setxattr(name, "user.race", "x", 1, 0);
	pause_us(draw(2000));
	(void)lchown(name, 0, 0);
	(void)chmod(name, 0755);
}

static void __attribute__((noreturn)) churn(unsigned seconds)
{
	time_t end = time(NULL) + seconds;

	if (fork() != 0)
		_exit(0);
	(void)setsid();
	(void)dup2(1, 2);
	(void)close(0);
	for (unsigned n = 0; time(NULL) < end && !found; n++) {
		unsigned i = choose();

		switch (draw(12)) {
		case 0:
			swap_two();
			break;
		case 1:
			mount_one(names[i]);
			break;
		case 2:
			change_mode(names[i]);
			break;
		default:
			swap(i);
		}
		if (n % 16 == 0)
			look_all();
		pause_us(draw(1000));
	}
	_exit(0);
}

int main(int argc, char **argv)
{
	struct stat st;

	if (argc < 2)
		return 64;
	/* As /bin/sh: exec.start. */
	if (strcmp(argv[1], "say") == 0 || (strcmp(argv[1], "-c") == 0 && strstr(argv[2], "say") != NULL)) {
		(void)printf("a line\n");
		return 0;
	}
	if (argc < 3)
		return 64;
	tag = argv[2];
	look_all();
	if (strcmp(argv[1], "look") == 0 || found)
		return found ? 3 : 0;
	if (argc < 6 || lstat("/race-tree", &st) < 0)
		return 64;
	state = (uint32_t)strtoul(argv[3], NULL, 10) | 1;
	far = argv[5];
	churn((unsigned)strtoul(argv[4], NULL, 10));
}

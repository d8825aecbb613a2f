/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * campaign_look.c: is anything left? Asked of the kernel, not of the tools. It reads the tree's attributes as store.h
 * describes them.
 */
#include <dirent.h>
#include <fcntl.h>
#include <jail/lock.h>
#include <net/if.h>
#include <range.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <store.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <time.h>
#include <tree.h>
#include <unistd.h>
#include <util.h>

#include "campaign.h"

#define XATTR_LIST_MAX 65536

static unsigned long sum(unsigned long h, const char *text)
{
	for (; *text != '\0'; text++)
		h = h * 1099511628211UL + (unsigned char)*text;
	return h * 31 + 7;
}

/* Names of all files, each added by itself: the order in which they are found does not matter. */
static unsigned long sum_files(int dirfd, const char *prefix, unsigned depth)
{
	int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	unsigned long total = 0;
	struct dirent *e;

	while (d != NULL && (e = readdir(d)) != NULL) {
		char path[512];
		int child;

		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		(void)snprintf(path, sizeof(path), "%s/%s", prefix, e->d_name);
		total += sum(1, path);
		if (e->d_type != DT_DIR || depth == 0)
			continue;
		child = openat(fd, e->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (child >= 0)
			total += sum_files(child, path, depth - 1);
		(void)close_fd(child);
	}
	if (d != NULL)
		(void)closedir(d);
	return total;
}

static char *read_all(const char *path)
{
	size_t size = 0, room = 65536;
	char *text = malloc(room);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	while (fd >= 0 && text != NULL && (n = read(fd, text + size, room - size - 1)) > 0) {
		size += (size_t)n;
		if (size + 1 == room) {
			room *= 2;
			text = realloc(text, room);
		}
	}
	(void)close_fd(fd);
	if (text != NULL)
		text[size] = '\0';
	return text;
}

void snapshot_take(const char *dir, struct snapshot *ret)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct if_nameindex *names = if_nameindex();

	*ret = (struct snapshot){0};
	ret->mount_text = read_all("/proc/self/mountinfo");
	ret->mounts = ret->mount_text != NULL ? sum(1, ret->mount_text) : 0;
	if (fd >= 0)
		ret->files = sum_files(fd, "", 6);
	(void)close_fd(fd);
	for (struct if_nameindex *i = names; i != NULL && i->if_index != 0; i++)
		ret->interfaces += sum(1, i->if_name);
	if (names != NULL)
		if_freenameindex(names);
}

const char *snapshot_compare(const struct snapshot *a, const struct snapshot *b)
{
	if (a->mounts != b->mounts)
		return "the mount table changed";
	if (a->files != b->files)
		return "files were left or are gone";
	return a->interfaces != b->interfaces ? "the network interfaces changed" : NULL;
}

void snapshot_free(struct snapshot *s)
{
	free(s->mount_text);
	s->mount_text = NULL;
}

bool left_group(const char *jail)
{
	struct tree t;
	int fd = -1;

	if (tree_open(false, &t, NULL) < 0)
		return false;
	if (tree_jail_open(&t, jail, &fd) < 0)
		fd = -1;
	tree_close(&t);
	if (fd < 0)
		return false;
	(void)close(fd);
	return true;
}

/* Is there an attribute jid.N that says `jail`? */
static bool numbered(int fd, const char *jail)
{
	static const char prefix[] = "trusted.jail.jid.";
	char *list = malloc(XATTR_LIST_MAX);
	ssize_t size = list == NULL ? 0 : flistxattr(fd, list, XATTR_LIST_MAX);
	bool found = false;

	for (ssize_t i = 0; i < size && !found; i += (ssize_t)strlen(list + i) + 1) {
		char value[JAIL_NAME_MAX + 1];
		ssize_t n;

		if (strncmp(list + i, prefix, sizeof(prefix) - 1) != 0)
			continue;
		n = fgetxattr(fd, list + i, value, sizeof(value));
		found = n == (ssize_t)strlen(jail) && memcmp(value, jail, (size_t)n) == 0;
	}
	free(list);
	return found;
}

const char *left_record(const char *jail)
{
	_cleanup_lock_ int lock = -1;
	struct tree t;
	char *names = NULL;
	const char *left = NULL;
	size_t size = 0;

	if (tree_open(false, &t, NULL) < 0)
		return NULL;
	if (lock_all(&t, &lock) == 0 && store_check_read(&t, &names, &size) == 0)
		for (size_t i = 0; i < size; i += strlen(names + i) + 1)
			if (strcmp(names + i, jail) == 0)
				left = "its name is on the list of jails to look at";
	if (left == NULL && numbered(t.fd, jail))
		left = "its number is still given to it";
	tree_close(&t);
	free(names);
	return left;
}

/* Take from the map what the jails in this directory have. */
static void unmark(int dirfd, uint8_t *map, size_t size)
{
	int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;

	while (d != NULL && (e = readdir(d)) != NULL) {
		struct store_state s;
		int child;

		if (e->d_type != DT_DIR || e->d_name[0] == '.')
			continue;
		child = openat(fd, e->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (child >= 0 && store_state_read(child, &s) == 0 && s.range_count > 0 && s.range_base >= RANGE_FIRST)
			for (uint64_t id = s.range_base; id < (uint64_t)s.range_base + s.range_count;
			     id += RANGE_BLOCK) {
				uint64_t block = (id - RANGE_FIRST) / RANGE_BLOCK;

				if (block / 8 < size)
					map[block / 8] &= (uint8_t) ~(1u << (block % 8));
			}
		if (child >= 0)
			unmark(child, map, size);
		(void)close_fd(child);
	}
	if (d != NULL)
		(void)closedir(d);
}

unsigned left_ranges(void)
{
	uint8_t map[(RANGE_BLOCKS + 7) / 8] = {0};
	_cleanup_lock_ int lock = -1;
	struct tree t;
	unsigned left = 0;

	if (tree_open(false, &t, NULL) < 0)
		return 0;
	/* Whatever is given out or back is so with the lock held. */
	if (lock_all(&t, &lock) == 0 && fgetxattr(t.fd, "trusted.jail.ranges", map, sizeof(map)) > 0)
		unmark(t.fd, map, sizeof(map));
	tree_close(&t);
	for (size_t i = 0; i < sizeof(map); i++)
		left += (unsigned)__builtin_popcount(map[i]);
	return left;
}

static bool runs(pid_t pid)
{
	char path[64], text[256] = "", *state;
	int fd;
	ssize_t n;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	(void)close_fd(fd);
	state = n > 0 ? strrchr(text, ')') : NULL;
	/* A zombie has ended; that nobody has asked for it yet is its parent's affair. */
	return state != NULL && state[1] == ' ' && state[2] != 'Z' && state[2] != 'X';
}

bool left_processes(const pid_t *pid, unsigned count)
{
	struct timespec pause = {.tv_nsec = 5000000};
	bool any = true;

	for (unsigned tries = 0; any && tries < 400; tries++) {
		any = false;
		for (unsigned i = 0; i < count; i++)
			any = any || runs(pid[i]);
		if (any)
			(void)nanosleep(&pause, NULL);
	}
	return any;
}

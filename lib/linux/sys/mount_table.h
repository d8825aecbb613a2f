/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mount_table.h: the mounts that a process can reach, as the kernel lists them (proc(5), mountinfo). It knows
 * nothing of jails.
 */
#ifndef LINUX_SYS_MOUNT_TABLE_H
#define LINUX_SYS_MOUNT_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mount_line {
	uint64_t id, parent;
	uint32_t major, minor;	    /* of the file system */
	const char *root;	    /* which directory of the file system it shows */
	const char *where;	    /* seen from the caller's root */
	const char *options, *type; /* options of the mount, not of the file system */
	const char *source;	    /* what it was mounted from; whoever mounted it has chosen the text */
	const char *super;	    /* options of the file system */
	bool cut;		    /* the buffer was too small: `super` is not complete */
};

struct mount_table {
	char *text;
	struct mount_line *line;
	size_t count;
};

#define MOUNT_TABLE_NONE                                                                                               \
	{                                                                                                              \
		.text = NULL                                                                                           \
	}

/* `proc`: a descriptor of /proc; `who`: "self", or a process's number in it. E2BIG: more than any jail needs. */
int mount_table_read(int proc, const char *who, struct mount_table *ret);
void mount_table_free(struct mount_table *t);
/*
 * Without allocating: `fn` for each line of the open file mountinfo, until one call returns something else than 0,
 * which is returned. A line may have any length. Of one that is longer than the buffer, the fields that fit are given
 * whole, and `cut` says that the last one is not; a line of which less fits, or that can't be understood, is left out.
 */
int mount_table_each(int info, char *buffer, size_t size, int (*fn)(void *arg, const struct mount_line *l), void *arg);
/* The same for the caller's own table, with a buffer that holds each line the kernel's own file systems have. */
int mount_table_own(int (*fn)(void *arg, const struct mount_line *l), void *arg);
const struct mount_line *mount_table_find(const struct mount_table *t, uint64_t id);
/* Does the mount have this option ("ro", "nosuid")? */
bool mount_line_has(const struct mount_line *l, const char *option);
/* Does the file system have it (controllers of cgroup v1: "memory")? */
bool mount_line_super_has(const struct mount_line *l, const char *option);
/* Is `path` the directory `above` or beneath it? Both absolute, without links. */
bool mount_path_beneath(const char *path, const char *above);
/* What a descriptor leads to, as the kernel knows it: no file system is asked. -errno. */
struct mount_object {
	uint64_t mount, ino;
	uint32_t major, minor; /* as stat(2) */
	uint32_t rdev_major, rdev_minor;
	uint32_t uid;
	uint16_t mode;
};

int mount_object(int fd, struct mount_object *ret);

#endif

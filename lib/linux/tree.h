/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tree.h: the control-group tree that jails are: `jail/` beneath the cgroup-v2 mount, one directory a jail, children
 * beneath their parents. Directories, processes and killing; what is written on a directory is store.h's, locks are
 * jail/lock.h's.
 */
#ifndef LINUX_TREE_H
#define LINUX_TREE_H

#include <errno.h>
#include <jail.h>
#include <stdbool.h>

/* Beneath a jail's directory: the leaf for its own processes (group.h). No name of a jail begins so. */
#define TREE_LEAF ".self"

struct tree {
	int fd;		/* the directory `jail` */
	char path[256]; /* its path */
	bool made;	/* by this call of tree_open() */
};

/* Find the cgroup-v2 mount, open (with `make`: create) `jail` in it. ENOENT: no jail was ever made here. */
int tree_open(bool make, struct tree *ret, struct jail_error *err);
void tree_close(struct tree *t);
/* Open the root of cgroup v2; where it is, and whether v1 controllers are mounted beside it. ENODEV: nowhere. */
int tree_mount_open(char *ret_path, size_t size, bool *ret_hybrid);

/* Is this -errno how the kernel says that a control group was removed while we had it open? */
static inline bool tree_gone(int r)
{
	return r == -ENOENT || r == -ENODEV;
}

/* "web.db" -> "web/db"; the name was checked by jail_name_check(). */
void tree_relative(const char *name, char ret[JAIL_NAME_MAX + 1]);
/* Open a jail's directory. ENOENT: no such jail. */
int tree_jail_open(const struct tree *t, const char *name, int *ret_fd);
int tree_jail_make(const struct tree *t, const char *name, int *ret_fd);
/* Is the jail of that name still the one that `fd` is? With the lock of all jails held it stays so. */
bool tree_jail_is(const struct tree *t, const char *name, int fd);
/* Remove the directory; waits a moment for processes that are already dead. */
int tree_jail_rmdir(const struct tree *t, const char *name);

/* Does any process live in this jail or its children? 1, 0 or -errno. */
int tree_populated(int jailfd);
/* Wait until none does; -ETIMEDOUT. */
int tree_wait_empty(int jailfd, int timeout_ms);
/* KILL everything in it and beneath it, atomically (cgroup.kill). */
int tree_kill(int jailfd);
/* Call `fn` with each child directory's name; stops at the first that returns non-zero and returns that. */
int tree_children(int jailfd, int (*fn)(void *arg, const char *child), void *arg);
size_t tree_child_count(int jailfd);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * user.h: users and groups read from passwd(5) and group(5) files beneath a root that may be hostile: no NSS, no
 * dlopen, no allocation, bounded reads. Usable between clone(2) and exec(3).
 */
#ifndef LINUX_USER_H
#define LINUX_USER_H

#include <jail.h>

#define USER_GROUPS_MAX 64

struct user {
	uint32_t uid, gid;
	size_t ngroups;
	uint32_t groups[USER_GROUPS_MAX]; /* supplementary, gid included */
	char name[64];
	char home[256];
	char shell[256];
};

/*
 * Look `name` (or a decimal uid) up in etc/passwd and etc/group beneath `root_fd` (openat2, RESOLVE_IN_ROOT). root
 * is found even without the files (home "/root" if there is no passwd: "/", shell /bin/sh). ENOENT: no such user.
 */
int user_lookup(int root_fd, const char *name, struct user *ret, struct jail_error *err);
/* The same among the users of the caller's own root: outside of any jail. */
int user_lookup_host(const char *name, struct user *ret, struct jail_error *err);

#endif

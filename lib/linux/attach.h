/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * attach.h: finding a running jail and entering it.
 */
#ifndef LINUX_ATTACH_H
#define LINUX_ATTACH_H

#include "../plan.h"
#include "console_log.h"
#include "store.h"

/* A running jail, held by its process 1. */
struct running {
	struct tree tree;
	char name[JAIL_NAME_MAX + 1];
	int dirfd;
	int pidfd;
	struct store_state state;
};

#define RUNNING_NONE                                                                                                   \
	{                                                                                                              \
		.tree.fd = -1, .dirfd = -1, .pidfd = -1                                                                \
	}

/* By name or number. ENOENT: none, or over, or not yet running. */
int running_open(const char *name_or_jid, struct running *ret, struct jail_error *err);
void running_close(struct running *r);
/* What is said of a name that no jail has; ENOENT. */
int running_none(const char *name, struct jail_error *err);

/* What a program that is started in a running jail gets. */
struct entry {
	char *const *argv;	 /* NULL or empty: the user's shell */
	const char *dir;	 /* NULL: exec.dir */
	const char *user;	 /* NULL: root */
	bool login;		 /* without `dir`: in the user's home directory */
	bool host_user;		 /* looked up in the host's passwd file */
	bool inherit_env;	 /* begin with the caller's environment */
	bool terminal;		 /* relay one of its own where the caller's descriptors are one */
	unsigned timeout;	 /* seconds, 0: none: ETIMEDOUT, the program is killed */
	struct console_log *log; /* for standard output and error; NULL: none */
};

int entry_run(const struct running *jail, const struct plan *plan, const struct entry *e, int *ret_status,
    struct jail_error *err);

#endif

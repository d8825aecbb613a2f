/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * inside.h: what a jail's first process does between its clone and the first program: joins, builds the view, names the
 * host, gives up the host's privileges, says that it is ready, runs. Everything it needs was prepared by the tool: it
 * allocates nothing and never returns.
 */
#ifndef LINUX_INSIDE_H
#define LINUX_INSIDE_H

#include "../plan.h"
#include "console_log.h"
#include "privilege.h"
#include "user.h"
#include "view.h"
#include "watch.h"

#define INSIDE_ENV_MAX 1024 /* variables */

struct inside {
	const struct plan *plan;
	struct view *view;
	const struct privileges *privileges;
	bool own_users, own_network;
	int namespaces;		       /* UTS, IPC, network: those that are the jail's own, to be joined */
	int channel;		       /* our end; CHANNEL_GO brings the donor's descriptors */
	int peer;		       /* the tool's end, to be closed */
	int lock;		       /* to be closed: the jail's lock is the tool's alone */
	int *watch;		       /* WATCH_SOURCES descriptors for process 1; -1: none */
	char *watch_argument;	       /* for jail-init's -w: WATCHING_ARGUMENT bytes, written by run_init() */
	int parent_pidfd;	       /* process 1 of the parent jail, -1: none */
	int parent_namespaces;	       /* those shared with the parent */
	const struct console_log *log; /* exec.consolelog */
	bool waits;		       /* for CHANNEL_GO before the first program */
	unsigned terminal;	       /* which of 0..2 get a terminal of the jail's own */
	unsigned silent;	       /* which of 0..2 become /dev/null */
	const struct user *host_user;  /* exec.system_user, looked up outside; NULL: jail_user or root */
	struct jail_error *err;	       /* shared with nobody: this process's own copy */
};

/*
 * Where a program may join from outside has the same last steps: names for HOME, USER, SHELL and LOGNAME behind the
 * fixed environment, and the program itself.
 */
struct environment {
	char *item[INSIDE_ENV_MAX + 8]; /* NULL terminated */
	size_t count;
	char home[300], shell[300], user[80], logname[80];
};

/* `inherit`: begin with the caller's; else PATH and (with a terminal) TERM. Then `extra`. E2BIG. */
int environment_begin(struct environment *e, bool inherit, const struct plan_strings *extra, struct jail_error *err);
void environment_user(struct environment *e, const struct user *u);

/* Keep 0..2 open on something, never a directory: a directory of the host would be a way out. */
int inside_check_stdio(struct jail_error *err);
/*
 * Close every descriptor but 0..2 and those of `keep` (-1: none). Called before a process becomes one of the jail's
 * users: exec gives it memory that is theirs and closes descriptors only after that, so in between whoever may trace
 * there can have what is open, and a directory of the host is a way out.
 */
int inside_close(const int *keep, size_t n, struct jail_error *err);
/* "UID:GID:G1,G2", as jail-init's -u takes it. */
#define INSIDE_USER_MAX 1024
void inside_user_argument(const struct user *u, char buf[INSIDE_USER_MAX]);
/* A descriptor of jail-init to execute, from a read-only mount of its own; in the host's mount namespace. */
int inside_open_init(struct jail_error *err);
/* Execute argv[0], by PATH of the environment; returns -errno. */
int inside_exec(char *const argv[], char *const envp[]);

void __attribute__((noreturn))
inside_main(struct inside *in, char **init_argv, char *user_argument, struct environment *env);

#endif

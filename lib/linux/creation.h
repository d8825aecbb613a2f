/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * creation.h: a jail that this process is making or has just made: what the steps of create.c share with the waiting
 * in wait.c.
 */
#ifndef LINUX_CREATION_H
#define LINUX_CREATION_H

#include "../port.h"
#include "console_log.h"
#include "donor.h"
#include "group.h"
#include "inside.h"
#include "parent.h"
#include "store.h"
#include "tree.h"
#include "watching.h"

struct port_jail {
	struct plan *plan;		  /* the caller's */
	const struct jail_params *params; /* the caller's */
	const struct jail_options *opts;

	struct tree tree;
	int dirfd; /* its control group */
	int lock;  /* on it, until its programs may run; -1: none */
	struct store_state state;
	bool named; /* the directory is ours */

	struct parent parent;

	struct view *view;
	struct host_places places;
	struct privileges privileges;
	struct environment *env;
	char **init_argv;
	char user_argument[INSIDE_USER_MAX];
	int watch[WATCH_SOURCES]; /* for process 1 to look at; -1: none */
	char watch_argument[WATCHING_ARGUMENT];
	struct user host_user;
	unsigned terminal, silent; /* which of 0..2 get a terminal of the jail's own; /dev/null */
	struct console_log log;	   /* exec.consolelog; with a reaper the reaper's from its start on */
	char log_argument[32];	   /* for jail-init's -l */

	struct group *limits; /* NULL: none that groups hold */
	bool joins;	      /* it has groups of cgroup v1 */

	struct donor donor;
	int channel, peer;
	pid_t pid;
	int pidfd;
	bool empty; /* the reaper said that nothing is left */
	int master; /* of the jail's terminal, -1: none */
};

/*
 * Does the first process wait for us between its set-up and its first program? Only when something is to be done in
 * between: a wait costs two changes of process. Without one, a tool that is killed in just that moment leaves a jail
 * that nobody has announced, and the next command removes it.
 */
bool creation_waits(const struct port_jail *j);
/*
 * A command that is started again whenever it ends is nobody's to wait for: the tool returns when it has been started,
 * and where the caller's descriptors are a terminal it gets /dev/null.
 */
bool creation_is_service(const struct plan *plan);
static inline bool creation_flag(const struct port_jail *j, uint32_t f)
{
	return (j->plan->record.flags & f) != 0;
}

/* Everything that comes before the first change of the kernel's state. */
int creation_prepare(struct port_jail *j, struct jail_error *err);
/*
 * Take the name: control group, number, user ids and first state. EEXIST: there is such a jail. What a failure leaves
 * is creation_name_drop()'s.
 */
int creation_name_take(struct port_jail *j, struct jail_error *err);
void creation_name_drop(struct port_jail *j);
/* Kill the first process and wait for it. */
void creation_kill(struct port_jail *j);
/* Its first process was killed by somebody else: an error that names the limit of the jail's that may have done it. */
int creation_killed(const struct port_jail *j, int errnum, const char *when, struct jail_error *err);

#endif

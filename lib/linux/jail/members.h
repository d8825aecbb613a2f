/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * members.h: the processes of a jail: one walk over them for everybody who acts on process numbers, and the freezing of
 * a jail while that happens. A number is nobody's for long: a process ends and the next one gets its number. So the
 * walk gives out only processes that it holds by pidfd and that the kernel has listed in the jail after the pidfd was
 * opened.
 */
#ifndef LINUX_JAIL_MEMBERS_H
#define LINUX_JAIL_MEMBERS_H

#include <sys/types.h>

#include "../tree.h"

/* A process of the jail. Valid during the call that it is given to. */
struct member {
	pid_t pid;
	int pidfd;
};

typedef int members_fn(void *arg, const struct member *m);

/* flags */
#define MEMBERS_BENEATH 1u /* those of child jails too */

/*
 * Call `fn` with each process; stops at the first result that is not 0 and returns it. Without a freeze, processes that
 * are forked meanwhile are missed. Allocates nothing. -errno when the list can't be read; a jail that is gone has no
 * processes. Processes of a process namespace that the caller does not see have no number and are left out.
 */
int members_each(int jailfd, unsigned flags, members_fn *fn, void *arg);

/* Is it alive, and so its number its own? Ask again after a call that took the number. */
bool member_lives(const struct member *m);
/*
 * Open a file below its /proc directory ("ns/mnt", "root", "task"): what is opened belongs to this process and to no
 * other. -ESRCH: it has ended.
 */
int member_open(const struct member *m, const char *file, int flags);
/* Call `fn` with the number of each of its threads; as members_each(). Complete while the jail is frozen. */
int member_threads(const struct member *m, int (*fn)(void *arg, pid_t tid), void *arg);

/* A jail that stands still. */
struct members_freeze {
	const struct tree *tree;
	int fd;	   /* what was frozen: the outermost jail that it is in; -1: nothing */
	bool keep; /* it was frozen before, and stays so */
};

#define MEMBERS_FREEZE_NONE                                                                                            \
	{                                                                                                              \
		.fd = -1                                                                                               \
	}

/*
 * Stop every process of a jail, and of the jails that it is in: root of a parent jail could kill a process of its child
 * and so free a number. Returns when all of them stand still. Between this and members_thaw() nobody inside runs, forks
 * or ends. A tool that is killed meanwhile leaves a record, by which the next command lets the jail go on. EBUSY: a
 * process waits in the kernel and did not stop in time, or another tool keeps the jail frozen; everything goes on.
 */
int members_freeze(const struct tree *t, const char *name, struct members_freeze *ret, struct jail_error *err);
/* Let it go on. May be called for one that was never frozen. */
void members_thaw(struct members_freeze *f);
/*
 * Was the jail of that directory frozen by a tool that has ended? Then it goes on. True: it is frozen by one that
 * lives.
 */
bool members_recover(const struct tree *t, int jailfd);
/* The same for the outermost jail around `name`, which is where the record is. */
void members_recover_around(const struct tree *t, const char *name, int jailfd);

#endif

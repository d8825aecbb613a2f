/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * store.h: what the kernel keeps of a jail: extended attributes of its control-group directory, `trusted.jail.*`, which
 * nobody inside can read or write and which end with the directory. There is no other state.
 *
 *   on `jail/`:       next   the number given out last
 *                     check  names of jails that may be unfinished or over: what the next command looks at
 *                     jid.N  the name of jail N
 *                     ranges which blocks of 65536 ids are taken (range.h)
 *   on `jail/NAME`:   state  struct store_state, without the limits of its record
 *                     limits those, where the jail has any
 *                     ceiling the most processes that its users may have
 *                     groups in which hierarchies of cgroup v1 it has a group beside (group.h)
 *                     watch  which files process 1 keeps for the tools (struct store_watch)
 *                     dev    the number of the file system in memory that is its /dev
 *                     users  which user namespace it was made with (jail/users.h)
 *                     frozen which tool has stopped its processes (jail/members.h)
 *                     params the parameters (params_encode()), in pieces: params, params1, ...
 *                     places which directories of the host it uses again (jail/host_places.h)
 *
 * The attributes of `jail/` are changed only with its lock held.
 */
#ifndef LINUX_STORE_H
#define LINUX_STORE_H

#include <jail.h>
#include <policy.h>

#include "tree.h"

#define STORE_VERSION 1u

enum store_phase { STORE_CREATING = 1, STORE_RUNNING, STORE_REMOVING };

/* store_state.flags */
#define STORE_F_PERSIST 0x01u
#define STORE_F_INIT 0x02u     /* process 1 is our reaper */
#define STORE_F_LEFTOVER 0x04u /* view_clean() has something to do when it goes */
#define STORE_F_WATCHED 0x10u  /* process 1 has a limit to look at */
#define STORE_F_LIMITS 0x08u   /* there is an attribute `limits`; store_state_write() sets it */

struct store_state {
	uint32_t version, size;
	uint32_t phase; /* enum store_phase */
	uint32_t flags; /* STORE_F_* */
	uint32_t jid;
	int32_t pid;	  /* process 1, in the host's numbers; 0: not yet */
	uint64_t start;	  /* its start time in clock ticks since boot: with pid it names one process for ever */
	uint64_t created; /* seconds since 1970 */
	uint32_t range_base, range_count; /* ids to give back; count 0: none */
	struct policy_record record;
};

/* EBADMSG: another version of us wrote it. */
int store_state_read(int jailfd, struct store_state *ret);
int store_state_write(int jailfd, const struct store_state *s);
/* 0: it has none. */
int store_groups_read(int jailfd, uint32_t *ret);
int store_groups_write(int jailfd, uint32_t groups);

/*
 * What process 1 keeps for the tools (watch.h), written when the jail is made: a descriptor of process 1
 * is used only when it is one of these.
 */
struct store_watch {
	uint64_t page_dev, page_ino;
	uint64_t disk_dev; /* the file system in memory; 0: none */
};

/* ENODATA: it keeps nothing. */
int store_watch_read(int jailfd, struct store_watch *ret);
int store_watch_write(int jailfd, const struct store_watch *w);

/* The minor number of its /dev's file system, as it was made. ENODATA: it has none. */
int store_dev_read(int jailfd, uint32_t *ret);
int store_dev_write(int jailfd, uint32_t dev);

/* On the outermost jail: which tool keeps its processes frozen. */
struct store_frozen {
	int32_t pid;	/* the tool, in the host's numbers */
	uint32_t was;	/* it was frozen before that, and stays so */
	uint64_t start; /* as in store_state */
};

/* ENODATA: none does. */
int store_frozen_read(int jailfd, struct store_frozen *ret);
int store_frozen_write(int jailfd, const struct store_frozen *f);
int store_frozen_drop(int jailfd);
/* The most processes that its users may have, fixed when they were made (ceiling.h). 0: as many as there are. */
int store_ceiling_read(int jailfd, uint32_t *ret);
int store_ceiling_write(int jailfd, uint32_t ceiling);
int store_params_read(int jailfd, struct jail_params **ret);
/* Are these what is recorded? 1, 0 or -errno. */
int store_params_same(int jailfd, const struct jail_params *p);
/* Pieces that are no longer needed are removed. */
int store_params_write(int jailfd, const struct jail_params *p);

/*
 * The next free number, or `wanted` if that is free (EEXIST). The lock of all jails is held. It is the jail's as soon
 * as the jail's state says so; after that it is put into the index, so that an entry of the index always has a jail to
 * clean it up.
 */
int store_jid_choose(const struct tree *t, uint32_t wanted, uint32_t *ret);
int store_jid_index(const struct tree *t, uint32_t jid, const char *name);
int store_jid_drop(const struct tree *t, uint32_t jid, const char *name);
/* The name of jail number `jid`. ENOENT. Verified against the jail itself. */
int store_jid_name(const struct tree *t, uint32_t jid, char ret[JAIL_NAME_MAX + 1]);

/* The list of jails to look at. The lock of all jails is held, but for reading. */
int store_check_add(const struct tree *t, const char *name);
int store_check_drop(const struct tree *t, const char *name);
/*
 * The list as names, each ended by NUL; `*ret` is the caller's to free; size 0: none. "*": every jail (the list grew
 * beyond what an attribute holds).
 */
int store_check_read(const struct tree *t, char **ret, size_t *ret_size);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stat_parts.h: what the files that read statistics share: where the kernel keeps them on this machine, opened once for
 * any number of jails.
 */
#ifndef LINUX_STAT_PARTS_H
#define LINUX_STAT_PARTS_H

#include <jail.h>
#include <sys/types.h>

#include "stat_text.h"
#include "store.h"
#include "tree.h"

/* Controllers of version 2 that a group has; of version 1, those that are mounted. */
enum { STAT_MEMORY, STAT_CPU, STAT_PIDS, STAT_IO, STAT_CONTROLLERS };
#define STAT_HAS(c) (1u << (c))

struct stat_place {
	struct tree tree;
	int proc;			/* /proc */
	int version1[STAT_CONTROLLERS]; /* `jail` in each version 1 hierarchy, -1: none */
	bool pressure;			/* this kernel tells it */
	dev_t host_net_dev;		/* the network stack we are in */
	ino_t host_net_ino;
	char text[65536]; /* the file being looked at */
};

/* ENOENT: no jail was ever made here. The place is big: allocate it. */
int stat_place_open(struct stat_place *p, struct jail_error *err);
void stat_place_close(struct stat_place *p);
/* The whole of a small file, into p->text, ended by NUL. False: missing, unreadable, or larger. */
bool stat_read(struct stat_place *p, int dirfd, const char *path);
/* Which of the controllers the groups beneath this one have (cgroup.subtree_control). */
unsigned stat_controllers(struct stat_place *p, int dirfd);

/* The figures that the jail's control groups tell. `relative`: its path beneath `jail`. `controllers`: version 2's. */
void stat_group(struct stat_place *p, int dirfd, const char *relative, unsigned controllers, struct jail_stat *s);

/*
 * Count the processes of one group (not of those beneath it); with `look`, what each has. `ret_found`: whether `pid` is
 * among them.
 */
void stat_processes(struct stat_place *p, int dirfd, bool look, pid_t pid, struct stat_tally *t, bool *ret_found);
/* What process 1 tells: the network's counters when the stack is the jail's own, restarts when it is our reaper. */
void stat_first(struct stat_place *p, int dirfd, const struct store_state *state, struct jail_stat *s);

#endif

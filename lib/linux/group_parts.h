/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * group_parts.h: what the files group*.c share, and nobody else knows.
 */
#ifndef LINUX_GROUP_PARTS_H
#define LINUX_GROUP_PARTS_H

#include <policy.h>

#include "../util.h"
#include "group.h"

enum group_controller { GROUP_CPU, GROUP_CPUSET, GROUP_MEMORY, GROUP_PIDS, GROUP_IO, GROUP_COUNT };

#define GROUP_BIT(c) (1u << (c))
#define GROUP_ALL (GROUP_BIT(GROUP_COUNT) - 1)
/*
 * The attribute of a jail's groups: which it may have, so that they are removed; which are made, so that processes are
 * put there.
 */
#define GROUP_MADE(controllers) ((controllers) << 8)
#define GROUP_IS_MADE(groups) ((groups) >> 8 & GROUP_ALL)

#define GROUP_DEVICES_MAX 32
#define GROUP_RATES 4 /* readbps, writebps, readiops, writeiops: the order of enum policy_limit */
#define GROUP_TEXT_MAX 80

/* A disk and what it may be used at. */
struct group_rate {
	unsigned major, minor;
	uint64_t rate[GROUP_RATES]; /* POLICY_UNLIMITED: none */
};

/* A plan's limits as numbers of controllers. */
struct group_want {
	uint64_t memory, soft, swap, pcpu, tasks; /* POLICY_UNLIMITED: none */
	bool kills;				  /* at `memory` all its processes are killed */
	bool init;				  /* process 1 is ours */
	unsigned cpushare, ioshare;		  /* 0: none */
	const char *cpuset, *mems;		  /* NULL: none */
	struct group_rate device[GROUP_DEVICES_MAX];
	size_t ndevices;
};

/* A file of a group, and what is written there: [0] what holds before, [1] what is to hold. */
struct group_knob {
	enum group_controller controller;
	const char *param; /* "limit.memoryuse" */
	const char *file;
	const char *text[2];
	const char *other_file; /* does the same on other kernels; NULL: none */
	const char *other_text[2];
	const char *above; /* of a set: where the groups above say what they have */
	bool optional;	   /* a kernel without the file has nothing that it would limit */
};

#define GROUP_KNOBS_MAX (12 + GROUP_RATES * GROUP_DEVICES_MAX)

/* Where the machine has its controllers. */
struct groups {
	unsigned v2;	     /* GROUP_BIT()s */
	unsigned v1;	     /* of those: mounted */
	int fd[GROUP_COUNT]; /* v1: the root of the hierarchy */
};

#define GROUPS_NONE                                                                                                    \
	{                                                                                                              \
		.fd = { -1, -1, -1, -1, -1 }                                                                           \
	}

struct group {
	const struct tree *tree;
	const struct jail_params *params;
	struct groups where;
	unsigned need; /* controllers that some limit is of */
	struct group_want want[2];
	struct group_knob knob[GROUP_KNOBS_MAX];
	size_t nknobs;
	char text[4 * GROUP_KNOBS_MAX][GROUP_TEXT_MAX]; /* what the knobs point to */
	size_t ntexts;
};

/* group.c */
/* An error about a parameter, with the place where it was written. */
int group_refuse(const struct jail_params *params, const char *param, struct jail_error *err, int errnum,
    const char *fmt, ...) _printf_(5, 6);
/* Read a small file of a group as a string without the newline at its end; -errno. Allocates nothing. */
int group_read(int dirfd, const char *file, char *ret, size_t size);
int group_write(int dirfd, const char *file, const char *text);
/* The next knob of the list, zeroed. */
struct group_knob *group_knob(struct group *g, enum group_controller c, const char *param, const char *file);
/* A number as a file of a group wants it; POLICY_UNLIMITED: `none`. */
const char *group_number(struct group *g, uint64_t n, const char *none);
/* Text that lives as long as the group. */
const char *group_text(struct group *g, const char *fmt, ...) _printf_(2, 3);
/* The directory that a controller has for the jail. */
int group_open(const struct group *g, const char *name, enum group_controller c, int *ret_fd);
/* Tell the caller something about a parameter. */
void group_warn(
    const struct group *g, const struct jail_options *opts, const char *jail, const char *param, const char *text);

/* group_find.c */
const char *group_name_v2(enum group_controller c);
const char *group_name_v1(enum group_controller c);
/* Which limits are the controller's: "limit.maxproc, limit.nthr". */
const char *group_limits_of(enum group_controller c);
/* Is `word` one of the words of `text`? */
bool group_has_word(const char *text, const char *word, char separator);
/* Allocates nothing. */
int groups_find(const struct tree *t, struct groups *ret);
/* `file`: the list of v2's, cgroup.controllers. */
int groups_find_at(int dirfd, const char *file, struct groups *ret);
void groups_close(struct groups *g);

/* group_realtime.c */
/* A process (0: the calling one): with ordinary scheduling from now on. Allocates nothing. */
int group_realtime_end(pid_t pid);
/* Every thread of the jail and of those beneath it. */
int group_realtime_end_all(const struct tree *t, const char *name, struct jail_error *err);

/* group_want.c */
void group_want_none(struct group_want *w);
/* `lenient`: what can't be found any more is left out. */
int group_want_make(const struct plan *plan, int rootfd, bool lenient, struct group_want *ret, struct jail_error *err);
bool group_want_any(const struct plan *plan);
/* Controllers that only count, for process 1 to look at: GROUP_BIT()s. */
unsigned group_want_counted(const struct plan *plan);
/* Both have the same devices, in the same order. */
int group_want_align(struct group_want *a, struct group_want *b);

/* group_device.c: the whole disk that a name ("8:1", "/dev/sda1", "/srv/web") lies on. ENODEV: on none. */
int group_device_named(int rootfd, const char *name, unsigned *ret_major, unsigned *ret_minor);

/* group_set.c: sets of processors and memory nodes, as texts */
#define GROUP_SET_MAX 4096
/* Both sets' common members, as text; "" for none. -EINVAL, -E2BIG. */
int group_set_common(const char *a, const char *b, char *ret, size_t size);
bool group_set_within(const char *a, const char *b);

/* group_use.c */
struct group_use {
	uint64_t memory, kills, tasks;
};
void group_use_look(const struct group *g, const char *name, struct group_use *ret);
/* After the change: whatever is now limited below that, and what became of it. */
void group_use_warn(
    const struct group *g, const char *name, const struct group_use *before, const struct jail_options *opts);

/* group_flat.c */
/* ENOTSUP: what is wanted would not be held to what the jails above have, or would not hold those beneath. */
int group_flat_check(const struct group *g, const char *name, struct jail_error *err);

/* group_v2.c */
void group_v2_knobs(struct group *g);
/* Switch controllers on in every directory above the jail's. */
int group_v2_enable(const struct group *g, const char *name, unsigned controllers, struct jail_error *err);

/* group_v1.c */
int group_v1_knobs(struct group *g, struct jail_error *err);

/* group_v1_tree.c */
/* Make the jail's groups; `fresh`: none can be there. */
int group_v1_make(const struct group *g, const char *name, unsigned controllers, bool fresh, struct jail_error *err);
/* What the sockets of a group have in buffers: v1 counts it apart from the other memory. */
#define GROUP_V1_SOCKETS "memory.kmem.tcp.limit_in_bytes"
/* Beneath the mount: "jail/web/db/FILE". */
void group_v1_path(const char *name, const char *file, char *ret, size_t size);
/* Put every process of the jail and those beneath it into its groups of these controllers. */
int group_v1_move(const struct group *g, const char *name, unsigned controllers, struct jail_error *err);
/*
 * v1 has no child beyond its parent: hold those beneath to what the jail `will` have. Before it is lowered (`after`
 * false) they are lowered, after it was changed they get what is theirs.
 */
int group_v1_beneath(const struct group *g, const char *name, size_t will, bool after, struct jail_error *err);
/* What cpuset a jail has, by its parent, without one of its own. */
int group_v1_cpuset_above(const struct groups *where, const char *name, const char *file, char *ret, size_t size);

#endif

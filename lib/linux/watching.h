/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * watching.h: the tools' side of watch.h: which limits process 1 is told to look at, and what it has counted.
 */
#ifndef LINUX_WATCHING_H
#define LINUX_WATCHING_H

#include "../plan.h"
#include "store.h"
#include "watch.h"

/* Has the plan anything to be watched? */
bool watching_any(const struct plan *plan);
/* What a limit that is watched is read from. */
enum watch_source watching_source(enum policy_limit limit);
/* The same for all of the plan: bits. */
unsigned watching_sources(const struct plan *plan);
/*
 * May it be: process 1 must be ours, and there must be room. `limits`: what the jail is held to (a parent's may be
 * less than the plan's). EINVAL: names the parameter.
 */
int watching_check(const struct plan *plan, struct jail_error *err);
/* A page for the plan: its descriptor, or -errno. */
int watching_make(const struct plan *plan, const struct policy_record *record);
/* Note which sources process 1 will have. -errno. */
int watching_note(int page, const int fd[WATCH_SOURCES]);
/* From the jail's first process: `fd` is WATCH_DISK. -errno. */
int watching_note_disk(int page, int fd);
/* When the jail is made: record which files they are. -errno. */
int watching_record(int page, int jailfd);
/* The descriptors as jail-init takes them behind -w. */
#define WATCHING_ARGUMENT 80
void watching_argument(const int fd[WATCH_SOURCES], char ret[WATCHING_ARGUMENT]);

/*
 * The others look at the descriptors of process 1 of a running jail: only where it is ours, and only at those that
 * were recorded. `jailfd`, `s`: the jail's directory and state.
 *
 * Can process 1 look at what the plan has? ENOTSUP: it was not made with a page. `kernel_kills`: as group_kills() says.
 */
int watching_check_running(
    int jailfd, const struct store_state *s, const struct plan *plan, bool kernel_kills, struct jail_error *err);
/* Change the page of a running jail; what stays as it was keeps its count. Process 1 is told. */
int watching_change(int jailfd, const struct store_state *s, int pidfd, const struct plan *plan,
    const struct policy_record *record, struct jail_error *err);
/* The running jail's file system in memory: a descriptor (O_PATH), or -errno; ENOENT: process 1 does not keep it. */
int watching_disk(int jailfd, const struct store_state *s);
/* What process 1 has counted so far; ENOENT: it has no page. */
int watching_read(int jailfd, const struct store_state *s, struct watch_page *ret);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * campaign.h: what the files of the injection campaign share: running tools, and looking whether anything is left.
 */
#ifndef HOSTILE_CAMPAIGN_H
#define HOSTILE_CAMPAIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "tracer.h"

#define ARGS_MAX 48
#define TEXT_MAX 8192

/* One worker: its names and its directory, and the text of its last tool's standard error. */
struct worker {
	const char *bin; /* where the tools are */
	char name[64];	 /* of its jails */
	char dir[256];
	int err_fd;
	int out_fd; /* for standard output; 0: /dev/null */
	char err[TEXT_MAX];
	unsigned failures, names;
};

/*
 * "jail|-c|name=%n|path=%d/root": %n and %d are the worker's name and directory, %b is where the tools are, '|' stands
 * between arguments. The first one is a tool or, as "./NAME", a program of this directory. Strings lie in `room`.
 */
struct command {
	char *argv[ARGS_MAX];
	char room[4096];
};

void command_make(const struct worker *w, const char *text, struct command *ret);
pid_t command_start(const struct worker *w, const char *text);
/* To its end (at most 60 s): its exit code, 128 + signal, or -1 when it hung. */
int command_wait(pid_t pid);
/* Both, and read its standard error. */
int command_run(struct worker *w, const char *text);
/* Read what was written to err_fd since the last time into w->err. */
void worker_read_err(struct worker *w);

/* What must be the same before and after. */
struct snapshot {
	unsigned long mounts, files, interfaces; /* sums over all names */
	char *mount_text;
};

void snapshot_take(const char *dir, struct snapshot *ret);
/* What differs, or NULL. */
const char *snapshot_compare(const struct snapshot *a, const struct snapshot *b);
void snapshot_free(struct snapshot *s);

/* Is there a control group of that jail? */
bool left_group(const char *jail);
/* What the tree's root still says of that jail, or NULL. */
const char *left_record(const char *jail);
/* Blocks of ids that the map calls taken and no jail has. */
unsigned left_ranges(void);
/* Does any of these processes still run after a moment? */
bool left_processes(const pid_t *pid, unsigned count);

#endif

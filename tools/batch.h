/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * batch.h: what one call of jail(8) is asked to do (the request, from options), and what that means (the batch: jails
 * with what is to be done to each, and which of them needs which). It may not know any kernel.
 */
#ifndef BATCH_H
#define BATCH_H

#include <jail.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* What is to be done: options -c, -m, -r. */
#define DO_START 0x1u
#define DO_MODIFY 0x2u
#define DO_STOP 0x4u

struct request {
	unsigned todo;		  /* DO_* */
	bool bare;		  /* -R: remove only, no configuration, no commands */
	bool dying;		  /* -d */
	bool clean;		  /* -C */
	bool ids;		  /* -i */
	int verbosity;		  /* -1: -q, 1: -v */
	const char *file;	  /* -f; NULL: the usual files */
	const char *separator;	  /* -e; NULL: not asked for */
	const char *jidfile;	  /* -J */
	int jidfd;		  /* the same, open; -1: none */
	size_t parallel;	  /* -p: at most so many at once; 0: no limit */
	struct jail_params *line; /* a jail given by parameters; NULL: jails given by name */
	struct jail_params *more; /* those of them that are to be added to what a running jail has */
	bool old_style;		  /* path, hostname, ip, command */
	char **names;		  /* patterns too */
	size_t nnames;
};

struct unit {
	char *name;		    /* NULL: a jail of the command line that was given none */
	struct jail_params *params; /* wanted ones; NULL when it is only to be removed */
	struct jail_params *more;   /* of them: what is to be added to what it has while it runs; NULL: nothing */
	unsigned todo;
	bool asked;    /* by its own name: that it runs already, or does not, is then an error */
	bool failed;   /* some step failed, which was reported: nothing more is done to it */
	size_t *needs; /* indices of units it depends on */
	size_t nneeds;
};

struct batch {
	struct jail_conf *conf; /* NULL: none was read */
	struct unit *unit;
	size_t count, room;
	size_t *slot; /* hash of names to index + 1 */
	size_t nslots;
	int code; /* of the first unit that failed while units were selected; 0: none did */
};

/* select.c: from the request to the batch, in the order to start; nothing is changed. 0 or an exit code. */
int select_units(const struct request *rq, struct batch *b);
void batch_free(struct batch *b);
struct unit *batch_find(const struct batch *b, const char *name);

/* The names of the batch are put into its hash again, after units have changed places. */
void batch_index(struct batch *b);

/* needs.c: a unit failed, and its error was reported: `code` is the tool's exit code unless another failed before. */
void batch_fail(struct batch *b, struct unit *u, int code);
/* The name of the jail around this one; false when it is not inside another. */
bool batch_parent_name(const char *name, char ret[static JAIL_NAME_MAX + 1]);
/* Which units need which, within the batch. 0 or an exit code. */
int batch_link(struct batch *b);
/*
 * Units in an order in which they can start, each behind what it needs. One that can't start fails, and so does what
 * depends on it: each is reported, or the circle that it is in. 0 or an exit code.
 */
int batch_order(struct batch *b);
/* The needs of a linked batch turned round: the units that wait for unit i are after[first[i]] to after[first[i + 1] -
 * 1]. */
struct followers {
	size_t *first, *after;
};
/* `stop`: a unit waits for those that need it, as in a removal. ENOMEM. */
int batch_followers(const struct batch *b, bool stop, struct followers *ret);
void followers_free(struct followers *f);

/*
 * config.c: read the configuration: `required` false: it may be missing, then *ret is NULL. `runs`: what it says will
 * be run, so nobody else may be able to change it. 0 or an exit code.
 */
int config_read(const char *file, bool required, bool runs, struct jail_conf **ret);

/* perform.c: what is done to one jail. They report, and return an exit code. */
int perform_start(const struct request *rq, struct unit *u);
int perform_modify(const struct request *rq, struct unit *u);
int perform_stop(const struct request *rq, struct unit *u);
/* Turns -cm, -mr and -cmr into what this jail needs, given whether and how it runs. 0 or an exit code. */
int perform_decide(struct unit *u);

/* run.c: everything of the batch, in order, in parallel. Returns the exit code of the tool. */
int run_batch(const struct request *rq, struct batch *b);

/* show.c: -e and -J. */
int show_configuration(const struct request *rq);
int show_jid(const struct request *rq, const struct unit *u, const char *jid);

#endif

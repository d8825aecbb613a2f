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
	bool failed;   /* some step failed: nothing more is done to it */
	size_t *needs; /* indices of units it depends on */
	size_t nneeds;
};

struct batch {
	struct jail_conf *conf; /* NULL: none was read */
	struct unit *unit;
	size_t count, room;
	size_t *slot; /* hash of names to index + 1 */
	size_t nslots;
};

/* select.c: from the request to the batch, in the order to start; nothing is changed. 0 or an exit code. */
int select_units(const struct request *rq, struct batch *b);
void batch_free(struct batch *b);
struct unit *batch_find(const struct batch *b, const char *name);

/* config.c: read the configuration: `required` false: it may be missing, then *ret is NULL. 0 or an exit code. */
int config_read(const char *file, bool required, struct jail_conf **ret);

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

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * scenarios.h: the uses of jail(8) that the injection campaign breaks.
 */
#ifndef HOSTILE_SCENARIOS_H
#define HOSTILE_SCENARIOS_H

#include <stdbool.h>

#include "campaign.h"

#define SCENARIO_COMMANDS 4

struct scenario {
	const char *name;
	const char *command;		      /* what is broken (command_make()) */
	int exit;			      /* how it ends when nothing is */
	const char *suffix;		      /* of the jail's name behind the worker's */
	bool persists;			      /* afterwards the jail is there */
	bool removes;			      /* afterwards it is not */
	bool changes;			      /* it was there before and still is */
	bool terminal;			      /* it has one */
	bool alone;			      /* two workers would do each other's work */
	const char *setup[SCENARIO_COMMANDS]; /* before each time */
	const char *once[SCENARIO_COMMANDS];  /* before the first time */
	const char *last[SCENARIO_COMMANDS];  /* after the last */
};

const struct scenario *scenario_find(const char *name);
/* The worker's directory: `root` with a program, `up` and `base` for a union, `shared` for a mount. -1 and errno. */
int scenario_prepare(const struct worker *w);

#endif

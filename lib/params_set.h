/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * params_set.h: the make of a parameter set, for params*.c only.
 */
#ifndef PARAMS_SET_H
#define PARAMS_SET_H

#include "params.h"
#include "table.h"

struct value {
	char *text;
	struct param_origin at; /* at.file belongs to the set */
};

/* One parameter that was set; scalars have one value, lists any number. */
struct entry {
	const struct jail_param *row;
	struct value *values;
	size_t count;
	bool chosen; /* params_chosen() */
};

struct jail_params {
	struct entry *entries; /* in the order of setting */
	size_t count, capacity;
	char **files; /* names that origins point to, each once */
	size_t nfiles;
	uint8_t slot[TABLE_ROWS_MAX]; /* by row: index in `entries` + 1; 0: not set */
};

/* The set's own copy of a file's name; NULL for want of memory. */
const char *params_intern(struct jail_params *p, const char *file);
struct entry *params_entry(const struct jail_params *p, const struct jail_param *row);
/* Make `values` (taken over on success) those of the row, or with `append` add them to it. 0 or -ENOMEM. */
int params_store(struct jail_params *p, const struct jail_param *row, struct value *values, size_t count, bool append);
void params_free_values(struct value *values, size_t count);

#endif

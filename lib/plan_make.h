/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * plan_make.h: what the files that make a plan share: memory that ends with the plan, reading of parameters, and
 * refusing one of them. For plan*.c only.
 */
#ifndef PLAN_MAKE_H
#define PLAN_MAKE_H

#include "error.h"
#include "plan.h"

#define PLAN_PATH_MAX 4095 /* bytes in a path; the kernel takes no longer one */

/* Memory that is given back all at once. */
struct arena {
	struct arena_block *blocks;
};

/* Zeroed; NULL for want of memory. */
void *arena_new(struct arena *a, size_t count, size_t size);
char *arena_text(struct arena *a, const char *text, size_t length);
void arena_free(struct arena *a);

struct maker {
	const struct jail_params *p;
	struct plan *plan;
	struct arena *arena;
	struct jail_error *err;
	bool running;			 /* mount.fstab is not read */
	const struct jail_params *asked; /* what is asked for just now; NULL: all of it */
};

/* Refuse string `item` of a parameter: -errnum, with the parameter and where it was written. */
int plan_refuse(const struct maker *m, const char *param, size_t item, int errnum, const char *fmt, ...) _printf_(5, 6);
int plan_no_memory(const struct maker *m);

/* Values of parameters that the table has a default for, or that were set. */
bool plan_bool(const struct maker *m, const char *param);
int64_t plan_int(const struct maker *m, const char *param);
/* Is the parameter's value, or its default, this one? */
bool plan_is(const struct maker *m, const char *param, const char *value);
/* A copy of the text; *ret is NULL when it is not set and has no default. */
int plan_text(const struct maker *m, const char *param, char **ret);
int plan_strings(const struct maker *m, const char *param, struct plan_strings *ret);
/* Where the string was written, for as long as the plan lives. */
int plan_origin(const struct maker *m, const char *param, size_t item, struct param_origin *ret);

/*
 * A path in its plainest form: absolute, single slashes, no "." and none at the end. NULL and *why tells what is wrong
 * ("is not absolute", ...; NULL: no memory).
 */
char *plan_path(struct arena *a, const char *text, const char **why);

/* The parts of a plan; each 0 or a negative errno with m->err filled. */
int plan_make_host(const struct maker *m);
int plan_make_network(const struct maker *m);
int plan_make_users(const struct maker *m);
int plan_make_files(const struct maker *m);
int plan_make_devices(const struct maker *m);
int plan_make_mounts(const struct maker *m);
int plan_make_commands(const struct maker *m);
int plan_make_limits(const struct maker *m);
int plan_make_record(const struct maker *m, const struct policy_record *parent);

/* One fstab line into the arena; `root`: the jail's path. */
int plan_mount_line(
    struct arena *a, const char *line, const char *root, struct plan_mount *ret, struct jail_error *err);
#endif

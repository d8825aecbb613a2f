/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * params.h: inside of a parameter set: values with their origin, and its bytes as they are kept in the kernel. Pure; it
 * may not know any kernel.
 */
#ifndef PARAMS_H
#define PARAMS_H

#include <jail.h>

/* Where a value was written. `file` is interned by the set: it may be freed by the caller afterwards. */
struct param_origin {
	const char *file; /* NULL: the command line or a program */
	unsigned line;
};

/* jail_params_set()/append() with an origin that goes into errors and stays with the value. */
int params_set_at(
    struct jail_params *p, const char *name, const char *value, struct param_origin at, struct jail_error *err);
int params_append_at(
    struct jail_params *p, const char *name, const char *value, struct param_origin at, struct jail_error *err);
/* Set a read-only parameter (jid, parent, dying, ...): for what the kernel reports. No checks but type. */
int params_report(struct jail_params *p, const char *name, const char *value);
int params_report_item(struct jail_params *p, const char *name, const char *value);
/* What a list that was not set is all the same, in its own words: += adds to that. NULL: nothing. */
const char *params_list_default(const char *name);
/* What was reported under this name was chosen for the jail, not asked for: see jail_params_asked(). */
void params_chosen(struct jail_params *p, const char *name);
/* Origin of the first value; {NULL, 0} when not set. */
struct param_origin params_origin(const struct jail_params *p, const char *name);
/* Origin of the i-th string. */
struct param_origin params_item_origin(const struct jail_params *p, const char *name, size_t i);

/*
 * The set as bytes and back: names, values, origins, with a version in front; the reader trusts nothing of its input
 * (EBADMSG). The buffer of params_encode() is the caller's to free.
 */
int params_encode(const struct jail_params *p, void **ret, size_t *ret_size);
int params_decode(const void *bytes, size_t size, struct jail_params **ret);

#endif

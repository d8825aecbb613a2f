/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * table.h: the parameter table as the library's own files see it: rows by number, and a name as it was written. Pure.
 */
#ifndef TABLE_H
#define TABLE_H

#include <jail.h>

#define TABLE_ROWS_MAX 256 /* at most so many rows: what is kept per row has room for them */

extern const struct jail_param table_rows[]; /* sorted by name */
extern const size_t table_count;

/* The row's number, -1 when there is none of that name. */
int table_index(const char *name);
/*
 * The row that `written` means; *ret_negated tells that it is its negative form: "nopersist", "allow.nomount". NULL:
 * there is none.
 */
const struct jail_param *table_find_written(const char *written, bool *ret_negated);
/* The known name that is nearest to `written`, NULL when none is near enough to be what was meant. */
const char *table_nearest(const char *written);

#endif

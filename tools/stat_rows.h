/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stat_rows.h: two readings of the jails' figures as rows to show: rates between them, sorted, filtered, as a tree; and
 * what was seen of each over the last minutes. It may not know how rows are shown.
 */
#ifndef STAT_ROWS_H
#define STAT_ROWS_H

#include <jail.h>

/* One reading. */
struct sample {
	struct jail_stat *stat; /* sorted by jid */
	size_t count;
};

/* Read all jails, or `only` (by name or number). -errno, and `err`. The caller frees. */
int sample_take(const char *only, struct sample *ret, struct jail_error *err);
void sample_free(struct sample *s);

enum rows_series { ROWS_CPU, ROWS_MEMORY, ROWS_IO, ROWS_NET, ROWS_PRESSURE, ROWS_SERIES };

struct jail_row {
	const struct jail_stat *stat; /* of the newer reading */
	unsigned depth;		      /* in the tree */
	/* Since the older reading; below 0: not known. */
	double cpu;			      /* percent of one processor */
	double throttled;		      /* percent of the time */
	double read, written, received, sent; /* bytes a second */
};

struct rows {
	struct jail_row *row;
	size_t count;
};

/* The sum of two rates that may be unknown. */
double rows_sum(double a, double b);
/* What the series are made of; below 0: not known. */
double rows_value(const struct jail_row *r, enum rows_series i);
/* The share of its limit that a jail uses, 0 to 1; without a limit of `whole`. Below 0: not known. */
double rows_cpu_share(const struct jail_row *r, double whole);
double rows_memory_share(const struct jail_row *r, double whole);

/* `before` may be empty. The rows point into `now`. -ENOMEM. */
int rows_make(const struct sample *before, const struct sample *now, struct rows *ret);
void rows_free(struct rows *v);

#define ROWS_KEYS 12
/* Column `i` that rows can be sorted by; NULL past the end. Figures from the largest down, names from a to z. */
const char *rows_key(size_t i);
/* -1: no such key. The beginning of one is enough. */
int rows_key_find(const char *name);
void rows_sort(struct rows *v, size_t key, bool reverse);
/* Children behind their parents; siblings stay in order. -ENOMEM. */
int rows_tree(struct rows *v);
/* Only jails whose names hold the text. */
void rows_filter(struct rows *v, const char *text);
/* The part of a name that is its own in a tree. */
const char *rows_leaf(const char *name);

#define HISTORY_MAX 150 /* readings: five minutes of two seconds each */

struct history;
struct history *history_new(void); /* NULL: no memory */
void history_free(struct history *h);
/* Adds a value of each row; jails that have none are forgotten. -ENOMEM. */
int history_add(struct history *h, const struct rows *v);
/* At most `max` values, the oldest first; returns their number. */
size_t history_get(const struct history *h, const struct jail_stat *s, enum rows_series i, double *ret, size_t max);

#endif

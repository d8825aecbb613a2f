/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stat_rows.c: see stat_rows.h. The only call of the library is in sample_take(); the rest is pure.
 */
#include "stat_rows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/util.h"
#include "stat_show.h"

/* -------------------------------------------------------------------------------------------------------- readings */

static int take_one(const char *only, struct sample *s, struct jail_error *err)
{
	int r;

	s->stat = calloc(1, sizeof(*s->stat));
	if (s->stat == NULL)
		return -ENOMEM;
	s->count = 1;
	r = jail_stat(only, s->stat, sizeof(*s->stat), err);
	if (r < 0)
		sample_free(s);
	return r;
}

int sample_take(const char *only, struct sample *ret, struct jail_error *err)
{
	struct sample s = {0};
	struct jail_stats *l = NULL;
	int r;

	if (only != NULL) {
		r = take_one(only, &s, err);
	} else {
		r = jail_stat_all(0, &l, err);
		if (r == 0) {
			s.count = jail_stats_count(l);
			s.stat = calloc(s.count + 1, sizeof(*s.stat));
		}
		if (r == 0 && s.stat == NULL)
			r = -ENOMEM;
		for (size_t i = 0; r == 0 && i < s.count; i++)
			s.stat[i] = *jail_stats_at(l, i);
		jail_stats_free(l);
	}
	if (r == -ENOMEM && err != NULL)
		*err = (struct jail_error){.errnum = ENOMEM, .exitcode = 71, .what = "out of memory"};
	if (r == 0)
		*ret = s;
	return r;
}

void sample_free(struct sample *s)
{
	free(s->stat);
	*s = (struct sample){0};
}

/* ----------------------------------------------------------------------------------------------------------- rates */

/* Units of the figure a second. */
static double rate(const struct jail_stat *before, const struct jail_stat *now, enum jail_figure i)
{
	if (before == NULL || now->sampled <= before->sampled || !jail_figure_known(before, i) ||
	    !jail_figure_known(now, i))
		return SHOW_UNKNOWN;
	/* A counter that went back is another's: a network stack that was replaced, a process that ended. */
	if (now->figure[i] < before->figure[i])
		return SHOW_UNKNOWN;
	return (double)(now->figure[i] - before->figure[i]) * 1e6 / (double)(now->sampled - before->sampled);
}

static double hundredth(double value)
{
	return value < 0 ? SHOW_UNKNOWN : value / 1e4; /* microseconds a second to percent */
}

static void set_rates(const struct jail_stat *before, struct jail_row *r)
{
	r->cpu = hundredth(rate(before, r->stat, JAIL_STAT_CPU_USAGE));
	r->throttled = hundredth(rate(before, r->stat, JAIL_STAT_CPU_THROTTLED));
	r->read = rate(before, r->stat, JAIL_STAT_IO_READ_BYTES);
	r->written = rate(before, r->stat, JAIL_STAT_IO_WRITE_BYTES);
	r->received = rate(before, r->stat, JAIL_STAT_NET_RX_BYTES);
	r->sent = rate(before, r->stat, JAIL_STAT_NET_TX_BYTES);
}

int rows_make(const struct sample *before, const struct sample *now, struct rows *ret)
{
	struct rows v = {.row = calloc(now->count + 1, sizeof(*v.row)), .count = now->count};

	if (v.row == NULL)
		return -ENOMEM;
	for (size_t i = 0, k = 0; i < now->count; i++) {
		const struct jail_stat *s = &now->stat[i], *old = NULL;

		while (k < before->count && before->stat[k].jid < s->jid)
			k++;
		/* The number may have been given to another jail since. */
		if (k < before->count && before->stat[k].jid == s->jid && before->stat[k].created == s->created &&
		    strcmp(before->stat[k].name, s->name) == 0)
			old = &before->stat[k];
		v.row[i].stat = s;
		set_rates(old, &v.row[i]);
	}
	*ret = v;
	return 0;
}

void rows_free(struct rows *v)
{
	free(v->row);
	*v = (struct rows){0};
}

double rows_sum(double a, double b)
{
	if (a < 0 && b < 0)
		return SHOW_UNKNOWN;
	return (a < 0 ? 0 : a) + (b < 0 ? 0 : b);
}

static double figure(const struct jail_stat *s, enum jail_figure i)
{
	return jail_figure_known(s, i) ? (double)s->figure[i] : SHOW_UNKNOWN;
}

/* The worst of the three, as that is what the jail waits for. */
static double pressure(const struct jail_stat *s)
{
	double cpu = figure(s, JAIL_STAT_CPU_SOME), memory = figure(s, JAIL_STAT_MEMORY_SOME),
	       io = figure(s, JAIL_STAT_IO_SOME), worst = cpu > memory ? cpu : memory;

	worst = worst > io ? worst : io;
	return worst < 0 ? SHOW_UNKNOWN : worst / 100;
}

double rows_value(const struct jail_row *r, enum rows_series i)
{
	switch (i) {
	case ROWS_CPU:
		return r->cpu;
	case ROWS_MEMORY:
		return figure(r->stat, JAIL_STAT_MEMORY);
	case ROWS_IO:
		return rows_sum(r->read, r->written);
	case ROWS_NET:
		return rows_sum(r->received, r->sent);
	case ROWS_PRESSURE:
		return pressure(r->stat);
	case ROWS_SERIES:
		break;
	}
	return SHOW_UNKNOWN;
}

static double limit(const struct jail_stat *s, enum jail_figure i, double whole)
{
	return jail_figure_known(s, i) && s->figure[i] != JAIL_STAT_UNLIMITED ? (double)s->figure[i] : whole;
}

static double share(double value, double whole)
{
	return value < 0 || whole <= 0 ? SHOW_UNKNOWN : value / whole;
}

double rows_cpu_share(const struct jail_row *r, double whole)
{
	return share(r->cpu, limit(r->stat, JAIL_STAT_CPU_LIMIT, whole * 1e4) / 1e4);
}

double rows_memory_share(const struct jail_row *r, double whole)
{
	return share(figure(r->stat, JAIL_STAT_MEMORY), limit(r->stat, JAIL_STAT_MEMORY_LIMIT, whole));
}

/* --------------------------------------------------------------------------------------------------------- sorting */

static const char *const keys[] = {
    "name", "cpu", "memory", "processes", "io", "net", "pressure", "oom", "throttled", "uptime", "restarts", "jid"};

_Static_assert(ARRAY_SIZE(keys) == ROWS_KEYS, "as many as are promised");

const char *rows_key(size_t i)
{
	return i < ARRAY_SIZE(keys) ? keys[i] : NULL;
}

int rows_key_find(const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; n > 0 && i < ARRAY_SIZE(keys); i++)
		if (strncmp(keys[i], name, n) == 0)
			return (int)i;
	return -1;
}

static double key_value(const struct jail_row *r, size_t key)
{
	switch (key) {
	case 1:
		return r->cpu;
	case 2:
		return rows_value(r, ROWS_MEMORY);
	case 3:
		return figure(r->stat, JAIL_STAT_PROCESSES);
	case 4:
		return rows_value(r, ROWS_IO);
	case 5:
		return rows_value(r, ROWS_NET);
	case 6:
		return rows_value(r, ROWS_PRESSURE);
	case 7:
		return figure(r->stat, JAIL_STAT_OOM_KILLS);
	case 8:
		return r->throttled;
	case 9:
		return figure(r->stat, JAIL_STAT_UPTIME);
	case 10:
		return figure(r->stat, JAIL_STAT_RESTARTS);
	default:
		return -(double)r->stat->jid; /* from the smallest up */
	}
}

struct order {
	size_t key;
	bool reverse;
};

static int compare(const void *a, const void *b, void *arg)
{
	const struct jail_row *x = a, *y = b;
	const struct order *o = arg;
	int r = 0;

	if (o->key > 0) {
		double left = key_value(x, o->key), right = key_value(y, o->key);

		r = (left < right) - (left > right);
	}
	if (r == 0 && (o->key == 0 || o->key >= ARRAY_SIZE(keys) - 1))
		r = strcmp(x->stat->name, y->stat->name);
	if (o->reverse)
		r = -r;
	/* The same order each time, whatever is equal. */
	return r != 0 ? r : strcmp(x->stat->name, y->stat->name);
}

/* An insertion into halves would do for a screen; a thousand rows every other second want better. */
static void merge(struct jail_row *row, struct jail_row *scratch, size_t count, struct order *o)
{
	size_t half = count / 2, a = 0, b = half, n = 0;

	if (count < 2)
		return;
	merge(row, scratch, half, o);
	merge(row + half, scratch, count - half, o);
	while (a < half && b < count)
		scratch[n++] = compare(&row[b], &row[a], o) < 0 ? row[b++] : row[a++];
	while (a < half)
		scratch[n++] = row[a++];
	while (b < count)
		scratch[n++] = row[b++];
	memcpy(row, scratch, count * sizeof(*row));
}

void rows_sort(struct rows *v, size_t key, bool reverse)
{
	struct order o = {.key = key, .reverse = reverse};
	struct jail_row *scratch = calloc(v->count + 1, sizeof(*scratch));

	/* Unsorted rows are better than none. */
	if (scratch != NULL)
		merge(v->row, scratch, v->count, &o);
	free(scratch);
}

/* ------------------------------------------------------------------------------------------------------------ tree */

static void put_beneath(const struct rows *v, uint32_t parent, unsigned depth, struct jail_row *to, size_t *used)
{
	for (size_t i = 0; i < v->count && depth <= JAIL_DEPTH_MAX; i++) {
		if (v->row[i].stat->parent != parent || *used == v->count)
			continue;
		to[*used] = v->row[i];
		to[(*used)++].depth = depth;
		put_beneath(v, v->row[i].stat->jid, depth + 1, to, used);
	}
}

static bool has_jid(const struct rows *v, uint32_t jid)
{
	for (size_t i = 0; i < v->count; i++)
		if (v->row[i].stat->jid == jid)
			return true;
	return false;
}

int rows_tree(struct rows *v)
{
	struct jail_row *to = calloc(v->count + 1, sizeof(*to));
	size_t used = 0;

	if (to == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < v->count && used < v->count; i++) {
		uint32_t parent = v->row[i].stat->parent;

		if (parent != 0 && has_jid(v, parent))
			continue;
		to[used] = v->row[i];
		to[used++].depth = 0;
		put_beneath(v, v->row[i].stat->jid, 1, to, &used);
	}
	free(v->row);
	v->row = to;
	v->count = used;
	return 0;
}

void rows_filter(struct rows *v, const char *text)
{
	size_t n = 0;

	for (size_t i = 0; i < v->count; i++)
		if (strstr(v->row[i].stat->name, text) != NULL)
			v->row[n++] = v->row[i];
	v->count = n;
}

const char *rows_leaf(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot != NULL ? dot + 1 : name;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * jstat.h: what jstat(8) is asked to show, and its ways to show it.
 */
#ifndef JSTAT_H
#define JSTAT_H

#include "output.h"
#include "stat_rows.h"

struct watching {
	const char *only;   /* the one jail, by name or number */
	const char *filter; /* jails whose names hold it */
	unsigned delay;	    /* milliseconds between two readings */
	unsigned count;	    /* intervals before a table or details */
	size_t key;
	bool reverse, tree, utf8;
	/* The machine, for shares where a jail has no limit. */
	double cpus, memory;
};

/* jstat_table.c: the table of -1 */
void table_put(struct output *o, const struct watching *w, const struct rows *v);

/* jstat_details.c: one jail, a call of `line` for each line; no line has more columns than `width`. */
typedef void details_line(void *arg, const char *text);
void details_put(const struct watching *w, const struct jail_row *r, const struct history *h, size_t width,
    details_line *line, void *arg);

/* jstat_json.c */
void json_put(struct output *o, const struct sample *s);

/* jstat_metrics.c: OpenMetrics 1.0 */
void metrics_put(struct output *o, const struct sample *s);
/* The name of a figure's metric, "jail_cpu_usage_seconds", without the _total of a counter. */
#define METRIC_NAME_SIZE 64
void metric_name(const struct jail_figure_row *row, char buf[METRIC_NAME_SIZE]);
void metric_value(const struct jail_figure_row *row, uint64_t value, char buf[32]);
void metric_escape(const char *text, bool quotes, char *buf, size_t size);
#define METRICS_TYPE "application/openmetrics-text; version=1.0.0; charset=utf-8"

/* jstat_http.c: answer one request for metrics on the descriptors 0 and 1. An exit code. */
int http_answer(int (*metrics)(int fd));
/* What a request deserves: 200, 400, 404, 405, or 0: it isn't whole yet. `ret_head`: without the body. */
int http_judge(const char *request, size_t size, bool *ret_head);

#ifdef HAVE_CURSES
/* jstat_screen.c: until the user has seen enough. An exit code. */
int screen_run(struct watching *w);
#endif

#endif

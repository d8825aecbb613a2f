/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * jstat_details.c: all that is known of one jail, as lines of text: what it is, how its use went over the last minutes,
 * and every figure. What is not known is left out. Screen and plain output are made of the same lines.
 */
#include <stdio.h>
#include <string.h>

#include "../lib/util.h"
#include "jstat.h"
#include "stat_show.h"

#define LINE_MAX_BYTES 1024

/* Figures of one line; a part is left out when it is unknown, a line when all of it is. */
struct part {
	const char *line; /* NULL: the same as before */
	const char *text; /* with one %s */
	enum jail_figure figure;
};

static const struct part parts[] = {
    {"processor", "%s used", JAIL_STAT_CPU_USAGE},
    {NULL, "%s user", JAIL_STAT_CPU_USER},
    {NULL, "%s system", JAIL_STAT_CPU_SYSTEM},
    {NULL, "limit %s", JAIL_STAT_CPU_LIMIT},
    {"throttled", "%s", JAIL_STAT_CPU_THROTTLED},
    {NULL, "in %s periods", JAIL_STAT_CPU_THROTTLED_PERIODS},
    {NULL, "of %s", JAIL_STAT_CPU_PERIODS},
    {"memory", "%s now", JAIL_STAT_MEMORY},
    {NULL, "%s at most", JAIL_STAT_MEMORY_PEAK},
    {NULL, "limit %s", JAIL_STAT_MEMORY_LIMIT},
    {NULL, "soft limit %s", JAIL_STAT_MEMORY_SOFT_LIMIT},
    {"made of", "%s anonymous", JAIL_STAT_MEMORY_ANON},
    {NULL, "%s files", JAIL_STAT_MEMORY_FILE},
    {NULL, "%s shared", JAIL_STAT_MEMORY_SHARED},
    {NULL, "%s kernel", JAIL_STAT_MEMORY_KERNEL},
    {"swap", "%s", JAIL_STAT_SWAP},
    {NULL, "limit %s", JAIL_STAT_SWAP_LIMIT},
    {"times", "%s at the limit", JAIL_STAT_MEMORY_MAX_EVENTS},
    {NULL, "%s at the soft limit", JAIL_STAT_MEMORY_HIGH_EVENTS},
    {NULL, "%s out of memory", JAIL_STAT_OOM_EVENTS},
    {NULL, "%s killed for it", JAIL_STAT_OOM_KILLS},
    {"processes", "%s", JAIL_STAT_PROCESSES},
    {NULL, "limit %s", JAIL_STAT_PROCESSES_LIMIT},
    {"threads", "%s", JAIL_STAT_THREADS},
    {NULL, "limit %s", JAIL_STAT_THREADS_LIMIT},
    {NULL, "%s forks refused", JAIL_STAT_THREADS_MAX_EVENTS},
    {"devices", "%s read", JAIL_STAT_IO_READ_BYTES},
    {NULL, "in %s reads", JAIL_STAT_IO_READS},
    {NULL, "%s written", JAIL_STAT_IO_WRITE_BYTES},
    {NULL, "in %s writes", JAIL_STAT_IO_WRITES},
    {"network", "%s received", JAIL_STAT_NET_RX_BYTES},
    {NULL, "in %s packets", JAIL_STAT_NET_RX_PACKETS},
    {NULL, "%s sent", JAIL_STAT_NET_TX_BYTES},
    {NULL, "in %s packets", JAIL_STAT_NET_TX_PACKETS},
    {NULL, "%s within", JAIL_STAT_NET_LOOPBACK_BYTES},
    {NULL, "in %s packets", JAIL_STAT_NET_LOOPBACK_PACKETS},
    {"waits cpu", "some %s", JAIL_STAT_CPU_SOME},
    {NULL, "(%s)", JAIL_STAT_CPU_SOME_TOTAL},
    {NULL, "all %s", JAIL_STAT_CPU_FULL},
    {NULL, "(%s)", JAIL_STAT_CPU_FULL_TOTAL},
    {"waits mem", "some %s", JAIL_STAT_MEMORY_SOME},
    {NULL, "(%s)", JAIL_STAT_MEMORY_SOME_TOTAL},
    {NULL, "all %s", JAIL_STAT_MEMORY_FULL},
    {NULL, "(%s)", JAIL_STAT_MEMORY_FULL_TOTAL},
    {"waits i/o", "some %s", JAIL_STAT_IO_SOME},
    {NULL, "(%s)", JAIL_STAT_IO_SOME_TOTAL},
    {NULL, "all %s", JAIL_STAT_IO_FULL},
    {NULL, "(%s)", JAIL_STAT_IO_FULL_TOTAL},
    {"limits", "hit %s times", JAIL_STAT_HITS},
};

struct writing {
	details_line *line;
	void *arg;
	size_t width, used;
	char text[LINE_MAX_BYTES];
};

static void finish(struct writing *w)
{
	if (w->used > 0)
		w->line(w->arg, w->text);
	w->used = 0;
}

/* Does it say more of the piece before? */
static bool continues(const char *text)
{
	return text[0] == '(' || strncmp(text, "in ", 3) == 0 || strncmp(text, "of ", 3) == 0;
}

/* A piece behind the others of the line, or on a line of its own where it has no room. */
static void piece(struct writing *w, const char *label, const char *text)
{
	size_t n = strlen(text);

	if (w->used > 0 && w->used + n + 2 > w->width)
		finish(w);
	if (w->used == 0)
		(void)snprintf(w->text, sizeof(w->text), "%-10s", label);
	else
		(void)snprintf(w->text + w->used, sizeof(w->text) - w->used, "%s", continues(text) ? " " : ", ");
	w->used = strlen(w->text);
	(void)snprintf(w->text + w->used, sizeof(w->text) - w->used, "%s", text);
	w->used = strlen(w->text);
}

static void put_parts(struct writing *w, const struct jail_stat *s)
{
	const char *label = "";

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		char value[SHOW_SIZE], text[64];
		const char *place = strstr(parts[i].text, "%s");

		if (parts[i].line != NULL) {
			finish(w);
			label = parts[i].line;
		}
		if (!jail_figure_known(s, parts[i].figure))
			continue;
		(void)snprintf(text, sizeof(text), "%.*s%s%s", (int)(place - parts[i].text), parts[i].text,
		    show_figure(s, parts[i].figure, value), place + 2);
		piece(w, label, text);
	}
	finish(w);
}

/* "cpu    12.3%  ____--=###" */
static void put_spark(struct writing *w, const struct watching *o, const struct jail_row *r, const struct history *h,
    enum rows_series series)
{
	static const struct {
		const char *label;
		double top; /* 0: the highest that was seen */
		bool percent;
		const char *unit;
	} row[ROWS_SERIES] = {{"cpu", 0, true, "%"}, {"memory", 0, false, ""}, {"i/o", 0, false, "/s"},
	    {"network", 0, false, "/s"}, {"pressure", 100, true, "%"}};
	double value[HISTORY_MAX], now = rows_value(r, series);
	size_t room = w->width > 22 ? w->width - 22 : 0, count;
	char spark[3 * HISTORY_MAX + 1], text[SHOW_SIZE];

	count = history_get(h, r->stat, series, value, room < HISTORY_MAX ? room : HISTORY_MAX);
	show_spark(value, count, row[series].top, o->utf8, spark);
	(void)(row[series].percent ? show_percent(now, text) : show_scaled(now, 1024, text));
	(void)snprintf(w->text, sizeof(w->text), "%-10s%6s%-3s %s", row[series].label, text,
	    now < 0 ? "" : row[series].unit, spark);
	w->line(w->arg, w->text);
}

static const char *source(const struct jail_stat *s)
{
	switch (s->memory_source) {
	case JAIL_SOURCE_CGROUP1:
		return "memory by cgroup 1";
	case JAIL_SOURCE_CGROUP2:
		return "memory by cgroup 2";
	case JAIL_SOURCE_PROCESSES:
		return "memory summed over processes";
	default:
		return "memory not known";
	}
}

static void put_head(struct writing *w, const struct jail_stat *s)
{
	char age[SHOW_SIZE], text[64];

	(void)snprintf(w->text, sizeof(w->text), "%s: jail %u", s->name, s->jid);
	w->used = strlen(w->text);
	if (s->parent != 0) {
		(void)snprintf(text, sizeof(text), "in jail %u", s->parent);
		piece(w, "", text);
	}
	(void)snprintf(text, sizeof(text), "up %s", show_age(s->figure[JAIL_STAT_UPTIME], age));
	piece(w, "", text);
	if (jail_figure_known(s, JAIL_STAT_RESTARTS)) {
		(void)snprintf(text, sizeof(text), "%u restarts", (unsigned)s->figure[JAIL_STAT_RESTARTS]);
		piece(w, "", text);
	}
	piece(w, "", source(s));
	finish(w);
}

void details_put(const struct watching *w, const struct jail_row *r, const struct history *h, size_t width,
    details_line *line, void *arg)
{
	struct writing to = {.line = line, .arg = arg, .width = width};

	put_head(&to, r->stat);
	for (int i = 0; i < ROWS_SERIES; i++)
		put_spark(&to, w, r, h, (enum rows_series)i);
	put_parts(&to, r->stat);
}

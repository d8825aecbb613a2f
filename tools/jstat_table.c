/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * jstat_table.c: the jails as a plain table, one line each, for reading and for awk(1): a dash for what is not known.
 */
#include <string.h>

#include "jstat.h"
#include "stat_show.h"

static void cell(struct output *o, const char *text, size_t width)
{
	size_t n = strlen(text);

	output_char(o, ' ');
	if (n < width)
		output_spaces(o, width - n);
	output_string(o, text);
}

static void limit_cell(struct output *o, const struct jail_stat *s, enum jail_figure i, size_t width)
{
	char buf[SHOW_SIZE];

	cell(o, jail_figure_known(s, i) && s->figure[i] == JAIL_STAT_UNLIMITED ? "-" : show_figure(s, i, buf), width);
}

static void put_row(struct output *o, const struct jail_row *r, size_t name, bool tree)
{
	const struct jail_stat *s = r->stat;
	const char *shown = tree && r->depth > 0 ? rows_leaf(s->name) : s->name;
	size_t indent = tree ? 2 * r->depth : 0, used = indent + strlen(shown);
	char buf[SHOW_SIZE];

	output_spaces(o, indent);
	(void)output_safe(o, shown);
	output_spaces(o, used < name ? name - used : 0);
	cell(o, show_percent(r->cpu, buf), 5);
	limit_cell(o, s, JAIL_STAT_CPU_LIMIT, 5);
	cell(o, show_figure(s, JAIL_STAT_MEMORY, buf), 5);
	limit_cell(o, s, JAIL_STAT_MEMORY_LIMIT, 5);
	cell(o, show_figure(s, JAIL_STAT_PROCESSES, buf), 5);
	cell(o, show_scaled(r->read, 1024, buf), 5);
	cell(o, show_scaled(r->written, 1024, buf), 5);
	cell(o, show_scaled(r->received, 1024, buf), 5);
	cell(o, show_scaled(r->sent, 1024, buf), 5);
	cell(o, show_percent(rows_value(r, ROWS_PRESSURE), buf), 5);
	cell(o, show_figure(s, JAIL_STAT_OOM_KILLS, buf), 4);
	cell(o, show_percent(r->throttled, buf), 5);
	cell(o, show_age(s->figure[JAIL_STAT_UPTIME], buf), 4);
	cell(o, show_figure(s, JAIL_STAT_RESTARTS, buf), 4);
	output_char(o, '\n');
}

void table_put(struct output *o, const struct watching *w, const struct rows *v)
{
	size_t name = strlen("NAME");

	for (size_t i = 0; i < v->count; i++) {
		const char *shown = v->row[i].stat->name;
		size_t n =
		    w->tree && v->row[i].depth > 0 ? 2 * v->row[i].depth + strlen(rows_leaf(shown)) : strlen(shown);

		name = n > name ? n : name;
	}
	output_field(o, "NAME", name, 1);
	output_string(o, "  CPU% LIMIT   MEM LIMIT  PROC  READ WRITE  RECV  SENT PRES%  OOM  THR%   UP REST\n");
	for (size_t i = 0; i < v->count; i++)
		put_row(o, &v->row[i], name, w->tree);
}

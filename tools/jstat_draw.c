/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * jstat_draw.c: see jstat_draw.h. Made for 80 columns; what is wider goes to names and bars, what is narrower loses its
 * right end.
 */
#include "jstat_draw.h"

#include <curses.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jstat_screen.h"
#include "stat_show.h"

enum { COLOUR_NONE, COLOUR_HIGH, COLOUR_FULL };

#define NAME_WIDTH 13 /* at 80 columns */
#define BAR_WIDTH 5
#define NAME_MOST 40
#define BAR_MOST 20

void draw_colours(void)
{
	/* no-color.org: whoever sets it wants none. */
	if (getenv("NO_COLOR") != NULL || !has_colors() || start_color() == ERR)
		return;
	(void)use_default_colors();
	(void)init_pair(COLOUR_HIGH, COLOR_YELLOW, -1);
	(void)init_pair(COLOUR_FULL, COLOR_RED, -1);
}

/* Bytes of the first `columns` characters; each of ours takes one column. */
static int bytes_of(const char *text, int columns)
{
	int i = 0;

	for (; text[i] != '\0'; i++)
		if (((unsigned char)text[i] & 0xc0) != 0x80 && columns-- == 0)
			break;
	return i;
}

static void put(int y, int x, const char *text)
{
	if (y >= 0 && y < LINES && x < COLS)
		(void)mvaddnstr(y, x, text, bytes_of(text, COLS - x));
}

/* A whole line, to the right edge. */
static void put_line(int y, const char *text, attr_t attribute)
{
	(void)attron(attribute);
	if (y >= 0 && y < LINES && (attribute & A_REVERSE) != 0)
		(void)mvhline(y, 0, ' ', COLS);
	put(y, 0, text);
	(void)attroff(attribute);
}

/* Room beyond 80 columns: half of it for the name, a quarter for each bar. */
static void widths(int *name, int *bar)
{
	int more = COLS > 80 ? COLS - 80 : 0;

	*bar = BAR_WIDTH + more / 4;
	*bar = *bar > BAR_MOST ? BAR_MOST : *bar;
	*name = NAME_WIDTH + more - 2 * (*bar - BAR_WIDTH);
	*name = *name > NAME_MOST ? NAME_MOST : *name;
}

static void put_bar(int y, int x, double share, int width, attr_t attribute)
{
	char bar[BAR_MOST + 1];
	short pair = share > 0.9 ? COLOUR_FULL : share > 0.75 ? COLOUR_HIGH : COLOUR_NONE;
	attr_t colour = pair != COLOUR_NONE && has_colors() ? (attr_t)COLOR_PAIR(pair) | A_BOLD : A_NORMAL;

	show_bar(share, (size_t)width, bar);
	(void)attron(attribute | colour);
	put(y, x, bar);
	(void)attroff(attribute | colour);
}

/* ------------------------------------------------------------------------------------------------------- the jails */

static const char *count_of(const struct jail_stat *s, enum jail_figure i, char buf[SHOW_SIZE])
{
	return show_scaled(jail_figure_known(s, i) ? (double)s->figure[i] : SHOW_UNKNOWN, 1000, buf);
}

static const char *limit_of(const struct jail_stat *s, enum jail_figure i, char buf[SHOW_SIZE])
{
	bool none = !jail_figure_known(s, i) || s->figure[i] == JAIL_STAT_UNLIMITED;

	return show_scaled(none ? SHOW_UNKNOWN : (double)s->figure[i], 1024, buf);
}

/* The end of a long name tells it apart from others more often than its beginning does; what is cut is said. */
static void name_cell(const struct screen *s, const struct jail_row *r, int width, char *buf, size_t size)
{
	int indent = s->watch->tree ? (int)(2 * r->depth) : 0;
	const char *name = s->watch->tree && r->depth > 0 ? rows_leaf(r->stat->name) : r->stat->name;
	int n = (int)strlen(name);

	indent = indent > width / 2 ? width / 2 : indent;
	if (n + indent <= width)
		(void)snprintf(buf, size, "%*s%-*s", indent, "", width - indent, name);
	else
		(void)snprintf(buf, size, "%*s+%s", indent, "", name + n - (width - indent - 1));
}

static void draw_row(const struct screen *s, const struct jail_row *r, int y, attr_t attribute)
{
	const struct jail_stat *j = r->stat;
	char name[NAME_MOST + 1], line[256], text[13][SHOW_SIZE];
	int name_width, bar_width, x;

	widths(&name_width, &bar_width);
	name_cell(s, r, name_width, name, sizeof(name));
	(void)snprintf(line, sizeof(line), "%s %4s %*s %4s %4s %*s %4s %4s %4s %4s %4s %4s %4s %4s", name,
	    show_percent(r->cpu, text[0]), bar_width, "", limit_of(j, JAIL_STAT_MEMORY, text[1]),
	    limit_of(j, JAIL_STAT_MEMORY_LIMIT, text[2]), bar_width, "", count_of(j, JAIL_STAT_PROCESSES, text[3]),
	    show_scaled(rows_value(r, ROWS_IO), 1024, text[4]), show_scaled(rows_value(r, ROWS_NET), 1024, text[5]),
	    show_percent(rows_value(r, ROWS_PRESSURE), text[6]), count_of(j, JAIL_STAT_OOM_KILLS, text[7]),
	    show_percent(r->throttled, text[8]), show_age(j->figure[JAIL_STAT_UPTIME], text[9]),
	    count_of(j, JAIL_STAT_RESTARTS, text[10]));
	put_line(y, line, attribute);
	x = name_width + 6;
	put_bar(y, x, rows_cpu_share(r, s->watch->cpus), bar_width, attribute);
	put_bar(y, x + bar_width + 11, rows_memory_share(r, s->watch->memory), bar_width, attribute);
}

static void draw_header(const struct screen *s, int y)
{
	char line[256];
	int name_width, bar_width;

	(void)s;
	widths(&name_width, &bar_width);
	(void)snprintf(line, sizeof(line), "%-*s CPU%% %-*s  MEM LIMT %-*s PROC  I/O  NET PRES  OOM THR%%   UP REST",
	    name_width, "NAME", bar_width, "of", bar_width, "of");
	put_line(y, line, A_REVERSE);
}

static void draw_title(const struct screen *s)
{
	double cpu = 0, memory = 0;
	char line[256], text[2][SHOW_SIZE];

	/* Jails in jails are counted in their parents. */
	for (size_t i = 0; i < s->rows.count; i++) {
		if (s->rows.row[i].stat->parent != 0)
			continue;
		cpu += s->rows.row[i].cpu > 0 ? s->rows.row[i].cpu : 0;
		if (rows_value(&s->rows.row[i], ROWS_MEMORY) > 0)
			memory += rows_value(&s->rows.row[i], ROWS_MEMORY);
	}
	(void)snprintf(line, sizeof(line), "jstat: %zu jail%s, CPU %s%%, memory %s; by %s%s, every %.3g s%s",
	    s->rows.count, s->rows.count == 1 ? "" : "s", show_percent(cpu, text[0]),
	    show_scaled(memory, 1024, text[1]), rows_key(s->watch->key), s->watch->reverse ? " reversed" : "",
	    (double)s->watch->delay / 1000, s->paused ? ", held" : "");
	put_line(0, line, A_BOLD);
	put(0, COLS - 8, "  ? keys");
}

static void draw_list(struct screen *s)
{
	size_t page = LINES > 3 ? (size_t)LINES - 3 : 1;

	if (s->selected < s->top)
		s->top = s->selected;
	if (s->selected >= s->top + page)
		s->top = s->selected - page + 1;
	if (s->top + page > s->rows.count)
		s->top = s->rows.count > page ? s->rows.count - page : 0;
	draw_title(s);
	draw_header(s, 1);
	for (size_t i = 0; i < page && s->top + i < s->rows.count; i++)
		draw_row(s, &s->rows.row[s->top + i], 2 + (int)i, s->top + i == s->selected ? A_REVERSE : A_NORMAL);
	if (s->rows.count == 0)
		put(2, 0, s->filter[0] != '\0' ? "no jail's name holds this" : "no jails run");
}

/* -------------------------------------------------------------------------------------------------- one, and the keys
 */

struct drawing {
	size_t skip;
	int y;
};

static void draw_detail(void *arg, const char *text)
{
	struct drawing *d = arg;

	if (d->skip > 0) {
		d->skip--;
		return;
	}
	if (d->y < LINES - 1)
		put(d->y, 0, text);
	d->y++;
}

static void draw_details(struct screen *s)
{
	struct drawing d = {.skip = s->scroll};
	char line[JAIL_NAME_MAX + 32];

	for (size_t i = 0; i < s->rows.count; i++) {
		if (strcmp(s->rows.row[i].stat->name, s->chosen) != 0)
			continue;
		details_put(s->watch, &s->rows.row[i], s->history, COLS > 0 ? (size_t)COLS : 80, draw_detail, &d);
		/* Not beyond the last line. */
		if (s->scroll > 0 && d.y == 0)
			s->scroll--;
		return;
	}
	(void)snprintf(line, sizeof(line), "%s does not run", s->chosen);
	put(0, 0, line);
}

static void draw_keys(void)
{
	int room = LINES > 3 ? LINES - 3 : 1;

	put_line(0, "Keys of jstat", A_BOLD);
	for (size_t i = 0; screen_key_at(i) != NULL; i++) {
		const struct key *k = screen_key_at(i);
		char line[64];

		(void)snprintf(line, sizeof(line), "%-8s%s", k->shown, k->help);
		put(1 + (int)i % room, 40 * ((int)i / room), line);
	}
}

static void draw_foot(const struct screen *s)
{
	char line[sizeof(s->filter) + 64];

	if (s->editing || (s->filter[0] != '\0' && s->mode == MODE_LIST)) {
		(void)snprintf(line, sizeof(line), "filter: %s%s", s->filter,
		    s->editing ? "_  (Enter: keep, Esc: none)" : "  (Esc: none)");
		put_line(LINES - 1, line, A_BOLD);
	} else if (s->error[0] != '\0') {
		put_line(LINES - 1, s->error, A_BOLD);
	} else if (s->mode != MODE_LIST) {
		put_line(
		    LINES - 1, s->mode == MODE_HELP ? "any key: back" : "Esc: all jails  ?: keys  q: quit", A_BOLD);
	}
}

void draw_screen(struct screen *s)
{
	(void)erase();
	switch (s->mode) {
	case MODE_LIST:
		draw_list(s);
		break;
	case MODE_DETAILS:
		draw_details(s);
		break;
	case MODE_HELP:
		draw_keys();
		break;
	}
	draw_foot(s);
	(void)refresh();
}

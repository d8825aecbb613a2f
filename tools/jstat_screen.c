/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * jstat_screen.c: jstat's screen: what is shown (all jails, one, or the keys), what keys change of it, and when it is
 * read again. Drawing a list is jstat_draw.c's.
 */
#include "jstat_screen.h"

#include <curses.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <term.h>
#include <time.h>
#include <unistd.h>

#include "jstat_draw.h"
#include "report.h"

#define DELAY_MIN 100u
#define DELAY_MAX 60000u

static int64_t now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* --------------------------------------------------------------------------------------------------------- reading */

static void find_selected(struct screen *s)
{
	for (size_t i = 0; i < s->rows.count; i++)
		if (strcmp(s->rows.row[i].stat->name, s->chosen) == 0) {
			s->selected = i;
			return;
		}
	if (s->selected >= s->rows.count)
		s->selected = s->rows.count > 0 ? s->rows.count - 1 : 0;
}

static void choose(struct screen *s, size_t i)
{
	s->selected = i < s->rows.count ? i : s->rows.count > 0 ? s->rows.count - 1 : 0;
	if (s->selected < s->rows.count)
		(void)snprintf(s->chosen, sizeof(s->chosen), "%s", s->rows.row[s->selected].stat->name);
}

/* The rows of what was read last, as they are wanted now. */
static void arrange(struct screen *s)
{
	struct rows fresh;

	if (rows_make(&s->before, &s->now, &fresh) < 0)
		return;
	rows_free(&s->rows);
	s->rows = fresh;
	if (s->filter[0] != '\0' && s->mode != MODE_DETAILS)
		rows_filter(&s->rows, s->filter);
	rows_sort(&s->rows, s->watch->key, s->watch->reverse);
	if (s->watch->tree)
		(void)rows_tree(&s->rows);
	find_selected(s);
}

static void read_again(struct screen *s)
{
	struct sample fresh;
	struct jail_error err;
	struct rows all;

	s->error[0] = '\0';
	if (sample_take(NULL, &fresh, &err) < 0) {
		/* The figures of before stay; why there are no new ones is said. */
		(void)jail_error_format(&err, s->error, sizeof(s->error));
		return;
	}
	rows_free(&s->rows);
	sample_free(&s->before);
	s->before = s->now;
	s->now = fresh;
	if (rows_make(&s->before, &s->now, &all) == 0) {
		(void)history_add(s->history, &all);
		rows_free(&all);
	}
	arrange(s);
}

/* ------------------------------------------------------------------------------------------------------------ keys */

static void move_by(struct screen *s, long by)
{
	long at = s->mode == MODE_DETAILS ? (long)s->scroll : (long)s->selected;

	at = at + by < 0 ? 0 : at + by;
	if (s->mode == MODE_DETAILS)
		s->scroll = (size_t)at;
	else
		choose(s, (size_t)at);
}

static void sort_by(struct screen *s, size_t key)
{
	s->watch->key = key % ROWS_KEYS;
	arrange(s);
}

static void change_delay(struct screen *s, bool slower)
{
	unsigned d = s->watch->delay;

	d = slower ? d * 2 : d / 2;
	s->watch->delay = d < DELAY_MIN ? DELAY_MIN : d > DELAY_MAX ? DELAY_MAX : d;
}

static void go_back(struct screen *s)
{
	if (s->mode == MODE_LIST)
		s->filter[0] = '\0';
	s->mode = MODE_LIST;
	s->scroll = 0;
	arrange(s);
}

static void show_details(struct screen *s)
{
	if (s->mode != MODE_LIST || s->rows.count == 0)
		return;
	choose(s, s->selected);
	s->mode = MODE_DETAILS;
	s->scroll = 0;
	arrange(s);
}

static void move_to(struct screen *s, enum command c)
{
	long page = LINES > 4 ? LINES - 4 : 1;

	switch (c) {
	case COMMAND_UP:
		move_by(s, -1);
		break;
	case COMMAND_DOWN:
		move_by(s, 1);
		break;
	case COMMAND_PAGE_UP:
		move_by(s, -page);
		break;
	case COMMAND_PAGE_DOWN:
		move_by(s, page);
		break;
	case COMMAND_FIRST:
		move_by(s, -(long)1000000);
		break;
	default:
		move_by(s, 1000000);
	}
}

static void obey(struct screen *s, const struct key *k)
{
	switch (k->command) {
	case COMMAND_DETAILS:
		show_details(s);
		break;
	case COMMAND_BACK:
		go_back(s);
		break;
	case COMMAND_TREE:
		s->watch->tree = !s->watch->tree;
		arrange(s);
		break;
	case COMMAND_FILTER:
		go_back(s);
		s->editing = true;
		break;
	case COMMAND_SORT:
		sort_by(s, k->key);
		break;
	case COMMAND_NEXT:
		sort_by(s, s->watch->key + 1);
		break;
	case COMMAND_PREVIOUS:
		sort_by(s, s->watch->key + ROWS_KEYS - 1);
		break;
	case COMMAND_REVERSE:
		s->watch->reverse = !s->watch->reverse;
		arrange(s);
		break;
	case COMMAND_FASTER:
	case COMMAND_SLOWER:
		change_delay(s, k->command == COMMAND_SLOWER);
		break;
	case COMMAND_PAUSE:
		s->paused = !s->paused;
		break;
	case COMMAND_REDRAW:
		(void)clearok(stdscr, TRUE);
		break;
	case COMMAND_HELP:
		s->mode = s->mode == MODE_HELP ? MODE_LIST : MODE_HELP;
		break;
	case COMMAND_QUIT:
		s->quit = true;
		break;
	default:
		move_to(s, k->command);
	}
}

/* While a filter is typed. */
static void edit(struct screen *s, int code)
{
	size_t n = strlen(s->filter);

	if (code == '\n' || code == '\r' || code == KEY_ENTER) {
		s->editing = false;
	} else if (code == 27) {
		s->editing = false;
		s->filter[0] = '\0';
	} else if (code == KEY_BACKSPACE || code == 127 || code == '\b') {
		s->filter[n > 0 ? n - 1 : 0] = '\0';
	} else if (code > ' ' && code < 127 && n + 1 < sizeof(s->filter)) {
		s->filter[n] = (char)code;
		s->filter[n + 1] = '\0';
	} else {
		return;
	}
	arrange(s);
}

static void take_keys(struct screen *s)
{
	int code;

	while (!s->quit && (code = getch()) != ERR) {
		const struct key *k = screen_key_find(code);

		if (code == KEY_RESIZE)
			(void)clearok(stdscr, TRUE);
		else if (s->editing)
			edit(s, code);
		else if (s->mode == MODE_HELP && (k == NULL || k->command != COMMAND_QUIT))
			s->mode = MODE_LIST;
		else if (k != NULL)
			obey(s, k);
	}
}

/* Until a key is typed or `until` has come. False: nobody is at the terminal any more. */
static bool wait_for_key(int64_t until)
{
	struct pollfd p = {.fd = STDIN_FILENO, .events = POLLIN};
	int64_t left = until - now_ms();
	int r = poll(&p, 1, left > 0 ? (int)left : 0);

	return r <= 0 || (p.revents & (POLLHUP | POLLERR | POLLNVAL)) == 0;
}

static bool start_curses(SCREEN **ret)
{
	SCREEN *terminal;
	int found;

	/* newterm(3X) does not give everything back when it fails. */
	if (setupterm(NULL, STDOUT_FILENO, &found) == ERR)
		return false;
	(void)del_curterm(cur_term);
	terminal = newterm(NULL, stdout, stdin);
	if (terminal == NULL)
		return false;
	(void)set_term(terminal);
	(void)cbreak();
	(void)noecho();
	(void)nonl();
	(void)keypad(stdscr, TRUE);
	(void)nodelay(stdscr, TRUE);
	(void)set_escdelay(50);
	(void)curs_set(0);
	draw_colours();
	*ret = terminal;
	return true;
}

static void watch(struct screen *s)
{
	int64_t last = now_ms();

	read_again(s);
	while (!s->quit) {
		/* Counted from the last reading, so that a shorter delay holds at once. */
		int64_t until = last + s->watch->delay;

		draw_screen(s);
		if (!wait_for_key(until))
			break;
		take_keys(s);
		if (s->quit || now_ms() < last + s->watch->delay)
			continue;
		last = now_ms();
		if (!s->paused)
			read_again(s);
	}
}

/* The one jail that was asked for, by its name. */
static int find_only(struct screen *s)
{
	struct jail_error err;
	struct sample one;

	if (sample_take(s->watch->only, &one, &err) < 0)
		return report_error(&err);
	(void)snprintf(s->chosen, sizeof(s->chosen), "%s", one.stat[0].name);
	s->mode = MODE_DETAILS;
	sample_free(&one);
	return EX_OK;
}

int screen_run(struct watching *w)
{
	struct screen s = {.watch = w, .history = history_new()};
	SCREEN *terminal = NULL;
	int code = EX_OK;

	if (s.history == NULL)
		return report_own(EX_OSERR, NULL, "out of memory");
	if (w->filter != NULL)
		(void)snprintf(s.filter, sizeof(s.filter), "%s", w->filter);
	if (w->only != NULL)
		code = find_only(&s);
	if (code == EX_OK && !start_curses(&terminal))
		code = report_own(EX_UNAVAILABLE, NULL,
		    "the terminal \"%s\" is not known: set TERM, or use -1 for a plain table",
		    getenv("TERM") != NULL ? getenv("TERM") : "");
	if (code == EX_OK) {
		watch(&s);
		(void)endwin();
		delscreen(terminal);
	}
	rows_free(&s.rows);
	sample_free(&s.before);
	sample_free(&s.now);
	history_free(s.history);
	return code;
}

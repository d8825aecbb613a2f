/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * jstat_screen.h: the keys of jstat's screen and what they do. Which codes a terminal sends is curses' business.
 */
#ifndef JSTAT_SCREEN_H
#define JSTAT_SCREEN_H

#include <stddef.h>

enum command {
	COMMAND_NONE,
	COMMAND_UP,
	COMMAND_DOWN,
	COMMAND_PAGE_UP,
	COMMAND_PAGE_DOWN,
	COMMAND_FIRST,
	COMMAND_LAST,
	COMMAND_DETAILS,
	COMMAND_BACK,
	COMMAND_TREE,
	COMMAND_FILTER,
	COMMAND_SORT, /* by .key */
	COMMAND_NEXT,
	COMMAND_PREVIOUS,
	COMMAND_REVERSE,
	COMMAND_FASTER,
	COMMAND_SLOWER,
	COMMAND_PAUSE,
	COMMAND_REDRAW,
	COMMAND_HELP,
	COMMAND_QUIT,
};

struct key {
	int code[3]; /* any of them; 0: none */
	enum command command;
	size_t key;	   /* for COMMAND_SORT: what rows_key() counts */
	const char *shown; /* in the list of keys */
	const char *help;
};

/* Key `i`; NULL past the end. */
const struct key *screen_key_at(size_t i);
/* NULL: that key does nothing. */
const struct key *screen_key_find(int code);

#endif

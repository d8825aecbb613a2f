/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * jstat_keys.c: the keys of jstat's screen: one table, for doing and for telling.
 */
#include "jstat_screen.h"

#include <curses.h>

#define SORT(letter, number, shown_, help_)                                                                            \
	{                                                                                                              \
		.code = {letter}, .command = COMMAND_SORT, .key = (number), .shown = (shown_), .help = (help_)         \
	}

static const struct key keys[] = {
    {{KEY_UP, 'k'}, COMMAND_UP, 0, "Up k", "one jail up"},
    {{KEY_DOWN, 'j'}, COMMAND_DOWN, 0, "Down j", "one jail down"},
    {{KEY_PPAGE}, COMMAND_PAGE_UP, 0, "PgUp", "a page up"},
    {{KEY_NPAGE}, COMMAND_PAGE_DOWN, 0, "PgDn", "a page down"},
    {{KEY_HOME, 'g'}, COMMAND_FIRST, 0, "Home g", "the first jail"},
    {{KEY_END, 'G'}, COMMAND_LAST, 0, "End G", "the last jail"},
    {{'\n', '\r', KEY_ENTER}, COMMAND_DETAILS, 0, "Enter", "all about this jail"},
    {{27, KEY_BACKSPACE, KEY_LEFT}, COMMAND_BACK, 0, "Esc", "back; no filter"},
    {{'t'}, COMMAND_TREE, 0, "t", "jails in jails as a tree"},
    {{'/', 'f'}, COMMAND_FILTER, 0, "/ f", "only names that hold a text"},
    {{'>'}, COMMAND_NEXT, 0, ">", "sort by the next column"},
    {{'<'}, COMMAND_PREVIOUS, 0, "<", "sort by the previous column"},
    {{'r'}, COMMAND_REVERSE, 0, "r", "the other way round"},
    SORT('N', 0, "N", "sort by name"),
    SORT('c', 1, "c", "sort by CPU"),
    SORT('m', 2, "m", "sort by memory"),
    SORT('p', 3, "p", "sort by processes"),
    SORT('i', 4, "i", "sort by I/O"),
    SORT('n', 5, "n", "sort by network"),
    SORT('w', 6, "w", "sort by pressure (waits)"),
    SORT('o', 7, "o", "sort by OOM kills"),
    SORT('T', 8, "T", "sort by throttled time"),
    SORT('u', 9, "u", "sort by uptime"),
    SORT('R', 10, "R", "sort by restarts"),
    SORT('J', 11, "J", "sort by number"),
    {{'+'}, COMMAND_SLOWER, 0, "+", "look less often"},
    {{'-'}, COMMAND_FASTER, 0, "-", "look more often"},
    {{' '}, COMMAND_PAUSE, 0, "Space", "hold still, go on"},
    {{12}, COMMAND_REDRAW, 0, "^L", "draw again"},
    {{'?', 'h', KEY_F(1)}, COMMAND_HELP, 0, "? h", "this list"},
    {{'q'}, COMMAND_QUIT, 0, "q", "quit"},
};

const struct key *screen_key_at(size_t i)
{
	return i < sizeof(keys) / sizeof(keys[0]) ? &keys[i] : NULL;
}

const struct key *screen_key_find(int code)
{
	for (size_t i = 0; code != 0 && i < sizeof(keys) / sizeof(keys[0]); i++)
		for (size_t k = 0; k < 3; k++)
			if (keys[i].code[k] == code)
				return &keys[i];
	return NULL;
}

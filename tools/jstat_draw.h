/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * jstat_draw.h: the state of jstat's screen, and drawing it.
 */
#ifndef JSTAT_DRAW_H
#define JSTAT_DRAW_H

#include "jstat.h"

enum mode { MODE_LIST, MODE_DETAILS, MODE_HELP };

struct screen {
	struct watching *watch;
	struct sample before, now;
	struct rows rows; /* of `now`, as they are wanted */
	struct history *history;
	enum mode mode;
	size_t selected, top, scroll;
	char chosen[JAIL_NAME_MAX + 1]; /* the selected jail: it is followed when rows move */
	char filter[64];
	bool editing, paused, quit;
	char error[256]; /* why there are no new figures */
};

void draw_colours(void);
/* All of it; `top` is moved so that the selected row is seen. */
void draw_screen(struct screen *s);

#endif

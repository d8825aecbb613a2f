/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stat_show.h: figures as text for people: scaled numbers, durations, bars, sparklines. Pure; what can't be known is
 * "-". It may not know where a figure comes from.
 */
#ifndef STAT_SHOW_H
#define STAT_SHOW_H

#include <jail.h>

#define SHOW_SIZE 16	  /* enough for every text here but bars and sparklines */
#define SHOW_UNKNOWN -1.0 /* what a rate is that nobody knows */

/* At most four columns: "999", "1.2k", "12k". `base` is 1000 or 1024. */
const char *show_scaled(double value, unsigned base, char buf[SHOW_SIZE]);
/* At most four columns: "9.9", "99.9", "120". */
const char *show_percent(double percent, char buf[SHOW_SIZE]);
/* At most four columns: "59s", "12m", "23h", "99d", "3y". */
const char *show_age(uint64_t usec, char buf[SHOW_SIZE]);
/* A figure in its unit, exact enough for a line of details: "1.2M", "12.3s", "0.5%", "none". */
const char *show_figure(const struct jail_stat *s, enum jail_figure i, char buf[SHOW_SIZE]);
/* `width` columns, filled to `share` (0 to 1, held to that); nothing known: blanks. `buf` holds width + 1. */
void show_bar(double share, size_t width, char *buf);
/*
 * One character a value, the newest last, as high as its part of `top` (0: of the largest); `utf8` with blocks, else in
 * ASCII. `buf` holds 3 * count + 1 bytes.
 */
void show_spark(const double *value, size_t count, double top, bool utf8, char *buf);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stat_show.c: see stat_show.h.
 */
#include "stat_show.h"

#include <stdio.h>
#include <string.h>

static const char *unknown(char buf[SHOW_SIZE])
{
	memcpy(buf, "-", 2);
	return buf;
}

const char *show_scaled(double value, unsigned base, char buf[SHOW_SIZE])
{
	static const char units[] = " kMGTPE";
	size_t unit = 0;

	if (!(value >= 0))
		return unknown(buf);
	while (value >= 999.5 && unit + 2 < sizeof(units)) {
		value /= base;
		unit++;
	}
	if (value > 9999)
		value = 9999;
	if (unit == 0)
		(void)snprintf(buf, SHOW_SIZE, "%.0f", value);
	else
		(void)snprintf(buf, SHOW_SIZE, value < 9.95 ? "%.1f%c" : "%.0f%c", value, units[unit]);
	return buf;
}

const char *show_percent(double percent, char buf[SHOW_SIZE])
{
	if (!(percent >= 0))
		return unknown(buf);
	if (percent >= 9999)
		percent = 9999;
	(void)snprintf(buf, SHOW_SIZE, percent < 99.95 ? "%.1f" : "%.0f", percent);
	return buf;
}

const char *show_age(uint64_t usec, char buf[SHOW_SIZE])
{
	static const struct {
		uint64_t seconds;
		char letter;
	} unit[] = {{365 * 86400, 'y'}, {86400, 'd'}, {3600, 'h'}, {60, 'm'}};
	uint64_t seconds = usec / 1000000;

	for (size_t i = 0; i < sizeof(unit) / sizeof(unit[0]); i++) {
		uint64_t n = seconds / unit[i].seconds;

		if (n == 0)
			continue;
		(void)snprintf(buf, SHOW_SIZE, "%u%c", (unsigned)(n > 999 ? 999 : n), unit[i].letter);
		return buf;
	}
	(void)snprintf(buf, SHOW_SIZE, "%us", (unsigned)seconds);
	return buf;
}

static const char *show_time(uint64_t usec, char buf[SHOW_SIZE])
{
	double seconds = (double)usec / 1e6;

	if (seconds >= 100000)
		return show_age(usec, buf);
	(void)snprintf(buf, SHOW_SIZE, seconds < 100 ? "%.2fs" : "%.0fs", seconds);
	return buf;
}

const char *show_figure(const struct jail_stat *s, enum jail_figure i, char buf[SHOW_SIZE])
{
	const struct jail_figure_row *row = jail_figure_at(i);
	uint64_t value = s->figure[i];

	if (!jail_figure_known(s, i))
		return unknown(buf);
	if (row->kind == JAIL_KIND_LIMIT && value == JAIL_STAT_UNLIMITED) {
		memcpy(buf, "none", 5);
		return buf;
	}
	switch (row->unit) {
	case JAIL_UNIT_BYTES:
		return show_scaled((double)value, 1024, buf);
	case JAIL_UNIT_USEC:
		return show_time(value, buf);
	case JAIL_UNIT_PERCENT:
		(void)snprintf(buf, SHOW_SIZE, "%.2f%%", (double)value / 100);
		return buf;
	case JAIL_UNIT_CPU:
		(void)snprintf(buf, SHOW_SIZE, "%.4g%%", (double)value / 10000);
		return buf;
	case JAIL_UNIT_COUNT:
		break;
	}
	if (value > 9999999)
		return show_scaled((double)value, 1000, buf);
	(void)snprintf(buf, SHOW_SIZE, "%u", (unsigned)value);
	return buf;
}

void show_bar(double share, size_t width, char *buf)
{
	size_t filled = 0;

	if (share >= 0) {
		filled = (size_t)((share > 1 ? 1 : share) * (double)width + 0.5);
		/* What is there is seen. */
		if (filled == 0 && share > 0 && width > 0)
			filled = 1;
	}
	memset(buf, '|', filled);
	memset(buf + filled, share >= 0 ? '.' : ' ', width - filled);
	buf[width] = '\0';
}

void show_spark(const double *value, size_t count, double top, bool utf8, char *buf)
{
	static const char ascii[] = "_.:-=+*#";
	size_t used = 0;

	if (top <= 0)
		for (size_t i = 0; i < count; i++)
			top = value[i] > top ? value[i] : top;
	for (size_t i = 0; i < count; i++) {
		unsigned level = 0;

		if (!(value[i] >= 0)) {
			buf[used++] = ' ';
			continue;
		}
		if (top > 0)
			level = (unsigned)((value[i] > top ? 1 : value[i] / top) * 7 + 0.5);
		if (utf8) {
			/* U+2581 to U+2588 */
			buf[used++] = (char)0xe2;
			buf[used++] = (char)0x96;
			buf[used++] = (char)(0x81 + level);
		} else {
			buf[used++] = ascii[level];
		}
	}
	buf[used] = '\0';
}

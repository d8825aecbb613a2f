/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * jstat_metrics.c: the figures as OpenMetrics 1.0 (prometheus/OpenMetrics, specification/OpenMetrics.md): base units
 * (seconds, bytes, ratios), all samples of a metric together, counters with _total, an end that says so.
 */
#include <stdio.h>
#include <string.h>

#include "jstat.h"

/* The library's suffix of a unit, and OpenMetrics' name of the base unit. */
static const struct {
	const char *suffix, *unit;
} units[] = {
    [JAIL_UNIT_COUNT] = {"", ""},
    [JAIL_UNIT_BYTES] = {"_bytes", "bytes"},
    [JAIL_UNIT_USEC] = {"_usec", "seconds"},
    [JAIL_UNIT_PERCENT] = {"_percent", "ratio"},
    [JAIL_UNIT_CPU] = {"", "processors"},
};

void metric_name(const struct jail_figure_row *row, char buf[METRIC_NAME_SIZE])
{
	size_t n = strlen(row->name), suffix = strlen(units[row->unit].suffix);
	const char *unit = units[row->unit].unit;

	if (n > suffix && strcmp(row->name + n - suffix, units[row->unit].suffix) == 0)
		n -= suffix;
	(void)snprintf(buf, METRIC_NAME_SIZE, "jail_%.*s%s%s", (int)n, row->name, unit[0] != '\0' ? "_" : "", unit);
}

void metric_value(const struct jail_figure_row *row, uint64_t value, char buf[32])
{
	unsigned long long n = value;

	if (row->kind == JAIL_KIND_LIMIT && value == JAIL_STAT_UNLIMITED) {
		memcpy(buf, "+Inf", 5);
		return;
	}
	switch (row->unit) {
	case JAIL_UNIT_USEC:
	case JAIL_UNIT_CPU:
		(void)snprintf(buf, 32, "%llu.%06llu", n / 1000000, n % 1000000);
		break;
	case JAIL_UNIT_PERCENT:
		(void)snprintf(buf, 32, "%llu.%04llu", n / 10000, n % 10000);
		break;
	default:
		(void)snprintf(buf, 32, "%llu", n);
	}
}

/* Backslash and newline everywhere, the quote in a label's value. Cut at a whole character when it is too long. */
void metric_escape(const char *text, bool quotes, char *buf, size_t size)
{
	size_t used = 0;

	for (; *text != '\0' && used + 3 <= size; text++) {
		char c = *text == '\n' ? 'n' : *text;

		if (*text == '\\' || *text == '\n' || (quotes && *text == '"'))
			buf[used++] = '\\';
		buf[used++] = c;
	}
	buf[used] = '\0';
}

static void describe(struct output *o, const char *name, const char *type, const char *unit, const char *help)
{
	char escaped[256];

	output_string(o, "# TYPE ");
	output_string(o, name);
	output_char(o, ' ');
	output_string(o, type);
	output_char(o, '\n');
	if (unit[0] != '\0') {
		output_string(o, "# UNIT ");
		output_string(o, name);
		output_char(o, ' ');
		output_string(o, unit);
		output_char(o, '\n');
	}
	metric_escape(help, true, escaped, sizeof(escaped));
	output_string(o, "# HELP ");
	output_string(o, name);
	output_char(o, ' ');
	output_string(o, escaped);
	output_char(o, '\n');
}

static void label(struct output *o, const char *name, const char *value)
{
	char escaped[2 * JAIL_NAME_MAX + 3];

	metric_escape(value, true, escaped, sizeof(escaped));
	output_string(o, name);
	output_string(o, "=\"");
	output_string(o, escaped);
	output_char(o, '"');
}

static void put_sample(struct output *o, const char *name, const char *suffix, const char *jail, const char *value)
{
	output_string(o, name);
	output_string(o, suffix);
	output_char(o, '{');
	label(o, "jail", jail);
	output_string(o, "} ");
	output_string(o, value);
	output_char(o, '\n');
}

static void put_figure(struct output *o, const struct sample *s, size_t i)
{
	const struct jail_figure_row *row = jail_figure_at(i);
	bool counter = row->kind == JAIL_KIND_COUNTER, begun = false;
	char name[METRIC_NAME_SIZE], value[32];

	metric_name(row, name);
	for (size_t k = 0; k < s->count; k++) {
		if (!jail_figure_known(&s->stat[k], (enum jail_figure)i))
			continue;
		if (!begun)
			describe(o, name, counter ? "counter" : "gauge", units[row->unit].unit, row->help);
		begun = true;
		metric_value(row, s->stat[k].figure[i], value);
		put_sample(o, name, counter ? "_total" : "", s->stat[k].name, value);
	}
}

/*
 * What does not change while a jail runs, as labels, so that figures have no other label than the name. A
 * gauge of 1 and no "info": node_exporter reads files by the older format, which has no such type.
 */
static void put_info(struct output *o, const struct sample *s)
{
	char number[16];

	for (size_t k = 0; k < s->count; k++) {
		if (k == 0)
			describe(o, "jail_info", "gauge", "", "what a jail is");
		output_string(o, "jail_info{");
		label(o, "jail", s->stat[k].name);
		output_char(o, ',');
		(void)snprintf(number, sizeof(number), "%u", s->stat[k].jid);
		label(o, "jid", number);
		output_char(o, ',');
		(void)snprintf(number, sizeof(number), "%u", s->stat[k].parent);
		label(o, "parent", number);
		output_string(o, "} 1\n");
	}
}

static void put_created(struct output *o, const struct sample *s)
{
	char value[32];

	for (size_t k = 0; k < s->count; k++) {
		if (k == 0)
			describe(o, "jail_start_time_seconds", "gauge", "seconds", "when it was created, since 1970");
		(void)snprintf(value, sizeof(value), "%lld", (long long)s->stat[k].created);
		put_sample(o, "jail_start_time_seconds", "", s->stat[k].name, value);
	}
}

void metrics_put(struct output *o, const struct sample *s)
{
	describe(o, "jails", "gauge", "", "jails that run");
	output_string(o, "jails ");
	output_number(o, (int64_t)s->count);
	output_char(o, '\n');
	put_info(o, s);
	put_created(o, s);
	for (size_t i = 0; jail_figure_at(i) != NULL; i++)
		put_figure(o, s, i);
	output_string(o, "# EOF\n");
}

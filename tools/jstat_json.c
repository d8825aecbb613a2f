/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * jstat_json.c: the figures as JSON, each by the name that the library has for it: counters as they stand, so that who
 * reads twice can tell rates. A figure that is not known is left out; a limit that is not set is null.
 */
#include "json.h"
#include "jstat.h"

static const char *source(uint32_t i)
{
	static const char *const names[] = {"none", "processes", "cgroup1", "cgroup2"};

	return i < sizeof(names) / sizeof(names[0]) ? names[i] : "none";
}

static void put_figures(struct json *j, const struct jail_stat *s)
{
	const struct jail_figure_row *row;

	for (size_t i = 0; (row = jail_figure_at(i)) != NULL; i++) {
		uint64_t value = s->figure[i];

		if (!jail_figure_known(s, (enum jail_figure)i))
			continue;
		json_name(j, row->name);
		if (row->kind == JAIL_KIND_LIMIT && value == JAIL_STAT_UNLIMITED)
			json_null(j);
		else if (row->unit == JAIL_UNIT_PERCENT)
			json_hundredths(j, value);
		else
			json_number(j, value > INT64_MAX ? INT64_MAX : (int64_t)value);
	}
}

void json_put(struct output *o, const struct sample *s)
{
	struct json j;

	json_init(&j, o);
	json_open(&j, '{');
	json_name(&j, "jails");
	json_open(&j, '[');
	for (size_t i = 0; i < s->count; i++) {
		const struct jail_stat *one = &s->stat[i];

		json_open(&j, '{');
		json_name(&j, "name");
		json_string(&j, one->name);
		json_name(&j, "jid");
		json_number(&j, one->jid);
		json_name(&j, "parent");
		json_number(&j, one->parent);
		json_name(&j, "created");
		json_number(&j, one->created);
		json_name(&j, "sampled_usec");
		json_number(&j, (int64_t)one->sampled);
		json_name(&j, "memory_source");
		json_string(&j, source(one->memory_source));
		put_figures(&j, one);
		json_close(&j, '}');
	}
	json_close(&j, ']');
	json_close(&j, '}');
	output_char(o, '\n');
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * jls_text.c: one jail as text, in FreeBSD's forms: the table, -v, values in a line, and name=value.
 */
#include <string.h>

#include "jls.h"

static const char *text_of(const struct jail_params *p, const char *name)
{
	const char *value;

	return jail_params_get(p, name, &value) == 0 && value != NULL ? value : "";
}

static void put_value(const struct listing *l, struct output *o, const char *value)
{
	if (l->quoted)
		output_word(o, value);
	else
		(void)output_safe(o, value);
}

/* All strings of a parameter with commas between them, as one value. */
static void put_values(const struct listing *l, struct output *o, const struct jail_params *p, const char *name)
{
	size_t count = jail_params_count(p, name);

	if (count == 0) {
		const char *value = text_of(p, name);

		if (*value != '\0' || l->quoted)
			put_value(l, o, value);
		else if (!l->pairs)
			output_char(o, '-');
		return;
	}
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			output_char(o, ',');
		put_value(l, o, jail_params_item(p, name, i));
	}
}

/* "persist", "allow.nomount". */
static void put_bool(struct output *o, const char *name, bool value)
{
	const char *dot = strrchr(name, '.');
	const char *last = dot != NULL ? dot + 1 : name;

	output_bytes(o, name, (size_t)(last - name));
	if (!value)
		output_string(o, "no");
	output_string(o, last);
}

/* Whether a boolean stands there as one: path.volatile may be a size instead. */
static bool as_bool(const struct jail_params *p, const struct jail_param *row, bool *ret)
{
	const char *value = text_of(p, row->name);

	return row->type == JAIL_TYPE_BOOL && (strcmp(value, "true") == 0 || strcmp(value, "false") == 0) &&
	       jail_params_get_bool(p, row->name, ret) == 0;
}

static void put_pair(
    const struct listing *l, struct output *o, const struct jail_params *p, const struct jail_param *row)
{
	bool value;

	if (as_bool(p, row, &value)) {
		put_bool(o, row->name, value);
		return;
	}
	output_string(o, row->name);
	output_char(o, '=');
	put_values(l, o, p, row->name);
}

/* A parameter as arguments of jail(8): lists that are not split at commas are given string by string. */
static void put_arguments(
    const struct listing *l, struct output *o, const struct jail_params *p, const struct jail_param *row)
{
	size_t count = jail_params_count(p, row->name);

	if (row->type != JAIL_TYPE_LIST || (row->flags & JAIL_PARAM_COMMA) != 0 || count < 2) {
		put_pair(l, o, p, row);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		output_string(o, i == 0 ? "" : " ");
		output_string(o, row->name);
		output_string(o, i == 0 ? "=" : "+=");
		output_word(o, jail_params_item(p, row->name, i));
	}
}

static bool settable(const struct jail_params *p, const struct jail_param *row)
{
	return (row->flags & (JAIL_PARAM_READONLY | JAIL_PARAM_LATER | JAIL_PARAM_FOREIGN)) == 0 &&
	       jail_params_asked(p, row->name);
}

/* -s: everything that was asked for; `command` last, as it takes the rest of the line. */
static void text_command(const struct listing *l, struct output *o, const struct jail_params *p)
{
	const struct jail_param *command = NULL;
	bool first = true;

	for (size_t i = 0; i < l->count; i++) {
		const struct jail_param *row = l->row[i];

		if (!settable(p, row))
			continue;
		if (strcmp(row->name, "command") == 0) {
			command = row;
			continue;
		}
		if (!first)
			output_char(o, ' ');
		first = false;
		put_arguments(l, o, p, row);
	}
	for (size_t i = 0; command != NULL && i < jail_params_count(p, "command"); i++) {
		output_string(o, i > 0 ? " " : first ? "command=" : " command=");
		output_word(o, jail_params_item(p, "command", i));
	}
	output_char(o, '\n');
}

static void text_values(const struct listing *l, struct output *o, const struct jail_params *p)
{
	for (size_t i = 0; i < l->count; i++) {
		if (i > 0)
			output_char(o, ' ');
		if (l->pairs)
			put_pair(l, o, p, l->row[i]);
		else
			put_values(l, o, p, l->row[i]->name);
	}
	output_char(o, '\n');
}

/* The number, to the right in six columns. */
static void put_jid(struct output *o, const struct jail_params *p)
{
	const char *jid = text_of(p, "jid");
	size_t length = strlen(jid);

	output_spaces(o, length < 6 ? 6 - length : 0);
	(void)output_safe(o, jid);
}

static void text_table(const struct listing *l, struct output *o, const struct jail_params *p)
{
	if (l->names) {
		output_char(o, ' ');
		output_field(o, text_of(p, "name"), 15, 1);
		output_char(o, ' ');
	} else {
		put_jid(o, p);
		output_spaces(o, 2);
	}
	output_field(o, text_of(p, "ip4.addr"), 15, 1);
	output_char(o, ' ');
	output_field(o, text_of(p, "host.hostname"), 29, 1);
	output_char(o, ' ');
	output_field(o, text_of(p, "path"), 74, 0);
	output_char(o, '\n');
}

/* Every string of a list on a line of its own. */
static void put_lines(struct output *o, const struct jail_params *p, const char *name, const char *lead)
{
	for (size_t i = 0; i < jail_params_count(p, name); i++) {
		output_spaces(o, 8);
		output_string(o, lead);
		(void)output_safe(o, jail_params_item(p, name, i));
		output_char(o, '\n');
	}
}

/* Is its tree the host's, read as everybody there may read it? */
static bool reads_as_everybody(const struct jail_params *p)
{
	bool shared = strcmp(text_of(p, "path"), "/") == 0, readonly = false, in_memory = false;

	for (size_t i = 0; i < jail_params_count(p, "path.base"); i++)
		if (strcmp(jail_params_item(p, "path.base", i), "/") == 0)
			return true;
	(void)jail_params_get_bool(p, "path.readonly", &readonly);
	(void)jail_params_get_bool(p, "path.volatile", &in_memory);
	return shared && (readonly || in_memory || jail_params_count(p, "path.base") > 0);
}

static void text_verbose(struct output *o, const struct jail_params *p)
{
	bool dying = false;

	(void)jail_params_get_bool(p, "dying", &dying);
	put_jid(o, p);
	output_spaces(o, 2);
	output_field(o, text_of(p, "host.hostname"), 29, 1);
	output_char(o, ' ');
	output_field(o, text_of(p, "path"), 74, 0);
	output_char(o, '\n');
	output_spaces(o, 8);
	output_field(o, text_of(p, "name"), 29, 1);
	output_string(o, dying ? " DYING\n" : " ACTIVE\n");
	put_lines(o, p, "ip4.addr", "");
	put_lines(o, p, "ip6.addr", "");
	if (reads_as_everybody(p))
		output_string(o, "        Of the host's files it reads what everybody there may read.\n"
				 "        /run, /tmp, /var/tmp, /root and /home are its own.\n");
	put_lines(o, p, "path.show", "shown ");
	put_lines(o, p, "path.hide", "hidden ");
}

void text_header(const struct listing *l, struct output *o)
{
	if (l->count == 0 && l->verbose) {
		output_string(o, "   JID  Hostname                      Path\n"
				 "        Name                          State\n"
				 "        IP Address(es)\n"
				 "        Hidden Paths\n");
	} else if (l->count == 0) {
		output_string(o, l->names ? " JID             " : "   JID  ");
		output_string(o, "IP Address      Hostname                      Path\n");
	} else if (l->header) {
		for (size_t i = 0; i < l->count; i++) {
			output_string(o, i > 0 ? " " : "");
			output_string(o, l->row[i]->name);
		}
		output_char(o, '\n');
	}
}

void text_jail(const struct listing *l, struct output *o, const struct jail_params *p)
{
	if (l->count == 0 && l->verbose)
		text_verbose(o, p);
	else if (l->count == 0)
		text_table(l, o, p);
	else if (l->command)
		text_command(l, o, p);
	else
		text_values(l, o, p);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * params_parse.c: from a name and a text, as somebody wrote them, to values in a parameter set: negative forms, types,
 * lists, what can't be set and why. It may not know what any parameter means.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "error.h"
#include "params_set.h"
#include "value.h"

#if defined(__linux__)
#define KERNEL "Linux"
#elif defined(__NetBSD__)
#define KERNEL "NetBSD"
#else
#define KERNEL "this kernel"
#endif

static int no_memory(struct jail_error *err)
{
	return jail_error_set(err, ENOMEM, "not enough memory");
}

static int unknown(const char *name, struct jail_error *err)
{
	const char *near = table_nearest(name);

	(void)jail_error_set(err, ENOENT, "no such parameter");
	(void)jail_error_exit(err, ENOENT, EX_DATAERR);
	if (near)
		(void)jail_error_hint(err, ENOENT, "did you mean \"%s\"?", near);
	return -ENOENT;
}

/*
 * What can't be set at all. A value that says what holds anyway (nat = no) is let through, and so is an empty one: they
 * ask for nothing.
 */
static int refuse(const struct jail_param *row, const char *settled, struct jail_error *err)
{
	if (row->flags & JAIL_PARAM_READONLY) {
		(void)jail_error_set(err, EROFS, "is reported, it can't be set");
		return jail_error_exit(err, EROFS, EX_DATAERR);
	}
	if (settled && (settled[0] == '\0' || (row->fallback && strcmp(settled, row->fallback) == 0)))
		return 0;
	if (row->flags & JAIL_PARAM_FOREIGN)
		return jail_error_set(err, ENOTSUP, "no counterpart on " KERNEL ": %s", row->reason);
	if (row->flags & JAIL_PARAM_LATER)
		return jail_error_set(err, ENOTSUP, "%s", row->reason);
	return 0;
}

/* What a name alone says ("persist", "vnet", "noip4"); NULL: it says nothing. */
static const char *implied(const struct jail_param *row, bool negated)
{
	char text[VALUE_TEXT_MAX];

	if (row->type == JAIL_TYPE_BOOL)
		return "true";
	if (row->type == JAIL_TYPE_ENUM && (row->flags & JAIL_PARAM_FREEBSD))
		return negated ? "disable" : value_choice(row, "new", text) ? "new" : NULL;
	return NULL;
}

static int settle(const struct jail_param *row, const char *value, bool negated, char *ret, struct jail_error *err)
{
	if (negated && value && row->type == JAIL_TYPE_ENUM)
		return jail_error_set(err, EINVAL, "its negative form takes no value");
	if (!value)
		value = implied(row, negated);
	if (!value)
		return jail_error_set(err, EINVAL, "a value is needed");
	return value_settle(row, value, negated, ret, err);
}

static int one_value(const char *text, size_t length, struct param_origin at, struct value *ret, struct jail_error *err)
{
	if (length > VALUE_LENGTH_MAX)
		return jail_error_set(
		    err, E2BIG, "is %zu bytes long, at most %d are allowed", length, VALUE_LENGTH_MAX);
	ret->text = strndup(text, length);
	if (!ret->text)
		return no_memory(err);
	ret->at = at;
	return 0;
}

/* The next piece between commas, blanks around it taken off; false when there is none. */
static bool next_piece(const char **rest, const char **ret, size_t *ret_length)
{
	static const char blanks[] = " \t\r\n";
	const char *at = *rest;

	while (*at != '\0') {
		size_t length;

		at += strspn(at, blanks);
		length = strcspn(at, ",");
		*rest = at + length + (at[length] == ',');
		*ret = at;
		while (length > 0 && strchr(blanks, at[length - 1]))
			length--;
		*ret_length = length;
		if (length > 0)
			return true;
		at = *rest;
	}
	return false;
}

static int split(
    const char *text, struct param_origin at, struct value **ret, size_t *ret_count, struct jail_error *err)
{
	const char *rest = text, *piece;
	size_t length, pieces = 0, n = 0;
	struct value *values;
	int r;

	while (next_piece(&rest, &piece, &length))
		pieces++;
	*ret = NULL;
	*ret_count = 0;
	if (pieces == 0)
		return 0;
	values = calloc(pieces, sizeof(*values));
	if (!values)
		return no_memory(err);
	for (rest = text; next_piece(&rest, &piece, &length); n++) {
		r = one_value(piece, length, at, &values[n], err);
		if (r < 0) {
			params_free_values(values, n);
			return r;
		}
	}
	*ret = values;
	*ret_count = pieces;
	return 0;
}

/* The strings of a list. An empty text is no string, but among the arguments of a command it may be one. */
static int list_values(const struct jail_param *row, const char *text, bool append, struct param_origin at,
    struct value **ret, size_t *ret_count, struct jail_error *err)
{
	bool argument = append && strcmp(row->name, "command") == 0;
	struct value *value;
	int r;

	if (text && (row->flags & JAIL_PARAM_COMMA))
		return split(text, at, ret, ret_count, err);
	*ret = NULL;
	*ret_count = 0;
	if (!text || (*text == '\0' && !argument))
		return 0;
	value = calloc(1, sizeof(*value));
	if (!value)
		return no_memory(err);
	r = one_value(text, strlen(text), at, value, err);
	if (r < 0) {
		free(value);
		return r;
	}
	*ret = value;
	*ret_count = 1;
	return 0;
}

/*
 * A limit always has a value: nolimit.NAME is limit.NAME = unlimited, and an empty value could be one that got lost on
 * its way here.
 */
static int limit_value(const struct jail_param *row, bool negated, const char **text, struct jail_error *err)
{
	if (strncmp(row->name, "limit.", 6) != 0 || (row->flags & JAIL_PARAM_READONLY) != 0)
		return 0;
	if (negated && *text)
		return jail_error_set(err, EINVAL, "its negative form takes no value");
	if (negated)
		*text = "unlimited";
	if (*text && (*text)[strspn(*text, ", \t\r\n")] != '\0')
		return 0;
	(void)jail_error_set(err, EINVAL, "a value is needed");
	return jail_error_hint(err, EINVAL, "\"unlimited\" lifts a limit");
}

/* A string, joined with what was there by a comma when it is appended. */
static int string_value(const struct jail_params *p, const struct jail_param *row, const char *text, bool append,
    struct param_origin at, struct value *ret, struct jail_error *err)
{
	const struct entry *e = append ? params_entry(p, row) : NULL;
	size_t before, length;
	char *joined;

	if (!text)
		return jail_error_set(err, EINVAL, "a value is needed");
	if (!e || e->count == 0)
		return one_value(text, strlen(text), at, ret, err);
	before = strlen(e->values[0].text);
	length = before + 1 + strlen(text);
	if (length > VALUE_LENGTH_MAX)
		return jail_error_set(
		    err, E2BIG, "is %zu bytes long, at most %d are allowed", length, VALUE_LENGTH_MAX);
	joined = malloc(length + 1);
	if (!joined)
		return no_memory(err);
	memcpy(joined, e->values[0].text, before);
	joined[before] = ',';
	memcpy(joined + before + 1, text, length - before);
	*ret = (struct value){joined, e->values[0].at};
	return 0;
}

static int scalar_value(const struct jail_params *p, const struct jail_param *row, const char *text, bool negated,
    bool append, struct param_origin at, struct value **ret, struct jail_error *err)
{
	char settled[VALUE_TEXT_MAX];
	struct value *value = calloc(1, sizeof(*value));
	int r;

	if (!value)
		return no_memory(err);
	if (row->type == JAIL_TYPE_STRING) {
		r = string_value(p, row, text, append, at, value, err);
	} else {
		r = settle(row, text, negated, settled, err);
		if (r == 0)
			r = one_value(settled, strlen(settled), at, value, err);
	}
	if (r < 0) {
		free(value);
		return r;
	}
	*ret = value;
	return 0;
}

static int set_row(struct jail_params *p, const struct jail_param *row, const char *text, bool negated, bool append,
    bool report, struct param_origin at, struct jail_error *err)
{
	struct value *values = NULL;
	size_t count = 1;
	int r;

	if (!report && (row->flags & JAIL_PARAM_READONLY))
		return refuse(row, NULL, err);
	if (at.file && !(at.file = params_intern(p, at.file)))
		return no_memory(err);
	r = report ? 0 : limit_value(row, negated, &text, err);
	if (r < 0)
		return r;
	if (row->type == JAIL_TYPE_LIST)
		r = list_values(row, text, append, at, &values, &count, err);
	else
		r = scalar_value(p, row, text, negated, append, at, &values, err);
	if (r == 0 && !report)
		r = refuse(row, row->type == JAIL_TYPE_LIST ? (count == 0 ? "" : NULL) : values[0].text, err);
	if (r == 0 && params_store(p, row, values, count, append && row->type == JAIL_TYPE_LIST) < 0)
		r = no_memory(err);
	if (r < 0)
		params_free_values(values, values ? count : 0);
	return r;
}

static int set_written(struct jail_params *p, const char *name, const char *value, bool append, struct param_origin at,
    struct jail_error *err)
{
	bool negated = false;
	const struct jail_param *row = table_find_written(name, &negated);
	int r = row ? set_row(p, row, value, negated, append, false, at, err) : unknown(name, err);

	if (r < 0) {
		jail_error_param(err, row ? row->name : name);
		jail_error_origin(err, at.file, at.line);
	}
	return r;
}

int params_set_at(
    struct jail_params *p, const char *name, const char *value, struct param_origin at, struct jail_error *err)
{
	return set_written(p, name, value, false, at, err);
}

int params_append_at(
    struct jail_params *p, const char *name, const char *value, struct param_origin at, struct jail_error *err)
{
	return set_written(p, name, value, true, at, err);
}

int jail_params_set(struct jail_params *p, const char *name, const char *value, struct jail_error *err)
{
	return set_written(p, name, value, false, (struct param_origin){NULL, 0}, err);
}

int jail_params_append(struct jail_params *p, const char *name, const char *value, struct jail_error *err)
{
	return set_written(p, name, value, true, (struct param_origin){NULL, 0}, err);
}

const char *params_list_default(const char *name)
{
	return strcmp(name, "path.hide") == 0 ? "default" : NULL;
}

int jail_params_parse(struct jail_params *p, const char *assignment, struct jail_error *err)
{
	const char *equals = strchr(assignment, '=');
	size_t length = equals ? (size_t)(equals - assignment) : strlen(assignment);
	bool append = equals && length > 0 && assignment[length - 1] == '+';
	char name[64];

	length -= append;
	if (length == 0)
		return jail_error_set(err, EINVAL, "\"%.80s\" has no name before the \"=\"", assignment);
	if (length >= sizeof(name)) {
		(void)jail_error_set(err, ENOENT, "\"%.60s...\" is no parameter's name", assignment);
		return jail_error_exit(err, ENOENT, EX_DATAERR);
	}
	memcpy(name, assignment, length);
	name[length] = '\0';
	if (append && params_list_default(name) && !jail_params_has(p, name)) {
		int r = jail_params_set(p, name, params_list_default(name), err);

		if (r < 0)
			return r;
	}
	return append ? jail_params_append(p, name, equals + 1, err)
		      : jail_params_set(p, name, equals ? equals + 1 : NULL, err);
}

int jail_params_set_bool(struct jail_params *p, const char *name, bool value, struct jail_error *err)
{
	const struct jail_param *row = jail_param_find(name);

	if (row && row->type != JAIL_TYPE_BOOL) {
		(void)jail_error_set(err, EINVAL, "is no boolean");
		jail_error_param(err, name);
		return -EINVAL;
	}
	return jail_params_set(p, name, value ? "true" : "false", err);
}

int jail_params_set_int(struct jail_params *p, const char *name, int64_t value, struct jail_error *err)
{
	const struct jail_param *row = jail_param_find(name);
	char text[24];

	if (row && (row->type == JAIL_TYPE_STRING || row->type == JAIL_TYPE_LIST || row->type == JAIL_TYPE_ENUM ||
		       (row->type == JAIL_TYPE_BOOL && !(row->flags & JAIL_PARAM_SIZED)))) {
		(void)jail_error_set(err, EINVAL, "is no number");
		jail_error_param(err, name);
		return -EINVAL;
	}
	(void)snprintf(text, sizeof(text), "%" PRId64, value);
	return jail_params_set(p, name, text, err);
}

int params_report(struct jail_params *p, const char *name, const char *value)
{
	const struct jail_param *row = jail_param_find(name);

	return row ? set_row(p, row, value, false, false, true, (struct param_origin){NULL, 0}, NULL) : -ENOENT;
}

void params_chosen(struct jail_params *p, const char *name)
{
	const struct jail_param *row = jail_param_find(name);
	struct entry *e = row ? params_entry(p, row) : NULL;

	if (e)
		e->chosen = true;
}

bool jail_params_asked(const struct jail_params *p, const char *name)
{
	const struct jail_param *row = jail_param_find(name);
	const struct entry *e = row ? params_entry(p, row) : NULL;

	return e && !e->chosen;
}

int params_report_item(struct jail_params *p, const char *name, const char *value)
{
	const struct jail_param *row = jail_param_find(name);
	struct value *item;

	if (!row)
		return -ENOENT;
	if (row->type != JAIL_TYPE_LIST || !value)
		return -EINVAL;
	item = calloc(1, sizeof(*item));
	if (!item)
		return -ENOMEM;
	if (!(item->text = strdup(value)) || params_store(p, row, item, 1, true) < 0) {
		params_free_values(item, 1);
		return -ENOMEM;
	}
	return 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * params.c: the parameters of one jail as a set: made, copied, stored into, read. How text becomes a value is in
 * params_parse.c. Finding a parameter costs a search in the table and then no more, so that ten thousand jails load
 * quickly. It may not know what any parameter means.
 */
#include <stdio.h>
#include <string.h>

#include "params_set.h"
#include "util.h"
#include "value.h"

int jail_params_new(struct jail_params **ret)
{
	struct jail_params *p = calloc(1, sizeof(*p));

	if (!p)
		return -ENOMEM;
	*ret = p;
	return 0;
}

void params_free_values(struct value *values, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(values[i].text);
	free(values);
}

void jail_params_free(struct jail_params *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->count; i++)
		params_free_values(p->entries[i].values, p->entries[i].count);
	for (size_t i = 0; i < p->nfiles; i++)
		free(p->files[i]);
	free(p->entries);
	free(p->files);
	free(p);
}

const char *params_intern(struct jail_params *p, const char *file)
{
	char **files;
	char *copy;

	/* The one used last is nearly always the one wanted. */
	for (size_t i = p->nfiles; i > 0; i--) {
		if (strcmp(p->files[i - 1], file) == 0)
			return p->files[i - 1];
	}
	files = realloc(p->files, (p->nfiles + 1) * sizeof(*files));
	if (!files)
		return NULL;
	p->files = files;
	copy = strdup(file);
	if (!copy)
		return NULL;
	p->files[p->nfiles++] = copy;
	return copy;
}

struct entry *params_entry(const struct jail_params *p, const struct jail_param *row)
{
	unsigned slot = p->slot[row - table_rows];

	return slot == 0 ? NULL : &p->entries[slot - 1];
}

static int reserve(struct jail_params *p)
{
	struct entry *entries;
	size_t capacity = p->capacity ? p->capacity * 2 : 8;

	if (p->count < p->capacity)
		return 0;
	entries = realloc(p->entries, capacity * sizeof(*entries));
	if (!entries)
		return -ENOMEM;
	p->entries = entries;
	p->capacity = capacity;
	return 0;
}

/* Lists grow one string at a time: make room in powers of two, so that a long one stays linear. */
static int append_values(struct entry *e, const struct value *values, size_t count)
{
	size_t wanted = e->count + count, room = 1;
	struct value *all;

	while (room < wanted)
		room *= 2;
	all = realloc(e->values, room * sizeof(*all));
	if (!all)
		return -ENOMEM;
	e->values = all;
	if (count > 0)
		memcpy(all + e->count, values, count * sizeof(*values));
	e->count = wanted;
	return 0;
}

int params_store(struct jail_params *p, const struct jail_param *row, struct value *values, size_t count, bool append)
{
	struct entry *e = params_entry(p, row);

	if (!e) {
		if (reserve(p) < 0)
			return -ENOMEM;
		e = &p->entries[p->count];
		*e = (struct entry){.row = row, .values = values, .count = count};
		p->slot[row - table_rows] = (uint8_t)++p->count;
		return 0;
	}
	if (append) {
		if (append_values(e, values, count) < 0)
			return -ENOMEM;
		free(values);
		return 0;
	}
	params_free_values(e->values, e->count);
	e->values = values;
	e->count = count;
	return 0;
}

static int copy_entry(struct jail_params *to, const struct entry *e)
{
	struct value *values = NULL;

	if (e->count > 0 && !(values = calloc(e->count, sizeof(*values))))
		return -ENOMEM;
	for (size_t i = 0; i < e->count; i++) {
		const struct param_origin *at = &e->values[i].at;

		values[i].at.line = at->line;
		if ((at->file && !(values[i].at.file = params_intern(to, at->file))) ||
		    !(values[i].text = strdup(e->values[i].text))) {
			params_free_values(values, i + 1);
			return -ENOMEM;
		}
	}
	if (params_store(to, e->row, values, e->count, false) < 0) {
		params_free_values(values, e->count);
		return -ENOMEM;
	}
	return 0;
}

int jail_params_copy(const struct jail_params *p, struct jail_params **ret)
{
	struct jail_params *copy;

	if (jail_params_new(&copy) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < p->count; i++) {
		if (copy_entry(copy, &p->entries[i]) < 0) {
			jail_params_free(copy);
			return -ENOMEM;
		}
	}
	*ret = copy;
	return 0;
}

static struct entry *find(const struct jail_params *p, const char *name)
{
	const struct jail_param *row = jail_param_find(name);

	return row ? params_entry(p, row) : NULL;
}

void jail_params_unset(struct jail_params *p, const char *name)
{
	struct entry *e = find(p, name);
	size_t at;

	if (!e)
		return;
	at = (size_t)(e - p->entries);
	p->slot[e->row - table_rows] = 0;
	params_free_values(e->values, e->count);
	memmove(e, e + 1, (p->count - at - 1) * sizeof(*e));
	p->count--;
	for (; at < p->count; at++)
		p->slot[p->entries[at].row - table_rows] = (uint8_t)(at + 1);
}

bool jail_params_has(const struct jail_params *p, const char *name)
{
	return find(p, name) != NULL;
}

/* A scalar's text or the first of a list, else the default. */
static int text_of(const struct jail_params *p, const char *name, const struct jail_param **ret_row, const char **ret)
{
	const struct jail_param *row = jail_param_find(name);
	const struct entry *e = row ? params_entry(p, row) : NULL;
	const char *text = !row ? NULL : e ? (e->count > 0 ? e->values[0].text : NULL) : row->fallback;

	if (!text)
		return -ENOENT;
	*ret_row = row;
	*ret = text;
	return 0;
}

int jail_params_get(const struct jail_params *p, const char *name, const char **ret)
{
	const struct jail_param *row;

	return text_of(p, name, &row, ret);
}

int jail_params_get_bool(const struct jail_params *p, const char *name, bool *ret)
{
	const struct jail_param *row;
	const char *text;
	int r = text_of(p, name, &row, &text);

	if (r < 0)
		return r;
	if (row->type != JAIL_TYPE_BOOL)
		return -EINVAL;
	if (!value_bool(text, ret))
		*ret = true; /* a size in the place of a boolean */
	return 0;
}

int jail_params_get_int(const struct jail_params *p, const char *name, int64_t *ret)
{
	const struct jail_param *row;
	const char *text;
	bool truth;
	int r = text_of(p, name, &row, &text);

	if (r < 0)
		return r;
	if (row->type == JAIL_TYPE_BOOL && (row->flags & JAIL_PARAM_SIZED)) {
		if (value_bool(text, &truth)) {
			*ret = 0;
			return 0;
		}
		return value_number(JAIL_TYPE_SIZE, text, ret) ? 0 : -EINVAL;
	}
	if (row->type != JAIL_TYPE_INT && row->type != JAIL_TYPE_SIZE && row->type != JAIL_TYPE_TIME)
		return -EINVAL;
	return value_number(row->type, text, ret) ? 0 : -EINVAL;
}

size_t jail_params_count(const struct jail_params *p, const char *name)
{
	const struct entry *e = find(p, name);

	return e ? e->count : 0;
}

const char *jail_params_item(const struct jail_params *p, const char *name, size_t i)
{
	const struct entry *e = find(p, name);

	return e && i < e->count ? e->values[i].text : NULL;
}

struct param_origin params_item_origin(const struct jail_params *p, const char *name, size_t i)
{
	const struct entry *e = find(p, name);

	return e && i < e->count ? e->values[i].at : (struct param_origin){NULL, 0};
}

struct param_origin params_origin(const struct jail_params *p, const char *name)
{
	return params_item_origin(p, name, 0);
}

void jail_params_at(const struct jail_params *p, size_t i, const char **ret_name, size_t *ret_count)
{
	*ret_name = i < p->count ? p->entries[i].row->name : NULL;
	*ret_count = i < p->count ? p->entries[i].count : 0;
}

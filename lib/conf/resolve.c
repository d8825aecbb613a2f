/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * resolve.c: the parameters of one jail out of a configuration: which statements are about it, in the order of the
 * file; which of them hold; their values into a parameter set. It may not know what a parameter means but its row in
 * the table.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "../params.h"
#include "conf.h"

static int out_of_memory(struct conf_resolver *r)
{
	return jail_error_set(r->err, ENOMEM, "not enough memory to work out the parameters");
}

/* ------------------------------------------------------------------------------------------ which statements */

struct gathered {
	const struct conf_stmt **stmt;
	size_t count;
};

typedef int each_block(void *arg, const struct conf_block *b);

/*
 * Every block that is about the jail. Patterns whose only star is their end are looked up, one for each dot of the
 * name; only those with a star further in are tried one by one.
 */
static int for_blocks(const struct conf_resolver *r, const struct conf_block *own, each_block *fn, void *arg)
{
	char pattern[JAIL_NAME_MAX + 3];
	const struct conf_block *b;
	int ret = 0;

	for (size_t i = 0; i < own->node.length && ret == 0; i++) {
		if (i > 0 && r->jail[i - 1] != '.')
			continue;
		memcpy(pattern, r->jail, i);
		pattern[i] = '*';
		b = conf_block_find(r->conf, pattern, i + 1);
		if (b)
			ret = fn(arg, b);
	}
	for (b = r->conf->inner; b && ret == 0; b = b->inner_next) {
		if (jail_name_match(b->node.text, r->jail))
			ret = fn(arg, b);
	}
	return ret == 0 ? fn(arg, own) : ret;
}

static int count_block(void *arg, const struct conf_block *b)
{
	size_t *count = arg;

	*count += b->count;
	return 0;
}

static int gather_block(void *arg, const struct conf_block *b)
{
	struct gathered *g = arg;

	for (const struct conf_stmt *s = b->first; s; s = s->next)
		g->stmt[g->count++] = s;
	return 0;
}

static int compare_seq(const void *a, const void *b)
{
	const struct conf_stmt *x = *(const struct conf_stmt *const *)a, *y = *(const struct conf_stmt *const *)b;

	return x->seq < y->seq ? -1 : x->seq > y->seq;
}

/* All statements about the jail, in the order of the file. */
static int gather(struct conf_resolver *r, const struct conf_block *own, struct gathered *ret)
{
	struct gathered g = {0};
	size_t count = 0;
	bool sorted = true;

	(void)for_blocks(r, own, count_block, &count);
	g.stmt = conf_arena_alloc(&r->arena, (count + 1) * sizeof(const struct conf_stmt *));
	if (!g.stmt)
		return out_of_memory(r);
	(void)for_blocks(r, own, gather_block, &g);
	for (size_t i = 1; i < g.count && sorted; i++)
		sorted = g.stmt[i - 1]->seq < g.stmt[i]->seq;
	if (!sorted)
		qsort(g.stmt, g.count, sizeof(*g.stmt), compare_seq);
	*ret = g;
	return 0;
}

/* -------------------------------------------------------------------------------------------------------- slots */

/* Room for `count` of them. */
static int make_slots(struct conf_resolver *r, size_t count)
{
	size_t size = 16;

	while (size < count * 2)
		size *= 2;
	r->slots = conf_arena_alloc(&r->arena, count * sizeof(*r->slots));
	r->index = conf_arena_alloc(&r->arena, size * sizeof(*r->index));
	if (!r->slots || !r->index)
		return out_of_memory(r);
	memset(r->index, 0, size * sizeof(*r->index));
	r->mask = size - 1;
	return 0;
}

/* Where the name is in the index, or would be: names are equal when they are the same object. */
static size_t *index_of(const struct conf_resolver *r, const struct conf_name *key)
{
	size_t i = key->node.hash & r->mask;

	while (r->index[i] != 0 && r->slots[r->index[i] - 1].key != key)
		i = (i + 1) & r->mask;
	return &r->index[i];
}

struct conf_slot *conf_slot_find(const struct conf_resolver *r, const struct conf_name *key)
{
	size_t i = *index_of(r, key);

	return i == 0 ? NULL : &r->slots[i - 1];
}

static struct conf_slot *slot_get(struct conf_resolver *r, const struct conf_name *key)
{
	size_t *i = index_of(r, key);

	if (*i == 0) {
		r->slots[r->nslots] = (struct conf_slot){.key = key, .name = key};
		*i = ++r->nslots;
	}
	return &r->slots[*i - 1];
}

static bool is_number(const char *text)
{
	return text[strspn(text, "0123456789")] == '\0';
}

/* The name of the block is the parameter "name", or "jid" when it is a number: then "name" is that number as well. */
static int imply_names(struct conf_resolver *r, const struct conf_block *own)
{
	const struct conf_name *names[] = {r->conf->name, r->conf->jid};
	size_t count = is_number(r->jail) ? 2 : 1;

	for (size_t i = 0; i < count; i++) {
		struct conf_slot *s = slot_get(r, names[i]);

		s->items = conf_arena_alloc(&r->arena, sizeof(*s->items));
		if (!s->items)
			return out_of_memory(r);
		*s->items = (struct conf_item){own->node.text, own->node.length, own->file, own->line};
		s->nitems = 1;
		s->state = CONF_DONE;
		s->fixed = i == count - 1;
		s->silent = !s->fixed;
	}
	return 0;
}

static int stmt_error(const struct conf_resolver *r, const struct conf_stmt *s, int errnum, const char *hint)
{
	jail_error_param(r->err, s->name->node.text);
	jail_error_origin(r->err, s->file, s->line);
	if (hint)
		(void)jail_error_hint(r->err, errnum, "%s", hint);
	return -errnum;
}

static int apply_stmt(struct conf_resolver *r, const struct conf_stmt *s)
{
	struct conf_slot *slot = slot_get(r, s->variable ? s->name : s->name->key);
	struct conf_use *use;

	if (slot->first || slot->fixed || slot->silent) {
		if (slot->variable != s->variable) {
			(void)jail_error_set(r->err, EINVAL, "a variable and a parameter have the same name");
			return stmt_error(r, s, EINVAL, "give the variable another name");
		}
		if (slot->fixed) {
			const struct conf_piece *p = s->values && !s->values->next ? s->values->pieces : NULL;

			if (p && !p->variable && !p->next && strcmp(p->text, r->jail) == 0)
				return 0;
			(void)jail_error_set(r->err, EINVAL, "the block's name, \"%s\", has set it already", r->jail);
			return stmt_error(r, s, EINVAL, "rename the block instead");
		}
	}
	use = conf_arena_alloc(&r->arena, sizeof(*use));
	if (!use)
		return out_of_memory(r);
	*use = (struct conf_use){.stmt = s};
	if (s->kind == CONF_APPEND && slot->last && !slot->silent)
		slot->last->next = use;
	else
		slot->first = use;
	slot->last = use;
	slot->name = s->name;
	slot->variable = s->variable;
	slot->state = CONF_NEW;
	slot->silent = false;
	return 0;
}

/* -------------------------------------------------------------------------------- what is given from outside */

/* What `extra` sets takes the place of what the file says, in variables too. */
static int apply_extra(struct conf_resolver *r, const struct jail_params *extra)
{
	const char *name;
	size_t count;

	for (size_t i = 0; jail_params_at(extra, i, &name, &count), name; i++) {
		/* A name that the configuration has never heard of is referred to by nothing in it. */
		const struct conf_name *key = conf_name_find(r->conf, name, strlen(name));
		struct conf_slot *s = key ? slot_get(r, key) : NULL;

		if (!s || s->variable)
			continue;
		s->items = conf_arena_alloc(&r->arena, (count + 1) * sizeof(*s->items));
		if (!s->items)
			return out_of_memory(r);
		for (size_t j = 0; j < count; j++) {
			const char *text = jail_params_item(extra, name, j);

			s->items[j] = (struct conf_item){.text = text, .length = strlen(text)};
		}
		s->nitems = count;
		s->first = s->last = NULL;
		s->state = CONF_DONE;
		s->silent = true;
	}
	return 0;
}

static size_t count_extra(const struct jail_params *extra)
{
	const char *name;
	size_t count, i = 0;

	while (extra && (jail_params_at(extra, i, &name, &count), name))
		i++;
	return i;
}

static int copy_extra(const struct jail_params *extra, struct jail_params *to, struct jail_error *err)
{
	const char *name;
	size_t count;

	for (size_t i = 0; jail_params_at(extra, i, &name, &count), name; i++) {
		int ret = count == 0 ? params_set_at(to, name, NULL, params_origin(extra, name), err) : 0;

		for (size_t j = 0; ret == 0 && j < count; j++) {
			const char *text = jail_params_item(extra, name, j);
			struct param_origin at = params_item_origin(extra, name, j);

			ret =
			    j == 0 ? params_set_at(to, name, text, at, err) : params_append_at(to, name, text, at, err);
		}
		if (ret < 0)
			return ret;
	}
	return 0;
}

/* ------------------------------------------------------------------------------------------------ into the set */

struct output {
	struct conf_resolver *r;
	struct jail_params *params;
	jail_warn_fn *warn;
	void *arg;
};

static void warn_ignored(const struct output *o, const struct conf_slot *s)
{
	const struct conf_stmt *stmt = s->last->stmt;
	struct jail_error w;

	if (!o->warn)
		return;
	(void)jail_error_set(
	    &w, ENOTSUP, "ignored: %s", s->key->row->reason ? s->key->row->reason : "no counterpart here");
	jail_error_param(&w, s->name->node.text);
	jail_error_origin(&w, stmt->file, stmt->line);
	jail_error_jail(&w, o->r->jail);
	o->warn(o->arg, &w);
}

/* Several strings where there is room for one are one with commas, as in FreeBSD. */
static int put_string(const struct output *o, const struct conf_slot *s)
{
	struct param_origin at = {s->items[0].file, s->items[0].line};
	size_t length = s->nitems - 1, used = 0;
	char *text;

	for (size_t i = 0; i < s->nitems; i++)
		length += s->items[i].length;
	text = conf_arena_alloc(&o->r->arena, length + 1);
	if (!text)
		return out_of_memory(o->r);
	for (size_t i = 0; i < s->nitems; i++) {
		if (i > 0)
			text[used++] = ',';
		memcpy(text + used, s->items[i].text, s->items[i].length);
		used += s->items[i].length;
	}
	text[used] = '\0';
	return params_set_at(o->params, s->name->node.text, text, at, o->r->err);
}

/* Is there nothing but +=? Then it adds to what the list is by default. */
static const char *added_to(const struct conf_slot *s)
{
	for (const struct conf_use *u = s->first; u; u = u->next)
		if (u->stmt->kind != CONF_APPEND)
			return NULL;
	return s->first ? params_list_default(s->name->node.text) : NULL;
}

static int put_list(const struct output *o, const struct conf_slot *s, struct param_origin at)
{
	const char *name = s->name->node.text, *first = added_to(s);
	int ret = s->nitems == 0 || first ? params_set_at(o->params, name, first, at, o->r->err) : 0;

	for (size_t i = 0; ret == 0 && i < s->nitems; i++) {
		struct param_origin here = {s->items[i].file, s->items[i].line};

		ret = i == 0 && !first ? params_set_at(o->params, name, s->items[i].text, here, o->r->err)
				       : params_append_at(o->params, name, s->items[i].text, here, o->r->err);
	}
	return ret;
}

/* What takes one value got several, or none after an '='. */
static int check_single(const struct output *o, const struct conf_slot *s)
{
	const struct conf_resolver *r = o->r;

	for (const struct conf_use *u = s->first; u; u = u->next) {
		if (u->stmt->kind == CONF_APPEND) {
			(void)jail_error_set(r->err, EINVAL, "is not a list: += can't add to it");
			return stmt_error(r, u->stmt, EINVAL, "set it with '='");
		}
		if (u->stmt->kind == CONF_SET && s->nitems == 0) {
			(void)jail_error_set(r->err, EINVAL, "a value is missing after '='");
			return stmt_error(r, u->stmt, EINVAL, "only a list can be empty");
		}
	}
	if (s->nitems > 1) {
		(void)jail_error_set(r->err, EINVAL, "is not a list: it takes one value, not %zu", s->nitems);
		return stmt_error(r, s->last->stmt, EINVAL, "a comma inside of a value is written in quotation marks");
	}
	return 0;
}

static int put_slot(const struct output *o, const struct conf_slot *s)
{
	const struct jail_param *row = s->key->row;
	const struct conf_stmt *stmt = s->last ? s->last->stmt : NULL;
	struct param_origin at = stmt ? (struct param_origin){stmt->file, stmt->line} : (struct param_origin){NULL, 0};
	int ret;

	if (s->variable || s->silent)
		return 0;
	if (s->nitems > 0)
		at = (struct param_origin){s->items[0].file, s->items[0].line};
	if (row && stmt && (row->flags & JAIL_PARAM_FOREIGN) && (row->flags & JAIL_PARAM_IGNORED)) {
		warn_ignored(o, s);
		return 0;
	}
	if (row && row->type == JAIL_TYPE_LIST)
		return put_list(o, s, at);
	if (row && row->type == JAIL_TYPE_STRING && s->nitems > 0)
		return put_string(o, s);
	ret = row ? check_single(o, s) : 0;
	if (ret < 0)
		return ret;
	return params_set_at(o->params, s->name->node.text, s->nitems > 0 ? s->items[0].text : NULL, at, o->r->err);
}

/* ----------------------------------------------------------------------------------------------------- together */

static int resolve(struct conf_resolver *r, const struct conf_block *own, const struct jail_params *extra)
{
	struct gathered g = {0};
	int ret = gather(r, own, &g);

	if (ret == 0)
		ret = make_slots(r, g.count + 2 + count_extra(extra));
	if (ret == 0)
		ret = imply_names(r, own);
	for (size_t i = 0; ret == 0 && i < g.count; i++)
		ret = apply_stmt(r, g.stmt[i]);
	if (ret == 0 && extra)
		ret = apply_extra(r, extra);
	return ret < 0 ? ret : conf_expand(r);
}

/* Every slot is tried, so that all faults are reported at once: all but the last by `warn`, the last is returned. */
static int fill(const struct output *o, const struct jail_params *extra)
{
	struct jail_error fault;
	int ret = 0;

	for (size_t i = 0; i < o->r->nslots; i++) {
		int r = put_slot(o, &o->r->slots[i]);

		if (r == 0)
			continue;
		if (ret < 0 && o->warn && o->r->err)
			o->warn(o->arg, &fault);
		if (o->r->err) {
			jail_error_jail(o->r->err, o->r->jail);
			fault = *o->r->err;
		}
		ret = r;
	}
	return ret < 0 || !extra ? ret : copy_extra(extra, o->params, o->r->err);
}

int jail_conf_jail(const struct jail_conf *c, const char *name, const struct jail_params *extra, jail_warn_fn *warn,
    void *arg, struct jail_params **ret, struct jail_error *err)
{
	const struct conf_block *own = conf_block_find(c, name, strlen(name));
	struct conf_resolver r = {.conf = c, .jail = name, .err = err};
	struct output o = {.r = &r, .warn = warn, .arg = arg};
	int result;

	if (!own || own->wild) {
		result = jail_error_set(err, ENOENT, "the configuration has no such jail");
		jail_error_jail(err, name);
		return jail_error_exit(err, ENOENT, jail_error_sysexit(EINVAL));
	}
	result = jail_name_check(name, err);
	if (result < 0)
		jail_error_origin(err, own->file, own->line);
	if (result == 0)
		result = resolve(&r, own, extra);
	if (result == 0 && jail_params_new(&o.params) < 0)
		result = out_of_memory(&r);
	if (result == 0)
		result = fill(&o, extra);
	conf_arena_free(&r.arena);
	if (result < 0) {
		jail_params_free(o.params);
		jail_error_jail(err, name);
		return result;
	}
	*ret = o.params;
	return 0;
}

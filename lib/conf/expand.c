/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * expand.c: putting values in the place of variables, for one jail. Each parameter and variable is worked out once,
 * after those it refers to; the chain of those that wait is a list, not the C stack. It may not know what a value
 * means.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "conf.h"

static int out_of_memory(struct conf_resolver *r)
{
	return jail_error_set(r->err, ENOMEM, "not enough memory to work out the parameters");
}

/* What went wrong in the value at which the slot's walk stands. */
static int fail_at(const struct conf_resolver *r, const struct conf_slot *s, const struct conf_use *use,
    const struct conf_value *value, int errnum, const char *hint)
{
	char name[64];

	(void)snprintf(name, sizeof(name), "%s%s", s->variable ? "$" : "", s->name->node.text);
	jail_error_param(r->err, name);
	jail_error_origin(r->err, use->stmt->file, value->line);
	if (hint)
		(void)jail_error_hint(r->err, errnum, "%s", hint);
	return -errnum;
}

/* ----------------------------------------------------------------------------------------- what refers to what */

static struct conf_slot *referred(const struct conf_resolver *r, const struct conf_name *name)
{
	struct conf_slot *s = conf_slot_find(r, name);

	return !s && name->key != name ? conf_slot_find(r, name->key) : s;
}

/* `from` waits, by others, for itself: they are named in the order in which they refer to each other. */
static int report_loop(const struct conf_resolver *r, struct conf_slot *from, struct conf_slot *again)
{
	char circle[400];
	size_t used = 0;
	struct conf_slot *reversed = NULL;

	/* asked_by leads backwards; the path is turned round, which a failed resolver can bear. */
	for (struct conf_slot *s = from, *next;; s = next) {
		next = s->asked_by;
		s->asked_by = reversed;
		reversed = s;
		if (s == again)
			break;
	}
	circle[0] = '\0';
	for (const struct conf_slot *s = reversed; s && used < sizeof(circle); s = s->asked_by) {
		int n = snprintf(circle + used, sizeof(circle) - used, "$%s -> ", s->name->node.text);

		used += n > 0 ? (size_t)n : 0;
	}
	(void)jail_error_set(r->err, ELOOP, "variables refer to each other: %s$%s", circle, again->name->node.text);
	return fail_at(r, from, from->at_use, from->at_value, ELOOP, "give one of them a value of its own");
}

static int report_missing(const struct conf_resolver *r, const struct conf_slot *s, const struct conf_name *name,
    const struct conf_slot *found)
{
	if (found) {
		(void)jail_error_set(r->err, ENOENT, "$%s has no value to put here", name->node.text);
		(void)fail_at(r, s, s->at_use, s->at_value, ENOENT, "only what was set to a text has one");
	} else {
		(void)jail_error_set(r->err, ENOENT, "there is no variable or parameter $%s", name->node.text);
		(void)fail_at(r, s, s->at_use, s->at_value, ENOENT,
		    name->row ? "a parameter can be referred to only where this jail sets it"
			      : "define it with $NAME = VALUE;, or write \\$ for a dollar sign");
	}
	/* The text of the configuration is wrong, not a file missing. */
	return jail_error_exit(r->err, ENOENT, jail_error_sysexit(EINVAL));
}

static size_t count_values(const struct conf_slot *s)
{
	size_t n = 0;

	if (s->state == CONF_DONE)
		return s->nitems;
	for (const struct conf_use *u = s->first; u && n == 0; u = u->next)
		n += u->stmt->values != NULL;
	return n;
}

/* Go on to the next variable that is not worked out yet; *ret is NULL when there is none. */
static int next_wanted(const struct conf_resolver *r, struct conf_slot *s, struct conf_slot **ret)
{
	for (; s->at_use; s->at_use = s->at_use->next, s->at_value = s->at_use ? s->at_use->stmt->values : NULL,
			  s->at_piece = s->at_value ? s->at_value->pieces : NULL) {
		for (; s->at_value;
		     s->at_value = s->at_value->next, s->at_piece = s->at_value ? s->at_value->pieces : NULL) {
			for (; s->at_piece; s->at_piece = s->at_piece->next) {
				struct conf_slot *wanted;

				if (!s->at_piece->variable)
					continue;
				wanted = referred(r, s->at_piece->variable);
				if (!wanted || count_values(wanted) == 0)
					return report_missing(r, s, s->at_piece->variable, wanted);
				if (wanted->state == CONF_BUSY)
					return report_loop(r, s, wanted);
				if (wanted->state == CONF_NEW) {
					*ret = wanted;
					return 0;
				}
			}
		}
	}
	*ret = NULL;
	return 0;
}

/* ---------------------------------------------------------------------------------------------- putting together */

static int too_much(const struct conf_resolver *r, const struct conf_slot *s, const struct conf_use *use,
    const struct conf_value *value, const char *what, size_t limit)
{
	(void)jail_error_set(r->err, E2BIG, "%s, more than %zu, when its variables are put in", what, limit);
	return fail_at(r, s, use, value, E2BIG, "variables that hold each other several times grow fast");
}

/* The list that a value stands for when it is nothing but one variable; NULL: it is one string. */
static const struct conf_slot *whole_list(const struct conf_resolver *r, const struct conf_value *v)
{
	return v->pieces && v->pieces->variable && !v->pieces->next ? referred(r, v->pieces->variable) : NULL;
}

/* One string of several pieces. */
static int join_pieces(struct conf_resolver *r, const struct conf_slot *s, const struct conf_use *use,
    const struct conf_value *v, struct conf_item *ret)
{
	size_t length = 0;
	char *text, *at;

	for (const struct conf_piece *p = v->pieces; p; p = p->next) {
		const struct conf_slot *from = p->variable ? referred(r, p->variable) : NULL;

		if (from && from->nitems > 1) {
			(void)jail_error_set(
			    r->err, EINVAL, "$%s is a list and can't be part of a string", p->variable->node.text);
			return fail_at(r, s, use, v, EINVAL, "a list can only stand alone between commas");
		}
		length += from ? from->items[0].length : p->length;
		if (length > CONF_VALUE_MAX)
			return too_much(r, s, use, v, "too many bytes", CONF_VALUE_MAX);
	}
	r->bytes += length + 1;
	if (r->bytes > CONF_JAIL_MAX)
		return too_much(r, s, use, v, "too many bytes in all values of the jail", CONF_JAIL_MAX);
	text = at = conf_arena_alloc(&r->arena, length + 1);
	if (!text)
		return out_of_memory(r);
	for (const struct conf_piece *p = v->pieces; p; p = p->next) {
		const struct conf_slot *from = p->variable ? referred(r, p->variable) : NULL;
		size_t n = from ? from->items[0].length : p->length;

		memcpy(at, from ? from->items[0].text : p->text, n);
		at += n;
	}
	*at = '\0';
	ret->text = text;
	ret->length = length;
	return 0;
}

/* The strings of one value to `items`. A text that stands alone is not copied: the configuration keeps it. */
static int put_value(
    struct conf_resolver *r, struct conf_slot *s, const struct conf_use *use, const struct conf_value *v)
{
	const struct conf_slot *list = whole_list(r, v);
	struct conf_item item = {.text = "", .file = use->stmt->file, .line = v->line};
	int ret = 0;

	if (list) {
		for (size_t i = 0; i < list->nitems; i++) {
			s->items[s->nitems] = list->items[i];
			s->items[s->nitems].file = item.file;
			s->items[s->nitems++].line = item.line;
		}
		return 0;
	}
	if (v->pieces && !v->pieces->next) {
		item.text = v->pieces->text;
		item.length = v->pieces->length;
	} else if (v->pieces) {
		ret = join_pieces(r, s, use, v, &item);
	}
	if (ret == 0)
		s->items[s->nitems++] = item;
	return ret;
}

/* Everything that the slot's values refer to is worked out. */
static int build(struct conf_resolver *r, struct conf_slot *s)
{
	size_t count = 0;

	for (const struct conf_use *u = s->first; u; u = u->next) {
		for (const struct conf_value *v = u->stmt->values; v; v = v->next) {
			const struct conf_slot *list = whole_list(r, v);

			count += list ? list->nitems : 1;
			if (count > CONF_ITEMS_MAX)
				return too_much(r, s, u, v, "too many strings", CONF_ITEMS_MAX);
			r->bytes += (list ? list->nitems : 1) * sizeof(struct conf_item);
			if (r->bytes > CONF_JAIL_MAX)
				return too_much(r, s, u, v, "too many bytes in all values of the jail", CONF_JAIL_MAX);
		}
	}
	s->nitems = 0;
	if (count == 0)
		return 0;
	s->items = conf_arena_alloc(&r->arena, count * sizeof(*s->items));
	if (!s->items)
		return out_of_memory(r);
	for (const struct conf_use *u = s->first; u; u = u->next) {
		for (const struct conf_value *v = u->stmt->values; v; v = v->next) {
			int ret = put_value(r, s, u, v);

			if (ret < 0)
				return ret;
		}
	}
	return 0;
}

static void begin(struct conf_slot *s, struct conf_slot *asked_by)
{
	s->state = CONF_BUSY;
	s->asked_by = asked_by;
	s->at_use = s->first;
	s->at_value = s->first ? s->first->stmt->values : NULL;
	s->at_piece = s->at_value ? s->at_value->pieces : NULL;
}

static int expand_from(struct conf_resolver *r, struct conf_slot *s)
{
	begin(s, NULL);
	while (s) {
		struct conf_slot *wanted = NULL;
		int ret = next_wanted(r, s, &wanted);

		if (ret < 0)
			return ret;
		if (wanted) {
			begin(wanted, s);
			s = wanted;
			continue;
		}
		ret = build(r, s);
		if (ret < 0)
			return ret;
		s->state = CONF_DONE;
		s = s->asked_by;
	}
	return 0;
}

int conf_expand(struct conf_resolver *r)
{
	for (size_t i = 0; i < r->nslots; i++) {
		int ret = r->slots[i].state == CONF_NEW ? expand_from(r, &r->slots[i]) : 0;

		if (ret < 0)
			return ret;
	}
	return 0;
}

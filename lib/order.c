/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * order.c: in which order jails are started: each after those it depends on, and after the jail that it is a child of.
 * Pure; it takes time linear in jails and dependencies, and no recursion, whatever the configuration looks like.
 */
#include <jail.h>

#include <stdint.h>
#include <string.h>

#include "error.h"
#include "util.h"

/* Jails and what each needs, as indices: the needs of jail i are need[first[i]] up to need[first[i + 1]]. */
struct graph {
	const struct jail_conf *conf;
	const char *const *names;
	size_t count;
	size_t *slot; /* hash of names to index + 1 */
	size_t mask;
	size_t *first, *need;
	size_t nneeds, room;
};

static void graph_free(struct graph *g)
{
	free(g->slot);
	free(g->first);
	free(g->need);
}

static size_t hash_name(const char *name, size_t length)
{
	uint64_t h = 0xcbf29ce484222325u; /* FNV-1a */

	for (size_t i = 0; i < length; i++)
		h = (h ^ (unsigned char)name[i]) * 0x100000001b3u;
	return (size_t)(h ^ h >> 32);
}

static size_t *find_slot(const struct graph *g, const char *name, size_t length)
{
	size_t at = hash_name(name, length) & g->mask;

	while (g->slot[at] != 0 &&
	       (strncmp(g->names[g->slot[at] - 1], name, length) != 0 || g->names[g->slot[at] - 1][length] != '\0'))
		at = (at + 1) & g->mask;
	return &g->slot[at];
}

/* The names as a hash table that is at most half full. */
static int graph_init(struct graph *g, const struct jail_conf *c, const char *const *names, size_t count)
{
	size_t size = 4;

	memset(g, 0, sizeof(*g));
	g->conf = c;
	g->names = names;
	g->count = count;
	while (size < count * 2)
		size *= 2;
	g->mask = size - 1;
	g->slot = calloc(size, sizeof(*g->slot));
	g->first = calloc(count + 1, sizeof(*g->first));
	if (g->slot == NULL || g->first == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		*find_slot(g, names[i], strlen(names[i])) = i + 1;
	return 0;
}

static int add_need(struct graph *g, size_t needed)
{
	if (g->nneeds == g->room) {
		size_t room = g->room == 0 ? 16 : g->room * 2;
		size_t *more = reallocarray(g->need, room, sizeof(*more));

		if (more == NULL)
			return -ENOMEM;
		g->need = more;
		g->room = room;
	}
	g->need[g->nneeds++] = needed;
	return 0;
}

/* The nearest jail around this one that is among those to order. */
static int add_parent(struct graph *g, const char *name)
{
	for (size_t length = strlen(name); length-- > 0;) {
		size_t slot;

		if (name[length] != '.')
			continue;
		slot = *find_slot(g, name, length);
		if (slot != 0)
			return add_need(g, slot - 1);
	}
	return 0;
}

/* What jail i needs, behind that of those before it. */
static int add_needs(struct graph *g, size_t i, struct jail_error *err)
{
	struct jail_params *p = NULL;
	int r;

	g->first[i] = g->nneeds;
	if (add_parent(g, g->names[i]) < 0)
		return jail_error_sys(err, ENOMEM, "can't order the jails");
	/* Whoever starts a jail that can't be read hears why; the others are ordered all the same. */
	if (jail_conf_jail(g->conf, g->names[i], NULL, NULL, NULL, &p, NULL) < 0)
		return 0;
	r = 0;
	for (size_t k = 0; r == 0 && k < jail_params_count(p, "depend"); k++) {
		const char *name = jail_params_item(p, "depend", k);
		size_t slot = *find_slot(g, name, strlen(name));

		if (slot == 0) {
			r = jail_error_set(err, ENOENT, "it depends on jail %s, which is not defined", name);
			jail_error_jail(err, g->names[i]);
			jail_error_param(err, "depend");
			(void)jail_error_hint(err, ENOENT, "define it, or take it out of depend");
			(void)jail_error_exit(err, ENOENT, jail_error_sysexit(EINVAL));
		} else if (add_need(g, slot - 1) < 0) {
			r = jail_error_sys(err, ENOMEM, "can't order the jails");
		}
	}
	jail_params_free(p);
	return r;
}

/* Jails i that are on the way are marked with 1 + their place on the stack, those that are done with DONE. */
#define DONE SIZE_MAX

/* "web -> db -> web": the way from the place where the circle closes. As much of it as fits, beginning and end. */
static int circle(const struct graph *g, const size_t *stack, size_t from, size_t depth, struct jail_error *err)
{
	char text[400];
	size_t used = 0;

	for (size_t i = from; i < depth; i++) {
		size_t length = strlen(g->names[stack[i]]);

		if (used + length + 16 > sizeof(text)) {
			memcpy(text + used, "... -> ", 7);
			used += 7;
			break;
		}
		memcpy(text + used, g->names[stack[i]], length);
		memcpy(text + used + length, " -> ", 4);
		used += length + 4;
	}
	text[used] = '\0';
	(void)jail_error_set(
	    err, ELOOP, "the jails depend on each other in a circle: %s%.100s", text, g->names[stack[from]]);
	jail_error_jail(err, g->names[stack[from]]);
	jail_error_param(err, "depend");
	return jail_error_hint(err, ELOOP, "one of them has to start without the next");
}

/* Depth first, without recursion: a jail is put out when all that it needs has been. */
static int walk(const struct graph *g, size_t *order, struct jail_error *err)
{
	_cleanup_free_ size_t *mark = calloc(g->count + 1, sizeof(*mark));
	_cleanup_free_ size_t *next = calloc(g->count + 1, sizeof(*next));
	_cleanup_free_ size_t *stack = calloc(g->count + 1, sizeof(*stack));
	size_t depth = 0, n = 0;

	if (mark == NULL || next == NULL || stack == NULL)
		return jail_error_sys(err, ENOMEM, "can't order the jails");
	for (size_t root = 0; root < g->count; root++) {
		if (mark[root] == DONE)
			continue;
		stack[depth++] = root;
		mark[root] = depth;
		while (depth > 0) {
			size_t at = stack[depth - 1], needed;

			if (g->first[at] + next[at] == g->first[at + 1]) {
				mark[at] = DONE;
				order[n++] = at;
				depth--;
				continue;
			}
			needed = g->need[g->first[at] + next[at]++];
			if (mark[needed] == DONE)
				continue;
			if (mark[needed] != 0)
				return circle(g, stack, mark[needed] - 1, depth, err);
			stack[depth++] = needed;
			mark[needed] = depth;
		}
	}
	return 0;
}

int jail_conf_order(
    const struct jail_conf *c, const char *const *names, size_t count, size_t *ret_order, struct jail_error *err)
{
	_cleanup_free_ size_t *order = calloc(count + 1, sizeof(*order));
	struct graph g;
	int r;

	r = graph_init(&g, c, names, count);
	if (r < 0 || order == NULL)
		r = jail_error_sys(err, ENOMEM, "can't order the jails");
	for (size_t i = 0; r == 0 && i < count; i++)
		r = add_needs(&g, i, err);
	if (r == 0) {
		g.first[count] = g.nneeds;
		r = walk(&g, order, err);
	}
	if (r == 0 && count > 0)
		memcpy(ret_order, order, count * sizeof(*order));
	graph_free(&g);
	return r;
}

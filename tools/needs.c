/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * needs.c: which units of a batch need which, what can't start because something that it needs failed, and the order to
 * start the others in. It may not know where the units come from.
 */
#include <string.h>
#include <sysexits.h>

#include "batch.h"
#include "report.h"

void batch_fail(struct batch *b, struct unit *u, int code)
{
	u->failed = true;
	if (b->code == EX_OK)
		b->code = code;
}

bool batch_parent_name(const char *name, char ret[static JAIL_NAME_MAX + 1])
{
	const char *dot = name != NULL ? strrchr(name, '.') : NULL;

	if (dot == NULL || dot - name > JAIL_NAME_MAX)
		return false;
	memcpy(ret, name, (size_t)(dot - name));
	ret[dot - name] = '\0';
	return true;
}

static int add_need(struct batch *b, struct unit *u, const char *name)
{
	struct unit *needed = batch_find(b, name);
	size_t *more;

	if (needed == NULL || needed == u)
		return 0;
	more = reallocarray(u->needs, u->nneeds + 1, sizeof(*more));
	if (more == NULL)
		return -ENOMEM;
	u->needs = more;
	u->needs[u->nneeds++] = (size_t)(needed - b->unit);
	return 0;
}

/* A child jail needs its parent, whether or not it says so. */
static int need_parent(struct batch *b, struct unit *u)
{
	char parent[JAIL_NAME_MAX + 1];

	if (!batch_parent_name(u->name, parent))
		return 0;
	while (batch_find(b, parent) == NULL) {
		char *dot = strrchr(parent, '.');

		if (dot == NULL)
			return 0;
		*dot = '\0';
	}
	return add_need(b, u, parent);
}

int batch_link(struct batch *b)
{
	for (size_t i = 0; i < b->count; i++) {
		struct unit *u = &b->unit[i];

		free(u->needs);
		u->needs = NULL;
		u->nneeds = 0;
		if (need_parent(b, u) < 0)
			return report_no_memory();
		for (size_t k = 0; u->params != NULL && k < jail_params_count(u->params, "depend"); k++) {
			if (add_need(b, u, jail_params_item(u->params, "depend", k)) < 0)
				return report_no_memory();
		}
	}
	return EX_OK;
}

int batch_followers(const struct batch *b, bool stop, struct followers *ret)
{
	size_t n = b->count, edges = 0;
	struct followers f;

	for (size_t i = 0; i < n; i++)
		edges += b->unit[i].nneeds;
	f.first = calloc(n + 2, sizeof(size_t));
	f.after = calloc(edges + 1, sizeof(size_t));
	if (f.first == NULL || f.after == NULL) {
		followers_free(&f);
		return -ENOMEM;
	}
	/* Counted, summed up, filled in. */
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < b->unit[i].nneeds; k++)
			f.first[(stop ? i : b->unit[i].needs[k]) + 2]++;
	for (size_t i = 2; i <= n; i++)
		f.first[i] += f.first[i - 1];
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < b->unit[i].nneeds; k++) {
			size_t needed = b->unit[i].needs[k];

			f.after[f.first[(stop ? i : needed) + 1]++] = stop ? needed : i;
		}
	}
	*ret = f;
	return 0;
}

void followers_free(struct followers *f)
{
	free(f->first);
	free(f->after);
}

/* What is reached from unit `from` along needs (`up`) or against them, marked. `queue`: room for all units. */
static void mark_reached(
    const struct batch *b, const struct followers *f, size_t from, bool up, size_t *queue, bool *reached)
{
	size_t head = 0, tail = 0;

	queue[tail++] = from;
	while (head < tail) {
		size_t i = queue[head++];
		const size_t *next = up ? b->unit[i].needs : f->after + f->first[i];
		size_t n = up ? b->unit[i].nneeds : f->first[i + 1] - f->first[i];

		for (size_t k = 0; k < n; k++) {
			if (!reached[next[k]]) {
				reached[next[k]] = true;
				queue[tail++] = next[k];
			}
		}
	}
}

/*
 * All that depends on unit `from`, which failed, fails as well. Each is reported, but for those that `from` depends on
 * in turn: the error about the circle names them.
 */
static int fail_dependents(struct batch *b, const struct followers *f, size_t from)
{
	_cleanup_free_ size_t *queue = calloc(b->count + 1, sizeof(*queue));
	_cleanup_free_ bool *below = calloc(b->count, sizeof(*below)), *above = calloc(b->count, sizeof(*above));

	if (queue == NULL || below == NULL || above == NULL)
		return report_no_memory();
	mark_reached(b, f, from, false, queue, below);
	if (below[from])
		mark_reached(b, f, from, true, queue, above);
	for (size_t i = 0; i < b->count; i++) {
		struct unit *u = &b->unit[i];

		if (!below[i] || u->failed || (u->todo & DO_START) == 0)
			continue;
		batch_fail(b, u,
		    above[i] ? EX_DATAERR
			     : report_own(EX_UNAVAILABLE, u->name, "not started: it depends on %s, which failed",
				   b->unit[from].name));
	}
	return EX_OK;
}

/* A unit that depends on a jail that nobody defined fails. */
static void fail_undefined(struct batch *b, struct unit *u)
{
	for (size_t k = 0; k < jail_params_count(u->params, "depend"); k++) {
		const char *name = jail_params_item(u->params, "depend", k);

		if (batch_find(b, name) != NULL || jail_conf_has(b->conf, name))
			continue;
		batch_fail(b, u,
		    report_own(EX_DATAERR, u->name,
			"depend: it depends on jail %s, which is not defined: define it, or take it out of depend",
			name));
		return;
	}
}

static int fail_all_dependents(struct batch *b, const struct followers *f)
{
	_cleanup_free_ bool *root = calloc(b->count, sizeof(*root));
	int code = EX_OK;

	if (root == NULL)
		return report_no_memory();
	for (size_t i = 0; i < b->count; i++) {
		struct unit *u = &b->unit[i];

		if (!u->failed && (u->todo & DO_START) != 0 && u->params != NULL)
			fail_undefined(b, u);
		root[i] = u->failed;
	}
	for (size_t i = 0; i < b->count && code == EX_OK; i++)
		if (root[i])
			code = fail_dependents(b, f, i);
	return code;
}

/* The order of the units that can start, as indices. ENOMEM; -ELOOP: `err` names one unit of a circle. */
static int find_order(const struct batch *b, size_t *order, size_t *ret_count, struct jail_error *err)
{
	_cleanup_free_ const char **names = calloc(b->count, sizeof(*names));
	_cleanup_free_ size_t *index = calloc(b->count, sizeof(*index));
	size_t count = 0;
	int r;

	if (names == NULL || index == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < b->count; i++) {
		/* One that is only to be stopped may be unknown to the configuration. */
		if (b->unit[i].failed || !jail_conf_has(b->conf, b->unit[i].name))
			continue;
		names[count] = b->unit[i].name;
		index[count++] = i;
	}
	r = jail_conf_order(b->conf, names, count, order, err);
	for (size_t i = 0; r == 0 && i < count; i++)
		order[i] = index[order[i]];
	*ret_count = count;
	return r;
}

/* Put the units into this order; those that are not in it go behind. */
static int reorder(struct batch *b, const size_t *order, size_t count)
{
	struct unit *sorted = calloc(b->room, sizeof(*sorted));
	size_t n = 0;

	if (sorted == NULL)
		return report_no_memory();
	for (size_t i = 0; i < count; i++)
		sorted[n++] = b->unit[order[i]];
	for (size_t i = 0; i < b->count; i++) {
		if (b->unit[i].failed || !jail_conf_has(b->conf, b->unit[i].name))
			sorted[n++] = b->unit[i];
	}
	free(b->unit);
	b->unit = sorted;
	batch_index(b);
	return EX_OK;
}

int batch_order(struct batch *b)
{
	_cleanup_free_ size_t *order = calloc(b->count, sizeof(*order));
	struct followers f;
	struct jail_error err;
	size_t count = 0;
	int code, r;

	if (order == NULL || batch_followers(b, false, &f) < 0)
		return report_no_memory();
	code = fail_all_dependents(b, &f);
	while (code == EX_OK && (r = find_order(b, order, &count, &err)) != 0) {
		struct unit *u = r == -ELOOP ? batch_find(b, err.jail) : NULL;

		if (r == -ENOMEM) {
			code = report_no_memory();
		} else if (u == NULL) {
			code = report_error(&err);
		} else {
			batch_fail(b, u, report_error(&err));
			code = fail_dependents(b, &f, (size_t)(u - b->unit));
		}
	}
	followers_free(&f);
	if (code == EX_OK)
		code = reorder(b, order, count);
	return code != EX_OK ? code : batch_link(b);
}

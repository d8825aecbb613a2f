/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stat_history.c: what was seen of each jail over the last minutes, for sparklines. Nothing of it outlives the tool.
 */
#include <errno.h>
#include <stdlib.h>

#include "stat_rows.h"

struct track {
	uint32_t jid;
	int64_t created;
	bool seen;
	size_t count, next; /* of each ring */
	float ring[ROWS_SERIES][HISTORY_MAX];
};

struct history {
	struct track **track;
	size_t count, room;
};

struct history *history_new(void)
{
	return calloc(1, sizeof(struct history));
}

void history_free(struct history *h)
{
	if (h == NULL)
		return;
	for (size_t i = 0; i < h->count; i++)
		free(h->track[i]);
	free(h->track);
	free(h);
}

static struct track *find(const struct history *h, const struct jail_stat *s)
{
	for (size_t i = 0; i < h->count; i++)
		if (h->track[i]->jid == s->jid && h->track[i]->created == s->created)
			return h->track[i];
	return NULL;
}

static struct track *make(struct history *h, const struct jail_stat *s)
{
	struct track *t;

	if (h->count == h->room) {
		size_t room = h->room > 0 ? 2 * h->room : 64;
		struct track **grown = reallocarray(h->track, room, sizeof(*grown));

		if (grown == NULL)
			return NULL;
		h->track = grown;
		h->room = room;
	}
	t = calloc(1, sizeof(*t));
	if (t == NULL)
		return NULL;
	t->jid = s->jid;
	t->created = s->created;
	h->track[h->count++] = t;
	return t;
}

static void forget_unseen(struct history *h)
{
	size_t n = 0;

	for (size_t i = 0; i < h->count; i++) {
		if (!h->track[i]->seen) {
			free(h->track[i]);
			continue;
		}
		h->track[i]->seen = false;
		h->track[n++] = h->track[i];
	}
	h->count = n;
}

int history_add(struct history *h, const struct rows *v)
{
	for (size_t i = 0; i < v->count; i++) {
		struct track *t = find(h, v->row[i].stat);

		if (t == NULL)
			t = make(h, v->row[i].stat);
		if (t == NULL)
			return -ENOMEM;
		t->seen = true;
		for (int k = 0; k < ROWS_SERIES; k++)
			t->ring[k][t->next] = (float)rows_value(&v->row[i], (enum rows_series)k);
		t->next = (t->next + 1) % HISTORY_MAX;
		t->count += t->count < HISTORY_MAX;
	}
	forget_unseen(h);
	return 0;
}

size_t history_get(const struct history *h, const struct jail_stat *s, enum rows_series i, double *ret, size_t max)
{
	const struct track *t = h == NULL ? NULL : find(h, s);
	size_t count = t == NULL ? 0 : t->count < max ? t->count : max;

	for (size_t k = 0; k < count; k++)
		ret[k] = (double)t->ring[i][(t->next + HISTORY_MAX - count + k) % HISTORY_MAX];
	return count;
}

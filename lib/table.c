/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * table.c: finding a row of the parameter table: by its name, by a negative form of it, by a name that is nearly it.
 * The rows themselves are in table_rows.c. It may not know what any parameter means.
 */
#include "table.h"

#include <string.h>

/*
 * What the name has in common with the rows on both sides of those that are left, these have too. (A plan looks for two
 * hundred names, most of which begin alike.)
 */
int table_index(const char *name)
{
	size_t low = 0, high = table_count, below = 0, above = 0;

	while (low < high) {
		size_t middle = low + (high - low) / 2, same = below < above ? below : above;
		const char *row = table_rows[middle].name;

		while (name[same] == row[same] && name[same] != '\0')
			same++;
		if (name[same] == row[same])
			return (int)middle;
		if ((unsigned char)name[same] < (unsigned char)row[same]) {
			high = middle;
			above = same;
		} else {
			low = middle + 1;
			below = same;
		}
	}
	return -1;
}

const struct jail_param *jail_param_find(const char *name)
{
	int i = name ? table_index(name) : -1;

	return i < 0 ? NULL : &table_rows[i];
}

const struct jail_param *jail_param_at(size_t i)
{
	return i < table_count ? &table_rows[i] : NULL;
}

/* Those that can be said in the negative: booleans, and enumerations that know "disable" (novnet has no such). */
static bool negatable(const struct jail_param *row)
{
	return row->type == JAIL_TYPE_BOOL || (row->type == JAIL_TYPE_ENUM && strstr(row->choices, "disable"));
}

const struct jail_param *table_find_written(const char *written, bool *ret_negated)
{
	const struct jail_param *row = jail_param_find(written);
	const char *dot, *last;
	char positive[64];
	size_t head;

	if (row) {
		*ret_negated = false;
		return row;
	}
	if (strncmp(written, "nolimit.", 8) == 0) {
		*ret_negated = true;
		return jail_param_find(written + 2);
	}
	dot = strrchr(written, '.');
	last = dot ? dot + 1 : written;
	if (strncmp(last, "no", 2) != 0 || strlen(written) >= sizeof(positive))
		return NULL;
	head = (size_t)(last - written);
	memcpy(positive, written, head);
	memcpy(positive + head, last + 2, strlen(last + 2) + 1);
	row = jail_param_find(positive);
	if (!row || !negatable(row))
		return NULL;
	*ret_negated = true;
	return row;
}

#define NEAR_MAX 48 /* longer names than any row's are near to none */

static unsigned smallest(unsigned a, unsigned b, unsigned c)
{
	unsigned least = a < b ? a : b;

	return least < c ? least : c;
}

/* Letters to insert, take out, change or swap with their neighbour, to get from one name to the other. */
static unsigned distance(const char *a, size_t na, const char *b, size_t nb)
{
	unsigned row[3][NEAR_MAX + 1];
	unsigned *before = row[0], *above = row[1], *now = row[2];

	for (size_t j = 0; j <= nb; j++)
		above[j] = (unsigned)j;
	for (size_t i = 1; i <= na; i++) {
		unsigned *spare = before;

		now[0] = (unsigned)i;
		for (size_t j = 1; j <= nb; j++) {
			now[j] = smallest(above[j] + 1, now[j - 1] + 1, above[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    before[j - 2] + 1 < now[j])
				now[j] = before[j - 2] + 1;
		}
		before = above;
		above = now;
		now = spare;
	}
	return above[nb];
}

/* Whether `name` is one that FreeBSD users leave the front part off of ("hostname" for host.hostname). */
static bool is_tail(const char *name, const char *written)
{
	const char *dot = strrchr(name, '.');

	return dot && strcmp(dot + 1, written) == 0;
}

const char *table_nearest(const char *written)
{
	size_t length = strlen(written);
	unsigned best = length < 4 ? 2 : length < 10 ? 3 : 4; /* less than this is near */
	const char *nearest = NULL;

	if (length == 0 || length > NEAR_MAX)
		return NULL;
	for (size_t i = 0; i < table_count; i++) {
		const char *name = table_rows[i].name;
		size_t n = strlen(name);
		unsigned d;

		if (table_rows[i].flags & JAIL_PARAM_FOREIGN)
			continue;
		if (n > NEAR_MAX || n > length + best || length > n + best)
			continue;
		d = distance(written, length, name, n);
		if (d < best) {
			best = d;
			nearest = name;
		}
	}
	for (size_t i = 0; !nearest && i < table_count; i++) {
		if (is_tail(table_rows[i].name, written) && !(table_rows[i].flags & JAIL_PARAM_FOREIGN))
			nearest = table_rows[i].name;
	}
	return nearest;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * group_set.c: sets of processors and of memory nodes as the kernel writes them ("0-3,7"). Pure.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "group_parts.h"

#define MEMBERS 10000 /* what four digits name */

struct set {
	unsigned char has[MEMBERS / 8];
};

static bool member(const struct set *s, unsigned n)
{
	return (s->has[n / 8] >> (n % 8) & 1) != 0;
}

static int parse(const char *text, struct set *ret)
{
	memset(ret, 0, sizeof(*ret));
	while (*text != '\0') {
		char *end;
		unsigned long from = strtoul(text, &end, 10), to = from;

		if (end == text)
			return -EINVAL;
		if (*end == '-') {
			text = end + 1;
			to = strtoul(text, &end, 10);
			if (end == text)
				return -EINVAL;
		}
		if (from > to || to >= MEMBERS)
			return -EINVAL;
		for (; from <= to; from++)
			ret->has[from / 8] |= (unsigned char)(1u << (from % 8));
		text = end + (*end == ',');
		if (text == end && *end != '\0')
			return -EINVAL;
	}
	return 0;
}

static int format(const struct set *s, char *ret, size_t size)
{
	size_t used = 0;

	ret[0] = '\0';
	for (unsigned n = 0; n < MEMBERS; n++) {
		unsigned last = n;
		int w;

		if (!member(s, n))
			continue;
		while (last + 1 < MEMBERS && member(s, last + 1))
			last++;
		w = last > n ? snprintf(ret + used, size - used, "%s%u-%u", used > 0 ? "," : "", n, last)
			     : snprintf(ret + used, size - used, "%s%u", used > 0 ? "," : "", n);
		if (w < 0 || (size_t)w >= size - used)
			return -E2BIG;
		used += (size_t)w;
		n = last;
	}
	return 0;
}

int group_set_common(const char *a, const char *b, char *ret, size_t size)
{
	struct set x, y;
	int r = parse(a, &x);

	if (r == 0)
		r = parse(b, &y);
	if (r < 0)
		return r;
	for (size_t i = 0; i < sizeof(x.has); i++)
		x.has[i] &= y.has[i];
	return format(&x, ret, size);
}

bool group_set_within(const char *a, const char *b)
{
	struct set x, y;

	if (parse(a, &x) < 0 || parse(b, &y) < 0)
		return false;
	for (size_t i = 0; i < sizeof(x.has); i++)
		if ((x.has[i] & ~y.has[i]) != 0)
			return false;
	return true;
}

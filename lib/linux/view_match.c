/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * view_match.c: the globs of path.hide. Pure: strings in, an answer out. A leading dot is nothing special here: hiding
 * one file too many is better than one too few.
 */
#include <string.h>

#include "view_parts.h"

bool view_is_glob(const char *s, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (s[i] == '*' || s[i] == '?' || s[i] == '[')
			return true;
	return false;
}

/*
 * Does the bracket expression at glob[*at] match c? Leaves *at behind it; one that is never closed is an ordinary '['.
 */
static bool match_bracket(const char *glob, size_t length, size_t *at, unsigned char c)
{
	size_t i = *at + 1;
	bool negated = i < length && (glob[i] == '!' || glob[i] == '^'), hit = false;
	size_t first = i += negated;

	while (i < length && (glob[i] != ']' || i == first)) {
		unsigned char low = (unsigned char)glob[i], high = low;

		if (i + 2 < length && glob[i + 1] == '-' && glob[i + 2] != ']') {
			high = (unsigned char)glob[i + 2];
			i += 2;
		}
		hit |= low <= c && c <= high;
		i++;
	}
	if (i >= length) {
		*at += 1;
		return c == '[';
	}
	*at = i + 1;
	return hit != negated;
}

bool view_match(const char *glob, size_t length, const char *name)
{
	size_t at = 0, star = length, resume = 0, i = 0;
	bool seen = false;

	while (name[i] != '\0') {
		if (at < length && glob[at] == '*') {
			star = at++;
			resume = i;
			seen = true;
			continue;
		}
		if (at < length) {
			size_t next = at + 1;
			bool ok = glob[at] == '?' || glob[at] == name[i];

			if (glob[at] == '[') {
				next = at;
				ok = match_bracket(glob, length, &next, (unsigned char)name[i]);
			}
			if (ok) {
				at = next;
				i++;
				continue;
			}
		}
		/* Let the last star take one more. */
		if (!seen)
			return false;
		at = star + 1;
		i = ++resume;
	}
	while (at < length && glob[at] == '*')
		at++;
	return at == length;
}

bool view_beneath(const char *pattern, const char *path)
{
	char name[NAME_MAX + 1];

	for (;;) {
		size_t want, have;

		pattern += strspn(pattern, "/");
		path += strspn(path, "/");
		want = strcspn(pattern, "/");
		have = strcspn(path, "/");
		if (want == 0)
			return true;
		if (have == 0 || have >= sizeof(name))
			return false;
		memcpy(name, path, have);
		name[have] = '\0';
		if (!view_match(pattern, want, name))
			return false;
		pattern += want;
		path += have;
	}
}

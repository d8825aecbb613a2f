/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * name.c: the names of jails and the patterns that match them. It may not know where either was written.
 */
#include <limits.h>
#include <string.h>

#include "conf.h"

/* A star stands for a component only when it is all of the component. */
bool conf_name_is_wild(const char *name)
{
	for (const char *star = strchr(name, '*'); star; star = strchr(star + 1, '*')) {
		if ((star == name || star[-1] == '.') && (star[1] == '\0' || star[1] == '.'))
			return true;
	}
	return false;
}

/* A star matches one component; as the last component it matches one or more. */
bool jail_name_match(const char *pattern, const char *name)
{
	for (;;) {
		size_t p = strcspn(pattern, "."), n = strcspn(name, ".");
		bool star = p == 1 && pattern[0] == '*';

		if (n == 0)
			return false;
		if (star && pattern[p] == '\0')
			return true;
		if (!star && (p != n || memcmp(pattern, name, n) != 0))
			return false;
		if (pattern[p] == '\0' || name[n] == '\0')
			return pattern[p] == name[n];
		pattern += p + 1;
		name += n + 1;
	}
}

static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

static int check_component(const char *name, const char *at, size_t n, struct jail_error *err)
{
	if (n == 0) {
		(void)jail_error_set(err, EINVAL, "\"%s\" is not a jail's name: a part of it is empty", name);
		return jail_error_hint(err, EINVAL, "single dots separate a parent from its child, as in web.db");
	}
	if (at[0] == '-') {
		(void)jail_error_set(err, EINVAL, "\"%s\" is not a jail's name: a part of it begins with '-'", name);
		return jail_error_hint(err, EINVAL, "it could be taken for an option");
	}
	for (size_t i = 0; i < n; i++) {
		if (is_name_char(at[i]))
			continue;
		if (at[i] == ' ')
			(void)jail_error_set(err, EINVAL, "\"%s\" is not a jail's name: it has a space in it", name);
		else if (at[i] > 0x20 && at[i] < 0x7f)
			(void)jail_error_set(
			    err, EINVAL, "\"%s\" is not a jail's name: '%c' is not allowed", name, at[i]);
		else
			(void)jail_error_set(err, EINVAL, "\"%s\" is not a jail's name: the byte 0x%02x is not allowed",
			    name, (unsigned char)at[i]);
		return jail_error_hint(err, EINVAL, "letters, digits, '_' and '-' are, and dots before a child's name");
	}
	return 0;
}

/* A name in digits is a jid: it has to be one, written in the one way that numbers are. */
static int check_number(const char *name, struct jail_error *err)
{
	unsigned long value = 0;

	for (const char *d = name; *d; d++) {
		value = value * 10 + (unsigned long)(*d - '0');
		if (value > INT_MAX)
			return jail_error_set(
			    err, EINVAL, "\"%s\" is not a jail's name: the number is too large", name);
	}
	if (name[0] == '0')
		return jail_error_set(err, EINVAL, "\"%s\" is not a jail's name: a number must not begin with 0", name);
	return 0;
}

int jail_name_check(const char *name, struct jail_error *err)
{
	size_t length = strlen(name);
	unsigned depth = 0;

	if (length == 0)
		return jail_error_set(err, EINVAL, "a jail's name is empty");
	if (length > JAIL_NAME_MAX)
		return jail_error_set(err, EINVAL, "\"%.32s...\" is not a jail's name: it has %zu bytes, more than %d",
		    name, length, JAIL_NAME_MAX);
	for (const char *at = name;; at++) {
		size_t n = strcspn(at, ".");
		int r = check_component(name, at, n, err);

		if (r < 0)
			return r;
		if (++depth > JAIL_DEPTH_MAX)
			return jail_error_set(err, EINVAL,
			    "\"%s\" is not a jail's name: more than %d jails inside each other", name, JAIL_DEPTH_MAX);
		at += n;
		if (*at == '\0')
			break;
	}
	return strspn(name, "0123456789") == length ? check_number(name, err) : 0;
}

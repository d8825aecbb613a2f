/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * escape.h: what the programs that try to get out of a jail share. Each is a list of attempts by name; every attempt
 * returns NULL when it was held, else what it reached. They end with 0 when all were held, 1 when one was not, 2 when
 * they are used in a wrong way, and print a line for each. They undo what they can, in case an attempt succeeds.
 */
#ifndef HOSTILE_ESCAPE_H
#define HOSTILE_ESCAPE_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* "secret=/root/x", "out=/tmp/y", ... of the command line. */
static int escape_argc;
static char **escape_argv;

static inline const char *escape_given(const char *key)
{
	size_t n = strlen(key);

	for (int i = 1; i < escape_argc; i++)
		if (strncmp(escape_argv[i], key, n) == 0 && escape_argv[i][n] == '=')
			return escape_argv[i] + n + 1;
	return NULL;
}

/* "powers=yes": the jail has every allow.* that can be given. */
static inline int escape_powers(void)
{
	const char *p = escape_given("powers");

	return p != NULL && strcmp(p, "yes") == 0;
}

struct attempt {
	const char *name;
	const char *(*run)(void);
};

/* Without "only=NAME", all of them. */
static inline int escape_main(int argc, char **argv, const struct attempt *list, size_t count)
{
	const char *only;
	int escaped = 0, tried = 0;

	escape_argc = argc;
	escape_argv = argv;
	only = escape_given("only");
	for (size_t i = 0; i < count; i++) {
		const char *what;

		if (only != NULL && strcmp(only, list[i].name) != 0)
			continue;
		tried++;
		what = list[i].run();
		if (what != NULL)
			escaped++;
		(void)printf("%s %s%s%s\n", what != NULL ? "ESCAPED" : "held", list[i].name, what != NULL ? ": " : "",
		    what != NULL ? what : "");
		(void)fflush(stdout);
	}
	(void)printf("%d attempts, %d escaped\n", tried, escaped);
	return tried == 0 ? 2 : escaped > 0;
}

#endif

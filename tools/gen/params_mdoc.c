/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * params_mdoc.c: run while building: puts the parameter table into a manual page. Reads mdoc(7) on standard input and
 * writes it to standard output; a line "@PARAMETERS GROUP@" is replaced by the rows of that group.
 */
#include <jail.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct group {
	const char *name;
	const char *const *prefixes; /* NULL: rows of no other group */
};

static const char *const files[] = {"path", "mount", "devices", "devfs_ruleset", "enforce_statfs", "users", NULL};
static const char *const commands[] = {"exec.", "command", "stop.", "env", NULL};
static const char *const privileges[] = {"allow.", "securelevel", "sysvmsg", "sysvsem", "sysvshm", NULL};
static const char *const limits[] = {"limit.", NULL};
static const struct group groups[] = {
    {"files", files}, {"commands", commands}, {"privileges", privileges}, {"limits", limits}, {"identity", NULL}};

static int begins(const char *name, const char *const *prefixes)
{
	for (; *prefixes != NULL; prefixes++) {
		if (strncmp(name, *prefixes, strlen(*prefixes)) == 0)
			return 1;
	}
	return 0;
}

static int in_group(const struct jail_param *row, const struct group *g)
{
	if (g->prefixes != NULL)
		return begins(row->name, g->prefixes);
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		if (groups[i].prefixes != NULL && begins(row->name, groups[i].prefixes))
			return 0;
	}
	return 1;
}

/* Text that begins no macro and has no escape of its own. */
static void put_text(const char *text)
{
	if (*text == '.' || *text == '\'')
		fputs("\\&", stdout);
	for (; *text != '\0'; text++) {
		if (*text == '\\')
			fputs("\\e", stdout);
		else
			putchar(*text);
	}
}

/* A word as the argument of a macro. */
static void put_argument(const char *text)
{
	putchar('"');
	for (; *text != '\0'; text++) {
		if (*text == '"')
			fputs("\\(dq", stdout);
		else if (*text == '\\')
			fputs("\\e", stdout);
		else
			putchar(*text);
	}
	putchar('"');
}

static const char *type_name(const struct jail_param *row)
{
	switch (row->type) {
	case JAIL_TYPE_BOOL:
		return (row->flags & JAIL_PARAM_SIZED) != 0 ? "boolean or size" : "boolean";
	case JAIL_TYPE_INT:
		return "number";
	case JAIL_TYPE_SIZE:
		return "size";
	case JAIL_TYPE_TIME:
		return "time";
	case JAIL_TYPE_ENUM:
	case JAIL_TYPE_STRING:
		return "string";
	case JAIL_TYPE_LIST:
		return "list";
	}
	return "string";
}

/* "inherit,new" as the choices of an argument. */
static void put_choices(const char *choices)
{
	for (const char *at = choices; *at != '\0';) {
		size_t n = strcspn(at, ",");

		printf("%s%.*s", at == choices ? "" : " | ", (int)n, at);
		at += n + (at[n] == ',');
	}
}

/* The parentheses after the name: type, range, default, whether it can change. */
static void put_facts(const struct jail_param *row)
{
	putchar('(');
	if (row->choices != NULL)
		put_choices(row->choices);
	else
		fputs(type_name(row), stdout);
	if (row->type == JAIL_TYPE_INT && row->max < INT32_MAX)
		printf(", %" PRId64 " to %" PRId64, row->min, row->max);
	if (row->fallback != NULL && *row->fallback != '\0') {
		fputs(", default ", stdout);
		put_text(row->fallback);
	}
	if ((row->flags & JAIL_PARAM_READONLY) != 0)
		fputs(", read only", stdout);
	else if ((row->flags & JAIL_PARAM_LIVE) != 0)
		fputs(", live", stdout);
	puts(")");
}

static void put_sentence(const char *text)
{
	int upper = *text >= 'a' && *text <= 'z';

	if (upper) {
		putchar(*text - 'a' + 'A');
		text++;
	}
	put_text(text);
	puts(".");
}

static void put_row(const struct jail_param *row)
{
	fputs(".It Va ", stdout);
	put_argument(row->name);
	putchar('\n');
	put_facts(row);
	puts(".br");
	put_sentence(row->help);
}

/* Rows that are known and can't be used: name and reason. */
static void put_reasons(unsigned flag)
{
	const struct jail_param *row;

	for (size_t i = 0; (row = jail_param_at(i)) != NULL; i++) {
		if ((row->flags & flag) == 0 || row->reason == NULL)
			continue;
		fputs(".It Va ", stdout);
		put_argument(row->name);
		putchar('\n');
		put_sentence(row->reason);
		if ((row->flags & JAIL_PARAM_IGNORED) != 0)
			puts("It is ignored, with a warning.");
	}
}

static void put_group(const struct group *g)
{
	const struct jail_param *row;

	for (size_t i = 0; (row = jail_param_at(i)) != NULL; i++) {
		if ((row->flags & (JAIL_PARAM_LATER | JAIL_PARAM_FOREIGN)) == 0 && in_group(row, g))
			put_row(row);
	}
}

static int put_named(const char *name)
{
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		if (strcmp(groups[i].name, name) == 0) {
			put_group(&groups[i]);
			return 0;
		}
	}
	if (strcmp(name, "later") == 0)
		put_reasons(JAIL_PARAM_LATER);
	else if (strcmp(name, "foreign") == 0)
		put_reasons(JAIL_PARAM_FOREIGN);
	else
		return -1;
	return 0;
}

int main(void)
{
	char line[512], name[32];

	while (fgets(line, sizeof(line), stdin) != NULL) {
		if (sscanf(line, "@PARAMETERS %31[a-z]@", name) != 1)
			fputs(line, stdout);
		else if (put_named(name) < 0)
			return 65;
	}
	return ferror(stdin) || fflush(stdout) != 0 ? 74 : 0;
}

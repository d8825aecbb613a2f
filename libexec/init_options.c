/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * init_options.c: jail-init's command line. By hand: getopt(3) brings stdio with it, and every page counts here. It may
 * not know what is done with the options.
 */
#include <errno.h>
#include <string.h>

#include "init.h"

/* A decimal number below `limit`; `*text` moves behind it. */
static bool take_number(const char **text, uint64_t limit, uint32_t *ret)
{
	const char *p = *text;
	uint64_t n = 0;

	if (*p < '0' || *p > '9')
		return false;
	for (; *p >= '0' && *p <= '9'; p++) {
		n = n * 10 + (uint64_t)(*p - '0');
		if (n >= limit)
			return false;
	}
	*text = p;
	*ret = (uint32_t)n;
	return true;
}

/* UID:GID or UID:GID:G1,G2,... ((uid_t)-1 means "unchanged" to the kernel and is nobody's.) */
static bool parse_user(const char *text, struct init_options *o)
{
	o->has_user = true;
	o->ngroups = 0;
	if (!take_number(&text, UINT32_MAX, &o->uid) || *text++ != ':' || !take_number(&text, UINT32_MAX, &o->gid))
		return false;
	if (*text == '\0')
		return true;
	if (*text++ != ':')
		return false;
	while (*text != '\0') {
		if (o->ngroups == INIT_GROUPS_MAX || !take_number(&text, UINT32_MAX, &o->groups[o->ngroups++]))
			return false;
		if (*text == '\0')
			return true;
		if (*text++ != ',' || *text == '\0')
			return false;
	}
	return true;
}

/* "8:9:-:-:-:-:-": a descriptor for each source. */
static bool parse_watch(const char *text, struct init_options *o)
{
	for (int i = 0; i < WATCH_SOURCES; i++) {
		uint32_t fd;

		if (*text == '-') {
			text++;
		} else {
			if (!take_number(&text, INT32_MAX, &fd) || fd < 3)
				return false;
			o->watch[i] = (int)fd;
		}
		if (*text != (i + 1 < WATCH_SOURCES ? ':' : '\0'))
			return false;
		text++;
	}
	return true;
}

/* "8:9": the read end of the pipe, the file. */
static bool parse_log(const char *text, struct init_options *o)
{
	uint32_t from, file;

	if (!take_number(&text, INT32_MAX, &from) || *text++ != ':' || !take_number(&text, INT32_MAX, &file) ||
	    *text != '\0' || from < 3 || file < 3)
		return false;
	o->log_from = (int)from;
	o->log_file = (int)file;
	return true;
}

static bool parse_restart(const char *text, enum init_restart *ret)
{
	static const char names[][8] = {"never", "failure", "always"};

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(text, names[i]) == 0) {
			*ret = (enum init_restart)i;
			return true;
		}
	}
	return false;
}

/* One option with its value; `argv` slots that were passed are free to hold the lines. */
static bool take_value(char option, char *value, struct init_options *o)
{
	const char *text = value;
	uint32_t fd;

	switch (option) {
	case 'c':
		if (!take_number(&text, INT32_MAX, &fd) || *text != '\0' || fd < 3)
			return false;
		o->channel = (int)fd;
		return true;
	case 'r':
		return parse_restart(value, &o->restart);
	case 'u':
		return parse_user(value, o);
	case 'w':
		return parse_watch(value, o);
	case 'l':
		return parse_log(value, o);
	case 'd':
		o->dir = value;
		return true;
	case 'x':
		o->lines[o->nlines++] = value;
		return true;
	default:
		return false;
	}
}

static bool take_flag(char option, struct init_options *o)
{
	switch (option) {
	case 'e':
		o->direct = true;
		return true;
	case 'p':
		o->persist = true;
		return true;
	case 't':
		o->terminal = true;
		return true;
	case 's':
		o->no_root = true;
		return true;
	default:
		return false;
	}
}

int init_parse(int argc, char **argv, struct init_options *ret)
{
	int i;

	ret->channel = ret->log_from = ret->log_file = -1;
	for (i = 0; i < WATCH_SOURCES; i++)
		ret->watch[i] = -1;
	ret->lines = argv;
	for (i = 1; i < argc; i++) {
		const char *option = argv[i];

		if (strcmp(option, "--") == 0) {
			i++;
			break;
		}
		if (option[0] != '-' || option[1] == '\0' || option[2] != '\0')
			goto bad;
		if (take_flag(option[1], ret))
			continue;
		if (i + 1 == argc || !take_value(option[1], argv[i + 1], ret))
			goto bad;
		i++;
	}
	if (i < argc)
		ret->argv = argv + i;
	if (ret->direct && ret->argv == NULL) {
		init_complain("-e needs a program", 0);
		return -1;
	}
	if (ret->channel >= 0)
		return 0;
	init_complain("-c is missing", 0);
	return -1;
bad:
	init_complain(argv[i], EINVAL);
	return -1;
}

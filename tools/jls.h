/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * jls.h: what jls(8) is asked to show, and the ways to show one jail.
 */
#ifndef JLS_H
#define JLS_H

#include <jail.h>

#include "json.h"
#include "output.h"

struct listing {
	bool names;   /* -N */
	bool header;  /* -h */
	bool pairs;   /* -n */
	bool quoted;  /* -q */
	bool command; /* -s: what jail(8) takes */
	bool verbose; /* -v */
	bool json;
	bool check;	  /* -c */
	bool dying;	  /* -d */
	const char *only; /* -j */
	/* The parameters that are asked for; none: a table. */
	const struct jail_param **row;
	size_t count;
};

/* jls_text.c */
void text_header(const struct listing *l, struct output *o);
void text_jail(const struct listing *l, struct output *o, const struct jail_params *p);
/* jls.c: one jail as an object */
void json_jail(const struct listing *l, struct json *j, const struct jail_params *p);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * json.c: writing JSON.
 */
#include "json.h"

#include <stdio.h>
#include <string.h>

#include "../lib/utf8.h"

void json_init(struct json *j, struct output *out)
{
	j->out = out;
	j->comma = false;
}

static void before_value(struct json *j)
{
	if (j->comma)
		output_char(j->out, ',');
	j->comma = true;
}

void json_open(struct json *j, char bracket)
{
	before_value(j);
	output_char(j->out, bracket);
	j->comma = false;
}

void json_close(struct json *j, char bracket)
{
	output_char(j->out, bracket);
	j->comma = true;
}

static void put_quoted(struct output *o, const char *text)
{
	size_t left = strlen(text);

	output_char(o, '"');
	while (left > 0) {
		size_t n = utf8_sequence(text, left);
		char escape[8];

		if (n == 0) {
			output_string(o, "\\ufffd");
			n = 1;
		} else if (*text == '"' || *text == '\\') {
			output_char(o, '\\');
			output_char(o, *text);
		} else if ((unsigned char)*text < 0x20 || *text == 0x7f) {
			(void)snprintf(escape, sizeof(escape), "\\u%04x", (unsigned char)*text);
			output_string(o, escape);
		} else if (n == 2 && (unsigned char)text[0] == 0xc2 && (unsigned char)text[1] < 0xa0) {
			/* C1 controls: valid JSON as they are, but a terminal may obey them. */
			(void)snprintf(escape, sizeof(escape), "\\u%04x", (unsigned char)text[1]);
			output_string(o, escape);
		} else {
			output_bytes(o, text, n);
		}
		text += n;
		left -= n;
	}
	output_char(o, '"');
}

void json_name(struct json *j, const char *name)
{
	before_value(j);
	put_quoted(j->out, name);
	output_char(j->out, ':');
	j->comma = false;
}

void json_string(struct json *j, const char *value)
{
	before_value(j);
	put_quoted(j->out, value);
}

void json_number(struct json *j, int64_t value)
{
	before_value(j);
	output_number(j->out, value);
}

void json_hundredths(struct json *j, uint64_t value)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "%llu.%02u", (unsigned long long)(value / 100), (unsigned)(value % 100));
	before_value(j);
	output_string(j->out, text);
}

void json_bool(struct json *j, bool value)
{
	before_value(j);
	output_string(j->out, value ? "true" : "false");
}

void json_null(struct json *j)
{
	before_value(j);
	output_string(j->out, "null");
}

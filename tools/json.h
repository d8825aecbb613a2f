/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * json.h: a writer of JSON (RFC 8259) on top of output.h. It keeps track of commas; the caller keeps track of what is
 * open. It may not know what is written.
 */
#ifndef JSON_H
#define JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "output.h"

struct json {
	struct output *out;
	bool comma; /* a value stands before: the next one in the same array or object needs a comma */
};

void json_init(struct json *j, struct output *out);
void json_open(struct json *j, char bracket); /* '{' or '[' */
void json_close(struct json *j, char bracket);
/* The name of the member whose value comes next. */
void json_name(struct json *j, const char *name);
/* Bytes that are not UTF-8 become U+FFFD, as JSON can't carry them. */
void json_string(struct json *j, const char *value);
void json_number(struct json *j, int64_t value);
/* A number that is given in hundredths: 1234 is 12.34. */
void json_hundredths(struct json *j, uint64_t value);
void json_bool(struct json *j, bool value);
void json_null(struct json *j);

#endif

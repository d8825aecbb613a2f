/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * output.h: a buffered writer for lists, and text that is safe to show: no byte of a jail's making reaches a terminal
 * as a control. It may not know what is listed.
 */
#ifndef OUTPUT_H
#define OUTPUT_H

#include <stddef.h>
#include <stdint.h>

struct output {
	int fd;
	int error; /* the first -errno of writing, 0 so far */
	size_t used;
	char buf[32768];
};

void output_init(struct output *o, int fd);
void output_bytes(struct output *o, const char *bytes, size_t size);
void output_string(struct output *o, const char *s);
void output_char(struct output *o, char c);
void output_spaces(struct output *o, size_t n);
void output_number(struct output *o, int64_t n);
/* Control characters and bytes that are not UTF-8 become \xNN. Returns the columns written. */
size_t output_safe(struct output *o, const char *text);
/* The same, at most `width` characters of it, and padded to that with spaces when `pad`. */
void output_field(struct output *o, const char *text, size_t width, int pad);
/* The same, as one word of sh(1): in single quotes where it needs them. */
void output_word(struct output *o, const char *text);
/* Writes what is left. 0, or the first error there was. */
int output_flush(struct output *o);

#endif

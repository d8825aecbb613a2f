/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * output.c: the buffered writer, and the only place that decides which bytes may be shown as they are.
 */
#include "output.h"

#include <stdio.h>
#include <string.h>

#include "../lib/utf8.h"
#include "report.h"

void output_init(struct output *o, int fd)
{
	o->fd = fd;
	o->error = 0;
	o->used = 0;
}

int output_flush(struct output *o)
{
	int r = o->error == 0 ? report_write(o->fd, o->buf, o->used) : 0;

	if (r < 0)
		o->error = r;
	o->used = 0;
	return o->error;
}

void output_bytes(struct output *o, const char *bytes, size_t size)
{
	while (size > 0) {
		size_t n = sizeof(o->buf) - o->used;

		if (n > size)
			n = size;
		memcpy(o->buf + o->used, bytes, n);
		o->used += n;
		bytes += n;
		size -= n;
		if (o->used == sizeof(o->buf))
			(void)output_flush(o);
	}
}

void output_string(struct output *o, const char *s)
{
	output_bytes(o, s, strlen(s));
}

void output_char(struct output *o, char c)
{
	output_bytes(o, &c, 1);
}

void output_spaces(struct output *o, size_t n)
{
	while (n-- > 0)
		output_char(o, ' ');
}

void output_number(struct output *o, int64_t n)
{
	char digits[24];

	output_bytes(o, digits, (size_t)snprintf(digits, sizeof(digits), "%lld", (long long)n));
}

/* Bytes of the character at `s` when it may be shown, else 0. */
static size_t shown(const char *s, size_t n)
{
	const unsigned char *u = (const unsigned char *)s;
	size_t length = utf8_sequence(s, n);

	if (length == 1 && (u[0] < 0x20 || u[0] == 0x7f))
		return 0;
	if (length == 2 && u[0] == 0xc2 && u[1] < 0xa0)
		return 0; /* C1 controls */
	return length;
}

/* Shows at most `width` columns; returns how many it were. */
static size_t show(struct output *o, const char *text, size_t width)
{
	size_t left = strlen(text), columns = 0;

	while (left > 0) {
		size_t n = shown(text, left);
		char escape[8];

		if (columns + (n > 0 ? 1 : 4) > width)
			break;
		if (n > 0) {
			output_bytes(o, text, n);
			columns++;
		} else {
			n = 1;
			(void)snprintf(escape, sizeof(escape), "\\x%02x", (unsigned char)*text);
			output_bytes(o, escape, 4);
			columns += 4;
		}
		text += n;
		left -= n;
	}
	return columns;
}

size_t output_safe(struct output *o, const char *text)
{
	return show(o, text, SIZE_MAX - 4);
}

void output_field(struct output *o, const char *text, size_t width, int pad)
{
	size_t columns = show(o, text, width);

	if (pad)
		output_spaces(o, width - columns);
}

void output_word(struct output *o, const char *text)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-";
	size_t length = strlen(text);

	if (length > 0 && strspn(text, plain) == length) {
		output_bytes(o, text, length);
		return;
	}
	output_char(o, '\'');
	while (*text != '\0') {
		char piece[5] = {text[0]};
		size_t n = utf8_sequence(text, length);

		if (*text == '\'') {
			output_string(o, "'\\''");
			n = 1;
		} else {
			n = n > 0 ? n : 1;
			memcpy(piece, text, n);
			piece[n] = '\0';
			(void)output_safe(o, piece);
		}
		text += n;
		length -= n;
	}
	output_char(o, '\'');
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * format.c: a configuration as text, in one canonical form: includes are put in, nested blocks have their whole names,
 * statements stay in their order, since it decides which of them hold. It may not know what a parameter means.
 */
#include <string.h>

#include "../utf8.h"
#include "conf.h"

struct text {
	char *bytes;
	size_t length, size;
	bool failed; /* no memory: what follows is not kept */
};

static void put(struct text *t, const char *bytes, size_t n)
{
	if (t->failed || n == 0)
		return;
	if (n >= t->size - t->length) {
		size_t size = t->size ? t->size : 4096;
		char *larger;

		while (n >= size - t->length)
			size *= 2;
		larger = realloc(t->bytes, size);
		if (!larger) {
			t->failed = true;
			return;
		}
		t->bytes = larger;
		t->size = size;
	}
	memcpy(t->bytes + t->length, bytes, n);
	t->length += n;
	t->bytes[t->length] = '\0';
}

static void put_text(struct text *t, const char *text)
{
	put(t, text, strlen(text));
}

static void put_octal(struct text *t, unsigned char byte)
{
	const char escape[] = {
	    '\\', (char)('0' + (byte >> 6)), (char)('0' + (byte >> 3 & 7)), (char)('0' + (byte & 7))};

	put(t, escape, sizeof(escape));
}

/* What stands for itself between double quotation marks stays, the rest is escaped. */
static void put_escaped(struct text *t, const char *text, size_t length)
{
	while (length > 0) {
		size_t n = utf8_sequence(text, length);

		if (*text == '"' || *text == '\\' || *text == '$') {
			put(t, "\\", 1);
			put(t, text, 1);
		} else if (*text == '\n') {
			put(t, "\\n", 2);
		} else if (*text == '\t') {
			put(t, "\\t", 2);
		} else if (n == 0 || (unsigned char)*text < 0x20 || *text == 0x7f) {
			n = 1;
			put_octal(t, (unsigned char)*text);
		} else {
			put(t, text, n);
		}
		n = n ? n : 1;
		text += n;
		length -= n;
	}
}

/* Letters, digits and what looks well in names and numbers. */
static bool needs_quotes(const char *text, size_t length)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.:";

	for (size_t i = 0; i < length; i++) {
		if (!memchr(plain, text[i], sizeof(plain) - 1))
			return true;
	}
	return length == 0;
}

static void put_word(struct text *t, const char *text, size_t length)
{
	if (!needs_quotes(text, length)) {
		put(t, text, length);
		return;
	}
	put(t, "\"", 1);
	put_escaped(t, text, length);
	put(t, "\"", 1);
}

/* "${name}": inside the braces every byte but the plainest is an escape. */
static void put_variable(struct text *t, const struct conf_name *name)
{
	put(t, "${", 2);
	for (size_t i = 0; i < name->node.length; i++) {
		const char *c = name->node.text + i;

		if (needs_quotes(c, 1))
			put_octal(t, (unsigned char)*c);
		else
			put(t, c, 1);
	}
	put(t, "}", 1);
}

/* The name that a statement defines. */
static void put_definition(struct text *t, const struct conf_name *name)
{
	const char *text = name->node.text;
	bool simple = *text < '0' || *text > '9';

	for (size_t i = 0; i < name->node.length; i++)
		simple = simple && !needs_quotes(text + i, 1) && !strchr("-.:", text[i]);
	if (!simple) {
		put_variable(t, name);
		return;
	}
	put(t, "$", 1);
	put(t, text, name->node.length);
}

static void put_value(struct text *t, const struct conf_value *v)
{
	const struct conf_piece *p = v->pieces;

	if (!p || (!p->next && !p->variable)) {
		put_word(t, p ? p->text : "", p ? p->length : 0);
		return;
	}
	put(t, "\"", 1);
	for (; p; p = p->next) {
		if (p->variable)
			put_variable(t, p->variable);
		else
			put_escaped(t, p->text, p->length);
	}
	put(t, "\"", 1);
}

static void put_stmt(struct text *t, const struct conf_stmt *s, const char *indent)
{
	put_text(t, indent);
	if (s->variable)
		put_definition(t, s->name);
	else
		put_word(t, s->name->node.text, s->name->node.length);
	if (s->kind != CONF_BARE)
		put_text(t, s->kind == CONF_APPEND ? " +=" : " =");
	for (const struct conf_value *v = s->values; v; v = v->next) {
		put_text(t, v == s->values ? " " : ", ");
		put_value(t, v);
	}
	if (s->kind != CONF_BARE && !s->values)
		put(t, " ", 1);
	put(t, ";\n", 2);
}

static bool is_global(const struct conf_block *b)
{
	return b->node.length == 1 && b->node.text[0] == '*';
}

int jail_conf_format(const struct jail_conf *c, char **ret_text, size_t *ret_length)
{
	const struct conf_block *open = NULL;
	struct text t = {0};

	for (const struct conf_stmt *s = c->first; s; s = s->after) {
		/* Outside of blocks there is nothing to open, nor a name to keep in its place. */
		if (s->kind == CONF_OPEN && is_global(s->block))
			continue;
		if (open && s->block != open) {
			put_text(&t, "}\n");
			open = NULL;
		}
		if (!open && !is_global(s->block)) {
			put_word(&t, s->block->node.text, s->block->node.length);
			put_text(&t, " {\n");
			open = s->block;
		}
		if (s->kind != CONF_OPEN)
			put_stmt(&t, s, open ? "\t" : "");
	}
	if (open)
		put_text(&t, "}\n");
	if (!t.bytes && !t.failed) {
		t.bytes = calloc(1, 1);
		t.failed = !t.bytes;
	}
	if (t.failed) {
		free(t.bytes);
		return -ENOMEM;
	}
	*ret_text = t.bytes;
	*ret_length = t.length;
	return 0;
}

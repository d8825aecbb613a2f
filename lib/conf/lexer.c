/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lexer.c: text to words and marks, by FreeBSD's rules: what may stand unquoted, that pieces without white space
 * between them are one word, that single quotes keep variables but not escapes from being seen. It may not know what a
 * statement is.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "../utf8.h"
#include "conf.h"

static int lex_error(struct conf_lexer *lx, unsigned line, int errnum, const char *hint, const char *fmt, ...)
    _printf_(5, 6);

static int lex_error(struct conf_lexer *lx, unsigned line, int errnum, const char *hint, const char *fmt, ...)
{
	char what[256];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	(void)jail_error_set(lx->err, errnum, "%s", what);
	jail_error_origin(lx->err, lx->file, line);
	if (hint)
		(void)jail_error_hint(lx->err, errnum, "%s", hint);
	return -errnum;
}

static int out_of_memory(struct conf_lexer *lx)
{
	return lex_error(lx, lx->line, ENOMEM, NULL, "not enough memory for the configuration");
}

/* ------------------------------------------------------------------------------------------------------- pieces */

/* A word that is being put together. */
struct word {
	struct conf_value *value;
	struct conf_piece *last;
};

static int gather(struct conf_lexer *lx, const char *text, size_t length)
{
	if (length > lx->size - lx->length) {
		size_t size = lx->size ? lx->size : 256;
		char *larger;

		while (length > size - lx->length)
			size *= 2;
		larger = realloc(lx->text, size);
		if (!larger)
			return out_of_memory(lx);
		lx->text = larger;
		lx->size = size;
	}
	memcpy(lx->text + lx->length, text, length);
	lx->length += length;
	return 0;
}

static int add_piece(struct conf_lexer *lx, struct word *w, struct conf_piece piece)
{
	struct conf_piece *p = conf_arena_alloc(&lx->conf->arena, sizeof(*p));

	if (!p)
		return out_of_memory(lx);
	*p = piece;
	if (w->last)
		w->last->next = p;
	else
		w->value->pieces = p;
	w->last = p;
	return 0;
}

/* What was gathered becomes a piece of text. */
static int add_text(struct conf_lexer *lx, struct word *w)
{
	struct conf_piece piece = {.length = lx->length};

	if (lx->length == 0)
		return 0;
	piece.text = conf_arena_copy(&lx->conf->arena, lx->text, lx->length);
	if (!piece.text)
		return out_of_memory(lx);
	lx->length = 0;
	return add_piece(lx, w, piece);
}

static int add_variable(struct conf_lexer *lx, struct word *w, const char *name, size_t length)
{
	struct conf_piece piece = {.variable = conf_intern(lx->conf, name, length)};

	return piece.variable ? add_piece(lx, w, piece) : out_of_memory(lx);
}

/* ------------------------------------------------------------------------------------------------------ escapes */

static bool is_octal(const struct conf_lexer *lx)
{
	return lx->at < lx->end && *lx->at >= '0' && *lx->at <= '7';
}

static int hex_digit(const struct conf_lexer *lx)
{
	char c = lx->at < lx->end ? *lx->at : '\0';

	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The number behind a backslash: one to three octal digits, or x and one or two others. */
static int lex_number(struct conf_lexer *lx, bool hex)
{
	unsigned value = 0, digits = 0;
	char byte;

	if (hex) {
		lx->at++;
		for (; digits < 2 && hex_digit(lx) >= 0; digits++, lx->at++)
			value = value * 16 + (unsigned)hex_digit(lx);
	} else {
		for (; digits < 3 && is_octal(lx); digits++, lx->at++)
			value = value * 8 + (unsigned)(*lx->at - '0');
	}
	if (digits == 0)
		return lex_error(lx, lx->line, EINVAL, "\\x20 is a space, \\\\x an x after a backslash",
		    "\\x is not followed by a hexadecimal digit");
	if (value > 0xff)
		return lex_error(lx, lx->line, EINVAL, "the largest is \\377", "\\%o is more than a byte", value);
	if (value == 0)
		return lex_error(
		    lx, lx->line, EINVAL, "no name, path or command can hold one", "an escape stands for a NUL byte");
	byte = (char)value;
	return gather(lx, &byte, 1);
}

/* At a backslash. */
static int lex_escape(struct conf_lexer *lx)
{
	static const char letters[] = "abfnrtv", bytes[] = "\a\b\f\n\r\t\v";
	const char *letter;
	size_t n;

	lx->at++;
	if (lx->at == lx->end)
		return lex_error(
		    lx, lx->line, EINVAL, "a backslash itself is written \\\\", "the file ends in a backslash");
	if (is_octal(lx) || *lx->at == 'x')
		return lex_number(lx, *lx->at == 'x');
	if (*lx->at == '\r' && lx->end - lx->at > 1 && lx->at[1] == '\n')
		lx->at++;
	if (*lx->at == '\n') {
		lx->at++;
		lx->line++;
		return 0;
	}
	letter = memchr(letters, *lx->at, sizeof(letters) - 1);
	if (letter) {
		lx->at++;
		return gather(lx, bytes + (letter - letters), 1);
	}
	n = utf8_sequence(lx->at, (size_t)(lx->end - lx->at));
	if (n == 0)
		return lex_error(lx, lx->line, EILSEQ, "save the file as UTF-8, or write the byte as \\xNN",
		    "the byte 0x%02x is not UTF-8", (unsigned char)*lx->at);
	lx->at += n;
	return gather(lx, lx->at - n, n);
}

/* ---------------------------------------------------------------------------------------------------- variables */

static bool is_variable_char(char c, bool first)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (!first && c >= '0' && c <= '9');
}

/* At "${". What was gathered before has become a piece already. */
static int lex_braced(struct conf_lexer *lx, struct word *w, bool quoted)
{
	unsigned line = lx->line;
	int r = 0;

	for (lx->at += 2; r == 0 && lx->at < lx->end && *lx->at != '}';) {
		size_t n;

		if (*lx->at == '\n' || *lx->at == '{' || (quoted && *lx->at == '"'))
			break;
		if (*lx->at == '\\') {
			r = lex_escape(lx);
			continue;
		}
		n = utf8_sequence(lx->at, (size_t)(lx->end - lx->at));
		if (n == 0)
			return lex_error(
			    lx, lx->line, EILSEQ, NULL, "the byte 0x%02x is not UTF-8", (unsigned char)*lx->at);
		r = gather(lx, lx->at, n);
		lx->at += n;
	}
	if (r < 0)
		return r;
	if (lx->at == lx->end || *lx->at != '}')
		return lex_error(
		    lx, line, EINVAL, "write ${name}, or \\$ for a dollar sign", "a variable has no closing brace");
	lx->at++;
	if (lx->length == 0)
		return lex_error(
		    lx, line, EINVAL, "write ${name}, or \\$ for a dollar sign", "a variable's name is empty");
	r = add_variable(lx, w, lx->text, lx->length);
	lx->length = 0;
	return r;
}

/* At a dollar sign, which stands for itself unless a name or a brace follows. */
static int lex_dollar(struct conf_lexer *lx, struct word *w, bool quoted)
{
	const char *name = lx->at + 1;
	int r;

	if (name == lx->end || (*name != '{' && !is_variable_char(*name, true)))
		return gather(lx, lx->at++, 1);
	r = add_text(lx, w);
	if (r < 0)
		return r;
	if (*name == '{')
		return lex_braced(lx, w, quoted);
	for (lx->at = name; lx->at < lx->end && is_variable_char(*lx->at, lx->at == name);)
		lx->at++;
	return add_variable(lx, w, name, (size_t)(lx->at - name));
}

/* -------------------------------------------------------------------------------------------------------- words */

/* The bytes that need no attention inside quotes, as many as there are. */
static int lex_run(struct conf_lexer *lx, char quote)
{
	const char *from = lx->at;

	while (lx->at < lx->end && *lx->at != quote && *lx->at != '\\' && !(quote == '"' && *lx->at == '$')) {
		size_t n = utf8_sequence(lx->at, (size_t)(lx->end - lx->at));

		if (n == 0)
			return lex_error(lx, lx->line, EILSEQ, "save the file as UTF-8, or write the byte as \\xNN",
			    "the byte 0x%02x is not UTF-8", (unsigned char)*lx->at);
		lx->line += *lx->at == '\n';
		lx->at += n;
	}
	return gather(lx, from, (size_t)(lx->at - from));
}

/* At a quotation mark. */
static int lex_quoted(struct conf_lexer *lx, struct word *w)
{
	char quote = *lx->at++;
	unsigned line = lx->line;
	int r = 0;

	while (r == 0) {
		if (lx->at == lx->end)
			return lex_error(lx, line, EINVAL, "the quotation mark that ends it is missing",
			    "a string that begins here does not end");
		if (*lx->at == quote) {
			lx->at++;
			return 0;
		}
		if (*lx->at == '\\')
			r = lex_escape(lx);
		else if (*lx->at == '$' && quote == '"')
			r = lex_dollar(lx, w, true);
		else
			r = lex_run(lx, quote);
	}
	return r;
}

/* What FreeBSD takes without quotation marks, beside the characters that have a meaning of their own. */
static bool is_plain(char c)
{
	return is_variable_char(c, false) || (c != '\0' && strchr("!%&()-.:<>?@[]^`|~", c));
}

static int lex_plain(struct conf_lexer *lx)
{
	const char *from = lx->at;

	while (lx->at < lx->end && is_plain(*lx->at))
		lx->at++;
	return gather(lx, from, (size_t)(lx->at - from));
}

static bool starts_with(const struct conf_lexer *lx, const char *two)
{
	return lx->end - lx->at > 1 && lx->at[0] == two[0] && lx->at[1] == two[1];
}

/* Pieces until something that belongs to no word. */
static int lex_pieces(struct conf_lexer *lx, struct word *w)
{
	int r = 0;

	while (r == 0 && lx->at < lx->end) {
		char c = *lx->at;

		if (is_plain(c))
			r = lex_plain(lx);
		else if (c == '\\')
			r = lex_escape(lx);
		else if (c == '\'' || c == '"')
			r = lex_quoted(lx, w);
		else if (c == '$')
			r = lex_dollar(lx, w, false);
		else if (c == '*' || (c == '+' && !starts_with(lx, "+=")) ||
			 (c == '/' && !starts_with(lx, "//") && !starts_with(lx, "/*")))
			r = gather(lx, lx->at++, 1);
		else
			break;
	}
	return r < 0 ? r : add_text(lx, w);
}

static int lex_unexpected(struct conf_lexer *lx)
{
	unsigned char c = (unsigned char)*lx->at;
	size_t n = utf8_sequence(lx->at, (size_t)(lx->end - lx->at));

	if (n == 0)
		return lex_error(lx, lx->line, EILSEQ, "save the file as UTF-8, or write the byte as \\xNN",
		    "the byte 0x%02x is not UTF-8", c);
	if (c > 0x20 && c != 0x7f)
		return lex_error(
		    lx, lx->line, EINVAL, "put it in quotation marks", "'%.*s' can't stand unquoted", (int)n, lx->at);
	return lex_error(lx, lx->line, EINVAL, "take it out, or write it as an escape inside of quotation marks",
	    "unexpected byte 0x%02x", c);
}

static int lex_word(struct conf_lexer *lx, struct conf_token *t)
{
	const char *from = lx->at;
	struct word w = {.value = conf_arena_alloc(&lx->conf->arena, sizeof(*w.value))};
	int r;

	if (!w.value)
		return out_of_memory(lx);
	*w.value = (struct conf_value){.line = lx->line};
	lx->length = 0;
	r = lex_pieces(lx, &w);
	if (r < 0)
		return r;
	if (lx->at == from)
		return lex_unexpected(lx);
	t->type = CONF_T_WORD;
	t->word = w.value;
	return 0;
}

/* ------------------------------------------------------------------------------------------------------- tokens */

static void skip_line(struct conf_lexer *lx)
{
	const char *newline = memchr(lx->at, '\n', (size_t)(lx->end - lx->at));

	lx->at = newline ? newline : lx->end;
}

static int skip_comment(struct conf_lexer *lx)
{
	unsigned line = lx->line;

	for (lx->at += 2; lx->at < lx->end; lx->at++) {
		if (starts_with(lx, "*/")) {
			lx->at += 2;
			return 0;
		}
		lx->line += *lx->at == '\n';
	}
	return lex_error(lx, line, EINVAL, "the */ that ends it is missing", "a comment that begins here does not end");
}

static int skip_space(struct conf_lexer *lx)
{
	while (lx->at < lx->end) {
		char c = *lx->at;

		if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
			lx->line += c == '\n';
			lx->at++;
		} else if (c == '#' || starts_with(lx, "//")) {
			skip_line(lx);
		} else if (starts_with(lx, "/*")) {
			int r = skip_comment(lx);

			if (r < 0)
				return r;
		} else {
			break;
		}
	}
	return 0;
}

int conf_lexer_next(struct conf_lexer *lx, struct conf_token *ret)
{
	static const char marks[] = "{};,=";
	static const enum conf_token_type types[] = {
	    CONF_T_OPEN, CONF_T_CLOSE, CONF_T_SEMICOLON, CONF_T_COMMA, CONF_T_EQUALS};
	struct conf_token t = {.type = CONF_T_END};
	const char *mark;
	int r = skip_space(lx);

	if (r < 0)
		return r;
	t.line = lx->line;
	if (lx->at < lx->end) {
		mark = memchr(marks, *lx->at, sizeof(marks) - 1);
		if (mark) {
			t.type = types[mark - marks];
			lx->at++;
		} else if (starts_with(lx, "+=")) {
			t.type = CONF_T_PLUS_EQUALS;
			lx->at += 2;
		} else {
			r = lex_word(lx, &t);
			if (r < 0)
				return r;
		}
	}
	*ret = t;
	return 0;
}

int conf_lexer_start(struct conf_lexer *lx, struct jail_conf *c, const char *file, const char *text, size_t length,
    struct jail_error *err)
{
	const char *nul = length > 0 ? memchr(text, '\0', length) : NULL;

	*lx = (struct conf_lexer){.conf = c, .file = file, .at = text, .end = text + length, .line = 1, .err = err};
	if (nul) {
		unsigned line = 1;

		for (const char *at = text; at < nul; at++)
			line += *at == '\n';
		return lex_error(lx, line, EINVAL, "is this a text file?", "a NUL byte");
	}
	/* Some editors mark UTF-8 by a byte order mark. */
	if (length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		lx->at += 3;
	return 0;
}

void conf_lexer_end(struct conf_lexer *lx)
{
	free(lx->text);
	lx->text = NULL;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * parser.c: words and marks to statements and blocks. Blocks inside each other are kept on a list of their own, never
 * on the C stack, so that no input can exhaust it. It may not know what a parameter means or what a file is.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "conf.h"

struct parser {
	struct jail_conf *conf;
	const struct conf_source *src;
	struct conf_lexer lx;
	struct conf_block *into; /* NULL: outside of any block */
	/* The blocks that were opened in this file, outermost first. */
	struct {
		struct conf_block *around;
		unsigned line;
	} open[JAIL_DEPTH_MAX];
	unsigned depth;
	struct jail_error *err;
};

static int parse_error(struct parser *p, unsigned line, const char *hint, const char *fmt, ...) _printf_(4, 5);

static int parse_error(struct parser *p, unsigned line, const char *hint, const char *fmt, ...)
{
	char what[400];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	(void)jail_error_set(p->err, EINVAL, "%s", what);
	jail_error_origin(p->err, p->src->file, line);
	if (hint)
		(void)jail_error_hint(p->err, EINVAL, "%s", hint);
	return -EINVAL;
}

static int out_of_memory(struct parser *p, unsigned line)
{
	(void)jail_error_set(p->err, ENOMEM, "not enough memory for the configuration");
	jail_error_origin(p->err, p->src->file, line);
	return -ENOMEM;
}

/* A word as it is shown in messages: its text, variables by name. */
static const char *show(const struct conf_value *word, char *buf, size_t size)
{
	size_t used = 0;

	buf[0] = '\0';
	for (const struct conf_piece *p = word->pieces; p && used < size; p = p->next) {
		int n = p->variable ? snprintf(buf + used, size - used, "$%s", p->variable->node.text)
				    : snprintf(buf + used, size - used, "%s", p->text);

		if (n < 0)
			break;
		used += (size_t)n;
	}
	return buf;
}

/* The text of a word without variables; the empty word is "". NULL: it has variables. */
static const char *plain(const struct conf_value *word)
{
	if (!word->pieces)
		return "";
	return word->pieces->variable || word->pieces->next ? NULL : word->pieces->text;
}

static const char *token_text(const struct conf_token *t, char *buf, size_t size)
{
	static const char *const marks[] = {[CONF_T_END] = "the end of the file",
	    [CONF_T_OPEN] = "'{'",
	    [CONF_T_CLOSE] = "'}'",
	    [CONF_T_SEMICOLON] = "';'",
	    [CONF_T_COMMA] = "','",
	    [CONF_T_EQUALS] = "'='",
	    [CONF_T_PLUS_EQUALS] = "'+='"};
	char word[64];

	if (t->type != CONF_T_WORD)
		return marks[t->type];
	(void)snprintf(buf, size, "\"%s\"", show(t->word, word, sizeof(word)));
	return buf;
}

/* ------------------------------------------------------------------------------------------------------- blocks */

/* Only what no jail's name could have: the rest is said when that jail is asked for, the others can be used. */
static int check_block_name(struct parser *p, unsigned line, const char *name)
{
	unsigned parts = 1;

	for (const char *at = name; *at; at++) {
		if (*at == '*' && !((at == name || at[-1] == '.') && (at[1] == '\0' || at[1] == '.')))
			return parse_error(p, line, "a star stands for a whole part between dots, as in web.*",
			    "\"%.100s\" is neither a jail's name nor a pattern", name);
		parts += *at == '.';
	}
	if (name[0] == '\0' || name[0] == '.' || strstr(name, "..") || name[strlen(name) - 1] == '.')
		return parse_error(p, line, "single dots separate a parent from its child, as in web.db",
		    "\"%.100s\" is not a jail's name: a part of it is empty", name);
	if (parts > JAIL_DEPTH_MAX)
		return parse_error(
		    p, line, NULL, "\"%.100s\": more than %d jails inside each other", name, JAIL_DEPTH_MAX);
	return 0;
}

static int open_block(struct parser *p, const struct conf_value *word, unsigned line)
{
	const char *name = plain(word);
	char whole[JAIL_NAME_MAX + 1], shown[128];
	struct conf_block *b;
	int n, r;

	if (!name)
		return parse_error(p, line, "write the name out; a pattern is written with a star",
		    "a variable in a jail's name: \"%s\"", show(word, shown, sizeof(shown)));
	n = snprintf(whole, sizeof(whole), "%s%s%s", p->into ? p->into->node.text : "", p->into ? "." : "", name);
	if (n < 0 || (size_t)n >= sizeof(whole))
		return parse_error(
		    p, line, NULL, "\"%.32s...\": a jail's name has at most %d bytes", whole, JAIL_NAME_MAX);
	r = check_block_name(p, line, whole);
	if (r < 0)
		return r;
	if (p->depth == JAIL_DEPTH_MAX)
		return parse_error(p, line, NULL, "more than %d blocks inside each other", JAIL_DEPTH_MAX);
	if (conf_block_open(p->conf, whole, strlen(whole), p->src->file, line, &b) < 0)
		return out_of_memory(p, line);
	p->open[p->depth].around = p->into;
	p->open[p->depth].line = line;
	p->depth++;
	p->into = b;
	return 0;
}

static int close_block(struct parser *p, unsigned line)
{
	if (p->depth == 0)
		return parse_error(
		    p, line, "take it out, or look for a block that ends too early", "a '}' without a '{'");
	p->depth--;
	p->into = p->open[p->depth].around;
	return 0;
}

/* ---------------------------------------------------------------------------------------------------- statements */

struct statement {
	struct conf_value *name;
	struct conf_value *values, *last;
	unsigned line;
	enum conf_kind kind;
	bool equals; /* "=" or "+=" was written */
};

static int value_missing(struct parser *p, const struct statement *st, const struct conf_token *t)
{
	char name[64], text[80];

	return parse_error(p, t->line, "an empty string is written \"\"", "%s: a value is missing before %s",
	    show(st->name, name, sizeof(name)), token_text(t, text, sizeof(text)));
}

/* What stands where a ',' or the ';' that ends the statement has to be. */
static int not_ended(struct parser *p, const struct statement *st, const struct conf_token *t)
{
	char name[64], text[80];
	unsigned last = st->last ? st->last->line : st->line;

	show(st->name, name, sizeof(name));
	/* "persist" without its ';' takes the next statement's name for a value. */
	if (st->last && !st->equals && st->last->line > st->line)
		last = st->line;
	if (t->line > last || t->type == CONF_T_END || t->type == CONF_T_CLOSE)
		return parse_error(p, last, "a statement ends in ';'", "%s: the ';' is missing", name);
	return parse_error(p, t->line,
	    "values are separated by ','; one that has spaces or any of , ; = { } in it is quoted", "%s: unexpected %s",
	    name, token_text(t, text, sizeof(text)));
}

/* From the token `t`, which is where the first value belongs, to the semicolon. */
static int parse_values(struct parser *p, struct statement *st, struct conf_token t)
{
	for (;;) {
		int r;

		if (t.type != CONF_T_WORD)
			return value_missing(p, st, &t);
		if (st->last)
			st->last->next = t.word;
		else
			st->values = t.word;
		st->last = t.word;
		r = conf_lexer_next(&p->lx, &t);
		if (r < 0)
			return r;
		if (t.type == CONF_T_SEMICOLON)
			return 0;
		if (t.type != CONF_T_COMMA)
			return not_ended(p, st, &t);
		r = conf_lexer_next(&p->lx, &t);
		if (r < 0)
			return r;
	}
}

/* ".include "pattern";": what it names is read as if it stood here. */
static int parse_include(struct parser *p, const struct statement *st)
{
	if (st->kind != CONF_SET || st->equals)
		return parse_error(p, st->line, "write .include \"FILE\";", ".include takes file names, without '='");
	for (const struct conf_value *v = st->values; v; v = v->next) {
		const char *pattern = plain(v);
		int r;

		if (!pattern)
			return parse_error(p, v->line,
			    "which file is read can't depend on the jail; write the name out",
			    ".include: a variable in a file's name");
		if (pattern[0] == '\0')
			return parse_error(p, v->line, NULL, ".include: the file's name is empty");
		r = conf_include(p->conf, p->src, v->line, pattern, p->into, p->err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int add_statement(struct parser *p, const struct statement *st)
{
	const struct conf_piece *only = st->name->pieces;
	bool variable = only && only->variable && !only->next;
	const char *text = plain(st->name);
	char shown[128];
	struct conf_block *block = p->into;
	const struct conf_name *name;
	struct conf_stmt *s;

	if (!variable && !text)
		return parse_error(p, st->line, "write the name out", "a variable in a parameter's name: \"%s\"",
		    show(st->name, shown, sizeof(shown)));
	if (!variable && text[0] == '\0')
		return parse_error(p, st->line, NULL, "a parameter's name is empty");
	if (!variable && strcmp(text, ".include") == 0)
		return parse_include(p, st);
	name = variable ? only->variable : conf_intern(p->conf, text, strlen(text));
	if (!name || (!block && conf_block_open(p->conf, "*", 1, p->src->file, st->line, &block) < 0))
		return out_of_memory(p, st->line);
	s = conf_stmt_add(p->conf, block);
	if (!s)
		return out_of_memory(p, st->line);
	s->name = name;
	s->values = st->values;
	s->kind = st->kind;
	s->variable = variable;
	s->file = p->src->file;
	s->line = st->line;
	return 0;
}

static int parse_statement(struct parser *p, struct conf_value *name)
{
	struct statement st = {.name = name, .line = name->line, .kind = CONF_SET};
	struct conf_token t;
	int r = conf_lexer_next(&p->lx, &t);

	if (r < 0)
		return r;
	switch (t.type) {
	case CONF_T_OPEN:
		return open_block(p, name, name->line);
	case CONF_T_SEMICOLON:
		st.kind = CONF_BARE;
		return add_statement(p, &st);
	case CONF_T_PLUS_EQUALS:
	case CONF_T_EQUALS:
		st.kind = t.type == CONF_T_EQUALS ? CONF_SET : CONF_APPEND;
		st.equals = true;
		r = conf_lexer_next(&p->lx, &t);
		if (r < 0)
			return r;
		/* "name = ;" is ours: a list with nothing in it. */
		if (t.type == CONF_T_SEMICOLON && st.kind == CONF_SET)
			return add_statement(p, &st);
		break;
	case CONF_T_WORD:
		break; /* "name value;" is FreeBSD's too */
	default:
		return not_ended(p, &st, &t);
	}
	r = parse_values(p, &st, t);
	return r < 0 ? r : add_statement(p, &st);
}

static int parse_all(struct parser *p)
{
	for (;;) {
		struct conf_token t;
		char text[80];
		int r = conf_lexer_next(&p->lx, &t);

		if (r < 0)
			return r;
		switch (t.type) {
		case CONF_T_END:
			if (p->depth == 0)
				return 0;
			return parse_error(p, p->open[p->depth - 1].line, "the '}' that ends it is missing",
			    "the block \"%.100s\" that begins here does not end", p->into->node.text);
		case CONF_T_SEMICOLON:
			break;
		case CONF_T_CLOSE:
			r = close_block(p, t.line);
			break;
		case CONF_T_WORD:
			r = parse_statement(p, t.word);
			break;
		default:
			return parse_error(p, t.line, "a statement begins with a name", "unexpected %s",
			    token_text(&t, text, sizeof(text)));
		}
		if (r < 0)
			return r;
	}
}

int conf_parse(struct jail_conf *c, const struct conf_source *src, struct conf_block *into, const char *text,
    size_t length, struct jail_error *err)
{
	struct parser p = {.conf = c, .src = src, .into = into, .err = err};
	int r = conf_lexer_start(&p.lx, c, src->file, text, length, err);

	if (r == 0)
		r = parse_all(&p);
	conf_lexer_end(&p.lx);
	return r;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * conf.h: what the files of jail.conf(5)'s reader share: the configuration as it is kept, and the calls between lexer,
 * parser, reader of files and resolver. It may not know what a parameter means, nor any kernel.
 *
 * A configuration is a list of statements in the order they were read. Each belongs to a block, which is a jail or a
 * pattern ("*" for what stands outside of any block). Nothing is substituted here: that is done for one jail at a time,
 * when it is asked for. All of it lives in an arena and is given back at once.
 */
#ifndef CONF_H
#define CONF_H

#include <jail.h>
#include <sys/types.h>

#include "../error.h"

#define CONF_FILE_MAX ((size_t)64 << 20) /* bytes in one file */
#define CONF_FILES_MAX 100000u		 /* files in one configuration: .include can multiply them */
#define CONF_INCLUDE_MAX 32u		 /* files inside each other, as in FreeBSD */
#define CONF_VALUE_MAX ((size_t)1 << 20) /* bytes in one value, variables substituted */
#define CONF_JAIL_MAX ((size_t)16 << 20) /* bytes in all values of one jail */
#define CONF_ITEMS_MAX ((size_t)1 << 16) /* strings in one list */

struct conf_arena {
	struct conf_chunk *chunks;
	char *at;
	size_t left;
};

/* Memory that lives as long as the arena, aligned for anything; NULL: there is none. */
void *conf_arena_alloc(struct conf_arena *a, size_t size);
/* A copy that ends with a NUL. */
char *conf_arena_copy(struct conf_arena *a, const char *text, size_t length);
void conf_arena_free(struct conf_arena *a);

/* What a hash table holds is embedded as the first member of what it is about. */
struct conf_node {
	struct conf_node *next;
	const char *text;
	size_t length;
	size_t hash;
};

struct conf_table {
	struct conf_node **bucket;
	size_t buckets, count;
};

/* The name of a parameter or a variable; the same text is the same object. */
struct conf_name {
	struct conf_node node;
	const struct conf_name *key;  /* "allow.mount" for "allow.nomount", else itself */
	const struct jail_param *row; /* of itself, else of `key`; NULL: no such parameter */
};

struct conf_piece {
	struct conf_piece *next;
	const struct conf_name *variable; /* NULL: text */
	const char *text;
	size_t length;
};

/* One value: text and variables, in a row. No pieces: the empty string. */
struct conf_value {
	struct conf_value *next;
	struct conf_piece *pieces;
	unsigned line;
};

enum conf_kind {
	CONF_OPEN,   /* a block begins for the first time: keeps the order of names */
	CONF_BARE,   /* "name;" */
	CONF_SET,    /* "name = value, value;" */
	CONF_APPEND, /* "name += value;" */
};

struct conf_stmt {
	struct conf_stmt *next;	 /* of the same block */
	struct conf_stmt *after; /* of all */
	struct conf_block *block;
	const struct conf_name *name;
	struct conf_value *values;
	const char *file;
	size_t seq;
	unsigned line;
	enum conf_kind kind;
	bool variable; /* "$name = ..." */
};

struct conf_block {
	struct conf_node node;	  /* the name, with those of the blocks around it in front */
	struct conf_block *after; /* in the order of definition */
	struct conf_stmt *first, *last;
	size_t count;
	const char *file;
	unsigned line;
	bool wild;		       /* a pattern */
	bool inner;		       /* a pattern with a star before its last component */
	struct conf_block *inner_next; /* of those */
};

struct jail_conf {
	struct conf_arena arena;
	struct conf_table names, blocks;
	struct conf_stmt *first, *last;
	struct conf_block *first_block, *last_block, *inner;
	const struct conf_block **jails; /* the blocks that are not patterns */
	size_t njails, jails_size;
	size_t seq;
	unsigned nfiles;
	bool any_owner;			    /* files that others can change are read too */
	const struct conf_name *name, *jid; /* the parameters that a block's name implies */
};

/* A file that is being read, and those it is included from. */
struct conf_source {
	const struct conf_source *outer;
	const char *file; /* in the arena */
	unsigned line;	  /* of the .include statement, in `outer` */
	unsigned depth;
	bool has_id;
	dev_t dev;
	ino_t ino;
};

/* ------------------------------------------------------------------------------------------------------ store.c */

/* NULL: no memory. */
const struct conf_name *conf_intern(struct jail_conf *c, const char *text, size_t length);
/* NULL: nothing in the configuration has that name. */
const struct conf_name *conf_name_find(const struct jail_conf *c, const char *text, size_t length);
const struct conf_block *conf_block_find(const struct jail_conf *c, const char *name, size_t length);
/* The block of that name, made when there is none. -ENOMEM. */
int conf_block_open(
    struct jail_conf *c, const char *name, size_t length, const char *file, unsigned line, struct conf_block **ret);
/* A statement at the end; the caller fills it. NULL: no memory. */
struct conf_stmt *conf_stmt_add(struct jail_conf *c, struct conf_block *block);
/* Take away everything that was read after the configuration looked like `mark`. */
void conf_rollback(struct jail_conf *c, const struct jail_conf *mark);

/* ------------------------------------------------------------------------------------------------------- name.c */

bool conf_name_is_wild(const char *name);

/* ------------------------------------------------------------------------------------------------------ lexer.c */

enum conf_token_type {
	CONF_T_END,
	CONF_T_WORD,
	CONF_T_OPEN,
	CONF_T_CLOSE,
	CONF_T_SEMICOLON,
	CONF_T_COMMA,
	CONF_T_EQUALS,
	CONF_T_PLUS_EQUALS,
};

struct conf_token {
	enum conf_token_type type;
	unsigned line;
	struct conf_value *word; /* CONF_T_WORD */
};

struct conf_lexer {
	struct jail_conf *conf;
	const char *file;
	const char *at, *end;
	unsigned line;
	char *text; /* the piece that is being gathered */
	size_t length, size;
	struct jail_error *err;
};

int conf_lexer_start(struct conf_lexer *lx, struct jail_conf *c, const char *file, const char *text, size_t length,
    struct jail_error *err);
void conf_lexer_end(struct conf_lexer *lx);
int conf_lexer_next(struct conf_lexer *lx, struct conf_token *ret);

/* ----------------------------------------------------------------------------------------------------- parser.c */

/* `into`: the block that the file is included in, NULL outside of any. */
int conf_parse(struct jail_conf *c, const struct conf_source *src, struct conf_block *into, const char *text,
    size_t length, struct jail_error *err);

/* ---------------------------------------------------------------------------------------------------- include.c */

int conf_include(struct jail_conf *c, const struct conf_source *src, unsigned line, const char *pattern,
    struct conf_block *into, struct jail_error *err);

/* ------------------------------------------------------------------------------------------------------- glob.c */

struct conf_paths {
	char **path;
	size_t count, size;
};

bool conf_glob_magic(const char *pattern);
/* The files that match, sorted. Errors: EACCES and others a directory can't be read; E2BIG; ENOMEM. */
int conf_glob(const char *pattern, struct conf_paths *ret, struct jail_error *err);
void conf_paths_free(struct conf_paths *p);

/* ----------------------------------------------------------------------------------------------------- expand.c */

/* One string of a value, with nothing left to substitute. */
struct conf_item {
	const char *text;
	size_t length;
	const char *file;
	unsigned line;
};

/* A statement that takes part in a parameter's value. */
struct conf_use {
	const struct conf_stmt *stmt;
	struct conf_use *next;
};

enum conf_state { CONF_NEW, CONF_BUSY, CONF_DONE };

/* A parameter or variable of the jail that is being resolved. */
struct conf_slot {
	const struct conf_name *key;
	const struct conf_name *name; /* as it was written last: perhaps the negative form */
	struct conf_use *first, *last;
	struct conf_item *items;
	size_t nitems;
	enum conf_state state;
	bool variable;
	bool fixed;  /* the name of the block gives its value */
	bool silent; /* for variables only: not passed on */
	/* where the walk through its variables stands, and who asked for it */
	const struct conf_use *at_use;
	const struct conf_value *at_value;
	const struct conf_piece *at_piece;
	struct conf_slot *asked_by;
};

struct conf_resolver {
	const struct jail_conf *conf;
	const char *jail;
	struct conf_arena arena;
	struct conf_slot *slots;
	size_t nslots;
	size_t *index; /* 1 + the place in `slots`, 0: free */
	size_t mask;
	size_t bytes; /* of all values so far */
	struct jail_error *err;
};

struct conf_slot *conf_slot_find(const struct conf_resolver *r, const struct conf_name *key);
/* Work out the value of every slot. */
int conf_expand(struct conf_resolver *r);

#endif

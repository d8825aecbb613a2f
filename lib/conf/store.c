/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * store.c: keeping a configuration: memory, names, blocks and statements. It may not know how they are written.
 */
#include <stdint.h>
#include <string.h>

#include "conf.h"

#define CHUNK_SMALLEST 4096u
#define CHUNK_LARGEST ((size_t)256 << 10)
#define TABLE_SMALLEST 64u

/* ------------------------------------------------------------------------------------------------------- arena */

struct conf_chunk {
	struct conf_chunk *next;
	size_t size;
	_Alignas(max_align_t) char bytes[];
};

void *conf_arena_alloc(struct conf_arena *a, size_t size)
{
	void *taken;

	if (size > SIZE_MAX / 4)
		return NULL;
	size = (size + _Alignof(max_align_t) - 1) & ~(_Alignof(max_align_t) - 1);
	if (size > a->left) {
		/* Chunks grow, so that small arenas stay small and large ones cost few allocations. */
		size_t want = a->chunks ? a->chunks->size * 2 : CHUNK_SMALLEST;
		struct conf_chunk *chunk;

		want = want > CHUNK_LARGEST ? CHUNK_LARGEST : want;
		want = want < size ? size : want;
		chunk = malloc(sizeof(*chunk) + want);
		if (!chunk)
			return NULL;
		chunk->next = a->chunks;
		chunk->size = want;
		a->chunks = chunk;
		a->at = chunk->bytes;
		a->left = want;
	}
	taken = a->at;
	a->at += size;
	a->left -= size;
	return taken;
}

char *conf_arena_copy(struct conf_arena *a, const char *text, size_t length)
{
	char *copy = conf_arena_alloc(a, length + 1);

	if (copy) {
		if (length > 0)
			memcpy(copy, text, length);
		copy[length] = '\0';
	}
	return copy;
}

void conf_arena_free(struct conf_arena *a)
{
	while (a->chunks) {
		struct conf_chunk *next = a->chunks->next;

		free(a->chunks);
		a->chunks = next;
	}
	a->at = NULL;
	a->left = 0;
}

/* ------------------------------------------------------------------------------------------------------- tables */

static size_t hash_text(const char *text, size_t length)
{
	uint64_t h = 0xcbf29ce484222325u; /* FNV-1a */

	for (size_t i = 0; i < length; i++)
		h = (h ^ (unsigned char)text[i]) * 0x100000001b3u;
	return (size_t)(h ^ h >> 32);
}

static struct conf_node *table_find(const struct conf_table *t, const char *text, size_t length, size_t hash)
{
	if (t->buckets == 0)
		return NULL;
	for (struct conf_node *n = t->bucket[hash & (t->buckets - 1)]; n; n = n->next) {
		if (n->hash == hash && n->length == length && memcmp(n->text, text, length) == 0)
			return n;
	}
	return NULL;
}

static void table_link(struct conf_table *t, struct conf_node *n)
{
	struct conf_node **head = &t->bucket[n->hash & (t->buckets - 1)];

	n->next = *head;
	*head = n;
}

/* Make room for one more. */
static int table_grow(struct conf_table *t)
{
	struct conf_table larger = {.buckets = t->buckets ? t->buckets * 2 : TABLE_SMALLEST, .count = t->count};

	if (t->count < t->buckets)
		return 0;
	larger.bucket = calloc(larger.buckets, sizeof(struct conf_node *));
	if (!larger.bucket)
		return -ENOMEM;
	for (size_t i = 0; i < t->buckets; i++) {
		for (struct conf_node *n = t->bucket[i], *next; n; n = next) {
			next = n->next;
			table_link(&larger, n);
		}
	}
	free(t->bucket);
	*t = larger;
	return 0;
}

/* The caller has made room. */
static void table_add(struct conf_table *t, struct conf_node *n)
{
	table_link(t, n);
	t->count++;
}

static void table_remove(struct conf_table *t, struct conf_node *n)
{
	struct conf_node **at = &t->bucket[n->hash & (t->buckets - 1)];

	while (*at != n)
		at = &(*at)->next;
	*at = n->next;
	t->count--;
}

/* -------------------------------------------------------------------------------------------------------- names */

/* "no" at the beginning of the last component negates: there the positive name begins, else NULL. */
static const char *find_negation(const char *text, size_t length)
{
	const char *last = text;

	for (size_t i = 0; i < length; i++) {
		if (text[i] == '.')
			last = text + i + 1;
	}
	return text + length - last > 2 && last[0] == 'n' && last[1] == 'o' ? last : NULL;
}

static struct conf_name *intern_alone(struct jail_conf *c, const char *text, size_t length)
{
	size_t hash = hash_text(text, length);
	struct conf_node *found = table_find(&c->names, text, length, hash);
	struct conf_name *n;

	if (found)
		return (struct conf_name *)(void *)found;
	if (table_grow(&c->names) < 0)
		return NULL;
	n = conf_arena_alloc(&c->arena, sizeof(*n));
	if (!n)
		return NULL;
	*n = (struct conf_name){.node = {.length = length, .hash = hash}};
	n->node.text = conf_arena_copy(&c->arena, text, length);
	if (!n->node.text)
		return NULL;
	n->row = jail_param_find(n->node.text);
	n->key = n;
	table_add(&c->names, &n->node);
	return n;
}

const struct conf_name *conf_intern(struct jail_conf *c, const char *text, size_t length)
{
	struct conf_name *n = intern_alone(c, text, length);
	const char *no;
	char *positive;
	struct conf_name *key;
	size_t before;

	if (!n || n->key != n || n->row)
		return n;
	no = find_negation(text, length);
	if (!no)
		return n;
	positive = conf_arena_copy(&c->arena, text, length);
	if (!positive)
		return NULL;
	/* Without the "no"; the text need not end in a NUL, the copy does. */
	before = (size_t)(no - text);
	memmove(positive + before, positive + before + 2, length - before - 1);
	key = intern_alone(c, positive, length - 2);
	if (!key)
		return NULL;
	n->key = key;
	n->row = key->row;
	return n;
}

const struct conf_name *conf_name_find(const struct jail_conf *c, const char *text, size_t length)
{
	return (const struct conf_name *)(const void *)table_find(&c->names, text, length, hash_text(text, length));
}

/* ---------------------------------------------------------------------------------------- blocks and statements */

const struct conf_block *conf_block_find(const struct jail_conf *c, const char *name, size_t length)
{
	return (const struct conf_block *)(const void *)table_find(&c->blocks, name, length, hash_text(name, length));
}

static void add_block(struct jail_conf *c, struct conf_block *b)
{
	table_add(&c->blocks, &b->node);
	if (c->last_block)
		c->last_block->after = b;
	else
		c->first_block = b;
	c->last_block = b;
	if (b->inner) {
		b->inner_next = c->inner;
		c->inner = b;
	}
	if (!b->wild)
		c->jails[c->njails++] = b;
}

static int grow_jails(struct jail_conf *c)
{
	size_t size = c->jails_size ? c->jails_size * 2 : 16;
	const struct conf_block **larger;

	if (c->njails < c->jails_size)
		return 0;
	larger = realloc(c->jails, size * sizeof(*larger));
	if (!larger)
		return -ENOMEM;
	c->jails = larger;
	c->jails_size = size;
	return 0;
}

static void add_stmt(struct jail_conf *c, struct conf_stmt *s)
{
	s->seq = c->seq++;
	if (c->last)
		c->last->after = s;
	else
		c->first = s;
	c->last = s;
}

int conf_block_open(
    struct jail_conf *c, const char *name, size_t length, const char *file, unsigned line, struct conf_block **ret)
{
	size_t hash = hash_text(name, length);
	struct conf_node *found = table_find(&c->blocks, name, length, hash);
	struct conf_block *b;
	struct conf_stmt *open;

	if (found) {
		*ret = (struct conf_block *)(void *)found;
		return 0;
	}
	if (table_grow(&c->blocks) < 0 || grow_jails(c) < 0)
		return -ENOMEM;
	b = conf_arena_alloc(&c->arena, sizeof(*b));
	open = conf_arena_alloc(&c->arena, sizeof(*open));
	if (!b || !open)
		return -ENOMEM;
	*b = (struct conf_block){.node = {.length = length, .hash = hash}, .file = file, .line = line};
	b->node.text = conf_arena_copy(&c->arena, name, length);
	if (!b->node.text)
		return -ENOMEM;
	b->wild = conf_name_is_wild(b->node.text);
	/* Patterns that end in their only star are found by their text; the others have to be tried one by one. */
	if (b->wild) {
		const char *star = strchr(b->node.text, '*');

		b->inner = star[1] != '\0';
	}
	add_block(c, b);
	*open = (struct conf_stmt){.block = b, .file = file, .line = line, .kind = CONF_OPEN};
	add_stmt(c, open);
	*ret = b;
	return 0;
}

struct conf_stmt *conf_stmt_add(struct jail_conf *c, struct conf_block *block)
{
	struct conf_stmt *s = conf_arena_alloc(&c->arena, sizeof(*s));

	if (!s)
		return NULL;
	*s = (struct conf_stmt){.block = block, .kind = CONF_BARE};
	add_stmt(c, s);
	if (block->last)
		block->last->next = s;
	else
		block->first = s;
	block->last = s;
	block->count++;
	return s;
}

/* Cut off the statements of a block that came later than `seq`. */
static void cut_block(struct conf_block *b, size_t seq)
{
	struct conf_stmt *keep = NULL;

	b->count = 0;
	for (struct conf_stmt *s = b->first; s && s->seq < seq; s = s->next) {
		keep = s;
		b->count++;
	}
	b->last = keep;
	if (keep)
		keep->next = NULL;
	else
		b->first = NULL;
}

/* The arena keeps what the failed reading took: it goes with the configuration. */
void conf_rollback(struct jail_conf *c, const struct jail_conf *mark)
{
	struct conf_block *drop = mark->last_block ? mark->last_block->after : c->first_block;

	for (struct conf_block *b = drop; b; b = b->after)
		table_remove(&c->blocks, &b->node);
	c->first_block = mark->first_block;
	c->last_block = mark->last_block;
	if (c->last_block)
		c->last_block->after = NULL;
	c->inner = mark->inner;
	c->njails = mark->njails;
	for (struct conf_block *b = c->first_block; b; b = b->after)
		cut_block(b, mark->seq);
	c->first = mark->first;
	c->last = mark->last;
	if (c->last)
		c->last->after = NULL;
	c->seq = mark->seq;
	c->nfiles = mark->nfiles;
}

/* --------------------------------------------------------------------------------------------------- the object */

void jail_conf_any_owner(struct jail_conf *c)
{
	c->any_owner = true;
}

int jail_conf_new(struct jail_conf **ret)
{
	struct jail_conf *c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	c->name = conf_intern(c, "name", strlen("name"));
	c->jid = conf_intern(c, "jid", strlen("jid"));
	if (!c->name || !c->jid) {
		jail_conf_free(c);
		return -ENOMEM;
	}
	*ret = c;
	return 0;
}

void jail_conf_free(struct jail_conf *c)
{
	if (!c)
		return;
	free(c->names.bucket);
	free(c->blocks.bucket);
	free(c->jails);
	conf_arena_free(&c->arena);
	free(c);
}

const char *jail_conf_name(const struct jail_conf *c, size_t i)
{
	return i < c->njails ? c->jails[i]->node.text : NULL;
}

bool jail_conf_has(const struct jail_conf *c, const char *name)
{
	const struct conf_block *b = conf_block_find(c, name, strlen(name));

	return b && !b->wild;
}

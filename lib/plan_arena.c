/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * plan_arena.c: memory for everything a plan points to, given back with the plan. It may not know what is kept in it.
 */
#include <stdint.h>
#include <string.h>

#include "plan_make.h"

#ifndef ARENA_BLOCK_SIZE /* a test wants it small */
#define ARENA_BLOCK_SIZE 2000
#endif

struct arena_block {
	struct arena_block *next;
	size_t used, size;
	_Alignas(max_align_t) unsigned char bytes[];
};

static struct arena_block *block_new(struct arena *a, size_t size)
{
	struct arena_block *b = calloc(1, sizeof(*b) + size);

	if (!b)
		return NULL;
	b->size = size;
	b->next = a->blocks;
	a->blocks = b;
	return b;
}

void *arena_new(struct arena *a, size_t count, size_t size)
{
	struct arena_block *b = a->blocks;
	size_t wanted;
	void *memory;

	if (__builtin_mul_overflow(count, size, &wanted) || wanted > SIZE_MAX / 2)
		return NULL;
	wanted = (wanted + _Alignof(max_align_t)) & ~(_Alignof(max_align_t) - 1);
	if (!b || b->size - b->used < wanted) {
		b = block_new(a, wanted > ARENA_BLOCK_SIZE ? wanted : ARENA_BLOCK_SIZE);
		if (!b)
			return NULL;
	}
	memory = b->bytes + b->used;
	b->used += wanted;
	return memory;
}

char *arena_text(struct arena *a, const char *text, size_t length)
{
	char *copy = arena_new(a, 1, length + 1);

	if (copy)
		memcpy(copy, text, length);
	return copy;
}

void arena_free(struct arena *a)
{
	while (a->blocks) {
		struct arena_block *b = a->blocks;

		a->blocks = b->next;
		free(b);
	}
}

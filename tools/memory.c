/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * memory.c: malloc(3) and its relatives for the static tools, which allocate a little, do one thing and exit: memory is
 * cut from one piece and goes back to the kernel when the tool ends. On a virtual machine every mmap(2) and every first
 * touch of a page costs microseconds, and a tool that starts a jail in hundreds of them pays for no others. A tool has
 * one thread. It may not know what the memory is for.
 */
#include <errno.h>
#include <stdalign.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define PIECE                                                                                                          \
	(48u << 10) /* the first piece, touched at once: what making one jail takes until its first process runs */
#define LARGER (1u << 20) /* each that follows, touched as it is used */
#define ALIGN alignof(max_align_t)

struct header {
	size_t size;
	size_t pad; /* keeps what follows aligned */
};

_Static_assert(sizeof(struct header) % ALIGN == 0, "what follows a header is aligned");

static char *next, *end, *last; /* free space, and the newest allocation */

static int refill(size_t need)
{
	int first = end == NULL ? MAP_POPULATE : 0;
	size_t size = need > LARGER / 2 ? need : first != 0 && need <= PIECE ? PIECE : LARGER;
	char *piece = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | first, -1, 0);

	if (piece == MAP_FAILED)
		return -1;
	next = piece;
	end = piece + size;
	return 0;
}

static struct header *header_of(void *p)
{
	return (struct header *)(void *)((char *)p - sizeof(struct header));
}

void *malloc(size_t size)
{
	size_t whole;
	struct header *h;

	if (size > PTRDIFF_MAX - 4096) {
		errno = ENOMEM;
		return NULL;
	}
	whole = sizeof(*h) + ((size + ALIGN - 1) & ~(ALIGN - 1));
	if ((size_t)(end - next) < whole && refill(whole) < 0) {
		errno = ENOMEM;
		return NULL;
	}
	h = (struct header *)(void *)next;
	h->size = whole - sizeof(*h);
	next += whole;
	last = (char *)(h + 1);
	return last;
}

/* Only the newest can be taken back; that is what a list that grows needs. */
void free(void *p)
{
	if (p == NULL || p != last)
		return;
	next = (char *)header_of(p);
	last = NULL;
}

void *calloc(size_t count, size_t size)
{
	size_t whole;
	void *p;

	if (__builtin_mul_overflow(count, size, &whole)) {
		errno = ENOMEM;
		return NULL;
	}
	p = malloc(whole);
	return p != NULL ? memset(p, 0, whole) : NULL;
}

void *realloc(void *p, size_t size)
{
	size_t had;
	void *moved;

	if (p == NULL)
		return malloc(size);
	had = header_of(p)->size;
	if (size <= had)
		return p;
	if (p == last && size <= (size_t)(end - (char *)p)) {
		next = (char *)header_of(p);
		return malloc(size);
	}
	moved = malloc(size);
	return moved != NULL ? memcpy(moved, p, had) : NULL;
}

void *aligned_alloc(size_t align, size_t size)
{
	/* Nobody here asks for more than malloc(3) gives. */
	if (align <= ALIGN)
		return malloc(size);
	errno = ENOMEM;
	return NULL;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * range.c: see range.h.
 */
#include "range.h"

#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>

#include <fcntl.h>

#include "util.h"

#define ATTRIBUTE "trusted.jail.ranges"

struct bitmap {
	uint8_t bits[(RANGE_BLOCKS + 7) / 8];
};

static bool taken(const struct bitmap *b, uint32_t block)
{
	return b->bits[block / 8] >> (block % 8) & 1;
}

static void mark(struct bitmap *b, uint32_t block, uint32_t blocks, bool on)
{
	for (uint32_t i = block; i < block + blocks && i < RANGE_BLOCKS; i++)
		if (on)
			b->bits[i / 8] |= (uint8_t)(1u << (i % 8));
		else
			b->bits[i / 8] &= (uint8_t) ~(1u << (i % 8));
}

/* Kept without its trailing zeros: a machine with ten jails reads and writes a few bytes. */
static int bitmap_read(const struct tree *t, struct bitmap *ret)
{
	ssize_t n;

	memset(ret, 0, sizeof(*ret));
	n = fgetxattr(t->fd, ATTRIBUTE, ret->bits, sizeof(ret->bits));
	return n < 0 && errno != ENODATA ? negative_errno() : 0;
}

static int bitmap_write(const struct tree *t, const struct bitmap *b)
{
	static const uint8_t zeros[64];
	size_t n = sizeof(b->bits);

	while (n > sizeof(zeros) && memcmp(b->bits + n - sizeof(zeros), zeros, sizeof(zeros)) == 0)
		n -= sizeof(zeros);
	while (n > 1 && b->bits[n - 1] == 0)
		n--;
	return fsetxattr(t->fd, ATTRIBUTE, b->bits, n, 0) < 0 ? negative_errno() : 0;
}

static uint32_t blocks_of(uint32_t count)
{
	return count / RANGE_BLOCK + (count % RANGE_BLOCK != 0);
}

/* First free run of `want` blocks; RANGE_BLOCKS when there is none. */
static uint32_t find_run(const struct bitmap *b, uint32_t want)
{
	uint32_t run = 0;

	for (uint32_t i = 0; i < RANGE_BLOCKS; i++) {
		if (i % 8 == 0 && b->bits[i / 8] == 0xff) {
			run = 0;
			i += 7;
			continue;
		}
		run = taken(b, i) ? 0 : run + 1;
		if (run == want)
			return i + 1 - want;
	}
	return RANGE_BLOCKS;
}

/* The blocks that a range touches, as far as the map covers them. */
static bool covered(uint32_t base, uint32_t count, uint32_t *ret_block, uint32_t *ret_blocks)
{
	uint64_t end = (uint64_t)base + count, limit = (uint64_t)RANGE_FIRST + (uint64_t)RANGE_BLOCKS * RANGE_BLOCK;
	uint64_t from = base > RANGE_FIRST ? base : RANGE_FIRST;

	if (end > limit)
		end = limit;
	if (from >= end)
		return false;
	*ret_block = (uint32_t)((from - RANGE_FIRST) / RANGE_BLOCK);
	*ret_blocks = (uint32_t)((end - RANGE_FIRST + RANGE_BLOCK - 1) / RANGE_BLOCK) - *ret_block;
	return true;
}

struct recount {
	int dirfd;
	struct bitmap *map;
};

static int recount_jail(void *arg, const char *child)
{
	const struct recount *r = arg;
	_cleanup_close_ int fd = openat(r->dirfd, child, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct recount deeper = {.dirfd = fd, .map = r->map};
	struct store_state s;
	uint32_t block, blocks;
	int found;

	if (fd < 0)
		return tree_gone(-errno) ? 0 : negative_errno();
	found = store_state_read(fd, &s);
	if (found < 0 && found != -ENODATA)
		return found;
	if (found == 0 && s.range_count > 0 && covered(s.range_base, s.range_count, &block, &blocks))
		mark(r->map, block, blocks, true);
	return tree_children(fd, recount_jail, &deeper);
}

int range_recount(const struct tree *t)
{
	struct bitmap b = {{0}};
	struct recount all = {.dirfd = t->fd, .map = &b};
	int r = tree_children(t->fd, recount_jail, &all);

	/* A jail that another version of us made: what it has can't be known, so everything stays as it is. */
	if (r == -EBADMSG)
		return 0;
	return r < 0 ? r : bitmap_write(t, &b);
}

int range_take(const struct tree *t, uint32_t count, uint32_t *ret_base)
{
	uint32_t want = blocks_of(count), block;
	struct bitmap b;
	int r = bitmap_read(t, &b);

	if (r < 0)
		return r;
	if (want == 0 || want > RANGE_BLOCKS)
		return -ENOSPC;
	block = find_run(&b, want);
	if (block == RANGE_BLOCKS) {
		r = range_recount(t);
		if (r == 0)
			r = bitmap_read(t, &b);
		if (r < 0)
			return r;
		block = find_run(&b, want);
	}
	if (block == RANGE_BLOCKS)
		return -ENOSPC;
	mark(&b, block, want, true);
	r = bitmap_write(t, &b);
	if (r < 0)
		return r;
	*ret_base = RANGE_FIRST + block * RANGE_BLOCK;
	return 0;
}

int range_take_fixed(const struct tree *t, uint32_t base, uint32_t count)
{
	uint32_t block, blocks;
	struct bitmap b;
	int r;

	if (!covered(base, count, &block, &blocks))
		return 0;
	r = bitmap_read(t, &b);
	if (r < 0)
		return r;
	for (uint32_t i = block; i < block + blocks; i++)
		if (taken(&b, i))
			return -EADDRINUSE;
	mark(&b, block, blocks, true);
	return bitmap_write(t, &b);
}

int range_drop(const struct tree *t, uint32_t base, uint32_t count)
{
	uint32_t block, blocks;
	struct bitmap b;
	int r;

	if (count == 0 || !covered(base, count, &block, &blocks))
		return 0;
	r = bitmap_read(t, &b);
	if (r < 0)
		return r;
	mark(&b, block, blocks, false);
	return bitmap_write(t, &b);
}

struct siblings {
	int parentfd;
	uint64_t base, end; /* the wanted place, moved up past each sibling in the way */
	bool moved;
};

static int avoid_sibling(void *arg, const char *child)
{
	struct siblings *w = arg;
	_cleanup_close_ int fd = openat(w->parentfd, child, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct store_state s;
	uint64_t other, length = w->end - w->base;

	if (fd < 0 || store_state_read(fd, &s) < 0 || s.record.users_count == 0)
		return 0;
	other = s.record.users_base;
	if (w->base < other + s.record.users_count && other < w->end) {
		w->base = other + s.record.users_count;
		w->end = w->base + length;
		w->moved = true;
	}
	return 0;
}

int range_take_child(int parentfd, const struct policy_record *parent, uint32_t count, uint32_t *ret_base)
{
	struct siblings w = {.parentfd = parentfd, .base = (uint64_t)parent->users_base + RANGE_BLOCK};
	uint64_t limit = (uint64_t)parent->users_base + parent->users_count;
	int r;

	w.end = w.base + count;
	do {
		w.moved = false;
		r = tree_children(parentfd, avoid_sibling, &w);
		if (r < 0)
			return r;
	} while (w.moved && w.end <= limit);
	if (w.end > limit)
		return -ENOSPC;
	*ret_base = (uint32_t)w.base;
	return 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * failing.h: memory that runs out where a test wants it to. The program is linked with --wrap for each function here
 * (see meson.build: every test that includes this file is). Header only, for one file of a program.
 */
#ifndef FAILING_H
#define FAILING_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
char *__real_strdup(const char *s);
char *__real_strndup(const char *s, size_t n);
void __real_free(void *p);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);
char *__wrap_strdup(const char *s);
char *__wrap_strndup(const char *s, size_t n);
void __wrap_free(void *p);

static long failing_left = -1; /* allocations that still succeed; -1: all do */
static long failing_live;      /* blocks that were allocated and not freed */

static bool failing_now(void)
{
	if (failing_left < 0)
		return false;
	if (failing_left == 0)
		return true;
	failing_left--;
	return false;
}

static void *failing_count(void *p)
{
	failing_live += p != NULL;
	return p;
}

void *__wrap_malloc(size_t size)
{
	return failing_now() ? NULL : failing_count(__real_malloc(size));
}

void *__wrap_calloc(size_t n, size_t size)
{
	return failing_now() ? NULL : failing_count(__real_calloc(n, size));
}

void *__wrap_realloc(void *p, size_t size)
{
	if (failing_now())
		return NULL;
	return p ? __real_realloc(p, size) : failing_count(__real_realloc(p, size));
}

char *__wrap_strdup(const char *s)
{
	return failing_now() ? NULL : failing_count(__real_strdup(s));
}

char *__wrap_strndup(const char *s, size_t n)
{
	return failing_now() ? NULL : failing_count(__real_strndup(s, n));
}

void __wrap_free(void *p)
{
	failing_live -= p != NULL;
	__real_free(p);
}

/*
 * Run `body` with its first allocation failing, then with its second, ... until it succeeds. `body` returns 0 or a
 * negative errno; -ENOMEM is the only failure there may be, and after it nothing may be left allocated that was not
 * before. Returns how many allocations were made to fail, -1 when one of these rules was broken.
 */
static long failing_each(int (*body)(void *arg), void *arg)
{
	for (long n = 0; n < 100000; n++) {
		long before = failing_live;
		int r;

		failing_left = n;
		r = body(arg);
		failing_left = -1;
		if (failing_live != before)
			return -1;
		if (r == 0)
			return n;
		if (r != -ENOMEM)
			return -1;
	}
	return -1;
}

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * util.h: release by scope, and the few small helpers every file of the library uses. Header only; it may not know
 * anything of jails.
 */
#ifndef UTIL_H
#define UTIL_H

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* Closes a descriptor and keeps errno; negative ones are left alone. Returns -1, so `fd = close_fd(fd)` reads well. */
static inline int close_fd(int fd)
{
	if (fd >= 0) {
		int saved = errno;

		(void)close(fd);
		errno = saved;
	}
	return -1;
}

static inline void close_fdp(int *fd)
{
	*fd = close_fd(*fd);
}

static inline void free_p(void *p)
{
	free(*(void **)p);
}

#define _cleanup_close_ __attribute__((cleanup(close_fdp)))
#define _cleanup_free_ __attribute__((cleanup(free_p)))

/* Hand a descriptor on: the variable no longer owns it. */
static inline int take_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

static inline void *take_ptr_(void **p)
{
	void *taken = *p;

	*p = NULL;
	return taken;
}
#define take_ptr(p) ((__typeof__(p))take_ptr_((void **)&(p)))

/* -errno of the call just made, never 0. */
static inline int negative_errno(void)
{
	return errno > 0 ? -errno : -EINVAL;
}

/* A decimal number, ended by `end`: what follows that character, or NULL. NULL as text gives NULL. */
static inline const char *take_unsigned(const char *text, char end, unsigned *ret)
{
	unsigned long value;
	char *behind;

	if (text == NULL || *text < '0' || *text > '9')
		return NULL;
	errno = 0;
	value = strtoul(text, &behind, 10);
	if (errno != 0 || value > 0xffffffffu || *behind != end)
		return NULL;
	*ret = (unsigned)value;
	return end != '\0' ? behind + 1 : behind;
}

/* For what runs on a stack that the address sanitizer did not give out. */
#define _no_asan_ __attribute__((no_sanitize("address")))
#define _printf_(a, b) __attribute__((format(printf, a, b)))

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * directory.h: the entries of a directory as getdents64(2) writes them into a buffer of the caller's. The buffer is an
 * array of uint64_t, because the entries need its alignment. readdir(3) would allocate memory for each directory.
 */
#ifndef LINUX_SYS_DIRECTORY_H
#define LINUX_SYS_DIRECTORY_H

#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

struct directory_entry {
	uint64_t ino;
	int64_t next; /* where reading goes on behind it */
	uint16_t length;
	uint8_t type; /* DT_* */
	char name[];
};

/* Fill a buffer of `size` bytes. The bytes in it; 0: there is no more; -1 with errno. */
static inline long directory_read(int dir, uint64_t *buffer, size_t size)
{
	return syscall(SYS_getdents64, dir, buffer, size);
}

/* The entry at `*at` of the buffer; `*at` becomes where the next one is. */
static inline const struct directory_entry *directory_next(const uint64_t *buffer, long *at)
{
	const struct directory_entry *e = (const void *)((const char *)buffer + *at);

	*at += e->length;
	return e;
}

/* Is it "." or ".."? */
static inline bool directory_is_dots(const struct directory_entry *e)
{
	return e->name[0] == '.' && (e->name[1] == '\0' || (e->name[1] == '.' && e->name[2] == '\0'));
}

#endif

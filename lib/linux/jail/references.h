/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * references.h: what the processes of a frozen jail hold of file systems: working directories, roots, descriptors,
 * programs and mapped files, each with the mount that it was opened on; and the processes that are
 * named for it. It may not know what the mounts are.
 */
#ifndef LINUX_JAIL_REFERENCES_H
#define LINUX_JAIL_REFERENCES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "members.h"

struct reference {
	const struct member *member;
	uint64_t mount;
};

typedef int reference_fn(void *arg, const struct reference *r);

/* Stops at the first result that is not 0 and returns it. */
int references_each(int jailfd, reference_fn *fn, void *arg);

/* Processes that stand in the way: the first few by name. */
struct holders {
	size_t count;
	pid_t last;
	char text[160];
};

void holders_add(struct holders *h, const struct member *m);
/* "sleep[12], sh[13] and 3 more"; nobody: what it can be then. */
void holders_text(const struct holders *h, char *buf, size_t size);

#endif

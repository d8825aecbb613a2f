/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * grants.h: the mounts that a running jail was given after it was made. Root inside may rename what lies above one,
 * copy it or take it off, so where it was mounted says nothing later: each is known by its file system and by the
 * directory of that which it shows, as the kernel names them in a mount table.
 */
#ifndef LINUX_JAIL_GRANTS_H
#define LINUX_JAIL_GRANTS_H

#include <stddef.h>
#include <stdint.h>

struct grant {
	const char *source, *target; /* the line of `mount` */
	const char *root;
	uint32_t major, minor;		 /* of the file system, in a mount table */
	uint32_t stat_major, stat_minor; /* the same as stat(2) gives it: another one on some file systems */
};

struct grants {
	char *text;
	size_t size;
	struct grant *item;
	size_t count;
};

#define GRANTS_NONE                                                                                                    \
	{                                                                                                              \
		.text = NULL                                                                                           \
	}

/* Of a jail's directory. Fewer than there are is never an answer: EBADMSG. */
int grants_read(int jailfd, struct grants *ret);
/* E2BIG: more than an attribute holds. */
int grants_write(int jailfd, const struct grants *g);
int grants_add(struct grants *g, const struct grant *one);
const struct grant *grants_find(const struct grants *g, const char *source, const char *target);
void grants_free(struct grants *g);

#endif

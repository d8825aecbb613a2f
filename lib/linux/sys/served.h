/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * served.h: who answers for a file system. Whoever looks at a file that a program serves (FUSE) sleeps in the kernel
 * until that program answers, and no signal ends that sleep. An ordinary user's program is never asked; one of root's,
 * or another machine, only by a process that can be left behind (errand.h). It knows mounts; it may not know jails.
 */
#ifndef LINUX_SYS_SERVED_H
#define LINUX_SYS_SERVED_H

#include <stdbool.h>

#include "mount_table.h"

enum served {
	SERVED_BY_KERNEL,
	SERVED_BY_MACHINE, /* another one, over a network */
	SERVED_BY_ROOT,	   /* a program of the host's root */
	SERVED_BY_USER,	   /* a program of an ordinary user's, or it can't be told */
};

/* The file system that something lies in, which mount_object() has looked at. No file system is asked. */
enum served served_by(const struct mount_object *o);
/* As a mount table names it. */
enum served served_line(const struct mount_line *l);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * errand.h: something that a process can't undo (joining namespaces, giving up users), or that may keep it in the
 * kernel without a bound (a file system that does not answer), done in a short-lived one.
 */
#ifndef LINUX_ERRAND_H
#define LINUX_ERRAND_H

#include <jail.h>

/* What `fn` returns, with its error. EIO: the process was killed; ETIMEDOUT: it did not end within a bound. It has the
 * caller's memory as it is now, and the caller's descriptors but for locks, input and output. */
int errand_run(int (*fn)(void *arg, struct jail_error *err), void *arg, struct jail_error *err);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rlimit.h: limits that the kernel keeps for each process (setrlimit(2)): openfiles, fsize, coredumpsize, datasize,
 * stacksize, vmemoryuse, memorylocked. A process inherits them; nobody inside can raise one again.
 */
#ifndef LINUX_RLIMIT_H
#define LINUX_RLIMIT_H

#include <policy.h>

#include "tree.h"

/* Is it one of these? */
bool rlimit_is(enum policy_limit limit);
/*
 * For the calling process, which is about to become a program of the jail. What it is held to more tightly already
 * stays as it is.
 */
int rlimit_apply(const struct policy_record *record, struct jail_error *err);
/*
 * Could a running jail be held to `will` instead of `was`? ENOTSUP: one would be raised, and this process may not.
 * Names the parameter.
 */
int rlimit_check(const struct policy_record *was, const struct policy_record *will, struct jail_error *err);
/* Hold every process of a jail to those of `will` that differ from `was`. The jail is frozen for a moment. */
int rlimit_change(const struct tree *t, const char *name, int jailfd, const struct policy_record *was,
    const struct policy_record *will, struct jail_error *err);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * race.h: the trees of the race (tree_race.c) and the canaries beside them: files of the host's that have to stay as
 * they were.
 */
#ifndef HOSTILE_RACE_H
#define HOSTILE_RACE_H

#include <stddef.h>
#include <stdio.h>

#define RACE_SECRET "this is the secret of a canary"

/*
 * Beneath `dir`: trees/p with p/c and p/c/g (three generations), trees/a and trees/b (siblings), trees/canary-near,
 * far/canary-etc, vault and base. Each function: 0, or -1 and errno.
 */
int race_prepare(const char *dir, const char *program);
/* One tree new, "p", "a" or "b": no jail of it runs. */
int race_rebuild(const char *dir, const char *tree, const char *program);
/* vault/secret: what trees/p's jail has at /vault/secret and does not see. */
int race_open_secret(const char *dir);
/* All that is to be known of what lies in this directory, one line a file. To be freed; NULL and errno. */
char *race_describe(int dirfd);
/* The line of `after` that is not the same in `before`; "" when only a line is missing; NULL: all are the same. */
const char *race_differs(const char *before, const char *after, char *ret, size_t size);
/* Does process `pid` have a mount whose source is a canary? The line, or NULL. */
const char *race_mounted(int pid, char *ret, size_t size);

#endif

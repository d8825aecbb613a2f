/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * judge.h: is what a tool did an answer? It ends within a bound, with a code of sysexits(3) that is documented, and
 * says why in one line.
 */
#ifndef HOSTILE_JUDGE_H
#define HOSTILE_JUDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * Wait for it: its exit code, or 128 + signal. After `ms` it is killed: -1, and `where` says in which functions of the
 * kernel it waited.
 */
int judge_wait(pid_t pid, int ms, char *where, size_t size);
/*
 * What is wrong with an end with `code` and this standard error, or NULL. `runs`: the code may be that of a program
 * which the tool ran.
 */
const char *judge_end(int code, const char *err, bool runs);

#endif

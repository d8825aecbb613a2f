/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * error.h: filling a struct jail_error. Every function takes NULL for `err` and returns a negative errno, so that an
 * error is one line: `return jail_error_set(err, EINVAL, "...")`. Usable between clone(2) and exec(3): no
 * allocation. It never prints.
 */
#ifndef JAIL_ERROR_H
#define JAIL_ERROR_H

#include <jail.h>

#include "util.h"

/* Starts an error afresh: everything else is cleared. The exit code follows from errnum (EINVAL: EX_DATAERR, ...). */
int jail_error_set(struct jail_error *err, int errnum, const char *fmt, ...) _printf_(3, 4);
/* The same, and ": " strerror(errnum) behind the text. */
int jail_error_sys(struct jail_error *err, int errnum, const char *fmt, ...) _printf_(3, 4);
/* These add to an error that was set; they return -err->errnum (or the given errnum when err is NULL). */
int jail_error_hint(struct jail_error *err, int errnum, const char *fmt, ...) _printf_(3, 4);
int jail_error_context(struct jail_error *err, int errnum, const char *fmt, ...) _printf_(3, 4);
int jail_error_exit(struct jail_error *err, int errnum, int exitcode);
/* Where it was; set only when not set yet (the innermost knows best). */
void jail_error_param(struct jail_error *err, const char *param);
void jail_error_origin(struct jail_error *err, const char *file, unsigned line);
void jail_error_jail(struct jail_error *err, const char *name);
/* sysexits(3) code for an errno. */
int jail_error_sysexit(int errnum);

#endif

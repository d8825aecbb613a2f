/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * report.h: what a tool says while it works: one line on standard error for an error, one line on standard output for a
 * note, each in one write(2), so that lines of several processes never mix. It may not know any kernel.
 */
#ifndef REPORT_H
#define REPORT_H

#include <jail.h>

#include <stdnoreturn.h>

#include "../lib/util.h"

/* The tool's name, in front of every error. begin_tool() calls it. */
void report_tool(const char *name);
/* "TOOL: " and the error in one line. Returns the code to exit with, never 0. */
int report_error(const struct jail_error *err);
/* An error of the tool's own, in the same form. `jail` may be NULL. Returns `exitcode`. */
int report_own(int exitcode, const char *jail, const char *fmt, ...) _printf_(3, 4);
/* "out of memory"; returns the code to exit with. */
int report_no_memory(void);
/* A warning: reported in the same form, changes no exit code. A jail_warn_fn. */
void report_warning(void *arg, const struct jail_error *warning);
/* The usage text behind "usage: ", on standard error; exits with EX_USAGE. */
noreturn void report_usage(const char *text);
/* What was asked for, on standard output. Returns the code to exit with. */
int report_answer(const char *fmt, ...) _printf_(1, 2);
/* "JAIL: TEXT" on standard output; without a jail only the text. */
void report_note(const char *jail, const char *text);
/* All of the bytes to a descriptor. 0, or -errno. */
int report_write(int fd, const char *bytes, size_t size);
/* The exit code of a shell for a wait status: the program's own, or 128 and the signal's number. */
int report_status(int wait_status);
/* A decimal number within a range. 0, or -EINVAL. */
int report_number(const char *text, long min, long max, long *ret);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * value.h: text to typed value and back, as a row of the parameter table wants it. Pure; it knows rows, not sets.
 */
#ifndef VALUE_H
#define VALUE_H

#include <jail.h>

#define VALUE_LENGTH_MAX 131071 /* what one argument of a program may have; nothing longer could be run */
#define VALUE_TEXT_MAX 32	/* room for any value but a string */

/* true, yes, 1, false, no, 0, in letters of any size. */
bool value_bool(const char *text, bool *ret);
/* Digits and, by the type, one unit; false when it is not a number or larger than int64_t. INT may be negative. */
bool value_number(enum jail_type type, const char *text, int64_t *ret);
/* The row's choice that `text` names: in whatever case, for a parameter of FreeBSD's also by its number there. */
bool value_choice(const struct jail_param *row, const char *text, char ret[VALUE_TEXT_MAX]);
/*
 * Check `text` for `row` (any type but LIST and STRING) and write its settled form: booleans are true or false,
 * integers decimal; sizes and times stay as written. `negated`: a boolean is turned round. 0 or -EINVAL, with a message
 * that names what is allowed.
 */
int value_settle(
    const struct jail_param *row, const char *text, bool negated, char ret[VALUE_TEXT_MAX], struct jail_error *err);

#endif

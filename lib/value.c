/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * value.c: the types of parameters: what text is a boolean, a number, a size, a time, one of several words; and what
 * is said of text that is none. It knows rows of the table, not sets of parameters.
 */
#include "value.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "error.h"

bool value_bool(const char *text, bool *ret)
{
	static const char *const words[2][3] = {{"false", "no", "0"}, {"true", "yes", "1"}};

	for (int truth = 0; truth < 2; truth++) {
		for (int i = 0; i < 3; i++) {
			/* Nearly all of them differ in the first letter, whatever its case. */
			if ((text[0] | 0x20) == words[truth][i][0] && strcasecmp(text, words[truth][i]) == 0) {
				*ret = truth == 1;
				return true;
			}
		}
	}
	return false;
}

/* How much the letter behind a number multiplies it by; 0: no unit of this type. */
static int64_t unit(enum jail_type type, char letter)
{
	static const char sizes[] = "kmgt", times[] = "smhd";
	static const int64_t seconds[] = {1, 60, 3600, 86400};
	const char *at;

	if (letter >= 'A' && letter <= 'Z')
		letter = (char)(letter - 'A' + 'a');
	if (letter == '\0')
		return 0;
	if (type == JAIL_TYPE_TIME) {
		at = strchr(times, letter);
		return at ? seconds[at - times] : 0;
	}
	at = type == JAIL_TYPE_INT ? NULL : strchr(sizes, letter);
	return at ? INT64_C(1) << (10 * (at - sizes + 1)) : 0;
}

bool value_number(enum jail_type type, const char *text, int64_t *ret)
{
	const char *at = text;
	int64_t number = 0, factor = 1;
	bool minus = type == JAIL_TYPE_INT && *at == '-';

	at += minus;
	if (*at < '0' || *at > '9')
		return false;
	for (; *at >= '0' && *at <= '9'; at++) {
		if (__builtin_mul_overflow(number, 10, &number) || __builtin_add_overflow(number, *at - '0', &number))
			return false;
	}
	if (*at != '\0') {
		factor = unit(type, *at);
		if (factor == 0 || at[1] != '\0')
			return false;
	}
	if (__builtin_mul_overflow(number, minus ? -factor : factor, &number))
		return false;
	*ret = number;
	return true;
}

/* FreeBSD takes every number for a boolean. */
static bool number_as_bool(const char *text, bool *ret)
{
	int64_t number;

	if (!value_number(JAIL_TYPE_INT, text, &number))
		return false;
	*ret = number != 0;
	return true;
}

/* One of the words, in whatever case. */
static bool find_choice(const struct jail_param *row, const char *text, char *ret)
{
	size_t length = strlen(text);
	const char *at = row->choices;

	while (at) {
		const char *comma = strchr(at, ',');
		size_t n = comma ? (size_t)(comma - at) : strlen(at);

		if (n == length && n < VALUE_TEXT_MAX && strncasecmp(at, text, n) == 0) {
			memcpy(ret, at, n);
			ret[n] = '\0';
			return true;
		}
		at = comma ? comma + 1 : NULL;
	}
	return false;
}

bool value_choice(const struct jail_param *row, const char *text, char ret[VALUE_TEXT_MAX])
{
	/* JAIL_SYS_DISABLE, _NEW and _INHERIT of FreeBSD's jail(2), which its libjail takes as numbers too. */
	static const char *const numbered[] = {"disable", "new", "inherit"};

	if (text[0] >= '0' && text[0] <= '2' && text[1] == '\0' && (row->flags & JAIL_PARAM_FREEBSD))
		text = numbered[text[0] - '0'];
	return find_choice(row, text, ret);
}

/* What was written, short enough for a message. */
#define SHOWN "%.80s%s"
#define SHOW(text) (text), strlen(text) > 80 ? "..." : ""

static int refuse_number(const struct jail_param *row, const char *text, struct jail_error *err)
{
	static const char *const kind[] = {
	    [JAIL_TYPE_BOOL] = "true, false or a size",
	    [JAIL_TYPE_INT] = "a number",
	    [JAIL_TYPE_SIZE] = "a size (digits, then k, m, g or t)",
	    [JAIL_TYPE_TIME] = "a time (digits, then s, m, h or d)",
	};

	return jail_error_set(err, EINVAL, "\"" SHOWN "\": allowed: %s from %" PRId64 " to %" PRId64, SHOW(text),
	    kind[row->type], row->min, row->max);
}

static int settle_bool(const struct jail_param *row, const char *text, bool negated, char *ret, struct jail_error *err)
{
	bool truth;
	int64_t size;

	if (value_bool(text, &truth) || (!(row->flags & JAIL_PARAM_SIZED) && number_as_bool(text, &truth))) {
		(void)snprintf(ret, VALUE_TEXT_MAX, "%s", truth != negated ? "true" : "false");
		return 0;
	}
	if (!(row->flags & JAIL_PARAM_SIZED) || negated)
		return jail_error_set(err, EINVAL, "\"" SHOWN "\": allowed: true, false, yes, no, 1, 0", SHOW(text));
	if (strlen(text) >= VALUE_TEXT_MAX || !value_number(JAIL_TYPE_SIZE, text, &size) || size < row->min ||
	    size > row->max)
		return refuse_number(row, text, err);
	(void)snprintf(ret, VALUE_TEXT_MAX, "%s", text);
	return 0;
}

static int settle_enum(const struct jail_param *row, const char *text, char *ret, struct jail_error *err)
{
	if (!value_choice(row, text, ret))
		return jail_error_set(err, EINVAL, "\"" SHOWN "\": allowed: %s", SHOW(text), row->choices);
	return 0;
}

int value_settle(
    const struct jail_param *row, const char *text, bool negated, char ret[VALUE_TEXT_MAX], struct jail_error *err)
{
	int64_t number;

	if (row->type == JAIL_TYPE_BOOL)
		return settle_bool(row, text, negated, ret, err);
	if (row->type == JAIL_TYPE_ENUM)
		return settle_enum(row, text, ret, err);
	if (strlen(text) >= VALUE_TEXT_MAX || !value_number(row->type, text, &number) || number < row->min ||
	    number > row->max)
		return refuse_number(row, text, err);
	if (row->type == JAIL_TYPE_INT)
		(void)snprintf(ret, VALUE_TEXT_MAX, "%" PRId64, number);
	else
		(void)snprintf(ret, VALUE_TEXT_MAX, "%s", text);
	return 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * plan_limits.c: limit.* from text to numbers: "VALUE[:ACTION]", of one device "DEVICE:VALUE", of one direction
 * "in:VALUE". What holds a jail to them is the port's; which values a parent allows is the policy core's.
 */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "plan_make.h"
#include "util.h"
#include "value.h"

#define WEIGHT_MAX 10000

/* One string of a limit, cut at its colons. */
struct piece {
	const char *value, *head; /* head: the device or direction; NULL: none */
	size_t value_length, head_length;
	enum limit_action action;
	int signal;
	bool has_action;
};

static void forms(const struct limit_row *row, char *buf, size_t size)
{
	static const char *const value[] = {[LIMIT_BYTES] = "bytes (k, m, g, t)",
	    [LIMIT_COUNT] = "a number (k, m, g, t)",
	    [LIMIT_PERCENT] = "percent of one processor",
	    [LIMIT_SECONDS] = "a time (s, m, h, d)"};
	char word[16];
	int n = snprintf(buf, size, "%s%s from %" PRIu64 " to %" PRIu64,
	    row->device	      ? "[DEVICE:]"
	    : row->directions ? "[in:|out:]"
			      : "",
	    value[row->unit], row->min, row->max);

	for (unsigned action = LIMIT_DENY; action <= LIMIT_SIGNAL; action++)
		if ((row->actions & LIMIT_CAN(action)) != 0 && n > 0 && (size_t)n < size)
			n += snprintf(
			    buf + n, size - (size_t)n, ", :%s", limit_action_name((enum limit_action)action, 0, word));
}

static int refuse(const struct maker *m, const struct limit_row *row, size_t item, const char *why)
{
	char allowed[192];

	forms(row, allowed, sizeof(allowed));
	return plan_refuse(m, row->param, item, EINVAL, "\"%.60s\": %s: allowed: %s",
	    jail_params_item(m->p, row->param, item), why, allowed);
}

/* The action is what is behind the last colon, when it is a word and no number. */
static bool cut(const char *text, struct piece *ret)
{
	const char *colon = strrchr(text, ':');
	size_t length = strlen(text);

	*ret = (struct piece){.value = text};
	if (colon != NULL && (colon[1] < '0' || colon[1] > '9')) {
		if (!limit_action_parse(colon + 1, strlen(colon + 1), &ret->action, &ret->signal))
			return false;
		ret->has_action = true;
		length = (size_t)(colon - text);
	}
	ret->value_length = length;
	for (size_t i = length; i-- > 0;)
		if (text[i] == ':') {
			ret->head = text;
			ret->head_length = i;
			ret->value = text + i + 1;
			ret->value_length = length - i - 1;
			break;
		}
	return true;
}

static bool number(const struct limit_row *row, const char *text, size_t length, uint64_t *ret)
{
	static const enum jail_type types[] = {[LIMIT_BYTES] = JAIL_TYPE_SIZE,
	    [LIMIT_COUNT] = JAIL_TYPE_SIZE,
	    [LIMIT_PERCENT] = JAIL_TYPE_INT,
	    [LIMIT_SECONDS] = JAIL_TYPE_TIME};
	char buf[VALUE_TEXT_MAX];
	int64_t value;

	if (row->unit == LIMIT_PERCENT && length > 1 && text[length - 1] == '%')
		length--;
	if (length == 0 || length >= sizeof(buf))
		return false;
	memcpy(buf, text, length);
	buf[length] = '\0';
	if (!value_number(types[row->unit], buf, &value) || value < 0)
		return false;
	*ret = (uint64_t)value;
	return true;
}

bool limit_kills(const struct plan_limit *l)
{
	return l->limit == POLICY_L_MEMORYUSE && l->action == LIMIT_SIGNAL && l->signal == SIGKILL;
}

bool limit_is_hard(const struct plan_limit *l)
{
	bool ends = l->action == LIMIT_SIGNAL && (limit_row_of(l->limit)->actions & LIMIT_CAN(LIMIT_DENY)) == 0;

	/* The kernel itself kills a jail that is at the end of its memory. */
	if (limit_kills(l))
		return true;
	return l->device == NULL && (l->action == LIMIT_DENY || l->action == LIMIT_THROTTLE || ends);
}

static int add(const struct maker *m, const struct limit_row *row, size_t item, const struct piece *p, uint64_t value,
    enum policy_limit limit)
{
	struct plan_limit *l = &m->plan->limit[m->plan->nlimits];

	*l = (struct plan_limit){
	    .limit = limit, .value = value, .action = row->fallback, .signal = row->fallback_signal};
	if (p->has_action) {
		l->action = p->action;
		l->signal = p->signal;
	}
	if (row->device && p->head != NULL && !(l->device = arena_text(m->arena, p->head, p->head_length)))
		return plan_no_memory(m);
	m->plan->nlimits++;
	if (limit_is_hard(l) && value < m->plan->record.limit[limit])
		m->plan->record.limit[limit] = value;
	return plan_origin(m, row->param, item, &l->origin);
}

static int make_directions(
    const struct maker *m, const struct limit_row *row, size_t item, const struct piece *p, uint64_t value)
{
	bool in = true, out = true;

	if (p->head != NULL) {
		in = p->head_length == 2 && memcmp(p->head, "in", 2) == 0;
		out = p->head_length == 3 && memcmp(p->head, "out", 3) == 0;
		if (!in && !out)
			return refuse(m, row, item, "neither in nor out");
	}
	if (in) {
		int r = add(m, row, item, p, value, row->limit);

		if (r < 0)
			return r;
	}
	return out ? add(m, row, item, p, value, (enum policy_limit)(row->limit + 1)) : 0;
}

static int make_item(const struct maker *m, const struct limit_row *row, size_t item)
{
	const char *text = jail_params_item(m->p, row->param, item);
	struct piece p;
	uint64_t value;

	if (!cut(text, &p))
		return refuse(m, row, item, "no such action");
	if (p.head != NULL && !row->device && !row->directions)
		return refuse(m, row, item, "too many colons");
	if (p.head != NULL && p.head_length == 0)
		return refuse(m, row, item, "nothing before the first colon");
	if (p.has_action && (row->actions & LIMIT_CAN(p.action)) == 0)
		return refuse(m, row, item, "it can't do that");
	if (!number(row, p.value, p.value_length, &value))
		return refuse(m, row, item, "no number of its kind");
	if (value < row->min || value > row->max)
		return refuse(m, row, item, "out of range");
	return row->directions ? make_directions(m, row, item, &p, value) : add(m, row, item, &p, value, row->limit);
}

/* "unlimited": the same as when it is not set. */
static int is_lifted(const struct maker *m, const char *param, bool *ret)
{
	size_t count = jail_params_count(m->p, param);

	*ret = false;
	for (size_t i = 0; i < count; i++)
		*ret = *ret || strcmp(jail_params_item(m->p, param, i), "unlimited") == 0;
	if (*ret && count > 1)
		return plan_refuse(m, param, 0, EINVAL, "\"unlimited\" stands alone, without other values");
	return 0;
}

static int make_row(const struct maker *m, const struct limit_row *row)
{
	bool lifted;
	int r = is_lifted(m, row->param, &lifted);

	if (r == 0 && lifted && row->limit == POLICY_L_MAXPROC)
		m->plan->maxproc_lifted = true;
	for (size_t i = 0; r == 0 && !lifted && i < jail_params_count(m->p, row->param); i++)
		r = make_item(m, row, i);
	return r;
}

static int make_weight(const struct maker *m, const char *param, unsigned *ret)
{
	const char *text;
	int64_t value;

	bool lifted;
	int r = is_lifted(m, param, &lifted);

	if (r < 0 || lifted || jail_params_get(m->p, param, &text) < 0)
		return r;
	if (jail_params_count(m->p, param) != 1 || !value_number(JAIL_TYPE_INT, text, &value) || value < 1 ||
	    value > WEIGHT_MAX)
		return plan_refuse(m, param, 0, EINVAL, "\"%.60s\": allowed: one weight from 1 to %d (others have 100)",
		    text, WEIGHT_MAX);
	*ret = (unsigned)value;
	return 0;
}

/* No set of the kernel's has a number of more than four digits. */
static bool take_number(const char **text, unsigned long *ret)
{
	size_t digits = strspn(*text, "0123456789");

	if (digits < 1 || digits > 4)
		return false;
	*ret = strtoul(*text, NULL, 10);
	*text += digits;
	return true;
}

/* "7" or "0-3" */
static bool is_range(const char *text)
{
	unsigned long from, to;

	if (!take_number(&text, &from))
		return false;
	to = from;
	if (*text == '-') {
		text++;
		if (!take_number(&text, &to))
			return false;
	}
	return *text == '\0' && from <= to;
}

/* "0-3,7": the strings of the list are its parts. Written together again as the kernel reads it. */
static int make_set(const struct maker *m, const char *param, char **ret)
{
	size_t count = jail_params_count(m->p, param), size = 1, used = 0;
	bool lifted;
	int r = is_lifted(m, param, &lifted);

	if (r < 0 || lifted)
		return r;
	for (size_t i = 0; i < count; i++)
		size += strlen(jail_params_item(m->p, param, i)) + 1;
	if (count == 0)
		return 0;
	*ret = arena_new(m->arena, size, 1);
	if (*ret == NULL)
		return plan_no_memory(m);
	for (size_t i = 0; i < count; i++) {
		const char *text = jail_params_item(m->p, param, i);

		if (!is_range(text))
			return plan_refuse(m, param, i, EINVAL, "\"%.60s\": allowed: numbers and ranges: 0-3,7", text);
		used += (size_t)snprintf(*ret + used, size - used, "%s%s", i > 0 ? "," : "", text);
	}
	return 0;
}

/* A limit below which something is already slowed down or told makes no sense above the one that denies. */
static int check_soft(const struct maker *m)
{
	const struct policy_record *record = &m->plan->record;

	if (record->limit[POLICY_L_MEMORYUSE_SOFT] == POLICY_UNLIMITED ||
	    record->limit[POLICY_L_MEMORYUSE_SOFT] <= record->limit[POLICY_L_MEMORYUSE])
		return 0;
	return plan_refuse(m, "limit.memoryuse.soft", 0, EINVAL,
	    "%" PRIu64 " bytes are above limit.memoryuse, %" PRIu64 " bytes", record->limit[POLICY_L_MEMORYUSE_SOFT],
	    record->limit[POLICY_L_MEMORYUSE]);
}

/* Where nothing is beyond it any more: it is denied, or all is killed. */
static uint64_t end_of(const struct plan *plan, enum policy_limit limit)
{
	uint64_t end = POLICY_UNLIMITED;

	for (size_t i = 0; i < plan->nlimits; i++) {
		const struct plan_limit *l = &plan->limit[i];

		if (l->limit == limit && l->value < end && l->device == NULL &&
		    (l->action == LIMIT_DENY || (l->action == LIMIT_SIGNAL && l->signal == SIGKILL)))
			end = l->value;
	}
	return end;
}

/* The same of one limit's values: what is only told beyond its end never is. */
static int check_told(const struct maker *m)
{
	for (size_t i = 0; i < m->plan->nlimits; i++) {
		const struct plan_limit *l = &m->plan->limit[i];
		const char *param = limit_row_of(l->limit)->param;
		uint64_t end = end_of(m->plan, l->limit);
		char word[16];

		if ((l->action != LIMIT_LOG && l->action != LIMIT_SIGNAL) || l->value <= end)
			continue;
		(void)jail_error_set(m->err, EINVAL,
		    "%" PRIu64 ":%s is never reached, the jail is held to %" PRIu64 ": allowed: at most that", l->value,
		    limit_action_name(l->action, l->signal, word), end);
		jail_error_param(m->err, param);
		jail_error_origin(m->err, l->origin.file, l->origin.line);
		return -EINVAL;
	}
	return 0;
}

int plan_make_limits(const struct maker *m)
{
	const struct limit_row *row;
	size_t count = 0;
	int r = 0;

	for (size_t i = 0; i < POLICY_L_COUNT; i++)
		m->plan->record.limit[i] = POLICY_UNLIMITED;
	for (size_t i = 0; (row = limit_row_at(i)) != NULL; i++)
		count += jail_params_count(m->p, row->param) * (row->directions ? 2 : 1);
	m->plan->limit = arena_new(m->arena, count + 1, sizeof(*m->plan->limit));
	if (m->plan->limit == NULL)
		return plan_no_memory(m);
	for (size_t i = 0; r == 0 && (row = limit_row_at(i)) != NULL; i++)
		r = make_row(m, row);
	if (r == 0)
		r = check_soft(m);
	if (r == 0)
		r = check_told(m);
	if (r == 0)
		r = make_weight(m, "limit.cpushare", &m->plan->cpushare);
	if (r == 0)
		r = make_weight(m, "limit.ioshare", &m->plan->ioshare);
	if (r == 0)
		r = make_set(m, "limit.cpuset", &m->plan->cpuset);
	if (r == 0)
		r = make_set(m, "limit.cpuset.mems", &m->plan->cpuset_mems);
	return r;
}

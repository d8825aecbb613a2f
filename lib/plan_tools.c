/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * plan_tools.c: what every part of plan-making needs: parameters read into the plan's memory, paths in plain form, and
 * refusals that say which parameter and where it was written.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "plan_make.h"

int plan_refuse(const struct maker *m, const char *param, size_t item, int errnum, const char *fmt, ...)
{
	struct param_origin at = params_item_origin(m->p, param, item);
	char what[512];
	va_list ap;

	va_start(ap, fmt);
	if (vsnprintf(what, sizeof(what), fmt, ap) < 0)
		what[0] = '\0';
	va_end(ap);
	(void)jail_error_set(m->err, errnum, "%s", what);
	jail_error_param(m->err, param);
	jail_error_origin(m->err, at.file, at.line);
	return -errnum;
}

int plan_no_memory(const struct maker *m)
{
	return jail_error_set(m->err, ENOMEM, "not enough memory");
}

bool plan_bool(const struct maker *m, const char *param)
{
	bool value = false;

	(void)jail_params_get_bool(m->p, param, &value);
	return value;
}

int64_t plan_int(const struct maker *m, const char *param)
{
	int64_t value = 0;

	(void)jail_params_get_int(m->p, param, &value);
	return value;
}

bool plan_is(const struct maker *m, const char *param, const char *value)
{
	const char *text;

	return jail_params_get(m->p, param, &text) == 0 && strcmp(text, value) == 0;
}

int plan_text(const struct maker *m, const char *param, char **ret)
{
	const char *text;

	*ret = NULL;
	if (jail_params_get(m->p, param, &text) < 0)
		return 0;
	*ret = arena_text(m->arena, text, strlen(text));
	return *ret ? 0 : plan_no_memory(m);
}

int plan_strings(const struct maker *m, const char *param, struct plan_strings *ret)
{
	size_t count = jail_params_count(m->p, param);

	ret->item = arena_new(m->arena, count + 1, sizeof(*ret->item));
	if (!ret->item)
		return plan_no_memory(m);
	for (size_t i = 0; i < count; i++) {
		const char *text = jail_params_item(m->p, param, i);

		ret->item[i] = arena_text(m->arena, text, strlen(text));
		if (!ret->item[i])
			return plan_no_memory(m);
	}
	ret->count = count;
	return 0;
}

int plan_origin(const struct maker *m, const char *param, size_t item, struct param_origin *ret)
{
	struct param_origin at = params_item_origin(m->p, param, item);

	if (at.file && !(at.file = arena_text(m->arena, at.file, strlen(at.file))))
		return plan_no_memory(m);
	*ret = at;
	return 0;
}

char *plan_path(struct arena *a, const char *text, const char **why)
{
	size_t length = strlen(text), n = 0;
	char *path;

	*why = length == 0		? "is empty"
	       : length > PLAN_PATH_MAX ? "is too long"
	       : text[0] != '/'		? "is not absolute"
					: NULL;
	if (*why)
		return NULL;
	path = arena_new(a, 1, length + 2);
	if (!path)
		return NULL;
	for (const char *at = text; *at != '\0';) {
		size_t part;

		at += strspn(at, "/");
		part = strcspn(at, "/");
		if (part == 2 && at[0] == '.' && at[1] == '.') {
			*why = "has \"..\" in it";
			return NULL;
		}
		if (part > 0 && !(part == 1 && at[0] == '.')) {
			path[n++] = '/';
			memcpy(path + n, at, part);
			n += part;
		}
		at += part;
	}
	if (n == 0)
		path[n++] = '/';
	path[n] = '\0';
	return path;
}

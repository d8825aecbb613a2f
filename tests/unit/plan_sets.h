/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * plan_sets.h: for the tests of plans: a plan from a list of assignments, or the refusal that it must be.
 */
#ifndef PLAN_SETS_H
#define PLAN_SETS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "plan.h"

#define TEXTS 12

/* A set of these assignments, all from line 5 of "conf" if `file`. */
static inline struct jail_params *set_of(const char *const *texts, bool file)
{
	struct jail_params *p = NULL;
	struct jail_error err = {0};

	assert_int_equal(jail_params_new(&p), 0);
	for (size_t i = 0; i < TEXTS && texts[i]; i++) {
		char name[64];
		const char *equals = strchr(texts[i], '=');
		size_t n = equals ? (size_t)(equals - texts[i]) : strlen(texts[i]);
		bool add = n > 0 && texts[i][n - 1] == '+';
		struct param_origin at = {file ? "conf" : NULL, file ? 5 : 0};
		int r;

		(void)snprintf(name, sizeof(name), "%.*s", (int)(n - add), texts[i]);
		r = add ? params_append_at(p, name, equals + 1, at, &err)
			: params_set_at(p, name, equals ? equals + 1 : NULL, at, &err);
		if (r < 0)
			fail_msg("%s: %s", texts[i], err.what);
	}
	return p;
}

static inline struct plan *plan_of(const char *const *texts, bool file, const struct policy_record *parent)
{
	struct jail_params *p = set_of(texts, file);
	struct jail_error err = {0};
	struct plan *plan = NULL;
	int r = plan_make(p, parent, &plan, &err);

	if (r < 0)
		fail_msg("%s: %s: %s", texts[0], err.param, err.what);
	jail_params_free(p); /* the plan owns all that it points to */
	return plan;
}

#define ARGS(...) ((const char *const[TEXTS]){__VA_ARGS__})
#define PLAN(...) plan_of(ARGS(__VA_ARGS__), false, NULL)
#define FILE_PLAN(...) plan_of(ARGS(__VA_ARGS__), true, NULL)

static inline void refused_of(
    const char *const *texts, const struct policy_record *parent, int errnum, const char *param, const char *said)
{
	struct jail_params *p = set_of(texts, true);
	struct jail_error err = {0};
	struct plan *plan = NULL;
	int r = plan_make(p, parent, &plan, &err);

	if (r != -errnum)
		fail_msg("%s: %d and not %d: %s: %s", texts[0], r, -errnum, err.param, err.what);
	assert_null(plan);
	assert_string_equal(err.param, param);
	if (!strstr(err.what, said) && !strstr(err.hint, said))
		fail_msg("%s: \"%s\" (\"%s\") does not say \"%s\"", texts[0], err.what, err.hint, said);
	if (jail_params_has(p, param) && jail_params_count(p, param) > 0) {
		assert_string_equal(err.file, "conf");
		assert_int_equal(err.line, 5);
	}
	if (!parent)
		assert_int_equal(jail_params_validate(p, NULL), -errnum);
	jail_params_free(p);
}

#define REFUSED(errnum, param, said, ...) refused_of(ARGS(__VA_ARGS__), NULL, errnum, param, said)

static inline bool has(const struct plan_strings *s, const char *text)
{
	size_t n = 0;

	while (n < s->count && strcmp(s->item[n], text) != 0)
		n++;
	assert_null(s->item[s->count]);
	return n < s->count;
}

#endif

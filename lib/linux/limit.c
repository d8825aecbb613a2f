/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * limit.c: see limit.h.
 */
#include "limit.h"

#include "error.h"

static const struct {
	enum limit_means hard; /* deny and throttle */
	enum limit_means soft; /* log and signals */
} means[POLICY_L_COUNT];

enum limit_means limit_means(enum policy_limit limit, enum limit_action action)
{
	return action == LIMIT_DENY || action == LIMIT_THROTTLE ? means[limit].hard : means[limit].soft;
}

int limit_check(const struct plan *plan, struct jail_error *err)
{
	for (size_t i = 0; i < plan->nlimits; i++) {
		const struct plan_limit *l = &plan->limit[i];
		char word[16];

		if (limit_means(l->limit, l->action) != LIMIT_NO_MEANS)
			continue;
		(void)jail_error_set(
		    err, ENOTSUP, "%s is not available in this version", limit_action_name(l->action, l->signal, word));
		jail_error_param(err, limit_row_of(l->limit)->param);
		jail_error_origin(err, l->origin.file, l->origin.line);
		return -ENOTSUP;
	}
	return 0;
}

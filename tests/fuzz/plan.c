/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * plan.c: lines of "name=value" to a parameter set and that to a plan: whatever the parameters say, it is a plan with a
 * sound policy record or an error.
 */
#include "../../lib/plan.h"
#include "files.h"

static void run(const struct jail_params *p)
{
	struct plan *plan = NULL, *child = NULL;
	struct jail_error e = {0};
	int r = plan_make(p, NULL, &plan, &e);

	if (r < 0) {
		HOLDS(r == -e.errnum && e.what[0] != '\0' && !plan);
		return;
	}
	HOLDS(plan->name && plan->path && plan->path[0] == '/');
	HOLDS(plan->record.version == POLICY_VERSION && plan->record.size == sizeof(plan->record));
	/* The same again, held within itself. */
	r = plan_make(p, &plan->record, &child, NULL);
	if (r == 0)
		plan_free(child);
	plan_free(plan);
	HOLDS(plan_make_running(p, &plan, NULL) == 0);
	plan_free(plan);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = as_text(data, size), *rest = text, *line;
	struct jail_params *p;

	HOLDS(jail_params_new(&p) == 0);
	while ((line = strsep(&rest, "\n")))
		(void)jail_params_parse(p, line, NULL);
	allow_files(false);
	run(p);
	allow_files(true);
	jail_params_free(p);
	free(text);
	return 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fstab.c: lines of fstab(5), as they stand in `mount` and in mount.fstab.
 */
#include "../../lib/plan.h"
#include "target.h"

static void check_mount(const struct plan_mount *m)
{
	HOLDS(m->type <= PLAN_M_BLOCK);
	HOLDS(m->fstype);
	HOLDS(m->target && m->target[0] == '/' && m->target[1] != '\0');
	/* Nothing that could lead out of the jail is left in it. */
	HOLDS(!strstr(m->target, "//") && !strstr(m->target, "/../") && !strstr(m->target, "/./"));
	HOLDS(strlen(m->target) < 3 || strcmp(m->target + strlen(m->target) - 3, "/..") != 0);
	HOLDS((m->mode & ~(uint32_t)07777) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const roots[] = {"/", "/srv/web"};
	char *text = as_text(data, size), *rest = text, *line;

	while ((line = strsep(&rest, "\n"))) {
		for (size_t i = 0; i < 2; i++) {
			struct plan_mount m = {0};
			struct jail_error e = {0};
			int r = plan_parse_fstab_line(line, roots[i], (struct param_origin){"fstab", 1}, &m, &e);

			if (r < 0) {
				HOLDS(r == -e.errnum && e.what[0] != '\0' && e.line == 1);
				HOLDS(!m.target);
				continue;
			}
			check_mount(&m);
			free(m.source);
			free(m.target);
			free(m.fstype);
			free(m.data);
		}
	}
	free(text);
	return 0;
}

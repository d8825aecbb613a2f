/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * conf.c: any bytes as a configuration: read, every jail worked out, printed, and what was printed read again, which
 * has to give the same.
 */
#include <jail.h>

#include "files.h"

#define JAILS_MAX 64 /* enough to have seen; thousands of empty blocks teach nothing more */

static void check_error(int r, const struct jail_error *e)
{
	char line[4096];

	HOLDS(r < 0 && e->errnum == -r && e->exitcode > 0);
	HOLDS(e->what[0] != '\0');
	HOLDS(jail_error_format(e, line, sizeof(line)) > 0);
	HOLDS(!strpbrk(line, "\n\r\t\033"));
}

static void compare(const struct jail_params *p, const struct jail_params *q)
{
	const char *name, *other;
	size_t count, others;

	for (size_t i = 0;; i++) {
		jail_params_at(p, i, &name, &count);
		jail_params_at(q, i, &other, &others);
		HOLDS(!name == !other);
		if (!name)
			return;
		HOLDS(strcmp(name, other) == 0 && count == others);
		for (size_t k = 0; k < count; k++)
			HOLDS(strcmp(jail_params_item(p, name, k), jail_params_item(q, name, k)) == 0);
	}
}

static void compare_jails(const struct jail_conf *c, const struct jail_conf *d)
{
	const char *name;

	for (size_t i = 0; (name = jail_conf_name(c, i)) != NULL && i < JAILS_MAX; i++) {
		struct jail_params *p = NULL, *q = NULL;
		struct jail_error e = {0}, f = {0};
		int r = jail_conf_jail(c, name, NULL, NULL, NULL, &p, &e);
		const char *again = jail_conf_name(d, i);

		HOLDS(again && strcmp(name, again) == 0);
		HOLDS(jail_conf_jail(d, name, NULL, NULL, NULL, &q, &f) == r);
		if (r < 0) {
			check_error(r, &e);
			HOLDS(strcmp(e.what, f.what) == 0);
		} else {
			compare(p, q);
			(void)jail_params_validate(p, NULL);
		}
		jail_params_free(p);
		jail_params_free(q);
	}
}

static void run(const char *text, size_t size)
{
	struct jail_conf *c = NULL, *d = NULL;
	struct jail_error e = {0};
	char *printed, *again;
	size_t length, lengths;
	int r;

	HOLDS(jail_conf_new(&c) == 0);
	HOLDS(jail_conf_new(&d) == 0);
	r = jail_conf_memory(c, "input", text, size, &e);
	if (r < 0)
		check_error(r, &e);
	HOLDS(jail_conf_format(c, &printed, &length) == 0);
	HOLDS(r == 0 || length == 0);
	HOLDS(jail_conf_memory(d, "printed", printed, length, NULL) == 0);
	HOLDS(jail_conf_format(d, &again, &lengths) == 0);
	HOLDS(length == lengths && memcmp(printed, again, length) == 0);
	compare_jails(c, d);
	free(printed);
	free(again);
	jail_conf_free(c);
	jail_conf_free(d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	allow_files(false);
	run((const char *)data, size);
	allow_files(true);
	return 0;
}

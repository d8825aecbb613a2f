/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * assign.c: lines of "name=value" as they stand on a command line, into one parameter set; then that set through
 * encoding and back.
 */
#include "../../lib/params.h"
#include "target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = as_text(data, size), *rest = text, *line;
	struct jail_params *p, *q;
	void *bytes;
	size_t length;

	HOLDS(jail_params_new(&p) == 0);
	while ((line = strsep(&rest, "\n"))) {
		struct jail_error e = {0};
		int r = jail_params_parse(p, line, &e);

		HOLDS(r == 0 || (r == -e.errnum && e.what[0] != '\0'));
	}
	(void)jail_params_validate(p, NULL);
	HOLDS(params_encode(p, &bytes, &length) == 0);
	HOLDS(params_decode(bytes, length, &q) == 0);
	jail_params_free(p);
	jail_params_free(q);
	free(bytes);
	free(text);
	return 0;
}

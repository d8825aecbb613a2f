/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * params.c: any bytes as an encoded parameter set, as it would come from the kernel: what is taken for one can be read,
 * encoded and decoded again to the same.
 */
#include "../../lib/params.h"
#include "target.h"

static void read_all(const struct jail_params *p)
{
	const char *name, *text;
	size_t count;
	int64_t number;
	bool truth;

	for (size_t i = 0; jail_params_at(p, i, &name, &count), name; i++) {
		HOLDS(jail_param_find(name));
		HOLDS(jail_params_count(p, name) == count);
		for (size_t k = 0; k < count; k++) {
			struct param_origin at = params_item_origin(p, name, k);

			HOLDS(jail_params_item(p, name, k));
			HOLDS(!at.file || strlen(at.file) < SIZE_MAX);
		}
		HOLDS(!jail_params_item(p, name, count));
		(void)jail_params_get(p, name, &text);
		(void)jail_params_get_int(p, name, &number);
		(void)jail_params_get_bool(p, name, &truth);
	}
	(void)jail_params_validate(p, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct jail_params *p = NULL, *q = NULL;
	void *bytes, *again;
	size_t length, lengths;

	if (params_decode(data, size, &p) < 0) {
		HOLDS(!p);
		return 0;
	}
	read_all(p);
	HOLDS(params_encode(p, &bytes, &length) == 0);
	HOLDS(params_decode(bytes, length, &q) == 0);
	HOLDS(params_encode(q, &again, &lengths) == 0);
	HOLDS(length == lengths && memcmp(bytes, again, length) == 0);
	jail_params_free(p);
	jail_params_free(q);
	free(bytes);
	free(again);
	return 0;
}

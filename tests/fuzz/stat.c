/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stat.c: the texts in which Linux tells figures; parts of some (names of interfaces and processes) are a jail's
 * choice.
 */
#include "../../lib/linux/stat_text.h"
#include "target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct stat_key keys[] = {
	    {"anon", JAIL_STAT_MEMORY_ANON, -1024}, {"throttled_time", JAIL_STAT_CPU_THROTTLED, 1000}};
	char *text = as_text(data, size);
	struct stat_tally t = {0};
	struct jail_stat s = {0};

	stat_text_keys(text, keys, 2, &s);
	stat_text_number(text, JAIL_STAT_MEMORY, &s);
	stat_text_limit1(text, JAIL_STAT_MEMORY_LIMIT, UINT64_C(1) << 62, &s);
	stat_text_cpu_max(text, &s);
	stat_text_cpu_quota1(text, text, &s);
	stat_text_pressure(text, JAIL_STAT_CPU_SOME, &s);
	stat_text_io(text, &s);
	stat_text_blkio(text, JAIL_STAT_IO_READS, JAIL_STAT_IO_WRITES, &s);
	stat_text_net(text, &s);
	HOLDS(!stat_text_status(text, &t) || t.threads > 0);
	HOLDS((s.available >> JAIL_STAT_FIGURES) == 0);
	/* What is not known was not written either. */
	for (size_t i = 0; i < JAIL_STAT_FIGURES; i++)
		HOLDS(jail_figure_known(&s, (enum jail_figure)i) || s.figure[i] == 0);
	free(text);
	return 0;
}

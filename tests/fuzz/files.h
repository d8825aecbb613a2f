/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * files.h: for targets whose input can name files: nothing can be opened while the fuzzer's inventions are read.
 */
#ifndef FUZZ_FILES_H
#define FUZZ_FILES_H

#include <sys/resource.h>

#include "target.h"

static inline void allow_files(bool allowed)
{
	static struct rlimit usual;
	struct rlimit l;

	if (usual.rlim_max == 0)
		HOLDS(getrlimit(RLIMIT_NOFILE, &usual) == 0);
	l = usual;
	if (!allowed)
		l.rlim_cur = 0;
	HOLDS(setrlimit(RLIMIT_NOFILE, &l) == 0);
}

#endif

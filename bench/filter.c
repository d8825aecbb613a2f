/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * filter.c: writes the filter of system calls that a jail without any allow.* has, for the floor programs to install.
 */
#include <stdio.h>
#include <stdlib.h>

#include "privilege.h"

int main(void)
{
	static struct privileges set;
	struct policy_record record = {
	    .version = POLICY_VERSION,
	    .size = sizeof(record),
	    .sysvmsg = POLICY_IPC_NEW,
	    .sysvsem = POLICY_IPC_NEW,
	    .sysvshm = POLICY_IPC_NEW,
	    .users_count = 65536,
	};

	if (privilege_compose(&record, &set, NULL) < 0 ||
	    fwrite(set.filter, sizeof(set.filter[0]), set.length, stdout) != set.length || fflush(stdout) != 0)
		return EXIT_FAILURE;
	return EXIT_SUCCESS;
}

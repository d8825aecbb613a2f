/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * owner.c: see owner.h.
 */
#include "owner.h"

#include <linux/securebits.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../../util.h"

void owner_restore(const struct owner_before *was)
{
	/* The C library would change every thread. */
	(void)syscall(SYS_setresuid, was->real, was->effective, was->saved);
	(void)prctl(PR_SET_SECUREBITS, was->securebits);
	(void)prctl(PR_SET_DUMPABLE, was->dumpable);
}

int owner_become(uid_t id, struct owner_before *ret)
{
	int r;

	ret->securebits = prctl(PR_GET_SECUREBITS);
	ret->dumpable = prctl(PR_GET_DUMPABLE);
	if (ret->securebits < 0 || ret->dumpable < 0 || getresuid(&ret->real, &ret->effective, &ret->saved) < 0)
		return negative_errno();
	if (prctl(PR_SET_SECUREBITS, ret->securebits | SECBIT_NO_SETUID_FIXUP) == 0 &&
	    syscall(SYS_setresuid, id, id, ret->saved) == 0)
		return 0;
	r = negative_errno();
	owner_restore(ret);
	return r;
}

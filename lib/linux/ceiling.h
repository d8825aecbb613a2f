/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ceiling.h: the most processes that the users of a jail may have, so that a fork bomb in a jail without limits does
 * not stop the host. The kernel holds it for all users of a user namespace together (kernel/user_namespace.c and
 * kernel/ucount.c: the RLIMIT_NPROC of the process that makes the namespace). It costs no control group, and is fixed
 * when the users are made. It may not know control groups.
 */
#ifndef LINUX_CEILING_H
#define LINUX_CEILING_H

#include "../plan.h"

/*
 * Each jail's user namespace belongs to an id of its own, so that the kernel counts what its users have apart from
 * other jails and from the host's root. Nobody is that id: it lies in no jail's range. The ids from CEILING_OWNERS on
 * are for that.
 */
#define CEILING_OWNERS UINT32_C(0xfffd0000)

static inline uint32_t ceiling_owner(uint32_t users_base)
{
	return CEILING_OWNERS + (users_base >> 16);
}

/*
 * For a jail of this plan: a quarter of what the machine can have, or the tool's own limit where that is lower; at
 * least what limit.maxproc says. 0: none, by limit.maxproc = unlimited or because the jail has the host's users.
 */
uint32_t ceiling_of(const struct plan *plan);
/* May a running jail be given the limit.maxproc of `will`? EBUSY: it was made with a lower ceiling. */
int ceiling_check(int jailfd, const struct policy_record *will, struct jail_error *err);

#endif

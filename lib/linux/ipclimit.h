/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ipclimit.h: limits of the jail's own IPC name space: nmsgq, msgqsize, nsem, nsemop, nshm, shmsize (the files
 * msgmni, msgmnb, sem, shmmni, shmall of /proc/sys/kernel, sysvipc(7)). The name space's root may write them: the view
 * makes /proc/sys/kernel read only inside.
 */
#ifndef LINUX_IPCLIMIT_H
#define LINUX_IPCLIMIT_H

#include "../plan.h"

bool ipclimit_is(enum policy_limit limit);
/* Is the IPC namespace the host's? */
bool ipclimit_shared(const struct policy_record *record);
bool ipclimit_any(const struct policy_record *record);
/* The host's objects have no limits of the jail's. EINVAL: names the parameter. */
int ipclimit_check(const struct plan *plan, struct jail_error *err);
/* The directory of the files, for ipclimit_apply() where no such directory can be found any more. -errno. */
int ipclimit_open(void);
/* By a process that is root of the name space's users and in it. `was` NULL: a new name space. */
int ipclimit_apply(
    int dirfd, const struct policy_record *was, const struct policy_record *will, struct jail_error *err);

#endif

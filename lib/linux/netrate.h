/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * netrate.h: limit.netrate: a small program on the jail's control group (cgroup v2, BPF_PROG_TYPE_CGROUP_SKB) for each
 * direction, which lets pass what a bucket of the limit's rate has room for: half a second's worth at once. It sees
 * every IP packet of the jail's sockets and its children's; of a stack of the jail's own, all but loopback. It goes
 * with the control group; there is no file and no process.
 */
#ifndef LINUX_NETRATE_H
#define LINUX_NETRATE_H

#include "../plan.h"

/*
 * Hold the jail to the rates of `will`: programs come, change and go. `was`: what holds now, NULL: nothing. A failure
 * changes nothing. ENOTSUP: this kernel loads no such programs, or not for us.
 */
int netrate_change(
    int jailfd, const struct policy_record *was, const struct policy_record *will, struct jail_error *err);
/* Can it be done here? 0, or why not: -errno. */
int netrate_probe(void);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * inherited.h: what a process has inherited from the program that started the tool, and must not take into a jail.
 */
#ifndef LINUX_SYS_INHERITED_H
#define LINUX_SYS_INHERITED_H

#include <jail.h>

/*
 * For the calling process, with the host's privileges and the host's /proc: what would put it before others, or weaken
 * it, becomes what the kernel gives to an ordinary process: real-time and deadline scheduling, a negative nice value,
 * a high I/O priority, a negative oom_score_adj, timer slack, memory policy, memory merging, what memory errors do,
 * personality (address randomization), the core scheduling group, commonly ignored signals. What puts it
 * behind others (a positive nice value, SCHED_BATCH, SCHED_IDLE, a positive oom_score_adj), the set of processors and
 * the resource limits stay. Allocates nothing: may be called between clone and exec.
 */
int inherited_reset(struct jail_error *err);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * process.h: a jail's process 1, named for ever by its number and start time.
 */
#ifndef LINUX_PROCESS_H
#define LINUX_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Start time in clock ticks since boot (field 22 of /proc/PID/stat, proc(5)). ESRCH. */
int process_start_time(pid_t pid, uint64_t *ret);
/* A pidfd of exactly that process. ESRCH when nothing of it is left, also when its number was given to another. */
int process_open(pid_t pid, uint64_t start, int *ret_pidfd);
/* The /proc directory of exactly that process (O_PATH); what is opened there is that process's or ESRCH. ESRCH. */
int process_directory(pid_t pid, uint64_t start, int *ret_fd);
/* How often our reaper, by its /proc directory, started its command again: it keeps count in its name (jail-init(8)).
 */
unsigned long process_restarts(int procfd);
/* Its number where we are; -errno. */
int process_number(int pidfd);
/* Has it ended, waited for or not? */
bool process_ended(int pidfd);
/* Did a call on it fail with `errnum` because it is ending just now? */
bool process_ends(int pidfd, int errnum);
/*
 * What we started in a jail that another program removed stays our zombie: take those away. The kernel shows one zombie
 * after the other; it ends at the first that was not in a removed control group beneath `jail/`, which is the caller's.
 */
void process_reap_removed(void);
/*
 * Wait for a child by pidfd, also one that sends no SIGCHLD: it has ended, or does so because it was killed or its work
 * is done. ECHILD: not ours. ETIMEDOUT: it waits in the kernel. A tracer can keep a child that has ended from its
 * parent for ever: then the status is read from /proc, and the child is left to whoever is its parent next.
 */
int process_wait(int pidfd, int *ret_status);

#endif

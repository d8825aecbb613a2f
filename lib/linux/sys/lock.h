/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lock.h: exclusive locks on single bytes of a file. The lock belongs to the open file description (F_OFD_SETLK,
 * fcntl(2)): it ends with the last descriptor of it. It may not know what a byte stands for.
 */
#ifndef SYS_LOCK_H
#define SYS_LOCK_H

#include <stdint.h>
#include <sys/types.h>

#define LOCK_NAME_MAX 16 /* of the holder: TASK_COMM_LEN */

/*
 * `fd` is open for writing. `wait_ms` 0: EWOULDBLOCK when somebody else has it; else ETIMEDOUT when the time has
 * passed.
 */
int lock_take(int fd, uint64_t byte, int wait_ms);
/* Of all bytes that were taken by `fd`, also where another process still has a copy of it. */
void lock_drop(int fd);
/* In a process that was forked and may outlive its parent: its copies of all that any thread of the parent has locked.
 */
void lock_close_copies(void);
/* A process of root's that has the byte locked, found in /proc within a second: its number and name; 0: none. */
pid_t lock_holder(int fd, uint64_t byte, char ret_name[LOCK_NAME_MAX]);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pipe_copy.h: from a pipe to a file, never waiting for the pipe. Used by the tools and by jail-init; it may not know
 * what is written.
 */
#ifndef SYS_PIPE_COPY_H
#define SYS_PIPE_COPY_H

#include <stdbool.h>

/*
 * Copies what the pipe `from` (O_NONBLOCK) holds at this moment, and no more than that, however much is written
 * meanwhile. What `to` does not take (a full disk, a limit of its size) is dropped.
 */
void pipe_copy(int from, int to);

/*
 * What poll(2) says of a pipe's read end: has every write end been closed, and has everything been read? The kernel
 * counts the write ends, so no writer can pretend this.
 */
bool pipe_over(short revents);

#endif

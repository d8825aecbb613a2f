/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pipe_copy.c: see pipe_copy.h.
 */
#include "pipe_copy.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/types.h>
#include <unistd.h>

#define BUFFER_SIZE 4096 /* lives on the stack of process 1 */

static void put(int to, const char *buf, size_t size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = write(to, buf + done, size - done);

		if (n > 0)
			done += (size_t)n;
		else if (n == 0 || errno != EINTR)
			return;
	}
}

void pipe_copy(int from, int to)
{
	char buf[BUFFER_SIZE];
	int left = 0;

	if (ioctl(from, FIONREAD, &left) < 0)
		return;
	while (left > 0) {
		/* Always a whole buffer: a writer may have made packets of its output (O_DIRECT). */
		ssize_t n = read(from, buf, sizeof(buf));

		if (n < 0 && errno == EINTR)
			continue;
		/* A reader inside was faster: whoever has the write end can open the other one in /proc. */
		if (n <= 0)
			return;
		put(to, buf, (size_t)n);
		left -= (int)n;
	}
}

bool pipe_over(short revents)
{
	return (revents & (POLLIN | POLLHUP)) == POLLHUP || (revents & (POLLERR | POLLNVAL)) != 0;
}

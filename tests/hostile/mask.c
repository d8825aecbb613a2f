/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mask: under the tracer. Sets a mask of signals by the bare call, then another, and sees that the first is what it is
 * given back. Ends with 0: both calls worked; 1: a call failed, but has done its work; 2: it has not.
 */
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

static long set(const uint64_t *mask, uint64_t *old)
{
	return syscall(SYS_rt_sigprocmask, SIG_SETMASK, mask, old, sizeof(*mask));
}

int main(void)
{
	const uint64_t first = (uint64_t)1 << (SIGUSR1 - 1), second = (uint64_t)1 << (SIGUSR2 - 1);
	uint64_t unused = 0, old = ~(uint64_t)0;
	long r = set(&first, &unused) | set(&second, &old);

	if (old != first)
		return 2;
	return r == 0 ? 0 : 1;
}

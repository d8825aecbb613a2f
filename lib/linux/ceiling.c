/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ceiling.c: see ceiling.h.
 */
#include "ceiling.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "error.h"
#include "store.h"
#include "util.h"

#define SHARE 4	       /* a quarter of the machine's */
#define CEILING_MIN 64 /* what a small service needs */

/* A number of /proc/sys; UINT64_MAX: it can't be read. */
static uint64_t sysctl_number(const char *path)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	char buf[32], *end;
	unsigned long long value;
	ssize_t n = fd < 0 ? -1 : read(fd, buf, sizeof(buf) - 1);

	if (n <= 0)
		return UINT64_MAX;
	buf[n] = '\0';
	errno = 0;
	value = strtoull(buf, &end, 10);
	return errno != 0 || end == buf ? UINT64_MAX : value;
}

static uint64_t share_of_machine(void)
{
	uint64_t threads = sysctl_number("/proc/sys/kernel/threads-max");
	uint64_t numbers = sysctl_number("/proc/sys/kernel/pid_max");
	uint64_t most = (threads < numbers ? threads : numbers) / SHARE;
	struct rlimit own;

	if (most < CEILING_MIN)
		most = CEILING_MIN;
	if (getrlimit(RLIMIT_NPROC, &own) == 0 && own.rlim_cur < most)
		most = own.rlim_cur;
	return most;
}

uint32_t ceiling_of(const struct plan *plan)
{
	uint64_t asked = plan->record.limit[POLICY_L_MAXPROC], most;

	if (plan->maxproc_lifted || (plan->record.flags & POLICY_F_HOST_USERS) != 0)
		return 0;
	most = share_of_machine();
	if (asked != POLICY_UNLIMITED && asked > most)
		most = asked;
	return most < UINT32_MAX ? (uint32_t)most : 0;
}

int ceiling_check(int jailfd, const struct policy_record *will, struct jail_error *err)
{
	uint64_t asked = will->limit[POLICY_L_MAXPROC];
	uint32_t ceiling;
	int r = store_ceiling_read(jailfd, &ceiling);

	if (r < 0)
		return jail_error_sys(err, -r, "cannot read its limit of processes");
	/* Without a limit of its own the jail is held to the ceiling, and jls(8) shows that. */
	if (ceiling == 0 || asked <= ceiling || asked == POLICY_UNLIMITED)
		return 0;
	(void)jail_error_set(err, EBUSY, "its users were made with at most %u processes, which is fixed", ceiling);
	jail_error_param(err, "limit.maxproc");
	return jail_error_hint(err, EBUSY, "restart the jail with it: jail -rc");
}

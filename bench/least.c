/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * least.c: see least.h.
 */
#include "least.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define CAP(name) ((uint64_t)1 << CAP_##name)

void must(long result, const char *what)
{
	if (result < 0) {
		(void)fprintf(stderr, "%s: %s\n", what, strerror(errno));
		_exit(111);
	}
}

void least_read(const char *path, struct least_filter *ret)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	must(fd, path);
	n = read(fd, ret->code, sizeof(ret->code));
	must(n > 0 && n % (ssize_t)sizeof(ret->code[0]) == 0 ? 0 : -1, path);
	ret->length = (unsigned short)((size_t)n / sizeof(ret->code[0]));
	(void)close(fd);
}

void least_cgroup(struct clone_args *args, const char *path)
{
	int fd = open(path, O_PATH | O_CLOEXEC);

	must(fd, path);
	args->flags |= CLONE_INTO_CGROUP;
	args->cgroup = (uint64_t)fd;
}

void least_privileges(const struct least_filter *filter)
{
	const uint64_t keep = CAP(CHOWN) | CAP(DAC_OVERRIDE) | CAP(FOWNER) | CAP(FSETID) | CAP(KILL) | CAP(SETGID) |
			      CAP(SETUID) | CAP(SETPCAP) | CAP(SYS_CHROOT) | CAP(SETFCAP);
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	const struct __user_cap_data_struct data[2] = {
	    {.effective = (uint32_t)keep, .permitted = (uint32_t)keep},
	    {.effective = (uint32_t)(keep >> 32), .permitted = (uint32_t)(keep >> 32)},
	};
	const struct sock_fprog program = {
	    .len = filter->length, .filter = (struct sock_filter *)(uintptr_t)filter->code};

	if (filter->length == 0)
		return;
	must(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program), "seccomp");
	for (unsigned cap = 0; cap < 64; cap++)
		if ((keep & ((uint64_t)1 << cap)) == 0 && prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0)
			break;
	must(syscall(SYS_capset, &header, data), "capset");
}

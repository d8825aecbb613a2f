/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * landlock.c: see landlock.h. The interface is written here in numbers, since older headers lack it.
 */
#include "landlock.h"

#include <errno.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../../util.h"

#define CREATE_RULESET 444
#define RESTRICT_SELF 446
#define ASK_VERSION 1u
#define SCOPE_ABSTRACT_UNIX_SOCKET 1u

/* struct landlock_ruleset_attr of ABI 6. */
struct ruleset {
	uint64_t files, network, scoped;
};

int landlock_abi(void)
{
	long abi = syscall(CREATE_RULESET, NULL, 0, ASK_VERSION);

	return abi < 0 ? negative_errno() : (int)abi;
}

int landlock_scope_sockets(void)
{
	const struct ruleset attr = {.scoped = SCOPE_ABSTRACT_UNIX_SOCKET};
	_cleanup_close_ int fd = (int)syscall(CREATE_RULESET, &attr, sizeof(attr), 0);

	if (fd < 0) {
		/* An older one knows no such field, or no scopes; none, or one that is switched off. */
		if (errno == E2BIG || errno == EINVAL || errno == ENOSYS)
			return -EOPNOTSUPP;
		return negative_errno();
	}
	return syscall(RESTRICT_SELF, fd, 0) < 0 ? negative_errno() : 0;
}

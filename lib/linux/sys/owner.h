/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * owner.h: act as the owner of a user namespace. Whoever made a user namespace has every capability in it, also those
 * that the caller lacks on the host (user_namespaces(7)). Knows nothing of jails.
 */
#ifndef LINUX_SYS_OWNER_H
#define LINUX_SYS_OWNER_H

#include <sys/types.h>

/* What a thread was before. */
struct owner_before {
	uid_t real, effective, saved;
	int securebits, dumpable;
};

/*
 * Make `id` the real and the effective user id of the calling thread, which keeps its capabilities and, as its saved
 * id, what it was. No other thread changes. -errno: nothing has changed.
 */
int owner_become(uid_t id, struct owner_before *ret);
void owner_restore(const struct owner_before *was);

#endif

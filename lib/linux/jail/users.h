/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * users.h: the user namespace that a jail was made with. A process 1 that is jail-init stays in it. Any other may be in
 * one that it has made itself, whose ids it has chosen; the tools must not act with that one.
 */
#ifndef LINUX_JAIL_USERS_H
#define LINUX_JAIL_USERS_H

#include "../store.h"

/* Record the namespace, where process 1 is not jail-init. -errno. */
int users_write(int jailfd, int users_fd);
/* Open it, of a jail that has users of its own. -ESRCH: process 1 has ended. -errno. */
int users_open(int jailfd, const struct store_state *s);
/* Does the namespace behind `fd`, of any kind, belong to that user namespace? 1, 0 or -errno. */
int users_own(int users_fd, int fd);

#endif

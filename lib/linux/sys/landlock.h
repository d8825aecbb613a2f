/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * landlock.h: Landlock domains: what a process and all that descend from it may reach of others.
 */
#ifndef LINUX_SYS_LANDLOCK_H
#define LINUX_SYS_LANDLOCK_H

/* The interface that keeps abstract sockets apart: Linux 6.12. */
#define LANDLOCK_ABI_SCOPES 6

/* The version of the kernel's interface. -errno: there is none, or it is switched off. */
int landlock_abi(void);
/*
 * From now on this process, and each that descends from it, connects to abstract sockets only of its own domain. Takes
 * CAP_SYS_ADMIN in its user namespace, or no_new_privs. It also can't trace, or look into, processes outside of the
 * domain. -EOPNOTSUPP: the kernel can't do it.
 */
int landlock_scope_sockets(void);

#endif

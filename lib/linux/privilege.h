/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * privilege.h: what allow.* means on Linux before any program inside runs: capabilities, a seccomp filter, no_new_privs
 * and securebits. Each privilege is one row of one table (privilege_table.c): capabilities, system calls, arguments.
 * Whether a jail has it is asked of the policy core; nothing here decides.
 */
#ifndef LINUX_PRIVILEGE_H
#define LINUX_PRIVILEGE_H

#include <linux/filter.h>

#include "../plan.h"

#define PRIVILEGE_FILTER_MAX 1024

struct privileges {
	uint64_t capabilities; /* those that stay in the bounding set; all others go */
	bool no_new_privs;
	bool no_root;	  /* allow.suser = no: root inside is an ordinary user */
	bool own_keyring; /* allow.keyring: it starts with an empty session keyring */
	bool own_sockets; /* on the host's network: abstract sockets of processes outside can't be reached */
	unsigned short length;
	struct sock_filter filter[PRIVILEGE_FILTER_MAX];
};

/* Compose from the record. Pure. E2BIG when the filter does not fit (a bug, caught by a unit test over all records). */
int privilege_compose(const struct policy_record *record, struct privileges *ret, struct jail_error *err);
/*
 * In the jail, as its root with all capabilities of its user namespace: bounding set, securebits, ambient and
 * inheritable sets, no_new_privs, filter, in the order that works. Does not allocate. After it the process still has
 * the capabilities that remain (it may yet change its user).
 */
int privilege_apply(const struct privileges *set, struct jail_error *err);
/*
 * Become a user of the jail for good: groups, gid, uid; for uid 0 with no_root, drop every capability. Called last
 * before exec.
 */
int privilege_become(const struct privileges *set, uint32_t uid, uint32_t gid, const uint32_t *groups, size_t ngroups,
    struct jail_error *err);
/* One line for `jls -n enforcement`: "capabilities,seccomp" and so on. */
const char *privilege_enforcement(void);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * privilege_table.h: what each privilege is made of on Linux, and which gate each system call stands behind.
 */
#ifndef LINUX_PRIVILEGE_TABLE_H
#define LINUX_PRIVILEGE_TABLE_H

#include <policy.h>

#include "seccomp_rules.h"

/* What a jail has: POLICY_BIT() of each privilege, and beside them what the record says elsewhere. */
#define HELD_MSG POLICY_BIT(56) /* System V message queues, semaphores, shared memory */
#define HELD_SEM POLICY_BIT(57)
#define HELD_SHM POLICY_BIT(58)
#define HELD_MOUNTS POLICY_BIT(59)  /* enforce_statfs is 0: the mount table is visible */
#define HELD_NETWORK POLICY_BIT(60) /* a network of its own */
#define HELD_MQ POLICY_BIT(61) /* POSIX message queues: of an IPC namespace of its own, or with the host's queues */

_Static_assert(POLICY_P_COUNT <= 56, "no room beside the privileges");

struct privilege_row {
	uint64_t own;	   /* capabilities in a user namespace of the jail's own */
	uint64_t host;	   /* the same among the host's users: what reaches beyond the jail is missing here */
	const char *limit; /* what this kernel can't hold apart, or can't give; NULL: nothing */
	bool idle_own;	   /* among users of the jail's own all of it is lost: `limit` says to what */
	bool idle_host;	   /* the same among the host's users */
};

extern const struct privilege_row privilege_rows[POLICY_P_COUNT];

/* What every jail keeps, and what process 1 needs even where root is nobody. */
extern const uint64_t privilege_base_own, privilege_base_host, privilege_base_no_root;

/* The gates that system calls stand behind; the rows are in privilege_table.c. */
enum privilege_gate {
	GATE_UNKNOWN, /* numbers that are in no row */
	GATE_ABSENT,  /* no kernel since 6.1 has it */
	GATE_ALWAYS,
	GATE_NEVER,
	GATE_BPF,
	GATE_PERF,
	GATE_VMM,
	GATE_IO_URING,
	GATE_FANOTIFY,
	GATE_TRACE,
	GATE_KEYRING,
	GATE_MOUNT,
	GATE_MOUNT_CALL,
	GATE_MOUNT_TYPE,
	GATE_MOUNT_CLONE,
	GATE_MOUNTS_SEEN,
	GATE_QUOTAS,
	GATE_SETTIME,
	GATE_ADJTIME,
	GATE_MSGBUF,
	GATE_HOSTNAME,
	GATE_CLONE,
	GATE_UNSHARE,
	GATE_CLONE3,
	GATE_SETNS,
	GATE_IOCTL,
	GATE_PERSONALITY,
	GATE_SOCKET,
	GATE_SOCKETCALL,
	GATE_SOCKET_IP, /* no call's: what GATE_SOCKET goes on with */
	GATE_SCHED,
	GATE_SCHED_ATTR,
	GATE_MEMFD,
	GATE_MMAP,
	GATE_MMAP_OLD,
	GATE_MQ,
	GATE_MSG,
	GATE_SEM,
	GATE_SHM,
	GATE_SHMGET,
	GATE_IPC,
	GATE_MKNOD,
	GATE_MKNODAT,
	GATE_COUNT
};

/* The rule of each gate for a jail that has `held`. Pure. */
void privilege_rules(uint64_t held, struct seccomp_rule ret[GATE_COUNT]);
/* Number to gate of one ABI. Pure. */
void privilege_system_calls(enum seccomp_abi abi, struct seccomp_table *ret);

#endif

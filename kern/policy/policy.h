/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * policy.h: what a jail may do: the record and the three questions asked of it. Freestanding C: no libc, no memory of
 * its own, no unbounded loop, and not the name of any kernel; the same source is compiled into the library, into BPF
 * programs, into the NetBSD kernel and into proofs.
 */
#ifndef POLICY_H
#define POLICY_H

#include <stdbool.h>
#include <stdint.h>

#define POLICY_VERSION 1u
#define POLICY_DEVICES_MAX 32u

/* The privileges, one bit each in policy_record.allow. Order is part of the record's layout: append only. */
enum policy_privilege {
#define POLICY_PRIVILEGE(symbol, name) POLICY_P_##symbol,
#include "privileges.def"
#undef POLICY_PRIVILEGE
	POLICY_P_COUNT
};

#define POLICY_BIT(p) ((uint64_t)1 << (p))

/* The limits that are numbers, one field each in policy_record.limit: append only. */
enum policy_limit {
#define POLICY_LIMIT(symbol, name) POLICY_L_##symbol,
#include "limits.def"
#undef POLICY_LIMIT
	POLICY_L_COUNT
};

#define POLICY_UNLIMITED UINT64_MAX

/* policy_record.flags */
#define POLICY_F_READONLY 0x01u	    /* the root is read only */
#define POLICY_F_HOST_USERS 0x02u   /* no user namespace of its own */
#define POLICY_F_HOST_NETWORK 0x04u /* no network stack of its own */
#define POLICY_F_HOST_NAME 0x08u    /* no host name of its own */
#define POLICY_F_EVERYBODY 0x10u    /* of the host's files it reads what everybody there may read, nothing else */

enum policy_ipc { POLICY_IPC_DISABLE, POLICY_IPC_NEW, POLICY_IPC_INHERIT };

#define POLICY_DEV_BLOCK 0x1u
#define POLICY_DEV_READ 0x2u
#define POLICY_DEV_WRITE 0x4u

struct policy_device {
	uint32_t major;
	uint32_t minor;
	uint32_t access; /* POLICY_DEV_* */
};

/* Fixed layout, little endian as every machine we run on, no padding; the same bytes everywhere. */
struct policy_record {
	uint32_t version;	 /* POLICY_VERSION */
	uint32_t size;		 /* sizeof(struct policy_record) */
	uint64_t allow;		 /* POLICY_BIT()s */
	uint32_t flags;		 /* POLICY_F_* */
	int32_t securelevel;	 /* 0..3 */
	uint32_t enforce_statfs; /* 0..2 */
	uint32_t children_max;
	uint32_t users_base; /* first id of the range, in the host's ids */
	uint32_t users_count;
	uint8_t sysvmsg, sysvsem, sysvshm; /* enum policy_ipc */
	uint8_t pad;
	uint32_t ndevices;
	struct policy_device device[POLICY_DEVICES_MAX];
	uint64_t limit[POLICY_L_COUNT]; /* beyond which it is denied, slowed down or ended; POLICY_UNLIMITED */
};

enum policy_operation {
	POLICY_OP_PRIVILEGE,	/* object.number: enum policy_privilege */
	POLICY_OP_DEVICE,	/* object.device: open with this access */
	POLICY_OP_CHILD_CREATE, /* object.number: children it has already, the new one left out */
	POLICY_OP_SIGNAL,	/* object.record/id: send a signal to, trace or see a process of another jail */
	POLICY_OP_CHANGE,	/* change another jail */
};

/* Why: which part of the record decided. */
enum policy_rule {
	POLICY_R_NONE,
	POLICY_R_VERSION,
	POLICY_R_ALLOW,
	POLICY_R_NEVER,
	POLICY_R_SECURELEVEL,
	POLICY_R_DEVICES,
	POLICY_R_STANDARD_DEVICE,
	POLICY_R_CHILDREN_MAX,
	POLICY_R_OWN,
	POLICY_R_DESCENDANT,
	POLICY_R_OTHER_JAIL,
	POLICY_R_HOST_USERS,
	POLICY_R_READONLY,
	POLICY_R_ENFORCE_STATFS,
	POLICY_R_USERS,
	POLICY_R_NETWORK,
	POLICY_R_IPC,
	POLICY_R_HOSTNAME,
	POLICY_R_LIMIT, /* detail: enum policy_limit */
	POLICY_R_EVERYBODY,
};

struct policy_subject {
	const struct policy_record *record; /* NULL: the host itself */
	uint64_t jail;			    /* identity; 0: the host */
};

struct policy_object {
	uint64_t number;
	uint64_t jail;	 /* the object's jail; 0: the host */
	bool descendant; /* object.jail lies beneath the subject's */
	struct policy_device device;
};

struct policy_verdict {
	bool allowed;
	enum policy_rule rule;
	uint32_t detail; /* the privilege, device index, ... that decided */
};

struct policy_verdict policy_decide(
    struct policy_subject subject, enum policy_operation op, const struct policy_object *object);
/* Does `child` have nothing that `parent` has not? The verdict names the first rule that it breaks. */
struct policy_verdict policy_within(const struct policy_record *child, const struct policy_record *parent);
/* Take from `child` what `parent` has not; afterwards policy_within() holds. */
void policy_clamp(struct policy_record *child, const struct policy_record *parent);
/* The name of a privilege ("mount.tmpfs" for allow.mount.tmpfs), of a limit and of a rule, for messages; never NULL. */
const char *policy_privilege_name(enum policy_privilege p);
const char *policy_limit_name(enum policy_limit l);
const char *policy_rule_name(enum policy_rule r);

#endif

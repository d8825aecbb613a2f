/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * decide.c: may this subject do this operation on this object? The answer, and which part of the record gave it. It
 * fails closed: a record, an operation or an object that it does not understand is refused. Freestanding; see policy.h.
 */
#include "record.h"

static struct policy_verdict verdict(bool allowed, enum policy_rule rule, uint32_t detail)
{
	struct policy_verdict v = {allowed, rule, detail};

	return v;
}

/* The lowest securelevel that takes the privilege away, whatever allow.* says; 0: none does. */
static int securelevel_of(enum policy_privilege p)
{
	switch (p) {
	case POLICY_P_CHFLAGS: /* what was made immutable stays so */
	case POLICY_P_BPF:
	case POLICY_P_PERF:
		return 1;
	case POLICY_P_SETTIME: /* time stamps can't be forged */
	case POLICY_P_ADJTIME:
		return 2;
	case POLICY_P_ROUTING: /* the network stays as it was set up */
		return 3;
	default:
		return 0;
	}
}

static bool is_mount_of_type(enum policy_privilege p)
{
	return p >= POLICY_P_MOUNT_DEVFS && p <= POLICY_P_MOUNT_OVERLAY;
}

/*
 * Without users of its own a jail's root is the host's: the capability that mounting or naming takes reaches far beyond
 * the jail, and the key rings of its users are those of the host's users.
 */
static bool needs_own_users(enum policy_privilege p)
{
	return p == POLICY_P_MOUNT || is_mount_of_type(p) || p == POLICY_P_SET_HOSTNAME || p == POLICY_P_KEYRING;
}

/* The privilege that `p` is part of, or includes by its nature: without it `p` is refused. POLICY_P_COUNT: none. */
static enum policy_privilege needs_too(enum policy_privilege p)
{
	if (is_mount_of_type(p))
		return POLICY_P_MOUNT;
	/* A ring makes sockets of every family, and nothing outside can restrict it. */
	return p == POLICY_P_IO_URING ? POLICY_P_SOCKET_AF : POLICY_P_COUNT;
}

static struct policy_verdict decide_privilege(const struct policy_record *r, uint64_t number)
{
	enum policy_privilege p = (enum policy_privilege)number;
	int level;

	if (number >= POLICY_P_COUNT)
		return verdict(false, POLICY_R_NEVER, 0);
	if (!record_allows(r, p))
		return verdict(false, POLICY_R_ALLOW, p);
	if (needs_own_users(p) && (r->flags & POLICY_F_HOST_USERS))
		return verdict(false, POLICY_R_HOST_USERS, p);
	if (needs_too(p) != POLICY_P_COUNT && !record_allows(r, needs_too(p)))
		return verdict(false, POLICY_R_ALLOW, needs_too(p));
	if ((p == POLICY_P_MOUNT || is_mount_of_type(p)) && r->enforce_statfs >= RECORD_STATFS_MAX)
		return verdict(false, POLICY_R_ENFORCE_STATFS, r->enforce_statfs);
	if (p == POLICY_P_SET_HOSTNAME && (r->flags & POLICY_F_HOST_NAME))
		return verdict(false, POLICY_R_HOSTNAME, p);
	if (p == POLICY_P_ROUTING && (r->flags & POLICY_F_HOST_NETWORK))
		return verdict(false, POLICY_R_NETWORK, p);
	level = securelevel_of(p);
	if (level > 0 && r->securelevel >= level)
		return verdict(false, POLICY_R_SECURELEVEL, (uint32_t)level);
	return verdict(true, POLICY_R_ALLOW, p);
}

static struct policy_verdict decide_device(const struct policy_record *r, const struct policy_device *d)
{
	uint32_t wanted = d->access & RECORD_ACCESS, index;

	/* Neither reading nor writing: what remains is making the node, which no jail may. */
	if (wanted == 0 || !record_device_valid(d))
		return verdict(false, POLICY_R_NEVER, 0);
	if (record_standard_device(d))
		return verdict(true, POLICY_R_STANDARD_DEVICE, d->minor);
	if ((record_device_access(r, d, &index) & wanted) != wanted)
		return verdict(false, POLICY_R_DEVICES, index);
	if ((d->access & POLICY_DEV_BLOCK) && (wanted & POLICY_DEV_WRITE) && r->securelevel >= 2)
		return verdict(false, POLICY_R_SECURELEVEL, 2);
	return verdict(true, POLICY_R_DEVICES, index);
}

static struct policy_verdict decide_other(
    struct policy_subject subject, enum policy_operation op, const struct policy_object *object)
{
	/* A jail does not change itself: what it was given is not its own to widen. */
	if (object->jail == subject.jail)
		return verdict(op == POLICY_OP_SIGNAL, POLICY_R_OWN, 0);
	if (object->jail != 0 && object->descendant)
		return verdict(true, POLICY_R_DESCENDANT, 0);
	return verdict(false, POLICY_R_OTHER_JAIL, 0);
}

struct policy_verdict policy_decide(
    struct policy_subject subject, enum policy_operation op, const struct policy_object *object)
{
	if (!subject.record)
		return verdict(subject.jail == 0, POLICY_R_NONE, 0);
	if (subject.jail == 0 || !record_valid(subject.record))
		return verdict(false, POLICY_R_VERSION, subject.record->version);
	switch (op) {
	case POLICY_OP_PRIVILEGE:
		return decide_privilege(subject.record, object->number);
	case POLICY_OP_DEVICE:
		return decide_device(subject.record, &object->device);
	case POLICY_OP_CHILD_CREATE:
		return verdict(
		    object->number < subject.record->children_max, POLICY_R_CHILDREN_MAX, subject.record->children_max);
	case POLICY_OP_SIGNAL:
	case POLICY_OP_CHANGE:
		return decide_other(subject, op, object);
	}
	return verdict(false, POLICY_R_NEVER, 0);
}

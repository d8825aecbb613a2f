/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * within.c: has this child nothing that its parent has not? An order over records: it is reflexive and transitive, and
 * clamp.c takes a record down to the greatest one that it holds for. Freestanding; see policy.h.
 */
#include "record.h"

static struct policy_verdict breaks(enum policy_rule rule, uint32_t detail)
{
	struct policy_verdict v = {false, rule, detail};

	return v;
}

/* The number of the lowest bit that is set; 64 when none is. */
static uint32_t lowest(uint64_t bits)
{
	for (uint32_t i = 0; i < 64; i++) {
		if (bits & ((uint64_t)1 << i))
			return i;
	}
	return 64;
}

static bool users_within(const struct policy_record *child, const struct policy_record *parent)
{
	if (parent->flags & POLICY_F_HOST_USERS)
		return true;
	/* No users at all are within any range. */
	if (child->users_count == 0)
		return true;
	return child->users_base >= parent->users_base && record_users_end(child) <= record_users_end(parent);
}

/* The first of the child's devices that the parent may not open so; POLICY_DEVICES_MAX: there is none. */
static uint32_t device_beyond(const struct policy_record *child, const struct policy_record *parent)
{
	for (uint32_t i = 0; i < POLICY_DEVICES_MAX; i++) {
		uint32_t unused, access;

		if (i >= child->ndevices)
			break;
		access = child->device[i].access;
		if ((record_device_access(parent, &child->device[i], &unused) & access & RECORD_ACCESS) !=
		    (access & RECORD_ACCESS))
			return i;
	}
	return POLICY_DEVICES_MAX;
}

/* The first limit of the child's that is wider than the parent's; POLICY_L_COUNT: there is none. */
static uint32_t limit_beyond(const struct policy_record *child, const struct policy_record *parent)
{
	for (uint32_t i = 0; i < POLICY_L_COUNT; i++) {
		if (child->limit[i] > parent->limit[i])
			return i;
	}
	return POLICY_L_COUNT;
}

/* The flags of which a child may not have what its parent lacks: each is something shared with the host. */
static struct policy_verdict flags_within(const struct policy_record *child, const struct policy_record *parent)
{
	uint32_t more = child->flags & ~parent->flags;
	struct policy_verdict fine = {true, POLICY_R_NONE, 0};

	if ((parent->flags & POLICY_F_READONLY) && !(child->flags & POLICY_F_READONLY))
		return breaks(POLICY_R_READONLY, 0);
	if ((parent->flags & POLICY_F_EVERYBODY) && !(child->flags & POLICY_F_EVERYBODY))
		return breaks(POLICY_R_EVERYBODY, 0);
	if (more & POLICY_F_HOST_USERS)
		return breaks(POLICY_R_HOST_USERS, 0);
	if (more & POLICY_F_HOST_NETWORK)
		return breaks(POLICY_R_NETWORK, 0);
	if (more & POLICY_F_HOST_NAME)
		return breaks(POLICY_R_HOSTNAME, 0);
	return fine;
}

struct policy_verdict policy_within(const struct policy_record *child, const struct policy_record *parent)
{
	struct policy_verdict v;
	uint32_t device, limit;

	if (!record_valid(child))
		return breaks(POLICY_R_VERSION, child->version);
	if (!record_valid(parent))
		return breaks(POLICY_R_VERSION, parent->version);
	if (child->allow & ~parent->allow)
		return breaks(POLICY_R_ALLOW, lowest(child->allow & ~parent->allow));
	v = flags_within(child, parent);
	if (!v.allowed)
		return v;
	if (child->securelevel < parent->securelevel)
		return breaks(POLICY_R_SECURELEVEL, (uint32_t)parent->securelevel);
	if (child->enforce_statfs < parent->enforce_statfs)
		return breaks(POLICY_R_ENFORCE_STATFS, parent->enforce_statfs);
	if (child->children_max > parent->children_max)
		return breaks(POLICY_R_CHILDREN_MAX, parent->children_max);
	if (!users_within(child, parent))
		return breaks(POLICY_R_USERS, parent->users_count);
	/* The detail tells which: 0 messages, 1 semaphores, 2 shared memory. */
	if (child->sysvmsg > parent->sysvmsg)
		return breaks(POLICY_R_IPC, 0);
	if (child->sysvsem > parent->sysvsem)
		return breaks(POLICY_R_IPC, 1);
	if (child->sysvshm > parent->sysvshm)
		return breaks(POLICY_R_IPC, 2);
	device = device_beyond(child, parent);
	if (device < POLICY_DEVICES_MAX)
		return breaks(POLICY_R_DEVICES, device);
	limit = limit_beyond(child, parent);
	if (limit < POLICY_L_COUNT)
		return breaks(POLICY_R_LIMIT, limit);
	return v;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * clamp.c: take from a child what its parent has not: the greatest record that is within both. Freestanding; see
 * policy.h.
 */
#include "record.h"

/* The record that has nothing: what is left of one that can't be understood. */
static void nothing(struct policy_record *r)
{
	r->version = POLICY_VERSION;
	r->size = sizeof(*r);
	r->allow = 0;
	r->flags = RECORD_HELD;
	r->securelevel = RECORD_SECURELEVEL_MAX;
	r->enforce_statfs = RECORD_STATFS_MAX;
	r->children_max = 0;
	r->users_base = 0;
	r->users_count = 0;
	r->sysvmsg = POLICY_IPC_DISABLE;
	r->sysvsem = POLICY_IPC_DISABLE;
	r->sysvshm = POLICY_IPC_DISABLE;
	r->pad = 0;
	r->ndevices = 0;
	for (uint32_t i = 0; i < POLICY_L_COUNT; i++)
		r->limit[i] = 0;
}

static void clamp_users(struct policy_record *child, const struct policy_record *parent, bool host_users)
{
	uint64_t end = record_users_end(child), parent_end = record_users_end(parent);

	if (parent->flags & POLICY_F_HOST_USERS)
		return;
	/* All users, held to the parent's range, are that range. */
	if (host_users) {
		child->users_base = parent->users_base;
		end = parent_end;
	}
	if (child->users_base < parent->users_base)
		child->users_base = parent->users_base;
	if (end > parent_end)
		end = parent_end;
	child->users_count = end > child->users_base ? (uint32_t)(end - child->users_base) : 0;
	if (child->users_count == 0)
		child->users_base = 0;
}

/* Devices that keep neither reading nor writing are dropped, the others move up; what is behind the last is zero. */
static void clamp_devices(struct policy_record *child, const struct policy_record *parent)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < POLICY_DEVICES_MAX; i++) {
		struct policy_device *from = &child->device[i], *to;
		uint32_t access, unused;

		if (i >= child->ndevices)
			break;
		access = from->access & record_device_access(parent, from, &unused) & RECORD_ACCESS;
		if (access == 0)
			continue;
		to = &child->device[kept++];
		to->access = access | (from->access & POLICY_DEV_BLOCK);
		to->major = from->major;
		to->minor = from->minor;
	}
	child->ndevices = kept;
	for (uint32_t i = 0; i < POLICY_DEVICES_MAX; i++) {
		if (i < kept)
			continue;
		child->device[i].major = 0;
		child->device[i].minor = 0;
		child->device[i].access = 0;
	}
}

static uint8_t lesser(uint8_t a, uint8_t b)
{
	return a < b ? a : b;
}

void policy_clamp(struct policy_record *child, const struct policy_record *parent)
{
	bool host_users = (child->flags & POLICY_F_HOST_USERS) != 0;

	if (!record_valid(child) || !record_valid(parent)) {
		nothing(child);
		clamp_devices(child, parent);
		return;
	}
	child->allow &= parent->allow;
	child->flags = (child->flags & parent->flags) | ((child->flags | parent->flags) & RECORD_HELD);
	if (child->securelevel < parent->securelevel)
		child->securelevel = parent->securelevel;
	if (child->enforce_statfs < parent->enforce_statfs)
		child->enforce_statfs = parent->enforce_statfs;
	if (child->children_max > parent->children_max)
		child->children_max = parent->children_max;
	clamp_users(child, parent, host_users);
	child->sysvmsg = lesser(child->sysvmsg, parent->sysvmsg);
	child->sysvsem = lesser(child->sysvsem, parent->sysvsem);
	child->sysvshm = lesser(child->sysvshm, parent->sysvshm);
	child->pad = 0;
	clamp_devices(child, parent);
	for (uint32_t i = 0; i < POLICY_L_COUNT; i++) {
		if (child->limit[i] > parent->limit[i])
			child->limit[i] = parent->limit[i];
	}
}

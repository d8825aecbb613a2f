/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * record.h: reading a policy record, for the files of this folder. Everything is inline, so that each file stands on
 * its own where it is compiled. Freestanding; see policy.h.
 */
#ifndef POLICY_RECORD_H
#define POLICY_RECORD_H

#include "policy.h"

#define RECORD_FLAGS                                                                                                   \
	(POLICY_F_READONLY | POLICY_F_HOST_USERS | POLICY_F_HOST_NETWORK | POLICY_F_HOST_NAME | POLICY_F_EVERYBODY)
/* The flags that hold a jail back: a child has those of its parent. */
#define RECORD_HELD (POLICY_F_READONLY | POLICY_F_EVERYBODY)
#define RECORD_ALLOW (POLICY_BIT(POLICY_P_COUNT) - 1)
#define RECORD_ACCESS (POLICY_DEV_READ | POLICY_DEV_WRITE)
#define RECORD_SECURELEVEL_MAX 3
#define RECORD_STATFS_MAX 2u

_Static_assert(POLICY_P_COUNT < 64, "the privileges no longer fit in policy_record.allow");
_Static_assert(__builtin_offsetof(struct policy_record, version) == 0, "layout");
_Static_assert(__builtin_offsetof(struct policy_record, size) == 4, "layout");
_Static_assert(__builtin_offsetof(struct policy_record, allow) == 8, "layout");
_Static_assert(__builtin_offsetof(struct policy_record, flags) == 16, "layout");
_Static_assert(__builtin_offsetof(struct policy_record, securelevel) == 20, "layout");
_Static_assert(__builtin_offsetof(struct policy_record, enforce_statfs) == 24, "layout");
_Static_assert(__builtin_offsetof(struct policy_record, children_max) == 28, "layout");
_Static_assert(__builtin_offsetof(struct policy_record, users_base) == 32, "layout");
_Static_assert(__builtin_offsetof(struct policy_record, users_count) == 36, "layout");
_Static_assert(__builtin_offsetof(struct policy_record, sysvmsg) == 40, "layout");
_Static_assert(__builtin_offsetof(struct policy_record, sysvsem) == 41, "layout");
_Static_assert(__builtin_offsetof(struct policy_record, sysvshm) == 42, "layout");
_Static_assert(__builtin_offsetof(struct policy_record, pad) == 43, "layout");
_Static_assert(__builtin_offsetof(struct policy_record, ndevices) == 44, "layout");
_Static_assert(__builtin_offsetof(struct policy_record, device) == 48, "layout");
_Static_assert(__builtin_offsetof(struct policy_record, limit) == 48 + 12 * POLICY_DEVICES_MAX, "layout");
_Static_assert(sizeof(struct policy_device) == 12, "layout");
_Static_assert(sizeof(struct policy_record) == 48 + 12 * POLICY_DEVICES_MAX + 8 * POLICY_L_COUNT, "layout");

/* Whether the entry has no bits but the known ones. */
static inline bool record_device_valid(const struct policy_device *d)
{
	return (d->access & ~(RECORD_ACCESS | POLICY_DEV_BLOCK)) == 0;
}

/* Whether every field holds what this version of the core understands: nothing else is ever decided upon. */
static inline bool record_valid(const struct policy_record *r)
{
	if (r->version != POLICY_VERSION || r->size != sizeof(*r))
		return false;
	if ((r->allow & RECORD_ALLOW) != r->allow || (r->flags & RECORD_FLAGS) != r->flags)
		return false;
	if (r->securelevel < 0 || r->securelevel > RECORD_SECURELEVEL_MAX || r->enforce_statfs > RECORD_STATFS_MAX)
		return false;
	if (r->sysvmsg > POLICY_IPC_INHERIT || r->sysvsem > POLICY_IPC_INHERIT || r->sysvshm > POLICY_IPC_INHERIT)
		return false;
	if (r->ndevices > POLICY_DEVICES_MAX)
		return false;
	for (uint32_t i = 0; i < POLICY_DEVICES_MAX; i++) {
		if (i < r->ndevices && !record_device_valid(&r->device[i]))
			return false;
	}
	return true;
}

static inline bool record_allows(const struct policy_record *r, enum policy_privilege p)
{
	return (r->allow & POLICY_BIT(p)) != 0;
}

static inline bool record_same_node(const struct policy_device *a, const struct policy_device *b)
{
	return a->major == b->major && a->minor == b->minor &&
	       (a->access & POLICY_DEV_BLOCK) == (b->access & POLICY_DEV_BLOCK);
}

/*
 * What everyone may open: null, zero, full, random, urandom (major 1), tty and ptmx (major 5), terminals of a jail's
 * own (majors 136 to 143). Records carry these numbers on every kernel; a port whose kernel numbers them in another way
 * translates.
 */
static inline bool record_standard_device(const struct policy_device *d)
{
	if (d->access & POLICY_DEV_BLOCK)
		return false;
	switch (d->major) {
	case 1:
		return d->minor == 3 || d->minor == 5 || d->minor == 7 || d->minor == 8 || d->minor == 9;
	case 5:
		return d->minor == 0 || d->minor == 2;
	default:
		return d->major >= 136 && d->major <= 143;
	}
}

/* Everything that the record lets do with that node, all entries for it taken together; *index: the last of them. */
static inline uint32_t record_device_access(
    const struct policy_record *r, const struct policy_device *d, uint32_t *index)
{
	uint32_t access = record_standard_device(d) ? RECORD_ACCESS : 0;

	*index = POLICY_DEVICES_MAX;
	for (uint32_t i = 0; i < POLICY_DEVICES_MAX; i++) {
		if (i < r->ndevices && record_same_node(&r->device[i], d)) {
			access |= r->device[i].access & RECORD_ACCESS;
			*index = i;
		}
	}
	return access;
}

/* The end of the record's range of users, just past it: beyond 32 bits for the range that reaches the very last. */
static inline uint64_t record_users_end(const struct policy_record *r)
{
	return (uint64_t)r->users_base + r->users_count;
}

#endif

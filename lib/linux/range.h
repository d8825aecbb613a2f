/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * range.h: which user and group ids belong to which jail: blocks of 65536, so that no two jails share one. The record
 * of what is taken is a bit map on the tree's root (see store.h); it may not know what the ids are used for.
 *
 * The blocks lie from RANGE_FIRST upwards: above what systemd gives to its own containers and users
 * (https://systemd.io/UIDS-GIDS/) and what /etc/subuid customarily hands out.
 */
#ifndef LINUX_RANGE_H
#define LINUX_RANGE_H

#include "store.h"

#define RANGE_BLOCK 65536u
#define RANGE_FIRST 0x70000000u
#define RANGE_BLOCKS 32767u /* up to 0xeffeffff */

/* `count` ids, whole blocks, for a jail of the host. ENOSPC. The lock of all jails is held. */
int range_take(const struct tree *t, uint32_t count, uint32_t *ret_base);
/* The fixed range: EADDRINUSE when another jail has a part of it. Ranges below RANGE_FIRST are not recorded. */
int range_take_fixed(const struct tree *t, uint32_t base, uint32_t count);
/* Give back; root lock held. */
int range_drop(const struct tree *t, uint32_t base, uint32_t count);
/* Make the map of what the jails have, where it can't be known what a killed tool took. The lock of all jails is held.
 */
int range_recount(const struct tree *t);
/*
 * A range within the parent's for its child: the lowest that no other child has; the parent itself uses its first
 * block. `parentfd` is the parent's directory. ENOSPC: children.max or users.count of the parent leaves no room.
 */
int range_take_child(int parentfd, const struct policy_record *parent, uint32_t count, uint32_t *ret_base);

#endif

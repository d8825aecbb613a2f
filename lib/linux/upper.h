/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * upper.h: the directories of the host that jails write to by way of an overlay: path with path.base, a unionfs mount's
 * source. The kernel lets two overlays write to one directory, and promises nothing; so does the work directory beside
 * it, of which there is one.
 */
#ifndef LINUX_UPPER_H
#define LINUX_UPPER_H

#include "jail/host_places.h"
#include "tree.h"

/* -EBUSY: another jail, or this one twice, writes to one of these that is written to. The lock of all jails is held. */
int upper_check(const struct tree *t, const struct host_places *places, struct jail_error *err);

#endif

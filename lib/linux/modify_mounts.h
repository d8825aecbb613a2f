/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * modify_mounts.h: which mounts a running jail gets and loses with a change, and what is recorded of them, so that they
 * are found again when they are to go.
 */
#ifndef LINUX_MODIFY_MOUNTS_H
#define LINUX_MODIFY_MOUNTS_H

#include "../plan.h"
#include "jail/grants.h"
#include "jail/take_away.h"
#include "view.h"

struct mounts_change {
	struct grants was, will;
	struct take_away away;
	char *path_root; /* of the jail's own tree, among those that stay */
	int jailfd;
	bool adds;
	bool mounts_inside; /* root of it, or of a jail above it, may mount */
};

/*
 * `was` and `will` as the view takes them, `v` prepared, names beneath `parent_root_fd` (-1: the host). From here on
 * the record names everything that may be mounted, also when the tool is killed. Freed by mounts_change_end() in any
 * case.
 */
int mounts_change_begin(struct mounts_change *c, int jailfd, int pidfd, const struct plan *was, const struct plan *will,
    const struct view *v, int parent_root_fd, bool mounts_inside, struct jail_error *err);
/* Is there anything to be taken away? */
bool mounts_change_takes(const struct mounts_change *c);
/* Has the jail to stand still? Also while one is added: a change that fails leaves nobody inside a descriptor on it. */
bool mounts_change_freezes(const struct mounts_change *c);
/* Record what there is now: with `done` as it will be, else as it was. */
void mounts_change_end(struct mounts_change *c, bool done);

#endif

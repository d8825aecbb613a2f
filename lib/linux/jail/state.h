/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * state.h: where the host's services keep state that not everybody may read. Found by a short walk, which is remembered
 * for a minute in an attribute of the directory of jails, because the walk takes as long as a third of a jail. What is
 * remembered wrongly opens nothing: a jail that doesn't know of a place can't read it, that is all.
 */
#ifndef LINUX_JAIL_STATE_H
#define LINUX_JAIL_STATE_H

#include "plan.h"

/* Into plan->state, when the jail is to have such places of its own. `treefd`: the directory of jails. -errno. */
int state_find(int treefd, struct plan *plan);

#endif

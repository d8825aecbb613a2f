/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * limit_change.h: limits of a running jail and of the jails in it, changed together.
 */
#ifndef LINUX_LIMIT_CHANGE_H
#define LINUX_LIMIT_CHANGE_H

#include "attach.h"

/*
 * Do it, `plan` being what the jail is made of then: all of it, or nothing is changed. Its child jails are held to what
 * it has now; one whose limits were wider before gets back what it was made with, as far as it is within. The jail's
 * own record is the caller's to write.
 */
int limit_change(
    const struct running *jail, const struct plan *plan, const struct policy_record *will, struct jail_error *err);
/* After a limit_change() to `will`, to what the jail's record still says. */
void limit_change_back(const struct running *jail, const struct plan *plan, const struct policy_record *will);

#endif

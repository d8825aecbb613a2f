/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * console_log.h: the host's file that takes the output of what is run inside (exec.consolelog).
 */
#ifndef LINUX_CONSOLE_LOG_H
#define LINUX_CONSOLE_LOG_H

#include "../plan.h"

/*
 * Open it, or make it, to append: a regular file of root's with one name, anything else is refused. *ret stays as it is
 * when the plan has none.
 */
int console_log_open(const struct plan *plan, int *ret, struct jail_error *err);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * victims.h: whom the kernel has killed in a jail for want of memory, as its log names them.
 */
#ifndef LINUX_VICTIMS_H
#define LINUX_VICTIMS_H

#include "params.h"

/* Put each into limit.victims, oldest first, the last sixteen. No log to be read is no error. */
int victims_report(const char *jail, struct jail_params *p);

#endif

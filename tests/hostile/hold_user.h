/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hold_user.h: what an ordinary user of the host holds, fills and stops while root uses the tools.
 */
#ifndef HOSTILE_HOLD_USER_H
#define HOSTILE_HOLD_USER_H

#include <stddef.h>
#include <sys/types.h>

#define HOLD_USER 65533

struct hold {
	const char *name;
	void (*run)(void); /* never returns */
};

extern const struct hold holds[];
extern const size_t nholds;

/* Become that user for good: no group, no capability, limits that leave the machine alive. 0, or -1 and errno. */
int hold_become(void);
/* Fork one process that is the user and does that. */
pid_t hold_start(const struct hold *h);
/* Take away the files that are left when all have ended. */
void hold_clean(void);

#endif

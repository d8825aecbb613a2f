/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * wait.h: waiting for a program in a jail as a shell waits for a command: terminal and signals are relayed.
 */
#ifndef LINUX_WAIT_H
#define LINUX_WAIT_H

#include <time.h>

#include "console_log.h"

struct wait_for {
	int fd;			 /* done when this is readable or hung up */
	int pidfd;		 /* who gets INT, QUIT, TERM and HUP */
	int master;		 /* of its terminal, -1: none */
	int until;		 /* a second descriptor: ECANCELED when it is readable; -1: none. Not with a terminal */
	unsigned timeout;	 /* seconds, 0: none */
	struct console_log *log; /* to be copied to meanwhile; NULL: nothing */
};

/* Signals are blocked and the terminal is raw only meanwhile. -ETIMEDOUT, -ECANCELED. */
int wait_follow(const struct wait_for *w);

#endif

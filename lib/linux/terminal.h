/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * terminal.h: a terminal of the jail's own, relayed to the caller's, so that job control, resizing and ^C work and no
 * program inside ever holds the caller's terminal (TIOCSTI, TIOCLINUX).
 */
#ifndef LINUX_TERMINAL_H
#define LINUX_TERMINAL_H

#include <jail.h>

/* Something else to read from while a terminal is relayed. */
struct terminal_beside {
	int fd; /* -1: nothing */
	/* It is readable or hung up, as `revents` of poll(2) say: what is to be waited for from then on, -1: nothing.
	 */
	int (*take)(void *arg, short revents);
	void *arg;
};

/*
 * Inside the jail (mount namespace joined or made, devpts at /dev/pts): open a new pair. Does not allocate.
 */
int terminal_open(int *ret_master, int *ret_slave, struct jail_error *err);
/* In the process about to run the program: new session, slave as controlling terminal and as those of descriptors 0..2
 * that are terminals of the caller (bit i of `which`: descriptor i). Closes the slave. */
int terminal_take(int slave, unsigned which, struct jail_error *err);
/* Which of descriptors 0..2 are terminals, as bits; 0 when standard input is none. */
unsigned terminal_wanted(void);
/*
 * In the tool: the caller's terminal goes raw, bytes and sizes are relayed until `done_fd` (a pidfd or channel) becomes
 * readable and the master is drained; the terminal is restored on every way out. Returns 0 when done_fd became
 * readable. Where standard input is no terminal it is left alone, and only output and sizes are relayed; -ENOTTY where
 * none of descriptors 0..2 is one.
 *
 * -EINTR: HUP, INT, QUIT or TERM was sent to the caller (none that it ignores). It is left pending: where the caller
 * had it blocked it can be taken now, and the relay be begun again; else it takes its course before this returns, with
 * the terminal restored.
 *
 * ^C, ^Z and ^\ go to the terminal inside, as job control there wants them; ^Z never suspends the tool. One that was
 * stopped otherwise (kill -STOP, TSTP) and continued makes the terminal raw again.
 *
 * `beside` is taken from meanwhile; NULL: nothing.
 */
int terminal_relay(int master, int done_fd, struct terminal_beside *beside, struct jail_error *err);

#endif

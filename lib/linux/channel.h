/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * channel.h: the socket pair (AF_UNIX, SOCK_SEQPACKET) between the tool and a jail's first process, and what is said on
 * it. The reader takes nothing on trust: after the first program inside runs, the other end may be hostile.
 */
#ifndef LINUX_CHANNEL_H
#define LINUX_CHANNEL_H

#include <jail.h>

enum channel_kind {
	CHANNEL_ERROR = 1, /* the set-up failed: a struct jail_error follows the header */
	CHANNEL_READY, /* set-up done, `status` is the number of /dev (view.h); a terminal's master end may come with it
			  (SCM_RIGHTS). From jail-init: it runs */
	CHANNEL_STATUS, /* command line `index` ended with wait status `status`; index == count of exec.start: `command`
			 */
	CHANNEL_GO,	/* the tool to the process: go on; a descriptor may come with it */
	CHANNEL_EMPTY,	/* behind the last STATUS: nothing else runs inside, process 1 ends now */
};

/*
 * Signals by which the tool changes a running jail-init: + enum plan_restart; persist on, off. Numbers, not SIGRTMIN:
 * the C libraries disagree about that, and the two ends may be linked with different ones. Only heeded from outside.
 */
#define CHANNEL_SIGNAL_RESTART 40
#define CHANNEL_SIGNAL_PERSIST 43
#define CHANNEL_SIGNAL_NO_PERSIST 44
#define CHANNEL_SIGNAL_WATCH 45 /* the page of watch.h has changed */

struct channel_message {
	uint32_t kind;
	uint32_t index;
	int32_t status;
	uint32_t zero;
};

int channel_pair(int ret_fds[2], struct jail_error *err);
/*
 * `fd_to_pass` -1: none; `failure` only with CHANNEL_ERROR. Never raises SIGPIPE, never
 * waits: -EAGAIN when the other end has left hundreds of messages unread.
 */
int channel_send(int fd, const struct channel_message *m, const struct jail_error *failure, int fd_to_pass);
/*
 * Waits `timeout_ms` (-1: for ever). Returns 0, -EPIPE when the other end is gone, -ETIMEDOUT, -EBADMSG. `ret_fd` gets
 * a passed descriptor or -1; NULL refuses descriptors. A CHANNEL_ERROR fills *failure (terminated and range-checked).
 */
int channel_receive(int fd, int timeout_ms, struct channel_message *ret, struct jail_error *failure, int *ret_fd);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * console_log.h: the host's file that takes the output of what is run inside (exec.consolelog). Programs inside never
 * get the file, which they could truncate, overwrite or make readable through any descriptor: they get the write end of
 * a pipe. Whoever keeps the read end and the file copies: jail-init, or the tool while it waits.
 */
#ifndef LINUX_CONSOLE_LOG_H
#define LINUX_CONSOLE_LOG_H

#include "../plan.h"

struct console_log {
	int file; /* -1: there is no log, and neither are the others there */
	int from; /* the pipe's read end, O_NONBLOCK; -1: nobody writes any more */
	int to;	  /* its write end, for standard output and error inside; -1: closed here */
};

#define CONSOLE_LOG_NONE                                                                                               \
	{                                                                                                              \
		.file = -1, .from = -1, .to = -1                                                                       \
	}

/*
 * Open the file, or make it, to append: a regular file of root's with one name, anything else is refused; and make the
 * pipe. *ret stays as it is when the plan has none.
 */
int console_log_open(const struct plan *plan, struct console_log *ret, struct jail_error *err);
/*
 * Standard output and error of this process become the pipe, which now belongs to the jail's root, number `root`
 * outside: /dev/stdout can be opened inside. Called with the host's privileges. 0 or -errno.
 */
int console_log_redirect(const struct console_log *log, uint32_t root);
/* Copy what has been written so far; nothing without a log. */
void console_log_copy(const struct console_log *log);
/* What poll(2) said of `from`. */
void console_log_ready(struct console_log *log, short revents);
/* The process inside has its copies. `reaper`: it copies to the log; else this process does. */
void console_log_started(struct console_log *log, bool reaper);
void console_log_close(struct console_log *log);

#endif

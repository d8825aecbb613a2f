/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * init.h: the parts of jail-init: its command line (init_options.c), what a started process does before it becomes a
 * program (init_run.c), limits that it looks at (init_watch.c), and the log that it writes (init_log.c).
 */
#ifndef INIT_H
#define INIT_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "watch.h"

#define INIT_GROUPS_MAX 64

/* Exit codes: those of the shell, and EX_USAGE. */
#define INIT_USAGE 64
#define INIT_CANNOT_RUN 126
#define INIT_NOT_FOUND 127

enum init_restart { INIT_RESTART_NEVER, INIT_RESTART_FAILURE, INIT_RESTART_ALWAYS };

struct init_options {
	int channel;
	int watch[WATCH_SOURCES]; /* -1: none */
	int log_from, log_file;	  /* -1: none */
	bool persist;
	bool has_user;
	bool direct;   /* no process 1: become the program */
	bool terminal; /* fd 0 is a terminal that ARGV is to control */
	bool no_root;  /* uid 0 is an ordinary user */
	enum init_restart restart;
	uint32_t uid, gid;
	size_t ngroups;
	uint32_t groups[INIT_GROUPS_MAX];
	const char *dir; /* NULL: where we are */
	char **lines;	 /* -x, in order; they live in argv */
	size_t nlines;
	char **argv; /* NULL: none */
};

/* What is looked at. */
struct init_watch {
	int fd[WATCH_SOURCES];
	struct watch_page *page; /* NULL: nothing */
	bool kills_known;	 /* `kills`: how many the kernel had killed for memory when that began to matter */
	uint64_t kills;
};

/* 0 or -errno. The descriptors stay the caller's. */
int init_watch_open(struct init_watch *w, const int fd[WATCH_SOURCES]);
/*
 * Count what has been reached; `ret_signal`: what everything here is to get, 0: nothing. When to look again, in
 * milliseconds; -1: never.
 */
int64_t init_watch_look(struct init_watch *w, int *ret_signal);

/* The log: what programs write to their standard output and error. */
struct init_log {
	int from; /* the pipe's read end; -1: there is no log */
	int file;
	int signals; /* readable when one of ours has come */
};

/* 0 or -errno. `signals`: what ends a wait besides output. */
int init_log_open(struct init_log *log, const struct init_options *o, const sigset_t *signals);
void init_log_close(struct init_log *log);
/* Write down what has been said so far. */
void init_log_copy(const struct init_log *log);
/* With a log: wait for output, which is written down, or a signal, which is left, at most `ms`; -1: for ever. */
void init_log_wait(struct init_log *log, int64_t ms);

/* 0, or -1 after a message. Reorders `argv` (the lines come first). */
int init_parse(int argc, char **argv, struct init_options *ret);

/* In the child: become the user, go to the directory, run it. Does not return. */
_Noreturn void init_run(const struct init_options *opt, char *const *argv, bool command);

/* "jail-init: WHAT: why" on standard error, or where it is said to; errnum 0: without why. */
void init_complain(const char *what, int errnum);
void init_complain_to(int fd);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tracer.h: running a command under ptrace(2) and breaking one of its system calls. It counts the calls of the command
 * and of every process that it makes, each process by itself, until that process executes a program that is not ours;
 * so a call is named by (process, number), the same in every run. It may not know what a jail is.
 */
#ifndef HOSTILE_TRACER_H
#define HOSTILE_TRACER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define TRACE_PROCESSES 32

enum trace_action {
	TRACE_COUNT,
	TRACE_KILL_BEFORE, /* SIGKILL to the caller; the call is not made */
	TRACE_KILL_AFTER,  /* the call is made, then SIGKILL */
	TRACE_FAIL,	   /* the call fails with `errnum`, and is not made (but see trace_done_anyway()) */
};

/* One call, as it is made. */
struct trace_call {
	unsigned process, call;
	long number;
	uint64_t place; /* where it is made: the same for the calls of one loop, hardly ever the same for others */
	bool changes;	/* something that outlives its caller: see trace_changes() */
};

struct trace_plan {
	enum trace_action action;
	unsigned process, call; /* from 0; in the order in which they are made */
	int errnum;		/* TRACE_FAIL; 0: one that suits the call */
	unsigned timeout_ms;	/* for all of it */
	int out_fd, err_fd;	/* -1: the caller's */
	bool terminal;		/* standard input and output are one */
	int log_fd;		/* a line for each call; -1: none */
	/* Told of each call, or NULL. */
	void (*seen)(void *with, const struct trace_call *call);
	void *with;
};

struct trace_result {
	int status; /* wait status of the command */
	unsigned processes;
	unsigned calls[TRACE_PROCESSES];
	bool hit;
	long number;			 /* of the call that was hit */
	int errnum;			 /* what it failed with */
	bool hung;			 /* the time was over: all were killed */
	pid_t survivor[TRACE_PROCESSES]; /* programs that were executed, let go of, and may live */
	unsigned survivors;
};

/* -errno when the command can't be started or traced. */
int trace_run(char *const argv[], const struct trace_plan *plan, struct trace_result *ret);

/* The name of a system call of this machine, or "?". */
const char *trace_call_name(long number);
/* An error that the call is likely to have one day; 0: it never fails. */
int trace_suitable_error(long number);
/* Can it change anything that is still to be seen when its caller was killed? `flags`: the third argument of openat(2).
 */
bool trace_changes(long number, unsigned long flags);
/* Can a signal interrupt it, so that it fails with EINTR? */
bool trace_interruptible(long number);
/* Has it done its work even when it says that it failed, or never fails? */
bool trace_done_anyway(long number);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tracer.c: see tracer.h. Knows ptrace(2) on x86_64 and aarch64.
 */
#include "tracer.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/unistd.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define OPTIONS                                                                                                        \
	(PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC)

struct tracee {
	pid_t pid;
	unsigned index; /* in the order of making */
	bool counting;	/* it runs a program of ours */
	bool breaking;	/* between entry and exit of the call that is to fail */
	bool doomed;	/* to be killed at the exit of the call that it is in */
	long number;	/* of the call that it is in */
};

struct tracer {
	const struct trace_plan *plan;
	struct trace_result *result;
	struct tracee tracee[TRACE_PROCESSES];
	unsigned count;
	struct timespec end;
	int master;   /* of the command's terminal; -1: none */
	bool leaving; /* the command has ended: what still runs is let go of */
};

/* ------------------------------------------------------------------------------------------------------ registers */

#if defined(__x86_64__)
static int skip_call(pid_t pid)
{
	return (int)ptrace(PTRACE_POKEUSER, pid, offsetof(struct user_regs_struct, orig_rax), -1L);
}

static int set_result(pid_t pid, long value)
{
	return (int)ptrace(PTRACE_POKEUSER, pid, offsetof(struct user_regs_struct, rax), value);
}
#elif defined(__aarch64__)
#ifndef NT_ARM_SYSTEM_CALL
#define NT_ARM_SYSTEM_CALL 0x404
#endif
static int skip_call(pid_t pid)
{
	int none = -1;
	struct iovec part = {.iov_base = &none, .iov_len = sizeof(none)};

	return (int)ptrace(PTRACE_SETREGSET, pid, (long)NT_ARM_SYSTEM_CALL, &part);
}

static int set_result(pid_t pid, long value)
{
	struct user_regs_struct regs;
	struct iovec part = {.iov_base = &regs, .iov_len = sizeof(regs)};

	if (ptrace(PTRACE_GETREGSET, pid, (long)NT_PRSTATUS, &part) < 0)
		return -1;
	regs.regs[0] = (unsigned long long)value;
	return (int)ptrace(PTRACE_SETREGSET, pid, (long)NT_PRSTATUS, &part);
}
#else
#error "which registers hold a system call's number and result here?"
#endif

/* ------------------------------------------------------------------------------------------------------- tracees */

static struct tracee *find(struct tracer *t, pid_t pid)
{
	for (unsigned i = 0; i < t->count; i++)
		if (t->tracee[i].pid == pid)
			return &t->tracee[i];
	return NULL;
}

/* First heard of, from its maker or from itself, whichever comes first. */
static struct tracee *meet(struct tracer *t, pid_t pid)
{
	struct tracee *e = find(t, pid);

	if (e != NULL || t->count == TRACE_PROCESSES || t->result->processes == TRACE_PROCESSES)
		return e;
	e = &t->tracee[t->count++];
	*e = (struct tracee){.pid = pid, .index = t->result->processes++, .counting = t->count > 1};
	return e;
}

static void forget(struct tracer *t, struct tracee *e)
{
	*e = t->tracee[--t->count];
}

static void go_on(pid_t pid, int sig)
{
	/* ESRCH: killed meanwhile; waitpid() will say so. */
	(void)ptrace(PTRACE_SYSCALL, pid, 0L, (long)sig);
}

static void let_go(struct tracer *t, struct tracee *e)
{
	if (t->result->survivors < TRACE_PROCESSES)
		t->result->survivor[t->result->survivors++] = e->pid;
	(void)ptrace(PTRACE_DETACH, e->pid, 0L, 0L);
	forget(t, e);
}

static void hit(struct tracer *t, const struct tracee *e)
{
	t->result->hit = true;
	t->result->number = e->number;
}

/*
 * Where a call is made: its instruction, how deep the stack is, and the addresses of code that lie on top of it (of
 * those who called, mostly). A loop makes the same ones again.
 */
static uint64_t place_of(pid_t pid, uint64_t instruction, uint64_t stack)
{
	enum { WORDS = 64, CODE = 1 << 20 };
	uint64_t word[WORDS], place = instruction * 1099511628211U ^ stack;
	struct iovec local = {.iov_base = word, .iov_len = sizeof(word)};
	struct iovec remote = {.iov_base = (void *)(uintptr_t)stack, .iov_len = sizeof(word)};
	ssize_t n = process_vm_readv(pid, &local, 1, &remote, 1, 0);

	for (ssize_t i = 0; i < n / (ssize_t)sizeof(word[0]); i++)
		if (word[i] + CODE > instruction && word[i] < instruction + CODE)
			place = (place ^ word[i]) * 1099511628211U;
	return place;
}

static void tell(
    const struct tracer *t, const struct tracee *e, unsigned call, const struct __ptrace_syscall_info *info)
{
	struct trace_call seen = {.process = e->index,
	    .call = call,
	    .number = e->number,
	    .place = place_of(e->pid, info->instruction_pointer, info->stack_pointer),
	    .changes = trace_changes(e->number, (unsigned long)info->entry.args[2])};

	t->plan->seen(t->plan->with, &seen);
}

/* Entry: count, and break it if it is the one. */
static void call_begins(struct tracer *t, struct tracee *e, const struct __ptrace_syscall_info *info)
{
	long number = (long)info->entry.nr;
	const struct trace_plan *plan = t->plan;
	unsigned call;

	e->number = number;
	if (!e->counting)
		return;
	call = t->result->calls[e->index]++;
	if (plan->seen != NULL)
		tell(t, e, call, info);
	if (plan->log_fd >= 0)
		(void)dprintf(plan->log_fd, "%u:%u %s\n", e->index, call, trace_call_name(number));
	if (plan->action == TRACE_COUNT || plan->process != e->index || plan->call != call)
		return;
	hit(t, e);
	switch (plan->action) {
	case TRACE_KILL_BEFORE:
		(void)skip_call(e->pid);
		(void)kill(e->pid, SIGKILL);
		break;
	case TRACE_KILL_AFTER:
		e->doomed = true;
		break;
	case TRACE_FAIL:
		t->result->errnum = trace_suitable_error(number);
		e->breaking = t->result->errnum > 0;
		if (plan->errnum > 0 && e->breaking)
			t->result->errnum = plan->errnum;
		if (!trace_done_anyway(number))
			(void)skip_call(e->pid);
		break;
	case TRACE_COUNT:
		break;
	}
}

static void call_ends(struct tracer *t, struct tracee *e)
{
	if (e->breaking)
		(void)set_result(e->pid, -(long)t->result->errnum);
	e->breaking = false;
	if (e->doomed)
		(void)kill(e->pid, SIGKILL);
	e->doomed = false;
}

static void at_call(struct tracer *t, struct tracee *e)
{
	struct __ptrace_syscall_info info = {0};

	if (ptrace(PTRACE_GET_SYSCALL_INFO, e->pid, (long)sizeof(info), &info) <= 0)
		return;
	if (info.op == PTRACE_SYSCALL_INFO_ENTRY)
		call_begins(t, e, &info);
	else if (info.op == PTRACE_SYSCALL_INFO_EXIT)
		call_ends(t, e);
}

/* jail-init is ours and is still to run the first program inside. */
static bool runs_ours(pid_t pid)
{
	static const char ours[] = "jail-init";
	char path[64], line[sizeof(ours)] = "";
	ssize_t n;
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, line, sizeof(line));
	if (fd >= 0)
		(void)close(fd);
	return n == (ssize_t)sizeof(ours) && memcmp(line, ours, sizeof(ours)) == 0;
}

static void executed(struct tracer *t, struct tracee *e)
{
	if (e->index == 0 && !e->counting)
		e->counting = true;
	else if (!runs_ours(e->pid)) {
		let_go(t, e);
		return;
	}
	/* The exit of this very call is still to come. */
	go_on(e->pid, 0);
}

static void stopped(struct tracer *t, struct tracee *e, int status)
{
	unsigned long message = 0;
	int sig = WSTOPSIG(status), event = status >> 16;
	pid_t pid = e->pid;

	if (t->leaving && (event == PTRACE_EVENT_STOP || sig == (SIGTRAP | 0x80))) {
		let_go(t, e);
		return;
	}
	if (event == 0 && sig == (SIGTRAP | 0x80)) {
		at_call(t, e);
		go_on(pid, 0);
	} else if (event == PTRACE_EVENT_EXEC) {
		executed(t, e);
	} else if (event == PTRACE_EVENT_CLONE || event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK) {
		if (ptrace(PTRACE_GETEVENTMSG, pid, 0L, &message) == 0)
			(void)meet(t, (pid_t)message);
		go_on(pid, 0);
	} else if (event == PTRACE_EVENT_STOP &&
		   (sig == SIGSTOP || sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU)) {
		(void)ptrace(PTRACE_LISTEN, pid, 0L, 0L);
	} else {
		go_on(pid, event == 0 ? sig : 0);
	}
}

/* ----------------------------------------------------------------------------------------------------------- loop */

static void on_alarm(int sig)
{
	(void)sig; /* it ends waitpid() */
}

static bool time_is_over(const struct tracer *t)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec > t->end.tv_sec || (now.tv_sec == t->end.tv_sec && now.tv_nsec >= t->end.tv_nsec);
}

static void give_up(struct tracer *t)
{
	t->result->hung = true;
	for (unsigned i = 0; i < t->count; i++)
		(void)kill(t->tracee[i].pid, SIGKILL);
}

/* The command is over. What it left running and is ours (a reaper) goes on by itself. */
static void leave(struct tracer *t)
{
	t->leaving = true;
	for (unsigned i = 0; i < t->count; i++)
		if (runs_ours(t->tracee[i].pid))
			(void)ptrace(PTRACE_INTERRUPT, t->tracee[i].pid, 0L, 0L);
}

static void ended(struct tracer *t, struct tracee *e, int status)
{
	bool command = e->index == 0;

	forget(t, e);
	if (command) {
		t->result->status = status;
		leave(t);
	}
}

static void follow(struct tracer *t)
{
	while (t->count > 0) {
		int status;
		pid_t pid = waitpid(-1, &status, __WALL);
		struct tracee *e;

		if (pid < 0 && errno == EINTR && !t->result->hung && time_is_over(t))
			give_up(t);
		if (pid < 0 && errno == ECHILD)
			return;
		if (pid < 0)
			continue;
		e = WIFSTOPPED(status) ? meet(t, pid) : find(t, pid);
		if (e == NULL)
			continue;
		if (WIFSTOPPED(status)) {
			stopped(t, e, status);
			continue;
		}
		ended(t, e, status);
	}
}

static void __attribute__((noreturn))
command_main(char *const argv[], const struct trace_plan *plan, const char *terminal, const int gate[2])
{
	char byte;
	int in = open(plan->terminal ? terminal : "/dev/null", O_RDWR | O_NOCTTY | O_CLOEXEC);
	int out = plan->terminal ? in : plan->out_fd;

	(void)close(gate[1]);
	if (in < 0 || dup2(in, 0) < 0 || (out >= 0 && dup2(out, 1) < 0) ||
	    (plan->err_fd >= 0 && dup2(plan->err_fd, 2) < 0))
		_exit(126);
	/* Until the tracer holds us. */
	while (read(gate[0], &byte, 1) < 0 && errno == EINTR)
		;
	(void)execv(argv[0], argv);
	_exit(127);
}

static int open_terminal(char *ret_name, size_t size)
{
	int fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);

	return fd >= 0 && (grantpt(fd) < 0 || unlockpt(fd) < 0 || ptsname_r(fd, ret_name, size) != 0) ? -1 : fd;
}

static int start(struct tracer *t, char *const argv[])
{
	char terminal[64] = "";
	int gate[2], r = 0;
	pid_t pid;

	if (t->plan->terminal && (t->master = open_terminal(terminal, sizeof(terminal))) < 0)
		return -errno;

	if (pipe2(gate, O_CLOEXEC) < 0)
		return -errno;
	pid = fork();
	if (pid == 0)
		command_main(argv, t->plan, terminal, gate);
	(void)close(gate[0]);
	if (pid < 0)
		r = -errno;
	else if (ptrace(PTRACE_SEIZE, pid, 0L, (long)OPTIONS) < 0) {
		r = -errno;
		(void)kill(pid, SIGKILL);
		(void)waitpid(pid, NULL, 0);
	} else {
		(void)meet(t, pid);
	}
	(void)close(gate[1]);
	return r;
}

int trace_run(char *const argv[], const struct trace_plan *plan, struct trace_result *ret)
{
	struct trace_result result = {0};
	struct tracer t = {.plan = plan, .result = &result, .master = -1};
	struct itimerval every = {.it_interval.tv_usec = 50000, .it_value.tv_usec = 50000}, off = {0};
	struct sigaction act = {.sa_handler = on_alarm}, old;
	int r;

	(void)clock_gettime(CLOCK_MONOTONIC, &t.end);
	t.end.tv_sec += plan->timeout_ms / 1000;
	t.end.tv_nsec += (long)(plan->timeout_ms % 1000) * 1000000;
	if (t.end.tv_nsec >= 1000000000) {
		t.end.tv_sec++;
		t.end.tv_nsec -= 1000000000;
	}
	r = start(&t, argv);
	if (r < 0)
		goto out;
	(void)sigaction(SIGALRM, &act, &old);
	(void)setitimer(ITIMER_REAL, &every, NULL);
	follow(&t);
	(void)setitimer(ITIMER_REAL, &off, NULL);
	(void)sigaction(SIGALRM, &old, NULL);
	*ret = result;
out:
	if (t.master >= 0)
		(void)close(t.master);
	return r;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * inject: runs a command and breaks one system call of it or of a process that it makes.
 *
 *	inject [-a] [-e ERRNO] [-k | -K] [-l] [-p PROCESS] [-n CALL] [-t SECONDS] -- COMMAND ...
 *
 * Without -n it only counts, and prints a line "PROCESS CALLS" for each process; -l prints every call. With -n, that
 * call of process -p (0: the command, 1: the first it makes, ...) fails with -e (a number; default: one that suits the
 * call), or its caller is killed before (-k) or after (-K) it. Ends as the command did.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tracer.h"

static unsigned number(const char *text)
{
	char *end;
	unsigned long n;

	errno = 0;
	n = strtoul(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || n > 1000000) {
		(void)fprintf(stderr, "inject: %s: a number is needed\n", text);
		exit(64);
	}
	return (unsigned)n;
}

static void report(const struct trace_plan *plan, const struct trace_result *r)
{
	if (plan->action == TRACE_COUNT)
		for (unsigned i = 0; i < r->processes; i++)
			(void)fprintf(stderr, "%u %u\n", i, r->calls[i]);
	else if (!r->hit)
		(void)fprintf(stderr, "inject: no call %u of process %u\n", plan->call, plan->process);
	else
		(void)fprintf(stderr, "inject: %s (%ld) of process %u, call %u\n", trace_call_name(r->number),
		    r->number, plan->process, plan->call);
	if (r->hung)
		(void)fprintf(stderr, "inject: it hung\n");
}

int main(int argc, char **argv)
{
	struct trace_plan plan = {.timeout_ms = 10000, .out_fd = -1, .err_fd = -1, .log_fd = -1};
	enum trace_action action = TRACE_FAIL;
	struct trace_result result;
	bool one = false;
	int option, r;

	while ((option = getopt(argc, argv, "+e:kKln:p:t:")) != -1)
		switch (option) {
		case 'e':
			plan.errnum = (int)number(optarg);
			break;
		case 'k':
			action = TRACE_KILL_BEFORE;
			break;
		case 'K':
			action = TRACE_KILL_AFTER;
			break;
		case 'l':
			plan.log_fd = 2;
			break;
		case 'n':
			one = true;
			plan.call = number(optarg);
			break;
		case 'p':
			plan.process = number(optarg);
			break;
		case 't':
			plan.timeout_ms = number(optarg) * 1000;
			break;
		default:
			return 64;
		}
	if (optind >= argc)
		return 64;
	plan.action = one ? action : TRACE_COUNT;
	r = trace_run(argv + optind, &plan, &result);
	if (r < 0) {
		(void)fprintf(stderr, "inject: %s: %s\n", argv[optind], strerror(-r));
		return 71;
	}
	report(&plan, &result);
	return WIFEXITED(result.status) ? WEXITSTATUS(result.status) : 128 + WTERMSIG(result.status);
}

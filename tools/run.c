/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * run.c: a batch is run in two passes: everything that has to stop, those first that others do not need; then
 * everything that has to start or change, those first that others need. With -p several at once, each in a process of
 * its own, since the library waits for the commands of a jail.
 */
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>

#include "batch.h"
#include "report.h"

struct pass {
	const struct request *rq;
	struct batch *b;
	unsigned todo;	 /* DO_STOP, or DO_START | DO_MODIFY */
	size_t *waiting; /* by unit: how many of those before it are not done yet */
	struct followers followers;
	size_t *queue; /* units whose turn has come */
	size_t head, tail;
	pid_t *pid; /* by unit, 0: no process */
	size_t running;
	int code; /* the first failure */
};

static void pass_free(struct pass *p)
{
	free(p->waiting);
	followers_free(&p->followers);
	free(p->queue);
	free(p->pid);
}

static int pass_init(struct pass *p)
{
	size_t n = p->b->count;

	p->waiting = calloc(n, sizeof(size_t));
	p->queue = calloc(n, sizeof(size_t));
	p->pid = calloc(n, sizeof(pid_t));
	if (!p->waiting || !p->queue || !p->pid || batch_followers(p->b, p->todo == DO_STOP, &p->followers) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < p->followers.first[n]; i++)
		p->waiting[p->followers.after[i]]++;
	return 0;
}

static void fail(struct pass *p, struct unit *u, int code)
{
	u->failed = true;
	if (p->code == EX_OK)
		p->code = code;
}

/* The turn of a unit has come: units that are ready go in the order of the batch. */
static void enqueue(struct pass *p, size_t i)
{
	size_t low = p->head, high = p->tail;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (p->queue[middle] < i)
			low = middle + 1;
		else
			high = middle;
	}
	memmove(&p->queue[low + 1], &p->queue[low], (p->tail - low) * sizeof(*p->queue));
	p->queue[low] = i;
	p->tail++;
}

/* A unit is done, well or not: those that waited for it come closer to their turn. */
static void finish(struct pass *p, size_t i, int code)
{
	struct unit *u = &p->b->unit[i];

	if (code != EX_OK)
		fail(p, u, code);
	for (size_t k = p->followers.first[i]; k < p->followers.first[i + 1]; k++) {
		struct unit *next = &p->b->unit[p->followers.after[k]];

		/* Without what it needs a jail is not started; a removal goes on, there is less to stop then. */
		if (u->failed && p->todo != DO_STOP && !next->failed && (next->todo & p->todo) != 0)
			fail(p, next,
			    report_own(
				EX_UNAVAILABLE, next->name, "not started: it depends on %s, which failed", u->name));
		if (p->waiting[p->followers.after[k]] > 0 && --p->waiting[p->followers.after[k]] == 0)
			enqueue(p, p->followers.after[k]);
	}
}

static int perform(const struct pass *p, struct unit *u)
{
	if (p->todo == DO_STOP)
		return perform_stop(p->rq, u);
	return (u->todo & DO_START) != 0 ? perform_start(p->rq, u) : perform_modify(p->rq, u);
}

/* In a process of its own. Returns false when none could be made: then it is done here. */
static bool launch(struct pass *p, size_t i)
{
	pid_t pid = fork();

	if (pid < 0)
		return false;
	if (pid == 0)
		_exit(perform(p, &p->b->unit[i]));
	p->pid[i] = pid;
	p->running++;
	return true;
}

/* Wait until one of the processes has ended. */
static void reap(struct pass *p)
{
	int status;
	pid_t pid = waitpid(-1, &status, 0);

	if (pid < 0 && errno == EINTR)
		return;
	for (size_t i = 0; i < p->b->count; i++) {
		if (pid < 0 && p->pid[i] != 0) {
			/* Nobody to wait for, though processes were made: somebody ignores SIGCHLD for us. */
			p->pid[i] = 0;
			p->running--;
			finish(p, i, report_own(EX_OSERR, p->b->unit[i].name, "lost its process: %s", strerror(errno)));
		} else if (p->pid[i] == pid) {
			p->pid[i] = 0;
			p->running--;
			finish(p, i, report_status(status));
			return;
		}
	}
}

/* A circle among running jails must not keep them running: the first that is left goes on. */
static bool break_circle(struct pass *p)
{
	for (size_t i = 0; i < p->b->count; i++) {
		if (p->waiting[i] > 0) {
			p->waiting[i] = 0;
			enqueue(p, i);
			return true;
		}
	}
	return false;
}

static int pass_run(struct pass *p)
{
	size_t limit = p->rq->parallel == 0 ? SIZE_MAX : p->rq->parallel;

	for (size_t i = 0; i < p->b->count; i++) {
		if (p->waiting[i] == 0)
			enqueue(p, i);
	}
	for (;;) {
		if (p->running > 0 && (p->head == p->tail || p->running >= limit)) {
			reap(p);
			continue;
		}
		if (p->head == p->tail && p->tail < p->b->count && break_circle(p))
			continue;
		if (p->head == p->tail)
			return p->code;

		size_t i = p->queue[p->head++];
		struct unit *u = &p->b->unit[i];

		if (u->failed || (u->todo & p->todo) == 0)
			finish(p, i, EX_OK);
		else if (limit == 1 || !launch(p, i))
			finish(p, i, perform(p, u));
	}
}

static int one_pass(const struct request *rq, struct batch *b, unsigned todo)
{
	struct pass p = {.rq = rq, .b = b, .todo = todo};
	int code;

	if (pass_init(&p) < 0)
		code = report_no_memory();
	else
		code = pass_run(&p);
	pass_free(&p);
	return code;
}

int run_batch(const struct request *rq, struct batch *b)
{
	unsigned todo = 0;
	int code = b->code, next;

	for (size_t i = 0; i < b->count; i++)
		todo |= b->unit[i].todo;
	if ((todo & DO_STOP) != 0) {
		next = one_pass(rq, b, DO_STOP);
		code = code != EX_OK ? code : next;
	}
	if ((todo & (DO_START | DO_MODIFY)) != 0) {
		next = one_pass(rq, b, DO_START | DO_MODIFY);
		code = code != EX_OK ? code : next;
	}
	return code;
}

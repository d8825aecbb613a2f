/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * campaign: breaks every system call of one use of jail(8), one after the other, and looks each time whether the next
 * command finds everything in order.
 *
 *	campaign [-1av] [-o PROCESS:CALL] -b BINDIR -d DIR kill|killed|fail|interrupt SCENARIO ...
 *
 * kill: SIGKILL before the call; killed: after it; fail: the call fails with an error that suits it; interrupt: with
 * EINTR. -1: one worker instead of two for each processor, and ids are counted after each call; -a: every call, not
 *only those of campaign_points.h; -o: that call only; -v: say each. DIR is an empty directory of its own. It works in a
 *mount and network namespace of its own, so that nothing else on the machine changes them meanwhile.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "campaign.h"
#include "campaign_points.h"
#include "scenarios.h"

#define WORKERS_MAX 16
#define POINT_TIMEOUT_MS 60000

struct campaign {
	const struct scenario *scenario;
	enum trace_action action;
	int errnum;
	const char *mode;
	bool verbose, alone, all;
	bool only;
	unsigned only_process, only_call;
	unsigned done, missed;
};

static void fail(
    struct worker *w, const struct campaign *c, const struct point *p, const struct trace_result *r, const char *what)
{
	w->failures++;
	(void)printf("FAILED %s %s %u:%u %s(%s): %s\n", c->mode, c->scenario->name, p->process, p->call,
	    trace_call_name(r->number), r->errnum > 0 ? strerror(r->errnum) : "", what);
	if (w->err[0] != '\0')
		(void)printf("       said: %s%s", w->err, w->err[strlen(w->err) - 1] == '\n' ? "" : "\n");
	(void)fflush(stdout);
}

static void jail_name(const struct worker *w, const struct scenario *s, char *ret, size_t size)
{
	(void)snprintf(ret, size, "%s%s", w->name, s->suffix);
}

/* One line of the tool's, and none that nobody signed. */
static const char *check_message(const struct worker *w, const struct scenario *s)
{
	size_t name = strcspn(s->command, "|");
	unsigned ours = 0, inside = 0;
	const char *line = w->err, *end;

	for (; *line != '\0'; line = end[0] == '\n' ? end + 1 : end) {
		end = line + strcspn(line, "\n");
		if (strncmp(line, "jail-init: ", 11) == 0) {
			inside++;
			continue;
		}
		if (strncmp(line, s->command, name) != 0 || strncmp(line + name, ": ", 2) != 0)
			return "a line of its message does not begin with its name";
		ours++;
	}
	return ours + inside == 0 ? "it failed and said nothing" : ours > 1 ? "its message has several lines" : NULL;
}

static bool sysexit_like(int code)
{
	return (code >= 64 && code <= 78) || code == 126 || code == 127 || code > 128;
}

static bool listed(struct worker *w, const char *jail)
{
	char command[256];

	(void)snprintf(command, sizeof(command), "jls|-j|%s|jid", jail);
	return command_run(w, command) == 0;
}

/* The traced command has ended by itself: was that in order? */
static const char *check_failure(struct worker *w, const struct campaign *c, const struct trace_result *r)
{
	char jail[128];
	const char *what;
	int code;

	jail_name(w, c->scenario, jail, sizeof(jail));
	if (WIFSIGNALED(r->status))
		return "it crashed";
	code = WEXITSTATUS(r->status);
	/* Its first process may as well be killed a moment later, when it is a jail. */
	if (code == 0 && c->action != TRACE_FAIL)
		return NULL;
	if (code == 0)
		return c->scenario->removes && left_group(jail)	   ? "it said that the jail is removed, and it is not"
		       : c->scenario->persists && !listed(w, jail) ? "it said that the jail is made, and it is not"
								   : NULL;
	/* What ran inside was killed, and its status was passed on. */
	if (code >= 128 && c->action != TRACE_FAIL && w->err[0] == '\0')
		return NULL;
	if (!sysexit_like(code))
		return "its exit code is none of sysexits(3)";
	/* Standard error itself was broken. */
	if (strncmp(trace_call_name(r->number), "write", 5) != 0 && (what = check_message(w, c->scenario)) != NULL)
		return what;
	if (!c->scenario->removes && !c->scenario->changes && left_group(jail))
		return "it failed and the jail's control group is there";
	return NULL;
}

/*
 * A control group that is no jail. Another command on this machine may just be removing it (every command removes what
 * it finds unfinished): it gets a moment.
 */
static bool left_unfinished(struct worker *w, const char *jail)
{
	struct timespec pause = {.tv_nsec = 20000000};

	for (unsigned tries = 0; tries < 100; tries++) {
		if (!left_group(jail) || listed(w, jail))
			return false;
		(void)nanosleep(&pause, NULL);
	}
	return true;
}

/* What the user does next has to put everything in order. */
static const char *go_on(struct worker *w, const struct campaign *c, unsigned point)
{
	const struct scenario *s = c->scenario;
	char jail[128], command[256];
	bool exists;
	int code;

	jail_name(w, s, jail, sizeof(jail));
	if (point % 2 == 0) {
		/* One that went on and ended by itself a moment later is the next command's to clean. */
		for (unsigned tries = 0; tries < 2; tries++)
			if (command_run(w, "jail|-C") != 0)
				return "jail -C failed";
			else if (!left_unfinished(w, jail))
				break;
			else if (tries > 0)
				return "jail -C left a control group that is no jail";
	} else {
		(void)snprintf(command, sizeof(command), "jail|-q|-c|name=%s|path=%%d/%s|persist", jail,
		    s->suffix[0] != '\0' ? "root/child" : "root");
		code = command_run(w, command);
		exists = strstr(w->err, "already") != NULL;
		if (code != 0 && exists && !listed(w, jail)) {
			/* It has just ended by itself. */
			code = command_run(w, command);
			exists = false;
		}
		if (code != 0 && !exists)
			return "a jail of that name can't be made";
	}
	(void)snprintf(command, sizeof(command), "jail|-q|-R|%s", jail);
	code = left_group(jail) ? command_run(w, command) : 0;
	/* One whose last process ends by itself may be gone before. */
	if (code != 0 && left_group(jail))
		return "it can't be removed";
	return left_group(jail) ? "its control group is there after its removal" : NULL;
}

static const char *look(struct worker *w, const struct campaign *c, const struct snapshot *before,
    const struct trace_result *r, unsigned ranges)
{
	struct snapshot after;
	char jail[128];
	const char *what;

	jail_name(w, c->scenario, jail, sizeof(jail));
	what = left_record(jail);
	/* Every command removes what it finds unfinished, and the other worker's was perhaps broken while it did. */
	if (what != NULL && command_run(w, "jail|-C") == 0)
		what = left_record(jail);
	if (what != NULL)
		return what;
	if (left_processes(r->survivor, r->survivors))
		return "a process is left";
	snapshot_take(w->dir, &after);
	what = snapshot_compare(before, &after);
	snapshot_free(&after);
	if (what == NULL && c->alone && left_ranges() > ranges)
		what = "ids were not given back";
	return what;
}

static const char *set_up(struct worker *w, const struct scenario *s)
{
	/* A program of this directory ("./inject") is to leave something half done: it fails. */
	for (size_t i = 0; i < SCENARIO_COMMANDS && s->setup[i] != NULL; i++)
		if ((command_run(w, s->setup[i]) != 0) != (s->setup[i][0] == '.'))
			return "the setting up failed";
	return NULL;
}

static const char *one_point(struct worker *w, const struct campaign *c, const struct point *p, unsigned number,
    struct trace_result *r, unsigned *missed)
{
	struct trace_plan plan = {.action = c->action,
	    .process = p->process,
	    .call = p->call,
	    .errnum = c->errnum,
	    .timeout_ms = POINT_TIMEOUT_MS,
	    .err_fd = w->err_fd,
	    .out_fd = open("/dev/null", O_WRONLY | O_CLOEXEC),
	    .terminal = c->scenario->terminal,
	    .log_fd = -1};
	struct snapshot before;
	struct command command;
	unsigned ranges = c->alone ? left_ranges() : 0;
	const char *what;
	int started;

	snapshot_take(w->dir, &before);
	what = set_up(w, c->scenario);
	command_make(w, c->scenario->command, &command);
	started = what != NULL ? 0 : trace_run(command.argv, &plan, r);
	(void)close(plan.out_fd);
	worker_read_err(w);
	if (started < 0)
		what = "it could not be traced";
	if (what == NULL && r->hung)
		what = "it hung";
	if (what == NULL && !r->hit)
		++*missed;
	if (what == NULL && (r->hit ? c->action == TRACE_FAIL || p->process > 0 : true))
		what = check_failure(w, c, r);
	if (what == NULL)
		what = go_on(w, c, number);
	if (what == NULL)
		what = look(w, c, &before, r, ranges);
	snapshot_free(&before);
	return what;
}

/* So that a failure is told once: everything of that name goes. */
static void clean(struct worker *w, const struct scenario *s)
{
	char jail[128], command[256];

	jail_name(w, s, jail, sizeof(jail));
	(void)snprintf(command, sizeof(command), "jail|-q|-R|%s", jail);
	if (left_group(jail))
		(void)command_run(w, command);
	(void)command_run(w, "jail|-C");
	/* What is left of that name all the same is not told again; a child keeps its parent. */
	if (s->suffix[0] == '\0')
		(void)snprintf(w->name, sizeof(w->name), "h%d-%u", (int)getpid(), ++w->names);
}

static unsigned points_of(const struct campaign *c, const struct points *seen, struct point *ret)
{
	if (c->only) {
		*ret = (struct point){.process = c->only_process, .call = c->only_call};
		return 1;
	}
	return c->all ? points_all(seen, ret) : points_sampled(seen, c->action, c->errnum, ret);
}

/* Without breaking anything: it has to work, and what is counted is what will be broken. */
static int count(struct worker *w, const struct campaign *c, struct points *seen, struct trace_result *ret)
{
	struct trace_plan plan = {.action = TRACE_COUNT,
	    .timeout_ms = POINT_TIMEOUT_MS,
	    .err_fd = w->err_fd,
	    .out_fd = -1,
	    .terminal = c->scenario->terminal,
	    .log_fd = -1,
	    .seen = points_seen,
	    .with = seen};
	const char *what = set_up(w, c->scenario);
	struct command command;

	command_make(w, c->scenario->command, &command);
	if (what == NULL && trace_run(command.argv, &plan, ret) < 0)
		what = "it could not be traced";
	if (what == NULL) {
		worker_read_err(w);
		if (!WIFEXITED(ret->status) || WEXITSTATUS(ret->status) != c->scenario->exit)
			what = "it fails by itself";
	}
	if (what != NULL)
		(void)printf("FAILED %s: %s: %s\n", c->scenario->name, what, w->err);
	clean(w, c->scenario);
	return what == NULL ? 0 : -1;
}

static void work(
    struct worker *w, struct campaign *c, unsigned index, unsigned workers, const struct point *point, unsigned points)
{
	for (unsigned i = 0; i < points; i++) {
		struct trace_result r = {0};
		const char *what;

		/* Each worker counted for itself: by the call's own number, none is left out where they differ by one.
		 */
		if ((point[i].process + point[i].call) % workers != index)
			continue;
		what = one_point(w, c, &point[i], point[i].call / 2, &r, &c->missed);
		c->done++;
		if (c->verbose)
			(void)printf("%s %s %u:%u %s: %s\n", c->mode, c->scenario->name, point[i].process,
			    point[i].call, trace_call_name(r.number), what != NULL ? what : "in order");
		if (what != NULL) {
			fail(w, c, &point[i], &r, what);
			clean(w, c->scenario);
		}
	}
}

static int worker_main(struct worker *w, struct campaign *c, unsigned index, unsigned workers)
{
	static struct point point[POINTS_MAX];
	static struct points seen;
	struct trace_result counted = {0};
	unsigned points, failed;

	if (unshare(CLONE_NEWNS | CLONE_NEWNET) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    scenario_prepare(w) < 0) {
		(void)printf("FAILED: cannot prepare: %s\n", strerror(errno));
		return 1;
	}
	for (size_t i = 0; i < SCENARIO_COMMANDS && c->scenario->once[i] != NULL; i++)
		if (command_run(w, c->scenario->once[i]) != 0) {
			(void)printf("FAILED %s: %s: %s\n", c->scenario->name, c->scenario->once[i], w->err);
			w->failures++;
		}
	if (w->failures == 0 && count(w, c, &seen, &counted) < 0)
		w->failures++;
	if (w->failures == 0) {
		points = points_of(c, &seen, point);
		if (index == 0)
			(void)printf("%s %s: %u of %u calls of %u processes\n", c->mode, c->scenario->name, points,
			    seen.count, counted.processes);
		work(w, c, index, workers, point, points);
		/* The calls are the same in every run, but for a few that waiting takes. */
		if (c->missed * 2 > c->done) {
			(void)printf(
			    "FAILED %s: %u calls of %u were not reached\n", c->scenario->name, c->missed, c->done);
			w->failures++;
		}
	}
	failed = w->failures;
	for (size_t i = 0; i < SCENARIO_COMMANDS && c->scenario->last[i] != NULL; i++)
		(void)command_run(w, c->scenario->last[i]);
	(void)fflush(stdout);
	return failed > 0 ? 1 : 0;
}

/* Two for each processor: what a point does is waiting, for a good part. */
static unsigned workers_here(void)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);

	return processors < 1 ? 2 : processors * 2 < WORKERS_MAX ? (unsigned)processors * 2 : WORKERS_MAX;
}

static int run_workers(struct campaign *c, const char *bin, const char *dir)
{
	unsigned workers = c->alone || c->scenario->alone ? 1 : workers_here(), ranges = left_ranges();
	pid_t pid[WORKERS_MAX];
	struct timespec pause = {.tv_nsec = 200000000};
	int failed = 0, status;

	(void)fflush(stdout);
	for (unsigned i = 0; i < workers; i++) {
		struct worker w = {.bin = bin};

		(void)snprintf(w.name, sizeof(w.name), "h%d-%u", (int)getpid(), i);
		(void)snprintf(w.dir, sizeof(w.dir), "%s/%u", dir, i);
		w.err_fd = memfd_create("err", MFD_CLOEXEC);
		pid[i] = fork();
		if (pid[i] == 0)
			_exit(worker_main(&w, c, i, workers));
		(void)close(w.err_fd);
		if (pid[i] < 0)
			return 1;
	}
	for (unsigned i = 0; i < workers; i++)
		if (waitpid(pid[i], &status, 0) < 0 || status != 0)
			failed = 1;
	/* Others on this machine may be in the middle of something: what is left for good is still left after a while.
	 */
	for (unsigned tries = 0; tries < 100 && left_ranges() > ranges; tries++)
		(void)nanosleep(&pause, NULL);
	if (left_ranges() > ranges) {
		(void)printf("FAILED %s %s: %u blocks of ids were not given back\n", c->mode, c->scenario->name,
		    left_ranges() - ranges);
		failed = 1;
	}
	return failed;
}

static int set_mode(struct campaign *c, const char *mode)
{
	c->mode = mode;
	c->action = TRACE_FAIL;
	if (strcmp(mode, "kill") == 0)
		c->action = TRACE_KILL_BEFORE;
	else if (strcmp(mode, "killed") == 0)
		c->action = TRACE_KILL_AFTER;
	else if (strcmp(mode, "interrupt") == 0)
		c->errnum = EINTR;
	else if (strcmp(mode, "fail") != 0)
		return -1;
	return 0;
}

int main(int argc, char **argv)
{
	struct campaign c = {0};
	const char *bin = NULL, *dir = NULL;
	int option, failed = 0;

	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	while ((option = getopt(argc, argv, "1ab:d:o:v")) != -1)
		switch (option) {
		case '1':
			c.alone = true;
			break;
		case 'a':
			c.all = true;
			break;
		case 'b':
			bin = optarg;
			break;
		case 'd':
			dir = optarg;
			break;
		case 'o':
			c.only = true;
			if (sscanf(optarg, "%u:%u", &c.only_process, &c.only_call) != 2)
				return 64;
			break;
		case 'v':
			c.verbose = true;
			break;
		default:
			return 64;
		}
	if (bin == NULL || dir == NULL || optind + 2 > argc || set_mode(&c, argv[optind]) < 0)
		return 64;
	for (int i = optind + 1; i < argc; i++) {
		c.scenario = scenario_find(argv[i]);
		if (c.scenario == NULL)
			return 64;
		failed |= run_workers(&c, bin, dir);
	}
	return failed;
}

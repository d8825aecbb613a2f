/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stress: many jails made, changed, entered, listed and removed by several processes at random. Each process has jails
 * of its own, knows what state each is in and so what every command has to answer; and each gets in the others' way by
 * cleaning up and listing. In the end nothing is left.
 *
 *	stress [-f] [-s SECONDS] [-r SEED] -b BINDIR -d DIR
 *
 * -f: half of the processes only clean up, the others make and remove parents with children. DIR is an empty directory
 * of its own. Jails are called sPID-N.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "campaign.h"
#include "scenarios.h"

#define WORKERS 8
#define JAILS 200
#define OWN (JAILS / WORKERS)
#define MESSAGES 20 /* of one process; one cause has many */
#define EXISTS 73
#define MISSING 66

struct jail {
	char name[64];
	bool there, child;
	bool over; /* it has ended by itself: whether somebody has taken it away is not known */
	unsigned meta;
};

struct player {
	struct worker w;
	struct jail jail[OWN];
	char out[65536];
	unsigned commands, seed;
};

static void __attribute__((format(printf, 2, 3))) wrong(struct player *p, const char *format, ...)
{
	va_list args;

	if (p->w.failures++ >= MESSAGES)
		return;
	va_start(args, format);
	(void)printf("FAILED ");
	(void)vprintf(format, args);
	(void)printf("\n");
	va_end(args);
	(void)fflush(stdout);
}

static unsigned draw(struct player *p, unsigned below)
{
	return (unsigned)rand_r(&p->seed) % below;
}

/* Run it: it has to end with `code`; with 0 it says nothing, else something with `says` in it. */
static void __attribute__((format(printf, 4, 5)))
expect(struct player *p, int code, const char *says, const char *format, ...)
{
	char text[1024];
	va_list args;
	int got;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	got = command_run(&p->w, text);
	p->commands++;
	if (got != code || (code == 0 ? p->w.err[0] != '\0' : strstr(p->w.err, says) == NULL))
		wrong(p, "%s: exit code %d, not %d, said: %s", text, got, code, p->w.err);
}

/* What the commands since the last time wrote to standard output. */
static const char *output(struct player *p)
{
	ssize_t n = pread(p->w.out_fd, p->out, sizeof(p->out) - 1, 0);

	p->out[n > 0 ? n : 0] = '\0';
	if (ftruncate(p->w.out_fd, 0) < 0 || lseek(p->w.out_fd, 0, SEEK_SET) < 0)
		wrong(p, "cannot empty the output: %s", strerror(errno));
	return p->out;
}

/* ---------------------------------------------------------------------------------------------- what a jail goes
 * through */

#define CREATE "jail|-q|-c|name=%s|path=%%d/root|children.max=2|persist|meta=k=0"
#define TRUE "command=/bin/true"

static void gone(struct jail *j)
{
	j->there = j->child = false;
}

static void op_create(struct player *p, struct jail *j)
{
	expect(p, j->there ? EXISTS : 0, "already", CREATE, j->name);
	if (!j->there)
		j->meta = 0;
	j->there = true;
	j->over = false;
}

static void op_command(struct player *p, struct jail *j)
{
	expect(p, j->there ? EXISTS : 0, "already", "jail|-q|-c|name=%s|path=%%d/root|exec.init=%s|" TRUE, j->name,
	    draw(p, 2) == 0 ? "yes" : "no");
	j->over = false;
}

static void op_missing_command(struct player *p, struct jail *j)
{
	if (j->there)
		return;
	expect(p, 127, "/bin/none", "jail|-q|-c|name=%s|path=%%d/root|command=/bin/none", j->name);
	j->over = false;
}

static void op_child(struct player *p, struct jail *j)
{
	if (!j->there || !j->child)
		expect(p, j->there ? 0 : MISSING, "its parent jail", "jail|-q|-c|name=%s.c|path=%%d/root/child|persist",
		    j->name);
	else
		expect(p, 0, "", "jail|-q|-%s|%s.c", draw(p, 2) == 0 ? "r" : "R", j->name);
	j->child = j->there && !j->child;
}

static void op_modify(struct player *p, struct jail *j)
{
	unsigned value = draw(p, 1000);

	expect(p, j->there ? 0 : MISSING, "no such jail", "jail|-q|-m|name=%s|meta=k=%u", j->name, value);
	if (j->there)
		j->meta = value;
}

static void op_enter(struct player *p, struct jail *j)
{
	expect(p, j->there ? 0 : MISSING, "no such jail", "jexec|%s|/bin/true", j->name);
}

static void op_look(struct player *p, struct jail *j)
{
	char answer[128];

	(void)snprintf(answer, sizeof(answer), "name=%s meta=k=%u\n", j->name, j->meta);
	(void)output(p);
	expect(p, j->there ? 0 : MISSING, "no such jail", "jls|-n|-j|%s|name|meta", j->name);
	if (strcmp(output(p), j->there ? answer : "") != 0)
		wrong(p, "jls says %snot %s", p->out, answer);
}

static void op_remove(struct player *p, struct jail *j)
{
	char text[128];
	int code;

	(void)snprintf(text, sizeof(text), "jail|-q|-%s|%s", draw(p, 2) == 0 ? "r" : "R", j->name);
	if (j->over) {
		code = command_run(&p->w, text);
		p->commands++;
		if (code != 0 && code != MISSING)
			wrong(p, "%s of one that is over: exit code %d, said: %s", text, code, p->w.err);
		return;
	}
	expect(p, j->there ? 0 : MISSING, "no such jail", "%s", text);
	gone(j);
	if (left_group(j->name))
		wrong(p, "%s is removed, and its control group is there", j->name);
}

static void op_sweep(struct player *p, struct jail *j)
{
	(void)j;
	expect(p, 0, "", "jail|-C");
}

static void op_list(struct player *p, struct jail *j)
{
	const char *list;

	(void)j;
	(void)output(p);
	expect(p, 0, "", "jls|-n|name");
	list = output(p);
	for (unsigned i = 0; i < OWN; i++) {
		char line[80], child[80];

		(void)snprintf(line, sizeof(line), "name=%s\n", p->jail[i].name);
		(void)snprintf(child, sizeof(child), "name=%s.c\n", p->jail[i].name);
		if ((strstr(list, line) != NULL) != p->jail[i].there)
			wrong(p, "jls %s %s", p->jail[i].there ? "does not list" : "lists", p->jail[i].name);
		if ((strstr(list, child) != NULL) != p->jail[i].child)
			wrong(p, "jls %s %s.c", p->jail[i].child ? "does not list" : "lists", p->jail[i].name);
	}
}

/* SIGKILL at any moment: whatever is there then, it can be removed. */
static void op_kill(struct player *p, struct jail *j)
{
	char text[512];
	struct timespec moment = {.tv_nsec = draw(p, 8000000)};
	pid_t pid;
	int code;

	if (!j->there)
		(void)snprintf(text, sizeof(text), CREATE, j->name);
	else if (draw(p, 2) == 0)
		(void)snprintf(text, sizeof(text), "jail|-q|-R|%s", j->name);
	else
		(void)snprintf(text, sizeof(text), "jail|-q|-m|name=%s|meta=k=2000", j->name);
	pid = command_start(&p->w, text);
	(void)nanosleep(&moment, NULL);
	(void)kill(pid, SIGKILL);
	(void)command_wait(pid);
	worker_read_err(&p->w);
	(void)snprintf(text, sizeof(text), "jail|-q|-R|%s", j->name);
	code = command_run(&p->w, text);
	p->commands += 2;
	if (code != 0 && code != MISSING)
		wrong(p, "%s after SIGKILL: exit code %d, said: %s", text, code, p->w.err);
	gone(j);
	j->over = false;
	if (left_group(j->name))
		wrong(p, "%s is removed, and its control group is there", j->name);
}

/* Its first process is killed from outside: it is over, and its name is free. */
static void op_end(struct player *p, struct jail *j)
{
	struct timespec pause = {.tv_nsec = 1000000};
	char text[128];
	int pid = 0, code = 0;

	if (!j->there)
		return;
	(void)output(p);
	expect(p, 0, "", "jls|-n|-j|%s|pid", j->name);
	if (sscanf(output(p), "pid=%d", &pid) != 1 || pid <= 1 || kill(pid, SIGKILL) < 0) {
		wrong(p, "%s has no first process: %s", j->name, p->out);
		return;
	}
	(void)snprintf(text, sizeof(text), "jls|-j|%s|jid", j->name);
	for (unsigned tries = 0; tries < 1000 && (code = command_run(&p->w, text)) == 0; tries++)
		(void)nanosleep(&pause, NULL);
	if (code != MISSING)
		wrong(p, "%s: exit code %d though it is over, said: %s", text, code, p->w.err);
	(void)output(p);
	gone(j);
	j->over = true;
}

/* Two of one name at once: one wins, the other says so. */
static void op_duel(struct player *p, struct jail *j)
{
	char text[512];
	pid_t a, b;
	int first, second;

	if (j->there)
		return;
	(void)snprintf(text, sizeof(text), CREATE, j->name);
	a = command_start(&p->w, text);
	b = command_start(&p->w, text);
	first = command_wait(a);
	second = command_wait(b);
	worker_read_err(&p->w);
	p->commands += 2;
	if (first + second != EXISTS || (first != 0 && second != 0) || strstr(p->w.err, "already") == NULL)
		wrong(p, "two of %s at once: exit codes %d and %d, said: %s", j->name, first, second, p->w.err);
	j->there = true;
	j->over = false;
	j->meta = 0;
}

static const struct {
	void (*run)(struct player *p, struct jail *j);
	unsigned weight;
} ops[] = {
    {op_create, 10},
    {op_command, 6},
    {op_missing_command, 1},
    {op_child, 6},
    {op_modify, 4},
    {op_enter, 4},
    {op_look, 3},
    {op_remove, 6},
    {op_sweep, 2},
    {op_list, 1},
    {op_kill, 4},
    {op_end, 2},
    {op_duel, 4},
};

static void one_of_all(struct player *p)
{
	unsigned total = 0, at;
	size_t i;

	for (i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
		total += ops[i].weight;
	at = draw(p, total);
	for (i = 0; at >= ops[i].weight; i++)
		at -= ops[i].weight;
	ops[i].run(p, &p->jail[draw(p, OWN)]);
}

/* A child that goes with its parent while somebody cleans up: there is one parent at a time, so that they meet. */
static void family(struct player *p, unsigned index)
{
	struct jail *j = &p->jail[0];

	if (index % 2 == 1) {
		op_sweep(p, j);
		return;
	}
	op_create(p, j);
	op_child(p, j);
	if (draw(p, 3) == 0)
		op_end(p, j);
	else
		op_remove(p, j);
}

/* ------------------------------------------------------------------------------------------------------------
 * processes */

static int player_main(struct player *p, pid_t id, unsigned index, bool families, unsigned seconds)
{
	struct timespec now, end;

	p->seed += index;
	p->w.err_fd = memfd_create("err", MFD_CLOEXEC);
	p->w.out_fd = memfd_create("out", MFD_CLOEXEC);
	for (unsigned i = 0; i < OWN; i++)
		(void)snprintf(p->jail[i].name, sizeof(p->jail[i].name), "s%d-%u", (int)id, index * OWN + i);
	(void)clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += seconds;
	do {
		if (families)
			family(p, index);
		else
			one_of_all(p);
		(void)clock_gettime(CLOCK_MONOTONIC, &now);
	} while (now.tv_sec < end.tv_sec && p->w.failures < MESSAGES);
	op_list(p, NULL);
	for (unsigned i = 0; i < OWN; i++) {
		if (p->jail[i].there)
			op_remove(p, &p->jail[i]);
		else
			op_look(p, &p->jail[i]);
	}
	(void)printf("process %u: %u commands\n", index, p->commands);
	(void)fflush(stdout);
	return p->w.failures > 0 ? 1 : 0;
}

/* What must be gone for good when all have ended; one more command may be needed for what SIGKILL left. */
static int look(struct worker *w, const struct snapshot *before, unsigned ranges)
{
	struct snapshot after;
	const char *what;
	int failed = 0;

	if (command_run(w, "jail|-C") != 0) {
		(void)printf("FAILED jail -C: %s\n", w->err);
		failed = 1;
	}
	for (unsigned i = 0; i < JAILS; i++) {
		char name[64];

		(void)snprintf(name, sizeof(name), "s%d-%u", (int)getpid(), i);
		what = left_group(name) ? "its control group is left" : left_record(name);
		if (what != NULL) {
			(void)printf("FAILED %s: %s\n", name, what);
			failed = 1;
		}
	}
	/* Others on this machine may be in the middle of something. */
	for (unsigned tries = 0; tries < 5 && left_ranges() > ranges; tries++)
		(void)sleep(1);
	snapshot_take(w->dir, &after);
	what = left_ranges() > ranges ? "ids were not given back" : snapshot_compare(before, &after);
	snapshot_free(&after);
	if (what == NULL)
		return failed;
	(void)printf("FAILED at the end: %s\n", what);
	return 1;
}

static int play(struct player *p, bool families, unsigned seconds)
{
	struct snapshot before;
	unsigned ranges = left_ranges();
	pid_t id = getpid(), pid[WORKERS];
	int failed = 0, status;

	snapshot_take(p->w.dir, &before);
	(void)fflush(stdout);
	for (unsigned i = 0; i < WORKERS; i++) {
		pid[i] = fork();
		if (pid[i] == 0)
			_exit(player_main(p, id, i, families, seconds));
		if (pid[i] < 0)
			failed = 1;
	}
	for (unsigned i = 0; i < WORKERS; i++)
		if (pid[i] > 0 && (waitpid(pid[i], &status, 0) < 0 || status != 0))
			failed = 1;
	failed |= look(&p->w, &before, ranges);
	snapshot_free(&before);
	return failed;
}

int main(int argc, char **argv)
{
	static struct player p = {.seed = 1};
	unsigned seconds = 60;
	bool families = false;
	int option;

	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	while ((option = getopt(argc, argv, "b:d:fr:s:")) != -1)
		switch (option) {
		case 'b':
			p.w.bin = optarg;
			break;
		case 'd':
			(void)snprintf(p.w.dir, sizeof(p.w.dir), "%s", optarg);
			break;
		case 'f':
			families = true;
			break;
		case 'r':
			p.seed = (unsigned)strtoul(optarg, NULL, 10);
			break;
		case 's':
			seconds = (unsigned)strtoul(optarg, NULL, 10);
			break;
		default:
			return 64;
		}
	if (p.w.bin == NULL || p.w.dir[0] == '\0' || optind != argc)
		return 64;
	p.w.err_fd = memfd_create("err", MFD_CLOEXEC);
	if (unshare(CLONE_NEWNS | CLONE_NEWNET) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    scenario_prepare(&p.w) < 0) {
		(void)printf("FAILED: cannot prepare: %s\n", strerror(errno));
		return 1;
	}
	return play(&p, families, seconds);
}

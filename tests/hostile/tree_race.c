/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tree_race: jails whose root exchanges, links and mounts what their trees are made of (race_inside.c), while the
 * host's tools create, change, list, enter and remove those jails, three generations and siblings that share
 * directories. The canaries stay byte for byte as they were, nobody inside sees one, every tool ends in time with a
 * code of sysexits(3) and at most one line, and nothing is left.
 *
 *	tree_race [-s SECONDS] [-r SEED] -b BINDIR -d DIR
 *
 * DIR is an empty directory of its own. Jails are called rPID, rPID.c, rPID.c.g, ..., rPID-a, rPID-b and so on.
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
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "campaign.h"
#include "judge.h"
#include "race.h"

#define BOUND_MS 45000 /* of one tool: stop.timeout is 1, and the machine may be busy */
#define MESSAGES 20
#define KEYS 200
#define REBUILD_EVERY 40 /* commands */

struct player {
	struct worker w;
	unsigned seed, index, commands, until_rebuild;
	unsigned seconds;
	int null, report; /* standard output of tools, and of what runs inside */
	int guarded[3];
	char *before[3];
	int secret;
	char *secret_before;
	unsigned long said[KEYS]; /* sums of the messages that were printed */
	unsigned nsaid;
};

static const char *const canaries[] = {"trees/canary-near", "far/canary-etc", "base"};

static void __attribute__((format(printf, 2, 3))) wrong(struct player *p, const char *format, ...)
{
	va_list args;

	if (p->w.failures++ >= MESSAGES)
		return;
	va_start(args, format);
	(void)printf("FAILED worker %u, command %u: ", p->index, p->commands);
	(void)vprintf(format, args);
	(void)printf("\n");
	va_end(args);
	(void)fflush(stdout);
}

static unsigned draw(struct player *p, unsigned below)
{
	return (unsigned)rand_r(&p->seed) % below;
}

/* ------------------------------------------------------------------------------------------------ one command */

/* To its end; -1 when it takes too long. */
static int wait_bounded(struct player *p, pid_t pid, const char *text)
{
	char where[512];
	int code = judge_wait(pid, BOUND_MS, where, sizeof(where));

	if (code < 0)
		wrong(p, "%s: does not end within %d s, waits in: %s", text, BOUND_MS / 1000, where);
	return code;
}

/* Each message once, without its numbers: what the run was about. */
static void note(struct player *p, int code, const char *text)
{
	unsigned long h = (unsigned long)code;
	unsigned i;

	for (const char *c = p->w.err; *c != '\0'; c++)
		if (*c < '0' || *c > '9')
			h = h * 1099511628211UL + (unsigned char)*c;
	for (i = 0; i < p->nsaid && p->said[i] != h; i++)
		continue;
	if (i < p->nsaid || p->nsaid == KEYS)
		return;
	p->said[p->nsaid++] = h;
	(void)printf("note %d: %s -> %s%s", code, text, p->w.err, p->w.err[0] != '\0' ? "" : "\n");
	(void)fflush(stdout);
}

/* exec.start, too, is what a tool runs. */
static void judge(struct player *p, int code, const char *text)
{
	bool runs =
	    strncmp(text, "jexec", 5) == 0 || strstr(text, "|command=") != NULL || strstr(text, "|exec.start=") != NULL;
	const char *what = code < 0 ? NULL : judge_end(code, p->w.err, runs);

	note(p, code, text);
	if (what != NULL)
		wrong(p, "%s: %s: %d, said: %s", text, what, code, p->w.err);
}

static void check_one(struct player *p, const char *name, int dirfd, char **before, const char *text)
{
	char line[1024];
	char *after = race_describe(dirfd);
	const char *what;

	if (after == NULL || *before == NULL) {
		wrong(p, "cannot look at %s", name);
		free(after);
		return;
	}
	what = race_differs(*before, after, line, sizeof(line));
	if (what != NULL) {
		wrong(p, "%s: %s changed: %s", text, name, what[0] != '\0' ? what : "something is gone");
		free(*before);
		*before = after;
		return;
	}
	free(after);
}

static void check_canaries(struct player *p, const char *text)
{
	for (unsigned i = 0; i < 3; i++)
		check_one(p, canaries[i], p->guarded[i], &p->before[i], text);
	if (p->secret >= 0)
		check_one(p, "what is hidden from trees/p", p->secret, &p->secret_before, text);
}

static int run(struct player *p, const char *text, bool inside)
{
	int code;

	p->w.out_fd = inside ? p->report : p->null;
	code = wait_bounded(p, command_start(&p->w, text), text);
	p->commands++;
	worker_read_err(&p->w);
	judge(p, code, text);
	check_canaries(p, text);
	return code;
}

/* ------------------------------------------------------------------------------------------------ what is done */

/* What begins with '+' makes the jail behind the first '='; when that worked, the hostile program runs in it. */
#define COMMON "|persist|stop.timeout=1"
#define POWERS "|allow.mount|allow.mount.nullfs|allow.mount.tmpfs|enforce_statfs=1"
#define P "%d/trees/p"
#define A "%d/trees/a"
/* What is hidden lies where the parent can't move it. */
#define VAULT "|mount=%d/vault /vault nullfs ro 0 0|path.hide=/vault/secret"
#define LOOK "|/bin/race_inside|look|x"

static const char *const family[] = {
    "+jail|-q|-c|name=%n|path=" P "|children.max=9" VAULT POWERS COMMON,
    "+jail|-q|-c|name=%n|path=" P "|children.max=9" VAULT COMMON,
    "+jail|-q|-c|name=%n.c|path=" P "/c|children.max=4" POWERS COMMON,
    "+jail|-q|-c|name=%n.c|path=" P "/c|children.max=4|mount=" P "/share /mnt nullfs ro 0 0" COMMON,
    "+jail|-q|-c|name=%n.c|path=" P "/c|children.max=4|exec.consolelog=" P
    "/log/console|exec.start=/bin/race_inside say" COMMON,
    "+jail|-q|-c|name=%n.c|path=" P "/c|path.hide=/etc" COMMON,
    "+jail|-q|-c|name=%n.c.g|path=" P "/c/g" COMMON,
    "+jail|-q|-c|name=%n.c.g|path=" P "/c/g|path.volatile=1m" COMMON,
    "+jail|-q|-c|name=%n.c.g|path=" P "/c/g|mount=" P "/c/share /mnt nullfs rw 0 0" COMMON,
    "+jail|-q|-c|name=%n.c.g|path=" P "/c/g|exec.consolelog=" P "/c/log/console|exec.start=/bin/race_inside say" COMMON,
    "jail|-q|-c|name=%n.c.d|path=" P "/c/d|command=/bin/race_inside|look|d",
    "jail|-q|-c|name=%n.c.d|path=" P "/c/d|path.readonly|command=/bin/race_inside|look|d",
    "jail|-q|-c|name=%n.c.d|path=" P "/c/d|exec.init=no|command=/bin/race_inside|look|d",
    "jail|-q|-c|name=%n.e|path=" P "/build|command=/bin/race_inside|look|e",
    "jail|-q|-c|name=%n.e|path=" P "/vault|command=/bin/race_inside|look|e",
    "jail|-q|-c|name=%n.e|path=" P "/vault/secret|command=/bin/race_inside|look|e",
    "jail|-q|-c|name=%n.e|path=" P "/v2|command=/bin/race_inside|look|e",
    "jail|-q|-c|name=%n.e|path=" P "/s|mount=" P "/vault /mnt nullfs ro 0 0|command=/bin/race_inside|look|e",
    "jail|-q|-c|name=%n.e|path=" P "/s|mount=" P "/v2 /mnt nullfs ro 0 0|command=/bin/race_inside|look|e",
    "jail|-q|-c|name=%n.e|path=" P "/s|mount=" P "/mnt/sub /mnt nullfs ro 0 0|command=/bin/race_inside|look|e",
    "+jail|-q|-c|name=%n.s|path=" P "/s|path.volatile=1m" COMMON,
    "+jail|-q|-c|name=%n.s|path=" P "/s|path.readonly|host.hostuuid=9e1c9f58-1b2a-4a11-9f6c-0123456789ab" COMMON,
    "+jail|-q|-c|name=%n.u|path=" P "/u|path.base=" P "/base" COMMON,
    "jail|-q|-c|name=%n.u|path=" P "/u|path.base=" P "/base|command=/bin/race_inside|look|u",
    "jail|-q|-c|name=%n.u|path=" P "/u|path.base=%d/base|command=/bin/race_inside|look|u",
    "jail|-q|-c|name=%n.s|path=" P "/s|mount=" P "/up /media unionfs rw 0 0|command=/bin/race_inside|look|s",
    "jail|-q|-r|%n.c.g",
    "jail|-q|-R|%n.c.g",
    "jail|-q|-R|%n.c",
    "jail|-q|-r|%n.c",
    "jail|-q|-R|%n.s",
    "jail|-q|-R|%n.u",
};

static const char *const siblings[] = {
    "+jail|-q|-c|name=%n-a|path=" A POWERS COMMON,
    "+jail|-q|-c|name=%n-a|path=" A COMMON,
    "+jail|-q|-c|name=%n-b|path=%d/trees/b|mount=" A "/export /mnt nullfs rw 0 0" COMMON,
    "+jail|-q|-c|name=%n-b|path=%d/trees/b|mount=" A "/export/sub /mnt nullfs ro 0 0" COMMON,
    "+jail|-q|-c|name=%n-b|path=%d/trees/b|mount=" A "/up /media unionfs rw 0 0" COMMON,
    "+jail|-q|-c|name=%n-b|path=%d/trees/b|exec.consolelog=" A "/log/console|exec.start=/bin/race_inside say" COMMON,
    "jail|-q|-c|name=%n-d|path=%d/trees/b|mount=" A "/export /mnt/sub nullfs rw 0 0|command=/bin/race_inside|look|d",
    "jail|-q|-c|name=%n-d|path=%d/trees/b|mount=" A "/etc/passwd /etc/passwd nullfs ro 0 0|command=/bin/race_inside|"
    "look|d",
    "jail|-q|-c|name=%n-d|path=%d/trees/b|exec.consolelog=" A "/log/console|command=/bin/race_inside|say",
    "jail|-q|-c|name=%n-d|path=%d/trees/b|exec.consolelog=" A "/console|command=/bin/race_inside|say",
    "+jail|-q|-c|name=%n-w|path=" A "/w|path.base=%d/base" COMMON,
    "jail|-q|-c|name=%n-w|path=" A "/w|path.base=%d/base|command=/bin/race_inside|look|w",
    "jail|-q|-c|name=%n-w|path=" A "/w|path.base=" A "/mnt|path.volatile|command=/bin/race_inside|look|w",
    "jail|-q|-m|name=%n-b|mount+=" A "/export /mnt/sub nullfs rw 0 0",
    "jail|-q|-m|name=%n-b|mount+=" A "/up /mnt/sub unionfs rw 0 0",
    "jail|-q|-m|name=%n-b|mount+=" A "/share /media nullfs ro 0 0",
    "jail|-q|-m|name=%n-b|mount=",
    "jail|-q|-m|name=%n-b|exec.consolelog=" A "/log/console",
    "jail|-q|-m|name=%n-b|devices=/dev/full",
    "jail|-q|-m|name=%n-b|devices=",
    "jail|-q|-r|%n-b",
    "jail|-q|-R|%n-b",
    "jail|-q|-R|%n-a",
    "jail|-q|-R|%n-w",
};

/* Of jails that the others make and remove meanwhile. */
static const char *const changes[] = {
    "jail|-q|-m|name=%n.c|mount+=" P "/share /mnt nullfs rw 0 0",
    "jail|-q|-m|name=%n.c|mount+=" P "/share /log nullfs ro 0 0",
    "jail|-q|-m|name=%n.c|mount+=" P "/v2 /media nullfs ro 0 0",
    "jail|-q|-m|name=%n.c|mount=tmpfs /media tmpfs size=64k 0 0",
    "jail|-q|-m|name=%n.c|mount=",
    "jail|-q|-m|name=%n.c|devices=/dev/full r",
    "jail|-q|-m|name=%n.c|devices=",
    "jail|-q|-m|name=%n.c|path.hide+=/mnt/sub",
    "jail|-q|-m|name=%n.c|path.hide+=/etc/passwd",
    "jail|-q|-m|name=%n.c|path.readonly",
    "jail|-q|-m|name=%n.c|children.max=3",
    "jail|-q|-m|name=%n.c|limit.openfiles=100",
    "jail|-q|-m|name=%n.c|limit.fsize=1m|limit.coredumpsize=0",
    "jail|-q|-m|name=%n.c|host.hostname=raced",
    "jail|-q|-m|name=%n.c|host.hostuuid=9e1c9f58-1b2a-4a11-9f6c-0123456789ab",
    "jail|-q|-m|name=%n.c|exec.stop=/bin/race_inside say|exec.consolelog=" P "/log/console",
    "jail|-q|-m|name=%n.c.g|mount+=" P "/c/share /mnt nullfs rw 0 0",
    "jail|-q|-m|name=%n.c.g|mount=",
    "jail|-q|-m|name=%n|mount+=%d/base /mnt nullfs ro 0 0",
    "jail|-q|-m|name=%n|mount=",
    "jail|-q|-m|name=%n|path.hide+=/tmp",
    "jls|-v",
    "jls|-n",
    "jls|-n|-j|%n.c",
    "jstat|--json",
    "jstat|--json|%n.c",
    "jail|-C",
    "jexec|%n" LOOK,
    "jexec|%n.c" LOOK,
    "jexec|-U|worker|%n.c" LOOK,
    "jexec|-d|/mnt|%n.c" LOOK,
    "jexec|-l|-U|worker|%n.c.g" LOOK,
    "jexec|%n.c.g" LOOK,
    "jexec|%n.u" LOOK,
    "jexec|%n-b" LOOK,
};

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

/* The first process of that jail, as jls(8) says; 0: none. */
static int first_process(struct player *p, const char *jail)
{
	char text[128], out[64] = "";
	int fd = memfd_create("pid", MFD_CLOEXEC), pid = 0;

	(void)snprintf(text, sizeof(text), "jls|-n|-j|%s|pid", jail);
	p->w.out_fd = fd;
	(void)wait_bounded(p, command_start(&p->w, text), text);
	worker_read_err(&p->w);
	if (pread(fd, out, sizeof(out) - 1, 0) > 0 && sscanf(out, "pid=%d", &pid) != 1)
		pid = 0;
	(void)close(fd);
	return pid;
}

/* The jail that `text` has made: does the host see a canary in its mounts? Then its root goes to work. */
static void let_loose(struct player *p, const char *text)
{
	char jail[80], more[512], line[1024];
	const char *from = strstr(text, "name=%n") + 7;
	int length = (int)strcspn(from, "|");
	int pid;

	(void)snprintf(jail, sizeof(jail), "%s%.*s", p->w.name, length, from);
	pid = first_process(p, jail);
	if (pid > 0 && race_mounted(pid, line, sizeof(line)) != NULL)
		wrong(p, "%s: a canary is mounted in it: %s", text, line);
	(void)snprintf(more, sizeof(more), "jexec|%s|/bin/race_inside|churn|%s|%u|%u|%%d/far/canary-etc", jail,
	    strpbrk(jail, ".-") != NULL ? strpbrk(jail, ".-") : "p", draw(p, 1u << 30), p->seconds);
	(void)run(p, more, true);
}

static void program_path(char ret[512])
{
	ssize_t n = readlink("/proc/self/exe", ret, 400);

	ret[n > 0 ? n : 0] = '\0';
	if (strrchr(ret, '/') != NULL)
		(void)strcpy(strrchr(ret, '/'), "/race_inside");
}

/* What the hostile programs have left of a tree is little: without its jails it is made again. */
static void rebuild(struct player *p, bool is_family)
{
	char program[512];

	program_path(program);
	check_canaries(p, "before a rebuild");
	if (is_family) {
		(void)run(p, "jail|-q|-R|%n", false);
		if (race_rebuild(p->w.dir, "p", program) < 0)
			wrong(p, "cannot make trees/p again: %s", strerror(errno));
		return;
	}
	(void)run(p, "jail|-q|-R|%n-b", false);
	(void)run(p, "jail|-q|-R|%n-w", false);
	(void)run(p, "jail|-q|-R|%n-a", false);
	if (race_rebuild(p->w.dir, "a", program) < 0 || race_rebuild(p->w.dir, "b", program) < 0)
		wrong(p, "cannot make trees/a and b again: %s", strerror(errno));
}

static void step(struct player *p)
{
	const char *const *list = p->index == 0 ? family : p->index == 1 ? siblings : changes;
	size_t count = p->index == 0 ? COUNT(family) : p->index == 1 ? COUNT(siblings) : COUNT(changes);
	const char *text = list[draw(p, (unsigned)count)];
	bool makes = text[0] == '+';
	int code;

	/* Without the parent nothing else works: at the start, and now and then in the middle. */
	if (p->index < 2 && p->until_rebuild-- == 0) {
		rebuild(p, p->index == 0);
		p->until_rebuild = REBUILD_EVERY + draw(p, REBUILD_EVERY);
		text = list[draw(p, 2)];
		makes = true;
	}
	code = run(p, text + makes, strstr(text, "race_inside") != NULL);
	if (makes && code == 0)
		let_loose(p, text);
}

/* ---------------------------------------------------------------------------------------------------- processes */

#define WORKERS 4 /* 0: the family, 1: the siblings, others: changes */

static int open_in(const char *dir, const char *name)
{
	char path[512];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static int player_main(struct player *p, unsigned index)
{
	struct timespec now, end;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	p->index = index;
	p->seed += index;
	p->w.err_fd = memfd_create("err", MFD_CLOEXEC);
	p->null = open("/dev/null", O_RDWR | O_CLOEXEC);
	p->secret = -1;
	for (unsigned i = 0; i < 3; i++) {
		p->guarded[i] = open_in(p->w.dir, canaries[i]);
		p->before[i] = race_describe(p->guarded[i]);
	}
	if (index == 0) {
		p->secret = race_open_secret(p->w.dir);
		p->secret_before = race_describe(p->secret);
	}
	(void)clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += p->seconds;
	do {
		step(p);
		(void)clock_gettime(CLOCK_MONOTONIC, &now);
	} while (now.tv_sec < end.tv_sec && p->w.failures < MESSAGES);
	(void)printf("worker %u: %u commands, %u failures\n", index, p->commands, p->w.failures);
	(void)fflush(stdout);
	return p->w.failures > 0 ? 1 : 0;
}

/* One line for each place at which somebody inside saw a canary. */
static void check_report(struct player *p)
{
	FILE *f;
	char line[512];

	(void)lseek(p->report, 0, SEEK_SET);
	f = fdopen(dup(p->report), "r");
	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, "FOUND", 5) == 0)
			wrong(p, "%s", line);
	}
	if (f != NULL)
		(void)fclose(f);
}

static int count_entries(const char *dir, const char *name)
{
	int fd = open_in(dir, name), n = 0;
	char *text = fd < 0 ? NULL : race_describe(fd);

	/* The directory itself is the first line; what is directly in it has one slash. */
	for (char *c = text, *next; c != NULL && *c != '\0'; c = next) {
		next = strchr(c, '\n') + 1;
		n += c[0] == '/' && memchr(c + 1, '/', strcspn(c + 1, ":")) == NULL;
	}
	free(text);
	(void)close(fd);
	return n;
}

static void look_after(struct player *p, const struct snapshot *before, unsigned ranges, int top, int trees)
{
	static const char *const last[] = {
	    "jail|-q|-R|%n", "jail|-q|-R|%n-b", "jail|-q|-R|%n-w", "jail|-q|-R|%n-d", "jail|-q|-R|%n-a", "jail|-C"};
	static const char *const suffix[] = {"", ".c", ".c.g", ".c.d", ".e", ".s", ".u", "-a", "-b", "-d", "-w"};
	struct snapshot after;

	p->index = WORKERS;
	for (size_t i = 0; i < COUNT(last); i++)
		(void)run(p, last[i], false);
	for (size_t i = 0; i < COUNT(suffix); i++) {
		char name[80];
		const char *what;

		(void)snprintf(name, sizeof(name), "%s%s", p->w.name, suffix[i]);
		what = left_group(name) ? "its control group is left" : left_record(name);
		if (what != NULL)
			wrong(p, "%s: %s", name, what);
	}
	/* Others on this machine may be in the middle of something. */
	for (unsigned tries = 0; tries < 5 && left_ranges() > ranges; tries++)
		(void)sleep(1);
	if (left_ranges() > ranges)
		wrong(p, "ids were not given back");
	snapshot_take("/nonexistent", &after);
	if (snapshot_compare(before, &after) != NULL)
		wrong(p, "%s", snapshot_compare(before, &after));
	snapshot_free(&after);
	if (count_entries(p->w.dir, ".") != top || count_entries(p->w.dir, "trees") != trees)
		wrong(p, "there is something new beside the trees");
}

static int play(struct player *p)
{
	unsigned ranges = left_ranges();
	int top = count_entries(p->w.dir, "."), trees = count_entries(p->w.dir, "trees"), failed = 0, status;
	struct snapshot before;
	pid_t pid[WORKERS];

	snapshot_take("/nonexistent", &before);
	for (unsigned i = 0; i < 3; i++) {
		p->guarded[i] = open_in(p->w.dir, canaries[i]);
		p->before[i] = race_describe(p->guarded[i]);
	}
	(void)fflush(stdout);
	for (unsigned i = 0; i < WORKERS; i++) {
		pid[i] = fork();
		if (pid[i] == 0)
			_exit(player_main(p, i));
		failed |= pid[i] < 0;
	}
	for (unsigned i = 0; i < WORKERS; i++)
		if (pid[i] > 0 && (waitpid(pid[i], &status, 0) < 0 || status != 0))
			failed = 1;
	look_after(p, &before, ranges, top, trees);
	check_report(p);
	snapshot_free(&before);
	return failed || p->w.failures > 0 ? 1 : 0;
}

int main(int argc, char **argv)
{
	static struct player p = {.seed = 1, .seconds = 60, .secret = -1};
	char program[512];
	int option;

	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	while ((option = getopt(argc, argv, "b:d:r:s:")) != -1)
		switch (option) {
		case 'b':
			p.w.bin = optarg;
			break;
		case 'd':
			(void)snprintf(p.w.dir, sizeof(p.w.dir), "%s", optarg);
			break;
		case 'r':
			p.seed = (unsigned)strtoul(optarg, NULL, 10);
			break;
		case 's':
			p.seconds = (unsigned)strtoul(optarg, NULL, 10);
			break;
		default:
			return 64;
		}
	if (p.w.bin == NULL || p.w.dir[0] == '\0' || optind != argc)
		return 64;
	(void)printf("seed %u, %u s\n", p.seed, p.seconds);
	(void)snprintf(p.w.name, sizeof(p.w.name), "r%d", (int)getpid());
	p.w.err_fd = memfd_create("err", MFD_CLOEXEC);
	p.report = memfd_create("report", 0);
	p.null = open("/dev/null", O_RDWR | O_CLOEXEC);
	(void)fcntl(p.report, F_SETFL, O_APPEND);
	program_path(program);
	if (unshare(CLONE_NEWNS | CLONE_NEWNET) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    race_prepare(p.w.dir, program) < 0) {
		(void)printf("FAILED: cannot prepare: %s\n", strerror(errno));
		return 1;
	}
	return play(&p);
}

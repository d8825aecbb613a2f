/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * garbage: each tool meets jails whose process 1, or whose root beside jail-init, answers with garbage (odd_first.c):
 * it ends within a bound, with a code of sysexits(3) and at most one line, and nothing is left.
 *
 *	garbage [-a] [-o MODE] [-r SEED] -b BINDIR -d DIR
 *
 * -a: all tools in each round, not some of them by chance. DIR is an empty directory of its own. Jails are called
 * gPID-N.
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
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "campaign.h"
#include "judge.h"

#define BOUND_MS 20000
#define MESSAGES 20
#define HANGS 3 /* each has taken the bound */
#define WORKERS 4
#define SOME 16 /* tools in one round */
#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

struct game {
	struct worker w;
	const char *mode;
	unsigned seed, commands, hangs;
	bool first; /* it is process 1 itself */
	bool all;
	int null, report;
	pid_t background;
};

static void __attribute__((format(printf, 2, 3))) wrong(struct game *g, const char *format, ...)
{
	va_list args;

	if (g->w.failures++ >= MESSAGES)
		return;
	va_start(args, format);
	(void)printf("FAILED %s%s: ", g->mode, g->first ? "" : " beside jail-init");
	(void)vprintf(format, args);
	(void)printf("\n");
	va_end(args);
	(void)fflush(stdout);
}

static const char *const modes[] = {"stay", "watch_fifo", "watch_device", "watch_huge", "watch_shrinks",
    "watch_garbage", "watch_socket", "channel", "odd_name", "zombie_leader", "thread_executes", "traced",
    "stops_itself", "kills_others", "traces_others", "ends_at_once", "ends_at_once", "ends_at_once", "forks", "large",
    "replaces", "covers", "elsewhere", "closes", "users=sparse", "users=fifo", "users=socket", "users=directory",
    "users=lines", "users=garbage", "users=/dev/zero", "users=/etc/passwd"};

/* Every tool, and every parameter that changes on a running jail in a way of its own. */
#define M "jail|-q|-m|name=%n|"
static const char *const tools[] = {
    "jls|-v",
    "jls|-n",
    "jls|-n|-j|%n",
    "jls|-d|-n|name|pid|restarts|limit.hits",
    "jstat|--json|%n",
    "jstat|--openmetrics",
    "jstat|-1|-d|0.1|%n",
    "jexec|%n|/bin/odd_first|true",
    "jexec|-U|worker|%n|/bin/odd_first|true",
    "jexec|-l|-U|worker|%n|/bin/odd_first|true",
    "jexec|-u|nobody|%n|/bin/odd_first|true",
    "jexec|-d|/etc|%n|/bin/odd_first|true",
    M "meta=k=1|env=A=b|depend=",
    M "limit.openfiles=500",
    M "limit.openfiles=unlimited",
    M "limit.maxproc=90",
    M "limit.cputime=9000:sigterm,8000:log",
    M "limit.wallclock=9000",
    M "limit.cputime=unlimited",
    M "limit.memorylocked=1m|limit.stacksize=8m|limit.coredumpsize=0",
    M "limit.netrate=1m",
    M "limit.nshm=10|limit.nmsgq=10",
    M "mount+=%d/shared /mnt nullfs ro 0 0",
    M "mount=",
    M "devices=/dev/full r",
    M "devices=",
    M "path.hide+=/etc/group",
    M "path.readonly",
    M "host.hostname=odd|host.domainname=odd",
    M "host.hostuuid=9e1c9f58-1b2a-4a11-9f6c-0123456789ab",
    M "host.hostid=7",
    M "exec.restart=always",
    M "exec.restart=never",
    M "persist",
    M "nopersist",
    M "persist",
    M "children.max=1|stop.timeout=1",
    M "exec.stop=true|exec.consolelog=%d/log|exec.jail_user=worker",
    M "exec.jail_user=",
    "jail|-C",
};

static void judge(struct game *g, pid_t pid, const char *text, bool runs)
{
	char where[512];
	int code = judge_wait(pid, BOUND_MS, where, sizeof(where));
	const char *what;

	g->commands++;
	worker_read_err(&g->w);
	what = judge_end(code, g->w.err, runs);
	if (getenv("GARBAGE_NOTES") != NULL)
		(void)printf("note %s%s %d: %s -> %s\n", g->mode, g->first ? "" : " beside", code, text, g->w.err);
	if (code < 0)
		g->hangs++;
	if (code < 0)
		wrong(g, "%s: does not end within %d s, waits in: %s", text, BOUND_MS / 1000, where);
	else if (what != NULL)
		wrong(g, "%s: %s: %d, said: %s", text, what, code, g->w.err);
}

static void run(struct game *g, const char *text)
{
	g->w.out_fd = g->null;
	judge(g, command_start(&g->w, text), text, strncmp(text, "jexec", 5) == 0);
}

static bool there(struct game *g)
{
	g->w.out_fd = g->null;
	return command_run(&g->w, "jls|-j|%n|jid") == 0;
}

/* What odd_first says is kept apart: the tool that runs it is judged by what it says itself. */
static pid_t start_behind(struct game *g, const char *text)
{
	int err = g->w.err_fd;
	pid_t pid;

	g->w.err_fd = g->w.out_fd = g->report;
	pid = command_start(&g->w, text);
	g->w.err_fd = err;
	return pid;
}

#define COMMON "jail|-q|-c|name=%n|path=%d/root|stop.timeout=1|limit.maxproc=60|allow.debug"
#define MOUNTS "|allow.mount|allow.mount.tmpfs|enforce_statfs=1"

static void begin(struct game *g)
{
	bool mounts = strcmp(g->mode, "covers") == 0;
	char text[512];

	if (!g->first)
		run(g, mounts ? COMMON MOUNTS "|persist" : COMMON "|persist");
	(void)snprintf(text, sizeof(text), "%s%s%s/bin/odd_first|%s|%u", g->first ? COMMON : "jexec|%n|",
	    g->first && mounts ? MOUNTS : "", g->first ? "|exec.init=no|command=" : "", g->mode, ++g->seed);
	g->background = start_behind(g, text);
	for (unsigned n = 0; n < 100 && !there(g); n++) {
		struct timespec pause = {.tv_nsec = 10000000};

		if (waitpid(g->background, NULL, WNOHANG) != 0) {
			g->background = 0;
			break;
		}
		(void)nanosleep(&pause, NULL);
	}
	(void)usleep(50000);
}

/* The tool that waits for it ends with it. */
static void end(struct game *g, const char *how)
{
	char where[512];

	run(g, how);
	/* What is inside makes exec.stop fail: the jail stays, as the manual says, and -R ends it. */
	if (strstr(g->w.err, "exec.stop: ") != NULL)
		run(g, "jail|-q|-R|%n");
	if (g->background > 0 && judge_wait(g->background, BOUND_MS, where, sizeof(where)) < 0) {
		g->hangs++;
		wrong(g, "the tool that ran it does not end after %s, waits in: %s", how, where);
	}
	g->background = 0;
	if (left_group(g->w.name))
		wrong(g, "its control group is there after %s", how);
}

static void make_file(const struct game *g, const char *name, const char *text)
{
	char path[512];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/root/etc/%s", g->w.dir, name);
	(void)unlink(path);
	(void)rmdir(path);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		(void)printf("note: cannot write %s\n", path);
	(void)close(fd);
}

static void reset(const struct game *g)
{
	make_file(g, "passwd", "root:x:0:0::/:/bin/sh\nworker:x:1000:1000::/:/bin/sh\n");
	make_file(g, "group", "root:x:0:\nworker:x:1000:\n");
}

/* All tools, or as many as fit into the time of a test, by chance. */
static void round_of(struct game *g)
{
	reset(g);
	begin(g);
	for (size_t i = 0; i < (g->all ? COUNT(tools) : SOME) && g->hangs < HANGS; i++)
		run(g, tools[g->all ? i : (unsigned)rand_r(&g->seed) % COUNT(tools)]);
	end(g, "jail|-q|-R|%n");
	if (g->hangs >= HANGS)
		return;
	reset(g);
	begin(g);
	for (unsigned i = 0; i < 4 && g->hangs < HANGS; i++)
		run(g, tools[(unsigned)rand_r(&g->seed) % COUNT(tools)]);
	end(g, "jail|-q|-r|%n");
}

static int copy_program(const struct game *g, const char *name)
{
	char path[512];
	struct stat st;
	ssize_t n = readlink("/proc/self/exe", path, 400);
	int from, to, r = -1;

	if (n <= 0)
		return -1;
	path[n] = '\0';
	(void)strcpy(strrchr(path, '/'), "/odd_first");
	from = open(path, O_RDONLY | O_CLOEXEC);
	(void)snprintf(path, sizeof(path), "%s/root/bin/%s", g->w.dir, name);
	to = from < 0 ? -1 : open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
	if (to >= 0 && fstat(from, &st) == 0 && sendfile(to, from, NULL, (size_t)st.st_size) == st.st_size)
		r = 0;
	(void)close(from);
	(void)close(to);
	return r;
}

static int prepare(const struct game *g)
{
	static const char *const dirs[] = {"root", "root/bin", "root/dev", "root/proc", "root/sys", "root/etc",
	    "root/mnt", "root/tmp", "root/odd-tree", "shared"};
	char path[512];

	for (size_t i = 0; i < COUNT(dirs); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", g->w.dir, dirs[i]);
		if (mkdir(path, 0755) < 0 && errno != EEXIST)
			return -1;
	}
	make_file(g, "machine-id", "");
	make_file(g, "hostid", "");
	return copy_program(g, "odd_first") < 0 ? -1 : copy_program(g, "sh");
}

/* What the programs inside said: a channel's end that survives in one is found by that. */
static void check_report(struct game *g)
{
	static char text[65536];
	ssize_t n = pread(g->report, text, sizeof(text) - 1, 0);
	const char *found;

	text[n > 0 ? n : 0] = '\0';
	found = strstr(text, "FOUND");
	if (found != NULL)
		wrong(g, "%.100s", found);
}

/* Every WORKERSth of the modes, as process 1 and beside jail-init. */
static int worker_main(struct game *g, const char *only, unsigned index)
{
	unsigned tried = 0;
	const char *left;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	g->seed += index;
	(void)snprintf(g->w.name + strlen(g->w.name), sizeof(g->w.name) - strlen(g->w.name), "-%u", index);
	(void)snprintf(g->w.dir + strlen(g->w.dir), sizeof(g->w.dir) - strlen(g->w.dir), "/%u", index);
	g->w.err_fd = memfd_create("err", MFD_CLOEXEC);
	g->report = memfd_create("report", MFD_CLOEXEC);
	g->null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if ((mkdir(g->w.dir, 0755) < 0 && errno != EEXIST) || prepare(g) < 0) {
		wrong(g, "cannot prepare: %s", strerror(errno));
		return 1;
	}
	for (size_t i = index; i < 2 * COUNT(modes) && g->hangs < HANGS; i += WORKERS) {
		g->mode = modes[i / 2];
		g->first = i % 2 == 0;
		if (only != NULL && strcmp(only, g->mode) != 0)
			continue;
		tried++;
		round_of(g);
	}
	check_report(g);
	left = left_record(g->w.name);
	if (left != NULL)
		wrong(g, "%s", left);
	(void)printf("worker %u: %u commands in %u rounds, %u failures\n", index, g->commands, tried, g->w.failures);
	(void)fflush(stdout);
	return g->w.failures > 0;
}

static int play(struct game *g, const char *only)
{
	unsigned ranges = left_ranges();
	int failed = 0, status;
	pid_t pid[WORKERS];

	(void)fflush(stdout);
	for (unsigned i = 0; i < WORKERS; i++) {
		pid[i] = fork();
		if (pid[i] == 0)
			_exit(worker_main(g, only, i));
		failed |= pid[i] < 0;
	}
	for (unsigned i = 0; i < WORKERS; i++)
		if (pid[i] > 0 && (waitpid(pid[i], &status, 0) < 0 || status != 0))
			failed = 1;
	for (unsigned n = 0; n < 5 && left_ranges() > ranges; n++)
		(void)sleep(1);
	if (left_ranges() > ranges)
		wrong(g, "ids were not given back");
	return failed || g->w.failures > 0;
}

int main(int argc, char **argv)
{
	static struct game g = {.seed = 1, .mode = "none"};
	const char *only = NULL;
	int option;

	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	while ((option = getopt(argc, argv, "ab:d:o:r:")) != -1)
		switch (option) {
		case 'a':
			g.all = true;
			break;
		case 'b':
			g.w.bin = optarg;
			break;
		case 'd':
			(void)snprintf(g.w.dir, sizeof(g.w.dir), "%s", optarg);
			break;
		case 'o':
			only = optarg;
			break;
		case 'r':
			g.seed = (unsigned)strtoul(optarg, NULL, 10);
			break;
		default:
			return 64;
		}
	if (g.w.bin == NULL || g.w.dir[0] == '\0' || optind != argc)
		return 64;
	(void)printf("seed %u\n", g.seed);
	(void)snprintf(g.w.name, sizeof(g.w.name), "g%d", (int)getpid());
	if (unshare(CLONE_NEWNS | CLONE_NEWNET) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) {
		(void)printf("FAILED: cannot prepare: %s\n", strerror(errno));
		return 1;
	}
	return play(&g, only);
}

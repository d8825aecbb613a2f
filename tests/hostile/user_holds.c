/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * user_holds: an ordinary user of the host locks, fills, watches and stops what it can (hold_user.c) while root makes,
 * enters, changes, lists and removes jails: each tool does its work within a bound. And that user runs the tools
 * itself, with descriptors and limits that it has chosen: each ends with one line.
 *
 *	user_holds [-s SECONDS] [-o HOLD] -b BINDIR -d DIR
 *
 * -o: only that one of the holds. DIR is an empty directory of its own. Jails are called hPID and hPID-v.
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
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "campaign.h"
#include "hold_user.h"
#include "judge.h"
#include "scenarios.h"

#define BOUND_MS 20000
#define MESSAGES 4 /* each may have taken the bound */
#define HOLDS 32
#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static void __attribute__((format(printf, 2, 3))) wrong(struct worker *w, const char *format, ...)
{
	va_list args;

	w->failures++;
	va_start(args, format);
	(void)printf("FAILED ");
	(void)vprintf(format, args);
	(void)printf("\n");
	va_end(args);
	(void)fflush(stdout);
}

/* --------------------------------------------------------------------------------------------------- root's tools */

static const char *const life[] = {
    "jail|-q|-c|name=%n|path=%d/root|children.max=2|persist|stop.timeout=1",
    "jexec|%n|/bin/true",
    "jail|-q|-c|name=%n.c|path=%d/root/child|persist",
    "jls|-n",
    "jail|-q|-m|name=%n|meta=k=1|limit.openfiles=100",
    "jail|-q|-m|name=%n|mount+=%d/shared /mnt nullfs ro 0 0|devices=/dev/full r",
    "jstat|--json",
    "jail|-q|-c|name=%n-v|path=/|path.volatile|command=/bin/true",
    "jail|-C",
    "jail|-q|-r|%n.c",
    "jail|-q|-R|%n",
    "jail|-q|-c|name=%n|path=%d/root|exec.init=no|command=/bin/true",
};

static void root_works(struct worker *w, const char *text)
{
	char where[512];
	int code = judge_wait(command_start(w, text), BOUND_MS, where, sizeof(where));

	worker_read_err(w);
	if (code < 0)
		wrong(w, "%s: does not end within %d s, waits in: %s", text, BOUND_MS / 1000, where);
	else if (code != 0)
		wrong(w, "%s: ends with %d, said: %s", text, code, w->err);
}

static unsigned root_works_on(struct worker *w, unsigned seconds)
{
	struct timespec now, end;
	unsigned rounds = 0;

	(void)clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += seconds;
	do {
		for (size_t i = 0; i < COUNT(life) && w->failures < MESSAGES; i++)
			root_works(w, life[i]);
		rounds++;
		(void)clock_gettime(CLOCK_MONOTONIC, &now);
	} while (now.tv_sec < end.tv_sec && w->failures < MESSAGES);
	return rounds;
}

/* ----------------------------------------------------------------------------------------------- the user's tools */

struct odd {
	const char *name;
	unsigned closed; /* descriptors 0, 1, 2 as bits */
	rlim_t files, file_size;
	bool no_name; /* argv[0] is NULL */
};

static const struct odd odds[] = {
    {"as usual", 0, 64, RLIM_INFINITY, false},
    {"without descriptors", 7, 64, RLIM_INFINITY, false},
    {"without standard error", 4, 64, RLIM_INFINITY, false},
    {"without standard input", 1, 64, RLIM_INFINITY, false},
    {"with three descriptors", 0, 3, RLIM_INFINITY, false},
    {"with four descriptors", 0, 4, RLIM_INFINITY, false},
    {"without writing", 0, 64, 0, false},
    {"without a name", 0, 64, RLIM_INFINITY, true},
};

static const char *const tries[] = {"jail|-C", "jail|-c|name=%n|path=/|path.readonly|command=/bin/true",
    "jail|-c|name=%n|path=%d/root|persist", "jail|-m|name=%n|meta=k=2", "jail|-r|%n", "jail|-R|*", "jls|-v",
    "jls|-n|-j|%n", "jexec|%n|/bin/true", "jexec|-U|root|%n|/bin/true", "jstat|--json", "jstat|-1|%n", "jcheck"};

static void __attribute__((noreturn)) be_odd(const struct worker *w, const struct odd *o, const char *text)
{
	struct rlimit files = {o->files, o->files}, size = {o->file_size, o->file_size};
	struct command c;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	command_make(w, text, &c);
	if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(w->err_fd, 2) < 0 || hold_become() < 0 ||
	    setrlimit(RLIMIT_NOFILE, &files) < 0 || setrlimit(RLIMIT_FSIZE, &size) < 0)
		_exit(126);
	for (int fd = 0; fd <= 2; fd++)
		if ((o->closed >> fd & 1) != 0)
			(void)close(fd);
	if (o->no_name)
		(void)execv(c.argv[0], (char *[]){NULL});
	else
		(void)execv(c.argv[0], c.argv);
	_exit(126);
}

/* 74: nothing can be written. 127: the loader of a program with libraries has no descriptor for them. */
static bool user_may_see(int code, const char *err)
{
	static const int ends[] = {64, 65, 66, 69, 71, 73, 74, 77, 126, 128 + SIGXFSZ};

	for (size_t i = 0; i < COUNT(ends); i++)
		if (ends[i] == code)
			return true;
	return code == 0 || (code == 127 && strstr(err, "shared libraries") != NULL);
}

/* SIGXFSZ is what that limit asked for; the kernel itself may refuse to run a program in such a state (126). */
static void user_tries(struct worker *w, const struct odd *o, const char *text)
{
	char where[512];
	pid_t pid = fork();
	int code;

	if (pid == 0)
		be_odd(w, o, text);
	code = judge_wait(pid, BOUND_MS, where, sizeof(where));
	worker_read_err(w);
	if (code < 0)
		wrong(w, "%s, as a user, %s: does not end, waits in: %s", text, o->name, where);
	else if (code == 0 && strcmp(text, "jcheck") != 0 && !o->no_name)
		wrong(w, "%s, as a user, %s: was done", text, o->name);
	else if (!user_may_see(code, w->err))
		wrong(w, "%s, as a user, %s: ends with %d, said: %s", text, o->name, code, w->err);
	else if (code != 126 && code != 64 && w->err[0] != '\0' && strchr(w->err, '\n')[1] != '\0')
		wrong(w, "%s, as a user, %s: says more than a line: %s", text, o->name, w->err);
}

/* ------------------------------------------------------------------------------------------------------ the rest */

/* What fusermount(1) does for any user; nobody will ever answer, and root may not look. */
static int mount_fuse(void)
{
	static const char place[] = "/opt"; /* of this mount namespace only; a tree that is shared has it */
	char options[128];
	int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return fd;
	(void)snprintf(
	    options, sizeof(options), "fd=%d,rootmode=40000,user_id=%d,group_id=%d", fd, HOLD_USER, HOLD_USER);
	if (mount("fuse", place, "fuse", MS_NOSUID | MS_NODEV, options) < 0)
		(void)printf("note: no FUSE here: %s\n", strerror(errno));
	return fd;
}

static void look_after(struct worker *w, unsigned ranges)
{
	static const char *const suffix[] = {"", ".c", "-v"};

	(void)command_run(w, "jail|-q|-R|%n");
	root_works(w, "jail|-C");
	for (size_t i = 0; i < COUNT(suffix); i++) {
		char name[80];
		const char *what;

		(void)snprintf(name, sizeof(name), "%s%s", w->name, suffix[i]);
		what = left_group(name) ? "its control group is left" : left_record(name);
		if (what != NULL)
			wrong(w, "%s: %s", name, what);
	}
	for (unsigned n = 0; n < 5 && left_ranges() > ranges; n++)
		(void)sleep(1);
	if (left_ranges() > ranges)
		wrong(w, "ids were not given back");
}

static int play(struct worker *w, const char *only, unsigned seconds)
{
	unsigned ranges = left_ranges(), rounds, started = 0;
	pid_t pid[HOLDS];

	root_works(w, life[0]);
	for (size_t i = 0; i < COUNT(odds); i++)
		for (size_t j = 0; j < COUNT(tries) && w->failures < MESSAGES; j++)
			user_tries(w, &odds[i], tries[j]);
	root_works(w, "jail|-q|-r|%n");
	for (size_t i = 0; i < nholds && i < HOLDS; i++)
		if (only == NULL || strcmp(only, holds[i].name) == 0)
			pid[started++] = hold_start(&holds[i]);
	(void)sleep(1);
	rounds = root_works_on(w, seconds);
	for (unsigned i = 0; i < started; i++) {
		if (pid[i] > 0 && waitpid(pid[i], NULL, WNOHANG) != 0)
			wrong(w, "a holder has ended: %u", i);
		else if (pid[i] > 0 && kill(pid[i], SIGKILL) == 0)
			(void)waitpid(pid[i], NULL, 0);
	}
	hold_clean();
	look_after(w, ranges);
	(void)printf("%u rounds beside %u holders\n", rounds, started);
	return started == 0 || w->failures > 0;
}

int main(int argc, char **argv)
{
	static struct worker w;
	const char *only = NULL;
	char target[512];
	unsigned seconds = 15;
	int option, fuse;

	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	while ((option = getopt(argc, argv, "b:d:o:s:")) != -1)
		switch (option) {
		case 'b':
			w.bin = optarg;
			break;
		case 'd':
			(void)snprintf(w.dir, sizeof(w.dir), "%s", optarg);
			break;
		case 'o':
			only = optarg;
			break;
		case 's':
			seconds = (unsigned)strtoul(optarg, NULL, 10);
			break;
		default:
			return 64;
		}
	if (w.bin == NULL || w.dir[0] == '\0' || optind != argc)
		return 64;
	(void)snprintf(w.name, sizeof(w.name), "h%d", (int)getpid());
	w.err_fd = memfd_create("err", MFD_CLOEXEC);
	(void)snprintf(target, sizeof(target), "%s/root/mnt", w.dir);
	if (setenv("HOLD_TOOLS", w.bin, 1) < 0 || unshare(CLONE_NEWNS | CLONE_NEWNET) < 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 || scenario_prepare(&w) < 0 ||
	    mkdir(target, 0755) < 0) {
		(void)printf("FAILED: cannot prepare: %s\n", strerror(errno));
		return 1;
	}
	fuse = mount_fuse();
	option = play(&w, only, seconds);
	(void)close(fuse);
	return option;
}

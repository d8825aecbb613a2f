/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * view_probe.c: runs one command in a view built by lib/linux/view.h alone: the namespaces of a jail, its users, but no
 * control group, filter or bounded capabilities: root inside has every capability of its user namespace, the most
 * hostile guest that a view ever has. For the shell tests beside it; prints errors as the tools do and exits 70.
 */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../../lib/error.h"
#include "../../lib/linux/sys.h"
#include "../../lib/linux/view.h"

#define BASE 1879048192u
#define COUNT 65536u
#define ITEMS 64

struct probe {
	struct plan plan, was; /* `was`: with `change`, the plan before -c */
	bool change;
	char *base[ITEMS + 1], *hide[ITEMS + 1];
	struct plan_mount mount[ITEMS];
	struct plan_device device[ITEMS];
	bool inherit, late, keep_error, quiet;
	char *line[4]; /* sh -c LINE */
	int rounds;
	int up, down; /* inside: to become 3 and 4 */
	int users_fd, donor_fd;
	double *times; /* shared: before the gate, behind it */
	double gate_at;
};

static void __attribute__((noreturn)) die(const char *what)
{
	perror(what);
	exit(71);
}

static double now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		die(path);
	(void)close(fd);
}

/* TYPE|SOURCE|TARGET|option,option */
static void parse_mount(struct probe *p, char *text)
{
	static const struct {
		const char *name;
		enum plan_mount_type type;
	} types[] = {{"nullfs", PLAN_M_NULLFS}, {"tmpfs", PLAN_M_TMPFS}, {"procfs", PLAN_M_PROCFS},
	    {"devfs", PLAN_M_DEVFS}, {"fdescfs", PLAN_M_FDESCFS}, {"linsysfs", PLAN_M_SYSFS},
	    {"unionfs", PLAN_M_OVERLAY}, {"overlay", PLAN_M_OVERLAY}};
	static const struct {
		const char *name;
		unsigned option;
	} options[] = {{"ro", PLAN_M_RDONLY}, {"nosuid", PLAN_M_NOSUID}, {"noexec", PLAN_M_NOEXEC},
	    {"noatime", PLAN_M_NOATIME}, {"noidmap", PLAN_M_NOIDMAP}};
	struct plan_mount *m = &p->plan.mount[p->plan.nmounts++];
	char *field[4] = {strtok(text, "|"), strtok(NULL, "|"), strtok(NULL, "|"), strtok(NULL, "|")};

	if (field[2] == NULL)
		die("-m TYPE|SOURCE|TARGET|options");
	*m = (struct plan_mount){
	    .type = PLAN_M_BLOCK, .fstype = field[0], .source = field[1], .target = field[2], .mode = 01777};
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (strcmp(types[i].name, field[0]) == 0)
			m->type = types[i].type;
	for (char *o = field[3] != NULL ? strtok(field[3], ",") : NULL; o != NULL; o = strtok(NULL, ",")) {
		size_t i;

		for (i = 0; i < ARRAY_SIZE(options); i++)
			if (strcmp(options[i].name, o) == 0)
				m->options |= options[i].option;
		if (strncmp(o, "size=", 5) == 0)
			m->size = strtoull(o + 5, NULL, 10);
		if (strncmp(o, "mode=", 5) == 0)
			m->mode = (uint32_t)strtoul(o + 5, NULL, 8);
	}
}

/* The plan so far is the one to begin with; its lists are kept apart from what -H, -m and -d add now. */
static void begin_change(struct probe *p)
{
	static char *hide[ITEMS + 1];
	static struct plan_mount mount[ITEMS];
	static struct plan_device device[ITEMS];

	memcpy(hide, p->hide, sizeof(hide));
	memcpy(mount, p->mount, sizeof(mount));
	memcpy(device, p->device, sizeof(device));
	p->change = true;
	p->was = p->plan;
	p->was.hide.item = hide;
	p->was.mount = mount;
	p->was.device = device;
}

static void finish(const struct probe *p, struct plan *plan)
{
	plan->shared_tree = plan->path != NULL && strcmp(plan->path, "/") == 0;
	for (size_t i = 0; i < plan->base.count; i++)
		plan->shared_tree |= strcmp(plan->base.item[i], "/") == 0;
	plan->everybody = plan->shared_tree && (plan->readonly || plan->is_volatile || plan->base.count > 0);
	plan->record.version = POLICY_VERSION;
	for (size_t i = 0; i < POLICY_L_COUNT; i++)
		plan->record.limit[i] = POLICY_UNLIMITED;
	plan->record.flags = p->inherit ? POLICY_F_HOST_USERS : 0;
	if (!p->inherit && !p->late) {
		plan->record.users_base = BASE;
		plan->record.users_count = COUNT;
	}
}

/* Options that take nothing. */
static bool parse_flag(struct probe *p, int c)
{
	switch (c) {
	case 'r':
		p->plan.readonly = true;
		break;
	case 'u':
		p->inherit = true;
		break;
	case 'a':
		p->plan.devfs_asked = p->plan.procfs_asked = true;
		break;
	case 'D':
		p->plan.devfs = false;
		break;
	case 'P':
		p->plan.procfs = false;
		break;
	case 'M':
		p->plan.record.allow |= POLICY_BIT(POLICY_P_MOUNT);
		break;
	case 'c':
		begin_change(p);
		break;
	case 'L':
		p->late = true;
		break;
	default:
		return false;
	}
	return true;
}

static void parse_option(struct probe *p, int c)
{
	switch (c) {
	case 'p':
		p->plan.path = optarg;
		break;
	case 'b':
		p->base[p->plan.base.count++] = optarg;
		break;
	case 'v':
		p->plan.is_volatile = true;
		p->plan.volatile_size = strtoull(optarg, NULL, 10);
		break;
	case 'H':
		p->hide[p->plan.hide.count++] = optarg;
		break;
	case 'm':
		parse_mount(p, optarg);
		break;
	case 'd':
		p->device[p->plan.ndevices].access =
		    POLICY_DEV_READ | (strchr(optarg, '+') != NULL ? POLICY_DEV_WRITE : 0u);
		p->device[p->plan.ndevices++].path = strtok(optarg, "+");
		break;
	case 'U':
		p->plan.hostuuid = optarg;
		break;
	case 'S':
		p->line[2] = optarg;
		break;
	case 'N':
		p->rounds = atoi(optarg) > 0 ? atoi(optarg) : 1;
		break;
	default:
		exit(64);
	}
}

static void parse(struct probe *p, int argc, char **argv)
{
	int c;

	p->plan =
	    (struct plan){.name = (char *)"probe", .path = (char *)"/", .devfs = true, .procfs = true, .fdescfs = true};
	p->plan.base.item = p->base;
	p->plan.hide.item = p->hide;
	p->plan.mount = p->mount;
	p->plan.device = p->device;
	p->rounds = 1;
	p->line[0] = (char *)"/bin/sh";
	p->line[1] = (char *)"-c";
	while ((c = getopt(argc, argv, "+p:rb:v:H:m:d:uU:aDPLMcN:S:")) != -1)
		if (!parse_flag(p, c))
			parse_option(p, c);
	finish(p, &p->plan);
	finish(p, &p->was);
}

/* Keeps the namespaces until it is killed. */
static pid_t start_donor(struct probe *p)
{
	struct clone_args args = {
	    .flags = CLONE_PIDFD | CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWIPC | (p->inherit ? 0 : CLONE_NEWUSER),
	    .pidfd = (uintptr_t)&p->donor_fd,
	    .exit_signal = SIGCHLD};
	char path[64], line[64];
	pid_t pid = (pid_t)sys_clone3(&args);

	if (pid < 0)
		die("clone3");
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			(void)pause();
	}
	p->users_fd = -1;
	if (p->inherit)
		return pid;
	(void)snprintf(line, sizeof(line), "0 %u %u\n", BASE, COUNT);
	(void)snprintf(path, sizeof(path), "/proc/%d/uid_map", pid);
	write_file(path, line);
	(void)snprintf(path, sizeof(path), "/proc/%d/gid_map", pid);
	write_file(path, line);
	(void)snprintf(path, sizeof(path), "/proc/%d/ns/user", pid);
	p->users_fd = open(path, O_RDONLY | O_CLOEXEC);
	if (p->users_fd < 0)
		die(path);
	return pid;
}

static int ready(void *arg, int *ret_fd, uint32_t *ret_base, uint32_t *ret_count, struct jail_error *err)
{
	struct probe *p = arg;

	p->times[0] = now() - p->gate_at;
	if (setns(p->donor_fd, CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWIPC) < 0)
		return jail_error_sys(err, errno, "setns");
	*ret_fd = p->users_fd;
	*ret_base = p->inherit ? 0 : BASE;
	*ret_count = COUNT;
	p->gate_at = now();
	return 0;
}

static void report(const struct jail_error *err)
{
	char line[2048];

	(void)jail_error_format(err, line, sizeof(line));
	(void)fprintf(stderr, "view_probe: %s\n", line);
}

static void __attribute__((noreturn)) inside(struct probe *p, struct view *v, char **argv)
{
	const struct view_gate gate = {.ready = ready, .arg = p};
	struct jail_error err = {0};

	if (unshare(CLONE_NEWCGROUP) < 0)
		die("unshare");
	p->gate_at = now();
	if (view_build(v, &gate, &err) < 0) {
		report(&err);
		_exit(70);
	}
	p->times[1] = now() - p->gate_at;
	if (!p->inherit && (setns(p->users_fd, CLONE_NEWUSER) < 0 || unshare(CLONE_NEWNS) < 0))
		die("setns");
	if (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)
		die("setresuid");
	if (argv[0] == NULL)
		_exit(0);
	/* Through high numbers: 3 and 4 may be either of the two themselves. */
	if (p->change && (dup2(p->up, 100) < 0 || dup2(p->down, 101) < 0 || dup2(100, 3) < 0 || dup2(101, 4) < 0 ||
			     close(100) < 0 || close(101) < 0))
		die("dup2");
	(void)execvp(argv[0], argv);
	die(argv[0]);
}

/* In a process of its own that joins the mounts of `pid`. */
static int change(struct probe *p, pid_t pid)
{
	struct jail_error err = {0};
	struct view *v = NULL;
	char path[64];
	int status = 0;
	pid_t child;

	if (view_prepare_change(&p->was, &p->plan, -1, p->users_fd, p->inherit ? 0 : BASE, COUNT, &v, &err) < 0) {
		report(&err);
		return 70;
	}
	child = fork();
	if (child == 0) {
		(void)snprintf(path, sizeof(path), "/proc/%d/ns/mnt", pid);
		if (setns(open(path, O_RDONLY | O_CLOEXEC), CLONE_NEWNS) < 0)
			die(path);
		if (view_change(&p->was, &p->plan, v, &err) == 0)
			_exit(0);
		report(&err);
		_exit(70);
	}
	if (child < 0 || waitpid(child, &status, 0) < 0)
		die("fork");
	view_free(v);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 71;
}

static void change_when_ready(struct probe *p, pid_t pid, int ready_fd, int told_fd)
{
	char byte;

	if (read(ready_fd, &byte, 1) != 1)
		return; /* the command ended before */
	byte = change(p, pid) == 0 ? '1' : '0';
	if (write(told_fd, &byte, 1) != 1 || write(told_fd, "\n", 1) != 1)
		die("write");
}

static int round_trip(struct probe *p, char **argv, double *ret_prepare)
{
	int up[2] = {-1, -1}, down[2] = {-1, -1};
	struct plan *plan = p->change ? &p->was : &p->plan;
	struct clone_args args = {.flags = CLONE_NEWNS | CLONE_NEWPID, .exit_signal = SIGCHLD};
	struct jail_error err = {0};
	struct view *v = NULL;
	struct host_places places = HOST_PLACES_NONE;
	double begin = now();
	int status, cleaned;
	pid_t donor, pid;

	if (view_prepare(plan, -1, &v, &err) < 0) {
		report(&err);
		return 70;
	}
	if (view_places(v, &places) < 0)
		die("view_places");
	*ret_prepare = now() - begin;
	if (p->change && (pipe2(up, O_CLOEXEC) < 0 || pipe2(down, O_CLOEXEC) < 0))
		die("pipe2");
	donor = start_donor(p);
	pid = (pid_t)sys_clone3(&args);
	if (pid < 0)
		die("clone3");
	if (pid == 0) {
		p->up = up[1];
		p->down = down[0];
		inside(p, v, argv);
	}
	if (p->change) {
		(void)close(up[1]);
		(void)close(down[0]);
		change_when_ready(p, pid, up[0], down[1]);
		(void)close(up[0]);
		(void)close(down[1]);
	}
	if (waitpid(pid, &status, 0) < 0)
		die("waitpid");
	(void)kill(donor, SIGKILL);
	(void)waitpid(donor, NULL, 0);
	(void)close(p->donor_fd);
	if (p->users_fd >= 0)
		(void)close(p->users_fd);
	view_free(v);
	cleaned = view_clean(&places, &err);
	host_places_free(&places);
	if (cleaned < 0) {
		report(&err);
		return 70;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

int main(int argc, char **argv)
{
	static struct probe p;
	static double prepare[1000], before[1000], behind[1000];
	int r = 0;

	parse(&p, argc, argv);
	if (p.rounds > 1000)
		p.rounds = 1000;
	p.times = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (p.times == MAP_FAILED)
		die("mmap");
	for (int i = 0; i < p.rounds && r == 0; i++) {
		r = round_trip(&p, p.line[2] != NULL ? p.line : argv + optind, &prepare[i]);
		before[i] = p.times[0];
		behind[i] = p.times[1];
		if (p.rounds > 1)
			(void)usleep(2000); /* the kernel takes the last one apart meanwhile */
	}
	if (p.rounds > 1 && r == 0) {
		qsort(prepare, (size_t)p.rounds, sizeof(double), compare);
		qsort(before, (size_t)p.rounds, sizeof(double), compare);
		qsort(behind, (size_t)p.rounds, sizeof(double), compare);
		(void)printf("microseconds (median of %d): prepare %.0f, before the gate %.0f, behind it %.0f\n",
		    p.rounds, prepare[p.rounds / 2], before[p.rounds / 2], behind[p.rounds / 2]);
	}
	return r;
}

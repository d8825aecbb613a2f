/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * create.c: making a jail, up to the moment before its first program runs. A table of steps, each with its undo; a
 * failure undoes in reverse what was done. What the first process does meanwhile is inside.c's.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "ceiling.h"
#include "channel.h"
#include "creation.h"
#include "disk.h"
#include "error.h"
#include "ipclimit.h"
#include "jail/lock.h"
#include "jail/users.h"
#include "netrate.h"
#include "process.h"
#include "remove.h"
#include "sys.h"
#include "sys/cgroup_mount.h"
#include "sys/deadline.h"
#include "watching.h"

/* The namespaces besides users, mounts, processes and cgroups that are the jail's own. */
static int own_namespaces(const struct port_jail *j)
{
	return (creation_flag(j, POLICY_F_HOST_NETWORK) ? 0 : CLONE_NEWNET) |
	       (creation_flag(j, POLICY_F_HOST_NAME) ? 0 : CLONE_NEWUTS) |
	       (ipclimit_shared(&j->plan->record) ? 0 : CLONE_NEWIPC);
}

/* A name that the jail was given here is stored with its parameters. */
static int write_params(const struct port_jail *j)
{
	struct jail_params *named = NULL;
	int r;

	if (jail_params_has(j->params, "name"))
		return store_params_write(j->dirfd, j->params);
	r = jail_params_copy(j->params, &named);
	if (r == 0)
		r = jail_params_set(named, "name", j->plan->name, NULL);
	if (r == 0)
		r = store_params_write(j->dirfd, named);
	jail_params_free(named);
	return r;
}

/* Before anything lives in it. */
static int set_limits(struct port_jail *j, struct jail_error *err)
{
	int r = disk_make(j->plan, view_path(j->view), j->opts, err);

	if (r == 0 && j->limits != NULL)
		r = group_make(j->limits, j->plan->name, err);
	j->joins = r == 0 && group_joins(&j->tree, j->plan->name);
	return r == 0 ? netrate_change(j->dirfd, NULL, &j->plan->record, err) : r;
}

/* Its groups of cgroup v1, which no clone is made into; while the first process builds, before its first program. */
static int join_groups(struct port_jail *j, struct jail_error *err)
{
	return j->joins ? group_join(&j->tree, j->plan->name, j->pid, err) : 0;
}

bool creation_waits(const struct port_jail *j)
{
	/* Who is told of its creation hears so before anything runs inside. */
	bool told = j->opts != NULL && (j->opts->flags & JAIL_VERBOSE) != 0 && j->opts->progress != NULL;

	return told || j->plan->created.count > 0 || j->joins;
}

static void describe_inside(struct port_jail *j, struct inside *in, struct jail_error *err)
{
	*in = (struct inside){
	    .plan = j->plan,
	    .view = j->view,
	    .privileges = &j->privileges,
	    .own_users = !creation_flag(j, POLICY_F_HOST_USERS),
	    .own_network = !creation_flag(j, POLICY_F_HOST_NETWORK),
	    .namespaces = own_namespaces(j),
	    .channel = j->peer,
	    .peer = j->channel,
	    .lock = j->lock,
	    .watch = j->watch,
	    .watch_argument = j->watch_argument,
	    .parent_pidfd = j->parent.pidfd,
	    .parent_namespaces = (CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWIPC) & ~own_namespaces(j),
	    .log = &j->log,
	    .terminal = j->terminal,
	    .silent = j->silent,
	    .waits = creation_waits(j),
	    .host_user = j->plan->system_jail_user && j->plan->jail_user != NULL ? &j->host_user : NULL,
	    .err = err,
	};
}

/* One clone3: its own mounts and processes, straight into the control group. */
static _no_asan_ int clone_first(struct port_jail *j, uint64_t more)
{
	struct clone_args args = {
	    .flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_PIDFD | CLONE_INTO_CGROUP | CLONE_CLEAR_SIGHAND | more,
	    .pidfd = (uintptr_t)&j->pidfd,
	    .cgroup = (uint64_t)j->dirfd,
	};
	static char number[16];
	struct jail_error failure;
	struct inside in;
	long pid;

	if (creation_flag(j, POLICY_F_HOST_USERS))
		args.flags |= (uint64_t)(unsigned)own_namespaces(j);
	pid = sys_clone3(&args);
	if (pid == 0) {
		memset(&failure, 0, sizeof(failure));
		describe_inside(j, &in, &failure);
		(void)snprintf(number, sizeof(number), "%d", j->peer);
		j->init_argv[2] = number;
		inside_main(&in, j->init_argv, j->user_argument, j->env);
	}
	return pid < 0 ? negative_errno() : (int)pid;
}

struct nested {
	struct port_jail *j;
	int r;
	char stack[32768] __attribute__((aligned(16)));
};

static _no_asan_ int nested_main(void *arg)
{
	struct nested *n = arg;

	n->r = clone_first(n->j, CLONE_PARENT);
	return 0;
}

/*
 * A child jail's processes are seen by its parent: their namespace lies within the parent's, and the kernel makes it
 * only for a process that is in the parent's. One that shares all of our memory and descriptors is, for just that call;
 * the first process is our own child all the same.
 */
static int clone_nested(struct port_jail *j)
{
	_cleanup_close_ int own_pids = open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC);
	_cleanup_free_ struct nested *n = malloc(sizeof(*n));
	pid_t pid;
	int r, dumpable;

	if (n == NULL)
		return -ENOMEM;
	n->j = j;
	n->r = -EIO;
	if (own_pids < 0 || setns(j->parent.pidfd, CLONE_NEWPID) < 0)
		return negative_errno();
	dumpable = sys_dumpable_off();
	pid = dumpable < 0 ? -1
			   : clone(nested_main, n->stack + sizeof(n->stack), CLONE_VM | CLONE_VFORK | CLONE_FILES, n);
	r = pid < 0 ? negative_errno() : 0;
	sys_dumpable_back(dumpable);
	if (setns(own_pids, CLONE_NEWPID) < 0 && r == 0)
		r = negative_errno();
	while (pid > 0 && waitpid(pid, NULL, __WALL) < 0 && errno == EINTR)
		;
	return r < 0 ? r : n->r;
}

/* What process 1 looks at in its control group, which it can't open itself. */
static int open_sources(struct port_jail *j, struct jail_error *err)
{
	static const char *const watched[WATCH_SOURCES] = {
	    [WATCH_MEMORY] = "memory", [WATCH_SWAP] = "swap space", [WATCH_TASKS] = "tasks"};
	int r;

	if (j->watch[WATCH_PAGE] < 0)
		return 0;
	j->watch[WATCH_CPU] = cgroup_file(j->dirfd, "cpu.stat", O_RDONLY);
	if (j->watch[WATCH_CPU] < 0)
		return jail_error_sys(err, errno, "cannot open its cpu.stat");
	for (unsigned i = WATCH_MEMORY; i <= WATCH_OOM; i++) {
		/* What is not needed now may be later. */
		j->watch[i] = group_usage(&j->tree, j->plan->name, (enum watch_source)i);
		if (j->watch[i] < 0 && (watching_sources(j->plan) >> i & 1) != 0)
			return jail_error_sys(err, -j->watch[i], "no control group tells its %s", watched[i]);
	}
	r = watching_note(j->watch[WATCH_PAGE], j->watch);
	return r < 0 ? jail_error_sys(err, -r, "cannot write the page that process 1 looks at") : 0;
}

static int start_first(struct port_jail *j, struct jail_error *err)
{
	int pair[2], r = open_sources(j, err);

	if (r == 0)
		r = channel_pair(pair, err);
	if (r < 0)
		return r;
	j->channel = pair[0];
	j->peer = pair[1];
	r = j->parent.pidfd >= 0 ? clone_nested(j) : clone_first(j, 0);
	j->peer = close_fd(j->peer);
	console_log_started(&j->log, j->plan->init);
	/* What a clone returns is its number where it was made. */
	if (r > 0 && j->parent.pidfd >= 0)
		r = process_number(j->pidfd);
	/* The kernel's answer to a process that is to be born into what is dead would not help anybody. */
	if (r < 0 && j->parent.pidfd >= 0 && process_ends(j->parent.pidfd, -r))
		return parent_ended(&j->parent, err);
	if (r < 0)
		return jail_error_sys(err, -r, "cannot start its first process");
	j->pid = r;
	return 0;
}

void creation_kill(struct port_jail *j)
{
	if (j->pidfd >= 0) {
		(void)sys_pidfd_send_signal(j->pidfd, SIGKILL);
		(void)process_wait(j->pidfd, NULL);
	}
	j->pidfd = close_fd(j->pidfd);
	j->channel = close_fd(j->channel);
	j->peer = close_fd(j->peer);
	j->master = close_fd(j->master);
	j->pid = 0;
}

static int start_donor(struct port_jail *j, struct jail_error *err)
{
	const struct policy_record *record = &j->plan->record;
	const struct channel_message go = {.kind = CHANNEL_GO};
	bool nested = parent_has_users(&j->parent);
	uint32_t ceiling = ceiling_of(j->plan);
	_cleanup_close_ int parent = -1;
	int r;

	if (creation_flag(j, POLICY_F_HOST_USERS))
		return 0;
	if (nested) {
		parent = users_open(j->parent.dirfd, &j->parent.state);
		if (parent < 0)
			return jail_error_sys(err, -parent, "cannot open the users of %s", j->parent.name);
	}
	r = ceiling > 0 ? store_ceiling_write(j->dirfd, ceiling) : 0;
	if (r < 0)
		return jail_error_sys(err, -r, "cannot record its limit of processes");
	r = donor_start(
	    &j->donor, CLONE_NEWUSER | own_namespaces(j), parent, ceiling_owner(record->users_base), ceiling, err);
	if (r < 0)
		return r;
	r = donor_map(&j->donor, record->users_base - (nested ? j->parent.state.record.users_base : 0),
	    record->users_count, parent, err);
	if (r < 0)
		return r;
	r = j->plan->init ? 0 : users_write(j->dirfd, j->donor.users_fd);
	if (r < 0)
		return jail_error_sys(err, -r, "cannot record its users");
	r = channel_send(j->channel, &go, NULL, j->donor.pidfd);
	if (r == 0)
		r = channel_send(j->channel, &go, NULL, j->donor.users_fd);
	/* If the other end is gone, the next step hears why. */
	return r < 0 && r != -EPIPE ? jail_error_sys(err, -r, "cannot pass it its users") : 0;
}

static void end_donor(struct port_jail *j)
{
	donor_end(&j->donor);
}

/* While the first process builds, the parameters are written down. */
static int record(struct port_jail *j, struct jail_error *err)
{
	int r = write_params(j);

	if (r < 0)
		return jail_error_sys(err, -r, "cannot record its parameters");
	j->state.pid = j->pid;
	r = process_start_time(j->pid, &j->state.start);
	if (r == 0)
		r = store_state_write(j->dirfd, &j->state);
	return r < 0 ? jail_error_sys(err, -r, "cannot record its first process") : 0;
}

static int wait_ready(struct port_jail *j, struct jail_error *err)
{
	struct channel_message m = {0};
	struct jail_error failure;
	int r = channel_receive(j->channel, DEADLINE_CREATION_MS, &m, &failure, &j->master);

	if (r == -ETIMEDOUT) {
		(void)jail_error_set(
		    err, ETIMEDOUT, "its first process was not ready within %d s", DEADLINE_CREATION_MS / 1000);
		return jail_error_hint(err, ETIMEDOUT,
		    "it was killed: a file system that it needs does not answer, or the machine is too busy");
	}
	if (r == 0 && m.kind == CHANNEL_ERROR) {
		if (err != NULL)
			*err = failure;
		return failure.errnum > 0 ? -failure.errnum : -EIO;
	}
	if (r < 0 || m.kind != CHANNEL_READY)
		return creation_killed(j, EIO, "while it was being set up", err);
	/* Nothing hostile runs yet: so later another file system in the place of its /dev is known as such. */
	r = m.status != 0 ? store_dev_write(j->dirfd, (uint32_t)m.status) : 0;
	return r < 0 ? jail_error_sys(err, -r, "cannot record its /dev") : 0;
}

/* From here on jls shows it, and it lives without us. The page is still only process 1's and ours. */
static int announce(struct port_jail *j, struct jail_error *err)
{
	int r;

	donor_release(&j->donor);
	j->state.phase = STORE_RUNNING;
	r = j->watch[WATCH_PAGE] < 0 ? 0 : watching_record(j->watch[WATCH_PAGE], j->dirfd);
	if (r == 0)
		r = store_state_write(j->dirfd, &j->state);
	return r < 0 ? jail_error_sys(err, -r, "cannot record that it runs") : 0;
}

static const struct step {
	const char *name;
	int (*apply)(struct port_jail *j, struct jail_error *err);
	void (*undo)(struct port_jail *j);
} steps[] = {
    {"take the name", creation_name_take, creation_name_drop},
    {"set its limits", set_limits, NULL},
    {"start the first process", start_first, creation_kill},
    {"make its users and network", start_donor, end_donor},
    {"put it under its limits", join_groups, NULL},
    {"record its parameters", record, NULL},
    {"set up inside", wait_ready, NULL},
    {"announce it", announce, NULL},
};

void port_release(struct port_jail *j)
{
	if (j == NULL)
		return;
	donor_end(&j->donor);
	view_free(j->view);
	host_places_free(&j->places);
	group_free(j->limits);
	free(j->env);
	free(j->init_argv);
	(void)close_fd(j->channel);
	(void)close_fd(j->peer);
	(void)close_fd(j->pidfd);
	(void)close_fd(j->master);
	console_log_close(&j->log);
	for (size_t i = 0; i < WATCH_SOURCES; i++)
		(void)close_fd(j->watch[i]);
	(void)lock_end(j->lock);
	(void)close_fd(j->dirfd);
	parent_close(&j->parent);
	tree_close(&j->tree);
	free(j);
}

static int apply_steps(struct port_jail *j, struct jail_error *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		int r;

		if (j->opts != NULL && (j->opts->flags & JAIL_VERBOSE) != 0 && j->opts->progress != NULL)
			j->opts->progress(j->opts->arg, j->plan->name, steps[i].name);
		r = steps[i].apply(j, err);
		if (r == 0)
			continue;
		for (i++; i-- > 0;)
			if (steps[i].undo != NULL)
				steps[i].undo(j);
		return r;
	}
	return 0;
}

int port_create(struct plan *plan, const struct jail_params *params, const struct jail_options *opts,
    struct port_jail **ret, struct jail_error *err)
{
	struct port_jail *j = malloc(sizeof(*j));
	int r;

	if (j == NULL)
		return jail_error_set(err, ENOMEM, "out of memory");
	*j = (struct port_jail){.plan = plan,
	    .params = params,
	    .opts = opts,
	    .tree.fd = -1,
	    .dirfd = -1,
	    .lock = -1,
	    .parent = PARENT_NONE,
	    .log = CONSOLE_LOG_NONE,
	    .watch = {-1, -1, -1, -1, -1, -1, -1},
	    .donor = DONOR_NONE,
	    .channel = -1,
	    .peer = -1,
	    .pidfd = -1,
	    .master = -1};
	r = tree_open(true, &j->tree, err);
	if (r == 0 && j->tree.made)
		group_begin(&j->tree);
	/* What can't be taken away now stays on the list, and is no reason not to make another jail. */
	if (r == 0)
		(void)remove_leftovers(&j->tree, NULL);
	if (r == 0)
		r = creation_prepare(j, err);
	if (r == 0)
		r = apply_steps(j, err);
	if (r < 0) {
		jail_error_jail(err, plan->name);
		port_release(j);
		return r;
	}
	*ret = j;
	return 0;
}

int port_jid(const struct port_jail *j)
{
	return (int)j->state.jid;
}

void port_destroy(struct port_jail *j)
{
	/* Another tool may have removed it meanwhile, and somebody may have made a new one of that name. */
	_cleanup_close_ int fd = -1;
	_cleanup_lock_ int lock = -1;

	creation_kill(j);
	j->lock = lock_end(j->lock);
	if (lock_jail(&j->tree, j->plan->name, LOCK_WAIT_MS, &fd, &lock) == 0 &&
	    tree_jail_is(&j->tree, j->plan->name, j->dirfd))
		(void)remove_jail(&j->tree, j->plan->name, fd, KILL_WAIT_MS, NULL);
	lock = lock_end(lock);
	port_release(j);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * attach.c: see attach.h. The entering process is in the jail's control group before it is anything else, joins every
 * namespace by the pidfd of process 1, gives up the host's privileges as a jail's first process does, and executes.
 */
#include "attach.h"

#include <ctype.h>
#include <linux/keyctl.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "../port.h"
#include "channel.h"
#include "error.h"
#include "group.h"
#include "inside.h"
#include "jail/members.h"
#include "jail/users.h"
#include "params.h"
#include "process.h"
#include "rlimit.h"
#include "sys.h"
#include "sys/deadline.h"
#include "sys/inherited.h"
#include "terminal.h"
#include "wait.h"

int running_none(const char *name, struct jail_error *err)
{
	(void)jail_error_set(err, ENOENT, "no such jail");
	jail_error_jail(err, name);
	return jail_error_hint(err, ENOENT, "see jls for those that run");
}

/* A number names the jail that has it; a jail may also have a number for a name. */
static int resolve(const struct tree *t, const char *given, char ret[JAIL_NAME_MAX + 1])
{
	unsigned long jid;
	char *end;

	if (jail_name_check(given, NULL) < 0)
		return -ENOENT;
	if (isdigit((unsigned char)given[0])) {
		errno = 0;
		jid = strtoul(given, &end, 10);
		if (errno == 0 && *end == '\0' && jid > 0 && jid <= 0x7fffffff &&
		    store_jid_name(t, (uint32_t)jid, ret) == 0)
			return 0;
	}
	memcpy(ret, given, strlen(given) + 1);
	return 0;
}

int port_name(const char *name_or_jid, char ret[JAIL_NAME_MAX + 1], struct jail_error *err)
{
	_cleanup_close_ int fd = -1;
	struct tree t;
	int r = tree_open(false, &t, err);

	if (r < 0)
		return r == -ENOENT ? running_none(name_or_jid, err) : r;
	r = resolve(&t, name_or_jid, ret);
	if (r == 0)
		r = tree_jail_open(&t, ret, &fd);
	tree_close(&t);
	return r < 0 ? running_none(name_or_jid, err) : 0;
}

void running_close(struct running *r)
{
	tree_close(&r->tree);
	r->dirfd = close_fd(r->dirfd);
	r->pidfd = close_fd(r->pidfd);
}

int running_open(const char *name_or_jid, struct running *ret, struct jail_error *err)
{
	struct running found = RUNNING_NONE;
	int r = tree_open(false, &found.tree, err);

	if (r < 0 && r != -ENOENT)
		return r;
	if (r == 0)
		r = resolve(&found.tree, name_or_jid, found.name);
	if (r == 0)
		r = tree_jail_open(&found.tree, found.name, &found.dirfd);
	if (r == 0)
		r = store_state_read(found.dirfd, &found.state);
	if (r == 0)
		members_recover_around(&found.tree, found.name, found.dirfd);
	if (r == -EPERM || (r == -ENODATA && geteuid() != 0)) {
		running_close(&found);
		(void)jail_error_set(err, EPERM, "only root may look into a jail");
		return -EPERM;
	}
	if (r == 0 && found.state.phase != STORE_RUNNING)
		r = -ENOENT;
	if (r == 0)
		r = process_open(found.state.pid, found.state.start, &found.pidfd);
	if (r == 0 && process_ended(found.pidfd))
		r = -ENOENT;
	if (r < 0) {
		running_close(&found);
		return running_none(name_or_jid, err);
	}
	*ret = found;
	return 0;
}

int jail_open(const char *name, int *ret_fd, struct jail_error *err)
{
	struct running r = RUNNING_NONE;
	int e = running_open(name, &r, err);

	if (e < 0)
		return e;
	*ret_fd = take_fd(&r.pidfd);
	running_close(&r);
	return 0;
}

/* ------------------------------------------------------------------------------------------------ inside the jail */

struct entering {
	const struct running *jail;
	const struct plan *plan;
	const struct entry *entry;
	const struct privileges *privileges;
	struct environment *env;
	const struct user *host_user;
	unsigned terminal;
	int channel, peer;
	int users_fd;	  /* the jail's user namespace; -1: users=inherit */
	int init_fd;	  /* users=inherit: what becomes the program (inside.c says why); else -1 */
	char **init_argv; /* room for its arguments */
	char user_argument[INSIDE_USER_MAX];
	int spare_master, spare_slave;
	struct jail_error *err;
};

static int open_init(struct entering *x)
{
	if ((x->jail->state.record.flags & POLICY_F_HOST_USERS) == 0)
		return 0;
	x->init_fd = inside_open_init(x->err);
	return x->init_fd < 0 ? x->init_fd : 0;
}

static int enter_namespaces(struct entering *x)
{
	const struct policy_record *record = &x->jail->state.record;
	int all = CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWCGROUP;
	bool users = !(record->flags & POLICY_F_HOST_USERS);
	const int keep[] = {x->channel, x->init_fd, x->jail->pidfd, x->users_fd, x->spare_master, x->spare_slave};
	int r = inside_close(keep, sizeof(keep) / sizeof(keep[0]), x->err);

	if (r < 0)
		return r;
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || prctl(PR_SET_DUMPABLE, 0) < 0)
		return jail_error_sys(x->err, errno, "prctl");
	if (setsid() < 0)
		return jail_error_sys(x->err, errno, "setsid");
	(void)umask(022);
	/* Users last: some of the others belong to the host's users, and joining takes a privilege over each. */
	if (setns(x->jail->pidfd, all) < 0 || (users && setns(x->users_fd, CLONE_NEWUSER) < 0))
		return jail_error_sys(x->err, errno, "cannot join its namespaces");
	(void)close(x->jail->pidfd);
	if (users)
		(void)close(x->users_fd);
	if (sys_become_root() < 0)
		return jail_error_sys(x->err, errno, "cannot become its root");
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || prctl(PR_SET_DUMPABLE, 0) < 0)
		return jail_error_sys(x->err, errno, "prctl");
	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 && errno != ENOSYS)
		return jail_error_sys(x->err, errno, "cannot make a session keyring");
	return 0;
}

static int enter_user(struct entering *x, struct user *user)
{
	const char *name = x->entry->user != NULL ? x->entry->user : "root";
	_cleanup_close_ int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int r;

	if (root < 0)
		return jail_error_sys(x->err, errno, "cannot open its root");
	if (x->host_user != NULL)
		*user = *x->host_user;
	else if ((r = user_lookup(root, name, user, x->err)) < 0)
		return r;
	environment_user(x->env, user);
	return 0;
}

static int enter_terminal(struct entering *x, int *slave)
{
	struct channel_message m = {.kind = CHANNEL_READY};
	int master = -1, r;

	if (x->terminal != 0 && terminal_open(&master, slave, x->err) < 0) {
		if (x->spare_master < 0)
			return -x->err->errnum;
		master = take_fd(&x->spare_master);
		*slave = take_fd(&x->spare_slave);
	}
	x->spare_master = close_fd(x->spare_master);
	x->spare_slave = close_fd(x->spare_slave);
	r = channel_send(x->channel, &m, NULL, master);
	(void)close_fd(master);
	if (r < 0)
		_exit(70);
	for (int fd = 0; x->terminal != 0 && fd <= 2; fd++)
		if ((x->terminal >> fd & 1) != 0 && dup2(*slave, fd) < 0)
			return jail_error_sys(x->err, errno, "cannot redirect descriptor %d", fd);
	if ((x->terminal & 1) != 0)
		return terminal_take(*slave, x->terminal, x->err);
	return 0;
}

/* By way of jail-init, which becomes the user, goes to the directory and executes. */
static int enter_by_init(struct entering *x, const struct user *user, const char *dir, char *const *argv)
{
	static char name[] = "jail-init", channel[] = "-c", direct[] = "-e", as[] = "-u", in[] = "-d", nosuser[] = "-s",
		    end[] = "--";
	char number[16], **v = x->init_argv;
	size_t n = 0;
	int flags = fcntl(x->channel, F_GETFD);

	if (flags < 0 || fcntl(x->channel, F_SETFD, flags & ~FD_CLOEXEC) < 0)
		return jail_error_sys(x->err, errno, "fcntl");
	(void)snprintf(number, sizeof(number), "%d", x->channel);
	inside_user_argument(user, x->user_argument);
	v[n++] = name;
	v[n++] = channel;
	v[n++] = number;
	v[n++] = direct;
	v[n++] = as;
	v[n++] = x->user_argument;
	v[n++] = in;
	v[n++] = (char *)(uintptr_t)dir;
	if (x->privileges->no_root)
		v[n++] = nosuser;
	v[n++] = end;
	while (*argv != NULL)
		v[n++] = *argv++;
	v[n] = NULL;
	(void)sys_execveat(x->init_fd, "", v, x->env->item, AT_EMPTY_PATH);
	return jail_error_sys(x->err, errno, "cannot run jail-init");
}

static int enter_program(struct entering *x, const struct user *user)
{
	const char *dir = x->entry->dir != NULL ? x->entry->dir : x->entry->login ? user->home : x->plan->exec_dir;
	char shell[sizeof(user->shell)], *shell_argv[] = {shell, NULL};
	char *const *argv = x->entry->argv;
	int r;

	memcpy(shell, user->shell, sizeof(shell));
	if (argv == NULL || argv[0] == NULL)
		argv = shell_argv;
	r = rlimit_apply(&x->jail->state.record, x->err);
	if (r < 0)
		return r;
	if (prctl(PR_SET_PDEATHSIG, 0) < 0)
		return jail_error_sys(x->err, errno, "prctl");
	if (x->init_fd >= 0)
		return enter_by_init(x, user, dir, argv);
	if (chdir(dir) < 0)
		return jail_error_sys(x->err, errno, "cannot change to %s", dir);
	r = privilege_become(x->privileges, user->uid, user->gid, user->groups, user->ngroups, x->err);
	if (r < 0)
		return r;
	r = inside_exec(argv, x->env->item);
	(void)jail_error_sys(x->err, -r, "cannot run %s", argv[0]);
	return jail_error_exit(x->err, -r, r == -ENOENT ? 127 : 126);
}

static void __attribute__((noreturn)) entering_main(struct entering *x)
{
	const struct channel_message m = {.kind = CHANNEL_ERROR};
	sigset_t none;
	struct user user;
	int slave = -1, r;

	(void)close(x->peer);
	(void)sigemptyset(&none);
	if (sigprocmask(SIG_SETMASK, &none, NULL) < 0)
		r = jail_error_sys(x->err, errno, "sigprocmask");
	else if (x->entry->log != NULL &&
		 (r = console_log_redirect(x->entry->log, x->jail->state.record.users_base)) < 0)
		r = jail_error_sys(x->err, -r, "cannot redirect the output");
	else
		r = inherited_reset(x->err);
	if (r == 0)
		r = group_join(&x->jail->tree, x->jail->name, 0, x->err);
	if (r == 0)
		r = open_init(x);
	if (r == 0)
		r = enter_namespaces(x);
	if (r == 0)
		r = privilege_apply(x->privileges, x->err);
	/* The jail's passwd is whatever the jail makes of it: read with no more rights than the jail has. */
	if (r == 0)
		r = enter_user(x, &user);
	if (r == 0)
		r = enter_terminal(x, &slave);
	if (r == 0)
		(void)enter_program(x, &user);
	(void)channel_send(x->channel, &m, x->err, -1);
	_exit(70);
}

/* ----------------------------------------------------------------------------------------------------- outside */

/* The kernel has other words for what is entered while it is being removed. */
static int cannot_start(const struct entering *x, int e, const char *what, struct jail_error *err)
{
	return process_ends(x->jail->pidfd, e) ? running_none(x->jail->name, err) : jail_error_sys(err, e, "%s", what);
}

/* A group that has just begun to divide among child jails takes no process itself (EBUSY): then there is a leaf. */
static long clone_into(const struct entering *x, int *ret_pidfd)
{
	for (unsigned tries = 0;; tries++) {
		_cleanup_close_ int group = -1;
		struct clone_args args = {
		    .flags = CLONE_PIDFD | CLONE_INTO_CGROUP | CLONE_CLEAR_SIGHAND,
		    .pidfd = (uintptr_t)ret_pidfd,
		};
		int r = group_leaf(x->jail->dirfd, &group);
		long pid;

		if (r < 0)
			return r;
		args.cgroup = (uint64_t)group;
		pid = sys_clone3(&args);
		if (pid >= 0)
			return pid;
		if (errno != EBUSY || tries >= 10)
			return negative_errno();
	}
}

static int start_entering(struct entering *x, pid_t *ret_pid, int *ret_pidfd, struct jail_error *err)
{
	_cleanup_close_ int own_pids = open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC);
	long pid;
	int e, dumpable;

	if (own_pids < 0)
		return jail_error_sys(err, errno, "cannot open /proc/self/ns/pid");
	if (setns(x->jail->pidfd, CLONE_NEWPID) < 0)
		return cannot_start(x, errno, "cannot join its processes", err);
	dumpable = sys_dumpable_off();
	pid = dumpable < 0 ? negative_errno() : clone_into(x, ret_pidfd);
	if (pid == 0)
		entering_main(x);
	sys_dumpable_back(dumpable);
	e = pid < 0 ? (int)-pid : 0;
	if (setns(own_pids, CLONE_NEWPID) < 0 && e == 0)
		e = errno;
	if (e != 0)
		return cannot_start(x, e, "cannot start a process in it", err);
	*ret_pid = (pid_t)pid;
	return 0;
}

static int too_slow(struct jail_error *err)
{
	(void)jail_error_set(err, ETIMEDOUT, "the process that entered it had not reached its program within %d s",
	    DEADLINE_ENTRY_MS / 1000);
	return jail_error_hint(
	    err, ETIMEDOUT, "it was killed: a process inside had stopped it, or the machine is too busy");
}

/* READY with the terminal, or why not. */
static int entered(int channel, struct deadline end, int *ret_master, struct jail_error *err)
{
	struct channel_message m = {0};
	struct jail_error failure;
	int r = channel_receive(channel, deadline_left(end), &m, &failure, ret_master);

	if (r == -ETIMEDOUT)
		return too_slow(err);
	if (r == 0 && m.kind == CHANNEL_READY)
		return 0;
	if (r == 0 && m.kind == CHANNEL_ERROR) {
		if (err != NULL)
			*err = failure;
		return failure.errnum > 0 ? -failure.errnum : -EIO;
	}
	return jail_error_set(err, EIO, "the process that entered it was killed");
}

/* The channel closes with exec; before it there may come an error. */
static int executed(int channel, struct deadline end, struct jail_error *err)
{
	struct channel_message m = {0};
	struct jail_error failure;
	int r = channel_receive(channel, deadline_left(end), &m, &failure, NULL);

	if (r == -EPIPE)
		return 0;
	if (r == -ETIMEDOUT)
		return too_slow(err);
	if (r == 0 && m.kind == CHANNEL_ERROR) {
		if (err != NULL)
			*err = failure;
		return failure.errnum > 0 ? -failure.errnum : -EIO;
	}
	return jail_error_set(err, EPROTO, "the process that entered it is not understood");
}

static int follow(struct entering *x, int pidfd, int *ret_status, struct jail_error *err)
{
	struct wait_for w = {
	    .fd = pidfd, .pidfd = pidfd, .master = -1, .until = -1, .timeout = x->entry->timeout, .log = x->entry->log};
	const struct deadline end = deadline_after(DEADLINE_ENTRY_MS);
	int r = entered(x->peer, end, &w.master, err), ended, status = 0;

	if (r == 0)
		r = executed(x->peer, end, err);
	if (r == 0) {
		r = wait_follow(&w);
		if (r == -ETIMEDOUT)
			(void)jail_error_set(err, ETIMEDOUT, "it did not end within %u s", x->entry->timeout);
		else if (r < 0)
			(void)jail_error_sys(err, -r, "cannot wait for it");
	}
	if (r < 0)
		(void)sys_pidfd_send_signal(pidfd, SIGKILL);
	/* Another thread may have taken it away (process.h). */
	ended = process_wait(pidfd, &status);
	if (ended == -ECHILD && r == 0)
		r = jail_error_set(err, ECANCELED, "the jail was removed while the program ran");
	else if (ended < 0 && r == 0)
		r = jail_error_sys(err, -ended, "cannot wait for it");
	(void)close_fd(w.master);
	/* What the program has left behind may write later: that is not waited for. */
	if (w.log != NULL)
		console_log_copy(w.log);
	if (r == 0)
		*ret_status = status;
	return r;
}

static int host_user(const struct entry *e, struct user *ret, struct jail_error *err)
{
	return e->host_user && e->user != NULL ? user_lookup_host(e->user, ret, err) : 0;
}

static int open_users(struct entering *x, struct jail_error *err)
{
	if ((x->jail->state.record.flags & POLICY_F_HOST_USERS) != 0)
		return 0;
	x->users_fd = users_open(x->jail->dirfd, &x->jail->state);
	return x->users_fd < 0 ? cannot_start(x, -x->users_fd, "cannot open its user namespace", err) : 0;
}

static int run_entering(struct entering *x, int *ret_status, struct jail_error *err)
{
	_cleanup_close_ int pidfd = -1;
	pid_t pid;
	int pair[2], r = open_users(x, err);

	if (r < 0 || (r = channel_pair(pair, err)) < 0)
		return r;
	x->channel = pair[0];
	x->peer = pair[1];
	if (x->terminal != 0 && terminal_open(&x->spare_master, &x->spare_slave, NULL) < 0)
		x->spare_master = x->spare_slave = -1;
	r = start_entering(x, &pid, &pidfd, err);
	(void)close(x->channel);
	if (x->entry->log != NULL)
		console_log_started(x->entry->log, false);
	(void)close_fd(x->spare_master);
	(void)close_fd(x->spare_slave);
	if (r == 0)
		r = follow(x, pidfd, ret_status, err);
	(void)close(x->peer);
	return r;
}

static size_t count_arguments(char *const *argv)
{
	size_t n = 0;

	while (argv != NULL && argv[n] != NULL)
		n++;
	return n;
}

int entry_run(
    const struct running *jail, const struct plan *plan, const struct entry *e, int *ret_status, struct jail_error *err)
{
	_cleanup_free_ struct privileges *privileges = malloc(sizeof(*privileges));
	_cleanup_free_ struct environment *env = malloc(sizeof(*env));
	_cleanup_free_ char **init_argv = calloc(count_arguments(e->argv) + 16, sizeof(*init_argv));
	struct jail_error failure = {0};
	struct user user;
	struct entering x = {
	    .jail = jail,
	    .plan = plan,
	    .entry = e,
	    .privileges = privileges,
	    .env = env,
	    .host_user = e->host_user && e->user != NULL ? &user : NULL,
	    .users_fd = -1,
	    .init_fd = -1,
	    .init_argv = init_argv,
	    .spare_master = -1,
	    .spare_slave = -1,
	    .err = &failure,
	};
	int r =
	    privileges == NULL || env == NULL || init_argv == NULL ? jail_error_set(err, ENOMEM, "out of memory") : 0;

	if (r == 0)
		r = inside_check_stdio(err);
	if (r == 0)
		r = privilege_compose(&jail->state.record, privileges, err);
	/*
	 * A domain can't be joined, so what enters gets one of its own, and from there can't trace the jail's
	 * processes. Where that was asked for, it gets none.
	 */
	if (r == 0 && (jail->state.record.allow & POLICY_BIT(POLICY_P_DEBUG)) != 0)
		privileges->own_sockets = false;
	if (r == 0)
		r = environment_begin(env, e->inherit_env, &plan->env, err);
	if (r == 0)
		r = host_user(e, &user, err);
	for (int fd = 0; e->terminal && fd <= 2; fd++)
		if (isatty(fd) && !(fd > 0 && e->log != NULL))
			x.terminal |= 1u << fd;
	if (r == 0)
		r = run_entering(&x, ret_status, err);
	(void)close_fd(x.users_fd);
	return r;
}

int jail_exec(const char *name, const struct jail_exec *x, int *ret_status, struct jail_error *err)
{
	struct running jail = RUNNING_NONE;
	struct jail_params *params = NULL;
	struct plan *plan = NULL;
	struct entry e = {
	    .argv = x->argv,
	    .dir = x->dir,
	    .user = x->user,
	    .login = (x->flags & JAIL_EXEC_CLEAN) != 0,
	    .host_user = (x->flags & JAIL_EXEC_HOSTUSER) != 0,
	    .terminal = true,
	};
	int r = running_open(name, &jail, err);

	if (r == 0 && (r = store_params_read(jail.dirfd, &params)) < 0)
		(void)jail_error_sys(err, -r, "cannot read its parameters");
	if (r == 0)
		r = plan_make_running(params, &plan, err);
	if (r == 0)
		r = entry_run(&jail, plan, &e, ret_status, err);
	if (r < 0)
		jail_error_jail(err, name);
	plan_free(plan);
	jail_params_free(params);
	running_close(&jail);
	return r;
}

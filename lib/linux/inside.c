/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * inside.c: see inside.h. The order of the steps is what keeps a jail shut; each says why it stands where it stands.
 * It may not know how the view is built, what a privilege is, or what the tool does meanwhile.
 */
#include "inside.h"

#include <linux/close_range.h>
#include <linux/if.h>
#include <linux/keyctl.h>
#include <stdio.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "channel.h"
#include "disk.h"
#include "error.h"
#include "ipclimit.h"
#include "rlimit.h"
#include "sys.h"
#include "sys/inherited.h"
#include "terminal.h"
#include "watching.h"

#ifndef JAIL_LIBEXECDIR
#error "JAIL_LIBEXECDIR is the directory that jail-init is installed in"
#endif

struct progress {
	struct inside *in;
	struct environment *env;
	char **init_argv;
	char *user_argument; /* 1 KiB: "UID:GID:G1,G2" for jail-init */
	int init_fd;
	int donor_fd, users_fd;
	int ipc_fd;		       /* where the limits of its IPC name space are written; -1: it has none */
	uint32_t dev_number;	       /* of the file system that is /dev; 0: none */
	int spare_master, spare_slave; /* a terminal of the host's, for a jail without /dev/pts */
	int master, slave;
	struct user user;
	struct jail_error *err;
};

/* ------------------------------------------------------------------------------------------------ environment */

int environment_begin(struct environment *e, bool inherit, const struct plan_strings *extra, struct jail_error *err)
{
	static char path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

	e->count = 0;
	if (!inherit)
		e->item[e->count++] = path;
	for (char **v = environ; v != NULL && *v != NULL; v++) {
		if (!inherit && strncmp(*v, "TERM=", 5) != 0)
			continue;
		if (e->count >= INSIDE_ENV_MAX)
			return jail_error_set(err, E2BIG, "more than %d environment variables", INSIDE_ENV_MAX);
		e->item[e->count++] = *v;
	}
	for (size_t i = 0; extra != NULL && i < extra->count; i++) {
		size_t at, key = strcspn(extra->item[i], "=") + 1;

		for (at = 0; at < e->count && strncmp(e->item[at], extra->item[i], key) != 0; at++)
			;
		if (at >= INSIDE_ENV_MAX)
			return jail_error_set(err, E2BIG, "more than %d environment variables", INSIDE_ENV_MAX);
		e->item[at] = extra->item[i];
		e->count += at == e->count;
	}
	e->item[e->count] = NULL;
	return 0;
}

static void environment_add(struct environment *e, char *buf, size_t size, const char *key, const char *value)
{
	size_t n = strlen(key);

	for (size_t i = 0; i < e->count; i++)
		if (strncmp(e->item[i], key, n) == 0)
			return; /* what was asked for by `env` stays */
	(void)snprintf(buf, size, "%s%s", key, value);
	e->item[e->count++] = buf;
	e->item[e->count] = NULL;
}

void environment_user(struct environment *e, const struct user *u)
{
	environment_add(e, e->home, sizeof(e->home), "HOME=", u->home);
	environment_add(e, e->shell, sizeof(e->shell), "SHELL=", u->shell);
	environment_add(e, e->user, sizeof(e->user), "USER=", u->name);
	environment_add(e, e->logname, sizeof(e->logname), "LOGNAME=", u->name);
}

/* ------------------------------------------------------------------------------------------------------ helpers */

int inside_check_stdio(struct jail_error *err)
{
	for (int fd = 0; fd <= 2; fd++) {
		struct stat st;

		if (fstat(fd, &st) < 0) {
			/* Closed: the next file that is opened would become the jail's standard output. */
			if (errno != EBADF || open("/dev/null", O_RDWR) != fd)
				return jail_error_sys(err, errno, "cannot open /dev/null as descriptor %d", fd);
			continue;
		}
		if (S_ISDIR(st.st_mode))
			return jail_error_set(
			    err, EINVAL, "descriptor %d is a directory, by which the jail could be left", fd);
	}
	return 0;
}

int inside_close(const int *keep, size_t n, struct jail_error *err)
{
	unsigned from = 3;

	for (;;) {
		unsigned next = ~0u;

		for (size_t i = 0; i < n; i++)
			if (keep[i] >= 0 && (unsigned)keep[i] >= from && (unsigned)keep[i] < next)
				next = (unsigned)keep[i];
		if (next > from && sys_close_range(from, next == ~0u ? next : next - 1, 0) < 0)
			return jail_error_sys(err, errno, "cannot close descriptors");
		if (next == ~0u)
			return 0;
		from = next + 1;
	}
}

void inside_user_argument(const struct user *u, char buf[INSIDE_USER_MAX])
{
	size_t n = (size_t)snprintf(buf, INSIDE_USER_MAX, "%u:%u:", u->uid, u->gid);

	/* USER_GROUPS_MAX numbers of at most ten digits fit. */
	for (size_t i = 0; i < u->ngroups && n + 12 < INSIDE_USER_MAX; i++)
		n += (size_t)snprintf(buf + n, INSIDE_USER_MAX - n, "%s%u", i > 0 ? "," : "", u->groups[i]);
}

int inside_exec(char *const argv[], char *const envp[])
{
	/* Descriptors 0..2 are the program's, and nothing else that the caller had open. */
	if (sys_close_range(3, ~0u, CLOSE_RANGE_CLOEXEC) < 0)
		return negative_errno();
	environ = (char **)envp; /* execvpe(3) would look PATH up in the old one */
	execvp(argv[0], argv);
	return negative_errno();
}

/* errno is why. */
static int failed(struct progress *p, const char *param, const char *what)
{
	(void)jail_error_sys(p->err, errno, "%s", what);
	jail_error_param(p->err, param);
	return -p->err->errnum;
}

static void __attribute__((noreturn)) fail(struct progress *p)
{
	const struct channel_message m = {.kind = CHANNEL_ERROR};

	(void)channel_send(p->in->channel, &m, p->err, -1);
	_exit(70);
}

/* -------------------------------------------------------------------------------------------------------- steps */

/* With the tool dies the half-made jail; nobody may look into this process while it still has the tool's memory. */
static int detach(struct progress *p)
{
	sigset_t mask;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || prctl(PR_SET_DUMPABLE, 0) < 0)
		return jail_error_sys(p->err, errno, "prctl");
	(void)close(p->in->peer);
	(void)close_fd(p->in->lock);
	/*
	 * jail-init takes these one by one, and as process 1 would lose any that came before it is ready if they were
	 * not blocked.
	 */
	(void)sigemptyset(&mask);
	if (p->in->plan->init) {
		(void)sigaddset(&mask, SIGTERM);
		(void)sigaddset(&mask, SIGINT);
		(void)sigaddset(&mask, SIGHUP);
	}
	if (sigprocmask(SIG_SETMASK, &mask, NULL) < 0)
		return jail_error_sys(p->err, errno, "sigprocmask");
	(void)umask(022);
	/* A session of its own: the caller's controlling terminal is not this one's. */
	if (setsid() < 0)
		return jail_error_sys(p->err, errno, "setsid");
	return 0;
}

/* While the host's privileges are there, which some of it takes. */
static int leave_inherited(struct progress *p)
{
	return inherited_reset(p->err);
}

static int join(struct progress *p)
{
	/* Our group is the jail's already: from here on the view of the tree begins there. */
	if (unshare(CLONE_NEWCGROUP) < 0)
		return jail_error_sys(p->err, errno, "cannot make a cgroup namespace");
	if (p->in->parent_pidfd >= 0 && p->in->parent_namespaces != 0 &&
	    setns(p->in->parent_pidfd, p->in->parent_namespaces) < 0)
		return jail_error_sys(p->err, errno, "cannot join the parent jail");
	return 0;
}

/*
 * The reaper is started from a read-only mount of its own: with users=inherit, root inside is root outside, and
 * /proc/1/exe would be a way to write to the host's file (CVE-2019-5736). For the same reason a command is executed by
 * way of it there, and not by this process, whose file is the tool.
 */
int inside_open_init(struct jail_error *err)
{
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV};

	int fd = sys_open_tree(AT_FDCWD, JAIL_LIBEXECDIR "/jail-init", OPEN_TREE_CLONE);

	if (fd < 0 || sys_mount_setattr(fd, "", AT_EMPTY_PATH, &attr) < 0)
		return jail_error_sys(err, errno, "cannot open " JAIL_LIBEXECDIR "/jail-init");
	return fd;
}

static int open_init(struct progress *p)
{
	if (!p->in->plan->init && p->in->own_users)
		return 0;
	p->init_fd = inside_open_init(p->err);
	return p->init_fd < 0 ? p->init_fd : 0;
}

/* Found while the host's /proc is still there, used when the jail's root is who may write. */
static int open_ipc(struct progress *p)
{
	if (!ipclimit_any(&p->in->plan->record))
		return 0;
	p->ipc_fd = ipclimit_open();
	return p->ipc_fd < 0 ? jail_error_sys(p->err, -p->ipc_fd, "cannot open /proc/sys/kernel") : 0;
}

static int limit_ipc(struct progress *p)
{
	int r = p->ipc_fd < 0 ? 0 : ipclimit_apply(p->ipc_fd, NULL, &p->in->plan->record, p->err);

	p->ipc_fd = close_fd(p->ipc_fd);
	return r;
}

static int limit_processes(struct progress *p)
{
	return rlimit_apply(&p->in->plan->record, p->err);
}

static int redirect(struct progress *p)
{
	_cleanup_close_ int null = p->in->silent != 0 ? open("/dev/null", O_RDWR | O_CLOEXEC) : -1;
	int r;

	for (int fd = 0; p->in->silent != 0 && fd <= 2; fd++)
		if ((p->in->silent >> fd & 1) != 0 && dup2(null, fd) < 0)
			return jail_error_sys(p->err, errno, "cannot redirect descriptor %d", fd);
	/* A terminal of the host's only when the jail has none: opened while the host's /dev is still there. */
	if (p->in->terminal != 0 && terminal_open(&p->spare_master, &p->spare_slave, NULL) < 0)
		p->spare_master = p->spare_slave = -1;
	r = console_log_redirect(p->in->log, p->in->plan->record.users_base);
	return r < 0 ? jail_error_sys(p->err, -r, "cannot redirect the output") : 0;
}

static int loopback_up(struct jail_error *err)
{
	struct ifreq ifr = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
	_cleanup_close_ int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (s < 0 || ioctl(s, SIOCSIFFLAGS, &ifr) < 0)
		return jail_error_sys(err, errno, "cannot bring the loopback interface up");
	return 0;
}

/* The donor's descriptors come in two messages: its namespaces, its users. */
static int receive_donor(struct progress *p, int *ret_fd)
{
	struct channel_message m;
	int r = channel_receive(p->in->channel, -1, &m, NULL, ret_fd);

	if (r < 0 || m.kind != CHANNEL_GO || *ret_fd < 0)
		return jail_error_sys(p->err, r < 0 ? -r : EPROTO, "the tool has gone");
	return 0;
}

static int gate_ready(void *arg, int *ret_users_fd, uint32_t *ret_base, uint32_t *ret_count, struct jail_error *err)
{
	struct progress *p = arg;
	const struct policy_record *record = &p->in->plan->record;

	if (p->in->own_users) {
		int r = receive_donor(p, &p->donor_fd);

		if (r < 0)
			return r;
		if (p->in->namespaces != 0 && setns(p->donor_fd, p->in->namespaces) < 0)
			return jail_error_sys(err, errno, "cannot join the jail's network and IPC");
	}
	if (p->in->own_network) {
		int r = loopback_up(err);

		if (r < 0)
			return r;
	}
	if (p->in->own_users) {
		int r = receive_donor(p, &p->users_fd);

		if (r < 0)
			return r;
	}
	*ret_users_fd = p->users_fd;
	*ret_base = record->users_base;
	*ret_count = record->users_count;
	return 0;
}

static int build_view(struct progress *p)
{
	const struct view_gate gate = {.ready = gate_ready, .arg = p};

	int *watch = p->in->watch, r = view_build(p->in->view, &gate, p->err);

	p->dev_number = view_dev_number(p->in->view);
	if (r < 0)
		return disk_no_room(p->in->plan, r, p->err);
	/* Where there is somebody to keep it: its size may be changed later. */
	if (watch[WATCH_PAGE] < 0)
		return r;
	watch[WATCH_DISK] = view_memory(p->in->view);
	r = watch[WATCH_DISK] < 0 ? 0 : watching_note_disk(watch[WATCH_PAGE], watch[WATCH_DISK]);
	return r < 0 ? jail_error_sys(p->err, -r, "cannot note its file system in memory") : 0;
}

static int name_host(struct progress *p)
{
	const struct plan *plan = p->in->plan;
	const char *host = plan->hostname != NULL ? plan->hostname : plan->name;
	const char *domain = plan->domainname != NULL ? plan->domainname : "";

	if (plan->record.flags & POLICY_F_HOST_NAME)
		return 0;
	if (sethostname(host, strlen(host)) < 0)
		return failed(p, "host.hostname", "cannot name the host");
	if (setdomainname(domain, strlen(domain)) < 0)
		return failed(p, "host.domainname", "cannot name the domain");
	return 0;
}

/*
 * From root of the host to root of the jail. The copy of the mount namespace that is made now belongs to the jail's
 * users, and every mount in it is locked: what was mounted so far can't be taken off inside (mount_namespaces(7)).
 */
static int give_up_host(struct progress *p)
{
	/* The log is the reaper's, and nobody else's inside. */
	const bool log = p->in->plan->init;
	int keep[8 + WATCH_SOURCES] = {p->in->channel, p->init_fd, p->users_fd, p->ipc_fd, p->spare_master,
	    p->spare_slave, log ? p->in->log->file : -1, log ? p->in->log->from : -1};
	int r;

	memcpy(keep + 8, p->in->watch, WATCH_SOURCES * sizeof(*keep));
	r = inside_close(keep, sizeof(keep) / sizeof(keep[0]), p->err);
	if (r < 0)
		return r;
	p->donor_fd = -1;
	if (p->in->own_users && (setns(p->users_fd, CLONE_NEWUSER) < 0 || unshare(CLONE_NEWNS) < 0))
		return jail_error_sys(p->err, errno, "cannot become the jail's root");
	if (sys_become_root() < 0)
		return jail_error_sys(p->err, errno, "cannot become the jail's root");
	p->users_fd = close_fd(p->users_fd);
	/* A change of credentials clears both. If the tool died meanwhile, the channel says so. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || prctl(PR_SET_DUMPABLE, 0) < 0)
		return jail_error_sys(p->err, errno, "prctl");
	/* The caller's session keyring stays outside; a kernel without keyrings has nothing to leave. */
	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 && errno != ENOSYS)
		return jail_error_sys(p->err, errno, "cannot make a session keyring");
	return 0;
}

static int open_terminal(struct progress *p)
{
	if (p->in->terminal == 0)
		return 0;
	if (terminal_open(&p->master, &p->slave, p->err) < 0) {
		if (p->spare_master < 0)
			return -p->err->errnum;
		p->master = take_fd(&p->spare_master);
		p->slave = take_fd(&p->spare_slave);
	}
	(void)close_fd(p->spare_master);
	(void)close_fd(p->spare_slave);
	/* Descriptors that were terminals of the caller's are now this one. */
	for (int fd = 0; fd <= 2; fd++)
		if ((p->in->terminal >> fd & 1) != 0 && dup2(p->slave, fd) < 0)
			return jail_error_sys(p->err, errno, "cannot redirect descriptor %d", fd);
	return 0;
}

static int find_user(struct progress *p)
{
	const struct plan *plan = p->in->plan;
	_cleanup_close_ int root = openat(AT_FDCWD, "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int r;

	if (root < 0)
		return jail_error_sys(p->err, errno, "cannot open the jail's root");
	if (p->in->host_user != NULL) {
		p->user = *p->in->host_user;
	} else {
		r = user_lookup(root, plan->jail_user != NULL ? plan->jail_user : "root", &p->user, p->err);
		if (r < 0) {
			jail_error_param(p->err, "exec.jail_user");
			return r;
		}
	}
	environment_user(p->env, &p->user);
	inside_user_argument(&p->user, p->user_argument);
	return 0;
}

static int enter_directory(struct progress *p)
{
	return chdir(p->in->plan->exec_dir) < 0 ? failed(p, "exec.dir", p->in->plan->exec_dir) : 0;
}

static int drop_privileges(struct progress *p)
{
	return privilege_apply(p->in->privileges, p->err);
}

/*
 * The tool records that the jail runs; from here on the jail outlives it. The tool may be gone as soon as it has read
 * this, so what ties us to its life goes first; if it died before, there is nobody to tell and we end.
 */
static int report_ready(struct progress *p)
{
	struct channel_message m = {.kind = CHANNEL_READY, .status = (int32_t)p->dev_number};
	int r, none = -1;

	if (prctl(PR_SET_PDEATHSIG, 0) < 0)
		return jail_error_sys(p->err, errno, "prctl");
	r = channel_send(p->in->channel, &m, NULL, p->master);
	p->master = close_fd(p->master);
	if (r == 0 && p->in->waits) {
		r = channel_receive(p->in->channel, -1, &m, NULL, &none);
		if (r == 0 && m.kind != CHANNEL_GO)
			r = -EPROTO;
	}
	if (r < 0)
		_exit(70);
	return 0;
}

static int keep_open(int fd)
{
	int flags = fd < 0 ? 0 : fcntl(fd, F_GETFD);

	return fd < 0 || (flags >= 0 && fcntl(fd, F_SETFD, flags & ~FD_CLOEXEC) == 0) ? 0 : -1;
}

/*
 * exec(2) makes the memory of a file that can't be read untraceable from its first moment on, before jail-init itself
 * can say so. The jail's own users can't read jail-init; the host's root can, so here the files are opened as somebody
 * else. exec ends that.
 */
static int hide_memory(struct progress *p)
{
	(void)setfsuid(1);
	return setfsuid((uid_t)-1) == 1 ? 0 : jail_error_set(p->err, EPERM, "cannot become another user");
}

static int run_init(struct progress *p)
{
	int r = keep_open(p->in->channel);

	watching_argument(p->in->watch, p->in->watch_argument);
	/* All but the channel, the log and what is to be watched is closed by exec. */
	if (r == 0 && p->in->plan->init)
		r = keep_open(p->in->log->file) | keep_open(p->in->log->from);
	for (size_t i = 0; r == 0 && i < WATCH_SOURCES; i++)
		r = keep_open(p->in->watch[i]);
	if (r < 0)
		return jail_error_sys(p->err, errno, "fcntl");
	p->slave = close_fd(p->slave);
	r = p->in->own_users ? 0 : hide_memory(p);
	if (r < 0)
		return r;
	(void)sys_execveat(p->init_fd, "", p->init_argv, p->env->item, AT_EMPTY_PATH);
	return jail_error_sys(p->err, errno, "cannot run jail-init");
}

static int run_command(struct progress *p)
{
	char *const *argv = p->in->plan->command.item;
	int r = 0;

	if ((p->in->terminal & 1) != 0 && p->slave >= 0)
		r = terminal_take(take_fd(&p->slave), p->in->terminal, p->err);
	if (r == 0)
		r = privilege_become(
		    p->in->privileges, p->user.uid, p->user.gid, p->user.groups, p->user.ngroups, p->err);
	if (r < 0)
		return r;
	errno = -inside_exec(argv, p->env->item);
	r = errno == ENOENT ? 127 : 126;
	(void)failed(p, "command", argv[0]);
	return jail_error_exit(p->err, p->err->errnum, r);
}

static int run(struct progress *p)
{
	return p->init_fd >= 0 ? run_init(p) : run_command(p);
}

static const struct {
	const char *name;
	int (*apply)(struct progress *p);
} steps[] = {
    {"leave the caller", detach},
    {"leave what the caller had", leave_inherited},
    {"join the parent", join},
    {"open the reaper", open_init},
    {"redirect the output", redirect},
    {"find its limits", open_ipc},
    {"build the view of files", build_view},
    {"name the host", name_host},
    {"give up the host's users", give_up_host},
    {"limit its IPC", limit_ipc},
    {"open a terminal", open_terminal},
    {"enter exec.dir", enter_directory},
    {"limit its processes", limit_processes},
    {"give up privileges", drop_privileges},
    /* The jail's passwd is whatever the jail makes of it: read with no more rights than the jail has. */
    {"find the user", find_user},
    {"report to the tool", report_ready},
    {"run", run},
};

void inside_main(struct inside *in, char **init_argv, char *user_argument, struct environment *env)
{
	struct progress p = {.in = in,
	    .env = env,
	    .init_argv = init_argv,
	    .user_argument = user_argument,
	    .init_fd = -1,
	    .donor_fd = -1,
	    .users_fd = -1,
	    .ipc_fd = -1,
	    .spare_master = -1,
	    .spare_slave = -1,
	    .master = -1,
	    .slave = -1,
	    .err = in->err};

	for (size_t i = 0; i < ARRAY_SIZE(steps); i++)
		if (steps[i].apply(&p) < 0) {
			(void)jail_error_context(p.err, p.err->errnum, "%s", steps[i].name);
			break;
		}
	fail(&p);
}

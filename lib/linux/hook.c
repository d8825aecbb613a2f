/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hook.c: the command lines of exec.*, on the host or in the running jail.
 */
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "../port.h"
#include "attach.h"
#include "console_log.h"
#include "creation.h"
#include "error.h"
#include "inside.h"
#include "process.h"
#include "sys.h"
#include "user.h"
#include "wait.h"

struct host_command {
	const struct plan *plan;
	const char *line;
	const struct user *user; /* NULL: stay as we are */
	struct environment *env;
	int until; /* the command ends with this process; -1: none */
};

static void __attribute__((noreturn)) host_main(const struct host_command *h)
{
	static char sh[] = "sh", c[] = "-c";
	char *argv[] = {sh, c, (char *)(uintptr_t)h->line, NULL};
	const struct user *u = h->user;
	sigset_t none;

	(void)sigemptyset(&none);
	if (sigprocmask(SIG_SETMASK, &none, NULL) < 0)
		_exit(126);
	if (u != NULL && (setgroups(u->ngroups, u->groups) < 0 || setresgid(u->gid, u->gid, u->gid) < 0 ||
			     setresuid(u->uid, u->uid, u->uid) < 0))
		_exit(126);
	(void)execve("/bin/sh", argv, h->env->item);
	_exit(127);
}

static int follow(int pidfd, int until, unsigned timeout, int *ret_status)
{
	const struct wait_for w = {.fd = pidfd, .pidfd = pidfd, .master = -1, .until = until, .timeout = timeout};
	int status, ended, r = wait_follow(&w);

	if (r < 0)
		(void)sys_pidfd_send_signal(pidfd, SIGKILL);
	ended = process_wait(pidfd, &status);
	if (r < 0 || ended < 0)
		return r < 0 ? r : ended;
	*ret_status = status;
	return 0;
}

static int run_on_host(const struct host_command *h, int *ret_status, struct jail_error *err)
{
	_cleanup_close_ int pidfd = -1;
	struct clone_args args = {.flags = CLONE_PIDFD | CLONE_CLEAR_SIGHAND, .pidfd = (uintptr_t)&pidfd};
	long pid = sys_clone3(&args);
	int r;

	if (pid == 0)
		host_main(h);
	if (pid < 0)
		return jail_error_sys(err, errno, "cannot start a process");
	r = follow(pidfd, h->until, h->plan->exec_timeout, ret_status);
	if (r == -ECANCELED)
		return jail_error_set(err, ECANCELED, "the jail was killed while this command ran");
	if (r == -ETIMEDOUT)
		return jail_error_set(err, ETIMEDOUT, "it did not end within %u s", h->plan->exec_timeout);
	return r < 0 ? jail_error_sys(err, -r, "cannot wait for it") : 0;
}

/* What a command on the host is told of the jail: FreeBSD's three, and the name once more. */
struct told {
	char name[JAIL_NAME_MAX + 16], jname[JAIL_NAME_MAX + 16], path[PATH_MAX + 16], jid[PLAN_NUMBER_SIZE + 8];
	char *item[4];
};

static struct plan_strings tell(struct told *t, const char *name, const struct plan *plan)
{
	struct plan_strings s = {.item = t->item};

	(void)snprintf(t->name, sizeof(t->name), "JAIL_NAME=%s", name);
	(void)snprintf(t->jname, sizeof(t->jname), "JNAME=%s", name);
	(void)snprintf(t->path, sizeof(t->path), "JPATH=%s", plan->path);
	(void)snprintf(t->jid, sizeof(t->jid), "JID=%d", plan->jid);
	t->item[s.count++] = t->name;
	t->item[s.count++] = t->jname;
	t->item[s.count++] = t->path;
	if (plan->jid > 0)
		t->item[s.count++] = t->jid;
	return s;
}

static int host_command(
    const char *name, const struct plan *plan, const char *line, int until, int *ret_status, struct jail_error *err)
{
	_cleanup_free_ struct environment *env = malloc(sizeof(*env));
	_cleanup_free_ struct told *told = malloc(sizeof(*told));
	struct user user;
	struct plan_strings extra;
	struct host_command h = {.plan = plan, .line = line, .env = env, .until = until};
	int r;

	if (env == NULL || told == NULL)
		return jail_error_set(err, ENOMEM, "out of memory");
	extra = tell(told, name, plan);
	/* On the host the caller's environment is the host's own: nothing is carried into the jail by it. */
	r = environment_begin(env, true, &extra, err);
	if (r < 0 || plan->system_user == NULL)
		return r < 0 ? r : run_on_host(&h, ret_status, err);
	r = user_lookup_host(plan->system_user, &user, err);
	if (r < 0) {
		jail_error_param(err, "exec.system_user");
		return r;
	}
	h.user = &user;
	return run_on_host(&h, ret_status, err);
}

static int jail_command(
    const char *name, const struct plan *plan, const char *line, int *ret_status, struct jail_error *err)
{
	static char sh[] = "/bin/sh", c[] = "-c";
	char *argv[] = {sh, c, (char *)(uintptr_t)line, NULL};
	struct running jail = RUNNING_NONE;
	struct console_log log = CONSOLE_LOG_NONE;
	struct entry e = {
	    .argv = argv,
	    .user = plan->jail_user,
	    .host_user = plan->system_jail_user,
	    .inherit_env = !plan->exec_clean,
	    .terminal = true,
	    .timeout = plan->exec_timeout > 0 ? plan->exec_timeout : PLAN_STOP_SECONDS,
	};
	int r = console_log_open(plan, &log, err);

	if (r == 0)
		r = running_open(name, &jail, err);
	if (r == 0) {
		e.log = log.file >= 0 ? &log : NULL;
		r = entry_run(&jail, plan, &e, ret_status, err);
	}
	console_log_close(&log);
	running_close(&jail);
	return r;
}

int port_command(const char *name, const struct plan *plan, const struct port_jail *making, bool inside,
    const char *line, int *ret_status, struct jail_error *err)
{
	int r = inside ? jail_command(name, plan, line, ret_status, err)
		       : host_command(name, plan, line, making != NULL ? making->pidfd : -1, ret_status, err);

	if (r < 0)
		jail_error_jail(err, name);
	return r;
}

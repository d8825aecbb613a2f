/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * prepare.c: all of making a jail that can be done, and found wrong, without touching the kernel's state: what is named
 * is opened, what is asked for is composed, the command line of the reaper is written. What is done with it is
 * create.c's.
 */
#include <stdio.h>
#include <stdlib.h>

#include "console_log.h"
#include "creation.h"
#include "error.h"
#include "jail/state.h"
#include "limit.h"
#include "util.h"
#include "watching.h"

static int check_combination(const struct port_jail *j, struct jail_error *err)
{
	const struct plan *plan = j->plan;

	if (!plan->init && plan->start.count > 0) {
		(void)jail_error_set(err, EINVAL, "exec.start needs the reaper to run it");
		jail_error_param(err, "exec.init");
		return jail_error_hint(err, EINVAL, "leave exec.init at yes, or use command");
	}
	if (!plan->persist && plan->command.count == 0 && plan->start.count == 0) {
		(void)jail_error_set(err, EINVAL, "nothing would run in it, so it would end at once");
		jail_error_param(err, "persist");
		return jail_error_hint(err, EINVAL, "give it persist, command or exec.start");
	}
	if (plan->init && access(JAIL_LIBEXECDIR "/jail-init", X_OK) < 0) {
		(void)jail_error_sys(err, errno, JAIL_LIBEXECDIR "/jail-init");
		return jail_error_hint(err, errno, "install jail-init there, or use exec.init=no with a command");
	}
	return 0;
}

bool creation_is_service(const struct plan *plan)
{
	return plan->restart != PLAN_RESTART_NEVER;
}

/* A jail's program never gets the caller's terminal: wherever there is one, it gets one of its own. */
static unsigned terminals(const struct port_jail *j)
{
	unsigned which = 0;

	for (int fd = 0; fd <= 2; fd++)
		if (isatty(fd) && !(fd > 0 && j->log.file >= 0))
			which |= 1u << fd;
	return which;
}

static int find_host_user(struct port_jail *j, struct jail_error *err)
{
	int r;

	if (!j->plan->system_jail_user || j->plan->jail_user == NULL)
		return 0;
	r = user_lookup_host(j->plan->jail_user, &j->host_user, err);
	if (r < 0)
		jail_error_param(err, "exec.jail_user");
	return r;
}

/* The command line of jail-init; its -u is filled in inside, where the jail's passwd file is. */
static int make_arguments(struct port_jail *j, struct jail_error *err)
{
	static char init[] = "jail-init", channel[] = "-c", persist[] = "-p", restart[] = "-r", never[] = "never",
		    failure[] = "failure", always[] = "always", user[] = "-u", dir[] = "-d", terminal[] = "-t",
		    nosuser[] = "-s", line[] = "-x", direct[] = "-e", watch[] = "-w", log[] = "-l", end[] = "--";
	static char *const restarts[] = {never, failure, always};
	const struct plan *plan = j->plan;
	size_t n = 0;
	char **v = calloc(20 + 2 * plan->start.count + plan->command.count, sizeof(*v));

	if (v == NULL)
		return jail_error_set(err, ENOMEM, "out of memory");
	j->init_argv = v;
	v[n++] = init;
	v[n++] = channel;
	v[n++] = j->user_argument; /* replaced in start_first(), where the channel is */
	if (!plan->init)
		v[n++] = direct;
	if (plan->persist)
		v[n++] = persist;
	if (j->watch[WATCH_PAGE] >= 0) {
		v[n++] = watch;
		v[n++] = j->watch_argument; /* written when all of them are there */
	}
	if (plan->init && j->log.file >= 0) {
		(void)snprintf(j->log_argument, sizeof(j->log_argument), "%d:%d", j->log.from, j->log.file);
		v[n++] = log;
		v[n++] = j->log_argument;
	}
	v[n++] = restart;
	v[n++] = restarts[plan->restart];
	v[n++] = user;
	v[n++] = j->user_argument;
	v[n++] = dir;
	v[n++] = plan->exec_dir;
	if ((j->terminal & 1) != 0)
		v[n++] = terminal;
	if (j->privileges.no_root)
		v[n++] = nosuser;
	for (size_t i = 0; i < plan->start.count; i++) {
		v[n++] = line;
		v[n++] = plan->start.item[i];
	}
	if (plan->command.count > 0)
		v[n++] = end;
	for (size_t i = 0; i < plan->command.count; i++)
		v[n++] = plan->command.item[i];
	return 0;
}

/*
 * A page for process 1 to look at: when there is something to be looked at, and in jails that stay, because there may
 * be something later.
 */
static int make_watch(struct port_jail *j, struct jail_error *err)
{
	int fd;

	if (!j->plan->init || (!watching_any(j->plan) && !j->plan->persist && !creation_is_service(j->plan)))
		return 0;
	fd = watching_make(j->plan, &j->plan->record);
	if (fd < 0)
		return jail_error_sys(err, -fd, "cannot make the page that process 1 looks at");
	j->watch[WATCH_PAGE] = fd;
	return 0;
}

static void warn_left_out(const struct port_jail *j)
{
	const char *name;
	size_t at = 0;

	while (j->opts != NULL && j->opts->warn != NULL && (name = view_left_out(j->view, &at)) != NULL) {
		struct jail_error warning;

		(void)jail_error_set(&warning, EACCES,
		    "the file system that is mounted at %s in it can't be read: the jail sees an empty directory there",
		    name);
		jail_error_param(&warning, "path");
		jail_error_jail(&warning, j->plan->name);
		j->opts->warn(j->opts->arg, &warning);
	}
}

/* All that can be found wrong without touching the kernel's state is found here. */
int creation_prepare(struct port_jail *j, struct jail_error *err)
{
	int r = check_combination(j, err);

	if (r == 0)
		r = limit_check(j->plan, err);
	if (r == 0)
		r = inside_check_stdio(err);
	if (r == 0)
		r = parent_open(&j->tree, j->plan->name, &j->parent, err);
	if (r == 0)
		r = parent_rebase(&j->parent, j->params, j->plan, err);
	if (r == 0 && (r = state_find(j->tree.fd, j->plan)) < 0)
		r = jail_error_sys(err, -r, "cannot look for the state of services");
	if (r == 0)
		r = view_prepare(j->plan, j->parent.root, &j->view, err);
	if (r == 0 && (r = view_places(j->view, &j->places)) < 0)
		r = jail_error_sys(err, -r, "cannot tell what its path is");
	if (r == 0)
		warn_left_out(j);
	if (r == 0)
		r = group_prepare(
		    &j->tree, j->plan->name, j->plan, j->params, j->parent.root, j->opts, &j->limits, err);
	if (r == 0)
		r = plan_check_devices(j->plan, parent_record(&j->parent), err);
	if (r == 0)
		r = privilege_compose(&j->plan->record, &j->privileges, err);
	if (r == 0)
		r = find_host_user(j, err);
	if (r == 0)
		r = console_log_open(j->plan, &j->log, err);
	if (r == 0)
		r = make_watch(j, err);
	if (r < 0)
		return r;
	if (creation_is_service(j->plan) || j->plan->start.count + j->plan->command.count == 0)
		j->silent = terminals(j);
	else
		j->terminal = terminals(j);
	j->env = malloc(sizeof(*j->env));
	if (j->env == NULL)
		return jail_error_set(err, ENOMEM, "out of memory");
	r = environment_begin(j->env, !j->plan->exec_clean, &j->plan->env, err);
	return r < 0 ? r : make_arguments(j, err);
}

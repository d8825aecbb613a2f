/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * life.c: the life of a jail as jail.h has it: plan, create, run the commands in FreeBSD's order, change, stop. The
 * same on every kernel; it may not know one.
 */
#include <jail.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "error.h"
#include "params.h"
#include "plan.h"
#include "port.h"

/* Distributions give users, real or of services, numbers below this. */
#define USERS_OF_HOSTS 65536u

static void progress(const struct jail_options *opts, const char *jail, const char *step)
{
	if (opts != NULL && (opts->flags & JAIL_VERBOSE) != 0 && opts->progress != NULL)
		opts->progress(opts->arg, jail, step);
}

/* The plan of a jail to be made, or changed in what is `asked`; a child's is held within its parent's policy. */
static int make_plan(
    const struct jail_params *p, const struct jail_params *asked, struct plan **ret, struct jail_error *err)
{
	struct policy_record parent;
	const char *name = "", *dot;
	bool child;
	int r;

	(void)jail_params_get(p, "name", &name);
	r = name[0] != '\0' ? jail_name_check(name, err) : 0;
	if (r < 0)
		return r;
	dot = strrchr(name, '.');
	child = dot != NULL;
	if (child) {
		char parent_name[JAIL_NAME_MAX + 1];
		size_t n = (size_t)(dot - name);

		if (n > JAIL_NAME_MAX)
			return jail_error_set(err, ENAMETOOLONG, "the name is too long");
		memcpy(parent_name, name, n);
		parent_name[n] = '\0';
		r = port_record(parent_name, &parent, err);
		if (r == -ENOENT) {
			(void)jail_error_set(err, ENOENT, "its parent jail %s is not running", parent_name);
			jail_error_jail(err, name);
			(void)jail_error_hint(err, ENOENT, "create %s first", parent_name);
		}
		if (r < 0)
			return r;
	}
	r = plan_make_changed(p, asked, child ? &parent : NULL, ret, err);
	if (r < 0)
		jail_error_jail(err, name);
	return r;
}

static void warn(const struct plan *plan, const struct jail_params *p, const struct jail_options *opts,
    const char *param, const char *what, const char *why)
{
	const struct param_origin at = params_origin(p, param);
	struct jail_error warning;

	(void)jail_error_set(&warning, EINVAL, "%s: %s", what, why);
	jail_error_param(&warning, param);
	jail_error_origin(&warning, at.file, at.line);
	jail_error_jail(&warning, plan->name);
	opts->warn(opts->arg, &warning);
}

/* Whoever has a host's user's number may signal that user's processes and use that user's files, where it sees them. */
static void warn_users(const struct plan *plan, const struct jail_params *p, const struct jail_options *opts)
{
	if (opts != NULL && opts->warn != NULL && plan->users_fixed && strchr(plan->name, '.') == NULL &&
	    plan->record.users_base < USERS_OF_HOSTS)
		warn(plan, p, opts, "users.base", "its users may be users of the host",
		    "leave it out, or choose 65536 or more");
}

/* A privilege that does nothing is no reason not to make the jail, but whoever asked for it is to know. */
static void warn_idle(const struct plan *plan, const struct jail_params *p, const struct jail_options *opts)
{
	char name[64];
	bool given;

	for (unsigned i = 0; opts != NULL && opts->warn != NULL && i < POLICY_P_COUNT; i++) {
		const char *why = port_privilege_idle(&plan->record, (enum policy_privilege)i);

		if (why == NULL)
			continue;
		(void)snprintf(name, sizeof(name), "allow.%s", policy_privilege_name((enum policy_privilege)i));
		if (!jail_params_has(p, name) || jail_params_get_bool(p, name, &given) < 0 || !given)
			continue;
		warn(plan, p, opts, name, "has no effect", why);
	}
}

/* A limit that one of its privileges gets around holds all the same for whoever does not use that. */
static void warn_gaps(const struct plan *plan, const struct jail_params *p, const struct jail_options *opts)
{
	for (size_t i = 0; opts != NULL && opts->warn != NULL && i < plan->nlimits; i++) {
		const char *why = port_limit_gap(&plan->record, plan->limit[i].limit);

		if (why != NULL)
			warn(plan, p, opts, limit_row_of(plan->limit[i].limit)->param, "root inside can get around it",
			    why);
	}
}

static void warn_all(const struct plan *plan, const struct jail_params *p, const struct jail_options *opts)
{
	warn_users(plan, p, opts);
	warn_idle(plan, p, opts);
	warn_gaps(plan, p, opts);
}

int jail_create(const struct jail_params *p, const struct jail_options *opts, int *ret_jid, struct jail_error *err)
{
	struct plan *plan = NULL;
	struct port_jail *j = NULL;
	int jid = 0, status = 0, r = make_plan(p, NULL, &plan, err);

	if (r < 0)
		return r;
	if (!plan->persist) {
		(void)jail_error_set(err, EINVAL, "a jail without commands ends at once unless it persists");
		jail_error_param(err, "persist");
		jail_error_jail(err, plan->name);
		plan_free(plan);
		return -EINVAL;
	}
	warn_all(plan, p, opts);
	/* Commands are jail_start()'s. */
	plan->command.count = 0;
	plan->start.count = 0;
	r = port_create(plan, p, opts, &j, err);
	if (r == 0) {
		jid = port_jid(j);
		progress(opts, plan->name, "created");
		r = port_go(j, err);
		if (r == 0)
			r = port_wait(j, &status, err);
		if (r < 0)
			port_destroy(j);
		else
			port_release(j);
	}
	plan_free(plan);
	if (r == 0 && ret_jid != NULL)
		*ret_jid = jid;
	return r;
}

static int failed_command(const char *param, const char *line, int status, const char *jail, struct jail_error *err)
{
	if (WIFEXITED(status))
		(void)jail_error_set(err, ECANCELED, "\"%s\" exited with status %d", line, WEXITSTATUS(status));
	else
		(void)jail_error_set(err, ECANCELED, "\"%s\" was killed by signal %d", line, WTERMSIG(status));
	jail_error_param(err, param);
	jail_error_jail(err, jail);
	return jail_error_exit(err, ECANCELED, WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

/* Each line of one exec.* in sequence; the first that fails ends it. */
static int run_lines(const struct plan *plan, const struct port_jail *making, const char *param,
    const struct plan_strings *lines, bool inside, const struct jail_options *opts, struct jail_error *err)
{
	for (size_t i = 0; i < lines->count; i++) {
		int status = 0, r;

		progress(opts, plan->name, lines->item[i]);
		r = port_command(plan->name, plan, making, inside, lines->item[i], &status, err);
		if (r < 0) {
			jail_error_param(err, param);
			return r;
		}
		if (status != 0)
			return failed_command(param, lines->item[i], status, plan->name, err);
	}
	return 0;
}

/* What the commands before a failed creation did on the host is undone by those that follow a removal. */
static void undo_lines(const struct plan *plan, const struct jail_options *opts)
{
	(void)run_lines(plan, NULL, "exec.poststop", &plan->poststop, false, opts, NULL);
	(void)run_lines(plan, NULL, "exec.release", &plan->release, false, opts, NULL);
}

static int start_created(
    struct port_jail *j, const struct plan *plan, const struct jail_options *opts, int *status, struct jail_error *err)
{
	int r = run_lines(plan, j, "exec.created", &plan->created, false, opts, err);

	if (r == 0 && plan->start.count + plan->command.count > 0)
		progress(opts, plan->name, "run its commands");
	if (r == 0)
		r = port_go(j, err);
	if (r == 0)
		r = port_wait(j, status, err);
	if (r == 0)
		r = run_lines(plan, NULL, "exec.poststart", &plan->poststart, false, opts, err);
	return r;
}

/* The line of the parameter that failed, where whoever failed did not know it and there is but one. */
static void locate(const struct jail_params *p, struct jail_error *err)
{
	struct param_origin at, other;

	if (err == NULL || err->param[0] == '\0' || err->file[0] != '\0')
		return;
	at = params_origin(p, err->param);
	for (size_t i = 1; i < jail_params_count(p, err->param); i++) {
		other = params_item_origin(p, err->param, i);
		if (other.line != at.line || (other.file == NULL) != (at.file == NULL) ||
		    (at.file != NULL && strcmp(other.file, at.file) != 0))
			return;
	}
	jail_error_origin(err, at.file, at.line);
}

/* Nothing is run for a jail that is there already; one that comes in between is found by its creation. */
static int check_free(const struct plan *plan, struct jail_error *err)
{
	struct policy_record record;

	if (plan->prepare.count + plan->prestart.count == 0 || plan->name[0] == '\0' ||
	    port_record(plan->name, &record, NULL) < 0)
		return 0;
	(void)jail_error_set(err, EEXIST, "there is a jail of that name already");
	jail_error_jail(err, plan->name);
	return jail_error_hint(err, EEXIST, "change it with jail -m, or remove it first with jail -r");
}

int jail_start(const struct jail_params *p, const struct jail_options *opts, int *ret_status, struct jail_error *err)
{
	struct plan *plan = NULL;
	struct port_jail *j = NULL;
	int status = 0, r = make_plan(p, NULL, &plan, err);

	if (r < 0)
		return r;
	r = check_free(plan, err);
	if (r < 0) {
		plan_free(plan);
		return r;
	}
	warn_all(plan, p, opts);
	r = run_lines(plan, NULL, "exec.prepare", &plan->prepare, false, opts, err);
	if (r == 0)
		r = run_lines(plan, NULL, "exec.prestart", &plan->prestart, false, opts, err);
	if (r == 0)
		r = port_create(plan, p, opts, &j, err);
	if (r == 0) {
		plan->jid = port_jid(j);
		progress(opts, plan->name, "created");
		r = start_created(j, plan, opts, &status, err);
		if (r < 0)
			port_destroy(j);
		else
			port_release(j);
	}
	if (r < 0)
		locate(p, err);
	if (r < 0 && r != -EEXIST)
		undo_lines(plan, opts);
	plan_free(plan);
	if (r == 0 && ret_status != NULL)
		*ret_status = status;
	return r;
}

/* ------------------------------------------------------------------------------------------------------- changing */

/* Only what may change on a running jail, with the reason for what may not. */
static int check_live(const struct jail_params *changes, struct jail_error *err)
{
	const char *name;
	size_t count;

	for (size_t i = 0; jail_params_at(changes, i, &name, &count), name != NULL; i++) {
		const struct jail_param *row = jail_param_find(name);
		struct param_origin at = params_origin(changes, name);

		if (row == NULL || (row->flags & JAIL_PARAM_LIVE) != 0 || strcmp(name, "name") == 0 ||
		    strcmp(name, "jid") == 0)
			continue;
		(void)jail_error_set(err, ENOTSUP, "it can't be changed on a running jail: %s",
		    row->reason != NULL ? row->reason : "it is part of how the jail is made");
		jail_error_param(err, name);
		jail_error_origin(err, at.file, at.line);
		return jail_error_hint(err, ENOTSUP, "restart the jail with it: jail -rc");
	}
	return 0;
}

static int merge(struct jail_params *into, const struct jail_params *changes, struct jail_error *err)
{
	const char *name;
	size_t count;
	int r = 0;

	for (size_t i = 0; r == 0 && (jail_params_at(changes, i, &name, &count), name != NULL); i++) {
		if (strcmp(name, "name") == 0 || strcmp(name, "jid") == 0)
			continue;
		jail_params_unset(into, name);
		if (count == 0)
			r = params_set_at(into, name, NULL, params_origin(changes, name), err);
		for (size_t n = 0; r == 0 && n < count; n++)
			r = params_append_at(
			    into, name, jail_params_item(changes, name, n), params_item_origin(changes, name, n), err);
	}
	return r;
}

/* Changed as it is now; -ESTALE when it was something else a moment later. */
static int modify(
    const char *full, const struct jail_params *changes, const struct jail_options *opts, struct jail_error *err)
{
	struct jail_params *old = NULL, *params = NULL;
	struct plan *was = NULL, *will = NULL;
	int r = port_params(full, &old, NULL, err);

	if (r == 0 && (r = jail_params_copy(old, &params)) < 0)
		(void)jail_error_set(err, -r, "out of memory");
	if (r == 0)
		r = merge(params, changes, err);
	if (r == 0)
		r = plan_make_running(old, &was, err);
	if (r == 0)
		r = make_plan(params, changes, &will, err);
	if (r == 0) {
		progress(opts, full, "change it");
		r = port_change(full, was, will, old, params, opts, err);
	}
	plan_free(was);
	plan_free(will);
	jail_params_free(old);
	jail_params_free(params);
	return r;
}

int jail_modify(
    const char *name, const struct jail_params *changes, const struct jail_options *opts, struct jail_error *err)
{
	char full[JAIL_NAME_MAX + 1];
	int r = port_name(name, full, err);

	if (r == 0)
		r = check_live(changes, err);
	if (r == 0)
		/* Each time that it has to be looked at again, another has changed it or it has ended. */
		do
			r = modify(full, changes, opts, err);
		while (r == -ESTALE);
	if (r < 0) {
		jail_error_jail(err, full);
		locate(changes, err);
	}
	return r;
}

/* --------------------------------------------------------------------------------------------------------- ending */

struct stopping {
	const struct jail_options *opts;
	struct jail_error *err;
};

static int stop_child(void *arg, const char *name)
{
	const struct stopping *s = arg;
	int r = jail_stop(name, s->opts, s->err);

	return r == -ENOENT ? 0 : r;
}

/* One that fails keeps the jail from being removed. */
static int run_to_stop(const char *name, const struct plan *plan, const char *param, const struct plan_strings *lines,
    const struct jail_options *opts, struct jail_error *err)
{
	int r = run_lines(plan, NULL, param, lines, lines == &plan->stop, opts, err);

	return r == -ECANCELED || r == -ETIMEDOUT
		   ? jail_error_hint(
			 err, -r, "it goes on running: mend that, or remove it without its commands: jail -R %s", name)
		   : r;
}

static int stop_planned(
    const char *name, const struct plan *plan, const struct jail_options *opts, struct jail_error *err)
{
	struct stopping s = {.opts = opts, .err = err};
	int left, r = run_to_stop(name, plan, "exec.prestop", &plan->prestop, opts, err);

	if (r == 0)
		r = port_children(name, stop_child, &s);
	if (r == 0)
		r = run_to_stop(name, plan, "exec.stop", &plan->stop, opts, err);
	/* exec.stop may well have ended the last process, and the jail with it. */
	if (r == -ENOENT)
		r = 0;
	if (r < 0)
		return r;
	progress(opts, name, "end its processes");
	(void)port_terminate(name, plan->stop_timeout, NULL);
	left = port_remove(name, err);
	if (left < 0 && left != -ESTALE)
		return left;
	r = run_lines(plan, NULL, "exec.poststop", &plan->poststop, false, opts, err);
	if (r == 0)
		r = run_lines(plan, NULL, "exec.release", &plan->release, false, opts, err);
	return r < 0 ? r : left;
}

int jail_stop(const char *name, const struct jail_options *opts, struct jail_error *err)
{
	char full[JAIL_NAME_MAX + 1];
	struct jail_params *params = NULL;
	struct plan *plan = NULL;
	int jid = 0, lock = -1, r = port_name(name, full, err);

	if (r == 0)
		r = port_stop_begin(full, &lock, err);
	if (r >= 0)
		r = port_params(full, &params, &jid, err);
	if (r == 0)
		r = plan_make_running(params, &plan, err);
	if (r == 0) {
		plan->jid = jid;
		r = stop_planned(full, plan, opts, err);
	}
	port_stop_end(lock);
	if (r < 0)
		jail_error_jail(err, full);
	plan_free(plan);
	jail_params_free(params);
	return r;
}

int jail_remove(const char *name, const struct jail_options *opts, struct jail_error *err)
{
	char full[JAIL_NAME_MAX + 1];
	int r = port_name(name, full, err);

	if (r < 0)
		return r;
	progress(opts, full, "kill its processes");
	return port_remove(full, err);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * perform.c: starting, changing and removing one jail, and what is said about it.
 */
#include <string.h>
#include <sysexits.h>

#include "batch.h"
#include "report.h"

/* What the progress function needs to know. */
struct watch {
	const struct request *rq;
	const struct unit *unit;
	int code; /* of writing the jid file */
};

/* -i and -J want the number, which is there from the moment of creation. */
static int tell_jid(const struct request *rq, const struct unit *u, const char *jail)
{
	struct jail_params *p = NULL;
	struct jail_error err;
	const char *jid;
	int code = EX_OK;

	if (!rq->ids && rq->jidfd < 0)
		return EX_OK;
	if (jail_get(jail, &p, &err) < 0)
		return report_error(&err);
	if (jail_params_get(p, "jid", &jid) < 0)
		code = report_own(EX_SOFTWARE, jail, "has no jid");
	if (code == EX_OK && rq->ids)
		report_note(NULL, jid);
	if (code == EX_OK && rq->jidfd >= 0)
		code = show_jid(rq, u, jid);
	jail_params_free(p);
	return code;
}

static void progress(void *arg, const char *jail, const char *step)
{
	struct watch *w = arg;
	bool created = strcmp(step, "created") == 0;

	if (created)
		w->code = tell_jid(w->rq, w->unit, jail);
	/* FreeBSD says nothing of the making of a jail without a name, and names the others as they were asked for. */
	if (w->rq->verbosity > 0 || (created && w->rq->verbosity == 0 && w->unit->name != NULL))
		report_note(created && w->unit->name != NULL ? w->unit->name : jail, step);
}

int perform_start(const struct request *rq, struct unit *u)
{
	struct watch w = {.rq = rq, .unit = u};
	bool told = rq->verbosity >= 0 || rq->ids || rq->jidfd >= 0;
	struct jail_options opts = {
	    .flags = JAIL_VERBOSE, .progress = told ? progress : NULL, .arg = &w, .warn = report_warning};
	struct jail_error err;
	int status = 0, r;

	r = jail_start(u->params, &opts, &status, &err);
	if (r == -EEXIST && !u->asked)
		return EX_OK; /* it runs: all that was wanted */
	if (r < 0)
		return report_error(&err);
	return w.code != EX_OK ? w.code : report_status(status);
}

/* The parameters of a set that identify a jail rather than describe it. */
static bool identifies(const char *name, const struct unit *u, const struct jail_params *p)
{
	const char *value;

	if (strcmp(name, "jid") == 0)
		return true;
	if (strcmp(name, "name") != 0)
		return false;
	return jail_params_get(p, "name", &value) < 0 || u->name == NULL || strcmp(value, u->name) == 0;
}

static bool same_value(const struct jail_params *a, const struct jail_params *b, const struct jail_param *row)
{
	int64_t na, nb;
	bool ba, bb;

	switch (row->type) {
	case JAIL_TYPE_BOOL:
		/* One that is a size instead is compared as text below. */
		if (jail_params_get_bool(a, row->name, &ba) == 0 && jail_params_get_bool(b, row->name, &bb) == 0 &&
		    (row->flags & JAIL_PARAM_SIZED) == 0)
			return ba == bb;
		break;
	case JAIL_TYPE_INT:
	case JAIL_TYPE_SIZE:
	case JAIL_TYPE_TIME:
		return jail_params_get_int(a, row->name, &na) == 0 && jail_params_get_int(b, row->name, &nb) == 0 &&
		       na == nb;
	case JAIL_TYPE_LIST:
		if (jail_params_count(a, row->name) != jail_params_count(b, row->name))
			return false;
		for (size_t i = 0; i < jail_params_count(a, row->name); i++) {
			if (strcmp(jail_params_item(a, row->name, i), jail_params_item(b, row->name, i)) != 0)
				return false;
		}
		return true;
	case JAIL_TYPE_ENUM:
	case JAIL_TYPE_STRING:
		break;
	}

	const char *ta = NULL, *tb = NULL;

	return jail_params_get(a, row->name, &ta) == 0 && jail_params_get(b, row->name, &tb) == 0 &&
	       strcmp(ta, tb) == 0;
}

/*
 * What of the wanted parameters differs from the running ones. `*ret_fixed`: whether one of them can't change on a
 * running jail.
 */
static int compare(const struct unit *u, const struct jail_params *now, struct jail_params **ret, bool *ret_fixed)
{
	struct jail_params *changes = NULL;
	const char *name;
	bool fixed = false;
	size_t count;

	/* The values keep the lines they come from. */
	if (jail_params_copy(u->params, &changes) < 0)
		return report_own(EX_OSERR, u->name, "out of memory");
	for (size_t i = 0; jail_params_at(u->params, i, &name, &count), name != NULL; i++) {
		const struct jail_param *row = jail_param_find(name);

		if (row == NULL || (row->flags & (JAIL_PARAM_READONLY | JAIL_PARAM_FOREIGN)) != 0 ||
		    identifies(name, u, u->params) || same_value(u->params, now, row))
			jail_params_unset(changes, name);
		else
			fixed = fixed || (row->flags & JAIL_PARAM_LIVE) == 0;
	}
	if (ret_fixed != NULL)
		*ret_fixed = fixed;
	if (ret != NULL)
		*ret = changes;
	else
		jail_params_free(changes);
	return EX_OK;
}

int perform_modify(const struct request *rq, struct unit *u)
{
	struct watch w = {.rq = rq, .unit = u};
	struct jail_options opts = {.flags = JAIL_VERBOSE, .progress = progress, .arg = &w, .warn = report_warning};
	struct jail_params *now = NULL, *changes = NULL;
	struct jail_error err;
	const char *name;
	size_t count;
	int code;

	if (jail_get(u->name, &now, &err) < 0)
		return report_error(&err);
	code = compare(u, now, &changes, NULL);
	jail_params_free(now);
	if (code != EX_OK)
		return code;
	jail_params_at(changes, 0, &name, &count);
	if (name != NULL && jail_modify(u->name, changes, &opts, &err) < 0)
		code = report_error(&err);
	jail_params_free(changes);
	if (code == EX_OK && rq->verbosity >= 0)
		report_note(u->name, "updated");
	return code;
}

int perform_stop(const struct request *rq, struct unit *u)
{
	struct watch w = {.rq = rq, .unit = u};
	struct jail_options opts = {.flags = JAIL_VERBOSE, .progress = rq->verbosity > 0 ? progress : NULL, .arg = &w};
	struct jail_error err;
	int r;

	r = rq->bare ? jail_remove(u->name, &opts, &err) : jail_stop(u->name, &opts, &err);
	/* One that went by itself, or with its parent, is removed as well as one can wish. */
	if (r == -ENOENT && (!u->asked || rq->clean))
		return EX_OK;
	if (r < 0)
		return report_error(&err);
	if (rq->verbosity >= 0)
		report_note(u->name, "removed");
	return EX_OK;
}

static bool has_item(const struct jail_params *p, const char *name, const char *item)
{
	for (size_t i = 0; i < jail_params_count(p, name); i++)
		if (strcmp(jail_params_item(p, name, i), item) == 0)
			return true;
	return false;
}

/* name+=value: what the jail has of it already comes first. */
static int add_to_running(struct unit *u, const struct jail_params *now)
{
	struct jail_error err;
	const char *name;
	size_t count;
	int r = 0;

	for (size_t i = 0; u->more != NULL && (jail_params_at(u->more, i, &name, &count), name != NULL); i++) {
		jail_params_unset(u->params, name);
		for (size_t n = 0; r == 0 && n < jail_params_count(now, name); n++)
			r = jail_params_append(u->params, name, jail_params_item(now, name, n), &err);
		for (size_t n = 0; r == 0 && n < count; n++)
			if (!has_item(u->params, name, jail_params_item(u->more, name, n)) &&
			    (strcmp(jail_params_item(u->more, name, n), "default") != 0 ||
				jail_params_count(now, name) == 0))
				r = jail_params_append(u->params, name, jail_params_item(u->more, name, n), &err);
		if (r < 0)
			return report_error(&err);
	}
	return EX_OK;
}

int perform_decide(struct unit *u)
{
	struct jail_params *now = NULL;
	struct jail_error err;
	bool fixed = false;
	int code = EX_OK, r;

	if ((u->todo & (DO_MODIFY | DO_STOP)) == 0)
		return EX_OK; /* -c: jail_start() finds out, without a look before */
	r = jail_get(u->name, &now, &err);
	if (r < 0 && r != -ENOENT)
		return report_error(&err);
	if (r < 0 && (u->todo & DO_START) == 0)
		return report_error(&err);
	if (r < 0) {
		u->todo = DO_START;
	} else if (u->todo == (DO_START | DO_STOP)) {
		/* -rc: as it is */
	} else {
		code = add_to_running(u, now);
		if (code == EX_OK)
			code = (u->todo & DO_STOP) != 0 ? compare(u, now, NULL, &fixed) : EX_OK;
		u->todo = fixed ? DO_STOP | DO_START : DO_MODIFY;
	}
	jail_params_free(now);
	return code;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * select.c: from names and patterns to the jails that are meant, what they need, and the order to start them in. It
 * reads the configuration and the list of running jails; it changes nothing.
 */
#include <string.h>
#include <sysexits.h>

#include "batch.h"
#include "report.h"

static size_t hash_name(const char *name)
{
	uint64_t h = 14695981039346656037u;

	for (; *name != '\0'; name++)
		h = (h ^ (unsigned char)*name) * 1099511628211u;
	return (size_t)(h ^ h >> 32);
}

static size_t *find_slot(const struct batch *b, const char *name)
{
	size_t at = hash_name(name) & (b->nslots - 1);

	while (b->slot[at] != 0 && strcmp(b->unit[b->slot[at] - 1].name, name) != 0)
		at = (at + 1) & (b->nslots - 1);
	return &b->slot[at];
}

struct unit *batch_find(const struct batch *b, const char *name)
{
	size_t *slot;

	if (b->nslots == 0)
		return NULL;
	slot = find_slot(b, name);
	return *slot != 0 ? &b->unit[*slot - 1] : NULL;
}

void batch_index(struct batch *b)
{
	memset(b->slot, 0, b->nslots * sizeof(*b->slot));
	for (size_t i = 0; i < b->count; i++) {
		if (b->unit[i].name != NULL)
			*find_slot(b, b->unit[i].name) = i + 1;
	}
}

/* Twice the slots; those of a hash table that is at most half full. */
static int grow_slots(struct batch *b)
{
	size_t n = b->nslots == 0 ? 64 : b->nslots * 2;
	size_t *slot = calloc(n, sizeof(*slot));

	if (slot == NULL)
		return -ENOMEM;
	free(b->slot);
	b->slot = slot;
	b->nslots = n;
	batch_index(b);
	return 0;
}

/* The unit of that name, a new one if there is none. `name` NULL: always a new one. NULL: out of memory. */
static struct unit *add_unit(struct batch *b, const char *name)
{
	struct unit *u = name != NULL ? batch_find(b, name) : NULL;

	if (u != NULL)
		return u;
	if (b->count == b->room) {
		size_t room = b->room == 0 ? 8 : b->room * 2;
		struct unit *more = reallocarray(b->unit, room, sizeof(*more));

		if (more == NULL)
			return NULL;
		b->unit = more;
		b->room = room;
	}
	if ((b->count + 1) * 2 > b->nslots && grow_slots(b) < 0)
		return NULL;
	u = &b->unit[b->count];
	memset(u, 0, sizeof(*u));
	if (name != NULL) {
		u->name = strdup(name);
		if (u->name == NULL)
			return NULL;
		*find_slot(b, name) = b->count + 1;
	}
	b->count++;
	return u;
}

void batch_free(struct batch *b)
{
	for (size_t i = 0; i < b->count; i++) {
		free(b->unit[i].name);
		free(b->unit[i].needs);
		jail_params_free(b->unit[i].params);
		jail_params_free(b->unit[i].more);
	}
	free(b->unit);
	free(b->slot);
	jail_conf_free(b->conf);
	memset(b, 0, sizeof(*b));
}

static bool is_pattern(const char *name)
{
	return strchr(name, '*') != NULL;
}

static bool is_jid(const char *name)
{
	return *name != '\0' && strspn(name, "0123456789") == strlen(name);
}

/* The wanted parameters of a unit, read once. */
static void load_params(struct batch *b, struct unit *u)
{
	struct jail_error err;

	if (u->params == NULL && !u->failed &&
	    jail_conf_jail(b->conf, u->name, NULL, report_warning, NULL, &u->params, &err) < 0)
		batch_fail(b, u, report_error(&err));
}

/* What is asked of the jails of the configuration. */
static int add_configured(const struct request *rq, struct batch *b, const char *name)
{
	struct unit *u;

	if (!jail_conf_has(b->conf, name))
		return report_own(EX_DATAERR, name, "no such jail in %s: jail -e ' ' shows those that there are",
		    rq->file != NULL ? rq->file : "the configuration");
	u = add_unit(b, name);
	if (u == NULL)
		return report_no_memory();
	u->todo = rq->todo;
	u->asked = true;
	return EX_OK;
}

static int add_configured_pattern(const struct request *rq, struct batch *b, const char *pattern)
{
	const char *name;

	for (size_t i = 0; (name = jail_conf_name(b->conf, i)) != NULL; i++) {
		struct unit *u;

		if (!jail_name_match(pattern, name))
			continue;
		u = add_unit(b, name);
		if (u == NULL)
			return report_no_memory();
		u->todo = rq->todo;
	}
	return EX_OK;
}

/* A running jail named by its jid has a block under its name. */
static int add_by_jid(const struct request *rq, struct batch *b, const char *jid)
{
	struct jail_params *p = NULL;
	struct jail_error err;
	const char *name;
	int code;

	if (jail_get(jid, &p, &err) < 0)
		return report_error(&err);
	code = jail_params_get(p, "name", &name) < 0 ? EX_SOFTWARE : add_configured(rq, b, name);
	jail_params_free(p);
	return code;
}

/* A unit that is started because another needs it. batch_order() names what the configuration lacks. */
static int add_start(struct batch *b, const char *name)
{
	struct unit *u;

	if (!jail_conf_has(b->conf, name) || batch_find(b, name) != NULL)
		return 0;
	u = add_unit(b, name);
	if (u == NULL)
		return -ENOMEM;
	u->todo = DO_START;
	return 0;
}

/* Jails that are depended on are started as well, and the jails around them; `b->count` grows meanwhile. */
static int add_needed(struct batch *b)
{
	char parent[JAIL_NAME_MAX + 1];

	for (size_t i = 0; i < b->count; i++) {
		load_params(b, &b->unit[i]);
		if ((b->unit[i].todo & DO_START) == 0 || b->unit[i].failed)
			continue;
		if (batch_parent_name(b->unit[i].name, parent) && add_start(b, parent) < 0)
			return report_no_memory();
		for (size_t k = 0; k < jail_params_count(b->unit[i].params, "depend"); k++) {
			if (add_start(b, jail_params_item(b->unit[i].params, "depend", k)) < 0)
				return report_no_memory();
		}
	}
	return EX_OK;
}

/*
 * Check what can be checked without the kernel for all units before the first changes, and before a running jail is
 * removed to be made again. The library validates a single new jail when it makes it.
 */
static void validate_units(struct batch *b)
{
	for (size_t i = 0; i < b->count; i++) {
		struct unit *u = &b->unit[i];
		struct jail_error err;

		if ((u->todo & DO_START) == 0 || u->failed || (b->count == 1 && (u->todo & DO_STOP) == 0) ||
		    jail_params_validate(u->params, &err) == 0)
			continue;
		if (err.jail[0] == '\0' && u->name != NULL)
			memcpy(err.jail, u->name, strnlen(u->name, JAIL_NAME_MAX) + 1);
		batch_fail(b, u, report_error(&err));
	}
}

/* Whether `u` depends on something in the batch that is to be stopped. */
static bool needs_stopping(const struct batch *b, const struct jail_params *p)
{
	for (size_t k = 0; k < jail_params_count(p, "depend"); k++) {
		const struct unit *u = batch_find(b, jail_params_item(p, "depend", k));

		if (u != NULL && (u->todo & DO_STOP) != 0)
			return true;
	}
	return false;
}

/* Jails of the configuration that run and depend on one that is going to stop, until there are no more of them. */
static int add_dependents(const struct request *rq, struct batch *b)
{
	struct jail_list *running = NULL;
	struct jail_error err;
	size_t before;
	int code = EX_OK;

	if (jail_list(rq->dying ? JAIL_LIST_DYING : 0, &running, &err) < 0)
		return report_error(&err);
	do {
		before = b->count;
		for (size_t i = 0; i < jail_list_count(running) && code == EX_OK; i++) {
			const struct jail_params *p = jail_list_at(running, i);
			const char *name;
			struct unit *u;

			if (jail_params_get(p, "name", &name) < 0 || !needs_stopping(b, p) ||
			    batch_find(b, name) != NULL)
				continue;
			u = add_unit(b, name);
			if (u == NULL || jail_params_copy(p, &u->params) < 0)
				code = report_no_memory();
			else
				u->todo = DO_STOP;
		}
	} while (b->count != before && code == EX_OK);
	jail_list_free(running);
	return code;
}

/* Does any jail of the configuration depend on one of the batch? Then it is worth to look which of them run. */
static int has_dependents(struct batch *b, bool *ret)
{
	const char *name;

	*ret = false;
	for (size_t i = 0; !*ret && b->conf != NULL && (name = jail_conf_name(b->conf, i)) != NULL; i++) {
		struct jail_params *p = NULL;
		struct jail_error err;

		/* A jail that can't be started any more must not keep another from being stopped. */
		if (jail_conf_jail(b->conf, name, NULL, NULL, NULL, &p, &err) < 0)
			continue;
		*ret = needs_stopping(b, p);
		jail_params_free(p);
	}
	return EX_OK;
}

/* All running jails that match; with -f those of that file. */
static int add_running(const struct request *rq, struct batch *b, const char *pattern)
{
	struct jail_list *running = NULL;
	struct jail_error err;
	int code = EX_OK;

	if (jail_list(rq->dying ? JAIL_LIST_DYING : 0, &running, &err) < 0)
		return report_error(&err);
	for (size_t i = 0; i < jail_list_count(running) && code == EX_OK; i++) {
		const struct jail_params *p = jail_list_at(running, i);
		const char *name;
		struct unit *u;

		if (jail_params_get(p, "name", &name) < 0 || !jail_name_match(pattern, name) ||
		    batch_find(b, name) != NULL || (rq->file != NULL && !jail_conf_has(b->conf, name)))
			continue;
		u = add_unit(b, name);
		if (u == NULL || jail_params_copy(p, &u->params) < 0)
			code = report_no_memory();
		else
			u->todo = rq->todo;
	}
	jail_list_free(running);
	return code;
}

/* What the configuration says of those to be removed. It need not be right any more for that. */
static void load_known(struct batch *b)
{
	struct jail_error err;

	for (size_t i = 0; i < b->count && b->conf != NULL; i++) {
		struct unit *u = &b->unit[i];

		if (u->params == NULL && jail_conf_has(b->conf, u->name))
			(void)jail_conf_jail(b->conf, u->name, NULL, NULL, NULL, &u->params, &err);
	}
}

/* -r and -R: jails that run, known to the configuration or not. */
static int select_removal(const struct request *rq, struct batch *b)
{
	bool dependents = false;
	int code = EX_OK;

	/* What a removal runs is kept with the jail; the configuration only says who depends on whom. */
	if (!rq->bare)
		code = config_read(rq->file, rq->file != NULL, true, &b->conf);
	if (code == EX_OK && rq->nnames == 0)
		code = add_configured_pattern(rq, b, "*");
	for (size_t i = 0; i < rq->nnames && code == EX_OK; i++) {
		struct unit *u;

		if (is_pattern(rq->names[i])) {
			code = add_running(rq, b, rq->names[i]);
			continue;
		}
		u = add_unit(b, rq->names[i]);
		if (u == NULL)
			return report_no_memory();
		u->todo = rq->todo;
		u->asked = true;
	}
	if (code != EX_OK)
		return code;
	load_known(b);
	if (!rq->bare)
		code = has_dependents(b, &dependents);
	if (code == EX_OK && dependents)
		code = add_dependents(rq, b);
	return code != EX_OK ? code : batch_link(b);
}

/* A jail given by parameters on the command line. */
static int select_line(const struct request *rq, struct batch *b)
{
	const char *name = NULL;
	struct unit *u;

	/* A jid together with a name: the jid says which jail, the name is to be its new one. */
	if ((rq->todo & DO_MODIFY) == 0 || !jail_params_has(rq->line, "jid") ||
	    jail_params_get(rq->line, "jid", &name) < 0) {
		if (!jail_params_has(rq->line, "name") || jail_params_get(rq->line, "name", &name) < 0)
			name = NULL;
	}
	if (name == NULL && jail_params_has(rq->line, "jid") && jail_params_get(rq->line, "jid", &name) < 0)
		name = NULL;
	if (name == NULL && (rq->todo & (DO_MODIFY | DO_STOP)) != 0)
		return report_own(EX_USAGE, NULL, "which jail? name=NAME or jid=NUMBER says it");
	u = add_unit(b, name);
	if (u == NULL || jail_params_copy(rq->line, &u->params) < 0 ||
	    (rq->more != NULL && jail_params_copy(rq->more, &u->more) < 0))
		return report_no_memory();
	u->todo = rq->todo;
	u->asked = true;
	return EX_OK;
}

/* Those that are to be started without having been named, and run, are done already. */
static int pass_over_running(const struct request *rq, struct batch *b)
{
	struct jail_list *running = NULL;
	struct jail_error err;
	size_t candidates = 0;

	for (size_t i = 0; i < b->count; i++)
		candidates += !b->unit[i].asked && b->unit[i].todo == DO_START;
	if (candidates == 0)
		return EX_OK;
	if (jail_list(rq->dying ? JAIL_LIST_DYING : 0, &running, &err) < 0)
		return report_error(&err);
	for (size_t i = 0; i < jail_list_count(running); i++) {
		const char *name;
		struct unit *u;

		if (jail_params_get(jail_list_at(running, i), "name", &name) < 0)
			continue;
		u = batch_find(b, name);
		if (u != NULL && !u->asked && u->todo == DO_START)
			u->todo = 0;
	}
	jail_list_free(running);
	return EX_OK;
}

/* Decide what each needs, given how it runs, and take those along that have to stop meanwhile. */
static int settle(const struct request *rq, struct batch *b)
{
	bool restarts = false, dependents = false;
	size_t count = b->count;
	int code;

	for (size_t i = 0; i < count; i++) {
		struct unit *u = &b->unit[i];

		if (u->failed)
			continue;
		code = perform_decide(u);
		if (code != EX_OK)
			batch_fail(b, u, code);
		restarts = restarts || (!u->failed && (u->todo & DO_STOP) != 0);
	}
	code = pass_over_running(rq, b);
	if (code != EX_OK || !restarts || b->conf == NULL)
		return code;
	code = has_dependents(b, &dependents);
	if (code == EX_OK && dependents)
		code = add_dependents(rq, b);
	for (size_t i = count; i < b->count && code == EX_OK; i++) {
		/* They ran, so they are to run again, as the configuration has them now. */
		jail_params_free(b->unit[i].params);
		jail_params_free(b->unit[i].more);
		b->unit[i].params = NULL;
		if (!jail_conf_has(b->conf, b->unit[i].name))
			continue;
		b->unit[i].todo |= DO_START;
		load_params(b, &b->unit[i]);
	}
	return code;
}

/* Jails of the configuration. */
static int select_configured(const struct request *rq, struct batch *b)
{
	int code = config_read(rq->file, true, true, &b->conf);

	if (code == EX_OK && rq->nnames == 0)
		code = add_configured_pattern(rq, b, "*");
	for (size_t i = 0; i < rq->nnames && code == EX_OK; i++) {
		const char *name = rq->names[i];

		if (is_pattern(name))
			code = add_configured_pattern(rq, b, name);
		else if (is_jid(name) && !jail_conf_has(b->conf, name) && (rq->todo & (DO_MODIFY | DO_STOP)) != 0)
			code = add_by_jid(rq, b, name);
		else
			code = add_configured(rq, b, name);
	}
	return code != EX_OK ? code : add_needed(b);
}

int select_units(const struct request *rq, struct batch *b)
{
	int code;

	if (rq->line == NULL && rq->todo == DO_STOP)
		return select_removal(rq, b);
	code = rq->line != NULL ? select_line(rq, b) : select_configured(rq, b);
	if (code == EX_OK)
		code = settle(rq, b);
	if (code != EX_OK)
		return code;
	validate_units(b);
	code = batch_link(b);
	if (code == EX_OK && b->conf != NULL && (rq->todo & DO_START) != 0 && b->count > 0)
		code = batch_order(b);
	return code;
}

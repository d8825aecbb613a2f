/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * plan.c: from parameters to a plan: the order in which its parts are made, and the jail's identity. Nothing here or in
 * plan_*.c asks the kernel for anything but the file mount.fstab.
 */
#include <stdio.h>
#include <string.h>

#include "plan_make.h"
#include "util.h"

struct whole {
	struct plan plan; /* first: what plan_free() is given */
	struct arena arena;
};

static bool all_digits(const char *text)
{
	return *text != '\0' && text[strspn(text, "0123456789")] == '\0';
}

/* A name that is a number is the jail's number: in every tool the two stand for each other. */
static int settle_number(const struct maker *m)
{
	char number[16];

	if (m->plan->name[0] == '\0' && m->plan->jid > 0) {
		(void)snprintf(number, sizeof(number), "%d", m->plan->jid);
		m->plan->name = arena_text(m->arena, number, strlen(number));
		return m->plan->name ? 0 : plan_no_memory(m);
	}
	if (!all_digits(m->plan->name))
		return 0;
	if (m->plan->jid == 0) {
		errno = 0;
		long value = strtol(m->plan->name, NULL, 10);

		if (errno != 0 || value < 1 || value > INT32_MAX)
			return plan_refuse(m, "name", 0, EINVAL,
			    "\"%.40s\": a name that is a number is the jid, from 1 to %d", m->plan->name, INT32_MAX);
		m->plan->jid = (int)value;
	}
	(void)snprintf(number, sizeof(number), "%d", m->plan->jid);
	if (strcmp(number, m->plan->name) != 0)
		return plan_refuse(
		    m, "name", 0, EINVAL, "\"%.40s\" is a number, but not the jail's, %s", m->plan->name, number);
	return 0;
}

static int make_identity(const struct maker *m)
{
	int r = plan_text(m, "name", &m->plan->name);

	if (r < 0)
		return r;
	if (m->plan->name) {
		struct param_origin at = params_origin(m->p, "name");

		r = jail_name_check(m->plan->name, m->err);
		if (r < 0) {
			jail_error_param(m->err, "name");
			jail_error_origin(m->err, at.file, at.line);
			return r;
		}
	} else {
		/* Who gives it a number writes it here. */
		m->plan->name = arena_new(m->arena, PLAN_NUMBER_SIZE, 1);
		if (!m->plan->name)
			return plan_no_memory(m);
	}
	m->plan->jid = (int)plan_int(m, "jid");
	m->plan->persist = plan_bool(m, "persist");
	return settle_number(m);
}

static int make(const struct maker *m, const struct policy_record *parent)
{
	static int (*const parts[])(const struct maker *) = {make_identity, plan_make_host, plan_make_network,
	    plan_make_users, plan_make_files, plan_make_devices, plan_make_mounts, plan_make_commands,
	    plan_make_limits};

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		int r = parts[i](m);

		if (r < 0)
			return r;
	}
	return plan_make_record(m, parent);
}

static int plan_new(const struct jail_params *p, const struct jail_params *asked, const struct policy_record *parent,
    bool running, struct plan **ret, struct jail_error *err)
{
	struct whole *whole = calloc(1, sizeof(*whole));
	struct maker m = {.p = p, .err = err, .running = running, .asked = asked};
	int r;

	if (!whole)
		return jail_error_set(err, ENOMEM, "not enough memory");
	m.plan = &whole->plan;
	m.arena = &whole->arena;
	r = make(&m, parent);
	if (r < 0) {
		if (m.plan->name && m.plan->name[0] != '\0')
			jail_error_jail(err, m.plan->name);
		plan_free(&whole->plan);
		return r;
	}
	*ret = &whole->plan;
	return 0;
}

int plan_make(
    const struct jail_params *p, const struct policy_record *parent, struct plan **ret, struct jail_error *err)
{
	return plan_new(p, NULL, parent, false, ret, err);
}

int plan_make_changed(const struct jail_params *p, const struct jail_params *asked, const struct policy_record *parent,
    struct plan **ret, struct jail_error *err)
{
	return plan_new(p, asked, parent, false, ret, err);
}

int plan_make_running(const struct jail_params *p, struct plan **ret, struct jail_error *err)
{
	return plan_new(p, NULL, NULL, true, ret, err);
}

int plan_hide(struct plan *plan, const char *at, const char *beneath)
{
	struct arena *a = &((struct whole *)plan)->arena;
	size_t root = strcmp(at, "/") == 0 ? 0 : strlen(at), rest = strlen(beneath);
	char **grown = arena_new(a, plan->hide.count + 2, sizeof(*grown));
	char *path = arena_new(a, root + rest + 1, 1);

	if (grown == NULL || path == NULL)
		return -ENOMEM;
	memcpy(path, at, root);
	memcpy(path + root, beneath, rest);
	if (plan->hide.count > 0)
		memcpy(grown, plan->hide.item, plan->hide.count * sizeof(*grown));
	grown[plan->hide.count++] = path;
	plan->hide.item = grown;
	return 0;
}

int plan_state(struct plan *plan, const char *names, size_t length)
{
	char *copy = arena_new(&((struct whole *)plan)->arena, length + 1, 1);

	if (copy == NULL)
		return -ENOMEM;
	memcpy(copy, names, length);
	plan->state = copy;
	plan->state_length = length;
	return 0;
}

void plan_free(struct plan *plan)
{
	struct whole *whole = (struct whole *)plan;

	if (!whole)
		return;
	arena_free(&whole->arena);
	free(whole);
}

int jail_params_validate(const struct jail_params *p, struct jail_error *err)
{
	struct plan *plan = NULL;
	int r = plan_make(p, NULL, &plan, err);

	plan_free(plan);
	return r;
}

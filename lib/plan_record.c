/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * plan_record.c: the policy record of a plan, and holding it within a parent's. What a jail may do is asked of the
 * policy core; here its answers are only put into the words of parameters.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "plan_make.h"
#include "util.h"

#define PARAM_NAME_MAX 64

static const char *const ipc_param[] = {"sysvmsg", "sysvsem", "sysvshm"};

static void privilege_param(enum policy_privilege p, char ret[PARAM_NAME_MAX])
{
	static const char front[] = "allow.";
	const char *name = policy_privilege_name(p);
	size_t length = strnlen(name, PARAM_NAME_MAX - sizeof(front));

	/* Done for each privilege of each jail: stdio would take longer than all else here. */
	memcpy(ret, front, sizeof(front) - 1);
	memcpy(ret + sizeof(front) - 1, name, length);
	ret[sizeof(front) - 1 + length] = '\0';
}

static uint8_t ipc_value(const struct maker *m, const char *param)
{
	if (plan_is(m, param, "inherit"))
		return POLICY_IPC_INHERIT;
	return plan_is(m, param, "disable") ? POLICY_IPC_DISABLE : POLICY_IPC_NEW;
}

/*
 * All three kinds are in one name space: beside one that is the host's, another can't be the jail's own. What was not
 * asked for is then off, as FreeBSD has it.
 */
static int make_ipc(const struct maker *m)
{
	struct policy_record *r = &m->plan->record;
	uint8_t *const field[] = {&r->sysvmsg, &r->sysvsem, &r->sysvshm};
	bool all = plan_bool(m, "allow.sysvipc"), inherited = all;

	for (size_t i = 0; i < ARRAY_SIZE(ipc_param); i++) {
		*field[i] =
		    all && !jail_params_has(m->p, ipc_param[i]) ? POLICY_IPC_INHERIT : ipc_value(m, ipc_param[i]);
		inherited = inherited || *field[i] == POLICY_IPC_INHERIT;
	}
	for (size_t i = 0; inherited && i < ARRAY_SIZE(ipc_param); i++) {
		if (*field[i] != POLICY_IPC_NEW)
			continue;
		if (jail_params_has(m->p, ipc_param[i])) {
			(void)plan_refuse(m, ipc_param[i], 0, EINVAL, "can't be new beside another that is inherit");
			return jail_error_hint(
			    m->err, EINVAL, "System V IPC is one name space: use inherit or disable");
		}
		*field[i] = POLICY_IPC_DISABLE;
	}
	return 0;
}

/* Why the core will not let this jail use a privilege that was asked for; NULL: not for a reason to refuse it. */
static const char *pointless(enum policy_privilege p, struct policy_verdict v)
{
	switch (v.rule) {
	case POLICY_R_HOST_USERS:
		if (p == POLICY_P_KEYRING)
			return "can't be given with users = inherit: the key rings are those of the host's users";
		return "can't be given with users = inherit: root inside is the host's, and could take off what covers "
		       "the host's files";
	case POLICY_R_ALLOW:
		if (p == POLICY_P_IO_URING && !v.allowed)
			return "needs allow.socket_af: a ring makes sockets of every family, and no filter sees it";
		return NULL;
	case POLICY_R_HOSTNAME:
		return "can't be given with host = inherit: the name is the host's";
	case POLICY_R_NETWORK:
		return "can't be given on the host's network stack: use vnet = new";
	default:
		return NULL;
	}
}

/* Each privilege that can't work in this jail is refused when it was asked for, and off when it is only the default. */
static int make_privileges(const struct maker *m)
{
	struct policy_record *record = &m->plan->record;
	struct policy_subject subject = {record, 1};
	char param[PARAM_NAME_MAX];

	for (unsigned p = 0; p < POLICY_P_COUNT; p++) {
		privilege_param((enum policy_privilege)p, param);
		if (plan_bool(m, param))
			record->allow |= POLICY_BIT(p);
	}
	for (unsigned p = 0; p < POLICY_P_COUNT; p++) {
		struct policy_object object = {.number = p};
		const char *why;

		if (!(record->allow & POLICY_BIT(p)))
			continue;
		why = pointless((enum policy_privilege)p, policy_decide(subject, POLICY_OP_PRIVILEGE, &object));
		if (!why)
			continue;
		privilege_param((enum policy_privilege)p, param);
		if (jail_params_has(m->p, param))
			return plan_refuse(m, param, 0, EINVAL, "%s", why);
		record->allow &= ~POLICY_BIT(p);
	}
	return 0;
}

static int beyond(const struct maker *m, const char *param, const char *what)
{
	return plan_refuse(m, param, 0, EPERM, "%s more than its parent jail has", what);
}

/* Each privilege that the parent has not: an error when it was asked for. */
static int lost_privileges(const struct maker *m, uint64_t lost)
{
	char param[PARAM_NAME_MAX];

	for (unsigned p = 0; p < POLICY_P_COUNT; p++) {
		if (!(lost & POLICY_BIT(p)))
			continue;
		privilege_param((enum policy_privilege)p, param);
		if (jail_params_has(m->p, param))
			return plan_refuse(m, param, 0, EPERM, "its parent jail has not got this privilege");
	}
	return 0;
}

/*
 * What the parent took away in the end (`was` before, plan->record after), parameter by parameter: what somebody wrote
 * is refused rather than changed under him, defaults follow the parent in silence.
 */
static int lost_values(const struct maker *m, const struct policy_record *was)
{
	const struct policy_record *now = &m->plan->record;
	const char *network = jail_params_has(m->p, "vnet") ? "vnet" : plan_is(m, "ip4", "inherit") ? "ip4" : "ip6";
	const char *users = jail_params_has(m->p, "users.base") ? "users.base" : "users.count";
	const uint32_t lost = was->flags & ~now->flags;
	const struct {
		bool changed;
		const char *param, *what;
	} table[] = {
	    {(now->flags & ~was->flags & POLICY_F_READONLY) != 0, "path.readonly", "no asks for"},
	    {(lost & POLICY_F_HOST_USERS) != 0, "users", "inherit is"},
	    {(lost & POLICY_F_HOST_NETWORK) != 0, network, "inherit is"},
	    {(lost & POLICY_F_HOST_NAME) != 0, "host", "inherit is"},
	    {now->securelevel != was->securelevel, "securelevel", "so low a level is"},
	    {now->enforce_statfs != was->enforce_statfs, "enforce_statfs", "so low a value is"},
	    {now->children_max != was->children_max, "children.max", "so many child jails are"},
	    {now->users_base != was->users_base || now->users_count != was->users_count, users, "these users are"},
	    {now->sysvmsg != was->sysvmsg, jail_params_has(m->p, "sysvmsg") ? "sysvmsg" : "allow.sysvipc", "it is"},
	    {now->sysvsem != was->sysvsem, jail_params_has(m->p, "sysvsem") ? "sysvsem" : "allow.sysvipc", "it is"},
	    {now->sysvshm != was->sysvshm, jail_params_has(m->p, "sysvshm") ? "sysvshm" : "allow.sysvipc", "it is"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		if (table[i].changed && jail_params_has(m->p, table[i].param))
			return beyond(m, table[i].param, table[i].what);
	}
	return 0;
}

/*
 * A limit that was written and is wider than the parent's is refused; what was not is the parent's, and so is what was
 * before the parent got less.
 */
static int lost_limits(const struct maker *m, const struct policy_record *was)
{
	for (size_t i = 0; i < m->plan->nlimits; i++) {
		const struct plan_limit *l = &m->plan->limit[i];
		uint64_t now = m->plan->record.limit[l->limit];

		if (!limit_is_hard(l) || was->limit[l->limit] == now ||
		    (m->asked != NULL && !jail_params_has(m->asked, limit_row_of(l->limit)->param)))
			continue;
		return plan_refuse(
		    m, limit_row_of(l->limit)->param, 0, EPERM, "its parent jail has less: %" PRIu64, now);
	}
	return 0;
}

static int hold_within(const struct maker *m, const struct policy_record *parent)
{
	struct policy_record *record = &m->plan->record, was;
	bool allocated = m->plan->users_fixed || (record->flags & POLICY_F_HOST_USERS);
	int r;

	/* Users that are yet to be given: as many as are wanted, from the parent's on. */
	if (!allocated && !(parent->flags & POLICY_F_HOST_USERS))
		record->users_base = parent->users_base;
	was = *record;
	policy_clamp(record, parent);
	if (!policy_within(record, parent).allowed)
		return jail_error_set(m->err, ENOTSUP, "the policy record of its parent jail is of another version");
	r = lost_privileges(m, was.allow & ~record->allow);
	if (r == 0)
		r = lost_values(m, &was);
	if (r == 0)
		r = lost_limits(m, &was);
	if (!m->plan->users_fixed)
		record->users_base = 0;
	m->plan->readonly = (record->flags & POLICY_F_READONLY) != 0;
	m->plan->everybody_all = (parent->flags & POLICY_F_EVERYBODY) != 0;
	m->plan->everybody = (record->flags & POLICY_F_EVERYBODY) != 0;
	m->plan->enforce_statfs = record->enforce_statfs;
	m->plan->host_inherit = (record->flags & POLICY_F_HOST_NAME) != 0;
	return r;
}

int plan_make_record(const struct maker *m, const struct policy_record *parent)
{
	struct policy_record *record = &m->plan->record;
	int r;

	record->version = POLICY_VERSION;
	record->size = sizeof(*record);
	record->securelevel = plan_int(m, "securelevel") < 0 ? 0 : (int32_t)plan_int(m, "securelevel");
	record->children_max = (uint32_t)plan_int(m, "children.max");
	record->enforce_statfs = (uint32_t)plan_int(m, "enforce_statfs");
	/* With everything of the mount table withheld allow.mount has no effect: who asks for the one gets the other.
	 */
	if (plan_bool(m, "allow.mount") && !jail_params_has(m->p, "enforce_statfs"))
		record->enforce_statfs = 1;
	m->plan->enforce_statfs = record->enforce_statfs;
	r = make_ipc(m);
	if (r == 0)
		r = make_privileges(m);
	if (r == 0 && parent)
		r = hold_within(m, parent);
	return r;
}

static int check_device(
    const struct plan *plan, size_t i, const struct policy_record *record, bool parent, struct jail_error *err)
{
	struct policy_object object = {.device = plan->record.device[i]};
	struct policy_verdict v = policy_decide((struct policy_subject){record, 1}, POLICY_OP_DEVICE, &object);

	if (v.allowed)
		return 0;
	(void)jail_error_set(err, EPERM, "%s: %s", plan->device[i].path,
	    parent			     ? "its parent jail may not open it so"
	    : v.rule == POLICY_R_SECURELEVEL ? "securelevel forbids to write a block device"
					     : "can't be given to a jail");
	jail_error_param(err, "devices");
	jail_error_origin(err, plan->device[i].origin.file, plan->device[i].origin.line);
	return -EPERM;
}

int plan_check_devices(const struct plan *plan, const struct policy_record *parent, struct jail_error *err)
{
	int r = 0;

	if (plan->record.ndevices != plan->ndevices)
		return jail_error_set(err, EINVAL, "the numbers of its devices are not known");
	for (size_t i = 0; r == 0 && i < plan->ndevices; i++) {
		r = check_device(plan, i, &plan->record, false, err);
		if (r == 0 && parent)
			r = check_device(plan, i, parent, true, err);
	}
	return r;
}

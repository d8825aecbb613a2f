/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * plan_host.c: what a jail is among machines: its host name and numbers, whose network stack it is on, whose users it
 * has.
 */
#include <inttypes.h>
#include <string.h>

#include "plan_make.h"
#include "util.h"

#define HOST_NAME_MAX_LENGTH 64
#define USERS_PER_JAIL 65536
/* Behind it are ids that own jails (lib/linux/ceiling.h) and, last of all, one that calls take for "leave as it is". */
#define USERS_END UINT32_C(0xfffd0000)

static bool name_characters(const char *text)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

	return text[strspn(text, allowed)] == '\0';
}

static int check_host_name(const struct maker *m, const char *param, const char *text)
{
	if (strlen(text) > HOST_NAME_MAX_LENGTH)
		return plan_refuse(m, param, 0, EINVAL, "is %zu bytes long, at most %d are allowed", strlen(text),
		    HOST_NAME_MAX_LENGTH);
	if (!name_characters(text) || text[0] == '-' || text[0] == '.')
		return plan_refuse(m, param, 0, EINVAL,
		    "\"%s\": allowed: letters, digits, '.', '_' and '-', not '.' or '-' first", text);
	return 0;
}

/* Jails may have longer names than hosts. */
static int shorten_name(const struct maker *m)
{
	size_t length = strlen(m->plan->name);

	if (length <= HOST_NAME_MAX_LENGTH)
		return 0;
	length = HOST_NAME_MAX_LENGTH;
	while (length > 1 && strchr(".-_", m->plan->name[length - 1]))
		length--;
	m->plan->hostname = arena_text(m->arena, m->plan->name, length);
	return m->plan->hostname ? 0 : plan_no_memory(m);
}

static int make_names(const struct maker *m)
{
	int r = plan_text(m, "host.hostname", &m->plan->hostname);

	if (r == 0 && m->plan->hostname) {
		if (m->plan->hostname[0] == '\0')
			return plan_refuse(m, "host.hostname", 0, EINVAL, "is empty");
		r = check_host_name(m, "host.hostname", m->plan->hostname);
	} else if (r == 0) {
		r = shorten_name(m);
	}
	if (r == 0)
		r = plan_text(m, "host.domainname", &m->plan->domainname);
	if (r == 0 && m->plan->domainname)
		r = check_host_name(m, "host.domainname", m->plan->domainname);
	return r;
}

/* 32 hexadecimal digits, with the usual dashes or without; kept in small letters and with dashes. */
static bool settle_uuid(const char *text, char ret[37])
{
	size_t n = 0;

	while (n < 36) {
		bool dash = n == 8 || n == 13 || n == 18 || n == 23;
		char c = *text >= 'A' && *text <= 'F' ? (char)(*text - 'A' + 'a') : *text;

		if (dash) {
			ret[n++] = '-';
			text += c == '-';
			continue;
		}
		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
			return false;
		ret[n++] = c;
		text++;
	}
	ret[36] = '\0';
	return *text == '\0';
}

static int make_uuid(const struct maker *m)
{
	char uuid[37];
	const char *text;

	if (jail_params_get(m->p, "host.hostuuid", &text) < 0)
		return 0;
	if (!settle_uuid(text, uuid))
		return plan_refuse(m, "host.hostuuid", 0, EINVAL,
		    "\"%.80s\" is no uuid: 32 hexadecimal digits, as in 01234567-89ab-cdef-0123-456789abcdef", text);
	m->plan->hostuuid = arena_text(m->arena, uuid, 36);
	return m->plan->hostuuid ? 0 : plan_no_memory(m);
}

int plan_make_host(const struct maker *m)
{
	static const char *const own[] = {"host.hostname", "host.domainname", "host.hostuuid", "host.hostid"};
	struct plan *plan = m->plan;
	int r;

	plan->host_inherit = plan_is(m, "host", "inherit");
	for (size_t i = 0; plan->host_inherit && i < ARRAY_SIZE(own); i++) {
		if (jail_params_has(m->p, own[i])) {
			(void)plan_refuse(
			    m, own[i], 0, EINVAL, "can't be set with host = inherit: it would be the host's");
			return jail_error_hint(m->err, EINVAL, "leave one of the two out");
		}
	}
	if (plan->host_inherit) {
		plan->record.flags |= POLICY_F_HOST_NAME;
		return 0;
	}
	r = make_names(m);
	if (r == 0)
		r = make_uuid(m);
	plan->has_hostid = jail_params_has(m->p, "host.hostid");
	plan->hostid = (uint32_t)plan_int(m, "host.hostid");
	return r;
}

/*
 * FreeBSD's files say ip4 = inherit where they mean the host's stack; that is taken for vnet = inherit when vnet is not
 * set. On a stack of its own a jail has no address but loopback's in this version, so `new` and `disable` hold there;
 * on the host's stack nothing would hold them.
 */
static int check_family(const struct maker *m, const char *family, bool shared)
{
	if (!jail_params_has(m->p, family) || plan_is(m, family, "inherit") == shared)
		return 0;
	if (shared) {
		(void)plan_refuse(m, family, 0, ENOTSUP,
		    "can only be inherit on the host's network stack: addresses are not available in this version");
		return jail_error_hint(m->err, ENOTSUP, "use vnet = new for a stack of its own");
	}
	(void)plan_refuse(m, family, 0, EINVAL, "can't be inherit with vnet = new: the jail has a stack of its own");
	return jail_error_hint(m->err, EINVAL, "use vnet = inherit for the host's stack");
}

int plan_make_network(const struct maker *m)
{
	bool shared = plan_is(m, "vnet", "inherit");
	int r;

	if (!jail_params_has(m->p, "vnet"))
		shared = plan_is(m, "ip4", "inherit") || plan_is(m, "ip6", "inherit");
	r = check_family(m, "ip4", shared);
	if (r == 0)
		r = check_family(m, "ip6", shared);
	if (shared)
		m->plan->record.flags |= POLICY_F_HOST_NETWORK;
	return r;
}

int plan_make_users(const struct maker *m)
{
	struct policy_record *record = &m->plan->record;
	const char *given = jail_params_has(m->p, "users.base")	   ? "users.base"
			    : jail_params_has(m->p, "users.count") ? "users.count"
								   : NULL;
	int64_t base = plan_int(m, "users.base"), count = plan_int(m, "users.count");

	if (plan_is(m, "users", "inherit")) {
		if (given) {
			(void)plan_refuse(
			    m, given, 0, EINVAL, "means nothing with users = inherit: users are the host's");
			return jail_error_hint(m->err, EINVAL, "leave one of the two out");
		}
		record->flags |= POLICY_F_HOST_USERS;
		return 0;
	}
	if (count == 0)
		count = USERS_PER_JAIL * (1 + plan_int(m, "children.max"));
	if (base + count > USERS_END)
		return plan_refuse(m, given ? given : "children.max", 0, EINVAL,
		    "%" PRId64 " users from %" PRId64 " on end beyond the last number there is, %" PRIu32, count, base,
		    USERS_END - 1);
	m->plan->users_fixed = base > 0;
	record->users_base = (uint32_t)base;
	record->users_count = (uint32_t)count;
	return 0;
}

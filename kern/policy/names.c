/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * names.c: what privileges, limits and rules are called in messages: a rule by the parameter that somebody would
 * change. Freestanding; see policy.h.
 */
#include "policy.h"

const char *policy_privilege_name(enum policy_privilege p)
{
	static const char *const names[POLICY_P_COUNT] = {
#define POLICY_PRIVILEGE(symbol, name) [POLICY_P_##symbol] = name,
#include "privileges.def"
#undef POLICY_PRIVILEGE
	};

	return (unsigned)p < POLICY_P_COUNT ? names[p] : "unknown";
}

const char *policy_limit_name(enum policy_limit l)
{
	static const char *const names[POLICY_L_COUNT] = {
#define POLICY_LIMIT(symbol, name) [POLICY_L_##symbol] = name,
#include "limits.def"
#undef POLICY_LIMIT
	};

	return (unsigned)l < POLICY_L_COUNT ? names[l] : "unknown";
}

const char *policy_rule_name(enum policy_rule r)
{
	switch (r) {
	case POLICY_R_NONE:
		return "none";
	case POLICY_R_VERSION:
		return "version";
	case POLICY_R_ALLOW:
		return "allow";
	case POLICY_R_NEVER:
		return "never";
	case POLICY_R_SECURELEVEL:
		return "securelevel";
	case POLICY_R_DEVICES:
		return "devices";
	case POLICY_R_STANDARD_DEVICE:
		return "standard device";
	case POLICY_R_CHILDREN_MAX:
		return "children.max";
	case POLICY_R_OWN:
		return "own jail";
	case POLICY_R_DESCENDANT:
		return "child jail";
	case POLICY_R_OTHER_JAIL:
		return "other jail";
	case POLICY_R_HOST_USERS:
		return "users";
	case POLICY_R_READONLY:
		return "path.readonly";
	case POLICY_R_ENFORCE_STATFS:
		return "enforce_statfs";
	case POLICY_R_USERS:
		return "users.count";
	case POLICY_R_NETWORK:
		return "vnet";
	case POLICY_R_IPC:
		return "sysvipc";
	case POLICY_R_HOSTNAME:
		return "host";
	case POLICY_R_LIMIT:
		return "limit";
	case POLICY_R_EVERYBODY:
		return "path";
	}
	return "unknown";
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * privilege.c: asks the policy core for each privilege, adds up what the rows of the table say, and puts it on the
 * calling process. It decides nothing and knows no system call by name.
 */
#include "privilege.h"

#include "../port.h"

#include <linux/capability.h>
#include <linux/keyctl.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "error.h"
#include "ipclimit.h"
#include "privilege_table.h"
#include "sys/landlock.h"

/* Beyond every capability there is, and will be: two words of the kernel's interface. */
#define CAPABILITIES_MAX 64

/* ------------------------------------------------------------------------------------------------- composing */

/* Everything the jail has. */
static uint64_t held_by(const struct policy_record *record)
{
	const struct policy_subject subject = {.record = record, .jail = 1};
	uint64_t held = 0;

	for (uint64_t p = 0; p < POLICY_P_COUNT; p++) {
		const struct policy_object object = {.number = p, .jail = 1};

		if (policy_decide(subject, POLICY_OP_PRIVILEGE, &object).allowed)
			held |= POLICY_BIT(p);
	}
	held |= record->sysvmsg != POLICY_IPC_DISABLE ? HELD_MSG : 0;
	held |= record->sysvsem != POLICY_IPC_DISABLE ? HELD_SEM : 0;
	held |= record->sysvshm != POLICY_IPC_DISABLE ? HELD_SHM : 0;
	/* They share a namespace with System V objects, and outlive the jail in the host's. */
	held |= !ipclimit_shared(record) || record->sysvmsg == POLICY_IPC_INHERIT ? HELD_MQ : 0;
	held |= record->enforce_statfs == 0 ? HELD_MOUNTS : 0;
	held |= (record->flags & POLICY_F_HOST_NETWORK) ? 0 : HELD_NETWORK;
	return held;
}

static uint64_t capabilities_of(uint64_t held, bool host_users, bool no_root)
{
	uint64_t set = host_users ? privilege_base_host : privilege_base_own;

	if (no_root)
		return privilege_base_no_root;
	for (size_t p = 0; p < POLICY_P_COUNT; p++) {
		if (held & POLICY_BIT(p))
			set |= host_users ? privilege_rows[p].host : privilege_rows[p].own;
	}
	return set;
}

int privilege_compose(const struct policy_record *record, struct privileges *ret, struct jail_error *err)
{
	static const enum seccomp_abi abis[] = {
#if defined(__x86_64__)
		SECCOMP_ABI_X86_64,
		SECCOMP_ABI_I386,
#elif defined(__aarch64__)
		SECCOMP_ABI_AARCH64,
#else
#error "lib/linux/syscalls.def has no column for this machine"
#endif
	};
	const uint64_t held = held_by(record);
	const bool host_users = (record->flags & POLICY_F_HOST_USERS) != 0;
	struct seccomp_table tables[ARRAY_SIZE(abis)];
	struct seccomp_rule rules[GATE_COUNT];
	int length;

	for (size_t i = 0; i < ARRAY_SIZE(abis); i++)
		privilege_system_calls(abis[i], &tables[i]);
	privilege_rules(held, rules);
	length =
	    seccomp_build(tables, ARRAY_SIZE(tables), rules, ARRAY_SIZE(rules), ret->filter, ARRAY_SIZE(ret->filter));
	if (length < 0)
		return jail_error_set(err, -length, "the system call filter does not fit");
	ret->length = (unsigned short)length;
	ret->no_root = !(held & POLICY_BIT(POLICY_P_SUSER));
	/* Set-user-id programs are safe only where the user namespace contains what they become. */
	ret->no_new_privs = host_users || ret->no_root;
	ret->own_keyring = (held & POLICY_BIT(POLICY_P_KEYRING)) != 0;
	ret->own_sockets = (record->flags & POLICY_F_HOST_NETWORK) != 0;
	ret->capabilities = capabilities_of(held, host_users, ret->no_root);
	return 0;
}

/* ------------------------------------------------------------------------------------------------- applying */

/* Permitted and effective `set`, nothing inheritable. */
static int set_capabilities(uint64_t set)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	const struct __user_cap_data_struct data[2] = {
	    {.effective = (uint32_t)set, .permitted = (uint32_t)set},
	    {.effective = (uint32_t)(set >> 32), .permitted = (uint32_t)(set >> 32)},
	};

	return (int)syscall(SYS_capset, &header, data);
}

static int limit_capabilities(uint64_t keep, struct jail_error *err)
{
	for (unsigned cap = 0; cap < CAPABILITIES_MAX; cap++) {
		if (keep & ((uint64_t)1 << cap))
			continue;
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) == 0)
			continue;
		/* One past the last that this kernel knows. */
		if (errno == EINVAL && cap > CAP_AUDIT_READ)
			break;
		return jail_error_sys(err, errno, "cannot drop capability %u", cap);
	}
	/* What is not permitted now can't be asked for: a kernel that knows fewer, or a caller that has fewer. */
	if (set_capabilities(keep) < 0) {
		struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
		struct __user_cap_data_struct now[2];

		if (errno != EPERM || syscall(SYS_capget, &header, now) < 0)
			return jail_error_sys(err, errno, "cannot set capabilities");
		keep &= (uint64_t)now[0].permitted | (uint64_t)now[1].permitted << 32;
		if (set_capabilities(keep) < 0)
			return jail_error_sys(err, errno, "cannot set capabilities");
	}
	return 0;
}

static int install_filter(const struct privileges *set, struct jail_error *err)
{
	/* seccomp(2) does not write through it. */
	const struct sock_fprog program = {.len = set->length, .filter = (struct sock_filter *)(uintptr_t)set->filter};

	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0)
		return jail_error_sys(err, errno, "cannot install the system call filter");
	return 0;
}

/* A kernel before 6.12 can't; jcheck(8) says so. */
static int scope_sockets(const struct privileges *set, struct jail_error *err)
{
	int r = set->own_sockets ? landlock_scope_sockets() : 0;

	return r < 0 && r != -EOPNOTSUPP ? jail_error_sys(err, -r, "cannot keep the host's abstract sockets apart") : 0;
}

int privilege_apply(const struct privileges *set, struct jail_error *err)
{
	/* What the caller has in its keyring must not be found by whoever may look for keys. */
	if (set->own_keyring && syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 && errno != ENOSYS)
		return jail_error_sys(err, errno, "cannot leave the caller's session keyring");
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
		return jail_error_sys(err, errno, "cannot clear the ambient capabilities");
	/* A user namespace starts with none; among the host's users the caller's would be inherited. */
	if (prctl(PR_GET_SECUREBITS, 0, 0, 0, 0) != 0 && prctl(PR_SET_SECUREBITS, 0, 0, 0, 0) < 0)
		return jail_error_sys(err, errno, "cannot reset the secure bits");
	if (set->no_new_privs && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return jail_error_sys(err, errno, "cannot set no_new_privs");

	/* Without no_new_privs these take CAP_SYS_ADMIN, so they come before the capabilities go. */
	int r = scope_sockets(set, err);

	if (r == 0)
		r = install_filter(set, err);
	return r < 0 ? r : limit_capabilities(set->capabilities, err);
}

/* uid 0 gets nothing by exec(3) any more, and has nothing now. */
static int drop_root(struct jail_error *err)
{
	const unsigned long bits =
	    SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_CAP_AMBIENT_RAISE | SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED;

	if (prctl(PR_SET_SECUREBITS, bits, 0, 0, 0) < 0)
		return jail_error_sys(err, errno, "cannot set the secure bits");
	if (set_capabilities(0) < 0)
		return jail_error_sys(err, errno, "cannot drop the capabilities");
	return 0;
}

int privilege_become(const struct privileges *set, uint32_t uid, uint32_t gid, const uint32_t *groups, size_t ngroups,
    struct jail_error *err)
{
	/* Bare calls: the C library's would look for other threads first. */
	if (syscall(SYS_setgroups, ngroups, groups) < 0)
		return jail_error_sys(err, errno, "cannot set the groups");
	if (syscall(SYS_setresgid, gid, gid, gid) < 0)
		return jail_error_sys(err, errno, "cannot set group id %u", gid);
	if (syscall(SYS_setresuid, uid, uid, uid) < 0)
		return jail_error_sys(err, errno, "cannot set user id %u", uid);
	if (uid == 0)
		return set->no_root ? drop_root(err) : 0;
	if (set_capabilities(0) < 0)
		return jail_error_sys(err, errno, "cannot drop the capabilities");
	return 0;
}

const char *port_privilege_idle(const struct policy_record *record, enum policy_privilege p)
{
	const struct privilege_row *row = (unsigned)p < POLICY_P_COUNT ? &privilege_rows[p] : NULL;

	if (row == NULL || !((record->flags & POLICY_F_HOST_USERS) != 0 ? row->idle_host : row->idle_own))
		return NULL;
	/* Process namespaces made inside belong to users that may mount their /proc. */
	if ((p == POLICY_P_MOUNT_PROCFS || p == POLICY_P_MOUNT_LINPROCFS) &&
	    (record->allow & POLICY_BIT(POLICY_P_USERNS)) != 0)
		return NULL;
	return row->limit;
}

const char *privilege_enforcement(void)
{
	return "capabilities,seccomp";
}

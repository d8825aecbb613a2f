/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * plan_policy_test.c: plans and the policy: privileges, IPC, children held within their parents.
 */
#include <errno.h>

#include "plan_sets.h"

static void privileges(void **state)
{
	struct plan *plan = PLAN("path=/j", "allow.mount", "allow.mount.tmpfs", "allow.nosuser", "allow.raw_sockets",
	    "securelevel=2", "children.max=7");

	(void)state;
	assert_true(plan->record.allow & POLICY_BIT(POLICY_P_MOUNT));
	assert_true(plan->record.allow & POLICY_BIT(POLICY_P_MOUNT_TMPFS));
	assert_true(plan->record.allow & POLICY_BIT(POLICY_P_RAW_SOCKETS));
	assert_false(plan->record.allow & POLICY_BIT(POLICY_P_SUSER));
	assert_int_equal(plan->record.securelevel, 2);
	assert_int_equal(plan->record.children_max, 7);
	assert_int_equal(plan->enforce_statfs, 1); /* else allow.mount would have no effect */
	assert_int_equal(plan->record.enforce_statfs, 1);
	plan_free(plan);
	plan = PLAN("path=/j", "allow.mount", "enforce_statfs=2");
	assert_int_equal(plan->enforce_statfs, 2);
	plan_free(plan);
}

static void ipc(void **state)
{
	static const struct {
		const char *texts[TEXTS];
		uint8_t msg, sem, shm;
	} table[] = {
	    {{"path=/j"}, POLICY_IPC_NEW, POLICY_IPC_NEW, POLICY_IPC_NEW},
	    {{"path=/j", "sysvshm=disable"}, POLICY_IPC_NEW, POLICY_IPC_NEW, POLICY_IPC_DISABLE},
	    {{"path=/j", "sysvshm=inherit"}, POLICY_IPC_DISABLE, POLICY_IPC_DISABLE, POLICY_IPC_INHERIT},
	    {{"path=/j", "allow.sysvipc"}, POLICY_IPC_INHERIT, POLICY_IPC_INHERIT, POLICY_IPC_INHERIT},
	    {{"path=/j", "allow.sysvipc", "nosysvmsg"}, POLICY_IPC_DISABLE, POLICY_IPC_INHERIT, POLICY_IPC_INHERIT},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct plan *plan = plan_of(table[i].texts, false, NULL);

		assert_int_equal(plan->record.sysvmsg, table[i].msg);
		assert_int_equal(plan->record.sysvsem, table[i].sem);
		assert_int_equal(plan->record.sysvshm, table[i].shm);
		plan_free(plan);
	}
	REFUSED(EINVAL, "sysvmsg", "one name space", "path=/j", "sysvshm=inherit", "sysvmsg=new");
	REFUSED(EINVAL, "sysvsem", "one name space", "path=/j", "allow.sysvipc", "sysvsem=new");
}

/* What was asked for and the parent has not is refused by name; what was not asked for gives way. */
static void children(void **state)
{
	struct plan *parent = PLAN("path=/j", "children.max=2", "users.base=100000", "securelevel=1", "allow.nosuser",
	    "sysvmsg=disable", "path.readonly", "enforce_statfs=2");
	struct policy_record *r = &parent->record;
	struct plan *child = plan_of(ARGS("path=/j/c"), false, r);

	(void)state;
	assert_false(child->record.allow & POLICY_BIT(POLICY_P_SUSER));
	assert_int_equal(child->record.securelevel, 1);
	assert_int_equal(child->record.sysvmsg, POLICY_IPC_DISABLE);
	assert_int_equal(child->record.users_base, 0);
	assert_int_equal(child->record.users_count, 65536);
	assert_true(child->readonly);
	plan_free(child);
	child = plan_of(ARGS("path=/j/c", "users.base=165536", "allow.nosuser", "securelevel=3", "children.max=1",
			    "users.count=65536"),
	    false, r);
	assert_int_equal(child->record.users_base, 165536);
	assert_true(policy_within(&child->record, r).allowed);
	plan_free(child);
#define BEYOND(param, ...) refused_of(ARGS("path=/j/c", __VA_ARGS__), r, EPERM, param, "parent jail")
	BEYOND("allow.suser", "allow.suser");
	BEYOND("allow.mount", "allow.mount");
	BEYOND("securelevel", "securelevel=0");
	BEYOND("sysvmsg", "sysvmsg=new");
	BEYOND("children.max", "children.max=3", "users.count=1");
	BEYOND("users.count", "users.count=196609");
	BEYOND("users.base", "users.base=99999");
	BEYOND("users.base", "users.base=296607");
	BEYOND("users", "users=inherit");
	BEYOND("vnet", "vnet=inherit");
	BEYOND("ip4", "ip4=inherit");
	BEYOND("ip6", "ip6=inherit");
	BEYOND("host", "host=inherit");
	BEYOND("path.readonly", "path.noreadonly");
	BEYOND("enforce_statfs", "enforce_statfs=1");
	BEYOND("allow.sysvipc", "allow.sysvipc", "sysvsem=disable", "sysvshm=disable");
	/* defaults that depend on others give way too */
	child = plan_of(ARGS("path=/j/c", "children.max=2"), false, r);
	assert_int_equal(child->record.users_count, 3 * 65536);
	plan_free(child);
	r->users_count = 1000;
	child = plan_of(ARGS("path=/j/c"), false, r);
	assert_int_equal(child->record.users_count, 1000);
	plan_free(child);
	r->version++;
	refused_of(ARGS("path=/j/c"), r, ENOTSUP, "", "version");
	plan_free(parent);
}

static void child_of_host_users(void **state)
{
	struct plan *parent = PLAN("path=/j", "users=inherit"), *child;

	(void)state;
	child = plan_of(ARGS("path=/j/c"), false, &parent->record);
	assert_int_equal(child->record.users_count, 65536);
	assert_int_equal(child->record.flags, 0);
	plan_free(child);
	child = plan_of(ARGS("path=/j/c", "users=inherit"), false, &parent->record);
	assert_int_equal(child->record.flags, POLICY_F_HOST_USERS);
	plan_free(child);
	plan_free(parent);
}

static void devices_within(void **state)
{
	struct plan *plan = FILE_PLAN("path=/j", "devices=/dev/kvm rw, /dev/sda r, /dev/null");
	struct policy_record parent = plan->record;
	struct jail_error err = {0};

	(void)state;
	assert_int_equal(plan_check_devices(plan, NULL, NULL), -EINVAL); /* nobody has filled them in */
	plan->record.ndevices = 3;
	plan->record.device[0] = (struct policy_device){10, 232, POLICY_DEV_READ | POLICY_DEV_WRITE};
	plan->record.device[1] = (struct policy_device){8, 0, POLICY_DEV_READ | POLICY_DEV_BLOCK};
	plan->record.device[2] = (struct policy_device){1, 3, POLICY_DEV_READ | POLICY_DEV_WRITE};
	assert_int_equal(plan_check_devices(plan, NULL, NULL), 0);
	assert_int_equal(plan_check_devices(plan, &plan->record, NULL), 0);
	assert_int_equal(plan_check_devices(plan, &parent, &err), -EPERM);
	assert_string_equal(err.param, "devices");
	assert_string_equal(err.file, "conf");
	assert_non_null(strstr(err.what, "/dev/kvm: its parent"));
	parent.ndevices = 2;
	parent.device[0] = plan->record.device[0];
	parent.device[1] = plan->record.device[1];
	assert_int_equal(plan_check_devices(plan, &parent, NULL), 0);
	parent.device[0].access = POLICY_DEV_READ;
	assert_int_equal(plan_check_devices(plan, &parent, NULL), -EPERM);
	plan->record.securelevel = 2;
	assert_int_equal(plan_check_devices(plan, NULL, NULL), 0);
	plan->record.device[1].access |= POLICY_DEV_WRITE;
	assert_int_equal(plan_check_devices(plan, NULL, &err), -EPERM);
	assert_non_null(strstr(err.what, "securelevel"));
	plan_free(plan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(privileges),
	    cmocka_unit_test(ipc),
	    cmocka_unit_test(children),
	    cmocka_unit_test(child_of_host_users),
	    cmocka_unit_test(devices_within),
	};

	return cmocka_run_group_tests_name("plan_policy", tests, NULL, NULL);
}

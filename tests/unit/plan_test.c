/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * plan_test.c: plans: every rule that joins parameters, each refusal by its parameter and its place, memory that runs
 * out. What the policy decides is in plan_policy_test.c, lines of fstab(5) are in plan_mount_test.c.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "failing.h"
#include "plan_sets.h"

/* Every piece of a plan is an allocation of its own here, so that each can fail. */
#define ARENA_BLOCK_SIZE 1
#include "../../lib/plan_arena.c"

/* ------------------------------------------------------------------------------------------------------ identity */

static void defaults(void **state)
{
	struct plan *plan = PLAN("path=/jails/web", "name=web");

	(void)state;
	assert_string_equal(plan->name, "web");
	assert_int_equal(plan->jid, 0);
	assert_string_equal(plan->path, "/jails/web");
	assert_false(plan->persist || plan->readonly || plan->is_volatile || plan->shared_tree || plan->host_inherit);
	assert_true(plan->init && plan->exec_clean && plan->devfs && plan->procfs && plan->fdescfs);
	assert_false(plan->devfs_asked || plan->procfs_asked || plan->users_fixed || plan->has_hostid);
	assert_int_equal(plan->hide.count + plan->base.count + plan->nmounts + plan->ndevices + plan->command.count, 0);
	assert_int_equal(plan->enforce_statfs, 2);
	assert_int_equal(plan->stop_timeout, 10);
	assert_int_equal(plan->exec_timeout, 0);
	assert_int_equal(plan->restart, PLAN_RESTART_NEVER);
	assert_string_equal(plan->exec_dir, "/");
	assert_null(plan->hostname);
	assert_null(plan->jail_user);
	assert_null(plan->consolelog);
	assert_int_equal(plan->record.version, POLICY_VERSION);
	assert_int_equal(plan->record.size, sizeof(plan->record));
	assert_int_equal(plan->record.flags, 0);
	assert_int_equal(plan->record.users_base, 0);
	assert_int_equal(plan->record.users_count, 65536);
	assert_int_equal(plan->record.sysvmsg, POLICY_IPC_NEW);
	assert_true(
	    plan->record.allow == (POLICY_BIT(POLICY_P_SET_HOSTNAME) | POLICY_BIT(POLICY_P_RESERVED_PORTS) |
				      POLICY_BIT(POLICY_P_UNPRIVILEGED_PROC_DEBUG) | POLICY_BIT(POLICY_P_SUSER)));
	assert_true(policy_within(&plan->record, &plan->record).allowed);
	plan_free(plan);
	plan_free(NULL);
}

static void names_and_numbers(void **state)
{
	struct plan *plan = PLAN("path=/j", "jid=17");

	(void)state;
	assert_string_equal(plan->name, "17");
	plan_free(plan);
	plan = PLAN("path=/j", "name=17");
	assert_int_equal(plan->jid, 17);
	plan_free(plan);
	plan = PLAN("path=/j");
	assert_string_equal(plan->name, "");
	plan_free(plan);
	plan = PLAN("path=/j", "name=web.17", "jid=4");
	assert_int_equal(plan->jid, 4);
	plan_free(plan);
	REFUSED(EINVAL, "name", "not the jail's", "path=/j", "name=17", "jid=18");
	REFUSED(EINVAL, "name", "", "path=/j", "name=017");
	REFUSED(EINVAL, "name", "", "path=/j", "name=0");
	REFUSED(EINVAL, "name", "", "path=/j", "name=2147483648");
	REFUSED(EINVAL, "name", "", "path=/j", "name=99999999999999999999999");
	REFUSED(EINVAL, "name", "", "path=/j", "name=../x");
	REFUSED(EINVAL, "name", "", "path=/j", "name=");
	REFUSED(EINVAL, "name", "", "path=/j", "name=a..b");
}

static void host(void **state)
{
	struct plan *plan = PLAN("path=/j", "host.hostname=a.b-c_d", "host.domainname=", "host.hostid=4294967295",
	    "host.hostuuid=01234567-89AB-cdef-0123-456789abcdef");

	(void)state;
	assert_string_equal(plan->hostname, "a.b-c_d");
	assert_string_equal(plan->domainname, "");
	assert_string_equal(plan->hostuuid, "01234567-89ab-cdef-0123-456789abcdef");
	assert_true(plan->has_hostid && plan->hostid == UINT32_MAX);
	plan_free(plan);
	plan = PLAN("path=/j", "host.hostuuid=0123456789abcdef0123456789abcdef",
	    "name=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-.bbbbbbbbbbbbbbbb");
	assert_string_equal(plan->hostuuid, "01234567-89ab-cdef-0123-456789abcdef");
	assert_int_equal(strlen(plan->hostname), 62); /* what a host may be called, without a dash at the end */
	plan_free(plan);
	plan = PLAN("path=/j", "host=inherit");
	assert_true(plan->host_inherit);
	assert_int_equal(plan->record.flags, POLICY_F_HOST_NAME);
	assert_false(plan->record.allow & POLICY_BIT(POLICY_P_SET_HOSTNAME));
	plan_free(plan);
	REFUSED(EINVAL, "host.hostname", "host = inherit", "path=/j", "host=inherit", "host.hostname=a");
	REFUSED(EINVAL, "host.hostid", "host = inherit", "path=/j", "host=inherit", "host.hostid=1");
	REFUSED(EINVAL, "allow.set_hostname", "host = inherit", "path=/j", "host=inherit", "allow.set_hostname");
	REFUSED(EINVAL, "host.hostname", "empty", "path=/j", "host.hostname=");
	REFUSED(EINVAL, "host.hostname", "allowed", "path=/j", "host.hostname=a b");
	REFUSED(EINVAL, "host.hostname", "allowed", "path=/j", "host.hostname=-a");
	REFUSED(EINVAL, "host.hostname", "64", "path=/j",
	    "host.hostname=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
	REFUSED(EINVAL, "host.domainname", "allowed", "path=/j", "host.domainname=a/b");
	REFUSED(EINVAL, "host.hostuuid", "no uuid", "path=/j", "host.hostuuid=0123456789abcdef0123456789abcde");
	REFUSED(EINVAL, "host.hostuuid", "no uuid", "path=/j", "host.hostuuid=0123456789abcdef0123456789abcdef0");
	REFUSED(EINVAL, "host.hostuuid", "no uuid", "path=/j", "host.hostuuid=");
}

static void network(void **state)
{
	static const struct {
		const char *texts[TEXTS];
		bool shared;
	} table[] = {
	    {{"path=/j", "vnet=inherit"}, true},
	    {{"path=/j", "vnet"}, false},
	    {{"path=/j", "ip4=inherit"}, true},
	    {{"path=/j", "ip6=inherit", "ip4=inherit"}, true},
	    {{"path=/j", "ip4=disable", "ip6=disable"}, false},
	    {{"path=/j", "noip4"}, false},
	    {{"path=/j", "ip4=new", "vnet=new"}, false},
	    {{"path=/j", "ip4=inherit", "vnet=inherit"}, true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct plan *plan = plan_of(table[i].texts, false, NULL);

		assert_int_equal(plan->record.flags, table[i].shared ? POLICY_F_HOST_NETWORK : 0);
		plan_free(plan);
	}
	REFUSED(EINVAL, "ip4", "vnet = new", "path=/j", "vnet=new", "ip4=inherit");
	REFUSED(ENOTSUP, "ip6", "not available", "path=/j", "ip4=inherit", "ip6=disable");
	REFUSED(ENOTSUP, "ip4", "not available", "path=/j", "vnet=inherit", "ip4=new");
	REFUSED(EINVAL, "allow.routing", "host's network stack", "path=/j", "vnet=inherit", "allow.routing");
}

static void users(void **state)
{
	struct plan *plan = PLAN("path=/j", "children.max=3");

	(void)state;
	assert_int_equal(plan->record.users_count, 4 * 65536);
	plan_free(plan);
	plan = PLAN("path=/j", "users.base=4294705152", "users.count=65536");
	assert_true(plan->users_fixed);
	assert_int_equal(plan->record.users_base, 4294705152u);
	plan_free(plan);
	plan = PLAN("path=/", "users=inherit");
	assert_int_equal(plan->record.flags, POLICY_F_HOST_USERS);
	assert_int_equal(plan->record.users_count, 0);
	assert_false(plan->record.allow & POLICY_BIT(POLICY_P_SET_HOSTNAME));
	plan_free(plan);
	REFUSED(EINVAL, "users.base", "last number", "path=/j", "users.base=4294705153");
	REFUSED(EINVAL, "users.base", "last number", "path=/j", "users.count=4294967294", "users.base=2");
	REFUSED(EINVAL, "users.base", "users = inherit", "path=/j", "users=inherit", "users.base=70000");
	REFUSED(EINVAL, "users.count", "users = inherit", "path=/j", "users=inherit", "users.count=7");
	REFUSED(EINVAL, "allow.mount", "users = inherit", "path=/j", "users=inherit", "allow.mount");
	REFUSED(
	    EINVAL, "allow.mount", "users = inherit", "path=/j", "users=inherit", "allow.mount", "enforce_statfs=2");
	REFUSED(EINVAL, "allow.mount.tmpfs", "users = inherit", "path=/j", "users=inherit", "allow.mount.tmpfs");
	REFUSED(EINVAL, "allow.set_hostname", "users = inherit", "path=/j", "users=inherit", "allow.set_hostname");
	REFUSED(EINVAL, "allow.keyring", "users = inherit", "path=/j", "users=inherit", "allow.keyring");
	REFUSED(EINVAL, "allow.io_uring", "needs allow.socket_af", "path=/j", "allow.io_uring");
}

/* --------------------------------------------------------------------------------------------------------- files */

static void shared_trees(void **state)
{
	struct plan *plan;

	(void)state;
	REFUSED(EINVAL, "path", "path.readonly", "persist");
	REFUSED(EINVAL, "path", "path.volatile", "path=/");
	REFUSED(EINVAL, "path", "path.base", "path=//.//");
	REFUSED(EINVAL, "path.base", "path", "path=/", "path.base=/");
	plan = PLAN("path=/", "path.readonly");
	assert_true(plan->readonly && plan->shared_tree);
	assert_int_equal(plan->record.flags, POLICY_F_READONLY | POLICY_F_EVERYBODY);
	plan_free(plan);
	plan = PLAN("path.volatile=64m");
	assert_true(plan->is_volatile && plan->shared_tree);
	assert_true(plan->volatile_size == 64 << 20);
	plan_free(plan);
	plan = PLAN("path=/j/", "path.base=//", "path.base+=/x//y/.");
	assert_true(plan->shared_tree);
	assert_string_equal(plan->path, "/j");
	assert_string_equal(plan->base.item[0], "/");
	assert_string_equal(plan->base.item[1], "/x/y");
	assert_true(has(&plan->hide, "/boot"));
	plan_free(plan);
	plan = PLAN("path=/j", "path.base=/x");
	assert_false(plan->shared_tree);
	assert_int_equal(plan->hide.count, 0);
	plan_free(plan);
}

static void hidden_paths(void **state)
{
	static const char *const usual[] = {"/boot", "/var/lib/jail", "/var/spool", "/var/mail"};
	const size_t n = sizeof(usual) / sizeof(usual[0]);
	struct plan *plan = PLAN("path.readonly");

	(void)state;
	assert_int_equal(plan->hide.count, n);
	for (size_t i = 0; i < n; i++)
		assert_true(has(&plan->hide, usual[i]));
	plan_free(plan);
	plan = PLAN("path.readonly", "path.hide=");
	assert_int_equal(plan->hide.count, 0);
	plan_free(plan);
	plan = PLAN("path.readonly", "path.hide=/srv//x/*", "path.hide+=/y");
	assert_int_equal(plan->hide.count, 2);
	assert_true(has(&plan->hide, "/srv/x/*"));
	plan_free(plan);
	/* By default: the usual ones of a shared tree; a tree of its own has none. */
	plan = PLAN("path.readonly", "path.hide=default", "path.hide+=/y");
	assert_int_equal(plan->hide.count, n + 1);
	assert_true(has(&plan->hide, "/y") && has(&plan->hide, "/boot"));
	plan_free(plan);
	plan = PLAN("path.readonly", "path.hide=/z,default", "path.hide+=/y");
	assert_int_equal(plan->hide.count, n + 2);
	plan_free(plan);
	plan = PLAN("path=/j", "path.hide=default", "path.hide+=/y");
	assert_int_equal(plan->hide.count, 1);
	plan_free(plan);
	/* Where root inside is the host's and writes its files, nothing but a list keeps anything. */
	plan = PLAN("users=inherit");
	assert_false(plan->everybody);
	assert_true(plan->hide.count > n && has(&plan->hide, "/etc/shadow"));
	plan_free(plan);
	REFUSED(EINVAL, "path.hide", "not absolute", "path=/j", "path.hide=x");
	REFUSED(EINVAL, "path.hide", "\"..\"", "path=/j", "path.hide=/x/../y");
	REFUSED(EINVAL, "path.hide", "root itself", "path=/j", "path.hide=/");
}

static void shown_paths(void **state)
{
	struct plan *plan = PLAN("path.volatile", "path.show=/etc//x/,/y");

	(void)state;
	assert_true(plan->everybody && !plan->everybody_all);
	assert_int_equal(plan->show.count, 2);
	assert_true(has(&plan->show, "/etc/x") && has(&plan->show, "/y"));
	plan_free(plan);
	plan = PLAN("path=/j", "path.base=/", "path.show=/x");
	assert_int_equal(plan->record.flags, POLICY_F_EVERYBODY);
	plan_free(plan);
	REFUSED(EINVAL, "path.show", "shared", "path=/j", "path.show=/x");
	REFUSED(EINVAL, "path.show", "shared", "users=inherit", "path.show=/x");
	REFUSED(EINVAL, "path.show", "every file", "path.readonly", "path.show=/");
	REFUSED(EINVAL, "path.show", "not absolute", "path.readonly", "path.show=x");
}

static void wrong_paths(void **state)
{
	static char longest[4200] = "path=/";

	(void)state;
	memset(longest + 6, 'x', 4094);
	plan_free(PLAN(longest));
	longest[6 + 4094] = 'x';
	REFUSED(EINVAL, "path", "too long", longest);
	REFUSED(EINVAL, "path", "empty", "path=");
	REFUSED(EINVAL, "path", "not absolute", "path=j");
	REFUSED(EINVAL, "path", "\"..\"", "path=/j/..");
	REFUSED(EINVAL, "path.base", "not absolute", "path=/j", "path.base=/x", "path.base+=y");
	REFUSED(EINVAL, "exec.dir", "not absolute", "path=/j", "exec.dir=y");
	REFUSED(EINVAL, "exec.consolelog", "not absolute", "path=/j", "exec.consolelog=y");
	REFUSED(EINVAL, "mount.fstab", "not absolute", "path=/j", "mount.fstab=y");
}

static void devices(void **state)
{
	struct plan *plan = PLAN("path=/j", "devices=/dev/kvm rw, /dev/net/tun r ,/dev//sda", "devices+=/dev/sda",
	    "devices+=/dev/net/tun\tw", "allow.mount.fusefs", "allow.vmm");

	(void)state;
	assert_int_equal(plan->ndevices, 4);
	assert_string_equal(plan->device[0].path, "/dev/kvm");
	assert_string_equal(plan->device[1].path, "/dev/net/tun");
	assert_int_equal(plan->device[1].access, POLICY_DEV_READ | POLICY_DEV_WRITE);
	assert_string_equal(plan->device[2].path, "/dev/sda");
	assert_int_equal(plan->device[2].access, POLICY_DEV_READ | POLICY_DEV_WRITE);
	assert_string_equal(plan->device[3].path, "/dev/fuse");
	plan_free(plan);
	plan = FILE_PLAN("path=/j", "devices=/dev/kvm w");
	assert_int_equal(plan->device[0].access, POLICY_DEV_WRITE);
	assert_string_equal(plan->device[0].origin.file, "conf");
	plan_free(plan);
	REFUSED(EINVAL, "devices", "r, w or rw", "path=/j", "devices=/dev/kvm x");
	REFUSED(EINVAL, "devices", "r, w or rw", "path=/j", "devices=/dev/kvm rr");
	REFUSED(EINVAL, "devices", "r, w or rw", "path=/j", "devices=/dev/kvm r w");
	REFUSED(EINVAL, "devices", "r, w or rw", "path=/j", "devices=/dev/kvm rwm");
	REFUSED(EINVAL, "devices", "/dev", "path=/j", "devices=/etc/passwd");
	REFUSED(EINVAL, "devices", "/dev", "path=/j", "devices=/dev");
	REFUSED(EINVAL, "devices", "\"..\"", "path=/j", "devices=/dev/../etc/x");
	REFUSED(E2BIG, "devices", "32", "path=/j",
	    "devices=/dev/1,/dev/2,/dev/3,/dev/4,/dev/5,/dev/6,/dev/7,/dev/8,/dev/9,/dev/10,/dev/11,/dev/12,/dev/13,"
	    "/dev/14,/dev/15,/dev/16,/dev/17,/dev/18,/dev/19,/dev/20,/dev/21,/dev/22,/dev/23,/dev/24,/dev/25,/dev/26,"
	    "/dev/27,/dev/28,/dev/29,/dev/30,/dev/31,/dev/32,/dev/33");
}

/* ------------------------------------------------------------------------------------------------------ commands */

static void is_command(struct plan *plan, const char *const *words)
{
	size_t n = 0;

	for (; words[n]; n++) {
		assert_true(n < plan->command.count);
		assert_string_equal(plan->command.item[n], words[n]);
	}
	assert_int_equal(plan->command.count, n);
	assert_null(plan->command.item[n]);
	plan_free(plan);
}

static void commands(void **state)
{
	struct plan *plan;

	(void)state;
	is_command(PLAN("path=/j", "command=make", "command+=a b", "command+="), ARGS("make", "a b", ""));
	is_command(PLAN("path=/j", "command=make check"), ARGS("make", "check"));
	is_command(PLAN("path=/j", "command= make\tCC=gcc  check "), ARGS("make", "CC=gcc", "check"));
	is_command(FILE_PLAN("path=/j", "command=make check"), ARGS("make", "check"));
	is_command(PLAN("path=/j", "command=echo $HOME"), ARGS("/bin/sh", "-c", "echo $HOME"));
	is_command(PLAN("path=/j", "command=A=b env"), ARGS("/bin/sh", "-c", "A=b env"));
	is_command(PLAN("path=/j", "command=a\nb"), ARGS("/bin/sh", "-c", "a\nb"));
	is_command(FILE_PLAN("path=/j", "command=/bin/true"), ARGS("/bin/true"));
	is_command(PLAN("path=/j", "command= "), ARGS(NULL));
	/* several lines of a file run in sequence, the last as the command */
	plan = FILE_PLAN("path=/j", "exec.start=one", "command=two x", "command+=three y");
	assert_int_equal(plan->start.count, 2);
	assert_string_equal(plan->start.item[0], "one");
	assert_string_equal(plan->start.item[1], "two x");
	assert_null(plan->start.item[2]);
	is_command(plan, ARGS("three", "y"));
	REFUSED(EINVAL, "exec.init", "no command", "path=/j", "exec.noinit");
	REFUSED(EINVAL, "exec.init", "persists", "path=/j", "exec.init=no", "persist", "command=x");
	REFUSED(EINVAL, "exec.restart", "no command", "path=/j", "exec.restart=always");
	REFUSED(EINVAL, "exec.restart", "reaper", "path=/j", "exec.restart=always", "command=x", "exec.init=no");
	plan = PLAN("path=/j", "exec.restart=failure", "command=x", "exec.timeout=2m", "stop.timeout=0");
	assert_int_equal(plan->restart, PLAN_RESTART_FAILURE);
	assert_int_equal(plan->exec_timeout, 120);
	assert_int_equal(plan->stop_timeout, 0);
	plan_free(plan);
}

static void hooks_and_users(void **state)
{
	struct plan *plan = PLAN("path=/j", "exec.prepare=a", "exec.prestart=b", "exec.created=c", "exec.poststart=d",
	    "exec.prestop=e", "exec.stop=f", "exec.poststop=g", "exec.release=h", "exec.start=i", "exec.start+=j k");

	(void)state;
	assert_string_equal(plan->prepare.item[0], "a");
	assert_string_equal(plan->prestart.item[0], "b");
	assert_string_equal(plan->created.item[0], "c");
	assert_string_equal(plan->poststart.item[0], "d");
	assert_string_equal(plan->prestop.item[0], "e");
	assert_string_equal(plan->stop.item[0], "f");
	assert_string_equal(plan->poststop.item[0], "g");
	assert_string_equal(plan->release.item[0], "h");
	assert_true(has(&plan->start, "j k"));
	plan_free(plan);
	plan = PLAN("path=/j", "exec.jail_user=www-data", "exec.system_user=0", "exec.system_jail_user", "exec.noclean",
	    "exec.consolelog=/var/log//x", "exec.dir=/srv/");
	assert_string_equal(plan->jail_user, "www-data");
	assert_string_equal(plan->system_user, "0");
	assert_true(plan->system_jail_user && !plan->exec_clean);
	assert_string_equal(plan->consolelog, "/var/log/x");
	assert_string_equal(plan->exec_dir, "/srv");
	plan_free(plan);
	REFUSED(EINVAL, "exec.jail_user", "no user's name", "path=/j", "exec.jail_user=");
	REFUSED(EINVAL, "exec.jail_user", "no user's name", "path=/j", "exec.jail_user=a:b");
	REFUSED(EINVAL, "exec.system_user", "no user's name", "path=/j", "exec.system_user=-x");
}

static void environment(void **state)
{
	struct plan *plan = PLAN("path=/j", "env=A=1", "env+=B=x,y = z", "env+=A=2", "env+=AB=", "meta=some.key-1=v");

	(void)state;
	assert_int_equal(plan->env.count, 3);
	assert_true(has(&plan->env, "A=2") && has(&plan->env, "B=x,y = z") && has(&plan->env, "AB="));
	plan_free(plan);
	REFUSED(EINVAL, "env", "KEY=value", "path=/j", "env=A");
	REFUSED(EINVAL, "env", "KEY=value", "path=/j", "env==x");
	REFUSED(EINVAL, "env", "KEY=value", "path=/j", "env=1A=x");
	REFUSED(EINVAL, "env", "KEY=value", "path=/j", "env=A.B=x");
	REFUSED(EINVAL, "env", "KEY=value", "path=/j", "env=A B=x");
	REFUSED(EINVAL, "meta", "KEY=value", "path=/j", "meta=x");
}

/* ------------------------------------------------------------------------------------------------- memory runs out */

static int make_one(void *arg)
{
	struct plan *plan = NULL;
	int r = plan_make(arg, NULL, &plan, NULL);

	plan_free(plan);
	return r;
}

static void memory_runs_out(void **state)
{
	static char command[3000] = "command=x";
	struct jail_params *p;

	(void)state;
	memset(command + 9, ' ', sizeof(command) - 11); /* a block of its own */
	command[sizeof(command) - 2] = 'y';
	p = set_of(ARGS("path.readonly", "path.hide=default", "path.base=/x", "devices=/dev/kvm", "mount=/a /b nullfs",
		       "mount+=tmpfs /t tmpfs size=1m", "env=A=b", "host.hostname=x",
		       "host.hostuuid=0123456789abcdef0123456789abcdef", "exec.start=x", command, "exec.jail_user=x"),
	    true);
	assert_true(failing_each(make_one, p) >= 50);
	jail_params_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(defaults),
	    cmocka_unit_test(names_and_numbers),
	    cmocka_unit_test(host),
	    cmocka_unit_test(network),
	    cmocka_unit_test(users),
	    cmocka_unit_test(shared_trees),
	    cmocka_unit_test(hidden_paths),
	    cmocka_unit_test(shown_paths),
	    cmocka_unit_test(wrong_paths),
	    cmocka_unit_test(devices),
	    cmocka_unit_test(commands),
	    cmocka_unit_test(hooks_and_users),
	    cmocka_unit_test(environment),
	    cmocka_unit_test(memory_runs_out),
	};

	return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}

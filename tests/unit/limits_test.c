/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * limits_test.c: limit.* from text to numbers: what is allowed, what each refusal says and where, which value a jail is
 * held to, and that a child is held to its parent's.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "error.h"
#include "plan.h"

#define G (UINT64_C(1) << 30)
#define M (UINT64_C(1) << 20)

static struct plan *make(const char *const *assignment, const struct policy_record *parent, struct jail_error *err)
{
	struct jail_params *p = NULL;
	struct plan *plan = NULL;

	memset(err, 0, sizeof(*err));
	assert_int_equal(jail_params_new(&p), 0);
	assert_int_equal(jail_params_parse(p, "name=web", NULL), 0);
	assert_int_equal(jail_params_parse(p, "path=/srv", NULL), 0);
	for (; *assignment != NULL; assignment++)
		assert_int_equal(jail_params_parse(p, *assignment, err), 0);
	(void)plan_make(p, parent, &plan, err);
	jail_params_free(p);
	return plan;
}

#define PLAN(...) make((const char *const[]){__VA_ARGS__, NULL}, NULL, &err)

static void refused(const char *assignment, const char *param, const char *what)
{
	struct jail_error err;
	struct plan *plan = PLAN(assignment);

	if (plan != NULL)
		fail_msg("%s is allowed", assignment);
	assert_int_equal(err.exitcode, 65);
	assert_string_equal(err.param, param);
	if (strstr(err.what, what) == NULL)
		fail_msg("%s: \"%s\" has no \"%s\"", assignment, err.what, what);
}

static void allowed(const char *assignment)
{
	struct jail_error err;
	struct plan *plan = PLAN(assignment);

	if (plan == NULL)
		fail_msg("%s: %s", assignment, err.what);
	plan_free(plan);
}

static void values(void **state)
{
	struct jail_error err;
	struct plan *plan = PLAN("limit.memoryuse=512m:deny, 400m:log", "limit.cputime=1h", "limit.pcpu=150%",
	    "limit.maxproc=100", "limit.swapuse=0", "limit.coredumpsize=0", "limit.wallclock=2d:sigterm");

	(void)state;
	assert_non_null(plan);
	assert_int_equal(plan->record.limit[POLICY_L_MEMORYUSE], 512 * M);
	assert_int_equal(plan->record.limit[POLICY_L_CPUTIME], 3600);
	assert_int_equal(plan->record.limit[POLICY_L_PCPU], 150);
	assert_int_equal(plan->record.limit[POLICY_L_MAXPROC], 100);
	assert_int_equal(plan->record.limit[POLICY_L_SWAPUSE], 0);
	assert_int_equal(plan->record.limit[POLICY_L_COREDUMPSIZE], 0);
	assert_int_equal(plan->record.limit[POLICY_L_WALLCLOCK], 172800);
	assert_int_equal(plan->record.limit[POLICY_L_NTHR], POLICY_UNLIMITED);
	assert_int_equal(plan->nlimits, 8);
	for (size_t i = 0; i < plan->nlimits; i++) {
		const struct plan_limit *l = &plan->limit[i];

		if (l->limit == POLICY_L_CPUTIME)
			assert_int_equal(l->signal, SIGKILL);
		if (l->limit == POLICY_L_WALLCLOCK)
			assert_int_equal(l->signal, SIGTERM);
		if (l->limit == POLICY_L_MEMORYUSE)
			assert_int_equal(l->action, l->value == 400 * M ? LIMIT_LOG : LIMIT_DENY);
	}
	plan_free(plan);
}

/* What is only told, signalled or of one device is not what the jail is held to. */
static void not_hard(void **state)
{
	struct jail_error err;
	struct plan *plan = PLAN("limit.memoryuse=1g,512m:sigterm,256m:log",
	    "limit.readbps=/dev/sda:1m:throttle,8:16:2m", "limit.writebps=10m");

	(void)state;
	assert_non_null(plan);
	assert_int_equal(plan->record.limit[POLICY_L_MEMORYUSE], G);
	assert_int_equal(plan->record.limit[POLICY_L_READBPS], POLICY_UNLIMITED);
	assert_int_equal(plan->record.limit[POLICY_L_WRITEBPS], 10 * M);
	for (size_t i = 0; i < plan->nlimits; i++) {
		const struct plan_limit *l = &plan->limit[i];

		if (l->limit == POLICY_L_READBPS)
			assert_string_equal(l->device, l->value == M ? "/dev/sda" : "8:16");
		else
			assert_null(l->device);
	}
	plan_free(plan);
}

static void directions(void **state)
{
	struct jail_error err;
	struct plan *plan = PLAN("limit.netrate=in:10m,out:5m");

	(void)state;
	assert_non_null(plan);
	assert_int_equal(plan->record.limit[POLICY_L_NETRATE_IN], 10 * M);
	assert_int_equal(plan->record.limit[POLICY_L_NETRATE_OUT], 5 * M);
	plan_free(plan);
	plan = PLAN("limit.netrate=1m");
	assert_non_null(plan);
	assert_int_equal(plan->record.limit[POLICY_L_NETRATE_IN], M);
	assert_int_equal(plan->record.limit[POLICY_L_NETRATE_OUT], M);
	plan_free(plan);
}

static void placement(void **state)
{
	struct jail_error err;
	struct plan *plan =
	    PLAN("limit.cpuset=0-1,3", "limit.cpuset.mems=0", "limit.cpushare=50", "limit.ioshare=10000");

	(void)state;
	assert_non_null(plan);
	assert_string_equal(plan->cpuset, "0-1,3");
	assert_string_equal(plan->cpuset_mems, "0");
	assert_int_equal(plan->cpushare, 50);
	assert_int_equal(plan->ioshare, 10000);
	plan_free(plan);
}

static void refusals(void **state)
{
	(void)state;
	refused("limit.memoryuse=0", "limit.memoryuse", "out of range: allowed: bytes (k, m, g, t) from 4096");
	refused("limit.memoryuse=-1", "limit.memoryuse", "no number of its kind");
	refused("limit.memoryuse=18446744073709551616", "limit.memoryuse", "no number of its kind");
	refused("limit.memoryuse=1e30", "limit.memoryuse", "no number of its kind");
	refused("limit.memoryuse=9223372036854775807", "limit.memoryuse", "out of range");
	refused("limit.memoryuse=1x", "limit.memoryuse", "no number of its kind");
	refused("limit.memoryuse=1g:throttle", "limit.memoryuse", "it can't do that: allowed:");
	refused("limit.memoryuse=1g:sigfoo", "limit.memoryuse", "no such action");
	refused("limit.memoryuse=unlimited,1g", "limit.memoryuse", "stands alone");
	refused("limit.cpuset=0,unlimited", "limit.cpuset", "stands alone");
	refused("limit.memoryuse=1g:", "limit.memoryuse", "no such action");
	refused("limit.memoryuse=/dev/sda:1g", "limit.memoryuse", "too many colons");
	refused("limit.openfiles=100:sigterm", "limit.openfiles", "it can't do that");
	refused("limit.cputime=1h:deny", "limit.cputime", "it can't do that");
	refused("limit.cputime=0", "limit.cputime", "out of range");
	refused("limit.readbps=1m:deny", "limit.readbps", "it can't do that");
	refused("limit.readbps=:1m", "limit.readbps", "nothing before");
	refused("limit.netrate=up:1m", "limit.netrate", "neither in nor out");
	refused("limit.pcpu=50k", "limit.pcpu", "no number of its kind");
	refused("limit.pcpu=%", "limit.pcpu", "no number of its kind");
	refused("limit.cpushare=0", "limit.cpushare", "weight from 1 to 10000");
	refused("limit.cpushare=10001", "limit.cpushare", "weight");
	refused("limit.ioshare=1,2", "limit.ioshare", "weight");
	refused("limit.cpuset=a", "limit.cpuset", "numbers and ranges");
	refused("limit.cpuset=3-1", "limit.cpuset", "numbers and ranges");
	refused("limit.cpuset=1-", "limit.cpuset", "numbers and ranges");
	refused("limit.cpuset=99999", "limit.cpuset", "numbers and ranges");
}

static void soft_above_hard(void **state)
{
	struct jail_error err;

	(void)state;
	assert_null(PLAN("limit.memoryuse=1g", "limit.memoryuse.soft=2g"));
	assert_string_equal(err.param, "limit.memoryuse.soft");
	assert_non_null(strstr(err.what, "are above limit.memoryuse"));
	refused("limit.memoryuse=64m,128m:log", "limit.memoryuse", "134217728:log is never reached");
	refused("limit.memoryuse=128m:sigterm,64m:sigkill", "limit.memoryuse", "134217728:sigterm is never reached");
	refused("limit.nthr=21:sigusr1,20", "limit.nthr", "21:sigusr1 is never reached, the jail is held to 20");
	refused("limit.wallclock=1h,2h:log", "limit.wallclock", "7200:log is never reached");
	allowed("limit.wallclock=1:sigterm,2:log,3:sigkill");
	allowed("limit.maxproc=20:log,20:deny");
}

static void origin(void **state)
{
	static const char text[] = "web {\n path = /srv;\n limit.memoryuse = 1g,\n\t5x;\n}\n";
	struct jail_params *p = NULL;
	struct jail_conf *c = NULL;
	struct plan *plan = NULL;
	struct jail_error err;

	(void)state;
	assert_int_equal(jail_conf_new(&c), 0);
	assert_int_equal(jail_conf_memory(c, "test.conf", text, sizeof(text) - 1, &err), 0);
	assert_int_equal(jail_conf_jail(c, "web", NULL, NULL, NULL, &p, &err), 0);
	assert_int_equal(plan_make(p, NULL, &plan, &err), -EINVAL);
	assert_string_equal(err.file, "test.conf");
	assert_int_equal(err.line, 4);
	jail_params_free(p);
	jail_conf_free(c);
}

static void child(void **state)
{
	struct jail_error err;
	struct plan *parent = PLAN("limit.memoryuse=1g", "limit.openfiles=100", "children.max=3"), *plan;

	(void)state;
	assert_non_null(parent);
	plan = make((const char *const[]){"limit.memoryuse=512m", NULL}, &parent->record, &err);
	assert_non_null(plan);
	assert_int_equal(plan->record.limit[POLICY_L_MEMORYUSE], 512 * M);
	assert_int_equal(plan->record.limit[POLICY_L_OPENFILES], 100);
	plan_free(plan);
	assert_null(make((const char *const[]){"limit.memoryuse=2g", NULL}, &parent->record, &err));
	assert_string_equal(err.param, "limit.memoryuse");
	assert_int_equal(err.errnum, EPERM);
	assert_null(make((const char *const[]){"limit.openfiles=101", NULL}, &parent->record, &err));
	assert_string_equal(err.param, "limit.openfiles");
	plan_free(parent);
}

/* Every row of the pure table is a row of the parameter table, and has a name for each of its actions. */
static void rows(void **state)
{
	const struct limit_row *row;
	char buf[16], previous[64] = "";

	(void)state;
	for (size_t i = 0; (row = limit_row_at(i)) != NULL; i++) {
		const struct jail_param *param = jail_param_find(row->param);
		enum limit_action action;
		int number;

		assert_non_null(param);
		assert_true((param->flags & JAIL_PARAM_LIVE) != 0);
		assert_true(strcmp(previous, row->param) < 0);
		(void)snprintf(previous, sizeof(previous), "%s", row->param);
		assert_ptr_equal(limit_row_of(row->limit), row);
		assert_string_equal(policy_limit_name(row->limit), row->param + strlen("limit."));
		assert_true((row->actions & LIMIT_CAN(row->fallback)) != 0);
		limit_action_name(row->fallback, row->fallback_signal, buf);
		assert_true(limit_action_parse(buf, strlen(buf), &action, &number));
		assert_int_equal(action, row->fallback);
		assert_int_equal(number, row->fallback_signal);
	}
	for (unsigned l = 0; l < POLICY_L_COUNT; l++)
		assert_non_null(limit_row_of((enum policy_limit)l));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(values),
	    cmocka_unit_test(not_hard),
	    cmocka_unit_test(directions),
	    cmocka_unit_test(placement),
	    cmocka_unit_test(refusals),
	    cmocka_unit_test(soft_above_hard),
	    cmocka_unit_test(origin),
	    cmocka_unit_test(child),
	    cmocka_unit_test(rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * seccomp_test: the compiled filter decides every call as the table of gates says, whatever a jail has; and a filter
 * that does not fit is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>

#include "filter_run.h"
#include "privilege.h"
#include "privilege_table.h"
#include "util.h"

#define P(name) POLICY_BIT(POLICY_P_##name)
#define DEFAULTS (P(SET_HOSTNAME) | P(RESERVED_PORTS) | P(UNPRIVILEGED_PROC_DEBUG) | P(SUSER))

static uint32_t action_of(uint8_t verdict)
{
	switch (verdict) {
	case VERDICT_ALLOW:
		return SECCOMP_RET_ALLOW;
	case VERDICT_EPERM:
		return SECCOMP_RET_ERRNO | EPERM;
	case VERDICT_ENOSYS:
		return SECCOMP_RET_ERRNO | ENOSYS;
	case VERDICT_EAFNOSUPPORT:
		return SECCOMP_RET_ERRNO | EAFNOSUPPORT;
	case VERDICT_EPROTONOSUPPORT:
		return SECCOMP_RET_ERRNO | EPROTONOSUPPORT;
	default:
		return SECCOMP_RET_KILL_PROCESS;
	}
}

static uint8_t verdict_of(
    const struct seccomp_rule *rules, const struct seccomp_rule *rule, const struct seccomp_data *data)
{
	for (size_t i = 0; i < rule->count; i++) {
		const struct seccomp_test *t = &rule->test[i];
		bool same = ((uint32_t)data->args[t->arg] & t->mask) == t->value;

		if (same == t->differs)
			continue;
		if (t->then < VERDICT_COUNT)
			return t->then;
		/* Once more, with the tests of the rule that it goes on with. */
		rule = &rules[t->then - VERDICT_COUNT];
		i = SIZE_MAX;
	}
	return rule->otherwise;
}

/* ------------------------------------------------------------------------------------------------- the compiler */

/* Arguments that are near what a rule tests, each in turn, and beyond the low half. */
static void compare_rule(const struct sock_filter *code, size_t length, const struct seccomp_table *table,
    const struct seccomp_rule *rules, uint32_t number, bool remembered)
{
	const struct seccomp_rule *rule = &rules[number < SECCOMP_NUMBERS_MAX ? table->rule[number] : GATE_UNKNOWN];
	struct seccomp_data data = {.nr = (int)number, .arch = table->arch};
	bool constant;

	for (unsigned i = 0; i < 4u * rule->count + 8; i++) {
		for (unsigned arg = 0; arg < 6; arg++)
			data.args[arg] = (uint64_t)(unsigned)rand() << 32 | ((unsigned)rand() & (unsigned)rand());
		if (i < 4u * rule->count) {
			const struct seccomp_test *t = &rule->test[i / 4];

			data.args[t->arg] = (data.args[t->arg] & ~(uint64_t)t->mask) | t->value;
			data.args[t->arg] ^= (i % 4 == 3) ? 1u << (rand() % 32) : 0;
			/* The test before it may have taken its case away; leave it nothing else. */
			if (i % 4 == 1)
				data.args[t->arg] = t->value;
			if (i % 4 == 2 && i / 4 + 1 < rule->count)
				data.args[t[1].arg] = t[1].value;
		}
		if (rule->count == 0 && rule->otherwise == VERDICT_ANY) {
			(void)filter_run(code, length, &data, &constant);
			continue;
		}
		assert_int_equal(filter_run(code, length, &data, &constant), action_of(verdict_of(rules, rule, &data)));
		/* Of the machine's own calls the kernel remembers the answer; it does not try those of the others. */
		if (rule->count == 0 || !remembered)
			assert_int_equal(constant, remembered);
	}
}

static size_t compare(const enum seccomp_abi *abi, size_t nabi, uint64_t held)
{
	static struct seccomp_table tables[SECCOMP_ABI_COUNT];
	static struct seccomp_rule rules[GATE_COUNT];
	static struct sock_filter code[PRIVILEGE_FILTER_MAX];
	static const uint32_t beyond[] = {
	    SECCOMP_NUMBERS_MAX, 1000, 0x3fffffff, 0x40000000, 0x40000001, 0x7fffffff, 0x80000000, UINT32_MAX};
	struct seccomp_data data = {.arch = AUDIT_ARCH_ARM};
	bool constant;
	int length;

	for (size_t i = 0; i < nabi; i++)
		privilege_system_calls(abi[i], &tables[i]);
	privilege_rules(held, rules);
	length = seccomp_build(tables, nabi, rules, GATE_COUNT, code, PRIVILEGE_FILTER_MAX);
	assert_in_range(length, 50, PRIVILEGE_FILTER_MAX);
	for (size_t i = 0; i < nabi; i++) {
		for (uint32_t number = 0; number < SECCOMP_NUMBERS_MAX; number++)
			compare_rule(code, (size_t)length, &tables[i], rules, number, i == 0);
		for (size_t j = 0; j < ARRAY_SIZE(beyond); j++)
			compare_rule(code, (size_t)length, &tables[i], rules, beyond[j], i == 0);
	}
	assert_int_equal(filter_run(code, (size_t)length, &data, &constant), SECCOMP_RET_KILL_PROCESS);
	return (size_t)length;
}

static const enum seccomp_abi x86[] = {SECCOMP_ABI_X86_64, SECCOMP_ABI_I386}, arm[] = {SECCOMP_ABI_AARCH64};

static void the_filter_says_what_the_table_says(void **state)
{
	const uint64_t beside = HELD_MSG | HELD_SEM | HELD_SHM | HELD_MOUNTS | HELD_NETWORK | HELD_MQ;
	size_t most = 0, length;

	(void)state;
	print_message("default filter: %zu instructions\n", compare(x86, 2, DEFAULTS | beside));
	(void)compare(x86, 2, 0);
	(void)compare(arm, 1, 0);
	(void)compare(x86, 2, UINT64_MAX);
	(void)compare(arm, 1, UINT64_MAX);
	for (unsigned bit = 0; bit < 64; bit++) {
		length = compare(x86, 2, POLICY_BIT(bit));
		most = length > most ? length : most;
		(void)compare(arm, 1, POLICY_BIT(bit));
		length = compare(x86, 2, ~POLICY_BIT(bit));
		most = length > most ? length : most;
	}
	for (int i = 0; i < 300; i++) {
		uint64_t held = (uint64_t)(unsigned)rand() << 40 ^ (uint64_t)(unsigned)rand() << 20 ^ (unsigned)rand();

		length = compare(x86, 2, held);
		most = length > most ? length : most;
		(void)compare(arm, 1, held);
	}
	print_message("longest filter: %zu instructions\n", most);
	/* Every instruction costs time at each start. */
	assert_in_range(most, 1, 450);
}

static void what_does_not_fit_is_refused(void **state)
{
	static struct seccomp_table table;
	static struct seccomp_rule rules[GATE_COUNT];
	static struct sock_filter code[PRIVILEGE_FILTER_MAX];
	int length;

	(void)state;
	privilege_system_calls(SECCOMP_ABI_X86_64, &table);
	privilege_rules(0, rules);
	length = seccomp_build(&table, 1, rules, GATE_COUNT, code, PRIVILEGE_FILTER_MAX);
	assert_true(length > 0);
	for (int max = 0; max < length; max++)
		assert_int_equal(seccomp_build(&table, 1, rules, GATE_COUNT, code, (size_t)max), -E2BIG);
	assert_int_equal(seccomp_build(&table, 1, rules, GATE_COUNT, code, (size_t)length), length);
	rules[GATE_IOCTL].count = SECCOMP_TESTS_MAX + 1;
	assert_int_equal(seccomp_build(&table, 1, rules, GATE_COUNT, code, PRIVILEGE_FILTER_MAX), -E2BIG);
	privilege_rules(0, rules);
	/* A rule that leads back, or nowhere. */
	rules[GATE_SOCKET_IP].test[0].then = SECCOMP_THEN_RULE(GATE_SOCKET_IP);
	assert_int_equal(seccomp_build(&table, 1, rules, GATE_COUNT, code, PRIVILEGE_FILTER_MAX), -E2BIG);
	rules[GATE_SOCKET_IP].test[0].then = SECCOMP_THEN_RULE(GATE_COUNT);
	assert_int_equal(seccomp_build(&table, 1, rules, GATE_COUNT, code, PRIVILEGE_FILTER_MAX), -E2BIG);
	privilege_rules(0, rules);
	for (size_t i = 0; i < SECCOMP_NUMBERS_MAX; i++)
		table.rule[i] = i % 2 ? GATE_NEVER : GATE_ALWAYS;
	assert_int_equal(seccomp_build(&table, 1, rules, GATE_COUNT, code, PRIVILEGE_FILTER_MAX), -E2BIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_filter_says_what_the_table_says),
	    cmocka_unit_test(what_does_not_fit_is_refused),
	};

	srand(20240229);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

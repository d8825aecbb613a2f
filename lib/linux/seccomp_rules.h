/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * seccomp_rules.h: from rules about system calls to a BPF program. Knows numbers, arguments and the machine; it may not
 * know what a rule is for.
 */
#ifndef LINUX_SECCOMP_RULES_H
#define LINUX_SECCOMP_RULES_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum seccomp_verdict {
	VERDICT_ALLOW,
	VERDICT_EPERM,
	VERDICT_ENOSYS,
	VERDICT_EAFNOSUPPORT,
	VERDICT_EPROTONOSUPPORT,
	VERDICT_KILL,
	VERDICT_ANY, /* the kernel itself has no such call: whatever holds for its neighbours */
	VERDICT_COUNT
};

/* Instead of a verdict: the call is decided by the tests of the rule with this index. Rules may not go in circles. */
#define SECCOMP_THEN_RULE(index) (VERDICT_COUNT + (index))

/*
 * If (low half of argument `arg` & mask) == value (with `differs`: !=), then the verdict. The low half is what the
 * kernel looks at in all arguments that are tested.
 */
struct seccomp_test {
	uint8_t arg;
	bool differs;
	uint8_t then; /* enum seccomp_verdict, or SECCOMP_THEN_RULE(): a rule with a higher index */
	uint32_t mask, value;
};

#define SECCOMP_TESTS_MAX 16

/*
 * The first test that holds decides, else `otherwise`. Without tests the kernel remembers the answer for the first
 * table.
 */
struct seccomp_rule {
	uint8_t count;
	uint8_t otherwise;
	struct seccomp_test test[SECCOMP_TESTS_MAX];
};

enum seccomp_abi { SECCOMP_ABI_X86_64, SECCOMP_ABI_I386, SECCOMP_ABI_AARCH64, SECCOMP_ABI_COUNT };

#define SECCOMP_NUMBERS_MAX 512

/* One way of calling the kernel: for each number the index of its rule. */
struct seccomp_table {
	uint32_t arch; /* AUDIT_ARCH_* */
	uint8_t rule[SECCOMP_NUMBERS_MAX];
};

/*
 * Compile: calls of other architectures kill, numbers beyond the tables are ENOSYS. Returns the length, or -E2BIG when
 * it does not fit into `max` instructions. Pure.
 */
int seccomp_build(const struct seccomp_table *tables, size_t ntables, const struct seccomp_rule *rules, size_t nrules,
    struct sock_filter *ret, size_t max);

#endif

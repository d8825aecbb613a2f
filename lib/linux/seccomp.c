/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * seccomp.c: a small compiler from rules to classic BPF. For each ABI a binary search over ranges of numbers with the
 * same rule; whatever is decided by the number alone never looks at an argument, so that the kernel, which tries every
 * number when the filter is installed, lets those that are allowed pass without running it again. It may not know what
 * a rule is for.
 */
#include "seccomp_rules.h"

#include <errno.h>
#include <linux/seccomp.h>

#include "util.h"

/* A jump to a rule's tests while they have no address yet. No program is long enough for a real jump to look so. */
#define PENDING 0x80000000u
#define RANGES_MAX 256

struct builder {
	struct sock_filter *code;
	size_t length, max;
	bool full;
};

struct range {
	uint32_t first;
	uint8_t rule;
};

static void emit(struct builder *b, unsigned code, uint8_t jt, uint8_t jf, uint32_t k)
{
	if (b->length == b->max)
		b->full = true;
	else
		b->code[b->length++] = (struct sock_filter){.code = (uint16_t)code, .jt = jt, .jf = jf, .k = k};
}

static void emit_verdict(struct builder *b, uint8_t verdict)
{
	static const uint32_t action[VERDICT_COUNT] = {
	    [VERDICT_ALLOW] = SECCOMP_RET_ALLOW,
	    [VERDICT_EPERM] = SECCOMP_RET_ERRNO | EPERM,
	    [VERDICT_ENOSYS] = SECCOMP_RET_ERRNO | ENOSYS,
	    [VERDICT_EAFNOSUPPORT] = SECCOMP_RET_ERRNO | EAFNOSUPPORT,
	    [VERDICT_EPROTONOSUPPORT] = SECCOMP_RET_ERRNO | EPROTONOSUPPORT,
	    [VERDICT_KILL] = SECCOMP_RET_KILL_PROCESS,
	};

	emit(b, BPF_RET | BPF_K, 0, 0, verdict < VERDICT_COUNT ? action[verdict] : SECCOMP_RET_KILL_PROCESS);
}

static void emit_rule(struct builder *b, const struct seccomp_rule *rule)
{
	const struct seccomp_test *before = NULL;

	if (rule->count > SECCOMP_TESTS_MAX) {
		b->full = true;
		return;
	}
	for (size_t i = 0; i < rule->count; i++) {
		const struct seccomp_test *t = &rule->test[i];

		if (!before || before->arg != t->arg || before->mask != t->mask) {
			/* Little endian: the low half comes first. */
			emit(b, BPF_LD | BPF_W | BPF_ABS, 0, 0,
			    (uint32_t)(offsetof(struct seccomp_data, args) + 8u * t->arg));
			if (t->mask != UINT32_MAX)
				emit(b, BPF_ALU | BPF_AND | BPF_K, 0, 0, t->mask);
		}
		emit(b, BPF_JMP | BPF_JEQ | BPF_K, t->differs ? 1 : 0, t->differs ? 0 : 1, t->value);
		emit_verdict(b, t->then);
		before = t;
	}
	emit_verdict(b, rule->otherwise);
}

/* Do two rules say the same of every call? Only asked of rules without tests: others are compared by their index. */
static bool same_rule(const struct seccomp_rule *rules, uint8_t a, uint8_t b)
{
	if (a == b)
		return true;
	return rules[a].count == 0 && rules[b].count == 0 && rules[a].otherwise == rules[b].otherwise;
}

static size_t find_ranges(const struct seccomp_table *t, const struct seccomp_rule *rules, struct range *ret)
{
	size_t n = 0;

	for (uint32_t i = 0; i < SECCOMP_NUMBERS_MAX; i++) {
		if (n > 0 && same_rule(rules, ret[n - 1].rule, t->rule[i]))
			continue;
		if (n == RANGES_MAX)
			return 0;
		ret[n++] = (struct range){.first = i, .rule = t->rule[i]};
	}
	return n;
}

/* The number is in the accumulator, and in one of these ranges. Depth: log2(RANGES_MAX). */
static void emit_search(struct builder *b, const struct seccomp_rule *rules, const struct range *range, size_t n)
{
	size_t at = b->length, half = n / 2;

	if (n == 1) {
		if (rules[range->rule].count == 0)
			emit_verdict(b, rules[range->rule].otherwise);
		else
			emit(b, BPF_JMP | BPF_JA, 0, 0, PENDING | range->rule);
		return;
	}
	emit(b, BPF_JMP | BPF_JGE | BPF_K, 0, 0, range[half].first);
	emit_search(b, rules, range, half);
	if (b->full)
		return;
	/* A conditional jump reaches 255 instructions far; RANGES_MAX keeps the left half within that. */
	b->code[at].jt = (uint8_t)(b->length - at - 1);
	emit_search(b, rules, range + half, n - half);
}

static int emit_table(struct builder *b, const struct seccomp_table *t, const struct seccomp_rule *rules)
{
	struct range range[RANGES_MAX];
	size_t n = find_ranges(t, rules, range);

	if (n == 0)
		return -E2BIG;
	emit(b, BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, nr));
	/* Also x32, whose numbers have a bit of their own, far beyond. */
	emit(b, BPF_JMP | BPF_JGE | BPF_K, 0, 1, SECCOMP_NUMBERS_MAX);
	emit_verdict(b, VERDICT_ENOSYS);
	emit_search(b, rules, range, n);
	return 0;
}

/* Put the tests of every rule that is jumped to behind the searches, once, and give the jumps their distance. */
static void emit_pending(struct builder *b, const struct seccomp_rule *rules)
{
	size_t end = b->length;

	for (size_t i = 0; i < end && !b->full; i++) {
		uint32_t wanted = b->code[i].k;
		size_t here = b->length;

		if (b->code[i].code != (BPF_JMP | BPF_JA) || !(wanted & PENDING))
			continue;
		emit_rule(b, &rules[wanted & ~PENDING]);
		for (size_t j = i; j < end; j++) {
			if (b->code[j].code == (BPF_JMP | BPF_JA) && b->code[j].k == wanted)
				b->code[j].k = (uint32_t)(here - j - 1);
		}
	}
}

int seccomp_build(const struct seccomp_table *tables, size_t ntables, const struct seccomp_rule *rules,
    struct sock_filter *ret, size_t max)
{
	struct builder b = {.code = ret, .max = max};

	for (size_t i = 0; i < ntables; i++) {
		size_t at;
		int r;

		emit(&b, BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, arch));
		emit(&b, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, tables[i].arch);
		at = b.length;
		emit(&b, BPF_JMP | BPF_JA, 0, 0, 0);
		r = emit_table(&b, &tables[i], rules);
		if (r < 0 || b.full)
			return -E2BIG;
		b.code[at].k = (uint32_t)(b.length - at - 1);
	}
	emit_verdict(&b, VERDICT_KILL);
	emit_pending(&b, rules);
	return b.full ? -E2BIG : (int)b.length;
}

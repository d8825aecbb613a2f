/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * seccomp.c: a small compiler from rules to classic BPF. For each ABI a binary search over ranges of numbers with the
 * same rule; whatever is decided by the number alone never looks at an argument, so that the kernel, which tries every
 * number when the filter is installed, lets those that are allowed pass without running it again. That trying takes a
 * quarter of the time that installing takes, so it is only bought for the machine's own ABI: in front of the others an
 * argument is read, which ends it, and their calls run the filter, some twenty instructions, each time.
 *
 * Every instruction costs a quarter of a microsecond at the start of every jail (the kernel translates and compiles
 * them), so the code is written from its end: then each jump knows where it goes, and verdicts and tests that are alike
 * are there once. It may not know what a rule is for.
 */
#include "seccomp_rules.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <string.h>

#include "util.h"

#define RANGES_MAX 256
#define RULES_MAX 64
#define NEAR 255 /* how far a conditional jump reaches */

/*
 * Places are counted from the end of the code: the instruction that was written as the n-th is place n. 0: nowhere
 * yet.
 */
struct builder {
	struct sock_filter *code;
	size_t max, length;
	bool full;
	const struct seccomp_rule *rules;
	size_t verdict[VERDICT_COUNT]; /* where the nearest one is */
	size_t rule[RULES_MAX];	       /* the same of the tests of each rule */
};

struct range {
	uint32_t first;
	uint8_t rule;
};

/* Write the instruction in front of the others; returns its place. */
static size_t emit(struct builder *b, struct sock_filter instruction)
{
	if (b->length == b->max) {
		b->full = true;
		return b->length;
	}
	b->length++;
	b->code[b->max - b->length] = instruction;
	return b->length;
}

static size_t emit_load(struct builder *b, size_t offset)
{
	return emit(b, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset));
}

/* Can an instruction in front of the next one, too, reach the place? (A pair of jumps may put one between.) */
static bool is_near(const struct builder *b, size_t place)
{
	return place != 0 && b->length + 1 - place <= NEAR;
}

/* A place near enough, from where the code goes on at `place`. */
static size_t bring_near(struct builder *b, size_t place)
{
	if (is_near(b, place))
		return place;
	return emit(b, (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, (uint32_t)(b->length - place)));
}

static size_t place_of_verdict(struct builder *b, uint8_t verdict)
{
	static const uint32_t action[VERDICT_COUNT] = {
	    [VERDICT_ALLOW] = SECCOMP_RET_ALLOW,
	    [VERDICT_EPERM] = SECCOMP_RET_ERRNO | EPERM,
	    [VERDICT_ENOSYS] = SECCOMP_RET_ERRNO | ENOSYS,
	    [VERDICT_EAFNOSUPPORT] = SECCOMP_RET_ERRNO | EAFNOSUPPORT,
	    [VERDICT_EPROTONOSUPPORT] = SECCOMP_RET_ERRNO | EPROTONOSUPPORT,
	    [VERDICT_KILL] = SECCOMP_RET_KILL_PROCESS,
	    [VERDICT_ANY] = SECCOMP_RET_ERRNO | ENOSYS,
	};

	if (verdict >= VERDICT_COUNT)
		verdict = VERDICT_KILL;
	if (!is_near(b, b->verdict[verdict]))
		b->verdict[verdict] = emit(b, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, action[verdict]));
	return b->verdict[verdict];
}

/* Both places are near; `place` may be the very next instruction. */
static size_t emit_branch(struct builder *b, unsigned op, uint32_t k, size_t yes, size_t no)
{
	struct sock_filter jump = {.code = (uint16_t)(BPF_JMP | op | BPF_K),
	    .jt = (uint8_t)(b->length - yes),
	    .jf = (uint8_t)(b->length - no),
	    .k = k};

	return emit(b, jump);
}

static bool same_load(const struct seccomp_test *a, const struct seccomp_test *b)
{
	return a->arg == b->arg && a->mask == b->mask;
}

static size_t place_of_rule(struct builder *b, uint8_t index);

/* A verdict, or another rule's tests. */
static size_t place_of(struct builder *b, uint8_t then)
{
	return then < VERDICT_COUNT ? place_of_verdict(b, then) : place_of_rule(b, (uint8_t)(then - VERDICT_COUNT));
}

/* The tests of a rule, the last one first. Recursion ends because rules only lead to later ones (sound_rule()). */
static size_t emit_tests(struct builder *b, const struct seccomp_rule *rule)
{
	size_t next = place_of_verdict(b, rule->otherwise);

	for (size_t i = rule->count; i-- > 0;) {
		const struct seccomp_test *t = &rule->test[i];
		size_t then = place_of(b, t->then);

		next = bring_near(b, next);
		next = emit_branch(b, BPF_JEQ, t->value, t->differs ? next : then, t->differs ? then : next);
		if (i > 0 && same_load(t, t - 1))
			continue;
		if (t->mask != UINT32_MAX)
			(void)emit(b, (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, t->mask));
		/* Little endian: the low half comes first. */
		next = emit_load(b, offsetof(struct seccomp_data, args) + 8u * t->arg);
	}
	return next;
}

static size_t place_of_rule(struct builder *b, uint8_t index)
{
	const struct seccomp_rule *rule = &b->rules[index];

	if (rule->count == 0)
		return place_of_verdict(b, rule->otherwise);
	if (b->rule[index] == 0)
		b->rule[index] = emit_tests(b, rule);
	b->rule[index] = bring_near(b, b->rule[index]);
	return b->rule[index];
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
		const struct seccomp_rule *rule = &rules[t->rule[i]];

		if (n > 0 && rule->count == 0 && rule->otherwise == VERDICT_ANY)
			continue;
		if (n > 0 && same_rule(rules, ret[n - 1].rule, t->rule[i]))
			continue;
		if (n == RANGES_MAX)
			return 0;
		ret[n++] = (struct range){.first = i, .rule = t->rule[i]};
	}
	return n;
}

/* With the number in the accumulator, and in one of these ranges. Depth: log2(RANGES_MAX). */
static size_t emit_search(struct builder *b, const struct range *range, size_t n)
{
	size_t half = n / 2, above, below;

	if (n == 1)
		return place_of_rule(b, range->rule);
	above = emit_search(b, range + half, n - half);
	below = emit_search(b, range, half);
	above = bring_near(b, above);
	below = bring_near(b, below);
	return emit_branch(b, BPF_JGE, range[half].first, above, below);
}

/* Returns where it begins, 0 when there are too many ranges. `remembered`: the kernel is to try every number. */
static size_t emit_table(struct builder *b, const struct seccomp_table *t, bool remembered)
{
	struct range range[RANGES_MAX];
	size_t n = find_ranges(t, b->rules, range), root;

	/* What is beyond the table is in none; also x32, whose numbers have a bit of their own. */
	if (n == 0 || b->rules[range[n - 1].rule].count != 0 || b->rules[range[n - 1].rule].otherwise != VERDICT_ENOSYS)
		return 0;
	root = emit_search(b, range, n);
	/* What is written next runs into what was written last. */
	if (root != b->length)
		(void)emit(b, (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, (uint32_t)(b->length - root)));
	root = emit_load(b, offsetof(struct seccomp_data, nr));
	return remembered ? root : emit_load(b, offsetof(struct seccomp_data, args));
}

static bool sound_rule(const struct seccomp_rule *rules, size_t nrules, size_t index)
{
	if (rules[index].count > SECCOMP_TESTS_MAX)
		return false;
	for (size_t i = 0; i < rules[index].count; i++) {
		size_t then = rules[index].test[i].then;

		if (then >= VERDICT_COUNT && (then - VERDICT_COUNT <= index || then - VERDICT_COUNT >= nrules))
			return false;
	}
	return true;
}

int seccomp_build(const struct seccomp_table *tables, size_t ntables, const struct seccomp_rule *rules, size_t nrules,
    struct sock_filter *ret, size_t max)
{
	struct builder b = {.code = ret, .max = max, .rules = rules};
	size_t entry[SECCOMP_ABI_COUNT], next;

	if (ntables > SECCOMP_ABI_COUNT || nrules > RULES_MAX)
		return -E2BIG;
	for (size_t i = 0; i < nrules; i++) {
		if (!sound_rule(rules, nrules, i))
			return -E2BIG;
	}
	/* The first ABI is the machine's own: nearest to the beginning. */
	for (size_t i = ntables; i-- > 0;) {
		entry[i] = emit_table(&b, &tables[i], i == 0);
		if (entry[i] == 0)
			return -E2BIG;
	}
	next = place_of_verdict(&b, VERDICT_KILL);
	for (size_t i = ntables; i-- > 0;) {
		entry[i] = bring_near(&b, entry[i]);
		next = bring_near(&b, next);
		next = emit_branch(&b, BPF_JEQ, tables[i].arch, entry[i], next);
	}
	(void)emit_load(&b, offsetof(struct seccomp_data, arch));
	if (b.full)
		return -E2BIG;
	memmove(ret, ret + max - b.length, b.length * sizeof(*ret));
	return (int)b.length;
}

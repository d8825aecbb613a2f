/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * filter_run.h: an interpreter of the filters that lib/linux/seccomp.c makes, for the tests of what they decide.
 */
#ifndef TESTS_FILTER_RUN_H
#define TESTS_FILTER_RUN_H

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Run the program as the kernel does; `constant` says whether it came to its end without an argument. */
static inline uint32_t filter_run(
    const struct sock_filter *code, size_t length, const struct seccomp_data *data, bool *constant)
{
	uint32_t a = 0, value;
	size_t pc = 0;

	*constant = true;
	for (;;) {
		const struct sock_filter *i = &code[pc];

		assert_true(pc < length);
		switch (i->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			assert_true(i->k % 4 == 0 && i->k + 4 <= sizeof(*data));
			memcpy(&value, (const char *)data + i->k, 4);
			a = value;
			if (i->k >= offsetof(struct seccomp_data, args))
				*constant = false;
			pc++;
			break;
		case BPF_ALU | BPF_AND | BPF_K:
			a &= i->k;
			pc++;
			break;
		case BPF_JMP | BPF_JA:
			pc += 1 + (size_t)i->k;
			break;
		case BPF_JMP | BPF_JEQ | BPF_K:
			pc += 1u + (a == i->k ? i->jt : i->jf);
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			pc += 1u + (a >= i->k ? i->jt : i->jf);
			break;
		case BPF_RET | BPF_K:
			return i->k;
		default:
			fail_msg("instruction %zu: %#x", pc, i->code);
		}
	}
}

#endif

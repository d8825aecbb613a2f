/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * netrate.c: see netrate.h. The programs are two dozen instructions, written by hand: no compiler for them is needed to
 * build, no library to load them.
 */
#include "netrate.h"

#include <linux/bpf.h>
#include <stddef.h>
#include <string.h>

#include "error.h"
#include "sys.h"

#define NAME "jail_netrate"
#define SHIFT 16		  /* nanoseconds a byte are counted in parts of 65536 */
#define BURST UINT64_C(500000000) /* nanoseconds: what TCP waits when nothing of its own is under way */
#define LOOPBACK 1		  /* its interface has this number in every stack */

/* What a program counts with; the only element of its map. */
struct bucket {
	uint64_t cost;	/* of a byte, in nanoseconds << SHIFT */
	uint64_t burst; /* nanoseconds */
	uint64_t next;	/* all that passed so far is paid for by then (CLOCK_MONOTONIC) */
	uint64_t refused;
};

static const struct direction {
	enum policy_limit limit;
	enum bpf_attach_type attach;
	int refuse; /* what the program returns: outgoing, TCP is told to slow down */
} directions[] = {
    {POLICY_L_NETRATE_IN, BPF_CGROUP_INET_INGRESS, 0},
    {POLICY_L_NETRATE_OUT, BPF_CGROUP_INET_EGRESS, 2},
};

static int sys_bpf(enum bpf_cmd cmd, union bpf_attr *attr)
{
	long r = syscall(SYS_bpf, cmd, attr, sizeof(*attr));

	return r < 0 ? negative_errno() : (int)r;
}

/* ------------------------------------------------------------------------------------------------------ the program */

#define I(code_, dst, src, off_, imm_)                                                                                 \
	{                                                                                                              \
		.code = (code_), .dst_reg = (dst), .src_reg = (src), .off = (short)(off_), .imm = (int)(imm_)          \
	}
#define MOV(dst, src) I(BPF_ALU64 | BPF_MOV | BPF_X, dst, src, 0, 0)
#define SET(dst, imm) I(BPF_ALU64 | BPF_MOV | BPF_K, dst, 0, 0, imm)
#define OP(op, dst, src) I(BPF_ALU64 | (op) | BPF_X, dst, src, 0, 0)
#define OPI(op, dst, imm) I(BPF_ALU64 | (op) | BPF_K, dst, 0, 0, imm)
#define LOAD(size, dst, src, off) I(BPF_LDX | BPF_MEM | (size), dst, src, off, 0)
#define STORE(size, dst, off, src) I(BPF_STX | BPF_MEM | (size), dst, src, off, 0)
#define ADD(dst, off, src) I(BPF_STX | BPF_XADD | BPF_DW, dst, src, off, BPF_ADD)
#define JUMP(op, dst, src, to) I(BPF_JMP | (op) | BPF_X, dst, src, to, 0)
#define JUMPI(op, dst, imm, to) I(BPF_JMP | (op) | BPF_K, dst, 0, to, imm)
#define CALL(fn) I(BPF_JMP | BPF_CALL, 0, 0, 0, fn)
#define EXIT() I(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)
#define FIELD(f) offsetof(struct bucket, f)

/* 6: the packet, 7: its cost, 8: the bucket, 9: now. `loopback`: the number of an interface that passes, 0: none does.
 */
static int load(const struct direction *d, int map, unsigned loopback)
{
	const struct bpf_insn program[] = {
	    /*  0 */ MOV(6, 1),
	    LOAD(BPF_W, 0, 6, offsetof(struct __sk_buff, ifindex)),
	    JUMPI(BPF_JEQ, 0, loopback, 24), /* pass */
	    LOAD(BPF_W, 7, 6, offsetof(struct __sk_buff, len)),
	    SET(0, 0),
	    /*  5 */ STORE(BPF_W, 10, -4, 0),
	    I(BPF_LD | BPF_DW | BPF_IMM, 1, BPF_PSEUDO_MAP_FD, 0, map),
	    I(0, 0, 0, 0, 0),
	    MOV(2, 10),
	    OPI(BPF_ADD, 2, -4),
	    /* 10 */ CALL(BPF_FUNC_map_lookup_elem),
	    JUMPI(BPF_JEQ, 0, 0, 15), /* pass */
	    MOV(8, 0),
	    CALL(BPF_FUNC_ktime_get_ns),
	    MOV(9, 0),
	    /* 15 */ LOAD(BPF_DW, 1, 8, FIELD(cost)),
	    OP(BPF_MUL, 7, 1),
	    OPI(BPF_RSH, 7, SHIFT),
	    LOAD(BPF_DW, 3, 8, FIELD(burst)),
	    MOV(4, 9),
	    /* 20 */ OP(BPF_SUB, 4, 3),
	    LOAD(BPF_DW, 2, 8, FIELD(next)),
	    /* No more credit than that, however long nothing was sent. */
	    JUMP(BPF_JGE, 2, 4, 2),
	    STORE(BPF_DW, 8, FIELD(next), 4),
	    MOV(2, 4),
	    /* 25 */ JUMP(BPF_JGT, 2, 9, 3), /* refuse */
	    ADD(8, FIELD(next), 7),
	    SET(0, 1),
	    EXIT(),
	    SET(1, 1),
	    /* 30 */ ADD(8, FIELD(refused), 1),
	    SET(0, d->refuse),
	    EXIT(),
	};
	static const char license[] = "BSD-2-Clause";
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_CGROUP_SKB;
	attr.expected_attach_type = d->attach;
	attr.insns = (uintptr_t)program;
	attr.insn_cnt = ARRAY_SIZE(program);
	attr.license = (uintptr_t)license;
	memcpy(attr.prog_name, NAME, sizeof(NAME));
	return sys_bpf(BPF_PROG_LOAD, &attr);
}

/* ------------------------------------------------------------------------------------------------------- the bucket */

static int make_bucket(void)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_type = BPF_MAP_TYPE_ARRAY;
	attr.key_size = sizeof(uint32_t);
	attr.value_size = sizeof(struct bucket);
	attr.max_entries = 1;
	memcpy(attr.map_name, NAME, sizeof(NAME));
	return sys_bpf(BPF_MAP_CREATE, &attr);
}

static int fill_bucket(int map, uint64_t bits)
{
	const struct bucket b = {.cost = (UINT64_C(8000000000) << SHIFT) / bits, .burst = BURST};
	const uint32_t key = 0;
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_fd = (uint32_t)map;
	attr.key = (uintptr_t)&key;
	attr.value = (uintptr_t)&b;
	return sys_bpf(BPF_MAP_UPDATE_ELEM, &attr);
}

/* -------------------------------------------------------------------------------------------------- what is attached
 */

static int program_by_id(uint32_t id)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_id = id;
	return sys_bpf(BPF_PROG_GET_FD_BY_ID, &attr);
}

static bool is_ours(int program)
{
	struct bpf_prog_info info;
	union bpf_attr attr;

	memset(&info, 0, sizeof(info));
	memset(&attr, 0, sizeof(attr));
	attr.info.bpf_fd = (uint32_t)program;
	attr.info.info_len = sizeof(info);
	attr.info.info = (uintptr_t)&info;
	return sys_bpf(BPF_OBJ_GET_INFO_BY_FD, &attr) >= 0 && strncmp(info.name, NAME, sizeof(info.name)) == 0;
}

/* Ours on this very group: a descriptor; -ENOENT: there is none. */
static int find(int jailfd, const struct direction *d)
{
	uint32_t id[64];
	union bpf_attr attr;
	int r;

	memset(&attr, 0, sizeof(attr));
	attr.query.target_fd = (uint32_t)jailfd;
	attr.query.attach_type = d->attach;
	attr.query.prog_ids = (uintptr_t)id;
	attr.query.prog_cnt = ARRAY_SIZE(id);
	r = sys_bpf(BPF_PROG_QUERY, &attr);
	for (uint32_t i = 0; r >= 0 && i < attr.query.prog_cnt; i++) {
		int program = program_by_id(id[i]);

		if (program >= 0 && is_ours(program))
			return program;
		(void)close_fd(program);
	}
	return r < 0 ? r : -ENOENT;
}

static int attach(int jailfd, const struct direction *d, int program, int instead)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.target_fd = (uint32_t)jailfd;
	attr.attach_bpf_fd = (uint32_t)program;
	attr.attach_type = d->attach;
	attr.attach_flags = BPF_F_ALLOW_MULTI | (instead >= 0 ? BPF_F_REPLACE : 0);
	attr.replace_bpf_fd = instead >= 0 ? (uint32_t)instead : 0;
	return sys_bpf(BPF_PROG_ATTACH, &attr);
}

static int detach(int jailfd, const struct direction *d, int program)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.target_fd = (uint32_t)jailfd;
	attr.attach_bpf_fd = (uint32_t)program;
	attr.attach_type = d->attach;
	return sys_bpf(BPF_PROG_DETACH, &attr);
}

/* A program with a bucket of its own: in the place of the old one, when there is one. */
static int hold(int jailfd, const struct direction *d, uint64_t bits, unsigned loopback, bool replaces)
{
	_cleanup_close_ int map = make_bucket(), program = -1, old = -1;
	int r = map < 0 ? map : fill_bucket(map, bits);

	if (r < 0)
		return r;
	program = load(d, map, loopback);
	if (program < 0)
		return program;
	old = replaces ? find(jailfd, d) : -1;
	return attach(jailfd, d, program, old);
}

static int lift(int jailfd, const struct direction *d)
{
	_cleanup_close_ int old = find(jailfd, d);

	return old < 0 ? (old == -ENOENT ? 0 : old) : detach(jailfd, d, old);
}

static int change(int jailfd, const struct direction *d, uint64_t was, uint64_t will, unsigned loopback)
{
	if (was == will)
		return 0;
	return will == POLICY_UNLIMITED ? lift(jailfd, d) : hold(jailfd, d, will, loopback, was != POLICY_UNLIMITED);
}

int netrate_change(
    int jailfd, const struct policy_record *was, const struct policy_record *will, struct jail_error *err)
{
	unsigned loopback = (will->flags & POLICY_F_HOST_NETWORK) != 0 ? 0 : LOOPBACK;
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(directions); i++) {
		const struct direction *d = &directions[i];

		r = change(
		    jailfd, d, was != NULL ? was->limit[d->limit] : POLICY_UNLIMITED, will->limit[d->limit], loopback);
		if (r == 0)
			continue;
		while (i-- > 0)
			(void)change(jailfd, &directions[i], will->limit[directions[i].limit],
			    was != NULL ? was->limit[directions[i].limit] : POLICY_UNLIMITED, loopback);
		break;
	}
	if (r >= 0)
		return 0;
	if (r == -EPERM || r == -EINVAL || r == -ENOSYS) {
		(void)jail_error_sys(err, -r, "this kernel does not let us attach programs to control groups");
		jail_error_param(err, "limit.netrate");
		return jail_error_exit(err, ENOTSUP, 69);
	}
	(void)jail_error_sys(err, -r, "cannot attach a program to its control group");
	jail_error_param(err, "limit.netrate");
	return r;
}

int netrate_probe(void)
{
	_cleanup_close_ int map = make_bucket(), program = -1;

	if (map < 0)
		return map;
	program = load(&directions[1], map, 0);
	return program < 0 ? program : 0;
}

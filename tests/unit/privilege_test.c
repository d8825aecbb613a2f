/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * privilege_test: the compiled filter says of every call what the table says, for every record; the table says what the
 * privileges are meant to be (by numbers from the system's headers, not the table's); and a process that the set was
 * put on has exactly that.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "privilege.h"
#include "privilege_table.h"
#include "util.h"

#define P(name) POLICY_BIT(POLICY_P_##name)
#define CAP(name) ((uint64_t)1 << CAP_##name)
#define DEFAULTS (P(SET_HOSTNAME) | P(RESERVED_PORTS) | P(UNPRIVILEGED_PROC_DEBUG) | P(SUSER))
#define EVERYTHING (POLICY_BIT(POLICY_P_COUNT) - 1)

static struct policy_record record_with(uint64_t allow)
{
	struct policy_record r = {.version = POLICY_VERSION,
	    .size = sizeof(r),
	    .allow = allow,
	    .sysvmsg = POLICY_IPC_NEW,
	    .sysvsem = POLICY_IPC_NEW,
	    .sysvshm = POLICY_IPC_NEW,
	    .users_base = 100000,
	    .users_count = 65536};

	return r;
}

/* ------------------------------------------------------------------------------------------------- interpreters */

/* Run the program as the kernel does; `constant` says whether it came to its end without an argument. */
static uint32_t run(const struct sock_filter *code, size_t length, const struct seccomp_data *data, bool *constant)
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
			(void)run(code, length, &data, &constant);
			continue;
		}
		assert_int_equal(run(code, length, &data, &constant), action_of(verdict_of(rules, rule, &data)));
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
	assert_int_equal(run(code, (size_t)length, &data, &constant), SECCOMP_RET_KILL_PROCESS);
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

/* ------------------------------------------------------------------------------------------------- the table */

static const struct {
	const char *name;
	int16_t number[SECCOMP_ABI_COUNT];
} names[] = {
#define SYSCALL(name, x86_64, i386, aarch64, gate) {#name, {x86_64, i386, aarch64}},
#include "syscalls.def"
#undef SYSCALL
};

static void no_number_is_there_twice(void **state)
{
	(void)state;
	for (int abi = 0; abi < SECCOMP_ABI_COUNT; abi++) {
		bool seen[SECCOMP_NUMBERS_MAX] = {false};

		for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
			int number = names[i].number[abi];

			assert_in_range(number + 1, 0, SECCOMP_NUMBERS_MAX);
			if (number < 0)
				continue;
			if (seen[number])
				fail_msg("%s: number %d of ABI %d is another's", names[i].name, number, abi);
			seen[number] = true;
		}
		/* The last range is open to above: it has to be what nobody knows. */
		assert_false(seen[SECCOMP_NUMBERS_MAX - 1]);
	}
}

/* Every call that the installed headers define is there, with that number. */
static void compare_header(const char *path, int abi)
{
	FILE *f = fopen(path, "re");
	char line[256], name[64];
	size_t found = 0;
	int number;

	if (!f)
		skip();
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "#define __NR_%63s %d", name, &number) != 2)
			continue;
		/* i386 has an old one, whose arguments lie in memory. */
		if (abi == SECCOMP_ABI_I386 && strcmp(name, "mmap") == 0)
			(void)snprintf(name, sizeof(name), "mmap_old");
		for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
			if (strcmp(names[i].name, name) != 0)
				continue;
			assert_int_equal(names[i].number[abi], number);
			number = -1;
			found++;
		}
		if (number >= 0)
			print_message("%s (%d) is newer than the table: ENOSYS\n", name, number);
	}
	(void)fclose(f);
	assert_true(found > 300);
}

static void numbers_are_those_of_the_headers(void **state)
{
	(void)state;
	compare_header("/usr/include/x86_64-linux-gnu/asm/unistd_64.h", SECCOMP_ABI_X86_64);
	compare_header("/usr/include/x86_64-linux-gnu/asm/unistd_32.h", SECCOMP_ABI_I386);
}

/* What the jail's own machine does with a call. 0: allowed; an errno. */
static int ask(const struct policy_record *record, long number, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3)
{
	static struct privileges set;
	struct seccomp_data data = {
		.nr = (int)number,
#if defined(__x86_64__)
		.arch = AUDIT_ARCH_X86_64,
#else
		.arch = AUDIT_ARCH_AARCH64,
#endif
		.args = {a0, a1, a2, a3}
	};
	bool constant;
	uint32_t action;

	assert_int_equal(privilege_compose(record, &set, NULL), 0);
	action = run(set.filter, set.length, &data, &constant);
	if (action == SECCOMP_RET_ALLOW)
		return 0;
	assert_int_equal(action & SECCOMP_RET_ACTION_FULL, SECCOMP_RET_ERRNO);
	return (int)(action & SECCOMP_RET_DATA);
}

static const uint64_t mount_types = P(MOUNT) | P(MOUNT_TMPFS), mount_binds = P(MOUNT) | P(MOUNT_NULLFS);

static const struct {
	long number;
	uint64_t args[4];
	uint64_t needs; /* refused without any of these, allowed with them; 0: never allowed */
	int refused;
} cases[] = {
    {SYS_mount, {0, 0, 0, 0}, P(MOUNT) | P(MOUNT_TMPFS), EPERM},
    {SYS_mount, {0, 0, 0, MS_BIND}, P(MOUNT) | P(MOUNT_NULLFS), EPERM},
    {SYS_mount, {0, 0, 0, MS_BIND | MS_REC}, P(MOUNT) | P(MOUNT_NULLFS), EPERM},
    {SYS_mount, {0, 0, 0, MS_PRIVATE}, P(MOUNT), EPERM},
    {SYS_mount, {0, 0, 0, MS_REMOUNT | MS_BIND}, P(MOUNT), EPERM},
    {SYS_umount2, {0}, P(MOUNT), EPERM},
    {SYS_fsopen, {0}, P(MOUNT) | P(MOUNT_OVERLAY), EPERM},
    {SYS_open_tree, {0, 0, 1, 0}, P(MOUNT) | P(MOUNT_NULLFS), EPERM},
    {SYS_open_tree, {0, 0, 0, 0}, P(MOUNT), EPERM},
    {SYS_pivot_root, {0}, P(MOUNT), EPERM},
    {SYS_setns, {0}, P(USERNS), EPERM},
    {SYS_unshare, {CLONE_NEWUSER}, P(USERNS), EPERM},
    {SYS_unshare, {CLONE_NEWNS}, P(USERNS), EPERM},
    {SYS_unshare, {CLONE_NEWNS}, P(MOUNT), EPERM},
    {SYS_unshare, {0x80 /* CLONE_NEWTIME */}, P(USERNS), EPERM},
    {SYS_clone, {CLONE_NEWNET | SIGCHLD}, P(USERNS), EPERM},
    {SYS_clone, {CLONE_NEWCGROUP}, P(USERNS), EPERM},
    {SYS_clone3, {0}, P(USERNS), ENOSYS},
    {SYS_socket, {38 /* AF_ALG */}, P(SOCKET_AF), EAFNOSUPPORT},
    {SYS_socket, {40 /* AF_VSOCK */}, P(SOCKET_AF), EAFNOSUPPORT},
    {SYS_socket, {AF_PACKET}, P(RAW_SOCKETS), EAFNOSUPPORT},
    {SYS_socket, {AF_NETLINK, SOCK_RAW, 9 /* AUDIT */}, P(SOCKET_AF), EPROTONOSUPPORT},
    {SYS_socket, {AF_NETLINK, SOCK_RAW, 12 /* NETFILTER */}, P(ROUTING), EPROTONOSUPPORT},
    {SYS_socketpair, {30 /* AF_TIPC */}, P(SOCKET_AF), EAFNOSUPPORT},
    {SYS_bpf, {0}, P(BPF), EPERM},
    {SYS_perf_event_open, {0}, P(PERF), EPERM},
    {SYS_keyctl, {0}, P(KEYRING), EPERM},
    {SYS_add_key, {0}, P(KEYRING), EPERM},
    {SYS_io_uring_setup, {0}, P(IO_URING) | P(SOCKET_AF), ENOSYS},
    {SYS_io_uring_enter, {0}, P(IO_URING) | P(SOCKET_AF), ENOSYS},
    {SYS_io_uring_register, {0}, P(IO_URING) | P(SOCKET_AF), ENOSYS},
    {SYS_socket, {AF_INET, SOCK_STREAM, 132 /* SCTP */}, P(SOCKET_AF), EPROTONOSUPPORT},
    {SYS_socket, {AF_INET6, 5 /* SOCK_SEQPACKET */, 0}, P(SOCKET_AF), EPROTONOSUPPORT},
    {SYS_socket, {AF_INET, 6 /* SOCK_DCCP */ | SOCK_CLOEXEC, 0}, P(SOCKET_AF), EPROTONOSUPPORT},
    {SYS_socket, {AF_INET, SOCK_DGRAM, 115 /* L2TP */}, P(SOCKET_AF), EPROTONOSUPPORT},
    {SYS_socket, {AF_INET6, SOCK_STREAM, 256 /* SMC */}, P(SOCKET_AF), EPROTONOSUPPORT},
    {SYS_socket, {AF_INET | UINT64_C(1) << 32, 10 /* SOCK_PACKET */, 3}, P(SOCKET_AF), EPROTONOSUPPORT},
    {SYS_socket, {3 /* AF_AX25 */}, P(SOCKET_AF), EAFNOSUPPORT},
    {SYS_ioctl, {0, 0x8941 /* SIOCSIFBR */}, P(ROUTING), EPERM},
    {SYS_ioctl, {0, 0x8982 /* SIOCGIFVLAN */}, P(ROUTING), EPERM},
    {SYS_ioctl, {0, 0x89a0 /* SIOCBRADDBR */}, P(ROUTING), EPERM},
    {SYS_ptrace, {0}, P(UNPRIVILEGED_PROC_DEBUG), EPERM},
    {SYS_ptrace, {0}, P(DEBUG), EPERM},
    {SYS_process_vm_writev, {0}, P(UNPRIVILEGED_PROC_DEBUG), EPERM},
    {SYS_fanotify_init, {0}, P(FANOTIFY), EPERM},
    {SYS_quotactl, {0}, P(QUOTAS), EPERM},
    {SYS_syslog, {3}, P(READ_MSGBUF), EPERM},
    {SYS_sethostname, {0}, P(SET_HOSTNAME), EPERM},
    {SYS_clock_settime, {0}, P(SETTIME), EPERM},
    {SYS_settimeofday, {0}, P(SETTIME), EPERM},
    {SYS_adjtimex, {0}, P(ADJTIME), EPERM},
    {SYS_clock_adjtime, {0}, P(SETTIME), EPERM},
    {SYS_userfaultfd, {0}, P(VMM), EPERM},
    {SYS_sched_setscheduler, {0, SCHED_FIFO}, P(RTPRIO), EPERM},
    {SYS_sched_setscheduler, {0, SCHED_RR | 0x40000000}, P(RTPRIO), EPERM},
    {SYS_sched_setattr, {0}, P(RTPRIO), EPERM},
    {SYS_memfd_create, {0, MFD_HUGETLB}, P(HUGEPAGES), EPERM},
    {SYS_mmap, {0, 4096, 3, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB}, P(HUGEPAGES), EPERM},
    {SYS_shmget, {0, 4096, 04000}, P(HUGEPAGES), EPERM},
    {SYS_ioctl, {0, 0x5412}, 0, EPERM},
    {SYS_ioctl, {0, 0x5412 | UINT64_C(1) << 32}, 0, EPERM},
    {SYS_ioctl, {0, 0x541c}, 0, EPERM},
    {SYS_ioctl, {0, 0x5423}, 0, EPERM},
    {SYS_mknodat, {0, 0, 0020644}, 0, EPERM},
    {SYS_mknodat, {0, 0, 0060644}, 0, EPERM},
    {SYS_personality, {0x0400000 /* READ_IMPLIES_EXEC */}, 0, EPERM},
    {SYS_init_module, {0}, 0, EPERM},
    {SYS_finit_module, {0}, 0, EPERM},
    {SYS_delete_module, {0}, 0, EPERM},
    {SYS_kexec_load, {0}, 0, EPERM},
    {SYS_reboot, {0}, 0, EPERM},
    {SYS_swapon, {0}, 0, EPERM},
    {SYS_acct, {0}, 0, EPERM},
    {SYS_open_by_handle_at, {0}, 0, EPERM},
#if defined(__x86_64__)
    {SYS_mknod, {0, 0020644}, 0, EPERM},
    {SYS_iopl, {3}, 0, EPERM},
    {SYS_ioperm, {0}, 0, EPERM},
    {SYS_getpid | 0x40000000, {0}, 0, ENOSYS},
#endif
    {470, {0}, 0, ENOSYS},
    {100000, {0}, 0, ENOSYS},
};

static void privileges_are_what_they_are_meant_to_be(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const uint64_t *a = cases[i].args;
		struct policy_record none = record_with(0), some = record_with(cases[i].needs),
				     all = record_with(EVERYTHING);

		print_message("case %zu: call %ld\n", i, cases[i].number);
		assert_int_equal(ask(&none, cases[i].number, a[0], a[1], a[2], a[3]), cases[i].refused);
		assert_int_equal(
		    ask(&some, cases[i].number, a[0], a[1], a[2], a[3]), cases[i].needs ? 0 : cases[i].refused);
		assert_int_equal(
		    ask(&all, cases[i].number, a[0], a[1], a[2], a[3]), cases[i].needs ? 0 : cases[i].refused);
	}
}

static void mounting_is_told_apart_by_flags(void **state)
{
	struct policy_record types = record_with(mount_types), binds = record_with(mount_binds),
			     bare = record_with(P(MOUNT)), orphan = record_with(P(MOUNT_TMPFS) | P(MOUNT_NULLFS)),
			     strict = record_with(mount_types);

	(void)state;
	strict.enforce_statfs = 2;
	assert_int_equal(ask(&types, SYS_mount, 0, 0, 0, MS_BIND), EPERM);
	assert_int_equal(ask(&types, SYS_open_tree, 0, 0, 1, 0), EPERM);
	assert_int_equal(ask(&binds, SYS_mount, 0, 0, 0, 0), EPERM);
	assert_int_equal(ask(&binds, SYS_fsopen, 0, 0, 0, 0), EPERM);
	assert_int_equal(ask(&bare, SYS_mount, 0, 0, 0, MS_NOSUID), EPERM);
	/* The magic number looks like propagation flags, but the kernel throws it away. */
	assert_int_equal(ask(&bare, SYS_mount, 0, 0, 0, 0xc0ed0000), EPERM);
	assert_int_equal(ask(&bare, SYS_mount, 0, 0, 0, 0xc0ed0000 | MS_NODEV), EPERM);
	assert_int_equal(ask(&bare, SYS_mount, 0, 0, 0, 0xc0ed0000 | MS_BIND), EPERM);
	assert_int_equal(ask(&types, SYS_mount, 0, 0, 0, 0xc0ed0000), 0);
	assert_int_equal(ask(&binds, SYS_mount, 0, 0, 0, 0xc0ed0000 | MS_BIND), 0);
	assert_int_equal(ask(&orphan, SYS_mount, 0, 0, 0, 0), EPERM);
	assert_int_equal(ask(&strict, SYS_mount, 0, 0, 0, 0), EPERM);
	assert_int_equal(ask(&strict, 457, 0, 0, 0, 0), ENOSYS);
	assert_int_equal(ask(&types, 457, 0, 0, 0, 0), 0);
}

static void system_v_follows_the_record(void **state)
{
	struct policy_record r = record_with(DEFAULTS);

	(void)state;
	assert_int_equal(ask(&r, SYS_msgget, 0, 0, 0, 0) | ask(&r, SYS_semop, 0, 0, 0, 0), 0);
	assert_int_equal(ask(&r, SYS_shmget, 0, 4096, 01600, 0) | ask(&r, SYS_shmat, 0, 0, 0, 0), 0);
	r.sysvmsg = POLICY_IPC_DISABLE;
	assert_int_equal(ask(&r, SYS_msgget, 0, 0, 0, 0), ENOSYS);
	assert_int_equal(ask(&r, SYS_semop, 0, 0, 0, 0), 0);
	r.sysvsem = POLICY_IPC_DISABLE;
	assert_int_equal(ask(&r, SYS_semop, 0, 0, 0, 0), ENOSYS);
	r.sysvshm = POLICY_IPC_DISABLE;
	assert_int_equal(ask(&r, SYS_shmget, 0, 4096, 01600, 0), ENOSYS);
	assert_int_equal(ask(&r, SYS_shmat, 0, 0, 0, 0), ENOSYS);
}

static void ordinary_programs_are_not_hindered(void **state)
{
	static const long hot[] = {SYS_read, SYS_write, SYS_openat, SYS_close, SYS_fstat, SYS_lseek, SYS_mprotect,
	    SYS_munmap, SYS_brk, SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_pread64, SYS_readv, SYS_writev, SYS_futex,
	    SYS_nanosleep, SYS_getpid, SYS_sendto, SYS_recvfrom, SYS_sendmsg, SYS_recvmsg, SYS_accept4, SYS_connect,
	    SYS_bind, SYS_execve, SYS_exit_group, SYS_wait4, SYS_kill, SYS_epoll_pwait, SYS_epoll_ctl, SYS_ppoll,
	    SYS_getdents64, SYS_statx, SYS_newfstatat, SYS_getrandom, SYS_clock_nanosleep};
	static struct privileges set;
	struct policy_record r = record_with(DEFAULTS);

	(void)state;
	assert_int_equal(privilege_compose(&r, &set, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(hot); i++) {
		struct seccomp_data data = {.nr = (int)hot[i], .arch = AUDIT_ARCH_X86_64};
		bool constant;

#if defined(__aarch64__)
		data.arch = AUDIT_ARCH_AARCH64;
#endif
		assert_int_equal(run(set.filter, set.length, &data, &constant), SECCOMP_RET_ALLOW);
		/* The kernel remembers it, and never runs the filter for it. */
		assert_true(constant);
	}
	assert_int_equal(ask(&r, SYS_clone, CLONE_VM | CLONE_VFORK | CLONE_THREAD | SIGCHLD, 0, 0, 0), 0);
	assert_int_equal(ask(&r, SYS_unshare, CLONE_FILES, 0, 0, 0), 0);
	assert_int_equal(ask(&r, SYS_socket, AF_UNIX, SOCK_STREAM, 0, 0), 0);
	assert_int_equal(ask(&r, SYS_socket, AF_INET6, SOCK_DGRAM, 0, 0), 0);
	assert_int_equal(ask(&r, SYS_socket, AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 6, 0), 0);
	assert_int_equal(ask(&r, SYS_socket, AF_INET, SOCK_STREAM, 262 /* MPTCP */, 0), 0);
	assert_int_equal(ask(&r, SYS_socket, AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 58 /* ICMPv6 */, 0), 0);
	assert_int_equal(ask(&r, SYS_socket, AF_INET, SOCK_RAW, 89 /* OSPF; takes CAP_NET_RAW */, 0), 0);
	assert_int_equal(ask(&r, SYS_socket, AF_NETLINK, SOCK_RAW, 0, 0), 0);
	assert_int_equal(ask(&r, SYS_ioctl, 0, 0x5401, 0, 0), 0);
	assert_int_equal(ask(&r, SYS_mmap, 0, 4096, 3, MAP_PRIVATE | MAP_ANONYMOUS), 0);
	assert_int_equal(ask(&r, SYS_memfd_create, 0, MFD_CLOEXEC, 0, 0), 0);
	assert_int_equal(ask(&r, SYS_sched_setscheduler, 0, SCHED_BATCH, 0, 0), 0);
	assert_int_equal(ask(&r, SYS_mknodat, 0, 0, 0010644, 0), 0);
	assert_int_equal(ask(&r, SYS_personality, 0xffffffff, 0, 0, 0), 0);
	assert_int_equal(ask(&r, SYS_personality, 0x40000, 0, 0, 0), 0);
}

/* ------------------------------------------------------------------------------------------------- capabilities */

static uint64_t capabilities(const struct policy_record *r)
{
	static struct privileges set;

	assert_int_equal(privilege_compose(r, &set, NULL), 0);
	return set.capabilities;
}

static void the_host_keeps_what_is_its_own(void **state)
{
	const uint64_t never = CAP(SYS_ADMIN) | CAP(SYS_MODULE) | CAP(SYS_RAWIO) | CAP(SYS_PTRACE) | CAP(SYS_BOOT) |
			       CAP(MKNOD) | CAP(DAC_READ_SEARCH) | CAP(SYS_RESOURCE) | CAP(MAC_ADMIN) |
			       CAP(MAC_OVERRIDE) | CAP(AUDIT_CONTROL) | CAP(AUDIT_READ) | CAP(AUDIT_WRITE) |
			       CAP(SYSLOG) | (uint64_t)1 << 38 /* PERFMON */ | (uint64_t)1 << 39 /* BPF */ |
			       (uint64_t)1 << 40 /* CHECKPOINT_RESTORE */;
	const uint64_t ever = CAP(SYS_MODULE) | CAP(SYS_RAWIO) | CAP(SYS_BOOT) | CAP(MKNOD) | CAP(SYSLOG) |
			      CAP(MAC_ADMIN) | CAP(AUDIT_CONTROL);
	struct policy_record host = record_with(EVERYTHING), none = record_with(0), own = record_with(EVERYTHING);

	(void)state;
	host.flags = none.flags = POLICY_F_HOST_USERS;
	assert_int_equal(capabilities(&host) & never, 0);
	assert_true(capabilities(&host) & CAP(NET_ADMIN));
	host.flags |= POLICY_F_HOST_NETWORK;
	assert_int_equal(capabilities(&host) & CAP(NET_ADMIN), 0);
	assert_int_equal(capabilities(&none) & (CAP(SYS_TIME) | CAP(NET_ADMIN) | CAP(LINUX_IMMUTABLE)), 0);
	assert_int_equal(capabilities(&own) & ever, 0);
}

static void defaults_are_these(void **state)
{
	const uint64_t base = CAP(CHOWN) | CAP(DAC_OVERRIDE) | CAP(FOWNER) | CAP(FSETID) | CAP(KILL) | CAP(SETGID) |
			      CAP(SETUID) | CAP(SETPCAP) | CAP(SYS_CHROOT) | CAP(NET_BIND_SERVICE);
	static struct privileges set;
	struct policy_record r = record_with(DEFAULTS);

	(void)state;
	assert_int_equal(privilege_compose(&r, &set, NULL), 0);
	assert_int_equal(set.capabilities, base | CAP(SETFCAP) | CAP(SYS_ADMIN));
	assert_false(set.no_new_privs || set.no_root || set.own_keyring || set.own_sockets);
	r.flags = POLICY_F_HOST_NETWORK;
	assert_int_equal(privilege_compose(&r, &set, NULL), 0);
	assert_true(set.own_sockets);
	r.flags = POLICY_F_HOST_NAME;
	assert_int_equal(capabilities(&r), base | CAP(SETFCAP));
	r.flags = POLICY_F_HOST_USERS;
	assert_int_equal(privilege_compose(&r, &set, NULL), 0);
	assert_int_equal(set.capabilities, base);
	assert_true(set.no_new_privs);
	r = record_with(DEFAULTS & ~P(SUSER));
	assert_int_equal(privilege_compose(&r, &set, NULL), 0);
	assert_true(set.no_new_privs && set.no_root);
	assert_int_equal(set.capabilities, CAP(KILL) | CAP(SETGID) | CAP(SETUID) | CAP(SETPCAP));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_filter_says_what_the_table_says),
	    cmocka_unit_test(what_does_not_fit_is_refused),
	    cmocka_unit_test(no_number_is_there_twice),
	    cmocka_unit_test(numbers_are_those_of_the_headers),
	    cmocka_unit_test(privileges_are_what_they_are_meant_to_be),
	    cmocka_unit_test(mounting_is_told_apart_by_flags),
	    cmocka_unit_test(system_v_follows_the_record),
	    cmocka_unit_test(ordinary_programs_are_not_hindered),
	    cmocka_unit_test(the_host_keeps_what_is_its_own),
	    cmocka_unit_test(defaults_are_these),
	};

	srand(20240229);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

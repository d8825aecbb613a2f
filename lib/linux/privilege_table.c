/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * privilege_table.c: what each privilege is made of: capabilities, and the system calls behind its gates, with the
 * arguments that are tested. Only tables and what reads them: whether a jail has a privilege is not known here.
 *
 * Scope: every system call of a process in a jail. Decision: first the gate of its number, then the low halves of its
 * arguments. Reason: memory that an argument points to can change after a filter looked at it, so nothing is decided
 * by it; what can only be told apart there is refused, or left to the kernel's own checks and said in the row.
 */
#include "privilege_table.h"

#include <linux/audit.h>
#include <linux/capability.h>
#include <string.h>

#include "util.h"

#define CAP(name) ((uint64_t)1 << CAP_##name)
#define P(name) POLICY_BIT(POLICY_P_##name)

/* What may be mounted beside directories; which of them, lies in memory. */
#define MOUNT_TYPES                                                                                                    \
	(P(MOUNT_FUSEFS) | P(MOUNT_PROCFS) | P(MOUNT_LINPROCFS) | P(MOUNT_LINSYSFS) | P(MOUNT_TMPFS) | P(MOUNT_OVERLAY))

/* Older headers lack the last one. */
#define BASE                                                                                                           \
	(CAP(CHOWN) | CAP(DAC_OVERRIDE) | CAP(FOWNER) | CAP(FSETID) | CAP(KILL) | CAP(SETGID) | CAP(SETUID) |          \
	    CAP(SETPCAP) | CAP(SYS_CHROOT))

/* File capabilities set in a user namespace count only there. */
const uint64_t privilege_base_own = BASE | CAP(SETFCAP);
const uint64_t privilege_base_host = BASE;
/* Process 1 starts programs as their users, and stops everything. */
const uint64_t privilege_base_no_root = CAP(KILL) | CAP(SETGID) | CAP(SETUID) | CAP(SETPCAP);

const struct privilege_row privilege_rows[POLICY_P_COUNT] = {
    [POLICY_P_SET_HOSTNAME] = {.own = CAP(SYS_ADMIN),
	.limit = "it takes powers over the host with users = inherit",
	.idle_host = true},
    [POLICY_P_RAW_SOCKETS] = {.own = CAP(NET_RAW), .host = CAP(NET_RAW)},
    [POLICY_P_CHFLAGS] = {.own = CAP(LINUX_IMMUTABLE),
	.host = CAP(LINUX_IMMUTABLE),
	.limit = "the kernel heeds it only with users = inherit",
	.idle_own = true},
    [POLICY_P_MOUNT] = {.own = CAP(SYS_ADMIN)},
    [POLICY_P_MOUNT_DEVFS] = {.limit =
				  "the kernel lets no jail mount it; /dev at a second place takes allow.mount.nullfs",
	.idle_own = true,
	.idle_host = true},
    [POLICY_P_MOUNT_FDESCFS] = {.limit = "it is part of /dev", .idle_own = true, .idle_host = true},
    [POLICY_P_MOUNT_FUSEFS] = {.limit = "file systems other than nullfs are allowed together"},
    [POLICY_P_MOUNT_PROCFS] = {.limit = "without allow.userns the kernel lets no jail mount it; /proc at a second "
					"place takes allow.mount.nullfs",
	.idle_own = true,
	.idle_host = true},
    [POLICY_P_MOUNT_LINPROCFS] = {.limit = "without allow.userns the kernel lets no jail mount it; /proc at a second "
					   "place takes allow.mount.nullfs",
	.idle_own = true,
	.idle_host = true},
    [POLICY_P_MOUNT_LINSYSFS] = {.limit = "file systems other than nullfs are allowed together"},
    [POLICY_P_MOUNT_TMPFS] = {.limit = "file systems other than nullfs are allowed together"},
    [POLICY_P_MOUNT_OVERLAY] = {.limit = "file systems other than nullfs are allowed together"},
    [POLICY_P_QUOTAS] = {.limit = "reading one's own; setting needs the host's CAP_SYS_ADMIN"},
    [POLICY_P_READ_MSGBUF] = {.limit = "nothing to read where kernel.dmesg_restrict is 1"},
    [POLICY_P_MLOCK] = {.own = CAP(IPC_LOCK),
	.host = CAP(IPC_LOCK),
	.limit = "with users = new the kernel heeds only the limit on locked memory that the jail was started with",
	.idle_own = true},
    [POLICY_P_NFSD] = {.limit = "the kernel's server can't be run in a jail", .idle_own = true, .idle_host = true},
    [POLICY_P_RESERVED_PORTS] = {.own = CAP(NET_BIND_SERVICE),
	.host = CAP(NET_BIND_SERVICE),
	.limit = "with users = new only in a network of its own"},
    [POLICY_P_EXTATTR] = {.own = CAP(SETFCAP), .host = CAP(SETFCAP), .limit = "file capabilities, never trusted.*"},
    [POLICY_P_ADJTIME] = {.own = CAP(SYS_TIME),
	.host = CAP(SYS_TIME),
	.limit = "the kernel heeds it only with users = inherit; adjusting includes stepping (ADJ_SETOFFSET)",
	.idle_own = true},
    [POLICY_P_SETTIME] = {.own = CAP(SYS_TIME),
	.host = CAP(SYS_TIME),
	.limit = "the kernel heeds it only with users = inherit",
	.idle_own = true},
    [POLICY_P_ROUTING] = {.own = CAP(NET_ADMIN), .host = CAP(NET_ADMIN)},
    [POLICY_P_BPF] = {.limit = "what the kernel gives to users without capabilities"},
    [POLICY_P_PERF] = {.limit = "what kernel.perf_event_paranoid leaves to users without capabilities"},
    [POLICY_P_DEBUG] = {.own = CAP(SYS_PTRACE), .limit = "with users = inherit only one's own user's processes"},
    [POLICY_P_FANOTIFY] = {.limit = "what the kernel gives to users without capabilities"},
    [POLICY_P_RTPRIO] = {.own = CAP(SYS_NICE),
	.host = CAP(SYS_NICE),
	.limit = "with users = new the kernel heeds only RLIMIT_RTPRIO",
	.idle_own = true},
};

/* ------------------------------------------------------------------------------------------------- tests */

/* Constants of the kernel's interface that are not in a header which both C libraries can have. */
enum {
	FLAG_REMOUNT = 0x20,
	FLAG_BIND = 0x1000,
	FLAG_MOVE = 0x2000,
	FLAG_UNBINDABLE = 1 << 17,
	FLAG_PRIVATE = 1 << 18,
	FLAG_SLAVE = 1 << 19,
	FLAG_SHARED = 1 << 20,
	NAMESPACE_TIME = 0x00000080,
	NAMESPACE_MOUNT = 0x00020000,
	NAMESPACE_REST = 0x02000000 | 0x04000000 | 0x08000000 | 0x10000000 | 0x20000000 | 0x40000000,
	FAMILY_UNIX = 1,
	FAMILY_INET = 2,
	FAMILY_INET6 = 10,
	FAMILY_NETLINK = 16,
	FAMILY_PACKET = 17,
};

static void add_test(struct seccomp_rule *r, struct seccomp_test test)
{
	/* One too many: seccomp_build() refuses the rule. */
	if (r->count >= SECCOMP_TESTS_MAX)
		r->count = SECCOMP_TESTS_MAX + 1;
	else
		r->test[r->count++] = test;
}

/* `then`: a verdict, or SECCOMP_THEN_RULE(). */
static void add(struct seccomp_rule *r, uint8_t arg, uint32_t mask, uint32_t value, unsigned then)
{
	add_test(r, (struct seccomp_test){.arg = arg, .then = (uint8_t)then, .mask = mask, .value = value});
}

static void add_unless(struct seccomp_rule *r, uint8_t arg, uint32_t mask, uint32_t value, enum seccomp_verdict then)
{
	add_test(
	    r, (struct seccomp_test){.arg = arg, .differs = true, .then = (uint8_t)then, .mask = mask, .value = value});
}

/* Refuse what has any of `bits` in it. */
static void refuse_bits(struct seccomp_rule *r, uint8_t arg, uint32_t bits)
{
	if (bits != 0)
		add(r, arg, bits, 0, VERDICT_ALLOW);
	r->otherwise = bits != 0 ? VERDICT_EPERM : VERDICT_ALLOW;
}

/* mount(2): what it does follows from the flags, in the kernel's order. */
static void test_mount(uint64_t held, struct seccomp_rule *r)
{
	static const uint32_t propagation[] = {FLAG_UNBINDABLE, FLAG_PRIVATE, FLAG_SLAVE, FLAG_SHARED};
	enum seccomp_verdict bind = (held & P(MOUNT_NULLFS)) ? VERDICT_ALLOW : VERDICT_EPERM;
	enum seccomp_verdict fresh = (held & MOUNT_TYPES) ? VERDICT_ALLOW : VERDICT_EPERM;

	add(r, 3, FLAG_REMOUNT, FLAG_REMOUNT, VERDICT_ALLOW);
	add(r, 3, FLAG_BIND, FLAG_BIND, bind);
	add(r, 3, FLAG_MOVE, FLAG_MOVE, VERDICT_ALLOW);
	/* The magic number of old; the kernel throws the upper half away, so its bits mean nothing. */
	add(r, 3, 0xffff0000, 0xc0ed0000, fresh);
	for (size_t i = 0; i < ARRAY_SIZE(propagation); i++)
		add(r, 3, propagation[i], propagation[i], VERDICT_ALLOW);
	r->otherwise = (uint8_t)fresh;
}

/* open_tree(2): without OPEN_TREE_CLONE it only opens; with it, it is a bind mount. */
static void test_open_tree(uint64_t held, struct seccomp_rule *r)
{
	refuse_bits(r, 2, (held & P(MOUNT_NULLFS)) ? 0 : 1);
}

/* The flags for new namespaces that a jail may not use. */
static uint32_t refused_namespaces(uint64_t held)
{
	if (held & P(USERNS))
		return 0;
	return (uint32_t)NAMESPACE_REST | ((held & P(MOUNT)) ? 0 : NAMESPACE_MOUNT);
}

static void test_clone(uint64_t held, struct seccomp_rule *r)
{
	refuse_bits(r, 0, refused_namespaces(held));
}

/* unshare(2) has one namespace flag more, whose bit belongs to the signal number in clone(2). */
static void test_unshare(uint64_t held, struct seccomp_rule *r)
{
	uint32_t refused = refused_namespaces(held);

	refuse_bits(r, 0, refused != 0 ? refused | NAMESPACE_TIME : 0);
}

/*
 * Typing into a terminal, and into the console; line disciplines, whose modules have been a door time and again. The
 * requests about bridges and VLANs load modules for any caller before they ask for a capability.
 */
static void test_ioctl(uint64_t held, struct seccomp_rule *r)
{
	static const uint32_t refused[] = {
	    0x5412 /* TIOCSTI */, 0x541c /* TIOCLINUX */, 0x541d /* TIOCCONS */, 0x5423 /* TIOCSETD */};
	static const uint32_t pairs[] = {0x8940 /* SIOCGIFBR, SIOCSIFBR */, 0x8982 /* SIOCGIFVLAN, SIOCSIFVLAN */,
	    0x89a0 /* SIOCBRADDBR, SIOCBRDELBR */};

	for (size_t i = 0; i < ARRAY_SIZE(refused); i++)
		add(r, 1, UINT32_MAX, refused[i], VERDICT_EPERM);
	for (size_t i = 0; !(held & P(ROUTING)) && i < ARRAY_SIZE(pairs); i++)
		add(r, 1, UINT32_MAX - 1, pairs[i], VERDICT_EPERM);
	r->otherwise = VERDICT_ALLOW;
}

/* Linux and 32-bit Linux, with or without the old version number; for debuggers without random addresses; asking. */
static void test_personality(uint64_t held, struct seccomp_rule *r)
{
	(void)held;
	add(r, 0, ~(uint32_t)(0x8 | 0x20000 | 0x40000), 0, VERDICT_ALLOW);
	add(r, 0, UINT32_MAX, UINT32_MAX, VERDICT_ALLOW);
	r->otherwise = VERDICT_EPERM;
}

/*
 * Address families are refused as a kernel without them does: sudo, PAM and sshd look for the audit family, and take
 * EPERM for a failure but these for its absence.
 */
static void test_socket(uint64_t held, struct seccomp_rule *r)
{
	if (held & P(SOCKET_AF)) {
		r->otherwise = VERDICT_ALLOW;
		return;
	}
	add(r, 0, UINT32_MAX, FAMILY_UNIX, VERDICT_ALLOW);
	add(r, 0, ~(uint32_t)(FAMILY_INET ^ FAMILY_INET6), FAMILY_INET & FAMILY_INET6,
	    SECCOMP_THEN_RULE(GATE_SOCKET_IP));
	if (held & P(RAW_SOCKETS))
		add(r, 0, UINT32_MAX, FAMILY_PACKET, VERDICT_ALLOW);
	add_unless(r, 0, UINT32_MAX, FAMILY_NETLINK, VERDICT_EAFNOSUPPORT);
	/* Of netlink: routes and addresses, socket lists; of one's own network also its devices; its set-up. */
	add(r, 2, UINT32_MAX, 0 /* NETLINK_ROUTE */, VERDICT_ALLOW);
	add(r, 2, UINT32_MAX, 4 /* NETLINK_SOCK_DIAG */, VERDICT_ALLOW);
	if (held & HELD_NETWORK)
		add(r, 2, UINT32_MAX, 15 /* NETLINK_KOBJECT_UEVENT */, VERDICT_ALLOW);
	if (held & P(ROUTING)) {
		add(r, 2, UINT32_MAX, 6 /* NETLINK_XFRM */, VERDICT_ALLOW);
		add(r, 2, UINT32_MAX, 12 /* NETLINK_NETFILTER */, VERDICT_ALLOW);
		add(r, 2, UINT32_MAX, 16 /* NETLINK_GENERIC */, VERDICT_ALLOW);
	}
	r->otherwise = VERDICT_EPROTONOSUPPORT;
}

/*
 * IPv4 and IPv6. The kernel loads a module for each pair of type and protocol that it doesn't know, whoever asks: SCTP,
 * DCCP, L2TP, SMC and whatever comes. It looks for none for raw sockets, which take CAP_NET_RAW.
 */
static void test_socket_ip(uint64_t held, struct seccomp_rule *r)
{
	static const uint16_t protocols[] = {
	    0, 1 /* ICMP */, 6 /* TCP */, 17 /* UDP */, 58 /* ICMPv6 */, 136 /* UDP-Lite */, 262 /* MPTCP */};

	(void)held;
	/* The type is in the lowest four bits, flags are beside it: raw; neither stream (1) nor datagram (2). */
	add(r, 1, 0xf, 3, VERDICT_ALLOW);
	add(r, 1, 0xf, 0, VERDICT_EPROTONOSUPPORT);
	add_unless(r, 1, 0xc, 0, VERDICT_EPROTONOSUPPORT);
	for (size_t i = 0; i < ARRAY_SIZE(protocols); i++)
		add(r, 2, UINT32_MAX, protocols[i], VERDICT_ALLOW);
	r->otherwise = VERDICT_EPROTONOSUPPORT;
}

/* i386 only; the family lies in memory, so no sockets are made this way (musl, and glibc since 4.3, use socket(2)). */
static void test_socketcall(uint64_t held, struct seccomp_rule *r)
{
	if (!(held & P(SOCKET_AF))) {
		add(r, 0, UINT32_MAX, 1 /* SYS_SOCKET */, VERDICT_ENOSYS);
		add(r, 0, UINT32_MAX, 8 /* SYS_SOCKETPAIR */, VERDICT_ENOSYS);
	}
	r->otherwise = VERDICT_ALLOW;
}

/* FIFO, round robin, deadline; the reset-on-fork flag beside them is of no account. */
static void test_sched(uint64_t held, struct seccomp_rule *r)
{
	static const uint32_t refused[] = {1, 2, 6};

	(void)held;
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++)
		add(r, 1, ~0x40000000u, refused[i], VERDICT_EPERM);
	r->otherwise = VERDICT_ALLOW;
}

static void test_memfd(uint64_t held, struct seccomp_rule *r)
{
	(void)held;
	refuse_bits(r, 1, 0x4 /* MFD_HUGETLB */);
}

static void test_mmap(uint64_t held, struct seccomp_rule *r)
{
	(void)held;
	refuse_bits(r, 3, 0x40000 /* MAP_HUGETLB */);
}

static void test_shmget(uint64_t held, struct seccomp_rule *r)
{
	refuse_bits(r, 2, (held & P(HUGEPAGES)) ? 0 : 04000 /* SHM_HUGETLB */);
}

/* i386 only: all of System V behind one number. */
static void test_ipc(uint64_t held, struct seccomp_rule *r)
{
	static const struct {
		uint8_t call;
		uint64_t needs;
	} calls[] = {{1, HELD_SEM}, {2, HELD_SEM}, {3, HELD_SEM}, {4, HELD_SEM}, {11, HELD_MSG}, {12, HELD_MSG},
	    {13, HELD_MSG}, {14, HELD_MSG}, {21, HELD_SHM}, {22, HELD_SHM}, {23, HELD_SHM}, {24, HELD_SHM}};

	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		if (!(held & calls[i].needs))
			add(r, 0, 0xffff, calls[i].call, VERDICT_ENOSYS);
	}
	r->otherwise = VERDICT_ALLOW;
	if (!(held & P(HUGEPAGES)) && (held & HELD_SHM)) {
		add_unless(r, 0, 0xffff, 23 /* SHMGET */, VERDICT_ALLOW);
		refuse_bits(r, 3, 04000 /* SHM_HUGETLB */);
	}
}

static void refuse_devices(struct seccomp_rule *r, uint8_t arg)
{
	add(r, arg, 0170000, 0020000, VERDICT_EPERM);
	add(r, arg, 0170000, 0060000, VERDICT_EPERM);
	r->otherwise = VERDICT_ALLOW;
}

static void test_mknod(uint64_t held, struct seccomp_rule *r)
{
	(void)held;
	refuse_devices(r, 1);
}

static void test_mknodat(uint64_t held, struct seccomp_rule *r)
{
	(void)held;
	refuse_devices(r, 2);
}

/* ------------------------------------------------------------------------------------------------- gates */

struct gate_row {
	uint64_t any;			/* has to have one of these; 0: none needed */
	uint64_t free;			/* who has one of these is not tested */
	enum seccomp_verdict otherwise; /* for who has none of `any` */
	void (*test)(uint64_t held, struct seccomp_rule *r);
};

#define NOBODY POLICY_BIT(63)

static const struct gate_row gates[GATE_COUNT] = {
    [GATE_UNKNOWN] = {NOBODY, 0, VERDICT_ENOSYS, NULL},
    [GATE_ABSENT] = {NOBODY, 0, VERDICT_ANY, NULL},
    [GATE_ALWAYS] = {0, 0, VERDICT_ALLOW, NULL},
    [GATE_NEVER] = {NOBODY, 0, VERDICT_EPERM, NULL},
    [GATE_BPF] = {P(BPF), 0, VERDICT_EPERM, NULL},
    [GATE_PERF] = {P(PERF), 0, VERDICT_EPERM, NULL},
    [GATE_VMM] = {P(VMM), 0, VERDICT_EPERM, NULL},
    [GATE_IO_URING] = {P(IO_URING), 0, VERDICT_ENOSYS, NULL},
    [GATE_FANOTIFY] = {P(FANOTIFY), 0, VERDICT_EPERM, NULL},
    [GATE_TRACE] = {P(UNPRIVILEGED_PROC_DEBUG) | P(DEBUG), 0, VERDICT_EPERM, NULL},
    [GATE_KEYRING] = {P(KEYRING), 0, VERDICT_EPERM, NULL},
    [GATE_MOUNT] = {P(MOUNT), 0, VERDICT_EPERM, NULL},
    [GATE_MOUNT_CALL] = {P(MOUNT), 0, VERDICT_EPERM, test_mount},
    [GATE_MOUNT_TYPE] = {MOUNT_TYPES, 0, VERDICT_EPERM, NULL},
    [GATE_MOUNT_CLONE] = {P(MOUNT), 0, VERDICT_EPERM, test_open_tree},
    [GATE_MOUNTS_SEEN] = {HELD_MOUNTS, 0, VERDICT_ENOSYS, NULL},
    [GATE_QUOTAS] = {P(QUOTAS), 0, VERDICT_EPERM, NULL},
    [GATE_SETTIME] = {P(SETTIME), 0, VERDICT_EPERM, NULL},
    [GATE_ADJTIME] = {P(SETTIME) | P(ADJTIME), 0, VERDICT_EPERM, NULL},
    [GATE_MSGBUF] = {P(READ_MSGBUF), 0, VERDICT_EPERM, NULL},
    [GATE_HOSTNAME] = {P(SET_HOSTNAME), 0, VERDICT_EPERM, NULL},
    [GATE_CLONE] = {0, 0, VERDICT_ALLOW, test_clone},
    [GATE_UNSHARE] = {0, 0, VERDICT_ALLOW, test_unshare},
    /* The flags lie in memory. The C libraries take clone(2) when this does not exist. */
    [GATE_CLONE3] = {P(USERNS), 0, VERDICT_ENOSYS, NULL},
    [GATE_SETNS] = {P(USERNS), 0, VERDICT_EPERM, NULL},
    [GATE_IOCTL] = {0, 0, VERDICT_ALLOW, test_ioctl},
    [GATE_PERSONALITY] = {0, 0, VERDICT_ALLOW, test_personality},
    [GATE_SOCKET] = {0, 0, VERDICT_ALLOW, test_socket},
    [GATE_SOCKETCALL] = {0, 0, VERDICT_ALLOW, test_socketcall},
    [GATE_SOCKET_IP] = {0, 0, VERDICT_ALLOW, test_socket_ip},
    [GATE_SCHED] = {0, P(RTPRIO), VERDICT_ALLOW, test_sched},
    /* The policy lies in memory. */
    [GATE_SCHED_ATTR] = {P(RTPRIO), 0, VERDICT_EPERM, NULL},
    [GATE_MEMFD] = {0, P(HUGEPAGES), VERDICT_ALLOW, test_memfd},
    [GATE_MMAP] = {0, P(HUGEPAGES), VERDICT_ALLOW, test_mmap},
    /* The flags lie in memory; nothing since Linux 2.4 uses it. */
    [GATE_MMAP_OLD] = {P(HUGEPAGES), 0, VERDICT_ENOSYS, NULL},
    [GATE_MQ] = {HELD_MQ, 0, VERDICT_ENOSYS, NULL},
    [GATE_MSG] = {HELD_MSG, 0, VERDICT_ENOSYS, NULL},
    [GATE_SEM] = {HELD_SEM, 0, VERDICT_ENOSYS, NULL},
    [GATE_SHM] = {HELD_SHM, 0, VERDICT_ENOSYS, NULL},
    [GATE_SHMGET] = {HELD_SHM, 0, VERDICT_ENOSYS, test_shmget},
    [GATE_IPC] = {0, 0, VERDICT_ALLOW, test_ipc},
    [GATE_MKNOD] = {0, 0, VERDICT_ALLOW, test_mknod},
    [GATE_MKNODAT] = {0, 0, VERDICT_ALLOW, test_mknodat},
};

void privilege_rules(uint64_t held, struct seccomp_rule ret[GATE_COUNT])
{
	held &= ~NOBODY;
	for (size_t i = 0; i < GATE_COUNT; i++) {
		const struct gate_row *g = &gates[i];

		ret[i].count = 0;
		ret[i].otherwise = VERDICT_ALLOW;
		if (g->any != 0 && !(held & g->any))
			ret[i].otherwise = (uint8_t)g->otherwise;
		else if (g->test && !(held & g->free))
			g->test(held, &ret[i]);
	}
}

/* ------------------------------------------------------------------------------------------------- system calls */

struct call_row {
	int16_t number[SECCOMP_ABI_COUNT];
	uint8_t gate;
};

static const struct call_row calls[] = {
#define SYSCALL(name, x86_64, i386, aarch64, gate) {{x86_64, i386, aarch64}, GATE_##gate},
#include "syscalls.def"
#undef SYSCALL
};

void privilege_system_calls(enum seccomp_abi abi, struct seccomp_table *ret)
{
	static const uint32_t arch[SECCOMP_ABI_COUNT] = {
	    [SECCOMP_ABI_X86_64] = AUDIT_ARCH_X86_64,
	    [SECCOMP_ABI_I386] = AUDIT_ARCH_I386,
	    [SECCOMP_ABI_AARCH64] = AUDIT_ARCH_AARCH64,
	};

	ret->arch = arch[abi];
	memset(ret->rule, GATE_UNKNOWN, sizeof(ret->rule));
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		int number = calls[i].number[abi];

		if (number >= 0 && number < SECCOMP_NUMBERS_MAX)
			ret->rule[number] = calls[i].gate;
	}
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * privilege_test: the table of system calls has the numbers of the system's headers, and each privilege opens the calls
 * and capabilities that it is meant to open (the filter is compiled and run: seccomp_test.c compares it with the
 * table).
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

#include "filter_run.h"
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
	action = filter_run(set.filter, set.length, &data, &constant);
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
		assert_int_equal(filter_run(set.filter, set.length, &data, &constant), SECCOMP_RET_ALLOW);
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
	    cmocka_unit_test(no_number_is_there_twice),
	    cmocka_unit_test(numbers_are_those_of_the_headers),
	    cmocka_unit_test(privileges_are_what_they_are_meant_to_be),
	    cmocka_unit_test(mounting_is_told_apart_by_flags),
	    cmocka_unit_test(system_v_follows_the_record),
	    cmocka_unit_test(ordinary_programs_are_not_hindered),
	    cmocka_unit_test(the_host_keeps_what_is_its_own),
	    cmocka_unit_test(defaults_are_these),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

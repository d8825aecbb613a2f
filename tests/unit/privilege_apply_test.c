/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * privilege_apply_test: a process that a set was put on, in namespaces of its own, asks the kernel what it may do.
 * Needs root, and user namespaces.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../call32.h"
#include "error.h"
#include "privilege.h"
#include "sys/landlock.h"

#define P(name) POLICY_BIT(POLICY_P_##name)
#define DEFAULTS (P(SET_HOSTNAME) | P(RESERVED_PORTS) | P(UNPRIVILEGED_PROC_DEBUG) | P(SUSER))
#define NAMESPACES (CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWIPC)

/* In the child: cmocka belongs to the parent. */
#define CHECK(condition)                                                                                               \
	do {                                                                                                           \
		if (!(condition)) {                                                                                    \
			(void)fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, #condition, strerror(errno));     \
			_exit(1);                                                                                      \
		}                                                                                                      \
	} while (0)

static struct privileges set;

static struct policy_record record_with(uint64_t allow, uint32_t flags)
{
	struct policy_record r = {.version = POLICY_VERSION,
	    .size = sizeof(r),
	    .allow = allow,
	    .flags = flags,
	    .enforce_statfs = 2,
	    .sysvmsg = POLICY_IPC_NEW,
	    .sysvsem = POLICY_IPC_NEW,
	    .sysvshm = POLICY_IPC_NEW,
	    .users_base = 100000,
	    .users_count = 65536};

	return r;
}

static void write_map(pid_t pid, const char *file)
{
	static const char map[] = "0 100000 65536";
	char path[64];
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, map, sizeof(map) - 1), (ssize_t)sizeof(map) - 1);
	(void)close(fd);
}

/* Run `inside` as root of a jail with this record, the set not yet applied. */
static void confine(const struct policy_record *record, void (*inside)(void))
{
	unsigned long flags = NAMESPACES | ((record->flags & POLICY_F_HOST_USERS) ? 0 : CLONE_NEWUSER);
	int go[2], status;
	pid_t pid;
	char c;

	assert_int_equal(privilege_compose(record, &set, NULL), 0);
	assert_int_equal(pipe2(go, O_CLOEXEC), 0);
	pid = (pid_t)syscall(SYS_clone, SIGCHLD | flags, NULL, NULL, NULL, NULL);
	if (pid == 0) {
		(void)close(go[1]);
		CHECK(read(go[0], &c, 1) == 0);
		CHECK(setgid(0) == 0 && setuid(0) == 0);
		inside();
		_exit(0);
	}
	(void)close(go[0]);
	if (pid < 0) {
		(void)close(go[1]);
		skip();
	}
	if (flags & CLONE_NEWUSER) {
		write_map(pid, "uid_map");
		write_map(pid, "gid_map");
	}
	(void)close(go[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* A line of /proc/self/status as a number. */
static uint64_t status_of(const char *name, int base)
{
	char line[256];
	FILE *f = fopen("/proc/self/status", "re");
	uint64_t value = UINT64_MAX;

	CHECK(f != NULL);
	while (fgets(line, sizeof(line), f)) {
		if (strncmp(line, name, strlen(name)) == 0 && line[strlen(name)] == ':')
			value = strtoull(line + strlen(name) + 1, NULL, base);
	}
	(void)fclose(f);
	return value;
}

/* The same of a program that is executed. */
static void check_program(const char *expression)
{
	char command[256];
	int status;
	pid_t pid = fork();

	(void)snprintf(command, sizeof(command), "grep -Eqx '%s' /proc/self/status", expression);
	CHECK(pid >= 0);
	if (pid == 0) {
		(void)execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK(status == 0);
}

#define REFUSED(call, error) CHECK((errno = 0, (call) < 0) && errno == (error))

/* ------------------------------------------------------------------------------------------------- cases */

static void inside_defaults(void)
{
	const uint32_t groups[] = {0};
	int zero = 0;

	CHECK(privilege_apply(&set, NULL) == 0);
	CHECK(privilege_become(&set, 0, 0, groups, 1, NULL) == 0);
	CHECK(status_of("CapBnd", 16) == set.capabilities);
	CHECK(status_of("CapEff", 16) == set.capabilities);
	CHECK(status_of("CapPrm", 16) == set.capabilities);
	CHECK(status_of("CapInh", 16) == 0 && status_of("CapAmb", 16) == 0);
	CHECK(status_of("NoNewPrivs", 10) == 0);
	CHECK(status_of("Seccomp", 10) == 2);
	check_program("CapEff:\t00000000802405fb");
	CHECK(sethostname("test", 4) == 0);
	REFUSED(mount("none", "/tmp", "tmpfs", 0, NULL), EPERM);
	REFUSED(umount2("/proc", MNT_DETACH), EPERM);
	REFUSED(unshare(CLONE_NEWUSER), EPERM);
	REFUSED(unshare(CLONE_NEWNS), EPERM);
	REFUSED(syscall(SYS_clone, SIGCHLD | CLONE_NEWNET, NULL, NULL, NULL, NULL), EPERM);
	REFUSED(syscall(SYS_clone3, NULL, 0), ENOSYS);
	REFUSED(socket(38 /* AF_ALG */, SOCK_SEQPACKET, 0), EAFNOSUPPORT);
	REFUSED(socket(AF_NETLINK, SOCK_RAW, 9), EPROTONOSUPPORT);
	REFUSED(socket(AF_INET, SOCK_RAW, 1), EPERM);
	REFUSED(ioctl(0, 0x5412, &zero), EPERM);
	REFUSED(mknod("/tmp/never", S_IFCHR | 0600, 0x103), EPERM);
	REFUSED(syscall(SYS_keyctl, 0, -3, 0), EPERM);
	REFUSED(syscall(SYS_bpf, 0, NULL, 0), EPERM);
	REFUSED(syscall(SYS_init_module, NULL, 0, NULL), EPERM);
	REFUSED(syscall(SYS_reboot, 0, 0, 0, NULL), EPERM);
	REFUSED(syscall(511), ENOSYS);
#if defined(__x86_64__)
	REFUSED(syscall(SYS_getpid | 0x40000000), ENOSYS);
#endif
}

static void a_default_jail_s_root(void **state)
{
	struct policy_record r = record_with(DEFAULTS, 0);

	(void)state;
	confine(&r, inside_defaults);
}

static void inside_user(void)
{
	const uint32_t groups[] = {1235, 7};

	CHECK(privilege_apply(&set, NULL) == 0);
	CHECK(privilege_become(&set, 1234, 1235, groups, 2, NULL) == 0);
	CHECK(getuid() == 1234 && geteuid() == 1234 && getgid() == 1235 && getgroups(0, NULL) == 2);
	CHECK(status_of("CapEff", 16) == 0 && status_of("CapPrm", 16) == 0 && status_of("CapInh", 16) == 0);
	REFUSED(setuid(0), EPERM);
	REFUSED(setgroups(1, (const gid_t[]){0}), EPERM);
	check_program("CapEff:\t0000000000000000");
	/* What the jail's root could give it is still there to be given: set-user-id programs work. */
	CHECK(status_of("CapBnd", 16) == set.capabilities);
}

static void a_user_of_the_jail(void **state)
{
	struct policy_record r = record_with(DEFAULTS, 0);

	(void)state;
	confine(&r, inside_user);
}

static void inside_without_root(void)
{
	const uint32_t groups[] = {0};

	CHECK(privilege_apply(&set, NULL) == 0);
	/* Process 1 can still start programs as their users. */
	CHECK(status_of("CapEff", 16) == set.capabilities);
	CHECK(privilege_become(&set, 0, 0, groups, 1, NULL) == 0);
	CHECK(getuid() == 0);
	CHECK(status_of("CapEff", 16) == 0 && status_of("NoNewPrivs", 10) == 1);
	check_program("CapEff:\t0000000000000000");
	REFUSED(chroot("/"), EPERM);
	REFUSED(setuid(5), EPERM);
	REFUSED(prctl(PR_SET_SECUREBITS, 0), EPERM);
}

static void root_that_is_nobody(void **state)
{
	struct policy_record r = record_with(DEFAULTS & ~P(SUSER), 0);

	(void)state;
	confine(&r, inside_without_root);
}

static void inside_host_users(void)
{
	const uint32_t groups[] = {0};

	CHECK(privilege_apply(&set, NULL) == 0);
	CHECK(privilege_become(&set, 0, 0, groups, 1, NULL) == 0);
	CHECK(status_of("CapBnd", 16) == set.capabilities && status_of("NoNewPrivs", 10) == 1);
	CHECK((set.capabilities & (1u << CAP_SYS_ADMIN | 1u << CAP_SYS_PTRACE | 1u << CAP_MKNOD)) == 0);
	REFUSED(mount("none", "/tmp", "tmpfs", 0, NULL), EPERM);
	REFUSED(sethostname("test", 4), EPERM);
	check_program("CapEff:\t00000000000405fb");
}

static void the_host_s_users(void **state)
{
	struct policy_record r = record_with(DEFAULTS, POLICY_F_HOST_USERS);

	(void)state;
	confine(&r, inside_host_users);
}

static void inside_mounting(void)
{
	CHECK(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
	CHECK(privilege_apply(&set, NULL) == 0);
	CHECK(mount("none", "/tmp", "tmpfs", 0, NULL) == 0);
	CHECK(mount(NULL, "/tmp", NULL, MS_REMOUNT | MS_RDONLY, NULL) == 0);
	REFUSED(mount("/tmp", "/tmp", NULL, MS_BIND, NULL), EPERM);
	CHECK(umount2("/tmp", 0) == 0);
	/* What came from outside is locked, whatever is allowed. */
	REFUSED(umount2("/proc", MNT_DETACH), EINVAL);
}

static void a_jail_that_may_mount(void **state)
{
	struct policy_record r = record_with(DEFAULTS | P(MOUNT) | P(MOUNT_TMPFS), 0);

	(void)state;
	r.enforce_statfs = 1;
	confine(&r, inside_mounting);
}

static void inside_inheriting(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];
	const uint32_t groups[] = {0};

	CHECK(syscall(SYS_capget, &header, data) == 0);
	data[0].inheritable = data[0].permitted;
	data[1].inheritable = data[1].permitted;
	CHECK(syscall(SYS_capset, &header, data) == 0);
	CHECK(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_SYS_MODULE, 0, 0) == 0);
	CHECK(prctl(PR_SET_SECUREBITS, 1 << 4 /* KEEP_CAPS */) == 0);
	CHECK(privilege_apply(&set, NULL) == 0);
	CHECK(prctl(PR_GET_SECUREBITS) == 0);
	CHECK(privilege_become(&set, 5, 5, groups, 1, NULL) == 0);
	CHECK(status_of("CapInh", 16) == 0 && status_of("CapAmb", 16) == 0 && status_of("CapPrm", 16) == 0);
}

static void nothing_is_inherited(void **state)
{
	struct policy_record r = record_with(DEFAULTS, 0);

	(void)state;
	confine(&r, inside_inheriting);
}

static void inside_keyring(void)
{
	long before = syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 1), after;

	if (before < 0 && errno == ENOSYS)
		return;
	CHECK(privilege_apply(&set, NULL) == 0);
	after = syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0);
	CHECK(after > 0 && after != before);
}

static void keys_stay_outside(void **state)
{
	struct policy_record r = record_with(DEFAULTS | P(KEYRING), 0);

	(void)state;
	confine(&r, inside_keyring);
}

/* 0, or the errno of connecting to the abstract socket. */
static int reach(const struct sockaddr_un *to, socklen_t length)
{
	int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), e;

	CHECK(s >= 0);
	e = connect(s, (const struct sockaddr *)to, length) < 0 ? errno : 0;
	(void)close(s);
	return e;
}

static void inside_shared_network(void)
{
	static const char before[] = "jail-test-before", after[] = "jail-test-after";
	struct sockaddr_un outside = {.sun_family = AF_UNIX}, own = {.sun_family = AF_UNIX};
	const socklen_t outside_length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + sizeof(before)),
			own_length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + sizeof(after));
	int abi = landlock_abi(), listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), another;

	memcpy(outside.sun_path + 1, before, sizeof(before) - 1);
	memcpy(own.sun_path + 1, after, sizeof(after) - 1);
	CHECK(listener >= 0 && bind(listener, (const struct sockaddr *)&outside, outside_length) == 0);
	CHECK(listen(listener, 4) == 0 && reach(&outside, outside_length) == 0);
	CHECK(privilege_apply(&set, NULL) == 0);
	/* A socket is of the domain in which it was made. */
	CHECK(reach(&outside, outside_length) == (abi >= LANDLOCK_ABI_SCOPES ? EPERM : 0));
	another = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CHECK(another >= 0 && bind(another, (const struct sockaddr *)&own, own_length) == 0);
	CHECK(listen(another, 4) == 0 && reach(&own, own_length) == 0);
	CHECK(status_of("NoNewPrivs", 10) == 0);
}

static void abstract_sockets_of_the_host_are_apart(void **state)
{
	struct policy_record r = record_with(DEFAULTS, POLICY_F_HOST_NETWORK);

	(void)state;
	confine(&r, inside_shared_network);
}

static void inside_broken(void)
{
	static struct jail_error err;

	/* A program that the kernel refuses: nothing is run with less than was asked for. */
	set.length = 0;
	CHECK(privilege_apply(&set, &err) == -EINVAL);
	CHECK(err.errnum == EINVAL && strstr(err.what, "filter"));
}

static void a_refused_filter_is_a_failure(void **state)
{
	struct policy_record r = record_with(DEFAULTS, 0);

	(void)state;
	confine(&r, inside_broken);
}

static void inside_powerless(void)
{
	static struct jail_error err;
	const uint32_t groups[] = {0};

	CHECK(privilege_apply(&set, NULL) == 0);
	CHECK(privilege_become(&set, 5, 5, groups, 1, NULL) == 0);
	/* Who has nothing can neither apply nor become. */
	CHECK(privilege_apply(&set, &err) == -EACCES && err.errnum == EACCES);
	CHECK(privilege_become(&set, 6, 6, groups, 1, &err) == -EPERM && err.errnum == EPERM);
}

static void without_privilege_it_fails(void **state)
{
	struct policy_record r = record_with(DEFAULTS, 0);

	(void)state;
	confine(&r, inside_powerless);
}

#if defined(__x86_64__)
static void inside_32(void)
{
	/* A door that isn't there is shut. */
	if (!call_32_exists())
		return;
	CHECK(call_32(CALL32_GETPID, 0, 0, 0) == getpid());
	CHECK(privilege_apply(&set, NULL) == 0);
	CHECK(call_32(CALL32_GETPID, 0, 0, 0) == getpid());
	CHECK(call_32(21, 0, 0, 0) == -EPERM);		/* mount */
	CHECK(call_32(54, 0, 0x5412, 0) == -EPERM);	/* ioctl(TIOCSTI) */
	CHECK(call_32(102, 1, 0, 0) == -ENOSYS);	/* socketcall(SOCKET) */
	CHECK(call_32(359, 38, 5, 0) == -EAFNOSUPPORT); /* socket(AF_ALG) */
	CHECK(call_32(359, 1, 1, 0) >= 0);		/* socket(AF_UNIX) */
	CHECK(call_32(120, CLONE_NEWUSER, 0, 0) == -EPERM);
	CHECK(call_32(128, 0, 0, 0) == -EPERM); /* init_module */
	CHECK(call_32(511, 0, 0, 0) == -ENOSYS);
}

static void the_32_bit_door_is_as_narrow(void **state)
{
	struct policy_record r = record_with(DEFAULTS, 0);

	(void)state;
	confine(&r, inside_32);
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_default_jail_s_root),
		cmocka_unit_test(a_user_of_the_jail),
		cmocka_unit_test(root_that_is_nobody),
		cmocka_unit_test(the_host_s_users),
		cmocka_unit_test(a_jail_that_may_mount),
		cmocka_unit_test(nothing_is_inherited),
		cmocka_unit_test(keys_stay_outside),
		cmocka_unit_test(abstract_sockets_of_the_host_are_apart),
		cmocka_unit_test(a_refused_filter_is_a_failure),
		cmocka_unit_test(without_privilege_it_fails),
#if defined(__x86_64__)
		cmocka_unit_test(the_32_bit_door_is_as_narrow),
#endif
	};

	if (geteuid() != 0) {
		print_message("needs root: skipped\n");
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * escape_kernel: root inside a jail asks the kernel for what changes the whole machine, or looks at what is not the
 * jail's. What the kernel refuses only for its arguments (and so would have done with others) counts as reached.
 *
 *	escape_kernel [powers=yes] [key=NAME] [serial=N] [abstract=NAME] [users=inherit] [network=inherit]
 *	    [only=NAME]
 *
 * key, serial: a key of the caller's session; abstract: a socket of the host's. Nothing here would do harm if it were
 * allowed: each call has arguments that the kernel refuses once it has looked at the caller's privileges.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../call32.h"
#include "escape.h"

static const char *held(long result, const char *what)
{
	return result < 0 && (errno == EPERM || errno == ENOSYS || errno == EACCES) ? NULL : what;
}

static const char *modules(void)
{
	const char *found = held(syscall(SYS_init_module, "", 0, ""), "init_module");

	if (found == NULL)
		found = held(syscall(SYS_finit_module, -1, "", 0), "finit_module");
	return found != NULL ? found : held(syscall(SYS_delete_module, "hostile", O_NONBLOCK), "delete_module");
}

static const char *kexec(void)
{
	const char *found = held(syscall(SYS_kexec_load, 0UL, 1UL << 20, NULL, 0UL), "kexec_load");

#ifdef SYS_kexec_file_load
	if (found == NULL)
		found = held(syscall(SYS_kexec_file_load, -1, -1, 0UL, "", 0UL), "kexec_file_load");
#endif
	return found;
}

static const char *reboots(void)
{
	/* A command that there is not. */
	return held(syscall(SYS_reboot, 0xfee1dead, 672274793, 0x7777, NULL), "reboot");
}

static const char *ports(void)
{
#ifdef SYS_iopl
	const char *found = held(syscall(SYS_iopl, 3), "iopl");

	return found != NULL ? found : held(syscall(SYS_ioperm, 0x80UL, 1UL, 1), "ioperm");
#else
	return NULL;
#endif
}

static const char *swap(void)
{
	const char *found = held(syscall(SYS_swapon, "/nonexistent", 0), "swapon");

	return found != NULL ? found : held(syscall(SYS_swapoff, "/nonexistent"), "swapoff");
}

static const char *accounting(void)
{
	return held(syscall(SYS_acct, "/nonexistent/file"), "acct");
}

static const char *clocks(void)
{
	struct timespec now = {.tv_nsec = -1};
	struct timeval zero = {.tv_usec = -1};
	const char *found;

	/* With users of its own the kernel itself refuses what allow.settime lets through. */
	if (escape_powers() && escape_given("users") != NULL)
		return NULL;
	found = held(syscall(SYS_clock_settime, CLOCK_REALTIME, &now), "clock_settime");
	if (escape_powers())
		return NULL;
	return found != NULL ? found : held(syscall(SYS_settimeofday, &zero, NULL), "settimeofday");
}

static const char *kernel_log(void)
{
	char byte;

	if (escape_powers())
		return NULL;
	return held(syscall(SYS_syslog, 3, &byte, 1), "syslog");
}

static const char *keys_of_caller(void)
{
	const char *name = escape_given("key"), *serial = escape_given("serial");
	char value[64], line[512];
	FILE *f = fopen("/proc/keys", "re");
	bool listed = false;
	long id = serial != NULL ? strtol(serial, NULL, 10) : 0;

	while (name != NULL && f != NULL && fgets(line, sizeof(line), f) != NULL)
		listed = listed || strstr(line, name) != NULL;
	if (f != NULL)
		(void)fclose(f);
	if (listed)
		return "the caller's key is listed";
	if (name != NULL && syscall(SYS_keyctl, KEYCTL_SEARCH, KEY_SPEC_SESSION_KEYRING, "user", name, 0) >= 0)
		return "the caller's key is in the session";
	if (name != NULL && syscall(SYS_keyctl, KEYCTL_SEARCH, KEY_SPEC_USER_KEYRING, "user", name, 0) >= 0)
		return "the caller's key is the user's";
	if (name != NULL && syscall(SYS_request_key, "user", name, NULL, 0) >= 0)
		return "the caller's key was found on request";
	if (id > 0 && syscall(SYS_keyctl, KEYCTL_READ, id, value, sizeof(value)) >= 0)
		return "the caller's key was read by its number";
	return id > 0 && syscall(SYS_keyctl, KEYCTL_REVOKE, id) >= 0 ? "the caller's key was revoked" : NULL;
}

/* For a key that is not there the kernel runs /sbin/request-key of the host, with what is asked for as arguments. */
static const char *key_upcall(void)
{
	if (syscall(SYS_request_key, "user", "jail-upcall", "from a jail", 0) >= 0)
		return "a key was made";
	return errno == EPERM || errno == ENOSYS ? NULL : "the kernel looked for a program of the host's to make a key";
}

static const char *abstract_socket(void)
{
	const char *name = escape_given("abstract");
	/* LANDLOCK_CREATE_RULESET_VERSION: before 6 nothing keeps abstract sockets of a shared network apart. */
	bool absent = escape_given("network") != NULL && syscall(444 /* landlock_create_ruleset */, NULL, 0, 1u) < 6;
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int r = -1;

	if (name != NULL && s >= 0 && strlen(name) < sizeof(to.sun_path) - 1) {
		memcpy(to.sun_path + 1, name, strlen(name));
		r = connect(
		    s, (struct sockaddr *)&to, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name)));
	}
	if (s >= 0)
		(void)close(s);
	return r == 0 && !absent ? "an abstract socket of the host was reached" : NULL;
}

static const char *interfaces(void)
{
	struct if_nameindex *names = if_nameindex();
	static char what[100];
	const char *found = NULL;

	if (escape_given("abstract") == NULL)
		return NULL;
	for (struct if_nameindex *i = names; i != NULL && i->if_index != 0; i++)
		if (strcmp(i->if_name, "lo") != 0 && strncmp(i->if_name, "sit", 3) != 0 &&
		    strncmp(i->if_name, "tunl", 4) != 0 && strncmp(i->if_name, "ip", 2) != 0 &&
		    strncmp(i->if_name, "gre", 3) != 0 && strncmp(i->if_name, "erspan", 6) != 0) {
			(void)snprintf(what, sizeof(what), "interface %s", i->if_name);
			found = what;
		}
	if_freenameindex(names);
	return found;
}

/* Whoever can be named by a number is in the jail: few, and with numbers of the jail's. */
static const char *other_processes(void)
{
	static char what[100];
	unsigned seen = 0;

	for (pid_t pid = 1; pid < 70000; pid++)
		if (kill(pid, 0) == 0 || errno == EPERM)
			seen++;
	if (getppid() > 1 && kill(getppid(), 0) == 0)
		return NULL;
	(void)snprintf(what, sizeof(what), "%u processes can be named", seen);
	return seen > 20 ? what : NULL;
}

static const char *trace_first(void)
{
	char byte;
	int fd;

	if (getpid() == 1)
		return NULL;
	/* Also with allow.debug: process 1 is ours, and looks at limits. */
	if (ptrace(PTRACE_SEIZE, 1, 0L, 0L) == 0)
		return "process 1 was traced";
	fd = open("/proc/1/mem", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	if (pread(fd, &byte, 1, 0x400000) != 1)
		byte = 0;
	(void)close(fd);
	return "the memory of process 1 was opened";
}

/* Privileges that a jail has only when it was given them. */
static const char *ungiven(void)
{
	static char what[64];
	char zero[256] = {0};
	struct iovec local = {.iov_base = what, .iov_len = 1}, remote = {.iov_base = what, .iov_len = 1};
	const struct {
		const char *name;
		long result;
		int error;
	} tried[] = {
#define TRY(name, ...) {name, syscall(__VA_ARGS__), errno}
	    TRY("bpf", SYS_bpf, 0, zero, 72),
	    TRY("perf_event_open", SYS_perf_event_open, zero, 0, -1, -1, 0UL),
	    TRY("fanotify_init", SYS_fanotify_init, 0U, 0U),
	    TRY("unshare(user)", SYS_unshare, 0x10000000UL),
	    TRY("unshare(mounts)", SYS_unshare, 0x00020000UL),
	    TRY("unshare(network)", SYS_unshare, 0x40000000UL),
	    TRY("mount", SYS_mount, "none", "/tmp", "tmpfs", 0UL, NULL),
	    TRY("fsopen", SYS_fsopen, "tmpfs", 0U),
	    TRY("open_tree", SYS_open_tree, -100, "/", 1U),
	    TRY("move_mount", SYS_move_mount, -1, "", -1, "", 0U),
	    TRY("umount", SYS_umount2, "/nonexistent", 0),
	    TRY("pivot_root", SYS_pivot_root, "/", "/"),
	    TRY("setns", SYS_setns, -1, 0),
	    TRY("add_key", SYS_add_key, "user", "x", "x", 1UL, KEY_SPEC_PROCESS_KEYRING),
	    TRY("packet socket", SYS_socket, 17, 3, 0),
	    TRY("raw socket", SYS_socket, 2, 3, 1),
	    TRY("process_vm_readv", SYS_process_vm_readv, 1, &local, 1UL, &remote, 1UL, 0UL),
	    TRY("kcmp", SYS_kcmp, 1, 1, 99, 0UL, 0UL),
	    TRY("quotactl", SYS_quotactl, 0x80000200, NULL, 0, NULL),
	    TRY("vhangup", SYS_vhangup),
	    TRY("nice", SYS_setpriority, PRIO_USER, 0, -20),
	    TRY("userfaultfd", SYS_userfaultfd, 0),
#undef TRY
	};

	if (escape_powers())
		return NULL;
	for (unsigned i = 0; i < sizeof(tried) / sizeof(tried[0]); i++) {
		int e = tried[i].error;

		/* One's own memory is one's own. */
		if (getpid() == 1 &&
		    (strcmp(tried[i].name, "process_vm_readv") == 0 || strcmp(tried[i].name, "kcmp") == 0))
			continue;

		if (tried[i].result < 0 &&
		    (e == EPERM || e == ENOSYS || e == EACCES || e == EAFNOSUPPORT || e == ESOCKTNOSUPPORT))
			continue;
		(void)snprintf(
		    what, sizeof(what), "%s: %s", tried[i].name, tried[i].result < 0 ? strerror(e) : "allowed");
		return what;
	}
	return NULL;
}

/* 32-bit calls and x32 ones have the same filter, or none is made. */
static const char *other_abis(void)
{
#ifdef __x86_64__
	long r = syscall(0x40000000L | SYS_reboot, 0xfee1dead, 672274793, 0x7777, NULL);
	int answer;

	if (r >= 0 || (errno != EPERM && errno != ENOSYS))
		return "reboot by an x32 number";
	/* A door that isn't there is shut. */
	if (!call_32_exists())
		return NULL;
	answer = call_32(88 /* reboot */, 0xfee1dead, 672274793, 0x7777);
	if (answer != -EPERM && answer != -ENOSYS)
		return "reboot by a 32-bit call";
#endif
	return NULL;
}

/* The filter and the bounding set hold for whatever is executed, and can't be lifted. */
static const char *stays(void)
{
	char line[256];
	FILE *f = fopen("/proc/self/status", "re");
	bool filtered = false;

	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		filtered = filtered || strncmp(line, "Seccomp:\t2", 10) == 0;
	if (f != NULL)
		(void)fclose(f);
	return filtered ? NULL : "there is no filter";
}

static const char *terminal_input(void)
{
	char x = 'x';

	if (!isatty(0))
		return NULL;
	return held(ioctl(0, TIOCSTI, &x), "TIOCSTI");
}

static const char *limits(void)
{
	struct rlimit r;

	/* Raising a hard limit is the host's. */
	if (getrlimit(RLIMIT_NOFILE, &r) < 0 || r.rlim_max == RLIM_INFINITY)
		return NULL;
	r.rlim_max++;
	return setrlimit(RLIMIT_NOFILE, &r) < 0 ? NULL : "a hard limit was raised";
}

static const struct attempt attempts[] = {
    {"modules", modules},
    {"kexec", kexec},
    {"reboots", reboots},
    {"ports", ports},
    {"swap", swap},
    {"accounting", accounting},
    {"clocks", clocks},
    {"kernel_log", kernel_log},
    {"keys_of_caller", keys_of_caller},
    {"key_upcall", key_upcall},
    {"abstract_socket", abstract_socket},
    {"interfaces", interfaces},
    {"other_processes", other_processes},
    {"trace_first", trace_first},
    {"ungiven", ungiven},
    {"other_abis", other_abis},
    {"stays", stays},
    {"terminal_input", terminal_input},
    {"limits", limits},
};

int main(int argc, char **argv)
{
	return escape_main(argc, argv, attempts, sizeof(attempts) / sizeof(attempts[0]));
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * check.c: jail_check(): what this kernel and this user can do for jails, as a table of questions. What is asked, and
 * how, is in check_*.c; here is what each is for, and what to do when the answer is no.
 */
#include "check.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "../error.h"
#include "../util.h"

/* What creating a jail takes of a process, beside being user 0. */
static const struct {
	unsigned number;
	const char *name;
} capabilities[] = {
    {CAP_SYS_ADMIN, "SYS_ADMIN"},
    {CAP_SETUID, "SETUID"},
    {CAP_SETGID, "SETGID"},
    {CAP_SETPCAP, "SETPCAP"},
    {CAP_DAC_OVERRIDE, "DAC_OVERRIDE"},
    {CAP_SYS_CHROOT, "SYS_CHROOT"},
    {CAP_KILL, "KILL"},
};

void check_add(struct check_text *t, const char *fmt, ...)
{
	size_t used = strnlen(t->buf, t->size);
	va_list ap;

	if (used + 1 >= t->size)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(t->buf + used, t->size - used, fmt, ap);
	va_end(ap);
}

void check_say(struct check_text *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(t->buf, t->size, fmt, ap);
	va_end(ap);
}

int check_read(const char *path, char *ret, size_t size)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t used = 0;

	if (fd < 0)
		return negative_errno();
	while (used < size - 1) {
		ssize_t n = read(fd, ret + used, size - 1 - used);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return negative_errno();
		if (n == 0)
			break;
		used += (size_t)n;
	}
	while (used > 0 && ret[used - 1] == '\n')
		used--;
	ret[used] = '\0';
	return 0;
}

bool check_has_word(const char *text, const char *word, const char *separators)
{
	size_t length = strlen(word);

	while (*text != '\0') {
		size_t n = strcspn(text, separators);

		if (n == length && memcmp(text, word, n) == 0)
			return true;
		text += n;
		text += strspn(text, separators);
	}
	return false;
}

/* "6.1.0-13-amd64": the two numbers in front. */
bool check_kernel_is(unsigned major, unsigned minor)
{
	struct utsname name;
	unsigned number[2] = {0, 0};
	const char *at;

	if (uname(&name) < 0)
		return false;
	at = name.release;
	for (size_t i = 0; i < 2; i++) {
		for (; *at >= '0' && *at <= '9' && number[i] < 100000; at++)
			number[i] = number[i] * 10 + (unsigned)(*at - '0');
		if (*at == '.')
			at++;
	}
	return number[0] != major ? number[0] > major : number[1] >= minor;
}

/* The set is a line of proc_pid_status(5); no library is needed for it. */
bool check_capable(unsigned number)
{
	char status[4096];
	const char *line;
	unsigned long long set;

	if (check_read("/proc/self/status", status, sizeof(status)) < 0)
		return false;
	line = strstr(status, "\nCapEff:");
	if (line == NULL)
		return false;
	errno = 0;
	set = strtoull(line + 8, NULL, 16);
	return errno == 0 && (set >> number & 1) != 0;
}

static bool check_kernel(struct check_text *detail)
{
	struct utsname name;

	if (uname(&name) < 0)
		return false;
	check_say(detail, "%.60s %.60s", name.sysname, name.release);
	return check_kernel_is(6, 1);
}

static bool check_privilege(struct check_text *detail)
{
	bool all = geteuid() == 0;
	size_t missing = 0;

	check_say(detail, all ? "user 0" : "user %u", (unsigned)geteuid());
	for (size_t i = 0; i < ARRAY_SIZE(capabilities); i++) {
		if (check_capable(capabilities[i].number))
			continue;
		check_add(detail, "%s%s", missing++ == 0 ? ", without capabilities " : ",", capabilities[i].name);
		all = false;
	}
	if (all)
		check_add(detail, ", with all capabilities that are needed");
	if (all && !check_capable(CAP_SYS_RESOURCE))
		check_add(detail, " (not SYS_RESOURCE: no limit can be raised)");
	return all;
}

static bool check_tiocsti(struct check_text *detail)
{
	char value[16];

	if (check_read("/proc/sys/dev/tty/legacy_tiocsti", value, sizeof(value)) < 0) {
		check_say(detail, "this kernel always lets programs type into their terminal");
		return false;
	}
	if (strcmp(value, "0") == 0) {
		check_say(detail, "programs can't type into their terminal");
		return true;
	}
	check_say(
	    detail, "dev.tty.legacy_tiocsti=1: programs may type into their terminal; those of jails have their own");
	return false;
}

static const char newer_kernel[] = "boot a newer kernel (6.1 is the oldest that is supported)";
static const char other_kernel[] = "boot a kernel that is built with it";

static const struct {
	const char *name;
	bool required;
	const char *needs;
	check_fn *ask;
	const char *remedy;
} questions[] = {
    {"kernel", true, "everything", check_kernel, newer_kernel},
    {"privilege", true, "creating, changing and removing jails", check_privilege, "run the tools as root"},
    {"cgroup v2", true, "everything", check_cgroup2,
	"mount -t cgroup2 none /sys/fs/cgroup, or boot with systemd.unified_cgroup_hierarchy=1"},
    {"clone into cgroup", true, "creating and entering jails", check_clone_into,
	"run as root on a kernel of 5.7 or newer"},
    {"cgroup.kill", true, "removing jails", check_cgroup_kill, newer_kernel},
    {"trusted attributes on cgroups", true, "every parameter", check_trusted, other_kernel},
    {"controller memory", false, "limit.memoryuse, limit.memoryuse.soft", check_memory,
	"boot with cgroup_enable=memory and without cgroup_disable=memory"},
    {"accounting of swap", false, "limit.swapuse", check_swap, "boot with swapaccount=1"},
    {"killing a group as one", false, "limit.memoryuse = SIZE:sigkill", check_oom_group,
	"boot without cgroup_disable=memory"},
    {"controller cpu", false, "limit.pcpu, limit.cpushare", check_cpu,
	"boot without cgroup_disable=cpu, or mount -t cgroup -o cpu none /sys/fs/cgroup/cpu"},
    {"controller cpuset", false, "limit.cpuset, limit.cpuset.mems", check_cpuset,
	"boot without cgroup_disable=cpuset, or mount -t cgroup -o cpuset none /sys/fs/cgroup/cpuset"},
    {"controller pids", false, "limit.maxproc, limit.nthr", check_pids,
	"boot without cgroup_disable=pids, or mount -t cgroup -o pids none /sys/fs/cgroup/pids"},
    {"controller io", false, "limit.readbps, limit.writebps, limit.readiops, limit.writeiops", check_io,
	"boot without cgroup_disable=io, or mount -t cgroup -o blkio none /sys/fs/cgroup/blkio"},
    {"weights of io", false, "limit.ioshare", check_io_weight,
	"modprobe bfq, or boot a kernel with CONFIG_BLK_CGROUP_IOCOST"},
    {"programs on control groups", false, "limit.netrate", check_netrate,
	"a kernel with CONFIG_CGROUP_BPF, and CAP_BPF with CAP_NET_ADMIN for who makes jails"},
    {"user namespaces", true, "users = new (the default)", check_users,
	"sysctl user.max_user_namespaces=65536, and a kernel with CONFIG_USER_NS"},
    {"other namespaces", true, "every jail", check_namespaces, other_kernel},
    {"pidfd and clone3", true, "creating and entering jails", check_pidfd, newer_kernel},
    {"new mount API", true, "path, mount", check_mount_api, newer_kernel},
    {"openat2", true, "path, mount", check_openat2, newer_kernel},
    {"id-mapped mounts", false, "owners of files inside (users = new)", check_idmap,
	"keep the trees of jails on ext4, xfs, btrfs or tmpfs, or set users = inherit"},
    {"overlayfs", false, "path.base, path.volatile, unionfs", check_overlay, "modprobe overlay"},
    {"tmpfs attributes", false, "path.volatile", check_tmpfs, "boot a kernel with CONFIG_TMPFS_XATTR"},
    {"quotas of directories", false, "limit.disk, limit.inodes without path.volatile", check_projects,
	"mount the file system of such jails with prjquota (ext4: tune2fs -O quota,project -Q prjquota before)"},
    {"seccomp filters", true, "allow.*", check_seccomp, "boot a kernel with CONFIG_SECCOMP_FILTER"},
    {"TIOCSTI off", false, "programs outside of jails (jails have terminals of their own)", check_tiocsti,
	"sysctl dev.tty.legacy_tiocsti=0"},
    {"Landlock", false, "abstract sockets of the host's (vnet = inherit)", check_landlock,
	"boot Linux 6.12 or newer with lsm=landlock,..."},
    {"BPF LSM", false, "explained denials (in a later version)", check_bpf_lsm, "boot with lsm=...,bpf"},
    {"cgroup BPF", false, "ip4.addr, devices live (in a later version)", check_bpf_cgroup,
	"run as root on a kernel with CONFIG_CGROUP_BPF"},
    {"veth", false, "vnet.interface (in a later version)", check_veth, "modprobe veth"},
    {"nftables", false, "firewall (in a later version)", check_nftables, "modprobe nf_tables"},
};

int jail_check(struct jail_feature *ret, size_t size, struct jail_error *err)
{
	if (ret == NULL && size > 0)
		return jail_error_set(err, EINVAL, "no room for the features was given");
	for (size_t i = 0; i < ARRAY_SIZE(questions) && i < size; i++) {
		struct jail_feature *f = &ret[i];
		struct check_text detail = {.buf = f->detail, .size = sizeof(f->detail)};

		f->name = questions[i].name;
		f->required = questions[i].required;
		f->needs = questions[i].needs;
		f->detail[0] = '\0';
		f->available = questions[i].ask(&detail);
		f->remedy = f->available ? NULL : questions[i].remedy;
	}
	return (int)ARRAY_SIZE(questions);
}

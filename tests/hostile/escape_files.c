/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * escape_files: root inside a jail tries to reach files that are not the jail's.
 *
 *	escape_files [powers=yes] [secret=PATH] [out=PATH] [socket=PATH] [only=NAME]
 *
 * secret: a file that is covered inside, by its name outside and inside; out: one that lies outside of the jail's tree;
 * socket: one that the host listens on, in a tree that both see.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "escape.h"

/* Can any of the files be read, by this name and from wherever we are now? */
static const char *look_at(const char *path)
{
	char byte, beneath[4096];
	int fd;

	if (path == NULL)
		return NULL;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd >= 0 && read(fd, &byte, 1) == 1 && byte == 'S') {
		(void)close(fd);
		return path;
	}
	if (fd >= 0)
		(void)close(fd);
	/* Beneath the current directory, in case that is the host's root. */
	(void)snprintf(beneath, sizeof(beneath), ".%s", path);
	fd = open(beneath, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return NULL;
	if (read(fd, &byte, 1) != 1 || byte != 'S')
		byte = '\0';
	(void)close(fd);
	return byte == 'S' ? path : NULL;
}

static const char *look(void)
{
	const char *found = look_at(escape_given("secret"));

	return found != NULL ? found : look_at(escape_given("out"));
}

/* In a process of its own, whose mounts, root and directory are its own too. */
static const char *apart(const char *(*run)(void))
{
	static char what[256];
	int pair[2], status;
	ssize_t n;
	pid_t pid;

	if (pipe(pair) < 0)
		return "cannot make a pipe";
	pid = fork();
	if (pid == 0) {
		const char *found = run();

		if (found != NULL && write(pair[1], found, strlen(found)) < 0)
			_exit(1);
		_exit(0);
	}
	(void)close(pair[1]);
	n = read(pair[0], what, sizeof(what) - 1);
	(void)close(pair[0]);
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return "cannot fork";
	if (n <= 0)
		return NULL;
	what[n] = '\0';
	return what;
}

static const char *plain_names(void)
{
	return look();
}

static const char *dot_dot(void)
{
	char path[4096] = "";

	for (unsigned i = 0; i < 64; i++)
		memcpy(path + 3 * i, "../", 4);
	if (chdir(path) < 0)
		return NULL;
	return look();
}

static const char *proc_roots(void)
{
	static const char *const ways[] = {"root", "cwd", "task/1/root"};
	DIR *d = opendir("/proc");
	struct dirent *e;
	const char *found = NULL;

	while (d != NULL && found == NULL && (e = readdir(d)) != NULL)
		for (unsigned i = 0; found == NULL && i < sizeof(ways) / sizeof(ways[0]); i++) {
			char path[512];

			if (e->d_name[0] < '0' || e->d_name[0] > '9')
				continue;
			(void)snprintf(path, sizeof(path), "/proc/%s/%s", e->d_name, ways[i]);
			if (chdir(path) == 0 && ((found = look()) != NULL || (chdir("../..") == 0 && (found = look()))))
				break;
		}
	if (d != NULL)
		(void)closedir(d);
	(void)chdir("/");
	return found;
}

/* chroot(2) into a directory and walk up from a descriptor above it. */
static const char *double_chroot_apart(void)
{
	int root = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const char *found;

	(void)mkdir("/tmp/cage", 0755);
	if (root < 0 || chroot("/tmp/cage") < 0 || fchdir(root) < 0)
		return NULL;
	for (unsigned i = 0; i < 64; i++)
		(void)chdir("..");
	found = look();
	if (found == NULL && chroot(".") == 0)
		found = look();
	return found;
}

static const char *double_chroot(void)
{
	return apart(double_chroot_apart);
}

/* The directory that holds the secret, or its own name: what the cover is on. */
static const char *uncover(void)
{
	const char *secret = escape_given("secret");
	char path[4096];
	const char *found = NULL;

	if (secret == NULL)
		return NULL;
	(void)snprintf(path, sizeof(path), "%s", secret);
	for (char *slash = path + strlen(path); found == NULL && slash != path; slash = strrchr(path, '/')) {
		*slash = '\0';
		if (path[0] == '\0')
			break;
		(void)umount2(path, MNT_DETACH);
		found = look();
		(void)umount2(path, 0);
		(void)mkdir("/tmp/moved", 0755);
		(void)mount(path, "/tmp/moved", NULL, MS_MOVE, NULL);
		found = found != NULL ? found : look();
		(void)mount(NULL, path, NULL, MS_REMOUNT | MS_BIND, NULL);
		(void)mount("tmpfs", path, NULL, MS_REMOUNT, NULL);
		(void)mount(NULL, path, NULL, MS_PRIVATE | MS_REC, NULL);
		found = found != NULL ? found : look();
	}
	return found;
}

/* A copy of the tree without what is mounted beneath it would have no covers. */
static const char *bind_root(void)
{
	char path[4096];
	const char *secret = escape_given("secret"), *found = NULL;
	int fd;

	(void)mkdir("/tmp/copy", 0755);
	if (mount("/", "/tmp/copy", NULL, MS_BIND, NULL) == 0) {
		(void)snprintf(path, sizeof(path), "/tmp/copy%s", secret != NULL ? secret : "/none");
		found = look_at(path);
		(void)umount2("/tmp/copy", MNT_DETACH);
	}
	fd = (int)syscall(SYS_open_tree, AT_FDCWD, "/", 1 /* OPEN_TREE_CLONE */ | O_CLOEXEC);
	if (found == NULL && fd >= 0) {
		if (fchdir(fd) == 0)
			found = look();
		(void)chdir("/");
	}
	if (fd >= 0)
		(void)close(fd);
	return found;
}

static const char *uncover_apart(void)
{
	const char *found;

	if (unshare(CLONE_NEWNS) < 0)
		return NULL;
	found = uncover();
	return found != NULL ? found : bind_root();
}

static const char *new_mounts(void)
{
	return apart(uncover_apart);
}

static const char *nested_users_apart(void)
{
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
		return NULL;
	return uncover_apart();
}

static const char *nested_users(void)
{
	return apart(nested_users_apart);
}

static const char *pivot_apart(void)
{
	const char *found;

	(void)unshare(CLONE_NEWNS);
	(void)mkdir("/tmp/pivot", 0755);
	(void)mount("/tmp/pivot", "/tmp/pivot", NULL, MS_BIND, NULL);
	(void)mkdir("/tmp/pivot/old", 0755);
	if (chdir("/tmp/pivot") < 0 || syscall(SYS_pivot_root, ".", "old") < 0)
		return NULL;
	(void)umount2("old", MNT_DETACH);
	for (unsigned i = 0; i < 16; i++)
		(void)chdir("..");
	found = look();
	(void)umount2("/", MNT_DETACH);
	return found != NULL ? found : look();
}

static const char *pivot(void)
{
	return apart(pivot_apart);
}

/* Namespaces of any process that can be seen, and those above our own. */
static const char *other_namespaces_apart(void)
{
	static const char *const kinds[] = {"mnt", "user", "pid", "net", "ipc", "uts", "cgroup"};

	for (unsigned pid = 1; pid < 512; pid++)
		for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
			char path[64];
			const char *found;
			int fd, above;

			(void)snprintf(path, sizeof(path), "/proc/%u/ns/%s", pid, kinds[i]);
			fd = open(path, O_RDONLY | O_CLOEXEC);
			if (fd < 0)
				continue;
			above = ioctl(fd, NS_GET_PARENT);
			if (above >= 0 && setns(above, 0) == 0)
				return "a namespace above could be joined";
			(void)setns(fd, 0);
			(void)close(fd);
			found = look();
			if (found != NULL)
				return found;
		}
	return NULL;
}

static const char *other_namespaces(void)
{
	return apart(other_namespaces_apart);
}

/* A handle names an inode, whatever path leads to it (open_by_handle_at(2), "shocker"). */
static const char *file_handles(void)
{
	struct {
		unsigned bytes;
		int type;
		uint32_t inode[2];
	} handle = {.bytes = 8, .type = 1, .inode = {2, 0}};
	int root = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	long fd = syscall(SYS_open_by_handle_at, root, &handle, O_RDONLY | O_CLOEXEC);

	(void)close(root);
	if (fd < 0)
		return errno == EPERM || errno == ENOSYS ? NULL : "file handles are looked up";
	(void)close((int)fd);
	return "a file was opened by its handle";
}

static const char *descriptors(void)
{
	static char what[300];

	for (int fd = 0; fd < 4096; fd++) {
		char path[64], to[200] = "";
		struct stat st;

		if (fstat(fd, &st) < 0)
			continue;
		(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		if (readlink(path, to, sizeof(to) - 1) < 0)
			to[0] = '\0';
		(void)snprintf(what, sizeof(what), "descriptor %d is %s", fd, to);
		if (fd > 2 || S_ISDIR(st.st_mode) || S_ISBLK(st.st_mode))
			return what;
	}
	return NULL;
}

/* A directory that is not beneath the root (CVE-2024-21626). */
static const char *directory(void)
{
	char path[4096];

	if (getcwd(path, sizeof(path)) == NULL || path[0] != '/')
		return "the current directory is outside";
	return look();
}

static const char *environment(void)
{
	extern char **environ;

	for (char **v = environ; v != NULL && *v != NULL; v++)
		if (strstr(*v, "HOSTILE") != NULL)
			return *v;
	return NULL;
}

static const char *device_nodes(void)
{
	static const dev_t devices[] = {makedev(8, 0), makedev(259, 0), makedev(253, 0), makedev(254, 0), makedev(7, 0),
	    makedev(1, 1), makedev(1, 2), makedev(10, 237)};
	const char *found = NULL;

	for (unsigned i = 0; found == NULL && i < sizeof(devices) / sizeof(devices[0]); i++) {
		mode_t type = i < 5 ? S_IFBLK : S_IFCHR;
		int fd;

		(void)unlink("/tmp/node");
		if (mknod("/tmp/node", type | 0600, devices[i]) < 0)
			continue;
		fd = open("/tmp/node", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
		if (fd >= 0 || (errno != EACCES && errno != EPERM))
			found = "a device node was made and opened";
		if (fd >= 0)
			(void)close(fd);
	}
	(void)unlink("/tmp/node");
	return found;
}

/* What /dev has that is more than terminals, null, zero, full and random numbers. */
static const char *standard_devices(void)
{
	static char what[300];
	DIR *d = opendir("/dev");
	struct dirent *e;
	const char *found = NULL;

	while (d != NULL && found == NULL && (e = readdir(d)) != NULL) {
		struct stat st;
		bool fine;

		if (fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		fine = S_ISCHR(st.st_mode) &&
		       (major(st.st_rdev) == 1 || major(st.st_rdev) == 5 || major(st.st_rdev) == 136) &&
		       !(major(st.st_rdev) == 1 && (minor(st.st_rdev) == 1 || minor(st.st_rdev) == 2 ||
						       minor(st.st_rdev) == 4 || minor(st.st_rdev) == 11)) &&
		       !(major(st.st_rdev) == 5 && minor(st.st_rdev) == 1);
		if ((S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode)) && !fine) {
			(void)snprintf(what, sizeof(what), "/dev/%s", e->d_name);
			found = what;
		}
	}
	if (d != NULL)
		(void)closedir(d);
	return found;
}

/* Switches of the whole machine. Opened for writing only: nothing is written. */
static const char *machine_switches(void)
{
	static const char *const files[] = {"/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger",
	    "/proc/sys/kernel/modprobe", "/proc/sys/kernel/hotplug", "/sys/kernel/uevent_helper",
	    "/proc/sys/fs/binfmt_misc/register", "/proc/sys/vm/panic_on_oom", "/proc/sys/kernel/panic",
	    "/proc/sys/kernel/randomize_va_space", "/proc/sys/fs/suid_dumpable", "/proc/sys/fs/file-max",
	    "/proc/sys/kernel/yama/ptrace_scope", "/proc/sys/kernel/unprivileged_bpf_disabled",
	    "/proc/sys/kernel/sysrq", "/proc/irq/default_smp_affinity", "/sys/power/state",
	    "/sys/module/kernel/parameters/panic", "/sys/kernel/mm/transparent_hugepage/enabled",
	    "/sys/fs/cgroup/release_agent", "/sys/fs/cgroup/cgroup.procs", "/sys/fs/cgroup/unified/cgroup.procs",
	    "/sys/fs/cgroup/memory/release_agent", "/sys/fs/cgroup/unified/jail/cgroup.kill",
	    "/sys/fs/cgroup/jail/cgroup.kill"};

	for (unsigned i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		int fd = open(files[i], O_WRONLY | O_CLOEXEC | O_NONBLOCK);

		if (fd < 0)
			continue;
		(void)close(fd);
		return files[i];
	}
	return NULL;
}

/* What is only for root of the host to read. */
static const char *machine_secrets(void)
{
	static const char *const files[] = {"/proc/kcore", "/proc/kmsg", "/proc/vmcore", "/dev/mem", "/dev/port",
	    "/dev/kmsg", "/sys/kernel/debug/sched/debug", "/sys/kernel/tracing/trace", "/sys/kernel/security/lsm",
	    "/sys/firmware/efi/efivars", "/proc/slabinfo", "/proc/vmallocinfo", "/proc/timer_list",
	    "/sys/firmware/acpi/tables/DSDT"};
	static char what[300];
	unsigned readable = 0;

	for (unsigned i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		char byte;
		int fd = open(files[i], O_RDONLY | O_CLOEXEC | O_NONBLOCK);

		if (fd < 0)
			continue;
		if (read(fd, &byte, 1) == 1) {
			(void)snprintf(what, sizeof(what), "%s can be read", files[i]);
			readable++;
		}
		(void)close(fd);
	}
	return readable > 0 ? what : NULL;
}

/* The control groups: the jail's own is its root, and nothing above it can be named. */
static const char *control_groups(void)
{
	static const char *const names[] = {"trusted.jail.state", "trusted.jail.params", "trusted.jail.next"};
	static const char *const places[] = {
	    "/tmp/cgroup", "/tmp/cgroup/jail", "/sys/fs/cgroup", "/sys/fs/cgroup/unified"};
	const char *found = NULL;
	char value[64];

	(void)mkdir("/tmp/cgroup", 0755);
	(void)mount("cgroup2", "/tmp/cgroup", "cgroup2", 0, NULL);
	(void)mkdir("/tmp/cgroup/made", 0755);
	if (access("/tmp/cgroup/jail", F_OK) == 0)
		found = "the host's control groups can be seen";
	for (unsigned i = 0; found == NULL && i < 4; i++)
		for (unsigned n = 0; found == NULL && n < 3; n++) {
			if (getxattr(places[i], names[n], value, sizeof(value)) >= 0)
				found = "what the jail is made of can be read";
			else if (access(places[i], F_OK) == 0 &&
				 setxattr(places[i], "trusted.jail.hostile", "x", 1, 0) == 0)
				found = "trusted attributes can be set";
		}
	(void)rmdir("/tmp/cgroup/made");
	(void)umount2("/tmp/cgroup", MNT_DETACH);
	if (found == NULL && mount("cgroup", "/tmp/cgroup", "cgroup", 0, "memory") == 0) {
		(void)umount2("/tmp/cgroup", MNT_DETACH);
		found = "a control group of version 1 was mounted";
	}
	return found;
}

/* A file system on a device, or one that shows the whole machine. */
static const char *foreign_mounts(void)
{
	static const char *const types[] = {
	    "ext4", "xfs", "btrfs", "debugfs", "tracefs", "securityfs", "efivarfs", "configfs", "pstore", "bpf"};
	static char what[100];

	(void)mkdir("/tmp/foreign", 0755);
	for (unsigned i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (mount(i < 3 ? "/dev/vda" : "none", "/tmp/foreign", types[i], MS_RDONLY, NULL) < 0)
			continue;
		(void)umount2("/tmp/foreign", MNT_DETACH);
		/* BPF objects of a user namespace of one's own are one's own. */
		if (strcmp(types[i], "bpf") == 0)
			continue;
		(void)snprintf(what, sizeof(what), "%s was mounted", types[i]);
		return what;
	}
	return NULL;
}

static const char *host_socket(void)
{
	const char *path = escape_given("socket");
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const char *found = NULL;

	if (path != NULL && s >= 0 && strlen(path) < sizeof(to.sun_path)) {
		memcpy(to.sun_path, path, strlen(path) + 1);
		if (connect(s, (struct sockaddr *)&to, sizeof(to)) == 0)
			found = "the host's socket was reached";
	}
	if (s >= 0)
		(void)close(s);
	return found;
}

/* Files of others, by all the ways a write could get there. */
static const char *write_outside(void)
{
	const char *out = escape_given("out");
	char path[4096];
	int fd;

	if (out == NULL)
		return NULL;
	(void)snprintf(path, sizeof(path), "../../../../../../../..%s", out);
	fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	if (fd >= 0)
		(void)close(fd);
	return fd >= 0 ? path[0] == '.' ? "a file outside was opened for writing" : "" : NULL;
}

static const struct attempt attempts[] = {
    {"plain_names", plain_names},
    {"dot_dot", dot_dot},
    {"proc_roots", proc_roots},
    {"double_chroot", double_chroot},
    {"uncover", uncover},
    {"bind_root", bind_root},
    {"new_mounts", new_mounts},
    {"nested_users", nested_users},
    {"pivot", pivot},
    {"other_namespaces", other_namespaces},
    {"file_handles", file_handles},
    {"descriptors", descriptors},
    {"directory", directory},
    {"environment", environment},
    {"device_nodes", device_nodes},
    {"standard_devices", standard_devices},
    {"machine_switches", machine_switches},
    {"machine_secrets", machine_secrets},
    {"control_groups", control_groups},
    {"foreign_mounts", foreign_mounts},
    {"host_socket", host_socket},
    {"write_outside", write_outside},
};

int main(int argc, char **argv)
{
	return escape_main(argc, argv, attempts, sizeof(attempts) / sizeof(attempts[0]));
}

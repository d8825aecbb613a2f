/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * table_rows.c: the parameter table: one row for each parameter of a jail, sorted by name. The parser, validation, jls,
 * shell completion and the manual pages all follow from it; a new parameter begins with a row here. It holds facts
 * only; what a value does is in plan*.c.
 */
#include "table.h"

#include <stdint.h>

#define F JAIL_PARAM_FREEBSD
#define LIVE JAIL_PARAM_LIVE
#define COMMA JAIL_PARAM_COMMA
#define LATER JAIL_PARAM_LATER
#define EXEC JAIL_PARAM_EXEC
#define READONLY JAIL_PARAM_READONLY
#define FOREIGN (JAIL_PARAM_FOREIGN | JAIL_PARAM_FREEBSD)
#define IGNORED (FOREIGN | JAIL_PARAM_IGNORED)

/* One macro a type, so that a row says only what is its own: name, flags, default, what the type needs, help, reason.
 */
/* clang-format off: one line a type */
#define ROW(...)                                                                                                       \
	{                                                                                                              \
		__VA_ARGS__                                                                                            \
	}
#define BOOL(n, f, d, h, r) ROW(n, JAIL_TYPE_BOOL, f, d, NULL, 0, 0, h, r)
#define INT(n, f, d, low, high, h, r) ROW(n, JAIL_TYPE_INT, f, d, NULL, low, high, h, r)
#define SIZED(n, f, d, low, high, h, r) ROW(n, JAIL_TYPE_BOOL, (f) | JAIL_PARAM_SIZED, d, NULL, low, high, h, r)
#define TIME(n, f, d, high, h, r) ROW(n, JAIL_TYPE_TIME, f, d, NULL, 0, high, h, r)
#define ENUM(n, f, d, c, h, r) ROW(n, JAIL_TYPE_ENUM, f, d, c, 0, 0, h, r)
#define STRING(n, f, d, h, r) ROW(n, JAIL_TYPE_STRING, f, d, NULL, 0, 0, h, r)
#define LIST(n, f, h, r) ROW(n, JAIL_TYPE_LIST, f, NULL, NULL, 0, 0, h, r)
#define LIMIT(n, h) ROW("limit." n, JAIL_TYPE_LIST, COMMA | LIVE, NULL, NULL, 0, 0, h, NULL)
#define ALLOW(n, f, d, h) ROW("allow." n, JAIL_TYPE_BOOL, f, d, NULL, 0, 0, h, at_start)
/* clang-format on */

/* Reasons that many rows share. */
static const char at_start[] = "privileges are taken from each program as it starts and can't be changed under it "
			       "in this version";
static const char starts_once[] = "it is run only when the jail is created";
static const char made_once[] = "it is part of the file view, which is made with the jail";
static const char first_process[] = "the jail's first process learns it when it starts";
static const char name_space[] = "which name space it is in is settled when the jail is created";
static const char network_later[] = "networks are not available in this version (a jail has a stack of its own with "
				    "loopback only, or with vnet=inherit the host's)";
static const char no_linuxulator[] = "programs are the kernel's own here, nothing is emulated";
static const char no_zfs[] = "ZFS data sets can't be handed to a jail on this kernel";

const struct jail_param table_rows[] = {
    ALLOW("adjtime", F, "false", "the clock may be slewed (with users=inherit)"),
    ALLOW("bpf", 0, "false", "programs may be loaded into the kernel with bpf(2)"),
    ALLOW("chflags", F, "false", "root inside may set and clear the immutable and append-only flags of files"),
    ALLOW("debug", 0, "false", "root inside may trace processes of the jail's other users"),
    BOOL("allow.dying", IGNORED, "false", "changes to a jail that is being removed",
	"a jail that is being removed is finished off before its name is used again"),
    ALLOW("extattr", F, "false", "root inside may set extended attributes beyond those of users"),
    ALLOW("fanotify", 0, "false", "file accesses may be watched with fanotify(7)"),
    ALLOW("hugepages", 0, "false", "huge pages may be reserved"),
    ALLOW("io_uring", 0, "false",
	"with allow.socket_af: io_uring(7) may be used; a ring makes sockets of every family, which no filter sees"),
    ALLOW("keyring", 0, "false", "the kernel's key rings may be used (users=new)"),
    ALLOW("mlock", F, "false", "memory may be locked"),
    ALLOW("mount", F, "false",
	"root inside may mount the file systems that allow.mount.* names (enforce_statfs below 2)"),
    ALLOW("mount.devfs", F, "false", "nothing here: /dev at a second place takes allow.mount.nullfs"),
    ALLOW("mount.fdescfs", F, "false", "nothing here: it is part of /dev"),
    ALLOW("mount.fusefs", F, "false", "with allow.mount: file systems in user space; brings /dev/fuse"),
    ALLOW("mount.linprocfs", F, "false", "allow.mount.procfs, under another name of FreeBSD's"),
    ALLOW("mount.linsysfs", F, "false", "with allow.mount: /sys"),
    ALLOW("mount.nullfs", F, "false", "with allow.mount: directories at a second place (bind mounts)"),
    ALLOW("mount.overlay", 0, "false", "with allow.mount: overlays"),
    ALLOW("mount.procfs", F, "false", "with allow.mount and allow.userns: /proc, of process namespaces made inside"),
    ALLOW("mount.tmpfs", F, "false", "with allow.mount: file systems in memory"),
    BOOL("allow.mount.zfs", IGNORED, "false", "with allow.mount: ZFS data sets", no_zfs),
    ALLOW("nfsd", F, "false", "an NFS server may run inside"),
    ALLOW("perf", 0, "false", "performance counters may be read with perf_event_open(2)"),
    ALLOW("quotas", F, "false", "root inside may administer disk quotas"),
    ALLOW("raw_sockets", F, "false", "raw sockets may be opened (ping, traceroute)"),
    ALLOW("read_msgbuf", F, "false", "the kernel's message buffer may be read"),
    ALLOW("reserved_ports", F, "true", "root inside may bind ports below 1024"),
    ALLOW("routing", F, "false", "root inside may change interfaces and routes of the jail's own stack"),
    ALLOW("rtprio", 0, "false", "real-time priorities and raised priorities may be used"),
    ALLOW("set_hostname", F, "true", "root inside may change the jail's host name"),
    BOOL("allow.setaudit", IGNORED, "false", "audit state of processes may be changed",
	"the kernel's audit state is not divided among jails"),
    ALLOW("settime", F, "false", "the host's clock may be set (with users=inherit)"),
    ALLOW("socket_af", F, "false",
	"sockets of all families and protocols; without: IPv4, IPv6 (TCP, MPTCP, UDP, UDP-Lite, ICMP), local, route"),
    ALLOW("suser", F, "true", "user 0 inside has privileges; without, it is a user like any other"),
    ALLOW("sysvipc", F, "false", "the host's System V IPC objects, as sysvmsg, sysvsem, sysvshm = inherit"),
    BOOL("allow.unprivileged_parent_tampering", IGNORED, "false", "processes outside may be changed by users inside",
	"no process outside can be reached from inside"),
    ALLOW("unprivileged_proc_debug", F, "true", "users inside may trace their own processes"),
    ALLOW("userns", 0, "false", "user name spaces may be made inside"),
    ALLOW("vmm", F, "false", "virtual machines may run inside; brings /dev/kvm"),
    INT("children.cur", F | READONLY, NULL, 0, INT32_MAX, "child jails that it has, those beneath them included", NULL),
    INT("children.max", F | LIVE, "0", 0, 10000, "child jails that it may have, those beneath them included", NULL),
    LIST("command", F | EXEC,
	"the command line to run; several in a file, one after the other; with jail(8), a program and its arguments",
	starts_once),
    INT("cpuset.id", FOREIGN | READONLY, NULL, 0, INT32_MAX, "number of its set of processors",
	"sets of processors have no numbers here"),
    INT("created", READONLY, NULL, 0, INT64_MAX, "when it was created, in seconds since 1970", NULL),
    LIST("depend", F | COMMA | LIVE, "jails that are started before and stopped after this one", NULL),
    INT("devfs_ruleset", IGNORED, "4", 0, 65535, "the ruleset of /dev",
	"/dev inside has the standard nodes only, as ruleset 4 shows them; others are named by `devices`"),
    LIST("devices", COMMA | LIVE, "devices beside the standard ones: \"/dev/kvm rw\" (r, w or rw; rw when left out)",
	NULL),
    BOOL("dying", F | READONLY, NULL, "is being removed", NULL),
    INT("enforce_statfs", F, "2", 0, 2, "how little of the mount table is seen inside", made_once),
    STRING("enforcement", READONLY, NULL, "what enforces its privileges on the running kernel", NULL),
    LIST("env", LIVE | EXEC, "KEY=value for the environment of the programs inside", NULL),
    BOOL(
	"exec.clean", F | LIVE | EXEC, "true", "nothing of the caller's environment is given to programs inside", NULL),
    STRING("exec.consolelog", F | LIVE | EXEC, NULL, "file on the host for the output of what is run inside", NULL),
    LIST("exec.created", F | EXEC, "run on the host once the jail is there, before anything runs in it", starts_once),
    STRING("exec.dir", LIVE | EXEC, "/", "directory inside in which programs are started", NULL),
    INT("exec.fib", FOREIGN, "0", 0, 65535, "routing table of what is run inside",
	"a network stack has one set of routes; give the jail a stack of its own"),
    BOOL("exec.init", EXEC, "true", "process 1 is our reaper; without, it is the command itself", first_process),
    STRING("exec.jail_user", F | LIVE | EXEC, NULL, "user as whom commands are run inside", NULL),
    LIST("exec.poststart", F | EXEC, "run on the host after all has been started inside", starts_once),
    LIST("exec.poststop", F | LIVE | EXEC, "run on the host after the jail is gone", NULL),
    LIST("exec.prepare", F | EXEC, "run on the host first of all, before file systems are mounted", starts_once),
    LIST("exec.prestart", F | EXEC, "run on the host before the jail is created", starts_once),
    LIST("exec.prestop", F | LIVE | EXEC, "run on the host before the jail is stopped", NULL),
    LIST("exec.release", F | LIVE | EXEC, "run on the host last of all, when nothing of the jail is left", NULL),
    ENUM("exec.restart", LIVE | EXEC, "never", "never,failure,always", "when process 1 starts an ended command again",
	NULL),
    LIST("exec.start", F | EXEC, "run inside, by sh, when the jail is created", starts_once),
    LIST("exec.stop", F | LIVE | EXEC, "run inside, by sh, when the jail is stopped", NULL),
    BOOL("exec.system_jail_user", F | LIVE | EXEC, "false", "exec.jail_user is looked up in the host's passwd file",
	NULL),
    STRING("exec.system_user", F | LIVE | EXEC, NULL, "user as whom commands are run on the host", NULL),
    TIME("exec.timeout", F | LIVE | EXEC, "0", 31536000, "how long one command may take; 0: for ever", NULL),
    LIST("firewall", LATER, "rule set of its own stack", network_later),
    ENUM("host", F, "new", "inherit,new", "whether it has a host name of its own", name_space),
    STRING("host.domainname", F | LIVE, NULL, "NIS domain name", NULL),
    INT("host.hostid", F | LIVE, NULL, 0, UINT32_MAX, "host number, /etc/hostid inside", NULL),
    STRING("host.hostname", F | LIVE, NULL, "host name; the jail's name when left out", NULL),
    STRING("host.hostuuid", F | LIVE, NULL, "host uuid, /etc/machine-id inside", NULL),
    STRING("interface", IGNORED, NULL, "interface that ip4.addr and ip6.addr are put on", network_later),
    ENUM("ip4", F, NULL, "inherit,new,disable",
	"IPv4: inherit: the host's stack (both families), unless vnet says otherwise; new, disable: the jail's own "
	"stack",
	name_space),
    LIST("ip4.addr", F | COMMA | LATER, "its IPv4 addresses: [interface|]address[/mask]", network_later),
    LIST("ip4.allow", COMMA | LATER, "IPv4 peers and ports that it may reach", network_later),
    LIST("ip4.deny", COMMA | LATER, "IPv4 peers and ports that it may not reach", network_later),
    BOOL("ip4.saddrsel", F | LATER, "true", "choose the source address by route", network_later),
    ENUM("ip6", F, NULL, "inherit,new,disable", "IPv6, as ip4", name_space),
    LIST("ip6.addr", F | COMMA | LATER, "its IPv6 addresses: [interface|]address[/prefix]", network_later),
    LIST("ip6.allow", COMMA | LATER, "IPv6 peers and ports that it may reach", network_later),
    LIST("ip6.deny", COMMA | LATER, "IPv6 peers and ports that it may not reach", network_later),
    BOOL("ip6.saddrsel", F | LATER, "true", "choose the source address by route", network_later),
    BOOL("ip_hostname", F | LATER, "false", "its addresses are those of host.hostname", network_later),
    INT("jid", F, NULL, 1, INT32_MAX, "number of the jail; the next free one when left out",
	"it is the jail's identity"),
    LIMIT("coredumpsize", "bytes of a core dump"),
    LIMIT("cpuset", "processors that it may run on: 0-3,7"),
    LIMIT("cpuset.mems", "memory nodes that it may use: 0-1"),
    LIMIT("cpushare", "weight of its share of processor time, 1 to 10000; others have 100"),
    LIMIT("cputime", "seconds of processor time in all; then sigkill, another signal, or log"),
    LIMIT("datasize", "bytes of the data segment of a process"),
    LIMIT("disk", "bytes that its files take: with path.volatile, or on a file system with project quotas"),
    LIMIT("fsize", "bytes of a file"),
    ROW("limit.hits", JAIL_TYPE_LIST, READONLY, NULL, NULL, 0, 0, "how often a limit was reached: NAME:ACTION=COUNT",
	NULL),
    LIMIT("inodes", "number of its files, as limit.disk"),
    LIMIT("ioshare", "weight of its share of disk time, 1 to 10000; others have 100"),
    LIMIT("maxproc", "processes, each thread counted; deny, log or a signal"),
    LIMIT("memorylocked", "bytes that a process may lock in memory"),
    LIMIT("memoryuse", "bytes of memory; deny, log or a signal"),
    LIMIT("memoryuse.soft", "bytes of memory beyond which it is taken back, and the jail slowed down"),
    LIMIT("msgqqueued", "queued System V messages"),
    LIMIT("msgqsize", "bytes in a System V message queue"),
    LIMIT("netrate", "bits a second over the network: RATE, in:RATE, out:RATE"),
    LIMIT("nmsgq", "System V message queues"),
    LIMIT("nsem", "System V semaphores"),
    LIMIT("nsemop", "operations of one semop(2)"),
    LIMIT("nshm", "System V shared memory segments"),
    LIMIT("nthr", "threads; deny, log or a signal"),
    LIMIT("openfiles", "open files of a process"),
    LIMIT("pcpu", "processor time, in percent of one processor"),
    LIMIT("pseudoterminals", "pseudo-terminals"),
    LIMIT("readbps", "bytes read a second from the devices under writable mounts, or DEVICE:RATE"),
    LIMIT("readiops", "reads a second from the devices under writable mounts, or DEVICE:RATE"),
    LIMIT("shmsize", "bytes of System V shared memory in all"),
    LIMIT("stacksize", "bytes of a stack"),
    LIMIT("swapuse", "bytes of swap space; deny, log or a signal"),
    ROW("limit.victims", JAIL_TYPE_LIST, READONLY, NULL, NULL, 0, 0,
	"processes that were killed for want of memory, as far as the kernel's log has them: PROGRAM[PID]", NULL),
    LIMIT("vmemoryuse", "bytes of address space of a process"),
    LIMIT("wallclock", "seconds since its creation; then sigkill, another signal, or log"),
    LIMIT("writebps", "bytes written a second to the devices under writable mounts, or DEVICE:RATE"),
    LIMIT("writeiops", "writes a second to the devices under writable mounts, or DEVICE:RATE"),
    ENUM("linux", IGNORED, "inherit", "inherit,new,disable", "the Linux emulation", no_linuxulator),
    STRING("linux.osname", IGNORED, NULL, "system name in the Linux emulation", no_linuxulator),
    STRING("linux.osrelease", IGNORED, NULL, "release in the Linux emulation", no_linuxulator),
    INT("linux.oss_version", IGNORED, NULL, 0, INT32_MAX, "sound system version in the Linux emulation",
	no_linuxulator),
    ENUM("mac.do", FOREIGN, "disable", "inherit,new,disable", "rules for changing users", "there is no mac_do(4) here"),
    LIST("mac.do.rules", FOREIGN, "rules for changing users", "there is no mac_do(4) here"),
    LIST("meta", LIVE, "KEY=value, kept for whoever reads it", NULL),
    LIST("mount", F | LIVE, "an fstab(5) line: source, target inside, type, options", NULL),
    BOOL("mount.devfs", F, "true", "/dev with the standard nodes", made_once),
    BOOL("mount.fdescfs", F, "true", "/dev/fd", made_once),
    LIST("mount.fstab", F, "files on the host with fstab(5) lines, read one after the other",
	"it is read when the jail is created; change `mount`"),
    BOOL("mount.procfs", F, "true", "/proc of the jail", made_once),
    STRING("name", F, NULL, "name; \"web.db\" is child db of web; the jid when left out",
	"the kernel keeps the jail under its name and can't rename it"),
    BOOL("nat", LATER, "false", "its connections leave with the host's address", network_later),
    INT("osreldate", IGNORED, NULL, 0, INT32_MAX, "kernel version number seen inside",
	"the running kernel's is seen inside"),
    STRING("osrelease", IGNORED, NULL, "kernel release seen inside", "the running kernel's is seen inside"),
    INT("parent", F | READONLY, NULL, 0, INT32_MAX, "jid of the jail that it is in; 0: none", NULL),
    STRING("path", F, "/", "directory that is its root", made_once),
    LIST("path.base", COMMA, "read-only directories seen under `path`, to which all writes go", made_once),
    LIST("path.hide", COMMA | LIVE,
	"paths and globs that are covered; default: those usual for a shared tree; none: all is shown", NULL),
    BOOL("path.readonly", LIVE, "false", "its root is read only", NULL),
    LIST("path.show", COMMA,
	"what of a tree shared with the host is read although not everybody on the host may read it", made_once),
    SIZED("path.volatile", 0, "false", 65536, INT64_C(1) << 50,
	"writes go to memory, at most of that size, and vanish with the jail", made_once),
    BOOL("persist", F | LIVE, "false", "lives on without any process of yours", NULL),
    INT("pid", READONLY, NULL, 0, INT32_MAX, "its first process, as numbered outside", NULL),
    LIST("publish", COMMA | LATER, "ports of the host that lead to ports of the jail: 8080:80/tcp", network_later),
    LIST("resolver", COMMA | LATER, "name servers for /etc/resolv.conf inside", network_later),
    INT("restarts", READONLY, NULL, 0, INT32_MAX, "how often exec.restart has started its command again", NULL),
    LIST("route", COMMA | LATER, "routes of its own stack: dest via gateway [dev interface] [metric n]", network_later),
    INT("securelevel", F, "0", -1, 3,
	"-1, 0: nothing more is forbidden; 1: no chflags, bpf, perf; 2: nor clock, nor block devices to write; 3: nor "
	"routing",
	at_start),
    TIME("stop.timeout", F | LIVE, "10", 86400, "from TERM to KILL when it is stopped; 0: KILL at once", NULL),
    ENUM("sysvmsg", F, "new", "inherit,new,disable", "System V message queues: the host's, its own, none", name_space),
    ENUM("sysvsem", F, "new", "inherit,new,disable", "System V semaphores: the host's, its own, none", name_space),
    ENUM("sysvshm", F, "new", "inherit,new,disable", "System V shared memory: the host's, its own, none", name_space),
    ENUM("users", 0, "new", "new,inherit", "new: root inside is nobody outside; inherit: users are the host's",
	name_space),
    INT("users.base", 0, NULL, 1, UINT32_MAX - 1, "first of the host's user numbers that it gets", name_space),
    INT("users.count", 0, NULL, 1, UINT32_MAX - 1, "how many user numbers it gets", name_space),
    ENUM("vnet", F, "new", "inherit,new", "network stack: its own (loopback only in this version), or the host's",
	name_space),
    LIST("vnet.interface", F | COMMA | LATER, "interfaces that are moved into it", network_later),
    LIST("zfs.dataset", IGNORED, "data sets that are handed to it", no_zfs),
    INT("zfs.mount_snapshot", IGNORED, "0", 0, 1, "snapshots are mounted inside when looked into", no_zfs),
};

const size_t table_count = sizeof(table_rows) / sizeof(table_rows[0]);

_Static_assert(sizeof(table_rows) / sizeof(table_rows[0]) <= TABLE_ROWS_MAX, "TABLE_ROWS_MAX is too small");

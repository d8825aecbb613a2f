/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * check_kernel.c: what of the kernel confines jails, and what later versions build on. What has to be tried is tried in
 * a process of its own that ends at once.
 */
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/if_link.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/rtnetlink.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "../util.h"
#include "check.h"
#include "sys.h"
#include "sys/landlock.h"

/* Run `try` in a child that has no effect on anybody: its result, 0 or -errno. */
static int in_child(int (*try)(void))
{
	_cleanup_close_ int pidfd = -1;
	struct clone_args args = {.flags = CLONE_PIDFD, .pidfd = (uintptr_t)&pidfd};
	siginfo_t info = {.si_status = 0};
	long pid;

	pid = sys_clone3(&args);
	if (pid == 0)
		_exit(-try() & 0xff);
	if (pid < 0)
		return negative_errno();
	while (waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED | __WALL) < 0) {
		if (errno != EINTR)
			return negative_errno();
	}
	return info.si_code == CLD_EXITED ? -info.si_status : -EIO;
}

static int try_users(void)
{
	return unshare(CLONE_NEWUSER) < 0 ? negative_errno() : 0;
}

bool check_users(struct check_text *detail)
{
	char value[32];
	int r = in_child(try_users);

	if (r < 0)
		check_say(detail, "refused: %s", strerror(-r));
	else
		check_say(detail, "works");
	if (check_read("/proc/sys/user/max_user_namespaces", value, sizeof(value)) == 0)
		check_add(detail, ", at most %.20s", value);
	else
		check_add(detail, ", not built into this kernel");
	/* These two are for users without privilege; root's tools don't mind. */
	if (check_read("/proc/sys/kernel/unprivileged_userns_clone", value, sizeof(value)) == 0 &&
	    strcmp(value, "0") == 0)
		check_add(detail, ", root only");
	if (check_read("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", value, sizeof(value)) == 0 &&
	    strcmp(value, "1") == 0)
		check_add(detail, ", restricted by AppArmor for other users than root");
	return r == 0;
}

bool check_namespaces(struct check_text *detail)
{
	static const char *const kinds[] = {"mnt", "pid", "net", "uts", "ipc", "cgroup"};
	size_t missing = 0;

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		char path[64];

		(void)snprintf(path, sizeof(path), "/proc/self/ns/%s", kinds[i]);
		if (access(path, F_OK) < 0)
			check_add(detail, "%s%s", missing++ == 0 ? "missing: " : " ", kinds[i]);
	}
	if (missing == 0)
		check_say(detail, "mount, pid, network, uts, ipc, cgroup");
	return missing == 0;
}

static int try_nothing(void)
{
	return 0;
}

bool check_pidfd(struct check_text *detail)
{
	_cleanup_close_ int fd = sys_pidfd_open(getpid());
	int r = fd < 0 ? negative_errno() : in_child(try_nothing);

	if (r < 0)
		check_say(detail, "refused: %s", strerror(-r));
	else
		check_say(detail, "work");
	return r == 0;
}

bool check_seccomp(struct check_text *detail)
{
	uint32_t action = SECCOMP_RET_KILL_PROCESS;

	if (syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) < 0) {
		check_say(detail, "refused: %s", strerror(errno));
		return false;
	}
	check_say(detail, "work");
	return true;
}

bool check_landlock(struct check_text *detail)
{
	int abi = landlock_abi();

	if (abi < 0) {
		check_say(detail, abi == -EOPNOTSUPP ? "switched off" : "not in this kernel");
		return false;
	}
	check_say(
	    detail, "ABI %d%s", abi, abi < LANDLOCK_ABI_SCOPES ? ": the host's abstract sockets are reached" : "");
	return abi >= LANDLOCK_ABI_SCOPES;
}

/* Load a program that does nothing ("return 1"), and let go of it. */
static int load_program(enum bpf_prog_type type, enum bpf_attach_type attach, uint32_t target)
{
	const struct bpf_insn code[] = {
	    {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 1}, {.code = BPF_JMP | BPF_EXIT}};
	union bpf_attr attr;
	int fd;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = type;
	attr.expected_attach_type = attach;
	attr.attach_btf_id = target;
	attr.insns = (uintptr_t)code;
	attr.insn_cnt = ARRAY_SIZE(code);
	attr.license = (uintptr_t) "Dual BSD/GPL";
	fd = (int)syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
	if (fd < 0)
		return negative_errno();
	(void)close_fd(fd);
	return 0;
}

bool check_bpf_lsm(struct check_text *detail)
{
	char list[512];

	if (check_read("/sys/kernel/security/lsm", list, sizeof(list)) < 0) {
		check_say(detail, "can't tell: securityfs is not mounted at /sys/kernel/security");
		return false;
	}
	if (!check_has_word(list, "bpf", ",")) {
		check_say(detail, "not among the active modules (%.80s)", list);
		return false;
	}
	if (!check_capable(CAP_SYS_ADMIN)) {
		check_say(detail, "listed; only root can try it");
		return true;
	}
	/* Type 1 is no hook, so a program for it is invalid (EINVAL), but where such programs are refused it is EPERM.
	 */
	if (load_program(BPF_PROG_TYPE_LSM, BPF_LSM_MAC, 1) == -EPERM) {
		check_say(detail, "listed, but programs are refused");
		return false;
	}
	check_say(detail, "listed");
	return true;
}

bool check_bpf_cgroup(struct check_text *detail)
{
	int r = load_program(BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_EGRESS, 0);

	if (r == 0)
		check_say(detail, "programs are let in");
	else
		check_say(detail, "refused: %s", strerror(-r));
	return r == 0;
}

/* Send one request to the kernel and wait for its answer: 0, or -errno as the kernel gives it. */
static int netlink_ask(int protocol, struct nlmsghdr *request)
{
	_cleanup_close_ int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
	_Alignas(struct nlmsghdr) char answer[4096];
	struct timeval patience = {.tv_sec = 2};
	const struct nlmsghdr *h = (const struct nlmsghdr *)answer;
	ssize_t n;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) < 0)
		return negative_errno();
	if (send(fd, request, request->nlmsg_len, 0) < 0)
		return negative_errno();
	n = recv(fd, answer, sizeof(answer), 0);
	if (n < 0)
		return negative_errno();
	if ((size_t)n < sizeof(*h) || h->nlmsg_len > (size_t)n)
		return -EBADMSG;
	if (h->nlmsg_type != NLMSG_ERROR)
		return 0;
	if ((size_t)n < NLMSG_LENGTH(sizeof(struct nlmsgerr)))
		return -EBADMSG;
	return ((const struct nlmsgerr *)NLMSG_DATA(h))->error;
}

/* A pair of interfaces in a network namespace that ends with the process. */
static int try_veth(void)
{
	static const char kind[] = "veth";
	struct {
		struct nlmsghdr h;
		struct ifinfomsg link;
		struct rtattr info;
		struct rtattr info_kind;
		char kind[8];
	} request = {
	    .h = {.nlmsg_len = sizeof(request),
		.nlmsg_type = RTM_NEWLINK,
		.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL},
	    .info = {.rta_len = sizeof(struct rtattr) * 2 + 8, .rta_type = IFLA_LINKINFO},
	    .info_kind = {.rta_len = RTA_LENGTH(sizeof(kind)), .rta_type = IFLA_INFO_KIND},
	};

	memcpy(request.kind, kind, sizeof(kind));
	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
		return negative_errno();
	return netlink_ask(NETLINK_ROUTE, &request.h);
}

static int try_nftables(void)
{
	struct {
		struct nlmsghdr h;
		struct nfgenmsg nf;
	} request = {
	    .h = {.nlmsg_len = sizeof(request),
		.nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETGEN,
		.nlmsg_flags = NLM_F_REQUEST},
	    .nf = {.version = NFNETLINK_V0},
	};

	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
		return negative_errno();
	return netlink_ask(NETLINK_NETFILTER, &request.h);
}

static bool check_network(struct check_text *detail, int (*try)(void))
{
	int r = in_child(try);

	if (r == 0)
		check_say(detail, "works");
	else
		check_say(detail, "refused: %s", strerror(-r));
	return r == 0;
}

bool check_veth(struct check_text *detail)
{
	return check_network(detail, try_veth);
}

bool check_nftables(struct check_text *detail)
{
	return check_network(detail, try_nftables);
}

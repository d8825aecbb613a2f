/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * check_cgroup.c: what the control groups of this machine can do for jails.
 */
#include <dirent.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#include "../util.h"
#include "check.h"
#include "group_parts.h"
#include "netrate.h"
#include "sys.h"
#include "tree.h"

#define CGROUP_PATH_MAX 512

static int open_root(void)
{
	char path[CGROUP_PATH_MAX];
	bool hybrid;

	return tree_mount_open(path, sizeof(path), &hybrid);
}

bool check_cgroup2(struct check_text *detail)
{
	char path[CGROUP_PATH_MAX];
	bool hybrid = false;
	_cleanup_close_ int root = tree_mount_open(path, sizeof(path), &hybrid);

	if (root < 0) {
		check_say(detail, "not mounted anywhere");
		return false;
	}
	check_say(detail, "%s at %.100s", hybrid ? "hybrid (v1 controllers beside it)" : "unified", path);
	return true;
}

/* The v2 directory that this process is in: the line "0::/..." of /proc/self/cgroup. */
static int own_group(void)
{
	_cleanup_close_ int root = open_root();
	char path[CGROUP_PATH_MAX], groups[4096];
	const char *line;
	size_t length;
	int fd;

	if (root < 0 || check_read("/proc/self/cgroup", groups, sizeof(groups)) < 0)
		return -ENOENT;
	line = strncmp(groups, "0::", 3) == 0 ? groups : strstr(groups, "\n0::");
	if (line == NULL)
		return -ENOENT;
	line += *line == '\n' ? 4 : 3;
	length = strcspn(line, "\n");
	if (length + 2 > sizeof(path))
		return -ENAMETOOLONG;
	(void)snprintf(path, sizeof(path), ".%.*s", (int)length, line);
	fd = openat(root, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? negative_errno() : fd;
}

/* A child in the very group that this process is in: tried for real, and nothing moves. */
bool check_clone_into(struct check_text *detail)
{
	_cleanup_close_ int group = own_group(), pidfd = -1;
	struct clone_args args = {
	    .flags = CLONE_INTO_CGROUP | CLONE_PIDFD, .pidfd = (uintptr_t)&pidfd, .cgroup = (uint64_t)group};
	siginfo_t info;
	long pid;

	if (group < 0) {
		check_say(detail, "there is no v2 group to try it in");
		return false;
	}
	pid = sys_clone3(&args);
	if (pid == 0)
		_exit(0);
	if (pid < 0) {
		int error = errno;

		check_say(detail, error == EACCES || error == EPERM ? "not permitted to user %u" : "refused to user %u",
		    (unsigned)geteuid());
		check_add(detail, ": %s", strerror(error));
		return false;
	}
	while (waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED | __WALL) < 0 && errno == EINTR)
		;
	check_say(detail, "works");
	return true;
}

/* The file is in every group but the root. */
bool check_cgroup_kill(struct check_text *detail)
{
	_cleanup_close_ int root = open_root();
	bool seen = false, found = false;
	DIR *dir;

	if (root < 0) {
		check_say(detail, "there is no cgroup v2");
		return false;
	}
	dir = fdopendir(root);
	if (dir != NULL)
		(void)take_fd(&root);
	for (struct dirent *e; dir != NULL && !seen && (e = readdir(dir)) != NULL;) {
		char file[CGROUP_PATH_MAX];

		if (e->d_type != DT_DIR || e->d_name[0] == '.')
			continue;
		if (snprintf(file, sizeof(file), "%.128s/cgroup.procs", e->d_name) < 0 ||
		    faccessat(dirfd(dir), file, F_OK, 0) < 0)
			continue;
		(void)snprintf(file, sizeof(file), "%.128s/cgroup.kill", e->d_name);
		seen = true;
		found = faccessat(dirfd(dir), file, F_OK, 0) == 0;
	}
	if (dir != NULL)
		(void)closedir(dir);
	if (!seen)
		found = check_kernel_is(5, 14);
	check_say(detail, found ? "there" : "not there");
	if (!seen)
		check_add(detail, " (judged by the kernel's version: there is no group to look into)");
	return found;
}

/* Reading one that is not there: the kernel says "no data" when it keeps such attributes, else "not supported". */
bool check_trusted(struct check_text *detail)
{
	_cleanup_close_ int fd = open_root();
	char value[16];

	if (fd < 0) {
		check_say(detail, "there is no cgroup v2");
		return false;
	}
	if (fgetxattr(fd, "trusted.jail.probe", value, sizeof(value)) < 0 && errno != ENODATA) {
		check_say(detail, "not supported: %s", strerror(errno));
		return false;
	}
	check_say(detail, check_capable(CAP_SYS_ADMIN) ? "kept by the kernel, written by root only"
						       : "kept by the kernel; root only can read and write them");
	return true;
}

static int find_groups(int *ret_root, struct groups *ret, struct check_text *detail)
{
	int r;

	*ret_root = open_root();
	r = *ret_root < 0 ? *ret_root : groups_find_at(*ret_root, "cgroup.controllers", ret);
	if (r < 0)
		check_say(detail, "there is no cgroup v2");
	return r;
}

static bool check_controller(struct check_text *detail, enum group_controller c)
{
	struct groups where = GROUPS_NONE;
	_cleanup_close_ int root = -1;
	unsigned bit = GROUP_BIT(c);

	if (find_groups(&root, &where, detail) < 0)
		return false;
	if ((where.v2 & bit) != 0)
		check_say(detail, "in cgroup v2");
	else if ((where.v1 & bit) != 0)
		check_say(detail, "in cgroup v1 (\"%s\")", group_name_v1(c));
	else
		check_say(detail, "neither in cgroup v2 nor mounted as v1");
	bit &= where.v2 | where.v1;
	groups_close(&where);
	return bit != 0;
}

bool check_memory(struct check_text *detail)
{
	return check_controller(detail, GROUP_MEMORY);
}

bool check_cpu(struct check_text *detail)
{
	return check_controller(detail, GROUP_CPU);
}

bool check_cpuset(struct check_text *detail)
{
	return check_controller(detail, GROUP_CPUSET);
}

bool check_pids(struct check_text *detail)
{
	return check_controller(detail, GROUP_PIDS);
}

bool check_io(struct check_text *detail)
{
	return check_controller(detail, GROUP_IO);
}

bool check_netrate(struct check_text *detail)
{
	int r = netrate_probe();

	if (r < 0)
		check_add(detail, "%s", strerror(-r));
	else
		check_add(detail, "loaded one");
	return r == 0;
}

/* A file that only groups beneath the root have, when the controller is switched on: 1, 0, or -1 for "none to ask". */
static int beneath_has(int root, const char *proof, const char *file)
{
	_cleanup_close_ int fd = openat(root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	int found = -1;

	if (dir == NULL)
		return -1;
	(void)take_fd(&fd);
	for (struct dirent *e; found < 0 && (e = readdir(dir)) != NULL;) {
		char path[CGROUP_PATH_MAX];

		if (e->d_type != DT_DIR || e->d_name[0] == '.' ||
		    snprintf(path, sizeof(path), "%.128s/%s", e->d_name, proof) < 0 ||
		    faccessat(root, path, F_OK, 0) < 0)
			continue;
		(void)snprintf(path, sizeof(path), "%.128s/%s", e->d_name, file);
		found = faccessat(root, path, F_OK, 0) == 0;
	}
	(void)closedir(dir);
	return found;
}

bool check_swap(struct check_text *detail)
{
	struct groups where = GROUPS_NONE;
	_cleanup_close_ int root = -1;
	int found = 0;

	if (find_groups(&root, &where, detail) < 0)
		return false;
	if ((where.v2 & GROUP_BIT(GROUP_MEMORY)) != 0)
		found = beneath_has(root, "memory.max", "memory.swap.max") != 0;
	else if ((where.v1 & GROUP_BIT(GROUP_MEMORY)) != 0)
		found = faccessat(where.fd[GROUP_MEMORY], "memory.memsw.limit_in_bytes", F_OK, 0) == 0;
	groups_close(&where);
	check_say(detail, found ? "counted" : "not counted");
	return found != 0;
}

bool check_oom_group(struct check_text *detail)
{
	struct groups where = GROUPS_NONE;
	_cleanup_close_ int root = -1;
	bool found;

	if (find_groups(&root, &where, detail) < 0)
		return false;
	found = ((where.v2 | where.v1) & GROUP_BIT(GROUP_MEMORY)) != 0;
	check_say(detail, (where.v2 & GROUP_BIT(GROUP_MEMORY)) != 0 ? "memory.oom.group"
			  : found				    ? "by process 1 of the jail (cgroup v1)"
								    : "no controller memory");
	groups_close(&where);
	return found;
}

/* In v2 by a cost model or by BFQ, in v1 by BFQ. */
bool check_io_weight(struct check_text *detail)
{
	struct groups where = GROUPS_NONE;
	_cleanup_close_ int root = -1;
	bool found = false;

	if (find_groups(&root, &where, detail) < 0)
		return false;
	if ((where.v2 & GROUP_BIT(GROUP_IO)) != 0)
		found = faccessat(root, "io.cost.qos", F_OK, 0) == 0 || beneath_has(root, "io.max", "io.weight") > 0 ||
			beneath_has(root, "io.max", "io.bfq.weight") > 0;
	else if ((where.v1 & GROUP_BIT(GROUP_IO)) != 0)
		found = faccessat(where.fd[GROUP_IO], "blkio.bfq.io_service_bytes", F_OK, 0) == 0;
	groups_close(&where);
	check_say(detail, found ? "there" : "neither a cost model nor BFQ");
	return found;
}

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
#include "sys.h"
#include "tree.h"

#define CGROUP_PATH_MAX 512

static int find_mount(char ret[CGROUP_PATH_MAX], bool *ret_hybrid)
{
	return tree_find_mount(ret, CGROUP_PATH_MAX, ret_hybrid);
}

bool check_cgroup2(struct check_text *detail)
{
	char path[CGROUP_PATH_MAX];
	bool hybrid = false;
	int r = find_mount(path, &hybrid);

	if (r < 0) {
		check_say(detail, "not mounted anywhere");
		return false;
	}
	check_say(detail, "%s at %.100s", hybrid ? "hybrid (v1 controllers beside it)" : "unified", path);
	return true;
}

/* The v2 directory that this process is in: the line "0::/..." of /proc/self/cgroup. */
static int own_group(void)
{
	char path[CGROUP_PATH_MAX], groups[4096], full[CGROUP_PATH_MAX * 2];
	bool hybrid;
	const char *line;
	size_t length;
	int fd;

	if (find_mount(path, &hybrid) < 0 || check_read("/proc/self/cgroup", groups, sizeof(groups)) < 0)
		return -ENOENT;
	line = strncmp(groups, "0::", 3) == 0 ? groups : strstr(groups, "\n0::");
	if (line == NULL)
		return -ENOENT;
	line += *line == '\n' ? 4 : 3;
	length = strcspn(line, "\n");
	if (length >= CGROUP_PATH_MAX)
		return -ENAMETOOLONG;
	(void)snprintf(full, sizeof(full), "%s%.*s", path, (int)length, line);
	fd = open(full, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
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
	char path[CGROUP_PATH_MAX];
	bool hybrid, seen = false, found = false;
	DIR *dir;

	if (find_mount(path, &hybrid) < 0) {
		check_say(detail, "there is no cgroup v2");
		return false;
	}
	dir = opendir(path);
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
	char path[CGROUP_PATH_MAX], value[16];
	bool hybrid;
	_cleanup_close_ int fd = -1;

	if (find_mount(path, &hybrid) < 0) {
		check_say(detail, "there is no cgroup v2");
		return false;
	}
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || (fgetxattr(fd, "trusted.jail.probe", value, sizeof(value)) < 0 && errno != ENODATA)) {
		check_say(detail, "not supported: %s", strerror(errno));
		return false;
	}
	check_say(detail, check_capable(CAP_SYS_ADMIN) ? "kept by the kernel, written by root only"
						       : "kept by the kernel; root only can read and write them");
	return true;
}

/* Controllers that v1 mounts hold: the lines of /proc/cgroups whose hierarchy is not 0. */
static size_t v1_controllers(struct check_text *detail, const char *table)
{
	size_t n = 0;

	while (*table != '\0') {
		size_t line = strcspn(table, "\n"), name = strcspn(table, "\t\n");

		if (*table != '#' && name < line && table[name + 1] != '0')
			check_add(detail, "%s%.*s", n++ == 0 ? "; v1: " : " ", (int)name, table);
		table += line;
		table += *table == '\n';
	}
	return n;
}

bool check_controllers(struct check_text *detail)
{
	char path[CGROUP_PATH_MAX], file[CGROUP_PATH_MAX + 32], list[1024] = "";
	bool hybrid, memory;

	if (find_mount(path, &hybrid) < 0) {
		check_say(detail, "there is no cgroup v2");
		return false;
	}
	(void)snprintf(file, sizeof(file), "%s/cgroup.controllers", path);
	(void)check_read(file, list, sizeof(list));
	check_say(detail, "v2: %.60s", list[0] != '\0' ? list : "none");
	memory = check_has_word(list, "memory", " ");
	if (check_read("/proc/cgroups", list, sizeof(list)) == 0 && v1_controllers(detail, list) > 0)
		memory = memory || strstr(detail->buf, "memory") != NULL;
	return memory;
}

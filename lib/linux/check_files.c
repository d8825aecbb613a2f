/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * check_files.c: what the file systems and mounts of this kernel can do for jails. Mounts that are tried are never
 * attached anywhere: they end with their descriptor.
 */
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <sys/xattr.h>

#include "../util.h"
#include "check.h"
#include "donor.h"
#include "project.h"
#include "sys.h"
#include "sys/host_path.h"
#include "sys/mount_table.h"

bool check_mount_api(struct check_text *detail)
{
	struct mount_attr none = {.attr_set = 0};
	bool there;

	/* Bad descriptors: no mount is made, but a kernel without the call says so first. */
	there = !(sys_open_tree(-1, "", AT_EMPTY_PATH) < 0 && errno == ENOSYS) &&
		!(sys_move_mount(-1, "", -1, "", 0) < 0 && errno == ENOSYS) &&
		!(sys_mount_setattr(-1, "", AT_EMPTY_PATH, &none) < 0 && errno == ENOSYS);
	check_say(detail, there ? "open_tree, move_mount, mount_setattr" : "the kernel lacks these calls");
	return there;
}

bool check_openat2(struct check_text *detail)
{
	_cleanup_close_ int fd = sys_openat2(AT_FDCWD, "/", O_PATH | O_DIRECTORY, 0, RESOLVE_NO_SYMLINKS);

	if (fd < 0)
		check_say(detail, "refused: %s", strerror(errno));
	else
		check_say(detail, "works");
	return fd >= 0;
}

static const char *fs_name(int fd)
{
	static const struct {
		unsigned long magic;
		const char *name;
	} known[] = {
	    {0xef53, "ext4"},
	    {0x58465342, "xfs"},
	    {0x9123683e, "btrfs"},
	    {0x01021994, "tmpfs"},
	    {0x794c7630, "overlayfs"},
	    {0x6969, "nfs"},
	    {0x2fc12fc1, "zfs"},
	    {0xf2f52010, "f2fs"},
	    {0x65735546, "fuse"},
	    {0x73717368, "squashfs"},
	};
	struct statfs sf;

	if (fstatfs(fd, &sf) < 0)
		return "its file system";
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		if ((unsigned long)sf.f_type == known[i].magic)
			return known[i].name;
	}
	return "its file system";
}

/* Tried on a copy of the mount of "/", with a user namespace that ends with this call. */
static int try_idmap(int tree)
{
	struct donor donor = DONOR_NONE;
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_IDMAP};
	int r;

	r = donor_start(&donor, CLONE_NEWUSER, -1, 0, 0, NULL);
	if (r == 0)
		r = donor_map(&donor, 1u << 30, 65536, -1, NULL);
	if (r == 0) {
		attr.userns_fd = (uint64_t)donor.users_fd;
		r = sys_mount_setattr(tree, "", AT_EMPTY_PATH, &attr) < 0 ? negative_errno() : 0;
	}
	donor_end(&donor);
	return r;
}

bool check_idmap(struct check_text *detail)
{
	_cleanup_close_ int root = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC), tree = -1;
	int r;

	if (!check_capable(CAP_SYS_ADMIN)) {
		check_say(
		    detail, "only root can try it; this kernel %s", check_kernel_is(5, 12) ? "has it" : "is too old");
		return check_kernel_is(5, 12);
	}
	tree = sys_open_tree(AT_FDCWD, "/", OPEN_TREE_CLONE);
	if (root < 0 || tree < 0) {
		check_say(detail, "can't copy the mount of /: %s", strerror(errno));
		return false;
	}
	r = try_idmap(tree);
	if (r < 0)
		check_say(detail, "not on / (%s): %s", fs_name(root), strerror(-r));
	else
		check_say(detail, "works on / (%s)", fs_name(root));
	return r == 0;
}

/* Whether the kernel has a module that is loaded as soon as it is asked for. */
static bool has_module(const char *file)
{
	struct utsname name;
	char path[256], line[8192];
	size_t kept = 0;
	bool found = false;
	_cleanup_close_ int fd = -1;

	if (uname(&name) < 0)
		return false;
	(void)snprintf(path, sizeof(path), "/lib/modules/%.128s/modules.dep", name.release);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	while (fd >= 0 && !found) {
		/* A piece of the last block stays in front: the name may lie across two. */
		ssize_t n = read(fd, line + kept, sizeof(line) - 1 - kept);

		if (n <= 0)
			break;
		line[kept + (size_t)n] = '\0';
		found = strstr(line, file) != NULL;
		n += (ssize_t)kept;
		kept = (size_t)n < strlen(file) ? (size_t)n : strlen(file);
		memmove(line, line + n - kept, kept);
	}
	return found;
}

bool check_overlay(struct check_text *detail)
{
	char list[4096];

	if (check_read("/proc/filesystems", list, sizeof(list)) == 0 && check_has_word(list, "overlay", "\t\n")) {
		check_say(detail, "there");
		return true;
	}
	if (has_module("/overlay.ko")) {
		check_say(detail, "a module, loaded when it is needed");
		return true;
	}
	check_say(detail, "neither in this kernel nor among its modules");
	return false;
}

/* A file system in memory that is mounted nowhere, and an attribute on it. */
static int try_tmpfs(void)
{
	_cleanup_close_ int context = sys_fsopen("tmpfs"), mount = -1, root = -1;

	if (context < 0 || sys_fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return negative_errno();
	mount = sys_fsmount(context, 0);
	if (mount < 0)
		return negative_errno();
	root = openat(mount, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (root < 0 || fsetxattr(root, "trusted.jail.probe", "1", 1, 0) < 0)
		return negative_errno();
	return 0;
}

bool check_tmpfs(struct check_text *detail)
{
	int r;

	if (!check_capable(CAP_SYS_ADMIN)) {
		check_say(detail, "only root can try it; kernels of distributions have it");
		return true;
	}
	r = try_tmpfs();
	if (r < 0)
		check_say(detail, "refused: %s", strerror(-r));
	else
		check_say(detail, "works");
	return r == 0;
}

static int limits_directories(void *arg, const struct mount_line *l)
{
	struct check_text *detail = arg;
	_cleanup_close_ int fd = -1;

	/* Others are not opened: one that hangs would hang us. */
	if (strcmp(l->type, "ext4") != 0 && strcmp(l->type, "xfs") != 0 && strcmp(l->type, "f2fs") != 0)
		return 0;
	fd = host_path_open(-1, l->where, O_DIRECTORY, NULL);
	if (fd < 0 || !project_can(fd))
		return 0;
	check_say(detail, "%s (%s)", l->where, l->type);
	return 1;
}

/* Which of the mounted file systems limit directories: that is nothing of the kernel's alone. */
bool check_projects(struct check_text *detail)
{
	bool any = mount_table_own(limits_directories, detail) > 0;

	if (!any)
		check_say(detail, "no file system is mounted with quotas of projects");
	return any;
}

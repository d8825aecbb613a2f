/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * project.c: see project.h. Whoever owns the tree may change it while it is walked: directories are kept by handle, not
 * by name or descriptor, so neither its depth nor a move leads anywhere else; and a directory has its number before it
 * is read, so what is made in it later has it as well.
 */
#include "project.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/dqblk_xfs.h>
#include <linux/fs.h>
#include <linux/quota.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "error.h"
#include "sys.h"
#include "util.h"

#ifndef SYS_quotactl_fd
#define SYS_quotactl_fd 443 /* on every architecture; older than musl's list */
#endif

#define ATTRIBUTE "trusted.jail.project"
#define FIRST 0x40000000u /* our numbers: from here, as many as MASK says */
#define MASK 0x3fffffffu
#define TRIES 64      /* numbers in use that are passed over */
#define HANDLE_MAX 64 /* ext4 has 8 bytes, xfs up to 20, f2fs 8 */
#define BLOCK 1024    /* quotactl(2): QIF_DQBLKSIZE */
#define QUOTA(cmd) ((unsigned)QCMD(cmd, PRJQUOTA))

/* A struct file_handle with room for what it ends in. */
struct handle {
	_Alignas(struct file_handle) unsigned char room[sizeof(struct file_handle) + HANDLE_MAX];
};

struct walk {
	int treefd;
	uint32_t project;
	struct handle *pending;
	size_t count, room;
};

static int quotactl_fd(int fd, unsigned command, uint32_t project, void *argument)
{
	return syscall(SYS_quotactl_fd, fd, command, project, argument) < 0 ? negative_errno() : 0;
}

/* The same object, opened to be read: what ioctl(2) wants, and O_PATH does not give. */
static int reopen(int fd, int flags)
{
	char path[32];
	int again;

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	again = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | flags);
	return again < 0 ? negative_errno() : again;
}

static int project_of(int fd, uint32_t *ret)
{
	struct fsxattr x;

	if (ioctl(fd, FS_IOC_FSGETXATTR, &x) < 0)
		return negative_errno();
	*ret = x.fsx_projid;
	return 0;
}

static int mark(int fd, uint32_t project, bool directory)
{
	const uint32_t inherit = directory ? FS_XFLAG_PROJINHERIT : 0;
	struct fsxattr x;

	if (ioctl(fd, FS_IOC_FSGETXATTR, &x) < 0)
		return negative_errno();
	if (x.fsx_projid == project && (x.fsx_xflags & inherit) == inherit)
		return 0;
	x.fsx_projid = project;
	x.fsx_xflags |= inherit;
	return ioctl(fd, FS_IOC_FSSETXATTR, &x) < 0 ? negative_errno() : 0;
}

/* ------------------------------------------------------------------------------------------------- the walk */

static struct file_handle *head_of(struct handle *h)
{
	return (struct file_handle *)(void *)h->room;
}

static int push(struct walk *w, int fd)
{
	struct handle *h;
	int mount;

	if (w->count == w->room) {
		size_t room = w->room > 0 ? w->room * 2 : 64;

		h = reallocarray(w->pending, room, sizeof(*h));
		if (h == NULL)
			return -ENOMEM;
		w->pending = h;
		w->room = room;
	}
	h = &w->pending[w->count];
	head_of(h)->handle_bytes = HANDLE_MAX;
	if (name_to_handle_at(fd, "", head_of(h), &mount, AT_EMPTY_PATH) < 0)
		return negative_errno();
	w->count++;
	return 0;
}

/* What is gone meanwhile, or lies in another file system, is none of ours. */
static int mark_entry(struct walk *w, int dirfd, const struct dirent *e)
{
	_cleanup_close_ int fd = -1, file = -1;
	struct stat st;

	if (e->d_type != DT_DIR && e->d_type != DT_REG && e->d_type != DT_UNKNOWN)
		return 0;
	fd = sys_openat2(dirfd, e->d_name, O_PATH | O_NOFOLLOW, 0, RESOLVE_BENEATH | RESOLVE_NO_XDEV);
	if (fd < 0)
		return errno == ENOENT || errno == EXDEV || errno == ELOOP ? 0 : negative_errno();
	if (fstat(fd, &st) < 0)
		return negative_errno();
	if (S_ISDIR(st.st_mode))
		return push(w, fd);
	if (!S_ISREG(st.st_mode))
		return 0;
	file = reopen(fd, 0);
	return file < 0 ? file : mark(file, w->project, false);
}

static int mark_directory(struct walk *w, struct handle *h)
{
	int fd = open_by_handle_at(w->treefd, head_of(h), O_RDONLY | O_DIRECTORY | O_CLOEXEC), r;
	const struct dirent *e;
	DIR *d;

	if (fd < 0)
		return errno == ESTALE || errno == ENOENT ? 0 : negative_errno();
	r = mark(fd, w->project, true);
	d = r < 0 ? NULL : fdopendir(fd);
	if (d == NULL) {
		r = r < 0 ? r : negative_errno();
		(void)close(fd);
		return r;
	}
	for (errno = 0; r == 0 && (e = readdir(d)) != NULL; errno = 0)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			r = mark_entry(w, dirfd(d), e);
	if (r == 0 && errno != 0)
		r = negative_errno();
	(void)closedir(d);
	return r;
}

static int mark_all(int treefd, uint32_t project)
{
	struct walk w = {.treefd = treefd, .project = project};
	int r = push(&w, treefd);

	while (r == 0 && w.count > 0) {
		struct handle h = w.pending[--w.count];

		r = mark_directory(&w, &h);
	}
	free(w.pending);
	if (r == 0 && fsetxattr(treefd, ATTRIBUTE, &project, sizeof(project), 0) < 0)
		r = negative_errno();
	return r;
}

/* ------------------------------------------------------------------------------------------------ the number */

static bool marked(int treefd, uint32_t project)
{
	uint32_t said;

	return fgetxattr(treefd, ATTRIBUTE, &said, sizeof(said)) == (ssize_t)sizeof(said) && said == project;
}

bool project_can(int fd)
{
	struct fs_quota_statv state = {.qs_version = FS_QSTATV_VERSION1};

	return quotactl_fd(fd, QUOTA(Q_XGETQSTATV), 0, &state) == 0 && (state.qs_flags & FS_QUOTA_PDQ_ENFD) != 0;
}

static bool in_use(int treefd, uint32_t project)
{
	struct if_dqblk q = {0};

	return quotactl_fd(treefd, QUOTA(Q_GETQUOTA), project, &q) == 0 && (q.dqb_curspace > 0 || q.dqb_curinodes > 0);
}

/* Made from the directory's own number: mostly the same one again. */
static int choose(int treefd, uint32_t *ret)
{
	struct stat st;
	uint64_t mixed;

	if (fstat(treefd, &st) < 0)
		return negative_errno();
	mixed = (uint64_t)st.st_ino * 0x9e3779b97f4a7c15u >> 32;
	for (uint32_t i = 0; i < TRIES; i++) {
		*ret = FIRST + (((uint32_t)mixed + i) & MASK);
		if (!in_use(treefd, *ret))
			return 0;
	}
	return -EUSERS;
}

static int belongs(uint32_t project, struct jail_error *err)
{
	(void)jail_error_set(err, EBUSY, "it belongs to project %u already", project);
	return jail_error_hint(err, EBUSY, "limit that project, or take it out: chattr -R -p 0");
}

/* The number of the tree; all of it has it afterwards. */
static int number(int treefd, uint32_t *ret, struct jail_error *err)
{
	_cleanup_close_ int above = openat(treefd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	uint32_t outer = 0;
	int r = project_of(treefd, ret);

	if (r < 0)
		return jail_error_sys(err, -r, "cannot read the number of its project");
	if (*ret != 0 && marked(treefd, *ret))
		return 0;
	/* A walk of ours that was not finished goes on, another's tree, or a part of one, is left alone. */
	if (*ret != 0 && (*ret < FIRST || *ret > FIRST + MASK || (project_of(above, &outer) == 0 && outer == *ret)))
		return belongs(*ret, err);
	if (*ret == 0 && (r = choose(treefd, ret)) < 0)
		return jail_error_sys(err, -r, "cannot find a number for its project");
	r = mark_all(treefd, *ret);
	return r < 0 ? jail_error_sys(err, -r, "cannot make all its files one project") : 0;
}

/* ------------------------------------------------------------------------------------------------ the limits */

static int set(int treefd, uint32_t project, uint64_t bytes, uint64_t inodes)
{
	struct if_dqblk q = {.dqb_valid = QIF_LIMITS};

	/* 0 is no limit. */
	if (bytes != PROJECT_UNLIMITED)
		q.dqb_bhardlimit = bytes < BLOCK ? 1 : bytes / BLOCK;
	if (inodes != PROJECT_UNLIMITED)
		q.dqb_ihardlimit = inodes < 1 ? 1 : inodes;
	return quotactl_fd(treefd, QUOTA(Q_SETQUOTA), project, &q);
}

int project_limit(int dirfd, uint64_t bytes, uint64_t inodes, struct project_use *ret_use, struct jail_error *err)
{
	_cleanup_close_ int treefd = reopen(dirfd, O_DIRECTORY);
	struct if_dqblk q = {0};
	uint32_t project = 0;
	int r;

	if (treefd < 0)
		return jail_error_sys(err, -treefd, "cannot open it");
	if (!project_can(treefd)) {
		(void)jail_error_set(err, ENOTSUP, "its file system does not limit directories");
		return jail_error_hint(err, ENOTSUP,
		    "mount ext4 or xfs with prjquota (ext4: tune2fs -O quota,project -Q prjquota), "
		    "or use path.volatile");
	}
	r = number(treefd, &project, err);
	if (r < 0)
		return r;
	if (quotactl_fd(treefd, QUOTA(Q_GETQUOTA), project, &q) == 0)
		*ret_use = (struct project_use){.bytes = q.dqb_curspace, .inodes = q.dqb_curinodes};
	else
		*ret_use = (struct project_use){0};
	r = set(treefd, project, bytes, inodes);
	return r < 0 ? jail_error_sys(err, -r, "cannot set its quota") : 0;
}

int project_lift(int dirfd)
{
	_cleanup_close_ int treefd = reopen(dirfd, O_DIRECTORY);
	uint32_t project = 0;
	int r = treefd < 0 ? treefd : project_of(treefd, &project);

	if (r == 0 && project != 0 && marked(treefd, project))
		r = set(treefd, project, PROJECT_UNLIMITED, PROJECT_UNLIMITED);
	/* Where quotas were switched off meanwhile, or the disk is read only, nothing is limited by it. */
	switch (r) {
	case -ESRCH:
	case -ENOSYS:
	case -ENOTTY:
	case -EOPNOTSUPP:
	case -EROFS:
	case -ENOENT:
		return 0;
	default:
		return r;
	}
}

int project_join(int dirfd, int treefd)
{
	_cleanup_close_ int fd = reopen(dirfd, O_DIRECTORY), tree = reopen(treefd, O_DIRECTORY);
	uint32_t project = 0;

	if (fd < 0 || tree < 0)
		return fd < 0 ? fd : tree;
	if (project_of(tree, &project) < 0 || project == 0)
		return 0;
	return mark(fd, project, true);
}

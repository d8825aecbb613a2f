/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * project.c: see project.h. Whoever owns the tree may change it while it is walked. Each directory is opened beneath
 * the one that it was found in; the way back is "..", and if that is another directory than the one that the walk came
 * from, something was moved, and the walk begins again. A directory has its number before it is read, so what is made
 * in it later has it as well, and the kernel refuses to move there what has another number (EXDEV). The memory that a
 * walk takes grows with nothing: the depth of the tree is bounded, and only one directory is open.
 */
#include "project.h"

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
#include "sys/directory.h"
#include "util.h"

#ifndef SYS_quotactl_fd
#define SYS_quotactl_fd 443 /* on every architecture; older than musl's list */
#endif

#define ATTRIBUTE "trusted.jail.project"
#define FIRST 0x40000000u /* our numbers: from here, as many as MASK says */
#define MASK 0x3fffffffu
#define TRIES 64       /* numbers in use that are passed over */
#define DEPTH_MAX 4096 /* twice as deep as any path can name */
#define WALKS 16       /* that are begun again because something was moved */
#define BLOCK 1024     /* quotactl(2): QIF_DQBLKSIZE */
#define QUOTA(cmd) ((unsigned)QCMD(cmd, PRJQUOTA))

/* A directory that the walk has left for one in it. */
struct level {
	dev_t device;
	ino_t inode;
	int64_t next; /* where reading goes on */
};

struct walk {
	int fd; /* the directory that is read */
	uint32_t project;
	size_t depth;
	struct level level[DEPTH_MAX];
	uint64_t buffer[4096 / sizeof(uint64_t)];
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

/* Into a directory that was opened as `fd`, which is the walk's from now on. `next`: behind its entry. */
static int descend(struct walk *w, int fd, int64_t next)
{
	struct stat st;
	int r = mark(fd, w->project, true);

	if (r == 0 && fstat(w->fd, &st) < 0)
		r = negative_errno();
	if (r == 0 && w->depth == DEPTH_MAX)
		r = -E2BIG;
	if (r < 0) {
		(void)close_fd(fd);
		return r;
	}
	w->level[w->depth++] = (struct level){.device = st.st_dev, .inode = st.st_ino, .next = next};
	(void)close_fd(w->fd);
	w->fd = fd;
	return 0;
}

/* Back to where the walk came from. ESTALE: the directory lies somewhere else by now. */
static int ascend(struct walk *w)
{
	const struct level *l = &w->level[w->depth - 1];
	_cleanup_close_ int above = openat(w->fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat st;

	if (above < 0 || fstat(above, &st) < 0)
		return errno == ENOENT ? -ESTALE : negative_errno();
	if (st.st_dev != l->device || st.st_ino != l->inode)
		return -ESTALE;
	if (lseek(above, l->next, SEEK_SET) < 0)
		return negative_errno();
	(void)close_fd(w->fd);
	w->fd = take_fd(&above);
	w->depth--;
	return 0;
}

/* 1: the walk goes on in this entry. What is gone meanwhile, or lies in another file system, is none of ours. */
static int mark_entry(struct walk *w, const struct directory_entry *e)
{
	_cleanup_close_ int fd = -1, file = -1;
	struct stat st;
	int r;

	if (e->type != DT_DIR && e->type != DT_REG && e->type != DT_UNKNOWN)
		return 0;
	fd = sys_openat2(w->fd, e->name, O_PATH | O_NOFOLLOW, 0, RESOLVE_BENEATH | RESOLVE_NO_XDEV);
	if (fd < 0)
		return errno == ENOENT || errno == EXDEV || errno == ELOOP ? 0 : negative_errno();
	if (fstat(fd, &st) < 0)
		return negative_errno();
	if (!S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode))
		return 0;
	file = reopen(fd, S_ISDIR(st.st_mode) ? O_DIRECTORY : 0);
	if (file < 0)
		return file;
	if (!S_ISDIR(st.st_mode))
		return mark(file, w->project, false);
	r = descend(w, take_fd(&file), e->next);
	return r < 0 ? r : 1;
}

/* Some entries of the directory. 1: there are no more. */
static int read_some(struct walk *w)
{
	long n = directory_read(w->fd, w->buffer, sizeof(w->buffer));
	int r = 0;

	if (n <= 0)
		return n == 0 ? 1 : errno == ENOENT ? 1 : negative_errno();
	for (long at = 0; r == 0 && at < n;) {
		const struct directory_entry *e = directory_next(w->buffer, &at);

		if (!directory_is_dots(e))
			r = mark_entry(w, e);
	}
	return r < 0 ? r : 0;
}

static int walk_once(struct walk *w, int treefd)
{
	int r;

	w->depth = 0;
	w->fd = reopen(treefd, O_DIRECTORY);
	r = w->fd < 0 ? w->fd : mark(w->fd, w->project, true);
	while (r == 0) {
		r = read_some(w);
		if (r == 1 && w->depth > 0)
			r = ascend(w);
	}
	w->fd = close_fd(w->fd);
	return r < 0 ? r : 0;
}

static int mark_all(int treefd, uint32_t project)
{
	struct walk *w = malloc(sizeof(*w));
	int r = w == NULL ? -ENOMEM : -ESTALE;

	for (unsigned i = 0; r == -ESTALE && i < WALKS; i++) {
		w->project = project;
		r = walk_once(w, treefd);
	}
	free(w);
	if (r == 0 && fsetxattr(treefd, ATTRIBUTE, &project, sizeof(project), 0) < 0)
		r = negative_errno();
	return r;
}

static int mark_failed(int r, struct jail_error *err)
{
	if (r == -E2BIG) {
		(void)jail_error_set(err, E2BIG, "its directories are more than %d levels deep", DEPTH_MAX);
		return jail_error_hint(err, E2BIG, "remove the deepest, or use path.volatile");
	}
	if (r == -ESTALE) {
		(void)jail_error_set(
		    err, EBUSY, "its directories are moved all the time, so not all of them can be limited");
		return jail_error_hint(err, EBUSY, "end what moves them, and try again");
	}
	return jail_error_sys(err, -r, "cannot make all its files one project");
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
	return r < 0 ? mark_failed(r, err) : 0;
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

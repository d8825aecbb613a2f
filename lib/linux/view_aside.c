/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * view_aside.c: mounts for a running jail that are prepared in a mount namespace beside it: covers, and mounts whose
 * attributes are locked. It may not know where they are attached.
 */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "sys/mount_table.h"
#include "view_parts.h"

static void __attribute__((noreturn))
aside_main(int (*fn)(struct view *v, int *numbers), struct view *v, int *numbers, size_t n, int end)
{
	ssize_t size = (ssize_t)(n * sizeof(*numbers));
	int r;

	(void)umask(0);
	r = mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ? negative_errno() : fn(v, numbers);
	_exit(write(end, &r, sizeof(r)) != (ssize_t)sizeof(r) || write(end, numbers, (size_t)size) != size);
}

int view_aside(int (*fn)(struct view *v, int *numbers), struct view *v, int *numbers, size_t n)
{
	struct clone_args args = {.flags = CLONE_NEWNS | CLONE_FILES | CLONE_CLEAR_SIGHAND};
	int ends[2], got[VIEW_NUMBERS_MAX], r = -EIO;
	siginfo_t info;
	long pid;

	if (n > VIEW_NUMBERS_MAX)
		return -E2BIG;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return negative_errno();
	pid = sys_clone3(&args);
	if (pid == 0)
		aside_main(fn, v, numbers, n, ends[1]);
	if (pid < 0)
		r = negative_errno();
	else
		while (waitid(P_PID, (id_t)pid, &info, WEXITED | __WALL) < 0 && errno == EINTR)
			;
	(void)close_fd(ends[1]);
	if (pid > 0 && (read(ends[0], &r, sizeof(r)) != (ssize_t)sizeof(r) ||
			   read(ends[0], got, n * sizeof(*got)) != (ssize_t)(n * sizeof(*got))))
		r = -EIO;
	else if (pid > 0)
		memcpy(numbers, got, n * sizeof(*got));
	(void)close_fd(ends[0]);
	return r;
}

/* ------------------------------------------------------------------------------------------------ locked mounts */

/* A place of its own for each mount, in a file system that is the working directory. */
static int place(struct view *v, size_t i)
{
	_cleanup_close_ int file = -1;
	struct view_stat st;
	char name[24];
	int r = view_stat(v->mount[i].made, &st);

	if (r < 0)
		return r;
	(void)snprintf(name, sizeof(name), "%zu", i);
	if (S_ISDIR(st.mode)) {
		if (mkdirat(AT_FDCWD, name, 0755) < 0)
			return negative_errno();
	} else {
		file = openat(AT_FDCWD, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
		if (file < 0)
			return negative_errno();
	}
	return sys_move_mount(v->mount[i].made, "", AT_FDCWD, name, MOVE_MOUNT_F_EMPTY_PATH) < 0 ? negative_errno() : 0;
}

/* How a mount table names each: into a file in memory, which is ours and the tool's. */
static int tell(struct view *v)
{
	_cleanup_close_ int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct mount_table t = MOUNT_TABLE_NONE;
	int r = proc < 0 ? negative_errno() : mount_table_read(proc, "self", &t);

	for (size_t i = 0; r == 0 && i < v->plan->nmounts; i++) {
		const struct mount_line *l = NULL;
		struct mount_object o;

		if (!v->mount[i].wanted)
			continue;
		r = mount_object(v->mount[i].made, &o);
		if (r == 0)
			l = mount_table_find(&t, o.mount);
		if (r == 0 && (l == NULL || dprintf(v->told, "%u:%u %u:%u %s%c", l->major, l->minor, o.major, o.minor,
						l->root, '\0') < 0))
			r = -EIO;
	}
	mount_table_free(&t);
	return r;
}

/*
 * The kernel locks the attributes of every mount of a mount namespace that is copied for other users, and a copy of a
 * single one of those keeps that (mount_namespaces(7)). The working directory moves along into the copy.
 */
static int lock(struct view *v, int *numbers)
{
	_cleanup_close_ int scratch = view_new("tmpfs", MOUNT_ATTR_NODEV, NULL, 0, NULL);
	size_t n = 0;
	int r = scratch < 0 ? scratch : view_park(scratch);

	if (r == 0 && fchdir(scratch) < 0)
		r = negative_errno();
	for (size_t i = 0; r == 0 && i < v->plan->nmounts; i++)
		r = v->mount[i].wanted ? place(v, i) : 0;
	if (r == 0)
		r = tell(v);
	if (r == 0 && !view_host_users(v) && (setns(v->users.fd, CLONE_NEWUSER) < 0 || unshare(CLONE_NEWNS) < 0))
		r = negative_errno();
	for (size_t i = 0; r == 0 && i < v->plan->nmounts; i++) {
		char name[24];

		if (!v->mount[i].wanted)
			continue;
		(void)snprintf(name, sizeof(name), "%zu", i);
		numbers[n] = sys_open_tree(AT_FDCWD, name, OPEN_TREE_CLONE | AT_SYMLINK_NOFOLLOW);
		r = numbers[n++] < 0 ? negative_errno() : 0;
	}
	return r;
}

/* What tell() wrote. */
static int hear(struct view *v)
{
	off_t size = lseek(v->told, 0, SEEK_END);
	char *at;

	v->names = size < 0 ? NULL : calloc(1, (size_t)size + 1);
	if (v->names == NULL || pread(v->told, v->names, (size_t)size, 0) != size)
		return v->names == NULL ? -ENOMEM : -EIO;
	at = v->names;
	for (size_t i = 0; i < v->plan->nmounts; i++) {
		struct view_named *to = &v->mount[i].named;
		const char *rest;

		if (!v->mount[i].wanted)
			continue;
		rest = at < v->names + size ? take_unsigned(at, ':', &to->major) : NULL;
		rest = take_unsigned(take_unsigned(rest, ' ', &to->minor), ':', &to->stat_major);
		rest = take_unsigned(rest, ' ', &to->stat_minor);
		if (rest == NULL)
			return -EIO;
		to->root = rest;
		at += strlen(at) + 1;
	}
	return 0;
}

int view_lock_made(struct view *v, struct jail_error *err)
{
	int numbers[VIEW_NUMBERS_MAX], r;
	size_t n = 0;

	for (size_t i = 0; i < v->plan->nmounts; i++)
		n += v->mount[i].wanted;
	if (n == 0)
		return 0;
	if (n > VIEW_NUMBERS_MAX)
		return jail_error_set(err, E2BIG, "more than %d mounts at once", VIEW_NUMBERS_MAX);
	for (size_t i = 0; i < n; i++)
		numbers[i] = -1;
	v->told = memfd_create("jail-mounts", MFD_CLOEXEC);
	r = v->told < 0 ? negative_errno() : view_aside(lock, v, numbers, n);
	if (r == 0)
		r = hear(v);
	n = 0;
	for (size_t i = 0; r == 0 && i < v->plan->nmounts; i++)
		if (v->mount[i].wanted) {
			(void)close_fd(v->mount[i].made);
			v->mount[i].made = numbers[n++];
		}
	if (r == -ENOSPC) {
		(void)jail_error_set(err, ENOSPC, "cannot lock the mounts: too many mount namespaces");
		return jail_error_hint(err, ENOSPC, "raise user.max_mnt_namespaces (sysctl), inside too");
	}
	return r < 0 ? jail_error_sys(err, -r, "cannot lock the mounts") : 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * view_tools.c: the operations on mounts and names that the view is made of. See the two rules in view_parts.h. It may
 * not know what is mounted for which parameter.
 */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>

#include "view_parts.h"

_Static_assert(sizeof(struct view_stat) == 256, "the kernel's struct statx");

int view_stat(int fd, struct view_stat *ret)
{
	struct view_stat st;

	if (syscall(SYS_statx, fd, "", AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW, VIEW_STATX_BASIC | VIEW_STATX_MNT_ID, &st) <
	    0)
		return negative_errno();
	*ret = st;
	return 0;
}

int view_need_room(struct view *v)
{
	void *p;

	if (v->room != NULL)
		return 0;
	p = mmap(NULL, sizeof(*v->room), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return negative_errno();
	v->room = p;
	return 0;
}

int view_grow(void **list, size_t *room, size_t used, size_t size)
{
	size_t more = *room > 0 ? *room * 2 : 4096 / size + 1;
	void *p;

	if (used < *room)
		return 0;
	p = *room > 0 ? mremap(*list, *room * size, more * size, MREMAP_MAYMOVE)
		      : mmap(NULL, more * size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return negative_errno();
	*list = p;
	*room = more;
	return 0;
}

/* What the file system itself says about its failure: better than an errno. */
static int new_failed(int context, const char *type, int errnum, struct jail_error *err)
{
	char text[200];
	ssize_t n = context >= 0 ? read(context, text, sizeof(text) - 1) : -1;

	if (errnum == ENODEV)
		return jail_error_set(err, ENODEV, "this kernel has no file system \"%s\"", type);
	if (n <= 2)
		return jail_error_sys(err, errnum, "cannot make a %s", type);
	text[n] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return jail_error_sys(err, errnum, "cannot make a %s: %s", type, text + 2);
}

int view_new(const char *type, unsigned attributes, const struct view_option *options, size_t n, struct jail_error *err)
{
	_cleanup_close_ int context = sys_fsopen(type);
	int fd;

	if (context < 0)
		return new_failed(-1, type, errno, err);
	for (size_t i = 0; i < n; i++) {
		unsigned cmd = options[i].value != NULL ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG;

		if (sys_fsconfig(context, cmd, options[i].key, options[i].value, 0) < 0)
			return new_failed(context, type, errno, err);
	}
	if (sys_fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return new_failed(context, type, errno, err);
	fd = sys_fsmount(context, attributes);
	return fd < 0 ? new_failed(context, type, errno, err) : fd;
}

int view_copy(int fd, unsigned flags)
{
	int copy = sys_open_tree(fd, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | flags);

	return copy < 0 ? negative_errno() : copy;
}

int view_protect(int fd, unsigned attributes, unsigned flags)
{
	struct mount_attr attr = {.attr_set = attributes, .propagation = MS_PRIVATE};

	return sys_mount_setattr(fd, "", AT_EMPTY_PATH | flags, &attr) < 0 ? negative_errno() : 0;
}

int view_map(const struct view *v, int fd, unsigned attributes, unsigned flags)
{
	struct mount_attr attr = {.attr_set = attributes, .propagation = MS_PRIVATE};

	if (!view_host_users(v)) {
		attr.attr_set |= MOUNT_ATTR_IDMAP;
		attr.userns_fd = (unsigned)v->users.fd;
	}
	return sys_mount_setattr(fd, "", AT_EMPTY_PATH | flags, &attr) < 0 ? negative_errno() : 0;
}

/*
 * The kernel copies and layers only what is mounted in our namespace. Over the host's /dev it is, and nothing here
 * looks for anything there; it goes when the old root is taken off. (Not over "/": what is stacked there would stay,
 * between the old root and the new one.)
 */
int view_park(int fd)
{
	return sys_move_mount(fd, "", AT_FDCWD, "/dev", MOVE_MOUNT_F_EMPTY_PATH) < 0 ? negative_errno() : 0;
}

/* The root is the one thing that stands on "/", from where pivot_root(2) takes it. */
int view_park_root(int fd)
{
	return sys_move_mount(fd, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) < 0 ? negative_errno() : 0;
}

int view_move(int fd, int place)
{
	return sys_move_mount(fd, "", place, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0
		   ? negative_errno()
		   : 0;
}

void view_unmount(const struct view *v, int fd)
{
	char name[32];

	(void)snprintf(name, sizeof(name), "self/fd/%d", fd);
	if (fchdir(v->host_proc) == 0)
		(void)umount2(name, MNT_DETACH);
}

int view_open(const struct view *v, const char *path, uint64_t flags)
{
	int fd = sys_openat2(v->root, path, flags, 0, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);

	return fd < 0 ? negative_errno() : fd;
}

int view_own(const struct view *v, int dirfd, const char *name)
{
	if (view_host_users(v))
		return 0;
	return fchownat(dirfd, name, v->users.base, v->users.base, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH) < 0
		   ? negative_errno()
		   : 0;
}

static int note_mount(int fd, uint64_t **list, size_t *room, size_t *n)
{
	struct view_stat st;
	void *grown = *list;
	int r = view_stat(fd, &st);

	if (r == 0)
		r = view_grow(&grown, room, *n, sizeof(**list));
	if (r < 0)
		return r;
	*list = grown;
	(*list)[(*n)++] = st.mnt_id;
	return 0;
}

int view_note_memory(struct view *v, int fd)
{
	return note_mount(fd, &v->memory, &v->memory_room, &v->nmemory);
}

int view_note_written(struct view *v, int overlay)
{
	if (v->kind == VIEW_MEMORY)
		return view_note_memory(v, overlay);
	return v->kind == VIEW_BASE ? note_mount(overlay, &v->based, &v->based_room, &v->nbased) : 0;
}

bool view_in_memory(const struct view *v, int fd)
{
	struct view_stat st;

	if (view_stat(fd, &st) < 0)
		return false;
	for (size_t i = 0; i < v->nmemory; i++)
		if (v->memory[i] == st.mnt_id)
			return true;
	return false;
}

/* One component that is missing. The memory is ours alone until the jail runs: nobody races. */
static int make_place(const struct view *v, int parent, const char *name, bool directory)
{
	_cleanup_close_ int file = -1;

	if (!view_in_memory(v, parent))
		return -ENOENT;
	if (directory) {
		if (mkdirat(parent, name, 0755) < 0)
			return negative_errno();
	} else {
		file = openat(parent, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
		if (file < 0)
			return negative_errno();
	}
	return view_own(v, parent, name);
}

/*
 * A directory that nobody may search, as which the tree is read, with a place beneath: what was asked for by name is
 * shown, what surrounds it is not. Its stand-in is shut with the other covers.
 */
static int stand_in(struct view *v, const char *path, int fd)
{
	struct jail_error quiet = {0};
	struct view_stat st;
	int r = v->scratch < 0 ? -EACCES : view_stat(fd, &st);

	return r < 0 ? r : view_nest(v, path, &st, &quiet);
}

/* The component prefix[begin..) beneath `parent`, made where it may be. */
static int next_place(struct view *v, char *prefix, size_t begin, int parent, bool directory)
{
	int r = view_open(v, prefix, O_PATH);

	if (r == -EACCES && begin > 1) {
		prefix[begin - 1] = '\0';
		r = stand_in(v, prefix, parent);
		if (r == 0)
			r = view_open(v, prefix, O_PATH);
		prefix[begin - 1] = '/';
		if (r < 0)
			return r;
		parent = r;
		r = make_place(v, parent, prefix + begin, directory);
		(void)close_fd(parent);
		return r < 0 ? r : view_open(v, prefix, O_PATH);
	}
	if (r == -ENOENT) {
		r = make_place(v, parent, prefix + begin, directory);
		if (r == 0)
			r = view_open(v, prefix, O_PATH);
	}
	return r;
}

int view_place(struct view *v, const char *path, bool directory)
{
	char prefix[PATH_MAX];
	_cleanup_close_ int at = -1;
	size_t length = strlen(path), end = 0;
	int r = view_open(v, path, O_PATH);

	if (r != -ENOENT && (r != -EACCES || !v->plan->everybody))
		return r;
	if (length >= sizeof(prefix))
		return -ENAMETOOLONG;
	at = view_open(v, "/", O_PATH | O_DIRECTORY);
	if (at < 0)
		return at;
	for (;;) {
		size_t begin = end + strspn(path + end, "/");
		bool last;

		if (path[begin] == '\0')
			return take_fd(&at);
		end = begin + strcspn(path + begin, "/");
		last = path[end + strspn(path + end, "/")] == '\0';
		memcpy(prefix, path, end);
		prefix[end] = '\0';
		r = next_place(v, prefix, begin, at, directory || !last);
		if (r < 0)
			return r;
		at = close_fd(at);
		at = r;
	}
}

/* Errors of attaching, in words. */
static int attach_failed(const char *path, int r, struct jail_error *err)
{
	(void)jail_error_sys(err, -r, "cannot mount at %s", path);
	if (r == -ENOENT)
		(void)jail_error_hint(err, -r, "make it beneath the jail's path first");
	else if (r == -ELOOP)
		(void)jail_error_hint(err, -r, "a symbolic link there goes in circles or leads out of the jail");
	return r;
}

int view_attach(struct view *v, int fd, const char *path, bool directory, struct jail_error *err)
{
	_cleanup_close_ int place = view_place(v, path, directory);
	struct view_stat st, there;
	int r;

	if (place < 0)
		return attach_failed(path, place, err);
	r = view_stat(place, &st);
	if (r == 0 && S_ISDIR(st.mode) != directory)
		r = directory ? -ENOTDIR : -EISDIR;
	if (r == 0)
		r = view_move(fd, place);
	if (r < 0)
		return attach_failed(path, r, err);
	/* Whoever can write to the tree may have moved the place away meanwhile: then this jail is not what was asked
	 * for. */
	place = close_fd(place);
	place = view_open(v, path, O_PATH);
	if (place < 0)
		return attach_failed(path, place, err);
	r = view_stat(fd, &st);
	if (r == 0)
		r = view_stat(place, &there);
	if (r < 0)
		return attach_failed(path, r, err);
	if (st.mnt_id != there.mnt_id) {
		(void)jail_error_set(err, EBUSY, "%s changed while it was being mounted on", path);
		return jail_error_hint(err, EBUSY, "another process writes to the jail's tree; try again");
	}
	return 0;
}

int view_attach_own(struct view *v, int fd, const char *name, bool asked, const char *param, struct jail_error *err)
{
	struct jail_error quiet = {0};
	char path[32];
	int r;

	/* In nearly every tree it is a plain directory: one call, no link followed. */
	if (sys_move_mount(fd, "", v->root, name, MOVE_MOUNT_F_EMPTY_PATH) == 0)
		return 1;
	(void)snprintf(path, sizeof(path), "/%s", name);
	r = view_attach(v, fd, path, true, &quiet);
	if (r == 0)
		return 1;
	if (!asked && (r == -ENOENT || r == -ENOTDIR || r == -ELOOP))
		return 0;
	jail_error_param(&quiet, param);
	if (err != NULL)
		*err = quiet;
	return r;
}

bool view_needs_scratch(const struct view *v)
{
	const struct plan *p = v->plan;

	return v->kind != VIEW_PLAIN || p->shared_tree || p->hide.count > 0 || p->hostuuid != NULL || p->has_hostid ||
	       view_host_users(v);
}

/* `attach`: mounted where nothing looks, so that there can be any number of copies. */
static int empties(struct view *v, bool attach)
{
	const unsigned shut = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
	_cleanup_close_ int file = -1, place = -1;
	int r;

	if (mkdirat(v->scratch, "d", 0555) < 0)
		return negative_errno();
	file = openat(v->scratch, "f", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
	if (file < 0)
		return negative_errno();
	v->empty_dir = view_scratch_mount(v, "d", shut);
	if (v->empty_dir < 0)
		return v->empty_dir;
	v->empty_file = view_scratch_mount(v, "f", shut);
	if (v->empty_file < 0 || !attach)
		return v->empty_file < 0 ? v->empty_file : 0;
	r = view_park(v->empty_dir);
	if (r < 0)
		return r;
	/* A file can't stand on a directory: it gets a place of its own beside it. */
	place = openat(v->scratch, "g", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0);
	if (place < 0)
		return negative_errno();
	return sys_move_mount(v->empty_file, "", v->scratch, "g", MOVE_MOUNT_F_EMPTY_PATH) < 0 ? negative_errno() : 0;
}

int view_scratch_empties(struct view *v)
{
	int r;

	v->scratch = view_new("tmpfs", MOUNT_ATTR_NODEV, NULL, 0, NULL);
	if (v->scratch < 0)
		return v->scratch;
	r = view_park(v->scratch);
	return r < 0 ? r : empties(v, false);
}

int view_path(const struct view *v)
{
	return v->path_fd;
}

int view_memory(const struct view *v)
{
	return v->plan->is_volatile ? v->scratch : -1;
}

void view_size(const struct plan *plan, const struct policy_record *record, struct view_size *ret)
{
	const uint64_t *limit = record->limit;
	uint64_t most = plan->volatile_size > 0 ? plan->volatile_size : POLICY_UNLIMITED;
	struct sysinfo host = {0};

	if (limit[POLICY_L_DISK] < most)
		most = limit[POLICY_L_DISK];
	/* Without a limit of their own both are what tmpfs(5) does by itself: it can't be asked for that later. */
	if (most == POLICY_UNLIMITED)
		(void)snprintf(ret->bytes, sizeof(ret->bytes), "50%%");
	else
		(void)snprintf(ret->bytes, sizeof(ret->bytes), "%llu", (unsigned long long)most);
	most = limit[POLICY_L_INODES];
	if (most == POLICY_UNLIMITED && sysinfo(&host) == 0)
		most = (uint64_t)host.totalram * host.mem_unit / (uint64_t)sysconf(_SC_PAGESIZE) / 2;
	(void)snprintf(ret->inodes, sizeof(ret->inodes), "%llu", (unsigned long long)most);
}

static int make_scratch(struct view *v, bool covers, struct jail_error *err)
{
	struct view_size size;
	const struct view_option options[] = {{"mode", "755"}, {"size", size.bytes}, {"nr_inodes", size.inodes}};
	int r;

	if (v->plan->is_volatile)
		view_size(v->plan, &v->plan->record, &size);
	v->scratch = view_new("tmpfs", MOUNT_ATTR_NODEV, options, v->plan->is_volatile ? 3 : 1, err);
	if (v->scratch < 0)
		return v->scratch;
	r = view_park(v->scratch);
	if (r == 0 && covers)
		r = empties(v, true);
	return r < 0 ? jail_error_sys(err, -r, "cannot prepare the jail's memory file system") : 0;
}

int view_scratch_make(struct view *v, struct jail_error *err)
{
	if (!view_needs_scratch(v))
		return 0;
	return make_scratch(v, v->kind != VIEW_PLAIN || v->plan->hide.count > 0 || view_host_users(v), err);
}

int view_scratch_covers(struct view *v, struct jail_error *err)
{
	int r;

	if (v->empty_dir >= 0)
		return 0;
	if (v->scratch < 0)
		return make_scratch(v, true, err);
	r = empties(v, true);
	return r < 0 ? jail_error_sys(err, -r, "cannot prepare the jail's memory file system") : 0;
}

int view_scratch_dir(struct view *v, const char *prefix, uint32_t mode, char ret[32])
{
	char name[32];

	(void)snprintf(name, sizeof(name), "%.16s%u", prefix, v->next++);
	if (mkdirat(v->scratch, name, mode) < 0)
		return negative_errno();
	memcpy(ret, name, sizeof(name));
	return 0;
}

int view_scratch_mount(struct view *v, const char *name, unsigned attributes)
{
	int fd = sys_open_tree(v->scratch, name, OPEN_TREE_CLONE | AT_SYMLINK_NOFOLLOW), r;

	if (fd < 0)
		return negative_errno();
	r = view_protect(fd, attributes, 0);
	if (r < 0) {
		(void)close_fd(fd);
		return r;
	}
	return fd;
}

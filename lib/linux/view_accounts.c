/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * view_accounts.c: the files of accounts that a tree shared with the host gets in place of the host's, which not
 * everybody may read: shadow(5) and gshadow(5) with the names of passwd(5) and group(5) and no password, sudoers(5),
 * and the directories of users in a fresh /home. Without them su(1) and whatever else asks PAM for an account would
 * refuse every user. It may not know where the tree comes from; what is read may have been written by a jail.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "view_parts.h"

#define READ_MAX (4u << 20) /* bytes of a file of accounts that are looked at */
#define LINE_SIZE 1024
#define HOMES_MAX 1024
#define HOME_UID_MIN 1000
#define HOME_UID_MAX 60000

/* One line at a time, without its end. */
typedef int line_fn(void *arg, char *line);

static int each_line(int fd, line_fn *call, void *arg)
{
	char text[4 * LINE_SIZE];
	size_t have = 0, all = 0;
	bool skip = false;
	ssize_t n;

	while (all < READ_MAX && (n = read(fd, text + have, sizeof(text) - 1 - have)) != 0) {
		char *line = text, *end;

		if (n < 0)
			return negative_errno();
		all += (size_t)n;
		have += (size_t)n;
		while ((end = memchr(line, '\n', have - (size_t)(line - text))) != NULL) {
			int r;

			*end = '\0';
			r = skip ? 0 : call(arg, line);
			if (r < 0)
				return r;
			skip = false;
			line = end + 1;
		}
		have -= (size_t)(line - text);
		memmove(text, line, have);
		/* A line that is longer is left out. */
		if (have == sizeof(text) - 1) {
			skip = true;
			have = 0;
		}
	}
	return 0;
}

static int open_accounts(int root, const char *path)
{
	_cleanup_close_ int fd =
	    sys_openat2(root, path, O_RDONLY | O_NONBLOCK, 0, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
	struct stat st;

	if (fd < 0)
		return negative_errno();
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return -EINVAL;
	return take_fd(&fd);
}

/* -------------------------------------------------------------------------------------- shadow, gshadow, sudoers */

struct writing {
	int to;
	bool group;
	size_t used;
	char out[4 * LINE_SIZE];
};

static int flush(struct writing *w)
{
	ssize_t done = write(w->to, w->out, w->used);

	if (done != (ssize_t)w->used)
		return done < 0 ? negative_errno() : -ENOSPC;
	w->used = 0;
	return 0;
}

static int put(struct writing *w, const char *text)
{
	size_t length = strlen(text);

	if (length > sizeof(w->out))
		return 0;
	if (length > sizeof(w->out) - w->used) {
		int r = flush(w);

		if (r < 0)
			return r;
	}
	memcpy(w->out + w->used, text, length);
	w->used += length;
	return 0;
}

/* No password fits "*", nothing expires; a group has the members that everybody can see. */
static int shadow_line(void *arg, char *line)
{
	struct writing *w = arg;
	size_t name = strcspn(line, ":");
	const char *last = strrchr(line, ':');
	int r;

	if (name == 0 || line[name] == '\0' || line[0] == '+' || line[0] == '-' || line[0] == '#')
		return 0;
	last = last + 1;
	line[name] = '\0';
	r = put(w, line);
	if (r == 0)
		r = put(w, w->group ? ":*::" : ":*:::::::\n");
	if (r == 0 && w->group && (r = put(w, last)) == 0)
		r = put(w, "\n");
	return r;
}

static int write_shadow(int root, const char *from, int to, bool group)
{
	_cleanup_close_ int fd = open_accounts(root, from);
	struct writing w = {.to = to, .group = group};
	int r;

	if (fd < 0)
		return fd;
	r = each_line(fd, shadow_line, &w);
	return r < 0 ? r : flush(&w);
}

int view_accounts_write(int root, enum view_account what, int to)
{
	static const char sudoers[] = "root ALL=(ALL:ALL) ALL\n%sudo ALL=(ALL:ALL) ALL\n%wheel ALL=(ALL:ALL) ALL\n";

	switch (what) {
	case VIEW_ACCOUNT_SHADOW:
		return write_shadow(root, "etc/passwd", to, false);
	case VIEW_ACCOUNT_GSHADOW:
		return write_shadow(root, "etc/group", to, true);
	case VIEW_ACCOUNT_SUDOERS:
		return write(to, sudoers, sizeof(sudoers) - 1) == sizeof(sudoers) - 1 ? 0 : negative_errno();
	case VIEW_ACCOUNT_EMPTY:
		return 0;
	}
	return -EINVAL;
}

static const struct {
	const char *path, *name;
	enum view_account what;
} cover[] = {
    {"/etc/shadow", "shadow", VIEW_ACCOUNT_SHADOW},
    {"/etc/gshadow", "gshadow", VIEW_ACCOUNT_GSHADOW},
    {"/etc/sudoers", "sudoers", VIEW_ACCOUNT_SUDOERS},
};

/* A detached mount of the file, with the owner and the mode of the one that it is for. */
static int make_cover(struct view *v, size_t i, const struct view_stat *st)
{
	_cleanup_close_ int to =
	    openat(v->scratch, cover[i].name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0);
	int r;

	if (to < 0)
		return negative_errno();
	r = view_accounts_write(v->root, cover[i].what, to);
	if (r == 0 && (fchown(to, st->uid, st->gid) < 0 || fchmod(to, st->mode & 0777) < 0))
		r = negative_errno();
	return r < 0 ? r
		     : view_scratch_mount(v, cover[i].name,
			   MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
}

int view_accounts(struct view *v, const char *path, const struct view_stat *st)
{
	for (size_t i = 0; v->plan->shared_tree && i < ARRAY_SIZE(cover); i++)
		if (strcmp(path, cover[i].path) == 0)
			return make_cover(v, i, st);
	return -ENOENT;
}

/* Is it one of `path`'s own, over a base? */
static bool of_path(const struct view *v, const char *path)
{
	_cleanup_close_ int own = v->kind != VIEW_BASE ? -1
						       : sys_openat2(v->path_fd, path + 1, O_PATH | O_NOFOLLOW, 0,
							     RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);

	return own >= 0;
}

int view_accounts_cover(struct view *v, struct jail_error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(cover); i++) {
		_cleanup_close_ int place = view_open(v, cover[i].path, O_PATH | O_NOFOLLOW), fd = -1;
		struct view_stat st;

		if (place < 0 || view_stat(place, &st) < 0 || !S_ISREG(st.mode) || (st.mode & S_IROTH) != 0 ||
		    view_shown(v, cover[i].path) > 0 || of_path(v, cover[i].path))
			continue;
		fd = make_cover(v, i, &st);
		r = fd < 0 ? jail_error_sys(err, -fd, "cannot make a fresh %s", cover[i].path)
			   : view_attach(v, fd, cover[i].path, false, err);
	}
	return r;
}

/* ------------------------------------------------------------------------------------------------------ homes */

struct homes {
	struct view *v;
	int home;
	size_t made;
};

static bool number(const char *text, uint32_t *ret)
{
	uint64_t n = 0;

	if (*text == '\0')
		return false;
	for (; *text >= '0' && *text <= '9'; text++)
		if ((n = n * 10 + (uint64_t)(*text - '0')) > UINT32_MAX - 1)
			return false;
	*ret = (uint32_t)n;
	return *text == '\0';
}

/* The host's users as they are on disk inside: with users of its own, those that are in its range. */
static bool owner(const struct view *v, uint32_t *id)
{
	if (view_host_users(v))
		return true;
	if (*id >= v->users.count)
		return false;
	*id += v->users.base;
	return true;
}

/* name:password:uid:gid:comment:home:shell, for people: a directory of their own right beneath /home. */
static int home_line(void *arg, char *line)
{
	static const char place[] = "/home/";
	struct homes *h = arg;
	char *field[7], *at = line;
	uint32_t uid, gid;
	const char *name;

	for (size_t i = 0; i < ARRAY_SIZE(field); i++) {
		char *end = strchr(at, ':');

		field[i] = at;
		if (end == NULL && i + 1 < ARRAY_SIZE(field))
			return 0;
		if (end != NULL)
			*end = '\0';
		at = end != NULL ? end + 1 : at;
	}
	if (!number(field[2], &uid) || !number(field[3], &gid) || uid < HOME_UID_MIN || uid > HOME_UID_MAX)
		return 0;
	name = field[5] + sizeof(place) - 1;
	if (strncmp(field[5], place, sizeof(place) - 1) != 0 || *name == '\0' || strchr(name, '/') != NULL ||
	    strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || strlen(name) > NAME_MAX)
		return 0;
	if (h->made >= HOMES_MAX || !owner(h->v, &uid) || !owner(h->v, &gid))
		return 0;
	if (mkdirat(h->home, name, 0700) < 0)
		return errno == EEXIST ? 0 : negative_errno();
	h->made++;
	return fchownat(h->home, name, uid, gid, AT_SYMLINK_NOFOLLOW) < 0 ? negative_errno() : 0;
}

int view_homes(struct view *v, int home, struct jail_error *err)
{
	_cleanup_close_ int fd = open_accounts(v->root, "etc/passwd");
	struct homes h = {.v = v, .home = home};
	int r = fd < 0 ? 0 : each_line(fd, home_line, &h);

	return r < 0 ? jail_error_sys(err, -r, "cannot make the directories of users in /home") : 0;
}

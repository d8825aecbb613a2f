/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * take_away.c: see take_away.h. Nobody inside can mount, so the mount is in the jail's mount namespace and in no other,
 * and the kernel refuses to unmount it while anything uses it, a descriptor on its way through a socket included.
 * Mounts are unmounted plainly, one by one, those that nothing is mounted on first; after a refusal all that were
 * unmounted are attached again. A mount that lies above another one is lifted, and put back at the end. It may not know
 * why a mount goes.
 */
#include "take_away.h"

#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "../../plan.h"
#include "../../util.h"
#include "../error.h"
#include "../sys.h"
#include "../sys/mount_table.h"
#include "references.h"

#define TAKEN_MAX 1024
#define CHUNK 2048 /* of a path that is longer than the kernel takes at once */

struct lifted {
	int copy;
	char *where;
	bool above; /* it only lay above another one */
};

struct taken {
	const struct take_away *what;
	int proc, home, root; /* /proc, mount namespace and root of the host */
	struct lifted *item;
	size_t count;
	/* What was mounted when the jail was made: locked, and no reason to stop. */
	struct take_away_item *locked;
	size_t nlocked;
	char text[256]; /* of an error */
};

/* ------------------------------------------------------------------------------------------------ which mounts go */

static bool shows(const struct mount_line *l, const struct take_away_item *i)
{
	return l->major == i->grant.major && l->minor == i->grant.minor && mount_path_beneath(l->root, i->grant.root);
}

/* Does what stays show the same files with no more rights? */
static bool stays(const struct mount_line *l, const struct take_away_item *i)
{
	static const struct {
		unsigned option;
		const char *name;
	} less[] = {{PLAN_M_RDONLY, "ro"}, {PLAN_M_NOSUID, "nosuid"}, {PLAN_M_NOEXEC, "noexec"}};

	if (!shows(l, i))
		return false;
	for (size_t n = 0; n < ARRAY_SIZE(less); n++)
		if ((i->options & less[n].option) != 0 && !mount_line_has(l, less[n].name))
			return false;
	return true;
}

/*
 * Of two that show the same files the one that is asked for goes, where it was mounted; its copies can't be told from
 * those of the other one.
 */
static bool goes_with(const struct taken *t, const struct mount_line *l, const struct take_away_item *gone)
{
	bool same = strcmp(l->where, gone->grant.target) == 0 && strcmp(l->root, gone->grant.root) == 0;

	if (!shows(l, gone))
		return false;
	for (size_t i = 0; i < t->nlocked; i++)
		if (stays(l, &t->locked[i]))
			return false;
	for (size_t i = 0; !same && i < t->what->nkept; i++)
		if (mount_path_beneath(t->what->kept[i].grant.root, gone->grant.root) && stays(l, &t->what->kept[i]))
			return false;
	return true;
}

static bool goes(const struct taken *t, const struct mount_line *l)
{
	for (size_t i = 0; i < t->what->ngone; i++)
		if (goes_with(t, l, &t->what->gone[i]))
			return true;
	return false;
}

/* A mount of the jail's first view shows these files, and is locked: so do its copies rightly. */
static int note_locked(struct taken *t, const struct mount_line *l)
{
	struct take_away_item *more = realloc(t->locked, (t->nlocked + 1) * sizeof(*more));
	char *root = strdup(l->root);

	if (more != NULL)
		t->locked = more;
	if (more == NULL || root == NULL) {
		free(root);
		return -ENOMEM;
	}
	more[t->nlocked++] = (struct take_away_item){.grant = {.root = root, .major = l->major, .minor = l->minor},
	    .options = (mount_line_has(l, "ro") ? PLAN_M_RDONLY : 0) |
		       (mount_line_has(l, "nosuid") ? PLAN_M_NOSUID : 0) |
		       (mount_line_has(l, "noexec") ? PLAN_M_NOEXEC : 0)};
	return 0;
}

/* -------------------------------------------------------------------------------------------------- who holds them */

static int home(const struct taken *t)
{
	return setns(t->home, CLONE_NEWNS) < 0 || fchdir(t->root) < 0 || chroot(".") < 0 ? negative_errno() : 0;
}

static int enter(const struct taken *t)
{
	return setns(t->what->pidfd, CLONE_NEWNS) < 0 ? negative_errno() : 0;
}

struct search {
	uint64_t mount;
	struct holders holders;
};

static int look_at(void *arg, const struct reference *r)
{
	struct search *s = arg;

	if (r->mount == s->mount)
		holders_add(&s->holders, r->member);
	return 0;
}

static int busy(const struct taken *t, const char *where, uint64_t mount, struct jail_error *err)
{
	struct search s = {.mount = mount};
	char who[256];
	int r = home(t);

	if (r == 0)
		r = references_each(t->what->jailfd, look_at, &s);
	if (r == 0)
		r = enter(t);
	if (r < 0)
		return jail_error_sys(err, -r, "cannot look for what uses %s", where);
	holders_text(&s.holders, who, sizeof(who));
	(void)jail_error_set(err, EBUSY, "%s is in use inside: %s", where, who);
	return jail_error_hint(err, EBUSY, "end them, or remove the jail");
}

/* -------------------------------------------------------------------------------------------------------- unmount */

/* The directory that holds the last component of a mount table's path, of any length; `*ret_last`: that component. */
static int open_holder(const char *where, const char **ret_last)
{
	const char *last = strrchr(where, '/') + 1;
	int at = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	while (at >= 0 && where < last) {
		char piece[CHUNK + 1];
		size_t n = (size_t)(last - where);
		int next;

		where += strspn(where, "/");
		if (where >= last)
			break;
		if (n > CHUNK)
			for (n = CHUNK; n > 0 && where[n] != '/'; n--)
				;
		else
			n = (size_t)(last - where);
		memcpy(piece, where, n);
		piece[n] = '\0';
		next = n == 0 ? -1 : sys_openat2(at, piece, O_PATH | O_DIRECTORY, 0, RESOLVE_NO_SYMLINKS);
		if (n == 0)
			errno = ENAMETOOLONG;
		at = close_fd(at);
		at = next;
		where += n;
	}
	*ret_last = last;
	return at < 0 ? negative_errno() : at;
}

/* What is on top at a path: -errno. */
static int open_top(int holder, const char *last)
{
	int fd = sys_openat2(holder, last, O_PATH | O_NOFOLLOW, 0, RESOLVE_NO_SYMLINKS);

	return fd < 0 ? negative_errno() : fd;
}

/* Unmount one that nothing is mounted on. EAGAIN: another mount lies above; EINVAL: locked. */
static int lift(struct taken *t, const struct mount_line *l, bool above)
{
	struct mount_attr private = {.propagation = MS_PRIVATE};
	_cleanup_close_ int holder = -1, top = -1, copy = -1;
	struct lifted *to = &t->item[t->count];
	struct mount_object o;
	const char *last;

	if (t->count >= TAKEN_MAX)
		return -E2BIG;
	if (strcmp(l->where, "/") == 0)
		return -EBUSY;
	holder = open_holder(l->where, &last);
	top = holder < 0 ? holder : open_top(holder, last);
	if (top == -ENOENT || top == -ENOTDIR || top == -ELOOP)
		return -EAGAIN;
	if (top < 0 || mount_object(top, &o) < 0)
		return top < 0 ? top : negative_errno();
	if (o.mount != l->id)
		return -EAGAIN;
	/* A mount that may not be copied could not be put back. */
	if (sys_mount_setattr(top, "", AT_EMPTY_PATH, &private) < 0)
		return negative_errno();
	copy = sys_open_tree(top, "", AT_EMPTY_PATH | OPEN_TREE_CLONE);
	if (copy < 0)
		return negative_errno();
	top = close_fd(top);
	to->where = strdup(l->where);
	if (to->where == NULL)
		return -ENOMEM;
	if (fchdir(holder) < 0 || umount2(last, UMOUNT_NOFOLLOW) < 0) {
		int r = negative_errno();

		free(to->where);
		return r;
	}
	to->copy = take_fd(&copy);
	to->above = above;
	t->count++;
	return 0;
}

/* A mount of the stack beneath which nothing else is mounted. */
static const struct mount_line *leaf(const struct mount_table *table, const struct mount_line *l)
{
	for (size_t i = 0, steps = 0; i < table->count && steps < table->count; i++)
		if (table->line[i].parent == l->id && &table->line[i] != l) {
			l = &table->line[i];
			i = (size_t)-1;
			steps++;
		}
	return l;
}

static bool is_above(const struct mount_table *table, const struct mount_line *l, const struct mount_line *other)
{
	for (size_t steps = 0; l != NULL && steps < table->count; steps++) {
		if (l == other)
			return true;
		l = l->parent != l->id ? mount_table_find(table, l->parent) : NULL;
	}
	return false;
}

/* What lies above a mount that its own path does not lead to: a mount at that path, or at a directory of it. */
static const struct mount_line *cover_of(const struct mount_table *table, const struct mount_line *l)
{
	for (size_t i = table->count; i-- > 0;) {
		const struct mount_line *c = &table->line[i];

		if (mount_path_beneath(l->where, c->where) && !is_above(table, l, c))
			return leaf(table, c);
	}
	return NULL;
}

static int refused(struct taken *t, const struct mount_line *l, int r, struct jail_error *err)
{
	(void)snprintf(t->text, sizeof(t->text), "%.200s", l->where);
	return r == -EBUSY ? busy(t, t->text, l->id, err) : jail_error_sys(err, -r, "cannot unmount %s", t->text);
}

/* One mount less; 1: none is left that goes. */
static int clear_one(struct taken *t, const struct mount_table *table, struct jail_error *err)
{
	const struct mount_line *l = NULL, *next;
	int r;

	for (size_t i = 0; l == NULL && i < table->count; i++)
		l = goes(t, &table->line[i]) ? &table->line[i] : NULL;
	if (l == NULL)
		return 1;
	next = leaf(table, l);
	r = lift(t, next, false);
	if (r == -EAGAIN) {
		const struct mount_line *cover = cover_of(table, next);

		if (cover == NULL)
			return jail_error_set(err, EBUSY, "%.200s can't be reached inside", next->where);
		next = cover;
		r = lift(t, next, true);
	}
	/* Locked: that is what it was made with. */
	if (r == -EINVAL && next == l) {
		r = note_locked(t, l);
		return r < 0 ? jail_error_sys(err, -r, "cannot take mounts away") : 0;
	}
	return r < 0 ? refused(t, next, r, err) : 0;
}

static int clear(struct taken *t, struct jail_error *err)
{
	int r = enter(t);

	if (r < 0)
		return jail_error_sys(err, -r, "cannot join its mount namespace");
	while (r == 0) {
		struct mount_table table = MOUNT_TABLE_NONE;

		r = mount_table_read(t->proc, "self", &table);
		r = r < 0 ? jail_error_sys(err, -r, "cannot read its mounts") : clear_one(t, &table, err);
		mount_table_free(&table);
	}
	return r < 0 ? r : 0;
}

/* ------------------------------------------------------------------------------------------------------- all of it */

static void finish(struct taken *t)
{
	for (size_t i = 0; i < t->count; i++) {
		(void)close_fd(t->item[i].copy);
		free(t->item[i].where);
	}
	for (size_t i = 0; i < t->nlocked; i++)
		free((void *)(uintptr_t)t->locked[i].grant.root);
	(void)close_fd(t->proc);
	(void)close_fd(t->home);
	(void)close_fd(t->root);
	free(t->locked);
	free(t->item);
	free(t);
}

static void put_back(struct taken *t, bool all)
{
	for (size_t i = enter(t) < 0 ? 0 : t->count; i-- > 0;) {
		_cleanup_close_ int holder = -1, top = -1;
		const char *last;

		if (!all && !t->item[i].above)
			continue;
		holder = open_holder(t->item[i].where, &last);
		top = holder < 0 ? -1 : open_top(holder, last);
		if (top >= 0)
			(void)sys_move_mount(
			    t->item[i].copy, "", top, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
	}
	finish(t);
}

void taken_back(struct taken *t)
{
	if (t != NULL)
		put_back(t, true);
}

void taken_settle(struct taken *t)
{
	if (t != NULL)
		put_back(t, false);
}

int take_away(const struct take_away *what, struct taken **ret, struct jail_error *err)
{
	struct taken *t = calloc(1, sizeof(*t));
	int r;

	if (t == NULL)
		return jail_error_sys(err, ENOMEM, "cannot take mounts away");
	t->what = what;
	t->proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	t->home = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	t->root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	t->item = calloc(TAKEN_MAX, sizeof(*t->item));
	r = t->item == NULL ? -ENOMEM : t->proc < 0 || t->home < 0 || t->root < 0 ? negative_errno() : 0;
	r = r < 0 ? jail_error_sys(err, -r, "cannot take mounts away") : clear(t, err);
	if (r < 0) {
		taken_back(t);
		return r;
	}
	*ret = t;
	return 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * remove.c: see remove.h. The order matters: mark, kill, wait, give back, remove the directory, forget. Whoever is
 * killed in between leaves a directory that is on the list of jails to look at, and the next command goes on. What is
 * removed by request is killed once more before all that, without its lock: whoever has that gives up then.
 */
#include "remove.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "../port.h"
#include "error.h"
#include "group.h"
#include "jail/lock.h"
#include "jail/members.h"
#include "process.h"
#include "range.h"
#include "sys/deadline.h"
#include "util.h"
#include "view.h"

#define SETTLE_MS 2000
#define KILL_AGAIN_MS 250

/* What the jail left in the host's file system, when it is the kind that leaves something. */
static int clean_view(int dirfd, struct jail_error *err)
{
	struct host_places places;
	int r = host_places_read(dirfd, &places);

	if (r < 0)
		return jail_error_sys(err, -r, "cannot read where it has written");
	r = view_clean(&places, err);
	host_places_free(&places);
	return r;
}

/*
 * Ids are marked as given back before they are: else a second try could take them from their next owner. Whoever was
 * killed between the two, or between taking them and saying so, leaves ids that only counting finds.
 */
static int give_back(const struct tree *t, const char *name, int dirfd)
{
	struct store_state s, gone;
	int r = store_state_read(dirfd, &s);

	if (r == -ENODATA || (r == 0 && s.jid == 0))
		return range_recount(t);
	if (r < 0)
		return r == -EBADMSG ? 0 : r;
	r = store_jid_drop(t, s.jid, name);
	if (r < 0)
		return r;
	gone = s;
	gone.jid = 0;
	gone.range_count = 0;
	gone.flags &= ~STORE_F_LEFTOVER;
	r = store_state_write(dirfd, &gone);
	if (r == 0)
		r = range_drop(t, s.range_base, s.range_count);
	return r;
}

/*
 * The lock of all jails is held. A child goes with its parent, whoever has the child's lock: what has its name then may
 * be a new one. Who removed it has given back all that it had.
 */
static bool gone_with_parent(const struct tree *t, const char *name, int dirfd)
{
	return strchr(name, '.') != NULL && !tree_jail_is(t, name, dirfd);
}

static int drop_directory(const struct tree *t, const char *name, int dirfd, struct jail_error *err)
{
	int r;

	if (gone_with_parent(t, name, dirfd))
		return 0;
	r = group_remove(t, name, dirfd, err);
	if (r < 0)
		return r;
	r = give_back(t, name, dirfd);
	if (r == 0)
		r = tree_jail_rmdir(t, name);
	if (r == 0)
		r = store_check_drop(t, name);
	return r < 0 ? jail_error_sys(err, -r, "cannot remove its control group") : 0;
}

struct child_walk {
	const struct tree *tree;
	const char *parent;
	struct jail_error *err;
	int stale; /* -ESTALE: one of them left something, and `err` says what */
};

static int take_away(const struct tree *t, const char *name, int dirfd, struct jail_error *err);

static int take_away_child(void *arg, const char *child)
{
	struct child_walk *w = arg;
	char name[JAIL_NAME_MAX + 1];
	_cleanup_close_ int fd = -1;
	int r;

	if ((size_t)snprintf(name, sizeof(name), "%s.%s", w->parent, child) >= sizeof(name))
		return -ENAMETOOLONG;
	r = tree_jail_open(w->tree, name, &fd);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	r = take_away(w->tree, name, fd, w->stale == 0 ? w->err : NULL);
	if (r != -ESTALE)
		return r;
	w->stale = r;
	return 0;
}

/*
 * Everything in it is dead. Children first; depth is bounded by JAIL_DEPTH_MAX. -ESTALE: it is removed, and what it
 * left in a directory that is another by now is left there.
 */
static int take_away(const struct tree *t, const char *name, int dirfd, struct jail_error *err)
{
	struct child_walk w = {.tree = t, .parent = name, .err = err};
	_cleanup_lock_ int all = -1;
	struct store_state s;
	int r;

	/* Those beneath say themselves what fails, but for the reading of names. */
	if (err != NULL)
		err->errnum = 0;
	r = tree_children(dirfd, take_away_child, &w);
	if (r < 0 && err != NULL && err->errnum == 0)
		return jail_error_sys(err, -r, "cannot remove its child jails");
	if (r < 0)
		return r;
	r = store_state_read(dirfd, &s);
	if (r < 0 && r != -ENODATA && r != -EBADMSG)
		return jail_error_sys(err, -r, "cannot read its state");
	if (r == 0 && (s.flags & STORE_F_LEFTOVER) != 0) {
		r = clean_view(dirfd, w.stale == 0 ? err : NULL);
		if (r < 0 && r != -ESTALE)
			return r;
		w.stale = r < 0 ? r : w.stale;
	}
	r = lock_all(t, &all);
	r = r < 0 ? lock_failed(t, NULL, r, err) : drop_directory(t, name, dirfd, err);
	return r < 0 ? r : w.stale;
}

/* A long-lived program that made the jail is its first process's parent: don't leave it a zombie. */
static void reap(const struct store_state *s)
{
	_cleanup_close_ int pidfd = -1;

	if (process_open(s->pid, s->start, &pidfd) == 0)
		(void)process_wait(pidfd, NULL);
}

/* From here on no child is given a name beneath it. -ENOENT: it is gone already. */
static int mark_removing(const struct tree *t, const char *name, int dirfd, struct store_state *s)
{
	_cleanup_lock_ int all = -1;
	int r = lock_all(t, &all);

	if (r < 0)
		return r;
	if (gone_with_parent(t, name, dirfd))
		return -ENOENT;
	r = store_check_add(t, name);
	s->phase = STORE_REMOVING;
	return r < 0 ? r : store_state_write(dirfd, s);
}

int remove_jail(const struct tree *t, const char *name, int dirfd, int wait_ms, struct jail_error *err)
{
	struct store_state s;
	int r = store_state_read(dirfd, &s);
	bool known;

	if (r < 0 && r != -ENODATA && r != -EBADMSG)
		return jail_error_sys(err, -r, "cannot read its state");
	known = r == 0;
	if (known && s.phase != STORE_REMOVING) {
		r = mark_removing(t, name, dirfd, &s);
		if (r == -ENOENT)
			return 0;
		if (r == -ETIME)
			return lock_failed(t, NULL, r, err);
		if (r < 0)
			return jail_error_sys(err, -r, "cannot mark it as being removed");
	}
	r = kill_all(dirfd, wait_ms);
	if (r < 0)
		return kill_failed(t, name, dirfd, r, err);
	if (known)
		reap(&s);
	return take_away(t, name, dirfd, err);
}

static bool over(int dirfd)
{
	struct store_state s;
	int r = store_state_read(dirfd, &s);

	/* Locked by us and not finished: whoever began it is dead. One that can't be read may well be alive. */
	if (r == -ENODATA || (r == 0 && s.phase != STORE_RUNNING))
		return true;
	return tree_populated(dirfd) == 0;
}

int remove_if_over(const struct tree *t, const char *name, bool wait, struct jail_error *err)
{
	_cleanup_close_ int fd = -1;
	_cleanup_lock_ int lock = -1, all = -1;
	struct store_state s;
	bool frozen;
	int r = lock_jail(t, name, wait ? LOCK_WAIT_MS : 0, &fd, &lock);

	if (r == -ENOENT) {
		r = lock_all(t, &all);
		if (r < 0)
			return lock_failed(t, NULL, r, err);
		/* Looked at again with the lock: it could have been made just now. */
		if (tree_jail_open(t, name, &fd) == -ENOENT)
			r = store_check_drop(t, name);
		return r < 0 ? jail_error_sys(err, -r, "cannot take it off the list of jails to look at") : 1;
	}
	if (r < 0)
		return r == -EWOULDBLOCK ? 0 : lock_failed(t, name, r, err);
	if (over(fd)) {
		/* One that ended by itself is on the list for as long as it does not persist: nothing to mark or kill.
		 */
		bool listed =
		    store_state_read(fd, &s) == 0 && s.phase == STORE_RUNNING && (s.flags & STORE_F_PERSIST) == 0;

		if (listed)
			reap(&s);
		r = listed ? take_away(t, name, fd, err)
			   : remove_jail(t, name, fd, wait ? KILL_WAIT_MS : KILL_SWEEP_MS, err);
		return r < 0 && r != -ESTALE ? r : 1;
	}
	frozen = members_recover(t, fd);
	/* A jail that persists by itself need not be looked at again, unless a tool that can be killed keeps it frozen.
	 */
	if (!frozen && store_state_read(fd, &s) == 0 && (s.flags & STORE_F_PERSIST) != 0 && lock_all(t, &all) == 0)
		(void)store_check_drop(t, name);
	return 0;
}

/*
 * Without its lock: its processes are killed, and who makes or changes it hears of that and lets go. Killed again and
 * again, because the first process may be about to start.
 */
static int lock_killed(const struct tree *t, const char *name, int *ret_fd, int *ret_lock, struct jail_error *err)
{
	const struct deadline end = deadline_after(LOCK_REMOVAL_MS);
	int r;

	do {
		_cleanup_close_ int fd = -1;

		r = tree_jail_open(t, name, &fd);
		if (r == 0 && (r = tree_kill(fd)) < 0)
			return jail_error_sys(err, -r, "cannot kill its processes");
		if (r == 0)
			r = lock_jail(t, name, KILL_AGAIN_MS, ret_fd, ret_lock);
	} while (r == -ETIMEDOUT && !deadline_over(end));
	return r < 0 && r != -ENOENT ? lock_failed(t, name, r, err) : r;
}

int port_remove(const char *name, struct jail_error *err)
{
	_cleanup_close_ int fd = -1;
	_cleanup_lock_ int lock = -1;
	struct tree t;
	int r = tree_open(false, &t, err);

	if (r == 0) {
		r = lock_killed(&t, name, &fd, &lock, err);
		if (r == 0)
			r = remove_jail(&t, name, fd, KILL_WAIT_MS, err);
		tree_close(&t);
	}
	if (r == -ENOENT)
		r = 0; /* somebody else was faster */
	if (r < 0)
		jail_error_jail(err, name);
	return r;
}

int port_stop_begin(const char *name, int *ret_lock, struct jail_error *err)
{
	struct tree t;
	int r = tree_open(false, &t, err);

	if (r < 0)
		return r;
	r = lock_stop(&t, name, ret_lock);
	if (r < 0 && r != -ENOENT)
		r = lock_stop_failed(&t, name, r, err);
	/* One that has ended by itself is there until a command takes it away. */
	else if (r != -ENOENT && (r = remove_if_over(&t, name, false, err)) > 0)
		r = -ENOENT;
	if (r == -ENOENT)
		(void)jail_error_set(err, ENOENT, "it is gone: another command removed it, or it ended");
	tree_close(&t);
	return r;
}

void port_stop_end(int lock)
{
	(void)lock_end(lock);
}

/* Being made or removed, or left like that? */
static bool in_between(const struct tree *t, const char *name)
{
	_cleanup_close_ int fd = -1;
	struct store_state s;
	int r = tree_jail_open(t, name, &fd);

	if (r == 0)
		r = store_state_read(fd, &s);
	return r == -ENODATA || (r == 0 && s.phase != STORE_RUNNING);
}

/*
 * The lock of one whose maker was killed is held until the process that it had made has died too. Others hold it no
 * longer than it takes to make or remove a jail: who was asked to clean up waits a moment to see which it is.
 */
static int settle(const struct tree *t, const char *name, struct jail_error *err)
{
	struct timespec pause = {.tv_nsec = 1000000};
	int r;

	for (unsigned waited = 0;; waited += (unsigned)(pause.tv_nsec / 1000000)) {
		r = remove_if_over(t, name, false, err);
		if (r != 0 || waited >= SETTLE_MS || !in_between(t, name))
			return r;
		(void)nanosleep(&pause, NULL);
		pause.tv_nsec = pause.tv_nsec < 50000000 ? pause.tv_nsec * 2 : pause.tv_nsec;
	}
}

struct sweep {
	const struct tree *tree;
	const char *prefix;
	struct jail_error *err;
	bool failed; /* `err` says how */
};

static int sweep_child(void *arg, const char *child)
{
	struct sweep *w = arg;
	char name[JAIL_NAME_MAX + 1];
	_cleanup_close_ int fd = -1;
	struct sweep deeper = {.tree = w->tree, .prefix = name, .err = w->err};
	int r;

	if ((size_t)snprintf(name, sizeof(name), "%s%s%s", w->prefix, w->prefix[0] != '\0' ? "." : "", child) >=
	    sizeof(name))
		return 0;
	r = settle(w->tree, name, w->err);
	if (r < 0) {
		jail_error_jail(w->err, name);
		w->failed = true;
	}
	if (r != 0)
		return r < 0 ? r : 0;
	r = tree_jail_open(w->tree, name, &fd) < 0 ? 0 : tree_children(fd, sweep_child, &deeper);
	w->failed = w->failed || deeper.failed;
	return r;
}

static int sweep_all(const struct tree *t, struct jail_error *err)
{
	struct sweep all = {.tree = t, .prefix = "", .err = err};
	int r = tree_children(t->fd, sweep_child, &all);

	return r < 0 && !all.failed ? jail_error_sys(err, -r, "cannot read the jails") : r;
}

int remove_leftovers(const struct tree *t, struct jail_error *err)
{
	_cleanup_free_ char *names = NULL;
	size_t size;
	int r = store_check_read(t, &names, &size);

	process_reap_removed();
	if (r < 0)
		return jail_error_sys(err, -r, "cannot read the list of jails to look at");
	if (size >= 2 && names[0] == '*')
		return sweep_all(t, err);
	/* One that can't be removed is no reason to leave the others. */
	for (size_t i = 0; i < size; i += strlen(names + i) + 1) {
		int one = remove_if_over(t, names + i, false, r == 0 ? err : NULL);

		if (one < 0 && r == 0) {
			jail_error_jail(err, names + i);
			r = one;
		}
	}
	return r;
}

int jail_sweep(struct jail_error *err)
{
	struct tree t;
	int r = tree_open(false, &t, err);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	r = remove_leftovers(&t, err);
	/* The list has those that somebody worked on; a jail that stays can also end by itself, unseen. */
	if (r == 0)
		r = sweep_all(&t, err);
	tree_close(&t);
	return r;
}

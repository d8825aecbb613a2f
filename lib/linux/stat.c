/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stat.c: jail_stat() and jail_stat_all(): one walk over the jails' control groups. What a jail's controllers don't
 * count is summed over its processes and those of its children, on the way back up. Which files are read is
 * stat_group.c's and stat_process.c's business.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "attach.h"
#include "error.h"
#include "stat_parts.h"
#include "util.h"

struct jail_stats {
	struct jail_stat *item;
	size_t count, room;
};

struct walk {
	struct stat_place *place;
	struct jail_stats *list;
	uint64_t tick; /* microseconds of a clock tick */
};

/* Where the walk is. */
struct point {
	const char *name; /* of the jail that this group is, or lies beneath: "" at the top */
	uint32_t jid;
	unsigned controllers; /* version 2's, of the groups beneath */
	bool look;	      /* a jail above needs the sum over processes */
	pid_t pid;	      /* process 1 of the jail */
	unsigned depth;
};

/* Groups beneath a jail that are no jails, and jails in each other: no tree of ours is as deep. */
#define DEPTH_MAX (2 * JAIL_DEPTH_MAX)

static uint64_t microseconds(clockid_t clock)
{
	struct timespec t;

	(void)clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static void tally_add(struct stat_tally *to, const struct stat_tally *from)
{
	to->processes += from->processes;
	to->threads += from->threads;
	to->anon += from->anon;
	to->file += from->file;
	to->shared += from->shared;
	to->swap += from->swap;
	to->partial |= from->partial;
}

/* What the controllers did not tell. */
static void take_tally(const struct stat_tally *t, bool looked, struct jail_stat *s)
{
	stat_set(s, JAIL_STAT_PROCESSES, t->processes);
	if (!looked || t->partial)
		return;
	if (!jail_figure_known(s, JAIL_STAT_THREADS))
		stat_set(s, JAIL_STAT_THREADS, t->threads);
	if (s->memory_source != JAIL_SOURCE_NONE)
		return;
	s->memory_source = JAIL_SOURCE_PROCESSES;
	stat_set(s, JAIL_STAT_MEMORY, t->anon + t->file + t->shared);
	stat_set(s, JAIL_STAT_MEMORY_ANON, t->anon);
	stat_set(s, JAIL_STAT_MEMORY_FILE, t->file);
	stat_set(s, JAIL_STAT_MEMORY_SHARED, t->shared);
	stat_set(s, JAIL_STAT_SWAP, t->swap);
}

static int add(struct jail_stats *l, const struct jail_stat *s)
{
	if (l->count == l->room) {
		size_t room = l->room > 0 ? l->room * 2 : 64;
		struct jail_stat *item = reallocarray(l->item, room, sizeof(*item));

		if (item == NULL)
			return -ENOMEM;
		l->item = item;
		l->room = room;
	}
	l->item[l->count++] = *s;
	return 0;
}

/* Limits that no file of the kernel's tells: as the jail's record has them. */
static void take_limits(const struct policy_record *record, struct jail_stat *s)
{
	static const struct {
		enum policy_limit limit;
		enum jail_figure figure;
		uint64_t scale;
	} row[] = {{POLICY_L_MEMORYUSE, JAIL_STAT_MEMORY_LIMIT, 1},
	    {POLICY_L_MEMORYUSE_SOFT, JAIL_STAT_MEMORY_SOFT_LIMIT, 1}, {POLICY_L_SWAPUSE, JAIL_STAT_SWAP_LIMIT, 1},
	    {POLICY_L_PCPU, JAIL_STAT_CPU_LIMIT, 10000}, {POLICY_L_MAXPROC, JAIL_STAT_PROCESSES_LIMIT, 1},
	    {POLICY_L_NTHR, JAIL_STAT_THREADS_LIMIT, 1}};

	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		uint64_t value = record->limit[row[i].limit];

		if (jail_figure_known(s, row[i].figure) && s->figure[row[i].figure] != JAIL_STAT_UNLIMITED)
			continue;
		stat_set(
		    s, row[i].figure, value > UINT64_MAX / row[i].scale ? JAIL_STAT_UNLIMITED : value * row[i].scale);
	}
}

/* Without a limit of its own a jail is held to what its users were made with. */
static void take_ceiling(int dirfd, struct jail_stat *s)
{
	uint32_t ceiling = 0;

	if (s->figure[JAIL_STAT_PROCESSES_LIMIT] == JAIL_STAT_UNLIMITED && store_ceiling_read(dirfd, &ceiling) == 0 &&
	    ceiling > 0)
		stat_set(s, JAIL_STAT_PROCESSES_LIMIT, ceiling);
}

static int walk_group(struct walk *w, int dirfd, const struct point *at, struct stat_tally *t, bool *found);

static void begin(
    const struct walk *w, const char *name, const struct store_state *state, uint32_t parent, struct jail_stat *s)
{
	uint64_t boot = microseconds(CLOCK_BOOTTIME), start = state->start * w->tick;

	*s = (struct jail_stat){.size = sizeof(*s),
	    .jid = state->jid,
	    .parent = parent,
	    .created = (int64_t)state->created,
	    .sampled = microseconds(CLOCK_MONOTONIC)};
	(void)snprintf(s->name, sizeof(s->name), "%s", name);
	stat_set(s, JAIL_STAT_UPTIME, boot > start ? boot - start : 0);
}

/* One jail with all beneath it; `t` gets its processes. A jail that has ended adds nothing. */
static int walk_jail(struct walk *w, int dirfd, const char *name, const struct store_state *state,
    const struct point *above, unsigned controllers, struct stat_tally *t)
{
	struct point at = {
	    .name = name, .jid = state->jid, .look = above->look, .pid = state->pid, .depth = above->depth};
	char relative[JAIL_NAME_MAX + 1];
	struct stat_tally own = {0};
	struct jail_stat s;
	bool found = false;
	int r;

	begin(w, name, state, above->jid, &s);
	tree_relative(name, relative);
	stat_group(w->place, dirfd, relative, controllers, &s);
	take_limits(&state->record, &s);
	take_ceiling(dirfd, &s);
	at.look |= s.memory_source == JAIL_SOURCE_NONE || !jail_figure_known(&s, JAIL_STAT_THREADS);
	r = walk_group(w, dirfd, &at, &own, &found);
	if (r < 0 || own.processes == 0)
		return r;
	tally_add(t, &own);
	take_tally(&own, at.look, &s);
	/* Its number may be another's by now, unless it was seen in the group. */
	if (found)
		stat_first(w->place, dirfd, state, &s);
	return add(w->list, &s);
}

/* A directory beneath `at`: a child jail, or a part of the jail itself, such as where its own processes sit. */
static int walk_beneath(
    struct walk *w, int above, const char *child, struct point *at, struct stat_tally *t, bool *found)
{
	_cleanup_close_ int fd = openat(above, child, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct point deeper = *at;
	char name[JAIL_NAME_MAX + 1];
	struct store_state state;
	int r;

	deeper.depth++;
	if (fd < 0 || deeper.depth > DEPTH_MAX)
		return 0;
	r = child[0] == '.' ? -ENODATA : store_state_read(fd, &state);
	if (r < 0)
		return at->name[0] == '\0' ? 0 : walk_group(w, fd, &deeper, t, found);
	if (state.phase != STORE_RUNNING || state.jid == 0 ||
	    (size_t)snprintf(name, sizeof(name), "%s%s%s", at->name, at->name[0] != '\0' ? "." : "", child) >=
		sizeof(name))
		return 0;
	return walk_jail(w, fd, name, &state, &deeper, at->controllers, t);
}

/* Everything in a group. `found`: process 1 is here (may be NULL). */
static int walk_group(struct walk *w, int dirfd, const struct point *at, struct stat_tally *t, bool *found)
{
	struct point here = *at;
	struct dirent *e;
	struct stat st;
	int fd, r = 0;
	DIR *d;

	if (at->name[0] != '\0') {
		bool seen = false;

		stat_processes(w->place, dirfd, at->look, at->pid, t, &seen);
		*found |= seen;
	}
	/* A directory's links are its own two and one for each beneath: most jails have none. */
	if (fstat(dirfd, &st) == 0 && st.st_nlink == 2)
		return 0;
	here.controllers = stat_controllers(w->place, dirfd);
	fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	d = fd < 0 ? NULL : fdopendir(fd);
	if (d == NULL) {
		(void)close_fd(fd);
		return errno == ENOMEM || errno == EMFILE || errno == ENFILE ? negative_errno() : 0;
	}
	while (r == 0 && (e = readdir(d)) != NULL)
		if (e->d_type == DT_DIR && strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			r = walk_beneath(w, dirfd, e->d_name, &here, t, found);
	(void)closedir(d);
	return r;
}

static int open_walk(struct walk *w, struct jail_error *err)
{
	long ticks = sysconf(_SC_CLK_TCK);
	int r;

	w->tick = ticks > 0 ? 1000000 / (uint64_t)ticks : 10000;
	w->place = malloc(sizeof(*w->place));
	if (w->place == NULL)
		return jail_error_set(err, ENOMEM, "out of memory");
	r = stat_place_open(w->place, err);
	if (r < 0) {
		free(w->place);
		w->place = NULL;
	}
	return r;
}

static void close_walk(struct walk *w)
{
	if (w->place != NULL)
		stat_place_close(w->place);
	free(w->place);
}

static int by_jid(const void *a, const void *b)
{
	const struct jail_stat *x = a, *y = b;

	return (x->jid > y->jid) - (x->jid < y->jid);
}

int jail_stat_all(unsigned flags, struct jail_stats **ret, struct jail_error *err)
{
	struct jail_stats *l;
	struct walk w = {0};
	int r;

	if (flags != 0)
		return jail_error_set(err, EINVAL, "unknown flags 0x%x", flags);
	if (geteuid() != 0)
		return jail_error_set(err, EPERM, "only root may see the jails");
	l = calloc(1, sizeof(*l));
	if (l == NULL)
		return jail_error_set(err, ENOMEM, "out of memory");
	w.list = l;
	r = open_walk(&w, err);
	if (r == 0) {
		struct point top = {.name = ""};
		struct stat_tally t = {0};
		bool found = false;

		r = walk_group(&w, w.place->tree.fd, &top, &t, &found);
		if (r < 0)
			(void)jail_error_sys(err, -r, "cannot read the jails");
	}
	close_walk(&w);
	if (r < 0 && r != -ENOENT) {
		jail_stats_free(l);
		return r;
	}
	if (l->count > 0)
		qsort(l->item, l->count, sizeof(*l->item), by_jid);
	*ret = l;
	return 0;
}

/* 0: the directory above is no jail's. */
static uint32_t jid_above(int above)
{
	struct store_state s;

	return above >= 0 && store_state_read(above, &s) == 0 ? s.jid : 0;
}

/* The jail itself is the last that the walk adds. */
static int stat_one(struct walk *w, const struct running *jail, struct jail_stat *ret)
{
	_cleanup_close_ int parent = openat(jail->dirfd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct point above = {.name = "", .jid = jid_above(parent)};
	unsigned controllers = parent >= 0 ? stat_controllers(w->place, parent) : 0;
	struct stat_tally t = {0};
	int r = walk_jail(w, jail->dirfd, jail->name, &jail->state, &above, controllers, &t);

	if (r < 0)
		return r;
	if (w->list->count == 0 || strcmp(w->list->item[w->list->count - 1].name, jail->name) != 0)
		return -ENOENT;
	*ret = w->list->item[w->list->count - 1];
	return 0;
}

int jail_stat(const char *name, struct jail_stat *ret, size_t size, struct jail_error *err)
{
	struct running jail = RUNNING_NONE;
	struct jail_stats list = {0};
	struct jail_stat s;
	struct walk w = {.list = &list};
	int r;

	if (size < offsetof(struct jail_stat, figure))
		return jail_error_set(err, EINVAL, "a struct jail_stat of %zu bytes is too small", size);
	r = running_open(name, &jail, err);
	if (r < 0)
		return r;
	r = open_walk(&w, err);
	if (r == 0) {
		r = stat_one(&w, &jail, &s);
		if (r == -ENOENT)
			(void)jail_error_set(err, ENOENT, "it has just ended");
		else if (r < 0)
			(void)jail_error_sys(err, -r, "cannot read its figures");
	}
	close_walk(&w);
	running_close(&jail);
	free(list.item);
	if (r < 0) {
		jail_error_jail(err, name);
		return r;
	}
	s.size = (uint32_t)(size < sizeof(s) ? size : sizeof(s));
	memcpy(ret, &s, s.size);
	return 0;
}

size_t jail_stats_count(const struct jail_stats *l)
{
	return l->count;
}

const struct jail_stat *jail_stats_at(const struct jail_stats *l, size_t i)
{
	return i < l->count ? &l->item[i] : NULL;
}

void jail_stats_free(struct jail_stats *l)
{
	if (l == NULL)
		return;
	free(l->item);
	free(l);
}

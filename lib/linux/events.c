/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * events.c: what happens to jails, as the kernel tells it: inotify(7) on the control-group directories. A jail is
 * created when its state says that it runs, changed when its attributes change after that, empty when its last process
 * ends (cgroup.events), removed when its directory goes.
 */
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <time.h>

#include "error.h"
#include "limit.h"
#include "store.h"
#include "tree.h"
#include "util.h"

#define LIMITS_MS 500 /* how often limits are looked at */

struct watch {
	int directory, events; /* watch descriptors, -1: none */
	char name[JAIL_NAME_MAX + 1];
	bool announced; /* CREATED was given */
	bool empty;	/* EMPTY was given */
	bool limited;	/* it has limits that can be reached */
	uint64_t hits;	/* how often they were, when it was last looked */
};

struct jail_events {
	int fd;
	struct tree tree;
	int root;
	struct watch *watch;
	size_t count, room;
	struct jail_event *queue; /* found, not given yet */
	size_t queued, given, queue_room;
};

static int enqueue(struct jail_events *e, enum jail_event_type type, const char *name)
{
	struct jail_event *newest;

	if (e->given == e->queued)
		e->given = e->queued = 0;
	/* A change is written in pieces; who has not heard of the first hears of them once. */
	newest = e->queued > 0 ? &e->queue[e->queued - 1] : NULL;
	if (newest != NULL && newest->type == type && strcmp(newest->name, name) == 0)
		return 0;
	if (e->queued == e->queue_room) {
		size_t room = e->queue_room > 0 ? 2 * e->queue_room : 16;
		struct jail_event *grown = reallocarray(e->queue, room, sizeof(*grown));

		if (grown == NULL)
			return -ENOMEM;
		e->queue = grown;
		e->queue_room = room;
	}
	e->queue[e->queued].type = type;
	memcpy(e->queue[e->queued].name, name, strlen(name) + 1);
	e->queued++;
	return 0;
}

static struct watch *find(struct jail_events *e, const char *name)
{
	for (size_t i = 0; i < e->count; i++)
		if (strcmp(e->watch[i].name, name) == 0)
			return &e->watch[i];
	return NULL;
}

/* How often its limits were reached: what the kernel has counted, and process 1. */
static uint64_t count_hits(const char *name)
{
	_cleanup_free_ struct jail_stat *s = malloc(sizeof(*s));
	uint64_t hits = 0;

	if (s != NULL && jail_stat(name, s, sizeof(*s), NULL) == 0 && jail_figure_known(s, JAIL_STAT_HITS))
		hits = s->figure[JAIL_STAT_HITS];
	return hits;
}

static bool is_limited(int fd)
{
	const struct limit_row *row;
	struct jail_params *p = NULL;
	bool any = false;

	if (store_params_read(fd, &p) < 0)
		return false;
	for (size_t i = 0; !any && (row = limit_row_at(i)) != NULL; i++)
		any = jail_params_has(p, row->param);
	jail_params_free(p);
	return any;
}

static int look_at_limits(struct jail_events *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < e->count; i++) {
		struct watch *w = &e->watch[i];
		_cleanup_close_ int fd = -1;
		struct store_state s;
		uint64_t hits;

		if (!w->limited || !w->announced || tree_jail_open(&e->tree, w->name, &fd) < 0 ||
		    store_state_read(fd, &s) < 0 || s.phase != STORE_RUNNING)
			continue;
		hits = count_hits(w->name);
		if (hits > w->hits)
			r = enqueue(e, JAIL_EVENT_LIMIT, w->name);
		w->hits = hits;
	}
	return r;
}

static bool any_limited(const struct jail_events *e)
{
	for (size_t i = 0; i < e->count; i++)
		if (e->watch[i].limited)
			return true;
	return false;
}

/* What the jail is now, against what was said of it. */
static int look(struct jail_events *e, struct watch *w, bool changed)
{
	_cleanup_close_ int fd = -1;
	struct store_state s;
	int r = 0;

	if (tree_jail_open(&e->tree, w->name, &fd) < 0 || store_state_read(fd, &s) < 0 || s.phase != STORE_RUNNING)
		return 0;
	if (changed || !w->announced)
		w->limited = is_limited(fd);
	if (!w->announced) {
		w->announced = true;
		return enqueue(e, JAIL_EVENT_CREATED, w->name);
	}
	if (changed)
		r = enqueue(e, JAIL_EVENT_CHANGED, w->name);
	if (r == 0 && !w->empty && tree_populated(fd) == 0) {
		w->empty = true;
		r = enqueue(e, JAIL_EVENT_EMPTY, w->name);
	}
	return r;
}

struct adding {
	struct jail_events *events;
	const char *prefix;
	bool quiet; /* there before we looked: not an event */
};

static int watch_jail(void *arg, const char *child)
{
	const struct adding *a = arg;
	struct jail_events *e = a->events;
	char name[JAIL_NAME_MAX + 1], relative[JAIL_NAME_MAX + 1], path[PATH_MAX];
	_cleanup_close_ int fd = -1;
	struct adding deeper = {.events = e, .prefix = name, .quiet = a->quiet};
	struct watch *w;
	int r;

	if ((size_t)snprintf(name, sizeof(name), "%s%s%s", a->prefix, a->prefix[0] != '\0' ? "." : "", child) >=
	    sizeof(name))
		return 0;
	if (find(e, name) != NULL)
		return 0;
	if (e->count == e->room) {
		size_t room = e->room > 0 ? 2 * e->room : 16;
		struct watch *grown = reallocarray(e->watch, room, sizeof(*grown));

		if (grown == NULL)
			return -ENOMEM;
		e->watch = grown;
		e->room = room;
	}
	w = &e->watch[e->count];
	memset(w, 0, sizeof(*w));
	memcpy(w->name, name, strlen(name) + 1);
	tree_relative(name, relative);
	(void)snprintf(path, sizeof(path), "%s/%s", e->tree.path, relative);
	w->directory = inotify_add_watch(e->fd, path, IN_ATTRIB | IN_CREATE | IN_DELETE | IN_ONLYDIR);
	if (w->directory < 0)
		return errno == ENOENT ? 0 : negative_errno();
	(void)snprintf(path, sizeof(path), "%s/%s/cgroup.events", e->tree.path, relative);
	w->events = inotify_add_watch(e->fd, path, IN_MODIFY);
	w->announced = a->quiet;
	e->count++;
	r = a->quiet ? 0 : look(e, w, false);
	if (r < 0 || tree_jail_open(&e->tree, name, &fd) < 0)
		return r;
	/* What it was held to before we looked is not news. */
	if (a->quiet && (w->limited = is_limited(fd)))
		w->hits = count_hits(name);
	return tree_children(fd, watch_jail, &deeper);
}

static int unwatch(struct jail_events *e, struct watch *w)
{
	bool announced = w->announced;
	char name[JAIL_NAME_MAX + 1];

	memcpy(name, w->name, sizeof(name));
	/* The kernel forgets the watches of a removed control group only when nothing refers to it any more. */
	(void)inotify_rm_watch(e->fd, w->directory);
	if (w->events >= 0)
		(void)inotify_rm_watch(e->fd, w->events);
	*w = e->watch[--e->count];
	return announced ? enqueue(e, JAIL_EVENT_REMOVED, name) : 0;
}

/* A directory beneath the tree's root or a jail's came or went. */
static int handle_child(struct jail_events *e, const char *prefix, const struct inotify_event *i)
{
	struct adding a = {.events = e, .prefix = prefix};
	char name[JAIL_NAME_MAX + 1];
	struct watch *w;

	if ((i->mask & IN_ISDIR) == 0 || i->len == 0)
		return 0;
	if ((i->mask & IN_CREATE) != 0)
		return watch_jail(&a, i->name);
	if ((i->mask & IN_DELETE) == 0 || (size_t)snprintf(name, sizeof(name), "%s%s%s", prefix,
					      prefix[0] != '\0' ? "." : "", i->name) >= sizeof(name))
		return 0;
	w = find(e, name);
	return w != NULL ? unwatch(e, w) : 0;
}

static int handle(struct jail_events *e, const struct inotify_event *i)
{
	struct adding a = {.events = e, .prefix = ""};

	if ((i->mask & IN_Q_OVERFLOW) != 0)
		return tree_children(e->tree.fd, watch_jail, &a);
	if (i->wd == e->root)
		return handle_child(e, "", i);
	for (size_t n = 0; n < e->count; n++) {
		struct watch *w = &e->watch[n];
		char name[JAIL_NAME_MAX + 1];

		if (i->wd == w->events)
			return (i->mask & IN_MODIFY) != 0 ? look(e, w, false) : 0;
		if (i->wd != w->directory)
			continue;
		/* Attributes of what is in it come with a name. */
		if ((i->mask & IN_ATTRIB) != 0)
			return i->len == 0 ? look(e, w, true) : 0;
		memcpy(name, w->name, sizeof(name));
		return handle_child(e, name, i);
	}
	return 0;
}

int jail_events_open(struct jail_events **ret, struct jail_error *err)
{
	struct jail_events *e = calloc(1, sizeof(*e));
	struct adding a = {.events = e, .prefix = "", .quiet = true};
	int r;

	if (e == NULL)
		return jail_error_set(err, ENOMEM, "out of memory");
	e->tree.fd = -1;
	e->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	r = e->fd < 0 ? jail_error_sys(err, errno, "cannot watch") : tree_open(true, &e->tree, err);
	if (r == 0) {
		e->root = inotify_add_watch(e->fd, e->tree.path, IN_CREATE | IN_DELETE | IN_ONLYDIR);
		r = e->root < 0 ? negative_errno() : tree_children(e->tree.fd, watch_jail, &a);
		if (r < 0)
			(void)jail_error_sys(err, -r, "cannot watch the jails");
	}
	if (r < 0) {
		jail_events_close(e);
		return r;
	}
	*ret = e;
	return 0;
}

int jail_events_fd(const struct jail_events *e)
{
	return e->fd;
}

static int read_events(struct jail_events *e)
{
	_Alignas(struct inotify_event) char buf[4096];
	ssize_t n = read(e->fd, buf, sizeof(buf));
	int r = 0;

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : negative_errno();
	for (ssize_t at = 0; r == 0 && at < n;) {
		const struct inotify_event *i = (const struct inotify_event *)(void *)(buf + at);

		r = handle(e, i);
		at += (ssize_t)(sizeof(*i) + i->len);
	}
	return r;
}

int jail_events_next(struct jail_events *e, int timeout_ms, struct jail_event *ret, struct jail_error *err)
{
	struct timespec start, now;
	long long slice;

	(void)clock_gettime(CLOCK_MONOTONIC, &start);
	for (;;) {
		struct pollfd p = {.fd = e->fd, .events = POLLIN};
		long long left = timeout_ms;
		int r = e->given < e->queued ? 0 : read_events(e);

		if (r == 0 && e->given == e->queued)
			r = look_at_limits(e);
		if (r < 0)
			return jail_error_sys(err, -r, "cannot read what happens to jails");
		if (e->given < e->queued) {
			*ret = e->queue[e->given++];
			return 0;
		}
		(void)clock_gettime(CLOCK_MONOTONIC, &now);
		left -= (now.tv_sec - start.tv_sec) * 1000LL + (now.tv_nsec - start.tv_nsec) / 1000000;
		if (timeout_ms >= 0 && left <= 0)
			return -EAGAIN;
		slice = timeout_ms < 0 ? -1 : left;
		if (any_limited(e) && (slice < 0 || slice > LIMITS_MS))
			slice = LIMITS_MS;
		if (poll(&p, 1, (int)slice) < 0 && errno != EINTR)
			return jail_error_sys(err, errno, "cannot wait for what happens to jails");
	}
}

void jail_events_close(struct jail_events *e)
{
	if (e == NULL)
		return;
	(void)close_fd(e->fd);
	tree_close(&e->tree);
	free(e->watch);
	free(e->queue);
	free(e);
}

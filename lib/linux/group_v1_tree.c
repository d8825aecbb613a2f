/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * group_v1_tree.c: the directories that jails have in the hierarchies of cgroup v1, and the processes in them. A jail
 * has one, `jail/web/db`, in each hierarchy of which it, or one beneath it, has a limit; which these are is written on
 * its directory in v2 before they are made, so that whoever removes the jail finds them. A process belongs into the
 * nearest at or above its jail.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "error.h"
#include "group_parts.h"
#include "jail/lock.h"
#include "jail/members.h"
#include "store.h"

#define TREE "jail"
#define BUSY_TRIES 12

void group_v1_path(const char *name, const char *file, char *ret, size_t size)
{
	char relative[JAIL_NAME_MAX + 1];

	tree_relative(name, relative);
	(void)snprintf(ret, size, TREE "/%s%s%s", relative, file[0] != '\0' ? "/" : "", file);
}

/* The name of the jail above; false: there is none. */
static bool above(char *name)
{
	char *dot = strrchr(name, '.');

	if (dot == NULL)
		return false;
	*dot = '\0';
	return true;
}

static int read_groups(const struct tree *t, const char *name, uint32_t *ret)
{
	_cleanup_close_ int fd = -1;
	int r = tree_jail_open(t, name, &fd);

	return r < 0 ? r : store_groups_read(fd, ret);
}

static int add_groups(const struct tree *t, const char *name, unsigned more)
{
	_cleanup_close_ int fd = -1;
	uint32_t groups;
	int r = tree_jail_open(t, name, &fd);

	if (r == 0)
		r = store_groups_read(fd, &groups);
	if (r < 0 || (groups & more) == more)
		return r;
	return store_groups_write(fd, groups | more);
}

/* ----------------------------------------------------------------------------------------------------- directories */

int group_v1_cpuset_above(const struct groups *where, const char *name, const char *file, char *ret, size_t size)
{
	char at[JAIL_NAME_MAX + 1], path[JAIL_NAME_MAX + 64];

	(void)snprintf(at, sizeof(at), "%s", name);
	while (above(at)) {
		group_v1_path(at, file, path, sizeof(path));
		if (group_read(where->fd[GROUP_CPUSET], path, ret, size) == 0 && ret[0] != '\0')
			return 0;
	}
	return group_read(where->fd[GROUP_CPUSET], file, ret, size);
}

/* An empty set takes no process: a new directory gets that of the one above. */
static int fill_set(int root, const char *path, const char *file)
{
	char own[JAIL_NAME_MAX + 64], up[JAIL_NAME_MAX + 64], set[GROUP_SET_MAX];
	int r;

	(void)snprintf(own, sizeof(own), "%s/%s", path, file);
	(void)snprintf(up, sizeof(up), "%s/../%s", path, file);
	r = group_read(root, own, set, sizeof(set));
	if (r < 0 || set[0] != '\0')
		return r;
	r = group_read(root, up, set, sizeof(set));
	return r == 0 ? group_write(root, own, set) : r;
}

/*
 * A group counts its sockets from the first time on that their limit is written, whatever the limit is. One that
 * counted none would take its sockets out of the limit of the groups above.
 */
static int count_sockets(int root, const char *path)
{
	char file[JAIL_NAME_MAX + 64];
	int r;

	(void)snprintf(file, sizeof(file), "%s/" GROUP_V1_SOCKETS, path);
	r = group_write(root, file, "-1");
	return r == -ENOENT ? 0 : r;
}

static int make_directory(const struct group *g, enum group_controller c, const char *path, bool fresh)
{
	int root = g->where.fd[c], r = 0;
	bool made = true;

	/* One that is there under a name that was free has another's limits in it. */
	if (mkdirat(root, path, 0755) < 0) {
		r = negative_errno();
		if (r == -EEXIST && fresh)
			r = unlinkat(root, path, AT_REMOVEDIR) < 0 || mkdirat(root, path, 0755) < 0 ? negative_errno()
												    : 0;
		else if (r == -EEXIST)
			r = 0, made = false;
	}
	if (r == 0 && made && c == GROUP_MEMORY)
		r = count_sockets(root, path);
	if (r == 0 && c == GROUP_CPUSET)
		r = fill_set(root, path, "cpuset.cpus");
	if (r == 0 && c == GROUP_CPUSET)
		r = fill_set(root, path, "cpuset.mems");
	return r;
}

static int make_in(const struct group *g, enum group_controller c, const char *name, bool fresh)
{
	char at[JAIL_NAME_MAX + 1], path[JAIL_NAME_MAX + 16];
	const char *dot = name;
	int r = make_directory(g, c, TREE, false);

	while (r == 0 && (dot = strchr(dot, '.')) != NULL) {
		(void)snprintf(at, sizeof(at), "%.*s", (int)(dot - name), name);
		dot++;
		group_v1_path(at, "", path, sizeof(path));
		r = make_directory(g, c, path, false);
	}
	group_v1_path(name, "", path, sizeof(path));
	return r == 0 ? make_directory(g, c, path, fresh) : r;
}

/* On the jail and on those that it is in. */
static int add_all(const struct group *g, const char *name, unsigned groups, struct jail_error *err)
{
	char at[JAIL_NAME_MAX + 1];
	int r;

	(void)snprintf(at, sizeof(at), "%s", name);
	do
		r = add_groups(g->tree, at, groups);
	while (r == 0 && above(at));
	return r < 0 ? jail_error_sys(err, -r, "cannot record its groups of cgroup v1") : 0;
}

/* Said first, then made, then in force. */
static int make_all(const struct group *g, const char *name, unsigned controllers, bool fresh, struct jail_error *err)
{
	int r = add_all(g, name, controllers, err);

	for (unsigned c = 0; r == 0 && c < GROUP_COUNT; c++) {
		if ((controllers & GROUP_BIT(c)) == 0)
			continue;
		r = make_in(g, (enum group_controller)c, name, fresh);
		if (r < 0)
			return jail_error_sys(err, -r, "cannot make its group of the controller \"%s\" (cgroup v1)",
			    group_name_v1((enum group_controller)c));
	}
	return r == 0 ? add_all(g, name, GROUP_MADE(controllers), err) : r;
}

int group_v1_make(const struct group *g, const char *name, unsigned controllers, bool fresh, struct jail_error *err)
{
	_cleanup_lock_ int all = -1;
	int r = lock_all(g->tree, &all);

	return r < 0 ? lock_failed(g->tree, NULL, r, err) : make_all(g, name, controllers, fresh, err);
}

static int remove_directory(int root, const char *path);

/* What is beneath belonged to child jails that went without us. */
static void remove_beneath(int root, const char *path)
{
	int fd = openat(root, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);

	if (d == NULL) {
		(void)close_fd(fd);
		return;
	}
	for (struct dirent *e; (e = readdir(d)) != NULL;)
		if (e->d_type == DT_DIR && e->d_name[0] != '.')
			(void)remove_directory(fd, e->d_name);
	(void)closedir(d);
}

/* As tree_jail_rmdir(): who was killed and waited for may hold its group for a moment. */
static int remove_directory(int root, const char *path)
{
	struct timespec pause = {.tv_nsec = 100 * 1000};

	for (unsigned tries = 0; unlinkat(root, path, AT_REMOVEDIR) < 0; tries++) {
		if (tree_gone(-errno))
			return 0;
		if (errno != EBUSY || tries >= BUSY_TRIES)
			return negative_errno();
		remove_beneath(root, path);
		(void)nanosleep(&pause, NULL);
		pause.tv_nsec = pause.tv_nsec < 100 * 1000 * 1000 ? pause.tv_nsec * 2 : pause.tv_nsec;
	}
	return 0;
}

static int remove_all(const struct groups *where, const char *name, uint32_t groups, struct jail_error *err)
{
	char path[JAIL_NAME_MAX + 16];

	group_v1_path(name, "", path, sizeof(path));
	for (unsigned c = 0; c < GROUP_COUNT; c++) {
		const char *controller = group_name_v1((enum group_controller)c);
		int r;

		/* A hierarchy of v1 can only have become one of v2 with nothing left in it. */
		if ((groups & ~where->v2 & GROUP_BIT(c)) == 0)
			continue;
		if (where->fd[c] < 0) {
			(void)jail_error_set(err, ENODEV,
			    "its group of the controller \"%s\" (cgroup v1) can't be removed: it is not mounted any "
			    "more",
			    controller);
			return jail_error_hint(err, ENODEV, "mount it: mount -t cgroup -o %s none /sys/fs/cgroup/%s",
			    controller, controller);
		}
		r = remove_directory(where->fd[c], path);
		if (r < 0)
			return jail_error_sys(
			    err, -r, "cannot remove its group of the controller \"%s\" (cgroup v1)", controller);
	}
	return 0;
}

int group_remove(const struct tree *t, const char *name, int dirfd, struct jail_error *err)
{
	struct groups where = GROUPS_NONE;
	uint32_t groups;
	int r = store_groups_read(dirfd, &groups);

	if (r == 0 && (groups & GROUP_ALL) == 0)
		return 0;
	if (r == 0)
		r = groups_find(t, &where);
	if (r < 0)
		return tree_gone(r) ? 0 : jail_error_sys(err, -r, "cannot find its groups of cgroup v1");
	r = remove_all(&where, name, groups, err);
	groups_close(&where);
	return r;
}

/* ------------------------------------------------------------------------------------------------------- processes */

/* For each controller the name of the nearest jail that has a group of it. */
static unsigned nearest(const struct tree *t, const char *name, char at[GROUP_COUNT][JAIL_NAME_MAX + 1])
{
	char jail[JAIL_NAME_MAX + 1];
	unsigned found = 0;

	(void)snprintf(jail, sizeof(jail), "%s", name);
	do {
		uint32_t groups = 0;

		if (read_groups(t, jail, &groups) < 0)
			continue;
		for (unsigned c = 0; c < GROUP_COUNT; c++)
			if ((GROUP_IS_MADE(groups) & ~found & GROUP_BIT(c)) != 0) {
				memcpy(at[c], jail, sizeof(jail));
				found |= GROUP_BIT(c);
			}
	} while (above(jail));
	return found;
}

bool group_joins(const struct tree *t, const char *name)
{
	char at[GROUP_COUNT][JAIL_NAME_MAX + 1];

	return nearest(t, name, at) != 0;
}

static int join(const struct groups *where, enum group_controller c, const char *jail, pid_t pid)
{
	char path[JAIL_NAME_MAX + 32], text[16];

	group_v1_path(jail, "cgroup.procs", path, sizeof(path));
	(void)snprintf(text, sizeof(text), "%d", pid);
	return where->fd[c] < 0 ? -ENODEV : group_write(where->fd[c], path, text);
}

int group_join(const struct tree *t, const char *name, pid_t pid, struct jail_error *err)
{
	char at[GROUP_COUNT][JAIL_NAME_MAX + 1];
	unsigned controllers = nearest(t, name, at);
	struct groups where = GROUPS_NONE;
	int r = (controllers & GROUP_BIT(GROUP_CPU)) != 0 ? group_realtime_end(pid) : 0;

	if (r < 0)
		return jail_error_sys(err, -r, "cannot end the real-time scheduling of a process");
	if (controllers == 0)
		return 0;
	r = groups_find(t, &where);
	if (r < 0)
		return jail_error_sys(err, -r, "cannot find the controllers of control groups");
	for (unsigned c = 0; r == 0 && c < GROUP_COUNT; c++) {
		if ((controllers & ~where.v2 & GROUP_BIT(c)) == 0)
			continue;
		r = join(&where, (enum group_controller)c, at[c], pid);
		if (r < 0)
			(void)jail_error_sys(err, -r,
			    "cannot put a process into the group of the controller \"%s\" of %s",
			    group_name_v1((enum group_controller)c), at[c]);
		/* Somebody has unmounted it since the jail was made. */
		if (r == -ENODEV)
			(void)jail_error_hint(err, ENODEV,
			    "mount it again: mount -t cgroup -o %s none /sys/fs/cgroup/%s",
			    group_name_v1((enum group_controller)c), group_name_v1((enum group_controller)c));
	}
	groups_close(&where);
	return r;
}

/* Each process of a jail that is not yet where it belongs. */
struct moving {
	const struct group *group;
	const char *name;
	char (*at)[JAIL_NAME_MAX + 1];
	unsigned controllers;
};

/* "4:memory:/jail/web" in /proc/PID/cgroup; the path ends the line. */
static bool is_in(const struct member *m, enum group_controller c, const char *path)
{
	_cleanup_close_ int fd = member_open(m, "cgroup", O_RDONLY);
	char text[8192], *save;
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (n < 0)
		return false;
	text[n] = '\0';
	for (char *line = strtok_r(text, "\n", &save); line != NULL; line = strtok_r(NULL, "\n", &save)) {
		char *names = strchr(line, ':'), *where = names != NULL ? strchr(names + 1, ':') : NULL;
		size_t length = strlen(path), all;

		if (where == NULL)
			continue;
		*where++ = '\0';
		all = strlen(where);
		if (group_has_word(names + 1, group_name_v1(c), ',') && all > length &&
		    where[all - length - 1] == '/' && strcmp(where + all - length, path) == 0)
			return true;
	}
	return false;
}

static int move_one(void *arg, const struct member *m)
{
	const struct moving *p = arg;

	for (unsigned c = 0; c < GROUP_COUNT; c++) {
		char path[JAIL_NAME_MAX + 16];
		int r;

		if ((p->controllers & GROUP_BIT(c)) == 0)
			continue;
		group_v1_path(p->at[c], "", path, sizeof(path));
		if (is_in(m, (enum group_controller)c, path))
			continue;
		if (!member_lives(m))
			return 0;
		r = join(&p->group->where, (enum group_controller)c, p->at[c], m->pid);
		if (r < 0 && r != -ESRCH)
			return r;
	}
	return 0;
}

static int move_jail(const struct moving *p, const char *name);

static int move_child(void *arg, const char *child)
{
	const struct moving *p = arg;
	char name[JAIL_NAME_MAX + 1];

	if ((size_t)snprintf(name, sizeof(name), "%s.%s", p->name, child) >= sizeof(name))
		return -ENAMETOOLONG;
	return move_jail(p, name);
}

static int move_jail(const struct moving *p, const char *name)
{
	char at[GROUP_COUNT][JAIL_NAME_MAX + 1];
	struct moving here = {.group = p->group, .name = name, .at = at, .controllers = p->controllers};
	_cleanup_close_ int fd = -1;
	int r = tree_jail_open(p->group->tree, name, &fd);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	here.controllers &= nearest(p->group->tree, name, at);
	r = members_each(fd, 0, move_one, &here);
	return r == 0 ? tree_children(fd, move_child, &here) : r;
}

/* The kernel takes numbers only: nobody inside may end, and so free one, while they are used. */
int group_v1_move(const struct group *g, const char *name, unsigned controllers, struct jail_error *err)
{
	struct members_freeze frozen = MEMBERS_FREEZE_NONE;
	struct moving p = {.group = g, .controllers = controllers};
	int r = members_freeze(g->tree, name, &frozen, err);

	if (r < 0)
		return r;
	r = move_jail(&p, name);
	members_thaw(&frozen);
	return r < 0 ? jail_error_sys(err, -r, "cannot put its processes into its groups of cgroup v1") : 0;
}

/* --------------------------------------------------------------------------------------------------------- beneath */

/* What holds at a jail and so for those beneath it. */
struct held {
	const struct group *group;
	const char *name;
	uint64_t pcpu;
	char cpus[GROUP_SET_MAX], mems[GROUP_SET_MAX]; /* "": as it was */
	bool after;
};

static int set_quota(const struct held *h, const char *name, uint64_t pcpu)
{
	char path[JAIL_NAME_MAX + 64], text[32];
	long long now;

	group_v1_path(name, "cpu.cfs_quota_us", path, sizeof(path));
	if (pcpu == POLICY_UNLIMITED || group_read(h->group->where.fd[GROUP_CPU], path, text, sizeof(text)) < 0)
		return 0;
	now = strtoll(text, NULL, 10);
	if (!h->after && (now < 0 || (uint64_t)now <= pcpu * 1000))
		return 0;
	(void)snprintf(text, sizeof(text), "%llu", (unsigned long long)pcpu * 1000);
	return group_write(h->group->where.fd[GROUP_CPU], path, text);
}

/* `own` NULL: all that is above. What has nothing in common with that gets it too, as in v2. */
static int set_set(const struct held *h, const char *name, const char *file, const char *own, char *set)
{
	char path[JAIL_NAME_MAX + 64], now[GROUP_SET_MAX], common[GROUP_SET_MAX];
	int root = h->group->where.fd[GROUP_CPUSET];

	group_v1_path(name, file, path, sizeof(path));
	if (set[0] == '\0' || group_read(root, path, now, sizeof(now)) < 0)
		return 0;
	/* Before: only less than it has now. */
	if (group_set_common(h->after ? (own != NULL ? own : set) : now, set, common, sizeof(common)) < 0)
		return 0;
	if (common[0] != '\0')
		memcpy(set, common, strlen(common) + 1);
	return strcmp(set, now) != 0 ? group_write(root, path, set) : 0;
}

static int hold_children(const struct held *h, int dirfd);

static int hold_child(void *arg, const char *child)
{
	const struct held *up = arg;
	_cleanup_free_ struct held *h = malloc(sizeof(*h));
	_cleanup_close_ int fd = -1;
	char name[JAIL_NAME_MAX + 1];
	struct jail_params *params = NULL;
	struct plan *plan = NULL;
	uint64_t own;
	int r;

	if (h == NULL)
		return -ENOMEM;
	*h = *up;
	h->name = name;
	if ((size_t)snprintf(name, sizeof(name), "%s.%s", up->name, child) >= sizeof(name))
		return -ENAMETOOLONG;
	if (tree_jail_open(up->group->tree, name, &fd) < 0)
		return 0;
	/* What it was made with; its record may say less, as its parent had less. */
	if (store_params_read(fd, &params) == 0)
		(void)plan_make_running(params, &plan, NULL);
	own = plan != NULL ? plan->record.limit[POLICY_L_PCPU] : POLICY_UNLIMITED;
	if (own < h->pcpu)
		h->pcpu = own;
	r = h->after ? 0 : hold_children(h, fd);
	if (r == 0)
		r = set_quota(h, name, own == POLICY_UNLIMITED ? own : h->pcpu);
	if (r == 0)
		r = set_set(h, name, "cpuset.mems", plan != NULL ? plan->cpuset_mems : NULL, h->mems);
	if (r == 0)
		r = set_set(h, name, "cpuset.cpus", plan != NULL ? plan->cpuset : NULL, h->cpus);
	if (r == 0 && h->after)
		r = hold_children(h, fd);
	plan_free(plan);
	jail_params_free(params);
	return r;
}

static int hold_children(const struct held *h, int dirfd)
{
	return tree_children(dirfd, hold_child, (void *)(uintptr_t)h);
}

/* The set that a jail has now, or will have. */
static void find_set(const struct group *g, const char *name, const char *file, const char *own, char *ret)
{
	if (own != NULL)
		(void)snprintf(ret, GROUP_SET_MAX, "%s", own);
	else if (group_v1_cpuset_above(&g->where, name, file, ret, GROUP_SET_MAX) < 0)
		ret[0] = '\0';
}

/* What was lifted is not empty but what those above have. */
static int lift_set(const struct group *g, const char *name, const char *file, const char *own, const char *set)
{
	char path[JAIL_NAME_MAX + 64];

	group_v1_path(name, file, path, sizeof(path));
	if (own != NULL || set[0] == '\0')
		return 0;
	return group_write(g->where.fd[GROUP_CPUSET], path, set);
}

int group_v1_beneath(const struct group *g, const char *name, size_t will, bool after, struct jail_error *err)
{
	_cleanup_free_ struct held *h = calloc(1, sizeof(*h));
	const struct group_want *w = &g->want[will];
	unsigned here = g->need & ~g->where.v2;
	_cleanup_close_ int fd = -1;
	int r = h == NULL ? -ENOMEM : tree_jail_open(g->tree, name, &fd);

	if (r < 0)
		return jail_error_sys(err, -r, "cannot read its child jails");
	*h = (struct held){.group = g, .name = name, .pcpu = POLICY_UNLIMITED, .after = after};
	if ((here & GROUP_BIT(GROUP_CPU)) != 0)
		h->pcpu = w->pcpu;
	if ((here & GROUP_BIT(GROUP_CPUSET)) != 0) {
		find_set(g, name, "cpuset.cpus", w->cpuset, h->cpus);
		find_set(g, name, "cpuset.mems", w->mems, h->mems);
		if (after)
			r = lift_set(g, name, "cpuset.cpus", w->cpuset, h->cpus);
		if (r == 0 && after)
			r = lift_set(g, name, "cpuset.mems", w->mems, h->mems);
	}
	if (r == 0 && tree_child_count(fd) > 0)
		r = hold_children(h, fd);
	return r < 0 ? jail_error_sys(err, -r, "cannot hold its child jails to what it has") : 0;
}

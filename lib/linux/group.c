/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * group.c: see group.h. Here is what both versions share: the list of files and texts, written in order and, when one
 * fails, written back. It may not know a file's name.
 */
#include "group.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "error.h"
#include "group_parts.h"
#include "limit.h"
#include "store.h"
#include "sys/cgroup_mount.h"

int group_refuse(
    const struct jail_params *params, const char *param, struct jail_error *err, int errnum, const char *fmt, ...)
{
	struct param_origin at = params_origin(params, param);
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	(void)jail_error_set(err, errnum, "%s", text);
	jail_error_param(err, param);
	jail_error_origin(err, at.file, at.line);
	return -errnum;
}

int group_read(int dirfd, const char *file, char *ret, size_t size)
{
	_cleanup_close_ int fd = cgroup_file(dirfd, file, O_RDONLY);
	size_t used = 0;
	ssize_t n;

	if (fd < 0)
		return fd;
	while (used < size - 1 && ((n = read(fd, ret + used, size - 1 - used)) > 0 || (n < 0 && errno == EINTR)))
		used += n > 0 ? (size_t)n : 0;
	if (used < size - 1 && n < 0)
		return negative_errno();
	while (used > 0 && ret[used - 1] == '\n')
		used--;
	ret[used] = '\0';
	return 0;
}

/* An empty text is written as an empty line: the kernel sees no write of nothing. */
int group_write(int dirfd, const char *file, const char *text)
{
	_cleanup_close_ int fd = cgroup_file(dirfd, file, O_WRONLY);
	size_t length = strlen(text);

	if (fd < 0)
		return fd;
	while (write(fd, length > 0 ? text : "\n", length > 0 ? length : 1) < 0)
		if (errno != EINTR)
			return negative_errno();
	return 0;
}

struct group_knob *group_knob(struct group *g, enum group_controller c, const char *param, const char *file)
{
	struct group_knob *k = &g->knob[g->nknobs++];

	memset(k, 0, sizeof(*k));
	k->controller = c;
	k->param = param;
	k->file = file;
	return k;
}

const char *group_text(struct group *g, const char *fmt, ...)
{
	char *text = g->text[g->ntexts++];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, GROUP_TEXT_MAX, fmt, ap);
	va_end(ap);
	return text;
}

const char *group_number(struct group *g, uint64_t n, const char *none)
{
	return n == POLICY_UNLIMITED ? none : group_text(g, "%" PRIu64, n);
}

int group_leaf(int jailfd, int *ret_fd)
{
	int fd = openat(jailfd, TREE_LEAF, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT)
		fd = fcntl(jailfd, F_DUPFD_CLOEXEC, 3);
	if (fd < 0)
		return negative_errno();
	*ret_fd = fd;
	return 0;
}

/* -------------------------------------------------------------------------------------------------------- looking */

void group_warn(
    const struct group *g, const struct jail_options *opts, const char *jail, const char *param, const char *text)
{
	struct jail_error warning;

	if (opts == NULL || opts->warn == NULL)
		return;
	(void)group_refuse(g->params, param, &warning, EINVAL, "%s", text);
	jail_error_jail(&warning, jail);
	opts->warn(opts->arg, &warning);
}

static void warn_pcpu(const struct group *g, const struct plan *plan, const struct jail_options *opts)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	char text[128];

	if (g->want[1].pcpu == POLICY_UNLIMITED || processors <= 0 || g->want[1].pcpu <= (uint64_t)processors * 100 ||
	    g->want[0].pcpu == g->want[1].pcpu)
		return;
	(void)snprintf(text, sizeof(text), "%" PRIu64 "%% is more than this machine's %ld processor%s can give",
	    g->want[1].pcpu, processors, processors == 1 ? "" : "s");
	group_warn(g, opts, plan->name, "limit.pcpu", text);
}

static int no_controller(const struct group *g, enum group_controller c, const char *param, struct jail_error *err)
{
	(void)group_refuse(g->params, param, err, ENOTSUP,
	    "this machine has no controller \"%s\": neither has cgroup v2 got it nor is a hierarchy of v1 mounted",
	    group_name_v2(c));
	return jail_error_hint(err, ENOTSUP,
	    "boot without cgroup_disable=%s, or: mount -t cgroup -o %s none /sys/fs/cgroup/%s (see jcheck)",
	    group_name_v2(c), group_name_v1(c), group_name_v1(c));
}

static int check_controllers(const struct group *g, struct jail_error *err)
{
	unsigned missing = g->need & ~(g->where.v1 | g->where.v2);

	for (size_t i = 0; i < g->nknobs; i++) {
		enum group_controller c = g->knob[i].controller;

		if (strcmp(g->knob[i].text[0], g->knob[i].text[1]) == 0 ||
		    ((g->where.v1 | g->where.v2) & GROUP_BIT(c)) != 0)
			continue;
		return no_controller(g, c, g->knob[i].param, err);
	}
	if ((missing & GROUP_BIT(GROUP_MEMORY)) != 0)
		return no_controller(g, GROUP_MEMORY, "limit.memoryuse", err);
	if ((missing & GROUP_BIT(GROUP_PIDS)) != 0)
		return no_controller(g, GROUP_PIDS, "limit.maxproc", err);
	return 0;
}

/* What the parent has, or the machine. The nearest directory above that says so. */
static int set_above(const struct group *g, const char *name, const char *v2, const char *v1, char *ret, size_t size)
{
	char path[JAIL_NAME_MAX + 64], above[JAIL_NAME_MAX + 1];

	if ((g->where.v2 & GROUP_BIT(GROUP_CPUSET)) == 0)
		return group_v1_cpuset_above(&g->where, name, v1, ret, size);
	tree_relative(name, above);
	for (;;) {
		char *slash = strrchr(above, '/');

		*(slash != NULL ? slash : above) = '\0';
		(void)snprintf(path, sizeof(path), "%s%s%s", above, above[0] != '\0' ? "/" : "", v2);
		if (group_read(g->tree->fd, path, ret, size) == 0 && ret[0] != '\0')
			return 0;
		if (above[0] == '\0')
			break;
	}
	(void)snprintf(path, sizeof(path), "../%s", v2);
	return group_read(g->tree->fd, path, ret, size);
}

static int check_set(const struct group *g, const char *name, const char *param, const char *had, const char *wanted,
    bool mems, struct jail_error *err)
{
	char above[GROUP_SET_MAX];
	int r;

	if (wanted == NULL || (had != NULL && strcmp(had, wanted) == 0) ||
	    ((g->where.v1 | g->where.v2) & GROUP_BIT(GROUP_CPUSET)) == 0)
		return 0;
	r = mems ? set_above(g, name, "cpuset.mems.effective", "cpuset.mems", above, sizeof(above))
		 : set_above(g, name, "cpuset.cpus.effective", "cpuset.cpus", above, sizeof(above));
	if (r < 0)
		return group_refuse(
		    g->params, param, err, -r, "cannot read what there is to choose from: %s", strerror(-r));
	if (group_set_within(wanted, above))
		return 0;
	return group_refuse(g->params, param, err, EINVAL, "\"%.60s\": %s has %.60s", wanted,
	    strchr(name, '.') != NULL ? "its parent jail"
	    : mems		      ? "this machine's memory"
				      : "this machine",
	    above);
}

static int make_knobs(struct group *g, struct jail_error *err)
{
	int r;

	group_v2_knobs(g);
	r = group_v1_knobs(g, err);
	for (size_t i = 0; i < g->nknobs; i++)
		if (strcmp(g->knob[i].text[0], g->knob[i].text[1]) != 0)
			g->need |= GROUP_BIT(g->knob[i].controller);
	return r;
}

/* `was` NULL: it has no limits yet. */
static int look(const struct tree *t, const char *name, const struct plan *was, const struct plan *plan,
    const struct jail_params *params, int rootfd, const struct jail_options *opts, struct group **ret,
    struct jail_error *err)
{
	struct group *g = calloc(1, sizeof(*g));
	int r;

	if (g == NULL)
		return jail_error_set(err, ENOMEM, "out of memory");
	g->tree = t;
	g->params = params;
	g->where = (struct groups)GROUPS_NONE;
	group_want_none(&g->want[0]);
	r = groups_find(t, &g->where);
	if (r < 0)
		(void)jail_error_sys(err, -r, "cannot find the controllers of control groups");
	if (r == 0 && was != NULL)
		r = group_want_make(was, rootfd, true, &g->want[0], NULL);
	if (r == 0)
		r = group_want_make(plan, rootfd, false, &g->want[1], err);
	if (r == 0 && (r = group_want_align(&g->want[0], &g->want[1])) < 0)
		(void)jail_error_set(err, E2BIG, "the limits are of too many disks");
	if (r == 0)
		r = make_knobs(g, err);
	if (r == 0) {
		g->need |= group_want_counted(plan);
		r = check_controllers(g, err);
	}
	if (r == 0)
		r = group_flat_check(g, name, err);
	if (r == 0)
		r = check_set(g, name, "limit.cpuset", g->want[0].cpuset, g->want[1].cpuset, false, err);
	if (r == 0)
		r = check_set(g, name, "limit.cpuset.mems", g->want[0].mems, g->want[1].mems, true, err);
	if (r < 0) {
		group_free(g);
		return r;
	}
	warn_pcpu(g, plan, opts);
	*ret = g;
	return 0;
}

int group_prepare(const struct tree *t, const char *name, const struct plan *plan, const struct jail_params *params,
    int rootfd, const struct jail_options *opts, struct group **ret, struct jail_error *err)
{
	*ret = NULL;
	return group_want_any(plan) ? look(t, name, NULL, plan, params, rootfd, opts, ret, err) : 0;
}

void group_free(struct group *g)
{
	if (g == NULL)
		return;
	groups_close(&g->where);
	free(g);
}

static int read_set(
    const struct tree *t, const struct groups *where, const char *name, bool mems, char *ret, size_t size)
{
	char path[JAIL_NAME_MAX + 64];
	_cleanup_close_ int fd = -1;
	int r;

	if ((where->v2 & GROUP_BIT(GROUP_CPUSET)) == 0) {
		group_v1_path(name, mems ? "cpuset.mems" : "cpuset.cpus", path, sizeof(path));
		return where->fd[GROUP_CPUSET] < 0 ? -ENODEV : group_read(where->fd[GROUP_CPUSET], path, ret, size);
	}
	r = tree_jail_open(t, name, &fd);
	return r < 0 ? r : group_read(fd, mems ? "cpuset.mems.effective" : "cpuset.cpus.effective", ret, size);
}

int group_set_less(const char *name, const char *own, bool mems, char *ret, size_t size)
{
	struct groups where = GROUPS_NONE;
	struct tree t;
	int r = tree_open(false, &t, NULL);

	if (r < 0)
		return 0;
	r = groups_find(&t, &where);
	if (r == 0)
		r = read_set(&t, &where, name, mems, ret, size);
	groups_close(&where);
	tree_close(&t);
	return r == 0 && ret[0] != '\0' && !group_set_within(own, ret);
}

int group_usage(const struct tree *t, const char *name, enum watch_source source)
{
	static const struct {
		enum group_controller controller;
		const char *v2, *v1; /* v1 has no number of what is swapped alone */
	} file[WATCH_SOURCES] = {[WATCH_MEMORY] = {GROUP_MEMORY, "memory.current", "memory.usage_in_bytes"},
	    [WATCH_SWAP] = {GROUP_MEMORY, "memory.swap.current", NULL},
	    [WATCH_TASKS] = {GROUP_PIDS, "pids.current", "pids.current"},
	    [WATCH_OOM] = {GROUP_MEMORY, NULL, "memory.oom_control"}};
	enum group_controller c = file[source].controller;
	struct groups where = GROUPS_NONE;
	char path[JAIL_NAME_MAX + 64];
	_cleanup_close_ int jail = -1;
	int fd = -1, r = groups_find(t, &where);

	if (r == 0 && (where.v2 & GROUP_BIT(c)) != 0 && file[source].v2 != NULL) {
		r = tree_jail_open(t, name, &jail);
		fd = r < 0 ? r : cgroup_file(jail, file[source].v2, O_RDONLY);
	} else if (r == 0 && where.fd[c] >= 0 && file[source].v1 != NULL) {
		group_v1_path(name, file[source].v1, path, sizeof(path));
		fd = cgroup_file(where.fd[c], path, O_RDONLY);
	} else if (r == 0) {
		r = -ENOENT;
	}
	groups_close(&where);
	return r < 0 ? r : fd;
}

bool group_kills(const struct tree *t)
{
	struct groups where = GROUPS_NONE;
	bool kills = groups_find(t, &where) == 0 && (where.v2 & GROUP_BIT(GROUP_MEMORY)) != 0;

	groups_close(&where);
	return kills;
}

/* -------------------------------------------------------------------------------------------------------- writing */

int group_open(const struct group *g, const char *name, enum group_controller c, int *ret_fd)
{
	char path[JAIL_NAME_MAX + 64];

	if ((g->where.v2 & GROUP_BIT(c)) != 0)
		return tree_jail_open(g->tree, name, ret_fd);
	group_v1_path(name, "", path, sizeof(path));
	*ret_fd = openat(g->where.fd[c], path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return *ret_fd < 0 ? negative_errno() : 0;
}

static int write_knob(const struct group *g, const char *name, int fd, const struct group_knob *k, size_t which)
{
	char above[GROUP_SET_MAX];
	int r, other;

	/* v1 takes no empty set: group_v1_beneath() gives it what those above have. */
	if (k->text[which][0] == '\0' && (g->where.v2 & GROUP_BIT(k->controller)) == 0)
		return 0;
	r = group_write(fd, k->file, k->text[which]);
	/* Nor does v2, once there were a set and processes: what is above, then. */
	if (r == -ENOSPC && k->text[which][0] == '\0' && set_above(g, name, k->above, "", above, sizeof(above)) == 0)
		r = group_write(fd, k->file, above);
	other = r;

	if (k->other_file != NULL && (r == 0 || r == -ENOENT))
		other = group_write(fd, k->other_file, k->other_text[which]);
	if (r == -ENOENT && k->optional)
		return 0;
	return r == -ENOENT ? other : r;
}

static int knob_failed(const struct group *g, const struct group_knob *k, int fd, int r, struct jail_error *err)
{
	bool v2 = (g->where.v2 & GROUP_BIT(k->controller)) != 0;
	const char *controller = v2 ? group_name_v2(k->controller) : group_name_v1(k->controller);

	if (r == -ENOENT && fd >= 0 && faccessat(fd, "cgroup.procs", F_OK, 0) == 0) {
		(void)group_refuse(g->params, k->param, err, ENOTSUP,
		    "the controller \"%s\" (cgroup v%d) has no %s on this kernel", controller, v2 ? 2 : 1, k->file);
		return jail_error_hint(err, ENOTSUP, "%s",
		    strstr(k->file, "swap") != NULL || strstr(k->file, "memsw") != NULL
			? "boot with swapaccount=1 on a kernel with swap"
			: "see jcheck for what this machine can limit");
	}
	if (r == -ENOENT || r == -ENODEV) {
		(void)group_refuse(g->params, k->param, err, ENODEV,
		    "its group of the controller \"%s\" (cgroup v%d) has been taken away, or the controller switched "
		    "off",
		    controller, v2 ? 2 : 1);
		return jail_error_hint(err, ENODEV, "restart the jail: jail -rc");
	}
	if (r == -EBUSY && k->controller == GROUP_MEMORY)
		return group_refuse(g->params, k->param, err, EBUSY,
		    "it uses more than that now, and the kernel can't take it back (%s)", k->file);
	return group_refuse(
	    g->params, k->param, err, -r, "cannot write \"%s\" to %s: %s", k->text[1], k->file, strerror(-r));
}

/* Each that differs; after a failure those before it are written back. */
static int write_knobs(const struct group *g, const char *name, struct jail_error *err)
{
	for (size_t i = 0; i < g->nknobs; i++) {
		const struct group_knob *k = &g->knob[i];
		_cleanup_close_ int fd = -1;
		int r;

		if (strcmp(k->text[0], k->text[1]) == 0)
			continue;
		r = group_open(g, name, k->controller, &fd);
		if (r == 0)
			r = write_knob(g, name, fd, k, 1);
		if (r == 0)
			continue;
		r = knob_failed(g, k, fd, r, err);
		while (i-- > 0) {
			_cleanup_close_ int back = -1;

			if (strcmp(g->knob[i].text[0], g->knob[i].text[1]) != 0 &&
			    group_open(g, name, g->knob[i].controller, &back) == 0)
				(void)write_knob(g, name, back, &g->knob[i], 0);
		}
		return r;
	}
	return 0;
}

/* Directories and controllers. */
static int make_groups(const struct group *g, const char *name, bool fresh, struct jail_error *err)
{
	unsigned v2 = g->need & g->where.v2, v1 = g->need & ~g->where.v2;
	int r = v2 != 0 ? group_v2_enable(g, name, v2, err) : 0;

	return r == 0 && v1 != 0 ? group_v1_make(g, name, v1, fresh, err) : r;
}

int group_make(struct group *g, const char *name, struct jail_error *err)
{
	int r = make_groups(g, name, true, err);

	return r == 0 ? write_knobs(g, name, err) : r;
}

/* ------------------------------------------------------------------------------------------------------- changing */

/* What is different between the two that `g` holds. */
static int change(const struct group *g, const char *name, struct jail_error *err)
{
	unsigned v1 = g->need & ~g->where.v2;
	int r = make_groups(g, name, false, err);

	if (r == 0 && (g->need & GROUP_BIT(GROUP_CPU)) != 0)
		r = group_realtime_end_all(g->tree, name, err);
	if (r == 0 && v1 != 0)
		r = group_v1_beneath(g, name, 1, false, err);
	if (r == 0)
		r = write_knobs(g, name, err);
	if (r < 0 || v1 == 0)
		return r;
	r = group_v1_move(g, name, v1, err);
	return r == 0 ? group_v1_beneath(g, name, 1, true, err) : r;
}

/* Each becomes the other; what was done last is undone first. */
static void exchange(struct group *g)
{
	struct group_want was = g->want[0];

	g->want[0] = g->want[1];
	g->want[1] = was;
	for (size_t i = 0; i < g->nknobs; i++) {
		struct group_knob *k = &g->knob[i];
		const char *text = k->text[0], *other = k->other_text[0];

		k->text[0] = k->text[1];
		k->text[1] = text;
		k->other_text[0] = k->other_text[1];
		k->other_text[1] = other;
	}
	for (size_t i = 0; i < g->nknobs / 2; i++) {
		struct group_knob k = g->knob[i];

		g->knob[i] = g->knob[g->nknobs - 1 - i];
		g->knob[g->nknobs - 1 - i] = k;
	}
}

int group_change(const struct tree *t, const char *name, const struct plan *was, const struct plan *will,
    const struct jail_params *params, const struct jail_options *opts, struct jail_error *err)
{
	struct group_use before;
	struct group *g;
	int r;

	if (!group_want_any(was) && !group_want_any(will))
		return 0;
	r = look(t, name, was, will, params, -1, opts, &g, err);
	if (r < 0)
		return r;
	group_use_look(g, name, &before);
	r = g->need != 0 ? change(g, name, err) : 0;
	if (r == 0) {
		group_use_warn(g, name, &before, opts);
	} else {
		exchange(g);
		(void)change(g, name, NULL);
	}
	group_free(g);
	return r;
}

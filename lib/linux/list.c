/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * list.c: what runs: one jail or all, read from the kernel each time. A jail whose last process has ended is not there
 * any more, whether or not somebody has removed its directory.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "attach.h"
#include "error.h"
#include "group.h"
#include "params.h"
#include "privilege.h"
#include "process.h"
#include "remove.h"
#include "store.h"
#include "util.h"
#include "victims.h"
#include "watching.h"

static int report_number(struct jail_params *p, const char *name, unsigned long long value)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%llu", value);
	return params_report(p, name, text);
}

static int report_chosen(struct jail_params *p, const char *name, unsigned long long value)
{
	bool asked = jail_params_asked(p, name);
	int r = report_number(p, name, value);

	if (r == 0 && !asked)
		params_chosen(p, name);
	return r;
}

/* No limit of processes was given, or it was lifted again. */
static bool is_unlimited(const struct jail_params *p)
{
	const char *value;

	return jail_params_get(p, "limit.maxproc", &value) < 0 || strcmp(value, "unlimited") == 0;
}

/* 0: the directory above is no jail's. */
static uint32_t parent_jid(int dirfd)
{
	_cleanup_close_ int above = openat(dirfd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct store_state s;

	return above >= 0 && store_state_read(above, &s) == 0 ? s.jid : 0;
}

/* "cputime:sigterm=1": how often a limit was reached. */
static int report_hit(struct jail_params *p, enum policy_limit limit, enum limit_action action, int signal, uint64_t n)
{
	char word[16], text[96];

	(void)snprintf(text, sizeof(text), "%s:%s=%llu", policy_limit_name(limit),
	    limit_action_name(action, signal, word), (unsigned long long)n);
	return params_report_item(p, "limit.hits", text);
}

/* What process 1 has counted. */
static int report_watched(struct jail_params *p, int dirfd, const struct store_state *s)
{
	struct watch_page page;
	int r = watching_read(dirfd, s, &page);

	if (r < 0)
		return 0;
	for (uint32_t i = 0; r == 0 && i < page.count; i++) {
		const struct watch_entry *e = &page.entry[i];

		r = report_hit(
		    p, (enum policy_limit)e->limit, e->signal > 0 ? LIMIT_SIGNAL : LIMIT_LOG, e->signal, e->hits);
	}
	return r;
}

/* What the kernel has counted: of each limit that denies, where there is a counter. */
static int report_denied(struct jail_params *p, const char *name, const struct store_state *state)
{
	static const struct {
		enum policy_limit limit;
		enum jail_figure figure;
	} row[] = {{POLICY_L_MEMORYUSE, JAIL_STAT_MEMORY_MAX_EVENTS}, {POLICY_L_MAXPROC, JAIL_STAT_THREADS_MAX_EVENTS},
	    {POLICY_L_NTHR, JAIL_STAT_THREADS_MAX_EVENTS}, {POLICY_L_PCPU, JAIL_STAT_CPU_THROTTLED_PERIODS}};
	_cleanup_free_ struct jail_stat *s = malloc(sizeof(*s));
	int r = s == NULL ? -ENOMEM : 0;

	if (r == 0 && jail_stat(name, s, sizeof(*s), NULL) < 0)
		return 0;
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(row); i++)
		if (state->record.limit[row[i].limit] != POLICY_UNLIMITED && jail_figure_known(s, row[i].figure))
			r = report_hit(p, row[i].limit, LIMIT_DENY, 0, s->figure[row[i].figure]);
	if (r == 0 && jail_figure_known(s, JAIL_STAT_OOM_KILLS) && s->figure[JAIL_STAT_OOM_KILLS] > 0)
		r = victims_report(name, p);
	return r;
}

static int report_hits(struct jail_params *p, const char *name, int dirfd, const struct store_state *s)
{
	const struct limit_row *row;
	bool any = false;
	int r;

	for (size_t i = 0; !any && (row = limit_row_at(i)) != NULL; i++)
		any = jail_params_has(p, row->param);
	if (!any)
		return 0;
	r = report_denied(p, name, s);
	return r < 0 ? r : report_watched(p, dirfd, s);
}

static int report_restarts(struct jail_params *p, const struct store_state *s)
{
	_cleanup_close_ int proc = -1;
	int r = process_directory(s->pid, s->start, &proc);

	return report_number(p, "restarts", r < 0 ? 0 : process_restarts(proc));
}

static int report_state(struct jail_params *p, const char *name, int dirfd, const struct store_state *s)
{
	uint32_t ceiling = 0;
	int r = params_report(p, "name", name);

	if (r == 0)
		r = report_number(p, "jid", s->jid);
	if (r == 0)
		r = report_number(p, "parent", parent_jid(dirfd));
	if (r == 0)
		r = report_number(p, "pid", s->pid > 0 ? (unsigned long long)s->pid : 0);
	if (r == 0)
		r = report_number(p, "created", s->created);
	if (r == 0)
		r = params_report(p, "dying", s->phase == STORE_RUNNING ? "false" : "true");
	if (r == 0)
		r = report_number(p, "children.cur", tree_child_count(dirfd));
	if (r == 0)
		r = params_report(p, "enforcement", privilege_enforcement());
	if (r == 0 && s->record.users_count > 0)
		r = report_chosen(p, "users.base", s->record.users_base);
	if (r == 0 && s->record.users_count > 0)
		r = report_chosen(p, "users.count", s->record.users_count);
	if (r == 0 && store_ceiling_read(dirfd, &ceiling) == 0 && ceiling > 0 && is_unlimited(p))
		r = report_chosen(p, "limit.maxproc", ceiling);
	if (r == 0 && (s->flags & STORE_F_INIT) != 0)
		r = report_restarts(p, s);
	if (r == 0)
		r = report_hits(p, name, dirfd, s);
	return r;
}

/* What was not written but holds: the plan's defaults that depend on other parameters. */
static int report_effective(struct jail_params *p)
{
	struct plan *plan = NULL;
	const char *text;
	int r = 0;

	if (!jail_params_has(p, "host.hostname") && jail_params_get(p, "name", &text) == 0)
		r = params_report(p, "host.hostname", text);
	if (r < 0 || jail_params_has(p, "path.hide"))
		return r;
	/* Only a tree that is shared with the host hides anything by itself. */
	if ((jail_params_get(p, "path", &text) < 0 || strcmp(text, "/") != 0) && jail_params_count(p, "path.base") == 0)
		return 0;
	if (plan_make_running(p, &plan, NULL) < 0)
		return 0;
	for (size_t i = 0; r == 0 && i < plan->hide.count; i++)
		r = params_report_item(p, "path.hide", plan->hide.item[i]);
	params_chosen(p, "path.hide");
	plan_free(plan);
	return r;
}

/* The limit as it would be written: what the jail is held to, then what is only told or signalled, or of one device. */
static int report_limit(
    struct jail_params *p, const struct plan *plan, const struct limit_row *row, const uint64_t held[POLICY_L_COUNT])
{
	char text[512];
	size_t used;

	if (!row->directions || held[row->limit] == held[row->limit + 1])
		used = (size_t)snprintf(text, sizeof(text), "%" PRIu64, held[row->limit]);
	else if (held[row->limit + 1] == POLICY_UNLIMITED)
		used = (size_t)snprintf(text, sizeof(text), "in:%" PRIu64, held[row->limit]);
	else if (held[row->limit] == POLICY_UNLIMITED)
		used = (size_t)snprintf(text, sizeof(text), "out:%" PRIu64, held[row->limit + 1]);
	else
		used = (size_t)snprintf(
		    text, sizeof(text), "in:%" PRIu64 ",out:%" PRIu64, held[row->limit], held[row->limit + 1]);
	for (size_t i = 0; i < plan->nlimits && used < sizeof(text); i++) {
		const struct plan_limit *l = &plan->limit[i];
		char word[16];

		if (limit_row_of(l->limit) == row && !limit_is_hard(l))
			used += (size_t)snprintf(text + used, sizeof(text) - used, ",%s%s%" PRIu64 ":%s",
			    l->device != NULL ? l->device : "", l->device != NULL ? ":" : "", l->value,
			    limit_action_name(l->action, l->signal, word));
	}
	return params_report(p, row->param, text);
}

static int report_set(struct jail_params *p, const char *name, const char *param, bool mems)
{
	char own[512] = "", now[512];
	size_t used = 0;

	for (size_t i = 0; i < jail_params_count(p, param) && used < sizeof(own); i++)
		used += (size_t)snprintf(
		    own + used, sizeof(own) - used, "%s%s", i > 0 ? "," : "", jail_params_item(p, param, i));
	if (used == 0 || used >= sizeof(own) || group_set_less(name, own, mems, now, sizeof(now)) == 0)
		return 0;
	return params_report(p, param, now);
}

/* A jail within others is held to what they have, whatever is written for itself. */
static int report_limits(struct jail_params *p, const char *name, const struct store_state *s)
{
	const uint64_t *held = s->record.limit;
	const struct limit_row *row;
	struct plan *plan = NULL;
	int r = 0;

	if (strchr(name, '.') == NULL)
		return 0;
	r = report_set(p, name, "limit.cpuset", false);
	if (r == 0)
		r = report_set(p, name, "limit.cpuset.mems", true);
	if (r < 0 || (s->flags & STORE_F_LIMITS) == 0 || plan_make_running(p, &plan, NULL) < 0)
		return r;
	for (size_t i = 0; r == 0 && (row = limit_row_at(i)) != NULL; i++) {
		const uint64_t *own = plan->record.limit;
		enum policy_limit l = row->limit;

		if (held[l] != own[l] || (row->directions && held[l + 1] != own[l + 1]))
			r = report_limit(p, plan, row, held);
	}
	plan_free(plan);
	return r;
}

/* -ENOENT: over, or (without JAIL_LIST_DYING) not running. */
static int read_jail(const char *name, int dirfd, unsigned flags, struct jail_params **ret)
{
	struct jail_params *p = NULL;
	struct store_state s;
	int r = store_state_read(dirfd, &s);

	if (r < 0)
		return r == -ENODATA ? -ENOENT : r;
	if (s.phase != STORE_RUNNING && (flags & JAIL_LIST_DYING) == 0)
		return -ENOENT;
	if (s.jid == 0)
		return -ENOENT; /* its number has been given back: all but the directory is gone */
	if (s.phase == STORE_RUNNING && tree_populated(dirfd) != 1)
		return -ENOENT;
	r = store_params_read(dirfd, &p);
	if (r == -ENODATA && s.phase != STORE_RUNNING)
		r = jail_params_new(&p);
	if (r == 0)
		r = report_effective(p);
	if (r == 0)
		r = report_limits(p, name, &s);
	if (r == 0)
		r = report_state(p, name, dirfd, &s);
	if (r < 0) {
		jail_params_free(p);
		return r;
	}
	*ret = p;
	return 0;
}

int jail_get(const char *name, struct jail_params **ret, struct jail_error *err)
{
	struct running jail = RUNNING_NONE;
	int r = running_open(name, &jail, err);

	if (r < 0)
		return r;
	r = read_jail(jail.name, jail.dirfd, 0, ret);
	running_close(&jail);
	if (r == -ENOENT)
		return running_none(name, err);
	if (r < 0) {
		(void)jail_error_sys(err, -r, "cannot read its parameters");
		jail_error_jail(err, name);
	}
	return r;
}

struct jail_list {
	struct item {
		uint32_t jid;
		struct jail_params *params;
	} * item;
	size_t count, room;
};

struct walk {
	struct jail_list *list;
	const char *prefix;
	int dirfd;
	unsigned flags;
};

static int add(struct jail_list *l, struct jail_params *p)
{
	int64_t jid = 0;

	if (l->count == l->room) {
		size_t room = l->room > 0 ? 2 * l->room : 16;
		struct item *grown = reallocarray(l->item, room, sizeof(*grown));

		if (grown == NULL)
			return -ENOMEM;
		l->item = grown;
		l->room = room;
	}
	(void)jail_params_get_int(p, "jid", &jid);
	l->item[l->count++] = (struct item){.jid = (uint32_t)jid, .params = p};
	return 0;
}

static int walk_jail(void *arg, const char *child)
{
	const struct walk *w = arg;
	char name[JAIL_NAME_MAX + 1];
	_cleanup_close_ int fd = openat(w->dirfd, child, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct walk deeper = {.list = w->list, .prefix = name, .dirfd = fd, .flags = w->flags};
	struct jail_params *p = NULL;
	int r;

	if (fd < 0)
		return tree_gone(-errno) ? 0 : negative_errno();
	if ((size_t)snprintf(name, sizeof(name), "%s%s%s", w->prefix, w->prefix[0] != '\0' ? "." : "", child) >=
	    sizeof(name))
		return -ENAMETOOLONG;
	r = read_jail(name, fd, w->flags, &p);
	if (r == -ENOENT)
		return 0;
	/* Another version of us made it, and can say what it is. */
	if (r == -EBADMSG)
		return tree_children(fd, walk_jail, &deeper);
	if (r == 0)
		r = add(w->list, p);
	if (r < 0) {
		jail_params_free(p);
		return r;
	}
	return tree_children(fd, walk_jail, &deeper);
}

static int by_jid(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	return (x->jid > y->jid) - (x->jid < y->jid);
}

int jail_list(unsigned flags, struct jail_list **ret, struct jail_error *err)
{
	struct jail_list *l = calloc(1, sizeof(*l));
	struct tree t;
	int r;

	if (l == NULL)
		return jail_error_set(err, ENOMEM, "out of memory");
	if (geteuid() != 0) {
		free(l);
		return jail_error_set(err, EPERM, "only root may see the jails");
	}
	r = tree_open(false, &t, err);
	if (r == 0) {
		struct walk w = {.list = l, .prefix = "", .dirfd = t.fd, .flags = flags};

		r = tree_children(t.fd, walk_jail, &w);
		tree_close(&t);
		if (r < 0)
			(void)jail_error_sys(err, -r, "cannot read the jails");
	} else if (r == -ENOENT) {
		r = 0;
	}
	if (r < 0) {
		jail_list_free(l);
		return r;
	}
	if (l->count > 0)
		qsort(l->item, l->count, sizeof(*l->item), by_jid);
	*ret = l;
	return 0;
}

size_t jail_list_count(const struct jail_list *l)
{
	return l->count;
}

const struct jail_params *jail_list_at(const struct jail_list *l, size_t i)
{
	return i < l->count ? l->item[i].params : NULL;
}

void jail_list_free(struct jail_list *l)
{
	if (l == NULL)
		return;
	for (size_t i = 0; i < l->count; i++)
		jail_params_free(l->item[i].params);
	free(l->item);
	free(l);
}

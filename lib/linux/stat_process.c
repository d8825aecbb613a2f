/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stat_process.c: what a jail's processes tell (proc(5)): how many they are, what they use where no controller counts
 * it, and the counters of their network stack. Processes end while they are looked at, and who is inside makes as many
 * as it may: both leave the answer right, or unknown.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "process.h"
#include "stat_parts.h"
#include "sys/cgroup_mount.h"
#include "util.h"
#include "watching.h"

/* Beyond so many in one group they are only counted: looking at each costs tens of microseconds. */
#define LOOK_AT_MOST 4096

static void look_at(struct stat_place *p, uint64_t pid, struct stat_tally *t)
{
	char path[32];

	(void)snprintf(path, sizeof(path), "%llu/status", (unsigned long long)pid);
	/* One that has ended meanwhile is no part of the sum. */
	if (stat_read(p, p->proc, path))
		(void)stat_text_status(p->text, t);
}

struct reading {
	bool look;
	pid_t pid;
	bool found;
	uint64_t seen;
};

static void take(struct stat_place *p, struct reading *r, uint64_t pid, struct stat_tally *t)
{
	t->processes++;
	r->seen++;
	if (pid != 0 && pid == (uint64_t)r->pid)
		r->found = true;
	if (!r->look)
		return;
	if (r->seen > LOOK_AT_MOST)
		t->partial = true;
	else if (pid != 0) /* 0: of a process namespace that we don't see */
		look_at(p, pid, t);
}

void stat_processes(struct stat_place *p, int dirfd, bool look, pid_t pid, struct stat_tally *t, bool *ret_found)
{
	_cleanup_close_ int fd = cgroup_file(dirfd, "cgroup.procs", O_RDONLY);
	struct reading r = {.look = look, .pid = pid};
	uint64_t value = 0;
	bool digits = false;
	char text[4096];
	ssize_t n;

	while (fd >= 0 && (n = read(fd, text, sizeof(text))) > 0) {
		for (ssize_t i = 0; i < n; i++) {
			if (text[i] >= '0' && text[i] <= '9') {
				value = value * 10 + (uint64_t)(text[i] - '0');
				digits = true;
			} else if (digits) {
				take(p, &r, value, t);
				value = 0;
				digits = false;
			}
		}
		/* The kernel fills the buffer where there is more. */
		if (n < (ssize_t)sizeof(text) / 2)
			break;
	}
	if (ret_found != NULL)
		*ret_found = r.found;
}

static void watched_hits(int dirfd, const struct store_state *state, struct jail_stat *s)
{
	struct watch_page page;
	uint64_t hits = 0;

	if (watching_read(dirfd, state, &page) < 0)
		return;
	for (uint32_t i = 0; i < page.count; i++)
		hits += page.entry[i].hits;
	stat_add(s, JAIL_STAT_HITS, hits);
}

void stat_first(struct stat_place *p, int dirfd, const struct store_state *state, struct jail_stat *s)
{
	_cleanup_close_ int proc = -1;
	struct stat st;

	if (process_directory(state->pid, state->start, &proc) < 0)
		return;
	if (fstatat(proc, "ns/net", &st, 0) == 0 && (st.st_dev != p->host_net_dev || st.st_ino != p->host_net_ino) &&
	    stat_read(p, proc, "net/dev"))
		stat_text_net(p->text, s);
	if ((state->flags & STORE_F_INIT) != 0)
		stat_set(s, JAIL_STAT_RESTARTS, process_restarts(proc));
	if ((state->flags & STORE_F_WATCHED) != 0)
		watched_hits(dirfd, state, s);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kill.c: see kill.h. cgroup.kill reaches everything at once, also what is frozen in version 2. Three kinds of process
 * stay: one that waits in the kernel, which nobody can hurry; one that is frozen by the freezer of version 1, which is
 * taken out of the frozen group; and one whose first thread has ended while others run, which is killed by its pidfd.
 */
#include "kill.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "../error.h"
#include "../group_parts.h"
#include "../sys.h"
#include "../sys/cgroup_mount.h"
#include "members.h"

#define FIRST_MS 500 /* everything else is dead by then */
#define FREEZER "/sys/fs/cgroup/freezer"

/* The group of version 1's freezer that a process is in; "/": none. */
static void freezer_of(pid_t pid, char *ret, size_t size)
{
	char path[64], text[4096], *line, *end;

	(void)snprintf(ret, size, "/");
	(void)snprintf(path, sizeof(path), "/proc/%d/cgroup", (int)pid);
	if (group_read(AT_FDCWD, path, text, sizeof(text)) < 0)
		return;
	line = strstr(text, ":freezer:");
	end = line != NULL ? strchr(line, '\n') : NULL;
	if (end != NULL)
		(void)snprintf(ret, size, "%.*s", (int)(end - line) - 9, line + 9);
}

/* A process in the freezer's root runs. The number may be another's by now: that one is let run, and no more. */
static int thaw(void *arg, const struct member *m)
{
	char group[256], number[16];

	freezer_of(m->pid, group, sizeof(group));
	(void)snprintf(number, sizeof(number), "%d", (int)m->pid);
	if (strcmp(group, "/") != 0)
		(void)group_write(*(const int *)arg, "cgroup.procs", number);
	return 0;
}

static void thaw_all(int dirfd)
{
	_cleanup_close_ int freezer = cgroup_open(FREEZER, CGROUP_V1);

	if (freezer >= 0)
		(void)members_each(dirfd, MEMBERS_BENEATH, thaw, &freezer);
}

/* cgroup.kill signals first threads, and the kernel drops what an ended one gets. This signal is for the process. */
static int kill_process(void *arg, const struct member *m)
{
	(void)arg;
	(void)sys_pidfd_send_signal(m->pidfd, SIGKILL);
	return 0;
}

int kill_all(int dirfd, int wait_ms)
{
	int first = wait_ms < FIRST_MS ? wait_ms : FIRST_MS, r = tree_kill(dirfd);

	if (r == 0)
		r = tree_wait_empty(dirfd, first);
	if (r != -ETIMEDOUT)
		return r;
	thaw_all(dirfd);
	(void)members_each(dirfd, MEMBERS_BENEATH, kill_process, NULL);
	return tree_wait_empty(dirfd, wait_ms - first);
}

/* ------------------------------------------------------------------------------------------------ what is said of it
 */

struct left {
	pid_t pid;
	size_t count;
};

static int count(void *arg, const struct member *m)
{
	struct left *l = arg;

	if (l->count++ == 0)
		l->pid = m->pid;
	return 0;
}

int kill_failed(const struct tree *t, const char *name, int dirfd, int r, struct jail_error *err)
{
	char path[JAIL_NAME_MAX + 1], file[64], comm[32], group[200], others[48] = "";
	struct left l = {0};

	if (r != -ETIMEDOUT)
		return jail_error_sys(err, -r, "cannot kill its processes");
	(void)members_each(dirfd, MEMBERS_BENEATH, count, &l);
	(void)snprintf(file, sizeof(file), "/proc/%d/comm", (int)l.pid);
	if (group_read(AT_FDCWD, file, comm, sizeof(comm)) < 0)
		comm[0] = '\0';
	comm[strcspn(comm, "\n")] = '\0';
	freezer_of(l.pid, group, sizeof(group));
	if (l.count > 1)
		(void)snprintf(others, sizeof(others), " (and %zu more)", l.count - 1);
	if (l.count == 0)
		(void)jail_error_set(err, EBUSY, "its processes were killed and have not ended yet");
	else if (strcmp(group, "/") != 0)
		(void)jail_error_set(err, EBUSY, "process %d (%s)%s is frozen by the freezer's group %s", (int)l.pid,
		    comm, others, group);
	else
		(void)jail_error_set(
		    err, EBUSY, "process %d (%s)%s was killed and waits for the kernel", (int)l.pid, comm, others);
	tree_relative(name, path);
	return jail_error_hint(
	    err, EBUSY, "its control group %s/%s stays, and the next jail command goes on", t->path, path);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * references.c: see references.h. No file system of the jail's is asked anything: a server that is frozen would never
 * answer. Descriptors on their way through a socket, and those that io_uring keeps, have no place in /proc.
 */
#include "references.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "../../util.h"
#include "../sys/mount_table.h"

struct walk {
	reference_fn *fn;
	void *arg;
	const struct member *member;
};

/* The mount of a descriptor as its fdinfo says it: nothing is opened for that. */
static uint64_t descriptor_mount(int thread, const char *number)
{
	char path[64], text[512];
	const char *at;
	_cleanup_close_ int fd = -1;
	ssize_t n;

	(void)snprintf(path, sizeof(path), "fdinfo/%.16s", number);
	fd = openat(thread, path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (n <= 0)
		return 0;
	text[n] = '\0';
	at = strstr(text, "mnt_id:");
	return at != NULL ? strtoull(at + strlen("mnt_id:"), NULL, 10) : 0;
}

static int visit(const struct walk *w, uint64_t mount)
{
	const struct reference r = {.member = w->member, .mount = mount};

	return w->fn(w->arg, &r);
}

/* Where a link leads: cwd, root, exe, map_files/... Missing: the process has none. */
static int visit_link(const struct walk *w, int thread, const char *file)
{
	_cleanup_close_ int fd = openat(thread, file, O_PATH | O_CLOEXEC);
	struct mount_object o;
	int r;

	/* EACCES, EPERM: mapped files take a capability that a tool in a container lacks; they keep a mount busy. */
	if (fd < 0)
		return errno == ENOENT || errno == ESRCH || errno == EACCES || errno == EPERM ? 0 : negative_errno();
	r = mount_object(fd, &o);
	return r < 0 ? r : visit(w, o.mount);
}

/* Each entry of fd/ or map_files/. */
static int visit_all(const struct walk *w, int thread, const char *directory, bool descriptors)
{
	int fd = openat(thread, directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;
	DIR *d = fd < 0 ? NULL : fdopendir(fd);

	if (d == NULL) {
		r = errno == ENOENT || errno == ESRCH ? 0 : negative_errno();
		(void)close_fd(fd);
		return r;
	}
	for (struct dirent *e; r == 0 && (e = readdir(d)) != NULL;) {
		char file[320];

		if (e->d_name[0] == '.')
			continue;
		(void)snprintf(file, sizeof(file), "%s/%s", directory, e->d_name);
		r = descriptors ? visit(w, descriptor_mount(thread, e->d_name)) : visit_link(w, thread, file);
	}
	(void)closedir(d);
	return r;
}

/* Threads may have working directories and descriptors of their own. */
static int visit_thread(void *arg, pid_t tid)
{
	const struct walk *w = arg;
	char path[32];
	_cleanup_close_ int thread = -1;
	int r = 0;

	(void)snprintf(path, sizeof(path), "task/%d", tid);
	thread = member_open(w->member, path, O_PATH | O_DIRECTORY);
	if (thread < 0)
		return thread == -ESRCH || thread == -ENOENT ? 0 : thread;
	r = visit_link(w, thread, "cwd");
	if (r == 0)
		r = visit_link(w, thread, "root");
	return r != 0 ? r : visit_all(w, thread, "fd", true);
}

static int visit_member(void *arg, const struct member *m)
{
	struct walk *w = arg;
	_cleanup_close_ int process = member_open(m, ".", O_PATH | O_DIRECTORY);
	int r;

	if (process < 0)
		return process == -ESRCH ? 0 : process;
	w->member = m;
	r = visit_link(w, process, "exe");
	if (r == 0)
		r = visit_all(w, process, "map_files", false);
	return r != 0 ? r : member_threads(m, visit_thread, w);
}

int references_each(int jailfd, reference_fn *fn, void *arg)
{
	struct walk w = {.fn = fn, .arg = arg};

	return members_each(jailfd, MEMBERS_BENEATH, visit_member, &w);
}

/* ------------------------------------------------------------------------------------------------------- holders */

void holders_add(struct holders *h, const struct member *m)
{
	_cleanup_close_ int fd = -1;
	char name[32];
	size_t used = strlen(h->text);
	ssize_t n;

	/* The walk goes from process to process. */
	if (h->count > 0 && h->last == m->pid)
		return;
	h->last = m->pid;
	h->count++;
	fd = member_open(m, "comm", O_RDONLY);
	n = fd < 0 ? -1 : read(fd, name, sizeof(name) - 1);
	if (h->count > 4)
		return;
	name[n > 0 ? n : 0] = '\0';
	name[strcspn(name, "\n")] = '\0';
	(void)snprintf(h->text + used, sizeof(h->text) - used, "%s%s[%d]", used > 0 ? ", " : "",
	    name[0] != '\0' ? name : "a process", m->pid);
}

void holders_text(const struct holders *h, char *buf, size_t size)
{
	if (h->count == 0)
		(void)snprintf(buf, size, "something that has no name (a descriptor in a message, or in io_uring)");
	else if (h->count > 4)
		(void)snprintf(buf, size, "%s and %zu more", h->text, h->count - 4);
	else
		(void)snprintf(buf, size, "%s", h->text);
}

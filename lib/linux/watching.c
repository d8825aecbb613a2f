/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * watching.c: see watching.h.
 */
#include "watching.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>

#include "channel.h"
#include "error.h"
#include "limit.h"
#include "process.h"
#include "sys.h"

static bool watched(const struct plan_limit *l)
{
	return limit_means_of(l) == LIMIT_BY_WATCH;
}

enum watch_source watching_source(enum policy_limit limit)
{
	switch (limit) {
	case POLICY_L_CPUTIME:
		return WATCH_CPU;
	case POLICY_L_MEMORYUSE:
		return WATCH_MEMORY;
	case POLICY_L_SWAPUSE:
		return WATCH_SWAP;
	case POLICY_L_MAXPROC:
	case POLICY_L_NTHR:
		return WATCH_TASKS;
	default:
		return WATCH_PAGE; /* the clock */
	}
}

unsigned watching_sources(const struct plan *plan)
{
	unsigned sources = 0;

	for (size_t i = 0; i < plan->nlimits; i++)
		if (watched(&plan->limit[i]))
			sources |= 1u << watching_source(plan->limit[i].limit);
	return sources;
}

bool watching_any(const struct plan *plan)
{
	for (size_t i = 0; i < plan->nlimits; i++)
		if (watched(&plan->limit[i]) || limit_kills(&plan->limit[i]))
			return true;
	return false;
}

int watching_note(int page, const int fd[WATCH_SOURCES])
{
	uint32_t sources = 0;

	for (size_t i = 0; i < WATCH_SOURCES; i++)
		if (fd[i] >= 0)
			sources |= 1u << i;
	return pwrite(page, &sources, sizeof(sources), offsetof(struct watch_page, sources)) == (ssize_t)sizeof(sources)
		   ? 0
		   : negative_errno();
}

int watching_note_disk(int page, int fd)
{
	const size_t from = offsetof(struct watch_page, memory), to = offsetof(struct watch_page, entry);
	struct watch_page noted = {.memory = fd};
	struct stat st;

	if (fstat(fd, &st) < 0)
		return negative_errno();
	noted.disk = st.st_dev;
	return pwrite(page, (const char *)&noted + from, to - from, (off_t)from) == (ssize_t)(to - from)
		   ? 0
		   : negative_errno();
}

int watching_record(int page, int jailfd)
{
	struct store_watch w = {0};
	struct stat st;

	if (fstat(page, &st) < 0 || pread(page, &w.disk_dev, sizeof(w.disk_dev), offsetof(struct watch_page, disk)) < 0)
		return negative_errno();
	w.page_dev = st.st_dev;
	w.page_ino = st.st_ino;
	return store_watch_write(jailfd, &w);
}

void watching_argument(const int fd[WATCH_SOURCES], char ret[WATCHING_ARGUMENT])
{
	size_t used = 0;

	for (size_t i = 0; i < WATCH_SOURCES; i++) {
		char *at = ret + used;
		size_t left = WATCHING_ARGUMENT - used;

		used += (size_t)(fd[i] < 0 ? snprintf(at, left, "%s-", i > 0 ? ":" : "")
					   : snprintf(at, left, "%s%d", i > 0 ? ":" : "", fd[i]));
	}
}

int watching_check(const struct plan *plan, struct jail_error *err)
{
	size_t n = 0;

	for (size_t i = 0; i < plan->nlimits; i++) {
		const struct plan_limit *l = &plan->limit[i];

		if ((!watched(l) && !(limit_kills(l) && plan->init)) || (plan->init && ++n <= WATCH_MAX))
			continue;
		(void)jail_error_set(err, EINVAL, "%s",
		    plan->init ? "too many limits are to be logged or answered with signals"
			       : "only our process 1 can look at it");
		jail_error_param(err, limit_row_of(l->limit)->param);
		jail_error_origin(err, l->origin.file, l->origin.line);
		return plan->init ? -EINVAL : jail_error_hint(err, EINVAL, "leave exec.init at yes");
	}
	return 0;
}

static uint64_t boot_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Does its parent have less than was written? Several may be: first one signal, later another. */
static bool parent_has_less(const struct plan *plan, enum policy_limit limit, uint64_t held)
{
	bool less = false;

	for (size_t i = 0; i < plan->nlimits; i++) {
		const struct plan_limit *l = &plan->limit[i];

		if (l->limit == limit && limit_is_hard(l)) {
			if (l->value <= held)
				return false;
			less = true;
		}
	}
	return less;
}

/* Nothing that is watched goes beyond what the jail is held to, should its parent have less. */
static void describe(const struct plan *plan, const struct policy_record *record, struct watch_page *ret)
{
	uint32_t n = 0;

	for (size_t i = 0; i < plan->nlimits && n < WATCH_MAX; i++) {
		const struct plan_limit *l = &plan->limit[i];
		uint64_t value = l->value;

		if (!watched(l) && !limit_kills(l))
			continue;
		if (limit_is_hard(l) && parent_has_less(plan, l->limit, record->limit[l->limit]))
			value = record->limit[l->limit];
		if (limit_row_of(l->limit)->unit == LIMIT_SECONDS)
			value *= 1000;
		ret->entry[n++] = (struct watch_entry){
		    .limit = l->limit, .signal = l->action == LIMIT_SIGNAL ? l->signal : 0, .value = value};
	}
	ret->version = WATCH_VERSION;
	ret->count = n;
}

int watching_make(const struct plan *plan, const struct policy_record *record)
{
	struct watch_page page = {.created = boot_ms()};
	int fd = memfd_create(WATCH_NAME, MFD_CLOEXEC | MFD_ALLOW_SEALING), r;

	if (fd < 0)
		return negative_errno();
	describe(plan, record, &page);
	/* A page that shrinks would kill process 1, which has it mapped. */
	if (pwrite(fd, &page, sizeof(page), 0) == (ssize_t)sizeof(page) &&
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0)
		return fd;
	r = negative_errno();
	(void)close_fd(fd);
	return r;
}

/* Is what lies there the page that was recorded? It is opened only then: whatever else it is does not even notice. */
static int page_open_at(int dirfd, const char *number, const struct store_watch *w, int flags)
{
	_cleanup_close_ int found = openat(dirfd, number, O_PATH | O_CLOEXEC);
	char path[64];
	struct stat st;
	int fd;

	if (found < 0 || fstat(found, &st) < 0)
		return errno == ENOENT || errno == ESRCH ? -ENOENT : negative_errno();
	if (!S_ISREG(st.st_mode) || st.st_dev != w->page_dev || st.st_ino != w->page_ino)
		return -ENOENT;
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", found);
	fd = open(path, flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	return fd < 0 ? negative_errno() : fd;
}

/* The descriptors of process 1, when it is ours and keeps something. */
static int first_descriptors(int jailfd, const struct store_state *s, struct store_watch *w, int *ret_fd)
{
	_cleanup_close_ int proc = -1;
	int fd, r;

	if ((s->flags & STORE_F_INIT) == 0)
		return -ENOENT;
	r = store_watch_read(jailfd, w);
	if (r < 0)
		return r == -ENODATA ? -ENOENT : r;
	r = process_directory(s->pid, s->start, &proc);
	if (r < 0)
		return r;
	fd = openat(proc, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return negative_errno();
	*ret_fd = fd;
	return 0;
}

static int page_open(int jailfd, const struct store_state *s, int flags)
{
	struct store_watch w;
	struct dirent *e;
	int fd = -1, r = first_descriptors(jailfd, s, &w, &fd);
	DIR *d;

	if (r < 0)
		return r;
	d = fdopendir(fd);
	if (d == NULL) {
		r = negative_errno();
		(void)close_fd(fd);
		return r;
	}
	r = -ENOENT;
	while (r == -ENOENT && (e = readdir(d)) != NULL)
		if (e->d_name[0] != '.')
			r = page_open_at(dirfd(d), e->d_name, &w, flags);
	(void)closedir(d);
	return r;
}

static int page_read(int fd, struct watch_page *ret)
{
	ssize_t n = pread(fd, ret, sizeof(*ret), 0);

	if (n < 0)
		return negative_errno();
	return n == (ssize_t)sizeof(*ret) && ret->version == WATCH_VERSION && ret->count <= WATCH_MAX ? 0 : -EBADMSG;
}

int watching_read(int jailfd, const struct store_state *s, struct watch_page *ret)
{
	_cleanup_close_ int fd = page_open(jailfd, s, O_RDONLY);

	return fd < 0 ? fd : page_read(fd, ret);
}

int watching_disk(int jailfd, const struct store_state *s)
{
	_cleanup_close_ int fds = -1, disk = -1;
	struct store_watch w;
	struct watch_page page;
	struct statfs fs;
	struct stat st;
	char number[16];
	int r = watching_read(jailfd, s, &page);

	if (r == 0)
		r = page.memory > 0 ? first_descriptors(jailfd, s, &w, &fds) : -ENOENT;
	if (r < 0)
		return r;
	(void)snprintf(number, sizeof(number), "%d", page.memory);
	disk = openat(fds, number, O_PATH | O_CLOEXEC);
	if (disk < 0 || fstat(disk, &st) < 0 || fstatfs(disk, &fs) < 0)
		return negative_errno();
	if (w.disk_dev == 0 || st.st_dev != w.disk_dev || fs.f_type != TMPFS_MAGIC)
		return -ENOENT;
	return take_fd(&disk);
}

/* The entries while their number is none: process 1 never acts on half of them. */
static int page_write(int fd, const struct watch_page *page)
{
	const uint32_t none = 0;
	const off_t at = offsetof(struct watch_page, count);

	if (pwrite(fd, &none, sizeof(none), at) != (ssize_t)sizeof(none) ||
	    pwrite(fd, page->entry, sizeof(page->entry), offsetof(struct watch_page, entry)) !=
		(ssize_t)sizeof(page->entry) ||
	    pwrite(fd, &page->count, sizeof(page->count), at) != (ssize_t)sizeof(page->count))
		return negative_errno();
	return 0;
}

static void keep_counts(struct watch_page *will, const struct watch_page *was)
{
	for (uint32_t i = 0; i < will->count; i++)
		for (uint32_t n = 0; n < was->count; n++) {
			const struct watch_entry *old = &was->entry[n];
			struct watch_entry *new = &will->entry[i];

			if (old->limit != new->limit || old->signal != new->signal)
				continue;
			new->hits = old->hits;
			new->over = old->value == new->value ? old->over : 0;
		}
}

int watching_check_running(
    int jailfd, const struct store_state *s, const struct plan *plan, bool kernel_kills, struct jail_error *err)
{
	struct watch_page page = {0};
	int r = watching_any(plan) ? watching_read(jailfd, s, &page) : 0;

	if (r < 0 && r != -ENOENT)
		return jail_error_sys(err, -r, "cannot read what process 1 looks at");
	for (size_t i = 0; i < plan->nlimits; i++) {
		const struct plan_limit *l = &plan->limit[i];
		bool needed = watched(l) || (limit_kills(l) && !kernel_kills);

		if (!needed || (page.sources >> (limit_kills(l) ? WATCH_OOM : watching_source(l->limit)) & 1) != 0)
			continue;
		(void)jail_error_set(err, ENOTSUP, "process 1 of this jail was started without anything to look at");
		jail_error_param(err, limit_row_of(l->limit)->param);
		return jail_error_hint(
		    err, ENOTSUP, plan->init ? "restart the jail with it: jail -rc" : "leave exec.init at yes");
	}
	return 0;
}

int watching_change(int jailfd, const struct store_state *s, int pidfd, const struct plan *plan,
    const struct policy_record *record, struct jail_error *err)
{
	_cleanup_close_ int fd = page_open(jailfd, s, O_RDWR);
	struct watch_page was = {0}, will = {0};
	int r = fd < 0 ? fd : page_read(fd, &was);

	/* watching_check_running() has seen to it that there is nothing; or process 1 has ended, as nopersist lets it.
	 */
	if (r == -ENOENT || r == -ESRCH)
		return 0;
	if (r == 0) {
		describe(plan, record, &will);
		keep_counts(&will, &was);
		r = page_write(fd, &will);
	}
	if (r == 0)
		(void)sys_pidfd_send_signal(pidfd, CHANNEL_SIGNAL_WATCH);
	return r < 0 ? jail_error_sys(err, -r, "cannot tell process 1") : 0;
}

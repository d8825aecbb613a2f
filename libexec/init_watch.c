/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * init_watch.c: looking at limits that no kernel looks at (watch.h): when the next one could be reached, it is looked
 * at, counted, and answered with its signal to everything here. It may not know what else jail-init does.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "init.h"
#include "policy.h"

#define LOOK_MS 100    /* how often at what can change at any moment */
#define LOOK_MAX 10000 /* at what can't be reached sooner than can be told; processors may come */
#define TEXT_SIZE 64   /* the first number is all that is wanted */

int init_watch_open(struct init_watch *w, const int fd[WATCH_SOURCES])
{
	memcpy(w->fd, fd, sizeof(w->fd));
	if (fd[WATCH_PAGE] < 0)
		return 0;
	w->page = mmap(NULL, sizeof(*w->page), PROT_READ | PROT_WRITE, MAP_SHARED, fd[WATCH_PAGE], 0);
	if (w->page == MAP_FAILED) {
		w->page = NULL;
		return -errno;
	}
	return w->page->version == WATCH_VERSION ? 0 : -EBADMSG;
}

/* The first number of a file behind `key`; UINT64_MAX where there is none. */
static uint64_t read_behind(int fd, const char *key)
{
	char text[TEXT_SIZE + 1];
	ssize_t n = fd < 0 ? -1 : pread(fd, text, TEXT_SIZE, 0), i = 0;
	uint64_t number = 0;
	const char *at;

	text[n > 0 ? n : 0] = '\0';
	at = strstr(text, key);
	if (at == NULL)
		return UINT64_MAX;
	i = at - text;
	while (i < n && (text[i] < '0' || text[i] > '9'))
		i++;
	if (n <= 0 || i == n)
		return UINT64_MAX;
	for (; i < n && text[i] >= '0' && text[i] <= '9'; i++)
		number = number * 10 + (uint64_t)(text[i] - '0');
	return number;
}

static uint64_t read_number(int fd)
{
	return read_behind(fd, "");
}

static uint64_t since(uint64_t created)
{
	struct timespec now;
	uint64_t ms;

	(void)clock_gettime(CLOCK_BOOTTIME, &now);
	ms = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
	return ms > created ? ms - created : 0;
}

static uint64_t processors(void)
{
	cpu_set_t set;
	int n = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;

	return n > 0 ? (uint64_t)n : 1;
}

/* Has the kernel killed anything here for memory? Then the jail is at its end, as far as can be told: `value`. */
static uint64_t killed(struct init_watch *w, uint64_t value)
{
	uint64_t n = read_behind(w->fd[WATCH_OOM], "\noom_kill ");

	if (n == UINT64_MAX)
		return 0;
	if (!w->kills_known)
		w->kills = n;
	w->kills_known = true;
	return n > w->kills ? value : 0;
}

/* What is used of it now. *ret_ms: it can't be beyond `value` sooner. */
static uint64_t used(struct init_watch *w, const struct watch_entry *e, uint64_t *ret_ms)
{
	uint64_t value = e->value;
	uint64_t n, left;

	*ret_ms = LOOK_MS;
	switch ((enum policy_limit)e->limit) {
	case POLICY_L_WALLCLOCK:
		n = since(w->page->created);
		*ret_ms = n < value ? value - n : UINT64_MAX;
		return n;
	case POLICY_L_CPUTIME:
		n = read_number(w->fd[WATCH_CPU]);
		if (n == UINT64_MAX)
			return 0;
		n /= 1000;
		left = n < value ? (value - n) / processors() : 0;
		*ret_ms = n >= value ? UINT64_MAX : left < 10 ? 10 : left < LOOK_MAX ? left : LOOK_MAX;
		return n;
	case POLICY_L_MEMORYUSE:
		if (e->signal == SIGKILL) {
			*ret_ms = w->fd[WATCH_OOM] < 0 ? UINT64_MAX : LOOK_MS;
			return killed(w, value);
		}
		n = read_number(w->fd[WATCH_MEMORY]);
		break;
	case POLICY_L_SWAPUSE:
		n = read_number(w->fd[WATCH_SWAP]);
		break;
	case POLICY_L_MAXPROC:
	case POLICY_L_NTHR:
		n = read_number(w->fd[WATCH_TASKS]);
		break;
	default:
		return 0;
	}
	return n == UINT64_MAX ? 0 : n;
}

int64_t init_watch_look(struct init_watch *w, int *ret_signal)
{
	uint64_t next = UINT64_MAX;
	uint32_t count = w->page == NULL ? 0 : __atomic_load_n(&w->page->count, __ATOMIC_ACQUIRE);

	*ret_signal = 0;
	for (uint32_t i = 0; i < count && i < WATCH_MAX; i++) {
		struct watch_entry *e = &w->page->entry[i];
		uint64_t ms;
		bool over = used(w, e, &ms) >= e->value;

		e->hits += over && e->over == 0;
		/* KILL again and again: somebody may just have come in. It ends the others' business. */
		if (over && e->signal > 0 && (e->over == 0 || e->signal == SIGKILL) && *ret_signal != SIGKILL)
			*ret_signal = e->signal;
		if (over && e->signal == SIGKILL)
			ms = LOOK_MS;
		e->over = over;
		if (ms < next)
			next = ms;
	}
	return next > INT64_MAX ? -1 : (int64_t)next;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * state.c: see state.h. It may not know what is done with the places.
 */
#include "jail/state.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <time.h>

#include "sys.h"
#include "sys/directory.h"
#include "sys/host_path.h"
#include "util.h"

#define ATTRIBUTE "trusted.jail.state"
#define LOOKED_MAX 65536 /* names looked at */
#define DEPTH_MAX 3
#define BUFFER 8192
#define SECONDS 60

/* Where services keep state, and how deep that is looked for. `files`: single files, too. */
static const struct {
	const char *path;
	unsigned depth;
	bool files;
} place[] = {{"var/lib", DEPTH_MAX, false}, {"var/cache", DEPTH_MAX, false}, {"var/log", 1, true}};

/* What is kept: names one after another, each with its NUL. */
struct memory {
	uint64_t made; /* seconds since boot */
	struct {
		int64_t seconds, nanoseconds;
		uint64_t ino;
	} change[ARRAY_SIZE(place)];
	char names[PLAN_STATE_MAX];
};

struct search {
	struct memory *to;
	size_t used, looked;
	bool files;
	char path[PATH_MAX];
	uint64_t buffer[DEPTH_MAX + 1][BUFFER / sizeof(uint64_t)];
};

static void look(struct search *s, int dir, size_t length, unsigned depth);

/* A file of the name in s->path is kept. */
static void keep(struct search *s, size_t length)
{
	if (length >= sizeof(s->to->names) - s->used)
		return;
	memcpy(s->to->names + s->used, s->path, length + 1);
	s->used += length + 1;
}

/*
 * s->path[0..length) is the whole name. No link is followed and no mount is entered: a service's user may have mounted
 * a file system there that never answers.
 */
static void look_at(struct search *s, int holder, const char *name, size_t length, unsigned depth)
{
	const uint64_t inside = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV;
	_cleanup_close_ int fd = sys_openat2(holder, name, O_PATH | O_NOFOLLOW, 0, inside), dir = -1;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return;
	if (S_ISDIR(st.st_mode) ? (st.st_mode & S_IXOTH) == 0
				: S_ISREG(st.st_mode) && s->files && (st.st_mode & S_IROTH) == 0) {
		keep(s, length);
		return;
	}
	/* Two links: no directory in it (some file systems count none). */
	if (!S_ISDIR(st.st_mode) || depth == 0 || (st.st_nlink == 2 && !s->files))
		return;
	dir = sys_openat2(fd, ".", O_RDONLY | O_DIRECTORY | O_NONBLOCK, 0, inside);
	if (dir >= 0)
		look(s, dir, length, depth - 1);
}

static bool wanted(const struct search *s, const struct directory_entry *e)
{
	if (directory_is_dots(e))
		return false;
	return e->type == DT_DIR || e->type == DT_UNKNOWN || (s->files && e->type == DT_REG);
}

/* The directory s->path[0..length). Its owner may be anybody: nothing is followed, and there is an end. */
static void look(struct search *s, int dir, size_t length, unsigned depth)
{
	uint64_t *buffer = s->buffer[depth];
	long n;

	while ((n = directory_read(dir, buffer, BUFFER)) > 0) {
		for (long at = 0; at < n;) {
			const struct directory_entry *e = directory_next(buffer, &at);
			size_t name = strlen(e->name), end = length + 1 + name;

			if (++s->looked > LOOKED_MAX)
				return;
			if (!wanted(s, e) || end >= sizeof(s->path))
				continue;
			s->path[length] = '/';
			memcpy(s->path + length + 1, e->name, name + 1);
			look_at(s, dir, e->name, end, depth);
			s->path[length] = '\0';
		}
	}
}

static void walk(int root, struct search *s)
{
	for (size_t i = 0; i < ARRAY_SIZE(place); i++) {
		_cleanup_close_ int dir =
		    openat(root, place[i].path, O_RDONLY | O_DIRECTORY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);

		s->files = place[i].files;
		memcpy(s->path, place[i].path, strlen(place[i].path) + 1);
		if (dir >= 0)
			look(s, dir, strlen(place[i].path), place[i].depth);
	}
}

/* What tells that a service came or went; what changes deeper down is seen when the time is over. */
static void describe(int root, struct memory *ret)
{
	struct timespec now = {0};

	(void)clock_gettime(CLOCK_BOOTTIME, &now);
	ret->made = (uint64_t)now.tv_sec;
	for (size_t i = 0; i < ARRAY_SIZE(place); i++) {
		struct stat st = {0};

		(void)fstatat(root, place[i].path, &st, AT_SYMLINK_NOFOLLOW);
		ret->change[i].seconds = st.st_ctim.tv_sec;
		ret->change[i].nanoseconds = st.st_ctim.tv_nsec;
		ret->change[i].ino = st.st_ino;
	}
}

static bool holds(const struct memory *kept, size_t size, const struct memory *now)
{
	size_t head = offsetof(struct memory, names);

	return size >= head && size <= sizeof(*kept) && (size == head || ((const char *)kept)[size - 1] == '\0') &&
	       now->made >= kept->made && now->made - kept->made < SECONDS &&
	       memcmp(kept->change, now->change, sizeof(now->change)) == 0;
}

static int find_again(int treefd, int root, struct memory *to, size_t *ret)
{
	struct search *s = malloc(sizeof(*s));

	if (s == NULL)
		return -ENOMEM;
	s->to = to;
	s->used = s->looked = 0;
	walk(root, s);
	*ret = s->used;
	free(s);
	/* Without it the next jail takes longer. */
	(void)fsetxattr(treefd, ATTRIBUTE, to, offsetof(struct memory, names) + *ret, 0);
	return 0;
}

int state_find(int treefd, struct plan *plan)
{
	_cleanup_close_ int root = -1;
	struct memory now, kept;
	size_t length = 0;
	ssize_t size;
	int r = 0;

	if (!plan->shared_tree || !plan->everybody || !plan->is_volatile || plan->readonly)
		return 0;
	root = host_path_open(-1, "/", O_RDONLY | O_DIRECTORY, NULL);
	if (root < 0)
		return root;
	describe(root, &now);
	size = fgetxattr(treefd, ATTRIBUTE, &kept, sizeof(kept));
	if (size >= 0 && holds(&kept, (size_t)size, &now)) {
		length = (size_t)size - offsetof(struct memory, names);
		return plan_state(plan, kept.names, length);
	}
	r = find_again(treefd, root, &now, &length);
	return r < 0 ? r : plan_state(plan, now.names, length);
}

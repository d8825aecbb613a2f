/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mount_table.c: see mount_table.h. Whoever may mount chooses names and numbers of mounts: sizes are bounded, and a
 * line that can't be read is an error, never left out.
 */
#include "mount_table.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

#include "../../util.h"

#define TEXT_MAX (16u << 20)
#define OWN_BUFFER 4096	     /* a longer line is one of long names, which only whoever mounts it gives */
#define STATX_WANTED 0x17ffu /* the basic ones and the mount's id */
#define STATX_LOCAL 0x4000u  /* AT_STATX_DONT_SYNC: no file system of the jail's is asked */

static int read_all(int fd, char **ret)
{
	size_t have = 0, room = 65536;
	char *text = malloc(room);

	while (text != NULL) {
		ssize_t n = read(fd, text + have, room - have - 1);
		char *more;

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			int r = n < 0 ? negative_errno() : 0;

			text[have] = '\0';
			*ret = text;
			return r;
		}
		have += (size_t)n;
		if (have + 1 < room)
			continue;
		more = room < TEXT_MAX ? realloc(text, room * 2) : NULL;
		if (more == NULL) {
			*ret = text;
			return room < TEXT_MAX ? -ENOMEM : -E2BIG;
		}
		text = more;
		room *= 2;
	}
	return -ENOMEM;
}

/* "\040" and the like, in place. */
static void unescape(char *s)
{
	char *to = s;

	while (*s != '\0') {
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] >= '0' && s[2] <= '7' && s[3] >= '0' &&
		    s[3] <= '7') {
			*to++ = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0'));
			s += 4;
		} else {
			*to++ = *s++;
		}
	}
	*to = '\0';
}

static char *field(char **at)
{
	char *start = *at, *end = start != NULL ? strchr(start, ' ') : NULL;

	if (end == NULL)
		return NULL;
	*end = '\0';
	*at = end + 1;
	return start;
}

/* "36 35 98:0 /root /where options [tags...] - type source super". */
static int parse(char *text, struct mount_line *ret)
{
	char *at = text, *id = field(&at), *parent = field(&at), *dev = field(&at), *root = field(&at),
	     *where = field(&at), *options = field(&at), *tag, *type, *source, *end;

	if (options == NULL)
		return -EBADMSG;
	while ((tag = field(&at)) != NULL && strcmp(tag, "-") != 0)
		;
	type = tag != NULL ? field(&at) : NULL;
	source = type != NULL ? field(&at) : NULL;
	if (source == NULL)
		return -EBADMSG;
	ret->super = at;
	ret->id = strtoull(id, NULL, 10);
	ret->parent = strtoull(parent, NULL, 10);
	ret->major = (uint32_t)strtoul(dev, &end, 10);
	if (*end != ':')
		return -EBADMSG;
	ret->minor = (uint32_t)strtoul(end + 1, NULL, 10);
	unescape(root);
	unescape(where);
	unescape(type);
	unescape(source);
	ret->root = root;
	ret->where = where;
	ret->type = type;
	ret->source = source;
	ret->options = options;
	return 0;
}

int mount_table_each(int info, char *buffer, size_t size, int (*fn)(void *arg, const struct mount_line *l), void *arg)
{
	bool skip = false; /* the rest of a line that was cut */
	size_t have = 0;

	for (;;) {
		ssize_t n = read(info, buffer + have, size - 1 - have);
		char *line = buffer, *end;

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? negative_errno() : 0;
		have += (size_t)n;
		buffer[have] = '\0';
		while ((end = strchr(line, '\n')) != NULL || (line == buffer && have == size - 1)) {
			struct mount_line l = {.cut = end == NULL};
			int r;

			if (end != NULL)
				*end = '\0';
			r = skip || parse(line, &l) < 0 ? 0 : fn(arg, &l);
			if (r != 0)
				return r;
			skip = end == NULL;
			line = end != NULL ? end + 1 : buffer + have;
		}
		have = (size_t)(buffer + have - line);
		memmove(buffer, line, have);
	}
}

int mount_table_own(int (*fn)(void *arg, const struct mount_line *l), void *arg)
{
	_cleanup_close_ int info = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	char buffer[OWN_BUFFER];

	return info < 0 ? negative_errno() : mount_table_each(info, buffer, sizeof(buffer), fn, arg);
}

static int parse_all(struct mount_table *t)
{
	size_t lines = 0;
	char *at = t->text;

	for (const char *c = t->text; *c != '\0'; c++)
		lines += *c == '\n';
	t->line = calloc(lines + 1, sizeof(*t->line));
	if (t->line == NULL)
		return -ENOMEM;
	for (char *end; (end = strchr(at, '\n')) != NULL; at = end + 1) {
		int r;

		*end = '\0';
		r = parse(at, &t->line[t->count]);
		if (r < 0)
			return r;
		t->count++;
	}
	return 0;
}

int mount_table_read(int proc, const char *who, struct mount_table *ret)
{
	struct mount_table t = MOUNT_TABLE_NONE;
	_cleanup_close_ int fd = -1;
	char path[48];
	int r;

	(void)snprintf(path, sizeof(path), "%.24s/mountinfo", who);
	fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
	r = fd < 0 ? negative_errno() : read_all(fd, &t.text);
	if (r == 0)
		r = parse_all(&t);
	if (r < 0) {
		mount_table_free(&t);
		return r;
	}
	*ret = t;
	return 0;
}

void mount_table_free(struct mount_table *t)
{
	free(t->text);
	free(t->line);
	*t = (struct mount_table)MOUNT_TABLE_NONE;
}

const struct mount_line *mount_table_find(const struct mount_table *t, uint64_t id)
{
	for (size_t i = 0; i < t->count; i++)
		if (t->line[i].id == id)
			return &t->line[i];
	return NULL;
}

static bool has(const char *options, const char *option)
{
	size_t n = strlen(option);

	for (const char *at = options; (at = strstr(at, option)) != NULL; at += n)
		if ((at == options || at[-1] == ',') && (at[n] == ',' || at[n] == '\0'))
			return true;
	return false;
}

bool mount_line_has(const struct mount_line *l, const char *option)
{
	return has(l->options, option);
}

bool mount_line_super_has(const struct mount_line *l, const char *option)
{
	return has(l->super, option);
}

bool mount_path_beneath(const char *path, const char *above)
{
	size_t n = strlen(above);

	while (n > 0 && above[n - 1] == '/')
		n--;
	return strncmp(path, above, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

int mount_object(int fd, struct mount_object *ret)
{
	/* struct statx, as the kernel writes it: the C libraries disagree about having it. */
	struct {
		uint32_t mask, other[4], uid, gid;
		uint16_t mode, spare;
		uint64_t ino, more[11];
		uint32_t rdev_major, rdev_minor, major, minor;
		uint64_t mount, rest[13];
	} st;

	_Static_assert(sizeof(st) == 256 && offsetof(__typeof__(st), mount) == 0x90, "the kernel's struct statx");
	if (syscall(SYS_statx, fd, "", AT_EMPTY_PATH | STATX_LOCAL, STATX_WANTED, &st) < 0)
		return negative_errno();
	*ret = (struct mount_object){.mount = st.mount,
	    .ino = st.ino,
	    .major = st.major,
	    .minor = st.minor,
	    .rdev_major = st.rdev_major,
	    .rdev_minor = st.rdev_minor,
	    .uid = st.uid,
	    .mode = st.mode};
	return 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * plan_fstab.c: a jail's mounts in their order: those of `mount`, then the lines of the files mount.fstab. Those files
 * are the only thing a plan reads, and no more of each than FSTAB_SIZE_MAX bytes.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "plan_make.h"
#include "trusted.h"
#include "util.h"

#define FSTAB_SIZE_MAX (1024 * 1024)
#define MOUNTS_MAX 4096

static int cannot(const struct maker *m, size_t file, int errnum, const char *doing, const char *path)
{
	return plan_refuse(m, "mount.fstab", file, errnum, "cannot %s %.200s: %s", doing, path, strerror(errnum));
}

/* All of the file, with a NUL behind it. */
static int read_all(const struct maker *m, size_t file, int fd, const char *path, char *text, size_t size)
{
	size_t length = 0;

	while (length < size) {
		ssize_t n = read(fd, text + length, size - length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return cannot(m, file, errno, "read", path);
		if (n == 0)
			break;
		length += (size_t)n;
	}
	if (memchr(text, '\0', length))
		return plan_refuse(m, "mount.fstab", file, EINVAL, "%.200s has a NUL byte in it", path);
	text[length] = '\0';
	return 0;
}

/* `file`: which of mount.fstab it is, for messages. */
static int read_file(const struct maker *m, size_t file, const char *path, char **ret)
{
	_cleanup_close_ int fd = -1;
	struct stat st;
	char *text;
	int r = trusted_open(path, &fd, m->err);

	if (r < 0) {
		struct param_origin at = params_item_origin(m->p, "mount.fstab", file);

		jail_error_param(m->err, "mount.fstab");
		jail_error_origin(m->err, at.file, at.line);
		return r;
	}
	if (fstat(fd, &st) < 0)
		return cannot(m, file, errno, "look at", path);
	if (!S_ISREG(st.st_mode))
		return plan_refuse(m, "mount.fstab", file, EINVAL, "%.200s is not a file", path);
	if (st.st_size > FSTAB_SIZE_MAX)
		return plan_refuse(
		    m, "mount.fstab", file, EFBIG, "%.200s is larger than %d bytes", path, FSTAB_SIZE_MAX);
	text = arena_new(m->arena, 1, (size_t)st.st_size + 1);
	if (!text)
		return plan_no_memory(m);
	r = read_all(m, file, fd, path, text, (size_t)st.st_size);
	if (r == 0)
		*ret = text;
	return r;
}

/* Neither empty nor a comment. */
static bool has_mount(const char *line)
{
	line += strspn(line, " \t\r\v\f");
	return *line != '\0' && *line != '#' && *line != '\n';
}

static size_t count_lines(const char *text)
{
	size_t count = 0;

	while (text) {
		const char *end = strchr(text, '\n');

		count += has_mount(text);
		text = end ? end + 1 : NULL;
	}
	return count;
}

static int parse_file(const struct maker *m, char *text, const char *path)
{
	unsigned number = 1;

	for (char *line = text; line; number++) {
		struct plan_mount *mount = &m->plan->mount[m->plan->nmounts];
		char *end = strchr(line, '\n');

		if (end)
			*end = '\0';
		if (has_mount(line)) {
			int r = plan_mount_line(m->arena, line, m->plan->path, mount, m->err);

			if (r < 0) {
				jail_error_param(m->err, "mount.fstab");
				jail_error_origin(m->err, path, number);
				return r;
			}
			mount->origin = (struct param_origin){path, number};
			m->plan->nmounts += (mount->options & PLAN_M_NOAUTO) == 0;
		}
		line = end ? end + 1 : NULL;
	}
	return 0;
}

static int parse_params(const struct maker *m, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct plan_mount *mount = &m->plan->mount[m->plan->nmounts];
		struct param_origin at = params_item_origin(m->p, "mount", i);
		const char *line = jail_params_item(m->p, "mount", i);
		int r = has_mount(line) ? plan_mount_line(m->arena, line, m->plan->path, mount, m->err) : 1;

		if (r > 0)
			continue;
		if (r < 0) {
			jail_error_param(m->err, "mount");
			jail_error_origin(m->err, at.file, at.line);
			return r;
		}
		r = plan_origin(m, "mount", i, &mount->origin);
		if (r < 0)
			return r;
		m->plan->nmounts++;
	}
	return 0;
}

/* A file of mount.fstab; its text is changed while it is parsed. */
struct fstab {
	char *path, *text;
};

static int read_fstabs(const struct maker *m, size_t count, struct fstab *ret, size_t *ret_lines)
{
	int r = 0;

	*ret_lines = 0;
	for (size_t i = 0; r == 0 && i < count; i++) {
		const char *path = jail_params_item(m->p, "mount.fstab", i);

		if (*path != '/')
			return plan_refuse(m, "mount.fstab", i, EINVAL, "\"%.200s\" is not absolute", path);
		ret[i].path = arena_text(m->arena, path, strlen(path));
		r = ret[i].path ? read_file(m, i, ret[i].path, &ret[i].text) : plan_no_memory(m);
		*ret_lines += r == 0 ? count_lines(ret[i].text) : 0;
	}
	return r;
}

int plan_make_mounts(const struct maker *m)
{
	size_t count = jail_params_count(m->p, "mount"), lines = 0;
	size_t files = m->running ? 0 : jail_params_count(m->p, "mount.fstab");
	struct fstab *fstab = arena_new(m->arena, files + 1, sizeof(*fstab));
	int r = fstab ? read_fstabs(m, files, fstab, &lines) : plan_no_memory(m);

	if (r < 0)
		return r;
	if (count + lines > MOUNTS_MAX)
		return plan_refuse(m, count > lines ? "mount" : "mount.fstab", 0, E2BIG,
		    "has %zu mounts, at most %d are allowed", count + lines, MOUNTS_MAX);
	m->plan->mount = arena_new(m->arena, count + lines + 1, sizeof(*m->plan->mount));
	if (!m->plan->mount)
		return plan_no_memory(m);
	r = parse_params(m, count);
	for (size_t i = 0; r == 0 && i < files; i++)
		r = parse_file(m, fstab[i].text, fstab[i].path);
	return r;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * include.c: configurations from files: opening them without ever waiting for one, reading them whole, following
 * .include. It may not know what is written in them.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "conf.h"
#include "trusted.h"

#define READ_SMALLEST 4096u

struct text {
	char *bytes;
	size_t length;
};

static int out_of_memory(struct jail_error *err)
{
	return jail_error_set(err, ENOMEM, "not enough memory for the configuration");
}

static int too_large(struct jail_error *err, const char *path)
{
	(void)jail_error_set(err, EFBIG, "%.400s has more than %zu MiB", path, CONF_FILE_MAX >> 20);
	return jail_error_hint(err, EFBIG, "is it a configuration? Divide it and .include the parts");
}

/* All of it; the size that fstat(2) told is only where to begin, a file may grow or, as in /proc, not have one. */
static int read_all(int fd, size_t expected, const char *path, struct text *ret, struct jail_error *err)
{
	size_t size = expected + READ_SMALLEST, length = 0;
	_cleanup_free_ char *bytes = malloc(size);

	while (bytes) {
		ssize_t n = read(fd, bytes + length, size - length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			int e = errno;

			return jail_error_sys(err, e, "cannot read %.300s", path);
		}
		if (n == 0) {
			ret->bytes = take_ptr(bytes);
			ret->length = length;
			return 0;
		}
		length += (size_t)n;
		if (length > CONF_FILE_MAX)
			return too_large(err, path);
		if (length == size) {
			char *larger = realloc(bytes, size * 2);

			if (!larger)
				break;
			bytes = larger;
			size *= 2;
		}
	}
	return out_of_memory(err);
}

/* A FIFO without a writer or a slow device must not hold anybody up: opened without waiting, refused afterwards. */
static int open_file(
    const struct jail_conf *c, const char *path, struct stat *ret_st, int *ret_fd, struct jail_error *err)
{
	_cleanup_close_ int fd = -1;

	if (c->any_owner) {
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
		if (fd < 0)
			return jail_error_sys(err, errno, "cannot open %.300s", path);
	} else {
		int r = trusted_open(path, &fd, err);

		if (r < 0)
			return r;
	}
	if (fstat(fd, ret_st) < 0) {
		int e = errno;

		return jail_error_sys(err, e, "cannot look at %.300s", path);
	}
	if (S_ISDIR(ret_st->st_mode)) {
		(void)jail_error_set(err, EISDIR, "%.400s is a directory", path);
		return jail_error_hint(err, EISDIR, "all files in it: .include \"DIRECTORY/*.conf\";");
	}
	if (!S_ISREG(ret_st->st_mode)) {
		(void)jail_error_set(err, EINVAL, "%.400s is not a regular file", path);
		return jail_error_hint(err, EINVAL, "a configuration is not read from pipes, sockets or devices");
	}
	if (ret_st->st_size < 0 || (uintmax_t)ret_st->st_size > CONF_FILE_MAX)
		return too_large(err, path);
	*ret_fd = take_fd(&fd);
	return 0;
}

/* A file that is being read may not be read again inside of itself, whatever name it goes by. */
static int check_loop(const struct conf_source *src, struct jail_error *err)
{
	char circle[400];
	size_t used = 0;

	for (const struct conf_source *s = src->outer; s; s = s->outer) {
		if (!s->has_id || s->dev != src->dev || s->ino != src->ino)
			continue;
		/* From the file itself outwards to where it was met first. */
		circle[0] = '\0';
		for (const struct conf_source *at = src; used < sizeof(circle); at = at->outer) {
			int n =
			    snprintf(circle + used, sizeof(circle) - used, "%s%s", at == src ? "" : " from ", at->file);

			used += n > 0 ? (size_t)n : 0;
			if (at == s)
				break;
		}
		(void)jail_error_set(err, ELOOP, "a file includes itself: %s", circle);
		return jail_error_hint(err, ELOOP, "take one of the .include statements out");
	}
	return 0;
}

static int read_source(struct jail_conf *c, struct conf_source *src, struct conf_block *into, struct jail_error *err)
{
	_cleanup_close_ int fd = -1;
	_cleanup_free_ char *bytes = NULL;
	struct text text = {0};
	struct stat st;
	int r;

	if (src->depth > CONF_INCLUDE_MAX)
		return jail_error_set(err, ELOOP, "more than %u files include each other", CONF_INCLUDE_MAX);
	if (c->nfiles >= CONF_FILES_MAX)
		return jail_error_set(err, E2BIG, "more than %u files are included", CONF_FILES_MAX);
	c->nfiles++;
	r = open_file(c, src->file, &st, &fd, err);
	if (r < 0)
		return r;
	src->has_id = true;
	src->dev = st.st_dev;
	src->ino = st.st_ino;
	r = check_loop(src, err);
	if (r < 0)
		return r;
	r = read_all(fd, (size_t)st.st_size, src->file, &text, err);
	if (r < 0)
		return r;
	bytes = text.bytes;
	fd = close_fd(fd);
	return conf_parse(c, src, into, text.bytes, text.length, err);
}

static int include_one(struct jail_conf *c, const struct conf_source *outer, unsigned line, const char *path,
    struct conf_block *into, struct jail_error *err)
{
	struct conf_source src = {.outer = outer, .line = line, .depth = outer->depth + 1};
	int r;

	src.file = conf_arena_copy(&c->arena, path, strlen(path));
	r = src.file ? read_source(c, &src, into, err) : out_of_memory(err);
	if (r < 0) {
		/* What could not be read is the .include's fault; what is wrong inside has a place of its own. */
		if (err && err->file[0] != '\0')
			return jail_error_context(err, -r, "included from %.90s:%u", outer->file, line);
		jail_error_origin(err, outer->file, line);
		jail_error_param(err, ".include");
	}
	return r;
}

/* A name that does not begin with a slash is looked for where the file is that includes it. */
static char *beside(const char *file, const char *pattern)
{
	const char *slash = pattern[0] == '/' ? NULL : strrchr(file, '/');
	size_t directory = slash ? (size_t)(slash - file) + 1 : 0, length = strlen(pattern);
	char *whole = malloc(directory + length + 1);

	if (whole) {
		memcpy(whole, file, directory);
		memcpy(whole + directory, pattern, length + 1);
	}
	return whole;
}

/* The directory's own name is no pattern, even with a star in it. */
static char *beside_quoted(const char *file, const char *pattern)
{
	const char *slash = pattern[0] == '/' ? NULL : strrchr(file, '/');
	size_t directory = slash ? (size_t)(slash - file) + 1 : 0, length = strlen(pattern), at = 0;
	char *whole = malloc(directory * 2 + length + 1);

	if (!whole)
		return NULL;
	for (size_t i = 0; i < directory; i++) {
		if (strchr("*?[\\", file[i]))
			whole[at++] = '\\';
		whole[at++] = file[i];
	}
	memcpy(whole + at, pattern, length + 1);
	return whole;
}

int conf_include(struct jail_conf *c, const struct conf_source *src, unsigned line, const char *pattern,
    struct conf_block *into, struct jail_error *err)
{
	bool magic = conf_glob_magic(pattern);
	_cleanup_free_ char *path = magic ? beside_quoted(src->file, pattern) : beside(src->file, pattern);
	struct conf_paths found = {0};
	int r;

	if (!path) {
		r = out_of_memory(err);
		jail_error_origin(err, src->file, line);
		return r;
	}
	if (!magic)
		return include_one(c, src, line, path, into, err);
	r = conf_glob(path, &found, err);
	if (r < 0) {
		jail_error_origin(err, src->file, line);
		jail_error_param(err, ".include");
	}
	for (size_t i = 0; r == 0 && i < found.count; i++)
		r = include_one(c, src, line, found.path[i], into, err);
	conf_paths_free(&found);
	return r;
}

int jail_conf_file(struct jail_conf *c, const char *path, struct jail_error *err)
{
	struct jail_conf mark = *c;
	struct conf_source src = {.file = conf_arena_copy(&c->arena, path, strlen(path))};
	int r = src.file ? read_source(c, &src, NULL, err) : out_of_memory(err);

	if (r < 0)
		conf_rollback(c, &mark);
	return r;
}

int jail_conf_memory(struct jail_conf *c, const char *name, const char *text, size_t length, struct jail_error *err)
{
	struct jail_conf mark = *c;
	struct conf_source src = {.file = conf_arena_copy(&c->arena, name, strlen(name))};
	int r = src.file ? conf_parse(c, &src, NULL, text, length, err) : out_of_memory(err);

	if (r < 0)
		conf_rollback(c, &mark);
	return r;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * glob.c: the files that a pattern names. The C library's glob(3) would bring the user database into static programs
 * and forgets which directory it could not read. It may not know what the files are for.
 */
#include <dirent.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "conf.h"

bool conf_glob_magic(const char *pattern)
{
	for (const char *at = pattern; *at; at++) {
		if (*at == '\\' && at[1] != '\0')
			at++;
		else if (*at == '*' || *at == '?' || *at == '[')
			return true;
	}
	return false;
}

void conf_paths_free(struct conf_paths *p)
{
	for (size_t i = 0; i < p->count; i++)
		free(p->path[i]);
	free(p->path);
	*p = (struct conf_paths){0};
}

static int out_of_memory(struct jail_error *err)
{
	return jail_error_set(err, ENOMEM, "not enough memory for the configuration");
}

/* `front`, a slash where one is due, and the `n` bytes of `name`. */
static int add_path(struct conf_paths *p, const char *front, const char *name, size_t n, struct jail_error *err)
{
	size_t length = strlen(front);
	bool slash = length > 0 && front[length - 1] != '/';
	char *path;

	if (p->count >= CONF_FILES_MAX)
		return jail_error_set(err, E2BIG, "the pattern matches more than %u files", CONF_FILES_MAX);
	if (p->count == p->size) {
		size_t size = p->size ? p->size * 2 : 16;
		char **larger = realloc(p->path, size * sizeof(*larger));

		if (!larger)
			return out_of_memory(err);
		p->path = larger;
		p->size = size;
	}
	path = malloc(length + slash + n + 1);
	if (!path)
		return out_of_memory(err);
	memcpy(path, front, length);
	if (slash)
		path[length] = '/';
	memcpy(path + length + slash, name, n);
	path[length + slash + n] = '\0';
	p->path[p->count++] = path;
	return 0;
}

/* The entries of one directory that match. One that is not there is as good as empty. */
static int match_entries(const char *directory, const char *part, struct conf_paths *to, struct jail_error *err)
{
	DIR *d = opendir(directory[0] ? directory : ".");
	struct dirent *e;
	int r = 0;

	if (!d && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	if (!d) {
		int error = errno;

		return jail_error_sys(err, error, "cannot read the directory %.300s", directory[0] ? directory : ".");
	}
	while (r == 0 && (errno = 0, e = readdir(d)) != NULL) {
		if (fnmatch(part, e->d_name, FNM_PERIOD) == 0)
			r = add_path(to, directory, e->d_name, strlen(e->d_name), err);
	}
	if (r == 0 && errno != 0) {
		int error = errno;

		r = jail_error_sys(err, error, "cannot read the directory %.300s", directory[0] ? directory : ".");
	}
	(void)closedir(d);
	return r;
}

/* A part without magic: its backslashes go, and it is there or it isn't. */
static int match_literal(const char *directory, char *part, struct conf_paths *to, struct jail_error *err)
{
	size_t n = 0, length;
	struct stat st;
	int r;

	for (const char *at = part; *at; at++) {
		if (*at == '\\' && at[1] != '\0')
			at++;
		part[n++] = *at;
	}
	length = to->count;
	r = add_path(to, directory, part, n, err);
	if (r == 0 && lstat(to->path[length], &st) < 0) {
		free(to->path[length]);
		to->count = length;
	}
	return r;
}

static int compare_paths(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* One part of the pattern for all that the parts before it have found. */
static int match_part(struct conf_paths *found, const char *part, size_t n, struct jail_error *err)
{
	struct conf_paths next = {0};
	int r = 0;

	for (size_t i = 0; r == 0 && i < found->count; i++) {
		_cleanup_free_ char *copy = strndup(part, n);

		if (!copy)
			r = out_of_memory(err);
		else if (conf_glob_magic(copy))
			r = match_entries(found->path[i], copy, &next, err);
		else
			r = match_literal(found->path[i], copy, &next, err);
	}
	conf_paths_free(found);
	*found = next;
	return r;
}

int conf_glob(const char *pattern, struct conf_paths *ret, struct jail_error *err)
{
	struct conf_paths found = {0};
	int r = add_path(&found, "", "/", pattern[0] == '/', err);

	for (const char *at = pattern; r == 0 && *at;) {
		size_t n = strcspn(at, "/");

		if (n > 0)
			r = match_part(&found, at, n, err);
		at += n + strspn(at + n, "/");
	}
	if (r < 0) {
		conf_paths_free(&found);
		return r;
	}
	if (found.count > 1)
		qsort(found.path, found.count, sizeof(*found.path), compare_paths);
	*ret = found;
	return 0;
}

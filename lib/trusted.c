/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * trusted.c: see trusted.h. Every component is opened beneath the one before and looked at as it was opened, so that
 * nothing is resolved twice. It may not know what the file is for.
 */
#include "trusted.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "error.h"
#include "port.h"

#define LINKS_MAX 40

struct walk {
	int dir;	     /* where the walk is */
	bool shared;	     /* it is a sticky directory in which others make files too */
	bool look;	     /* the file is only looked at */
	unsigned links;	     /* that were followed */
	uint64_t mount;	     /* the last one that is known to be the kernel's own */
	char at[PATH_MAX];   /* its name, for messages */
	char rest[PATH_MAX]; /* what is left to walk */
	char entry[NAME_MAX + 1];
};

static bool is_trusted(uid_t uid)
{
	return uid == 0 || uid == geteuid();
}

static int too_long(struct jail_error *err, const char *path)
{
	return jail_error_sys(err, ENAMETOOLONG, "cannot open %.300s", path);
}

static int cannot_open(const struct walk *w, int errnum, struct jail_error *err)
{
	return jail_error_sys(err, errnum, "cannot open %.300s%.255s", w->at, w->entry);
}

/* Do others own it, or may they write to it? `said`: what of it is run. */
static int check(const struct walk *w, const struct stat *st, mode_t writable, const char *said, struct jail_error *err)
{
	mode_t open_to = st->st_mode & writable;

	if (!is_trusted(st->st_uid)) {
		(void)jail_error_set(err, EPERM, "%.300s%.255s belongs to user %u, and what %s is run as root", w->at,
		    w->entry, (unsigned)st->st_uid, said);
		return jail_error_hint(err, EPERM, "chown root %.300s%.255s", w->at, w->entry);
	}
	if (open_to == 0)
		return 0;
	(void)jail_error_set(err, EPERM, "%.300s%.255s is writable for %s, and what %s is run as root", w->at, w->entry,
	    (open_to & S_IWOTH) != 0 ? "everybody" : "its group", said);
	return jail_error_hint(err, EPERM, "chmod go-w %.300s%.255s", w->at, w->entry);
}

/*
 * Whoever serves a FUSE file system says who owns its files, may be an ordinary user, and need not answer: it is not
 * asked for anything.
 */
static int look_at(struct walk *w, int fd, const char *said, struct stat *ret, struct jail_error *err)
{
	int r = port_is_served(fd, &w->mount);

	if (r < 0)
		return cannot_open(w, -r, err);
	if (r == 0)
		return fstat(fd, ret) < 0 ? cannot_open(w, errno, err) : 0;
	(void)jail_error_set(err, EPERM,
	    "%.300s%.255s is on a FUSE file system, which can say anything of its owner, and "
	    "what %s is run as root",
	    w->at, w->entry, said);
	return jail_error_hint(err, EPERM, "copy it to a file system of the host's");
}

/* The walk goes on in this directory, which it owns from now on. */
static int enter(struct walk *w, int dir, struct jail_error *err)
{
	struct stat st;
	int r;

	(void)close_fd(w->dir);
	w->dir = dir;
	r = look_at(w, dir, "files in it say", &st, err);
	if (r < 0)
		return r;
	w->shared = (st.st_mode & S_ISVTX) != 0 && (st.st_mode & (S_IWGRP | S_IWOTH)) != 0;
	return check(w, &st, w->shared ? 0 : S_IWGRP | S_IWOTH, "files in it say", err);
}

/* Begin at the root, or where the caller is. */
static int begin(struct walk *w, struct jail_error *err)
{
	const char *start = w->rest[0] == '/' ? "/" : ".";
	int dir = open(start, O_PATH | O_DIRECTORY | O_CLOEXEC), r;

	memcpy(w->at, start, 2);
	w->entry[0] = '\0';
	if (dir < 0)
		return cannot_open(w, errno, err);
	r = enter(w, dir, err);
	if (r < 0)
		return r;
	/* Names in messages are as they were given. */
	if (start[0] == '.')
		w->at[0] = '\0';
	return 0;
}

/* Take the next component off `rest`. Returns 1, 0 when there is none left, or -errno. */
static int next_entry(struct walk *w, struct jail_error *err)
{
	size_t slashes = strspn(w->rest, "/"), n = strcspn(w->rest + slashes, "/");

	if (n > NAME_MAX)
		return too_long(err, w->rest);
	memcpy(w->entry, w->rest + slashes, n);
	w->entry[n] = '\0';
	memmove(w->rest, w->rest + slashes + n, strlen(w->rest + slashes + n) + 1);
	return n > 0;
}

/* The entry is a link: what it leads to comes before the rest. */
static int follow(struct walk *w, int link, struct jail_error *err)
{
	char target[PATH_MAX];
	size_t left = strlen(w->rest);
	ssize_t n = readlinkat(link, "", target, sizeof(target));

	if (n < 0)
		return cannot_open(w, errno, err);
	if (++w->links > LINKS_MAX)
		return cannot_open(w, ELOOP, err);
	if (n == 0 || (size_t)n + left >= sizeof(w->rest))
		return cannot_open(w, n == 0 ? ENOENT : ENAMETOOLONG, err);
	memmove(w->rest + n, w->rest, left + 1);
	memcpy(w->rest, target, (size_t)n);
	return w->rest[0] == '/' ? begin(w, err) : 0;
}

/* Go down into the entry, a directory that was opened as `dir`. */
static int descend(struct walk *w, int dir, struct jail_error *err)
{
	size_t length = strlen(w->at), n = strlen(w->entry);
	int r = enter(w, dir, err);

	if (r < 0)
		return r;
	if (length + n + 2 > sizeof(w->at))
		return cannot_open(w, ENAMETOOLONG, err);
	memcpy(w->at + length, w->entry, n);
	memcpy(w->at + length + n, "/", 2);
	return 0;
}

/* The last entry. No link, as it was looked at; in a directory that others can't change it has stayed so. */
static int open_last(struct walk *w, int *ret_fd, struct jail_error *err)
{
	_cleanup_close_ int fd = openat(w->dir, w->entry, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	int r = fd < 0 ? cannot_open(w, errno, err) : look_at(w, fd, "it says", &st, err);

	if (r == 0 && S_ISREG(st.st_mode))
		r = check(w, &st, S_IWGRP | S_IWOTH, "it says", err);
	if (r == 0)
		*ret_fd = take_fd(&fd);
	return r;
}

/* One entry. Returns 1 when it was the last, and is open. */
static int step(struct walk *w, int *ret_fd, struct jail_error *err)
{
	_cleanup_close_ int fd = openat(w->dir, w->entry, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	int r;

	if (fd < 0)
		return cannot_open(w, errno, err);
	r = look_at(w, fd, "it leads to or says", &st, err);
	if (r < 0)
		return r;
	/* What others own in a sticky directory they can exchange. */
	r = w->shared ? check(w, &st, 0, "it leads to or says", err) : 0;
	if (r < 0)
		return r;
	if (S_ISLNK(st.st_mode))
		return follow(w, fd, err);
	if (S_ISDIR(st.st_mode) && w->rest[0] != '\0')
		return descend(w, take_fd(&fd), err);
	if (w->rest[0] != '\0')
		return cannot_open(w, ENOTDIR, err);
	if (!w->look)
		r = open_last(w, ret_fd, err);
	else if (!S_ISREG(st.st_mode) || (r = check(w, &st, S_IWGRP | S_IWOTH, "it says", err)) == 0)
		*ret_fd = take_fd(&fd);
	return r < 0 ? r : 1;
}

/* The caller's own descriptors: whoever called opened them. */
static bool is_descriptor(const char *path)
{
	static const char *const places[] = {"/dev/fd/", "/proc/self/fd/"};

	if (strcmp(path, "/dev/stdin") == 0)
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		size_t n = strlen(places[i]);

		if (strncmp(path, places[i], n) == 0 && path[n] != '\0' &&
		    strspn(path + n, "0123456789") == strlen(path + n))
			return true;
	}
	return false;
}

/* To the end of `path`, a file. */
static int go(const char *path, bool look, int *ret_fd, struct jail_error *err)
{
	struct walk w = {.dir = -1, .look = look};
	size_t length = strlen(path);
	int r;

	if (length >= sizeof(w.rest))
		return too_long(err, path);
	memcpy(w.rest, path, length + 1);
	r = begin(&w, err);
	while (r == 0) {
		r = next_entry(&w, err);
		if (r > 0)
			r = step(&w, ret_fd, err);
		else if (r == 0)
			r = jail_error_sys(err, length == 0 ? ENOENT : EISDIR, "cannot open %.300s", path);
	}
	(void)close_fd(w.dir);
	return r < 0 ? r : 0;
}

int trusted_open(const char *path, int *ret_fd, struct jail_error *err)
{
	int fd;

	if (!is_descriptor(path))
		return go(path, false, ret_fd, err);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return jail_error_sys(err, errno, "cannot open %.300s", path);
	*ret_fd = fd;
	return 0;
}

int trusted_look(const char *path, int *ret_fd, struct jail_error *err)
{
	return go(path, true, ret_fd, err);
}

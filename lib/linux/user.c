/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * user.c: reads passwd(5) and group(5) byte by byte, so that lines of any length need no memory. The files belong to
 * whoever is root in the jail: they may be huge, endless, no files at all, or say anything; a line that is not what the
 * manual says does not exist. It may not know who asks.
 */
#include "user.h"

#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "error.h"
#include "sys.h"

/* Larger files are refused rather than read for ever. */
#define FILE_BYTES_MAX ((size_t)64 << 20)

struct reader {
	int fd;
	size_t next, end, total;
	int failure; /* -errno of the read that failed */
	unsigned char buf[4096];
};

/* One field of a line, cut where it does not fit. */
struct field {
	char *text;
	size_t size, length;
	bool sound; /* it fitted and held no NUL */
};

/* The next byte, or -1 at the end (also one by failure). */
static int next_byte(struct reader *r)
{
	if (r->next == r->end) {
		ssize_t n;

		if (r->failure)
			return -1;
		if (r->total >= FILE_BYTES_MAX) {
			r->failure = -EFBIG;
			return -1;
		}
		do
			n = read(r->fd, r->buf, sizeof(r->buf));
		while (n < 0 && errno == EINTR);
		if (n < 0)
			r->failure = negative_errno();
		if (n <= 0)
			return -1;
		r->next = 0;
		r->end = (size_t)n;
		r->total += r->end;
	}
	return r->buf[r->next++];
}

/* Read up to one of ':', ',' (with `commas`), newline or the end; returns which (-1: the end). */
static int read_field(struct reader *r, bool commas, struct field *f)
{
	f->length = 0;
	f->sound = true;
	for (;;) {
		int c = next_byte(r);

		if (c < 0 || c == '\n' || c == ':' || (commas && c == ',')) {
			f->text[f->length] = '\0';
			return c;
		}
		if (c == '\0' || f->length + 1 >= f->size)
			f->sound = false;
		else
			f->text[f->length++] = (char)c;
	}
}

static void skip_line(struct reader *r, int last)
{
	while (last >= 0 && last != '\n')
		last = next_byte(r);
}

/* A number that may be an id: digits only, not the one that means "none". */
static bool parse_id(const char *text, uint32_t *ret)
{
	uint64_t n = 0;
	size_t i;

	for (i = 0; text[i] >= '0' && text[i] <= '9' && i < 10; i++)
		n = n * 10 + (uint64_t)(text[i] - '0');
	if (i == 0 || text[i] != '\0' || n >= UINT32_MAX)
		return false;
	*ret = (uint32_t)n;
	return true;
}

/* Open a file beneath the root; -ENOENT when there is none, `*ret_fd` untouched. */
static int open_beneath(int root_fd, const char *path, int *ret_fd)
{
	_cleanup_close_ int fd = -1;
	struct stat st;

	/* EAGAIN: something moved while the path was walked, and the kernel could not be sure. */
	for (int i = 0; i < 16; i++) {
		fd = sys_openat2(
		    root_fd, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
		if (fd >= 0 || errno != EAGAIN)
			break;
	}
	if (fd < 0)
		return errno == ENOTDIR ? -ENOENT : negative_errno();
	if (fstat(fd, &st) < 0)
		return negative_errno();
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	*ret_fd = take_fd(&fd);
	return 0;
}

/*
 * Read one passwd(5) line into `u`. Returns 1 when it is a user, 0 when it is none, -1 at the end.
 */
static int read_passwd_line(struct reader *r, struct user *u)
{
	char uid[16], gid[16], ignored[1];
	struct field field[7] = {
	    {.text = u->name, .size = sizeof(u->name)},
	    {.text = ignored, .size = sizeof(ignored)},
	    {.text = uid, .size = sizeof(uid)},
	    {.text = gid, .size = sizeof(gid)},
	    {.text = ignored, .size = sizeof(ignored)},
	    {.text = u->home, .size = sizeof(u->home)},
	    {.text = u->shell, .size = sizeof(u->shell)},
	};
	size_t i;
	int last = ':';

	for (i = 0; i < ARRAY_SIZE(field) && last == ':'; i++)
		last = read_field(r, false, &field[i]);
	skip_line(r, last);
	if (i == 1 && last < 0 && field[0].length == 0 && field[0].sound)
		return -1;
	if (i < ARRAY_SIZE(field) || last == ':' || field[0].length == 0)
		return 0;
	/* Password and gecos are not looked at: they may be of any length. */
	if (!field[0].sound || !field[2].sound || !field[3].sound || !field[5].sound || !field[6].sound)
		return 0;
	if (!parse_id(uid, &u->uid) || !parse_id(gid, &u->gid))
		return 0;
	if (u->home[0] != '/')
		memcpy(u->home, "/", sizeof("/"));
	if (u->shell[0] == '\0')
		memcpy(u->shell, "/bin/sh", sizeof("/bin/sh"));
	return 1;
}

/* Add a group once; false when there is no room. */
static bool add_group(struct user *u, uint32_t gid)
{
	for (size_t i = 0; i < u->ngroups; i++) {
		if (u->groups[i] == gid)
			return true;
	}
	if (u->ngroups == USER_GROUPS_MAX)
		return false;
	u->groups[u->ngroups++] = gid;
	return true;
}

/* Is the user among the members that follow on this line? Reads to its end and gives the byte that ended it. */
static bool read_members(struct reader *r, const char *name, int *ret_last)
{
	char member[sizeof(((struct user *)0)->name)];
	struct field f = {.text = member, .size = sizeof(member)};
	bool found = false;
	int last;

	do {
		last = read_field(r, true, &f);
		if (f.sound && strcmp(member, name) == 0)
			found = true;
	} while (last == ',');
	*ret_last = last;
	return found;
}

static int read_groups(int root_fd, struct user *u, struct jail_error *err)
{
	_cleanup_close_ int fd = -1;
	struct reader reader = {.fd = -1};
	char gid_text[16], ignored[1];
	struct field skipped = {.text = ignored, .size = sizeof(ignored)};
	struct field gid_field = {.text = gid_text, .size = sizeof(gid_text)};
	uint32_t gid;
	int r = open_beneath(root_fd, "etc/group", &fd);

	u->ngroups = 0;
	(void)add_group(u, u->gid);
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return jail_error_sys(err, -r, "cannot open etc/group in the jail");
	reader.fd = fd;
	for (int last = 0; last >= 0;) {
		bool member = false;

		last = read_field(&reader, false, &skipped);
		if (last == ':')
			last = read_field(&reader, false, &skipped);
		if (last == ':')
			last = read_field(&reader, false, &gid_field);
		else
			gid_field.sound = false;
		if (last == ':')
			member = read_members(&reader, u->name, &last);
		if (last == ':') {
			/* A field too many. */
			member = false;
			skip_line(&reader, last);
		}
		if (member && gid_field.sound && parse_id(gid_text, &gid) && !add_group(u, gid))
			return jail_error_set(
			    err, E2BIG, "user %s is in more than %d groups", u->name, USER_GROUPS_MAX);
	}
	if (reader.failure)
		return jail_error_sys(err, -reader.failure, "cannot read etc/group in the jail");
	return 0;
}

/* What root is when the file does not say. */
static void default_root(struct user *u, const char *home)
{
	memset(u, 0, sizeof(*u));
	memcpy(u->name, "root", sizeof("root"));
	memcpy(u->home, home, strlen(home) + 1);
	memcpy(u->shell, "/bin/sh", sizeof("/bin/sh"));
}

/* The line of `name`, else the first one with the uid that `name` is in decimal. -ENOENT; -errno of reading. */
static int find_user(int fd, const char *name, struct user *ret)
{
	struct reader reader = {.fd = fd};
	struct user u;
	uint32_t uid = 0;
	bool numeric = parse_id(name, &uid), found = false;
	int r;

	memset(&u, 0, sizeof(u));
	while ((r = read_passwd_line(&reader, &u)) >= 0) {
		if (r == 0)
			continue;
		if (strcmp(u.name, name) == 0) {
			*ret = u;
			return 0;
		}
		if (numeric && !found && u.uid == uid) {
			*ret = u;
			found = true;
		}
	}
	if (reader.failure)
		return reader.failure;
	return found ? 0 : -ENOENT;
}

static int lookup(int root_fd, const char *whose, const char *name, struct user *ret, struct jail_error *err)
{
	_cleanup_close_ int fd = -1;
	bool root = strcmp(name, "root") == 0 || strcmp(name, "0") == 0;
	struct user u;
	int r;

	if (name[0] == '\0' || strlen(name) >= sizeof(u.name))
		return jail_error_set(err, ENOENT, "no such user: \"%s\"", name);
	r = open_beneath(root_fd, "etc/passwd", &fd);
	if (r == -ENOENT && root) {
		default_root(&u, "/");
	} else if (r < 0 && r != -ENOENT) {
		return jail_error_sys(err, -r, "cannot open %s etc/passwd", whose);
	} else {
		if (r == 0)
			r = find_user(fd, name, &u);
		if (r < 0 && r != -ENOENT)
			return jail_error_sys(err, -r, "cannot read %s etc/passwd", whose);
		if (r < 0 && !root)
			return jail_error_set(err, ENOENT, "no user %s in %s etc/passwd", name, whose);
		if (r < 0)
			default_root(&u, "/root");
	}
	r = read_groups(root_fd, &u, err);
	if (r < 0)
		return r;
	*ret = u;
	return 0;
}

int user_lookup(int root_fd, const char *name, struct user *ret, struct jail_error *err)
{
	return lookup(root_fd, "the jail's", name, ret, err);
}

int user_lookup_host(const char *name, struct user *ret, struct jail_error *err)
{
	_cleanup_close_ int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	return root < 0 ? jail_error_sys(err, errno, "cannot open /") : lookup(root, "the host's", name, ret, err);
}

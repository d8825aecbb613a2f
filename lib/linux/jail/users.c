/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * users.c: see users.h. Kept in `trusted.jail.users`. No other namespace gets the same inode number while the jail
 * lives: a user namespace lives as long as those beneath it, and process 1 is in it or beneath it.
 */
#include "users.h"

#include <fcntl.h>
#include <linux/nsfs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "../process.h"
#include "util.h"

#define ATTRIBUTE "trusted.jail.users"

struct identity {
	uint64_t dev, ino;
};

static int identify(int fd, struct identity *ret)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return negative_errno();
	*ret = (struct identity){.dev = st.st_dev, .ino = st.st_ino};
	return 0;
}

static bool same(const struct identity *a, const struct identity *b)
{
	return a->dev == b->dev && a->ino == b->ino;
}

int users_write(int jailfd, int users_fd)
{
	struct identity id;
	int r = identify(users_fd, &id);

	if (r < 0)
		return r;
	return fsetxattr(jailfd, ATTRIBUTE, &id, sizeof(id), 0) < 0 ? negative_errno() : 0;
}

/* From the namespace `fd`, which this takes over, up to the recorded one. */
static int find_above(int fd, const struct identity *recorded)
{
	for (;;) {
		_cleanup_close_ int here = fd;
		struct identity id;
		int r = identify(here, &id);

		if (r < 0)
			return r;
		if (same(&id, recorded))
			return take_fd(&here);
		/* EPERM: above is none that is beneath our own. */
		fd = ioctl(here, NS_GET_PARENT);
		if (fd < 0)
			return errno == EPERM ? -ESTALE : negative_errno();
	}
}

int users_open(int jailfd, const struct store_state *s)
{
	_cleanup_close_ int proc = -1;
	struct identity recorded;
	ssize_t n;
	int fd, r = process_directory(s->pid, s->start, &proc);

	if (r < 0)
		return r;
	fd = openat(proc, "ns/user", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return negative_errno();
	if ((s->flags & STORE_F_INIT) != 0)
		return fd;
	n = fgetxattr(jailfd, ATTRIBUTE, &recorded, sizeof(recorded));
	if (n != (ssize_t)sizeof(recorded)) {
		r = n < 0 ? negative_errno() : -EBADMSG;
		(void)close(fd);
		return r;
	}
	return find_above(fd, &recorded);
}

int users_own(int users_fd, int fd)
{
	_cleanup_close_ int owner = ioctl(fd, NS_GET_USERNS);
	struct identity a, b;
	int r;

	if (owner < 0)
		return errno == EPERM ? 0 : negative_errno();
	r = identify(owner, &a);
	if (r == 0)
		r = identify(users_fd, &b);
	return r < 0 ? r : same(&a, &b);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * served.c: see served.h. A file system on a disk has the number of the disk, so only the others have to be looked up
 * in the mount table.
 */
#include "served.h"

#include <fcntl.h>
#include <string.h>

#include "../../port.h"
#include "../../util.h"

/* Also what waits for a program of root's that mounts what is looked up. */
static const char *const remote[] = {"9p", "afs", "autofs", "ceph", "cifs", "coda", "lustre", "ncpfs", "nfs", "nfs4",
    "orangefs", "pvfs2", "smb3", "smbfs"};

static bool is_fuse(const char *type)
{
	return strcmp(type, "fuse") == 0 || strncmp(type, "fuse.", 5) == 0 || strcmp(type, "fuseblk") == 0;
}

/* Whoever mounts FUSE says for which user; fusermount(1) says the caller's. */
static bool of_root(const struct mount_line *l)
{
	static const char owner[] = "user_id=";
	const char *id = l->super;

	while ((id = strstr(id, owner)) != NULL && id != l->super && id[-1] != ',')
		id++;
	return id != NULL && id[sizeof(owner) - 1] == '0' && !l->cut;
}

enum served served_line(const struct mount_line *l)
{
	if (is_fuse(l->type))
		return of_root(l) ? SERVED_BY_ROOT : SERVED_BY_USER;
	for (size_t i = 0; i < ARRAY_SIZE(remote); i++)
		if (strcmp(l->type, remote[i]) == 0)
			return SERVED_BY_MACHINE;
	return SERVED_BY_KERNEL;
}

struct look {
	uint64_t mount;
	enum served found;
};

static int match(void *arg, const struct mount_line *l)
{
	struct look *k = arg;

	if (l->id != k->mount)
		return 0;
	k->found = served_line(l);
	return 1;
}

/* Where the caller's root is no mount of its own (chroot(2)), the table leaves out the mount that it lies in. */
static bool is_our_root(uint64_t mount)
{
	_cleanup_close_ int fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct mount_object o;

	return fd >= 0 && mount_object(fd, &o) == 0 && o.mount == mount;
}

enum served served_by(const struct mount_object *o)
{
	struct look k = {.mount = o->mount, .found = SERVED_BY_USER};

	if (o->major != 0)
		return SERVED_BY_KERNEL;
	if (mount_table_own(match, &k) > 0)
		return k.found;
	/* Taken off meanwhile, perhaps by a user. */
	return is_our_root(o->mount) ? SERVED_BY_KERNEL : SERVED_BY_USER;
}

int port_is_served(int fd, uint64_t *mount)
{
	struct mount_object o;
	int r = mount_object(fd, &o);

	if (r < 0 || o.mount == *mount)
		return r;
	if (served_by(&o) >= SERVED_BY_ROOT)
		return 1;
	*mount = o.mount;
	return 0;
}

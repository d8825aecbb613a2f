/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * view_fresh.c: the places of a tree shared with the host that are the jail's own: where programs meet, and where
 * people keep what is theirs. Empty, in memory, writable in every kind of view. It may not know what else the tree
 * holds.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "view_parts.h"

static int attach_fresh(struct view *v, const char *path, uint32_t mode, int *ret, struct jail_error *err)
{
	_cleanup_close_ int there = view_open(v, path, O_PATH | O_DIRECTORY), fd = -1;
	char name[32];
	int r;

	if (there < 0)
		return 0;
	r = view_scratch_dir(v, "t", mode, name);
	if (r == 0)
		r = view_own(v, v->scratch, name);
	if (r < 0)
		return jail_error_sys(err, -r, "cannot make a fresh %s", path);
	fd = view_scratch_mount(v, name, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
	if (fd < 0)
		return jail_error_sys(err, -fd, "cannot make a fresh %s", path);
	r = view_attach(v, fd, path, true, err);
	if (r == 0 && (r = view_note_memory(v, fd)) < 0)
		r = jail_error_sys(err, -r, "cannot make a fresh %s", path);
	if (r == 0)
		*ret = take_fd(&fd);
	return r;
}

int view_fresh(struct view *v, struct jail_error *err)
{
	static const struct {
		const char *path;
		uint32_t mode;
	} place[] = {{"/run", 0755}, {"/tmp", 01777}, {"/var/tmp", 01777}, {"/root", 0700}, {"/home", 0755}};
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(place); i++) {
		_cleanup_close_ int fd = -1;

		r = attach_fresh(v, place[i].path, place[i].mode, &fd, err);
		if (r < 0 || fd < 0)
			continue;
		if (strcmp(place[i].path, "/home") == 0)
			r = view_homes(v, fd, err);
		if (strcmp(place[i].path, "/run") == 0 &&
		    (mkdirat(fd, "lock", 01777) < 0 || (r = view_own(v, fd, "lock")) < 0))
			r = jail_error_sys(err, r < 0 ? -r : errno, "cannot make a fresh /run/lock");
	}
	return r;
}

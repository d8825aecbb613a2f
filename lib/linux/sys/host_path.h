/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * host_path.h: opens a path of the host that comes from configuration. Nobody else does. It knows names, owners and
 * modes; it may not know what a path is for.
 *
 * What a jail or an ordinary user writes is never taken for a direction: no symbolic link is followed, but for those
 * of the host's own system, which a configuration can hardly avoid (/lib, /dev/disk/by-uuid/..., /etc/resolv.conf).
 * They stand directly in "/" or beneath /dev or /etc, belong to root, and so do all directories that lead there, where
 * only root can write. No tree of a jail lies there, whoever wrote or unpacked it, and whether it runs or not.
 */
#ifndef LINUX_HOST_PATH_H
#define LINUX_HOST_PATH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct jail_error;

/*
 * Open `path`, to be looked at (O_PATH). `root_fd` < 0: from the host's root. Otherwise beneath that directory, where
 * no link at all is followed: "/" is the directory itself. `flags`: 0 or O_DIRECTORY. ELOOP: a link is on the way; the
 * error says which. EPERM: an ordinary user's program serves a file system on the way (served.h); nothing in it is
 * asked for.
 */
int host_path_open(int root_fd, const char *path, uint64_t flags, struct jail_error *err);
/* The same as far as the kernel knows everything on the way, without ever waiting. EAGAIN: it does not. */
int host_path_cached(int root_fd, const char *path, uint64_t flags);
/* To be read or written, with `flags` as of openat2(2); a new file too (O_CREAT), with this mode. */
int host_path_create(int root_fd, const char *path, uint64_t flags, uint32_t mode, struct jail_error *err);

/* Where an open file is, as the kernel names it. -errno. */
int host_path_name(int fd, char *ret, size_t size);

/*
 * What an open file is, whatever its name: compared when it is used again. The handle tells two that had the same inode
 * number one after the other; a file system without handles leaves `handle_size` 0.
 */
#define HOST_HANDLE_MAX 40
struct host_identity {
	uint64_t device, inode;
	int32_t handle_type;
	uint32_t handle_size;
	unsigned char handle[HOST_HANDLE_MAX];
};

int host_identity_of(int fd, struct host_identity *ret); /* -errno */
bool host_identity_same(const struct host_identity *a, const struct host_identity *b);

#endif

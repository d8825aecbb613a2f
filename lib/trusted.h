/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * trusted.h: opening a file that says what root runs: a configuration, an included file, an fstab.
 */
#ifndef JAIL_TRUSTED_H
#define JAIL_TRUSTED_H

#include <jail.h>

/*
 * Open `path` for reading, without ever waiting for it. The file, each directory on the way and each symbolic link must
 * be such that only root, or the caller, can change them: owned by one of them and not writable for group and others; a
 * sticky directory may be writable, since nobody can exchange what others own there. A descriptor of the caller's
 * (/dev/stdin, /dev/fd/N, /proc/self/fd/N) is trusted as the caller is. -EPERM names who else can change what.
 * What is no regular file is only opened: the caller refuses it.
 */
int trusted_open(const char *path, int *ret_fd, struct jail_error *err);
/* The same for what is only looked at (O_PATH); who may write to a device does not matter. */
int trusted_look(const char *path, int *ret_fd, struct jail_error *err);

#endif

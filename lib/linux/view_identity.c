/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * view_identity.c: host.hostuuid as programs look for it: /etc/machine-id (machine-id(5)), a read-only file over the
 * tree's own, which stays as it is.
 */
#include <fcntl.h>
#include <string.h>

#include "view_parts.h"

/* 32 lower-case hexadecimal digits and a newline from a UUID with or without dashes. -EINVAL. */
int view_machine_id(const char *uuid, char ret[33])
{
	char id[33];
	size_t n = 0;

	for (; *uuid != '\0'; uuid++) {
		static const char upper[] = "ABCDEF", lower[] = "abcdef";
		const char *found = strchr(upper, *uuid);
		char c = found != NULL ? lower[found - upper] : *uuid;

		if (c == '-')
			continue;
		if (n == 32 || !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
			return -EINVAL;
		id[n++] = c;
	}
	if (n != 32)
		return -EINVAL;
	id[n] = '\n';
	memcpy(ret, id, sizeof(id));
	return 0;
}

int view_identity(struct view *v, struct jail_error *err)
{
	_cleanup_close_ int file = -1, fd = -1, there = -1;
	char id[33];
	int r;

	if (v->plan->hostuuid == NULL)
		return 0;
	there = view_open(v, "/etc/machine-id", O_PATH);
	if (there < 0 && v->kind != VIEW_MEMORY)
		return 0; /* nothing to be seen, and no place in a tree that keeps what is made */
	r = view_machine_id(v->plan->hostuuid, id);
	if (r == 0) {
		file = openat(v->scratch, "machine-id", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
		if (file < 0 || write(file, id, sizeof(id)) != (ssize_t)sizeof(id))
			r = negative_errno();
	}
	if (r == 0)
		r = view_own(v, v->scratch, "machine-id");
	if (r == 0) {
		fd = view_scratch_mount(
		    v, "machine-id", MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
		r = fd < 0 ? fd : view_attach(v, fd, "/etc/machine-id", false, NULL);
	}
	if (r < 0) {
		(void)jail_error_sys(err, -r, "cannot show /etc/machine-id");
		jail_error_param(err, "host.hostuuid");
	}
	return r;
}

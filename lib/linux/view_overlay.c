/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * view_overlay.c: one overlay from layers that are open descriptors. No name of a user's ever gets into its options. It
 * may not know what the layers are for.
 */
#include <linux/securebits.h>
#include <stdio.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>

#include "view_parts.h"

/*
 * The overlay makes files in its upper layer as whoever mounted it, and an upper layer with mapped owners takes files
 * of mapped users only. So the jail's root mounts it, with the capabilities of the host's.
 */
static int become(uint32_t id, unsigned long securebits)
{
	if (prctl(PR_SET_SECUREBITS, securebits, 0, 0, 0) < 0)
		return negative_errno();
	/* These two return the old id and no error: a second call that changes nothing tells. */
	(void)setfsgid(id);
	(void)setfsuid(id);
	return (uint32_t)setfsgid((gid_t)-1) == id && (uint32_t)setfsuid((uid_t)-1) == id ? 0 : -EPERM;
}

int view_overlay(const struct view *v, const struct view_overlay *o, unsigned attributes, struct jail_error *err)
{
	/* Layers are named by their descriptors' numbers, in a directory of descriptors: options may be 255 bytes long.
	 */
	char lower[256], upper[16], work[16];
	struct view_option options[8] = {
	    {"lowerdir", lower}, {"redirect_dir", "nofollow"}, {"metacopy", "off"}, {"index", "off"}};
	size_t n = 4, length = 0;
	int r = 0, fd = -1, bits = prctl(PR_GET_SECUREBITS, 0, 0, 0, 0);

	for (size_t i = 0; i < o->nlower; i++) {
		int added = snprintf(lower + length, sizeof(lower) - length, "%s%d", i > 0 ? ":" : "", o->lower[i]);

		if (added < 0 || (size_t)added >= sizeof(lower) - length)
			return jail_error_set(err, E2BIG, "too many layers");
		length += (size_t)added;
	}
	if (o->upper >= 0) {
		(void)snprintf(upper, sizeof(upper), "%d", o->upper);
		(void)snprintf(work, sizeof(work), "%d", o->work);
		options[n++] = (struct view_option){"upperdir", upper};
		options[n++] = (struct view_option){"workdir", work};
	}
	if (bits < 0 || chdir("/proc/self/fd") < 0)
		return jail_error_sys(err, errno, "cannot enter /proc/self/fd");
	if (!view_host_users(v))
		r = become(v->users.base, (unsigned long)bits | SECBIT_NO_SETUID_FIXUP);
	if (r == 0)
		fd = view_new("overlay", attributes, options, n, err);
	if (!view_host_users(v)) {
		int back = become(0, (unsigned long)bits | SECBIT_NO_SETUID_FIXUP);

		if (back == 0 && prctl(PR_SET_SECUREBITS, (unsigned long)bits, 0, 0, 0) < 0)
			back = negative_errno();
		if (r == 0)
			r = back;
	}
	if (r < 0) {
		(void)close_fd(fd);
		return jail_error_sys(err, -r, "cannot take on the jail's users");
	}
	return fd;
}

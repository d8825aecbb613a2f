/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * view_overlay.c: one overlay from layers that are open descriptors. No name of a user's ever gets into its options. It
 * may not know what the layers are for.
 *
 * The kernel checks an access to an overlay twice: with the credentials of the process that asks, on the overlay's own
 * inode, and with those of the process that mounted the overlay, on the file in the layer. So who mounts decides what
 * can be read at all.
 */
#include <linux/capability.h>
#include <linux/securebits.h>
#include <stdio.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>

#include "view_parts.h"

/*
 * A user and group that own no file: neither one of the host's accounts, nor one of the ranges that are handed out for
 * containers and jails (the second one where users.base has put a jail on the first one). Not 65534: nobody's files
 * exist. In a mount with mapped owners an owner without a mapping is equal to no user.
 */
static const uint32_t owns_nothing[] = {4294967280u, 2147483632u};

struct mounter {
	struct __user_cap_data_struct caps[_LINUX_CAPABILITY_U32S_3];
	unsigned long securebits;
	bool changed, reduced;
};

/* These two return the old id and no error: a second call that changes nothing tells. */
static int become(uint32_t id)
{
	(void)setfsgid(id);
	(void)setfsuid(id);
	return (uint32_t)setfsgid((gid_t)-1) == id && (uint32_t)setfsuid((uid_t)-1) == id ? 0 : -EPERM;
}

static int set_capabilities(const struct __user_cap_data_struct *caps)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};

	return syscall(SYS_capset, &head, caps) < 0 ? negative_errno() : 0;
}

/* No id, group or capability that opens what is shut to others. What needs other capabilities still has them. */
static int become_everybody(const struct view *v, struct mounter *m)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct less[_LINUX_CAPABILITY_U32S_3];
	uint64_t base = v->users.base, end = base + v->users.count;
	size_t i = 0;
	int r;

	while (i < ARRAY_SIZE(owns_nothing) && !view_host_users(v) && owns_nothing[i] >= base && owns_nothing[i] < end)
		i++;
	if (i == ARRAY_SIZE(owns_nothing))
		return -EUSERS;
	/* The caller's groups are of no use to this process any more. */
	if (syscall(SYS_setgroups, 0, NULL) < 0 || syscall(SYS_capget, &head, m->caps) < 0)
		return negative_errno();
	r = become(owns_nothing[i]);
	if (r < 0)
		return r;
	memcpy(less, m->caps, sizeof(less));
	less[0].effective &= ~(1u << CAP_DAC_OVERRIDE | 1u << CAP_DAC_READ_SEARCH);
	m->reduced = true;
	return set_capabilities(less);
}

/*
 * The overlay makes files in its upper layer as whoever mounted it, and an upper layer with mapped owners takes files
 * of mapped users only. So the jail's root mounts it, with the capabilities of the host's.
 */
static int become_mounter(const struct view *v, bool everybody, struct mounter *m)
{
	int bits = prctl(PR_GET_SECUREBITS, 0, 0, 0, 0);

	*m = (struct mounter){.securebits = (unsigned long)bits};
	if (bits < 0)
		return negative_errno();
	if (!everybody && view_host_users(v))
		return 0;
	m->changed = true;
	if (prctl(PR_SET_SECUREBITS, m->securebits | SECBIT_NO_SETUID_FIXUP, 0, 0, 0) < 0)
		return negative_errno();
	return everybody ? become_everybody(v, m) : become(v->users.base);
}

static int become_root(const struct mounter *m)
{
	int r = m->reduced ? set_capabilities(m->caps) : 0, back;

	if (!m->changed)
		return 0;
	back = become(0);
	if (back == 0 && prctl(PR_SET_SECUREBITS, m->securebits, 0, 0, 0) < 0)
		back = negative_errno();
	return r < 0 ? r : back;
}

int view_overlay(const struct view *v, const struct view_overlay *o, unsigned attributes, struct jail_error *err)
{
	/* Layers are named by their descriptors' numbers, in a directory of descriptors: options may be 255 bytes long.
	 */
	char lower[256], upper[16], work[16];
	struct view_option options[8] = {
	    {"lowerdir", lower}, {"redirect_dir", "nofollow"}, {"metacopy", "off"}, {"index", "off"}};
	size_t n = 4, length = 0;
	struct mounter m;
	int r, back, fd = -1;

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
	if (chdir("/proc/self/fd") < 0)
		return jail_error_sys(err, errno, "cannot enter /proc/self/fd");
	r = become_mounter(v, o->everybody, &m);
	if (r == 0)
		fd = view_new("overlay", attributes, options, n, err);
	back = become_root(&m);
	if (r == 0)
		r = back;
	if (r < 0) {
		(void)close_fd(fd);
		return jail_error_sys(err, -r, "cannot take on the users of an overlay");
	}
	return fd;
}

int view_everybody(const struct view *v, int layer, struct jail_error *err)
{
	/* The kernel wants two layers where none is written to. */
	const int pair[] = {layer, v->empty_dir};
	const struct view_overlay o = {.lower = pair, .nlower = 2, .upper = -1, .work = -1, .everybody = true};

	return view_overlay(v, &o, MOUNT_ATTR_NODEV | MOUNT_ATTR_RDONLY, err);
}

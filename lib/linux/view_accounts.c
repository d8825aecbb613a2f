/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * view_accounts.c: what covers /etc/shadow of a tree that is shared with the host: the same names without a password.
 * Over an empty file su(1) and whatever else asks PAM for an account would refuse every user that is there.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "view_parts.h"

#define SHADOW "/etc/shadow"
#define NOTHING ":*:::::::\n" /* no password fits, nothing expires */

struct names {
	int from, to;
	bool skip; /* behind the name, up to the end of the line */
	size_t used;
	char out[2048];
};

static int flush(struct names *n)
{
	ssize_t done = write(n->to, n->out, n->used);

	if (done != (ssize_t)n->used)
		return done < 0 ? negative_errno() : -ENOSPC;
	n->used = 0;
	return 0;
}

static int put(struct names *n, const char *text, size_t length)
{
	int r = n->used + length > sizeof(n->out) ? flush(n) : 0;

	if (r == 0) {
		memcpy(n->out + n->used, text, length);
		n->used += length;
	}
	return r;
}

/* Nothing from behind the first colon of a line gets out; a line without one is kept from its end on. */
static int copy_names(struct names *n)
{
	char in[2048];
	ssize_t length;
	int r = 0;

	while (r == 0 && (length = read(n->from, in, sizeof(in))) > 0) {
		for (ssize_t i = 0; r == 0 && i < length; i++) {
			if (in[i] == '\n') {
				n->skip = false;
			} else if (!n->skip && in[i] == ':') {
				n->skip = true;
				r = put(n, NOTHING, sizeof(NOTHING) - 1);
			} else if (!n->skip) {
				r = put(n, in + i, 1);
			}
		}
	}
	if (r == 0 && length < 0)
		r = negative_errno();
	return r < 0 ? r : flush(n);
}

int view_accounts(struct view *v, const char *path)
{
	static const char name[] = "shadow";
	_cleanup_close_ int from = -1, to = -1;
	struct names n = {.skip = false};
	int r;

	if (!v->plan->shared_tree || strcmp(path, SHADOW) != 0)
		return -ENOENT;
	from = view_open(v, path, O_RDONLY | O_NONBLOCK);
	if (from < 0)
		return from;
	to = openat(v->scratch, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
	if (to < 0)
		return negative_errno();
	n.from = from;
	n.to = to;
	r = copy_names(&n);
	if (r == 0)
		r = view_own(v, v->scratch, name);
	return r < 0 ? r
		     : view_scratch_mount(
			   v, name, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
}

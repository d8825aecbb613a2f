/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * store.c: see store.h. Reads and writes attributes, checks what it reads (only root writes them, but another version
 * of us may have); it may not know what the parameters mean.
 */
#include "store.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>

#include "params.h"
#include "util.h"

#define PREFIX "trusted.jail."
#define PIECE_MAX 65536u /* XATTR_SIZE_MAX */
#define PIECES_MAX 256u
#define JID_MAX 0x7fffffffu

/* What is kept in `state`; most jails have no limits. */
#define STATE_SIZE (offsetof(struct store_state, record) + offsetof(struct policy_record, limit))

static int limits_read(int jailfd, struct policy_record *record)
{
	ssize_t n = fgetxattr(jailfd, PREFIX "limits", record->limit, sizeof(record->limit));

	if (n < 0)
		return errno == ENODATA ? -EBADMSG : negative_errno();
	return (size_t)n == sizeof(record->limit) ? 0 : -EBADMSG;
}

int store_state_read(int jailfd, struct store_state *ret)
{
	struct store_state s;
	ssize_t n = fgetxattr(jailfd, PREFIX "state", &s, STATE_SIZE);

	if (n < 0)
		return errno == ERANGE ? -EBADMSG : negative_errno();
	if ((size_t)n != STATE_SIZE || s.version != STORE_VERSION || s.size != STATE_SIZE ||
	    s.record.version != POLICY_VERSION || s.record.ndevices > POLICY_DEVICES_MAX)
		return -EBADMSG;
	s.size = sizeof(s);
	s.record.size = sizeof(s.record);
	for (size_t i = 0; i < POLICY_L_COUNT; i++)
		s.record.limit[i] = POLICY_UNLIMITED;
	if ((s.flags & STORE_F_LIMITS) != 0) {
		int r = limits_read(jailfd, &s.record);

		if (r < 0)
			return r;
	}
	*ret = s;
	return 0;
}

static bool has_limits(const struct policy_record *record)
{
	for (size_t i = 0; i < POLICY_L_COUNT; i++)
		if (record->limit[i] != POLICY_UNLIMITED)
			return true;
	return false;
}

/* The limits first: a state that says that there are some is never without them. */
int store_state_write(int jailfd, const struct store_state *s)
{
	struct store_state kept = *s;

	kept.size = STATE_SIZE;
	kept.flags &= ~STORE_F_LIMITS;
	if (has_limits(&s->record)) {
		kept.flags |= STORE_F_LIMITS;
		if (fsetxattr(jailfd, PREFIX "limits", s->record.limit, sizeof(s->record.limit), 0) < 0)
			return negative_errno();
	}
	return fsetxattr(jailfd, PREFIX "state", &kept, STATE_SIZE, 0) < 0 ? negative_errno() : 0;
}

/* An attribute that is one number; 0: it is not there. */
static int number_read(int jailfd, const char *attribute, uint32_t *ret)
{
	uint32_t value = 0;
	ssize_t n = fgetxattr(jailfd, attribute, &value, sizeof(value));

	if (n < 0 && errno != ENODATA)
		return errno == ERANGE ? -EBADMSG : negative_errno();
	*ret = n == (ssize_t)sizeof(value) ? value : 0;
	return 0;
}

static int number_write(int jailfd, const char *attribute, uint32_t value)
{
	return fsetxattr(jailfd, attribute, &value, sizeof(value), 0) < 0 ? negative_errno() : 0;
}

int store_groups_read(int jailfd, uint32_t *ret)
{
	return number_read(jailfd, PREFIX "groups", ret);
}

int store_groups_write(int jailfd, uint32_t groups)
{
	return number_write(jailfd, PREFIX "groups", groups);
}

int store_ceiling_read(int jailfd, uint32_t *ret)
{
	return number_read(jailfd, PREFIX "ceiling", ret);
}

int store_ceiling_write(int jailfd, uint32_t ceiling)
{
	return number_write(jailfd, PREFIX "ceiling", ceiling);
}

int store_watch_read(int jailfd, struct store_watch *ret)
{
	struct store_watch w;
	ssize_t n = fgetxattr(jailfd, PREFIX "watch", &w, sizeof(w));

	if (n < 0)
		return errno == ERANGE ? -EBADMSG : negative_errno();
	if (n != (ssize_t)sizeof(w))
		return -EBADMSG;
	*ret = w;
	return 0;
}

int store_dev_read(int jailfd, uint32_t *ret)
{
	uint32_t dev;
	ssize_t n = fgetxattr(jailfd, PREFIX "dev", &dev, sizeof(dev));

	if (n < 0)
		return negative_errno();
	if (n != (ssize_t)sizeof(dev))
		return -EBADMSG;
	*ret = dev;
	return 0;
}

int store_dev_write(int jailfd, uint32_t dev)
{
	return fsetxattr(jailfd, PREFIX "dev", &dev, sizeof(dev), 0) < 0 ? negative_errno() : 0;
}

int store_watch_write(int jailfd, const struct store_watch *w)
{
	return fsetxattr(jailfd, PREFIX "watch", w, sizeof(*w), 0) < 0 ? negative_errno() : 0;
}

int store_frozen_read(int jailfd, struct store_frozen *ret)
{
	struct store_frozen f;
	ssize_t n = fgetxattr(jailfd, PREFIX "frozen", &f, sizeof(f));

	if (n < 0 && errno != ERANGE)
		return negative_errno();
	/* Another version wrote it: nobody that we know keeps the jail frozen. */
	*ret = n == (ssize_t)sizeof(f) ? f : (struct store_frozen){0};
	return 0;
}

int store_frozen_write(int jailfd, const struct store_frozen *f)
{
	return fsetxattr(jailfd, PREFIX "frozen", f, sizeof(*f), 0) < 0 ? negative_errno() : 0;
}

int store_frozen_drop(int jailfd)
{
	return fremovexattr(jailfd, PREFIX "frozen") < 0 && errno != ENODATA ? negative_errno() : 0;
}

static void piece_name(char *buf, size_t size, unsigned piece)
{
	if (piece == 0)
		(void)snprintf(buf, size, PREFIX "params");
	else
		(void)snprintf(buf, size, PREFIX "params%u", piece);
}

int store_params_write(int jailfd, const struct jail_params *p)
{
	_cleanup_free_ void *bytes = NULL;
	char attr[64];
	size_t size, done = 0;
	unsigned piece = 0;
	int r = params_encode(p, &bytes, &size);

	if (r < 0)
		return r;
	if (size > (size_t)PIECES_MAX * PIECE_MAX)
		return -E2BIG;
	do {
		size_t n = size - done < PIECE_MAX ? size - done : PIECE_MAX;

		piece_name(attr, sizeof(attr), piece++);
		if (fsetxattr(jailfd, attr, (const char *)bytes + done, n, 0) < 0)
			return negative_errno();
		done += n;
		/* A full piece says that another follows. */
		if (done == size && n < PIECE_MAX)
			break;
	} while (piece < PIECES_MAX);
	piece_name(attr, sizeof(attr), piece);
	while (piece < PIECES_MAX && fremovexattr(jailfd, attr) == 0)
		piece_name(attr, sizeof(attr), ++piece);
	return 0;
}

int store_params_read(int jailfd, struct jail_params **ret)
{
	_cleanup_free_ char *bytes = NULL;
	char attr[64], first[4096];
	size_t size = 0;

	/* Nearly every jail fits the small buffer: one call, no allocation. */
	ssize_t n = fgetxattr(jailfd, PREFIX "params", first, sizeof(first));

	if (n >= 0)
		return params_decode(first, (size_t)n, ret);
	if (errno != ERANGE)
		return negative_errno();
	for (unsigned piece = 0; piece < PIECES_MAX; piece++) {
		char *grown = realloc(bytes, size + PIECE_MAX);

		if (grown == NULL)
			return -ENOMEM;
		bytes = grown;
		piece_name(attr, sizeof(attr), piece);
		n = fgetxattr(jailfd, attr, bytes + size, PIECE_MAX);
		if (n < 0)
			return errno == ENODATA ? -EBADMSG : negative_errno();
		size += (size_t)n;
		if ((size_t)n < PIECE_MAX)
			return params_decode(bytes, size, ret);
	}
	return -EBADMSG;
}

int store_params_same(int jailfd, const struct jail_params *p)
{
	struct jail_params *recorded = NULL;
	_cleanup_free_ void *a = NULL, *b = NULL;
	size_t asize = 0, bsize = 0;
	int r = store_params_read(jailfd, &recorded);

	if (r == 0)
		r = params_encode(recorded, &a, &asize);
	if (r == 0)
		r = params_encode(p, &b, &bsize);
	jail_params_free(recorded);
	return r < 0 ? r : asize == bsize && memcmp(a, b, asize) == 0;
}

static void jid_attribute(char *buf, size_t size, uint32_t jid)
{
	(void)snprintf(buf, size, PREFIX "jid.%u", jid);
}

int store_jid_name(const struct tree *t, uint32_t jid, char ret[JAIL_NAME_MAX + 1])
{
	char attr[64], name[JAIL_NAME_MAX + 1];
	_cleanup_close_ int fd = -1;
	struct store_state s;
	ssize_t n;

	jid_attribute(attr, sizeof(attr), jid);
	n = fgetxattr(t->fd, attr, name, sizeof(name) - 1);
	if (n <= 0)
		return n == 0 || errno == ENODATA ? -ENOENT : negative_errno();
	name[n] = '\0';
	/* The index may be older than the truth: a jail that ended in the middle of being removed leaves its entry. */
	if (tree_jail_open(t, name, &fd) < 0 || store_state_read(fd, &s) < 0 || s.jid != jid)
		return -ENOENT;
	memcpy(ret, name, (size_t)n + 1);
	return 0;
}

int store_jid_choose(const struct tree *t, uint32_t wanted, uint32_t *ret)
{
	char other[JAIL_NAME_MAX + 1];
	uint32_t last = 0, jid = wanted;

	if (wanted == 0 && fgetxattr(t->fd, PREFIX "next", &last, sizeof(last)) < 0 && errno != ENODATA)
		return negative_errno();
	if (wanted == 0)
		jid = last >= JID_MAX ? 1 : last + 1;
	while (store_jid_name(t, jid, other) == 0) {
		if (wanted != 0)
			return -EEXIST;
		jid = jid >= JID_MAX ? 1 : jid + 1;
	}
	if (wanted == 0 && fsetxattr(t->fd, PREFIX "next", &jid, sizeof(jid), 0) < 0)
		return negative_errno();
	*ret = jid;
	return 0;
}

int store_jid_index(const struct tree *t, uint32_t jid, const char *name)
{
	char attr[64];

	jid_attribute(attr, sizeof(attr), jid);
	return fsetxattr(t->fd, attr, name, strlen(name), 0) < 0 ? negative_errno() : 0;
}

int store_jid_drop(const struct tree *t, uint32_t jid, const char *name)
{
	char attr[64], owner[JAIL_NAME_MAX + 1];
	ssize_t n;

	jid_attribute(attr, sizeof(attr), jid);
	n = fgetxattr(t->fd, attr, owner, sizeof(owner));
	if (n < 0)
		return errno == ENODATA ? 0 : negative_errno();
	if ((size_t)n != strlen(name) || memcmp(owner, name, (size_t)n) != 0)
		return 0;
	return fremovexattr(t->fd, attr) < 0 && errno != ENODATA ? negative_errno() : 0;
}

int store_check_read(const struct tree *t, char **ret, size_t *ret_size)
{
	char first[1024];
	char *names;
	ssize_t n = fgetxattr(t->fd, PREFIX "check", first, sizeof(first));

	if (n < 0 && errno == ENODATA)
		n = 0;
	if (n < 0 && errno != ERANGE)
		return negative_errno();
	names = malloc(n < 0 ? PIECE_MAX + 1 : (size_t)n + 1);
	if (names == NULL)
		return -ENOMEM;
	if (n >= 0) {
		memcpy(names, first, (size_t)n);
	} else {
		n = fgetxattr(t->fd, PREFIX "check", names, PIECE_MAX);
		if (n < 0) {
			int r = negative_errno();

			free(names);
			return r;
		}
	}
	names[n] = '\0';
	*ret = names;
	*ret_size = (size_t)n;
	return 0;
}

static int check_write(const struct tree *t, const char *names, size_t size)
{
	if (size == 0)
		return fremovexattr(t->fd, PREFIX "check") < 0 && errno != ENODATA ? negative_errno() : 0;
	return fsetxattr(t->fd, PREFIX "check", names, size, 0) < 0 ? negative_errno() : 0;
}

/* Offset of `name` in the list, or -1. */
static ssize_t check_find(const char *names, size_t size, const char *name)
{
	for (size_t i = 0; i < size; i += strlen(names + i) + 1)
		if (strcmp(names + i, name) == 0)
			return (ssize_t)i;
	return -1;
}

int store_check_add(const struct tree *t, const char *name)
{
	_cleanup_free_ char *names = NULL;
	char *grown;
	size_t size, length = strlen(name) + 1;
	int r = store_check_read(t, &names, &size);

	if (r < 0)
		return r;
	if (check_find(names, size, "*") >= 0 || check_find(names, size, name) >= 0)
		return 0;
	if (size + length > PIECE_MAX)
		return check_write(t, "*", 2);
	grown = realloc(names, size + length);
	if (grown == NULL)
		return -ENOMEM;
	names = grown;
	memcpy(names + size, name, length);
	return check_write(t, names, size + length);
}

int store_check_drop(const struct tree *t, const char *name)
{
	_cleanup_free_ char *names = NULL;
	size_t size, length = strlen(name) + 1;
	ssize_t at;
	int r = store_check_read(t, &names, &size);

	if (r < 0)
		return r;
	at = check_find(names, size, name);
	if (at < 0)
		return 0;
	memmove(names + at, names + at + length, size - (size_t)at - length);
	return check_write(t, names, size - length);
}

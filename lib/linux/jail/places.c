/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * places.c: see places.h. A mount table shows only what lies beneath the reader's root. So beside the root of each
 * namespace, every directory that a process holds on a mount that was not seen yet is followed up to where ".." ends,
 * and the table is read from there. What is still unknown afterwards is a mount in no namespace.
 */
#include "places.h"

#include <linux/nsfs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "../../util.h"
#include "../error.h"
#include "../sys.h"

#define PLACES_MAX 512
#define STEPS_MAX 65536 /* directories above one another */

bool places_knows(const struct places *p, uint64_t mount)
{
	for (size_t i = 0; i < p->nknown; i++)
		if (p->known[i] == mount)
			return true;
	return false;
}

static int learn(struct places *p, const struct mount_table *t)
{
	uint64_t *more = realloc(p->known, (p->nknown + t->count + 1) * sizeof(*more));

	if (more == NULL)
		return -ENOMEM;
	p->known = more;
	for (size_t i = 0; i < t->count; i++)
		p->known[p->nknown++] = t->line[i].id;
	return 0;
}

int places_home(const struct places *p)
{
	if (setns(p->home, CLONE_NEWNS) < 0 || fchdir(p->home_root) < 0 || chroot(".") < 0)
		return negative_errno();
	return 0;
}

int places_enter(const struct places *p, size_t place)
{
	const struct place *to = &p->item[place];

	if (setns(to->ns, CLONE_NEWNS) < 0)
		return negative_errno();
	if (to->root >= 0 && (fchdir(to->root) < 0 || chroot(".") < 0))
		return negative_errno();
	return 0;
}

/* Whose users a namespace belongs to; 0: it can't be told. */
static uint64_t owner(int ns)
{
	_cleanup_close_ int users = ioctl(ns, NS_GET_USERNS);
	struct stat st;

	return users >= 0 && fstat(users, &st) == 0 ? st.st_ino : 0;
}

/* Takes both descriptors. */
static int add(struct places *p, int ns, int root)
{
	_cleanup_close_ int own = ns, own_root = root;
	struct place *more;
	struct stat st;

	if (fstat(ns, &st) < 0)
		return negative_errno();
	for (size_t i = 0; root < 0 && i < p->count; i++)
		if (p->item[i].ino == st.st_ino && p->item[i].root < 0)
			return 0;
	if (p->count >= PLACES_MAX)
		return -E2BIG;
	more = realloc(p->item, (p->count + 1) * sizeof(*more));
	if (more == NULL)
		return -ENOMEM;
	p->item = more;
	more[p->count] = (struct place){.ns = take_fd(&own),
	    .root = take_fd(&own_root),
	    .ino = st.st_ino,
	    .host = st.st_ino == p->home_ino,
	    .other_users = false};
	if (p->count > 0 && owner(ns) != owner(more[0].ns)) {
		more[p->count].host = more[p->count].host || owner(ns) == owner(p->home);
		more[p->count].other_users = !more[p->count].host;
	}
	p->count++;
	return 0;
}

/* What a process is in, and what it keeps a descriptor of. */
static int collect(void *arg, const struct reference *r)
{
	struct places *p = arg;
	char link[16];
	ssize_t n = readlinkat(r->thread, r->file, link, sizeof(link) - 1);
	int ns;

	if (n < 0)
		return errno == ENOENT || errno == ESRCH ? 0 : negative_errno();
	link[n] = '\0';
	if (strncmp(link, "mnt:[", 5) != 0)
		return 0;
	ns = openat(r->thread, r->file, O_RDONLY | O_CLOEXEC);
	if (ns < 0)
		return errno == ENOENT || errno == ESRCH ? 0 : negative_errno();
	/* A directory may have such a name. */
	if (ioctl(ns, NS_GET_NSTYPE) != CLONE_NEWNS) {
		(void)close_fd(ns);
		return 0;
	}
	return add(p, ns, -1);
}

/* Read the table from a place; a namespace that is kept by a mount of its file is one more place. */
static int look(struct places *p, size_t place)
{
	struct mount_table t = MOUNT_TABLE_NONE;
	int r = places_enter(p, place);

	if (r == 0)
		r = mount_table_read(p->proc, "self", &t);
	if (r == 0)
		r = learn(p, &t);
	for (size_t i = 0; r == 0 && i < t.count; i++) {
		int ns;

		if (strcmp(t.line[i].type, "nsfs") != 0 || strncmp(t.line[i].root, "mnt:[", 5) != 0)
			continue;
		ns = sys_openat2(AT_FDCWD, t.line[i].where, O_RDONLY, 0, RESOLVE_NO_SYMLINKS);
		if (ns < 0)
			r = -EBUSY;
		else if (ioctl(ns, NS_GET_NSTYPE) == CLONE_NEWNS)
			r = add(p, ns, -1);
		else
			(void)close_fd(ns);
	}
	mount_table_free(&t);
	return r;
}

/* ------------------------------------------------------------------------------------------------- roots of others */

struct lost {
	struct places *p;
	struct place item[PLACES_MAX]; /* root: the directory */
	uint64_t mount[PLACES_MAX];
	size_t count;
};

/* A directory on a mount that no table has shown. */
static int note_lost(void *arg, const struct reference *r)
{
	struct lost *l = arg;
	_cleanup_close_ int fd = -1, ns = -1;
	struct mount_object o;

	if (places_knows(l->p, r->mount))
		return 0;
	for (size_t i = 0; i < l->count; i++)
		if (l->mount[i] == r->mount)
			return 0;
	fd = openat(r->thread, r->file, O_PATH | O_CLOEXEC);
	if (fd < 0 || mount_object(fd, &o) < 0 || !S_ISDIR(o.mode))
		return 0;
	if (l->count >= PLACES_MAX)
		return -E2BIG;
	ns = member_open(r->member, "ns/mnt", O_RDONLY);
	if (ns < 0)
		return ns == -ESRCH ? 0 : ns;
	l->mount[l->count] = o.mount;
	l->item[l->count++] = (struct place){.ns = take_fd(&ns), .root = take_fd(&fd)};
	return 0;
}

/* The directory where ".." ends. */
static int climb(int *fd)
{
	struct mount_object here, above;
	int r = mount_object(*fd, &here);

	for (unsigned steps = 0; r == 0 && steps < STEPS_MAX; steps++) {
		int up = sys_openat2(*fd, "..", O_PATH | O_DIRECTORY, 0, 0);

		if (up < 0)
			return negative_errno();
		r = mount_object(up, &above);
		(void)close_fd(*fd);
		*fd = up;
		if (r == 0 && above.mount == here.mount && above.ino == here.ino)
			return 0;
		here = above;
	}
	return r < 0 ? r : -E2BIG;
}

/* Is it a root of a namespace after all? A mount that is in none stays unknown: the caller of places_find() sees. */
static int follow(struct places *p, struct place *lost, uint64_t mount)
{
	struct mount_table t = MOUNT_TABLE_NONE;
	int r;

	if (places_knows(p, mount))
		return 0;
	if (setns(lost->ns, CLONE_NEWNS) < 0)
		return negative_errno();
	if (climb(&lost->root) < 0 || fchdir(lost->root) < 0 || chroot(".") < 0)
		return 0;
	r = mount_table_read(p->proc, "self", &t);
	if (r == 0 && mount_table_find(&t, mount) != NULL) {
		r = learn(p, &t);
		if (r == 0)
			r = add(p, take_fd(&lost->ns), take_fd(&lost->root));
	}
	mount_table_free(&t);
	return r;
}

static int follow_lost(struct places *p)
{
	struct lost *l = calloc(1, sizeof(*l));
	int r;

	if (l == NULL)
		return -ENOMEM;
	l->p = p;
	r = references_each(p->jailfd, note_lost, l);
	for (size_t i = 0; i < l->count; i++) {
		if (r == 0)
			r = follow(p, &l->item[i], l->mount[i]);
		(void)close_fd(l->item[i].ns);
		(void)close_fd(l->item[i].root);
	}
	free(l);
	return r;
}

static int learn_of(struct places *p, const char *who)
{
	struct mount_table t = MOUNT_TABLE_NONE;
	int r = mount_table_read(p->proc, who, &t);

	if (r == 0)
		r = learn(p, &t);
	mount_table_free(&t);
	return r;
}

/*
 * What a program inside was started with (its output, say) was opened on a mount of the host's: as the caller sees it,
 * or the processes that started the caller, up to the first one.
 */
static int learn_host(struct places *p)
{
	char who[24] = "self", path[48], text[1024];
	int r = learn_of(p, who);

	for (unsigned steps = 0; r == 0 && steps < 64; steps++) {
		_cleanup_close_ int fd = -1;
		unsigned parent;
		const char *at;
		ssize_t n;

		(void)snprintf(path, sizeof(path), "%s/stat", who);
		fd = openat(p->proc, path, O_RDONLY | O_CLOEXEC);
		n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
		text[n > 0 ? n : 0] = '\0';
		at = strrchr(text, ')');
		/* ") S 1 ..." */
		if (at == NULL || strlen(at) < 4 || take_unsigned(at + 4, ' ', &parent) == NULL || parent == 0)
			break;
		(void)snprintf(who, sizeof(who), "%u", parent);
		/* One that has just ended has nothing to tell. */
		r = learn_of(p, who);
		if (r == -ENOENT || r == -ESRCH || r == -EINVAL || r == -EACCES)
			return 0;
	}
	return r;
}

static int find(struct places *p, int pidfd)
{
	int r = learn_host(p), ns;

	if (r == 0 && setns(pidfd, CLONE_NEWNS) < 0)
		r = negative_errno();
	if (r < 0)
		return r;
	ns = openat(p->proc, "self/ns/mnt", O_RDONLY | O_CLOEXEC);
	r = ns < 0 ? negative_errno() : add(p, ns, -1);
	if (r == 0)
		r = places_home(p);
	if (r == 0)
		r = references_each(p->jailfd, collect, p);
	for (size_t i = 0; r == 0 && i < p->count; i++)
		r = look(p, i);
	if (r == 0)
		r = places_home(p);
	if (r == 0)
		r = follow_lost(p);
	return r == 0 ? places_home(p) : r;
}

int places_find(struct places *p, int jailfd, int pidfd, struct jail_error *err)
{
	struct stat st;
	int r;

	p->jailfd = jailfd;
	p->proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	p->home = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	p->home_root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	r = p->proc < 0 || p->home < 0 || p->home_root < 0 || fstat(p->home, &st) < 0 ? negative_errno() : 0;
	if (r == 0) {
		p->home_ino = st.st_ino;
		r = find(p, pidfd);
	}
	if (r == -EBUSY)
		return jail_error_set(
		    err, EBUSY, "a mount namespace inside is kept by a file that another mount covers");
	if (r == -E2BIG)
		return jail_error_set(err, E2BIG, "its processes have more mounts or mount namespaces than any need");
	return r < 0 ? jail_error_sys(err, -r, "cannot look through its mount namespaces") : 0;
}

void places_free(struct places *p)
{
	for (size_t i = 0; i < p->count; i++) {
		(void)close_fd(p->item[i].ns);
		(void)close_fd(p->item[i].root);
	}
	(void)close_fd(p->proc);
	(void)close_fd(p->home);
	(void)close_fd(p->home_root);
	free(p->item);
	free(p->known);
	*p = (struct places)PLACES_NONE;
}

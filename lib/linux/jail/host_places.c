/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * host_places.c: see host_places.h.
 */
#include "host_places.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>

#include "../../error.h"

#define ATTRIBUTE "trusted.jail.places"
#define SIZE_MAX_ATTRIBUTE 65536u /* XATTR_SIZE_MAX */
#define VERSION 1u

/* As it is kept, the name and its NUL behind it. */
struct kept {
	uint32_t version, flags, length, spare;
	struct host_identity id;
};

int host_places_add(struct host_places *p, uint32_t flags, int fd)
{
	struct kept k = {.version = VERSION, .flags = flags};
	char name[PATH_MAX];
	unsigned char *more;
	int r = host_path_name(fd, name, sizeof(name));

	if (r < 0 || strcmp(name, "/") == 0)
		return r;
	r = host_identity_of(fd, &k.id);
	if (r < 0)
		return r;
	k.length = (uint32_t)strlen(name) + 1;
	more = realloc(p->bytes, p->size + sizeof(k) + k.length);
	if (more == NULL)
		return -ENOMEM;
	memcpy(more + p->size, &k, sizeof(k));
	memcpy(more + p->size + sizeof(k), name, k.length);
	p->bytes = more;
	p->size += sizeof(k) + k.length;
	return 0;
}

bool host_places_next(const struct host_places *p, size_t *at, struct host_place *ret)
{
	struct kept k;
	const char *name;

	if (p->size - *at < sizeof(k))
		return false;
	memcpy(&k, p->bytes + *at, sizeof(k));
	if (k.version != VERSION || k.length == 0 || k.length > p->size - *at - sizeof(k))
		return false;
	name = (const char *)p->bytes + *at + sizeof(k);
	if (name[0] != '/' || name[k.length - 1] != '\0')
		return false;
	*ret = (struct host_place){.flags = k.flags, .id = k.id, .name = name};
	*at += sizeof(k) + k.length;
	return true;
}

bool host_places_root(const struct host_places *p, struct host_place *ret)
{
	struct host_place place;

	for (size_t at = 0; host_places_next(p, &at, &place);)
		if ((place.flags & HOST_PLACE_ROOT) != 0) {
			*ret = place;
			return true;
		}
	return false;
}

void host_places_free(struct host_places *p)
{
	free(p->bytes);
	*p = (struct host_places)HOST_PLACES_NONE;
}

int host_places_write(int jailfd, const struct host_places *p)
{
	if (p->size == 0)
		return 0;
	if (p->size > SIZE_MAX_ATTRIBUTE)
		return -E2BIG;
	return fsetxattr(jailfd, ATTRIBUTE, p->bytes, p->size, 0) < 0 ? negative_errno() : 0;
}

int host_places_read(int jailfd, struct host_places *ret)
{
	unsigned char first[1024], *bytes;
	ssize_t n = fgetxattr(jailfd, ATTRIBUTE, first, sizeof(first));

	*ret = (struct host_places)HOST_PLACES_NONE;
	if (n < 0 && errno != ERANGE)
		return errno == ENODATA ? 0 : negative_errno();
	bytes = malloc(n < 0 ? SIZE_MAX_ATTRIBUTE : (size_t)n + 1);
	if (bytes == NULL)
		return -ENOMEM;
	if (n >= 0)
		memcpy(bytes, first, (size_t)n);
	else
		n = fgetxattr(jailfd, ATTRIBUTE, bytes, SIZE_MAX_ATTRIBUTE);
	if (n < 0) {
		int r = negative_errno();

		free(bytes);
		return r;
	}
	ret->bytes = bytes;
	ret->size = (size_t)n;
	return 0;
}

int host_places_note(int jailfd, uint32_t flags)
{
	struct host_places p;
	struct host_place place;
	struct kept k;
	int r = host_places_read(jailfd, &p);

	for (size_t at = 0, next = 0; r == 0 && host_places_next(&p, &next, &place); at = next) {
		if ((place.flags & HOST_PLACE_ROOT) == 0 || (place.flags & flags) == flags)
			continue;
		memcpy(&k, p.bytes + at, sizeof(k));
		k.flags |= flags;
		memcpy(p.bytes + at, &k, sizeof(k));
		r = host_places_write(jailfd, &p);
	}
	host_places_free(&p);
	return r;
}

int host_place_is(const struct host_place *p, int fd)
{
	struct host_identity id;
	int r = host_identity_of(fd, &id);

	return r < 0 ? r : host_identity_same(&id, &p->id);
}

int host_place_open(const struct host_place *p, struct jail_error *err)
{
	_cleanup_close_ int fd = host_path_open(-1, p->name, O_DIRECTORY, err);
	int r;

	/* EPERM: a user has mounted something over it. */
	if (fd < 0 && fd != -ENOENT && fd != -ENOTDIR && fd != -ELOOP && fd != -EPERM)
		return fd;
	r = fd < 0 ? 0 : host_place_is(p, fd);
	if (r < 0)
		return jail_error_sys(err, -r, "%s", p->name);
	if (r > 0)
		return take_fd(&fd);
	return jail_error_set(err, ESTALE, "%s was moved or replaced since the jail was made", p->name);
}

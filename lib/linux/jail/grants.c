/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * grants.c: see grants.h. Kept in `trusted.jail.mounts`: for each mount four strings, each with its NUL. It may not
 * know how a mount is found or taken away.
 */
#include "grants.h"

#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>

#include "../../util.h"

#define ATTRIBUTE "trusted.jail.mounts"
#define SIZE_MAX_ 65536u /* XATTR_SIZE_MAX */
#define STRINGS 4

/* Make the items of the text; the text has at least one byte behind its end. */
static int index_text(struct grants *g)
{
	size_t strings = 0, n = 0;
	const char *part[STRINGS], *at = g->text;

	for (size_t i = 0; i < g->size; i++)
		strings += g->text[i] == '\0';
	free(g->item);
	g->count = 0;
	g->item = calloc(strings / STRINGS + 1, sizeof(*g->item));
	if (g->item == NULL)
		return -ENOMEM;
	if (strings % STRINGS != 0 || (g->size > 0 && g->text[g->size - 1] != '\0'))
		return -EBADMSG;
	for (; at < g->text + g->size; at += strlen(at) + 1) {
		struct grant *to = &g->item[g->count];
		const char *rest;

		part[n++] = at;
		if (n < STRINGS)
			continue;
		n = 0;
		*to = (struct grant){.source = part[0], .target = part[1], .root = part[3]};
		rest = take_unsigned(take_unsigned(part[2], ':', &to->major), ' ', &to->minor);
		if (take_unsigned(take_unsigned(rest, ':', &to->stat_major), '\0', &to->stat_minor) == NULL)
			return -EBADMSG;
		g->count++;
	}
	return 0;
}

int grants_read(int jailfd, struct grants *ret)
{
	struct grants g = {.text = malloc(SIZE_MAX_ + 1)};
	ssize_t n;
	int r = 0;

	if (g.text == NULL)
		return -ENOMEM;
	n = fgetxattr(jailfd, ATTRIBUTE, g.text, SIZE_MAX_);
	if (n < 0 && errno != ENODATA)
		r = negative_errno();
	g.size = n > 0 ? (size_t)n : 0;
	if (r == 0)
		r = index_text(&g);
	if (r < 0) {
		grants_free(&g);
		return r;
	}
	*ret = g;
	return 0;
}

int grants_write(int jailfd, const struct grants *g)
{
	if (g->size == 0)
		return fremovexattr(jailfd, ATTRIBUTE) < 0 && errno != ENODATA ? negative_errno() : 0;
	return fsetxattr(jailfd, ATTRIBUTE, g->text, g->size, 0) < 0 ? negative_errno() : 0;
}

int grants_add(struct grants *g, const struct grant *one)
{
	char numbers[64], *more;
	const char *part[STRINGS] = {one->source != NULL ? one->source : "", one->target, numbers, one->root};
	size_t size = g->size;

	(void)snprintf(
	    numbers, sizeof(numbers), "%u:%u %u:%u", one->major, one->minor, one->stat_major, one->stat_minor);
	for (size_t i = 0; i < STRINGS; i++)
		size += strlen(part[i]) + 1;
	if (size > SIZE_MAX_)
		return -E2BIG;
	more = malloc(size + 1);
	if (more == NULL)
		return -ENOMEM;
	if (g->size > 0)
		memcpy(more, g->text, g->size);
	size = g->size;
	for (size_t i = 0; i < STRINGS; i++) {
		memcpy(more + size, part[i], strlen(part[i]) + 1);
		size += strlen(part[i]) + 1;
	}
	free(g->text);
	g->text = more;
	g->size = size;
	return index_text(g);
}

const struct grant *grants_find(const struct grants *g, const char *source, const char *target)
{
	for (size_t i = 0; i < g->count; i++)
		if (strcmp(g->item[i].target, target) == 0 &&
		    strcmp(g->item[i].source, source != NULL ? source : "") == 0)
			return &g->item[i];
	return NULL;
}

void grants_free(struct grants *g)
{
	free(g->text);
	free(g->item);
	*g = (struct grants)GRANTS_NONE;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * victims.c: see victims.h. /dev/kmsg gives a record a read: "oom-kill:...,oom_memcg=/jail/web,task_memcg=/jail/web,
 * task=NAME,pid=N,uid=N". A program chooses its name: it may hold anything but what the kernel writes behind it.
 */
#include "victims.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "tree.h"
#include "util.h"

#define RECORD_MAX 8192 /* the longest that the kernel gives */
#define VICTIMS_MAX 16

struct victims {
	char name[VICTIMS_MAX][64];
	size_t count; /* of all that there were */
};

/* Does the path of a group end with `jail/RELATIVE`, or go on beneath it? */
static bool in_jail(const char *path, size_t length, const char *relative)
{
	char end[JAIL_NAME_MAX + 16];
	size_t n = (size_t)snprintf(end, sizeof(end), "/jail/%s", relative);
	const char *at = memmem(path, length, end, n);

	return at != NULL && (at + n == path + length || at[n] == '/');
}

static void take(struct victims *v, char *record, const char *relative)
{
	static const char group[] = ",task_memcg=", task[] = ",task=", pid[] = ",pid=";
	char *kill = strstr(record, "oom-kill:"), *path, *name, *number, *end;

	if (kill == NULL || (path = strstr(kill, group)) == NULL || (name = strstr(path, task)) == NULL)
		return;
	path += sizeof(group) - 1;
	if (!in_jail(path, (size_t)(name - path), relative))
		return;
	name += sizeof(task) - 1;
	for (number = NULL, end = name; (end = strstr(end, pid)) != NULL; end++)
		number = end;
	if (number == NULL)
		return;
	*number = '\0';
	(void)snprintf(v->name[v->count++ % VICTIMS_MAX], sizeof(v->name[0]), "%.40s[%lu]", name,
	    strtoul(number + sizeof(pid) - 1, NULL, 10));
}

int victims_report(const char *jail, struct jail_params *p)
{
	_cleanup_close_ int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	_cleanup_free_ struct victims *v = calloc(1, sizeof(*v));
	_cleanup_free_ char *record = malloc(RECORD_MAX + 1);
	char relative[JAIL_NAME_MAX + 1];
	ssize_t n = 0;
	int r = 0;

	if (v == NULL || record == NULL)
		return -ENOMEM;
	tree_relative(jail, relative);
	/* EPIPE: records were overwritten meanwhile, the next read goes on behind them. */
	while (fd >= 0 && ((n = read(fd, record, RECORD_MAX)) > 0 || (n < 0 && (errno == EPIPE || errno == EINTR)))) {
		record[n > 0 ? n : 0] = '\0';
		take(v, record, relative);
	}
	for (size_t i = v->count > VICTIMS_MAX ? v->count - VICTIMS_MAX : 0; r == 0 && i < v->count; i++)
		r = params_report_item(p, "limit.victims", v->name[i % VICTIMS_MAX]);
	return r;
}

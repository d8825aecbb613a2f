/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ipclimit.c: see ipclimit.h.
 */
#include "ipclimit.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "error.h"
#include "util.h"

#define SHM_PAGE 4096u

/* `field` counts from 0 in a file of several numbers. What a new name space has is what is written for no limit. */
static const struct file {
	enum policy_limit limit;
	const char *name;
	unsigned field, fields;
	uint64_t unit, none;
} table[] = {
    {POLICY_L_NMSGQ, "msgmni", 0, 1, 1, 32000},
    {POLICY_L_MSGQSIZE, "msgmnb", 0, 1, 1, 16384},
    {POLICY_L_NSEM, "sem", 1, 4, 1, 1024000000},
    {POLICY_L_NSEMOP, "sem", 2, 4, 1, 500},
    {POLICY_L_NSHM, "shmmni", 0, 1, 1, 4096},
    {POLICY_L_SHMSIZE, "shmall", 0, 1, SHM_PAGE, UINT64_C(18446744073692774399)},
};

bool ipclimit_is(enum policy_limit limit)
{
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (table[i].limit == limit)
			return true;
	return false;
}

bool ipclimit_any(const struct policy_record *record)
{
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (record->limit[table[i].limit] != POLICY_UNLIMITED)
			return true;
	return false;
}

bool ipclimit_shared(const struct policy_record *record)
{
	return record->sysvmsg == POLICY_IPC_INHERIT || record->sysvsem == POLICY_IPC_INHERIT ||
	       record->sysvshm == POLICY_IPC_INHERIT;
}

int ipclimit_check(const struct plan *plan, struct jail_error *err)
{
	if (!ipclimit_shared(&plan->record))
		return 0;
	for (size_t i = 0; i < plan->nlimits; i++) {
		const struct plan_limit *l = &plan->limit[i];

		if (!ipclimit_is(l->limit))
			continue;
		(void)jail_error_set(err, EINVAL, "can't limit IPC objects that are the host's");
		jail_error_param(err, limit_row_of(l->limit)->param);
		jail_error_origin(err, l->origin.file, l->origin.line);
		return jail_error_hint(err, EINVAL, "give the jail its own: sysvmsg, sysvsem, sysvshm = new");
	}
	return 0;
}

int ipclimit_open(void)
{
	int fd = open("/proc/sys/kernel", O_PATH | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? negative_errno() : fd;
}

/* A file of several numbers is written as a whole. */
static int write_field(int dirfd, const struct file *f, uint64_t value)
{
	_cleanup_close_ int fd = openat(dirfd, f->name, O_RDWR | O_CLOEXEC);
	char text[128], out[160], *at = text, *end;
	size_t used = 0;
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (n < 0)
		return negative_errno();
	text[n] = '\0';
	for (unsigned i = 0; i < f->fields; i++, at = end) {
		uint64_t old = strtoull(at, &end, 10);

		used += (size_t)snprintf(
		    out + used, sizeof(out) - used, "%s%" PRIu64, i > 0 ? "\t" : "", i == f->field ? value : old);
	}
	return pwrite(fd, out, used, 0) == (ssize_t)used ? 0 : negative_errno();
}

int ipclimit_apply(int dirfd, const struct policy_record *was, const struct policy_record *will, struct jail_error *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		const struct file *f = &table[i];
		uint64_t value = will->limit[f->limit], before = was != NULL ? was->limit[f->limit] : POLICY_UNLIMITED;
		char param[64];
		int r;

		if (value == before)
			continue;
		r = write_field(dirfd, f, value == POLICY_UNLIMITED ? f->none : value / f->unit);
		if (r == 0)
			continue;
		(void)snprintf(param, sizeof(param), "limit.%s", policy_limit_name(f->limit));
		(void)jail_error_sys(err, -r, "cannot write /proc/sys/kernel/%s of its IPC name space", f->name);
		jail_error_param(err, param);
		return r;
	}
	return 0;
}

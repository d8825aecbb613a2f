/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * limit.c: see limit.h.
 */
#include "limit.h"

#include <stdio.h>

#include "../port.h"
#include "disk.h"
#include "error.h"
#include "ipclimit.h"
#include "watching.h"

static const struct {
	enum limit_means hard; /* deny and throttle */
	enum limit_means soft; /* log and signals */
	const char *without;   /* why there are no means */
} means[POLICY_L_COUNT] = {
    [POLICY_L_MEMORYUSE] = {.hard = LIMIT_BY_GROUP, .soft = LIMIT_BY_WATCH},
    [POLICY_L_MEMORYUSE_SOFT] = {.hard = LIMIT_BY_GROUP},
    [POLICY_L_SWAPUSE] = {.hard = LIMIT_BY_GROUP, .soft = LIMIT_BY_WATCH},
    [POLICY_L_PCPU] = {.hard = LIMIT_BY_GROUP},
    [POLICY_L_MAXPROC] = {.hard = LIMIT_BY_GROUP, .soft = LIMIT_BY_WATCH},
    [POLICY_L_NTHR] = {.hard = LIMIT_BY_GROUP, .soft = LIMIT_BY_WATCH},
    [POLICY_L_READBPS] = {.hard = LIMIT_BY_GROUP},
    [POLICY_L_WRITEBPS] = {.hard = LIMIT_BY_GROUP},
    [POLICY_L_READIOPS] = {.hard = LIMIT_BY_GROUP},
    [POLICY_L_WRITEIOPS] = {.hard = LIMIT_BY_GROUP},
    [POLICY_L_MEMORYLOCKED] = {.hard = LIMIT_BY_PROCESS},
    [POLICY_L_NETRATE_IN] = {.hard = LIMIT_BY_NET},
    [POLICY_L_NETRATE_OUT] = {.hard = LIMIT_BY_NET},
    [POLICY_L_OPENFILES] = {.hard = LIMIT_BY_PROCESS},
    [POLICY_L_FSIZE] = {.hard = LIMIT_BY_PROCESS},
    [POLICY_L_COREDUMPSIZE] = {.hard = LIMIT_BY_PROCESS},
    [POLICY_L_DATASIZE] = {.hard = LIMIT_BY_PROCESS},
    [POLICY_L_STACKSIZE] = {.hard = LIMIT_BY_PROCESS},
    [POLICY_L_VMEMORYUSE] = {.hard = LIMIT_BY_PROCESS},
    [POLICY_L_PSEUDOTERMINALS] = {.hard = LIMIT_BY_DEVPTS},
    [POLICY_L_MSGQQUEUED] = {.without = "this kernel counts the bytes of messages, not messages: use limit.msgqsize"},
    [POLICY_L_MSGQSIZE] = {.hard = LIMIT_BY_IPC},
    [POLICY_L_NMSGQ] = {.hard = LIMIT_BY_IPC},
    [POLICY_L_NSEM] = {.hard = LIMIT_BY_IPC},
    [POLICY_L_NSEMOP] = {.hard = LIMIT_BY_IPC},
    [POLICY_L_NSHM] = {.hard = LIMIT_BY_IPC},
    [POLICY_L_SHMSIZE] = {.hard = LIMIT_BY_IPC},
    [POLICY_L_DISK] = {.hard = LIMIT_BY_DISK},
    [POLICY_L_INODES] = {.hard = LIMIT_BY_DISK},
    [POLICY_L_CPUTIME] = {.soft = LIMIT_BY_WATCH},
    [POLICY_L_WALLCLOCK] = {.soft = LIMIT_BY_WATCH},
};

/* The kernel kills all of a group itself when its memory is at an end; other signals somebody must send. */
enum limit_means limit_means_of(const struct plan_limit *l)
{
	if (limit_kills(l))
		return LIMIT_BY_GROUP;
	return l->action == LIMIT_DENY || l->action == LIMIT_THROTTLE ? means[l->limit].hard : means[l->limit].soft;
}

static int refuse(const struct plan_limit *l, const char *why, struct jail_error *err)
{
	(void)jail_error_set(err, ENOTSUP, "%s", why);
	jail_error_param(err, limit_row_of(l->limit)->param);
	jail_error_origin(err, l->origin.file, l->origin.line);
	return -ENOTSUP;
}

static int check_one(const struct plan *plan, const struct plan_limit *l, struct jail_error *err)
{
	char why[64], word[16];

	switch (limit_means_of(l)) {
	case LIMIT_NO_MEANS:
		(void)snprintf(why, sizeof(why), "%s is not available in this version",
		    limit_action_name(l->action, l->signal, word));
		return refuse(l, means[l->limit].without != NULL ? means[l->limit].without : why, err);
	case LIMIT_BY_DEVPTS:
		return plan->devfs ? 0 : refuse(l, "without mount.devfs there are no terminals of its own", err);
	default:
		return 0;
	}
}

int limit_check(const struct plan *plan, struct jail_error *err)
{
	int r = ipclimit_check(plan, err);

	if (r == 0)
		r = disk_check(plan, err);
	if (r == 0)
		r = watching_check(plan, err);
	for (size_t i = 0; r == 0 && i < plan->nlimits; i++)
		r = check_one(plan, &plan->limit[i], err);
	return r;
}

const char *port_limit_gap(const struct policy_record *record, enum policy_limit limit)
{
	const uint64_t sockets = POLICY_BIT(POLICY_P_RAW_SOCKETS) | POLICY_BIT(POLICY_P_SOCKET_AF);

	if (ipclimit_is(limit) && (record->allow & POLICY_BIT(POLICY_P_USERNS)) != 0)
		return "allow.userns gives IPC namespaces that have the kernel's own limits";
	if (limit == POLICY_L_PSEUDOTERMINALS && (record->allow & POLICY_BIT(POLICY_P_MOUNT)) != 0)
		return "allow.mount gives terminals of further devpts file systems";
	if (limit == POLICY_L_NETRATE_OUT && (record->allow & sockets) != 0)
		return "packet sockets (allow.raw_sockets, allow.socket_af) pass its counter by";
	return NULL;
}

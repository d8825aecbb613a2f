/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * donor.h: a process that lives for some hundred microseconds to own a jail's new user, network, UTS and IPC namespaces
 * until the jail's first process has joined them. It is what lets that first process stay root of the host while it
 * mounts, and yet leaves each of those namespaces to the jail's own users.
 */
#ifndef LINUX_DONOR_H
#define LINUX_DONOR_H

#include <jail.h>
#include <sys/types.h>

struct donor {
	pid_t pid;    /* 0: none */
	int pidfd;    /* for setns(2) */
	int users_fd; /* its user namespace */
	struct donor_stack *stack;
	int leash; /* it ends when this is closed, and so with us */
};

#define DONOR_NONE                                                                                                     \
	{                                                                                                              \
		.pidfd = -1, .users_fd = -1, .leash = -1                                                               \
	}

/*
 * `namespaces`: CLONE_NEWUSER and any of CLONE_NEWNET, NEWUTS, NEWIPC. Ids 0.. inside are `base`.. in the numbers of
 * the parent namespace, which is `parent_users` (-1: ours). After donor_start() the pidfd may be used; after
 * donor_map() the user namespace. All users of it together may have `processes` (0: no such limit), and it belongs to
 * `owner`, in the numbers of the host, by which the kernel counts them (0: it belongs to us; within a parent jail, to
 * that jail's root).
 */
int donor_start(
    struct donor *d, int namespaces, int parent_users, uint32_t owner, uint32_t processes, struct jail_error *err);
int donor_map(struct donor *d, uint32_t base, uint32_t count, int parent_users, struct jail_error *err);
/* Not needed any more: it ends by itself. */
void donor_release(struct donor *d);
/* And wait for that. */
void donor_end(struct donor *d);

#endif

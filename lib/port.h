/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * port.h: the one interface between the portable library (life.c) and a kernel's port (lib/linux, later lib/netbsd),
 * chosen when building. Besides these, a port implements the functions of jail.h that only read or enter: jail_get,
 * jail_list*, jail_open, jail_exec, jail_events_*, jail_check, jail_sweep.
 */
#ifndef PORT_H
#define PORT_H

#include "plan.h"

/* A jail that this process is making. */
struct port_jail;

/*
 * Does a program (FUSE) answer for the file system of this open file? 1, 0 or -errno, without asking it. `mount`, 0 at
 * first, remembers the last mount for which none does.
 */
int port_is_served(int fd, uint64_t *mount);
/* The policy of a running jail, for its children. ENOENT. */
int port_record(const char *name, struct policy_record *ret, struct jail_error *err);
/*
 * Make everything, up to the moment before the first program runs inside; all or nothing. `params` is what is kept and
 * reported. EEXIST: there is one of that name.
 */
int port_create(struct plan *plan, const struct jail_params *params, const struct jail_options *opts,
    struct port_jail **ret, struct jail_error *err);
/* Why a privilege that such a jail was given does nothing on this kernel, as one phrase; NULL: it does something. */
const char *port_privilege_idle(const struct policy_record *record, enum policy_privilege p);
/* What a jail of this record may do that a limit of it does not hold, as one phrase; NULL: nothing that is known. */
const char *port_limit_gap(const struct policy_record *record, enum policy_limit limit);
/* Let its commands (exec.start, command) run. */
int port_go(struct port_jail *j, struct jail_error *err);
/*
 * Wait for them, relaying terminal and signals; `ret_status` is `command`'s wait status. A failing exec.start, or
 * exec.timeout, is an error; the caller then destroys the jail. A jail with nothing left in it is removed.
 */
int port_wait(struct port_jail *j, int *ret_status, struct jail_error *err);
int port_jid(const struct port_jail *j);
/* Forget the handle; the jail goes on. */
void port_release(struct port_jail *j);
/* Kill and remove the jail, forget the handle. */
void port_destroy(struct port_jail *j);

/*
 * From here to port_stop_end() no other command runs the commands that stop this jail. Waits for one that does. ENOENT:
 * that one has removed the jail, or there is none; EBUSY: it takes too long.
 */
int port_stop_begin(const char *name, int *ret_lock, struct jail_error *err);
void port_stop_end(int lock);
/* TERM to everything inside, and wait at most `timeout` seconds for it to end. ETIMEDOUT: some did not. */
int port_terminate(const char *name, unsigned timeout, struct jail_error *err);
/*
 * Kill what is left, children first, and take everything away. ESTALE: done, but for what it had left in a directory of
 * the host that is another one by now.
 */
int port_remove(const char *name, struct jail_error *err);
/*
 * Make `will` of a running jail; `params` is the complete new set. -ESTALE: it is not any more as `old` and `was` say,
 * look again. `opts` is told what was done otherwise than one may think.
 */
int port_change(const char *name, const struct plan *was, struct plan *will, const struct jail_params *old,
    const struct jail_params *params, const struct jail_options *opts, struct jail_error *err);
/* The full name of a jail given by name or number. ENOENT. */
int port_name(const char *name_or_jid, char ret[JAIL_NAME_MAX + 1], struct jail_error *err);
/* The stored parameters, exactly as they were given, and the number (`ret_jid` may be NULL). */
int port_params(const char *name, struct jail_params **ret, int *ret_jid, struct jail_error *err);
/* Names of the children of a running jail, deepest first: `fn` for each. */
int port_children(const char *name, int (*fn)(void *arg, const char *name), void *arg);
/*
 * Run a command line of the host's or of the jail's (`inside`), as exec.* has it, and wait. On the host it finds JNAME,
 * JPATH and, once the plan has a number, JID in its environment, as jail(8) of FreeBSD has it. `making`: the jail that
 * waits for it, NULL: none; if that is killed meanwhile, so is the command (ECANCELED). Inside, a command without
 * exec.timeout has PLAN_STOP_SECONDS, so that nobody inside can keep the jail from being stopped.
 */
int port_command(const char *name, const struct plan *plan, const struct port_jail *making, bool inside,
    const char *line, int *ret_status, struct jail_error *err);

#endif

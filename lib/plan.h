/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * plan.h: a jail to be made, typed: what a parameter set means, every string checked and parsed, every default filled
 * in, the policy record composed. Pure (reads no file but mount.fstab), so that lib/linux and lib/netbsd never see a
 * parameter's name or text. The plan owns everything it points to.
 */
#ifndef PLAN_H
#define PLAN_H

#include <jail.h>
#include <policy.h>

#include "limit.h"
#include "params.h"

/* plan_mount.options */
#define PLAN_M_RDONLY 0x01u
#define PLAN_M_NOSUID 0x02u
#define PLAN_M_NODEV 0x04u
#define PLAN_M_NOEXEC 0x08u
#define PLAN_M_IDMAP 0x10u   /* nullfs: map owners even where it is not the default */
#define PLAN_M_NOIDMAP 0x20u /* nullfs: leave owners as they are outside */
#define PLAN_M_NOATIME 0x40u
#define PLAN_M_NOSYMFOLLOW 0x80u
#define PLAN_M_NOAUTO 0x100u /* a line of mount.fstab that mount(8) of FreeBSD leaves out */

enum plan_mount_type {
	PLAN_M_NULLFS, /* nullfs, bind */
	PLAN_M_TMPFS,
	PLAN_M_PROCFS, /* procfs, linprocfs */
	PLAN_M_DEVFS,
	PLAN_M_FDESCFS,
	PLAN_M_SYSFS,	/* linsysfs */
	PLAN_M_OVERLAY, /* unionfs, overlay: source (lower directories, ':' between) above what is at the target */
	PLAN_M_BLOCK,	/* any block file system: `fstype` names it */
};

struct plan_mount {
	enum plan_mount_type type;
	char *source; /* host path, or device; NULL where the type has none */
	char *target; /* absolute path as seen inside */
	char *fstype; /* the type's name as written */
	unsigned options;
	uint64_t size;	   /* tmpfs: bytes, 0 = kernel's default */
	uint32_t mode;	   /* tmpfs: permission bits, 01777 when not given */
	uint32_t uid, gid; /* tmpfs: whose its root is, as seen inside */
	uint64_t inodes;   /* tmpfs: files at most, 0 = kernel's default */
	char *data;	   /* further options, comma separated, for PLAN_M_BLOCK and overlay; may be NULL */
	struct param_origin origin;
};

struct plan_device {
	char *path;	 /* beneath /dev, absolute: "/dev/kvm" */
	unsigned access; /* POLICY_DEV_READ | POLICY_DEV_WRITE */
	struct param_origin origin;
};

enum plan_restart { PLAN_RESTART_NEVER, PLAN_RESTART_FAILURE, PLAN_RESTART_ALWAYS };

/* One string of a limit.*; a limit may have several: what denies, what is told before, each device. */
struct plan_limit {
	enum policy_limit limit;
	enum limit_action action;
	int signal;	/* LIMIT_SIGNAL */
	uint64_t value; /* in the unit of its row */
	char *device;	/* a path or "MAJOR:MINOR"; NULL: each beneath a writable mount */
	struct param_origin origin;
};

struct plan_strings {
	char **item; /* NULL terminated */
	size_t count;
};

#define PLAN_NUMBER_SIZE 16
#define PLAN_STOP_SECONDS 60 /* for each command of exec.stop, without exec.timeout */

/*
 * Is it one that the jail can't go beyond, and so its parent's to give? Not what is told or signalled before, and not
 * what holds for one device only.
 */
bool limit_is_hard(const struct plan_limit *l);
/* Is all of the jail killed when its memory is at an end? */
bool limit_kills(const struct plan_limit *l);

struct plan {
	/* identity */
	char *name; /* "" only before a jid gave it one: there is room for PLAN_NUMBER_SIZE bytes then */
	int jid;    /* 0: next free */
	bool persist;
	struct policy_record
	    record; /* users_base 0: to be allocated; devices are filled by the port (it knows numbers) */

	/* host */
	bool host_inherit;
	char *hostname, *domainname, *hostuuid; /* NULL: not set (hostname: the jail's name) */
	bool has_hostid;
	uint32_t hostid;

	/* files */
	char *path; /* absolute, as written, default "/" */
	bool readonly;
	struct plan_strings base;
	bool is_volatile;
	uint64_t volatile_size;	  /* 0: no limit of its own */
	bool shared_tree;	  /* `path` or a base is "/" */
	bool everybody;		  /* of the shared tree it reads what everybody on the host may read, nothing else */
	bool everybody_all;	  /* the same of all its trees and mounts: its parent is held to that */
	struct plan_strings show; /* what of a shared tree is read all the same: absolute paths */
	char *state;		  /* filled by the port: state of services, relative to "/", a NUL after each */
	size_t state_length;
	struct plan_strings hide; /* absolute paths and globs, the defaults of a shared tree filled in */
	struct plan_mount *mount; /* `mount` and mount.fstab, in order */
	size_t nmounts;
	bool devfs, procfs, fdescfs;
	bool devfs_asked, procfs_asked; /* written by the user: then a missing mount point is an error */
	struct plan_device *device;
	size_t ndevices;
	unsigned enforce_statfs;

	/*
	 * limits, as they were written. What the jail is held to is record.limit: the least of those that are hard
	 * (limit_is_hard()), and no more than the parent has.
	 */
	struct plan_limit *limit;
	size_t nlimits;
	bool maxproc_lifted;	    /* limit.maxproc = unlimited: not even the default one */
	unsigned cpushare, ioshare; /* weights, 1..10000; 0: not set */
	char *cpuset, *cpuset_mems; /* "0-3,7"; NULL: not set */

	/* users: inherit in record.flags */
	bool users_fixed; /* users.base was given */

	/* commands */
	char *exec_dir;
	bool init;
	enum plan_restart restart;
	unsigned stop_timeout; /* seconds */
	unsigned exec_timeout; /* seconds, 0: none */
	bool exec_clean;
	char *jail_user, *system_user; /* NULL: root */
	bool system_jail_user;
	char *consolelog;
	struct plan_strings command; /* argv; count 0: none */
	struct plan_strings prepare, prestart, created, start, poststart, prestop, stop, poststop, release;
	struct plan_strings env; /* KEY=value */
};

/*
 * Everything that can be decided without the kernel, with the parameter and its file:line in the error. `parent`: the
 * plan's policy is held within this record (NULL: a child of the host), ENOTSUP/EPERM names what it lacks.
 */
int plan_make(
    const struct jail_params *p, const struct policy_record *parent, struct plan **ret, struct jail_error *err);
/* The same for a running jail of which just `asked` is to change; the rest may be more than its parent has by now. */
int plan_make_changed(const struct jail_params *p, const struct jail_params *asked, const struct policy_record *parent,
    struct plan **ret, struct jail_error *err);
/*
 * The plan of a jail that runs already, for entering, stopping and removing it: mount.fstab may have changed or gone
 * since, it is not read and its mounts are not in the plan.
 */
int plan_make_running(const struct jail_params *p, struct plan **ret, struct jail_error *err);
/*
 * Once the port has filled in `record.device` (in the order of `device`): may the jail, and the jail that it is in
 * (NULL: none), open them so? The policy core says. EPERM names the device.
 */
int plan_check_devices(const struct plan *plan, const struct policy_record *parent, struct jail_error *err);
#define PLAN_STATE_MAX 8192
int plan_state(struct plan *plan, const char *names, size_t length); /* ENOMEM */
/* Hide one more path: `at` and `beneath` (which may be empty) joined. ENOMEM. */
int plan_hide(struct plan *plan, const char *at, const char *beneath);
void plan_free(struct plan *plan);

/* One fstab(5) line. `root` is the jail's path: a target that begins with it is taken relative to it, as FreeBSD's are.
 */
int plan_parse_fstab_line(
    const char *line, const char *root, struct param_origin at, struct plan_mount *ret, struct jail_error *err);

#endif

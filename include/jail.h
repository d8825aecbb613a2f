/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * jail.h: the public interface of libjail, everything a program needs to make, change, enter, list and remove jails.
 *
 * Rules that hold for every function:
 * - It returns 0, or -errno; on failure it fills the optional last argument `struct jail_error *` and leaves every
 *   output (`ret_x`) untouched.
 * - It prints nothing, never exits, keeps no global state and is thread-safe for distinct objects.
 * - Strings returned belong to the object they were taken from, unless said otherwise.
 * - A jail is named by its name ("web", "web.db") or by its jid in decimal ("17"), wherever a `name` is asked for.
 *
 * It may not know which kernel runs beneath.
 */
#ifndef JAIL_H
#define JAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define JAIL_NAME_MAX 255 /* bytes in a whole name, dots included */
#define JAIL_DEPTH_MAX 16 /* jails inside each other */

/* ---------------------------------------------------------------------------------------------------- errors */

#define JAIL_ERROR_CONTEXTS 6

/*
 * What went wrong. Fixed size, nothing allocated: it can be passed by value, through a pipe, out of a child. The
 * callee says what failed, each caller adds what it was doing; only a tool makes a line of text of it.
 */
struct jail_error {
	int errnum;    /* errno, positive */
	int exitcode;  /* the sysexits(3) code a tool should end with */
	unsigned line; /* line in `file`, 0 when there is none */
	char jail[JAIL_NAME_MAX + 1];
	char file[512];
	char param[64]; /* the parameter that is wrong or that was being applied */
	char what[512]; /* what failed, and why */
	char hint[256]; /* what to do about it; may be empty */
	unsigned ncontexts;
	char context[JAIL_ERROR_CONTEXTS][128]; /* what the callers were doing, innermost first */
};

/*
 * One line without a newline: "NAME: FILE:LINE: PARAMETER: what (context): hint", parts that are empty left out.
 * Control characters and bytes that are not UTF-8 are written as \xNN. Returns the length that was needed, as
 * snprintf(3) does.
 */
size_t jail_error_format(const struct jail_error *err, char *buf, size_t size);

/* ------------------------------------------------------------------------------------------ the parameter table */

enum jail_type {
	JAIL_TYPE_BOOL,	  /* true/false/yes/no/1/0; `noNAME` negates */
	JAIL_TYPE_INT,	  /* decimal, range in the row */
	JAIL_TYPE_SIZE,	  /* bytes: digits and an optional k, m, g, t (1024s) */
	JAIL_TYPE_TIME,	  /* seconds: digits and an optional s, m, h, d */
	JAIL_TYPE_ENUM,	  /* one of `choices` */
	JAIL_TYPE_STRING, /* one string; several are joined with a comma, as FreeBSD does */
	JAIL_TYPE_LIST,	  /* any number of strings */
};

#define JAIL_PARAM_LIVE 0x01u	  /* jail_modify() changes it on a running jail */
#define JAIL_PARAM_READONLY 0x02u /* reported, never set */
#define JAIL_PARAM_FREEBSD 0x04u  /* FreeBSD's name and meaning */
#define JAIL_PARAM_COMMA 0x08u	  /* a list whose strings are split at commas */
#define JAIL_PARAM_LATER 0x10u	  /* known, this version can't do it: an error when set (`reason` says what it is) */
#define JAIL_PARAM_FOREIGN 0x20u  /* FreeBSD's, no counterpart here: an error when set (`reason`) */
#define JAIL_PARAM_IGNORED 0x40u  /* with FOREIGN: only a warning, the jail is no less confined without it */
#define JAIL_PARAM_EXEC 0x80u	  /* command lines and what belongs to running them */
#define JAIL_PARAM_SIZED 0x100u	  /* a boolean that may be a size instead (path.volatile) */

struct jail_param {
	const char *name;
	enum jail_type type;
	unsigned flags;	      /* JAIL_PARAM_* */
	const char *fallback; /* the default, as it would be written; NULL: none */
	const char *choices;  /* ENUM: "a,b,c"; else NULL */
	int64_t min, max;     /* INT, SIZE, TIME: the range, inclusive */
	const char *help;     /* one line for manuals and completions */
	const char *reason;   /* LATER and FOREIGN: why; LIVE missing: why it can't change */
};

/* The row of `name`, NULL when there is none. `name` is the positive form ("persist", never "nopersist"). */
const struct jail_param *jail_param_find(const char *name);
/* Row `i`, rows sorted by name; NULL past the end. */
const struct jail_param *jail_param_at(size_t i);

/* -------------------------------------------------------------------------------------------- parameter sets */

/* The parameters of one jail: names with values and where each came from. */
struct jail_params;

int jail_params_new(struct jail_params **ret);
void jail_params_free(struct jail_params *p); /* NULL is fine */
int jail_params_copy(const struct jail_params *p, struct jail_params **ret);

/*
 * Set from text: the name may be the negative form of a boolean ("nopersist", "allow.nomount"); `value` NULL is
 * a boolean's true, or the empty list. Types, ranges and choices are checked. Errors: EINVAL a value that the type
 * refuses; ENOENT no such parameter (the nearest name is in the hint); ENOTSUP a parameter of a later version or of
 * another kernel; EROFS a read-only one; ENOMEM.
 */
int jail_params_set(struct jail_params *p, const char *name, const char *value, struct jail_error *err);
/* The same, adding to a list (`+=`). */
int jail_params_append(struct jail_params *p, const char *name, const char *value, struct jail_error *err);
/* "name=value", "name+=value", "name", "noname", as on a command line. */
int jail_params_parse(struct jail_params *p, const char *assignment, struct jail_error *err);
int jail_params_set_bool(struct jail_params *p, const char *name, bool value, struct jail_error *err);
int jail_params_set_int(struct jail_params *p, const char *name, int64_t value, struct jail_error *err);
void jail_params_unset(struct jail_params *p, const char *name);
/* Whether it was set (a default does not count). */
bool jail_params_has(const struct jail_params *p, const char *name);
/*
 * Whether it was set, and of a running jail's parameters: by whoever made it. Not so are a block of users and a
 * path.hide that were chosen for want of one: another jail may not, or need not, be given the same.
 */
bool jail_params_asked(const struct jail_params *p, const char *name);

/* Typed reading, with the table's default when not set. Errors: ENOENT neither set nor a default; EINVAL wrong type. */
int jail_params_get_bool(const struct jail_params *p, const char *name, bool *ret);
int jail_params_get_int(const struct jail_params *p, const char *name, int64_t *ret); /* INT, SIZE, TIME */
/* Any type as text; lists: the first string. */
int jail_params_get(const struct jail_params *p, const char *name, const char **ret);
size_t jail_params_count(const struct jail_params *p, const char *name); /* strings of a list */
const char *jail_params_item(const struct jail_params *p, const char *name, size_t i);

/* Every parameter that was set, in the order of setting. `*name` is NULL past the end. */
void jail_params_at(const struct jail_params *p, size_t i, const char **ret_name, size_t *ret_count);

/* Everything that can be checked without a kernel: types, combinations, what is missing. */
int jail_params_validate(const struct jail_params *p, struct jail_error *err);

/* ------------------------------------------------------------------------------------------------- jail.conf(5) */

/* One or more parsed files: jails, wildcards, variables. */
struct jail_conf;

int jail_conf_new(struct jail_conf **ret);
void jail_conf_free(struct jail_conf *c);
/*
 * Parse a file (`.include` is followed), or memory (`name` is used in messages), into `c`; may be called repeatedly. A
 * file that others than root and the caller can change, or exchange by way of its directories, is refused (EPERM).
 */
int jail_conf_file(struct jail_conf *c, const char *path, struct jail_error *err);
int jail_conf_memory(struct jail_conf *c, const char *name, const char *text, size_t length, struct jail_error *err);
/* For who only shows a configuration and runs nothing of it: from now on take files that others can change. */
void jail_conf_any_owner(struct jail_conf *c);
/* Names of the jails that are defined (wildcards left out), in the order of the file; NULL past the end. */
const char *jail_conf_name(const struct jail_conf *c, size_t i);
/* Whether `name` has a block of its own. */
bool jail_conf_has(const struct jail_conf *c, const char *name);
/*
 * The parameters of one jail: those outside of any block, of every wildcard that matches, of its own block, in the
 * order of the file, variables substituted; `extra` (may be NULL) last. Warnings (ignored parameters) are reported
 * through `warn` (may be NULL); when several parameters are wrong, each fault but the last is reported there, too.
 */
typedef void jail_warn_fn(void *arg, const struct jail_error *warning);
int jail_conf_jail(const struct jail_conf *c, const char *name, const struct jail_params *extra, jail_warn_fn *warn,
    void *arg, struct jail_params **ret, struct jail_error *err);
/* Does a jail's name match a pattern ("*", "foo.*", "web")? */
bool jail_name_match(const char *pattern, const char *name);
/* 0 when `name` may be a jail's name, else -EINVAL. */
int jail_name_check(const char *name, struct jail_error *err);
/* The whole configuration in canonical form; parsing that gives the same again. The text is the caller's to free. */
int jail_conf_format(const struct jail_conf *c, char **ret_text, size_t *ret_length);
/*
 * The order to start `names` in: indices such that each jail comes after those it depends on. Stop in reverse. A jail
 * whose parameters can't be read counts as one that depends on nothing: jail_conf_jail() says what is wrong. Errors:
 * ELOOP (the circle is named), ENOENT a dependency that is not among `names`.
 */
int jail_conf_order(
    const struct jail_conf *c, const char *const *names, size_t count, size_t *ret_order, struct jail_error *err);

/* ---------------------------------------------------------------------------------------------------- life */

#define JAIL_VERBOSE 0x01u /* report each step through the progress function */

/* The step "created" is the moment from which the jail is listed, and has its number; its commands have not run yet. */
typedef void jail_progress_fn(void *arg, const char *jail, const char *step);

struct jail_options {
	unsigned flags;
	jail_progress_fn *progress; /* with JAIL_VERBOSE */
	void *arg;
	jail_warn_fn *warn; /* what is done as asked, but may not be what was meant; also with `arg`. May be NULL */
};

/*
 * Create the jail: everything is checked first, then made; all or nothing. Commands are not run. The jail lives until
 * jail_remove() when `persist` is set; else its parameter `command` or an exec.start is needed: use jail_start().
 * `opts` may be NULL everywhere.
 */
int jail_create(const struct jail_params *p, const struct jail_options *opts, int *ret_jid, struct jail_error *err);
/*
 * Create it and run its commands in FreeBSD's order: exec.prepare, exec.prestart, (creation), exec.created,
 * exec.start, command, exec.poststart. `ret_status`: the wait status of `command` (0 without one).
 */
int jail_start(const struct jail_params *p, const struct jail_options *opts, int *ret_status, struct jail_error *err);
/* Change a running jail; live parameters only. Either all of `changes` take hold or none. */
int jail_modify(
    const char *name, const struct jail_params *changes, const struct jail_options *opts, struct jail_error *err);
/* Run its exec.prestop and exec.stop, TERM, KILL after stop.timeout, remove it, exec.poststop, exec.release. */
int jail_stop(const char *name, const struct jail_options *opts, struct jail_error *err);
/* Kill everything in it (children too) and remove it, running nothing. */
int jail_remove(const char *name, const struct jail_options *opts, struct jail_error *err);
/*
 * Finish what a killed tool left half done, and take away jails whose last process has ended. The first process of a
 * jail is a child of the program that created it, and is waited for by whatever call notices that the jail is over: a
 * program that lives long and has its jails removed by others calls this from time to time.
 */
int jail_sweep(struct jail_error *err);

/* Every parameter of a running jail, with what it really has (jid, parent, path, users.base, hidden paths, ...). */
int jail_get(const char *name, struct jail_params **ret, struct jail_error *err);

struct jail_list;
#define JAIL_LIST_DYING 0x01u /* also those being created or removed */
/* All jails, sorted by jid. */
int jail_list(unsigned flags, struct jail_list **ret, struct jail_error *err);
size_t jail_list_count(const struct jail_list *l);
const struct jail_params *jail_list_at(const struct jail_list *l, size_t i);
void jail_list_free(struct jail_list *l);

/* ------------------------------------------------------------------------------------------------- entering */

#define JAIL_EXEC_CLEAN 0x01u	 /* login environment (jexec -l): HOME, SHELL, TERM, USER and nothing else */
#define JAIL_EXEC_HOSTUSER 0x02u /* `user` is looked up in the host's passwd file, not in the jail's */
#define JAIL_EXEC_TERMINAL 0x04u /* when standard input is a terminal: a new terminal inside, relayed */

struct jail_exec {
	unsigned flags;
	const char *user;  /* NULL: root inside */
	const char *dir;   /* NULL: the jail's exec.dir */
	char *const *argv; /* NULL or empty: the user's shell */
};

/*
 * Run a program in a running jail and wait for it. Descriptors 0, 1 and 2 are passed; nothing else of the caller is.
 * `ret_status` is a wait status. Signals INT, QUIT, TERM, HUP, WINCH are passed on while waiting.
 */
int jail_exec(const char *name, const struct jail_exec *x, int *ret_status, struct jail_error *err);
/*
 * A descriptor for the running jail (a pidfd of its first process, O_CLOEXEC): for poll(2) (readable when the jail has
 * ended) and for setns(2).
 */
int jail_open(const char *name, int *ret_fd, struct jail_error *err);

/* ---------------------------------------------------------------------------------------------------- events */

/* LIMIT: a limit was reached (limit.hits says which). */
enum jail_event_type {
	JAIL_EVENT_CREATED = 1,
	JAIL_EVENT_CHANGED,
	JAIL_EVENT_REMOVED,
	JAIL_EVENT_EMPTY,
	JAIL_EVENT_LIMIT
};

struct jail_event {
	enum jail_event_type type;
	char name[JAIL_NAME_MAX + 1];
};

struct jail_events;
int jail_events_open(struct jail_events **ret, struct jail_error *err);
/*
 * For poll(2); stays the object's. Limits are looked at, not told: the descriptor knows nothing of LIMIT, which is
 * found by jail_events_next(), while it waits twice a second.
 */
int jail_events_fd(const struct jail_events *e);
/* The next event; waits `timeout_ms` (-1 for ever). -EAGAIN when none came. */
int jail_events_next(struct jail_events *e, int timeout_ms, struct jail_event *ret, struct jail_error *err);
void jail_events_close(struct jail_events *e);

/* ------------------------------------------------------------------------------------------------- statistics */

/*
 * What is measured of a jail. A jail's figures hold its children's: the kernel counts so, and what is summed here is
 * summed so. Counters begin with the jail. New figures are added at the end.
 */
enum jail_figure {
	JAIL_STAT_UPTIME, /* since its first process started */
	JAIL_STAT_CPU_USAGE,
	JAIL_STAT_CPU_USER,
	JAIL_STAT_CPU_SYSTEM,
	JAIL_STAT_CPU_LIMIT,		 /* limit.pcpu: as the kernel has it, or else as it was set */
	JAIL_STAT_CPU_PERIODS,		 /* periods in which it ran under that limit */
	JAIL_STAT_CPU_THROTTLED_PERIODS, /* those in which the limit stopped it */
	JAIL_STAT_CPU_THROTTLED,	 /* how long it was stopped */
	JAIL_STAT_MEMORY,
	JAIL_STAT_MEMORY_PEAK,
	JAIL_STAT_MEMORY_LIMIT,	     /* limit.memoryuse */
	JAIL_STAT_MEMORY_SOFT_LIMIT, /* limit.memoryuse.soft */
	JAIL_STAT_MEMORY_ANON,
	JAIL_STAT_MEMORY_FILE, /* page cache; of a sum of processes: mapped files */
	JAIL_STAT_MEMORY_SHARED,
	JAIL_STAT_MEMORY_KERNEL,
	JAIL_STAT_SWAP,
	JAIL_STAT_SWAP_LIMIT,
	JAIL_STAT_MEMORY_HIGH_EVENTS, /* times it was slowed down at the soft limit */
	JAIL_STAT_MEMORY_MAX_EVENTS,  /* times it was at the hard limit */
	JAIL_STAT_OOM_EVENTS,	      /* times it was there and nothing could be freed */
	JAIL_STAT_OOM_KILLS,	      /* processes that were killed for it */
	JAIL_STAT_PROCESSES,
	JAIL_STAT_PROCESSES_LIMIT, /* limit.maxproc */
	JAIL_STAT_THREADS,
	JAIL_STAT_THREADS_LIMIT,      /* limit.nthr, or limit.maxproc where the kernel counts threads for it */
	JAIL_STAT_THREADS_MAX_EVENTS, /* forks that it refused */
	JAIL_STAT_IO_READ_BYTES,
	JAIL_STAT_IO_WRITE_BYTES,
	JAIL_STAT_IO_READS,
	JAIL_STAT_IO_WRITES,
	JAIL_STAT_NET_RX_BYTES, /* of its own network stack, loopback left out */
	JAIL_STAT_NET_TX_BYTES,
	JAIL_STAT_NET_RX_PACKETS,
	JAIL_STAT_NET_TX_PACKETS,
	JAIL_STAT_NET_LOOPBACK_BYTES, /* loopback, where what is sent is received */
	JAIL_STAT_NET_LOOPBACK_PACKETS,
	/* Pressure (PSI): the share of the last 10 seconds in which some, or all (full), tasks waited; and the sum. */
	JAIL_STAT_CPU_SOME,
	JAIL_STAT_CPU_SOME_TOTAL,
	JAIL_STAT_CPU_FULL,
	JAIL_STAT_CPU_FULL_TOTAL,
	JAIL_STAT_MEMORY_SOME,
	JAIL_STAT_MEMORY_SOME_TOTAL,
	JAIL_STAT_MEMORY_FULL,
	JAIL_STAT_MEMORY_FULL_TOTAL,
	JAIL_STAT_IO_SOME,
	JAIL_STAT_IO_SOME_TOTAL,
	JAIL_STAT_IO_FULL,
	JAIL_STAT_IO_FULL_TOTAL,
	JAIL_STAT_RESTARTS, /* exec.restart: how often its command was started again */
	JAIL_STAT_HITS,	    /* times that one of its limits was hit */
	JAIL_STAT_FIGURES
};

#define JAIL_STAT_UNLIMITED UINT64_MAX /* the value of a limit that is not set */

enum jail_unit {
	JAIL_UNIT_COUNT,
	JAIL_UNIT_BYTES,
	JAIL_UNIT_USEC,	   /* microseconds */
	JAIL_UNIT_PERCENT, /* hundredths of a percent */
	JAIL_UNIT_CPU,	   /* microseconds of processor time a second: 1000000 is one processor */
};

enum jail_figure_kind { JAIL_KIND_GAUGE, JAIL_KIND_COUNTER, JAIL_KIND_LIMIT };

struct jail_figure_row {
	const char *name; /* "cpu_user_usec": of what, and in what */
	enum jail_unit unit;
	enum jail_figure_kind kind;
	const char *help; /* one line */
};

/* Row `i`, as enum jail_figure counts; NULL past the end. */
const struct jail_figure_row *jail_figure_at(size_t i);

enum jail_stat_source {
	JAIL_SOURCE_NONE,
	JAIL_SOURCE_PROCESSES, /* summed over its processes: shared pages count once for each of them */
	JAIL_SOURCE_CGROUP1,   /* a controller of cgroup version 1 */
	JAIL_SOURCE_CGROUP2,
};

/* Fixed size; grows at its end. `size` is how much of it was filled in. */
struct jail_stat {
	uint32_t size;
	uint32_t jid;
	uint32_t parent;	/* jid, 0: none */
	uint32_t memory_source; /* enum jail_stat_source */
	int64_t created;	/* seconds since 1970 */
	uint64_t sampled;	/* CLOCK_MONOTONIC in microseconds: when it was read */
	uint64_t available;	/* bit `1 << i`: figure i is known */
	char name[JAIL_NAME_MAX + 1];
	uint64_t figure[JAIL_STAT_FIGURES];
};

static inline bool jail_figure_known(const struct jail_stat *s, enum jail_figure i)
{
	return (s->available >> i & 1) != 0;
}

/*
 * The figures of one running jail. `size` is sizeof(*ret) as the caller was compiled. Only root may.
 * Errors: ENOENT no such jail; EPERM; EINVAL a size that is smaller than the fixed part.
 */
int jail_stat(const char *name, struct jail_stat *ret, size_t size, struct jail_error *err);

struct jail_stats;
/* Of all running jails, sorted by jid. A jail that goes away meanwhile is left out. `flags` is 0. */
int jail_stat_all(unsigned flags, struct jail_stats **ret, struct jail_error *err);
size_t jail_stats_count(const struct jail_stats *l);
const struct jail_stat *jail_stats_at(const struct jail_stats *l, size_t i);
void jail_stats_free(struct jail_stats *l); /* NULL is fine */

/* ------------------------------------------------------------------------------------- what this machine can do */

struct jail_feature {
	const char *name; /* "cgroup-v2", "id-mapped mounts", ... */
	bool available;
	bool required;	    /* no jail without it */
	const char *needs;  /* which parameters depend on it */
	char detail[160];   /* what was found, or what is missing */
	const char *remedy; /* what to do when it is missing; NULL when available */
};

/* Fill at most `size` features; returns how many there are, or -errno. */
int jail_check(struct jail_feature *ret, size_t size, struct jail_error *err);

#ifdef __cplusplus
}
#endif

#endif

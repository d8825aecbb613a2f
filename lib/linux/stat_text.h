/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stat_text.h: the texts in which Linux tells figures (cgroup files, /proc/PID/status, /proc/PID/net/dev), turned into
 * figures. Pure: text in, numbers out; whatever the text holds, what can't be understood is left unknown.
 */
#ifndef LINUX_STAT_TEXT_H
#define LINUX_STAT_TEXT_H

#include <jail.h>

/* What is summed over processes. */
struct stat_tally {
	uint64_t processes, threads;
	uint64_t anon, file, shared, swap; /* bytes */
	bool partial;			   /* some could not be looked at: only `processes` is right */
};

/* "KEY NUMBER" of a file of such lines, and where it goes; `scale` divides (a negative one multiplies). */
struct stat_key {
	const char *key;
	enum jail_figure figure;
	long scale;
};

void stat_set(struct jail_stat *s, enum jail_figure i, uint64_t value);
void stat_add(struct jail_stat *s, enum jail_figure i, uint64_t value);

/* Digits at `*text`, which is moved behind them. Saturates. False: there are none. */
bool stat_digits(const char **text, uint64_t *ret);
/* Lines "KEY NUMBER": cpu.stat, memory.stat, memory.events, pids.events. */
void stat_text_keys(const char *text, const struct stat_key *keys, size_t count, struct jail_stat *s);
/* A file of one number, or "max". */
void stat_text_number(const char *text, enum jail_figure figure, struct jail_stat *s);
/* A limit of version 1: a number beyond `unlimited`, or below 0, is none. */
void stat_text_limit1(const char *text, enum jail_figure figure, uint64_t unlimited, struct jail_stat *s);
/* cpu.max: "QUOTA PERIOD", or "max PERIOD". */
void stat_text_cpu_max(const char *text, struct jail_stat *s);
/* A quota and a period of version 1, in files of their own. */
void stat_text_cpu_quota1(const char *quota, const char *period, struct jail_stat *s);
/* Pressure: some and full; the figures follow each other from `first`: some, its total, full, its total. */
void stat_text_pressure(const char *text, enum jail_figure first, struct jail_stat *s);
/* io.stat: "8:0 rbytes=1 wbytes=2 rios=3 wios=4 ...", devices summed up. An empty file: nothing was read or written. */
void stat_text_io(const char *text, struct jail_stat *s);
/* blkio.throttle.io_service*: "8:0 Read 1", "8:0 Write 2", devices summed up. */
void stat_text_blkio(const char *text, enum jail_figure reads, enum jail_figure writes, struct jail_stat *s);
/* /proc/PID/net/dev: all interfaces summed up, lo apart. */
void stat_text_net(const char *text, struct jail_stat *s);
/* /proc/PID/status, added to the tally. False: it isn't one. */
bool stat_text_status(const char *text, struct stat_tally *t);

#endif

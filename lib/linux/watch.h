/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * watch.h: what process 1 of a jail looks at because no kernel does: limits of time, and those that are only logged or
 * answered with a signal. The page is memory that the tools and process 1 share: a memfd_create(2) file that process 1
 * keeps open, so it lives as long as the jail; nobody else inside can reach it. Shared with jail-init: plain numbers.
 */
#ifndef LINUX_WATCH_H
#define LINUX_WATCH_H

#include <stdint.h>

#define WATCH_VERSION 2u
#define WATCH_MAX 24
#define WATCH_NAME "jail-watch"

struct watch_entry {
	uint32_t limit; /* enum policy_limit */
	int32_t signal; /* 0: log only */
	uint64_t value; /* bytes, tasks; times in milliseconds */
	uint64_t hits;	/* counted by process 1 */
	uint32_t over;	/* process 1: it is beyond, and has been counted */
	uint32_t unused;
};

struct watch_page {
	uint32_t version; /* WATCH_VERSION */
	uint32_t count;	  /* entries; 0 while a tool writes them */
	uint64_t created; /* CLOCK_BOOTTIME, milliseconds */
	uint32_t sources; /* which of enum watch_source process 1 has: bits */
	int32_t memory;	  /* WATCH_DISK's descriptor; 0: none */
	uint64_t disk;	  /* the device that WATCH_DISK is */
	struct watch_entry entry[WATCH_MAX];
};

/* The descriptors that process 1 gets for it, in the order of its option -w; -1: that one is not there. */
enum watch_source {
	WATCH_PAGE,
	WATCH_CPU,    /* cpu.stat of its control group */
	WATCH_MEMORY, /* a number of bytes */
	WATCH_SWAP,   /* a number of bytes */
	WATCH_TASKS,  /* a number */
	WATCH_OOM,    /* memory.oom_control of cgroup v1, where nothing kills a group as one */
	WATCH_DISK,   /* the jail's file system in memory: not looked at, but kept for those who change its size */
	WATCH_SOURCES
};

#endif

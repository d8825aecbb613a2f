/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * check.h: the questions of jail_check(): each fills a line of detail and says whether the kernel, and this user, can
 * do the thing. None leaves anything behind, whoever asks.
 */
#ifndef LINUX_CHECK_H
#define LINUX_CHECK_H

#include <stdbool.h>
#include <stddef.h>

/* The detail of a feature: a buffer of fixed size. */
struct check_text {
	char *buf;
	size_t size;
};

typedef bool check_fn(struct check_text *detail);

void check_say(struct check_text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Adds to what is there. */
void check_add(struct check_text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The beginning of a small file as a string, without the newline at its end. -errno. */
int check_read(const char *path, char *ret, size_t size);
/* Is `word` one of the words of `text`, which `separators` divide? */
bool check_has_word(const char *text, const char *word, const char *separators);
/* The running kernel is at least that. */
bool check_kernel_is(unsigned major, unsigned minor);
/* Effective capability `number` of this process. */
bool check_capable(unsigned number);

/* check_cgroup.c */
bool check_cgroup2(struct check_text *detail);
bool check_clone_into(struct check_text *detail);
bool check_cgroup_kill(struct check_text *detail);
bool check_trusted(struct check_text *detail);
bool check_memory(struct check_text *detail);
bool check_swap(struct check_text *detail);
bool check_oom_group(struct check_text *detail);
bool check_cpu(struct check_text *detail);
bool check_cpuset(struct check_text *detail);
bool check_pids(struct check_text *detail);
bool check_io(struct check_text *detail);
bool check_io_weight(struct check_text *detail);
bool check_netrate(struct check_text *detail);

/* check_files.c */
bool check_mount_api(struct check_text *detail);
bool check_openat2(struct check_text *detail);
bool check_idmap(struct check_text *detail);
bool check_overlay(struct check_text *detail);
bool check_projects(struct check_text *detail);
bool check_tmpfs(struct check_text *detail);

/* check_kernel.c: what confines, and what later versions use */
bool check_users(struct check_text *detail);
bool check_namespaces(struct check_text *detail);
bool check_pidfd(struct check_text *detail);
bool check_seccomp(struct check_text *detail);
bool check_landlock(struct check_text *detail);
bool check_bpf_lsm(struct check_text *detail);
bool check_bpf_cgroup(struct check_text *detail);
bool check_veth(struct check_text *detail);
bool check_nftables(struct check_text *detail);

#endif

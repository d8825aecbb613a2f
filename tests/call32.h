/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * call32.h: system calls by the 32-bit entry of x86-64 kernels, for tests of the filter. Some kernels and virtual
 * machines have no such entry: there the instruction ends its caller with SIGSEGV, and the door counts as shut.
 */
#ifndef TESTS_CALL32_H
#define TESTS_CALL32_H

#include <signal.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__x86_64__)
#define CALL32_GETPID 20

static inline int call_32(unsigned number, unsigned a, unsigned b, unsigned c)
{
	unsigned result = number;

	__asm__ volatile("int $0x80"
			 : "+a"(result)
			 : "b"(a), "c"(b), "d"(c), "S"(0), "D"(0)
			 : "memory", "r8", "r9", "r10", "r11");
	return (int)result;
}

/* Looked for by a child that asks for its own number. A caller that can't fork or wait believes that there is one. */
static inline bool call_32_exists(void)
{
	struct rlimit none = {0};
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		/* The caller's handlers (those of a test library) are not for this signal. */
		(void)signal(SIGSEGV, SIG_DFL);
		(void)setrlimit(RLIMIT_CORE, &none);
		(void)call_32(CALL32_GETPID, 0, 0, 0);
		_exit(0);
	}
	return pid < 0 || waitpid(pid, &status, 0) != pid || !WIFSIGNALED(status) || WTERMSIG(status) != SIGSEGV;
}
#endif

#endif

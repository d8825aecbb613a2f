/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * limit_rows.c: see limit.h. Pure.
 */
#include "limit.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "util.h"

#define DENY LIMIT_CAN(LIMIT_DENY)
#define LOG LIMIT_CAN(LIMIT_LOG)
#define THROTTLE LIMIT_CAN(LIMIT_THROTTLE)
#define SIGNAL LIMIT_CAN(LIMIT_SIGNAL)

#define BYTES_MAX (UINT64_C(1) << 60)
#define PAGE UINT64_C(4096)
#define COUNT_MAX UINT64_C(0x7fffffff)
#define TASKS_MAX UINT64_C(4194304) /* what the kernel has numbers for */
#define SECONDS_MAX UINT64_C(3153600000)

/* clang-format off: one line a row */
#define ROW(name, id, unit, min, max, actions, fallback, ...)                                                          \
	{                                                                                                              \
		"limit." name, POLICY_L_##id, unit, min, max, actions, fallback, __VA_ARGS__                           \
	}

static const struct limit_row rows[] = {
    ROW("coredumpsize", COREDUMPSIZE, LIMIT_BYTES, 0, BYTES_MAX, DENY, LIMIT_DENY, 0, false, false),
    ROW("cputime", CPUTIME, LIMIT_SECONDS, 1, SECONDS_MAX, LOG | SIGNAL, LIMIT_SIGNAL, SIGKILL, false, false),
    ROW("datasize", DATASIZE, LIMIT_BYTES, PAGE, BYTES_MAX, DENY, LIMIT_DENY, 0, false, false),
    ROW("disk", DISK, LIMIT_BYTES, PAGE, BYTES_MAX, DENY, LIMIT_DENY, 0, false, false),
    ROW("fsize", FSIZE, LIMIT_BYTES, 0, BYTES_MAX, DENY, LIMIT_DENY, 0, false, false),
    ROW("inodes", INODES, LIMIT_COUNT, 1, BYTES_MAX, DENY, LIMIT_DENY, 0, false, false),
    ROW("maxproc", MAXPROC, LIMIT_COUNT, 1, TASKS_MAX, DENY | LOG | SIGNAL, LIMIT_DENY, 0, false, false),
    ROW("memorylocked", MEMORYLOCKED, LIMIT_BYTES, 0, BYTES_MAX, DENY, LIMIT_DENY, 0, false, false),
    ROW("memoryuse", MEMORYUSE, LIMIT_BYTES, PAGE, BYTES_MAX, DENY | LOG | SIGNAL, LIMIT_DENY, 0, false, false),
    ROW("memoryuse.soft", MEMORYUSE_SOFT, LIMIT_BYTES, PAGE, BYTES_MAX, THROTTLE, LIMIT_THROTTLE, 0, false, false),
    ROW("msgqqueued", MSGQQUEUED, LIMIT_COUNT, 1, COUNT_MAX, DENY, LIMIT_DENY, 0, false, false),
    ROW("msgqsize", MSGQSIZE, LIMIT_BYTES, 1, COUNT_MAX, DENY, LIMIT_DENY, 0, false, false),
    ROW("netrate", NETRATE_IN, LIMIT_COUNT, 8000, BYTES_MAX, THROTTLE, LIMIT_THROTTLE, 0, false, true),
    ROW("nmsgq", NMSGQ, LIMIT_COUNT, 0, 32767, DENY, LIMIT_DENY, 0, false, false),
    ROW("nsem", NSEM, LIMIT_COUNT, 0, COUNT_MAX, DENY, LIMIT_DENY, 0, false, false),
    ROW("nsemop", NSEMOP, LIMIT_COUNT, 1, COUNT_MAX, DENY, LIMIT_DENY, 0, false, false),
    ROW("nshm", NSHM, LIMIT_COUNT, 0, 32767, DENY, LIMIT_DENY, 0, false, false),
    ROW("nthr", NTHR, LIMIT_COUNT, 1, TASKS_MAX, DENY | LOG | SIGNAL, LIMIT_DENY, 0, false, false),
    ROW("openfiles", OPENFILES, LIMIT_COUNT, 1, COUNT_MAX, DENY, LIMIT_DENY, 0, false, false),
    ROW("pcpu", PCPU, LIMIT_PERCENT, 1, 1000000, DENY | THROTTLE, LIMIT_DENY, 0, false, false),
    ROW("pseudoterminals", PSEUDOTERMINALS, LIMIT_COUNT, 1, 1048576, DENY, LIMIT_DENY, 0, false, false),
    ROW("readbps", READBPS, LIMIT_BYTES, 512, BYTES_MAX, THROTTLE, LIMIT_THROTTLE, 0, true, false),
    ROW("readiops", READIOPS, LIMIT_COUNT, 1, COUNT_MAX, THROTTLE, LIMIT_THROTTLE, 0, true, false),
    ROW("shmsize", SHMSIZE, LIMIT_BYTES, PAGE, BYTES_MAX, DENY, LIMIT_DENY, 0, false, false),
    ROW("stacksize", STACKSIZE, LIMIT_BYTES, PAGE, BYTES_MAX, DENY, LIMIT_DENY, 0, false, false),
    ROW("swapuse", SWAPUSE, LIMIT_BYTES, 0, BYTES_MAX, DENY | LOG | SIGNAL, LIMIT_DENY, 0, false, false),
    ROW("vmemoryuse", VMEMORYUSE, LIMIT_BYTES, PAGE, BYTES_MAX, DENY, LIMIT_DENY, 0, false, false),
    ROW("wallclock", WALLCLOCK, LIMIT_SECONDS, 1, SECONDS_MAX, LOG | SIGNAL, LIMIT_SIGNAL, SIGKILL, false, false),
    ROW("writebps", WRITEBPS, LIMIT_BYTES, 512, BYTES_MAX, THROTTLE, LIMIT_THROTTLE, 0, true, false),
    ROW("writeiops", WRITEIOPS, LIMIT_COUNT, 1, COUNT_MAX, THROTTLE, LIMIT_THROTTLE, 0, true, false),
};
/* clang-format on */

static const struct {
	const char *name;
	int number;
} signals[] = {
    {"sighup", SIGHUP},
    {"sigint", SIGINT},
    {"sigquit", SIGQUIT},
    {"sigabrt", SIGABRT},
    {"sigkill", SIGKILL},
    {"sigusr1", SIGUSR1},
    {"sigusr2", SIGUSR2},
    {"sigalrm", SIGALRM},
    {"sigterm", SIGTERM},
    {"sigcont", SIGCONT},
    {"sigstop", SIGSTOP},
    {"sigtstp", SIGTSTP},
    {"sigxcpu", SIGXCPU},
    {"sigxfsz", SIGXFSZ},
    {"sigwinch", SIGWINCH},
};

static const char *const words[] = {
    [LIMIT_DENY] = "deny", [LIMIT_LOG] = "log", [LIMIT_THROTTLE] = "throttle", [LIMIT_SIGNAL] = "sigNAME"};

const struct limit_row *limit_row_at(size_t i)
{
	return i < ARRAY_SIZE(rows) ? &rows[i] : NULL;
}

const struct limit_row *limit_row_of(enum policy_limit limit)
{
	enum policy_limit first = limit == POLICY_L_NETRATE_OUT ? POLICY_L_NETRATE_IN : limit;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].limit == first)
			return &rows[i];
	return NULL;
}

static bool is(const char *word, const char *text, size_t length)
{
	return strlen(word) == length && strncasecmp(word, text, length) == 0;
}

bool limit_action_parse(const char *text, size_t length, enum limit_action *ret, int *ret_signal)
{
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		if (is(signals[i].name, text, length)) {
			*ret = LIMIT_SIGNAL;
			*ret_signal = signals[i].number;
			return true;
		}
	for (size_t i = 0; i < LIMIT_SIGNAL; i++)
		if (is(words[i], text, length)) {
			*ret = (enum limit_action)i;
			*ret_signal = 0;
			return true;
		}
	return false;
}

const char *limit_action_name(enum limit_action action, int signal, char buf[16])
{
	const char *name = words[action];

	for (size_t i = 0; action == LIMIT_SIGNAL && i < ARRAY_SIZE(signals); i++)
		if (signals[i].number == signal)
			name = signals[i].name;
	(void)snprintf(buf, 16, "%s", name);
	return buf;
}

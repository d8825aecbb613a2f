/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * run.c: time contenders against each other. Reads lines "NAME|LIMIT|COMMAND WORDS..." from standard input, starts each
 * N times, in turn and in alternating order so that whatever else the machine does hits all alike, and prints the
 * medians of the wall time from posix_spawn to the end of waitpid, with the first line's as a ratio of each. LIMIT,
 * when there, is the most that the ratio may be. It may not know what it runs.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CONTENDERS 16
#define WORDS 64
#define WARMUP 5

struct contender {
	char *name;
	double limit; /* 0: none */
	char *argv[WORDS];
	double *times;
	bool failed;
};

extern char **environ;

static double now_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* Returns the microseconds, or -1 when it could not be run or did not end with 0. */
static double run_once(const struct contender *c, const posix_spawn_file_actions_t *actions)
{
	double start = now_us();
	int status;
	pid_t pid;

	if (posix_spawnp(&pid, c->argv[0], actions, NULL, c->argv, environ) != 0)
		return -1;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return status == 0 ? now_us() - start : -1;
}

static bool parse_line(char *line, struct contender *c)
{
	char *name = line, *limit, *command, *word, *save = NULL;
	size_t n = 0;

	limit = strchr(line, '|');
	if (limit == NULL)
		return false;
	*limit++ = '\0';
	command = strchr(limit, '|');
	if (command == NULL)
		return false;
	*command++ = '\0';
	c->name = strdup(name);
	c->limit = strtod(limit, NULL);
	for (word = strtok_r(command, " \n", &save); word != NULL; word = strtok_r(NULL, " \n", &save)) {
		if (n + 1 == WORDS)
			return false;
		c->argv[n] = strdup(word);
		if (c->argv[n++] == NULL)
			return false;
	}
	return c->name != NULL && n > 0;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double quantile(const struct contender *c, unsigned rounds, double q)
{
	return c->times[(unsigned)((double)(rounds - 1) * q)];
}

static void measure(struct contender *c, unsigned count, unsigned rounds, const posix_spawn_file_actions_t *actions)
{
	unsigned r, i;

	for (r = 0; r < WARMUP + rounds; r++)
		for (i = 0; i < count; i++) {
			struct contender *x = &c[(r & 1) != 0 ? count - 1 - i : i];
			double t;

			if (x->failed)
				continue;
			t = run_once(x, actions);
			if (t < 0)
				x->failed = true;
			else if (r >= WARMUP)
				x->times[r - WARMUP] = t;
		}
	for (i = 0; i < count; i++)
		if (!c[i].failed)
			qsort(c[i].times, rounds, sizeof(double), by_value);
}

/* For whoever compares tables: "TITLE<tab>NAME<tab>MEDIAN", appended to the file that BENCH_MEDIANS names. */
static bool save_medians(const char *title, const struct contender *c, unsigned count, unsigned rounds)
{
	const char *path = getenv("BENCH_MEDIANS");
	FILE *f;
	unsigned i;

	if (path == NULL)
		return true;
	f = fopen(path, "a");
	if (f == NULL)
		return false;
	for (i = 0; i < count; i++)
		if (!c[i].failed)
			(void)fprintf(f, "%s\t%s\t%.0f\n", title, c[i].name, quantile(&c[i], rounds, 0.5));
	return fclose(f) == 0;
}

/* Returns how many limits were missed. */
static unsigned print_table(const char *title, const struct contender *c, unsigned count, unsigned rounds)
{
	double ours = c[0].failed ? 0 : quantile(&c[0], rounds, 0.5);
	unsigned i, missed = 0;

	(void)printf("\n%s (%u runs each, microseconds)\n\n", title, rounds);
	(void)printf("| %-34s | %8s | %8s | %8s | %-16s | %-8s |\n", "contender", "median", "10 %", "90 %",
	    "first / this", "at most");
	(void)printf("| --- | ---: | ---: | ---: | ---: | --- |\n");
	for (i = 0; i < count; i++) {
		double median, ratio;

		if (c[i].failed) {
			(void)printf("| %-34s | could not be run |\n", c[i].name);
			continue;
		}
		median = quantile(&c[i], rounds, 0.5);
		ratio = ours / median;
		(void)printf("| %-34s | %8.0f | %8.0f | %8.0f | %16.2f | ", c[i].name, median,
		    quantile(&c[i], rounds, 0.1), quantile(&c[i], rounds, 0.9), ratio);
		if (c[i].limit > 0 && ours > 0) {
			(void)printf("%.2f %s |\n", c[i].limit, ratio <= c[i].limit ? "met" : "MISSED");
			missed += ratio > c[i].limit;
		} else {
			(void)printf("%-8s |\n", "");
		}
	}
	return missed + (c[0].failed ? 1 : 0);
}

/*
 * In front of whatever else the machine does, where we may: it is inherited by all contenders. The system call itself,
 * since musl has no function for it. A version 1 control group of the cpu controller takes nobody with real-time
 * priority, so there is BENCH_NICE.
 */
static void come_first(void)
{
	const struct sched_param p = {.sched_priority = 10};

	if (getenv("BENCH_NICE") != NULL)
		(void)setpriority(PRIO_PROCESS, 0, -20);
	else
		(void)syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, &p);
}

int main(int argc, char **argv)
{
	static struct contender c[CONTENDERS];
	posix_spawn_file_actions_t actions;
	char line[4096];
	unsigned count = 0, i;
	unsigned long rounds = 100;

	if (argc > 2) {
		char *end;

		rounds = strtoul(argv[2], &end, 10);
		if (*end != '\0' || rounds < 1 || rounds > 100000)
			argc = 0;
	}
	if (argc < 2 || argc > 3) {
		(void)fprintf(stderr, "usage: run TITLE [ROUNDS] < CONTENDERS\n");
		return 64;
	}
	while (count < CONTENDERS && fgets(line, sizeof(line), stdin) != NULL)
		if (!parse_line(line, &c[count++])) {
			(void)fprintf(stderr, "run: not NAME|LIMIT|COMMAND: %s", line);
			return 65;
		}
	for (i = 0; i < count; i++) {
		c[i].times = calloc(rounds, sizeof(double));
		if (c[i].times == NULL)
			return 71;
	}
	if (count == 0 || posix_spawn_file_actions_init(&actions) != 0 ||
	    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0) != 0 ||
	    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0) != 0 ||
	    (getenv("BENCH_ERRORS") == NULL &&
		posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0) != 0))
		return 71;
	come_first();
	measure(c, count, (unsigned)rounds, &actions);
	if (!save_medians(argv[1], c, count, (unsigned)rounds))
		return 74;
	return print_table(argv[1], c, count, (unsigned)rounds) > 0 ? 1 : 0;
}

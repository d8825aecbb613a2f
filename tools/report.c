/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * report.c: the one place where a tool's errors and notes become text. No stdio: tools start quickly, and the output of
 * programs that are run in between stays in order.
 */
#include "report.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>

#define LINE_SIZE 4096

static const char *tool = "jail";

void report_tool(const char *name)
{
	tool = name;
}

int report_write(int fd, const char *bytes, size_t size)
{
	while (size > 0) {
		ssize_t n = write(fd, bytes, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return negative_errno();
		bytes += n;
		size -= (size_t)n;
	}
	return 0;
}

/* Ends the text in `line` (of LINE_SIZE bytes, `used` of them wanted) with a newline and writes it. */
static void write_line(int fd, char *line, size_t used)
{
	if (used > LINE_SIZE - 2)
		used = LINE_SIZE - 2;
	line[used++] = '\n';
	/* Nobody is left to tell when standard error itself is gone; a lost note is no failure of the work. */
	(void)report_write(fd, line, used);
}

int report_error(const struct jail_error *err)
{
	char line[LINE_SIZE];
	size_t used = (size_t)snprintf(line, sizeof(line), "%s: ", tool);

	used += jail_error_format(err, line + used, sizeof(line) - used);
	write_line(STDERR_FILENO, line, used);
	return err->exitcode > 0 ? err->exitcode : EX_SOFTWARE;
}

int report_own(int exitcode, const char *jail, const char *fmt, ...)
{
	struct jail_error err = {.exitcode = exitcode};
	va_list args;

	if (jail != NULL)
		(void)snprintf(err.jail, sizeof(err.jail), "%s", jail);
	va_start(args, fmt);
	(void)vsnprintf(err.what, sizeof(err.what), fmt, args);
	va_end(args);
	return report_error(&err);
}

int report_no_memory(void)
{
	return report_own(EX_OSERR, NULL, "out of memory");
}

void report_warning(void *arg, const struct jail_error *warning)
{
	(void)arg;
	(void)report_error(warning);
}

void report_usage(const char *text)
{
	char line[LINE_SIZE];
	int used = snprintf(line, sizeof(line), "usage: %s", text);

	write_line(STDERR_FILENO, line, (size_t)used);
	_exit(EX_USAGE);
}

int report_answer(const char *fmt, ...)
{
	char line[LINE_SIZE];
	va_list args;
	int used;

	va_start(args, fmt);
	used = vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	if (used < 0)
		return EX_SOFTWARE;
	write_line(STDOUT_FILENO, line, (size_t)used);
	return EX_OK;
}

void report_note(const char *jail, const char *text)
{
	char line[LINE_SIZE];
	struct jail_error note = {.exitcode = EX_OK};
	size_t used;

	/* Through the same form as errors: what a jail made us say can't steer the terminal. */
	if (jail != NULL)
		(void)snprintf(note.jail, sizeof(note.jail), "%s", jail);
	(void)snprintf(note.what, sizeof(note.what), "%s", text);
	used = jail_error_format(&note, line, sizeof(line));
	write_line(STDOUT_FILENO, line, used);
}

int report_status(int wait_status)
{
	if (WIFSIGNALED(wait_status))
		return 128 + WTERMSIG(wait_status);
	return WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : EX_SOFTWARE;
}

int report_number(const char *text, long min, long max, long *ret)
{
	char *end;
	long value;

	if (*text == '\0' || strspn(text, "0123456789") != strlen(text))
		return -EINVAL;
	errno = 0;
	value = strtol(text, &end, 10);
	if (errno != 0 || *end != '\0' || value < min || value > max)
		return -EINVAL;
	*ret = value;
	return 0;
}

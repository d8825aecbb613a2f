/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * campaign_run.c: the tools as commands of a worker.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "campaign.h"

static void __attribute__((noreturn)) give_up(const char *what)
{
	(void)fprintf(stderr, "campaign: %s\n", what);
	exit(70);
}

static size_t own_directory(char *buf, size_t size)
{
	ssize_t n = readlink("/proc/self/exe", buf, size - 1);

	if (n <= 0)
		give_up("cannot read /proc/self/exe");
	buf[n] = '\0';
	return (size_t)(strrchr(buf, '/') + 1 - buf);
}

void command_make(const struct worker *w, const char *text, struct command *ret)
{
	size_t used = 0, argc = 0;
	char *start = ret->room;

	if (text[0] == '.')
		used += own_directory(ret->room, sizeof(ret->room));
	else
		used += (size_t)snprintf(ret->room, sizeof(ret->room), "%s/", w->bin);
	for (;; text++) {
		const char *add = NULL;

		if (used + sizeof(w->dir) >= sizeof(ret->room) || argc + 2 >= ARGS_MAX)
			give_up("a command is too long");
		if (text[0] == '|' || text[0] == '\0') {
			ret->room[used++] = '\0';
			ret->argv[argc++] = start;
			start = ret->room + used;
			if (text[0] == '\0')
				break;
			continue;
		}
		if (text[0] == '%' && text[1] != '\0')
			add = *++text == 'n' ? w->name : *text == 'd' ? w->dir : w->bin;
		if (add != NULL) {
			memcpy(ret->room + used, add, strlen(add));
			used += strlen(add);
		} else {
			ret->room[used++] = text[0];
		}
	}
	ret->argv[argc] = NULL;
}

void worker_read_err(struct worker *w)
{
	ssize_t n = pread(w->err_fd, w->err, sizeof(w->err) - 1, 0);

	w->err[n > 0 ? n : 0] = '\0';
	if (ftruncate(w->err_fd, 0) < 0 || lseek(w->err_fd, 0, SEEK_SET) < 0)
		give_up("cannot empty the error file");
}

pid_t command_start(const struct worker *w, const char *text)
{
	struct command c;
	pid_t pid;

	command_make(w, text, &c);
	pid = fork();
	if (pid < 0)
		give_up("cannot fork");
	if (pid == 0) {
		int null = open("/dev/null", O_RDWR | O_CLOEXEC);

		if (null < 0 || dup2(null, 0) < 0 || dup2(w->out_fd > 0 ? w->out_fd : null, 1) < 0 ||
		    dup2(w->err_fd, 2) < 0)
			_exit(126);
		(void)execv(c.argv[0], c.argv);
		_exit(127);
	}
	return pid;
}

int command_wait(pid_t pid)
{
	struct timespec pause = {.tv_nsec = 500000};
	int status = 0;
	pid_t got = 0;

	for (unsigned tries = 0; tries < 120000 && got == 0; tries++) {
		got = waitpid(pid, &status, WNOHANG);
		if (got == 0)
			(void)nanosleep(&pause, NULL);
	}
	if (got == 0) {
		(void)kill(pid, SIGKILL);
		(void)waitpid(pid, &status, 0);
	}
	if (got == 0)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int command_run(struct worker *w, const char *text)
{
	int code = command_wait(command_start(w, text));

	worker_read_err(w);
	return code;
}

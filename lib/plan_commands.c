/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * plan_commands.c: what is run in a jail and around it: command lines, the command's arguments, users, times, the
 * environment.
 */
#include <string.h>

#include "plan_make.h"
#include "util.h"

#define ENVIRONMENT_MAX 4096 /* variables */

static const char blanks[] = " \t\r\n\v\f";

/* Has the line anything that only a shell understands? Variables before the program's name are such a thing too. */
static bool needs_shell(const char *line)
{
	const char *word = line + strspn(line, blanks);

	return strpbrk(line, "!\"$&'()*;<>?[\\]`{|}~\n") || memchr(word, '=', strcspn(word, blanks));
}

static int shell_line(const struct maker *m, const char *line, struct plan_strings *ret)
{
	const char *const words[] = {"/bin/sh", "-c", line};

	ret->item = arena_new(m->arena, ARRAY_SIZE(words) + 1, sizeof(*ret->item));
	if (!ret->item)
		return plan_no_memory(m);
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		ret->item[i] = arena_text(m->arena, words[i], strlen(words[i]));
		if (!ret->item[i])
			return plan_no_memory(m);
	}
	ret->count = ARRAY_SIZE(words);
	return 0;
}

static int split_line(const struct maker *m, const char *line, struct plan_strings *ret)
{
	const char *at = line + strspn(line, blanks);

	/* A word takes two bytes of the line at least, but the last. */
	ret->item = arena_new(m->arena, strlen(line) / 2 + 2, sizeof(*ret->item));
	if (!ret->item)
		return plan_no_memory(m);
	while (*at != '\0') {
		size_t length = strcspn(at, blanks);

		ret->item[ret->count] = arena_text(m->arena, at, length);
		if (!ret->item[ret->count])
			return plan_no_memory(m);
		ret->count++;
		at += length;
		at += strspn(at, blanks);
	}
	return 0;
}

/*
 * As FreeBSD does: one string is a line; a shell runs it where one is needed, else its words are the arguments. Several
 * strings in a file are lines to run in sequence (so all but the last join exec.start); on the command line they are
 * the arguments as they stand.
 */
static int make_command(const struct maker *m)
{
	struct plan_strings all;
	const char *line;
	int r = plan_strings(m, "command", &all);

	if (r < 0 || all.count == 0)
		return r;
	if (all.count > 1 && !params_origin(m->p, "command").file) {
		if (all.item[0][0] == '\0')
			return plan_refuse(m, "command", 0, EINVAL, "the program's name is empty");
		m->plan->command = all;
		return 0;
	}
	for (size_t i = 0; i + 1 < all.count; i++)
		m->plan->start.item[m->plan->start.count++] = all.item[i];
	line = all.item[all.count - 1];
	return needs_shell(line) ? shell_line(m, line, &m->plan->command) : split_line(m, line, &m->plan->command);
}

/* exec.start with room for the lines that `command` may add. */
static int make_start(const struct maker *m)
{
	struct plan_strings lines;
	int r = plan_strings(m, "exec.start", &lines);

	if (r < 0)
		return r;
	m->plan->start.item = arena_new(m->arena, lines.count + jail_params_count(m->p, "command") + 1, sizeof(char *));
	if (!m->plan->start.item)
		return plan_no_memory(m);
	memcpy(m->plan->start.item, lines.item, lines.count * sizeof(char *));
	m->plan->start.count = lines.count;
	return 0;
}

static int make_user(const struct maker *m, const char *param, char **ret)
{
	int r = plan_text(m, param, ret);

	if (r < 0 || !*ret)
		return r;
	if ((*ret)[0] == '\0' || (*ret)[0] == '-' || strlen(*ret) > 63 || strpbrk(*ret, ":/,\n\t "))
		return plan_refuse(m, param, 0, EINVAL, "\"%.80s\" is no user's name", *ret);
	return 0;
}

/* Length of the KEY of KEY=value, 0 when it is none. `dots`: also dots and dashes inside. */
static size_t key_length(const char *text, bool dots)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
	static const char all[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789.-";
	size_t n = strspn(text, all);

	if (text[n] != '=' || n == 0 || !strchr(letters, text[0]))
		return 0;
	return dots || strcspn(text, ".-") >= n ? n : 0;
}

static int check_keys(const struct maker *m, const char *param, bool dots)
{
	size_t count = jail_params_count(m->p, param);

	if (count > ENVIRONMENT_MAX)
		return plan_refuse(
		    m, param, 0, E2BIG, "has %zu strings, at most %d are allowed", count, ENVIRONMENT_MAX);
	for (size_t i = 0; i < count; i++) {
		const char *text = jail_params_item(m->p, param, i);

		if (key_length(text, dots) == 0)
			return plan_refuse(m, param, i, EINVAL,
			    "\"%.80s\": allowed: KEY=value, the key of letters, "
			    "digits and '_'",
			    text);
	}
	return 0;
}

/* A variable that comes twice is the last one's: programs would take the first. */
static int make_environment(const struct maker *m)
{
	struct plan_strings all, *env = &m->plan->env;
	int r = check_keys(m, "meta", true);

	if (r == 0)
		r = check_keys(m, "env", false);
	if (r == 0)
		r = plan_strings(m, "env", &all);
	if (r < 0)
		return r;
	env->item = all.item;
	for (size_t i = 0; i < all.count; i++) {
		size_t n = key_length(all.item[i], false) + 1, at = 0;

		while (at < env->count && strncmp(env->item[at], all.item[i], n) != 0)
			at++;
		env->item[at] = all.item[i];
		env->count += at == env->count;
	}
	for (size_t i = env->count; i < all.count; i++)
		env->item[i] = NULL;
	return 0;
}

static int check_life(const struct maker *m)
{
	const struct plan *plan = m->plan;

	if (!plan->init && plan->persist) {
		(void)plan_refuse(
		    m, "exec.init", 0, EINVAL, "can't be no for a jail that persists: nothing would be left in it");
		return jail_error_hint(m->err, EINVAL, "leave out exec.init or persist");
	}
	if (!plan->init && plan->command.count == 0)
		return plan_refuse(
		    m, "exec.init", 0, EINVAL, "no: the command would be process 1, and there is no command");
	if (plan->restart == PLAN_RESTART_NEVER)
		return 0;
	if (!plan->init)
		return plan_refuse(m, "exec.restart", 0, EINVAL, "needs the reaper to start the command again");
	if (plan->command.count == 0)
		return plan_refuse(m, "exec.restart", 0, EINVAL, "there is no command to start again");
	return 0;
}

static int make_path(const struct maker *m, const char *param, char **ret)
{
	const char *text, *why;

	if (jail_params_get(m->p, param, &text) < 0)
		return 0;
	*ret = plan_path(m->arena, text, &why);
	if (*ret)
		return 0;
	return why ? plan_refuse(m, param, 0, EINVAL, "\"%.200s\" %s", text, why) : plan_no_memory(m);
}

static int make_lines(const struct maker *m)
{
	struct plan *plan = m->plan;
	const struct {
		const char *param;
		struct plan_strings *to;
	} lines[] = {
	    {"exec.prepare", &plan->prepare},
	    {"exec.prestart", &plan->prestart},
	    {"exec.created", &plan->created},
	    {"exec.poststart", &plan->poststart},
	    {"exec.prestop", &plan->prestop},
	    {"exec.stop", &plan->stop},
	    {"exec.poststop", &plan->poststop},
	    {"exec.release", &plan->release},
	};

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		int r = plan_strings(m, lines[i].param, lines[i].to);

		if (r < 0)
			return r;
	}
	return 0;
}

int plan_make_commands(const struct maker *m)
{
	struct plan *plan = m->plan;
	int r = make_lines(m);

	if (r == 0)
		r = make_start(m);
	if (r == 0)
		r = make_command(m);
	if (r == 0)
		r = make_path(m, "exec.dir", &plan->exec_dir);
	if (r == 0)
		r = make_path(m, "exec.consolelog", &plan->consolelog);
	if (r == 0)
		r = make_user(m, "exec.jail_user", &plan->jail_user);
	if (r == 0)
		r = make_user(m, "exec.system_user", &plan->system_user);
	if (r == 0)
		r = make_environment(m);
	if (r < 0)
		return r;
	plan->init = plan_bool(m, "exec.init");
	plan->exec_clean = plan_bool(m, "exec.clean");
	plan->system_jail_user = plan_bool(m, "exec.system_jail_user");
	plan->stop_timeout = (unsigned)plan_int(m, "stop.timeout");
	plan->exec_timeout = (unsigned)plan_int(m, "exec.timeout");
	plan->restart = plan_is(m, "exec.restart", "always")	? PLAN_RESTART_ALWAYS
			: plan_is(m, "exec.restart", "failure") ? PLAN_RESTART_FAILURE
								: PLAN_RESTART_NEVER;
	return check_life(m);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * config.c: which files the configuration of jail(8) comes from: the one that was named ("-": standard input), or the
 * usual ones: /etc/jail.conf, /etc/jail.conf.d and /etc/jail.NAME.conf. The language itself is the library's.
 */
#include <fcntl.h>
#include <glob.h>
#include <string.h>
#include <sysexits.h>

#include "batch.h"
#include "report.h"

#define STDIN_MAX ((size_t)64 << 20)

static const char main_file[] = "/etc/jail.conf";
/* One file a jail, as FreeBSD's rc script looks for them: the jail's name is where the star is. */
static const char *const more_files[] = {"/etc/jail.*.conf", "/etc/jail.conf.d/*.conf"};

static int read_stdin(char **ret, size_t *ret_size)
{
	_cleanup_free_ char *text = NULL;
	size_t size = 0, room = 0;

	for (;;) {
		ssize_t n;

		if (size == room) {
			char *more;

			if (room >= STDIN_MAX)
				return -EFBIG;
			room = room == 0 ? 65536 : room * 2;
			more = realloc(text, room);
			if (more == NULL)
				return -ENOMEM;
			text = more;
		}
		n = read(STDIN_FILENO, text + size, room - size);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return negative_errno();
		if (n == 0)
			break;
		size += (size_t)n;
	}
	*ret = take_ptr(text);
	*ret_size = size;
	return 0;
}

static int config_stdin(struct jail_conf *conf)
{
	struct jail_error err;
	_cleanup_free_ char *text = NULL;
	size_t size = 0;
	int r;

	r = read_stdin(&text, &size);
	if (r < 0)
		return report_own(EX_IOERR, NULL, "can't read the configuration from standard input: %s", strerror(-r));
	if (jail_conf_memory(conf, "stdin", text, size, &err) < 0)
		return report_error(&err);
	return EX_OK;
}

/* Whether the jail that gave `path` its name (by the star of `pattern`) is defined already. */
static bool defined(const struct jail_conf *conf, const char *pattern, const char *path)
{
	size_t before = (size_t)(strchr(pattern, '*') - pattern), behind = strlen(pattern) - before - 1;
	char name[JAIL_NAME_MAX + 1];
	size_t length = strlen(path);

	if (length < before + behind || length - before - behind > JAIL_NAME_MAX)
		return false;
	memcpy(name, path + before, length - before - behind);
	name[length - before - behind] = '\0';
	return jail_conf_has(conf, name);
}

static int config_glob(struct jail_conf *conf, const char *pattern, bool *found)
{
	struct jail_error err;
	int code = EX_OK;
	glob_t files;

	switch (glob(pattern, GLOB_ERR, NULL, &files)) {
	case 0:
		break;
	case GLOB_NOMATCH:
	case GLOB_ABORTED: /* no such directory */
		return EX_OK;
	default:
		return report_no_memory();
	}
	for (size_t i = 0; i < files.gl_pathc && code == EX_OK; i++) {
		*found = true;
		/* The main file may have included it: read twice, its `+=` would add twice. */
		if (!defined(conf, pattern, files.gl_pathv[i]) && jail_conf_file(conf, files.gl_pathv[i], &err) < 0)
			code = report_error(&err);
	}
	globfree(&files);
	return code;
}

static int config_usual(struct jail_conf *conf, bool *found)
{
	struct jail_error err;

	*found = access(main_file, F_OK) == 0;
	if (*found && jail_conf_file(conf, main_file, &err) < 0)
		return report_error(&err);
	for (size_t i = 0; i < ARRAY_SIZE(more_files); i++) {
		int code = config_glob(conf, more_files[i], found);

		if (code != EX_OK)
			return code;
	}
	return EX_OK;
}

int config_read(const char *file, bool required, bool runs, struct jail_conf **ret)
{
	struct jail_conf *conf = NULL;
	struct jail_error err;
	bool found = true;
	int code = EX_OK;

	if (jail_conf_new(&conf) < 0)
		return report_no_memory();
	if (!runs)
		jail_conf_any_owner(conf);
	if (file == NULL)
		code = config_usual(conf, &found);
	else if (strcmp(file, "-") == 0)
		code = config_stdin(conf);
	else if (jail_conf_file(conf, file, &err) < 0)
		code = report_error(&err);
	if (code == EX_OK && !found && required)
		code = report_own(EX_NOINPUT, NULL,
		    "there is no configuration: neither %s nor a file in /etc/jail.conf.d: write one, or name it with "
		    "-f",
		    main_file);
	if (code != EX_OK || !found) {
		jail_conf_free(conf);
		conf = NULL;
	}
	*ret = conf;
	return code;
}

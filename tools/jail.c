/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * jail.c: jail(8): creates, changes and removes jails. This file reads the command line; what follows from it is
 * decided in select.c, done in run.c and perform.c, and everything that another program might want is in libjail.
 */
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>

#include "batch.h"
#include "begin.h"
#include "output_file.h"
#include "report.h"

#define PARALLEL_MAX 10000

static const char usage[] =
    "jail -c | -m | -cm | -mr | -cmr | -rc [-Cdhilqv] [-f file] [-p limit] [-J file] [jail ...]\n"
    "       jail -c | -m [-Cdhilqv] [-n name] [-s level] [-u user | -U user] [-J file] name=value ...\n"
    "            [command=program argument ...]\n"
    "       jail -r [-Cdqv] [-f file] [-p limit] jail ...\n"
    "       jail -R [-dqv] [-p limit] jail ...\n"
    "       jail -e separator [-f file]\n"
    "       jail -C [-q]\n"
    "       jail [-hilqv] [-n name] [-J file] [-u user | -U user] path hostname ip command ...";

/* The set of the command line, made when the first option or argument asks for it. */
static struct jail_params *line_of(struct request *rq)
{
	if (rq->line == NULL && jail_params_new(&rq->line) < 0)
		_exit(report_no_memory());
	return rq->line;
}

/* On the command line a mistake ends the tool at once: nothing has been done yet. */
static void set_line(struct request *rq, const char *name, const char *value)
{
	struct jail_error err;

	if (jail_params_set(line_of(rq), name, value, &err) < 0)
		_exit(report_error(&err));
}

static void append_line(struct request *rq, const char *name, const char *value)
{
	struct jail_error err;

	if (jail_params_append(line_of(rq), name, value, &err) < 0)
		_exit(report_error(&err));
}

static void set_parallel(struct request *rq, const char *text)
{
	long n;

	if (report_number(text, 0, PARALLEL_MAX, &n) < 0)
		_exit(report_own(
		    EX_USAGE, NULL, "-p %s: a number from 0 (no limit) to %d is needed", text, PARALLEL_MAX));
	rq->parallel = (size_t)n;
}

/* Options that are parameters in an older form. Returns false for any other. */
static bool parameter_option(struct request *rq, int option, const char *value)
{
	switch (option) {
	case 'h':
		set_line(rq, "ip_hostname", NULL);
		return true;
	case 'l':
		set_line(rq, "exec.clean", NULL);
		return true;
	case 'n':
		set_line(rq, "name", value);
		return true;
	case 's':
		set_line(rq, "securelevel", value);
		return true;
	case 'u':
	case 'U':
		set_line(rq, "exec.jail_user", value);
		set_line(rq, "exec.system_jail_user", option == 'u' ? "true" : "false");
		return true;
	default:
		return false;
	}
}

static void take_option(struct request *rq, int option, char *value)
{
	switch (option) {
	case 'c':
		rq->todo |= DO_START;
		break;
	case 'm':
		rq->todo |= DO_MODIFY;
		break;
	case 'R':
		rq->bare = true;
		__attribute__((fallthrough));
	case 'r':
		rq->todo |= DO_STOP;
		break;
	case 'C':
		rq->clean = true;
		break;
	case 'd':
		rq->dying = true;
		break;
	case 'e':
		rq->separator = value;
		break;
	case 'f':
		rq->file = value;
		break;
	case 'i':
		rq->ids = true;
		rq->verbosity = -1;
		break;
	case 'J':
		rq->jidfile = value;
		break;
	case 'p':
		set_parallel(rq, value);
		break;
	case 'q':
		rq->verbosity = -1;
		break;
	case 'v':
		rq->verbosity = 1;
		break;
	default:
		if (!parameter_option(rq, option, value))
			report_usage(usage);
	}
}

/* path hostname ip[,ip...] command ... */
static void old_style(struct request *rq, int argc, char **argv)
{
	char *addresses, *save = NULL;

	if (argc < 4 || argv[0][0] != '/')
		report_usage(usage);
	rq->todo = DO_START;
	rq->old_style = true;
	set_line(rq, "path", argv[0]);
	set_line(rq, "host.hostname", argv[1]);
	addresses = argv[2];
	for (char *a = strtok_r(addresses, ",", &save); a != NULL; a = strtok_r(NULL, ",", &save))
		append_line(rq, strchr(a, ':') != NULL ? "ip6.addr" : "ip4.addr", a);
	set_line(rq, "command", argv[3]);
	for (int i = 4; i < argc; i++)
		append_line(rq, "command", argv[i]);
}

/* FreeBSD's that only have no counterpart are passed over with a warning, as those of a configuration are. */
static bool is_ignored(const struct jail_error *err)
{
	const char *name = err->param;
	const struct jail_param *row = jail_param_find(name);

	if (row == NULL || (row->flags & JAIL_PARAM_IGNORED) == 0 || err->errnum != ENOTSUP)
		return false;
	report_own(EX_OK, NULL, "%s: ignored: %s", name, row->reason);
	return true;
}

/* What is wrong with a parameter is told with the jail's name, where that is known by then. */
static int report_parameter(struct request *rq, struct jail_error *err)
{
	const char *name;

	if (jail_params_has(line_of(rq), "name") && jail_params_get(line_of(rq), "name", &name) == 0 &&
	    strlen(name) < sizeof(err->jail))
		memcpy(err->jail, name, strlen(name) + 1);
	return report_error(err);
}

/* name+=value, of a name that was not given before: a jail that runs may have some of it already. */
static void note_more(struct request *rq, const char *argument)
{
	size_t n = strcspn(argument, "+=");
	char name[64];

	if (n == 0 || n >= sizeof(name))
		return;
	(void)snprintf(name, sizeof(name), "%.*s", (int)n, argument);
	if (argument[n] != '+' || argument[n + 1] != '=') {
		if (rq->more != NULL)
			jail_params_unset(rq->more, name);
		return;
	}
	if (jail_params_has(line_of(rq), name) && (rq->more == NULL || !jail_params_has(rq->more, name)))
		return;
	if (rq->more == NULL && jail_params_new(&rq->more) < 0)
		_exit(report_no_memory());
	/* What is wrong with it is told of the line itself. */
	(void)jail_params_parse(rq->more, argument, NULL);
}

/* Neither a parameter nor a jail's name begins with a hyphen. */
static void check_argument(const char *argument)
{
	if (argument[0] == '-')
		_exit(report_own(EX_USAGE, NULL, "%s: options stand before the first parameter or name", argument));
}

/* name=value ... [command=program argument ...] */
static void take_parameters(struct request *rq, int argc, char **argv)
{
	struct jail_error err;

	for (int i = 0; i < argc; i++) {
		bool with = strncmp(argv[i], "command=", 8) == 0;

		check_argument(argv[i]);
		if (!with && strcmp(argv[i], "command") != 0) {
			note_more(rq, argv[i]);
			if (jail_params_parse(line_of(rq), argv[i], &err) < 0 && !is_ignored(&err))
				_exit(report_parameter(rq, &err));
			continue;
		}
		/* All that follows belongs to the program. */
		if (!with && i + 1 == argc)
			report_usage(usage);
		set_line(rq, "command", with ? argv[i] + 8 : argv[i + 1]);
		for (i += with ? 1 : 2; i < argc; i++)
			append_line(rq, "command", argv[i]);
	}
}

/* Parameters, or names of jails? As soon as one has a value, all are parameters. */
static bool has_assignment(int argc, char **argv)
{
	for (int i = 0; i < argc; i++) {
		if (strchr(argv[i], '=') != NULL || strcmp(argv[i], "command") == 0)
			return true;
	}
	return false;
}

/* As in jail.conf(5) a star is a whole part of a name; "web*" would match nothing, without a word. */
static void check_pattern(const char *name)
{
	for (const char *star = strchr(name, '*'); star != NULL; star = strchr(star + 1, '*')) {
		if ((star != name && star[-1] != '.') || (star[1] != '\0' && star[1] != '.'))
			_exit(report_own(EX_DATAERR, NULL,
			    "\"%s\" is neither a jail's name nor a pattern: a star stands for a whole part between "
			    "dots, as in web.*",
			    name));
	}
}

static void take_arguments(struct request *rq, int argc, char **argv)
{
	bool removal = rq->todo == DO_STOP;

	if (rq->separator != NULL || (rq->todo == 0 && argc == 0 && rq->clean)) {
		if (argc > 0 || rq->todo != 0 || rq->line != NULL)
			report_usage(usage);
		return;
	}
	if (rq->todo == 0) {
		old_style(rq, argc, argv);
		return;
	}
	if (rq->bare && !removal)
		report_usage(usage);
	/* Removing everything has to be asked for: by '*', or by naming the file that says what everything is. */
	if (removal &&
	    (rq->line != NULL || rq->ids || rq->jidfile != NULL || (argc == 0 && (rq->bare || rq->file == NULL))))
		report_usage(usage);
	if (has_assignment(argc, argv) || rq->line != NULL) {
		if (removal || rq->file != NULL)
			report_usage(usage);
		take_parameters(rq, argc, argv);
		return;
	}
	for (int i = 0; i < argc; i++) {
		check_argument(argv[i]);
		check_pattern(argv[i]);
	}
	rq->names = argv;
	rq->nnames = (size_t)argc;
}

static int sweep(void)
{
	struct jail_error err;

	return jail_sweep(&err) < 0 ? report_error(&err) : EX_OK;
}

static int open_jidfile(struct request *rq)
{
	char name[NAME_MAX + 1];
	_cleanup_close_ int dir = -1;
	int fd;

	rq->jidfd = -1;
	if (rq->jidfile == NULL)
		return EX_OK;
	dir = output_directory(rq->jidfile, name);
	/* The lines of jails that are started in parallel follow each other. */
	fd = dir < 0 ? dir : output_file(dir, name);
	if (fd == -EEXIST)
		return report_own(EX_CANTCREAT, NULL,
		    "can't write %s: it is no regular file of root's with one name: remove it, or name another",
		    rq->jidfile);
	if (fd < 0)
		return report_own(EX_CANTCREAT, NULL, "can't write %s: %s", rq->jidfile, strerror(-fd));
	rq->jidfd = fd;
	return EX_OK;
}

static int carry_out(struct request *rq)
{
	struct batch b = {.conf = NULL};
	int code = EX_OK;

	if (rq->separator != NULL)
		return show_configuration(rq);
	begin_need_root("create, change or remove jails");
	if (rq->clean)
		code = sweep();
	if (rq->todo == 0 || code != EX_OK)
		return code;
	code = select_units(rq, &b);
	if (code == EX_OK)
		code = open_jidfile(rq);
	if (code == EX_OK)
		code = run_batch(rq, &b);
	batch_free(&b);
	(void)close_fd(rq->jidfd);
	return code;
}

int main(int argc, char **argv)
{
	struct request rq = {.parallel = 1, .jidfd = -1};
	int option, code;

	begin_tool("jail", usage, argc, argv);
	/* '+': the arguments of `command` are not ours. */
	while ((option = getopt(argc, argv, "+cCde:f:hiJ:lmn:p:qrRs:u:U:v")) != -1)
		take_option(&rq, option, optarg);
	take_arguments(&rq, argc - optind, argv + optind);
	code = carry_out(&rq);
	jail_params_free(rq.line);
	jail_params_free(rq.more);
	return code;
}

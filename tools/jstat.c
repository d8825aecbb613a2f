/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * jstat.c: jstat(8): what running jails use. Arguments, and the forms that are not a screen. Reading is the library's.
 */
#include "jstat.h"

#include <fcntl.h>
#include <getopt.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <sysexits.h>
#include <time.h>

#include "../lib/util.h"
#include "begin.h"
#include "output_file.h"
#include "report.h"

static const char usage[] = "jstat [-1rt] [-c count] [-d seconds] [-f text] [-s key] [jail]\n"
			    "       jstat --json [jail]\n"
			    "       jstat --openmetrics [-o file | --http] [jail]";

enum form { FORM_SCREEN, FORM_ONCE, FORM_JSON, FORM_METRICS };

struct asked {
	struct watching watch;
	enum form form;
	const char *file; /* -o */
	bool delay_given, http;
};

static struct asked asked = {.watch = {.key = 1, .count = 1}};

/* "0.5": seconds to milliseconds. */
static bool parse_delay(const char *text, unsigned *ret)
{
	unsigned long ms = 0, scale = 1000;
	bool point = false;

	if (*text == '\0' || strcmp(text, ".") == 0)
		return false;
	for (; *text != '\0'; text++) {
		if (*text == '.' && !point) {
			point = true;
			continue;
		}
		if (*text < '0' || *text > '9' || ms > 10000000)
			return false;
		if (point)
			scale /= 10;
		ms = point ? ms + (unsigned long)(*text - '0') * scale : ms * 10 + (unsigned long)(*text - '0') * 1000;
	}
	if (ms < 100 || ms > 3600000)
		return false;
	*ret = (unsigned)ms;
	return true;
}

static void take_key(const char *text)
{
	int key = rows_key_find(text);
	char all[256] = "";

	if (key >= 0) {
		asked.watch.key = (size_t)key;
		return;
	}
	for (size_t i = 0; rows_key(i) != NULL; i++)
		(void)snprintf(all + strlen(all), sizeof(all) - strlen(all), "%s%s", i > 0 ? ", " : "", rows_key(i));
	_exit(report_own(EX_USAGE, NULL, "-s %s: not one of %s", text, all));
}

static void take_option(int option, const char *value)
{
	long n;

	switch (option) {
	case '1':
		asked.form = FORM_ONCE;
		break;
	case 'c':
		if (report_number(value, 1, 1000000, &n) < 0)
			_exit(report_own(EX_USAGE, NULL, "-c %s: not a number from 1 to 1000000", value));
		asked.watch.count = (unsigned)n;
		asked.form = FORM_ONCE;
		break;
	case 'd':
		if (!parse_delay(value, &asked.watch.delay))
			_exit(report_own(EX_USAGE, NULL, "-d %s: not seconds from 0.1 to 3600", value));
		asked.delay_given = true;
		break;
	case 'f':
		asked.watch.filter = value;
		break;
	case 'o':
		asked.file = value;
		break;
	case 'r':
		asked.watch.reverse = true;
		break;
	case 's':
		take_key(value);
		break;
	case 't':
		asked.watch.tree = true;
		break;
	case 'J':
		asked.form = FORM_JSON;
		break;
	case 'M':
		asked.form = FORM_METRICS;
		break;
	case 'H':
		asked.http = true;
		break;
	default:
		report_usage(usage);
	}
}

static void sleep_ms(unsigned ms)
{
	struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};

	while (nanosleep(&t, &t) < 0 && errno == EINTR)
		;
}

/* ----------------------------------------------------------------------------------------------- figures for others */

/* To the descriptor, in the form that was asked for. An exit code. */
static int put_figures(int fd)
{
	struct jail_error err;
	struct sample s;
	struct output o;
	int r = sample_take(asked.watch.only, &s, &err);

	if (r < 0)
		return report_error(&err);
	output_init(&o, fd);
	if (asked.form == FORM_JSON)
		json_put(&o, &s);
	else
		metrics_put(&o, &s);
	sample_free(&s);
	if (output_flush(&o) < 0)
		return report_own(EX_IOERR, NULL, "can't write: %s", strerror(-o.error));
	return EX_OK;
}

/* Who reads the file meanwhile sees the old one or the new one, whole. */
static int put_file(const char *file)
{
	char name[NAME_MAX + 1], fresh[NAME_MAX + 32];
	_cleanup_close_ int dir = output_directory(file, name), fd = -1;
	int code;

	if (dir < 0)
		return report_own(EX_CANTCREAT, NULL, "%s: can't create: %s", file, strerror(-dir));
	/* No other process has this number now: what has the name is left of one that was killed. */
	(void)snprintf(fresh, sizeof(fresh), "%s.%ld", name, (long)getpid());
	(void)unlinkat(dir, fresh, 0);
	fd = openat(dir, fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return report_own(EX_CANTCREAT, NULL, "%s: can't create: %s", file, strerror(errno));
	code = put_figures(fd);
	/* It is for others to read: node_exporter is not root. */
	if (code == EX_OK && (fchmod(fd, 0644) < 0 || renameat(dir, fresh, dir, name) < 0))
		code = report_own(EX_CANTCREAT, NULL, "%s: can't replace: %s", file, strerror(errno));
	if (code != EX_OK)
		(void)unlinkat(dir, fresh, 0);
	return code;
}

/* ----------------------------------------------------------------------------------------------- tables and details */

static void out_line(void *arg, const char *text)
{
	output_string(arg, text);
	output_char(arg, '\n');
}

static int put_rows(const struct rows *v, const struct history *h)
{
	const struct watching *w = &asked.watch;
	struct output o;

	output_init(&o, STDOUT_FILENO);
	if (w->only == NULL)
		table_put(&o, w, v);
	for (size_t i = 0; w->only != NULL && i < v->count; i++)
		details_put(w, &v->row[i], h, 80, out_line, &o);
	if (output_flush(&o) < 0)
		return report_own(EX_IOERR, NULL, "can't write: %s", strerror(-o.error));
	return EX_OK;
}

static int arrange(struct rows *v)
{
	if (asked.watch.filter != NULL)
		rows_filter(v, asked.watch.filter);
	rows_sort(v, asked.watch.key, asked.watch.reverse);
	return asked.watch.tree ? rows_tree(v) : 0;
}

/* `count` intervals are watched, then one picture is given. */
static int put_once(void)
{
	struct sample before = {0}, now = {0};
	struct rows v = {0};
	struct history *h = history_new();
	struct jail_error err;
	int r = h != NULL ? sample_take(asked.watch.only, &before, &err) : -ENOMEM, code = EX_OSERR;

	for (unsigned i = 0; r == 0 && i < asked.watch.count; i++) {
		sleep_ms(asked.watch.delay);
		if (i > 0) {
			sample_free(&before);
			before = now;
			now = (struct sample){0};
			rows_free(&v);
		}
		r = sample_take(asked.watch.only, &now, &err);
		if (r == 0 && (rows_make(&before, &now, &v) < 0 || history_add(h, &v) < 0))
			r = -ENOMEM;
	}
	if (r == 0)
		r = arrange(&v);
	if (r == -ENOMEM)
		code = report_own(EX_OSERR, NULL, "out of memory");
	else
		code = r < 0 ? report_error(&err) : put_rows(&v, h);
	rows_free(&v);
	sample_free(&before);
	sample_free(&now);
	history_free(h);
	return code;
}

static void look_at_machine(struct watching *w)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	struct sysinfo info;

	w->cpus = cpus > 0 ? (double)cpus * 100 : 100;
	if (sysinfo(&info) == 0)
		w->memory = (double)info.totalram * info.mem_unit;
	w->utf8 = setlocale(LC_CTYPE, "") != NULL && strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

static int run(void)
{
	struct watching *w = &asked.watch;

	if (asked.form == FORM_JSON || asked.form == FORM_METRICS) {
		if (asked.http)
			return http_answer(put_figures);
		return asked.file != NULL ? put_file(asked.file) : put_figures(STDOUT_FILENO);
	}
	look_at_machine(w);
#ifdef HAVE_CURSES
	if (asked.form == FORM_SCREEN && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO)) {
		if (!asked.delay_given)
			w->delay = 2000;
		return screen_run(w);
	}
#endif
	if (!asked.delay_given)
		w->delay = 500;
	return put_once();
}

int main(int argc, char **argv)
{
	static const struct option longer[] = {{"json", no_argument, NULL, 'J'},
	    {"openmetrics", no_argument, NULL, 'M'}, {"http", no_argument, NULL, 'H'}, {NULL, 0, NULL, 0}};
	int option;

	begin_tool("jstat", usage, argc, argv);
	while ((option = getopt_long(argc, argv, "1c:d:f:o:rs:t", longer, NULL)) != -1)
		take_option(option, optarg);
	if (argc - optind > 1 || ((asked.file != NULL || asked.http) && asked.form != FORM_METRICS) ||
	    (asked.file != NULL && asked.http))
		report_usage(usage);
	asked.watch.only = argv[optind];
	/* A reader that went away is an error of writing, said as such. */
	(void)signal(SIGPIPE, SIG_IGN);
	return run();
}

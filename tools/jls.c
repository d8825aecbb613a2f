/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * jls.c: jls(8): lists the jails that run, as the kernel has them. One pass over the list, one buffer.
 */
#include "jls.h"

#include <getopt.h>
#include <string.h>
#include <sysexits.h>

#include "begin.h"
#include "report.h"

static const char usage[] = "jls [-dhNnqsv] [--json] [-j jail] [parameter ...]\n       jls -c [-d] -j jail";

/* Sorted as FreeBSD sorts them: names without a dot first. */
static int by_name(const void *a, const void *b)
{
	const struct jail_param *const *x = a, *const *y = b;
	int dx = strchr((*x)->name, '.') != NULL, dy = strchr((*y)->name, '.') != NULL;

	return dx != dy ? dx - dy : strcmp((*x)->name, (*y)->name);
}

static void out_of_memory(void)
{
	_exit(report_own(EX_OSERR, NULL, "out of memory"));
}

/* Every parameter that this system has. */
static void ask_all(struct listing *l)
{
	const struct jail_param *row;
	size_t n = 0, first = l->count;

	while (jail_param_at(n) != NULL)
		n++;
	l->row = reallocarray(l->row, l->count + n + 1, sizeof(*l->row));
	if (l->row == NULL)
		out_of_memory();
	for (size_t i = 0; (row = jail_param_at(i)) != NULL; i++) {
		if ((row->flags & (JAIL_PARAM_LATER | JAIL_PARAM_FOREIGN)) == 0)
			l->row[l->count++] = row;
	}
	qsort(l->row + first, l->count - first, sizeof(*l->row), by_name);
}

static void ask(struct listing *l, const char *name)
{
	const struct jail_param *row;
	struct jail_params *scratch = NULL;
	struct jail_error err;

	if (strcmp(name, "all") == 0) {
		ask_all(l);
		return;
	}
	row = jail_param_find(name);
	if (row == NULL) {
		/* Setting it fails with the nearest name as a hint; a negative form is known, but stands for no value.
		 */
		if (jail_params_new(&scratch) == 0 && jail_params_set(scratch, name, NULL, &err) == -ENOENT)
			_exit(report_error(&err));
		_exit(report_own(
		    EX_DATAERR, NULL, "%s: not a parameter but its negative form: ask for the positive one", name));
	}
	l->row = reallocarray(l->row, l->count + 1, sizeof(*l->row));
	if (l->row == NULL)
		out_of_memory();
	l->row[l->count++] = row;
}

static void take_option(struct listing *l, int option, const char *value)
{
	switch (option) {
	case 'a': /* FreeBSD's older letter for -d */
	case 'd':
		l->dying = true;
		break;
	case 'c':
		l->check = true;
		break;
	case 'h':
		l->header = true;
		l->command = l->verbose = false;
		break;
	case 'j':
		l->only = value;
		break;
	case 'N':
		l->names = true;
		break;
	case 'n':
		l->pairs = true;
		l->verbose = false;
		break;
	case 'q':
		l->quoted = true;
		break;
	case 's':
		l->header = l->verbose = false;
		l->pairs = l->quoted = l->command = true;
		break;
	case 'v':
		l->header = l->pairs = l->command = false;
		l->verbose = true;
		break;
	case 'J':
		l->json = true;
		break;
	case 'L': /* FreeBSD's way to ask for it; further words are the form's own */
		if (strncmp(value, "text", 4) != 0 && strncmp(value, "json", 4) != 0)
			report_usage(usage);
		l->json = value[0] == 'j';
		break;
	default:
		report_usage(usage);
	}
}

static void json_value(struct json *j, const struct jail_params *p, const struct jail_param *row)
{
	const char *text;
	int64_t number;
	bool yes;

	if (row->type == JAIL_TYPE_LIST) {
		json_open(j, '[');
		for (size_t i = 0; i < jail_params_count(p, row->name); i++)
			json_string(j, jail_params_item(p, row->name, i));
		json_close(j, ']');
	} else if (row->type == JAIL_TYPE_BOOL && (row->flags & JAIL_PARAM_SIZED) != 0 &&
		   jail_params_get_int(p, row->name, &number) == 0 && number > 1) {
		json_number(j, number);
	} else if (row->type == JAIL_TYPE_BOOL && jail_params_get_bool(p, row->name, &yes) == 0) {
		json_bool(j, yes);
	} else if ((row->type == JAIL_TYPE_INT || row->type == JAIL_TYPE_SIZE || row->type == JAIL_TYPE_TIME) &&
		   jail_params_get_int(p, row->name, &number) == 0) {
		json_number(j, number);
	} else if (jail_params_get(p, row->name, &text) == 0 && text != NULL) {
		json_string(j, text);
	} else {
		json_null(j);
	}
}

void json_jail(const struct listing *l, struct json *j, const struct jail_params *p)
{
	json_open(j, '{');
	for (size_t i = 0; i < l->count; i++) {
		json_name(j, l->row[i]->name);
		json_value(j, p, l->row[i]);
	}
	json_close(j, '}');
}

/* One jail in whatever form was asked for. */
static void put_jail(const struct listing *l, struct output *o, struct json *j, const struct jail_params *p)
{
	if (l->json)
		json_jail(l, j, p);
	else
		text_jail(l, o, p);
}

/* The same frame as FreeBSD's `jls --libxo json`. */
static void json_begin(struct json *j)
{
	json_open(j, '{');
	json_name(j, "__version");
	json_string(j, "2");
	json_name(j, "jail-information");
	json_open(j, '{');
	json_name(j, "jail");
	json_open(j, '[');
}

static void json_end(struct json *j)
{
	json_close(j, ']');
	json_close(j, '}');
	json_close(j, '}');
	output_char(j->out, '\n');
}

static int put_all(const struct listing *l)
{
	struct jail_params *one = NULL;
	struct jail_list *list = NULL;
	struct jail_error err;
	struct output o;
	struct json j;
	int r;

	/* Fetched before the first byte is written: an error leaves no half a list. */
	r = l->only != NULL ? jail_get(l->only, &one, &err) : jail_list(l->dying ? JAIL_LIST_DYING : 0, &list, &err);
	if (r < 0)
		return report_error(&err);
	output_init(&o, STDOUT_FILENO);
	json_init(&j, &o);
	if (l->json)
		json_begin(&j);
	else
		text_header(l, &o);
	if (one != NULL)
		put_jail(l, &o, &j, one);
	for (size_t i = 0; list != NULL && i < jail_list_count(list); i++)
		put_jail(l, &o, &j, jail_list_at(list, i));
	if (l->json)
		json_end(&j);
	jail_params_free(one);
	jail_list_free(list);
	if (output_flush(&o) < 0)
		return report_own(EX_IOERR, NULL, "can't write: %s", strerror(-o.error));
	return EX_OK;
}

/* -c: nothing but the answer; what keeps us from one is told. */
static int check(const struct listing *l)
{
	struct jail_params *p = NULL;
	struct jail_error err;
	int r;
	bool dying = false;

	r = jail_get(l->only, &p, &err);
	if (r < 0)
		return r == -ENOENT ? EX_NOINPUT : report_error(&err);
	if (!l->dying)
		(void)jail_params_get_bool(p, "dying", &dying);
	jail_params_free(p);
	return dying ? EX_NOINPUT : EX_OK;
}

int main(int argc, char **argv)
{
	static const struct option longer[] = {
	    {"json", no_argument, NULL, 'J'}, {"libxo", required_argument, NULL, 'L'}, {NULL, 0, NULL, 0}};
	struct listing l = {.row = NULL};
	int option, code;

	begin_tool("jls", usage, argc, argv);
	while ((option = getopt_long(argc, argv, "+acdhj:Nnqsv", longer, NULL)) != -1)
		take_option(&l, option, optarg);
	if (l.check) {
		if (l.only == NULL || optind < argc)
			report_usage(usage);
		return check(&l);
	}
	for (int i = optind; i < argc; i++)
		ask(&l, argv[i]);
	if (l.count == 0 && (l.header || l.pairs || l.json))
		ask_all(&l);
	code = put_all(&l);
	free(l.row);
	return code;
}

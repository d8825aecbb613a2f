/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * show.c: parameters as one line of text: the configured jails (-e), and the line that is left in a jid file (-J).
 */
#include <string.h>
#include <sysexits.h>

#include "batch.h"
#include "output.h"
#include "report.h"

/* The strings of a parameter, `separator` between them. */
static void show_values(struct output *o, const struct jail_params *p, const char *name, size_t count, char separator)
{
	const char *value;

	if (count == 0 && jail_params_get(p, name, &value) == 0)
		output_word(o, value);
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			output_char(o, separator);
		output_word(o, jail_params_item(p, name, i));
	}
}

static void show_param(struct output *o, const struct jail_params *p, const char *name, size_t count)
{
	const struct jail_param *row = jail_param_find(name);
	const char *value, *dot;
	bool yes;

	if (row != NULL && row->type == JAIL_TYPE_BOOL && jail_params_get_bool(p, name, &yes) == 0 &&
	    jail_params_get(p, name, &value) == 0 && (strcmp(value, "true") == 0 || strcmp(value, "false") == 0)) {
		/* "allow.mount" or "allow.nomount" */
		dot = strrchr(name, '.');
		dot = dot != NULL ? dot + 1 : name;
		output_bytes(o, name, (size_t)(dot - name));
		if (!yes)
			output_string(o, "no");
		output_string(o, dot);
		return;
	}
	output_string(o, name);
	output_char(o, '=');
	show_values(o, p, name, count, strcmp(name, "command") == 0 ? ' ' : ',');
}

/* Every parameter that was set, after `lead`, which is there already. */
static void show_params(struct output *o, const struct jail_params *p, const char *separator, const char *skip)
{
	const char *name;
	size_t count;

	for (size_t i = 0; jail_params_at(p, i, &name, &count), name != NULL; i++) {
		if (strcmp(name, skip) == 0)
			continue;
		output_string(o, separator);
		show_param(o, p, name, count);
	}
	output_char(o, '\n');
}

int show_configuration(const struct request *rq)
{
	struct jail_conf *conf = NULL;
	struct output o;
	const char *name;
	int code = config_read(rq->file, true, false, &conf);

	output_init(&o, STDOUT_FILENO);
	for (size_t i = 0; code == EX_OK && (name = jail_conf_name(conf, i)) != NULL; i++) {
		struct jail_params *p = NULL;
		struct jail_error err;

		if (jail_conf_jail(conf, name, NULL, report_warning, NULL, &p, &err) < 0) {
			code = report_error(&err);
			break;
		}
		output_string(&o, "name=");
		output_word(&o, name);
		show_params(&o, p, rq->separator, "name");
		jail_params_free(p);
	}
	jail_conf_free(conf);
	if (output_flush(&o) < 0 && code == EX_OK)
		code = report_own(EX_IOERR, NULL, "can't write: %s", strerror(-o.error));
	return code;
}

int show_jid(const struct request *rq, const struct unit *u, const char *jid)
{
	static const char *const old[] = {"path", "host.hostname", "ip4.addr", "command"};
	struct output o;

	output_init(&o, rq->jidfd);
	if (rq->old_style) {
		output_string(&o, jid);
		for (size_t i = 0; i < ARRAY_SIZE(old); i++) {
			output_char(&o, '\t');
			show_values(&o, u->params, old[i], jail_params_count(u->params, old[i]), i == 3 ? ' ' : ',');
		}
		output_char(&o, '\n');
	} else {
		output_string(&o, "jid=");
		output_string(&o, jid);
		show_params(&o, u->params, " ", "jid");
	}
	if (output_flush(&o) < 0)
		return report_own(EX_IOERR, u->name, "can't write %s: %s", rq->jidfile, strerror(-o.error));
	return EX_OK;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * jcheck.c: jcheck(8): what this machine and this user can do for jails, one line a feature. The looking is the
 * library's (jail_check()).
 */
#include <getopt.h>
#include <string.h>
#include <sysexits.h>

#include "begin.h"
#include "json.h"
#include "report.h"

#define FEATURES_MAX 64

static const char usage[] = "jcheck [-q] [--json]";

static void put_optional(struct json *j, const char *text)
{
	if (text != NULL)
		json_string(j, text);
	else
		json_null(j);
}

static void put_json(struct output *o, const struct jail_feature *f, size_t count, bool usable)
{
	struct json j;

	json_init(&j, o);
	json_open(&j, '{');
	json_name(&j, "usable");
	json_bool(&j, usable);
	json_name(&j, "features");
	json_open(&j, '[');
	for (size_t i = 0; i < count; i++) {
		json_open(&j, '{');
		json_name(&j, "name");
		json_string(&j, f[i].name);
		json_name(&j, "available");
		json_bool(&j, f[i].available);
		json_name(&j, "required");
		json_bool(&j, f[i].required);
		json_name(&j, "needs");
		put_optional(&j, f[i].needs);
		json_name(&j, "detail");
		json_string(&j, f[i].detail);
		json_name(&j, "remedy");
		put_optional(&j, f[i].available ? NULL : f[i].remedy);
		json_close(&j, '}');
	}
	json_close(&j, ']');
	json_close(&j, '}');
	output_char(o, '\n');
}

static void put_text(struct output *o, const struct jail_feature *f, size_t count)
{
	size_t width = 0;

	for (size_t i = 0; i < count; i++)
		width = strlen(f[i].name) > width ? strlen(f[i].name) : width;
	for (size_t i = 0; i < count; i++) {
		output_string(o, f[i].available ? "yes      " : f[i].required ? "MISSING  " : "no       ");
		output_field(o, f[i].name, width, 1);
		output_spaces(o, 2);
		(void)output_safe(o, f[i].detail);
		if (!f[i].available && f[i].needs != NULL) {
			output_string(o, "; needed for ");
			(void)output_safe(o, f[i].needs);
		}
		if (!f[i].available && f[i].remedy != NULL) {
			output_string(o, ": ");
			(void)output_safe(o, f[i].remedy);
		}
		output_char(o, '\n');
	}
}

int main(int argc, char **argv)
{
	static const struct option longer[] = {{"json", no_argument, NULL, 'J'}, {NULL, 0, NULL, 0}};
	struct jail_feature features[FEATURES_MAX];
	struct jail_error err;
	struct output o;
	bool json = false, quiet = false, usable = true;
	int option, count;

	begin_tool("jcheck", usage, argc, argv);
	while ((option = getopt_long(argc, argv, "+q", longer, NULL)) != -1) {
		if (option == 'J')
			json = true;
		else if (option == 'q')
			quiet = true;
		else
			report_usage(usage);
	}
	if (optind != argc)
		report_usage(usage);
	count = jail_check(features, FEATURES_MAX, &err);
	if (count < 0)
		return report_error(&err);
	count = count < FEATURES_MAX ? count : FEATURES_MAX;
	for (int i = 0; i < count; i++)
		usable = usable && (features[i].available || !features[i].required);
	output_init(&o, STDOUT_FILENO);
	if (json)
		put_json(&o, features, (size_t)count, usable);
	else if (!quiet)
		put_text(&o, features, (size_t)count);
	if (output_flush(&o) < 0)
		return report_own(EX_IOERR, NULL, "can't write: %s", strerror(-o.error));
	return usable ? EX_OK : EX_UNAVAILABLE;
}

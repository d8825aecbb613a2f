/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * conf.c: how long a configuration of many jails takes: reading it, working out every jail, printing it. Usage: conf
 * [JAILS]; the default is 10000. Printed are milliseconds and, since both should be linear, microseconds a jail.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jail.h>

static const char globals[] =
    "exec.start = \"/bin/sh /etc/rc\";\nexec.stop = \"/bin/sh /etc/rc.shutdown\";\nexec.clean;\n"
    "mount.devfs;\n$root = \"/srv/jails\";\npath = \"$root/$name\";\n* { stop.timeout = 20; }\n";
static const char one_jail[] =
    "jail%zu {\n\thost.hostname = \"$name.example.org\";\n\tpersist;\n\t$id = %zu;\n\tpath = \"$root/$name/$id\";\n"
    "\texec.prestart = \"logger $name\";\n\texec.prestart += \"test -d $path\";\n\tallow.mount;\n"
    "\tenv = \"A=$id\", \"B=x\";\n\tdepend = jail%zu;\n\texec.jail_user = www;\n}\n";

static double now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void fail(const struct jail_error *e)
{
	char line[2048];

	(void)jail_error_format(e, line, sizeof(line));
	fprintf(stderr, "conf: %s\n", line);
	exit(1);
}

static void report(const char *what, double from, size_t jails)
{
	double ms = now() - from;

	printf("%-10s %9.1f ms %8.2f us a jail\n", what, ms, ms * 1e3 / (double)jails);
}

int main(int argc, char **argv)
{
	size_t jails = argc > 1 ? (size_t)strtoul(argv[1], NULL, 10) : 10000, length = 0, size;
	struct jail_error e;
	struct jail_conf *c;
	char *text, *printed;
	double from;

	if (jails == 0 || jails > 1000000) {
		fprintf(stderr, "usage: conf [JAILS]\n");
		return 64;
	}
	size = sizeof(globals) + jails * (sizeof(one_jail) + 60);
	text = malloc(size);
	if (!text || jail_conf_new(&c) < 0)
		return 1;
	length = (size_t)snprintf(text, size, "%s", globals);
	for (size_t i = 0; i < jails; i++)
		length += (size_t)snprintf(text + length, size - length, one_jail, i, i, i ? i - 1 : 0);
	from = now();
	if (jail_conf_memory(c, "bench", text, length, &e) < 0)
		fail(&e);
	report("read", from, jails);
	from = now();
	for (size_t i = 0; i < jails; i++) {
		struct jail_params *p;

		if (jail_conf_jail(c, jail_conf_name(c, i), NULL, NULL, NULL, &p, &e) < 0)
			fail(&e);
		jail_params_free(p);
	}
	report("work out", from, jails);
	from = now();
	if (jail_conf_format(c, &printed, &length) < 0)
		return 1;
	report("print", from, jails);
	free(printed);
	free(text);
	jail_conf_free(c);
	return 0;
}

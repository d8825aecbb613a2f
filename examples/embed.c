/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * embed.c: jails from a program of your own: creates one on the machine's own files, runs a command in it, lists it and
 * removes it. Build it with the installed library:
 *
 *	cc -o embed embed.c $(pkg-config --cflags --libs libjail)
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include <jail.h>

#define NAME "embedded"

/* The library never prints: that is for the program that uses it. */
static int complain(const struct jail_error *err)
{
	char line[2048];

	(void)jail_error_format(err, line, sizeof(line));
	(void)fprintf(stderr, "embed: %s\n", line);
	return EXIT_FAILURE;
}

static int create(int *jid, struct jail_error *err)
{
	static const char *const settings[] = {
	    "name=" NAME, "path=/", "path.volatile=16m", "persist", "host.hostname=embedded.example"};
	struct jail_params *params;
	size_t i;
	int r;

	r = jail_params_new(&params);
	if (r < 0)
		return r;
	for (i = 0; r == 0 && i < sizeof(settings) / sizeof(settings[0]); i++)
		r = jail_params_parse(params, settings[i], err);
	if (r == 0)
		r = jail_create(params, NULL, jid, err);
	jail_params_free(params);
	return r;
}

static int enter(struct jail_error *err)
{
	char *argv[] = {
	    "sh", "-c", "echo \"inside: $(hostname), process $$, $(ls -A /root | wc -l) files of root's\"", NULL};
	struct jail_exec command = {.argv = argv};
	int r, status;

	r = jail_exec(NAME, &command, &status, err);
	if (r == 0 && status != 0)
		(void)printf("the command ended with %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : 128);
	return r;
}

static int list(struct jail_error *err)
{
	struct jail_list *jails;
	size_t i;
	int r;

	r = jail_list(0, &jails, err);
	if (r < 0)
		return r;
	for (i = 0; i < jail_list_count(jails); i++) {
		const char *name, *path;

		if (jail_params_get(jail_list_at(jails, i), "name", &name) == 0 &&
		    jail_params_get(jail_list_at(jails, i), "path", &path) == 0)
			(void)printf("jail %s at %s\n", name, path);
	}
	jail_list_free(jails);
	return 0;
}

int main(void)
{
	struct jail_error err = {0};
	int jid, r;

	if (create(&jid, &err) < 0)
		return complain(&err);
	(void)printf("created\n");
	(void)fflush(stdout);
	r = enter(&err);
	if (r == 0)
		r = list(&err);
	if (r < 0)
		(void)complain(&err);
	if (jail_remove(NAME, NULL, &err) < 0)
		return complain(&err);
	(void)printf("removed\n");
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

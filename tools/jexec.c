/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * jexec.c: jexec(8): runs a program in a running jail, and ends as the program did. Entering is the library's.
 */
#include <getopt.h>
#include <sysexits.h>

#include "begin.h"
#include "report.h"

static const char usage[] = "jexec [-l] [-d directory] [-u user | -U user] jail [command ...]";

int main(int argc, char **argv)
{
	struct jail_exec x = {.flags = 0};
	struct jail_error err;
	int option, status = 0;

	begin_tool("jexec", usage, argc, argv);
	while ((option = getopt(argc, argv, "+d:lu:U:")) != -1) {
		switch (option) {
		case 'd':
			x.dir = optarg;
			break;
		case 'l':
			x.flags |= JAIL_EXEC_CLEAN;
			break;
		case 'u':
		case 'U':
			if (x.user != NULL)
				report_usage(usage);
			x.user = optarg;
			x.flags |= option == 'u' ? JAIL_EXEC_HOSTUSER : 0;
			break;
		default:
			report_usage(usage);
		}
	}
	if (optind >= argc)
		report_usage(usage);
	begin_need_root("enter a jail");
	if (optind + 1 < argc)
		x.argv = argv + optind + 1;
	if (isatty(STDIN_FILENO))
		x.flags |= JAIL_EXEC_TERMINAL;
	if (jail_exec(argv[optind], &x, &status, &err) < 0)
		return report_error(&err);
	return report_status(status);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * payload.c: the program that every contender runs inside: nothing, so that what is measured is the confinement. It
 * also idles (`payload sleep`), as the process to be entered.
 */
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "sleep") == 0)
		for (;;)
			(void)pause();
	return 0;
}

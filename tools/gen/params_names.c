/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * params_names.c: run while building: puts the parameters into a shell completion. Reads a file on standard input and
 * writes it to standard output, each line that is "@PARAMETERS@" (for one shell) replaced by the table's rows.
 */
#include <jail.h>

#include <stdio.h>
#include <string.h>

enum shell { BASH, ZSH, FISH };

/* Text within single quotes: a quote leaves them and comes back. Colons separate name and help in zsh. */
static void put_quoted(const char *text, enum shell shell)
{
	for (; *text != '\0'; text++) {
		if (*text == '\'')
			fputs(shell == FISH ? "\\'" : "'\\''", stdout);
		else if (*text == ':' && shell == ZSH)
			fputs("\\:", stdout);
		else
			putchar(*text);
	}
}

static void put_row(const struct jail_param *row, enum shell shell)
{
	const char *dot = strrchr(row->name, '.');
	int prefix = dot != NULL ? (int)(dot + 1 - row->name) : 0;

	switch (shell) {
	case BASH:
		printf("\t%s%s\n", row->name, row->type == JAIL_TYPE_BOOL ? "" : "=");
		if (row->type == JAIL_TYPE_BOOL)
			printf("\t%.*sno%s\n", prefix, row->name, row->name + prefix);
		break;
	case ZSH:
		printf("\t'%s:", row->name);
		put_quoted(row->help, shell);
		puts("'");
		break;
	case FISH:
		printf("\t'%s%s\t", row->name, row->type == JAIL_TYPE_BOOL ? "" : "=");
		put_quoted(row->help, shell);
		puts("' \\");
		break;
	}
}

static void put_rows(enum shell shell, int settable)
{
	const struct jail_param *row;

	for (size_t i = 0; (row = jail_param_at(i)) != NULL; i++) {
		if ((row->flags & (JAIL_PARAM_LATER | JAIL_PARAM_FOREIGN)) != 0)
			continue;
		if (settable && (row->flags & JAIL_PARAM_READONLY) != 0)
			continue;
		put_row(row, shell);
	}
}

int main(int argc, char **argv)
{
	enum shell shell;
	char line[512];

	if (argc == 2 && strcmp(argv[1], "bash") == 0)
		shell = BASH;
	else if (argc == 2 && strcmp(argv[1], "zsh") == 0)
		shell = ZSH;
	else if (argc == 2 && strcmp(argv[1], "fish") == 0)
		shell = FISH;
	else
		return 64;
	while (fgets(line, sizeof(line), stdin) != NULL) {
		if (strcmp(line, "@PARAMETERS@\n") == 0)
			put_rows(shell, 0);
		else if (strcmp(line, "@SETTABLE@\n") == 0)
			put_rows(shell, 1);
		else
			fputs(line, stdout);
	}
	return ferror(stdin) || fflush(stdout) != 0 ? 74 : 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * begin.h: the first call of every tool. It may not know what the tool is for.
 */
#ifndef BEGIN_H
#define BEGIN_H

/*
 * Names the tool for its messages, resets what a caller can leave in a process across exec(2), and answers --help (the
 * usage text) and --version when one of them is the first argument; then it does not return.
 */
void begin_tool(const char *name, const char *usage, int argc, char **argv);
/* Ends the tool with EX_NOPERM and one line unless it runs as root. `action`: what needs root ("create jails"). */
void begin_need_root(const char *action);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * output_file.h: files that a tool writes for its user, in directories that others may write too. It may not know what
 * is written.
 */
#ifndef TOOLS_OUTPUT_FILE_H
#define TOOLS_OUTPUT_FILE_H

#include <limits.h>

/*
 * Open the directory that holds `path`, and give the name in it. No symbolic link is followed, but for those of root
 * directly in "/" and "/var" (/var/run). -errno.
 */
int output_directory(const char *path, char ret_name[static NAME_MAX + 1]);
/*
 * Open a new file there, or an old one that is regular, has one name and belongs to root or the caller, and is emptied.
 * Each write is at the end. EEXIST: there is something else.
 */
int output_file(int dirfd, const char *name);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * false_first: process 1 of a jail with exec.init=no that has what only jail-init should have.
 *
 *	false_first fifo		a FIFO that shows as the page of watch.h and has no writer
 *	false_first page FILE		such a page, which says that FILE is the jail's file system in memory
 *
 * Creates /ready and waits.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "watch.h"

int main(int argc, char **argv)
{
	struct watch_page page = {.version = WATCH_VERSION};
	int fd;

	if (argc == 2 && strcmp(argv[1], "fifo") == 0) {
		if (mkfifo("/memfd:" WATCH_NAME, 0600) < 0 || open("/memfd:" WATCH_NAME, O_RDONLY | O_NONBLOCK) < 0)
			return 1;
	} else if (argc == 3 && strcmp(argv[1], "page") == 0) {
		page.memory = open(argv[2], O_RDONLY);
		fd = memfd_create(WATCH_NAME, MFD_ALLOW_SEALING);
		if (page.memory < 0 || fd < 0 || write(fd, &page, sizeof(page)) != (ssize_t)sizeof(page))
			return 1;
	} else {
		return 64;
	}
	if (open("/ready", O_WRONLY | O_CREAT, 0600) < 0)
		return 1;
	for (;;)
		(void)pause();
}

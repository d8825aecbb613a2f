/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * user.c: a hostile jail's passwd and group files. The first line is the name that is looked up, "==" on a line of its
 * own ends the first file and begins the second.
 */
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../lib/linux/user.h"
#include "target.h"

static char root[] = "/tmp/fuzz-user.XXXXXX";
static int root_fd = -1;

static void clean_up(void)
{
	(void)unlinkat(root_fd, "etc/passwd", 0);
	(void)unlinkat(root_fd, "etc/group", 0);
	(void)unlinkat(root_fd, "etc", AT_REMOVEDIR);
	(void)rmdir(root);
}

static void set_up(void)
{
	HOLDS(mkdtemp(root));
	root_fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	HOLDS(root_fd >= 0);
	HOLDS(mkdirat(root_fd, "etc", 0700) == 0);
	HOLDS(atexit(clean_up) == 0);
}

static void write_file(const char *path, const char *text)
{
	int fd = openat(root_fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	size_t length = strlen(text);

	HOLDS(fd >= 0);
	HOLDS(write(fd, text, length) == (ssize_t)length);
	HOLDS(close(fd) == 0);
}

static bool ends(const char *text, size_t size)
{
	return memchr(text, '\0', size) != NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = as_text(data, size), *passwd = text, *name = strsep(&passwd, "\n"), *group;
	struct user u;
	struct jail_error e = {0};
	int r;

	if (root_fd < 0)
		set_up();
	group = passwd ? strstr(passwd, "\n==\n") : NULL;
	if (group) {
		group[1] = '\0';
		group += strlen("\n==\n");
	}
	write_file("etc/passwd", passwd ? passwd : "");
	write_file("etc/group", group ? group : "");
	memset(&u, 0xa5, sizeof(u));
	r = user_lookup(root_fd, name, &u, &e);
	if (r == 0) {
		HOLDS(u.ngroups >= 1 && u.ngroups <= USER_GROUPS_MAX);
		HOLDS(ends(u.name, sizeof(u.name)) && ends(u.home, sizeof(u.home)) && ends(u.shell, sizeof(u.shell)));
	} else {
		HOLDS(r == -e.errnum);
		HOLDS(u.uid == 0xa5a5a5a5u);
	}
	free(text);
	return 0;
}

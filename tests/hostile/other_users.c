/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * other_users: process 1 of a jail with exec.init=no and allow.userns that goes into a user namespace of its own, in
 * which the jail's root is number 5. Creates /tmp/ready and waits.
 */
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

static int put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	return fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text) ? 0 : -1;
}

int main(void)
{
	int there[2];
	char byte;
	pid_t pid;

	if (pipe2(there, O_CLOEXEC) < 0 || (pid = fork()) < 0)
		return 1;
	if (pid == 0) {
		/* From outside of it, with the jail's root's rights: any map will do. */
		if (read(there[0], &byte, 1) != 1 || put("/proc/1/uid_map", "5 0 1") < 0 ||
		    put("/proc/1/gid_map", "5 0 1") < 0 || open("/tmp/ready", O_WRONLY | O_CREAT | O_CLOEXEC, 0600) < 0)
			return 1;
		return 0;
	}
	if (unshare(CLONE_NEWUSER) < 0 || write(there[1], "", 1) != 1)
		return 1;
	for (;;)
		(void)pause();
}

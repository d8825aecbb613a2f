/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * silent_fuse: serves a FUSE file system, as a user's program that fusermount(1) has mounted with allow_other, and
 *never answers: it takes each question, so that whoever asks sleeps in the kernel where no signal ends that. When it is
 * killed, its descriptor goes, and the kernel answers all of them.
 *
 *	silent_fuse USER PLACE: USER is the number of the user that it is mounted for; says "ready" when it serves
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#define BUFFER 65536 /* at least FUSE_MIN_READ_BUFFER */

/* Before this one is answered, the kernel asks nothing else. */
static int answer_init(int fd, const struct fuse_in_header *asked)
{
	struct {
		struct fuse_out_header head;
		struct fuse_init_out init;
	} out;

	memset(&out, 0, sizeof(out));
	out.head.len = sizeof(out);
	out.head.unique = asked->unique;
	out.init.major = FUSE_KERNEL_VERSION;
	out.init.minor = 31; /* known to every kernel that we run on */
	out.init.max_write = 4096;
	return write(fd, &out, sizeof(out)) == (ssize_t)sizeof(out) ? 0 : -errno;
}

int main(int argc, char **argv)
{
	static char buffer[BUFFER] __attribute__((aligned(8)));
	char options[128];
	int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	ssize_t n;

	if (argc != 3)
		return 64;
	if (fd < 0)
		return 77;
	(void)snprintf(
	    options, sizeof(options), "fd=%d,rootmode=40000,user_id=%s,group_id=%s,allow_other", fd, argv[1], argv[1]);
	if (mount("fuse", argv[2], "fuse", MS_NOSUID | MS_NODEV, options) < 0) {
		perror(argv[2]);
		return 77;
	}
	while ((n = read(fd, buffer, sizeof(buffer))) > 0 || errno == EINTR) {
		const struct fuse_in_header *asked = (const struct fuse_in_header *)(const void *)buffer;

		if (n <= 0 || asked->opcode != FUSE_INIT)
			continue;
		if (answer_init(fd, asked) < 0)
			return 1;
		(void)printf("ready\n");
		(void)fflush(stdout);
	}
	return 0;
}

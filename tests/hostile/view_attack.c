/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * view_attack.c: a static program that runs in a jail as its root and tries one thing at a time. Prints "ok" when it
 * worked, else the error's text; exits 0 and 1.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

static int unix_connect(char **a)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (s < 0 || strlen(a[0]) >= sizeof(name.sun_path))
		return -1;
	memcpy(name.sun_path, a[0], strlen(a[0]));
	return connect(s, (const struct sockaddr *)&name, sizeof(name));
}

/* Does a reader wait on this FIFO? ENXIO says no. */
static int fifo_write(char **a)
{
	int fd = open(a[0], O_WRONLY | O_NONBLOCK | O_CLOEXEC);

	return fd < 0 ? -1 : write(fd, "x", 1) == 1 ? 0 : -1;
}

static int take_off(char **a)
{
	return umount2(a[0], 0);
}

static int detach(char **a)
{
	return umount2(a[0], MNT_DETACH);
}

static int move_old(char **a)
{
	return mount(a[0], a[1], NULL, MS_MOVE, NULL);
}

static int move_new(char **a)
{
	return (int)syscall(SYS_move_mount, AT_FDCWD, a[0], AT_FDCWD, a[1], 0);
}

static int writable_bind(char **a)
{
	return mount(NULL, a[0], NULL, MS_REMOUNT | MS_BIND, NULL);
}

static int writable_super(char **a)
{
	return mount(NULL, a[0], NULL, MS_REMOUNT, NULL);
}

static int writable_attr(char **a)
{
	struct mount_attr attr = {.attr_clr = MOUNT_ATTR_RDONLY};

	return (int)syscall(SYS_mount_setattr, AT_FDCWD, a[0], 0, &attr, sizeof(attr));
}

static int devices_attr(char **a)
{
	struct mount_attr attr = {.attr_clr = MOUNT_ATTR_NODEV};

	return (int)syscall(SYS_mount_setattr, AT_FDCWD, a[0], 0, &attr, sizeof(attr));
}

/* A copy of one mount without what covers it: what lies beneath the covers would be seen. */
static int copy_beneath(char **a)
{
	return (int)syscall(SYS_open_tree, AT_FDCWD, a[0], OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
}

static int bind_beneath(char **a)
{
	return mount(a[0], a[1], NULL, MS_BIND, NULL);
}

static int again(char **a);

static int rename_it(char **a)
{
	return rename(a[0], a[1]);
}

static int remove_it(char **a)
{
	return rmdir(a[0]) == 0 ? 0 : unlink(a[0]);
}

static int device_node(char **a)
{
	return mknod(a[0], S_IFBLK | 0600, makedev((unsigned)atoi(a[1]), (unsigned)atoi(a[2])));
}

static int pivot(char **a)
{
	return chdir(a[0]) < 0 || syscall(SYS_pivot_root, ".", ".") < 0 ? -1 : umount2(".", MNT_DETACH);
}

static int readable(char **a)
{
	char byte;
	int fd = open(a[0], O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	return fd >= 0 && read(fd, &byte, 1) == 1 ? 0 : -1;
}

static int writable(char **a)
{
	return open(a[0], O_WRONLY | O_NONBLOCK | O_CLOEXEC);
}

static int same_root(char **a)
{
	struct stat x, y;

	(void)a;
	if (stat("/", &x) < 0 || stat("/..", &y) < 0)
		return -1;
	errno = EXDEV;
	return x.st_ino == y.st_ino && x.st_dev == y.st_dev ? 0 : -1;
}

static int terminal(char **a)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), slave;
	const char *name;

	(void)a;
	if (master < 0 || grantpt(master) < 0 || unlockpt(master) < 0 || (name = ptsname(master)) == NULL)
		return -1;
	slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
	return slave;
}

/* A descriptor that is only in a message which nobody has received; /tmp/ready says that it is. */
static int queue(char **a)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control = {.header = {.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int))}};
	struct iovec byte = {.iov_base = (char[]){'x'}, .iov_len = 1};
	struct msghdr m = {
	    .msg_iov = &byte, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control.room)};
	int pair[2], fd = open(a[0], O_RDONLY | O_CLOEXEC);

	if (fd < 0 || socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair) < 0)
		return -1;
	memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	if (sendmsg(pair[0], &m, 0) != 1 || close(fd) < 0 ||
	    open("/tmp/ready", O_WRONLY | O_CREAT | O_CLOEXEC, 0644) < 0)
		return -1;
	return pause();
}

static const struct {
	const char *name;
	int arguments;
	int (*attack)(char **a);
} attacks[] = {{"connect", 1, unix_connect}, {"fifo", 1, fifo_write}, {"umount", 1, take_off}, {"detach", 1, detach},
    {"move", 2, move_old}, {"move_mount", 2, move_new}, {"remount", 1, writable_bind},
    {"reconfigure", 1, writable_super}, {"setattr", 1, writable_attr}, {"setattr-dev", 1, devices_attr},
    {"open_tree", 1, copy_beneath}, {"bind", 2, bind_beneath}, {"rename", 2, rename_it}, {"remove", 1, remove_it},
    {"mknod", 3, device_node}, {"pivot", 1, pivot}, {"read", 1, readable}, {"write", 1, writable},
    {"root", 0, same_root}, {"queue", 1, queue}, {"terminal", 0, terminal}, {"unshared", 2, again}};

static int run(int argc, char **argv)
{
	for (size_t i = 0; i < sizeof(attacks) / sizeof(attacks[0]); i++)
		if (argc > 0 && strcmp(attacks[i].name, argv[0]) == 0 && argc - 1 >= attacks[i].arguments)
			return attacks[i].attack(argv + 1);
	(void)fprintf(stderr, "view_attack ATTACK ARGUMENTS\n");
	exit(64);
}

/* The same in a user and mount namespace of its own, with every capability there. */
static int again(char **a)
{
	int n = 0;

	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
		return -1;
	while (a[n] != NULL)
		n++;
	return run(n, a);
}

int main(int argc, char **argv)
{
	if (run(argc - 1, argv + 1) >= 0) {
		(void)puts("ok");
		return 0;
	}
	/* The one text that differs between C libraries. */
	(void)puts(errno == EBUSY ? "Busy" : strerror(errno));
	return 1;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * floor.c: the least that anybody can do to run a program in a tree of its own: one clone3 into all namespaces (and a
 * control group), the mounts, pivot_root, the program, and away again. With -u also what makes root inside nobody
 * outside: users of its own, which hold its other namespaces, the tree with their owners, and a mount namespace of
 * theirs, in which every mount is locked. With -f also a filter of system calls, and the bounding set down to what
 * root needs. No checks, no policy, no record of anything, nothing that can be configured: what a tool costs above this
 * is its own doing. It may not know that jails exist.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "least.h"
#include "sys.h"

#define USERS "0 1879048192 65536\n"
#define ROOT_OUTSIDE 1879048192u

struct floor {
	const char *root;
	int namespaces; /* besides mounts, processes and control groups */
	bool users;
	struct least_filter filter;
	pid_t holder; /* a process that has the new users, and the namespaces that belong to them */
	int holder_fd, users_fd;
	int mapped[2]; /* a pipe: says that they have their numbers */
};

static void own(const struct floor *f, const char *path)
{
	if (f->users)
		must(lchown(path, ROOT_OUTSIDE, ROOT_OUTSIDE), path);
}

/* The nodes of /dev that any program may expect. */
static void make_dev(const struct floor *f)
{
	static const struct {
		const char *path;
		unsigned minor;
	} nodes[] = {{"dev/null", 3}, {"dev/zero", 5}, {"dev/full", 7}, {"dev/random", 8}, {"dev/urandom", 9}};
	unsigned i;

	must(mount("tmpfs", "dev", "tmpfs", MS_NOSUID | MS_NOEXEC, "mode=755,size=64k"), "mount /dev");
	own(f, "dev");
	for (i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++) {
		must(mknod(nodes[i].path, S_IFCHR | 0666, makedev(1, nodes[i].minor)), nodes[i].path);
		own(f, nodes[i].path);
	}
	must(mknod("dev/tty", S_IFCHR | 0666, makedev(5, 0)), "dev/tty");
	own(f, "dev/tty");
	must(symlink("pts/ptmx", "dev/ptmx"), "dev/ptmx");
	must(symlink("/proc/self/fd", "dev/fd"), "dev/fd");
	must(mkdir("dev/pts", 0755), "dev/pts");
	must(mkdir("dev/shm", 01777), "dev/shm");
	must(mount("devpts", "dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=620"),
	    "mount /dev/pts");
	must(mount("tmpfs", "dev/shm", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777"), "mount /dev/shm");
	own(f, "dev/shm");
}

/* Joins the namespaces that belong to the new users, once those have their numbers. */
static void join_holder(const struct floor *f)
{
	char byte;

	must(read(f->mapped[0], &byte, 1) == 1 ? 0 : -1, "read");
	must(setns(f->holder_fd, f->namespaces), "setns");
}

static void enter_tree(const struct floor *f)
{
	struct mount_attr owners = {.attr_set = MOUNT_ATTR_IDMAP};
	int tree;

	must(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "make / private");
	tree = sys_open_tree(AT_FDCWD, f->root, OPEN_TREE_CLONE | AT_RECURSIVE);
	must(tree, f->root);
	if (f->users) {
		join_holder(f);
		owners.userns_fd = (uint64_t)f->users_fd;
		must(sys_mount_setattr(tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &owners), "map the owners");
	}
	must(sys_move_mount(tree, "", AT_FDCWD, f->root, MOVE_MOUNT_F_EMPTY_PATH), "mount the root");
	must(chdir(f->root), f->root);
	must(mount("proc", "proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL), "mount /proc");
	make_dev(f);
	must(mount("sysfs", "sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY, NULL), "mount /sys");
	must(sys_pivot_root(".", "."), "pivot_root");
	must(umount2(".", MNT_DETACH), "detach the old root");
	must(chdir("/"), "chdir /");
	if (f->users) {
		must(setns(f->users_fd, CLONE_NEWUSER), "join the users");
		must(unshare(CLONE_NEWNS), "lock the mounts");
		must(sys_become_root(), "become root");
	}
	least_privileges(&f->filter);
}

static int __attribute__((noreturn)) hold(void *arg)
{
	(void)arg;
	for (;;)
		(void)pause();
}

static int open_holder(const struct floor *f, const char *what, int flags)
{
	char path[64];
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", f->holder, what);
	fd = open(path, flags | O_CLOEXEC);
	must(fd, path);
	return fd;
}

static void make_holder(struct floor *f)
{
	static char stack[16384] __attribute__((aligned(16)));

	must(pipe2(f->mapped, O_CLOEXEC), "pipe");
	f->holder = clone(
	    hold, stack + sizeof(stack), CLONE_VM | CLONE_PIDFD | CLONE_NEWUSER | f->namespaces, NULL, &f->holder_fd);
	must(f->holder, "clone");
	f->users_fd = open_holder(f, "ns/user", O_RDONLY);
}

/* While the child mounts. */
static void number_users(const struct floor *f)
{
	static const char *const maps[] = {"uid_map", "gid_map"};

	for (unsigned i = 0; i < 2; i++) {
		int fd = open_holder(f, maps[i], O_WRONLY);

		must(write(fd, USERS, sizeof(USERS) - 1), maps[i]);
		(void)close(fd);
	}
	must(write(f->mapped[1], "", 1), "write");
}

static int usage(void)
{
	(void)fprintf(stderr, "usage: floor [-nu] [-c CGROUP] [-f FILTER] ROOT PROGRAM [ARGUMENT...]\n");
	return 64;
}

int main(int argc, char **argv)
{
	struct clone_args args = {.flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWCGROUP, .exit_signal = SIGCHLD};
	struct floor f = {.namespaces = CLONE_NEWUTS | CLONE_NEWIPC};
	const char *cgroup = NULL;
	int option, status;
	long child;

	while ((option = getopt(argc, argv, "+nuc:f:")) != -1) {
		if (option == 'n')
			f.namespaces |= CLONE_NEWNET;
		else if (option == 'u')
			f.users = true;
		else if (option == 'c')
			cgroup = optarg;
		else if (option == 'f')
			least_read(optarg, &f.filter);
		else
			return usage();
	}
	if (argc - optind < 2)
		return usage();
	f.root = argv[optind];
	if (cgroup != NULL) {
		must(mkdir(cgroup, 0755), cgroup);
		least_cgroup(&args, cgroup);
	}
	if (f.users)
		make_holder(&f);
	else
		args.flags |= (uint64_t)(unsigned)f.namespaces;
	child = sys_clone3(&args);
	must(child, "clone3");
	if (child == 0) {
		enter_tree(&f);
		(void)execv(argv[optind + 1], argv + optind + 1);
		must(-1, argv[optind + 1]);
	}
	if (f.users)
		number_users(&f);
	must(waitpid((pid_t)child, &status, 0), "waitpid");
	if (f.users) {
		must(kill(f.holder, SIGKILL), "kill");
		must(waitpid(f.holder, NULL, __WALL), "waitpid");
	}
	if (cgroup != NULL)
		must(rmdir(cgroup), cgroup);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 112;
}

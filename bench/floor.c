/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * floor.c: the least that anybody can do to run a program in a tree of its own: one clone3 into all namespaces (and a
 * control group), the mounts, pivot_root, the program, and away again. No checks, no policy, no user namespace, no
 * record of anything: what a tool costs above this is its own doing. It may not know that jails exist.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sys.h"

static void must(long result, const char *what)
{
	if (result < 0) {
		(void)fprintf(stderr, "floor: %s: %s\n", what, strerror(errno));
		_exit(111);
	}
}

/* The nodes of /dev that any program may expect. */
static void make_dev(void)
{
	static const struct {
		const char *path;
		unsigned minor;
	} nodes[] = {{"dev/null", 3}, {"dev/zero", 5}, {"dev/full", 7}, {"dev/random", 8}, {"dev/urandom", 9}};
	unsigned i;

	must(mount("tmpfs", "dev", "tmpfs", MS_NOSUID | MS_NOEXEC, "mode=755,size=64k"), "mount /dev");
	for (i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++)
		must(mknod(nodes[i].path, S_IFCHR | 0666, makedev(1, nodes[i].minor)), nodes[i].path);
	must(mknod("dev/tty", S_IFCHR | 0666, makedev(5, 0)), "dev/tty");
	must(symlink("pts/ptmx", "dev/ptmx"), "dev/ptmx");
	must(symlink("/proc/self/fd", "dev/fd"), "dev/fd");
	must(mkdir("dev/pts", 0755), "dev/pts");
	must(mkdir("dev/shm", 01777), "dev/shm");
	must(mount("devpts", "dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=620"),
	    "mount /dev/pts");
	must(mount("tmpfs", "dev/shm", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777"), "mount /dev/shm");
}

static void enter_tree(const char *root)
{
	int tree;

	must(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "make / private");
	tree = sys_open_tree(AT_FDCWD, root, OPEN_TREE_CLONE | AT_RECURSIVE);
	must(tree, root);
	must(sys_move_mount(tree, "", AT_FDCWD, root, MOVE_MOUNT_F_EMPTY_PATH), "mount the root");
	must(chdir(root), root);
	must(mount("proc", "proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL), "mount /proc");
	make_dev();
	must(mount("sysfs", "sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY, NULL), "mount /sys");
	must(sys_pivot_root(".", "."), "pivot_root");
	must(umount2(".", MNT_DETACH), "detach the old root");
	must(chdir("/"), "chdir /");
}

static int usage(void)
{
	(void)fprintf(stderr, "usage: floor [-n] [-c CGROUP] ROOT PROGRAM [ARGUMENT...]\n");
	return 64;
}

int main(int argc, char **argv)
{
	struct clone_args args = {.flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWCGROUP,
	    .exit_signal = SIGCHLD};
	const char *cgroup = NULL;
	int option, status;
	long child;

	while ((option = getopt(argc, argv, "+nc:")) != -1) {
		if (option == 'n')
			args.flags |= CLONE_NEWNET;
		else if (option == 'c')
			cgroup = optarg;
		else
			return usage();
	}
	if (argc - optind < 2)
		return usage();
	if (cgroup != NULL) {
		int fd;

		must(mkdir(cgroup, 0755), cgroup);
		fd = open(cgroup, O_PATH | O_CLOEXEC);
		must(fd, cgroup);
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t)fd;
	}
	child = sys_clone3(&args);
	must(child, "clone3");
	if (child == 0) {
		enter_tree(argv[optind]);
		(void)execv(argv[optind + 1], argv + optind + 1);
		must(-1, argv[optind + 1]);
	}
	must(waitpid((pid_t)child, &status, 0), "waitpid");
	if (cgroup != NULL)
		must(rmdir(cgroup), cgroup);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 112;
}

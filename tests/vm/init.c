/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * init.c: process 1 of a test machine: loads the modules of /modules in their order, moves to the disk, mounts what a
 * distribution mounts, runs /run-tests, says how it ended on the console and switches off. It may not know what it
 * runs.
 */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void must(int result, const char *what)
{
	if (result < 0) {
		(void)printf("vm: %s: %s\n", what, strerror(errno));
		(void)fflush(stdout);
		(void)reboot(RB_POWER_OFF);
	}
}

static void load_modules(void)
{
	char name[64], path[128];
	FILE *order = fopen("/modules/order", "re");

	must(order == NULL ? -1 : 0, "/modules/order");
	while (fgets(name, sizeof(name), order) != NULL) {
		int fd, loaded;

		name[strcspn(name, "\n")] = '\0';
		(void)snprintf(path, sizeof(path), "/modules/%s.ko", name);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		must(fd, path);
		loaded = (int)syscall(SYS_finit_module, fd, "", 0);
		must(loaded < 0 && errno == EEXIST ? 0 : loaded, path);
		(void)close(fd);
	}
	(void)fclose(order);
}

static void move_to_disk(void)
{
	int tries;

	must(mount("dev", "/dev", "devtmpfs", 0, NULL), "mount /dev");
	for (tries = 0; access("/dev/vda", F_OK) < 0 && tries < 100; tries++)
		(void)usleep(50000);
	must(mount("/dev/vda", "/disk", "ext4", 0, NULL), "mount /dev/vda");
	must(chdir("/disk"), "/disk");
	must(mount("dev", "dev", "devtmpfs", 0, NULL), "mount /disk/dev");
	must(mount(".", "/", NULL, MS_MOVE, NULL), "move the root");
	must(chroot("."), "chroot");
	must(chdir("/"), "/");
}

static void mount_all(void)
{
	const unsigned long plain = MS_NOSUID | MS_NODEV | MS_NOEXEC;

	(void)mkdir("/dev/pts", 0755);
	(void)mkdir("/dev/shm", 01777);
	(void)symlink("/proc/self/fd", "/dev/fd");
	(void)symlink("/proc/self/fd/0", "/dev/stdin");
	(void)symlink("/proc/self/fd/1", "/dev/stdout");
	(void)symlink("/proc/self/fd/2", "/dev/stderr");
	must(mount("proc", "/proc", "proc", plain, NULL), "mount /proc");
	must(mount("sysfs", "/sys", "sysfs", plain, NULL), "mount /sys");
	must(mount("cgroup2", "/sys/fs/cgroup", "cgroup2", plain, NULL), "mount cgroup2");
	must(mount("bpf", "/sys/fs/bpf", "bpf", plain, "mode=700"), "mount bpf");
	must(mount("securityfs", "/sys/kernel/security", "securityfs", plain, NULL), "mount securityfs");
	must(mount("devpts", "/dev/pts", "devpts", 0, "gid=5,mode=620,ptmxmode=666"), "mount /dev/pts");
	must(mount("tmpfs", "/dev/shm", "tmpfs", 0, "mode=1777"), "mount /dev/shm");
	must(mount("tmpfs", "/run", "tmpfs", 0, "mode=755"), "mount /run");
}

static void loopback_up(void)
{
	struct ifreq lo = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	must(fd, "socket");
	must(ioctl(fd, SIOCSIFFLAGS, &lo), "lo");
	(void)close(fd);
}

/* Runs /run-tests, and waits for every orphan that comes here meanwhile. */
static int run(void)
{
	char *argv[] = {"/bin/sh", "/run-tests", NULL};
	char *envp[] = {
	    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LC_ALL=C", NULL};
	int status = 0;
	pid_t pid = fork(), ended;

	must(pid, "fork");
	if (pid == 0) {
		(void)setsid();
		(void)execve(argv[0], argv, envp);
		_exit(127);
	}
	do {
		ended = wait(&status);
	} while (ended != pid && (ended > 0 || errno == EINTR));
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(void)
{
	load_modules();
	move_to_disk();
	/* A disk with an init of its own: what that runs says how it ended. */
	(void)execl("/sbin/init", "/sbin/init", (char *)NULL);
	mount_all();
	loopback_up();
	(void)printf("vm: ended with %d\n", run());
	(void)fflush(stdout);
	/* Nothing of the disk is kept. */
	(void)reboot(RB_POWER_OFF);
	return 0;
}

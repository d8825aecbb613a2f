/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * escape_roads: root inside a jail reaches for operations by another road than the system call that the filter looks
 *at: a ring, a protocol whose module the kernel loads for anybody, a file of /proc or /sys that the host's root may
 *write.
 *
 *	escape_roads [powers=yes] [users=inherit] [only=NAME]
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "escape.h"

#define ENTRIES 1u
#define RING_BYTES 65536u
/* Older headers lack it; the numbers of operations never change. */
#define OP_SOCKET 45

/* ------------------------------------------------------------------------------------------------- rings */

/* Make one socket by the ring. Returns a descriptor or -errno. */
static int ring_socket(int ring, const struct io_uring_params *p, int family, int type, int protocol)
{
	unsigned char *sq = mmap(NULL, RING_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQ_RING);
	unsigned char *cq = mmap(NULL, RING_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_CQ_RING);
	struct io_uring_sqe *sqe =
	    mmap(NULL, ENTRIES * sizeof(*sqe), PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQES);
	struct io_uring_cqe *cqe;

	if (sq == MAP_FAILED || cq == MAP_FAILED || sqe == MAP_FAILED)
		return -errno;
	memset(sqe, 0, sizeof(*sqe));
	sqe->opcode = OP_SOCKET;
	sqe->fd = family;
	sqe->off = (uint64_t)(unsigned)type;
	sqe->len = (unsigned)protocol;
	memset(sq + p->sq_off.array, 0, sizeof(uint32_t));
	__atomic_fetch_add((uint32_t *)(void *)(sq + p->sq_off.tail), 1, __ATOMIC_SEQ_CST);
	if (syscall(SYS_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) < 0)
		return -errno;
	cqe = (struct io_uring_cqe *)(void *)(cq + p->cq_off.cqes);
	return cqe->res;
}

static const char *ring(int family, int type, int protocol, const char *what)
{
	struct io_uring_params p;
	int fd, s;

	/* Given, it is given with every family. */
	if (escape_powers())
		return NULL;
	memset(&p, 0, sizeof(p));
	fd = (int)syscall(SYS_io_uring_setup, ENTRIES, &p);
	if (fd < 0)
		return errno == ENOSYS || errno == EPERM ? NULL : strerror(errno);
	s = ring_socket(fd, &p, family, type, protocol);
	(void)close(fd);
	if (s < 0)
		return "a ring could be made";
	(void)close(s);
	return what;
}

static const char *ring_vsock(void)
{
	return ring(40 /* AF_VSOCK */, SOCK_STREAM, 0, "a socket to the hypervisor was made");
}

static const char *ring_netlink(void)
{
	return ring(AF_NETLINK, SOCK_RAW, 9 /* NETLINK_AUDIT */, "an audit socket was made");
}

static const char *ring_others(void)
{
	/* Not with arguments that a ring would refuse: neither knows a ring of this number. */
	if (escape_powers())
		return NULL;
	if (syscall(SYS_io_uring_enter, -1, 0, 0, 0, NULL, 0) == 0 || (errno != ENOSYS && errno != EPERM))
		return "io_uring_enter";
	if (syscall(SYS_io_uring_register, -1, 0, NULL, 0) == 0 || (errno != ENOSYS && errno != EPERM))
		return "io_uring_register";
	return NULL;
}

/* ------------------------------------------------------------------------------------------------- modules */

/*
 * Without the filter the kernel asks for a module first, and then answers ESOCKTNOSUPPORT, or makes the socket where
 * the module is.
 */
static const char *protocols(void)
{
	static const struct {
		int family, type, protocol;
	} tried[] = {{AF_INET, SOCK_SEQPACKET, 0}, {AF_INET6, SOCK_SEQPACKET, 132}, {AF_INET, SOCK_STREAM, 132},
	    {AF_INET, 6 /* SOCK_DCCP */, 0}, {AF_INET6, 6, 33}, {AF_INET, SOCK_RDM, 0}, {AF_INET, SOCK_DGRAM, 115},
	    {AF_INET, SOCK_STREAM, 256}};
	static char what[64];

	if (escape_powers())
		return NULL;
	for (unsigned i = 0; i < sizeof(tried) / sizeof(tried[0]); i++) {
		int s = socket(tried[i].family, tried[i].type | SOCK_CLOEXEC, tried[i].protocol);

		if (s < 0 && errno == EPROTONOSUPPORT)
			continue;
		(void)snprintf(what, sizeof(what), "family %d, type %d, protocol %d: %s", tried[i].family,
		    tried[i].type, tried[i].protocol, s < 0 ? strerror(errno) : "a socket");
		return what;
	}
	return NULL;
}

/* Requests for which the kernel loads the modules bridge and 8021q before it asks who wants it. */
static const char *device_modules(void)
{
	static const unsigned long requests[] = {0x8940 /* SIOCGIFBR */, 0x8982 /* SIOCGIFVLAN */};
	int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	const char *found = NULL;

	if (escape_powers())
		return NULL;
	for (unsigned i = 0; i < 2; i++)
		if (ioctl(s, requests[i], NULL) == 0 || errno != EPERM)
			found = i == 0 ? "SIOCGIFBR" : "SIOCGIFVLAN";
	(void)close(s);
	return found;
}

/* ------------------------------------------------------------------------------------------------- /proc, /sys */

static char found_path[600];

/*
 * Is there somebody at the other end who takes what is written? Nothing is: a file without a writer says EIO also to
 * zero bytes.
 */
static bool takes_writing(const char *path)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	bool takes;

	if (fd < 0)
		return false;
	takes = write(fd, "", 0) >= 0 || (errno != EIO && errno != EINVAL);
	(void)close(fd);
	if (takes)
		(void)snprintf(found_path, sizeof(found_path), "%s takes what is written", path);
	return takes;
}

static bool walk(const char *directory, unsigned depth)
{
	DIR *d = opendir(directory);
	bool found = false;
	struct dirent *e;

	while (!found && d != NULL && (e = readdir(d)) != NULL) {
		char path[512];
		struct stat st;

		if (e->d_name[0] == '.' || (depth == 0 && e->d_name[0] >= '0' && e->d_name[0] <= '9'))
			continue;
		if ((size_t)snprintf(path, sizeof(path), "%s/%s", directory, e->d_name) >= sizeof(path) ||
		    lstat(path, &st) < 0)
			continue;
		if (S_ISREG(st.st_mode))
			found = takes_writing(path);
		else if (S_ISDIR(st.st_mode) && depth < 4)
			found = walk(path, depth + 1);
	}
	if (d != NULL)
		(void)closedir(d);
	return found;
}

/* What root of the jail's own users may write there is the jail's own network and IPC. */
static const char *proc_written(void)
{
	return escape_given("users") != NULL && walk("/proc", 0) ? found_path : NULL;
}

static bool reads(const char *path)
{
	char byte;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	bool read_it = fd >= 0 && read(fd, &byte, 1) == 1;

	if (fd >= 0)
		(void)close(fd);
	if (read_it)
		(void)snprintf(found_path, sizeof(found_path), "%s was read", path);
	return read_it;
}

/* What only the host's root may read: memory, where the kernel lies, registers of devices. */
static const char *kernel_read(void)
{
	static const char *const files[] = {"/proc/kcore", "/proc/kallsyms", "/proc/iomem", "/proc/kpageflags",
	    "/proc/timer_list", "/proc/vmallocinfo", "/proc/slabinfo", "/sys/kernel/notes", "/sys/kernel/vmcoreinfo",
	    "/sys/kernel/boot_params/data", "/sys/firmware/acpi/tables/FACP", "/sys/kernel/slab/dentry/alloc_calls"};

	/* For users of its own the kernel itself gives no more than to everybody. */
	if (escape_given("users") == NULL)
		return NULL;
	for (unsigned i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (reads(files[i]))
			return found_path;
	return NULL;
}

static const char *device_registers(void)
{
	static const char root[] = "/sys/bus/pci/devices";
	static const char *const names[] = {"config", "resource0", "resource1", "resource4", "rom"};
	DIR *d = escape_given("users") != NULL ? opendir(root) : NULL;
	bool found = false;
	struct dirent *e;

	while (!found && d != NULL && (e = readdir(d)) != NULL) {
		for (unsigned i = 0; e->d_name[0] != '.' && !found && i < sizeof(names) / sizeof(names[0]); i++) {
			char path[400];
			int fd;

			(void)snprintf(path, sizeof(path), "%s/%.200s/%s", root, e->d_name, names[i]);
			fd = open(path, O_RDONLY | O_CLOEXEC);
			found = fd >= 0;
			if (found)
				(void)snprintf(found_path, sizeof(found_path), "%s was opened", path);
			if (fd >= 0)
				(void)close(fd);
		}
	}
	if (d != NULL)
		(void)closedir(d);
	return found ? found_path : NULL;
}

static const struct attempt attempts[] = {
    {"ring_vsock", ring_vsock},
    {"ring_netlink", ring_netlink},
    {"ring_others", ring_others},
    {"protocols", protocols},
    {"device_modules", device_modules},
    {"proc_written", proc_written},
    {"kernel_read", kernel_read},
    {"device_registers", device_registers},
};

int main(int argc, char **argv)
{
	return escape_main(argc, argv, attempts, sizeof(attempts) / sizeof(attempts[0]));
}

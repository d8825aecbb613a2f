/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * group_device.c: from a path to the disk beneath it. The kernel limits whole disks: a partition is its disk's. It may
 * not know what the disk is limited to.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "group_parts.h"
#include "sys/host_path.h"
#include "sys/mount_table.h"

/* The digits at *text, at most `max`; *text goes behind them. */
static bool parse_number(const char **text, unsigned long max, unsigned *ret)
{
	unsigned long n;
	char *end;

	if (**text < '0' || **text > '9')
		return false;
	errno = 0;
	n = strtoul(*text, &end, 10);
	if (errno != 0 || n > max)
		return false;
	*text = end;
	*ret = (unsigned)n;
	return true;
}

/* "8:1" as the kernel writes it: 12 bits and 20. */
static bool parse_numbers(const char *text, unsigned *major, unsigned *minor)
{
	return parse_number(&text, 0xfff, major) && *text++ == ':' && parse_number(&text, 0xfffff, minor) &&
	       *text == '\0';
}

static int read_numbers(const char *path, unsigned *major, unsigned *minor)
{
	char text[32];
	int r = group_read(AT_FDCWD, path, text, sizeof(text));

	if (r < 0)
		return r;
	return parse_numbers(text, major, minor) ? 0 : -ENODEV;
}

static int whole_disk(unsigned *major, unsigned *minor)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/dev", *major, *minor);
	if (access(path, F_OK) < 0)
		return -ENODEV;
	(void)snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/partition", *major, *minor);
	if (access(path, F_OK) < 0)
		return 0;
	/* A partition's directory lies in its disk's. */
	(void)snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/../dev", *major, *minor);
	return read_numbers(path, major, minor);
}

struct search {
	uint64_t mount;
	int device;
};

static int open_source(void *arg, const struct mount_line *l)
{
	struct search *s = arg;

	if (l->id != s->mount)
		return 0;
	s->device = l->source[0] == '/' ? host_path_open(-1, l->source, 0, NULL) : -ENODEV;
	return 1;
}

/* File systems that span disks (btrfs) have a device number of no disk; their mount names one. */
static int mounted_from(int fd, unsigned *major, unsigned *minor)
{
	struct search s = {.device = -ENODEV};
	_cleanup_close_ int device = -1;
	struct mount_object o;
	struct stat st;
	int r = mount_object(fd, &o);

	if (r < 0)
		return r;
	s.mount = o.mount;
	r = mount_table_own(open_source, &s);
	if (r < 0)
		return r;
	device = s.device;
	if (device < 0 || fstat(device, &st) < 0 || !S_ISBLK(st.st_mode))
		return -ENODEV;
	*major = major(st.st_rdev);
	*minor = minor(st.st_rdev);
	return 0;
}

int group_device_named(int rootfd, const char *name, unsigned *ret_major, unsigned *ret_minor)
{
	_cleanup_close_ int fd = -1;
	unsigned major, minor;
	struct stat st;
	int r;

	if (!parse_numbers(name, &major, &minor)) {
		fd = host_path_open(rootfd, name, 0, NULL);
		if (fd < 0)
			return fd;
		if (fstat(fd, &st) < 0)
			return negative_errno();
		major = S_ISBLK(st.st_mode) ? major(st.st_rdev) : major(st.st_dev);
		minor = S_ISBLK(st.st_mode) ? minor(st.st_rdev) : minor(st.st_dev);
		if (!S_ISBLK(st.st_mode) && major == 0 && (r = mounted_from(fd, &major, &minor)) < 0)
			return r;
	}
	r = whole_disk(&major, &minor);
	if (r < 0)
		return r;
	*ret_major = major;
	*ret_minor = minor;
	return 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * scenarios.c: see scenarios.h.
 */
#include "scenarios.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

/* Every kind of view, with our reaper and without, with all that a creation can have. */
static const struct scenario scenarios[] = {
    {.name = "plain", .command = "jail|-q|-c|name=%n|path=%d/root|persist", .suffix = "", .persists = true},
    {.name = "command", .command = "jail|-q|-c|name=%n|path=%d/root|command=/bin/true", .suffix = ""},
    {.name = "noinit", .command = "jail|-q|-c|name=%n|path=%d/root|exec.init=no|command=/bin/true", .suffix = ""},
    {.name = "volatile",
	.command = "jail|-q|-c|name=%n|path=/|path.volatile=16m|mount=%d/shared /mnt nullfs ro 0 0|command=/bin/true",
	.suffix = ""},
    {.name = "base",
	.command = "jail|-q|-c|name=%n|path=%d/up|path.base=%d/base|persist|mount=tmpfs /run tmpfs size=1m 0 0",
	.suffix = "",
	.persists = true},
    {.name = "hostusers",
	.command = "jail|-q|-c|name=%n|path=%d/root|users=inherit|vnet=inherit|persist",
	.suffix = "",
	.persists = true},
    {.name = "hooks",
	.command = "jail|-q|-c|name=%n|path=/|path.readonly|exec.prestart=:|exec.created=:|exec.start=:|"
		   "exec.poststart=:|exec.consolelog=%d/log|persist|env=A=b|host.hostname=hooked",
	.suffix = "",
	.persists = true},
    {.name = "child",
	.command = "jail|-q|-c|name=%n.c|path=%d/root/child|persist",
	.suffix = ".c",
	.persists = true,
	.once = {"jail|-q|-c|name=%n|path=%d/root|children.max=3|persist"},
	.last = {"jail|-q|-R|%n"}},
    {.name = "rich",
	.command =
	    "jail|-q|-c|name=%n|path=/|path.volatile=16m|exec.prestart=:|exec.system_user=nobody|exec.jail_user=nobody|"
	    "exec.dir=/tmp|exec.start=:|devices=/dev/kmsg r|path.hide=/srv|path.hide+=/opt|"
	    "mount=%d/shared /mnt nullfs ro 0 0|mount+=%d/up /media nullfs rw 0 0|"
	    "mount+=tmpfs /home tmpfs size=1m 0 0|allow.raw_sockets|allow.mount|allow.mount.tmpfs|securelevel=1|"
	    "enforce_statfs=1|host.domainname=example|sysvshm=inherit|command=/bin/true",
	.suffix = ""},
    {.name = "terminal",
	.command = "jail|-q|-c|name=%n|path=%d/root|command=/bin/true",
	.suffix = "",
	.terminal = true},
    {.name = "enter-terminal",
	.command = "jexec|%n|/bin/true",
	.suffix = "",
	.persists = true,
	.changes = true,
	.terminal = true,
	.setup = {"jail|-q|-c|name=%n|path=%d/root|persist"}},
    {.name = "service",
	.command = "jail|-q|-c|name=%n|path=%d/root|exec.restart=always|command=/bin/true",
	.suffix = "",
	.persists = true},
    {.name = "enter",
	.command = "jexec|%n|/bin/true",
	.suffix = "",
	.persists = true,
	.changes = true,
	.setup = {"jail|-q|-c|name=%n|path=%d/root|persist"}},
    {.name = "enter-hostusers",
	.command = "jexec|%n|/bin/true",
	.suffix = "",
	.persists = true,
	.changes = true,
	.setup = {"jail|-q|-c|name=%n|path=%d/root|users=inherit|persist"}},
    {.name = "kill-jail",
	.command = "jail|-q|-R|%n",
	.suffix = "",
	.removes = true,
	.setup = {"jail|-q|-c|name=%n|path=%d/root|persist"}},
    {.name = "stop-jail",
	.command = "jail|-q|-r|%n",
	.suffix = "",
	.removes = true,
	.setup = {"jail|-q|-c|name=%n|path=/|path.volatile|persist|exec.prestop=:|exec.stop=:|exec.poststop=:|"
		  "exec.release=:|stop.timeout=1"}},
    {.name = "remove-base",
	.command = "jail|-q|-R|%n",
	.suffix = "",
	.removes = true,
	.setup = {"jail|-q|-c|name=%n|path=%d/up|path.base=%d/base|persist"}},
    {.name = "remove-parent",
	.command = "jail|-q|-R|%n",
	.suffix = "",
	.removes = true,
	.setup = {"jail|-q|-c|name=%n|path=%d/root|children.max=3|persist",
	    "jail|-q|-c|name=%n.c|path=%d/root/child|persist"}},
    {.name = "modify",
	.command = "jail|-q|-m|name=%n|host.hostname=changed|meta=a=b|path.hide+=/bin/true|"
		   "mount+=tmpfs /run tmpfs size=1m 0 0",
	.suffix = "",
	.persists = true,
	.changes = true,
	.setup = {"jail|-q|-c|name=%n|path=%d/root|persist"}},
    {.name = "limits",
	.command = "jail|-q|-c|name=%n|path=%d/root|persist|limit.memoryuse=64m|limit.maxproc=20|limit.pcpu=50",
	.suffix = "",
	.persists = true},
    {.name = "limits-child",
	.command = "jail|-q|-c|name=%n.c|path=%d/root/child|persist|limit.maxproc=9|limit.cpushare=50",
	.suffix = ".c",
	.persists = true,
	.once = {"jail|-q|-c|name=%n|path=%d/root|children.max=3|persist|limit.memoryuse=64m"},
	.last = {"jail|-q|-R|%n"}},
    {.name = "limits-modify",
	.command = "jail|-q|-m|name=%n|limit.maxproc=15|limit.memoryuse=64m|limit.cpushare=50",
	.suffix = "",
	.persists = true,
	.changes = true,
	.setup = {"jail|-q|-c|name=%n|path=%d/root|persist|limit.maxproc=20"}},
    {.name = "limits-remove",
	.command = "jail|-q|-R|%n",
	.suffix = "",
	.removes = true,
	.setup = {"jail|-q|-c|name=%n|path=%d/root|children.max=3|persist|limit.memoryuse=64m",
	    "jail|-q|-c|name=%n.c|path=%d/root/child|persist|limit.maxproc=9"}},
    {.name = "sweep",
	.command = "jail|-C",
	.suffix = "",
	.changes = true,
	.alone = true,
	.setup = {"./inject|-K|-n|60|--|%b/jail|-q|-c|name=%n|path=%d/up|path.base=%d/base|persist"}},
};

const struct scenario *scenario_find(const char *name)
{
	for (size_t i = 0; i < sizeof(scenarios) / sizeof(scenarios[0]); i++)
		if (strcmp(scenarios[i].name, name) == 0)
			return &scenarios[i];
	return NULL;
}

/* A static program: this very directory's `nothing`, which does nothing with success. */
static int copy_program(const struct worker *w, const char *to)
{
	char path[512];
	struct stat st;
	int in = open("/proc/self/exe", O_RDONLY | O_CLOEXEC), out, r = -1;
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 16);

	(void)close(in);
	if (n < 0)
		return -1;
	path[n] = '\0';
	memcpy(strrchr(path, '/'), "/nothing", 9);
	in = open(path, O_RDONLY | O_CLOEXEC);
	(void)snprintf(path, sizeof(path), "%s/%s", w->dir, to);
	out = in < 0 ? -1 : open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
	if (out >= 0 && fstat(in, &st) == 0)
		r = sendfile(out, in, NULL, (size_t)st.st_size) == st.st_size ? 0 : -1;
	if (in >= 0)
		(void)close(in);
	if (out >= 0)
		(void)close(out);
	return r;
}

static int make(const struct worker *w, const char *name)
{
	char path[512];

	(void)snprintf(path, sizeof(path), "%s%s", w->dir, name);
	return mkdir(path, 0755) < 0 && errno != EEXIST ? -1 : 0;
}

int scenario_prepare(const struct worker *w)
{
	static const char *const dirs[] = {"", "/root", "/root/bin", "/root/dev", "/root/proc", "/root/sys",
	    "/root/run", "/root/tmp", "/root/child", "/root/child/bin", "/root/child/dev", "/root/child/proc", "/up",
	    "/base", "/base/bin", "/base/dev", "/base/proc", "/base/run", "/shared"};
	char log[512];
	int fd;

	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		if (make(w, dirs[i]) < 0)
			return -1;
	(void)snprintf(log, sizeof(log), "%s/log", w->dir);
	fd = open(log, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || close(fd) < 0)
		return -1;
	return copy_program(w, "root/bin/true") < 0 || copy_program(w, "root/child/bin/true") < 0 ||
		       copy_program(w, "base/bin/true") < 0
		   ? -1
		   : 0;
}

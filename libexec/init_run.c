/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * init_run.c: from a fresh child of jail-init to a program of the jail: its own session, the user, the directory,
 * nothing blocked, then exec. It may not know what is run, nor when.
 */
#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "init.h"

static int complaints = 2;

void init_complain_to(int fd)
{
	complaints = fd;
}

void init_complain(const char *what, int errnum)
{
	static const char name[] = "jail-init: ";
	/* writev(2) does not write through these. */
	struct iovec part[5] = {
	    {.iov_base = (void *)(uintptr_t)name, .iov_len = sizeof(name) - 1},
	    {.iov_base = (void *)(uintptr_t)what, .iov_len = strlen(what)},
	};
	int n = 2;

	if (errnum != 0) {
		const char *why = strerror(errnum);

		part[n++] = (struct iovec){.iov_base = (void *)(uintptr_t) ": ", .iov_len = 2};
		part[n++] = (struct iovec){.iov_base = (void *)(uintptr_t)why, .iov_len = strlen(why)};
	}
	part[n++] = (struct iovec){.iov_base = (void *)(uintptr_t) "\n", .iov_len = 1};
	/* Nobody can be told that nobody could be told. */
	if (writev(complaints, part, n) < 0)
		return;
}

static _Noreturn void fail(const char *what, int code)
{
	init_complain(what, errno);
	_exit(code);
}

/* Bare calls: the C library's would look for other threads first. */
static void become_user(const struct init_options *o)
{
	if (syscall(SYS_setgroups, o->ngroups, o->groups) < 0 || syscall(SYS_setresgid, o->gid, o->gid, o->gid) < 0 ||
	    syscall(SYS_setresuid, o->uid, o->uid, o->uid) < 0)
		fail("cannot become the user", INIT_CANNOT_RUN);
}

/* uid 0 gets nothing by an exec any more, and has nothing now. */
static void drop_root(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	const struct __user_cap_data_struct none[2] = {{.effective = 0}, {.effective = 0}};
	const unsigned long bits =
	    SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_CAP_AMBIENT_RAISE | SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED;

	if (prctl(PR_SET_SECUREBITS, bits, 0, 0, 0) < 0 || prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
		fail("cannot take root's privileges away", INIT_CANNOT_RUN);
	if (syscall(SYS_capset, &header, none) < 0)
		fail("cannot take root's privileges away", INIT_CANNOT_RUN);
}

_Noreturn void init_run(const struct init_options *o, char *const *argv, bool command)
{
	sigset_t none;

	/*
	 * A session of its own: a program that signals its process group must not reach process 1. Who asks for a
	 * direct start leads one already.
	 */
	if (setsid() < 0 && !o->direct)
		fail("setsid", INIT_CANNOT_RUN);
	if (command && o->terminal && ioctl(0, TIOCSCTTY, 0) < 0)
		fail("cannot take the terminal", INIT_CANNOT_RUN);
	if (o->has_user)
		become_user(o);
	/* Any other user lost everything with the uid. */
	if (o->no_root && (!o->has_user || o->uid == 0))
		drop_root();
	/* As the user: where it may not go, it does not start. */
	if (o->dir && chdir(o->dir) < 0)
		fail(o->dir, INIT_CANNOT_RUN);
	(void)sigemptyset(&none);
	if (sigprocmask(SIG_SETMASK, &none, NULL) < 0)
		fail("sigprocmask", INIT_CANNOT_RUN);
	(void)execvp(argv[0], argv);
	fail(argv[0], errno == ENOENT ? INIT_NOT_FOUND : INIT_CANNOT_RUN);
}

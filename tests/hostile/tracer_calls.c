/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tracer_calls.c: the system calls that our tools make, by name, with an error that suits each; 0: it can't fail. DONE:
 * what has done its work all the same when it fails. rt_sigprocmask(2) does not fail with good arguments, and the C
 * library's fork() believes that: undone, it would go on with a mask that was never filled in.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/unistd.h>

#include "tracer.h"

static const struct call {
	long number;
	const char *name;
	int errnum;
	bool done;
} calls[] = {
#define CALL(name, errnum) {__NR_##name, #name, errnum, errnum == 0},
#define DONE(name, errnum) {__NR_##name, #name, errnum, true},
#ifdef __NR_open
    CALL(open, EMFILE) CALL(mkdir, ENOSPC) CALL(access, EIO) CALL(dup2, EMFILE) CALL(poll, ENOMEM) CALL(
	vfork, EAGAIN) CALL(fork, EAGAIN) CALL(stat, EIO) CALL(lstat, EIO) CALL(readlink, EIO) CALL(unlink,
	EIO) CALL(rmdir, EIO) CALL(pipe, EMFILE) CALL(getdents, EIO) CALL(mknod, ENOSPC) CALL(chmod, EIO) CALL(rename,
	EIO) CALL(symlink, ENOSPC) CALL(chown, EIO) CALL(arch_prctl, 0) CALL(inotify_init, EMFILE)
#endif
	CALL(brk, ENOMEM) CALL(mmap, ENOMEM) CALL(munmap, ENOMEM) CALL(mremap, ENOMEM) CALL(mprotect, ENOMEM) CALL(
	    madvise, ENOMEM) CALL(openat, EMFILE) CALL(openat2, ENFILE) CALL(open_tree, EMFILE) CALL(move_mount,
	    ENOMEM) CALL(mount_setattr, ENOMEM) CALL(fsopen, EMFILE) CALL(fsconfig, ENOMEM) CALL(fsmount,
	    ENOMEM) CALL(fspick, EMFILE) CALL(mount, ENOMEM) CALL(umount2, EBUSY) CALL(pivot_root, EBUSY) CALL(clone,
	    EAGAIN) CALL(clone3, EAGAIN) CALL(execve, ENOMEM) CALL(execveat, ENOMEM) CALL(setns, ENOMEM) CALL(unshare,
	    ENOSPC) CALL(socket, ENFILE) CALL(socketpair, EMFILE) CALL(sendmsg, ENOBUFS) CALL(recvmsg,
	    ENOMEM) CALL(ppoll,
	    ENOMEM) CALL(pidfd_open, EMFILE) CALL(pidfd_send_signal, EPERM) CALL(waitid, ECHILD)
	    CALL(wait4, 0) CALL(mkdirat, ENOSPC) CALL(unlinkat, EIO) CALL(mknodat, ENOSPC) CALL(symlinkat,
		ENOSPC) CALL(fchownat, EIO) CALL(fchmodat, EIO) CALL(fchmod, EIO) CALL(fchown, EIO) CALL(fstat, EIO)
		CALL(newfstatat, EIO) CALL(statx, EIO) CALL(statfs, EIO) CALL(fstatfs,
		    EIO) CALL(faccessat, EIO) CALL(readlinkat, EIO) CALL(getdents64, EIO) CALL(read, EIO) CALL(pread64,
		    EIO) CALL(readv, EIO) CALL(write, ENOSPC) CALL(writev, ENOSPC) CALL(pwrite64, ENOSPC)
		    CALL(lseek, EIO) CALL(ioctl, EIO) CALL(fcntl, ENOMEM) CALL(dup, EMFILE)
			CALL(dup3, EMFILE) CALL(pipe2, EMFILE) CALL(flock, ENOLCK) DONE(close, EIO) CALL(
			    close_range, ENOMEM) CALL(fsetxattr, ENOSPC) CALL(fgetxattr, EIO) CALL(fremovexattr, EIO)
			    CALL(flistxattr, EIO) CALL(setxattr, ENOSPC) CALL(getxattr, EIO) CALL(prctl, EIO)
				CALL(seccomp, ENOMEM) CALL(capset, EPERM) CALL(capget, EPERM) CALL(
				    keyctl, EDQUOT) CALL(setsid, EPERM) CALL(setgroups, ENOMEM) CALL(setresuid, EAGAIN)
				    CALL(setresgid, EPERM) CALL(sethostname, EPERM)
					CALL(setdomainname, EPERM) CALL(chdir, EACCES) CALL(fchdir, EACCES) CALL(
					    chroot, EPERM) CALL(umask, 0) DONE(rt_sigprocmask, EINVAL)
					    CALL(rt_sigaction, EINVAL) CALL(rt_sigtimedwait, EAGAIN) CALL(rt_sigreturn,
						0) CALL(signalfd4, EMFILE) CALL(eventfd2, EMFILE) CALL(timerfd_create,
						EMFILE) CALL(epoll_create1, EMFILE) CALL(inotify_init1, EMFILE)
						CALL(inotify_add_watch, ENOSPC) CALL(nanosleep, EINTR) CALL(
						    clock_nanosleep, EINTR) CALL(clock_gettime, EINVAL) CALL(getpid, 0)
						    CALL(gettid, 0) CALL(getuid, 0) CALL(geteuid, 0) CALL(getgid, 0)
							CALL(getegid, 0) CALL(kill, EPERM) CALL(tkill, EPERM)
							    CALL(uname, 0) CALL(getcwd, ERANGE) CALL(set_tid_address, 0)
								CALL(set_robust_list, 0) CALL(rseq, ENOSYS) CALL(
								    getrandom, ENOSYS) CALL(prlimit64, EPERM) CALL(exit,
								    0) CALL(exit_group, 0) CALL(sched_getaffinity, EIO)
								    CALL(futex, EIO) CALL(sendto, ENOBUFS) CALL(
									recvfrom, ENOMEM) CALL(bind, EADDRINUSE)
									CALL(connect, ECONNREFUSED) CALL(sysinfo, EIO)
									    CALL(getppid, 0) CALL(gettimeofday, 0)
										CALL(setpgid, EPERM) CALL(sync, 0)
#undef CALL
#undef DONE
};

static const struct call *find(long number)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (calls[i].number == number)
			return &calls[i];
	return NULL;
}

const char *trace_call_name(long number)
{
	const struct call *c = find(number);

	return c != NULL ? c->name : "?";
}

int trace_suitable_error(long number)
{
	const struct call *c = find(number);

	return c != NULL ? c->errnum : EIO;
}

bool trace_done_anyway(long number)
{
	const struct call *c = find(number);

	return c != NULL && c->done;
}

/*
 * What is forgotten with the process: memory, descriptors, its own attributes; and what only looks. Not here: whatever
 * waits or reads what others send, because they go on meanwhile.
 */
static const long forgotten[] = {
#ifdef __NR_open
    __NR_access, __NR_dup2, __NR_stat, __NR_lstat, __NR_readlink, __NR_pipe, __NR_getdents, __NR_arch_prctl,
#endif
    __NR_brk, __NR_mmap, __NR_munmap, __NR_mremap, __NR_mprotect, __NR_madvise, __NR_openat2, __NR_fstat,
    __NR_newfstatat, __NR_statx, __NR_statfs, __NR_fstatfs, __NR_faccessat, __NR_readlinkat, __NR_getdents64,
    __NR_pread64, __NR_lseek, __NR_dup, __NR_dup3, __NR_pipe2, __NR_socketpair, __NR_close, __NR_close_range,
    __NR_fgetxattr, __NR_flistxattr, __NR_getxattr, __NR_pidfd_open, __NR_capget, __NR_capset, __NR_seccomp, __NR_umask,
    __NR_rt_sigprocmask, __NR_rt_sigaction, __NR_rt_sigreturn, __NR_signalfd4, __NR_eventfd2, __NR_timerfd_create,
    __NR_epoll_create1, __NR_clock_gettime, __NR_getpid, __NR_gettid, __NR_getppid, __NR_getuid, __NR_geteuid,
    __NR_getgid, __NR_getegid, __NR_uname, __NR_getcwd, __NR_set_tid_address, __NR_set_robust_list, __NR_rseq,
    __NR_getrandom, __NR_sched_getaffinity, __NR_sysinfo, __NR_gettimeofday};

bool trace_changes(long number, unsigned long flags)
{
	if (number == __NR_openat)
		return (flags & (O_CREAT | O_TRUNC)) != 0;
	for (size_t i = 0; i < sizeof(forgotten) / sizeof(forgotten[0]); i++)
		if (forgotten[i] == number)
			return false;
	return true;
}

/* signal(7), "Interruption of system calls", and what a file system of another machine or of a user may interrupt. */
static const long interruptible[] = {
#ifdef __NR_open
    __NR_open, __NR_poll, __NR_mkdir, __NR_unlink, __NR_rmdir, __NR_rename, __NR_stat, __NR_readlink,
#endif
    __NR_read, __NR_pread64, __NR_readv, __NR_write, __NR_writev, __NR_pwrite64, __NR_openat, __NR_openat2, __NR_ioctl,
    __NR_fcntl, __NR_flock, __NR_futex, __NR_ppoll, __NR_wait4, __NR_waitid, __NR_nanosleep, __NR_clock_nanosleep,
    __NR_recvmsg, __NR_recvfrom, __NR_sendmsg, __NR_sendto, __NR_connect, __NR_rt_sigtimedwait, __NR_close,
    __NR_mkdirat, __NR_unlinkat, __NR_newfstatat, __NR_statx, __NR_readlinkat, __NR_getdents64};

bool trace_interruptible(long number)
{
	for (size_t i = 0; i < sizeof(interruptible) / sizeof(interruptible[0]); i++)
		if (interruptible[i] == number)
			return true;
	return false;
}

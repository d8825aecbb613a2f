#! /usr/bin/env atf-sh
# SPDX-License-Identifier: BSD-2-Clause
# Limits of each process, of IPC objects, of terminals and of files in memory: beyond them is refused, within is not.
. "$(atf_get_srcdir)/common.sh"

# inside COMMAND...: in the running jail.
inside() {
	jexec "$p" /bin/sh -c "$*"
}

# The largest number of files that a shell inside can open beside those that it has.
open_files() {
	inside 'n=3; while [ $n -lt 400 ] && (eval "exec $n</dev/null") 2>/dev/null; do eval "exec $n</dev/null"; n=$((n + 1));
		done; echo $n'
}

define_case files "openfiles, fsize and coredumpsize hold from the first process on, and for who enters"
files_body() {
	new_root
	atf_check -o inline:"30 30\n4096\n0\n" jail -q -c name=$p path=$root limit.openfiles=30 limit.fsize=2m \
	    limit.coredumpsize=0 command='echo $(ulimit -n) $(ulimit -Hn); ulimit -f; ulimit -c'
	atf_check jail -q -c name=$p path=$root limit.openfiles=30 limit.fsize=1m persist
	atf_check_equal 30 "$(open_files)"
	atf_check -s not-exit:0 -e ignore -o ignore jexec $p /bin/sh -c 'ulimit -n 31'
	atf_check -o ignore -e ignore jexec $p /bin/sh -c 'busybox head -c 1048576 /dev/zero >/tmp/in'
	atf_check_equal 1048576 "$(wc -c <root/tmp/in | tr -d ' ')"
	atf_check -s not-exit:0 -e ignore -o ignore jexec $p /bin/sh -c 'busybox head -c 1048577 /dev/zero >/tmp/out'
	atf_check_equal 1048576 "$(wc -c <root/tmp/out | tr -d ' ')"
	atf_check jail -q -r $p
	nothing_left
}

define_case memory "vmemoryuse, datasize and stacksize"
memory_body() {
	new_root
	atf_check -o inline:"65536\n32768\n1024\n" jail -q -c name=$p path=$root limit.vmemoryuse=64m limit.datasize=32m \
	    limit.stacksize=1m command='ulimit -v; ulimit -d; ulimit -s'
	atf_check -o match:"max locked memory.* 64$" jail -q -c name=$p path=$root limit.memorylocked=64k \
	    command='ulimit -a;:'
	nothing_left
}

define_case live "a running jail is held to the new limits: process 1, what runs, who enters, child jails"
live_body() {
	new_root
	atf_check jail -q -c name=$p path=$root limit.openfiles=60 children.max=2 persist
	mkdir -p root/child
	make_root "$root/child"
	atf_check jail -q -c name=$p.c path=$root/child persist
	inside ': >/tmp/ready; exec sleep 100' &
	wait_sleep=$!
	soon rm root/tmp/ready
	fails 77 '^jail: .*limit.openfiles: .*parent jail has less: 60' jail -c name=$p.d path=$root/child persist \
	    limit.openfiles=61
	atf_check jail -q -m name=$p limit.openfiles=40
	for name in $p $p.c; do
		pids=$(cat $(find /sys/fs/cgroup -path "*/jail/$(echo $name | tr . /)/*" -name cgroup.procs; \
		    find /sys/fs/cgroup -path "*/jail/$(echo $name | tr . /)/cgroup.procs") | sort -u)
		[ -n "$pids" ] || die "no processes of $name"
		for pid in $pids; do
			atf_check -o match:"Max open files *40 *40 " cat /proc/$pid/limits
		done
	done
	atf_check_equal 40 "$(open_files)"
	atf_check -o inline:"40\n" jexec $p.c /bin/sh -c 'ulimit -n'
	# CAP_SYS_RESOURCE
	if [ $((0x$(sed -n 's/^CapEff:[[:space:]]*//p' /proc/self/status) >> 24 & 1)) = 1 ]; then
		atf_check jail -q -m name=$p limit.openfiles=50
		atf_check_equal 50 "$(open_files)"
	else
		fails 69 '^jail: .*limit.openfiles: it can.t be raised' jail -m name=$p limit.openfiles=50
		atf_check_equal 40 "$(open_files)"
	fi
	atf_check jail -q -R $p
	wait $wait_sleep
	nothing_left
}

define_case ipc "System V objects: number and size, live, and not for who is inside to change"
ipc_head() {
	atf_set require.progs ipcmk
	atf_set require.user root
}
ipc_body() {
	p=$(prefix)
	atf_check jail -q -c name=$p path=/ path.volatile=16m limit.nshm=2 limit.shmsize=64k limit.nmsgq=1 limit.msgqsize=100 \
	    limit.nsem=10 limit.nsemop=5 persist
	atf_check -o inline:"2\n16\n1\n100\n" jexec $p /bin/sh -c 'cd /proc/sys/kernel && cat shmmni shmall msgmni msgmnb'
	atf_check -o match:"^[0-9]+	10	5	" jexec $p /bin/sh -c 'cat /proc/sys/kernel/sem'
	atf_check -o ignore jexec $p /bin/sh -c 'ipcmk -M 4096 && ipcmk -M 4096 && ipcmk -Q && ipcmk -S 10'
	atf_check -s not-exit:0 -e match:'No space' jexec $p /bin/sh -c 'ipcmk -M 4096'
	atf_check -s not-exit:0 -e match:'No space' jexec $p /bin/sh -c 'ipcmk -Q'
	atf_check -s not-exit:0 -e match:'No space' jexec $p /bin/sh -c 'ipcmk -S 1'
	atf_check -s not-exit:0 -e ignore jexec $p /bin/sh -c 'echo 100 >/proc/sys/kernel/shmmni'
	atf_check jail -q -m name=$p limit.nshm=3 limit.nmsgq=unlimited
	atf_check -o ignore jexec $p /bin/sh -c 'ipcmk -M 4096 && ipcmk -Q'
	atf_check -s not-exit:0 -e match:'No space' jexec $p /bin/sh -c 'ipcmk -M 4096'
	atf_check jail -q -R $p
	# With all that root inside can be given for mounts.
	atf_check -e match:'allow.mount.procfs: has no effect' \
	    jail -q -c name=$p path=/ path.volatile=16m limit.nshm=2 allow.mount allow.mount.procfs allow.mount.tmpfs persist
	atf_check -s not-exit:0 -e ignore -o ignore jexec $p /bin/sh -c 'mount -o remount,bind,rw /proc/sys/kernel;
		umount -l /proc/sys/kernel; mkdir -p /tmp/p; mount -t proc proc /tmp/p && echo 9 >/tmp/p/sys/kernel/shmmni;
		echo 9 >/proc/sys/kernel/shmmni'
	atf_check -o inline:"2\n" jexec $p cat /proc/sys/kernel/shmmni
	atf_check jail -q -R $p
	# What root inside could lift is not promised.
	atf_check jail -q -c name=$p path=/ path.volatile=16m persist
	fails 69 '^jail: .*limit.nsem: .*made without limits of System V IPC' jail -m name=$p limit.nsem=3
	atf_check jail -q -R $p
	# The bytes of all segments together.
	atf_check jail -q -c name=$p path=/ path.volatile=16m limit.shmsize=64k persist
	atf_check -o ignore jexec $p /bin/sh -c 'ipcmk -M 40000'
	atf_check -s not-exit:0 -e match:'No space' jexec $p /bin/sh -c 'ipcmk -M 40000'
	atf_check jail -q -R $p
	fails 65 '^jail: .*limit.nshm: can.t limit IPC objects that are the host.s' \
	    jail -c name=$p path=/ path.volatile sysvshm=inherit sysvmsg=disable sysvsem=disable limit.nshm=1 persist
	nothing_left
}

define_case terminals "pseudoterminals, live"
terminals_body() {
	new_root
	ptys='n=3; while [ $n -lt 9 ] && (eval "exec $n<>/dev/ptmx") 2>/dev/null; do eval "exec $n<>/dev/ptmx"; n=$((n + 1)); done;
	    echo $((n - 3))'
	fails 69 '^jail: .*limit.msgqqueued: .*use limit.msgqsize' jail -c name=$p path=$root limit.msgqqueued=1 persist
	atf_check jail -q -c name=$p path=$root limit.pseudoterminals=2 persist
	atf_check -o inline:"2\n" jexec $p /bin/sh -c "$ptys"
	atf_check jail -q -m name=$p limit.pseudoterminals=4
	atf_check -o inline:"4\n" jexec $p /bin/sh -c "$ptys"
	atf_check -o match:"mode=620,ptmxmode=666,max=4" jexec $p /bin/sh -c 'busybox grep devpts /proc/mounts'
	atf_check jail -q -m name=$p limit.pseudoterminals=unlimited
	atf_check -o inline:"6\n" jexec $p /bin/sh -c "$ptys"
	atf_check jail -q -R $p
	nothing_left
}

atf_init_test_cases() {
	atf_add_test_case files
	atf_add_test_case memory
	atf_add_test_case live
	atf_add_test_case ipc
	atf_add_test_case terminals
}

#! /usr/bin/env atf-sh
# SPDX-License-Identifier: BSD-2-Clause
# Jails that take all they can: a fork bomb, memory of each kind, processors,
# descriptors, terminals, IPC, writes. Their limits hold, a neighbour goes on, and
# the jail can be changed, killed and removed at once, with nothing left.
#
# Exclusive: jails that take all they can leave little to tests beside them.
. "$(atf_get_srcdir)/../functional/common.sh"

hog=$JAIL_HOSTILE/limit_hog

now() {
	date +%s%N | cut -c1-13
}

# attack NAME ARGUMENT...: limit_hog without end in the jail, in the background.
attack() {
	in=$1
	shift
	jexec "$in" /bin/sh -c "while :; do /bin/limit_hog $*; done" >/dev/null 2>&1 </dev/null &
}

box() {
	new_root
	[ -x "$root/bin/limit_hog" ] || cp "$hog" "$root/bin/limit_hog"
	atf_check -o ignore jail -c name="$@" path="$root" persist
}

# The neighbour runs a program, and the host a command.
neighbour() {
	atf_check -o match:'^[1-9]' jexec $p-next /bin/limit_hog spin 200
	atf_check true
}

# Killed and gone; that removal waits for nothing shows in its not taking longer than twenty seconds.
gone() {
	start=$(now)
	# It may have lost its process 1 to the limit.
	jail -qR "$1" 2>err || { grep -q 'no such jail' err && jail -C; } || die "$(cat err)"
	took=$(($(now) - start))
	[ -n "${JAIL_VM:-}" ] || [ $took -lt 20000 ] || die "removed after $took ms"
	wait
}

# frozen NAME: stopped from outside, and removed all the same.
frozen() {
	v2=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
	echo 1 >"$v2/jail/$1/cgroup.freeze" || die "cannot freeze"
	gone "$1"
}

define_case bomb 'a fork bomb'
bomb_body() {
	requires "controller pids" "controller cpu"
	box $(prefix)-next
	for way in gone frozen; do
		box $p limit.maxproc=60 limit.pcpu=60
		attack $p bomb
		sleep 1
		neighbour
		atf_check -o ignore -e match:"limit.maxproc: it has [0-9]+ processes and threads" jail -m name=$p limit.maxproc=30
		neighbour
		$way $p
	done
	atf_check -o ignore jail -r $p-next
	nothing_left
}

define_case late 'a fork bomb that is under way when it gets its limits'
late_body() {
	requires "controller pids" "controller memory" "controller cpu"
	box $(prefix) limit.maxproc=200 children.max=2
	attack $p bomb
	sleep 1
	# Other controllers than the one it is in: all of its processes are moved.
	atf_check -o ignore jail -m name=$p limit.pcpu=30 limit.memoryuse=64m
	atf_check -o match:"^$p\$" jls -j $p name
	gone $p
	nothing_left
}

# hungry PARAMETER ARGUMENT...: a jail that takes what it can of one kind of memory.
hungry() {
	requires "controller cpu"
	without_swap
	box $(prefix)-next
	box $p limit.memoryuse=48m $swapless limit.pcpu=80 "$1"
	shift
	attack $p "$@"
	sleep 1
	neighbour
	# What lies in a file system in memory can't be taken back: v1 says so, v2 kills.
	jail -qm name=$p limit.memoryuse=40m 2>err || grep -Eq "can't take it back|no such jail" err || die "$(cat err)"
	neighbour
	gone $p
	atf_check -o ignore jail -r $p-next
	nothing_left
}

define_case anonymous 'memory without end'
anonymous_body() {
	hungry exec.timeout=60 memory 4000
}

define_case cache 'the page cache without end'
cache_body() {
	hungry exec.timeout=60 cache /tmp/cache 200
}

define_case tmpfs 'a file system in memory, filled up'
tmpfs_body() {
	hungry path.volatile=1g file /tmp/full 900
}

define_case processors 'all processors'
processors_body() {
	requires "controller cpu"
	box $(prefix)-next
	box $p limit.pcpu=50
	for i in 1 2 3 4; do
		attack $p spin 10000
	done
	sleep 1
	got=$(jexec $p-next /bin/limit_hog spin 1000)
	[ -n "${JAIL_VM:-}" ] || [ "$got" -ge 150 ] || die "the neighbour got $got ms of 1000"
	gone $p
	atf_check -o ignore jail -r $p-next
	nothing_left
}

# greedy MOST WHAT PARAMETER...: a jail that takes all it gets of that, again and again; at one time no more than MOST.
# `next`: what its neighbour, which does so once, is made with.
greedy() {
	requires "controller memory" "controller cpu" "controller pids"
	most=$1 what=$2
	shift 2
	box $(prefix)-next ${next:-}
	box $p limit.memoryuse=64m limit.maxproc=60 limit.pcpu=80 "$@"
	got=$(jexec $p /bin/limit_hog $what)
	[ "$got" -ge 1 ] && [ "$got" -le $most ] || die "$got $what, $most allowed"
	for i in 1 2 3 4 5 6; do
		attack $p $what
	done
	sleep 0.5
	got=$(jexec $p-next /bin/limit_hog $what)
	[ "$got" -ge 100 ] || die "the neighbour had only $got $what"
	neighbour
	# The host too; no more than it needs to see it.
	if [ "$what" != ipc ]; then
		got=$(ulimit -n 40 && "$hog" $what)
		[ "$got" -ge 20 ] || die "the host had only $got $what"
	fi
	atf_check -o ignore -e ignore jail -m name=$p limit.maxproc=30
	gone $p
	atf_check -o ignore jail -r $p-next
	nothing_left
}

define_case descriptors 'all descriptors'
descriptors_body() {
	greedy 64 descriptors limit.openfiles=64
}

define_case terminals 'all terminals'
terminals_body() {
	greedy 8 terminals limit.pseudoterminals=8
}

define_case ipc 'shared memory, semaphores and queues, System V and POSIX'
ipc_body() {
	# 5 segments of 1 MiB, 3 sets of 100 semaphores, 4 queues; a user's POSIX queues are the kernel's to count.
	# Without a limit of their number, full queues of one jail may take half a gigabyte of the host's memory.
	next=limit.nmsgq=500
	greedy $((5 + 3 + 4 + 256)) ipc limit.shmsize=5m limit.nshm=20 limit.nsem=300 limit.nmsgq=4
}

# sockets_held NAME MOST: datagrams that nobody reads, in a jail that may keep MOST MiB of them.
sockets_held() {
	got=$(jexec "$1" /bin/limit_hog sockets 300)
	[ "$got" -le "$2" ] || die "$1 keeps $got MiB in buffers of sockets, $2 allowed"
}

define_case sockets 'datagrams that nobody reads'
sockets_body() {
	requires "controller memory"
	[ -z "${JAIL_VM:-}" ] || atf_skip "takes minutes in emulation"
	[ "$(awk '{ print $3 }' /proc/sys/net/ipv4/udp_mem)" -ge 100000 ] || atf_skip "the kernel keeps too few datagrams here"
	file=memory.kmem.tcp.limit_in_bytes
	# Version 2 counts them with all other memory.
	! grep -q "^yes.* controller memory .*v1" checked || [ -e /sys/fs/cgroup/memory/$file ] || atf_skip "no $file"
	box $(prefix) children.max=4
	got=$(jexec $p /bin/limit_hog sockets 100)
	[ "$got" -ge 90 ] || die "without a limit it keeps only $got MiB"
	atf_check -o ignore jail -m name=$p limit.memoryuse=48m
	sockets_held $p 50
	# A child, which has a group only for what it is warned of, and one with a limit that is beyond its parent's.
	atf_check -o ignore jail -c name=$p.soft path="$root" persist limit.memoryuse.soft=1g
	sockets_held $p.soft 50
	atf_check -o ignore jail -c name=$p.c path="$root" persist limit.memoryuse=24m
	sockets_held $p.c 26
	atf_check -o ignore jail -r $p.soft $p.c
	atf_check -o ignore jail -m name=$p limit.memoryuse=96m
	got=$(jexec $p /bin/limit_hog sockets 300)
	[ "$got" -gt 50 ] && [ "$got" -le 98 ] || die "with 96 MiB it keeps $got MiB"
	atf_check -o ignore jail -m name=$p limit.memoryuse=unlimited
	got=$(jexec $p /bin/limit_hog sockets 150)
	[ "$got" -ge 140 ] || die "without a limit again it keeps only $got MiB"
	gone $p
	nothing_left
}

define_case writers 'writes through the page cache and past it'
writers_body() {
	requires "controller memory" "controller cpu" "controller pids"
	mkdir data
	box $(prefix)-next
	for way in gone frozen; do
		box $p limit.memoryuse=48m limit.pcpu=80 limit.maxproc=40 mount="$(pwd)/data /mnt nullfs rw 0 0"
		for i in 1 2; do
			attack $p cache /mnt/cache$i 100
			attack $p write /mnt/direct$i 65536
		done
		sleep 1
		neighbour
		atf_check -o ignore jail -m name=$p limit.pcpu=40
		neighbour
		$way $p
	done
	atf_check -o ignore jail -r $p-next
	nothing_left
}

atf_init_test_cases() {
	for c in bomb late anonymous cache tmpfs processors descriptors terminals ipc sockets writers; do
		atf_add_test_case $c
	done
}

#! /usr/bin/env atf-sh
# SPDX-License-Identifier: BSD-2-Clause
# The limits that control groups hold: what goes beyond is stopped, what stays within is not; in a jail, in its child, and
# after a change of either while they run. What is wrong is said, and nothing changes.
#
# Exclusive: it compares what processors and disks do, and runs programs with real-time scheduling.
. "$(atf_get_srcdir)/common.sh"

hog=$JAIL_HOSTILE/limit_hog

# A jail of this test, running, with the program in it: box [NAME] PARAMETER...
box() {
	new_root
	[ -x "$root/bin/limit_hog" ] || cp "$hog" "$root/bin/limit_hog"
	atf_check -o ignore -e save:said jail -c name="$@" path="$root" persist
}

# hogs NAME ARGUMENT...
hogs() {
	in=$1
	shift
	jexec "$in" /bin/limit_hog "$@"
}

# v2 or v1: which this machine has the controller in.
version() {
	v2=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
	case " $(cat "$v2/cgroup.controllers") " in
	*" $1 "*) echo 2 ;;
	*) grep -Eq "^[^ ]+ [^ ]+ cgroup [^ ]*[ ,]${2:-$1}[ ,]" /proc/mounts && echo 1 || echo 0 ;;
	esac
}

needs() {
	[ "$(version "$@")" != 0 ] || atf_skip "this machine has no controller $1"
}

# reports JAIL PARAMETER VALUE: as jls shows it.
reports() {
	atf_check -o inline:"$3\n" jls -j "$1" "$2"
}

define_case tasks 'limit.maxproc and limit.nthr: no more than that; alone, in a child, after a change'
tasks_body() {
	needs pids
	box $(prefix) limit.maxproc=12 children.max=3
	n=$(hogs $p fork 40) || die "could not run"
	# The reaper and the program itself are two of the twelve.
	[ "$n" = 10 ] || die "12 allowed, $n children beside 2"
	[ "$(hogs $p fork 10)" = 10 ] || die "less than allowed"
	atf_check -o ignore jail -m name=$p limit.maxproc=7
	[ "$(hogs $p fork 40)" = 5 ] || die "not lowered"
	box $p.kid limit.nthr=6
	# Within both: three of the parent's seven are taken (two reapers and the program).
	[ "$(hogs $p.kid fork 40)" = 4 ] || die "the child has $(hogs $p.kid fork 40)"
	atf_check -o ignore jail -m name=$p limit.maxproc=5
	[ "$(hogs $p.kid fork 40)" = 2 ] || die "the child has more than its parent"
	reports $p.kid limit.maxproc 5
	atf_check -o ignore jail -m name=$p limit.maxproc=unlimited
	[ "$(hogs $p.kid fork 40)" = 4 ] || die "the child's own is not back"
	[ "$(hogs $p fork 40)" = 40 ] || die "not lifted"
	fails 77 "limit.nthr: its parent jail has less: 9" sh -c "jail -q -m name=$p limit.nthr=9 && jail -m name=$p.kid limit.nthr=10"
	# Below what there is: none is ended, and it is said.
	atf_check -o ignore jail -m name=$p limit.maxproc=30 limit.nthr=unlimited
	jexec $p /bin/sh -c 'for i in 1 2 3 4 5 6; do sleep 20 & done; : >/tmp/ready; wait' &
	soon rm root/tmp/ready
	atf_check -o ignore -e match:"jail: $p: limit.maxproc: it has [0-9]+ processes and threads, which is more: they go on" \
	    jail -m name=$p limit.maxproc=3
	atf_check -e empty jail -q -m name=$p limit.maxproc=30
	atf_check -o ignore jail -r $p
	nothing_left
}

define_case memory 'limit.memoryuse: beyond it a program is killed, within it not; alone, in a child, after a change'
memory_body() {
	without_swap
	box $(prefix) limit.memoryuse=64m $swapless children.max=3
	atf_check -o inline:'ok\n' jexec $p /bin/limit_hog memory 40
	atf_check -s exit:137 -o empty -e ignore jexec $p /bin/limit_hog memory 80
	# The page cache makes room.
	atf_check -o inline:'ok\n' jexec $p /bin/limit_hog cache /tmp/cache 100
	box $p.kid
	atf_check -s exit:137 -o empty -e ignore jexec $p.kid /bin/limit_hog memory 80
	atf_check -o ignore jail -m name=$p.kid limit.memoryuse=32m
	atf_check -s exit:137 -o empty -e ignore jexec $p.kid /bin/limit_hog memory 40
	atf_check -o inline:'ok\n' jexec $p /bin/limit_hog memory 40
	atf_check -o ignore jail -m name=$p limit.memoryuse=24m
	atf_check -s exit:137 -o empty -e ignore jexec $p.kid /bin/limit_hog memory 28
	reports $p.kid limit.memoryuse 25165824
	reports $p limit.memoryuse 24m
	atf_check -o ignore jail -m name=$p limit.memoryuse=200m limit.swapuse=unlimited
	reports $p.kid limit.memoryuse 32m
	atf_check -o inline:'ok\n' jexec $p /bin/limit_hog memory 120
	atf_check -o ignore jail -m name=$p limit.memoryuse=unlimited
	atf_check -o inline:'ok\n' jexec $p /bin/limit_hog memory 220
	fails 65 "limit.memoryuse.soft: .*above limit.memoryuse" jail -m name=$p limit.memoryuse=1m limit.memoryuse.soft=2m
	atf_check -o ignore jail -m name=$p limit.memoryuse=64m limit.memoryuse.soft=32m
	# Too little for the jail itself: it is said.
	if [ "$(version memory)" = 1 ]; then
		atf_check -s not-exit:0 -e match:'its first process was killed .*: is limit.memoryuse enough' \
		    jail -q -c name=$p.t path="$root" limit.memoryuse=4096 command=/bin/true
	fi
	atf_check -o ignore jail -r $p
	nothing_left
}

define_case below 'limit.memoryuse lowered below what is used: done, and said'
below_body() {
	needs memory
	box $(prefix) limit.memoryuse=100m
	atf_check -o inline:'ok\n' jexec $p /bin/limit_hog file /tmp/kept 40
	atf_check -o ignore -e match:'limit.memoryuse: it used [0-9]+ bytes, which is more: the kernel took back [0-9]+ and killed 0 processes' \
	    jail -m name=$p limit.memoryuse=16m
	reports $p limit.memoryuse 16m
	atf_check -o ignore jail -r $p
}

define_case whole 'limit.memoryuse with sigkill: all of the jail at once'
whole_body() {
	without_swap
	if [ "$(version memory)" = 1 ]; then
		new_root
		fails 69 'limit.memoryuse: on cgroup v1 only our process 1 can kill' \
		    jail -c name=$p path="$root" limit.memoryuse=64m:sigkill exec.init=no command=true
		# One that was killed before it was asked for does not count.
		box $(prefix) limit.memoryuse=64m $swapless
		hogs $p memory 90 >out 2>err
		atf_check -o ignore jail -m name=$p limit.memoryuse=64m:sigkill
		sleep 0.5
		atf_check jexec $p /bin/true
		atf_check -o ignore jail -r $p
	fi
	box $(prefix) limit.memoryuse=64m:sigkill $swapless
	jexec $p /bin/sleep 1000 &
	hogs $p memory 90 >out 2>err
	i=0
	while [ -n "$(ours)" ] && jexec $p /bin/true 2>/dev/null; do
		i=$((i + 1))
		[ $i -lt 100 ] || die "it goes on"
		sleep 0.1
	done
	wait
	jail -qR $p 2>/dev/null
	nothing_left
}

define_case pcpu 'limit.pcpu: a share of a processor; alone, in a child, after a change'
pcpu_body() {
	needs cpu
	box $(prefix) limit.pcpu=25 children.max=3
	got=$(hogs $p spin 2000)
	[ "$got" -lt 900 ] || die "25 %: $got ms of 2000"
	[ -n "${JAIL_VM:-}" ] || [ "$got" -gt 200 ] || die "25 %: only $got ms of 2000"
	box $p.kid
	got=$(hogs $p.kid spin 1000)
	[ "$got" -lt 500 ] || die "child: $got ms of 1000"
	atf_check -o ignore jail -m name=$p limit.pcpu=60
	box $p.two limit.pcpu=40
	atf_check -o ignore jail -m name=$p limit.pcpu=20
	reports $p.two limit.pcpu 20
	got=$(hogs $p.two spin 1000)
	[ "$got" -lt 500 ] || die "lowered: $got ms of 1000"
	atf_check -o ignore jail -m name=$p limit.pcpu=unlimited
	got=$(hogs $p.two spin 1000)
	[ "$got" -lt 700 ] || die "the child's own: $got ms of 1000"
	atf_check -o ignore -e match:'limit.pcpu: 99900% is more than this machine' jail -m name=$p limit.pcpu=99900
	atf_check -o ignore jail -r $p
	nothing_left
}

# The scheduling of a jail's processes, as outside sees it: "OTHER", "FIFO", each once.
scheduling() {
	v2=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
	while read -r pid; do
		chrt -p "$pid"
	done <"$v2/jail/$(echo "$1" | tr . /)/cgroup.procs" | sed -n 's/.*SCHED_\([A-Z]*\).*/\1/p' | sort -u | tr '\n' ' '
}

define_case realtime 'limit.pcpu and limit.cpushare hold for who comes with real-time scheduling too'
realtime_body() {
	needs cpu
	chrt -f 10 true || atf_skip "no real-time scheduling here"
	new_root
	cp "$hog" "$root/bin/limit_hog"
	got=$(chrt -f 10 jail -q -c name=$(prefix) path="$root" limit.pcpu=25 command="/bin/limit_hog spin 2000") ||
	    die "not made"
	[ "$got" -lt 900 ] || die "made: $got ms of 2000"
	box $p limit.pcpu=25 children.max=2
	got=$(chrt -r 10 jexec $p /bin/limit_hog spin 1000) || die "not entered"
	[ "$got" -lt 500 ] || die "entered: $got ms of 1000"
	atf_check -o ignore chrt -f 10 jail -q -c name=$p.kid path="$root" persist
	[ "$(scheduling $p.kid)" = 'OTHER ' ] || die "the child has $(scheduling $p.kid)"
	got=$(chrt -f 10 jexec $p.kid /bin/limit_hog spin 1000) || die "child not entered"
	[ "$got" -lt 500 ] || die "child: $got ms of 1000"
	atf_check jail -qr $p
	# The caller's real-time priority stays outside where nothing is to hold, too.
	atf_check -o ignore chrt -f 10 jail -q -c name=$p path="$root" persist limit.maxproc=20
	[ "$(scheduling $p)" = 'OTHER ' ] || die "without: $(scheduling $p)"
	chrt -f 10 jexec $p /bin/sleep 60 &
	i=0
	until [ "$(jexec $p /bin/ps | grep -c 'sleep 60')" = 1 ]; do
		i=$((i + 1))
		[ $i -lt 100 ] || die "it does not sleep"
		sleep 0.1
	done
	[ "$(scheduling $p)" = 'OTHER ' ] || die "entered: $(scheduling $p)"
	atf_check jail -q -m name=$p limit.cpushare=50
	[ "$(scheduling $p)" = 'OTHER ' ] || die "changed: $(scheduling $p)"
	atf_check jail -qR $p
	wait
	nothing_left
}

define_case shares 'limit.cpushare and limit.ioshare: weights are set, changed, lifted'
shares_body() {
	needs cpu
	box $(prefix) limit.cpushare=300
	if [ "$(version cpu)" = 2 ]; then
		file=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)/jail/$p/cpu.weight first=300 then=50 last=100
	else
		file=$(awk '$3 == "cgroup" && ","$4"," ~ /,cpu,/ { print $2; exit }' /proc/mounts)/jail/$p/cpu.shares
		first=3072 then=512 last=1024
	fi
	atf_check -o inline:"$first\n" cat "$file"
	atf_check -o ignore jail -m name=$p limit.cpushare=50
	atf_check -o inline:"$then\n" cat "$file"
	atf_check -o ignore jail -m name=$p limit.cpushare=unlimited
	atf_check -o inline:"$last\n" cat "$file"
	fails 65 "limit.cpushare: .*allowed: one weight from 1 to 10000" jail -m name=$p limit.cpushare=0
	if jail -q -m name=$p limit.ioshare=200 2>err; then
		reports $p limit.ioshare 200
	else
		grep -Eq 'limit.ioshare: the controller "(io|blkio)" \(cgroup v[12]\) has no ' err || die "$(cat err)"
		reports $p limit.ioshare ''
	fi
	atf_check -o ignore jail -r $p
	nothing_left
}

define_case cpuset 'limit.cpuset and limit.cpuset.mems: where it runs; not beyond the machine or the parent'
cpuset_body() {
	needs cpuset
	last=$(($(getconf _NPROCESSORS_CONF) - 1))
	box $(prefix) limit.cpuset=0 limit.cpuset.mems=0 children.max=3
	[ "$(hogs $p processors)" = 1 ] || die "not on one"
	fails 65 "limit.cpuset: \"0-999\": this machine has 0" jail -m name=$p limit.cpuset=0-999
	fails 65 "limit.cpuset.mems: \"77\": this machine's memory has 0" jail -m name=$p limit.cpuset.mems=77
	fails 65 "limit.cpuset: \"x\": allowed: numbers and ranges" jail -m name=$p limit.cpuset=x
	reports $p limit.cpuset 0
	box $p.kid limit.cpuset=0
	[ "$(hogs $p.kid processors)" = 1 ] || die "the child is not on one"
	if [ $last -gt 0 ]; then
		new_root
		fails 65 "limit.cpuset: \"$last\": its parent jail has 0" jail -c name=$p.two path="$root" persist limit.cpuset=$last
		atf_check -o ignore jail -m name=$p limit.cpuset=0-$last
		[ "$(hogs $p processors)" = $((last + 1)) ] || die "not widened"
		[ "$(hogs $p.kid processors)" = 1 ] || die "the child was widened"
		atf_check -o ignore jail -m name=$p.kid limit.cpuset=$last
		atf_check -o ignore jail -m name=$p.kid limit.cpuset=0-$last
		atf_check -o ignore jail -m name=$p limit.cpuset=$last
		reports $p.kid limit.cpuset $last
		atf_check -o ignore jail -m name=$p limit.cpuset=0-$last
		reports $p.kid limit.cpuset 0-$last
		[ "$(hogs $p.kid processors)" = $((last + 1)) ] || die "the child's own is not back"
		atf_check -o ignore jail -m name=$p.kid limit.cpuset=unlimited
		[ "$(hogs $p.kid processors)" = $((last + 1)) ] || die "the child's is not lifted"
		atf_check -o ignore jail -m name=$p limit.cpuset=$last
		[ "$(hogs $p.kid processors)" = 1 ] || die "lowered, but not beneath"
	fi
	atf_check -o ignore jail -m name=$p limit.cpuset=unlimited limit.cpuset.mems=unlimited
	[ "$(hogs $p processors)" = $((last + 1)) ] || die "not lifted"
	atf_check -o ignore jail -r $p
	nothing_left
}

# at_rate ACTION KIB: how many milliseconds it takes.
at_rate() {
	hogs $p "$1" /data/direct "$2" || die "$1 failed"
}

define_case io 'limit.readbps, writebps, readiops, writeiops: as slow as that, on the disk beneath; after a change'
io_body() {
	needs io blkio
	new_root
	mkdir data "$root/data"
	jail -c name=$p-none path="$root" persist limit.writebps="$(pwd)/data:1m" 2>err ||
		! grep -q 'there is no such disk' err || atf_skip "this directory lies on no disk"
	jail -qR $p-none
	box $(prefix) limit.writebps=1m mount="$(pwd)/data /data nullfs rw 0 0"
	ms=$(at_rate write 2048)
	[ "$ms" -ge 1500 ] && [ "$ms" -le 20000 ] || die "2 MiB at 1 MiB/s took $ms ms"
	atf_check -o ignore jail -m name=$p limit.writebps=unlimited limit.readbps=1m
	ms=$(at_rate read 2048)
	[ "$ms" -ge 1500 ] && [ "$ms" -le 20000 ] || die "read: 2 MiB at 1 MiB/s took $ms ms"
	# A busy disk may take as long by itself, but not each time.
	for _ in $(seq 20); do
		ms=$(at_rate write 2048)
		[ "$ms" -gt 1400 ] || break
	done
	[ "$ms" -le 1400 ] || die "lifted, but 2 MiB took $ms ms"
	atf_check -o ignore jail -m name=$p limit.readbps=unlimited limit.writeiops=16 limit.readiops=16
	ms=$(at_rate write 2048)
	[ "$ms" -ge 1400 ] || die "32 writes at 16/s took $ms ms"
	ms=$(at_rate read 2048)
	[ "$ms" -ge 1400 ] || die "32 reads at 16/s took $ms ms"
	atf_check -o ignore jail -m name=$p limit.writeiops=unlimited limit.readiops=unlimited limit.writebps="$(pwd)/data:1m"
	ms=$(at_rate write 2048)
	[ "$ms" -ge 1500 ] || die "named by a directory: 2 MiB at 1 MiB/s took $ms ms"
	atf_check -o ignore jail -r $p
	nothing_left
}

define_case io_children 'limits of I/O and child jails: held to what their parent has, or refused'
io_children_body() {
	needs io blkio
	new_root
	mkdir "$root/data"
	jail -c name=$p-none path="$root" persist limit.writebps=1m 2>err ||
		! grep -q 'lies on a disk' err || atf_skip "this directory lies on no disk"
	jail -qR $p-none
	box $(prefix) limit.writebps=1m children.max=3
	box $p.kid
	p=$p.kid
	ms=$(at_rate write 2048)
	[ "$ms" -ge 1500 ] && [ "$ms" -le 20000 ] || die "2 MiB in the child at 1 MiB/s took $ms ms"
	p=${p%.kid}
	if jail -q -m name=$p.kid limit.writebps=512k 2>err; then
		atf_check -o ignore jail -m name=$p limit.writebps=256k
		p=$p.kid
		ms=$(at_rate write 512)
		[ "$ms" -ge 1500 ] || die "lowered above: 512 KiB at 256 KiB/s took $ms ms"
		atf_check -o ignore jail -m name=$p limit.writebps=unlimited
		ms=$(at_rate write 1024)
		[ "$ms" -ge 1500 ] || die "the child's own: 1 MiB at 512 KiB/s took $ms ms"
		p=${p%.kid}
	else
		# Where the kernel does not hold the one within the other.
		grep -q "limit.writebps: on cgroup v1 the jail would leave the limits of I/O that $p has" err || die "$(cat err)"
		fails 69 "limit.readbps: on cgroup v1" jail -m name=$p.kid limit.readbps=512k
		fails 69 "limit.writeiops: on cgroup v1" jail -c name=$p.two path="$root" persist limit.writeiops=5
		atf_check -o ignore jail -m name=$p limit.writebps=unlimited
		atf_check -o ignore jail -m name=$p.kid limit.writebps=512k
		fails 69 "limit.writebps: on cgroup v1 it would not hold for jails within it" jail -m name=$p limit.writebps=1m
		atf_check -o inline:"unlimited\n" jls -j $p limit.writebps
		atf_check -o ignore jail -R $p.kid
		atf_check -o ignore jail -m name=$p limit.writebps=1m
	fi
	atf_check -o ignore jail -r $p
	nothing_left
}

define_case devices 'a limit of a disk: what is none is said, with the file and the line'
devices_body() {
	needs io blkio
	new_root
	mkdir mem
	mount -t tmpfs none mem || die mount
	make_root "$(pwd)/mem/root"
	fails 66 "limit.writebps: nothing that the jail writes to lies on a disk: name a disk" \
	    jail -c name=$p path="$(pwd)/mem/root" persist limit.writebps=1m
	fails 66 "limit.readbps: /dev/null: there is no such disk" jail -c name=$p path="$root" persist limit.readbps=/dev/null:1m
	fails 66 "limit.readbps: 4000:3: there is no such disk" jail -c name=$p path="$root" persist limit.readbps=4000:3:1m
	printf '%s\n' "$p {" "path = $root; persist;" 'limit.maxproc = 9;' 'limit.writeiops = "/dev/nothing:100";' '}' >f.conf
	fails 66 "f.conf:4: limit.writeiops: /dev/nothing: no such device" jail -f f.conf -c $p
	printf '%s\n' "$p {" "path = $root; persist;" 'limit.cpuset = 0,900;' '}' >f.conf
	fails 65 "f.conf:3: limit.cpuset: \"0,900\": this machine has" jail -f f.conf -c $p
	nothing_left
}

define_case live 'limits for a jail that was made without: for all that runs in it and its children'
live_body() {
	needs pids
	without_swap
	box $(prefix) children.max=2
	box $p.kid
	for j in $p.kid $p; do
		jexec $j /bin/sh -c ': >/tmp/ready; exec sleep 60' &
		soon rm root/tmp/ready
	done
	atf_check -o ignore jail -m name=$p limit.maxproc=9 limit.memoryuse=64m $swapless
	n=$(hogs $p.kid fork 40)
	# Two reapers, two that sleep, the program.
	[ "$n" = 4 ] || die "9 allowed, 5 there, $n more"
	atf_check -s exit:137 -o empty -e ignore jexec $p.kid /bin/limit_hog memory 80
	# A failing change changes nothing.
	fails 65 'limit.cpuset: "800"' jail -m name=$p limit.maxproc=30 limit.cpuset=800
	[ "$(hogs $p.kid fork 40)" = 4 ] || die "half changed"
	reports $p limit.maxproc 9
	atf_check -o ignore jail -m name=$p.kid limit.maxproc=5
	[ "$(hogs $p.kid fork 40)" = 2 ] || die "the child has more"
	atf_check -o ignore jail -r $p
	wait
	nothing_left
}

define_case busy 'limits for a jail whose processes fork all the time: none escapes, and it goes on'
busy_body() {
	needs pids
	box $(prefix) children.max=2
	jexec $p /bin/sh -c 'while :; do /bin/true; done' &
	jexec $p /bin/sh -c 'while :; do /bin/true & /bin/true; wait; done' &
	sleep 0.5
	atf_check -o ignore jail -m name=$p limit.maxproc=8
	[ "$(hogs $p fork 20)" -le 6 ] || die "some are outside"
	box $p.kid limit.maxproc=4
	[ "$(hogs $p.kid fork 20)" -le 2 ] || die "the child has more"
	atf_check -o match:. jexec $p /bin/sh -c 'echo goes on'
	atf_check -o ignore jail -r $p
	wait
	nothing_left
}

define_case missing 'a controller that is not there: refused by name, before anything is made'
missing_body() {
	new_root
	grep -Eq "^[^ ]+ [^ ]+ cgroup [^ ]*[ ,]pids[ ,]" /proc/mounts || atf_skip "cgroup v1 has no controller pids here"
	pids=$(awk '$3 == "cgroup" && ","$4"," ~ /,pids,/ { print $2; exit }' /proc/mounts)
	atf_check unshare -m sh -c "umount $pids
		jail -c name=$p path=$root persist limit.maxproc=5 >out 2>err
		echo \$? >code"
	grep -q 'limit.maxproc: this machine has no controller "pids".*mount -t cgroup -o pids' err || die "$(cat err)"
	[ "$(cat code)" = 69 ] || die "code $(cat code)"
	nothing_left
	# Mounted elsewhere it is found.
	mkdir there
	atf_check unshare -m sh -c "mount --move $pids there && exec jail -qc name=$p path=$root persist limit.maxproc=5"
	[ -d "$pids/jail/$p" ] || die "not limited"
	# Not there any more: it can't be removed, and says why.
	unshare -m sh -c "umount $pids; jail -r $p" >out 2>err && [ ! -d "$pids/jail/$p" ] &&
		atf_skip "another command of this machine removed it meanwhile"
	grep -q 'controller "pids" (cgroup v1) can.t be removed: it is not mounted any more' err || die "$(cat err)"
	jail -qR $p >out 2>err || jail -qR $p 2>/dev/null
	jls >/dev/null
	nothing_left
}

atf_init_test_cases() {
	for c in tasks memory below whole pcpu realtime shares cpuset io io_children devices live busy missing; do
		atf_add_test_case $c
	done
}

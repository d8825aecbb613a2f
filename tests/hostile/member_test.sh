#! /usr/bin/env atf-sh
# SPDX-License-Identifier: BSD-2-Clause
# What acts on the processes of a jail acts on these and on no other: numbers that
# become another's under the tool's hands, jails that a killed tool left frozen,
# a process 1 that isn't ours.
. "$(atf_get_srcdir)/../functional/common.sh"

number=$JAIL_HOSTILE/number
v2=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)

# box NAME PARAMETER...: a jail with three processes that its process 1 reaps.
box() {
	new_root
	atf_check -o ignore jail -c name="$@" path="$root" persist
	name=$1
	atf_check jexec "$name" /bin/sh -c 'for i in 1 2 3; do sleep 1000 </dev/null >/dev/null 2>&1 & done'
}

# act COMMAND...: it acts on each of the three, and none of the numbers is another's then. The killed ones and what is
# left are the jail's own matter.
act() {
	"$number" -c 3 "$@" >out 2>err
	code=$?
	cat out err
	[ $code != 3 ] || atf_skip "numbers can't be chosen here: $(cat err)"
	[ $code = 0 ] || die "exit $code: $(cat out err)"
	[ "$(cat "$v2/jail/$p/cgroup.freeze")" = 0 ] || die "left frozen"
}

define_case rlimit 'a number that is another'\''s when its limits are set'
rlimit_body() {
	box "$(prefix)"
	act jail -m name=$p limit.openfiles=100
	jail -R $p
	nothing_left
}

define_case group 'a number that is another'\''s when it is put into a group'
group_body() {
	! grep -q pids "$v2/cgroup.controllers" || atf_skip "nothing is put by number where cgroup v2 has the controllers"
	box "$(prefix)"
	act jail -m name=$p limit.maxproc=50
	jail -R $p
	nothing_left
}

# A tool that was killed in the middle: the jail is frozen, and it stands written who did it. 2 ^ 31 - 1 is no process.
leave_frozen() {
	setfattr -n trusted.jail.frozen -v "0xffffff7f${1}0000000000000000000000" "$v2/jail/$p" || die setfattr
	echo 1 >"$v2/jail/$p/cgroup.freeze" || die "cannot freeze"
}

define_case thaw 'what a killed tool left frozen goes on with the next command'
thaw_body() {
	new_root
	atf_check -o ignore jail -c name=$p path="$root" persist
	leave_frozen 00
	atf_check -o inline:'on\n' timeout 20 jexec $p /bin/echo on
	leave_frozen 00
	atf_check -o ignore timeout 20 jail -m name=$p limit.openfiles=100
	[ "$(cat "$v2/jail/$p/cgroup.freeze")" = 0 ] || die "left frozen"
	# One that was frozen by somebody else before stays so.
	leave_frozen 01
	atf_check -o ignore timeout 20 jail -m name=$p limit.openfiles=90
	[ "$(cat "$v2/jail/$p/cgroup.freeze")" = 1 ] || die "no longer frozen"
	atf_check -o ignore timeout 20 jail -R $p
	nothing_left
}

define_case killed 'a tool is killed at every call while the jail is frozen'
killed_body() {
	[ -z "${JAIL_VM:-}" ] || atf_skip "too many commands for emulation"
	box "$(prefix)"
	tool=$(command -v jail)
	# Lower each time: raising takes a capability that may be missing. The second change does what every later one does.
	for n in 901 900; do
		"$JAIL_HOSTILE/inject" -l -- "$tool" -q -m name=$p limit.openfiles=$n 2>calls || die "$(cat calls)"
	done
	# From a little before the first number that is used to a little behind the last.
	sed -n 's/^0:\([0-9]*\) prlimit64$/\1/p' calls >used
	n=$(($(head -n 1 used) - 30)) last=$(($(tail -n 1 used) + 10)) frozen=0
	while [ $n -lt $last ]; do
		"$JAIL_HOSTILE/inject" -k -n $n -- "$tool" -q -m name=$p limit.openfiles=$((900 - n)) >/dev/null 2>&1
		[ "$(cat "$v2/jail/$p/cgroup.freeze")" = 0 ] || frozen=$((frozen + 1))
		atf_check -o inline:'on\n' timeout 20 jexec $p /bin/echo on
		n=$((n + 1))
	done
	[ $frozen -gt 0 ] || die "it was never frozen when the tool was killed"
	atf_check -o ignore timeout 20 jail -R $p
	nothing_left
}

# false_first ARGUMENT...: a jail whose process 1 is that program, with its files in memory.
false_first() {
	new_root
	cp "$JAIL_HOSTILE/false_first" "$root/bin/" || die cp
	mkdir memory
	mount -t tmpfs -o size=64m tmpfs memory || die "mount"
	jail -q -c name=$p path="$root" path.volatile=32m limit.disk=32m exec.init=no mount="$(pwd)/memory /mnt nullfs rw,noidmap 0 0" \
	    command="/bin/false_first $*" </dev/null >/dev/null 2>err &
	soon test -e "/proc/$(soon_pid)/root/ready"
}

soon_pid() {
	soon jls -j $p pid
	jls -j $p pid
}

define_case fifo 'a FIFO that a process 1 of the jail'\''s own shows as the page'
fifo_body() {
	p=$(prefix)
	false_first fifo
	timeout 20 jail -m name=$p limit.disk=8m >out 2>&1
	[ $? != 124 ] || die "it waits for the FIFO"
	atf_check -o match:'process 1 does not keep its file system' cat out
	atf_check -o ignore timeout 20 jls -n -j $p
	atf_check -o ignore -e ignore timeout 20 jstat -1
	atf_check -o ignore timeout 20 jail -R $p
	nothing_left
}

define_case page 'a page that names a file system of the host'\''s'
page_body() {
	p=$(prefix)
	false_first page /mnt
	timeout 20 jail -m name=$p limit.disk=8m >out 2>&1
	[ $? != 124 ] || die "it hangs"
	size=$(df -k --output=size memory | tail -n 1 | tr -d ' ')
	[ "$size" = 65536 ] || die "the host's file system has $size KiB now"
	atf_check -o match:'process 1 does not keep its file system' cat out
	atf_check -o ignore timeout 20 jail -R $p
	nothing_left
}

define_case dumped 'a process that enters is made to dump core'
dumped_body() {
	case $(cat /proc/sys/kernel/core_pattern) in
	'|'* | */* | '') atf_skip "core files do not land in the working directory here" ;;
	esac
	new_root
	ulimit -c unlimited 2>/dev/null || ulimit -c "$(ulimit -H -c)"
	[ "$(ulimit -c)" != 0 ] || atf_skip "this machine lets nobody dump core"
	cp "$JAIL_HOSTILE/dump_entering" "$root/bin/"
	atf_check -o ignore jail -c name=$p path="$root" users=inherit persist
	jexec $p /bin/dump_entering &
	mkdir here
	for _ in $(seq 60); do
		(cd here && timeout 20 jexec $p /bin/true 2>/dev/null)
	done
	jail -q -R $p
	atf_check -o empty ls here
	nothing_left
}

define_case inherited 'what whoever starts the tool has for itself stays outside'
inherited_body() {
	new_root
	cp "$JAIL_HOSTILE/inherited" "$root/bin/" || die cp
	atf_check -o save:had -o not-match:ordinary "$JAIL_HOSTILE/inherited" set "$JAIL_HOSTILE/inherited" show
	cat had
	# A timer slack can always be had, by anybody.
	grep -q slack had || die "nothing is handed on here"
	for way in users=new users=inherit exec.init=no; do
		atf_check -o inline:'ordinary\n' "$JAIL_HOSTILE/inherited" set \
		    jail -q -c name=$p path="$root" $way command="/bin/inherited show"
	done
	# Whoever enters it, also one that takes on a user or has limits of processors.
	for limit in persist limit.cpushare=50; do
		atf_check -o ignore jail -c name=$p path="$root" persist $limit
		atf_check -o inline:'ordinary\n' "$JAIL_HOSTILE/inherited" set jexec $p /bin/inherited show
		atf_check -o inline:'ordinary\n' "$JAIL_HOSTILE/inherited" set jexec -U worker $p /bin/inherited show
		atf_check -o ignore jail -R $p
	done
	# What puts a process behind others is meant to.
	atf_check -o match:'^priority ([1-9]|1[0-3])$' nice -n 7 jail -q -c name=$p path="$root" command="/bin/inherited show"
	nothing_left
}

define_case bomb 'a jail without limits has a limit of processes, for all its users together'
bomb_body() {
	new_root
	[ -x "$root/bin/limit_hog" ] || cp "$JAIL_HOSTILE/limit_hog" "$root/bin/limit_hog"
	# The machine's share would take long to fill: the tool's own limit counts where that is lower.
	for users in root worker; do
		prlimit --nproc=100: jail -q -c name=$p path="$root" children.max=2 persist
		atf_check -o inline:"100\n" jls -j $p limit.maxproc
		jexec $p /bin/sh -c 'sleep 60 & sleep 60 & sleep 60 & sleep 60'  >/dev/null 2>&1 </dev/null &
		count=$(jexec -U $users $p /bin/limit_hog fork 1000)
		[ "$count" -lt 100 ] || die "$users had $count processes"
		# A child jail's processes count as its parent's; the host's do not.
		jail -q -c name=$p.kid path="$root" persist
		count=$(jexec $p.kid /bin/limit_hog fork 1000)
		[ "$count" -lt 100 ] || die "its child had $count processes"
		atf_check -o inline:"150\n" "$root/bin/limit_hog" fork 150
		atf_check -s exit:75 -e match:'at most 100 processes' jail -m name=$p limit.maxproc=101
		atf_check -o ignore jail -m name=$p limit.maxproc=50
		atf_check -o ignore jail -m name=$p nolimit.maxproc
		atf_check -o inline:"100\n" jls -j $p limit.maxproc
		atf_check -o ignore jail -R $p
	done
	prlimit --nproc=100: jail -q -c name=$p path="$root" limit.maxproc=unlimited persist
	atf_check -o inline:"150\n" jexec $p /bin/limit_hog fork 150
	atf_check -o inline:"unlimited\n" jls -j $p limit.maxproc
	atf_check -s exit:65 -e match:'limit.maxproc: a value is needed: "unlimited" lifts' jail -m name=$p limit.maxproc=
	atf_check -o ignore jail -R $p
	nothing_left
}

atf_init_test_cases() {
	atf_add_test_case rlimit
	atf_add_test_case group
	atf_add_test_case thaw
	atf_add_test_case killed
	atf_add_test_case fifo
	atf_add_test_case page
	atf_add_test_case inherited
	atf_add_test_case dumped
	atf_add_test_case bomb
}

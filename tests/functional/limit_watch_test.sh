#! /usr/bin/env atf-sh
# SPDX-License-Identifier: BSD-2-Clause
# Limits that process 1 looks at: processor time, time since creation; what is logged and what is signalled.
. "$(atf_get_srcdir)/common.sh"

busy='i=0; while :; do i=$((i + 1)); done'

# What is beyond limit.memoryuse would be swapped out, and nobody denied.
no_swap() {
	[ "$(wc -l </proc/swaps)" -le 1 ] || atf_skip "this machine swaps"
}

# hits TEXT: what `limit.hits` says, before a while is over.
hits() {
	n=0
	until [ "$(jls -j "$p" limit.hits)" = "$1" ]; do
		n=$((n + 1))
		[ $n -lt 200 ] || die "hits are $(jls -j "$p" limit.hits), not $1"
		sleep 0.1
	done
}

# Until the jail has ended by itself, and what it was is taken away.
ended() {
	n=0
	while jls -j $p jid >/dev/null 2>&1; do
		n=$((n + 1))
		[ $n -lt 200 ] || die "it lives on"
		sleep 0.1
	done
	atf_check jail -C
	nothing_left
}

define_case wallclock "at its time everything is killed, or gets the signal"
wallclock_body() {
	new_root
	start=$(date +%s)
	atf_check -s exit:137 jail -q -c name=$p path=$root limit.wallclock=1 command='sleep 60 & sleep 60'
	[ $(($(date +%s) - start)) -ge 1 ] || die "too early"
	nothing_left
	atf_check -s exit:3 -e ignore jail -q -c name=$p path=$root limit.wallclock=1:sigusr1 \
	    command='trap "exit 3" USR1; while :; do sleep 0.1; done'
	atf_check -s exit:0 jail -q -c name=$p path=$root limit.wallclock=60 command='exit 0;'
	# One signal after the other, each at its own time.
	start=$(date +%s)
	atf_check -s exit:137 -o inline:"told\n" -e ignore jail -q -c name=$p path=$root limit.wallclock=1:sigusr1,3:sigkill \
	    command='trap "echo told" USR1; while :; do sleep 0.1; done'
	[ $(($(date +%s) - start)) -ge 2 ] || die "killed when it was to be told"
	# Also a jail that persists, and whoever comes in.
	atf_check jail -q -c name=$p path=$root persist limit.wallclock=2
	atf_check -s exit:137 jexec $p /bin/sleep 60
	ended
}

define_case cputime "processor time of all processes together, child jails included"
cputime_body() {
	new_root
	mkdir root/child
	make_root "$root/child"
	atf_check -s exit:137 jail -q -c name=$p path=$root limit.cputime=1 command="$busy"
	atf_check jail -q -c name=$p path=$root persist children.max=1 limit.cputime=1:log,2:sigusr2
	hits "cputime:log=0,cputime:sigusr2=0"
	atf_check -o inline:"1\n" jail -q -c name=$p.c path=$root/child command='i=0; trap "echo 1; exit" USR2; while :; do i=1; done'
	hits "cputime:log=1,cputime:sigusr2=1"
	# One that does nothing uses none.
	sleep 0.5
	hits "cputime:log=1,cputime:sigusr2=1"
	atf_check jail -q -r $p
	nothing_left
}

define_case live "set, changed and lifted on a running jail"
live_body() {
	new_root
	atf_check jail -q -c name=$p path=$root persist
	atf_check jail -q -m name=$p limit.wallclock=1h:log limit.cputime=1h
	hits "cputime:sigkill=0,wallclock:log=0"
	atf_check jail -q -m name=$p limit.wallclock=1:log
	hits "cputime:sigkill=0,wallclock:log=1"
	# What was counted stays counted.
	atf_check jail -q -m name=$p limit.cputime=2h
	hits "cputime:sigkill=0,wallclock:log=1"
	atf_check jail -q -m name=$p limit.cputime=unlimited limit.wallclock=unlimited
	atf_check -o inline:"-\n" jls -j $p limit.hits
	atf_check jail -q -m name=$p limit.wallclock=1
	ended
}

define_case usage "memory and tasks: told before they are denied, counted, and whom the kernel killed for it"
usage_body() {
	requires "controller memory" "controller pids"
	no_swap
	new_root
	atf_check jail -q -c name=$p path=$root persist limit.memoryuse=40m:deny,10m:log limit.maxproc=20:deny,8:sigusr1
	atf_check -o match:"maxproc:sigusr1=0" jls -j $p limit.hits
	# Within, nothing is told.
	atf_check jexec $p /bin/sh -c 'sleep 0.3 & sleep 0.3 & wait'
	atf_check -o match:"memoryuse:log=0" -o match:"maxproc:sigusr1=0" jls -j $p limit.hits
	# Who was not there yet when the others got the signal would be there for the next one.
	atf_check -e ignore jexec $p /bin/sh -c 'trap "kill -9 -1; exit 0" USR1; for i in 1 2 3 4 5 6 7 8; do sleep 5 & done; while :; do wait; done'
	atf_check -o match:"memoryuse:log=0" -o match:"maxproc:sigusr1=1" jls -j $p limit.hits
	atf_check -e ignore jexec $p /bin/sh -c 'x=$(busybox head -c 12000000 /dev/zero | busybox tr "\0" x); sleep 0.5; :'
	# Once or more: the shell moves its strings about.
	atf_check -o match:"memoryuse:log=[1-9]" jls -j $p limit.hits
	atf_check -s exit:137 -e ignore jexec $p busybox dd if=/dev/zero of=/dev/null bs=80M count=1
	atf_check -o match:"memoryuse:deny=[1-9]" jls -j $p limit.hits
	if [ -r /dev/kmsg ] && [ "$(cat /proc/sys/kernel/printk_ratelimit_burst)" -gt 0 ]; then
		atf_check -o match:"busybox\[[0-9]+\]" jls -j $p limit.victims
	fi
	atf_check -s exit:137 -e ignore jexec $p /bin/sh -c 'sleep 0.1; exec busybox dd if=/dev/zero of=/dev/null bs=80M count=1'
	atf_check jail -q -r $p
	# Only told: the group is there to count.
	atf_check jail -q -c name=$p path=$root persist limit.maxproc=3:log
	atf_check -o inline:"maxproc:log=0\n" jls -j $p limit.hits
	atf_check jexec $p /bin/sh -c 'sleep 0.5 & sleep 0.5 & wait'
	atf_check -o inline:"maxproc:log=1\n" jls -j $p limit.hits
	atf_check jail -q -r $p
	nothing_left
}

define_case victims "whom the kernel kills in a child counts for its parent, which names it too"
victims_body() {
	requires "controller memory"
	no_swap
	new_root
	mkdir root/child
	make_root "$root/child"
	atf_check jail -q -c name=$p path=$root persist children.max=1 limit.memoryuse=60m
	atf_check jail -q -c name=$p.c path=$root/child persist limit.memoryuse=30m
	atf_check -s exit:137 -e ignore jexec $p.c busybox dd if=/dev/zero of=/dev/null bs=80M count=1
	for jail in $p $p.c; do
		[ "$(jstat --json $jail | sed -n 's/.*"oom_kills":\([0-9]*\).*/\1/p')" = 1 ] || die "$(jstat --json $jail)"
		if [ -r /dev/kmsg ] && [ "$(cat /proc/sys/kernel/printk_ratelimit_burst)" -gt 0 ]; then
			atf_check -o match:"busybox\[[0-9]+\]" jls -j $jail limit.victims
		fi
	done
	atf_check jail -q -r $p
	nothing_left
}

define_case refused "what nobody could look at is refused"
refused_body() {
	new_root
	fails 65 '^jail: .*limit.cputime: only our process 1 can look at it: leave exec.init at yes' \
	    jail -c name=$p path=$root exec.init=no limit.cputime=1 command=true
	jail -q -c name=$p path=$root command='sleep 60' &
	soon jls -j $p jid
	fails 69 '^jail: .*limit.wallclock: process 1 of this jail was started without' jail -m name=$p limit.wallclock=1h
	atf_check jail -q -R $p
	wait
	nothing_left
}

define_case debug "allow.debug is for the jail's programs, not for what watches its limits"
debug_body() {
	new_root
	for users in new inherit; do
		atf_check jail -q -c name=$p path=$root persist users=$users allow.debug limit.wallclock=1h
		atf_check jexec $p /bin/sh -c 'for i in $(busybox seq 3 60); do (: <>/proc/1/fd/$i) 2>/dev/null && echo $i; done; :'
		# The program's own descriptors, of one that runs there, can be looked at.
		atf_check -o ignore jexec $p /bin/sh -c 'sleep 5 & busybox ls /proc/$!/fd/; kill $!'
		atf_check jail -q -r $p
	done
	nothing_left
}

define_case restart "a service that was killed for its limit is not started again"
restart_body() {
	new_root
	atf_check jail -q -c name=$p path=$root exec.restart=always limit.cputime=1 command="$busy"
	ended
}

atf_init_test_cases() {
	atf_add_test_case wallclock
	atf_add_test_case cputime
	atf_add_test_case live
	atf_add_test_case usage
	atf_add_test_case victims
	atf_add_test_case refused
	atf_add_test_case restart
	atf_add_test_case debug
}

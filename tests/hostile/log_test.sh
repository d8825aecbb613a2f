#! /usr/bin/env atf-sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Root inside a jail wants the host's file that takes its output (log_attack.c): to empty it, to overwrite it, to make
# it readable for others. All that is inside is the write end of a pipe; whoever keeps the file is out of reach.

. "$(atf_get_srcdir)/../functional/common.sh"

# begin: a tree with the program in it, and a log that says something already.
begin() {
	new_root
	cp "$JAIL_HOSTILE/log_attack" "$root/bin/log_attack" || die log_attack
	log=$(pwd)/log
	rm -f "$log" "$root/reached" "$root/stop"
	echo first >"$log" && chmod 600 "$log"
	inode=$(stat -c %i "$log")
}

# held WHAT: the program came to its end and reached nothing, and the log is as it was, or longer.
held() {
	[ "$(tail -n 1 "$root/reached")" = "done" ] || die "$1: it did not come to its end"
	! grep -v "done" "$root/reached" || die "$1: reached: $(cat "$root/reached")"
	[ "$(head -n 1 "$log")" = first ] || die "$1: the log was changed: $(cat "$log")"
	[ "$(stat -c '%a %u %g %i' "$log")" = "600 0 0 $inode" ] || die "$1: the log was made $(stat -c '%a %u %g %i' "$log")"
}

define_case command 'a command, with every way to trace that a jail can have'
command_body() {
	for more in users=new allow.debug users=inherit 'users=inherit allow.debug' 'allow.nosuser'; do
		begin
		# shellcheck disable=SC2086 # several parameters
		atf_check jail -cq name="$(prefix)" path="$root" $more exec.consolelog="$log" command=/bin/log_attack "$inode"
		held "$more"
	done
	nothing_left
}

define_case start 'lines of exec.start, while others that they left run'
start_body() {
	for more in users=new allow.debug users=inherit; do
		begin
		atf_check jail -cq name="$p" path="$root" $more exec.consolelog="$log" \
		    exec.start="log_attack $inode /stop &" exec.start+='echo one' exec.start+='echo two' exec.start+='echo three' \
		    exec.start+='echo >/stop' command=/bin/sh -c 'i=0; until [ -s /reached ] || [ $i = 200 ]; do i=$((i + 1)); sleep 0.1; done'
		held "$more"
		grep -q two "$log" || die "what was written is not there"
	done
	nothing_left
}

define_case no_init 'a command that is process 1'
no_init_body() {
	for more in users=new allow.debug users=inherit; do
		begin
		atf_check jail -cq name="$p" path="$root" $more exec.init=no exec.consolelog="$log" \
		    command=/bin/log_attack "$inode"
		held "$more"
	done
	nothing_left
}

define_case stop 'exec.stop, and a program beside it that waits for it'
stop_body() {
	for more in users=new allow.debug users=inherit; do
		begin
		atf_check jail -cq name="$p" path="$root" $more exec.consolelog="$log" \
		    exec.stop="/bin/log_attack $inode; echo >/stop; sleep 1; echo bye" persist
		jexec "$p" /bin/sh -c "log_attack $inode /stop >/dev/null 2>&1 &"
		atf_check jail -rq "$p"
		held "$more"
		[ "$(tail -n 1 "$log")" = bye ] || die "what exec.stop wrote is not there: $(cat "$log")"
	done
	nothing_left
}

# The parent's root sees the child's process 1 from its first moment on.
define_case child 'a child jail is made again and again beneath a parent whose root looks on'
child_body() {
	for users in new inherit; do
		begin
		[ -d "$root/child" ] || make_root "$root/child"
		atf_check jail -cq name="$p" path="$root" users=$users allow.debug children.max=2 persist
		jexec "$p" /bin/sh -c "log_attack $inode /stop >/dev/null 2>&1 &"
		jexec "$p" /bin/sh -c "log_attack $inode /stop >/dev/null 2>&1 &"
		n=0
		while [ $n -lt 20 ]; do
			n=$((n + 1))
			atf_check jail -cq name="$p.c" path="$root/child" users=$users exec.consolelog="$log" \
			    exec.start='echo said' command=/bin/true
		done
		echo >"$root/stop"
		soon grep -q "done" "$root/reached"
		atf_check jail -Rq "$p"
		held "users=$users"
		[ "$(grep -c said "$log")" = 20 ] || die "not all of 20 are in the log"
	done
	nothing_left
}

# Process 1 keeps on: whoever writes without end, whoever keeps both ends of the pipe, whoever makes it larger.
define_case flood 'output without end holds up neither the reaper nor the tools'
flood_body() {
	begin
	mkdir small && mount -t tmpfs -o size=256k tmpfs small || die mount
	log=$(pwd)/small/log
	atf_check timeout 60 jail -cq name="$p" path="$root" exec.consolelog="$log" persist \
	    exec.start='while :; do echo flood; done & while :; do cat /proc/mounts; done & exec 7<>/proc/self/fd/1; sleep 1000 &' \
	    exec.start+='echo on' exec.stop='while :; do echo more; done & sleep 1000 & echo stopped'
	atf_check -s exit:75 -o empty -e match:'did not end within 2 s' \
	    timeout 60 jail -qc name="$p-2" path="$root" exec.consolelog="$log" exec.init=no \
	    exec.timeout=2 command=/bin/sh -c 'while :; do echo flood; done'
	# Process 1 takes an orphan away.
	atf_check jexec "$p" /bin/sh -c 'sleep 0.1 </dev/null >/dev/null 2>&1 & echo $! >/orphan'
	soon jexec "$p" /bin/sh -c '! test -d "/proc/$(cat /orphan)"'
	atf_check timeout 60 jail -rq "$p"
	nothing_left
}

atf_init_test_cases() {
	for c in command start no_init stop child flood; do
		atf_add_test_case $c
	done
}

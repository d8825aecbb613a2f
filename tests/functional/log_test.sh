#! /usr/bin/env atf-sh
# SPDX-License-Identifier: BSD-2-Clause
#
# exec.consolelog: what programs inside write is in the host's file, all of it and in its order, whoever started them
# and whether anybody still waits for them.
. "$(atf_get_srcdir)/common.sh"

begin() {
	new_root
	log=$(pwd)/log
	seq 1 60000 >"$root/large" # more than a pipe holds
}

# Process 1 of the jail has let the file go.
released() {
	[ -z "$(find /proc/[0-9]*/fd -lname "$log" 2>/dev/null)" ]
}

gone() {
	! jls -qj "$p" jid
}

# runs N: the command has been started so often.
runs() {
	[ "$(grep -c again log)" -ge "$1" ]
}

define_case whole "all that exec.start and command wrote is there when jail -c returns"
whole_body() {
	begin
	for n in 1 2 3 4 5; do
		rm -f log
		atf_check -o empty -e empty jail -cq name=$p path=$root exec.consolelog="$log" exec.start='cat /large' \
		    exec.start+='cat /large >&2' exec.start+='echo opened >/dev/stderr' command='cat /large; echo end'
		cat root/large root/large >wanted && echo opened >>wanted && cat root/large >>wanted && echo end >>wanted
		cmp log wanted || die "$n: not all of it"
	done
	[ "$(stat -c '%a %u' log)" = '600 0' ] || die "owner or mode"
	nothing_left
	soon released
}

define_case fails "why a program can't be run is in the log"
fails_body() {
	begin
	atf_check -s exit:127 -o empty -e ignore jail -cq name=$p path=$root exec.consolelog="$log" command=/bin/nothing x
	atf_check -o inline:'jail-init: /bin/nothing: No such file or directory\n' cat log
	atf_check -s exit:3 -o empty -e ignore jail -cq name=$p path=$root exec.consolelog="$log" exec.start='cat /large; echo no; exit 3'
	[ "$(tail -n 1 log)" = no ] || die "not what the failing command wrote"
	nothing_left
}

define_case daemon "what is left behind goes on writing after the tool has ended, until the last has ended"
daemon_body() {
	begin
	atf_check jail -cq name=$p path=$root exec.consolelog="$log" \
	    exec.start='(until test -e /go; do sleep 0.1; done; cat /large; echo >/said; until test -e /end; do sleep 0.1; done; echo end) &' \
	    command='echo started'
	atf_check -o inline:'started\n' cat log
	touch root/go
	soon test -e root/said
	{ echo started; cat root/large; } >wanted
	soon cmp log wanted
	touch root/end
	soon grep -qx end log
	soon gone
	soon released
}

define_case persist "a jail that stays without programs keeps no log open"
persist_body() {
	begin
	atf_check jail -cq name=$p path=$root exec.consolelog="$log" exec.start='echo one' persist
	atf_check -o inline:'one\n' cat log
	soon released
	atf_check jail -rq $p
	nothing_left
}

define_case again "a command that is started again goes on in the same log"
again_body() {
	begin
	atf_check jail -cq name=$p path=$root exec.consolelog="$log" exec.restart=always exec.start='echo first' \
	    command='echo again; false'
	soon runs 3
	[ "$(head -n 1 log)" = first ] || die "not in order"
	atf_check jail -rq $p
	soon released
	nothing_left
}

define_case term "what a program writes when it is told to end is there when jail -r returns"
term_body() {
	begin
	for init in yes no; do
		rm -f log root/up
		atf_check jail -cq name=$p path=$root exec.consolelog="$log" exec.init=$init \
		    command='trap "cat /large; echo bye; exit 0" TERM; echo >/up; while :; do sleep 0.1; done' &
		tool=$!
		soon test -e root/up
		atf_check -e ignore jail -rq $p
		wait $tool
		{ cat root/large && echo bye; } >wanted
		# The shell may say how its own child ended.
		grep -v Terminated log >got
		cmp got wanted || die "exec.init=$init: not all of it"
	done
	nothing_left
}

define_case stop "exec.stop is waited for, what it leaves behind is not"
stop_body() {
	begin
	atf_check jail -cq name=$p path=$root exec.consolelog="$log" persist \
	    exec.stop='cat /large' exec.stop+='(trap "" TERM; sleep 1000) & echo left' stop.timeout=1
	atf_check timeout 60 jail -rq $p
	cat root/large >wanted && echo left >>wanted
	cmp log wanted || die "not all of it"
	nothing_left
}

define_case terminal "at a terminal only the output is the log's"
terminal_body() {
	command -v script >/dev/null || atf_skip "needs script(1)"
	begin
	atf_check jail -cq name=$p path=$root exec.consolelog="$log" persist \
	    exec.stop='test -t 0 && echo yes; test -t 1 || echo no; cat /large; sleep 1; echo end'
	atf_check -o ignore timeout 60 script -qec "jail -rq $p" typescript
	{ echo yes; echo no; cat root/large; echo end; } >wanted
	cmp log wanted || die "not what was wanted: $(head -n 3 log)"
	! grep -q 100 typescript || die "it was shown"
	nothing_left
}

define_case no_init "without a reaper the tool copies while it waits"
no_init_body() {
	begin
	atf_check -s exit:4 -o empty jail -cq name=$p path=$root exec.consolelog="$log" exec.init=no \
	    command='cat /large; (sleep 0.2; echo child) & echo two >&2; sleep 1; exit 4'
	{ cat root/large; echo two; echo child; } >wanted
	cmp log wanted || die "not all of it"
	nothing_left
}

define_case full "a log that can't be written loses what it can't take, and nothing else happens"
full_body() {
	begin
	mkdir small && mount -t tmpfs -o size=16k tmpfs small || die mount
	for init in yes no; do
		rm -f small/log
		atf_check timeout 60 jail -cq name=$p path=$root exec.init=$init exec.consolelog="$(pwd)/small/log" \
		    command='cat /large; cat /large; echo >/through'
		rm root/through || die "it was not run to its end"
		[ "$(wc -c <small/log)" = 16384 ] || die "$(wc -c <small/log) bytes"
		cmp -n 16384 small/log root/large || die "not what was written"
	done
	nothing_left
}

atf_init_test_cases() {
	for c in whole fails daemon persist again term stop terminal no_init full; do
		atf_add_test_case $c
	done
}

#! /usr/bin/env atf-sh
# SPDX-License-Identifier: BSD-2-Clause
# jexec(8): into a running jail, and what comes out of it.
. "$(atf_get_srcdir)/common.sh"

start() {
	new_root
	atf_check -o ignore jail -c name=$p path=$root persist host.hostname=inside "$@"
}

define_case usage "a wrong command line"
usage_body() {
	usage jexec
	usage jexec -l
	usage jexec -x name
	usage jexec -u a -U b name
	fails 66 '^jexec: .*t-no-such-jail' jexec t-no-such-jail true
	fails 66 '^jexec: ' jexec 999999999 true
	fails 66 '^jexec: ' jexec ../x true
}

define_case status "exit status and signals are passed on"
status_body() {
	start
	for n in 0 1 3 64 126 127 255; do
		atf_check -s exit:$n jexec $p /bin/sh -c "exit $n"
	done
	atf_check -s exit:137 jexec $p /bin/sh -c 'kill -9 $$'
	atf_check -s exit:143 jexec $p /bin/sh -c 'kill -15 $$'
	atf_check -s exit:127 -e match:'^jexec: .*nonexistent' jexec $p /bin/nonexistent
	atf_check -s exit:126 -e match:'^jexec: .*passwd' jexec $p /etc/passwd
	# A signal to jexec reaches the program.
	jexec $p /bin/sh -c 'trap "exit 42" TERM; : >/tmp/ready; while :; do sleep 0.1; done' &
	pid=$!
	soon rm root/tmp/ready
	kill -TERM $pid
	wait $pid
	[ $? = 42 ] || die "the signal was not passed on"
}

define_case inside "what it sees is the jail's"
inside_body() {
	start
	atf_check -o inline:"inside\n" jexec $p /bin/hostname
	atf_check -o inline:"0\n" jexec $p /bin/id -u
	atf_check -o inline:"/\n" jexec $p /bin/pwd
	atf_check -o match:'1 ' jexec $p /bin/ps
	[ "$(jexec $p /bin/ps | wc -l)" -lt 6 ] || die "it sees more than the jail's processes"
	atf_check -o inline:"a b  c\n" jexec $p /bin/echo a 'b  c'
	atf_check -o inline:"-l -u\n" jexec $p /bin/echo -l -u
	atf_check -o inline:"through\n" sh -c "echo through | jexec $p /bin/cat"
	# Found by PATH.
	atf_check -o inline:"inside\n" jexec $p hostname
	# The default is a shell.
	atf_check -o inline:"inside\n" sh -c "echo hostname | jexec $p"
}

define_case users "-u and -U"
users_body() {
	start
	atf_check -o inline:"1000 1000\n" jexec -U worker $p /bin/sh -c 'echo $(id -u) $(id -g)'
	atf_check -o match:'2000' jexec -U worker $p /bin/id -G
	atf_check -o inline:"1000\n" jexec -U 1000 $p /bin/id -u
	atf_check -o inline:"0\n" jexec -u root $p /bin/id -u
	atf_check -o inline:"$(id -u nobody)\n" jexec -u nobody $p /bin/id -u
	atf_check -s not-exit:0 -e match:'^jexec: .*nosuchuser' jexec -U nosuchuser $p /bin/true
	atf_check -s not-exit:0 -e match:'^jexec: .*worker' jexec -u worker $p /bin/true
}

define_case directory "-d and exec.dir"
directory_body() {
	start exec.dir=/home
	atf_check -o inline:"/home\n" jexec $p /bin/pwd
	atf_check -o inline:"/tmp\n" jexec -d /tmp $p /bin/pwd
	atf_check -s not-exit:0 -e match:'^jexec: .*nowhere' jexec -d /nowhere $p /bin/pwd
}

define_case login "-l"
login_body() {
	start
	SECRET=leak
	export SECRET
	atf_check -o save:env env TERM=vt100 jexec -l -U worker $p /bin/env
	for want in HOME=/home/worker SHELL=/bin/sh USER=worker TERM=vt100; do
		grep -qx "$want" env || die "no $want: $(cat env)"
	done
	! grep -q leak env || die "the caller's environment came along"
	grep -q '^PATH=' env || die "no PATH"
	atf_check -o inline:"/home/worker\n" jexec -l -U worker $p /bin/pwd
	atf_check -o inline:"/tmp\n" jexec -l -d /tmp -U worker $p /bin/pwd
}

define_case descriptors "no descriptor of the caller but 0, 1 and 2"
descriptors_body() {
	start
	exec 7<prefix
	atf_check -o inline:"0\n1\n2\n" jexec $p /bin/sh -c 'for fd in 0 1 2 3 4 5 6 7 8 9; do
		if (: <&$fd) 2>/dev/null || (: >&$fd) 2>/dev/null; then echo $fd; fi; done'
}

define_case terminal "a terminal of the jail's own, relayed"
terminal_body() {
	command -v script >/dev/null || atf_skip "needs script(1)"
	start
	atf_check -o match:'/dev/(pts/[0-9]+|console)' script -qec "jexec $p /bin/tty" /dev/null
	atf_check -o match:'33 99' script -qec "stty rows 33 cols 99; jexec $p /bin/stty size" /dev/null
	# ^C ends the program inside, not jexec's caller.
	atf_check -o match:'after=130' sh -c "(sleep 1; printf '\003'; sleep 1) |
		script -qec 'jexec $p /bin/sleep 50; echo after=\$?' /dev/null"
	# A file in place of a terminal is one inside, too.
	atf_check -s exit:1 -o match:'not a tty' jexec $p /bin/tty </dev/null
}

define_case children "into a child jail"
children_body() {
	start children.max=1
	atf_check -o ignore jail -c name=$p.kid path=$root persist host.hostname=kid
	atf_check -o inline:"kid\n" jexec $p.kid /bin/hostname
}

define_case end "the program ends with the jail"
end_body() {
	start
	jexec $p /bin/sh -c ': >/tmp/ready; exec sleep 100' &
	pid=$!
	soon rm root/tmp/ready
	atf_check -o ignore jail -R $p
	wait $pid
	[ $? -ge 128 ] || die "it outlived the jail"
	nothing_left
}

atf_init_test_cases() {
	for c in usage status inside users directory login descriptors terminal children end; do
		atf_add_test_case $c
	done
}

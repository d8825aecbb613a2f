#! /usr/bin/env atf-sh
# SPDX-License-Identifier: BSD-2-Clause
# jail(8) makes and removes single jails: what it says, what it passes on.
. "$(atf_get_srcdir)/common.sh"

define_case create_remove "-c and -r, and what they say"
create_remove_body() {
	new_root
	atf_check -o inline:"$p: created\n" jail -c name=$p path=$root persist
	[ "$(ours)" = "$p" ] || die "not listed: $(ours)"
	fails 73 "^jail: $p: " jail -c name=$p path=$root persist
	atf_check -o inline:"$p: removed\n" jail -r $p
	fails 66 "^jail: .*$p" jail -r $p
	# Cleaning up after what is gone already is no mistake.
	atf_check jail -rC $p
	atf_check -o inline:"$p: created\n" jail -cC name=$p path=$root persist
	atf_check -o inline:"$p: removed\n" jail -rd $p
	nothing_left
}

define_case quiet_verbose "-q says nothing, -v every step"
quiet_verbose_body() {
	new_root
	atf_check jail -qc name=$p path=$root persist
	atf_check jail -qr $p
	atf_check -o save:steps jail -vc name=$p path=$root persist exec.prestart=true exec.start="echo inside"
	grep -qx "$p: created" steps || die "no \"created\""
	grep -qx "$p: true" steps || die "no command of the host"
	grep -qx inside steps || die "no output of the jail's command"
	[ "$(grep -c "^$p: " steps)" -ge 4 ] || die "too few steps: $(cat steps)"
	# "created" comes before anything runs inside.
	sed -n "/created/,/inside/p" steps | grep -qx inside || die "out of order: $(cat steps)"
	atf_check -o match:"^$p: removed$" jail -vr $p
	nothing_left
}

define_case numbers "-i prints the number, -J writes number and parameters"
numbers_body() {
	new_root
	atf_check -o save:jid jail -i -c name=$p path=$root persist env='A=1 2' allow.nosuser
	atf_check -o file:jid jls -j $p jid
	jid=$(cat jid)
	[ "$jid" -gt 0 ] || die "not a number: $jid"
	# Also of one that is over at once: the number is there before anything runs.
	for n in 1 2 3 4 5 6 7 8 9 10; do
		atf_check -o match:'^[0-9]+$' jail -q -i -c name=${p}x path=$root exec.init=no command=true
	done
	# The number is as good as the name.
	atf_check -o inline:"$p\n" jls -j "$jid" name
	atf_check -o inline:"hello\n" jexec "$jid" /bin/echo hello
	atf_check -o match:": removed$" jail -r "$jid"
	atf_check -o inline:"$p: created\n" jail -J file -c name=$p path=$root persist env='A=1 2' allow.nosuser
	jid=$(jls -j $p jid)
	atf_check -o inline:"jid=$jid name=$p path=$root persist env='A=1 2' allow.nosuser\n" cat file
	atf_check -o ignore jail -r $p
	# A file that can't be written is found out before the jail is made.
	fails 73 '^jail: can.t write /nonexistent/file: ' jail -J /nonexistent/file -c name=$p path=$root persist
	nothing_left
}

define_case told "commands on the host are told number, name and path"
told_body() {
	new_root
	tell='echo $JNAME $JPATH ${JID:-none}'
	atf_check -o save:up jail -qc name=$p path=$root persist exec.prestart="$tell" exec.created="$tell" \
	    exec.start='echo "inside:$JNAME"' exec.poststart="$tell" exec.prestop="$tell" exec.poststop="$tell"
	jid=$(jls -j $p jid)
	printf '%s\n' "$p $root none" "$p $root $jid" inside: "$p $root $jid" >expected
	atf_check -o file:expected cat up
	atf_check -o inline:"$p $root $jid\n$p $root $jid\n" jail -qr $p
	nothing_left
}

define_case given_jid "a jid that is asked for, and a name that is one"
given_jid_body() {
	new_root
	jid=$((700000 + $$ % 100000))
	atf_check -o ignore jail -c jid=$jid name=$p path=$root persist
	atf_check -o inline:"$jid\n" jls -j $p jid
	fails 73 '^jail: ' jail -c jid=$jid name=${p}b path=$root persist
	atf_check -o ignore jail -r $p
	# Without a name, the number is it.
	atf_check -o inline:"$jid: created\n" jail -c jid=$jid path=$root persist
	atf_check -o inline:"$jid\n" jls -j $jid name
	atf_check -o inline:"$jid: removed\n" jail -r $jid
	# A block named by its number may give the name; it goes by what it was asked for.
	echo "$jid { name = $p; path = \"$root\"; persist; exec.poststop = 'echo \$JID'; }" >conf
	atf_check -o inline:"$jid: created\n" jail -f conf -c $jid
	atf_check -o inline:"$p\n" jls -j $jid name
	atf_check -o inline:"$jid\n$jid: removed\n" jail -f conf -r $jid
}
given_jid_cleanup() {
	clean
	jail -qR $((700000 + $(sed s/t// prefix) % 100000)) 2>/dev/null || true
}

define_case unnamed "a jail without a name or number is named by the next free one, for all its life"
unnamed_body() {
	new_root
	for stop in exec.prestop exec.stop; do
		atf_check -o ignore jail -c name=$p path=$root persist $stop='exit 3'
		fails 3 "^jail: $p: $stop: \"exit 3\" exited with status 3: it goes on running: .* jail -R $p\$" jail -r $p
		atf_check -o inline:"$p\n" jls -j $p name
		atf_check -o ignore jail -R $p
	done
	jid=$(jail -i -c path=$root persist exec.prestop='true' exec.stop='touch /tmp/stopped') || die "not created"
	echo "$jid" >jid
	atf_check -o inline:"$jid $jid\n" jls -j "$jid" jid name
	atf_check -o inline:"$jid\n" jexec "$jid" /bin/hostname
	atf_check -o inline:"$jid: updated\n" jail -m jid="$jid" host.hostname=other
	atf_check -o inline:"$jid: removed\n" jail -r "$jid"
	[ -e root/tmp/stopped ] || die "exec.stop was not run"
	fails 66 "^jail: .*$jid" jail -r "$jid"
}
unnamed_cleanup() {
	[ ! -s jid ] || jail -qR "$(cat jid)" 2>/dev/null || true
	clean
}

define_case status "the command's status is jail's"
status_body() {
	new_root
	for n in 0 1 3 64 126 255; do
		atf_check -s exit:$n -o inline:"$p: created\n" jail -c name=$p path=$root command=/bin/sh -c "exit $n"
	done
	atf_check -s exit:137 -o ignore jail -c name=$p path=$root command=/bin/sh -c 'kill -9 $$'
	atf_check -s exit:139 -o ignore jail -c name=$p path=$root command=/bin/sh -c 'kill -SEGV $$'
	atf_check -s exit:9 -o ignore jail -c name=$p path=$root exec.init=no command=/bin/sh -c 'exit 9'
	# Without a name nothing is added to the output.
	atf_check -o inline:"a  b\n" jail -c path=$root command=/bin/echo 'a  b'
	# All that follows belongs to the program, whatever it looks like.
	atf_check -o inline:"name=x -c persist\n" jail -c path=$root command=/bin/echo name=x -c persist
	atf_check -o inline:"name=x -c\n" jail -c path=$root command /bin/echo name=x -c
	nothing_left
}

define_case not_found "a command that is not there"
not_found_body() {
	new_root
	atf_check -s not-exit:0 -o ignore -e not-empty jail -c path=$root command=/bin/nonexistent
	nothing_left
}

define_case streams "input, output and error are the caller's; nothing else is"
streams_body() {
	new_root
	atf_check -o inline:"in\n" -e inline:"err\n" sh -c "echo in | jail -c path=$root command=/bin/sh -c 'cat; echo err >&2'"
	exec 7<prefix
	atf_check -o inline:"0\n1\n2\n" jail -c path=$root command=/bin/sh -c 'for fd in 0 1 2 3 4 5 6 7 8 9; do
		if (: <&$fd) 2>/dev/null || (: >&$fd) 2>/dev/null; then echo $fd; fi; done'
	SECRET=leak
	export SECRET
	atf_check -o not-match:leak jail -c path=$root command=/bin/env
	atf_check -o match:'^A=1$' jail -c path=$root env=A=1 command=/bin/env
}

define_case user_dir "-u, -U, exec.dir, exec.jail_user"
user_dir_body() {
	new_root
	atf_check -o inline:"1000\n" jail -U worker -c path=$root command=/bin/id -u
	atf_check -o inline:"0\n" jail -u root -c path=$root command=/bin/id -u
	fails 66 'worker2' jail -U worker2 -c path=$root command=/bin/id -u
	atf_check -o inline:"1000\n" jail -c path=$root exec.jail_user=worker command=/bin/id -u
	atf_check -o inline:"/tmp\n" jail -c path=$root exec.dir=/tmp command=/bin/pwd
	atf_check -o inline:"/\n" jail -l -c path=$root command=/bin/pwd
	nothing_left
}

define_case old_style "path hostname ip command"
old_style_body() {
	new_root
	atf_check -o inline:"hosty a b\n" jail $root hosty '' /bin/sh -c 'echo $(hostname) "$@"' x a b
	atf_check -s exit:3 jail $root hosty '' /bin/sh -c 'exit 3'
	fails 69 'ip4.addr' jail $root hosty 10.0.0.1 /bin/true
	fails 69 'ip6.addr' jail $root hosty fe80::1 /bin/true
	atf_check -o inline:"$p: created\n" jail -n $p $root hosty '' /bin/true
	nothing_left
}

define_case hooks "exec.*: where and in which order they run"
hooks_body() {
	new_root
	log=$(pwd)/log
	cat >h.conf <<-END
		$p {
			path = $root;
			persist;
			exec.prepare = "echo prepare >>$log";
			exec.prestart = "echo prestart >>$log";
			exec.created = "echo created >>$log";
			exec.start = "echo start >>/tmp/log", "test ! -e $log";
			exec.poststart = "echo poststart >>$log";
			exec.prestop = "echo prestop >>$log";
			exec.stop = "echo stop >>/tmp/log";
			exec.poststop = "echo poststop >>$log";
			exec.release = "echo release >>$log";
		}
	END
	atf_check -o inline:"$p: created\n" jail -f h.conf -c $p
	atf_check -o inline:"prepare\nprestart\ncreated\npoststart\n" cat log
	atf_check -o inline:"$p: removed\n" jail -f h.conf -r $p
	atf_check -o inline:"prepare\nprestart\ncreated\npoststart\nprestop\npoststop\nrelease\n" cat log
	atf_check -o inline:"start\nstop\n" cat root/tmp/log
	nothing_left
}

define_case hook_once "nothing is run for a jail that is there already"
hook_once_body() {
	new_root
	log=$(pwd)/log
	echo "$p { path = $root; persist; exec.prestart = \"echo prestart >>$log\"; exec.poststop = \"echo poststop >>$log\"; }" >o.conf
	atf_check -o ignore jail -f o.conf -c
	fails 73 "^jail: $p: there is a jail of that name already" jail -f o.conf -c $p
	atf_check jail -f o.conf -c
	atf_check -o inline:"prestart\n" cat log
}

define_case failing_hook "a command that fails takes the jail back"
failing_hook_body() {
	new_root
	for hook in exec.prepare exec.prestart exec.created exec.start exec.poststart; do
		atf_check -s exit:3 -o ignore -e match:"^jail: $p: .*$hook" jail -c name=$p path=$root persist $hook='exit 3'
		nothing_left
	done
	atf_check -s exit:3 -o ignore -e match:"exec.start" jail -c name=$p path=$root persist exec.start=true exec.start+='exit 3'
	nothing_left
}

define_case ends "a jail that does not persist ends with its last process"
ends_body() {
	new_root
	atf_check -o ignore jail -c name=$p path=$root exec.start='sleep 1 >/dev/null 2>&1 &'
	for _ in $(seq 200); do
		[ -n "$(ours)" ] || break
		sleep 0.1
	done
	jail -C
	nothing_left
	fails 65 "^jail: $p: .*persist" jail -c name=$p path=$root
	nothing_left
}

define_case stop_timeout "TERM first, KILL after stop.timeout"
stop_timeout_body() {
	new_root
	atf_check -o ignore jail -c name=$p path=$root persist stop.timeout=20 \
		exec.start='(trap "echo term >/tmp/log; exit" TERM; : >/tmp/ready; while :; do sleep 0.1; done) >/dev/null 2>&1 &'
	soon rm root/tmp/ready
	atf_check -o ignore jail -r $p
	atf_check -o inline:"term\n" cat root/tmp/log
	atf_check -o ignore jail -c name=$p path=$root persist stop.timeout=1 \
		exec.start='(trap "" TERM; : >/tmp/ready; while :; do sleep 0.1; done) >/dev/null 2>&1 &'
	soon rm root/tmp/ready
	start=$(date +%s)
	atf_check -o ignore jail -r $p
	[ $(($(date +%s) - start)) -le 18 ] || die "it took too long"
	nothing_left
}

define_case stopped_twice "of commands that stop a jail at once one does, and the others say so"
stopped_twice_body() {
	new_root
	log=$(pwd)/log
	atf_check -o ignore jail -c name=$p path=$root persist exec.stop='echo once >>/tmp/log' \
		exec.prestop="/bin/sh -c 'echo once >>$log; until [ -e $log.go ]; do sleep 0.1; done'"
	jail -r $p >first 2>&1 &
	first=$!
	soon test -s $log
	# It is neither made nor changed into something else meanwhile.
	fails 73 "$p: there is a jail of that name already" jail -c name=$p path=$root persist
	atf_check -o ignore jail -m name=$p meta=a=1
	jail -r $p >second 2>&1 &
	second=$!
	sleep 1
	touch $log.go
	wait $first || die "the first ends with $?: $(cat first)"
	atf_check_equal "$p: removed" "$(cat first)"
	wait $second && die "the second says: $(cat second)"
	atf_check -o match:"^jail: $p: (it is gone: another command removed it, or it ended|no such jail)" cat second
	atf_check -o inline:'once\nonce\n' cat $log root/tmp/log
	# Where that stop fails the next one tries.
	rm $log root/tmp/log
	atf_check -o ignore jail -c name=$p path=$root persist \
		exec.prestop="/bin/sh -c 'echo try >>$log; sleep 1; [ \$(wc -l <$log) = 2 ]'"
	jail -r $p >first 2>&1 &
	first=$!
	soon test -s $log
	atf_check -o inline:"$p: removed\n" jail -r $p
	! wait $first || die "the first says: $(cat first)"
	# One that has ended is taken away too.
	jail -q -c name=$p path=$root exec.init=no command=/bin/sh -c ': >/tmp/ready; sleep 1000' </dev/null >/dev/null 2>&1 &
	tool=$!
	soon test -e root/tmp/ready
	pid=$(jls -j $p pid)
	kill -9 $tool $pid
	wait $tool || true
	soon test ! -e /proc/$pid
	fails 66 "^jail: $p: (it is gone|no such jail)" jail -r $p
	[ -z "$(groups_left)" ] || die "$(groups_left)"
	# -R does not wait for commands.
	atf_check -o ignore jail -c name=$p path=$root persist exec.prestop="/bin/sh -c 'echo >$log.2; sleep 30'"
	jail -r $p >first 2>&1 &
	first=$!
	soon test -s $log.2
	atf_check -o ignore timeout 20 jail -R $p
	kill $first
	wait $first || true
	nothing_left
}

define_case remove_bare "-R runs nothing"
remove_bare_body() {
	new_root
	log=$(pwd)/log
	atf_check -o ignore jail -c name=$p path=$root persist exec.prestop="touch $log" exec.stop='touch /tmp/log' \
		exec.poststop="touch $log"
	atf_check -o inline:"$p: removed\n" jail -R $p
	[ ! -e log ] && [ ! -e root/tmp/log ] || die "something was run"
	nothing_left
}

define_case children "child jails: made in their parent, removed before it"
children_body() {
	new_root
	fails 66 "^jail: $p.kid: " jail -c name=$p.kid path=$root persist
	atf_check -o ignore jail -c name=$p path=$root persist children.max=2
	atf_check -o ignore jail -c name=$p.kid path=$root persist
	atf_check -o inline:"$(jls -j $p jid)\n" jls -j $p.kid parent
	atf_check -o inline:"1\n" jls -j $p children.cur
	atf_check -o match:"^$p: removed$" jail -r $p
	nothing_left
}

define_case killed "what a killed tool leaves is swept up"
killed_body() {
	new_root
	atf_check -o ignore jail -c name=$p path=$root exec.start='sleep 0.2 >/dev/null 2>&1 &'
	jail -c name=${p}b path=$root command=/bin/sleep 100 >/dev/null 2>&1 &
	tool=$!
	soon jls -j ${p}b
	kill -9 $tool
	# The jail lives on without the tool, and is removed like any other.
	atf_check -o inline:"${p}b\n" jls -j ${p}b name
	atf_check -o inline:"${p}b: removed\n" jail -r ${p}b
	for _ in $(seq 200); do
		[ -n "$(ours)" ] || break
		sleep 0.1
	done
	atf_check jail -C
	nothing_left
}

atf_init_test_cases() {
	for c in create_remove quiet_verbose numbers told given_jid unnamed status not_found streams user_dir old_style hooks \
		hook_once failing_hook ends stop_timeout stopped_twice remove_bare children killed; do
		atf_add_test_case $c
	done
}

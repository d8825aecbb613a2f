#! /usr/bin/env atf-sh
# SPDX-License-Identifier: BSD-2-Clause
# exec.restart, exec.timeout, exec.init: what the reaper does with what a jail runs.
. "$(atf_get_srcdir)/common.sh"

# wait_for COMMAND...: until it succeeds, ten seconds at most.
wait_for() {
	for _ in $(seq 100); do
		"$@" && return 0
		sleep 0.1
	done
	die "in vain: $*"
}

restarted() {
	[ "$(jls -j "$p" restarts)" -ge 1 ]
}

ended() {
	! jls -j "$p" >/dev/null 2>&1
}

ran_twice() {
	[ "$(wc -l <root/tmp/runs)" -ge 2 ]
}

define_case restart "a command that is started again is not waited for, and counted"
restart_body() {
	new_root
	atf_check -o inline:"$p: created\n" timeout 20 jail -c name=$p path=$root exec.restart=always \
		command='echo run >>/tmp/runs; sleep 0.2'
	wait_for restarted
	# It is counted a moment before the program writes.
	wait_for ran_twice
	# Live: never again, and then nothing holds the jail.
	atf_check -o ignore jail -m name=$p exec.restart=never
	wait_for ended
	atf_check jail -C
	nothing_left
}

define_case failure "exec.restart = failure: only what failed is started again"
failure_body() {
	new_root
	atf_check -o ignore timeout 20 jail -c name=$p path=$root exec.restart=failure \
		command='[ -e /tmp/once ] && exit 0; touch /tmp/once; exit 1'
	wait_for ended
	[ -e root/tmp/once ] || die "it did not run"
	atf_check jail -C
	nothing_left
}

define_case stop "a stop is a stop: nothing is started again"
stop_body() {
	new_root
	atf_check -o ignore timeout 20 jail -c name=$p path=$root exec.restart=always command='sleep 1000'
	atf_check -o inline:"$p: removed\n" timeout 20 jail -r $p
	nothing_left
}

define_case timeout "exec.timeout ends what takes too long, at a terminal too"
timeout_body() {
	new_root
	command="jail -cq name=$p path=$root exec.timeout=1 exec.start='sleep 60' persist"
	fails 75 "^jail: $p: exec.timeout: \"sleep 60\" did not end within 1 s" sh -c "$command"
	nothing_left
	# `command` too, with and without a process of ours around it; each has the whole time.
	fails 75 "^jail: $p: exec.timeout: \"sleep\" did not end within 1 s" timeout 20 jail -cq name=$p path=$root exec.timeout=1 \
		command=sleep 60
	nothing_left
	fails 75 "^jail: $p: exec.timeout: \"sleep\" did not end within 1 s" timeout 20 jail -cq name=$p path=$root exec.timeout=1 \
		exec.init=no command=sleep 60
	nothing_left
	atf_check -o inline:'end\n' timeout 60 jail -cq name=$p path=$root exec.timeout=4 exec.start='sleep 2.5' exec.start+='sleep 2.5' \
		command=echo end
	nothing_left
	command -v script >/dev/null || atf_skip "needs script(1)"
	atf_check -o match:"exec.timeout: .* within 1 s" timeout 20 script -qc "$command" /dev/null
	nothing_left
}

define_case no_init "exec.init = no: the command is process 1, and nothing of ours is inside"
no_init_body() {
	new_root
	atf_check -o inline:'1\n1\n' jail -cq name=$p path=$root exec.init=no \
		command='echo $$; ps | grep -c "[p]s\|[s]h -c" | grep -c .'
	fails 65 "^jail: $p: exec.init: " jail -c name=$p path=$root exec.init=no persist
	nothing_left
}

define_case interrupt "what ends the tool at a prompt ends the jail, and nothing is left"
interrupt_body() {
	new_root
	jail -cq name=$p path=$root command='sleep 1000' &
	tool=$!
	wait_for jls -qj $p jid >/dev/null
	kill -TERM $tool
	wait $tool
	[ $? -ge 128 ] || die "its status does not say that it was ended"
	nothing_left
}

define_case log "exec.consolelog takes the output of exec.start and command"
log_body() {
	new_root
	atf_check -o empty jail -cq name=$p path=$root exec.consolelog="$(pwd)/log" exec.start='echo one' command='echo two; echo three >&2'
	atf_check -o inline:'one\ntwo\nthree\n' cat log
	[ "$(stat -c %a log)" = 600 ] || die "others can read it"
	nothing_left
}

atf_init_test_cases() {
	for c in restart failure stop timeout no_init interrupt log; do
		atf_add_test_case $c
	done
}

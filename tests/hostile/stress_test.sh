#! /usr/bin/env atf-sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Many jails, many processes, everything at random (stress.c): no wrong answer, and nothing is left.
#
# Exclusive: it keeps every processor busy by itself.

stress() {
	mkdir -p work
	"$JAIL_HOSTILE/stress" -b "$(dirname "$(command -v jail)")" -d "$PWD/work" -r "$$" "$@" >report 2>&1 &
	pid=$!
	echo "$pid" >name
	wait "$pid"
	status=$?
	cat report
	grep '^FAILED' report >failed || true
	atf_check -o empty cat failed
	atf_check_equal 0 "$status"
}

clean() {
	[ -s name ] || return 0
	for j in $(jls -d -n name 2>/dev/null | sed -n "s/^name=\(s$(cat name)-[0-9.c]*\)\$/\1/p" | sort -r); do
		jail -q -R "$j" || true
	done
}

atf_test_case many cleanup
many_head() {
	atf_set descr '200 jails made and removed by eight processes for a minute, at random'
	atf_set require.user root
	atf_set timeout 600
}
many_body() { stress -s 60; }
many_cleanup() { clean; }

atf_test_case families cleanup
families_head() {
	atf_set descr 'a child goes with its parent while others clean up'
	atf_set require.user root
	atf_set timeout 600
}
families_body() { stress -f -s 15; }
families_cleanup() { clean; }

atf_init_test_cases() {
	atf_add_test_case many
	atf_add_test_case families
}

#! /usr/bin/env atf-sh
# SPDX-License-Identifier: BSD-2-Clause
# What lock_test.sh can't ask beside other tests, whose commands would wait as well.
# Exclusive: it has the lock of all jails for half a minute.
. "$(atf_get_srcdir)/lock_test.sh"

lock_case all 'a command has the lock of all jails: that lock is named, and its holder'
all_body() {
	begin
	works 60 jail -c name="$p" path="$root" persist
	"$JAIL_HOSTILE/stopper" byte "$(tree)/cgroup.kill" >locked &
	echo $! >>pids
	is_said locked '^locked'
	ends 150 jail -m name="$p" host.hostname=late
	[ $status -ne 0 ] || die 'it was changed'
	one_line "process $! \\(stopper\\) has the lock of all jails"
	kill -KILL $!
	works 60 jail -m name="$p" host.hostname=late
	works 60 jail -R "$p"
	nothing_left
}

atf_init_test_cases() {
	atf_add_test_case all
}

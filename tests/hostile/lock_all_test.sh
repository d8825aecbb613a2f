#! /usr/bin/env atf-sh
# SPDX-License-Identifier: BSD-2-Clause
# The case of lock_test.sh in which every command on jails waits.
# Exclusive: commands of other tests would wait half a minute for the lock of all jails, and fail.
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

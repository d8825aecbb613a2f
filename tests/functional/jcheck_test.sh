#! /usr/bin/env atf-sh
# SPDX-License-Identifier: BSD-2-Clause
# jcheck(8), as root and as another user; and that it leaves nothing behind.
# Exclusive: it counts what the machine has.
. "$(atf_get_srcdir)/common.sh"

# What a probe could leave: mounts, groups, processes, interfaces.
state() {
	cat /proc/self/mountinfo | wc -l
	find /sys/fs/cgroup -maxdepth 2 -type d | wc -l
	ls /sys/class/net
}

define_case text "a line a feature"
text_body() {
	state >before
	atf_check -o save:out jcheck
	state >after
	atf_check cmp before after
	[ "$(wc -l <out)" -gt 15 ] || die "too few lines"
	! grep -Ev '^(yes      |no       |MISSING  )[^ ]' out || die "another kind of line"
	! grep -q '^MISSING' out || die "exit 0 with something missing"
	for f in 'cgroup v2' 'id-mapped mounts' 'user namespaces' overlayfs openat2 'seccomp filters' Landlock 'BPF LSM'; do
		grep -q "^[a-zA-Z]* *$f  " out || die "no $f"
	done
	# Each "no" says what to do.
	! grep '^no' out | grep -v 'needed for .*: ' || die "a no without a remedy"
	atf_check jcheck -q
	usage jcheck x
	usage jcheck --nosuch
}

define_case json "--json"
json_body() {
	command -v jq >/dev/null || atf_skip "needs jq"
	jcheck --json >out
	atf_check -o inline:'true\n' jq .usable out
	atf_check -o inline:'["available","detail","name","needs","remedy","required"]\n' jq -c '[.features[] | keys] | unique[]' out
	atf_check -o inline:'["boolean"]\n' jq -c '[.features[].available | type] | unique' out
	atf_check -o inline:'0\n' jq '[.features[] | select(.available == false and .remedy == null)] | length' out
	[ "$(jq '.features | length' out)" = "$(jcheck | wc -l)" ] || die "not the same features"
}

define_case user "another user gets honest answers"
user_body() {
	command -v setpriv >/dev/null || atf_skip "needs setpriv"
	atf_check -s exit:69 -o save:out setpriv --reuid=65534 --regid=65534 --clear-groups jcheck
	grep -q '^MISSING  privilege .*user 65534.*run the tools as root' out || die "$(cat out)"
	grep -q 'only root can try it' out || die "$(cat out)"
	atf_check -s exit:69 setpriv --reuid=65534 --regid=65534 --clear-groups jcheck -q
}

define_case no_cgroup "without cgroup v2"
no_cgroup_body() {
	where=$(sed -n 's/^[^ ]* \([^ ]*\) cgroup2 .*/\1/p' /proc/mounts | head -n 1)
	[ -n "$where" ] || atf_skip "there is none anyway"
	atf_check -s exit:69 -o match:'^MISSING  cgroup v2 .*not mounted.*mount -t cgroup2' \
		unshare -m sh -c "umount -l $where && jcheck"
}

atf_init_test_cases() {
	for c in text json user no_cgroup; do
		atf_add_test_case $c
	done
}

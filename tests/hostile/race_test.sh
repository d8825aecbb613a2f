#! /usr/bin/env atf-sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Searches: hostile programs do at random what is against the tools, and the tools go on. Each prints its seed;
# RACE_SEED repeats it, RACE_SECONDS says how long (of `tree`: 60, of `user_holds`: 15).
#
# Exclusive: they keep every processor busy, and a user of the host takes what can be taken.

# search PREFIX PROGRAM ARGUMENTS...: run it in a directory of its own; what begins with FAILED is what it found.
search() {
	echo "$1" >prefix
	program=$2
	shift 2
	mkdir -p work
	"$JAIL_HOSTILE/$program" -b "$(dirname "$(command -v jail)")" -d "$PWD/work" "$@" >report 2>&1 &
	pid=$!
	echo "$pid" >pid
	wait "$pid"
	status=$?
	cat report
	grep -a '^FAILED' report >failed || true
	atf_check -o empty cat failed
	atf_check_equal 0 "$status"
}

# Its workers end with it; its jails are called PREFIX and its number.
clean() {
	[ -s pid ] || return 0
	kill -KILL "$(cat pid)" 2>/dev/null || true
	for j in $(jls -d -n name 2>/dev/null | sed -n "s/^name=\($(cat prefix)$(cat pid)[0-9a-z.-]*\)\$/\1/p" | sort -r); do
		jail -q -R "$j" || true
	done
}

# define_case NAME SECONDS DESCRIPTION: a search as root. Its body is NAME_body.
define_case() {
	atf_test_case "$1" cleanup
	eval "$1_limit=\$2 $1_descr=\$3
	$1_head() { atf_set descr \"\$$1_descr\"; atf_set require.user root; atf_set timeout \"\$$1_limit\"; }"
	eval "$1_cleanup() { clean; }"
}

define_case tree 600 'three generations of jails and their siblings exchange directories under the tools'
tree_body() { search r tree_race -s "${RACE_SECONDS:-60}" -r "${RACE_SEED:-$$}"; }

define_case user_mounts 120 'a FUSE file system of an ordinary user in a tree that jails share with the host'
user_mounts_body() { search h user_holds -o open -s 3; }

define_case user_holds 300 'an ordinary user locks, fills, watches and stops what it can while jails are used'
user_holds_body() { search h user_holds -s "${RACE_SECONDS:-15}"; }
user_holds_cleanup() {
	clean
	find /tmp /var/tmp /dev/shm /run/lock -maxdepth 1 -user 65533 -type p -delete
}

define_case garbage 600 "a jail's process 1, or its root, answers with garbage"
garbage_body() { search g garbage -r "${RACE_SEED:-$$}"; }

atf_init_test_cases() {
	for c in tree user_mounts user_holds garbage; do
		atf_add_test_case $c
	done
}

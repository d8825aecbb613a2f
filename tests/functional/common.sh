# SPDX-License-Identifier: BSD-2-Clause
#
# What the functional tests share: names of their own, a small tree for a jail, clean-up that touches nothing else.
# Body and clean-up of a test case are different processes in the same directory: names go through a file.

[ -z "${JAIL_BIN:-}" ] || PATH=$JAIL_BIN:$PATH
export LC_ALL=C
unset CDPATH

# The prefix of this test case's jails.
prefix() {
	[ -s prefix ] || echo "t$$" >prefix
	cat prefix
}

# define_case NAME DESCRIPTION: a test case that needs root, with clean-up. Its body is NAME_body.
define_case() {
	atf_test_case "$1" cleanup
	eval "$1_descr=\$2
	$1_head() { atf_set descr \"\$$1_descr\"; atf_set require.user root; atf_set timeout 300; }"
	eval "$1_cleanup() { clean; }"
}

# requires WHAT...: skips the test case where jcheck(8) does not say "yes" to what it calls that.
requires() {
	jcheck >checked 2>/dev/null
	for what; do
		grep -Eq "^yes +$what(  |\$)" checked || atf_skip "not on this machine: $what"
	done
}

# Who has more than limit.memoryuse is killed for it where nothing is swapped out: $swapless is the parameter to say so.
without_swap() {
	requires 'controller memory'
	swapless=limit.swapuse=0
	grep -Eq '^yes +accounting of swap ' checked && return 0
	swapless=
	[ "$(wc -l </proc/swaps)" -le 1 ] || atf_skip "this machine swaps, and cannot limit that"
}

# A test case fails, for reasons that may have several lines.
die() {
	atf_fail "$(printf '%s' "$*" | tr '\n' '/')"
}

# Jails of this test case only, children first.
ours() {
	jls -d -n name 2>/dev/null | sed -n "s/^name=\($(prefix)[A-Za-z0-9_.-]*\)\$/\1/p" | sort -r
}

clean() {
	for j in $(ours); do
		jail -qR "$j" || true
	done
	# What a test mounted in its own directory.
	for m in $(sed -n 's/^[^ ]* \([^ ]*\).*/\1/p' /proc/mounts | grep "^$(pwd)/" | sort -r); do
		umount -l "$m"
	done
}

# A static shell with its tools as the whole tree; users root, worker and its group.
make_root() {
	busybox=$(command -v busybox) || atf_skip "needs a static busybox"
	mkdir -p "$1/bin" "$1/dev" "$1/proc" "$1/sys" "$1/etc" "$1/tmp" "$1/root" "$1/home/worker" "$1/mnt" || die mkdir
	cp "$busybox" "$1/bin/busybox"
	for applet in sh cat echo env false hostname id kill ls mkdir pwd ps rm sleep stty test touch true tty umount wc; do
		ln -s busybox "$1/bin/$applet"
	done
	printf '%s\n' root:x:0:0::/root:/bin/sh worker:x:1000:1000::/home/worker:/bin/sh >"$1/etc/passwd"
	printf '%s\n' root:x:0: worker:x:1000: extra:x:2000:worker >"$1/etc/group"
	chown -R 1000:1000 "$1/home/worker"
	chmod 1777 "$1/tmp"
}

# new_root: makes `root` and sets $p (prefix) and $root.
new_root() {
	p=$(prefix)
	root=$(pwd)/root
	[ -d "$root" ] || make_root "$root"
}

# fails CODE REGEX COMMAND...: that exit code, nothing on standard output, and one line on standard error that matches.
fails() {
	code=$1 regex=$2
	shift 2
	atf_check -s "exit:$code" -o empty -e save:stderr "$@"
	[ "$(wc -l <stderr)" = 1 ] || die "not one line: $(cat stderr)"
	grep -Eq "$regex" stderr || die "not \"$regex\": $(cat stderr)"
}

# soon COMMAND...: it succeeds before twenty seconds are over.
soon() {
	tries=0
	until "$@" >/dev/null 2>&1; do
		tries=$((tries + 1))
		[ $tries -lt 200 ] || die "not in time: $*"
		sleep 0.1
	done
}

# usage COMMAND...: exit code 64 and a text that begins with "usage:".
usage() {
	atf_check -s exit:64 -o empty -e match:'^usage: ' "$@"
}

groups_left() {
	find /sys/fs/cgroup -maxdepth 4 -type d -path '*/jail/*' -name "$(prefix)*" 2>/dev/null
}

# No jail of ours, no group, no mount, no process.
nothing_left() {
	[ -z "$(ours)" ] || die "jails left: $(ours)"
	left=$(groups_left)
	[ -z "$left" ] || die "groups left: $left"
	! grep -F "$(pwd)/root" /proc/mounts || die "mounts left"
}

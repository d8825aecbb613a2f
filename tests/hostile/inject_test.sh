#! /usr/bin/env atf-sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Every system call of creation and removal is broken, one after the other (campaign.c): the tool or a process that it
# made is killed at it, or it fails. Each time the next command has to find everything in order. Calls that leave the
# kernel as it was, and those of a loop, stand for each other (campaign_points.h), unless JAIL_TEST_FULL is set.
#
# Exclusive: it keeps every processor busy by itself, and counts the ids that are given out.

campaign() {
	bin=$(dirname "$(command -v jail)")
	mkdir -p work
	# With a loader and a sanitizer's runtime around it, a tool makes many calls that are not ours.
	if [ -n "$JAIL_SANITIZED" ] || readelf -lW "$bin/jail" | grep -q INTERP; then
		atf_skip 'the tools are not static'
	fi
	case $* in
	*limits*)
		jcheck >checked 2>/dev/null
		for controller in memory pids cpu; do
			grep -q "^yes  *controller $controller " checked || atf_skip "this machine has no controller $controller"
		done
		;;
	esac
	# shellcheck disable=SC2086 # one option or none
	"$JAIL_HOSTILE/campaign" ${JAIL_TEST_FULL:+-a} -b "$bin" -d "$PWD/work" "$@" >report 2>&1
	status=$?
	cat report
	grep '^FAILED' report >failed || true
	atf_check -o empty cat failed
	atf_check_equal 0 "$status"
	# In the hierarchies of cgroup v1 too, of this campaign or of one that is over.
	for g in /sys/fs/cgroup/*/jail/h[0-9]*-*; do
		pid=${g##*/h}
		[ ! -d "$g" ] || [ -d "/proc/${pid%%-*}" ] || echo "$g"
	done >groups
	atf_check -o empty cat groups
}

# Workers' jails are called hPID-N: those of a campaign that was itself killed.
clean() {
	[ -s report ] || return 0
	for j in $(jls -d -n name 2>/dev/null | sed -n 's/^name=\(h[0-9]*-[0-9.c]*\)$/\1/p' | sort -r); do
		pid=${j#h}
		[ -d "/proc/${pid%%-*}" ] || jail -q -R "$j" || true
	done
}

# define NAME DESCRIPTION MODE SCENARIO...
define() {
	atf_test_case "$1" cleanup
	eval "$1_head() {
		atf_set descr '$2'
		atf_set require.user root
		atf_set require.progs readelf
		atf_set timeout 1800
	}"
	eval "$1_cleanup() { clean; }"
	name=$1
	shift 2
	eval "${name}_body() { campaign $*; }"
	programs="${programs:-} $name"
}

define kill_create 'SIGKILL before every call of creation leaves nothing that the next command does not clean' \
    kill plain command noinit child
define kill_views 'the same for every kind of view, with hooks and with users of the host' \
    kill volatile base hostusers hooks rich
define kill_remove 'SIGKILL before every call of removal, change and cleaning up' \
    kill kill-jail stop-jail remove-base remove-parent modify sweep
define killed_create 'SIGKILL after every call of creation' \
    killed plain command noinit base child
define killed_remove 'SIGKILL after every call of removal' \
    killed kill-jail stop-jail remove-base remove-parent sweep
define fail_create 'every call of creation fails' \
    fail plain command noinit child
define fail_views 'the same for every kind of view, with hooks and with users of the host' \
    fail volatile base hostusers hooks rich
define fail_remove 'every call of removal, change and cleaning up fails' \
    fail kill-jail stop-jail remove-base remove-parent modify sweep
define interrupt_create 'every call of creation is interrupted' \
    interrupt plain command noinit child
define interrupt_views 'the same for every kind of view, with hooks and with users of the host' \
    interrupt volatile base hostusers hooks rich
define interrupt_remove 'every call of removal, change and cleaning up is interrupted' \
    interrupt kill-jail stop-jail remove-base remove-parent modify sweep
for mode in kill fail interrupt; do
	define "${mode}_limits" "limits that groups hold, made, changed and removed: $mode" \
	    "$mode" limits limits-child limits-modify limits-remove
	define "${mode}_enter" "entering a running jail, services and terminals: $mode" \
	    "$mode" service enter enter-hostusers terminal enter-terminal
done

# ------------------------------------------------------------------------------------- the tracer itself

atf_test_case done_anyway
done_anyway_head() {
	atf_set descr 'a call that never fails undone is told to have failed only when it has done its work'
}
done_anyway_body() {
	atf_check -e save:calls "$JAIL_HOSTILE/inject" -l -- "$JAIL_HOSTILE/mask"
	sed -n 's/^0:\([0-9]*\) rt_sigprocmask$/\1/p' calls | tail -n 2 >masks
	atf_check_equal 2 "$(wc -l <masks | tr -d ' ')"
	for n in $(cat masks); do
		atf_check -s exit:1 -e match:rt_sigprocmask "$JAIL_HOSTILE/inject" -e 4 -n "$n" -- "$JAIL_HOSTILE/mask"
	done
}

# ------------------------------------------------------------------------------------- what runs out

# one_line FILE: exactly one line, and the tool's.
one_line() {
	atf_check_equal 1 "$(wc -l <"$1" | tr -d ' ')"
	atf_check -o match:'^jail: ' cat "$1"
}

tree() {
	mkdir -p root/bin root/dev root/proc root/sys root/run root/tmp
	cp "$JAIL_HOSTILE/nothing" root/bin/true
}

atf_test_case descriptors cleanup
descriptors_head() {
	atf_set descr 'EMFILE: with any number of descriptors it works, or says so in a line and leaves nothing'
	atf_set require.user root
}
descriptors_body() {
	tree
	echo "h$$-f" >name
	worked=0
	for n in $(seq 3 40); do
		if (ulimit -n "$n" && jail -q -c name="h$$-f" path="$PWD/root" command=/bin/true) 2>err; then
			worked=$((worked + 1))
		else
			one_line err
		fi
		atf_check -s not-exit:0 -o ignore -e ignore jls -d -j "h$$-f" jid
	done
	atf_check test "$worked" -gt 0
}
descriptors_cleanup() {
	[ -s name ] && jail -q -R "$(cat name)" 2>/dev/null || true
}

atf_test_case disk cleanup
disk_head() {
	atf_set descr 'ENOSPC: a full disk beneath a path with a base, and beneath a console log'
	atf_set require.user root
}
disk_body() {
	tree
	echo "h$$-d" >name
	mkdir -p disk base/bin base/dev base/proc
	cp "$JAIL_HOSTILE/nothing" base/bin/true
	mount -t tmpfs -o nr_inodes=3 tmpfs disk || atf_fail 'mount'
	mkdir disk/up
	if jail -q -c name="h$$-d" path="$PWD/disk/up" path.base="$PWD/base" command=/bin/true 2>err; then
		atf_fail 'it worked on a full disk'
	fi
	one_line err
	atf_check -o match:'No space' cat err
	atf_check_equal up "$(ls -A disk)"
	atf_check -s not-exit:0 -o ignore -e ignore jls -d -j "h$$-d" jid
	touch disk/full
	if jail -q -c name="h$$-d" path="$PWD/root" exec.consolelog="$PWD/disk/log" command=/bin/true 2>err; then
		atf_fail 'it worked without a log'
	fi
	one_line err
	atf_check -s not-exit:0 -o ignore -e ignore jls -d -j "h$$-d" jid
	umount disk
}
disk_cleanup() {
	[ -s name ] && jail -q -R "$(cat name)" 2>/dev/null
	umount -l disk 2>/dev/null
	return 0
}

atf_test_case memory cleanup
memory_head() {
	atf_set descr 'ENOMEM: each allocation fails once, in creation and removal'
	atf_set require.user root
}
memory_body() {
	[ -z "$JAIL_SANITIZED" ] || atf_skip 'the sanitizer has an allocator of its own'
	tree
	echo "h$$-m" >name
	for n in $(seq 1 2000); do
		rm -f failed
		if FAIL_ALLOC="$n" FAIL_TOLD="$PWD/failed" "$JAIL_HOSTILE/jail-memory" -q -c name="h$$-m" \
		    path="$PWD/root" persist meta=a=b command=/bin/true 2>err; then
			[ -e failed ] || break
		else
			one_line err
			atf_check -o match:'emory' cat err
			atf_check -s not-exit:0 -o ignore -e ignore jls -d -j "h$$-m" jid
		fi
		jail -q -R "h$$-m" 2>/dev/null
	done
	echo "$n allocations"
	atf_check test "$n" -gt 20 -a "$n" -lt 2000
	for n in $(seq 1 2000); do
		rm -f failed
		jls -j "h$$-m" jid >/dev/null 2>&1 || atf_check jail -q -c name="h$$-m" path="$PWD/root" persist
		if FAIL_ALLOC="$n" FAIL_TOLD="$PWD/failed" "$JAIL_HOSTILE/jail-memory" -q -r "h$$-m" 2>err; then
			atf_check -s not-exit:0 -o ignore -e ignore jls -d -j "h$$-m" jid
			[ -e failed ] || break
		else
			one_line err
		fi
	done
	echo "$n allocations"
	atf_check test "$n" -gt 10 -a "$n" -lt 2000
}
memory_cleanup() {
	[ -s name ] && jail -q -R "$(cat name)" 2>/dev/null || true
}

atf_init_test_cases() {
	for name in $programs; do
		atf_add_test_case "$name"
	done
	atf_add_test_case done_anyway
	atf_add_test_case descriptors
	atf_add_test_case disk
	atf_add_test_case memory
}

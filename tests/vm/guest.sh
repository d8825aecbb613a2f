#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# `guest.sh DIR PLAN`: in a test machine, run the test cases of PLAN (from plan.sh), whose programs are beneath DIR, each in
# an empty directory of its own. Prints a line "PROGRAM:CASE  ->  RESULT" a case, the output before it if it failed. kyua
# would do, but its time limits are those of a real machine, and it asks each program for its cases, which takes long here.
set -u
dir=$1
plan=$2
limit=${VM_CASE_TIMEOUT:-600}
export __RUNNING_INSIDE_ATF_RUN=internal-yes-value
umask 022

# one PROGRAM CASE CLEANUP PROGRAMS...
one() {
	program=$1 case=$2 cleanup=$3
	shift 3
	for needed; do
		command -v "$needed" >/dev/null || {
			echo "$program:$case  ->  skipped: no $needed on the test disk"
			return
		}
	done
	work=$(mktemp -d /tmp/vm.XXXXXX)
	chmod 755 "$work"
	start=$(date +%s)
	(
		cd "$work" || exit
		mkdir work
		cd work || exit
		HOME=$PWD TMPDIR=$PWD timeout -k 10 "$limit" "$dir/$program" -r ../result -s "$(dirname "$dir/$program")" "$case" \
		    >../out 2>&1 </dev/null
		echo $? >../status
		[ "$cleanup" = no ] || HOME=$PWD TMPDIR=$PWD timeout -k 10 60 "$dir/$program" \
		    -s "$(dirname "$dir/$program")" "$case:cleanup" >>../out 2>&1 </dev/null
	)
	result=$(head -n 1 "$work/result" 2>/dev/null)
	[ -n "$result" ] || result="broken: no result, status $(cat "$work/status") (124: more than $limit s)"
	case $result in
	passed | skipped*) ;;
	*) tail -n 60 "$work/out" ;;
	esac
	echo "$program:$case  ->  $result  [$(($(date +%s) - start))s]"
	rm -rf "$work"
}

cd "$dir" || exit
while read -r program case cleanup progs; do
	# shellcheck disable=SC2086 # names
	one "$program" "$case" "$cleanup" $progs </dev/null
done <"$plan"

# Nothing of all this may be left.
left=$(find /sys/fs/cgroup/jail -mindepth 1 -type d 2>/dev/null)
if [ -z "$left" ]; then
	echo 'left  ->  passed'
else
	echo "left  ->  failed: $(echo "$left" | tr '\n' ' ')"
fi

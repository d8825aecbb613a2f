#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# `plan.sh DIR LIST`: the test cases that LIST (see tests/vm/list) names, of the programs beneath DIR: a line
# "PROGRAM CASE CLEANUP NEEDED-PROGRAMS..." each. Run on the host, where it takes no time.
set -eu
cd "$1"
grep -v '^#' "$2" | while read -r pattern; do
	only=${pattern#*:}
	[ "$only" != "$pattern" ] || only='*'
	for program in ${pattern%%:*}; do
		[ -f "$program" ] || continue # nothing of that name yet
		"./$program" -l </dev/null | awk -v program="$program" '
			function out() { if (name) print program, name, cleanup, progs }
			/^ident: / { out(); name = $2; cleanup = "no"; progs = "" }
			/^has.cleanup: true/ { cleanup = "yes" }
			/^require.progs: / { sub(/^[^ ]* /, ""); progs = $0 }
			END { out() }' | while read -r program case rest; do
			# shellcheck disable=SC2254 # a pattern
			case $case in
			$only) echo "$program $case $rest" ;;
			esac
		done
	done
done

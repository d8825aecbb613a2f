#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# The list of privileged code in README.md, between its two marks: `privileged.sh write [ROOT]` brings it up to date,
# `privileged.sh check [ROOT]` says what is wrong with it. Lines are those with code: no comments, no blank ones.
set -eu
mode=$1
root=${2:-$(cd "$(dirname "$0")/.." && pwd)}
cd "$root"

# Lines with code of one file.
lines() {
	sed -e 's,/\*.*\*/,,' -e '/^[[:space:]]*\/\*/,/\*\//d' -e 's,//.*,,' -e '/^[[:space:]]*$/d' "$1" | wc -l
}

# row WHAT FILE...
row() {
	what=$1
	shift
	sum=0
	for file; do
		sum=$((sum + $(lines "$file")))
	done
	total=$((total + sum))
	printf '| %s | %s | %s |\n' "$what" "$(printf '`%s` ' "$@" | sed 's/ $//')" "$sum"
}

table() {
	total=0
	echo '| What | Files | Lines |'
	echo '| --- | --- | ---: |'
	# shellcheck disable=SC2046 # names without spaces
	{
		row 'decides what a jail may do' $(ls kern/policy/*.c kern/policy/*.h)
		row 'makes, enters, changes and removes jails' $(ls lib/linux/*.c lib/linux/*.h lib/life.c)
		row 'runs inside as process 1' $(ls libexec/*.c libexec/*.h)
	}
	printf '| together | | %s |\n' "$total"
}

begin='<!-- privileged code: written by tests/privileged.sh -->'
end='<!-- end of privileged code -->'
new=$(mktemp)
trap 'rm -f "$new" "$new.table"' EXIT
table >"$new.table"
awk -v begin="$begin" -v end="$end" -v table="$new.table" '
	$0 == end { skip = 0 }
	!skip { print }
	$0 == begin { while ((getline line < table) > 0) print line; skip = 1 }' README.md >"$new"
case $mode in
check) diff README.md "$new" ;;
write) cat "$new" >README.md ;;
*) exit 64 ;;
esac

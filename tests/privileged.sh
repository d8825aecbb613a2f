#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# The list of privileged code in README.md, between its two marks: `privileged.sh write [ROOT]` brings it up to date,
# `privileged.sh check [ROOT]` says what is wrong with it: another list of files, or a sum that is more than 5 % off. Lines
# are those with code: no comments, no blank ones.
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
	names=
	for file; do
		n=$(lines "$file")
		sum=$((sum + n))
		names="$names, \`$file\` ($n)"
	done
	total=$((total + sum))
	printf '| %s | %s | %s |\n' "$what" "${names#, }" "$sum"
}

table() {
	total=0
	echo '| What | Files | Lines |'
	echo '| --- | --- | ---: |'
	# shellcheck disable=SC2046 # names without spaces
	{
		row 'decides what a jail may do' $(ls kern/policy/*.c kern/policy/*.h)
		row 'makes, enters, changes and removes jails' $(ls lib/linux/*.[ch] lib/linux/*/*.[ch] lib/life.c lib/trusted.[ch])
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
check)
	# Names and rows must be the same; sums may drift a little between two releases.
	for file in README.md "$new"; do
		sed -n '/^<!-- privileged code/,/^<!-- end of privileged/p' "$file" |
		    sed 's/ ([0-9]*)//g; s/ [0-9]* |$//'
	done | sort | uniq -u
	awk -v begin="$begin" '
		FNR == 1 { reading = 0 }
		$0 == begin { reading = 1 }
		reading && /^[|].* [0-9]+ [|]$/ {
			n = $(NF - 1)
			if (FILENAME == "README.md") old[++rows] = n
			else { row++; if (n > old[row] * 1.05 || n < old[row] * 0.95) print "sum " old[row] " is now " n }
		}' README.md "$new"
	;;
write) cat "$new" >README.md ;;
*) exit 64 ;;
esac

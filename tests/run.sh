#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# The tests, for ./bootstrap test: `tests/run.sh [full] [STEP...]`, by default every step of `steps` in order. Logs are in
# build/logs/, a failing test's output is printed too; the last lines say how long each step took, and then
# "N passed, N failed, N skipped". `full` leaves out nothing that the default run samples: see CONTRIBUTING.md.
set -u
export LC_ALL=C

steps='gcc sanitize clang fuzz format tidy manuals shell vm left'
source=$(cd "$(dirname "$0")/.." && pwd)
build=$source/build
logs=$build/logs
results=$build/results
processors=$(nproc)
fuzz_seconds=20
export JAIL_TEST_FULL=
if [ "${1:-}" = full ]; then
	shift
	JAIL_TEST_FULL=1
	steps='gcc sanitize coverage clang fuzz format tidy manuals shell vm left'
	fuzz_seconds=60
fi
fuzz_seconds=${FUZZ_SECONDS:-$fuzz_seconds}
mkdir -p "$logs"
cd "$source" || exit 1

say() {
	printf '%s\n' "==> $*"
}

# record passed|failed|skipped NAME [REASON]: who skips says why.
record() {
	printf '%s %s\n' "$1" "$2" >>"$results"
	[ "$1" = passed ] || printf '%s: %s%s\n' "$2" "$1" "${3:+: $3}"
}

# record_list PREFIX FILE: a result for each line "NAME  ->  RESULT" of FILE, as kyua and tests/vm/guest.sh write them.
record_list() {
	sed -n 's/^\([^ ]*\)  *->  *\([a-z_]*\):\{0,1\} *\(.*\)$/\2 \1 \3/p' "$2" >"$2.list"
	while read -r result case reason; do
		# A test that is known to fail counts as failed here: there is no such thing in this repository.
		case $result in
		passed | skipped) record "$result" "$1/$case" "$reason" ;;
		*) record failed "$1/$case" "$reason" ;;
		esac
	done <"$2.list"
	[ -s "$2.list" ]
}

# run NAME COMMAND...: one result, the output shown when it failed.
run() {
	name=$1
	shift
	if "$@" >"$logs/$name.log" 2>&1 </dev/null; then
		record passed "$name"
	else
		tail -n 100 "$logs/$name.log"
		record failed "$name"
		return 1
	fi
}

# make_build DIR OPTIONS...: build/DIR, installed beneath itself so that the tests use an installation, not a build.
make_build() {
	dir=$build/$1
	shift
	if [ -f "$dir/build.ninja" ]; then
		meson setup --reconfigure "$dir" "$@" || return
	else
		rm -rf "$dir"
		meson setup "$dir" -Dprefix="$dir/stage" "$@" || return
	fi
	ninja -C "$dir" && case $dir in
	*/fuzz) ;;
	*) meson install -C "$dir" --no-rebuild --quiet ;;
	esac
}

# with_stage DIR COMMAND...: as a user of the installation in build/DIR.
with_stage() {
	(
		export JAIL_STAGE="$build/$1/stage" JAIL_SOURCE="$source" JAIL_HOSTILE="$build/$1/tests/hostile"
		export PATH="$JAIL_STAGE/sbin:$PATH"
		shift
		exec "$@"
	)
}

# tests DIR [FILTER...]: the Kyuafile of build/DIR; one result a test case. As many cases at once as there are
# processors; programs that say "# Exclusive: REASON" run after all others, alone. Kyua has
# crashed before: cases that have no result then are run once more, and count as failed if they have none again.
tests() {
	name=$1
	shift
	log=$logs/$name-tests.log
	: >"$log"
	with_stage "$name" kyua list -k "$build/$name/tests/Kyuafile" "$@" </dev/null | sort >"$log.missing"
	for _ in 1 2; do
		[ -s "$log.missing" ] || break
		# shellcheck disable=SC2046 # names without spaces
		run_kyua "$name" $(cat "$log.missing")
		sed -n 's/^\([^ ]*\)  *->  .*/\1/p' "$log" | sort | comm -23 "$log.missing" - >"$log.still"
		mv "$log.still" "$log.missing"
	done
	record_list "$name" "$log" || {
		cat "$log"
		record failed "$name/kyua"
	}
	while read -r case; do
		record failed "$name/$case" 'no result'
	done <"$log.missing"
}

# run_kyua DIR CASE...: appends the results to the log, and prints the output of the cases that failed.
run_kyua() {
	db=$build/$1/kyua.db
	kyuafile=$build/$1/tests/Kyuafile
	rm -f "$db"
	dir=$1
	shift
	with_stage "$dir" kyua -v parallelism="$processors" test -k "$kyuafile" --results-file="$db" "$@" \
	    >>"$logs/$dir-tests.log" 2>&1 </dev/null ||
		with_stage "$dir" kyua report --results-file="$db" --verbose --results-filter=broken,failed \
		    </dev/null | sed -n '/^===> /,$p' | grep -v '^    [A-Z_]*=' | tail -n 400
}

# ------------------------------------------------------------------------------------------------- the steps

step_gcc() {
	CC=gcc run gcc-build make_build gcc || return
	start_guests
	tests gcc
}

# The hostile ones ask the kernel and not the compiler: once is enough.
step_clang() {
	CC=clang run clang-build make_build clang || return
	if [ -n "$JAIL_TEST_FULL" ]; then
		tests clang
	else
		tests clang unit fuzz functional
	fi
}

step_sanitize() {
	CC=gcc run sanitize-build make_build sanitize -Db_sanitize=address,undefined || return
	reports=$build/sanitize/reports
	rm -rf "$reports"
	mkdir -p "$reports"
	chmod 1777 "$reports" # who reports may be root of a jail by then
	export ASAN_OPTIONS="log_path=$reports/asan:exitcode=99:detect_stack_use_after_return=1"
	export UBSAN_OPTIONS="log_path=$reports/ubsan:print_stacktrace=1:halt_on_error=1"
	export JAIL_SANITIZED=1
	# The other hostile ones want static tools or the speed of these.
	tests sanitize unit functional hostile/escape_test.sh hostile/view_test.sh
	unset ASAN_OPTIONS UBSAN_OPTIONS JAIL_SANITIZED
	run sanitize-reports no_reports "$reports"
}

# Also what a test did not notice: a report of a child, or of a tool that was to fail anyway. ASan only warns of a stack
# that is not the one it knows: what clone(2) was given.
no_reports() {
	! grep -rE -A 30 'ERROR: |runtime error' "$1"
}

# fuzz_one PROGRAM: its own corpus directory, so that the repository's seeds stay as they are.
fuzz_one() {
	target=$(basename "$1")
	seeds=$source/tests/fuzz/corpus/${target#fuzz-}
	found=$build/fuzz/found/$target
	rm -rf "$found"
	mkdir -p "$found"
	set -- "$1" -max_total_time="$fuzz_seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
	    -artifact_prefix="$logs/$target-" "$found"
	[ -d "$seeds" ] && set -- "$@" "$seeds"
	"$@" >"$logs/$target.log" 2>&1 </dev/null
	echo $? >"$logs/$target.status"
}

step_fuzz() {
	CC=clang run fuzz-build make_build fuzz -Dfuzzing=true -Db_sanitize=address,undefined -Db_lundef=false || return
	find "$build/fuzz/tests/fuzz" -maxdepth 1 -type f -name 'fuzz-*' -perm -100 | sort >"$logs/fuzz.list"
	[ -s "$logs/fuzz.list" ] || record failed fuzz/none
	running=0
	pids=
	while read -r program; do
		fuzz_one "$program" &
		running=$((running + 1))
		pids="$pids $!"
		[ $((running % processors)) = 0 ] || continue
		# shellcheck disable=SC2086 # numbers; the guests are not waited for here
		wait $pids
		pids=
	done <"$logs/fuzz.list"
	# shellcheck disable=SC2086
	[ -z "$pids" ] || wait $pids
	while read -r program; do
		target=$(basename "$program")
		if [ "$(cat "$logs/$target.status")" = 0 ]; then
			record passed "fuzz/$target"
		else
			tail -n 60 "$logs/$target.log"
			record failed "fuzz/$target"
		fi
	done <"$logs/fuzz.list"
}

# The kernels that Debian 12 and 13 boot, in emulation: what is tested there is in tests/vm/list. An emulated machine with
# one processor keeps one of ours busy for minutes: the guests run beside the other steps, from the moment that the build
# of gcc is there, one after the other where there are few processors. What they print and count comes with the step.
vm=$build/vm
guests=

# start_guests: when the step is among those of this run, and once.
start_guests() {
	case " $chosen " in
	*' vm '*) ;;
	*) return 0 ;;
	esac
	[ -z "$guests" ] || return 0
	case $(uname -m):$(command -v apt-get):$(command -v qemu-system-x86_64) in
	x86_64:/*:/*) ;;
	*)
		guests=none
		return 0
		;;
	esac
	rm -rf "$vm/results"
	mkdir -p "$vm"
	(
		results=$vm/results
		: >"$results"
		start=$(date +%s)
		run_guests
		say "guests: $(($(date +%s) - start)) s"
	) >"$logs/vm.log" 2>&1 </dev/null &
	guests=$!
}

# end_tree PID: the process with all that it started.
end_tree() {
	for child in $(cat "/proc/$1/task/$1/children" 2>/dev/null); do
		(end_tree "$child")
	done
	kill "$1" 2>/dev/null
}

# A run that is interrupted takes its guests along.
trap 'case $guests in [0-9]*) end_tree "$guests" ;; esac' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

step_vm() {
	if [ -z "$guests" ] && [ ! -d "$build/gcc/stage" ]; then
		CC=gcc run gcc-build make_build gcc || return
	fi
	start_guests
	if [ "$guests" = none ]; then
		record skipped vm 'needs an x86-64 machine with apt-get and qemu-system-x86_64'
		return
	fi
	wait "$guests"
	guests=none
	cat "$logs/vm.log"
	cat "$vm/results" >>"$results"
}

run_guests() {
	for kernel in 6.1:bookworm 6.12:trixie; do
		sh tests/vm/kernel.sh "${kernel#*:}" "$vm/${kernel%:*}" >"$logs/vm-${kernel%:*}-kernel.log" 2>&1 &
	done
	run vm-disk sh tests/vm/disk.sh "$build/gcc/stage" "$vm/disk.img" || return
	wait
	# The disk of the third is made meanwhile.
	! command -v mmdebstrap >/dev/null ||
		sh tests/vm/system.sh trixie "$build/system" "$vm/system.img" >"$logs/vm-system-disk.log" 2>&1 &
	for kernel in 6.1 6.12; do
		[ -f "$vm/$kernel/vmlinux" ] || continue
		vm_one "$kernel" "$vm/disk.img" "vm-$kernel" &
		[ "$processors" -ge 4 ] || wait $!
	done
	wait
	vm_system
	for kernel in 6.1 6.12; do
		if [ ! -f "$vm/$kernel/vmlinux" ]; then
			tail -n 5 "$logs/vm-$kernel-kernel.log"
			record skipped "vm-$kernel" 'the kernel could not be fetched'
			continue
		fi
		vm_results "vm-$kernel"
	done
}

# vm_one KERNEL DISK NAME: with more weight than what runs beside it, where that can be given, and time enough where not.
vm_one() {
	VM_TIMEOUT=${VM_TIMEOUT:-2700} nice -n -5 sh tests/vm/run.sh "$vm/$1" "$2" >"$logs/$3.log" 2>&1
	echo $? >"$vm/$3.ended"
}

vm_results() {
	record_list "$1" "$logs/$1.log"
	grep -vE -- '->  (passed|skipped)' "$logs/$1.log" | tail -n 400
	if [ "$(cat "$vm/$1.ended")" = 0 ]; then
		record passed "$1/ended"
	else
		record failed "$1/ended" 'the machine came to no good end'
	fi
}

# Beside all that a distribution runs.
vm_system() {
	if ! command -v mmdebstrap >/dev/null || [ ! -f "$vm/6.12/vmlinux" ]; then
		record skipped vm-system 'needs mmdebstrap and the kernel 6.12'
	elif [ ! -f "$vm/system.img" ]; then
		tail -n 40 "$logs/vm-system-disk.log"
		record failed vm-system/disk
	else
		vm_one 6.12 "$vm/system.img" vm-system
		vm_results vm-system
	fi
}

sources() {
	find include kern lib libexec tools bench examples tests -name '*.[ch]' | sort
}

step_format() {
	# shellcheck disable=SC2046 # a list of names without spaces
	run format clang-format --dry-run -Werror $(sources)
}

step_tidy() {
	[ -f "$build/clang/compile_commands.json" ] || CC=clang run clang-build make_build clang || return
	run tidy tidy_all
}

# Each file once: the library is compiled three times, and the checks are the same.
tidy_all() {
	mkdir -p "$build/clang/tidy"
	python3 - "$build/clang" "$source" >"$build/clang/tidy/list" <<-'EOF' || return
	import json, os, sys
	build, source = sys.argv[1:]
	once = {}
	for entry in json.load(open(build + "/compile_commands.json")):
	    path = os.path.normpath(os.path.join(entry["directory"], entry["file"]))
	    part = os.path.relpath(path, source).split(os.sep)[0]
	    if part in ("kern", "lib", "libexec", "tools"):
	        once.setdefault(path, entry)
	json.dump(list(once.values()), open(build + "/tidy/compile_commands.json", "w"))
	print("\n".join(sorted(once)))
	EOF
	xargs -P "$(nproc)" -n 4 clang-tidy --quiet -p "$build/clang/tidy" --warnings-as-errors='*' <"$build/clang/tidy/list"
}

step_manuals() {
	[ -d "$build/gcc/stage" ] || CC=gcc run gcc-build make_build gcc || return
	run manuals lint_manuals
}

# mandoc's advice on style is welcome, its warnings and errors count.
lint_manuals() {
	find "$build/gcc/stage" -path '*/man/man*' -type f >"$logs/manuals.list"
	[ -s "$logs/manuals.list" ] && xargs mandoc -T lint -W warning <"$logs/manuals.list"
}

step_shell() {
	run shell sh -c 'for f in bootstrap .ci/run tests/*.sh bench/*.sh examples/*.sh tests/functional/*.sh \
	    tests/hostile/*.sh tests/vm/*.sh; do [ ! -f "$f" ] || sh -n "$f" || exit; done'
}

# The counters' library writes files wherever a process ends, in jails too, which some tests rightly mind: the tests are
# counted in the other builds, here only which lines they reach. Part of a full run, or by its name.
step_coverage() {
	CC=gcc run coverage-build make_build coverage -Db_coverage=true || return
	find "$build/coverage" -name '*.gcda' -delete
	with_stage coverage kyua -v parallelism="$processors" test -k "$build/coverage/tests/Kyuafile" \
	    --results-file="$build/coverage/kyua.db.$$" unit functional hostile/escape_test.sh hostile/view_test.sh \
	    >"$logs/coverage-tests.log" 2>&1 </dev/null
	rm -f "$build/coverage/kyua.db.$$"
	run coverage covered_lines
	grep -E '^(TOTAL|lines|functions|branches)' "$logs/coverage.log"
}

# A counter that two processes wrote at once may come out wrong: its line is left out.
covered_lines() {
	(cd "$build/coverage" && gcovr --gcov-ignore-parse-errors --root "$source" --filter "$source/lib/" --filter "$source/kern/" \
	    --filter "$source/tools/" --print-summary lib tools)
}

# What jails leave when something went wrong: control groups, mounts, processes.
leftovers() {
	find /sys/fs/cgroup -maxdepth 3 -path '*/jail/*' -type d 2>/dev/null | sort
	sed -n 's/^\([^ ]* [^ ]*\) .*/mount \1/p' /proc/self/mounts | sort
	for comm in /proc/[0-9]*/comm; do
		grep -s '^jail-init' "$comm"
	done
	return 0
}

# The control groups that jails are made in stay for the numbers of the next ones; those that were not there before
# these tests are not wanted by anybody.
roots() {
	find /sys/fs/cgroup -maxdepth 2 -type d -name jail 2>/dev/null | sort
}

remove_roots() {
	roots | comm -13 "$logs/roots.before" - | while read -r root; do
		rmdir "$root" 2>/dev/null || true
	done
}

step_left() {
	if [ "${CI:-}" = true ]; then
		leftovers >"$logs/left.after"
		run left diff -u "$logs/left.before" "$logs/left.after"
	else
		record skipped left 'only with CI=true: others may use jails on this machine'
	fi
}

# shellcheck disable=SC2086 # a list of names
[ $# -gt 0 ] || set -- $steps
for step; do
	command -v "step_$step" >/dev/null || {
		echo "tests/run.sh: no step $step: $steps" >&2
		exit 64
	}
done
chosen=$*
: >"$results"
: >"$logs/times"

# processor_seconds FILE: of what times(1) wrote there, all children that have ended.
processor_seconds() {
	sed -n '2s/[ms]/ /gp' "$1" | awk '{ print int($1 * 60 + $2 + $3 * 60 + $4) }'
}

leftovers >"$logs/left.before"
roots >"$logs/roots.before"
for step; do
	start=$(date +%s)
	times >"$logs/times.before"
	say "$step"
	"step_$step" || true
	times >"$logs/times.after"
	cpu=$(($(processor_seconds "$logs/times.after") - $(processor_seconds "$logs/times.before")))
	printf '%-10s %6d s, %6d s of processors\n' "$step" $(($(date +%s) - start)) $cpu >>"$logs/times"
	say "$(tail -n 1 "$logs/times")"
done
remove_roots
count() {
	grep -c "^$1 " "$results"
}
failed=$(count failed)
[ "$failed" = 0 ] || grep '^failed ' "$results"
cat "$logs/times"
printf '%s passed, %s failed, %s skipped\n' "$(count passed)" "$failed" "$(count skipped)"
[ "$failed" = 0 ]

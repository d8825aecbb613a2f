#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# What limits cost, how exact they are, and what a neighbour feels of who runs into them: `bench/limits.sh PROGRAMS
# [ROUNDS [SECONDS]]`, by bench.sh, or alone. The tools are those in PATH. On a machine where version 1 and 2 control
# groups share the work it shows crun, which refuses that, version 1 alone.
set -eu
export LC_ALL=C

programs=$1
rounds=${2:-100}
seconds=${3:-10}
work=$(mktemp -d "${TMPDIR:-/tmp}/jail-limits.XXXXXX")
tree=$work/tree
tag=limits$$
keeper=

clean_up() {
	set +e
	trap - EXIT HUP INT TERM
	for jail in hog next one; do
		jail -q -R "$tag-$jail" >/dev/null 2>&1
	done
	[ -z "$keeper" ] || kill "$keeper" 2>/dev/null
	# What crun and runc made, also in the groups that they were started in.
	find /sys/fs/cgroup -depth -type d \( -name "$tag*" \) -exec rmdir {} + 2>/dev/null
	rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 1' HUP INT TERM

have() {
	command -v "$1" >/dev/null 2>&1
}

make_tree() {
	mkdir -p "$tree"
	for dir in proc dev sys tmp run usr etc var; do
		mkdir "$tree/$dir"
	done
	cp "$programs/payload" "$programs/limit_hog" "$tree"
}

# A mount namespace of version 1 alone, kept by a process.
hide_unified() {
	hidden=
	[ -d /sys/fs/cgroup/unified ] && [ -d /sys/fs/cgroup/memory ] || return 0
	unshare --mount sh -c 'umount -l /sys/fs/cgroup/unified && exec sleep 100000' &
	keeper=$!
	while [ -d "/proc/$keeper/root/sys/fs/cgroup/unified/cgroup.procs" ] ||
	    grep -q cgroup2 "/proc/$keeper/mounts"; do
		kill -0 "$keeper"
		sleep 0.1
	done
	hidden="nsenter -t $keeper -m"
}

# bundle LIMITS: an OCI bundle with the same five, or none.
bundle() {
	mkdir -p "$work/bundle-$1"
	limits=
	[ "$1" = none ] || limits='"resources": { "memory": { "limit": 268435456 }, "pids": { "limit": 100 },
	      "cpu": { "shares": 512, "quota": 50000, "period": 100000, "cpus": "0" } },'
	cat >"$work/bundle-$1/config.json" <<-EOF
	{ "ociVersion": "1.0.2",
	  "process": { "terminal": false, "user": { "uid": 0, "gid": 0 }, "args": [ "/payload" ], "env": [ "PATH=/" ],
	    "cwd": "/", "noNewPrivileges": true },
	  "root": { "path": "$tree", "readonly": false },
	  "hostname": "bench",
	  "mounts": [
	    { "destination": "/proc", "type": "proc", "source": "proc" },
	    { "destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": [ "nosuid", "mode=755" ] },
	    { "destination": "/sys", "type": "sysfs", "source": "sysfs", "options": [ "nosuid", "noexec", "nodev", "ro" ] } ],
	  "linux": { "cgroupsPath": "/$tag-$1", $limits
	    "namespaces": [ { "type": "pid" }, { "type": "network" }, { "type": "ipc" }, { "type": "uts" }, { "type": "mount" } ] } }
	EOF
}

five='limit.memoryuse=256m limit.maxproc=100 limit.pcpu=50 limit.cpushare=50 limit.cpuset=0'

contenders() {
	echo "jail, five limits||jail -c name=$tag-one path=$tree $five command=/payload"
	echo "jail, five limits, exec.init=no||jail -c name=$tag-one path=$tree $five exec.init=no command=/payload"
	echo "jail, one limit of a control group||jail -c name=$tag-one path=$tree limit.maxproc=100 command=/payload"
	echo "jail, three of processes and IPC||jail -c name=$tag-one path=$tree limit.openfiles=64 limit.fsize=1m \
limit.shmsize=1m command=/payload"
	echo "jail, none||jail -c name=$tag-one path=$tree command=/payload"
	for oci in crun runc; do
		have $oci || continue
		enter=
		[ $oci = runc ] || enter=$hidden
		for which in five none; do
			bundle $which
			echo "$oci, $which||$enter $oci --root $work/oci run -b $work/bundle-$which $tag-$which"
		done
	done
	have systemd-run && [ -d /run/systemd/system ] && echo "systemd-run --scope, five||systemd-run -q --scope \
-p MemoryMax=256M -p TasksMax=100 -p CPUQuota=50% -p CPUWeight=50 -p AllowedCPUs=0 $tree/payload"
	return 0
}

# microseconds COMMAND...
microseconds() {
	start=$(date +%s%N)
	"$@" >/dev/null
	echo $((($(date +%s%N) - start) / 1000))
}

# Version 1 lets a process into a group only after a grace period of RCU, unless another one came into some group in the
# last milliseconds, as it does in the table above.
waits() {
	: >"$work/five"
	: >"$work/none"
	for _ in $(seq 40); do
		sleep 0.1
		microseconds jail -c name="$tag-one" path="$tree" command=/payload >>"$work/none"
		sleep 0.1
		# shellcheck disable=SC2086 # a list of parameters
		microseconds jail -c name="$tag-one" path="$tree" $five command=/payload >>"$work/five"
	done
	none=$(sort -n "$work/none" | sed -n 20p)
	awk -v none="$none" -v five="$(sort -n "$work/five" | sed -n 20p)" '
		$1 > none + 4000 { waits++ }
		$1 > none + 16000 { more++ }
		END { printf "| a tenth of a second after another: none, five limits | %d us, %d us |\n", none, five
		printf "| of %d such with five, took 4 ms more; 16 ms more | %d; %d |\n", NR, waits, more }' "$work/five"
}

hog() {
	jexec "$1" /limit_hog "$2" "$3"
}

# figure JAIL NAME
figure() {
	jstat --json "$1" | grep -o "\"$2\": *[0-9]*" | head -n 1 | grep -o '[0-9]*$'
}

accuracy() {
	jail -q -c name="$tag-one" path="$tree" persist limit.pcpu=50 limit.maxproc=20 limit.memoryuse=64m limit.swapuse=0
	echo "| processes of 20 allowed, its reaper and the counting program among them | $(($(hog "$tag-one" fork 60) + 2)) |"
	before=$(figure "$tag-one" cpu_usage_usec)
	start=$(date +%s%N)
	hog "$tag-one" spin $((seconds * 1000)) >/dev/null
	took=$((($(date +%s%N) - start) / 1000))
	used=$(($(figure "$tag-one" cpu_usage_usec) - before))
	echo "| processor of 50 %, over $seconds s | $(awk -v u="$used" -v t="$took" 'BEGIN { printf "%.1f %%", 100 * u / t }') |"
	hog "$tag-one" memory 100 >/dev/null 2>&1 || true # killed
	peak=$(find /sys/fs/cgroup -path "*/jail/$tag-one/memory.max_usage_in_bytes" -o -path "*/jail/$tag-one/memory.peak")
	limit=$(find /sys/fs/cgroup -path "*/jail/$tag-one/memory.limit_in_bytes" -o -path "*/jail/$tag-one/memory.max")
	echo "| most memory ever held, against 64 MiB (100 wanted) | $(($(cat "$peak") - 67108864)) bytes |"
	jail -q -m name="$tag-one" limit.memoryuse=50000001
	echo "| what the kernel holds it to, told 50000001 bytes | $(($(cat "$limit") - 50000001)) bytes |"
	jail -q -R "$tag-one"
}

# neighbour PARAMETERS HOG...: rounds of a jail that computes, alone and against the hogs, in turn; the medians' ratio.
neighbour() {
	title=$1 parameters=$2 many=$3
	shift 3
	: >"$work/alone"
	: >"$work/beside"
	last=$(($(nproc) - 1))
	half=$((($(nproc) + 1) / 2))
	jail -q -c name="$tag-next" path="$tree" persist limit.cpuset=$half-$last
	for _ in 1 2 3 4 5 6 7; do
		hog "$tag-next" count 1000 >>"$work/alone"
		# shellcheck disable=SC2086 # a list of parameters
		jail -q -c name="$tag-hog" path="$tree" persist limit.cpuset=0-$((half - 1)) $parameters
		i=0
		while [ $i -lt "$many" ]; do
			i=$((i + 1))
			jexec "$tag-hog" /limit_hog "$@" >/dev/null 2>&1 </dev/null &
		done
		sleep 0.3
		hog "$tag-next" count 1000 >>"$work/beside"
		jail -q -R "$tag-hog" || jail -C
		wait_for_hogs
	done
	jail -q -R "$tag-next"
	echo "| $title | $(sort -n "$work/alone" | sed -n 4p) | $(sort -n "$work/beside" | sed -n 4p) |" |
	    awk -F '|' '{ printf "%s %.0f %% |\n", $0, 100 * $4 / $3 }'
}

# All that runs in the background but the keeper.
wait_for_hogs() {
	for pid in $(jobs -p); do
		[ "$pid" = "$keeper" ] || wait "$pid" 2>/dev/null || true
	done
}

make_tree
hide_unified
echo "$(uname -sr), $(nproc) processors, $(date -u +%F)"
contenders | BENCH_NICE=1 "$programs/run" 'Create, run, remove, with limits' "$rounds" || true
echo
echo 'Accuracy, and how often entering a group is waited for'
echo
echo '| what | measured |'
echo '| --- | ---: |'
accuracy
waits
[ "$(nproc)" -gt 1 ] || exit 0
echo
echo "A neighbour on half of the processors: how often it came round in a second"
echo
echo '| hogs on the other half | alone | beside | kept |'
echo '| --- | ---: | ---: | ---: |'
neighbour 'four that compute' 'limit.pcpu=100' 4 spin 10000
neighbour 'a fork bomb, 100 processes' 'limit.maxproc=100' 1 bomb
neighbour 'memory without end, 64 MiB' 'limit.memoryuse=64m limit.swapuse=0' 4 memory 4000
neighbour 'page cache without end, 64 MiB' 'limit.memoryuse=64m' 2 cache /tmp/cache 4000
neighbour 'descriptors, 1,000 a process' 'limit.openfiles=1000 limit.maxproc=100' 8 descriptors
neighbour 'System V and POSIX IPC' 'limit.shmsize=64m limit.nmsgq=100 limit.maxproc=100' 4 ipc

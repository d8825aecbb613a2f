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
	chmod 1777 "$tree/tmp"
	cp "$programs/payload" "$programs/limit_hog" "$programs/net_rate" "$tree"
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
	# Version 1 makes whoever enters a group wait.
	[ -d /sys/fs/cgroup/memory ] && most= || most=1.15
	echo "jail, none|$most|jail -c name=$tag-one path=$tree command=/payload"
	for oci in crun runc; do
		have $oci || continue
		enter=
		[ $oci = runc ] || enter=$hidden
		for which in five none; do
			bundle $which
			[ $oci,$which = crun,five ] && most=0.5 || most=
			echo "$oci, $which|$most|$enter $oci --root $work/oci run -b $work/bundle-$which $tag-$which"
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

# hog JAIL ARGUMENT...
hog() {
	in=$1
	shift
	jexec "$in" /limit_hog "$@"
}

# figure JAIL NAME
figure() {
	jstat --json "$1" | grep -o "\"$2\": *[0-9]*" | head -n 1 | grep -o '[0-9]*$'
}

# accurate WHAT ALLOWED MEASURED UNIT: a line of the table.
accurate() {
	awk -v what="$1" -v a="$2" -v m="$3" -v unit="$4" 'BEGIN {
		printf "| %s | %.10g%s | %.10g%s | %.3f |\n", what, a, unit, m, unit, m / a }'
}

# bytes WHAT ALLOWED: what should have taken $seconds took $ms.
bytes() {
	accurate "$1, over $seconds s" "$2" "$((seconds * $2 * 1000 / ms))" ' B/s'
}

# The jail's processor time, and when that was.
used() {
	figure "$tag-one" cpu_usage_usec
	date +%s%N
}

accuracy_processor() {
	hog "$tag-one" spin $((seconds * 1000 + 4000)) >/dev/null &
	sleep 2
	used >"$work/before"
	sleep "$seconds"
	used >"$work/after"
	wait $!
	accurate "processor, over $seconds s" 50 "$(cat "$work/before" "$work/after" | tr '\n' ' ' |
	    awk '{ printf "%.2f", 100 * ($3 - $1) / (($4 - $2) / 1000) }')" ' %'
}

accuracy_memory() {
	hog "$tag-one" memory 100 >/dev/null 2>&1 || true # killed
	peak=$(find /sys/fs/cgroup -path "*/jail/$tag-one/memory.max_usage_in_bytes" -o -path "*/jail/$tag-one/memory.peak")
	limit=$(find /sys/fs/cgroup -path "*/jail/$tag-one/memory.limit_in_bytes" -o -path "*/jail/$tag-one/memory.max")
	accurate 'most memory ever held, 100 MiB wanted' 67108864 "$(cat "$peak")" ' B'
	jail -q -m name="$tag-one" limit.memoryuse=50000001
	accurate 'memory, as the kernel holds it' 50000001 "$(cat "$limit")" ' B'
}

# What went past the page cache, of the disk that the tree lies on.
accuracy_disk() {
	jail -q -c name="$tag-one" path="$tree" persist limit.writebps=4m limit.readbps=4m 2>"$work/said" || {
		grep -q 'lies on a disk\|no such disk' "$work/said" || cat "$work/said" >&2
		echo "| written, read | | not measured: $tree lies on no disk | |"
		return
	}
	ms=$(hog "$tag-one" write /tmp/file $((seconds * 4096)))
	bytes 'written to the disk' 4194304
	ms=$(hog "$tag-one" read /tmp/file $((seconds * 4096)))
	bytes 'read from the disk' 4194304
	jail -q -R "$tag-one"
	rm -f "$tree/tmp/file"
}

# wait_for FILE PROCESS
wait_for() {
	until [ -s "$1" ]; do
		kill -0 "$2"
		sleep 0.1
	done
}

# Over loopback, which is the host's here. Half a second's worth may go at once.
accuracy_net() {
	kib=$((seconds * 1024))
	jail -q -c name="$tag-one" path="$tree" persist vnet=inherit limit.netrate=8m
	jexec "$tag-one" /net_rate send /tmp/port $kib &
	wait_for "$tree/tmp/port" $!
	ms=$("$programs/net_rate" receive "$(cat "$tree/tmp/port")" $kib)
	bytes 'sent' 1048576
	wait $!
	"$programs/net_rate" send "$work/port" $kib &
	wait_for "$work/port" $!
	ms=$(jexec "$tag-one" /net_rate receive "$(cat "$work/port")" $kib)
	bytes 'received' 1048576
	wait $!
	jail -q -R "$tag-one"
}

accuracy() {
	# With all the weight that there is, so that it gets what it may on a busy machine too.
	jail -q -c name="$tag-one" path="$tree" persist limit.pcpu=50 limit.cpushare=10000 limit.maxproc=20 limit.memoryuse=64m \
	    limit.swapuse=0
	# Its reaper and the counting program are two of them.
	accurate 'processes' 20 "$(($(hog "$tag-one" fork 60) + 2))" ''
	accuracy_processor
	accuracy_memory
	jail -q -R "$tag-one"
	accuracy_disk
	accuracy_net
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
		END { printf "| none, five limits | %d us, %d us |\n", none, five
		printf "| of %d with five, took 4 ms more; 16 ms more | %d; %d |\n", NR, waits, more }' "$work/five"
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
echo 'Accuracy'
echo
echo '| what | allowed | measured | of it |'
echo '| --- | ---: | ---: | ---: |'
accuracy
if [ -d /sys/fs/cgroup/memory ]; then
	echo
	echo 'A tenth of a second after another: entering a group of version 1 is waited for'
	echo
	echo '| what | measured |'
	echo '| --- | ---: |'
	waits
fi
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

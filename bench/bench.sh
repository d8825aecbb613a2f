#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Every figure of bench/README.md, side by side in one run: `bench/bench.sh PROGRAMS [ROUNDS [JAILS]]`, by ./bootstrap bench.
# The tools are those in PATH; what else this machine has (unshare, bwrap, crun, runc, systemd-nspawn) is measured too.
set -eu
export LC_ALL=C

# With the control groups as they are.
[ -n "${BENCH_UNIFIED:-}" ] || sh "$(dirname "$0")/limits.sh" "$1" "${2:-100}"

# crun refuses machines where version 1 and 2 control groups share the work. There, everything runs (all contenders
# alike) in a mount namespace that shows version 2 alone.
if [ -d /sys/fs/cgroup/unified/ ] && [ -z "${BENCH_UNIFIED:-}" ]; then
	export BENCH_UNIFIED=1
	before=$(find /sys/fs/cgroup/systemd -maxdepth 1 2>/dev/null)
	status=0
	unshare --mount sh -c 'umount -R -l /sys/fs/cgroup && mount -t cgroup2 cgroup2 /sys/fs/cgroup &&
	    exec sh "$0" "$@"' "$0" "$@" || status=$?
	for name in payload supervisor; do # systemd-nspawn leaves them
		case $before in
		*/$name*) ;;
		*) rmdir "/sys/fs/cgroup/systemd/$name" 2>/dev/null || true ;;
		esac
	done
	exit $status
fi

programs=$1
rounds=${2:-100}
crowd=${3:-1000}
work=$(mktemp -d "${TMPDIR:-/tmp}/jail-bench.XXXXXX")
tree=$work/tree
medians=$work/medians
tag=bench$$
cgroup=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/self/mounts)
missed=0
export BENCH_MEDIANS="$medians"

clean_up() {
	set +e
	trap - EXIT HUP INT TERM
	[ -f "$work/crowd.conf" ] && remove_crowd >/dev/null 2>&1
	jail -q -R "$tag-idle" >/dev/null 2>&1
	for oci in crun runc; do
		[ -f "$work/$oci-idle" ] && $oci --root "$work/oci-$oci" delete -f "$tag-idle" >/dev/null 2>&1
	done
	find /sys/fs/cgroup -maxdepth 4 -type d | sort | comm -13 "$work/cgroups" - | sort -r |
	    grep -E '/(payload|supervisor)$' | xargs -r rmdir 2>/dev/null # systemd-nspawn's
	rm -rf "$work"
}
find /sys/fs/cgroup -maxdepth 4 -type d | sort >"$work/cgroups"

# By name: there may be other jails on this machine.
remove_crowd() {
	sed 's/ .*//' "$work/crowd.conf" | xargs jail -p 2 -q -R
}
trap clean_up EXIT
trap 'exit 1' HUP INT TERM

have() {
	command -v "$1" >/dev/null 2>&1
}

# table TITLE: contenders come from standard input.
table() {
	"$programs/run" "$1" "$rounds" || missed=$((missed + 1))
}

make_tree() {
	mkdir -p "$tree"
	for dir in proc dev sys tmp run usr etc var; do
		mkdir "$tree/$dir"
	done
	cp "$programs/payload" "$tree/payload"
	"$programs/filter" >"$work/filter"
}

# bundle DIR NETWORK ARGS: an OCI bundle with the namespaces and mounts that `runc spec` writes.
bundle() {
	mkdir -p "$1"
	network=
	[ "$2" = no ] || network='{ "type": "network" },'
	cat >"$1/config.json" <<-EOF
	{ "ociVersion": "1.0.2",
	  "process": { "terminal": false, "user": { "uid": 0, "gid": 0 }, "args": [ $3 ], "env": [ "PATH=/" ], "cwd": "/",
	    "noNewPrivileges": true },
	  "root": { "path": "$tree", "readonly": false },
	  "hostname": "bench",
	  "mounts": [
	    { "destination": "/proc", "type": "proc", "source": "proc" },
	    { "destination": "/dev", "type": "tmpfs", "source": "tmpfs",
	      "options": [ "nosuid", "strictatime", "mode=755", "size=65536k" ] },
	    { "destination": "/dev/pts", "type": "devpts", "source": "devpts",
	      "options": [ "nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620" ] },
	    { "destination": "/dev/shm", "type": "tmpfs", "source": "shm",
	      "options": [ "nosuid", "noexec", "nodev", "mode=1777", "size=65536k" ] },
	    { "destination": "/sys", "type": "sysfs", "source": "sysfs", "options": [ "nosuid", "noexec", "nodev", "ro" ] } ],
	  "linux": { "namespaces": [ { "type": "pid" }, $network { "type": "ipc" }, { "type": "uts" }, { "type": "mount" } ],
	    "maskedPaths": [ "/proc/kcore", "/proc/keys", "/proc/timer_list" ],
	    "readonlyPaths": [ "/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger" ] } }
	EOF
}

# The command for crun or runc: with control groups of its own where it can make them, else without.
oci() {
	[ -d "$work/bundle-probe" ] || bundle "$work/bundle-probe" yes '"/payload"'
	if [ "$1" = crun ] && ! crun --root "$work/oci-crun" run -b "$work/bundle-probe" "$tag-p" >/dev/null 2>&1; then
		find /sys/fs/cgroup -maxdepth 3 -name "$tag-p" -type d -exec rmdir {} + 2>/dev/null || true
		echo "crun --cgroup-manager=disabled --root $work/oci-crun"
	else
		echo "$1 --root $work/oci-$1"
	fi
}

# create_contenders NETWORK(yes|no)
create_contenders() {
	if [ "$1" = yes ]; then
		ours='' floor=-n unshare=--net bwrap=--unshare-net nspawn=--private-network
	else
		ours=vnet=inherit floor='' unshare='' bwrap='' nspawn=''
	fi
	echo "jail, exec.init=no||jail -c name=$tag path=$tree $ours exec.init=no command=/payload"
	echo "jail, with its reaper||jail -c name=$tag path=$tree $ours command=/payload"
	echo "floor|1.25|$programs/floor $floor $tree /payload"
	echo "floor, control group||$programs/floor $floor -c $cgroup/$tag-floor $tree /payload"
	echo "floor, + users of its own||$programs/floor $floor -u -c $cgroup/$tag-floor $tree /payload"
	echo "floor, + filter, capabilities|1.25|$programs/floor $floor -u -f $work/filter -c $cgroup/$tag-floor $tree /payload"
	echo "unshare|0.85|unshare --mount --pid --ipc --uts --cgroup $unshare --fork --root=$tree --mount-proc /payload"
	have bwrap && echo "bubblewrap|0.45|bwrap --unshare-pid --unshare-ipc --unshare-uts --unshare-cgroup $bwrap \
--bind $tree / --proc /proc --dev /dev --tmpfs /tmp /payload"
	for oci in crun runc; do
		have $oci || continue
		bundle "$work/bundle-$1" "$1" '"/payload"'
		echo "$oci||$(oci $oci) run -b $work/bundle-$1 $tag"
	done
	have systemd-nspawn && echo "systemd-nspawn||systemd-nspawn -q --register=no --keep-unit $nspawn -D $tree /payload"
	return 0
}

# The kernel's id of the jail's first process, as bare setns and nsenter need it.
first_process() {
	sort -n "$cgroup/jail/$1/cgroup.procs" | head -n 1
}

enter_contenders() {
	pid=$(first_process "$tag-idle")
	echo "jexec||jexec $tag-idle /payload"
	echo "bare setns|1.2|$programs/setns $pid /payload"
	echo "setns, control group||$programs/setns -c $cgroup/jail/$tag-idle $pid /payload"
	echo "setns, + filter, capabilities|1.2|$programs/setns -c $cgroup/jail/$tag-idle -f $work/filter $pid /payload"
	echo "nsenter|0.7|nsenter -t $pid -a /payload"
	for oci in crun runc; do
		[ -f "$work/$oci-idle" ] && echo "$oci exec|$([ $oci = crun ] && echo 0.4)|$(oci $oci) exec $tag-idle /payload"
	done
	return 0
}

# Long-running ones to be entered.
start_idle() {
	jail -q -c name="$tag-idle" path="$tree" persist
	for oci in crun runc; do
		have $oci || continue
		bundle "$work/bundle-$oci-idle" yes '"/payload", "sleep"'
		if $(oci $oci) run -d -b "$work/bundle-$oci-idle" "$tag-idle" >/dev/null 2>&1 </dev/null; then
			: >"$work/$oci-idle"
		fi
	done
}

few_contenders() {
	echo "jail||jail -c name=$tag path=$tree exec.init=no command=/payload"
	echo "jail, vnet=inherit||jail -c name=$tag path=$tree vnet=inherit exec.init=no command=/payload"
	echo "floor||$programs/floor -n -c $cgroup/$tag-floor $tree /payload"
	echo "floor, the host's network||$programs/floor -c $cgroup/$tag-floor $tree /payload"
	echo "jexec||jexec $tag-idle /payload"
	echo "bare setns||$programs/setns $(first_process "$tag-idle") /payload"
	echo "jls||jls"
	echo "jstat||jstat --json"
}

write_crowd() {
	i=0
	while [ $i -lt "$1" ]; do
		i=$((i + 1))
		echo "$2$i { path = \"$tree\"; persist; host.hostname = \"\${name}.example\"; }"
	done
}

# Private pages of every process of a jail, in KiB.
private_memory() {
	while read -r pid; do
		cat "/proc/$pid/smaps_rollup"
	done <"$cgroup/jail/$1/cgroup.procs" | awk '/^Private_/ { sum += $2 } END { print sum + 0 }'
}

median() {
	awk -F '\t' -v title="$1" -v name="$2" '$1 == title && $2 == name { print $3 }' "$medians"
}

# verdict WHAT VALUE LIMIT UNIT
verdict() {
	if awk -v v="$2" -v l="$3" 'BEGIN { exit !(v <= l) }'; then
		echo "| $1 | $2 $4 | $3 $4 | met |"
	else
		echo "| $1 | $2 $4 | $3 $4 | MISSED |"
		missed=$((missed + 1))
	fi
}

milliseconds() {
	start=$(date +%s%N)
	"$@" >/dev/null
	echo $((($(date +%s%N) - start) / 1000000))
}

make_tree
echo "$(uname -sr), $(nproc) processors, $(date -u +%F)"
create_contenders no | table 'Create, run, remove: the host'"'"'s network stack'
create_contenders yes | table 'Create, run, remove: a network stack of its own'
start_idle
enter_contenders | table 'Enter and run'
few_contenders | table 'Alone'
idle_memory=$(private_memory "$tag-idle")
idle_processes=$(wc -l <"$cgroup/jail/$tag-idle/cgroup.procs")

write_crowd "$crowd" "$tag-c" >"$work/crowd.conf"
crowd_made=$(milliseconds jail -f "$work/crowd.conf" -p 2 -q -c)
few_contenders | table "Among $crowd idle jails"
crowd_gone=$(milliseconds remove_crowd)
rm "$work/crowd.conf"

write_crowd 10000 j >"$work/many.conf"
parse=$(milliseconds jail -f "$work/many.conf" -e ,)

echo
echo 'Single figures'
echo
echo '| what | measured | at most | |'
echo '| --- | ---: | ---: | --- |'
# What the kernel makes dearer for everybody, a floor program shows.
growth() {
	awk -v a="$(median "Among $crowd idle jails" "$1")" -v b="$(median Alone "$1")" 'BEGIN { printf "%.2f", a / b }'
}
for name in jail 'jail, vnet=inherit' jexec; do
	verdict "$name among $crowd idle jails, of what it takes alone" "$(growth "$name")" 1.15 times
done
for name in floor 'floor, the host'"'"'s network' 'bare setns'; do
	echo "| $name among $crowd idle jails, of what it takes alone | $(growth "$name") times | | |"
done
verdict "jls of $crowd" "$(awk -v a="$(median "Among $crowd idle jails" jls)" 'BEGIN { printf "%.1f", a / 1000 }')" 50 ms
verdict "jstat --json of $crowd" "$(awk -v a="$(median "Among $crowd idle jails" jstat)" 'BEGIN { printf "%.1f", a / 1000 }')" 100 ms
verdict 'private memory of an idle persistent jail' "$idle_memory" 50 KiB
verdict 'processes of an idle persistent jail' "$idle_processes" 1 ''
verdict 'reading a file of 10,000 jails, every parameter of each printed' "$parse" 1000 ms
echo "| making $crowd jails from one file, and removing them | $crowd_made ms, $crowd_gone ms | | |"
[ "$missed" = 0 ] || echo "$missed of the tables and figures missed a limit or could not be measured"

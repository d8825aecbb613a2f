#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# bench/limits.sh where all controllers are in cgroup version 2: `bench/limits-vm.sh [KERNEL [ROUNDS [SECONDS]]]` boots a stock
# kernel, 6.1 (Debian 12's) or 6.12 (13's, the default), in emulation and prints the tables. Times are those of the
# emulation and good for ratios alone. It is a Debian that systemd has booted, with crun and runc; there are no
# neighbours: it has one processor.
set -eu
kernel=${1:-6.12}
rounds=${2:-100}
seconds=${3:-10}
source=$(cd "$(dirname "$0")/.." && pwd)
build=$source/build
log=$build/limits-vm.log
case $kernel in
6.1) release=bookworm ;;
6.12) release=trixie ;;
*)
	echo "usage: $0 [6.1|6.12 [ROUNDS [SECONDS]]]" >&2
	exit 64
	;;
esac

# The programs as ./bootstrap bench builds them.
make_all() {
	if [ ! -f "$build/bench/build.ninja" ]; then
		meson setup "$build/bench" "$source" -Dprefix="$build/bench/stage" -Dtests=disabled -Dbench=true || return
	fi
	ninja -C "$build/bench" || return
	sh "$source/tests/vm/kernel.sh" $release "$build/vm/$kernel" || return
	VM_FILES="$source/bench/limits.sh $build/bench/bench/run $build/bench/bench/payload $build/bench/bench/limit_hog
	    $build/bench/bench/net_rate" \
	    VM_COMMAND="export TMPDIR=/var/tmp; exec sh $source/bench/limits.sh $build/bench/bench $rounds $seconds" \
	    sh "$source/tests/vm/system.sh" $release "$build/system" "$build/vm/limits.img" crun runc
}

mkdir -p "$build/vm"
make_all >"$log" 2>&1 || {
	tail -n 20 "$log" >&2
	exit 1
}
# Without what the kernel says.
VM_TIMEOUT=${VM_TIMEOUT:-3600} sh "$source/tests/vm/run.sh" "$build/vm/$kernel" "$build/vm/limits.img" | grep -v '^\['
rm -f "$build/vm/limits.img"
grep -q '^vm: ended with 0' "$build/vm/$kernel/console.log"

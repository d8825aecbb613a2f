#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# `run.sh KERNEL IMAGE`: boot what kernel.sh left in the directory KERNEL with a disk that begins as IMAGE (disk.sh) and
# ends as nothing, and print the console. Fails unless the machine ends in good order.
set -eu
export LC_ALL=C
kernel=$1
image=$2
here=$(cd "$(dirname "$0")" && pwd)

# The first file system: process 1 and the modules that the disk needs.
rm -rf "$kernel/first"
mkdir -p "$kernel/first/dev" "$kernel/first/disk"
cp -R "$kernel/modules" "$kernel/first/modules"
# shellcheck disable=SC2086 # two words
${VM_CC:-$(command -v musl-gcc || echo cc)} -static -O1 -D_GNU_SOURCE -o "$kernel/first/init" "$here/init.c"
(cd "$kernel/first" && find . | cpio -o -H newc --quiet) >"$kernel/first.cpio"

# Without hardware help: a second or two to boot, programs 5 to 20 times slower. There is nothing to be timed in here. A
# machine without memory (but for what a control group may have) or with a task that hangs ends at once.
timeout -k 5 "${VM_TIMEOUT:-900}" qemu-system-x86_64 -M q35 -accel tcg,thread=multi -cpu max -smp "${VM_CPUS:-1}" -m 1024 \
    -nodefaults -no-user-config -display none -serial stdio -no-reboot \
    -kernel "$kernel/vmlinux" -initrd "$kernel/first.cpio" \
    -drive "file=$image,format=raw,if=virtio,cache=unsafe,snapshot=on" \
    -append 'console=ttyS0 quiet panic=-1 oops=panic mitigations=off random.trust_cpu=on tsc=reliable no_timer_check
noreplace-smp cryptomgr.notests rcupdate.rcu_expedited=1
sysctl.vm.panic_on_oom=1 sysctl.kernel.hung_task_panic=1' </dev/null 2>"$kernel/qemu.log" | sed -u 's,\r$,,' | tee "$kernel/console.log"
grep -q '^vm: ended with 0$' "$kernel/console.log"

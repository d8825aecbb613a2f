#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# `run.sh RELEASE STAGE`: run the functional and hostile tests of the installation in STAGE (with the Kyuafile beside it) on the
# kernel of Debian RELEASE, in an emulated machine with a disk of its own. Prints what kyua prints there.
set -eu
export LC_ALL=C
release=$1
stage=$2
tests=$(dirname "$stage")/tests
here=$(cd "$(dirname "$0")" && pwd)
source=$(cd "$here/../.." && pwd)
work=$source/build/vm/$release
mkdir -p "$work"
sh "$here/kernel.sh" "$release" "$work" >"$work/kernel.log" 2>&1 || {
	cat "$work/kernel.log"
	exit 1
}

# The first file system: process 1 and the modules that the disk needs.
rm -rf "$work/first"
mkdir -p "$work/first/dev" "$work/first/disk"
cp -R "$work/modules" "$work/first/modules"
"$(command -v musl-gcc || echo cc)" -static -O1 -D_GNU_SOURCE -o "$work/first/init" "$here/init.c"
(cd "$work/first" && find . | cpio -o -H newc --quiet) >"$work/first.cpio"

# The disk: these packages' programs with the libraries that they need, what is tested, and the tests.
disk=$work/disk
rm -rf "$disk"
mkdir -p "$disk"
for dir in proc sys dev run tmp var/tmp root home mnt srv media opt boot usr/bin usr/sbin usr/lib usr/lib64 etc var/log; do
	mkdir -p "$disk/$dir"
done
chmod 1777 "$disk/tmp" "$disk/var/tmp"
chmod 700 "$disk/root"
for link in bin sbin lib lib64; do
	ln -s "usr/$link" "$disk/$link"
done
for package in coreutils dash bash util-linux mount procps grep sed mawk findutils hostname diffutils kyua atf-sh \
    login passwd libc-bin attr strace; do
	dpkg -L "$package" 2>/dev/null || true
done | grep -E '/(s?bin|libexec|share/atf|share/kyua)/' | sort -u >"$work/programs"
for program in awk script python3 busybox mkfs.ext4 losetup; do
	command -v $program || true
done >>"$work/programs"
while read -r file; do
	if [ -f "$file" ]; then
		to=$(printf '%s' "$file" | sed -E 's,^/(bin|sbin|lib)/,/usr/\1/,')
		mkdir -p "$disk$(dirname "$to")"
		cp -L "$file" "$disk$to"
	fi
done <"$work/programs"
find "$disk" -type f -perm -100 -exec ldd {} + 2>/dev/null | sed -nE 's,^\t([^ ]+ => )?(/[^ ]+) .*,\2,p' | sort -u >"$work/libraries"
while read -r file; do
	to=$(printf '%s' "$file" | sed -E 's,^/lib,/usr/lib,')
	mkdir -p "$disk$(dirname "$to")"
	cp -L "$file" "$disk$to"
done <"$work/libraries"
cp /etc/passwd /etc/group /etc/nsswitch.conf "$disk/etc/"
echo '127.0.0.1 localhost' >"$disk/etc/hosts"
echo vm >"$disk/etc/hostname"
mkdir -p "$disk$stage" "$disk$tests"
cp -a "$stage/sbin" "$stage/libexec" "$disk$stage/"
cp -RL "$tests/functional" "$tests/hostile" "$disk$tests/"
{
	echo 'syntax(2)'
	echo 'include("functional/Kyuafile")'
	echo 'include("hostile/Kyuafile")'
} >"$disk$tests/Kyuafile"
for list in functional hostile; do # not what looks at the repository itself
	rm -f "$disk$tests/$list/Kyuafile"
	grep -vE 'install_test|source_test' "$tests/$list/Kyuafile" >"$disk$tests/$list/Kyuafile" || true
done
mkdir -p "$disk$source/tests" "$disk$source/examples"
cp -R "$source/tests/conf" "$disk$source/tests/"
cat >"$disk/run-tests" <<EOF
export JAIL_STAGE=$stage JAIL_SOURCE=$source JAIL_HOSTILE=$tests/hostile JAIL_VM=$release PATH=$stage/sbin:\$PATH
uname -r
${VM_COMMAND:-kyua test -k $tests/Kyuafile --results-file=/tmp/results.db
[ \$? = 0 ] || kyua report --results-file=/tmp/results.db --verbose --results-filter=broken,failed}
EOF
rm -f "$work/disk.img"
mke2fs -q -t ext4 -d "$disk" -L disk "$work/disk.img" "${VM_DISK:-1g}" >/dev/null 2>&1
rm -rf "$disk"

# Without hardware help: a second to boot, programs 5 to 20 times slower. There is nothing to be timed in here.
timeout "${VM_TIMEOUT:-1500}" qemu-system-x86_64 -M q35 -accel tcg,thread=multi -cpu max -smp 1 -m 1024 \
    -nodefaults -no-user-config -display none -serial stdio -no-reboot \
    -kernel "$work/vmlinux" -initrd "$work/first.cpio" \
    -drive "file=$work/disk.img,format=raw,if=virtio,cache=unsafe" \
    -append 'console=ttyS0 quiet panic=-1 oops=panic mitigations=off random.trust_cpu=on tsc=reliable no_timer_check
noreplace-smp cryptomgr.notests rcupdate.rcu_expedited=1' </dev/null 2>"$work/qemu.log" | tr -d '\r' | tee "$work/console.log"
grep -q '^vm: ended with 0$' "$work/console.log"

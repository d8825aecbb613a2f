#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# `disk.sh STAGE IMAGE`: make IMAGE, an ext4 disk with a small Debian made of this machine's programs, the installation in
# STAGE and the tests beside it. (The host's own tree by 9p would do for programs, but root in a jail is nobody outside by
# id-mapped mounts, which 9p and an overlay on it do not have.) VM_LIST: another list of tests than tests/vm/list;
# VM_COMMAND: shell commands to run instead.
set -eu
stage=$1
image=$2
tests=$(dirname "$stage")/tests
here=$(cd "$(dirname "$0")" && pwd)
source=$(cd "$here/../.." && pwd)
work=$image.d
disk=$work/disk

# Packages whose programs are there, and programs of others.
packages='coreutils dash bash util-linux mount procps grep sed mawk findutils hostname diffutils atf-sh login passwd
    libc-bin attr strace e2fsprogs bsdutils iproute2 jq'
programs='awk script busybox mkfs.ext4 mkfs.xfs losetup chattr readelf'

rm -rf "$work"
mkdir -p "$disk"
for dir in proc sys dev run tmp var/tmp var/lib root home mnt srv media opt boot usr/bin usr/sbin usr/lib usr/lib64 etc \
    var/log; do
	mkdir -p "$disk/$dir"
done
chmod 1777 "$disk/tmp" "$disk/var/tmp"
chmod 700 "$disk/root"
for link in bin sbin lib lib64; do
	ln -s "usr/$link" "$disk/$link"
done

# copy FILE: to the same place, without what it links to.
copy() {
	to=$disk$(printf '%s' "$1" | sed -E 's,^/(bin|sbin|lib|lib64)/,/usr/\1/,')
	mkdir -p "$(dirname "$to")"
	cp -L "$1" "$to"
}

for package in $packages; do
	dpkg -L "$package" 2>/dev/null || true
done | grep -E '/(s?bin|libexec|share/atf)/' | sort -u >"$work/files"
for program in $programs; do
	command -v "$program" || true
done >>"$work/files"
while read -r file; do
	[ ! -f "$file" ] || copy "$file"
done <"$work/files"
find "$disk" -type f -perm -100 -exec ldd {} + 2>/dev/null | sed -nE 's,^\t([^ ]+ => )?(/[^ ]+) .*,\2,p' | sort -u \
    >"$work/libraries"
while read -r file; do
	copy "$file"
done <"$work/libraries"
# What scripts run most, static: the dynamic linker is what takes long in emulation.
mkdir -p "$disk/usr/local/bin"
cp -L "$(command -v busybox)" "$disk/usr/local/bin/busybox"
for applet in tr cat ln mkdir rm rmdir cp chmod chown dirname basename expr true false sleep touch; do
	ln "$disk/usr/local/bin/busybox" "$disk/usr/local/bin/$applet"
done
cp /etc/passwd /etc/group /etc/nsswitch.conf "$disk/etc/"
for secret in shadow gshadow; do
	echo 'root:*::' >"$disk/etc/$secret"
	chmod 640 "$disk/etc/$secret"
done
echo '127.0.0.1 localhost' >"$disk/etc/hosts"
echo vm >"$disk/etc/hostname"

mkdir -p "$disk$stage" "$disk$tests" "$disk$source/tests" "$disk$source/lib"
cp -a "$stage/." "$disk$stage/"
[ ! -d "$tests/functional" ] || cp -RL "$tests/functional" "$tests/hostile" "$disk$tests/"
cp -R "$source/examples" "$source/systemd" "$disk$source/"
cp -R "$source/tests/conf" "$disk$source/tests/"
cat >"$disk/run-tests" <<END
export JAIL_STAGE=$stage JAIL_SOURCE=$source JAIL_HOSTILE=$tests/hostile PATH=$stage/sbin:\$PATH ATF_SHELL=/bin/dash
JAIL_VM=\$(uname -r)
export JAIL_VM
echo "vm: \$JAIL_VM, controllers: \$(cat /sys/fs/cgroup/cgroup.controllers)"
END
if [ -n "${VM_COMMAND:-}" ]; then
	printf '%s\n' "$VM_COMMAND" >>"$disk/run-tests"
else
	cp "$here/guest.sh" "$disk$tests/"
	sh "$here/plan.sh" "$tests" "${VM_LIST:-$here/list}" >"$disk$tests/plan"
	echo "exec sh $tests/guest.sh $tests $tests/plan" >>"$disk/run-tests"
fi
rm -f "$image"
mke2fs -q -t ext4 -d "$disk" -L disk "$image" "${VM_DISK:-2g}"
rm -rf "$work"

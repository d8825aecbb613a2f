#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# `system.sh RELEASE BUILD IMAGE [PACKAGE...]`: make IMAGE, a disk with a Debian RELEASE that boots by systemd, what
# `meson install` puts there from a build of its own in BUILD, and system-guest.sh, which it runs when it is up. (The
# disks of disk.sh start the tests alone: what a distribution runs beside jails is not there.) VM_COMMAND: shell commands
# to run instead; VM_FILES: what they need of this machine, copied to the same place.
set -eu
release=$1
build=$2
image=$3
shift 3
packages=systemd,systemd-sysv,dbus,busybox-static,procps
for package; do
	packages=$packages,$package
done
here=$(cd "$(dirname "$0")" && pwd)
source=$(cd "$here/../.." && pwd)
tree=$(cd "$(dirname "$image")" && pwd)/$(basename "$image").d

rm -f "$image"
[ -f "$build/build.ninja" ] || meson setup "$build" "$source" -Dprefix=/usr -Dsysconfdir=/etc
ninja -C "$build"
. "$here/mirror.sh"
rm -rf "$tree"
mmdebstrap --quiet --variant=minbase --include="$packages" "$release" "$tree" \
    "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $release main"
DESTDIR=$tree meson install -C "$build" --no-rebuild --quiet
cp "$here/system-guest.sh" "$tree/run-tests"
for file in ${VM_FILES:-}; do
	mkdir -p "$tree$(dirname "$file")"
	cp "$file" "$tree$file"
done
[ -z "${VM_COMMAND:-}" ] || printf '%s\n' "$VM_COMMAND" >"$tree/run-tests"
echo vm >"$tree/etc/hostname"
# Started at boot; their names are to be there when the tests run.
cat >"$tree/etc/jail.conf" <<'END'
path = /;
path.volatile = 16m;
web {
	limit.memoryuse = 32m;
	limit.maxproc = 20;
	limit.pcpu = 30;
	exec.start = "echo up >/run/state";
	persist;
}
db {
	depend = web;
	persist;
}
service {
	command = "/usr/bin/sleep 10000";
	exec.restart = always;
}
END
cat >"$tree/etc/systemd/system/tests.service" <<'END'
[Unit]
After=jail.service
[Service]
Type=oneshot
ExecStart=/bin/sh /run-tests
ExecStopPost=/bin/sh -c 'echo "vm: ended with $EXIT_STATUS"; systemctl poweroff --force --force'
StandardOutput=tty
StandardError=tty
TTYPath=/dev/ttyS0
TimeoutStartSec=infinity
[Install]
WantedBy=multi-user.target
END
wants=$tree/etc/systemd/system
mkdir -p "$wants/multi-user.target.wants" "$wants/sockets.target.wants"
ln -sf ../tests.service /usr/lib/systemd/system/jail.service "$wants/multi-user.target.wants/"
ln -sf /usr/lib/systemd/system/jstat-metrics.socket "$wants/sockets.target.wants/"
mke2fs -q -t ext4 -d "$tree" -L disk "$image" "${VM_DISK:-1g}"
rm -rf "$tree"

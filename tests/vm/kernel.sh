#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# `kernel.sh RELEASE DIR`: fetch the kernel that Debian RELEASE boots, without installing it and without touching this
# machine's package lists, and leave DIR/vmlinux (to be booted by PVH) and DIR/modules/ (decompressed) there.
set -eu
release=$1
mkdir -p "$2"
dir=$(cd "$2" && pwd)
[ ! -f "$dir/vmlinux" ] || exit 0

mirror=$(apt-get indextargets --format '$(REPO_URI) $(CODENAME)' 'Created-By: Packages' |
    awk '/debian\/? / && $2 !~ /security/ { print $1; exit }')
arch=$(dpkg --print-architecture)
mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial"
: >"$dir/status"
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $release main" >"$dir/sources.list"
private() {
	command=$1
	shift
	"$command" -q -o Dir::State="$dir" -o Dir::State::Lists="$dir/lists" -o Dir::State::status="$dir/status" \
	    -o Dir::Cache="$dir/cache" -o Dir::Etc::SourceList="$dir/sources.list" -o Dir::Etc::SourceParts=- \
	    -o APT::Sandbox::User=root "$@"
}
private apt-get update
# The metapackage names the package of the day.
name=$(private apt-cache depends "linux-image-$arch" | sed -n 's/.*Depends: \(linux-image-[0-9][^ ]*\).*/\1/p' | head -n 1)
(cd "$dir" && private apt-get download "$name")
dpkg -x "$dir/$name"_*.deb "$dir/tree"

# The bzImage holds a compressed ELF file: look for the start of each compression's stream.
image=$(find "$dir/tree/boot" -name 'vmlinuz-*')
try() {
	for at in $(grep -abo "$1" "$image" | cut -d: -f1); do
		tail -c "+$((at + 1))" "$image" | $2 >"$dir/vmlinux.new" 2>/dev/null || true
		if [ "$(head -c 4 "$dir/vmlinux.new" | tail -c 3)" = ELF ]; then
			return 0
		fi
	done
	return 1
}
try "$(printf '\3757zXZ')" unxz || try "$(printf '\050\265\057\375')" 'zstd -dc' || {
	echo "kernel.sh: no kernel found in $image" >&2
	exit 1
}
modules=$(dirname "$(find "$dir/tree" -path '*/lib/modules/*' -name modules.order)")
mkdir -p "$dir/modules"
: >"$dir/modules/order"
for module in virtio_ring virtio virtio_pci_modern_dev virtio_pci_legacy_dev virtio_pci virtio_blk crc16 crc32c_generic \
    libcrc32c mbcache jbd2 ext4 overlay fuse; do
	file=$(find "$modules" -name "$module.ko*" | head -n 1)
	case $file in
	*.xz) unxz -c "$file" >"$dir/modules/$module.ko" ;;
	*.zst) zstd -qdc "$file" >"$dir/modules/$module.ko" ;;
	*.ko) cp "$file" "$dir/modules/$module.ko" ;;
	*) continue ;; # built in, or of another version
	esac
	echo "$module" >>"$dir/modules/order"
done
rm -rf "$dir/tree" "$dir/cache" "$dir/lists" "$dir/$name"_*.deb
mv "$dir/vmlinux.new" "$dir/vmlinux"

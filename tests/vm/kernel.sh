#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# `kernel.sh RELEASE DIR`: fetch the kernel that Debian RELEASE boots, without installing it and without touching this
# machine's package lists, and leave DIR/vmlinux (to be booted by PVH) and DIR/modules/ (decompressed) there.
set -eu
release=$1
mkdir -p "$2"
dir=$(cd "$2" && pwd)
list=$(cd "$(dirname "$0")" && pwd)/modules
[ ! -f "$dir/vmlinux" ] || ! cmp -s "$list" "$dir/modules.list" || exit 0
rm -rf "$dir/modules" "$dir/vmlinux"

command -v apt-get >/dev/null
. "$(dirname "$0")/mirror.sh"
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
# Modules in the order of loading.
modules=$(dirname "$(find "$dir/tree" -path '*/lib/modules/*' -name modules.order)")
version=$(basename "$modules")
base=${modules%/lib/modules/*}
depmod -b "$base" "$version"
mkdir -p "$dir/modules"
grep -v '^#' "$list" | while read -r module; do
	modprobe -d "$base" -S "$version" --show-depends "$module" 2>/dev/null || true
done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' >"$dir/files"
while read -r file; do
	name=$(basename "$file" | sed 's/[.]ko.*//')
	case $file in
	*.xz) unxz -c "$file" >"$dir/modules/$name.ko" ;;
	*.zst) zstd -qdc "$file" >"$dir/modules/$name.ko" ;;
	*) cp "$file" "$dir/modules/$name.ko" ;;
	esac
	echo "$name"
done <"$dir/files" >"$dir/modules/order"
rm -rf "$dir/tree" "$dir/cache" "$dir/lists" "$dir"/*.deb
cp "$list" "$dir/modules.list"
mv "$dir/vmlinux.new" "$dir/vmlinux"

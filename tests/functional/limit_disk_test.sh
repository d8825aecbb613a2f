#! /usr/bin/env atf-sh
# SPDX-License-Identifier: BSD-2-Clause
# limit.disk and limit.inodes: in memory, and by the quotas of a file system that has them.
. "$(atf_get_srcdir)/common.sh"

# put JAIL FILE KIB: what was written of it, in bytes.
put() {
	jexec "$1" busybox dd if=/dev/zero of="$2" bs=1k count="$3" 2>/dev/null
	jexec "$1" busybox stat -c %s "$2"
}

# mounted TYPE MKFS...: a file system of its own at data/, unmounted by the clean-up.
mounted() {
	type=$1
	shift
	mkdir -p data
	truncate -s 320m image
	command -v "$1" >/dev/null || atf_skip "no $1"
	"$@" image >mkfs.log 2>&1 || die "$(cat mkfs.log)"
	mount -o loop,prjquota -t "$type" image data 2>mount.log ||
	    atf_skip "this kernel keeps no quotas of projects for $type: $(head -n 1 mount.log)"
}

define_case memory "a file system in memory has the size, also a changed one"
memory_body() {
	new_root
	atf_check jail -q -c name=$p path=$root path.volatile=4m limit.disk=1m limit.inodes=100 persist
	[ "$(put $p /full 2000)" -le 1048576 ] || die "it wrote more"
	atf_check -s exit:1 -e match:'No space' jexec $p /bin/sh -c 'for i in $(busybox seq 200); do : >/tmp/$i || exit 1; done'
	atf_check jail -q -m name=$p limit.disk=2m limit.inodes=1000
	got=$(put $p /full 3000)
	[ "$got" -gt 1500000 ] && [ "$got" -le 2097152 ] || die "$got of 2m"
	atf_check jexec $p /bin/sh -c 'for i in $(busybox seq 200); do : >/tmp/$i || exit 1; done'
	# Never less than there is, and the limit is what it was.
	fails 75 '^jail: .*limit.disk: its file system in memory holds more than that' jail -m name=$p limit.disk=1m
	atf_check -o inline:"2m\n" jls -j $p limit.disk
	# Without it, what path.volatile says.
	atf_check jail -q -m name=$p limit.disk=unlimited limit.inodes=unlimited
	got=$(put $p /full 9000)
	[ "$got" -gt 3500000 ] && [ "$got" -le 4194304 ] || die "$got of 4m"
	# Nor more.
	fails 65 '^jail: .*limit.disk: more than path.volatile lets be written' jail -m name=$p limit.disk=5m
	atf_check jail -q -r $p
	fails 65 '^jail: .*limit.disk: more than path.volatile lets be written .*: give path.volatile the larger size' \
	    jail -c name=$p path=$root path.volatile=4m limit.disk=5m persist
	fails 65 '^jail: .*limit.inodes: too little for what the jail itself makes there .*: give it more' \
	    jail -c name=$p path=$root path.volatile=4m limit.inodes=2 persist
	nothing_left
}

define_case unable "where nothing can be limited"
unable_body() {
	new_root
	mount -t tmpfs -o size=4m none "$root" || die "no tmpfs"
	fails 69 '^jail: .*limit.disk: .*does not limit directories: mount ext4 or xfs with prjquota' \
	    jail -c name=$p path=$root limit.disk=1m persist
	umount "$root"
	fails 69 '^jail: .*limit.inodes: nothing can be written' jail -c name=$p path=$root path.readonly limit.inodes=10 persist
	fails 69 '^jail: .*limit.disk: with users=inherit' jail -c name=$p path=$root users=inherit limit.disk=1m persist
	fails 69 "^jail: .*limit.disk: the host's own tree" jail -c name=$p path=/ users=inherit limit.disk=1m persist
	jail -q -c name=$p path=$root path.volatile exec.init=no command='sleep 60' &
	soon jls -j $p jid
	fails 69 '^jail: .*limit.disk: its process 1 does not keep' jail -m name=$p limit.disk=1m
	atf_check jail -q -R $p
	wait
	nothing_left
}

# project TYPE: the whole of it, on a file system of that type with quotas.
project() {
	mkdir data/web data/db
	make_root data/web
	make_root data/db
	mkdir -p data/web/deep/er
	busybox dd if=/dev/zero of=data/web/deep/er/old bs=1k count=100 2>/dev/null
	ln -s /etc data/web/link
	mkfifo data/web/fifo
	web=$(pwd)/data/web db=$(pwd)/data/db
	base=$(du -sk data/web | cut -f1)
	atf_check jail -q -c name=$p path=$web limit.disk=$((base + 2000))k persist
	got=$(put $p /full 4000)
	[ "$got" -gt 1500000 ] && [ "$got" -le 2048000 ] || die "$got of 2000k"
	# What is there counts, wherever in the tree; what is taken away counts no more.
	atf_check jexec $p busybox rm /deep/er/old /full
	got=$(put $p /deep/er/full 4000)
	[ "$got" -gt 1600000 ] && [ "$got" -le 2150400 ] || die "$got of 2100k"
	# Root inside has no way out of it.
	if jexec $p /bin/sh -c 'command -v chattr' >/dev/null; then
		atf_check -s not-exit:0 -e ignore jexec $p chattr -p 0 /deep
		atf_check -s not-exit:0 -e ignore jexec $p chattr -P /
	fi
	# The host and a neighbour have the rest.
	atf_check jail -q -c name=$p-2 path=$db persist limit.inodes=1000
	got=$(put $p-2 /full 9000)
	[ "$got" = 9216000 ] || die "the neighbour had $got"
	atf_check -s exit:1 -e ignore jexec $p-2 /bin/sh -c 'for i in $(busybox seq 1100); do : >/tmp/$i || exit 1; done'
	# The host's root is held to nothing, but for xfs, which knows no exception.
	busybox dd if=/dev/zero of=data/web/host bs=1k count=5000 2>/dev/null || [ $type = xfs ] || die "the host is limited"
	rm -f data/web/host
	# Two jails that write to one tree would share it.
	fails 75 '^jail: .*is what the jail' jail -c name=$p-3 path=$db limit.disk=1m persist
	# Live, and not below what is there without saying so.
	atf_check jail -q -m name=$p limit.disk=$((base + 4000))k
	jexec $p busybox rm /deep/er/full
	got=$(put $p /full 9000)
	[ "$got" -gt 3500000 ] && [ "$got" -le 4198400 ] || die "$got of 4000k"
	atf_check jail -q -m name=$p limit.disk=unlimited
	got=$(put $p /full 9000)
	[ "$got" = 9216000 ] || die "$got without a limit"
	atf_check jail -q -m name=$p limit.disk=1m
	case $(put $p /more 100 2>/dev/null) in
	'' | 0) ;;
	*) die "it wrote more" ;;
	esac
	atf_check jail -q -r $p
	atf_check jail -q -r $p-2
	# No limit stays.
	atf_check jail -q -c name=$p path=$web persist
	[ "$(put $p /more 100)" = 102400 ] || die "still limited"
	atf_check jail -q -r $p
	atf_check -e match:"jail: $p: limit.disk: .*are in it already" jail -q -c name=$p path=$web limit.disk=1m persist
	atf_check jail -q -r $p
	# What an overlay writes is in the tree, and a part of it belongs to the whole.
	mkdir data/top
	atf_check jail -q -c name=$p path=$(pwd)/data/top path.base=$web limit.disk=1m persist
	got=$(put $p /new 3000)
	[ "$got" -gt 800000 ] && [ "$got" -le 1048576 ] || die "$got of 1m"
	atf_check jexec $p busybox rm /new
	atf_check jexec $p /bin/sh -c 'echo more >>/etc/passwd'
	atf_check jail -q -r $p
	mkdir data/web/part
	make_root data/web/part
	fails 75 '^jail: .*limit.disk: it belongs to project' jail -c name=$p path=$web/part limit.disk=1m persist
	nothing_left
}

define_case ext4 "quotas of ext4"
ext4_body() {
	new_root
	mounted ext4 mkfs.ext4 -q -O quota,project -E quotatype=prjquota
	project
	umount data || die "the file system is still in use"
}

define_case xfs "quotas of xfs"
xfs_body() {
	new_root
	mounted xfs mkfs.xfs -q
	project
	umount data || die "the file system is still in use"
}

atf_init_test_cases() {
	for c in memory unable ext4 xfs; do
		atf_add_test_case $c
	done
}

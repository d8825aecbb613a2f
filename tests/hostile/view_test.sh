#! /usr/bin/env atf-sh
# SPDX-License-Identifier: BSD-2-Clause
# What a jail sees of files, with the most hostile guest: root with every capability of its user namespace. view_probe
# builds the view and nothing else of a jail; view_attack tries from inside.
probe=$(atf_get_srcdir)/view_probe
attack=$(atf_get_srcdir)/view_attack
[ -z "${JAIL_HOSTILE:-}" ] || probe=$JAIL_HOSTILE/view_probe attack=$JAIL_HOSTILE/view_attack
export LC_ALL=C

# define_case NAME DESCRIPTION: a test case that needs root, with clean-up. Its body is NAME_body.
define_case() {
	atf_test_case "$1" cleanup
	eval "$1_descr=\$2
	$1_head() { atf_set descr \"\$$1_descr\"; atf_set require.user root; atf_set timeout 300; }"
	eval "$1_cleanup() { clean; }"
}

die() {
	atf_fail "$(printf '%s' "$*" | tr '\n' '/')"
}

# What a test mounted in its own directory; processes that it left.
clean() {
	for pid in $(cat pids 2>/dev/null); do
		kill "$pid" 2>/dev/null
	done
	for m in $(sed -n 's/^[^ ]* \([^ ]*\).*/\1/p' /proc/mounts | grep "^$(pwd)/" | sort -r); do
		umount -l "$m"
	done
	for m in $(cat mounts 2>/dev/null); do
		umount -l "$m"
	done
	for d in $(cat dirs 2>/dev/null); do
		rm -rf "$d"
	done
	for l in $(cat loops 2>/dev/null); do
		losetup -d "$l"
	done
}

# A small tree, world-readable up to here for the jail's users, with a static shell and the attacker.
new_tree() {
	busybox=$(command -v busybox) || atf_skip "needs a static busybox"
	root=$(pwd)/$1
	mkdir -p "$root/bin" "$root/dev" "$root/proc" "$root/sys" "$root/etc" "$root/data" "$root/tmp"
	cp "$busybox" "$attack" "$root/bin/"
	for a in sh cat echo ls stat touch mkdir rm mv ln mount umount mknod dd id wc sleep grep head sed; do
		ln -s busybox "$root/bin/$a"
	done
}

# tries EXPECTED-TEXT OPTIONS... -- ATTACK ARGUMENTS...: the attack fails with that.
tries() {
	expected=$1
	shift
	args=
	while [ "$1" != -- ]; do
		args="$args '$1'"
		shift
	done
	shift
	eval "atf_check -s exit:1 -o inline:'$expected\n' \"\$probe\" $args /bin/view_attack \"\$@\""
}

define_case plain "a path: owners, own /dev, /proc and /sys, nothing of the host's"
plain_body() {
	new_tree tree
	chown 1000:1000 tree/data
	atf_check -o inline:'0 0 1000\n' "$probe" -p "$root" -S 'echo $(stat -c %u / /bin/sh /data)'
	atf_check "$probe" -p "$root" -S 'touch /made'
	[ "$(stat -c %u tree/made)" = 0 ] || die "not root's on disk"
	atf_check -o inline:'/ /dev /dev/pts /proc /sys /sys/fs/cgroup\n' "$probe" -p "$root" -S \
	    'echo $(sed "s/^[^ ]* \([^ ]*\) .*/\1/" /proc/mounts | while read m; do echo $m; done)'
	atf_check -o inline:'ok\n' "$probe" -p "$root" /bin/view_attack root
	atf_check -o inline:'1\n' "$probe" -p "$root" -S 'ls /proc | grep -c "^[0-9]*$" | sed s/[0-9]*/1/; [ ! -e /proc/2 ]'
	# The host's tree is busy with nothing of it.
	atf_check -o empty -s exit:1 grep -F "$root" /proc/mounts
	atf_check mv tree moved
}

define_case late "users that are known only at the gate"
late_body() {
	new_tree tree
	atf_check -o inline:'0\n0\n' "$probe" -L -p "$root" -S 'stat -c %u /dev/null /'
}

define_case submounts "file systems beneath a path: mapped when they can be, left out when they are the kernel's"
submounts_body() {
	new_tree tree
	mkdir tree/more tree/kernel
	mount -t tmpfs none tree/more || atf_skip "no tmpfs"
	echo content >tree/more/file
	# Before Linux 6.3 a tmpfs keeps its owners, who are nobody inside.
	case $(uname -r) in
	6.[0-2].*) owner=65534 ;;
	*) owner=0 ;;
	esac
	atf_check -o inline:"content\n$owner\n" "$probe" -p "$root" -S 'cat /more/file; stat -c %u /more/file'
	# A proc can't be mapped, so the tree is put together from the others.
	mount -t proc none tree/kernel
	atf_check -o inline:"0\n0\ncontent\n$owner\n" "$probe" -p "$root" -S \
	    'ls /kernel | wc -l; stat -c %u /bin/sh; cat /more/file; stat -c %u /more/file'
}

define_case readonly "path.readonly: nothing beneath is written, and the flag stays"
readonly_body() {
	new_tree tree
	atf_check -s exit:1 -e match:'Read-only' "$probe" -r -p "$root" -S 'touch /x'
	for how in remount reconfigure setattr; do
		tries 'Operation not permitted' -r -p "$root" -- $how /
	done
	for how in remount setattr; do
		tries 'Operation not permitted' -r -p "$root" -- $how /sys
	done
	tries 'Operation not permitted' -p "$root" -- setattr-dev /
	atf_check -o inline:'ok\n' "$probe" -r -p "$root" -S 'touch /dev/shm/x && echo ok'
	[ ! -e tree/x ] || die "written"
}

define_case volatile "path.volatile: writes go to memory of that size and vanish"
volatile_body() {
	new_tree tree
	echo old >tree/data/file
	chmod 1775 tree
	atf_check -o inline:'new\n1775\n' "$probe" -v 4194304 -p "$root" -S \
	    'echo new >/data/file; rm /bin/dd; cat /data/file; stat -c %a /'
	[ "$(cat tree/data/file)" = old ] || die "written through"
	[ -e tree/bin/dd ] || die "removed"
	atf_check -s exit:1 -o empty -e match:'No space' "$probe" -v 4194304 -p "$root" -S 'dd if=/dev/zero of=/big bs=1M count=8'
	# Both: nothing is written at all.
	atf_check -s exit:1 -e match:'Read-only' "$probe" -r -v 0 -p "$root" -S 'touch /x'
	atf_check -o inline:'ok\n' "$probe" -v 0 -p "$root" /bin/view_attack root
}

define_case base "path.base: the union is seen, writes land in path, nothing else is left"
base_body() {
	new_tree low
	low=$root
	mkdir -p above/data second/data
	echo low >low/data/low
	echo second >second/data/second
	echo hidden >second/data/low
	atf_check -o inline:'low\nsecond\n' "$probe" -p "$(pwd)/above" -b "$low" -b "$(pwd)/second" -S \
	    'cat /data/low /data/second; echo changed >/data/low; rm /data/second; mkdir /data/dir; touch /data/dir/x'
	[ "$(cat above/data/low)" = changed ] || die "not in path"
	[ "$(cat low/data/low)" = low ] || die "base written"
	[ "$(stat -c %u:%a above/data/dir/x)" = 0:644 ] || die "$(stat -c %u:%a above/data/dir/x)"
	[ -z "$(ls -A | grep jail-work)" ] || die "a work directory is left"
	atf_check -o inline:'changed\n' "$probe" -p "$(pwd)/above" -b "$low" -b "$(pwd)/second" -S \
	    'cat /data/low; [ ! -e /data/second ]'
	# Volatile and read-only unions leave path alone.
	atf_check -o inline:'v\n' "$probe" -v 0 -p "$(pwd)/above" -b "$low" -S 'echo v >/data/low; cat /data/low'
	[ "$(cat above/data/low)" = changed ] || die "volatile wrote"
	atf_check -s exit:1 -o inline:'changed\n' -e match:'Read-only' "$probe" -r -p "$(pwd)/above" -b "$low" -S \
	    'cat /data/low; touch /x'
	mount -t tmpfs none above
	atf_check -s exit:70 -e match:'path: .*/above is where a file system is mounted.*name a directory' \
	    "$probe" -p "$(pwd)/above" -b "$low" -S true
}

define_case work "a work directory left by a killed predecessor is taken away; somebody else's file is not"
work_body() {
	new_tree low
	mkdir -p above .above.jail-work/0/work/deep
	chmod 700 .above.jail-work
	chmod 0 .above.jail-work/0/work
	# Without the mark of a work directory it is somebody else's.
	atf_check -s exit:70 -e match:'above.jail-work' "$probe" -p "$(pwd)/above" -b "$root" -S 'touch /x'
	[ -d .above.jail-work/0/work/deep ] || die "emptied without the mark"
	atf_check setfattr -n trusted.jail.work .above.jail-work
	atf_check "$probe" -p "$(pwd)/above" -b "$root" -S 'touch /x'
	[ ! -e .above.jail-work ] || die "left"
	touch .above.jail-work
	atf_check -s exit:70 -e match:'above.jail-work' "$probe" -p "$(pwd)/above" -b "$root" -S 'touch /x'
	[ -f .above.jail-work ] || die "removed"
}

define_case shared "the host's tree: fresh /run, /tmp, /var/tmp; host files untouched"
shared_body() {
	mark=view-test-$$
	touch /tmp/$mark
	for how in -r '-v 0'; do
		# shellcheck disable=SC2086
		atf_check -o inline:'lock\n1777\n' "$probe" -p / $how /bin/sh -c \
		    "ls /run; [ ! -e /tmp/$mark ] && touch /tmp/x /var/tmp/x /run/x /run/lock/x && stat -c %a /tmp"
	done
	atf_check "$probe" -p / -v 0 /bin/sh -c "echo x >/etc/$mark && rm /etc/passwd"
	rm /tmp/$mark
	[ -e /etc/passwd ] && [ ! -e /etc/$mark ] || die "the host's files changed"
	mkdir above
	atf_check "$probe" -p "$(pwd)/above" -b / /bin/sh -c "echo x >/etc/$mark"
	[ "$(cat above/etc/$mark)" = x ] && [ ! -e /etc/$mark ] || die "not in path"
	[ "$(stat -c %a:%u above/etc)" = "$(stat -c %a:%u /etc)" ] || die "other rights"
}

define_case layered "file systems beneath a tree of layers get layers of their own"
layered_body() {
	new_tree tree
	mkdir -p tree/more/deep
	mount -t tmpfs none tree/more || atf_skip "no tmpfs"
	mkdir tree/more/deep
	chmod 755 tree/more
	echo old >tree/more/deep/f
	# Before 6.3 the kernel can't show a tmpfs of the host's as the jail's users'.
	case $(uname -r) in
	6.[0-2].*) chmod 666 tree/more/deep/f ;;
	esac
	echo file >one
	touch tree/one
	mount --bind one tree/one
	atf_check -o inline:'new\nfile\n' "$probe" -v 0 -p "$root" -S 'echo new >/more/deep/f; cat /more/deep/f /one'
	[ "$(cat tree/more/deep/f)" = old ] || die "written through"
	atf_check -s exit:1 -o inline:'old\n' -e match:'Read-only' "$probe" -r -v 0 -p "$root" -S 'cat /more/deep/f; touch /more/x'
	# A disk beneath the host's tree.
	command -v mkfs.ext4 >/dev/null || atf_skip "needs mkfs.ext4"
	d=/usr/local/view-test-$$
	echo $d >dirs
	mkdir -p $d
	dd if=/dev/zero of=image bs=1M count=8 2>/dev/null
	mkfs.ext4 -q -F image || die mkfs
	loop=$(losetup -f --show image 2>/dev/null) || atf_skip "needs a loop device"
	echo "$loop" >loops
	mount "$loop" $d
	echo $d >mounts
	mkdir -m 755 $d/sub
	chown 0:7 $d/sub
	echo old >$d/sub/f
	atf_check -s exit:1 -o inline:'old\n' -e match:'Read-only' "$probe" -r -p / -S "cat $d/sub/f; touch $d/x"
	atf_check -o inline:'new\n0:7:755\n' "$probe" -v 0 -p / -S "echo new >$d/sub/f; cat $d/sub/f; stat -c %u:%g:%a $d/sub"
	mkdir above
	atf_check -o inline:'new\n0:7:755\n' "$probe" -p "$(pwd)/above" -b / -S "echo new >$d/sub/f; cat $d/sub/f; stat -c %u:%g:%a $d/sub"
	[ "$(cat above$d/sub/f)" = new ] || die "not in path"
	atf_check -o inline:'new\n' "$probe" -p "$(pwd)/above" -b / -S "cat $d/sub/f"
	atf_check -o inline:'new\nvolatile\n' "$probe" -v 0 -p "$(pwd)/above" -b / -S "cat $d/sub/f; echo volatile >$d/sub/f; cat $d/sub/f"
	atf_check -o inline:'new\n' "$probe" -r -p "$(pwd)/above" -b / -S "cat $d/sub/f"
	[ "$(cat $d/sub/f above$d/sub/f)" = 'old
new' ] || die "written through"
	[ -z "$(ls -A | grep jail-work)" ] || die "a work directory is left"
	umount $d
	# Not ro: another test's new mount namespace may hold the file system for a moment, as it was.
	name=t-disk-$$
	atf_check -o inline:"$loop\n" jail -cq name=$name path=/ path.volatile mount="$loop /mnt ext4 rw 0 0" \
		command="sed -n 's, /mnt .*,,p' /proc/mounts"
	mount "$loop" $d
	# Hidden with what is mounted beneath it.
	atf_check -o inline:'0\n' "$probe" -v 0 -p / -H $d -S "ls -A $d | wc -l"
}

define_case sockets "no socket and no FIFO of the host's is reached through a shared tree"
sockets_body() {
	# Where neither fresh mounts nor hidden paths lie.
	d=/usr/local/view-test-$$
	echo $d >dirs
	mkdir -p $d && cp "$attack" $d/view_attack && mkfifo -m 666 $d/fifo
	"$(dirname "$attack")/escape_process" listen "view-test-$$" $d/socket >/dev/null &
	echo $! >pids
	sleep 300 <>$d/fifo &
	echo $! >>pids
	for i in $(seq 100); do
		[ "$($d/view_attack fifo $d/fifo)" = ok ] && [ "$($d/view_attack connect $d/socket)" = ok ] && break
		sleep 0.3
	done
	works=$($d/view_attack connect $d/socket) works=$works$($d/view_attack fifo $d/fifo)
	mkdir above
	result=
	for how in '-p / -r' '-p / -v 0' "-p $(pwd)/above -b /" "-p $(pwd)/above -v 0 -b /" "-p $(pwd)/above -r -b /"; do
		# shellcheck disable=SC2086
		result="$result$("$probe" $how $d/view_attack connect $d/socket)/$("$probe" $how $d/view_attack fifo $d/fifo)
"
	done
	rm -r $d
	[ "$works" = okok ] || die "they do not work outside: $works"
	[ "$(printf %s "$result" | sort -u)" = "Connection refused/No such device or address" ] || die "$result"
}

define_case devices "standard nodes, terminals, and the devices that are asked for, with their access only"
devices_body() {
	new_tree tree
	atf_check -o inline:'ok\n' "$probe" -p "$root" -S 'echo x >/dev/null; dd if=/dev/zero of=/dev/full bs=9 count=1 2>/dev/null || echo ok'
	atf_check -o inline:'ok\n' "$probe" -p "$root" /bin/view_attack terminal
	atf_check -o inline:'666 0\n666 0\n' "$probe" -p "$root" -S 'stat -c "%a %u" /dev/null /dev/tty'
	atf_check -o inline:'444 65534 a e\n' "$probe" -p "$root" -d /dev/kmsg -S 'stat -c "%a %u %t %T" /dev/kmsg | sed "s/1 b/a e/"'
	[ ! -e /dev/net/tun ] || atf_check -o inline:'666\n755 0\n' "$probe" -p "$root" -d /dev/net/tun+w -S \
	    'stat -c %a /dev/net/tun; stat -c "%a %u" /dev/net'
	tries 'Permission denied' -p "$root" -d /dev/kmsg -- write /dev/kmsg
	tries 'Operation not permitted' -p "$root" -- mknod /dev/disk 254 0
	tries 'Operation not permitted' -p "$root" -- mknod /disk 254 0
	atf_check -s exit:70 -e match:'devices: /dev/nothing-here: No such' "$probe" -p "$root" -d /dev/nothing-here -S true
	atf_check -s exit:70 -e match:'devices: /dev/pts is not a device' "$probe" -p "$root" -d /dev/pts -S true
	# A device in the tree itself opens for nobody.
	mknod -m 666 tree/disk c 1 5
	tries 'Permission denied' -p "$root" -- read /disk
}

define_case missing "mount points that are missing: an error only when they were asked for"
missing_body() {
	new_tree tree
	rmdir tree/dev tree/proc tree/sys
	atf_check -o inline:'bin data etc tmp\n' "$probe" -p "$root" -S 'echo $(ls /)'
	atf_check -s exit:70 -e match:'mount.devfs: cannot mount at /dev: No such.*make it' "$probe" -a -p "$root" -S true
	atf_check -s exit:70 -e match:'mount.procfs: ' "$probe" -a -D -p "$root" -S true
	# Memory is the jail's: there they are made.
	atf_check -o inline:'ok\n' "$probe" -v 0 -p "$root" -S '[ -e /dev/null ] && [ -e /proc/1 ] && [ -e /sys/fs/cgroup ] && echo ok'
	ln -s /etc tree/dev
	ln -s ../../../../../../etc tree/proc
	atf_check -o inline:'ok\n' "$probe" -p "$root" -S '[ -e /etc/1 ] || [ -e /etc/null ] && echo ok'
	[ ! -e /etc/null ] || die "made on the host"
	atf_check -s exit:70 -e match:'path: /nowhere/at/all: No such file or directory.*make the directory' "$probe" -p /nowhere/at/all -S true
	atf_check -s exit:70 -e match:'path: .*: Not a directory' "$probe" -p "$root/bin/busybox" -S true
}

define_case mounts "each type of mount line"
mounts_body() {
	new_tree tree
	mkdir -p share tree/a tree/b
	echo shared >share/file
	echo file >one
	touch tree/one
	chown 7:7 share/file
	atf_check -o inline:'shared\n7\n' "$probe" -p "$root" -m "nullfs|$(pwd)/share|/a" -S 'cat /a/file; stat -c %u /a/file; touch /a/new'
	[ "$(stat -c %u share/new)" = 0 ] || die "owner"
	atf_check -o inline:'65534\n' "$probe" -p "$root" -m "nullfs|$(pwd)/share|/a|noidmap" -S 'stat -c %u /a/file'
	atf_check -s exit:1 -o inline:'file\n' -e match:'Read-only' "$probe" -p "$root" -m "nullfs|$(pwd)/one|/one|ro" -S 'cat /one; echo >/one'
	atf_check -o inline:'tmpfs 700 0\n' "$probe" -p "$root" -m 'tmpfs|x|/a|size=1048576,mode=700' -S \
	    'echo $(grep " /a " /proc/mounts | sed "s/^[^ ]* [^ ]* \([a-z]*\) .*size=1024k.*/\1/") $(stat -c "%a %u" /a)'
	atf_check -o inline:'ok\n' "$probe" -p "$root" -m 'procfs|proc|/a' -m 'linsysfs|sys|/b' -S '[ -e /a/1/stat ] && [ -e /b/class/net/lo ] && echo ok'
	atf_check -o inline:'ok\n' "$probe" -p "$root" -m 'devfs|dev|/a' -m 'fdescfs|fd|/dev/fd' -S '[ -e /a/null ] && [ -e /a/pts/ptmx ] && [ -e /dev/fd/0 ] && echo ok'
	atf_check -o inline:'ok\n' "$probe" -D -p "$root" -m 'devfs|dev|/a' -S '[ -e /a/null ] && [ -e /a/pts/ptmx ] && [ ! -e /dev/null ] && echo ok'
	tries 'Permission denied' -p "$root" -m "nullfs|/dev|/a|noidmap" -- read /a/zero
	atf_check -s exit:70 -e match:'mount: .*/nowhere: No such' "$probe" -p "$root" -m 'nullfs|/nowhere|/a' -S true
	atf_check -s exit:70 -e match:'mount: .*id-mapped.*noidmap' "$probe" -p "$root" -m 'nullfs|/proc|/a' -S true
	atf_check -s exit:70 -e match:'mount: cannot mount at /missing: .*make it' "$probe" -p "$root" -m "nullfs|$(pwd)/share|/missing" -S true
	atf_check -s exit:70 -e match:'Not a directory' "$probe" -p "$root" -m "nullfs|$(pwd)/share|/one" -S true
	atf_check -s exit:70 -e match:'Is a directory' "$probe" -p "$root" -m "nullfs|$(pwd)/one|/a" -S true
	mknod disk b 7 0
	atf_check -s exit:70 -e match:'no file system "nosuchfs"' "$probe" -p "$root" -m "nosuchfs|$(pwd)/disk|/a" -S true
	atf_check -o inline:'shared\n0\n' "$probe" -v 0 -p "$root" -m "nullfs|$(pwd)/share|/new/deep/place" -m "nullfs|$(pwd)/one|/new/f" -S \
	    'cat /new/deep/place/file; stat -c %u /new'
	[ ! -e tree/new ] || die "made on the host"
}

define_case layers "unionfs takes the writes in its source; overlay is read only"
layers_body() {
	new_tree tree
	mkdir -p tree/a upper l1 l2
	echo below >tree/a/below
	echo up >upper/up
	echo one >l1/f
	echo two >l2/f
	echo two >l2/g
	atf_check -o inline:'below\nup\n' "$probe" -p "$root" -m "unionfs|$(pwd)/upper|/a" -S 'cat /a/below /a/up; echo changed >/a/below'
	[ "$(cat upper/below tree/a/below)" = 'changed
below' ] || die "not in the source"
	[ -z "$(ls -A | grep jail-work)" ] || die "a work directory is left"
	atf_check -s exit:1 -o inline:'one\ntwo\nbelow\n' -e match:'Read-only' \
	    "$probe" -p "$root" -m "overlay|$(pwd)/l1:$(pwd)/l2|/a" -S 'cat /a/f /a/g /a/below; touch /a/x'
}

define_case disk "a disk's file system, mounted with its options"
disk_body() {
	command -v mkfs.ext4 >/dev/null || atf_skip "needs mkfs.ext4"
	new_tree tree
	mkdir tree/a
	dd if=/dev/zero of=image bs=1M count=8 2>/dev/null
	mkfs.ext4 -q -F image || die mkfs
	loop=$(losetup -f --show image 2>/dev/null) || atf_skip "needs a loop device"
	echo "$loop" >loops
	atf_check -o inline:'ext4 0\n' "$probe" -p "$root" -m "ext4|$loop|/a" -S \
	    'touch /a/x; echo $(grep " /a " /proc/mounts | sed "s/^[^ ]* [^ ]* \([a-z0-9]*\) .*/\1/") $(stat -c %u /a/x)'
	atf_check -s exit:1 -e match:'Read-only' "$probe" -p "$root" -m "ext4|$loop|/a|ro" -S 'touch /a/y'
	atf_check -s exit:70 -e match:'mount: .*is not a disk' "$probe" -p "$root" -m "ext4|$(pwd)/image|/a" -S true
}

define_case targets "targets in a hostile tree lead nowhere but into it"
targets_body() {
	new_tree tree
	mkdir share outside
	touch share/mark
	ln -s "$(pwd)/outside" tree/absolute
	ln -s ../../../../../../../../../../../../etc tree/relative
	ln -s /proc/self/root/etc tree/magic
	ln -s loop tree/loop
	for t in /absolute /relative /magic /loop /../../outside /data/../../../../../../etc; do
		"$probe" -p "$root" -m "nullfs|$(pwd)/share|$t" /bin/sh -c '[ ! -e /etc/mark ] || echo inside' >out 2>err
		status=$?
		[ ! -e outside/mark ] && [ ! -e /etc/mark ] || die "$t: on the host"
		case $t:$status:$(cat out) in
		/relative:0:inside | /data/*:0:inside) ;;
		*:70:) grep -q 'mount: cannot mount at' err || die "$t: $(cat err)" ;;
		*) die "$t: $status $(cat out err)" ;;
		esac
	done
}

define_case race "a target that changes while it is mounted on is refused or inside, never elsewhere"
race_body() {
	new_tree tree
	mkdir -p share tree/a/t tree/b outside/t
	touch share/mark
	# Either a directory of the tree, or a link that leads out of it.
	(while :; do
		mv tree/a tree/b/a 2>/dev/null
		ln -sfn "$(pwd)/outside" tree/a
		rm -f tree/a
		mv tree/b/a tree/a 2>/dev/null
	done) &
	echo $! >pids
	built=0
	for i in $(seq 60); do
		"$probe" -p "$root" -m "nullfs|$(pwd)/share|/a/t" /bin/sh -c \
		    '[ -e /a/t/mark ] || [ -e /b/a/t/mark ] || [ -e /tmp/nothing ] || exit 0' >out 2>err
		case $? in
		0) built=$((built + 1)) ;;
		70) grep -q 'cannot mount at /a/t\|changed while' err || die "$(cat err)" ;;
		*) ;;
		esac
		[ ! -e outside/t/mark ] || die "on the host"
		! grep -F "$(pwd)" /proc/self/mountinfo || die "a mount of the host's"
	done
	kill "$(cat pids)"
	[ $built -gt 0 ] || die "never built"
}

define_case hide "path.hide: covered, for directories, files and globs"
hide_body() {
	new_tree tree
	mkdir -p tree/secret/deep tree/keys tree/home/a/.x tree/home/b tree/real
	for f in secret/f secret/deep/f keys/host_a_key keys/host_b_key keys/host_a_key.pub home/a/.x/f home/b/f real/f; do
		echo "$f" >tree/$f
	done
	ln -s real tree/link
	ln -s /etc tree/out
	for how in '' -r '-v 0'; do
		# shellcheck disable=SC2086
		atf_check -o inline:'empty\n0\n0\nkeys/host_a_key.pub\n' "$probe" -p "$root" $how -H /secret -H '/keys/*_key' -H '/home/*' -H /link/f -H /missing -H '/n*/x' -S \
		    '[ -z "$(ls -A /secret /home/a /home/b | grep -v :)" ] && echo empty; cat /keys/*_key /real/f | wc -c; ls -A /home/a | wc -l; cat /keys/host_a_key.pub'
	done
	atf_check -s exit:1 -e match:'Read-only' "$probe" -p "$root" -H /secret -S 'touch /secret/x'
	atf_check -o inline:'target\nshut\n' sh -c "mkdir share; echo target >share/f; '$probe' -p '$root' -H /home -m 'nullfs|$(pwd)/share|/home/me/src' /bin/sh -c 'ls /home/b 2>/dev/null; cat /home/me/src/f; touch /home/x 2>/dev/null || echo shut'"
	[ ! -e tree/home/me ] || die "made on the host"
}

define_case covers "covers and mounts can't be taken off, moved, copied away or changed by root inside"
covers_body() {
	new_tree tree
	mkdir tree/secret
	echo secret >tree/secret/f
	echo secret >tree/file
	set -- -p "$root" -H /secret -H /file -m 'tmpfs|x|/data|ro'
	for m in /secret /file /data /proc /dev /dev/pts /sys /sys/fs/cgroup; do
		tries 'Invalid argument' "$@" -- umount $m
		tries 'Invalid argument' "$@" -- detach $m
		tries 'Invalid argument' "$@" -- move_mount $m /tmp
		tries 'Invalid argument' "$@" -- unshared umount $m
		tries 'Invalid argument' "$@" -- unshared detach $m
	done
	for m in /secret /data /proc /dev; do
		tries 'Invalid argument' "$@" -- move $m /tmp
	done
	for m in /secret /file /data; do
		tries 'Operation not permitted' "$@" -- remount $m
		tries 'Operation not permitted' "$@" -- setattr $m
		tries 'Operation not permitted' "$@" -- unshared setattr $m
		tries Busy "$@" -- rename $m /tmp/x
	done
	tries 'Invalid argument' "$@" -- open_tree /
	tries 'Invalid argument' "$@" -- bind / /tmp
	tries 'Invalid argument' "$@" -- unshared bind / /tmp
	tries 'Invalid argument' "$@" -- pivot /tmp
	tries 'Invalid argument' "$@" -- detach /
	[ "$(cat tree/secret/f)" = secret ] || die "gone"
}

define_case kernel "what /proc and /sys tell and take is not the host's"
kernel_body() {
	new_tree tree
	for f in /proc/kcore /proc/kmsg /proc/kpagecount /proc/kpageflags /proc/1/mem /sys/kernel/debug/x /proc/vmallocinfo; do
		out=$("$probe" -p "$root" /bin/view_attack read $f)
		[ "$out" != ok ] || die "$f is readable"
	done
	for f in /proc/sysrq-trigger /proc/sys/kernel/core_pattern /proc/sys/kernel/modprobe /proc/sys/vm/drop_caches \
	    /proc/sys/kernel/hostname /proc/irq/default_smp_affinity /proc/sys/fs/binfmt_misc/register /sys/power/state \
	    /sys/kernel/uevent_helper /proc/sys/kernel/sysrq /proc/mtrr /proc/acpi/wakeup; do
		[ $f != /proc/sys/kernel/hostname ] || continue # the jail's own
		out=$("$probe" -p "$root" /bin/view_attack write $f)
		[ "$out" != ok ] || die "$f is writable"
	done
	# No key of the host's: only of users that are the jail's.
	keys=$("$probe" -p "$root" -S 'cat /proc/keys' | sed '/^$/d')
	[ -z "$(printf '%s' "$keys" | awk '$6 == "65534"')" ] || die "$keys"
}

define_case host_users "users=inherit: what root of the host could use is covered"
host_users_body() {
	new_tree tree
	for f in /proc/kcore /proc/kmsg /proc/keys /proc/timer_list /proc/vmallocinfo /proc/kpagecount; do
		[ -e $f ] || continue
		out=$("$probe" -u -p "$root" /bin/view_attack read $f)
		[ "$out" != ok ] || die "$f is readable"
	done
	for f in /proc/sys/kernel/core_pattern /proc/sys/vm/drop_caches /proc/irq/default_smp_affinity /proc/mtrr /sys/power/state; do
		[ -e $f ] || continue
		tries 'Read-only file system' -u -p "$root" -- write $f
	done
	[ ! -e /proc/sysrq-trigger ] || tries 'Read-only file system' -u -p "$root" -- write /proc/sysrq-trigger
	atf_check -o inline:'0\n' "$probe" -u -p "$root" -S 'ls -A /sys/firmware | wc -l'
	tries 'Permission denied' -u -p "$root" -m "nullfs|/dev|/tmp" -- read /tmp/zero
}

define_case identity "host.hostuuid: /etc/machine-id inside"
identity_body() {
	new_tree tree
	echo host >tree/etc/machine-id
	uuid=9E1C9F58-1b2a-4a11-9f6c-0123456789ab
	atf_check -o inline:'9e1c9f581b2a4a119f6c0123456789ab\n' "$probe" -U $uuid -p "$root" -S 'cat /etc/machine-id'
	atf_check -s exit:1 -e match:'Read-only' "$probe" -U $uuid -p "$root" -S 'echo x >/etc/machine-id'
	[ "$(cat tree/etc/machine-id)" = host ] || die "written"
	rm tree/etc/machine-id
	atf_check -s exit:1 -e match:'No such' "$probe" -U $uuid -p "$root" -S 'cat /etc/machine-id'
	atf_check -o inline:'9e1c9f581b2a4a119f6c0123456789ab\n' "$probe" -v 0 -U $uuid -p "$root" -S 'cat /etc/machine-id'
	atf_check -s exit:70 -e match:'host.hostuuid: .*is not a UUID' "$probe" -U nonsense -p "$root" -S true
}

# changes EXPECTED OPTIONS... -- LINE: run LINE when the change was made (told is 1) or refused (0).
changes() {
	expected=$1
	shift
	args=
	while [ "$1" != -- ]; do
		args="$args '$1'"
		shift
	done
	eval "atf_check -o inline:'$expected' -e save:err \"\$probe\" $args /bin/sh -c 'echo >&3; read told <&4; echo \$told; '\"\$2\""
}

define_case change "live changes of a running jail"
change_body() {
	new_tree tree
	mkdir -p share tree/a tree/b tree/secret
	echo secret >tree/secret/f
	echo secret >tree/file
	echo shared >share/f
	changes '1\nshared\n1\nsecret\n' -p "$root" -c -m "nullfs|$(pwd)/share|/a|ro" -m 'tmpfs|x|/b|size=65536' -- \
	    'cat /a/f; grep -c " /b tmpfs " /proc/mounts; cat /secret/f'
	changes '1\n0\n0\n0\n' -p "$root" -c -H /secret -H /file -- 'cat /file | wc -c; ls -A /secret | wc -l; cat /file | wc -c'
	changes '1\n444\n' -p "$root" -c -d /dev/kmsg -- 'stat -c %a /dev/kmsg'
	changes '1\nno\n' -p "$root" -c -r -- 'touch /x 2>/dev/null || echo no'
	# Refused: nothing of the change is done.
	changes '0\nsecret\n' -p "$root" -c -H /secret -m "nullfs|$(pwd)/share|/missing" -- 'cat /secret/f'
	grep -q 'mount: cannot mount at /missing' err || die "$(cat err)"
	changes '0\n' -p "$root" -c -m "nullfs|$(pwd)/share|/a" -m "nullfs|$(pwd)/share|/missing" -- 'ls -A /a'
	changes '0\n' -M -p "$root" -c -H /secret -- ''
	grep -q 'path.hide: .*allow.mount' err || die "$(cat err)"
	changes '0\nok\n' -p "$root" -c -v 0 -- 'touch /x && echo ok'
	grep -q 'path.volatile: ' err || die "$(cat err)"
	changes '0\n' -p "$root" -c -m 'procfs|proc|/a' -- 'ls -A /a'
}

define_case leaves_nothing "no mount, work directory or process of a build is left, also when it fails"
# In a private mount namespace: mounts of other tests do not appear in it, but may disappear.
leaves_nothing_body() {
	new_tree tree
	mkdir above share
	cat >builds <<-EOF
		sort /proc/self/mountinfo >before
		for how in '' -r '-v 0' '-H /data' '-m tmpfs|x|/data' '-b $root' '-m nullfs|$(pwd)/share|/missing' \\
		    '-m unionfs|$(pwd)/share|/nowhere'; do
			case \$how in
			-b*) p=$(pwd)/above ;;
			*) p=$root ;;
			esac
			"$probe" -p "\$p" \$how /bin/sh -c : 2>/dev/null
			! ls -A | grep jail-work || echo "\$how: a work directory is left"
		done
		sort /proc/self/mountinfo | comm -13 before -
	EOF
	atf_check unshare --mount --propagation private sh builds
	atf_check -s exit:1 pgrep -f -- "^$probe -p $(pwd)/"
	atf_check rm -r tree above share
}

atf_init_test_cases() {
	for c in plain late submounts readonly volatile base work shared layered sockets devices missing mounts layers disk targets race \
	    hide covers kernel host_users identity change leaves_nothing; do
		atf_add_test_case $c
	done
}

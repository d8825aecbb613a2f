#! /usr/bin/env atf-sh
# SPDX-License-Identifier: BSD-2-Clause
# Mounts and devices of a running jail whose root may mount: what is granted later keeps its attributes, and what is
# taken away is out of reach of every process inside, or the command fails and nothing changes.
. "$(atf_get_srcdir)/../functional/common.sh"

attack=$JAIL_HOSTILE/view_attack

# A tree with more programs, and what the host grants.
prepare() {
	new_root
	cp "$attack" "$root/bin/"
	for applet in cp mount mv ln mknod sed grep unshare nsenter stat dd tail; do
		ln -s busybox "$root/bin/$applet"
	done
	mkdir -p grant/sub root/a/b root/z root/x
	echo secret >grant/file
	echo secret >grant/sub/file
	cp "$root/bin/busybox" grant/run
	chmod 4755 grant/run
}

# inside COMMAND...: in the jail.
inside() {
	jexec $p "$@"
}

# shut ATTACK ARGUMENT...: it is tried inside, and refused.
shut() {
	atf_check -s exit:1 -o match:'Operation not permitted|Invalid argument|Read-only' jexec $p /bin/view_attack "$@"
}

define_case attributes "a live mount keeps ro, nosuid, noexec and nodev: remounted, copied, moved, in a namespace below"
attributes_body() {
	prepare
	atf_check -o ignore jail -c name=$p path=$root allow.mount allow.mount.nullfs allow.mount.tmpfs allow.userns enforce_statfs=1 persist
	atf_check -o ignore jail -m name=$p mount="$(pwd)/grant /mnt nullfs ro,nosuid,noexec 0 0"
	for at in /mnt /x /z; do
		[ $at != /x ] || inside mount -o bind /mnt /x || die "no copy"
		[ $at != /z ] || inside mount -o move /x /z || die "not moved"
		for how in remount setattr setattr-dev; do
			shut $how $at
		done
		for option in rw,nosuid,noexec ro,suid,noexec ro,nosuid,exec ro,nosuid,noexec,dev; do
			inside mount -o remount,bind,$option $at 2>/dev/null
			inside sh -c "grep -q ' $at ro,nosuid,nodev,noexec,' /proc/self/mountinfo" ||
			    die "$at: $option: $(inside grep " $at " /proc/self/mountinfo)"
		done
		inside sh -c "! touch $at/new 2>/dev/null && ! $at/run true 2>/dev/null" || die "$at is open"
	done
	inside unshare -Um sh -c 'mount -o remount,bind,rw /mnt 2>/dev/null; ! touch /mnt/new 2>/dev/null' ||
	    die "open in a namespace below"
	[ ! -e grant/new ] || die "written"
}

define_case kinds "the same of a file system in memory, a file, and one that may be written"
kinds_body() {
	prepare
	touch root/one
	atf_check -o ignore jail -c name=$p path=$root allow.mount allow.mount.nullfs allow.mount.tmpfs enforce_statfs=1 persist
	atf_check -o ignore jail -m name=$p mount="none /mnt tmpfs ro,nosuid,noexec 0 0" \
	    mount+="$(pwd)/grant/file /one nullfs ro 0 0" mount+="$(pwd)/grant/sub /x nullfs rw,nosuid 0 0"
	for at in /mnt /one; do
		for how in remount reconfigure setattr setattr-dev; do
			shut $how $at
		done
	done
	shut setattr-dev /x
	inside mount -o remount,bind,rw,suid /x 2>/dev/null
	atf_check -o match:' /x rw,nosuid,nodev,' jexec $p cat /proc/self/mountinfo
	atf_check jexec $p touch /x/new
	[ -e grant/sub/new ] || die "not written"
	[ "$(stat -c %u grant/sub/new)" = 0 ] || die "not root's"
	atf_check -o inline:'secret\n' jexec $p cat /one
}

atf_init_test_cases() {
	for t in attributes kinds; do
		atf_add_test_case $t
	done
}

#! /usr/bin/env atf-sh
# SPDX-License-Identifier: BSD-2-Clause
# Mounts and devices of a running jail: what is granted later keeps its attributes, also where root inside may mount, and
# what is taken away is out of reach of every process inside, or the command fails and nothing changes.
. "$(atf_get_srcdir)/../functional/common.sh"

attack=$JAIL_HOSTILE/view_attack

# A tree with more programs, and what the host grants.
prepare() {
	new_root
	cp "$attack" "$root/bin/"
	for applet in chroot cp mount mv ln mknod sed grep unshare stat; do
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

# box: a jail that the host grants mounts to. grant: it gets the host's directory at /a/b; take: and loses it.
box() {
	prepare
	atf_check -o ignore jail -c name=$p path=$root enforce_statfs=1 children.max=2 persist
}

grant() {
	atf_check -o ignore jail -m name=$p mount="$(pwd)/grant /a/b nullfs ro 0 0"
	atf_check -o inline:'secret\n' jexec $p cat /a/b/file
}

take() {
	atf_check -o ignore jail -m name=$p mount=
	atf_check -o inline:'-\n' jls -j $p mount
	gone $p
}

# No mount of the grant is left where process 1 is, and the jail runs.
gone() {
	! jexec $1 grep -F "$(pwd)/grant" /proc/self/mountinfo || die "still mounted"
	atf_check -o inline:'0\n' cat "$(dir $1)/cgroup.freeze"
}

dir() {
	for d in /sys/fs/cgroup/unified /sys/fs/cgroup; do
		[ ! -d $d/jail ] || echo $d/jail/$1
	done | head -1
}

# holds SCRIPT: in the background inside, until `end`; it is there when /tmp/ready is.
holds() {
	rm -f root/tmp/ready
	jexec $p sh -c "$1" >/dev/null 2>&1 </dev/null &
	soon [ -e root/tmp/ready ]
}

end() {
	jexec $p sh -c 'kill -9 -1' 2>/dev/null
	wait
}

# kept REGEX: taking away is refused with that, and nothing has changed.
kept() {
	was=$(jls -j $p mount)
	fails 75 "$1" jail -m name=$p mount=
	[ "$(jls -j $p mount)" = "$was" ] || die "recorded: $(jls -j $p mount)"
	atf_check -o inline:'0\n' cat "$(dir $p)/cgroup.freeze"
}

define_case moved "what lies above a mount is renamed, and covered by another mount: it goes"
moved_body() {
	box
	grant
	atf_check jexec $p mv /a /z/a
	take
	atf_check -s exit:1 -e ignore jexec $p cat /z/a/b/file
	atf_check jexec $p mv /z/a /a
	grant
	atf_check -o ignore jail -m name=$p mount+="none /a tmpfs rw 0 0"
	atf_check jexec $p touch /a/mine
	atf_check -o ignore jail -m name=$p mount+="$(pwd)/grant/sub /x nullfs ro 0 0"
	atf_check -o ignore jail -m name=$p mount="none /a tmpfs rw 0 0"
	gone $p
	# What lay above it is there again.
	atf_check -o ignore jexec $p ls /a/mine
	atf_check -o ignore jail -m name=$p mount=
	atf_check -o empty jexec $p ls /a/b
}

define_case kept "from root inside that may mount, or of a jail above, nothing is taken"
kept_body() {
	prepare
	for with in "allow.mount allow.mount.nullfs enforce_statfs=1" allow.userns; do
		# shellcheck disable=SC2086 # words
		atf_check -o ignore jail -c name=$p path=$root $with children.max=2 devices="/dev/kmsg r" persist
		grant
		kept "can't be taken from root inside that may mount.*jail -rc"
		atf_check -o inline:'secret\n' jexec $p cat /a/b/file
		# More is given, but not less.
		atf_check -o ignore jail -m name=$p mount+="$(pwd)/grant/sub /x nullfs ro 0 0" devices=/dev/kmsg
		fails 75 "devices: /dev/kmsg can't be taken from root inside that may mount" jail -m name=$p devices=
		fails 75 "devices: /dev/kmsg can't be taken from root inside that may mount" jail -m name=$p devices="/dev/kmsg r"
		atf_check jexec $p test -w /dev/kmsg
		atf_check -o inline:'secret\n' jexec $p cat /x/file
		# Root of the parent can join the mount namespace of its child.
		mkdir -p root/child root/own
		[ -d root/child/bin ] || make_root "$root/child"
		atf_check -o ignore jail -c name=$p.c path=$root/child persist
		atf_check -o ignore jail -m name=$p.c mount="$root/own /mnt nullfs ro 0 0"
		fails 75 "can't be taken from root inside that may mount" jail -m name=$p.c mount=
		atf_check -o ignore jail -r $p
		rm -rf root/child
	done
}

define_case failing "a change that fails shows none of its mounts for a moment"
failing_body() {
	box
	holds 'touch /tmp/ready; while :; do { read -r x; } 2>/dev/null </a/b/file && echo "$x" >/tmp/got; done'
	for i in $(seq 30); do
		fails 66 "/missing" jail -m name=$p mount="$(pwd)/grant /a/b nullfs ro 0 0" \
		    mount+="$(pwd)/grant /missing nullfs ro 0 0"
	done
	end
	[ ! -e root/tmp/got ] || die "it was seen"
	grant
	take
}

define_case own_memory "a jail whose file system is in memory, which process 1 keeps open, gives mounts back too"
own_memory_body() {
	prepare
	atf_check -o ignore jail -c name=$p path=$root path.volatile=16m persist
	atf_check -o ignore jail -m name=$p mount="$(pwd)/grant /mnt nullfs ro 0 0"
	atf_check -o inline:'secret\n' jexec $p cat /mnt/file
	atf_check -o ignore jail -m name=$p mount=
	atf_check -s exit:1 -e ignore jexec $p cat /mnt/file
}

define_case busy "what a process holds stays, and the process is named"
busy_body() {
	box
	for how in 'cd /a/b' 'exec 5</a/b/file' 'exec 5</a/b' 'cd /a/b/sub'; do
		grant
		holds "$how; touch /tmp/ready; exec sleep 1000"
		kept "/a/b is in use inside: sleep\[[0-9]*\]"
		end
		take
	done
	# On its way through a socket; then the mount is moved.
	grant
	holds 'exec view_attack queue /a/b'
	atf_check jexec $p mv /a /z/a
	kept "/z/a/b is in use inside: something that has no name"
	end
	atf_check jexec $p mv /z/a /a
	take
	cp "$root/bin/busybox" grant/busybox
	grant
	jexec $p sh -c 'chroot /a/b /busybox sleep 1000' >/dev/null 2>&1 </dev/null &
	soon jexec $p sh -c 'stat -c %N /proc/[0-9]*/root | grep -q /a/b'
	kept "in use.*: [a-z]*\[[0-9]*\]"
	end
	take
}

define_case family "a child jail's mount, and what the jail itself rightly has"
family_body() {
	box
	mkdir -p root/child
	make_root "$root/child"
	mkdir -p root/own
	echo own >root/own/file
	atf_check -o ignore jail -c name=$p.c path=$root/child persist
	atf_check -o ignore jail -m name=$p.c mount="$root/own /mnt nullfs ro 0 0"
	atf_check -o inline:'own\n' jexec $p.c cat /mnt/file
	atf_check jexec $p mv /child/mnt /child/tmp/away
	atf_check -o ignore jail -m name=$p.c mount=
	atf_check -s exit:1 -e ignore jexec $p.c cat /tmp/away/file
	# The same source twice, and one that holds the jail's own tree.
	atf_check -o ignore jail -m name=$p mount="$(pwd)/grant /a/b nullfs ro 0 0" \
	    mount+="$(pwd)/grant /x nullfs ro 0 0" mount+="$(pwd) /z nullfs ro 0 0"
	atf_check -o ignore jail -m name=$p mount="$(pwd)/grant /x nullfs ro 0 0"
	atf_check -o inline:'secret\n' jexec $p cat /x/file
	atf_check -s exit:1 -e ignore jexec $p cat /a/b/file
	atf_check -o inline:'\n' jexec $p sh -c 'echo $(ls /z)'
	atf_check -o match:own jexec $p ls /
}

define_case devices "a device goes under every name, and only the first /dev gets one"
devices_body() {
	prepare
	atf_check -o ignore jail -c name=$p path=$root persist
	atf_check -o ignore jail -m name=$p devices=/dev/kmsg
	atf_check jexec $p sh -c 'mkdir -p /dev/d/e; mv /dev/kmsg /dev/d/e/other'
	atf_check -o ignore jail -m name=$p devices=
	atf_check -o inline:'' jexec $p sh -c 'for f in /dev/* /dev/d/* /dev/d/e/*; do [ ! -c $f ] || stat -c "%t:%T" $f; done | grep "^1:b"; :'
	# A directory that is covered may hide one.
	atf_check -o ignore jail -m name=$p devices=/dev/kmsg
	atf_check jexec $p mv /dev/kmsg /dev/d/e/x
	atf_check -o ignore jail -m name=$p mount="none /dev/d/e tmpfs rw 0 0"
	fails 75 "devices: another mount beneath /dev inside may hide nodes of /dev/kmsg" jail -m name=$p devices=
	atf_check -o ignore jail -m name=$p mount=
	atf_check -o ignore jail -m name=$p devices=
	atf_check -s exit:1 jexec $p test -e /dev/d/e/x
	atf_check -o ignore jail -r $p
	# Another file system in its place: of root inside, and one of the host's.
	atf_check -o ignore jail -c name=$p path=$root allow.mount allow.mount.nullfs allow.mount.tmpfs enforce_statfs=1 persist
	mkdir memory
	mount -t tmpfs none memory
	atf_check -o ignore jail -m name=$p mount="$(pwd)/memory /mnt nullfs rw,noidmap 0 0"
	for other in '-t tmpfs none' '-o bind /mnt'; do
		atf_check jexec $p sh -c "mount $other /dev"
		fails 75 "devices: /dev inside is not the one that the jail was made with" jail -m name=$p devices=/dev/kmsg
		atf_check jexec $p umount /dev
	done
	[ ! -e memory/kmsg ] || die "a node on the host's file system"
	atf_check -o ignore jail -m name=$p devices=/dev/kmsg
	atf_check jexec $p test -c /dev/kmsg
}

define_case killed "the tool is killed in the middle: the next command lets the jail go on"
killed_body() {
	box
	for at in 1 2 3 4 5 6 7 8; do
		atf_check -o ignore jail -m name=$p mount="$(pwd)/grant /a/b nullfs ro 0 0"
		jail -m name=$p mount= >/dev/null 2>&1 &
		tool=$!
		sleep 0.0$at
		kill -9 $tool 2>/dev/null
		wait $tool
		# It goes on for whoever enters.
		atf_check timeout 20 jexec $p true
		atf_check -o inline:'0\n' cat "$(dir $p)/cgroup.freeze"
		# And the next change ends what was begun.
		atf_check -o ignore jail -m name=$p mount=
		gone $p
	done
}

define_case users 'a process 1 in a user namespace of its own does not choose the owners of a mount'
users_body() {
	prepare
	cp "$JAIL_HOSTILE/other_users" "$root/bin/"
	echo secret >grant/five
	chown 5:5 grant/five
	jail -q -c name=$p path="$root" exec.init=no allow.userns command=/bin/other_users </dev/null >/dev/null 2>err &
	soon test -e root/tmp/ready
	atf_check -o ignore jail -m name=$p mount="$(pwd)/grant /a nullfs ro 0 0"
	atf_check -o inline:'5:5\n0:0\n' jexec $p stat -c %u:%g /a/five /a/file
	atf_check -o ignore jail -R $p
	nothing_left
}

atf_init_test_cases() {
	for t in attributes kinds moved kept failing own_memory busy family devices killed users; do
		atf_add_test_case $t
	done
}

#! /usr/bin/env atf-sh
# SPDX-License-Identifier: BSD-2-Clause
# What a jail sees of files: path, path.*, mount, devices; and what is left of it outside.
. "$(atf_get_srcdir)/common.sh"

define_case owners "files keep their owners, inside and outside"
owners_body() {
	new_root
	atf_check jail -cq name=$p path=$root command='touch /tmp/mine; chown worker /tmp/mine; touch /tmp/root'
	[ "$(stat -c %u root/tmp/mine) $(stat -c %u root/tmp/root)" = "1000 0" ] || die "owners outside are others"
	# And yet root inside is nobody outside.
	atf_check -o ignore jail -cq name=$p path=$root persist
	uid=$(sed -n 's/^Uid:\t\([0-9]*\).*/\1/p' "/proc/$(jls -j $p pid)/status")
	[ "$uid" -ge 65536 ] || die "root inside is $uid outside"
	[ "$uid" = "$(jls -j $p users.base)" ] || die "users.base is not said"
}

define_case readonly "path.readonly: nothing is written, not even by remounting"
readonly_body() {
	new_root
	fails 1 "Read-only" jail -cq name=$p path=$root path.readonly command='touch /tmp/x'
	fails 1 "." jail -cq name=$p path=$root path.readonly allow.mount command='busybox mount -o remount,rw /'
	atf_check -o ignore jail -cq name=$p path=$root persist
	atf_check -o ignore jail -m name=$p path.readonly
	fails 1 "Read-only" jexec $p touch /tmp/x
	fails 77 "path.readonly" jail -m name=$p path.noreadonly
}

define_case volatile "path.volatile: what is written vanishes with the jail, and has a size"
volatile_body() {
	new_root
	echo before >root/file
	atf_check -o inline:'after\n' jail -cq name=$p path=$root path.volatile command='echo after >/file; cat /file; rm /bin/ls'
	atf_check -o inline:'before\n' cat root/file
	[ -e root/bin/ls ] || die "a removal went through"
	atf_check -s exit:1 -e match:'No space' jail -cq name=$p path=$root path.volatile=1m \
		command='cat /dev/zero >/big'
	# Shared memory is of that size, and so is what root inside can put into /dev.
	for where in /dev/shm /dev; do
		atf_check -s exit:1 -e match:'No space' jail -cq name=$p path=$root path.volatile=1m \
			command="cat /dev/zero >$where/big"
	done
	nothing_left
}

define_case base "path.base: the union is seen, writes land in path, nothing else is left"
base_body() {
	new_root
	mkdir upper lower
	echo lower >lower/only
	before=$(find root lower -printf '%p %i %T@\n' | sort)
	atf_check -o inline:'lower\n' jail -cq name=$p path="$(pwd)/upper" path.base="$root,$(pwd)/lower" \
		command='cat /only; echo new >/only; echo x >/etc/new'
	atf_check -o inline:'new\n' cat upper/only
	atf_check -o inline:'x\n' cat upper/etc/new
	[ "$before" = "$(find root lower -printf '%p %i %T@\n' | sort)" ] || die "a base was changed"
	atf_check -o ignore jail -cq name=$p path="$(pwd)/upper" path.base="$root" persist
	fails 75 "path: .*$p writes to" jail -c name=${p}b path="$(pwd)/upper" path.base="$root" persist
	atf_check jail -rq $p
	[ "$(ls -A)" = "$(printf '%s\n' lower prefix root upper)" ] || [ -z "$(ls -A | grep jail-work)" ] || die "left: $(ls -A)"
	nothing_left
}

define_case upper "what one union writes to no other does"
upper_body() {
	new_root
	mkdir root/mnt one two
	with="path=$root path.volatile persist"
	# shellcheck disable=SC2086 # several words
	{
		atf_check -o ignore jail -cq name=$p $with mount="$(pwd)/one /mnt unionfs rw 0 0"
		atf_check -o ignore jail -cq name=${p}b $with mount="$(pwd)/two /mnt unionfs rw 0 0"
		fails 75 "mount: $(pwd)/one is what the jail $p writes to" \
			jail -c name=${p}c $with mount="$(pwd)/one /mnt unionfs rw 0 0"
		fails 75 "path: $(pwd)/one is what the jail $p writes to" \
			jail -c name=${p}c path="$(pwd)/one" path.base="$root" persist
		atf_check -o ignore jail -cq name=${p}c $with mount="$(pwd)/one /mnt unionfs ro 0 0"
	}
	atf_check jail -rq $p ${p}b ${p}c
	nothing_left
}

define_case hide "path.hide: what is covered stays covered"
hide_body() {
	new_root
	mkdir root/secret root/keys
	echo s >root/secret/s
	echo k >root/keys/a_key
	echo k >root/keys/a_pub
	atf_check -o inline:'a_key\na_pub\nk\n' jail -cq name=$p path=$root path.hide='/secret,/keys/*_key,/missing' \
		command='ls -A /secret; ls /keys; cat /keys/a_key /keys/a_pub'
	fails 1 "." jail -cq name=$p path=$root path.readonly path.hide=/secret allow.mount command='umount /secret'
	fails 1 "." jail -cq name=$p path=$root path.hide=/secret command='touch /secret/x'
	atf_check -o ignore jail -cq name=$p path=$root persist
	atf_check -o inline:'s\n' jexec $p ls /secret
	atf_check -o ignore jail -m name=$p path.hide=/secret
	atf_check -o empty jexec $p ls -A /secret
	atf_check jail -qr $p
	# What is added to nothing is added to what a shared tree hides by itself, in a file as well.
	printf '%s\n' 'path = /; path.volatile; path.hide += /srv;' "$p { command = \"ls -A /root /srv\"; }" >conf
	atf_check -o inline:'/root:\n\n/srv:\n' jail -q -f conf -c $p
	atf_check -o inline:'/root:\n\n/srv:\n' jail -q -c name=$p path=/ path.volatile path.hide+=/srv command=ls -A /root /srv
	nothing_left
}

define_case hide_child "what is hidden from a parent is hidden from its children"
hide_child_body() {
	new_root
	mkdir -p sub/secret sub/x/deep root/sub
	cp -a root/. sub/
	mkdir -p outer && mv sub outer/sub && cp -a root/. outer/
	echo s >outer/sub/secret/s
	atf_check -o ignore jail -cq name=$p path="$(pwd)/outer" path.readonly path.hide='/sub/sec*' children.max=1 persist
	atf_check -o empty jail -cq name=$p.kid path="$(pwd)/outer/sub" path.readonly command='ls -A /secret'
	fails 77 "hidden" jail -c name=$p.kid path="$(pwd)/outer/sub/secret" path.readonly persist
}

define_case memory_child "children of a jail that writes to memory, on the host's own tree"
memory_child_body() {
	new_root
	atf_check jail -cq name=$p path=/ path.volatile=30m children.max=4 persist
	fails 77 "path: what its parent $p writes goes to memory" jail -c name=$p.kid path=/usr persist
	atf_check jail -cq name=$p.kid path=/ path.volatile=10m persist
	atf_check -o inline:'kid\n' jexec $p.kid /bin/sh -c 'echo kid >/etc/kid && cat /etc/kid && ls -A /root && ls -A /tmp'
	atf_check -s not-exit:0 -e ignore jexec $p ls /etc/kid
	[ ! -e /etc/kid ] || die "the host's tree was written to"
	# What the parent may only read, or does not see.
	fails 77 "mount: /srv can.t be written to by its parent" jail -c name=$p.kid2 path=/ path.volatile \
	    mount="/srv /mnt nullfs rw 0 0" persist
	fails 77 "mount: /run is hidden from its parent" jail -c name=$p.kid2 path=/ path.volatile \
	    mount="/run /mnt nullfs ro 0 0" persist
	atf_check jail -cq name=$p.kid2 path=/ path.readonly mount="/ /mnt nullfs ro 0 0" persist
	atf_check -o empty jexec $p.kid2 /bin/sh -c "ls -A /mnt/run; ls -A /mnt/root"
	atf_check jail -qr $p
	nothing_left
}

define_case mount "mount and mount.fstab: as written, and only inside"
mount_body() {
	new_root
	mkdir outside root/ro root/rw root/tmpfs
	echo hello >outside/file
	echo "$(pwd)/outside /rw nullfs rw 0 0" >fstab
	atf_check -o inline:'hello\nhello\n' jail -cq name=$p path=$root mount="$(pwd)/outside $root/ro nullfs ro 0 0" \
		mount+="tmpfs /tmpfs tmpfs rw,size=64k,mode=700 0 0" mount.fstab="$(pwd)/fstab" \
		command='cat /ro/file /rw/file; echo w >/rw/w; echo t >/tmpfs/t; touch /ro/x 2>/dev/null && echo written; true'
	atf_check -o inline:'w\n' cat outside/w
	atf_check -s exit:1 grep -F "$(pwd)" /proc/self/mountinfo
	[ ! -e outside/x ] && [ ! -e root/tmpfs/t ] || die "it wrote where it should not"
	atf_check -o inline:'750 33 34\n1000\n' jail -cq name=$p path=$root mount='tmpfs /ro tmpfs mode=750,uid=33,gid=34,inodes=1000 0 0' \
		command='stat -c "%a %u %g" /ro; stat -f -c %c /ro'
	fails 65 "mount: .*none of the 1000 users" jail -c name=$p path=$root users.count=1000 \
		mount='tmpfs /ro tmpfs uid=1000 0 0' command=true
	fails 66 "mount: .*nowhere" jail -c name=$p path=$root mount="$(pwd)/nowhere /ro nullfs ro 0 0" persist
	fails 66 "mount: .*/absent" jail -c name=$p path=$root mount="$(pwd)/outside /absent nullfs ro 0 0" persist
	nothing_left
}

define_case mount_live "mount, live: put there and taken away"
mount_live_body() {
	new_root
	mkdir outside root/mnt2
	echo hello >outside/file
	atf_check -o ignore jail -cq name=$p path=$root persist
	atf_check -o ignore jail -m name=$p mount="$(pwd)/outside /mnt2 nullfs ro 0 0"
	atf_check -o inline:'hello\n' jexec $p cat /mnt2/file
	atf_check -o ignore jail -m name=$p mount=
	atf_check -s exit:1 -e ignore jexec $p cat /mnt2/file
	# A child's too, of what its parent sees.
	atf_check jail -qr $p
	mkdir -p root/kid root/data/secret
	cp -a root/bin root/dev root/proc root/sys root/etc root/tmp root/mnt root/kid
	echo data >root/data/file
	echo s >root/data/secret/s
	atf_check jail -cq name=$p path=$root children.max=1 persist
	atf_check jail -cq name=$p.kid path=$root/kid persist
	atf_check jail -qm name=$p.kid mount="$root/home /mnt nullfs ro 0 0"
	atf_check -o inline:'worker\n' jexec $p.kid ls /mnt
	atf_check jail -qm name=$p.kid mount=
	atf_check -o empty jexec $p.kid ls /mnt
	atf_check jail -qm name=$p.kid mount="$root/data /mnt nullfs rw 0 0"
	atf_check -o inline:'data\n' jexec $p.kid cat /mnt/file
	atf_check jexec $p.kid touch /mnt/written
	[ -e root/data/written ] || die "it is another mount"
	fails 77 "mount: $(pwd)/outside is not beneath" jail -m name=$p.kid mount="$(pwd)/outside /mnt nullfs ro 0 0"
	atf_check jail -qr $p
	# What is hidden from its parent is hidden in it.
	atf_check jail -cq name=$p path=$root path.readonly children.max=1 path.hide=/data/secret persist
	atf_check jail -cq name=$p.kid path=$root/kid path.readonly persist
	atf_check jail -qm name=$p.kid mount="$root/data /mnt nullfs ro 0 0"
	atf_check -o inline:'data\n' jexec $p.kid cat /mnt/file
	atf_check -o empty jexec $p.kid ls -A /mnt/secret
	atf_check jail -qr $p
	nothing_left
}

define_case shared "path = /: /tmp and /run are fresh, /root is covered, writes need a place"
shared_body() {
	p=$(prefix)
	fails 65 "path.volatile.*path.base.*path.readonly" jail -c name=$p path=/ persist
	touch "/tmp/$p"
	atf_check -o empty jail -cq name=$p path=/ path.volatile command='ls -A /root; ls -A /tmp'
	atf_check -o empty jail -cq name=$p path=/ path.readonly command='ls -A /root; ls -A /tmp'
	rm -f "/tmp/$p"
	atf_check -s exit:0 -o ignore jail -cq name=$p path=/ path.volatile path.hide= command='ls -A /root'
	nothing_left
	# No hash of a password is to be seen, but su(1) finds its users.
	for hide in default default,/etc/shadow; do
		atf_check -o inline:"$(cut -d: -f1 /etc/passwd | sed 's/$/:*:::::::/')\n" jail -cq name=$p path=/ path.volatile \
			path.hide=$hide command='cat /etc/shadow'
		[ ! -d /etc/pam.d ] || # without, su(1) runs nothing
		    atf_check -o inline:'daemon\n' jail -cq name=$p path=/ path.volatile path.hide=$hide \
			command='su daemon -s /bin/sh -c "id -un"'
	done
	for attempt in 'umount /etc/shadow' 'rm -f /etc/shadow' 'echo >/etc/shadow'; do
		fails 1 . jail -cq name=$p path=/ path.readonly allow.mount command="$attempt || exit 1"
	done
	nothing_left
}

define_case dev "/dev has the standard nodes and those of devices, and no others"
dev_body() {
	new_root
	atf_check -o match:'^fd full null ptmx pts random shm stderr stdin stdout tty urandom zero $' \
		jail -cq name=$p path=$root command='for f in $(ls /dev); do echo -n "$f "; done; echo'
	[ -e /dev/loop-control ] || [ -e /dev/kmsg ] || atf_skip "no other device here"
	node=$(ls -d /dev/loop-control /dev/kmsg 2>/dev/null | head -n 1)
	atf_check jail -cq name=$p path=$root devices="$node r" command="test -c $node"
	fails 66 "devices: " jail -c name=$p path=$root devices="/dev/no-such-node rw" persist
	nothing_left
}

atf_init_test_cases() {
	for c in owners readonly volatile base upper hide hide_child memory_child mount mount_live shared dev; do
		atf_add_test_case $c
	done
}

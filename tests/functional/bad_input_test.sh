#! /usr/bin/env atf-sh
# SPDX-License-Identifier: BSD-2-Clause
# Bad input, as a user meets it: one line that says where and what, a sysexits code, and nothing changed.
. "$(atf_get_srcdir)/common.sh"

# conf TEXT: the configuration for the next command.
conf() {
	printf '%b' "$1" >bad.conf
}

define_case language "mistakes in the file, with its name and line"
language_body() {
	new_root
	conf "a {\n path = /srv;\n"
	fails 65 '^jail: .*bad.conf:1: ' jail -f bad.conf -c
	conf "a { path = /srv\n}\n"
	fails 65 '^jail: .*bad.conf:1: ' jail -f bad.conf -c
	conf "\n\na { pth = /srv; }\n"
	fails 65 '^jail: a: bad.conf:3: pth: no such parameter: did you mean "path"\?' jail -f bad.conf -c
	conf "a { path = /srv; jid = many; }\n"
	fails 65 '^jail: a: bad.conf:1: jid: ' jail -f bad.conf -c
	conf "a { path = \"\$nowhere\"; }\n"
	fails 65 '^jail: a: bad.conf:1: .*nowhere' jail -f bad.conf -c
	conf "\$x = \"\$y\"; \$y = \"\$x\";\na { path = \"\$x\"; }\n"
	fails 65 '^jail: a: bad.conf:' jail -f bad.conf -c
	conf "a { path = '/srv; }\n"
	fails 65 '^jail: bad.conf:1: ' jail -f bad.conf -c
	conf "a { path = /srv; vnet.interface = eth0; }\n"
	fails 69 '^jail: a: bad.conf:1: vnet.interface: .*not available in this version' jail -f bad.conf -c
	conf "a { path = /srv; mac.do = new; }\n"
	fails 69 '^jail: a: bad.conf:1: mac.do: ' jail -f bad.conf -c
}

define_case foreign "FreeBSD's parameters that do no harm are ignored with a warning"
foreign_body() {
	new_root
	conf "$p { path = $root; persist; devfs_ruleset = 4; linux = disable; }\n"
	atf_check -o inline:"$p: created\n" -e save:err jail -f bad.conf -c
	grep -q "^jail: .*bad.conf:1: linux: " err || die "$(cat err)"
	atf_check -o ignore jail -R $p
}

define_case bytes "NUL, bytes that are no UTF-8, control characters"
bytes_body() {
	printf 'a { path = "/srv\0x"; }\n' >bad.conf
	fails 65 '^jail: bad.conf:1: ' jail -f bad.conf -c
	conf 'a { path = "/srv\377"; }\n'
	fails 65 '^jail: bad.conf:1: ' jail -f bad.conf -c
	printf 'a { path = /srv; \033[31m = 1; }\n' >bad.conf
	atf_check -s exit:65 -o empty -e save:err jail -f bad.conf -c
	! grep -q "$(printf '\033')" err || die "the message has a control character"
}

define_case files "files that can't be read"
files_body() {
	mkdir dir.conf
	fails 66 '^jail: .*dir.conf' jail -f dir.conf -c
	truncate -s 1G big.conf
	start=$(date +%s)
	fails 74 '^jail: big.conf has more than' jail -f big.conf -c
	[ $(($(date +%s) - start)) -le 20 ] || die "it took too long"
	echo '.include "loop.conf";' >loop.conf
	fails 65 '^jail: .*loop.conf' jail -f loop.conf -c
	echo '.include "nowhere.conf";' >inc.conf
	fails 66 '^jail: .*inc.conf:1: .*nowhere.conf' jail -f inc.conf -c
	if command -v setpriv >/dev/null; then
		echo 'a { path = /; }' >secret.conf
		chmod 0 secret.conf
		chmod a+rx .
		fails 77 '^jail: .*secret.conf' setpriv --reuid=65534 --regid=65534 --clear-groups jail -f "$PWD/secret.conf" -e ' '
	fi
}

define_case deep "a block 100,000 deep"
deep_body() {
	awk 'BEGIN { for (i = 0; i < 100000; i++) printf "a { "; print "" }' >deep.conf
	start=$(date +%s)
	fails 65 '^jail: .*deep.conf:1: ' jail -f deep.conf -c
	[ $(($(date +%s) - start)) -le 20 ] || die "it took too long"
}

define_case paths "a path that is missing, a file, relative, or not the one it was"
paths_body() {
	new_root
	fails 66 "^jail: $p: .*path: .*/nonexistent" jail -c name=$p path=/nonexistent persist
	fails 66 "^jail: $p: .*path: .*passwd" jail -c name=$p path=$root/etc/passwd persist
	atf_check -s not-exit:0 -o empty -e match:"^jail: $p: .*mount" \
		jail -c name=$p path=$root persist mount="/nonexistent /mnt nullfs rw 0 0"
	ln -s /etc root/mnt/link
	# A target's symbolic link leads nowhere outside of the jail.
	atf_check -s not-exit:0 -o empty -e match:"^jail: $p: " \
		jail -c name=$p path=$root persist mount="tmpfs /mnt/link/x tmpfs rw 0 0"
	[ ! -e /etc/x ] || die "it went outside"
	fails 65 "^jail: $p: .*path" jail -c name=$p path=/ persist
	nothing_left
}

define_case users "users that are not there, and where they were looked for"
users_body() {
	new_root
	fails 66 "^jail: $p: exec.jail_user: no user nobody-$$ in the jail's etc/passwd" \
		jail -c name=$p path=$root exec.jail_user=nobody-$$ command=true
	fails 66 "^jail: $p: exec.system_user: no user nobody-$$ in the host's etc/passwd" \
		jail -c name=$p path=$root exec.system_user=nobody-$$ exec.prestart=true command=true
	fails 66 "^jail: $p: exec.jail_user: no user nobody-$$ in the host's etc/passwd" \
		jail -c name=$p path=$root exec.system_jail_user exec.jail_user=nobody-$$ command=true
	nothing_left
}

define_case privilege "no root privilege"
privilege_body() {
	command -v setpriv >/dev/null || atf_skip "needs setpriv"
	new_root
	chmod a+rx .
	fails 77 '^jail: ' setpriv --reuid=65534 --regid=65534 --clear-groups jail -c name=$p path=$root persist
	nothing_left
}

define_case cgroup "no cgroup v2 mounted"
cgroup_body() {
	where=$(sed -n 's/^[^ ]* \([^ ]*\) cgroup2 .*/\1/p' /proc/mounts | head -n 1)
	new_root
	fails 69 '^jail: .*cgroup' unshare -m sh -c "umount -l $where && jail -c name=$p path=$root persist"
	nothing_left
}

define_case descriptors "too few descriptors, at every number of them"
descriptors_body() {
	new_root
	for n in 3 4 5 6 7 8 9 10 11 12 13 14 16 18 20 24; do
		if (ulimit -n $n && exec jail -c name=$p path=$root persist) >out 2>err; then
			atf_check -o ignore jail -R $p
		else
			[ "$(wc -l <err)" = 1 ] || die "$n: $(cat err)"
		fi
		# Where there was no descriptor left to clean up with, the next command does it.
		atf_check jail -C
		nothing_left
	done
}

define_case full "a full disk"
full_body() {
	p=$(prefix)
	mkdir root
	mount -t tmpfs -o size=4m tmpfs root
	root=$(pwd)/root
	make_root "$root"
	rmdir root/proc root/sys
	dd if=/dev/zero of=root/fill bs=4k >/dev/null 2>&1 || true
	# It is made without a byte more, or refused in one line.
	if jail -c name=$p path=$root persist >out 2>err; then
		atf_check -o ignore jail -R $p
	else
		[ "$(wc -l <err)" = 1 ] || die "$(cat err)"
	fi
	[ -z "$(ours)" ] || die "left: $(ours)"
}

define_case owners "what root runs is not taken from a file that others can change"
owners_body() {
	new_root
	mkdir open mine
	chmod 755 . mine
	conf ".include \"$(pwd)/more.conf\";\n$p { path = $root; persist; exec.prestart = \"touch $(pwd)/ran\"; }\n"
	echo '# nothing' >more.conf
	printf 'tmpfs /tmp tmpfs rw 0 0\n' >fstab
	# Each of these takes the file away from root, and gives it back.
	for how in 'chown 4711:bad.conf:chown 0:belongs to user 4711' 'chmod 664:bad.conf:chmod 644:is writable for its group' \
	    'chmod 646:bad.conf:chmod 644:is writable for everybody' 'chown 4711:more.conf:chown 0:belongs to user 4711'; do
		IFS=: read -r take file back why <<-END
			$how
		END
		$take "$file"
		fails 77 "^jail: .*$file $why, and what it says is run as root: ch(own root|mod go-w) .*$file\$" \
		    jail -f bad.conf -c
		fails 77 "$file $why" jail -f bad.conf -r $p
		# To look at is another thing.
		atf_check -o match:"name=$p" jail -f bad.conf -e ' '
		$back "$file"
	done
	[ ! -e ran ] || die "a hook of somebody else's was run"
	cp bad.conf open/bad.conf
	chmod 777 open
	fails 77 "open is writable for everybody, and what files in it say is run as root: chmod go-w .*open\$" \
	    jail -f open/bad.conf -c
	ln -s ../open/bad.conf mine/link
	fails 77 "open is writable for everybody" jail -f mine/link -c
	# Standard input is the caller's, and so is a descriptor.
	sed -i '1d' open/bad.conf
	chown 4711 open/bad.conf
	atf_check -o ignore jail -f - -c <open/bad.conf
	atf_check -o ignore jail -R $p
	exec 9<open/bad.conf
	atf_check -o ignore jail -f /dev/fd/9 -c
	exec 9<&-
	atf_check -o ignore jail -R $p
	chmod 666 fstab
	fails 77 "mount.fstab: .*fstab is writable for everybody" jail -c name=$p path=$root persist mount.fstab="$(pwd)/fstab"
	chmod 644 fstab
	atf_check -o ignore jail -c name=$p path=$root persist mount.fstab="$(pwd)/fstab"
	atf_check -o ignore jail -R $p
	# A sticky directory is everybody's, what root has in it is not.
	chmod 1777 open
	chown 0 open/bad.conf
	atf_check -o ignore jail -f open/bad.conf -c
	atf_check -o ignore jail -R $p
	nothing_left
}

define_case twice "two at once of one name: one wins, the other says so"
twice_body() {
	new_root
	for i in 1 2 3 4 5 6 7 8; do
		jail -c name=$p path=$root persist >out1 2>err1 &
		one=$!
		jail -c name=$p path=$root persist >out2 2>err2 &
		two=$!
		wait $one
		a=$?
		wait $two
		b=$?
		case "$a $b" in
		"0 73" | "73 0" | "0 75" | "75 0") ;;
		*) die "$a and $b: $(cat err1 err2)" ;;
		esac
		[ "$(cat err1 err2 | wc -l)" = 1 ] || die "$(cat err1 err2)"
		atf_check -o ignore jail -R $p
	done
	nothing_left
}

atf_init_test_cases() {
	for c in language foreign bytes files deep paths users privilege cgroup descriptors full owners twice; do
		atf_add_test_case $c
	done
}

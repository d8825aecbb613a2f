#! /usr/bin/env atf-sh
# SPDX-License-Identifier: BSD-2-Clause
# Paths of the host that lead through what a jail, or an ordinary user, writes: none of them leads out of it.
. "$(atf_get_srcdir)/../functional/common.sh"

# refuses TEXT COMMAND...: it fails within a bound, and says so on one line.
refuses() {
	text=$1
	shift
	timeout -k 5 60 "$@" >out 2>err
	r=$?
	[ $r -ne 0 ] && [ $r -ne 124 ] && [ $r -ne 137 ] || die "status $r: $*: $(cat err)"
	grep -q -- "$text" err || die "no \"$text\": $(cat err)"
	[ "$(wc -l <err)" = 1 ] || die "not one line: $(cat err)"
}

# A directory of the host's that nobody inside has any business with.
canary() {
	mkdir -p "$1/etc"
	echo mine >"$1/etc/file"
	find "$1" | sort >"$1.before"
}

untouched() {
	find "$1" | sort | cmp -s - "$1.before" && [ "$(cat "$1/etc/file")" = mine ] || die "$1 was changed: $(find "$1")"
}

define_case grandchild "a jail's root that its parent has put a link in the place of"
grandchild_body() {
	new_root
	canary victim
	mkdir root/c && cp -a root/bin root/etc root/dev root/proc root/sys root/tmp root/c/
	atf_check jail -cq name=$p path=$root children.max=4 persist
	atf_check jail -cq name=$p.c path=$root/c children.max=2 persist
	atf_check jexec $p sh -c "busybox mv /c /c2; busybox ln -s $(pwd)/victim /c"
	refuses "moved or replaced" jail -c name=$p.c.g path=$root/c persist
	refuses "symbolic link\|moved or replaced" jail -c name=$p.d path=$root/c persist
	# A directory in its place is another one, too.
	atf_check jexec $p sh -c "busybox rm /c; busybox cp -a /c2 /c"
	refuses "moved or replaced" jail -c name=$p.c.g path=$root/c persist
	# Back again, it is the same.
	atf_check jexec $p sh -c "busybox rm -r /c; busybox mv /c2 /c"
	atf_check jail -cq name=$p.c.g path=$root/c persist
	untouched victim
}

define_case pathless "a child without a path has its parent's root, and so has its own child"
pathless_body() {
	new_root
	canary victim
	mkdir root/sub && cp -a root/bin root/etc root/dev root/proc root/sys root/tmp root/sub/
	echo inner >root/sub/mark
	atf_check jail -cq name=$p path=$root children.max=4 persist
	atf_check jail -cq name=$p.c path.readonly children.max=2 persist
	for path in "$(pwd)/victim" /etc; do
		refuses "not beneath" jail -c name=$p.c.g path="$path" path.readonly persist
		refuses "not beneath" jail -c name=$p.c.g path.readonly mount="$path /mnt nullfs ro 0 0" persist
	done
	atf_check -o inline:'inner\n' jail -cq name=$p.c.g path=$root/sub path.readonly command='cat /mark'
	atf_check -o inline:'inner\n' jail -cq name=$p.c.h path.readonly mount="$root/sub /mnt nullfs ro 0 0" command='cat /mnt/mark'
	untouched victim
}

define_case sources "mount sources, bases and limits beneath a tree that another jail writes"
sources_body() {
	new_root
	canary victim
	mkdir -p a && cp -a root/. a/
	mkdir a/export
	atf_check jail -cq name=$p-a path="$(pwd)/a" persist
	atf_check jexec $p-a sh -c "rm -r /export; busybox ln -s $(pwd)/victim /export; busybox ln -s $(pwd)/victim/etc/file /one"
	for again in running over; do
		refuses "$(pwd)/a/export is a symbolic link" jail -c name=$p path=$root mount="$(pwd)/a/export /mnt nullfs rw 0 0" persist
		refuses "is a symbolic link" jail -c name=$p path=$root mount="$(pwd)/a/export/etc /mnt nullfs ro 0 0" persist
		refuses "is a symbolic link" jail -c name=$p path=$root mount="$(pwd)/a/export /mnt unionfs rw 0 0" persist
		refuses "is a symbolic link" jail -c name=$p path=$root mount="$(pwd)/a/export:$root/home /mnt overlay ro 0 0" persist
		refuses "is a symbolic link" jail -c name=$p path=$root path.base="$(pwd)/a/export" persist
		refuses "is a symbolic link" jail -c name=$p path="$(pwd)/a/export" persist
		touch root/etc/one
		refuses "is a symbolic link" jail -c name=$p path=$root mount="$(pwd)/a/one /etc/one nullfs rw 0 0" persist
		refuses "symbolic link" jail -c name=$p path=$root limit.readbps="$(pwd)/a/export:10m" persist
		jail -cq name=$p path=$root persist || die "cannot make it"
		refuses "is a symbolic link" jail -m name=$p mount="$(pwd)/a/export /mnt nullfs rw 0 0"
		jail -qr $p
		[ $again = over ] || atf_check jail -qr $p-a
	done
	untouched victim
}

define_case user "a path and a source beneath a directory that an ordinary user owns"
user_body() {
	new_root
	canary victim
	mkdir -p home/j && chown 12345:12345 home
	cp -a root/. home/j/
	# The user's link, and one of root's that the user has moved here.
	ln -s "$(pwd)/victim" home/l && chown -h 12345:12345 home/l
	ln -s "$(pwd)/victim" home/r
	for l in l r; do
		refuses "$(pwd)/home/$l is a symbolic link" jail -c name=$p path="$(pwd)/home/$l" persist
		refuses "$(pwd)/home/$l is a symbolic link" jail -c name=$p path=$root mount="$(pwd)/home/$l /mnt nullfs rw 0 0" persist
	done
	atf_check -o inline:'worker\n' jail -cq name=$p path="$(pwd)/home/j" command='ls /home'
	untouched victim
}

define_case system "links of the host's own system are followed, others are named"
system_body() {
	new_root
	ln -s "$(pwd)/root" shortcut
	refuses "write where it leads.*: $(pwd)/root/tmp" jail -c name=$p path="$(pwd)/shortcut/tmp" persist
	[ -L /bin ] || [ -L /lib ] || atf_skip "no link in / to follow"
	for l in /bin /lib; do
		[ ! -L $l ] || atf_check -o not-empty jail -cq name=$p path=$root mount="$l /mnt nullfs ro 0 0" command='ls /mnt'
	done
}

define_case hidden "what is hidden from a parent is not reached through a link of its making"
hidden_body() {
	new_root
	mkdir root/secret root/kid && echo s >root/secret/s
	cp -a root/bin root/etc root/dev root/proc root/sys root/tmp root/kid/
	atf_check jail -cq name=$p path=$root path.hide=/secret children.max=4 persist
	atf_check jexec $p sh -c 'busybox ln -s /secret /build; busybox ln -s secret /beside'
	for l in build beside; do
		refuses "symbolic link" jail -c name=$p.k path=$root/$l persist
		refuses "symbolic link" jail -c name=$p.k path=$root/kid mount="$root/$l /tmp nullfs ro 0 0" persist
	done
	refuses "hidden from" jail -c name=$p.k path=$root/secret persist
	# And from those further down.
	atf_check jail -cq name=$p.k path=$root children.max=2 persist
	atf_check -o empty jail -cq name=$p.k.g path=$root command='ls -A /secret'
	refuses "hidden from" jail -c name=$p.k.g path=$root/secret persist
}

define_case globs "a hidden name with a special character is hidden from a child as well"
globs_body() {
	new_root
	mkdir 'root/a\b' && echo s >'root/a\b/s'
	atf_check jail -cq name=$p path=$root path.hide='/a\b' children.max=4 persist
	atf_check -o empty jexec $p ls -A '/a\b'
	refuses "hidden from" jail -c name=$p.k path="$root/a\\b" persist
	atf_check -o empty jail -cq name=$p.k path=$root command='ls -A /a*'
}

define_case leftovers exchanged "a directory that was put in the place of another is not cleaned up"
leftovers_body() {
	new_root
	mkdir -p over other/j
	mkdir -p over/j && mkdir -m 700 other/.j.jail-work && echo keep >other/.j.jail-work/file
	atf_check jail -cq name=$p path="$(pwd)/over/j" path.base=$root persist
	mv over was && mv other over
	refuses "not what it was" jail -r $p
	[ "$(cat over/.j.jail-work/file)" = keep ] || die "another directory's file was removed"
	[ -z "$(jls -d -n name 2>/dev/null | grep "name=$p\$")" ] || die "the jail is not removed"
	# By what it is, not by its name: two jails never write to one directory.
	mkdir t && atf_check jail -cq name=$p path="$(pwd)/t" path.base=$root persist
	mkdir moved && mv t moved/t
	refuses "writes to" jail -c name=$p-2 path="$(pwd)/moved/t" path.base=$root persist
	mv moved/t t
	atf_check jail -qr $p
	[ ! -e .t.jail-work ] || die "the work directory is left"
}

define_case exchanged "root's own directory under the name of a work directory is not emptied"
exchanged_body() {
	new_root
	mkdir home home/up && chown 12345 home home/up
	mkdir -m 700 home/backup && mkdir home/backup/deep && echo keep >home/backup/deep/f
	for when in before after; do
		[ $when = after ] || mv home/backup home/.up.jail-work
		jail -cq name=$p path=$root mount="$(pwd)/home/up /mnt unionfs rw 0 0" persist 2>err
		code=$?
		if [ $when = before ]; then
			[ $code != 0 ] || die "made over another directory"
			mv home/.up.jail-work home/backup
		else
			[ $code = 0 ] || die "not made: $(cat err)"
			mv home/.up.jail-work home/old && mv home/backup home/.up.jail-work
			jail -rq $p 2>err
			mv home/.up.jail-work home/backup
		fi
		[ "$(cat home/backup/deep/f)" = keep ] || die "$when: it was emptied"
	done
	jail -Rq $p 2>/dev/null
	nothing_left
}

define_case console "exec.consolelog: a link, a FIFO, a device and another name are refused"
console_body() {
	new_root
	canary victim
	mkdir root/log && mkdir -p home && chown 12345 home
	atf_check jail -cq name=$p path=$root persist
	for dir in root/log home; do
		ln -s "$(pwd)/victim/etc/new" $dir/link
		ln -s "$(pwd)/victim/etc" $dir/to
		mkfifo $dir/fifo
		echo x >victim/etc/hard && ln victim/etc/hard $dir/hard
		mknod $dir/null c 1 3
		echo x >$dir/users && chown 12345 $dir/users
		mkdir $dir/directory
		for f in link to/new fifo hard null users directory; do
			refuses "exec.consolelog" jail -c name=$p-2 path=$root exec.consolelog="$(pwd)/$dir/$f" command='echo owned'
		done
		# With somebody who reads it, nothing waits either, and nothing is written.
		timeout 60 cat $dir/fifo >got &
		reader=$!
		refuses "not a regular file" jail -c name=$p-2 path=$root exec.consolelog="$(pwd)/$dir/fifo" command='echo owned'
		kill $reader 2>/dev/null
		wait $reader 2>/dev/null
		[ ! -s got ] || die "it was written to"
		[ "$(cat victim/etc/hard)" = x ] || die "another name was written to"
		rm victim/etc/hard
	done
	untouched victim
	# The same for what is run later.
	atf_check jail -qr $p
	atf_check jail -cq name=$p path=$root exec.consolelog="$(pwd)/root/log/own" exec.stop='echo bye' persist
	rm root/log/own && ln -s "$(pwd)/victim/etc/new" root/log/own
	refuses "exec.consolelog" jail -r $p
	untouched victim
}

# silent DIRECTORY: from here on a user's FUSE file system is mounted there that takes each question and answers none.
silent() {
	"$JAIL_HOSTILE/silent_fuse" 12345 "$1" >ready 2>why &
	echo $! >>servers
	tries=0
	until [ -s ready ]; do
		kill -0 "$(tail -n 1 servers)" 2>/dev/null || atf_skip "no FUSE here: $(cat why)"
		tries=$((tries + 1))
		[ $tries -lt 200 ] || die "the server is not ready"
		sleep 0.1
	done
	rm ready
	mounted="$mounted $1"
}

# With its server the kernel forgets who waits for it.
loud() {
	[ ! -s servers ] || kill -KILL $(cat servers) 2>/dev/null
	wait
	for d in $mounted; do
		umount -l "$d"
	done
	mounted=
	: >servers
}

define_case unanswered "a user's FUSE file system that never answers holds no tool"
unanswered_body() {
	new_root
	mkdir -p home/mnt home/j home/log home/up/in root/kid && touch home/log/file && chown -R 12345:12345 home
	cp -a root/bin root/etc root/dev root/proc root/sys root/tmp root/kid/
	atf_check jail -cq name=$p path=$root children.max=4 persist
	atf_check jail -cq name=$p.c path=$root/kid children.max=2 persist
	atf_check jail -cq name=$p-o path="$(pwd)/home/j" path.base=$root persist
	atf_check jail -cq name=$p-u path=$root mount="$(pwd)/home/up/in /mnt unionfs rw 0 0" persist
	for d in home/mnt home/log root/kid home/j home/up; do
		silent "$(pwd)/$d"
	done
	by="served by an ordinary user"
	for at in "$(pwd)/home/mnt" "$(pwd)/home/mnt/deep/er"; do
		refuses "$by" jail -c name=$p-2 path="$at" persist
		refuses "$by" jail -c name=$p-2 path=$root path.base="$at" persist
		refuses "$by" jail -c name=$p-2 path=$root mount="$at /mnt nullfs ro 0 0" persist
		refuses "$by" jail -c name=$p-2 path=$root mount="$at /mnt unionfs rw 0 0" persist
		refuses "$by" jail -c name=$p-2 path=$root mount="$at:$root/tmp /mnt overlay ro 0 0" persist
		refuses "$by" jail -m name=$p mount+="$at /mnt nullfs ro 0 0"
		refuses "limit.readbps" jail -c name=$p-2 path=$root limit.readbps="$at:10m" persist
		refuses "user\|FUSE" jail -f "$at" -c
	done
	refuses "$by" jail -c name=$p-2 path=$root exec.consolelog="$(pwd)/home/log/file" command=/bin/true
	refuses "$by" jail -c name=$p-2 path=$root exec.consolelog="$(pwd)/home/log/new" command=/bin/true
	refuses "moved or replaced" jail -c name=$p.c.g path=$root/kid persist
	# The others are used as before.
	atf_check timeout -k 5 60 jexec $p true
	atf_check -o ignore timeout -k 5 60 jls -v
	atf_check timeout -k 5 60 jail -cq name=$p-3 path=/ path.volatile command=/bin/true
	# Each goes, with what is left named.
	refuses "home/j is covered.*beside it may be left" jail -r $p-o
	refuses "home/up/in is covered.*beside it may be left" jail -R $p-u
	atf_check timeout -k 5 60 jail -q -R $p
	[ -z "$(jls -d -n name 2>/dev/null | grep "name=$p")" ] || die "a jail is left: $(jls -d)"
	loud
	[ -d home/.j.jail-work ] || die "what was said to be left is not"
}
unanswered_cleanup() {
	[ ! -s servers ] || kill -KILL $(cat servers) 2>/dev/null
	for d in home/mnt home/log root/kid home/j home/up; do
		umount -l $d 2>/dev/null
	done
	clean
}

atf_init_test_cases() {
	for c in grandchild pathless sources user system hidden globs leftovers exchanged console unanswered; do
		atf_add_test_case $c
	done
}

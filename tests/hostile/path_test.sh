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
	mkdir root/secret root/kid root/w && echo s >root/secret/s
	cp -a root/bin root/etc root/dev root/proc root/sys root/tmp root/kid/
	atf_check jail -cq name=$p path=$root path.readonly path.hide=/secret children.max=4 \
	    mount="$root/w /w nullfs rw 0 0" persist
	atf_check jexec $p sh -c 'busybox ln -s /secret /w/build; busybox ln -s ../secret /w/beside'
	for l in build beside; do
		refuses "symbolic link" jail -c name=$p.k path=$root/w/$l path.readonly persist
		refuses "symbolic link" jail -c name=$p.k path=$root/kid path.readonly mount="$root/w/$l /tmp nullfs ro 0 0" persist
	done
	refuses "hidden from" jail -c name=$p.k path=$root/secret path.readonly persist
	# And from those further down.
	atf_check jail -cq name=$p.k path=$root path.readonly children.max=2 persist
	atf_check -o empty jail -cq name=$p.k.g path=$root path.readonly command='ls -A /secret'
	refuses "hidden from" jail -c name=$p.k.g path=$root/secret path.readonly persist
}

define_case globs "a hidden name with a special character is hidden from a child as well"
globs_body() {
	new_root
	mkdir 'root/a\b' && echo s >'root/a\b/s'
	atf_check jail -cq name=$p path=$root path.readonly path.hide='/a\b' children.max=4 persist
	atf_check -o empty jexec $p ls -A '/a\b'
	refuses "hidden from" jail -c name=$p.k path="$root/a\\b" path.readonly persist
	atf_check -o empty jail -cq name=$p.k path=$root path.readonly command='ls -A /a*'
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

# secret DIRECTORY: objects to hide in it, and programs for whoever has /x as its root.
secret() {
	rm -rf "$1/h" "$1/x" "$1/y"
	mkdir -p "$1/h/d" "$1/x/bin" "$1/x/old" "$1/y"
	echo secret >"$1/h/d/s"
	echo secret >"$1/h/f"
	cp "$root/bin/busybox" "$JAIL_HOSTILE/view_attack" "$1/x/bin/"
	ln -s busybox "$1/x/bin/sh"
	cp "$JAIL_HOSTILE/view_attack" "$root/bin/"
}

powers='allow.mount allow.mount.nullfs allow.mount.tmpfs enforce_statfs=1'

# What root inside does to see /h/d/s and /h/f: first by a second mount of the place that it moves /h to; then from a
# namespace whose root is that place, with a working directory on the old root, which has no mount point there.
attacks='
busybox mount -o bind /x /y
view_attack rename /h /x/h
cat /y/h/d/s /y/h/f
view_attack rename /x/h /h
busybox umount /y
cd /h && exec busybox unshare -m /x/bin/busybox sh -c "
	B=/x/bin/busybox
	PATH=/bin:/x/bin
	\$B mount -o rbind /x /x && cd /x && \$B pivot_root . old && cd /old/h && /bin/busybox umount -l /old
	view_attack rename f ../x/f
	view_attack rename d ../x/d
	view_attack rename ../h ../x/h
	/bin/busybox cat /f /d/s /h/f /h/d/s"
'

# attacked JAIL: nothing of that shows a secret.
attacked() {
	jexec "$1" sh -c "$attacks" >seen 2>tried
	! grep secret seen || die "seen in $1: $(cat seen tried)"
	# Each was tried, and a directory is never moved.
	[ "$(grep -c 'Read-only\|ross-device' seen)" -ge 3 ] || die "not tried: $(cat seen tried)"
	atf_check -o empty jexec "$1" sh -c 'cat /h/d/s /h/f 2>/dev/null; :'
}

define_case hide_writable "path.hide: not where root inside could move what is hidden to where no cover is"
hide_writable_body() {
	new_root
	secret root
	for with in children.max=1 "$powers" allow.userns "path.readonly $powers mount=$root/h@/h@nullfs@rw" \
	    "path.readonly children.max=1 mount=$root/h@/h@nullfs@rw"; do
		set --
		for word in $with; do
			set -- "$@" "$(echo "$word" | tr @ ' ')"
		done
		for hide in /h/d /h/f '/h/[df]'; do
			refuses "path.hide: /h/[df] lies where root inside could move it" \
			    jail -c name=$p path=$root path.hide="$hide" "$@" persist
		done
	done
	refuses "leave out allow.mount" jail -c name=$p path=$root path.hide=/h/d $powers persist
	# Nor later.
	atf_check jail -cq name=$p path=$root path.hide=/h/d persist
	refuses "children.max: what path.hide covers may be anywhere" jail -m name=$p children.max=1
	atf_check jail -qr $p
	atf_check jail -cq name=$p path=$root children.max=1 persist
	refuses "path.hide: /h/d lies where root inside could move it" jail -m name=$p path.hide=/h/d
	atf_check -o inline:'secret\n' jexec $p cat /h/d/s
	atf_check jail -qr $p
	for with in allow.userns "$powers"; do
		# shellcheck disable=SC2086 # words
		atf_check jail -cq name=$p path=$root $with persist
		refuses "path.hide: root inside may mount" jail -m name=$p path.hide=/h/d
		atf_check jail -qr $p
	done
	# A file of a base, which the overlay would copy up; and a directory that is in `path` itself.
	mkdir -p top top/h/e
	# shellcheck disable=SC2086 # words
	{
		refuses "path.hide: /h/f .*hide the directory that holds it" \
		    jail -c name=$p path="$(pwd)/top" path.base=$root path.hide=/h/f $powers persist
		refuses "path.hide: /h/e lies where root" \
		    jail -c name=$p path="$(pwd)/top" path.base=$root path.hide=/h/e $powers persist
	}
	nothing_left
}

define_case hide_fixed "path.hide: what root inside can't move stays hidden, whatever it renames and mounts"
hide_fixed_body() {
	new_root
	secret root
	mkdir -p top grant/d
	echo secret >grant/d/s
	echo secret >grant/f
	mkdir -p root/q/g
	# In a tree that is read only, in memory, and in a base; a grant that is read only.
	# shellcheck disable=SC2086 # words
	for with in path.readonly path.volatile "path.base=$root"; do
		case $with in path.base*) in=$(pwd)/top ;; *) in=$root ;; esac
		for hide in '/h/*' /h/d,/h/f; do
			[ "$with" != "path.base=$root" ] || hide=/h/d
			atf_check jail -cq name=$p path="$in" $with path.hide="$hide" $powers allow.userns persist
			[ $hide != /h/d ] || jexec $p busybox rm /h/f
			attacked $p
			atf_check jail -qr $p
		done
	done
	[ "$(cat root/h/f)" = secret ] || die "the file itself was emptied"
	# shellcheck disable=SC2086 # words
	atf_check jail -cq name=$p path=$root mount="$(pwd)/grant /q/g nullfs ro 0 0" path.hide=/q/g/d,/q/g/f $powers \
	    children.max=2 persist
	jexec $p sh -c 'view_attack rename /g /x/g; view_attack rename /g/d /x/d; view_attack rename /q /x/q
	    busybox mount -o rbind /x /y; cat /y/q/g/d/s /x/q/g/d/s /x/q/g/f' >seen 2>tried
	! grep secret seen || die "$(cat seen tried)"
	grep -q ok seen || die "not tried: $(cat seen tried)"
	refuses "hidden from" jail -c name=$p.c path=$root/q/g/d persist
	atf_check jail -qr $p
	nothing_left
}

define_case hide_children "path.hide: a jail with children hides what it can't move, and they do not see it either"
hide_children_body() {
	new_root
	secret root
	mkdir root/c root/w
	cp -a root/bin root/etc root/dev root/proc root/sys root/tmp root/c/
	for with in path.readonly path.volatile; do
		atf_check jail -cq name=$p path=$root $with path.hide=/h/d,/h/f,/proc/version children.max=4 \
		    mount="$root/w /w nullfs rw 0 0" persist
		atf_check jail -cq name=$p.c path=$root/c $with persist
		jexec $p sh -c 'for to in /c/h /w/h; do view_attack rename /h $to; done; view_attack rename /h/d /w/d' >tried
		! grep ok tried || die "moved"
		atf_check -o empty jexec $p.c sh -c 'cat /h/d/s /proc/version 2>/dev/null; :'
		atf_check jail -cq name=$p.d path=$root $with persist
		atf_check -o empty jexec $p.d sh -c 'cat /h/d/s /h/f /proc/version 2>/dev/null; :'
		refuses "its child $p.[cd] runs, in which it would not be covered" jail -m name=$p path.hide+=/etc/passwd
		atf_check jail -qr $p.c $p.d
		atf_check jail -qm name=$p path.hide+=/etc/passwd
		atf_check -o empty jail -cq name=$p.d path=$root $with command='cat /etc/passwd'
		atf_check jail -qr $p
	done
	# A child's own tree is its parent's to change: what the child hides is hidden from its own root.
	atf_check jail -cq name=$p path=$root children.max=4 persist
	atf_check jail -cq name=$p.d path=$root path.hide=/h/d persist
	atf_check -o empty jexec $p.d ls -A /h/d
	refuses "path.hide: /h/d lies where root" jail -c name=$p.e path=$root path.hide=/h/d children.max=1 persist
	atf_check jail -qr $p
	nothing_left
}

define_case outputs "files that the tools write, in a directory where an ordinary user puts links, FIFOs and other names"
outputs_body() {
	new_root
	mkdir theirs safe
	chown 65533 theirs
	echo precious >victim
	ln -s "$PWD/victim" theirs/link
	ln -s "$PWD/nothing" theirs/dangling
	ln -s "$PWD/safe" theirs/directory
	ln victim theirs/hard
	mkfifo theirs/fifo
	: >theirs/own
	chown -h 65533 theirs/link theirs/dangling theirs/directory theirs/fifo theirs/own
	for f in link dangling hard fifo own; do
		refuses "can't write theirs/$f: it is no regular file" jail -J theirs/$f -c name=$p path="$root" persist
	done
	refuses "can't write .*directory/new: " jail -J "$PWD/theirs/directory/new" -c name=$p path="$root" persist
	refuses "directory/new: can't create: " jstat --openmetrics -o theirs/directory/new
	[ "$(cat victim)" = precious ] && [ ! -e nothing ] && [ -z "$(ls -A safe)" ] || die "something was written elsewhere"
	atf_check -o ignore jail -J theirs/new -c name=$p path="$root" persist
	atf_check -o match:"^jid=[0-9]* .*name=$p" cat theirs/new
	# What is replaced at once is the name, whatever had it.
	for f in link fifo own; do
		atf_check timeout -k 5 60 jstat --openmetrics -o theirs/$f
		[ -f theirs/$f ] && [ ! -L theirs/$f ] || die "theirs/$f is no file"
	done
	[ "$(cat victim)" = precious ] || die "the link was followed"
	atf_check -o ignore jail -R $p
	nothing_left
}

atf_init_test_cases() {
	for c in grandchild pathless sources user system hidden globs hide_writable hide_fixed hide_children leftovers exchanged console unanswered outputs; do
		atf_add_test_case $c
	done
}

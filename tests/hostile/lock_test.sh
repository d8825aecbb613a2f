#! /usr/bin/env atf-sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Root inside a jail, or an ordinary user of the host, keeps the tools waiting (stopper.c): with locks, signals, tracing
# and file systems that do not answer. Every command ends within a bound. The bounds here are generous: a machine may be
# slow, but a command that waits for one of those never ends.

. "$(atf_get_srcdir)/../functional/common.sh"

nobody=65533

# The control group tree of the jails.
tree() {
	awk '$3 == "cgroup2" { print $2 "/jail"; exit }' /proc/mounts
}

# begin: a tree of files with the program in it, also where an ordinary user can run it.
begin() {
	new_root
	cp "$JAIL_HOSTILE/stopper" "$root/bin/stopper" || die stopper
	chmod 755 . "$root" "$root/bin"
	: >pids
}

# ends SECONDS COMMAND...: in that time; sets `status`.
ends() {
	bound=$1
	shift
	timeout -k 5 "$bound" "$@" >out 2>err
	status=$?
	cat out err
	[ $status -ne 124 ] && [ $status -ne 137 ] || die "no end within $bound s: $*"
}

# works SECONDS COMMAND...: and succeeds.
works() {
	ends "$@"
	[ $status -eq 0 ] || die "$(cat err)"
}

# one_line REGEX: the error is one line that matches.
one_line() {
	atf_check_equal 1 "$(wc -l <err)"
	grep -Eq "$1" err || die "not \"$1\": $(cat err)"
}

# is_said FILE REGEX
is_said() {
	soon grep -Eq "$2" "$1"
}

tidy() {
	[ ! -s pids ] || kill -KILL $(cat pids) 2>/dev/null
	clean
}

# lock_case NAME DESCRIPTION [SECONDS]
lock_case() {
	atf_test_case "$1" cleanup
	eval "$1_descr=\$2
	$1_head() { atf_set descr \"\$$1_descr\"; atf_set require.user root; atf_set timeout ${3:-300}; }"
	eval "$1_cleanup() { tidy; }"
	cases="${cases:-} $1"
}

# keep_locked_inside PARAMETER...: a jail whose root locks all of its control group that it can open.
keep_locked_inside() {
	begin
	works 60 jail -c name="$p" path="$root" persist "$@"
	jexec "$p" /bin/stopper lock /sys/fs/cgroup >locked 2>&1 &
	echo $! >>pids
	is_said locked '^[1-9][0-9]* locks'
	works 60 jail -m name="$p" host.hostname=locked
	works 60 jexec "$p" true
	works 60 jail -c name="$p-other" path="$root" persist
	works 60 jail -R "$p-other"
	works 60 jail -R "$p"
	nothing_left
}

lock_case inside 'root inside locks all of its control group'
inside_body() { keep_locked_inside; }

lock_case inside_host_users 'root inside, who is the root of the host, does'
inside_host_users_body() { keep_locked_inside users=inherit; }

lock_case inside_mounts 'root inside, who may mount, does'
inside_mounts_body() { keep_locked_inside allow.mount allow.mount.tmpfs; }

lock_case user 'an ordinary user of the host locks all of the tree of jails'
user_body() {
	begin
	works 60 jail -c name="$p" path="$root" persist
	setpriv --reuid $nobody --regid $nobody --clear-groups "$root/bin/stopper" lock "$(tree)" >locked 2>&1 &
	echo $! >>pids
	is_said locked '^[1-9][0-9]* locks'
	works 60 jail -m name="$p" host.hostname=locked
	works 60 jail -c name="$p-other" path="$root" persist
	works 60 jexec "$p" true
	works 60 jls
	works 60 jail -R "$p-other" "$p"
	nothing_left
}

lock_case user_reads 'an ordinary user has all of the tree of jails open, and as the working directory'
user_reads_body() {
	begin
	works 60 jail -c name="$p" path="$root" persist
	setpriv --reuid $nobody --regid $nobody --clear-groups sh -c 'cd "$1" && exec 8<. 9<cgroup.events && sleep 300' sh \
	    "$(tree)/$p" &
	echo $! >>pids
	sleep 1
	works 60 jail -R "$p"
	nothing_left
}

# A jail that the host's administrator has frozen: the entering process stops at its first instruction.
lock_case entry 'a process that enters does not get to its program'
entry_body() {
	begin
	works 60 jail -c name="$p" path="$root" persist
	echo 1 >"$(tree)/$p/cgroup.freeze" || die freeze
	ends 120 jexec "$p" true </dev/null
	[ $status -ne 0 ] || die 'entered a frozen jail'
	one_line 'had not reached its program within 30 s'
	works 60 jail -R "$p"
	nothing_left
}

lock_case stopped 'root inside stops every process'
stopped_body() {
	begin
	works 60 jail -c name="$p" path="$root" persist exec.stop=true
	jexec "$p" /bin/stopper stop </dev/null &
	echo $! >>pids
	sleep 1
	# It may have been stopped as the program that it became: then it goes on for the signal that ends it.
	timeout -k 60 60 jexec "$p" true </dev/null
	[ $? -ne 137 ] || die 'jexec does not end'
	ends 200 jail -r "$p" </dev/null
	[ $status -eq 0 ] || works 60 jail -R "$p"
	nothing_left
}

lock_case stop 'a command of exec.stop stops itself'
stop_body() {
	begin
	works 60 jail -c name="$p" path="$root" persist exec.stop='kill -STOP $$'
	ends 200 jail -r "$p" </dev/null
	[ $status -ne 0 ] || die 'exec.stop did not fail'
	one_line 'exec.stop: it did not end within 60 s.*jail -R'
	works 60 jail -R "$p"
	nothing_left
}

lock_case traced 'root inside traces a program and keeps what is left of it'
traced_body() {
	begin
	works 60 jail -c name="$p" path="$root" persist
	jexec "$p" /bin/stopper hold </dev/null &
	echo $! >>pids
	sleep 1
	mkfifo in
	(sleep 3; echo) >in &
	ends 60 jexec "$p" sh -c 'read x; exit 3' <in
	atf_check_equal 3 $status
	works 60 jail -R "$p"
	nothing_left
}

lock_case child 'root of a parent jail stops the first process of a child jail'
child_body() {
	begin
	mkdir -p "$root/child"
	cp -a "$root/bin" "$root/dev" "$root/proc" "$root/sys" "$root/etc" "$root/tmp" "$root/child/"
	works 60 jail -c name="$p" path="$root" children.max=2 persist
	jexec "$p" /bin/stopper stop </dev/null &
	echo $! >>pids
	sleep 1
	ends 200 jail -c name="$p.c" path="$root/child" persist
	works 60 jail -R "$p"
	nothing_left
}

lock_case created 'a jail whose exec.created does not end is removed'
created_body() {
	begin
	(
		jail -c name="$p" path="$root" persist exec.created='echo begun >begun; exec sleep 1000' >made 2>&1
		echo "status $?" >>made
	) &
	soon test -s begun
	works 60 jail -R "$p"
	is_said made '^status [1-9]'
	is_said made 'exec.created: the jail was killed while this command ran'
	nothing_left
}

lock_case frozen 'what the freezer of cgroup v1 holds is killed'
frozen_body() {
	freezer=/sys/fs/cgroup/freezer
	[ -w $freezer/cgroup.procs ] || atf_skip 'no freezer of cgroup v1 is mounted'
	begin
	works 60 jail -c name="$p" path="$root" persist
	mkdir "$freezer/$p"
	for pid in $(cat "$(tree)/$p/cgroup.procs"); do
		echo "$pid" >"$freezer/$p/cgroup.procs"
	done
	echo FROZEN >"$freezer/$p/freezer.state"
	works 60 jail -R "$p"
	soon rmdir "$freezer/$p"
	nothing_left
}

lock_case kernel 'a process that waits in the kernel is named, and its jail goes with a later command'
kernel_body() {
	[ -c /dev/fuse ] || atf_skip 'no /dev/fuse'
	begin
	works 60 jail -c name="$p" path="$root" persist
	mkdir deaf
	cat >waits.sh <<-'EOF'
		"$1" fuse "$PWD/deaf" 0 >mounted &
		echo $! >server
		until [ -s mounted ]; do sleep 0.1; done
		echo $$ >"$2/cgroup.procs"
		exec cat deaf/file
	EOF
	unshare -m --propagation private sh waits.sh "$JAIL_HOSTILE/stopper" "$(tree)/$p" 2>/dev/null &
	soon test -s mounted
	cat server >>pids
	soon sh -c "[ \$(wc -l <'$(tree)/$p/cgroup.procs') = 2 ]"
	sleep 1
	ends 150 jail -R "$p"
	[ $status -ne 0 ] || die 'it was removed'
	one_line 'process [0-9]+ .*waits for the kernel.*stays, and the next jail command goes on'
	kill -KILL $(cat server)
	soon jail -c name="$p-other" path="$root" persist
	works 60 jail -R "$p-other"
	soon test ! -d "$(tree)/$p"
	nothing_left
}

# fuse USER: a file system that never answers beneath the tree; a jail is made of it and ends.
silent_mount() {
	[ -c /dev/fuse ] || atf_skip 'no /dev/fuse'
	begin
	mkdir "$root/mnt/theirs"
	echo secret >"$root/mnt/theirs/beneath"
	cat >fuse.sh <<-'EOF'
		"$1" fuse "$2/mnt/theirs" "$4" >mounted &
		server=$!
		echo $server >>pids
		until [ -s mounted ]; do sleep 0.1; done
		[ "$5" = lives ] || { kill -KILL $server; wait $server; }
		timeout -k 5 150 jail -c name="$3" path="$2" path.volatile=16m persist >out 2>err
		echo "$?" >status
		timeout -k 5 60 jexec "$3" ls -A /mnt/theirs >seen 2>&1
		timeout -k 5 60 jail -R "$3"
	EOF
	unshare -m --propagation private sh fuse.sh "$JAIL_HOSTILE/stopper" "$root" "$p" "$1" "$2" 2>/dev/null
	cat out err
	atf_check_equal 0 "$(cat status)"
	atf_check -o empty cat seen
	nothing_left
}

lock_case fuse 'a file system of an ordinary user that does not answer is left out'
fuse_body() {
	silent_mount $nobody lives
	atf_check -o empty cat err
}

lock_case fuse_gone 'a file system whose server is gone is left out'
fuse_gone_body() {
	silent_mount 0 dies
	! grep . err || grep -q "mnt/theirs in it can't be read" err || die "$(cat err)"
}

# The line of an ordinary user's FUSE mount, whose name, type and options that user chooses, and beside the mount a
# directory of that user's. A reader that splits the line behind 1023 bytes of the name sees a hierarchy of cgroup v1
# there. Figures come from the kernel's groups all the same, and no command waits at the FIFO.
lock_case mount_line "a mount of an ordinary user whose line looks like one of cgroup v1"
mount_line_body() {
	[ -c /dev/fuse ] || atf_skip 'no /dev/fuse'
	begin
	works 60 jail -c name="$p" path="$root" persist
	theirs=$PWD/theirs
	while [ ${#theirs} -lt 900 ]; do
		theirs=$theirs/$(printf %0100d 0)
	done
	theirs=$theirs/$(printf "%0$((1022 - ${#theirs}))d" 0)
	atf_check_equal 1023 ${#theirs}
	mkdir -p "$theirs/jail/$p" "${theirs}cgroup"
	for f in memory.usage_in_bytes memory.oom_control cpu.stat pids.current cgroup.procs; do
		mkfifo "$theirs/jail/$p/$f"
	done
	chown -R $nobody theirs
	cat >line.sh <<-'EOF'
		for c in memory cpu pids blkio; do
			umount -l "/sys/fs/cgroup/$c" 2>/dev/null
		done
		"$1" fuse "$2" "$4" x,memory,cpu,pids,blkio >mounted &
		server=$!
		echo $server >>pids
		until [ -s mounted ]; do kill -0 $server || exit 1; sleep 0.1; done
		for tool in 'jstat --json' "jls -n -j $3" "jail -m name=$3 meta=k=1"; do
			timeout -k 5 60 $tool >>out 2>>err
			echo "$tool: $?" >>status
		done
	EOF
	unshare -m --propagation private sh line.sh "$JAIL_HOSTILE/stopper" "${theirs}cgroup" "$p" $nobody
	cat out err
	atf_check -o inline:"jstat --json: 0\njls -n -j $p: 0\njail -m name=$p meta=k=1: 0\n" cat status
	works 60 jail -R "$p"
	nothing_left
}

atf_init_test_cases() {
	for c in $cases; do
		atf_add_test_case "$c"
	done
}

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

atf_init_test_cases() {
	for c in $cases; do
		atf_add_test_case "$c"
	done
}

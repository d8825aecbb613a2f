#! /usr/bin/env atf-sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Root inside a jail tries to get out (escape_files.c, escape_kernel.c, escape_roads.c, escape_process.c), and to be a nuisance to the
# tools that come near. Every program is static and is copied into the jail's tree.

# prefix: of this test case's jails; the clean-up runs in another process, in the same directory.
prefix() {
	[ -s prefix ] || echo "h$$" >prefix
	cat prefix
}

define() {
	atf_test_case "$1" cleanup
	eval "$1_head() {
		atf_set descr '$2'
		atf_set require.user root
		atf_set timeout ${3:-300}
	}"
	eval "$1_cleanup() { clean; }"
	cases="${cases:-} $1"
}

clean() {
	for j in $(jls -d -n name 2>/dev/null | sed -n "s/^name=\($(prefix)[A-Za-z0-9_.-]*\)\$/\1/p" | sort -r); do
		jail -q -R "$j" || true
	done
	[ -s pids ] && kill -KILL $(cat pids) 2>/dev/null
	[ -s places ] && rm -rf $(cat places)
	return 0
}

# A tree of its own with the programs, and a file outside of it that begins with S.
tree() {
	p=$(prefix)
	mkdir -p root/bin root/dev root/proc root/sys root/etc root/tmp root/run root/hidden
	cp "$JAIL_HOSTILE"/escape_files "$JAIL_HOSTILE"/escape_kernel "$JAIL_HOSTILE"/escape_process \
	    "$JAIL_HOSTILE"/escape_roads "$JAIL_HOSTILE"/nothing root/bin/
	chmod 1777 root/tmp
	chmod 755 . root
	echo 'Secret' >out
	echo 'Secret' >root/hidden/secret
}

# await FILE: until "ready" is said there, for half a minute at most.
await() {
	for _ in $(seq 300); do
		! grep -q ready "$1" 2>/dev/null || return 0
		sleep 0.1
	done
	atf_fail "$(tr '\n' '/' <"$1")"
}

# place DIR: something on the host's own tree, taken away afterwards.
place() {
	echo "$1" >>places
	mkdir -p "$1"
	chmod 755 "$1"
}

# held COMMAND...: runs it, and nothing escaped.
held() {
	env HOSTILE=caller "$@" >result 2>errors </dev/null
	status=$?
	cat result errors
	grep ESCAPED result >escaped || true
	atf_check -o empty cat escaped
	atf_check -o match:'attempts, 0 escaped' tail -n 1 result
	atf_check_equal 0 $status
}

# tried N: so many attempts were made (a program that does nothing holds nothing).
tried() {
	atf_check -o match:"^$1 attempts" tail -n 1 result
}

everything='allow.mount allow.mount.nullfs allow.mount.tmpfs allow.mount.procfs allow.mount.devfs allow.mount.fdescfs
    allow.mount.linsysfs allow.mount.overlay allow.userns allow.raw_sockets allow.chflags allow.debug allow.keyring
    allow.bpf allow.perf allow.fanotify allow.quotas allow.read_msgbuf allow.socket_af allow.mlock allow.routing
    allow.rtprio allow.hugepages allow.settime allow.adjtime allow.extattr'

define files_plain 'a tree of its own: no file outside of it, none that is covered, no device, no control group'
files_plain_body() {
	tree
	held jail -q -c name="$p-a" path="$PWD/root" path.hide=/hidden \
	    command=/bin/escape_files secret=/hidden/secret out="$PWD/out"
	tried 22
}

define files_entered 'the same by way of jexec'
files_entered_body() {
	tree
	jail -q -c name="$p-a" path="$PWD/root" path.hide=/hidden persist
	held jexec "$p-a" /bin/escape_files secret=/hidden/secret out="$PWD/out"
	held jexec -l "$p-a" /bin/escape_files secret=/hidden/secret out="$PWD/out"
}

define files_powers 'the same with every privilege that there is'
files_powers_body() {
	tree
	# shellcheck disable=SC2086 # words
	held jail -q -c name="$p-a" path="$PWD/root" path.volatile path.hide=/hidden $everything \
	    command=/bin/escape_files powers=yes secret=/hidden/secret out="$PWD/out"
	# shellcheck disable=SC2086
	jail -q -c name="$p-b" path="$PWD/root" path.volatile path.hide=/hidden $everything persist
	held jexec "$p-b" /bin/escape_files powers=yes secret=/hidden/secret out="$PWD/out"
}

define files_direct 'the same without our reaper'
files_direct_body() {
	tree
	held jail -q -c name="$p-a" path="$PWD/root" path.hide=/hidden exec.init=no \
	    command=/bin/escape_files secret=/hidden/secret out="$PWD/out"
}

define files_host_users 'the same as root of the host'
files_host_users_body() {
	tree
	held jail -q -c name="$p-a" path="$PWD/root" path.hide=/hidden users=inherit \
	    command=/bin/escape_files secret=/hidden/secret out="$PWD/out"
	jail -q -c name="$p-b" path="$PWD/root" path.hide=/hidden users=inherit persist
	held jexec "$p-b" /bin/escape_files secret=/hidden/secret out="$PWD/out"
}

# What everybody on the host may see is seen in a shared tree too; /root and the like are covered.
shared() {
	tree
	place "/opt/$p"
	place "/root/$p"
	place "/var/lib/$p"
	cp "$JAIL_HOSTILE"/escape_files "$JAIL_HOSTILE"/escape_kernel "/opt/$p/"
	echo Secret >"/root/$p/secret"
	"$JAIL_HOSTILE/escape_process" listen "$p-abstract" "/var/lib/$p/socket" >ready &
	echo $! >>pids
	await ready
}

define files_shared 'a tree that is the machine itself: what is hidden stays hidden, no socket is reached, nothing is written'
files_shared_body() {
	shared
	held jail -q -c name="$p-a" path=/ path.volatile=64m \
	    command="/opt/$p/escape_files" secret="/root/$p/secret" socket="/var/lib/$p/socket"
	held jail -q -c name="$p-b" path=/ path.readonly \
	    command="/opt/$p/escape_files" secret="/root/$p/secret" socket="/var/lib/$p/socket"
	mkdir up
	held jail -q -c name="$p-c" path="$PWD/up" path.base=/ \
	    command="/opt/$p/escape_files" secret="/root/$p/secret" socket="/var/lib/$p/socket"
	# shellcheck disable=SC2086
	held jail -q -c name="$p-d" path=/ path.volatile=64m $everything \
	    command="/opt/$p/escape_files" powers=yes secret="/root/$p/secret" socket="/var/lib/$p/socket"
}

define files_shared_host_users 'the same as root of the host'
files_shared_host_users_body() {
	shared
	held jail -q -c name="$p-a" path=/ path.volatile=64m users=inherit \
	    command="/opt/$p/escape_files" secret="/root/$p/secret" socket="/var/lib/$p/socket"
	held jail -q -c name="$p-b" path=/ path.readonly users=inherit \
	    command="/opt/$p/escape_files" secret="/root/$p/secret" socket="/var/lib/$p/socket"
}

define kernel_plain 'no call that changes the machine, no key, socket, interface or process of the host'
kernel_plain_body() {
	shared
	jail -q -c name="$p-a" path="$PWD/root" persist
	held "$JAIL_HOSTILE/escape_process" key "$p-key" value \
	    jail -q -c name="$p-b" path="$PWD/root" command=/bin/escape_kernel abstract="$p-abstract" key="$p-key" serial=@
	tried 19
	held "$JAIL_HOSTILE/escape_process" key "$p-key" value \
	    jexec "$p-a" /bin/escape_kernel abstract="$p-abstract" key="$p-key" serial=@
	held "$JAIL_HOSTILE/escape_process" key "$p-key" value \
	    jail -q -c name="$p-c" path="$PWD/root" exec.init=no command=/bin/escape_kernel abstract="$p-abstract" \
	    key="$p-key" serial=@
}

define kernel_powers 'the same with every privilege that there is'
kernel_powers_body() {
	shared
	# shellcheck disable=SC2086
	held "$JAIL_HOSTILE/escape_process" key "$p-key" value \
	    jail -q -c name="$p-b" path="$PWD/root" $everything \
	    command=/bin/escape_kernel powers=yes users=own abstract="$p-abstract" key="$p-key" serial=@
}

define kernel_host_users 'the same as root of the host'
kernel_host_users_body() {
	shared
	held "$JAIL_HOSTILE/escape_process" key "$p-key" value \
	    jail -q -c name="$p-b" path="$PWD/root" users=inherit command=/bin/escape_kernel abstract="$p-abstract" \
	    key="$p-key" serial=@
	jail -q -c name="$p-c" path="$PWD/root" users=inherit persist
	held jexec "$p-c" /bin/escape_kernel abstract="$p-abstract"
}

define roads 'no operation by another road than the call that the filter looks at: rings, protocols, /proc, /sys'
roads_body() {
	tree
	held jail -q -c name="$p-a" path="$PWD/root" command=/bin/escape_roads
	tried 8
	jail -q -c name="$p-b" path="$PWD/root" persist
	held jexec "$p-b" /bin/escape_roads
	# shellcheck disable=SC2086 # words
	held jail -q -c name="$p-c" path="$PWD/root" $everything allow.io_uring command=/bin/escape_roads powers=yes
}

define roads_host_users 'the same as root of the host'
roads_host_users_body() {
	tree
	held jail -q -c name="$p-a" path="$PWD/root" users=inherit command=/bin/escape_roads users=inherit
	jail -q -c name="$p-b" path="$PWD/root" users=inherit persist
	held jexec "$p-b" /bin/escape_roads users=inherit
}

define abstract 'on the network of the host no abstract socket of a process outside is reached'
abstract_body() {
	shared
	for users in new inherit; do
		held jail -q -c name="$p-a" path="$PWD/root" vnet=inherit users=$users \
		    command=/bin/escape_kernel only=abstract_socket abstract="$p-abstract" network=inherit
		jail -q -c name="$p-$users" path="$PWD/root" vnet=inherit users=$users persist
		held jexec "$p-$users" /bin/escape_kernel only=abstract_socket abstract="$p-abstract" network=inherit
	done
	# Among themselves, what descends from the first process talks.
	cat >both <<-END
		/$p/escape_process listen $p-inside /tmp/socket >/tmp/ready &
		while ! grep -q ready /tmp/ready; do sleep 0.1; done
		/$p/escape_kernel only=abstract_socket abstract=$p-inside
	END
	mkdir -p "/opt/$p/bin"
	cp "$JAIL_HOSTILE"/escape_process "$JAIL_HOSTILE"/escape_kernel "/opt/$p/bin/"
	sed -i "s,/$p/,/opt/$p/bin/,g" both
	cp both "/opt/$p/both"
	atf_check -s exit:1 -e ignore -o match:'ESCAPED abstract_socket' jail -q -c name="$p-c" path=/ \
	    path.volatile=16m vnet=inherit command="sh /opt/$p/both"
	# With allow.debug what enters can look into the jail's processes.
	jail -q -c name="$p-d" path=/ path.volatile=16m vnet=inherit allow.debug exec.start='sleep 600 &' persist
	atf_check -o match:/sleep -e ignore jexec "$p-d" sh -c 'for f in /proc/[0-9]*/exe; do readlink $f; done; true'
}

define parsing 'the passwd file of a jail is read without the rights of the host'
parsing_body() {
	tree
	jail -q -c name="$p-a" path="$PWD/root" persist
	truncate -s 63M root/etc/passwd
	group=$(cgroup)
	seen=
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		jexec -U intruder "$p-a" /bin/nothing 2>/dev/null &
		while kill -0 $! 2>/dev/null; do
			for pid in $(cat "$group/cgroup.procs"); do
				ls -l "/proc/$pid/fd" 2>/dev/null | grep -q 'etc/passwd' || continue
				# The filter comes before the capabilities go; both stay.
				mode=$(sed -n 's/^Seccomp:[[:space:]]*//p' "/proc/$pid/status" 2>/dev/null)
				[ -z "$mode" ] || seen="$seen $mode"
			done
		done
		wait
		[ -z "$seen" ] || break
	done
	echo "$seen"
	atf_check test -n "$seen"
	for mode in $seen; do
		atf_check_equal 2 "$mode"
	done
}

define terminal 'a terminal of its own: nothing is typed into that of the caller'
terminal_body() {
	atf_require_prog script
	tree
	jail -q -c name="$p-a" path="$PWD/root" persist
	cat >inner <<-END
		stat -L -c %d:%r /dev/stdin >outer
		jexec $p-a /bin/escape_kernel only=terminal_input
		timeout 1 cat >typed || true
	END
	atf_check -o save:typescript script -q -e -c 'sh inner' /dev/null </dev/null
	cat typescript
	atf_check -o match:'held terminal_input' cat typescript
	atf_check -o empty cat typed
}

define ambush 'a process that waits inside catches nothing of those that enter (CVE-2019-5736, CVE-2024-21626)'
ambush_body() {
	tree
	for users in new inherit; do
		jail -q -c name="$p-$users" path="$PWD/root" users=$users persist allow.unprivileged_proc_debug \
		    allow.debug
		printf '#!/proc/self/exe\n' >root/bin/evil
		chmod 755 root/bin/evil
		cp "$(command -v jexec)" jexec.before
		jexec "$p-$users" /bin/escape_process ambush 4 >caught 2>&1 &
		pid=$!
		await caught
		for i in $(seq 20); do
			jexec "$p-$users" /bin/nothing || atf_fail "jexec $i"
			jexec -l "$p-$users" /bin/evil >/dev/null 2>&1 </dev/null
			(cd / && jexec "$p-$users" /bin/nothing) || atf_fail "jexec $i from /"
		done
		wait $pid || {
			cat caught
			atf_fail "something was caught with users=$users"
		}
		atf_check -o match:'^caught 0$' cat caught
		atf_check cmp "$(command -v jexec)" jexec.before
		jail -q -R "$p-$users"
	done
}

define users 'root inside is nobody outside'
users_body() {
	tree
	jail -q -c name="$p-a" path="$PWD/root" persist
	jexec "$p-a" /bin/escape_process stubborn >ready &
	await ready
	for pid in $(cat "$(cgroup)/cgroup.procs"); do
		atf_check -o not-match:'^Uid:.*[[:space:]]0([[:space:]]|$)' grep '^Uid:' "/proc/$pid/status"
		atf_check -o match:'^CapEff:[[:space:]]' grep '^CapEff:' "/proc/$pid/status"
		atf_check -o not-inline:"$(readlink /proc/self/ns/user)\n" readlink "/proc/$pid/ns/user"
	done
	jail -q -R "$p-a"
	wait
}

# The directory of jail $p-a.
cgroup() {
	for d in /sys/fs/cgroup/jail /sys/fs/cgroup/unified/jail; do
		[ ! -d "$d/$p-a" ] || echo "$d/$p-a"
	done
}

# passwd FILE-COMMAND: jexec as a user, when the jail's passwd file is something else.
define passwd 'jexec -U reads a hostile passwd file: FIFO, directory, link to the outside, 1 GiB, no end of line'
passwd_body() {
	tree
	jail -q -c name="$p-a" path="$PWD/root" persist
	for what in 'mkfifo root/etc/passwd' 'mkdir root/etc/passwd' 'ln -s ../../out root/etc/passwd' \
	    'ln -s passwd root/etc/passwd' 'ln -s /proc/1/mem root/etc/passwd' 'ln -s /dev/zero root/etc/passwd' \
	    'truncate -s 1G root/etc/passwd' 'mknod root/etc/passwd c 1 5' \
	    'printf intruder:x:4294967295:0::/:/bin/nothing >root/etc/passwd' \
	    'printf intruder:x:-1:-1::/:/bin/nothing\\n >root/etc/passwd' \
	    'printf intruder:x:99999999999:0::/:/bin/nothing\\n >root/etc/passwd' \
	    'printf intruder:x:0x0:0::/:/bin/nothing\\n >root/etc/passwd' \
	    'printf intruder::: >root/etc/passwd' \
	    'head -c 100000 /dev/zero | tr "\0" a >root/etc/passwd'; do
		rm -rf root/etc/passwd
		eval "$what"
		if timeout 60 jexec -U intruder "$p-a" /bin/nothing 2>err; then
			atf_fail "$what: it found the user"
		else
			status=$?
		fi
		echo "$what: $(cat err)"
		[ $status -lt 124 ] || atf_fail "$what: it ended with $status"
		atf_check_equal 1 "$(wc -l <err | tr -d ' ')"
		# Root is found, or it says why not.
		timeout 60 jexec "$p-a" /bin/nothing 2>err
		status=$?
		[ $status -lt 124 ] || atf_fail "$what: for root it ended with $status"
		[ $status -eq 0 ] || atf_check_equal 1 "$(wc -l <err | tr -d ' ')"
	done
}

define shell 'jexec without a command runs what the passwd file says, inside'
shell_body() {
	tree
	jail -q -c name="$p-a" path="$PWD/root" persist
	# Also when the file that is to be run is named as one of the host's is.
	cp "$JAIL_HOSTILE/escape_process" root/bin/sh
	printf 'root:x:0:0::/:../../../../../../bin/nothing\n' >root/etc/passwd
	atf_check -s ignore -o ignore -e ignore timeout 10 jexec -l "$p-a"
	printf 'root:x:0:0::/:/bin/nothing\n' >root/etc/passwd
	atf_check timeout 10 jexec -l "$p-a"
}

define bomb 'a fork bomb that ignores TERM is gone in seconds'
bomb_body() {
	tree
	jail -q -c name="$p-a" path="$PWD/root" persist
	# Each fork that fails leaves the kernel memory to free later, and one emulated processor never comes to it.
	pause=1
	[ -z "${JAIL_VM:-}" ] || pause=1000
	jexec "$p-a" /bin/escape_process bomb 250 $pause &
	for _ in $(seq 300); do
		[ "$(wc -l <"$(cgroup)/cgroup.procs")" -lt 240 ] || break
		sleep 0.1
	done
	before=$(wc -l <"$(cgroup)/cgroup.procs")
	atf_check test "$before" -gt 100
	start=$(date +%s%N)
	atf_check jail -q -R "$p-a"
	took=$((($(date +%s%N) - start) / 1000000))
	echo "$before processes, $took ms"
	[ -n "${JAIL_VM:-}" ] || atf_check test $took -lt 20000
	atf_check -s not-exit:0 -o ignore -e ignore jls -d -j "$p-a" jid
	wait
}

define stubborn 'what ignores TERM is killed after stop.timeout'
stubborn_body() {
	tree
	jail -q -c name="$p-a" path="$PWD/root" persist stop.timeout=1
	jexec "$p-a" /bin/escape_process stubborn >ready &
	await ready
	start=$(date +%s%N)
	atf_check jail -q -r "$p-a"
	took=$((($(date +%s%N) - start) / 1000000))
	echo "$took ms"
	atf_check test $took -ge 900 -a $took -lt 20000
	atf_check -s not-exit:0 -o ignore -e ignore jls -d -j "$p-a" jid
	wait
}

define zombies 'the reaper asks for thousands of orphans'
zombies_body() {
	tree
	jail -q -c name="$p-a" path="$PWD/root" persist
	atf_check -o inline:'0 zombies\n' jexec "$p-a" /bin/escape_process zombies 3000
}

define reaper 'the end of process 1 is the end of the jail, and is seen at once'
reaper_body() {
	tree
	jail -q -c name="$p-a" path="$PWD/root" persist
	jexec "$p-a" /bin/escape_process stubborn >ready &
	await ready
	pid=$(jls -j "$p-a" pid)
	kill -KILL "$pid"
	wait
	atf_check -s not-exit:0 -o ignore -e ignore jls -j "$p-a" jid
	atf_check -s not-exit:0 -o ignore -e ignore jexec "$p-a" /bin/nothing
	atf_check jail -C
	atf_check_equal '' "$(cgroup)"
	atf_check jail -q -c name="$p-a" path="$PWD/root" persist
}

define links 'mount points that are links out of the tree are refused or stay inside (CVE-2021-30465)'
links_body() {
	tree
	mkdir outside root/inside
	ln -s ../../../../../../../../../../../../../../.."$PWD/outside" root/up
	ln -s "$PWD/outside" root/absolute
	ln -s /proc/1/root/tmp root/magic
	cp "$JAIL_HOSTILE/nothing" outside/
	for target in /up /absolute /magic /up/deeper /inside/../../outside; do
		jail -q -c name="$p-a" path="$PWD/root" mount="tmpfs $target tmpfs rw 0 0" command=/bin/nothing 2>err
		status=$?
		echo "$target: $status $(cat err)"
		atf_check_equal "$(ls outside)" nothing
		[ $status -eq 0 ] || atf_check_equal 1 "$(wc -l <err | tr -d ' ')"
	done
	# And what is hidden.
	jail -q -c name="$p-b" path="$PWD/root" path.hide='/up /absolute/nothing' command=/bin/nothing 2>err
	atf_check cmp "$JAIL_HOSTILE/nothing" outside/nothing
}

define devices 'a command that is a directory, a device or nothing at all; a directory for standard input'
devices_body() {
	tree
	for command in /bin /dev/null /nonexistent /etc; do
		jail -q -c name="$p-a" path="$PWD/root" command=$command 2>err
		status=$?
		echo "$command: $status $(cat err)"
		atf_check test $status -ge 64 -a $status -le 127
		atf_check -s not-exit:0 -o ignore -e ignore jls -d -j "$p-a" jid
	done
	jail -q -c name="$p-a" path="$PWD/root" command=/bin/nothing </ 2>err && atf_fail 'a directory of the host was passed in'
	atf_check -o match:'directory' cat err
	exec 7</
	held jail -q -c name="$p-b" path="$PWD/root" command=/bin/escape_files only=descriptors
	exec 7<&-
}

atf_init_test_cases() {
	for name in $cases; do
		atf_add_test_case "$name"
	done
}

#! /usr/bin/env atf-sh
# SPDX-License-Identifier: BSD-2-Clause
# What README.md and examples/ show, as they show it; names and directories are the test's own.
#
# Exclusive: shares of processors are compared, and the demo has names and directories of its own.
. "$(atf_get_srcdir)/common.sh"

define_case appliance "customers of one box: own files, the box's read only, nothing of the other's"
appliance_body() {
	p=$(prefix)
	for customer in acme brink; do
		mkdir -p "srv/$p$customer"
		printf '#!/bin/sh\nhostname >/srv/was-here\necho "$PORT" >>/srv/was-here\nsleep 600 >/dev/null 2>&1 &\n' \
		    >"srv/$p$customer/start"
		echo 'rm -f /srv/was-here' >"srv/$p$customer/stop"
		chmod 755 "srv/$p$customer/start" "srv/$p$customer/stop"
	done
	sed -e "s,/srv/customers,$(pwd)/srv," -e "s/^acme/${p}acme/" -e "s/^brink/${p}brink/" -e "s/= acme/= ${p}acme/" \
	    "$JAIL_SOURCE/examples/appliance.conf" >appliance.conf
	atf_check -o inline:"${p}acme: created\n${p}brink: created\n" jail -f appliance.conf -c
	atf_check -o inline:"${p}acme.box\n8080\n" cat "srv/${p}acme/was-here"
	atf_check -o inline:"${p}brink.box\n8081\n" cat "srv/${p}brink/was-here"
	atf_check -o inline:'start\nstop\nwas-here\n' jexec "${p}acme" ls /srv
	atf_check -s not-exit:0 -e match:'[Rr]ead-only' jexec "${p}acme" sh -c 'echo x >/etc/passwd'
	atf_check -o match:"${p}brink: removed" jail -f appliance.conf -r "${p}acme" "${p}brink"
	[ ! -e "srv/${p}acme/was-here" ] || die "its stop script was not run"
	nothing_left
}

define_case ci "a clean machine for one command: status passed on, writes outside of /src gone"
ci_body() {
	p=$(prefix)
	printf 'check:\n\techo x >/usr/left-behind\n\techo built >result\nwrong:\n\texit 3\n' >Makefile
	command -v make >/dev/null || atf_skip "needs make"
	atf_check -o match:built jail -cq name="$p" path=/ path.volatile=1g mount="$PWD /src nullfs rw 0 0" exec.dir=/src \
	    command='make check'
	atf_check -o inline:'built\n' cat result
	[ "$(stat -c %u result)" = "$(id -u)" ] || die "the result is not its owner's"
	[ ! -e /usr/left-behind ] || die "it wrote to the machine"
	atf_check -s exit:2 -o ignore -e ignore jail -cq name="$p" path=/ path.volatile=1g \
	    mount="$PWD /src nullfs rw 0 0" exec.dir=/src command='make wrong'
	nothing_left
}

define_case legacy "an old server: no privileges, its own user, started again when it dies"
legacy_body() {
	new_root
	mkdir -p root/opt/legacy root/var/lib/legacy root/run data
	: >data/users
	chmod 777 data data/users
	printf 'daemon:x:1:1::/:/bin/sh\n' >>root/etc/passwd
	printf 'daemon:x:1:\n' >>root/etc/group
	printf '#!/bin/sh\nid -u >>/var/lib/legacy/users\nsleep 0.2\nexit 1\n' >root/opt/legacy/server
	chmod 755 root/opt/legacy/server
	sed -e "s,\"/srv/legacy\",\"$root\"," -e "s,/srv/legacy-data,$(pwd)/data," -e "s/^legacy {/$p {/" \
	    "$JAIL_SOURCE/examples/legacy.conf" >legacy.conf
	atf_check -o inline:"$p: created\n" jail -f legacy.conf -c
	for _ in $(seq 100); do
		[ "$(wc -l <data/users)" -lt 2 ] || break
		sleep 0.1
	done
	atf_check -o inline:'1\n1\n' head -n 2 data/users
	atf_check -o match:'^[1-9]' jls -j "$p" restarts
	atf_check -s not-exit:0 -e match:'[Rr]ead-only' jexec "$p" sh -c 'echo x >/opt/legacy/server'
	atf_check -o ignore jail -f legacy.conf -r "$p"
	nothing_left
}

define_case classroom "everybody is root and nobody breaks anything"
classroom_body() {
	p=$(prefix)
	sed "s/^student/${p}student/" "$JAIL_SOURCE/examples/classroom.conf" >classroom.conf
	atf_check -o ignore jail -f classroom.conf -c
	atf_check -o inline:'0\n' jexec "${p}student1" id -u
	atf_check jexec "${p}student1" sh -c 'rm -f /etc/passwd && : >/etc/hosts'
	[ -s /etc/passwd ] || die "it was real"
	atf_check -o inline:"${p}student2.classroom\n" jexec "${p}student2" hostname
	atf_check jexec "${p}student2" test -s /etc/passwd
	# A new computer.
	atf_check -o ignore jail -f classroom.conf -rc "${p}student1"
	atf_check jexec "${p}student1" test -s /etc/passwd
	atf_check -o ignore jail -f classroom.conf -r "${p}student1" "${p}student2" "${p}student3"
	nothing_left
}

# used JAIL: microseconds of processor time.
used() {
	jstat --json "$1" | grep -o '"cpu_usage_usec": *[0-9]*' | head -n 1 | grep -o '[0-9]*$'
}

define_case noisy "a service keeps its share beside one that takes all it can get"
noisy_body() {
	requires "controller cpu" "controller memory" "controller pids"
	p=$(prefix)
	for jail in web batch; do
		mkdir -p "srv/$p$jail"
		printf '#!/bin/sh\n: >/srv/started\n' >"srv/$p$jail/start"
		chmod 755 "srv/$p$jail/start"
	done
	sed -e "s,/srv/\$name,$(pwd)/srv/\$name," -e "s/^web/${p}web/" -e "s/^batch/${p}batch/" \
	    "$JAIL_SOURCE/examples/noisy-neighbour.conf" >noisy.conf
	# The lines for disks that know weights are true as well.
	sed 's/# limit.ioshare/limit.ioshare/' noisy.conf >weights.conf
	if jail -f weights.conf -c "${p}web" "${p}batch" >/dev/null 2>err; then
		atf_check -o inline:'1000\n' jls -j "${p}web" limit.ioshare
	else
		grep -q 'limit.ioshare' err || die "$(cat err)"
		clean
		atf_check -o inline:"${p}web: created\n${p}batch: created\n" jail -f noisy.conf -c
	fi
	# Processors.
	for jail in web batch batch batch batch; do
		jexec "$p$jail" timeout 60 sh -c 'while :; do :; done' &
	done
	sleep 0.5
	web=$(used "${p}web") batch=$(used "${p}batch")
	sleep 3
	web=$(($(used "${p}web") - web)) batch=$(($(used "${p}batch") - batch))
	[ "$web" -gt $((batch / 2)) ] || die "web had $web us, its neighbour $batch us"
	[ "$batch" -lt 4000000 ] || die "its neighbour had $batch us of 3 seconds of one processor"
	# Memory: the neighbour's, and nothing of it is the service's.
	atf_check -s not-exit:0 -o ignore -e ignore jexec "${p}batch" dd if=/dev/zero of=/dev/null bs=700M count=1
	atf_check -o ignore jexec "${p}web" dd if=/dev/zero of=/dev/null bs=100M count=1 status=none
	# Processes.
	atf_check -s not-exit:0 -o ignore -e ignore jexec "${p}batch" sh -c 'for i in $(seq 150); do sleep 2 & done; wait'
	atf_check jexec "${p}web" sh -c 'for i in $(seq 150); do sleep 0.1 & done; wait'
	atf_check -o match:'memoryuse:log=0' jls -j "${p}web" limit.hits
	# More for the service, while both run.
	atf_check -o ignore jail -m name="${p}batch" limit.pcpu=50
	atf_check -o ignore jail -f noisy.conf -R "${p}web" "${p}batch"
	wait
	nothing_left
}

define_case buildbox "builds on processors of their own, that end in time and leave nothing"
buildbox_body() {
	requires "controller cpu" "controller memory" "controller pids" "controller cpuset"
	p=$(prefix)
	command -v make >/dev/null || atf_skip "needs make"
	mkdir -p "src/${p}library" "src/${p}program"
	printf 'check:\n\tnproc >processors\n\techo x >/usr/left-behind\n\techo built >result\n' \
	    >"src/${p}library/Makefile"
	printf 'check:\n\techo here >result\n\tsleep 60\n' >"src/${p}program/Makefile"
	sed -e "s,/srv/build,$(pwd)/src," -e "s/^library/${p}library/" -e "s/^program/${p}program/" \
	    -e 's/= 30m:sigterm, 31m:sigkill/= 2:sigterm, 20:sigkill/' \
	    "$JAIL_SOURCE/examples/build-box.conf" >box.conf
	grep -q '2:sigterm' box.conf || die "the example has another time"
	atf_check -o match:'created' -e ignore jail -f box.conf -c "${p}library"
	atf_check -o inline:'1\n' cat "src/${p}library/processors"
	atf_check -o inline:'built\n' cat "src/${p}library/result"
	[ ! -e /usr/left-behind ] || die "it wrote to the machine"
	# One that hangs is ended by the signal.
	start=$(date +%s)
	atf_check -s not-exit:0 -o ignore -e ignore jail -f box.conf -c "${p}program"
	atf_check -o inline:'here\n' cat "src/${p}program/result"
	[ $(($(date +%s) - start)) -lt 18 ] || die "it was not asked to end"
	# One that forks without end fails alone.
	printf 'check:\n\tfor i in $$(seq 300); do sleep 1 & done; wait\n' >"src/${p}program/Makefile"
	atf_check -s not-exit:0 -o ignore -e ignore jail -f box.conf -c "${p}program"
	# What it had started goes on for a second, and its jail with it.
	for _ in $(seq 100); do
		[ -n "$(ours)" ] || break
		sleep 0.1
	done
	atf_check jail -C
	nothing_left
}

atf_test_case demo
demo_head() {
	atf_set descr 'the demo keeps its word'
	atf_set require.user root
	atf_set require.progs nginx redis-cli psql curl make
	atf_set timeout 900
}
demo_body() {
	[ ! -e /run/jail-demo ] || atf_skip 'somebody runs it right now'
	atf_check -o save:output sh "$JAIL_SOURCE/examples/demo.sh"
	seconds=$(sed -n 's/^All of it took \([0-9]*\) seconds$/\1/p' output)
	atf_check test "$seconds" -gt 0
}

atf_init_test_cases() {
	atf_add_test_case appliance
	atf_add_test_case ci
	atf_add_test_case legacy
	atf_add_test_case classroom
	atf_add_test_case noisy
	atf_add_test_case buildbox
	atf_add_test_case demo
}

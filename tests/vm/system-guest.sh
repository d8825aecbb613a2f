#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# In a machine that systemd has booted (system.sh): the jails of /etc/jail.conf are up, their limits hold whatever systemd
# does to its own groups, and its units do what their comments say. A line "system:CASE  ->  RESULT" each.
set -u
export SYSTEMD_COLORS=0
groups=/sys/fs/cgroup
failed=0

# check CASE COMMAND...: what it prints is shown when it fails.
check() {
	name=$1
	shift
	if "$@" >/tmp/out 2>&1; then
		echo "system:$name  ->  passed"
	else
		cat /tmp/out
		echo "system:$name  ->  failed: $*"
		failed=1
	fi
}

# is EXPECTED COMMAND...: it succeeds and prints just that.
is() {
	expected=$1
	shift
	got=$("$@") || return
	[ "$got" = "$expected" ] || {
		printf 'expected: %s\ngot: %s\n' "$expected" "$got"
		return 1
	}
}

booted() {
	systemctl is-active jail jstat-metrics.socket &&
	    is "$(printf 'web\ndb\nservice')" jls name && is up jexec web cat /run/state &&
	    is 0::/ jexec web cat /proc/self/cgroup && ! systemctl --failed --plain --no-legend | grep -E 'jail|jstat'
}

limited() {
	is 33554432 cat $groups/jail/web/memory.max && is '30000 100000' cat $groups/jail/web/cpu.max &&
	    is 20 cat $groups/jail/web/pids.max
}

# It sets what its groups have anew whenever a unit comes that wants something, or forgets what it knew.
beside() {
	systemd-run --wait -q -p CPUWeight=50 -p IOWeight=50 true && systemd-run --scope -q -p MemoryMax=50M true &&
	    systemctl daemon-reload && systemctl daemon-reexec && sleep 1 && limited
}

reloaded() {
	before=$(jls -j web jid)
	sed -i 's/maxproc = 20/maxproc = 25/' /etc/jail.conf
	systemctl reload jail && is 25 cat $groups/jail/web/pids.max && is "$before" jls -j web jid
}

restarted() {
	before=$(jls -j web jid)
	systemctl restart jail && is "$(printf 'web\ndb\nservice')" jls name && [ "$(jls -j web jid)" != "$before" ]
}

# A jail that a service makes is none of the service's processes: it stays when that ends.
outlives() {
	systemd-run --unit=maker -q -p Type=oneshot -p RemainAfterExit=yes jail -q -c name=made path=/ path.volatile persist limit.maxproc=10 &&
	    systemctl stop maker && is 10 cat $groups/jail/made/pids.max && is made jls -j made name && jail -q -r made
}

# One that a service waits for ends with it.
followed() {
	systemd-run --unit=runner -q jail -q -c name=ran path=/ path.volatile command=/usr/bin/sleep 10000 || return
	n=0
	until jls -j ran name >/dev/null 2>&1; do
		n=$((n + 1))
		[ $n -lt 100 ] || return
		sleep 0.1
	done
	systemctl stop runner
	! jls -j ran name 2>/dev/null
}

# From a user's session, where systemd gives a part of the tree away.
delegated() {
	systemd-run --wait -q -p Delegate=yes -p User=root jail -q -c name=deep path=/ path.volatile limit.memoryuse=20m \
	    command=/bin/true && ! jls -j deep name 2>/dev/null
}

metrics() {
	busybox wget -qO- http://127.0.0.1:9817/metrics >/tmp/metrics && grep -qx 'jails 3' /tmp/metrics &&
	    is '# EOF' tail -n 1 /tmp/metrics
}

stopped() {
	systemctl stop jail && is '' jls name && is '' find $groups/jail -mindepth 1 -type d
}

echo "vm: $(uname -r), $(systemctl --version | head -n 1)"
for case in booted limited beside reloaded restarted outlives followed delegated metrics stopped; do
	check $case $case
done
exit $failed

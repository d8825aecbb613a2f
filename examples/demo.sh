#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# What jails are for, in under a minute, by ./bootstrap demo: three services start in jails, answer, can't do harm, and are
# gone. Every claim is checked as it is printed; the exit status is 0 only when all of them held.
set -eu
export LC_ALL=C
cd "$(dirname "$0")/.."
conf=examples/demo.conf
shared=/run/jail-demo
jails='demo-postgresql demo-redis demo-nginx'
began=$(date +%s)

say() {
	printf '\n\033[1m%s\033[0m\n' "$*"
}
[ -t 1 ] || say() {
	printf '\n%s\n' "$*"
}

show() {
	printf '  $ %s\n' "$*"
	"$@" | sed 's/^/    /'
}

fail() {
	printf '%s\n' "demo: $*" >&2
	for log in "$shared"/*.log; do
		[ -s "$log" ] || continue
		echo "--- $log" >&2
		tail -n 20 "$log" >&2
	done
	exit 1
}

# What a jail may leave on a machine when something is wrong with it.
traces() {
	find /sys/fs/cgroup -path '*/jail/demo-*' -type d
	grep -F "$shared" /proc/self/mounts || true
	grep -ls '/jail/demo-' /proc/[0-9]*/cgroup || true
	ls /sys/class/net
	find /etc/nginx /etc/redis /etc/postgresql /var/lib/redis /var/lib/postgresql /var/log/nginx /var/log/redis \
	    /var/log/postgresql /var/www -newer "$shared.began" 2>/dev/null || true
}

clean_up() {
	trap - EXIT HUP INT TERM
	for jail in demo-nginx demo-redis demo-postgresql; do
		jail -q -R "$jail" >/dev/null 2>&1 || true
	done
	rm -rf "$shared" "$shared.began" "$shared.before" "$shared.after"
}

# refused WHAT COMMAND...: runs in a jail and must fail.
refused() {
	what=$1
	shift
	if answer=$(jexec demo-nginx "$@" 2>&1); then
		fail "a jail could $what: $answer"
	fi
	printf '  %-28s %s\n' "$what:" "$(printf '%s' "$answer" | head -n 1)"
}

for jail in $jails; do
	if jls -j "$jail" jid >/dev/null 2>&1; then
		fail "there is a jail $jail already: jail -r $jail"
	fi
done
clean_up
trap clean_up EXIT
trap 'exit 1' HUP INT TERM
mkdir -p "$shared/sockets" "$shared/files"
chmod 700 "$shared"
chmod 1777 "$shared/sockets"
cp -R examples/demo/. "$shared/files"
chmod -R a+rX "$shared/files"
: >"$shared.began"
traces >"$shared.before"

say "Three services of this machine, each in a jail on the machine's own files ($conf)"
printf '  $ jail -f %s -c\n' "$conf"
jail -f "$conf" -c | sed 's/^/    /'
for jail in $jails; do
	jls -j "$jail" jid >/dev/null 2>&1 || fail "$jail did not start"
done

say 'They answer, each on its socket'
show curl -s -S --max-time 10 --unix-socket $shared/sockets/nginx.sock http://demo/
show redis-cli -s $shared/sockets/redis.sock set greeting 'hello from a jail'
show redis-cli -s $shared/sockets/redis.sock get greeting
show psql -X -A -t -h $shared/sockets -U postgres -c \
    "select 'PostgreSQL, ' || count(*) || ' databases, pid ' || pg_backend_pid() from pg_database"
page=$(curl -s --max-time 10 --unix-socket $shared/sockets/nginx.sock http://demo/)
case $page in
*'comes from a jail'*) ;;
*) fail 'nginx did not serve its page' ;;
esac
[ "$(redis-cli -s $shared/sockets/redis.sock get greeting)" = 'hello from a jail' ] || fail 'redis forgot the greeting'
[ "$(psql -X -A -t -h $shared/sockets -U postgres -c 'select 6 * 7')" = 42 ] || fail 'PostgreSQL did not answer'

say 'The machine sees them, and their processes'
show jls
show jexec demo-redis ps -e -o pid,user,args

say 'What root in a jail cannot do'
sleep 60 &
outside=$!
refused 'see or kill outside' kill -9 $outside
secret=$(find /root /etc/shadow -xdev -type f -size +0 | head -n 1)
refused 'read /root' cat "$secret"
refused 'write outside' sh -c 'echo x >/srv/index.html'
refused 'mount' mount -t tmpfs none /media
refused 'load a module' python3 -c 'import ctypes, os
number = {"x86_64": 313, "aarch64": 273}[os.uname().machine]
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall(number, -1, b"", 0)
error = ctypes.get_errno()
raise SystemExit("finit_module: " + os.strerror(error) if error in (1, 38) else 0)'
kill -0 $outside 2>/dev/null || fail 'the process outside is gone'
kill $outside
jexec demo-nginx touch /etc/written-in-a-jail || fail 'a jail could not write to its own copy of /etc'
[ ! -e /etc/written-in-a-jail ] || fail 'what a jail wrote is on the disk'

say 'They go, in reverse order'
printf '  $ jail -f %s -r %s\n' "$conf" "$jails"
# shellcheck disable=SC2086 # a list of names
jail -f "$conf" -r $jails | sed 's/^/    /'

say 'A jail for one command: make of a C program, from the machine'"'"'s own tree'
printf '  $ jail -c path=/ path.volatile=1g mount="$PWD /src nullfs rw 0 0" exec.dir=/src/examples/build command="make check"\n'
status=0
jail -c path=/ path.volatile=1g mount="$PWD /src nullfs rw 0 0" exec.dir=/src/examples/build \
    command="make OUT=/tmp/out check" >"$shared/make.log" 2>&1 || status=$?
tail -n 2 "$shared/make.log" | sed 's/^/    /'
[ $status = 0 ] || fail "make check in a jail ended with $status"
status=0
jail -c path=/ path.volatile=1g mount="$PWD /src nullfs rw 0 0" exec.dir=/src/examples/build \
    command="make wrong" >/dev/null 2>&1 || status=$?
[ $status = 2 ] || fail "make ended with 2, its jail with $status"
echo "    and a target that fails ends the jail with make's own status, $status"

say 'Nothing is left'
traces >"$shared.after"
if cmp -s "$shared.before" "$shared.after"; then
	echo '  control groups, mounts, processes, interfaces, the services'"'"' files on the disk: as before'
else
	diff "$shared.before" "$shared.after" || true
	fail 'something is left'
fi
clean_up
say "All of it took $(($(date +%s) - began)) seconds"

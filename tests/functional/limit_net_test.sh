#! /usr/bin/env atf-sh
# SPDX-License-Identifier: BSD-2-Clause
# limit.netrate: what a jail sends and receives takes the time that its rate makes of it.
. "$(atf_get_srcdir)/common.sh"

net_head() {
	atf_set descr "$1"
	atf_set require.user root
	atf_set require.progs python3
	atf_set timeout 120
}

# A megabyte, or as many as are asked for, to whoever connects; or from there, to its end.
program='
import socket, sys
role, where, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
if role == "send":
    s = socket.socket()
    s.bind(("127.0.0.1", 0))
    s.listen(1)
    open(where, "w").write("%d\n" % s.getsockname()[1])
    c, _ = s.accept()
    c.sendall(b"x" * (count << 20))
    c.close()
else:
    c = socket.create_connection(("127.0.0.1", int(where)))
    n = 0
    while True:
        d = c.recv(1 << 20)
        if not d:
            break
        n += len(d)
    sys.exit(0 if n == count << 20 else 1)
'

# transfer SENDER RECEIVER MEGABYTES: `host` or a jail; sets $ms.
transfer() {
	rm -f port
	case $1 in
	host) python3 -c "$program" send port "$3" & ;;
	*) jexec "$1" /bin/sh -c 'cd /srv && exec python3 -c "$0" send port "$1"' "$program" "$3" & ;;
	esac
	sender=$!
	n=0
	until [ -s port ] || [ -s shared/port ]; do
		n=$((n + 1))
		[ $n -lt 200 ] || die "nobody sends"
		sleep 0.05
	done
	port=$(cat port shared/port 2>/dev/null)
	rm -f shared/port
	start=$(date +%s%N)
	case $2 in
	host) python3 -c "$program" receive "$port" "$3" ;;
	*) jexec "$2" python3 -c "$program" receive "$port" "$3" ;;
	esac || die "not all arrived"
	ms=$((($(date +%s%N) - start) / 1000000))
	wait $sender || die "the sender failed"
}

make_jail() {
	mkdir -p shared
	chmod 777 shared
	atf_check -o ignore -e ignore jail -q -c path=/ path.volatile=16m vnet=inherit persist \
	    mount="$(pwd)/shared /srv nullfs rw,noidmap 0 0" "$@"
}

# at_least MS: a rate can be kept to however busy the machine is.
at_least() {
	[ "$ms" -ge "$1" ] || die "it took only $ms ms, not $1"
}

atf_test_case directions cleanup
directions_head() { net_head 'each direction has its rate, and the other none'; }
directions_body() {
	p=$(prefix)
	make_jail name=$p limit.netrate=out:8m
	# 3 MiB at 1 MiB a second, of which half a second's worth may go at once.
	transfer $p host 3
	at_least 2000
	transfer host $p 8
	inward=$ms
	atf_check jail -q -m name=$p limit.netrate=in:8m
	transfer host $p 3
	at_least 2000
	atf_check jail -q -m name=$p limit.netrate=
	transfer host $p 8
	transfer $p host 8
	# Without one the same takes a small part of what it would take with one; far less, unless the machine is very busy.
	[ "$inward" -lt 7000 ] && [ "$ms" -lt 7000 ] || die "it took $inward and $ms ms without a rate"
	atf_check jail -q -R $p
	nothing_left
}
directions_cleanup() { clean; }

atf_test_case child cleanup
child_head() { net_head 'a child jail shares the rate of its parent'; }
child_body() {
	p=$(prefix)
	make_jail name=$p children.max=1 limit.netrate=8m path.volatile=false path.readonly
	atf_check -o ignore -e ignore jail -q -c name=$p.c path=/ path.readonly vnet=inherit persist
	fails 77 '^jail: .*limit.netrate: its parent jail has less' jail -c name=$p.c2 path=/ path.readonly vnet=inherit persist \
	    limit.netrate=9m
	transfer host $p.c 3
	at_least 2000
	atf_check jail -q -m name=$p limit.netrate=4m
	transfer host $p.c 2
	at_least 2800
	atf_check jail -q -R $p
	nothing_left
}
child_cleanup() { clean; }

atf_test_case forms cleanup
forms_head() { net_head 'what is no rate is refused, and named'; }
forms_body() {
	new_root
	fails 65 '^jail: .*limit.netrate: .*neither in nor out' jail -c name=$p path=$root persist limit.netrate=up:1m
	fails 65 '^jail: .*limit.netrate: .*out of range' jail -c name=$p path=$root persist limit.netrate=0
	fails 65 '^jail: .*limit.netrate: .*it can.t do that: allowed: .*:throttle' \
	    jail -c name=$p path=$root persist limit.netrate=1m:deny
	nothing_left
}
forms_cleanup() { clean; }

atf_init_test_cases() {
	atf_add_test_case directions
	atf_add_test_case child
	atf_add_test_case forms
}

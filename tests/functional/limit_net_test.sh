#! /usr/bin/env atf-sh
# SPDX-License-Identifier: BSD-2-Clause
# limit.netrate: what a jail sends and receives takes the time that its rate makes of it.
#
# Exclusive: it compares rates.
. "$(atf_get_srcdir)/common.sh"

rate=$JAIL_HOSTILE/net_rate

# transfer SENDER RECEIVER MEGABYTES: `host` or a jail; sets $ms.
transfer() {
	rm -f root/tmp/port port
	kib=$(($3 * 1024))
	case $1 in
	host) "$rate" send port $kib & ;;
	*) jexec "$1" /bin/net_rate send /tmp/port $kib & ;;
	esac
	sender=$!
	n=0
	until [ -s port ] || [ -s root/tmp/port ]; do
		n=$((n + 1))
		[ $n -lt 400 ] || die "nobody sends"
		sleep 0.05
	done
	port=$(cat port root/tmp/port 2>/dev/null)
	case $2 in
	host) ms=$("$rate" receive "$port" $kib) ;;
	*) ms=$(jexec "$2" /bin/net_rate receive "$port" $kib) ;;
	esac || die "not all arrived"
	wait $sender || die "the sender failed"
}

make_jail() {
	new_root
	cp "$rate" root/bin/net_rate
	atf_check -o ignore -e ignore jail -q -c path="$root" vnet=inherit persist "$@"
}

# near MS: what the rate makes of it, within a quarter. In emulation nothing is that sharp, and what is slow may be slower.
near() {
	fastest=$(($1 * 80 / 100)) slowest=$(($1 * 133 / 100))
	[ -z "${JAIL_VM:-}" ] || fastest=$(($1 * 67 / 100)) slowest=$(($1 * 333 / 100))
	[ "$ms" -ge $fastest ] && [ "$ms" -le $slowest ] || die "it took $ms ms, not $1"
}

define_case directions 'each direction has its rate, and the other none'
directions_body() {
	requires 'programs on control groups'
	p=$(prefix)
	make_jail name=$p limit.netrate=out:8m
	# 3 MiB at 1 MiB a second, of which half a second's worth may go at once.
	transfer $p host 3
	near 2500
	transfer host $p 8
	inward=$ms
	atf_check jail -q -m name=$p limit.netrate=in:8m
	transfer host $p 3
	near 2500
	atf_check jail -q -m name=$p limit.netrate=unlimited
	transfer host $p 8
	transfer $p host 8
	# Without one the same takes a small part of what it would take with one; far less, unless the machine is very busy.
	[ "$inward" -lt 7000 ] && [ "$ms" -lt 7000 ] || die "it took $inward and $ms ms without a rate"
	atf_check jail -q -R $p
	nothing_left
}

# held RATE SAID: the parent gets that rate, and the child is held to it.
held() {
	atf_check jail -q -m name=$p limit.netrate=$1
	atf_check -o inline:"$2\n" jls -j $p.c limit.netrate
}

define_case child 'a child jail shares the rate of its parent'
child_body() {
	requires 'programs on control groups'
	p=$(prefix)
	make_jail name=$p children.max=1 limit.netrate=8m
	atf_check -o ignore -e ignore jail -q -c name=$p.c path="$root" vnet=inherit persist
	fails 77 '^jail: .*limit.netrate: its parent jail has less' jail -c name=$p.c2 path="$root" vnet=inherit persist \
	    limit.netrate=9m
	transfer host $p.c 3
	near 2500
	held 4m 4194304
	transfer host $p.c 2
	near 3500
	held out:4m out:4194304
	held in:2m,out:4m in:2097152,out:4194304
	atf_check jail -q -R $p
	nothing_left
}

define_case forms 'what is no rate is refused, and named'
forms_body() {
	new_root
	fails 65 '^jail: .*limit.netrate: .*neither in nor out' jail -c name=$p path=$root persist limit.netrate=up:1m
	fails 65 '^jail: .*limit.netrate: .*out of range' jail -c name=$p path=$root persist limit.netrate=0
	fails 65 '^jail: .*limit.netrate: .*it can.t do that: allowed: .*:throttle' \
	    jail -c name=$p path=$root persist limit.netrate=1m:deny
	nothing_left
}

atf_init_test_cases() {
	atf_add_test_case directions
	atf_add_test_case child
	atf_add_test_case forms
}

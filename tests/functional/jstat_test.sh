#! /usr/bin/env atf-sh
# SPDX-License-Identifier: BSD-2-Clause
# jstat(8): its table, JSON, OpenMetrics and screen, with jails that use something, and with jails that go away.
. "$(atf_get_srcdir)/common.sh"

# A python3 that has the module; the distribution's own may stand behind another in PATH.
python_with() {
	for python in /usr/bin/python3 "$(command -v python3)"; do
		"$python" -c "import $1" 2>/dev/null && return 0
	done
	atf_skip "needs python3 with the module $1"
}

# make_jails: $p, beneath it $p.busy which counts, and $p.idle.
make_jails() {
	new_root
	atf_check -o ignore jail -c name=$p path=$root persist children.max=3
	atf_check -o ignore jail -c name=$p.busy path=$root persist \
		exec.start='(while :; do :; done) >/dev/null 2>&1 & sleep 1000 >/dev/null 2>&1 &'
	atf_check -o ignore jail -c name=$p.idle path=$root persist
}

# figure JAIL FILTER: of --json.
figure() {
	jstat --json "$1" | jq -r ".jails[0] | $2"
}

define_case table "-1: a line for each jail, sorted, as a tree"
table_body() {
	make_jails
	atf_check -o save:table jstat -1 -f $p
	[ "$(wc -l <table)" = 4 ] || die "not four lines: $(cat table)"
	head -n 1 table | grep -Eq '^NAME +CPU% LIMIT +MEM LIMIT +PROC +READ WRITE +RECV +SENT PRES% +OOM +THR% +UP REST$' ||
		die "$(cat table)"
	# As many words everywhere.
	[ "$(awk '{ print NF }' table | sort -u)" = 15 ] || die "$(cat table)"
	# What a child uses, its parent uses: these two have it all.
	atf_check -o inline:"$p\n$p.busy\n" -x "jstat -1 -s cpu -f $p | sed -n '2,3s/ .*//p' | sort"
	atf_check -o inline:"$p.idle\n$p.busy\n$p\n" -x "jstat -1 -r -s name -f $p | sed -n '2,\$s/ .*//p'"
	atf_check -o inline:"$p\n  busy\n  idle\n" -x "jstat -1t -s name -f $p | sed -n '2,\$s/\([a-z0-9]\) .*/\1/p'"
	busy=$(jstat -1 -d 1 -f $p.busy | awk 'NR == 2 { print int($2) }')
	[ "$busy" -ge 1 ] || die "busy at $busy %"
	atf_check -o inline:"1\n" -x "jstat -1 -f nobody$p | wc -l"
}

define_case json "--json: figures that are true"
json_body() {
	make_jails
	atf_check -o save:json jstat --json
	atf_check -o ignore jq -e . json
	atf_check -o inline:"$(jls -j $p jid)\n" jq -r ".jails[] | select(.name == \"$p.busy\").parent" json
	[ "$(figure $p .processes)" = 5 ] || die "processes: $(figure $p .processes)"
	[ "$(figure $p.busy .processes)" = 3 ] || die "processes: $(figure $p.busy .processes)"
	[ "$(figure "$(jls -j $p.idle jid)" .name)" = $p.idle ] || die "not by number"
	figure $p '.memory_bytes > 0 and .threads >= .processes and .restarts == 0 and .uptime_usec > 0' | grep -qx true ||
		die "$(jstat --json $p)"
	figure $p '.memory_limit_bytes == null and has("memory_limit_bytes")' | grep -qx true || die "a limit without one"
	# It goes on.
	first=$(figure $p.busy .cpu_usage_usec)
	sleep 1
	[ "$(figure $p.busy .cpu_usage_usec)" -gt "$first" ] || die "no processor time"
	# A child's memory is its parent's too.
	jstat --json | jq -e "[.jails[] | select(.name == \"$p\" or .name == \"$p.idle\").memory_bytes] | .[0] > .[1]" >/dev/null ||
		die "memory"
}

define_case network "the counters of a stack of its own, loopback apart; none of the host's"
network_body() {
	new_root
	atf_check -o ignore jail -c name=$p path=$root persist
	atf_check -o ignore jail -c name=$p-host path=$root persist vnet=inherit
	figure $p '.net_rx_bytes == 0 and .net_loopback_bytes == 0' | grep -qx true || die "$(jstat --json $p)"
	figure $p-host 'has("net_rx_bytes")' | grep -qx false || die "the host's counters are a jail's"
	ln -s busybox root/bin/ping
	jexec $p ping -c 1 -W 1 127.0.0.1 >ping 2>&1 || jexec $p busybox nc -w 1 127.0.0.1 9 >>ping 2>&1 || :
	figure $p '.net_rx_bytes == 0 and .net_loopback_bytes > 0' | grep -qx true || die "$(cat ping; jstat --json $p)"
}

define_case limits "limits that are in force, by the kernel's controllers or the jail's record"
limits_body() {
	new_root
	# Without one of its own, what its users were made with.
	atf_check jail -qc name=$p-default path=$root persist
	jls -j $p-default limit.maxproc >default
	[ "$(figure $p-default .processes_limit)" = "$(cat default)" ] || die "jls: $(cat default), $(jstat --json $p-default)"
	atf_check jail -qr $p-default
	jail -c name=$p path=$root persist limit.memoryuse=64m limit.pcpu=50 limit.maxproc=20 2>refused ||
		atf_skip "no limits here: $(cat refused)"
	figure $p '"\(.memory_limit_bytes) \(.cpu_limit) \(.processes_limit)"' >limits
	atf_check -o inline:"67108864 500000 20\n" cat limits
	jstat -1 $p | grep -q 'limit 64M' || die "$(jstat -1 $p)"
	jstat --openmetrics $p | grep -qx "jail_memory_limit_bytes{jail=\"$p\"} 67108864" || die "metrics"
	# What process 1 looks at counts as well.
	atf_check -o ignore jail -m name=$p limit.wallclock=1:log
	n=0
	until figure $p '.limit_hits > 0' | grep -qx true; do
		n=$((n + 1))
		[ $n -lt 200 ] || die "not counted: $(jstat --json $p)"
		sleep 0.1
	done
}

define_case version1 "what the controllers of version 1 count, where they do"
version1_body() {
	memory=/sys/fs/cgroup/memory pids=/sys/fs/cgroup/pids
	[ -e $memory/memory.usage_in_bytes ] && [ -e $pids/cgroup.procs ] || atf_skip "no controllers of version 1"
	new_root
	atf_check -o ignore jail -c name=$p path=$root persist children.max=1
	[ "$(figure $p .memory_source)" = processes ] || die "$(jstat --json $p)"
	# The groups of a jail that has limits, as its directory is called in version 2.
	for group in $memory/jail/$p $pids/jail/$p; do
		echo $group >>groups
		mkdir -p $group && jls -j $p pid >$group/cgroup.procs || die "no $group"
	done
	echo 33554432 >$memory/jail/$p/memory.limit_in_bytes
	echo 17 >$pids/jail/$p/pids.max
	figure $p '"\(.memory_source) \(.memory_limit_bytes) \(.threads_limit) \(.threads) \(.memory_peak_bytes >= .memory_bytes)"' >figures
	atf_check -o inline:"cgroup1 33554432 17 1 true\n" cat figures
	# A fork that is refused is counted, and a limit that was hit.
	echo 1 >$pids/jail/$p/pids.max
	sh -c "echo \$\$ >$pids/jail/$p/cgroup.procs; sleep 0 & wait" 2>/dev/null
	figure $p '.threads_max_events > 0 and .limit_hits > 0' | grep -qx true || die "$(jstat --json $p)"
	# A group that is there for a child's sake only tells nothing of the parent.
	atf_check -o ignore jail -c name=$p.kid path=$root persist
	echo $memory/jail/$p/kid >>groups
	mkdir $memory/jail/$p/kid
	jls -j $p pid >$memory/cgroup.procs
	[ "$(figure $p .memory_source)" = processes ] || die "$(jstat --json $p)"
}
version1_cleanup() {
	clean
	[ ! -s groups ] || sort -r groups | while read -r group; do
		[ ! -d $group ] || rmdir $group
	done
}

define_case version2 "what the controllers of version 2 count"
version2_body() {
	[ -n "$JAIL_VM" ] || atf_skip "only where no other jails are: it switches controllers on for all"
	new_root
	atf_check -o ignore jail -c name=$p path=$root persist
	for group in /sys/fs/cgroup /sys/fs/cgroup/jail; do
		echo $group >>switched
		echo +memory +pids +cpu +io >$group/cgroup.subtree_control || die "no controllers"
	done
	group=/sys/fs/cgroup/jail/$p
	echo 33554432 >$group/memory.max
	echo 16777216 >$group/memory.high
	echo '20000 100000' >$group/cpu.max
	echo 3 >$group/pids.max
	jexec $p sh -c 'i=0; while [ $i -lt 30000 ]; do i=$((i + 1)); done; cat /bin/busybox >/tmp/copy; for i in 1 2 3 4 5 6; do sleep 1 & done' 2>/dev/null
	figure $p '"\(.memory_source) \(.memory_limit_bytes) \(.memory_soft_limit_bytes) \(.cpu_limit) \(.threads_limit)"' >figures
	atf_check -o inline:"cgroup2 33554432 16777216 200000 3\n" cat figures
	figure $p '.cpu_throttled_usec > 0 and .cpu_periods >= .cpu_throttled_periods and .threads_max_events > 0 and .limit_hits > 0
		and .memory_file_bytes > 500000 and .memory_kernel_bytes > 0 and .oom_kills == 0 and .io_read_bytes >= 0' |
		grep -qx true || die "$(jstat --json $p)"
	jstat -1 $p | grep -q 'memory by cgroup 2' || die "$(jstat -1 $p)"
}
version2_cleanup() {
	clean
	[ ! -s switched ] || sort -r switched | while read -r group; do
		echo -memory -pids -cpu -io >$group/cgroup.subtree_control
	done
}

define_case details "one jail, with its last minutes"
details_body() {
	make_jails
	atf_check -o save:details env LC_ALL=C.UTF-8 jstat -c 4 -d 0.2 $p.busy
	blocks='([^ -~]){4,}'
	# A machine may have no locales at all.
	[ "$(LC_ALL=C.UTF-8 locale charmap 2>/dev/null)" = UTF-8 ] || blocks='[_.:=+*#-]{4}'
	grep -Eq "^$p.busy: jail [0-9]+ in jail $(jls -j $p jid), up [0-9]+[sm], 0 restarts" details || die "$(cat details)"
	# Four intervals, four blocks.
	grep -Eq "^cpu +[0-9.]+% +$blocks\$" details || die "$(cat details)"
	grep -Eq '^processes 3' details || die "$(cat details)"
	awk 'length > 100 { exit 1 }' details || die "too wide: $(cat details)"
	atf_check -o match:'^cpu +[0-9.]+% +[_.:=+*#-]{3}$' env LC_ALL=C jstat -c 3 -d 0.1 $p.busy
}

define_case metrics "--openmetrics: what its own parser, and promtool, understand"
metrics_body() {
	make_jails
	atf_check -o save:metrics jstat --openmetrics
	[ "$(tail -n 1 metrics)" = '# EOF' ] || die "no end"
	grep -Eqx "jail_cpu_usage_seconds_total\{jail=\"$p.busy\"\} [0-9]+\.[0-9]{6}" metrics || die "$(cat metrics)"
	grep -Eqx "jail_info\{jail=\"$p.busy\",jid=\"$(jls -j $p.busy jid)\",parent=\"$(jls -j $p jid)\"\} 1" metrics || die "no info"
	if command -v promtool >/dev/null; then
		# The format of before knows no counters without _total: it may find fault (3) but understands all (not 1).
		promtool check metrics <metrics >promtool 2>&1
		[ $? != 1 ] || die "$(cat promtool)"
	fi
	python_with prometheus_client
	cat >parse.py <<-'END'
		import sys
		from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse

		families = {f.name: f for f in parse(sys.stdin.read())}
		assert families["jail_cpu_usage_seconds"].type == "counter"
		assert families["jail_cpu_usage_seconds"].unit == "seconds"
		assert families["jail_memory_bytes"].type == "gauge"
		assert all(f.documentation for f in families.values())
		value = {s.labels["jail"]: s.value for s in families["jail_processes"].samples}
		assert value[sys.argv[1] + ".busy"] == 3, value
		assert families["jails"].samples[0].value == len(value)
	END
	atf_check -x "$python parse.py $p <metrics"
}

define_case file "-o: the file is always whole"
file_body() {
	new_root
	atf_check -o ignore jail -c name=$p path=$root persist
	echo OLD >jails.prom
	atf_check jstat --openmetrics -o jails.prom
	atf_check -o match:"jail=\"$p\"" -o not-match:OLD cat jails.prom
	[ "$(stat -c %a jails.prom)" = 644 ] || die "not for others to read"
	i=0
	while [ $i -lt 30 ]; do
		jstat --openmetrics -o jails.prom || break
		i=$((i + 1))
	done &
	writer=$!
	while kill -0 $writer 2>/dev/null; do
		[ "$(tail -n 1 jails.prom)" = '# EOF' ] || die "half a file"
	done
	wait $writer || die "it failed"
	[ "$(ls jails.prom* | wc -l)" = 1 ] || die "left: $(ls)"
	fails 73 '^jstat: .*/nowhere/x: can.t create: ' jstat --openmetrics -o "$(pwd)/nowhere/x"
	mkdir directory
	fails 73 '^jstat: directory: can.t replace: ' jstat --openmetrics -o directory
	[ "$(ls -d directory* | wc -l)" = 1 ] || die "left: $(ls)"
}

define_case http "--http: one request, one answer"
http_body() {
	new_root
	atf_check -o ignore jail -c name=$p path=$root persist
	printf 'GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n' | jstat --openmetrics --http >answer || die "exit $?"
	head -n 1 answer | grep -q '^HTTP/1.1 200 OK' || die "$(cat answer)"
	grep -q '^Content-Type: application/openmetrics-text; version=1.0.0; charset=utf-8' answer || die "$(cat answer)"
	sed '1,/^.$/d' answer >body
	[ "$(sed -n 's/^Content-Length: \([0-9]*\).*/\1/p' answer)" = "$(wc -c <body)" ] || die "length"
	grep -q "jail=\"$p\"" body && [ "$(tail -n 1 body)" = '# EOF' ] || die "$(cat body)"
	printf 'HEAD /metrics HTTP/1.1\r\n\r\n' | jstat --openmetrics --http >answer
	[ "$(tail -n 1 answer)" = "$(printf '\r')" ] || die "a body: $(cat answer)"
	printf 'GET / HTTP/1.1\r\n\r\n' | jstat --openmetrics --http | grep -q '^HTTP/1.1 404 ' || die 404
	printf 'PUT /metrics HTTP/1.1\r\n\r\n' | jstat --openmetrics --http | grep -q '^Allow: GET, HEAD' || die 405
	head -c 20000 /dev/zero | tr '\0' a | jstat --openmetrics --http | grep -q '^HTTP/1.1 400 ' || die 400
	# Who says nothing gets nothing.
	atf_check jstat --openmetrics --http </dev/null
}

define_case activated "behind a socket, as systemd starts it"
activated_body() {
	command -v systemd-socket-activate >/dev/null || atf_skip "needs systemd-socket-activate"
	new_root
	atf_check -o ignore jail -c name=$p path=$root persist
	port=$((20000 + $$ % 20000))
	systemd-socket-activate -l 127.0.0.1:$port --accept --inetd jstat --openmetrics --http 2>log &
	listener=$!
	for _ in $(seq 200); do
		curl -s -m 10 -o answer http://127.0.0.1:$port/metrics && break
		sleep 0.1
	done
	kill $listener
	grep -q "jail=\"$p\"" answer && [ "$(tail -n 1 answer)" = '# EOF' ] || die "$(cat answer log)"
}

define_case vanishing "jails that come and go meanwhile"
vanishing_body() {
	new_root
	atf_check -o ignore jail -c name=$p path=$root persist
	(
		i=0
		while [ ! -e enough ]; do
			jail -q -c name=$p-$((i % 3)) path=$root persist
			jail -qR $p-$((i % 3))
			i=$((i + 1))
		done
	) &
	maker=$!
	for _ in $(seq 25); do
		jstat --json >json || die "it failed"
		jq -e ".jails | any(.name == \"$p\")" json >/dev/null || die "$(cat json)"
		jstat --json $p-1 >one 2>error || grep -q "$p-1: " error || die "$(cat error)"
	done
	touch enough
	wait $maker
	fails 66 "^jstat: $p-1: no such jail" jstat --json $p-1
	fails 66 "^jstat: $p-1: no such jail" jstat -1 $p-1
}

# user SIZE COMMAND...: at a terminal; the script is standard input.
user() {
	size=$1
	shift
	cat >script
	python_with pyte
	"$python" "$(atf_get_srcdir)/screen.py" "$size" script "$@" >screen 2>&1 || die "$(cat screen)"
}

define_case screen "80 columns and 24 lines, and what keys do"
screen_body() {
	make_jails
	user 80x24 jstat -d 0.3 -s name <<-END
		row 0 ^jstat: [0-9]+ jails?, CPU .*; by name, every 0.3 s +\? keys$
		row 1 ^NAME +CPU% of +MEM LIMT of +PROC  I/O  NET PRES  OOM THR%   UP REST$
		key /$p
		see ^filter: $p
		key \n
		row 0 ^jstat: 3 jails
		row 2 ^$p +
		see busy +[0-9.]+ \|[|.]{4} +[0-9.]+[kM] +- \|[.]{4} +3
		key r
		see reversed
		row 2 idle +
		key r
		key t
		row 3 ^  busy +
		row 4 ^  idle +
		key ?
		see ^Keys of jstat
		see t +jails in jails as a tree
		see q +quit
		key \x1b
		gone ^Keys of jstat
		key jj
		key \n
		see ^$p.idle: jail
		see ^processes 1
		gone ^NAME
		key \x1b
		see ^NAME
		key c
		see by cpu
		key >
		see by memory
		key +
		see every 0.6 s
		key q
		end
	END
}

define_case resize "a window that grows and shrinks; a jail that goes while it is looked at"
resize_body() {
	make_jails
	user 80x24 jstat -d 0.3 -s name $p.busy <<-END
		see ^$p.busy: jail
		see ^cpu +[0-9.]+% +[_.:=+*#-]{3}
		size 120x40
		see ^$p.busy: jail [0-9]+ in jail [0-9]+, up .*, memory
		size 40x10
		see ^cpu +[0-9.]+%
		run jail -qR $p.busy
		see ^$p.busy does not run
		key \x1b
		see ^NAME
		size 80x24
		see THR%   UP REST
		key q
		end
	END
}

define_case terminal "no terminal, or one that nobody knows"
terminal_body() {
	new_root
	atf_check -o ignore jail -c name=$p path=$root persist
	atf_check -o match:"^$p " jstat -d 0.1
	command -v script >/dev/null || atf_skip "needs script"
	script -qec 'TERM=nosuch jstat; echo "code $?"' /dev/null </dev/null >typescript
	grep -q '^jstat: the terminal "nosuch" is not known' typescript && grep -q '^code 69' typescript || die "$(cat typescript)"
}

define_case wrong "wrong usage, and who may not"
wrong_body() {
	usage jstat -x
	usage jstat a b
	usage jstat -o file
	usage jstat --http
	usage jstat --json -o file
	usage jstat --openmetrics --http -o file
	for delay in 0 0.05 -1 x 1e3 '' . 3601 99999999999; do
		fails 64 "^jstat: -d $delay: not seconds" jstat -1 -d "$delay"
	done
	fails 64 '^jstat: -c 0: not a number' jstat -c 0
	fails 64 '^jstat: -s size: not one of name, cpu' jstat -s size
	fails 66 '^jstat: .*no such jail' jstat -1 nosuch$$
	fails 74 "^jstat: can't write: " sh -c 'jstat --openmetrics >/dev/full'
	id nobody >/dev/null 2>&1 && command -v setpriv >/dev/null || return 0
	# Out of directories that only root may enter.
	cp "$(command -v jstat)" "/tmp/jstat$$" && echo "/tmp/jstat$$" >copy
	fails 77 '^jstat: ' setpriv --reuid nobody --clear-groups /tmp/jstat$$ --json
}
wrong_cleanup() {
	[ ! -s copy ] || rm -f "$(cat copy)"
	clean
}

atf_init_test_cases() {
	for case in table json network limits version1 version2 details metrics file http activated vanishing screen resize terminal wrong; do
		atf_add_test_case $case
	done
}

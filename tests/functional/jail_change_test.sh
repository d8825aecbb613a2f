#! /usr/bin/env atf-sh
# SPDX-License-Identifier: BSD-2-Clause
# jail(8) on running jails: -m, -cm, -mr, -cmr, -rc.
. "$(atf_get_srcdir)/common.sh"

write_conf() {
	new_root
	cat >c.conf <<-END
		$p { path = $root; persist; env = "A=1"; host.hostname = one; }
		${p}up { path = $root; persist; depend = $p; }
	END
}

pid() {
	jls -j $1 pid
}

define_case modify "-m: parameters that can change on the running jail"
modify_body() {
	write_conf
	fails 66 "^jail: .*$p" jail -f c.conf -m $p
	atf_check -o ignore jail -f c.conf -c $p
	was=$(pid $p)
	sed -i 's/one/two/; s/A=1/A=2/' c.conf
	atf_check -o inline:"$p: updated\n" jail -f c.conf -m $p
	[ "$(pid $p)" = "$was" ] || die "it was restarted"
	atf_check -o inline:"two\n" jexec $p /bin/hostname
	atf_check -o match:'^A=2$' jexec $p /bin/env
	# The same from the command line, by name and by jid.
	atf_check -o inline:"$p: updated\n" jail -m name=$p host.hostname=three
	atf_check -o inline:"three\n" jls -j $p host.hostname
	jid=$(jls -j $p jid)
	atf_check -o inline:"$jid: updated\n" jail -m jid=$jid host.hostname=four
	atf_check -o inline:"four\n" jexec $p /bin/hostname
	atf_check jail -qm name=$p host.hostname=five
	# Nothing differs: nothing to do.
	atf_check -o inline:"$p: updated\n" jail -m name=$p host.hostname=five
}

define_case fixed "-m: what can't change is refused, and then nothing changes"
fixed_body() {
	write_conf
	atf_check -o ignore jail -f c.conf -c $p
	fails 69 "^jail: $p: .*enforce_statfs: .*running jail" jail -m name=$p host.hostname=new enforce_statfs=1
	atf_check -o inline:"one\n" jexec $p /bin/hostname
	fails 69 "^jail: $p: .*path: " jail -m name=$p path=/nonexistent
	fails 65 "persit: no such parameter" jail -m name=$p persit=0
}

define_case add "name+=value: to what the running jail has"
add_body() {
	requires "controller memory"
	new_root
	atf_check -o ignore jail -c name=$p path=$root persist env=A=1 limit.memoryuse=64m
	atf_check -o ignore jail -m name=$p env+=B=2 env+=C=3 limit.memoryuse+=40m:log
	atf_check -o inline:"A=1,B=2,C=3 64m,40m:log\n" jls -j $p env limit.memoryuse
	# What is there already is there once; what was set before in the same call begins anew.
	atf_check -o ignore jail -m name=$p env+=B=2 limit.memoryuse=80m limit.memoryuse+=50m:log
	atf_check -o inline:"A=1,B=2,C=3 80m,50m:log\n" jls -j $p env limit.memoryuse
	atf_check -o ignore jail -cm name=$p env+=D=4 env=E=5
	atf_check -o inline:"E=5\n" jls -j $p env
	atf_check -o ignore jail -cm name=$p-2 path=$root env+=D=4 env+=E=5 persist
	atf_check -o inline:"D=4,E=5\n" jls -j $p-2 env
	atf_check -o ignore jail -R $p-2
	atf_check -o ignore jail -mr name=$p path=$root persist env+=F=6
	atf_check -o inline:"E=5,F=6\n" jls -j $p env
	fails 65 "^jail: $p: limit.memoryuse: " jail -m name=$p limit.memoryuse+=1q
	fails 65 "^jail: .*limit.memory: no such" jail -m name=$p limit.memory+=1m
	# One more directory that is covered, beside those that always are.
	atf_check -o ignore jail -c name=$p-2 path=/ path.readonly persist
	n=$(jls -j $p-2 path.hide | tr ',' '\n' | wc -l)
	atf_check -o ignore jail -m name=$p-2 path.hide+=/srv
	[ "$(jls -j $p-2 path.hide | tr ',' '\n' | wc -l)" = $((n + 1)) ] || die "$(jls -j $p-2 path.hide)"
	atf_check -s not-exit:0 -e ignore jexec $p-2 /bin/sh -c 'grep -q "^root:[^*!]*[$]" /etc/shadow'
	atf_check -o ignore jail -R $p $p-2
	nothing_left
}

define_case line "what is wrong is said with file and line, in a change as in a creation"
line_body() {
	write_conf
	mkdir root/child
	make_root "$root/child"
	cat >bad.conf <<-END
		$p {
			limit.pcpu = 50:log;
		}
	END
	atf_check -o ignore jail -f c.conf -c $p
	fails 65 "^jail: $p: bad.conf:2: limit.pcpu: .*it can't do that: allowed" jail -f bad.conf -m $p
	sed -i 's/limit.*/limit.memoryuse.soft = 2m, 3m;/; s/^\(.*\)2m, 3m;/\12m; limit.memoryuse = 1m;/' bad.conf
	fails 65 "^jail: $p: bad.conf:2: limit.memoryuse.soft: .*above limit.memoryuse" jail -f bad.conf -m $p
	# Also where only the kernel's part knows.
	sed -i 's/limit.*/limit.nshm = 3;/' bad.conf
	fails 69 "^jail: $p: bad.conf:2: limit.nshm: .*restart" jail -f bad.conf -m $p
	atf_check -o inline:"-\n" jls -j $p limit.nshm
	atf_check -o ignore jail -R $p
	sed -i "s,limit.*,path = $root; persist; children.max = 1; }\n$p.c { path = $root/child; persist;\nmount = \"/etc /mnt nullfs ro 0 0\";," bad.conf
	atf_check -o ignore jail -f bad.conf -c $p
	fails 77 "^jail: $p.c: bad.conf:4: mount: /etc is not beneath" jail -f bad.conf -c $p.c
	atf_check -o ignore jail -R $p
	nothing_left
}

define_case create_or_modify "-cm: makes it or changes it"
create_or_modify_body() {
	write_conf
	atf_check -o inline:"$p: created\n" jail -f c.conf -cm $p
	was=$(pid $p)
	sed -i 's/one/two/' c.conf
	atf_check -o inline:"$p: updated\n" jail -f c.conf -cm $p
	[ "$(pid $p)" = "$was" ] || die "it was restarted"
	atf_check -o inline:"${p}b: created\n" jail -cm name=${p}b path=$root persist
	atf_check -o inline:"${p}b: updated\n" jail -cm name=${p}b path=$root persist host.hostname=x
}

define_case modify_or_restart "-mr: restarts where nothing less will do"
modify_or_restart_body() {
	write_conf
	fails 66 "^jail: .*$p" jail -f c.conf -mr $p
	atf_check -o ignore jail -f c.conf -c $p
	was=$(pid $p)
	sed -i 's/one/two/' c.conf
	atf_check -o inline:"$p: updated\n" jail -f c.conf -mr $p
	[ "$(pid $p)" = "$was" ] || die "it was restarted"
	sed -i 's/A=1/A=2/; s/persist;/persist; enforce_statfs = 1;/' c.conf
	atf_check -o inline:"$p: removed\n$p: created\n" jail -f c.conf -mr $p
	[ "$(pid $p)" != "$was" ] || die "it was not restarted"
	atf_check -o inline:"1\n" jls -j $p enforce_statfs
	sed -i 's/enforce_statfs = 1/enforce_statfs = 2/' c.conf
	atf_check -o inline:"$p: removed\n$p: created\n${p}up: created\n" jail -f c.conf -cmr
	atf_check -o inline:"$p: updated\n${p}up: updated\n" jail -f c.conf -cmr
}

define_case restart "-rc: what depends on it is restarted as well"
restart_body() {
	write_conf
	atf_check -o ignore jail -f c.conf -c
	was=$(pid $p) up=$(pid ${p}up)
	atf_check -o inline:"${p}up: removed\n$p: removed\n$p: created\n${p}up: created\n" jail -f c.conf -rc $p
	[ "$(pid $p)" != "$was" ] && [ "$(pid ${p}up)" != "$up" ] || die "not restarted"
	atf_check -o inline:"${p}up: removed\n${p}up: created\n" jail -f c.conf -rc ${p}up
	atf_check -o inline:"${p}up: removed\n" jail -f c.conf -r ${p}up
	# One that does not run is only created.
	atf_check -o inline:"${p}up: created\n" jail -f c.conf -rc ${p}up
	atf_check -o inline:"${p}b: created\n" jail -rc name=${p}b path=$root persist
	atf_check -o inline:"${p}b: removed\n${p}b: created\n" jail -rc name=${p}b path=$root persist
	# What could not start again is not stopped.
	was=$(pid ${p}b)
	fails 65 "${p}b: enforce_statfs" jail -rc name=${p}b path=$root persist enforce_statfs=7
	fails 65 "${p}b: path" jail -mr name=${p}b enforce_statfs=1
	fails 65 "${p}b: path" jail -cmr name=${p}b enforce_statfs=1
	[ "$(pid ${p}b)" = "$was" ] || die "it was stopped"
}

define_case persist "persist can be taken away"
persist_body() {
	new_root
	atf_check -o ignore jail -c name=$p path=$root persist
	atf_check -o inline:"$p: updated\n" jail -m name=$p nopersist
	for _ in $(seq 60); do
		jail -C
		[ -n "$(ours)$(groups_left)" ] || break
		sleep 0.3
	done
	nothing_left
}

define_case identity "host.hostuuid and host.hostid, as programs inside look for them"
identity_body() {
	new_root
	uuid=01234567-89ab-cdef-0123-456789abcdef other=11111111-89ab-cdef-0123-456789abcdef
	: >"$root/etc/machine-id"
	: >"$root/etc/hostid"
	# gethostid(3) reads four bytes of this machine's order.
	atf_check jail -q -c name=$p path=$root persist host.hostuuid=$uuid host.hostid=1633837924
	atf_check -o inline:"0123456789abcdef0123456789abcdef\n" jexec $p cat /etc/machine-id
	atf_check -o match:'^(dcba|abcd)$' jexec $p cat /etc/hostid
	atf_check jail -q -m name=$p host.hostuuid=$other host.hostid=0
	atf_check -o inline:"1111111189abcdef0123456789abcdef\n" jexec $p cat /etc/machine-id
	atf_check -o inline:"4\n" jexec $p busybox stat -c %s /etc/hostid
	atf_check -o inline:"$other 0\n" jls -j $p host.hostuuid host.hostid
	atf_check -s not-exit:0 -e match:'Read-only' jexec $p /bin/sh -c 'echo >/etc/machine-id'
	# What fails changes neither.
	fails 65 "^jail: .*host.hostuuid: \"nonsense\" is no uuid" jail -m name=$p host.hostid=5 host.hostuuid=nonsense
	atf_check jail -q -r $p
	[ ! -s "$root/etc/machine-id" ] && [ ! -s "$root/etc/hostid" ] || die "the tree was written to"
	# Set on a jail that had none, and where there is no place for it.
	rm "$root/etc/hostid"
	atf_check jail -q -c name=$p path=$root persist
	atf_check jail -q -m name=$p host.hostuuid=$uuid
	atf_check -o inline:"0123456789abcdef0123456789abcdef\n" jexec $p cat /etc/machine-id
	fails 66 "^jail: .*host.hostid: cannot show /etc/hostid: .*: make an empty one" jail -m name=$p host.hostuuid=$other host.hostid=5
	atf_check -o inline:"0123456789abcdef0123456789abcdef\n" jexec $p cat /etc/machine-id
	atf_check jail -q -r $p
	nothing_left
}

atf_init_test_cases() {
	atf_add_test_case identity
	for c in modify fixed add line create_or_modify modify_or_restart restart persist; do
		atf_add_test_case $c
	done
}

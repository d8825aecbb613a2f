#! /usr/bin/env atf-sh
# SPDX-License-Identifier: BSD-2-Clause
# jls(8): every form of its output, compared byte by byte.
. "$(atf_get_srcdir)/common.sh"

define_case table "the table, and -N"
table_body() {
	new_root
	atf_check -o ignore jail -c name=$p path=$root persist host.hostname=www.example.org
	jid=$(jls -j $p jid)
	printf '   JID  IP Address      Hostname                      Path\n%6s                  %-29s %.74s\n' \
		$jid www.example.org $root >expected
	atf_check -o file:expected jls -j $p
	printf ' JID             IP Address      Hostname                      Path\n %-15s                 %-29s %.74s\n' \
		$p www.example.org $root >expected
	atf_check -o file:expected jls -N -j $p
	atf_check -o match:"^ *$jid  .* www.example.org " jls
}

define_case verbose "-v"
verbose_body() {
	new_root
	touch root/etc/secret
	atf_check -o ignore jail -c name=$p path=$root persist path.hide=/etc/secret
	jid=$(jls -j $p jid)
	{
		printf '   JID  Hostname                      Path\n        Name                          State\n'
		printf '        IP Address(es)\n        Hidden Paths\n'
		printf '%6s  %-29s %.74s\n        %-29s ACTIVE\n        hidden /etc/secret\n' $jid $p $root $p
	} >expected
	atf_check -o file:expected jls -v -j $p
	atf_check -o ignore jail -c name=$p-s path=/ path.readonly persist path.show=/etc/passwd path.hide=/boot
	atf_check -o match:'^        Of the host.s files it reads what everybody there may read[.]$' \
		-o match:'^        /run, /tmp, /var/tmp, /root and /home are its own[.]$' \
		-o match:'^        shown /etc/passwd$' -o match:'^        hidden /boot$' jls -v -j $p-s
	# Parameters that are asked for win.
	atf_check -o inline:"$p\n" jls -v -j $p name
}

define_case parameters "values, -h, -n, -q"
parameters_body() {
	new_root
	atf_check -o ignore jail -c name=$p path=$root persist env="A=it's 1" env+=B=2 allow.nosuser meta=k=v
	atf_check -o inline:"$p true false A=it's 1,B=2 -\n" jls -j $p name persist allow.suser env depend
	atf_check -o inline:"name persist\n$p true\n" jls -h -j $p name persist
	atf_check -o inline:"name=$p persist allow.nosuser env=A=it's 1,B=2 depend=\n" \
		jls -n -j $p name persist allow.suser env depend
	atf_check -o inline:"'A=it'\\\\''s 1',B=2 ''\n" jls -q -j $p env depend
	atf_check -o inline:"env='A=it'\\\\''s 1',B=2 depend=''\n" jls -nq -j $p env depend
	atf_check -o inline:"name meta\nname=$p meta=k=v\n" jls -nh -j $p name meta
	atf_check -o match:"^name=$p\$" jls -n name
	fails 65 '^jls: .*persit: no such parameter: did you mean "persist"\?' jls persit
	fails 65 '^jls: nopersist: ' jls nopersist
	usage jls -x
	usage jls -j
	usage jls --nosuch
}

define_case all "all: every parameter once"
all_body() {
	new_root
	atf_check -o ignore jail -c name=$p path=$root persist
	atf_check -o save:line jls -n -j $p
	[ "$(wc -l <line)" = 1 ] || die "not one line"
	for want in "name=$p" persist "path=$root" jid= allow.suser children.max=0 users=new parent=0 nodying; do
		grep -Eq "(^| )$want" line || die "no $want: $(cat line)"
	done
	atf_check -o file:line jls -n -j $p all
	atf_check -o save:two jls -h -j $p
	[ "$(wc -l <two)" = 2 ] || die "not two lines"
	[ "$(head -n 1 two | wc -w)" -gt 60 ] || die "too few parameters"
}

define_case command "-s: good enough to make another like it"
command_body() {
	new_root
	atf_check -o ignore jail -c name=$p path=$root persist env="A=it's 1" env+='B=$HOME' exec.prestop='true; true' \
		exec.prestop+=true allow.nosuser enforce_statfs=1 host.hostname=h
	jls -s -j $p >first
	[ "$(wc -l <first)" = 1 ] || die "not one line"
	# Nothing that is only reported, nor what was chosen for it: another one would collide with it.
	! grep -Eq '(^| )(parent|pid|restarts|nodying|dying|users)' first || die "$(cat first)"
	atf_check -o inline:"$p: removed\n" jail -r $p
	atf_check -o inline:"$p: created\n" sh -c "eval \"jail -c \$(cat first)\""
	atf_check -o file:first jls -s -j $p
	atf_check -o ignore jail -rc name=$p path=/ path.volatile users.base=2000000000 users.count=1000 persist
	atf_check -o match:' users.base=2000000000 users.count=1000$' -o not-match:path.hide jls -s -j $p
	atf_check -o match:'^path.hide=/boot,' jls -n -j $p path.hide
}

define_case json "--json is JSON, with types"
json_body() {
	command -v jq >/dev/null || atf_skip "needs jq"
	new_root
	atf_check -o ignore jail -c name=$p path=$root persist env='A="\' env+='B=é' allow.nosuser stop.timeout=2m
	atf_check -o save:one jls --json -j $p
	query() {
		atf_check -o inline:"$2\n" jq -c ".[\"jail-information\"].jail[0]$1" one
	}
	query .name "\"$p\""
	query .persist true
	query '["allow.suser"]' false
	query .env '["A=\\"\\\\","B=é"]'
	query '["stop.timeout"]' 120
	query .depend '[]'
	query '.jid | type' '"number"'
	query '.path' "\"$root\""
	query '["path.volatile"]' false
	atf_check -o inline:'"2"\n' jq .__version one
	# All jails, all of them objects with the same members.
	atf_check -o ignore jail -c name=${p}b path=$root persist
	atf_check -o save:many jls --json name jid
	atf_check -o inline:'true\n' jq --arg a $p --arg b ${p}b \
		'[.["jail-information"].jail[].name] | index($a) != null and index($b) != null' many
	atf_check -o inline:'["jid","name"]\n' jq -c '[.["jail-information"].jail[] | keys] | unique | .[0]' many
}

define_case check "-c answers without a word; --libxo json is --json"
check_body() {
	new_root
	atf_check -s exit:66 jls -c -j $p
	atf_check -o ignore jail -c name=$p path=$root persist
	atf_check jls -c -j $p
	atf_check jls -cd -j $(jls -j $p jid)
	atf_check -o save:json jls --json -j $p name
	atf_check -o file:json jls --libxo json -j $p name
	atf_check -o inline:"$p\n" jls --libxo=text -j $p name
	usage jls -c
	usage jls --libxo xml
}

define_case hostile "what a jail calls itself can't steer a terminal or break JSON"
hostile_body() {
	command -v jq >/dev/null || atf_skip "needs jq"
	new_root
	atf_check -o ignore jail -c name=$p path=$root persist
	atf_check jexec $p /bin/hostname "$(printf 'a\033[31m"\\\377\n')"
	for form in '' -v -n -s -q -N; do
		jls $form >out || die "jls $form"
		! grep -q "$(printf '\033')" out || die "jls $form passes an escape on"
	done
	atf_check -o ignore sh -c 'jls --json | jq -e .'
}

define_case missing "no such jail"
missing_body() {
	fails 66 '^jls: .*t-no-such-jail' jls -j t-no-such-jail
	fails 66 '^jls: ' jls -j 999999999
	fails 66 '^jls: ' jls --json -j t-no-such-jail
	atf_check -s exit:74 -e match:"^jls: can't write: " sh -c 'jls >/dev/full'
}

define_case user "another user may not look, and is told so"
user_body() {
	command -v setpriv >/dev/null || atf_skip "needs setpriv"
	new_root
	atf_check -o ignore jail -c name=$p path=$root persist
	atf_check -s exit:77 -o empty -e match:'^jls: ' setpriv --reuid=65534 --regid=65534 --clear-groups jls
}

define_case many "hundreds of jails are listed in one go"
many_body() {
	new_root
	n=60
	{
		echo "path = $root; persist;"
		i=0
		while [ $i -lt $n ]; do
			echo "$p$i { }"
			i=$((i + 1))
		done
	} >m.conf
	atf_check -o ignore jail -f m.conf -c -p 4
	[ "$(ours | wc -l)" = $n ] || die "not $n"
	atf_check -o ignore jail -f m.conf -r -p 4
	nothing_left
}

atf_init_test_cases() {
	for c in table verbose parameters all command json check hostile missing user many; do
		atf_add_test_case $c
	done
}

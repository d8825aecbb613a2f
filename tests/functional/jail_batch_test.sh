#! /usr/bin/env atf-sh
# SPDX-License-Identifier: BSD-2-Clause
# jail(8) with a configuration: which jails are meant, in which order, several at once.
. "$(atf_get_srcdir)/common.sh"

# Five jails: db <- web <- app, and two of their own.
write_conf() {
	new_root
	cat >b.conf <<-END
		path = $root; persist;
		${p}app { depend = ${p}web, ${p}db; children.max = 1; ${1:-} }
		${p}web { depend = ${p}db; }
		${p}db { }
		${p}lone { }
		"${p}app.x" { }
	END
}

define_case all "everything, in the order of dependencies; and back"
all_body() {
	write_conf
	atf_check -o inline:"${p}db: created\n${p}web: created\n${p}app: created\n${p}lone: created\n${p}app.x: created\n" \
		jail -f b.conf -c
	# Again: all run already, which is fine for a pattern, and not for a name.
	atf_check jail -f b.conf -c
	atf_check jail -f b.conf -c '*'
	fails 73 "^jail: ${p}db: " jail -f b.conf -c ${p}db
	atf_check -o save:removed jail -f b.conf -r
	[ "$(wc -l <removed)" = 5 ] || die "not five: $(cat removed)"
	order=$(sed -n "s/^$p\(.*\): removed$/\1/p" removed | tr '\n' ' ')
	case $order in
	*app.x*app*web*db*) ;;
	*) die "out of order: $order" ;;
	esac
	nothing_left
}

define_case by_name "a jail brings what it needs, and takes what needs it"
by_name_body() {
	write_conf
	atf_check -o inline:"${p}db: created\n${p}web: created\n" jail -f b.conf -c ${p}web
	atf_check -o inline:"${p}app: created\n${p}app.x: created\n" jail -f b.conf -c ${p}app.x
	atf_check -o save:removed jail -f b.conf -r ${p}db
	grep -qx "${p}web: removed" removed || die "what depended on it still runs"
	[ "$(tail -n 1 removed)" = "${p}db: removed" ] || die "out of order: $(cat removed)"
	nothing_left
}

define_case several "several names, and patterns"
several_body() {
	write_conf
	atf_check -o inline:"${p}lone: created\n${p}db: created\n" jail -f b.conf -c ${p}lone ${p}db
	atf_check -o inline:"${p}web: created\n${p}app: created\n${p}app.x: created\n" jail -f b.conf -c "${p}app.*"
	atf_check -o inline:"${p}app.x: removed\n" jail -f b.conf -r "${p}app.*"
	atf_check jail -f b.conf -r "${p}app.*"
	# What looks like a pattern and is none is told, or nobody would know why nothing happened.
	for name in "${p}*" "${p}app*.*" "*.x*"; do
		fails 65 "a star stands for a whole part between dots" jail -f b.conf -c "$name"
		fails 65 "a star stands for a whole part between dots" jail -r "$name"
	done
	fails 65 "^jail: ${p}nosuch: no such jail in b.conf" jail -f b.conf -c ${p}nosuch
	atf_check -o ignore jail -f b.conf -r
	nothing_left
}

define_case without_conf "removal needs no configuration"
without_conf_body() {
	write_conf
	atf_check -o ignore jail -f b.conf -c
	atf_check -o inline:"${p}lone: removed\n" jail -R ${p}lone
	atf_check -o ignore jail -r -f b.conf "${p}app.*"
	rm b.conf
	for j in app web db; do
		atf_check -o inline:"$p$j: removed\n" jail -R $p$j
	done
	nothing_left
}

define_case parallel "-p: at once, and still in order"
parallel_body() {
	new_root
	log=$(pwd)/log
	{
		echo "path = $root; persist; exec.prestart = 'echo begin \$name >>$log; sleep 3; echo end \$name >>$log';" |
			sed "s/'/\"/g"
		for i in 1 2 3 4; do
			echo "$p$i { }"
		done
		echo "${p}last { depend = ${p}1, ${p}2, ${p}3, ${p}4; }"
	} >p.conf
	atf_check -o save:out jail -f p.conf -c -p 4
	[ "$(wc -l <out)" = 5 ] || die "not five: $(cat out)"
	[ "$(tail -n 1 out)" = "${p}last: created" ] || die "out of order: $(cat out)"
	# At most so many at once.
	[ "$(head -n 4 log | grep -c begin)" = 4 ] || die "not four at once: $(cat log)"
	atf_check -o save:out jail -f p.conf -r -p 0
	[ "$(head -n 1 out)" = "${p}last: removed" ] || die "out of order: $(cat out)"
	: >log
	atf_check -o ignore jail -f p.conf -c -p 2 ${p}1 ${p}2 ${p}3
	[ "$(head -n 2 log | grep -c begin)" = 2 ] && [ "$(sed -n 3p log | grep -c end)" = 1 ] ||
		die "not two at once: $(cat log)"
	atf_check -o ignore jail -f p.conf -r -p 3
	nothing_left
}

define_case failing "one that fails fails those that need it, and no other"
failing_body() {
	new_root
	cat >f.conf <<-END
		path = $root; persist;
		${p}a { }
		${p}bad { exec.start = "exit 5"; }
		${p}needs { depend = ${p}bad; }
		${p}deeper { depend = ${p}needs; }
		${p}z { }
	END
	for limit in 1 4; do
		atf_check -s exit:5 -o save:out -e save:err jail -f f.conf -c -p $limit
		grep -q "^jail: ${p}bad: .*exec.start" err || die "no reason: $(cat err)"
		grep -q "^jail: ${p}needs: not started: it depends on ${p}bad, which failed" err || die "$(cat err)"
		grep -q "^jail: ${p}deeper: not started" err || die "$(cat err)"
		[ "$(wc -l <err)" = 3 ] || die "$(cat err)"
		[ "$(ours | tr '\n' ' ')" = "${p}z ${p}a " ] || die "others suffered: $(ours)"
		atf_check -o ignore jail -f f.conf -r
	done
	nothing_left
}

define_case faulty "a faulty jail fails with what depends on it, all its faults are told, and the others start"
faulty_body() {
	new_root
	cat >c.conf <<-END
		path = $root; persist;
		${p}b {
			enforce_statfs = 7;
			bogus = 1;
			exec.fib = 3;
		}
		${p}on { depend = ${p}b; }
		${p}lost { depend = ${p}nowhere; }
		${p}x { depend = ${p}y; } ${p}y { depend = ${p}x; } ${p}z { depend = ${p}x; }
		${p}a { }
		${p}after { depend = ${p}a; }
	END
	atf_check -s exit:69 -o inline:"${p}a: created\n${p}after: created\n" -e save:err jail -f c.conf -c
	for line in "${p}b: c.conf:3: enforce_statfs: " "${p}b: c.conf:4: bogus: " "${p}b: c.conf:5: exec.fib: " \
	    "${p}on: not started: it depends on ${p}b, which failed" "${p}lost: depend: .*${p}nowhere" \
	    "${p}x: depend: .*circle: ${p}x -> ${p}y -> ${p}x" "${p}z: not started: it depends on ${p}x, which failed"; do
		[ "$(grep -c "^jail: $line" err)" = 1 ] || die "not one \"$line\": $(cat err)"
	done
	[ "$(wc -l <err)" = 7 ] || die "not seven lines: $(cat err)"
	# A restart does not stop what could not start again.
	echo "path = $root; persist; ${p}a { enforce_statfs = 7; } ${p}after { }" >c.conf
	atf_check -s exit:65 -o inline:"${p}after: removed\n${p}after: created\n" -e match:"enforce_statfs" jail -f c.conf -rc
	atf_check -o ignore jls -j ${p}a
	atf_check -o save:removed jail -R ${p}a ${p}after
	nothing_left
}

define_case of_file "with -f a pattern means jails of that file"
of_file_body() {
	new_root
	echo "path = $root; persist; ${p}a { } ${p}b { }" >c.conf
	atf_check -o ignore jail -f c.conf -c
	atf_check -o ignore jail -c name=${p}other path=$root persist
	atf_check -o inline:"${p}a: removed\n${p}b: removed\n" jail -f c.conf -r '*'
	atf_check -o inline:"${p}other: removed\n" jail -r ${p}other
	nothing_left
}

define_case circles "dependencies in a circle, and on nothing"
circles_body() {
	new_root
	cat >l.conf <<-END
		path = $root; persist;
		${p}a { depend = ${p}b; } ${p}b { depend = ${p}c; } ${p}c { depend = ${p}a; }
		${p}self { depend = ${p}self; }
		${p}lost { depend = ${p}nowhere; }
	END
	fails 65 "depend: .*circle: ${p}a -> ${p}b -> ${p}c -> ${p}a" jail -f l.conf -c ${p}a
	fails 65 "depend: .*circle: ${p}self -> ${p}self" jail -f l.conf -c ${p}self
	fails 65 "^jail: ${p}lost: .*depend: .*${p}nowhere, which is not defined" jail -f l.conf -c ${p}lost
	nothing_left
}

define_case many "ten thousand jails are put in order in no time"
many_body() {
	new_root
	awk -v p="$p" -v root="$root" 'BEGIN {
		print "path = " root "; persist;"
		for (i = 0; i < 10000; i++)
			print p i " { depend = " p (i + 1) "; }"
		print p "10000 { depend = " p "0; }"
	}' >m.conf
	start=$(date +%s)
	fails 65 "circle: ${p}0 -> " jail -f m.conf -c
	[ $(($(date +%s) - start)) -le 20 ] || die "it took too long"
	nothing_left
}

atf_init_test_cases() {
	for c in all by_name several without_conf parallel failing faulty of_file circles many; do
		atf_add_test_case $c
	done
}

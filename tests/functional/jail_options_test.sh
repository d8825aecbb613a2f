#! /usr/bin/env atf-sh
# SPDX-License-Identifier: BSD-2-Clause
# jail(8)'s command line: what it takes, and what it refuses without having done anything.
. "$(atf_get_srcdir)/common.sh"

define_case usage "a wrong command line is told the right one"
usage_body() {
	usage jail
	usage jail -x
	usage jail -f
	usage jail -r
	usage jail -R
	usage jail -R -f /dev/null
	usage jail -cR x
	usage jail -r name=x
	usage jail -r -i x
	usage jail -r -J file x
	usage jail -e '|' x
	usage jail -c -e '|'
	usage jail -f /dev/null -c name=x
	usage jail -C x
	usage jail -c name=x command
	usage jail path host ip command
	usage jail / host ip
	for n in x -1 10001 99999999999999999999 '' 1x; do
		fails 64 '^jail: -p .*: a number from 0' jail -c -p "$n"
	done
	fails 64 '^jail: which jail\? name=NAME or jid=NUMBER' jail -m persist=0
}

define_case questions "--help and --version are answered by every tool"
questions_body() {
	for tool in jail jls jexec jstat jcheck; do
		atf_check -o match:"^usage: $tool" $tool --help
		atf_check -o match:"^$tool [0-9]+\\.[0-9]+\\.[0-9]+\$" $tool --version
	done
	fails 64 '^jail: -q: options stand before' jail -c path=/ -q
	fails 64 '^jail: -q: options stand before' jail -r x -q
}

define_case ordinary "an ordinary user hears that root is needed"
ordinary_body() {
	chmod a+rx .
	for command in 'jail -c path=/ persist' 'jail -C' 'jail -r x' 'jail -R x' 'jexec x'; do
		# shellcheck disable=SC2086 # words
		fails 77 '^j[a-z]*: only root may ' setpriv --reuid=65534 --regid=65534 --clear-groups $command
	done
}

define_case inherited "what a caller leaves in its process changes nothing"
inherited_body() {
	new_root
	cat >start.py <<-'END'
		import os, signal, sys
		signal.signal(signal.SIGCHLD, signal.SIG_IGN)
		signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
		signal.setitimer(signal.ITIMER_REAL, 2)
		os.execvp(sys.argv[1], sys.argv[1:])
	END
	echo "path = $root; persist; exec.prestart = 'sleep 0.2; exit 3'; ${p}a { } ${p}b { }" >c.conf
	atf_check -s exit:6 -o ignore python3 start.py jail -c name=$p path=/ path.readonly command=/bin/sh -c 'sleep 3; exit 6'
	atf_check -s not-exit:0 -o empty -e match:'status 3' python3 start.py jail -f c.conf -p 2 -c
	atf_check -o ignore jail -c name=$p path=/ path.readonly persist
	atf_check -s exit:7 python3 start.py jexec $p /bin/sh -c 'sleep 0.2; exit 7'
}

define_case parameters "parameters of the command line are checked before anything is done"
parameters_body() {
	new_root
	fails 65 "^jail: $p: pth: no such parameter: did you mean \"path\"\?\$" jail -c name=$p pth=/
	fails 65 '^jail: pth: no such parameter: did you mean "path"\?$' jail -c pth=/ name=$p
	fails 65 "^jail: .*persist: .*true, false" jail -c name=$p persist=maybe
	fails 65 "^jail: .*enforce_statfs: " jail -c name=$p enforce_statfs=3
	fails 65 "^jail: .*jid: " jail -c jid=x
	fails 69 "^jail: .*ip4.addr: .*not available in this version" jail -c name=$p ip4.addr=10.0.0.1
	fails 65 "^jail: .*limit.memoryuse: .*no number of its kind: allowed: bytes" jail -c name=$p path=$root limit.memoryuse=lots
	fails 65 "^jail: .*limit.memoryuse: \"1g:throttle\": it can't do that: allowed: bytes" \
	    jail -c name=$p path=$root persist limit.memoryuse=1g:throttle
	fails 69 "^jail: .*ip_hostname: " jail -h -c name=$p
	fails 69 "^jail: .*mac.do: " jail -c name=$p mac.do=new
	nothing_left
}

define_case idle "a privilege that does nothing here is told when it is given, and is no error"
idle_body() {
	new_root
	# What the kernel mounts in no jail does not open the way for what it would mount.
	for type in devfs fdescfs; do
		atf_check -s exit:1 -o ignore -e match:"^jail: $p: allow.mount.$type: has no effect: " \
			jail -cq name=$p path=$root allow.mount allow.mount.$type command='busybox mount -t tmpfs x /tmp || exit 1'
	done
	atf_check -e match:"^jail: $p: allow.mount.procfs: has no effect: without allow.userns" \
		jail -cq name=$p path=$root allow.mount allow.mount.procfs command=true
	atf_check jail -cq name=$p path=$root allow.mount allow.mount.procfs allow.userns command=true
	atf_check -o empty jail -cq name=$p path=$root allow.mount allow.mount.tmpfs command='busybox mount -t tmpfs x /tmp'
	atf_check -e match:"^jail: $p: allow.settime: has no effect: .*users = inherit" \
	    jail -q -c name=$p path=$root allow.settime persist
	atf_check jail -q -r $p
	atf_check -e match:"^jail: $p: users.base: its users may be users of the host: leave it out, or choose 65536" \
	    jail -q -c name=$p path=$root users.base=1000 persist
	atf_check jail -q -r $p
	atf_check -e empty jail -q -c name=$p path=$root users.base=2000000000 allow.raw_sockets persist
	atf_check jail -q -r $p
	atf_check -e match:'^jail: devfs_ruleset: ignored: ' jail -q -c name=$p path=$root devfs_ruleset=5 persist
	atf_check jail -q -r $p
	nothing_left
}

define_case freebsd "values and mounts as configurations of FreeBSD have them"
freebsd_body() {
	new_root
	mkdir -p "$root/one" "$root/two" "$root/three" 'with blank'
	echo content >'with blank/file'
	ln -s file 'with blank/link'
	cat >one.fstab <<-END
		# a comment
		"$(pwd)/with blank" $root/one nullfs ro,nosymfollow,failok 0 0
		/nowhere /nowhere nullfs rw,noauto 0 0
	END
	echo "$(pwd)/with\\ blank /two nullfs ro,late 0 0" >two.fstab
	cat >c.conf <<-END
		$p {
			path = $root; persist = 2; vnet = NEW; sysvshm = 1; securelevel = -1;
			interface = em0; vnet.interface = ""; ip4.addr = "";
			allow.mount.zfs; allow.setaudit; zfs.dataset = tank/web;
			mount.fstab = $(pwd)/one.fstab, $(pwd)/two.fstab;
			mount = "'$(pwd)/with blank' /three nullfs ro 0 0";
		}
	END
	atf_check -o inline:"$p: created\n" -e save:err jail -f c.conf -c
	for name in interface allow.mount.zfs allow.setaudit zfs.dataset; do
		grep -q "^jail: .*$name: ignored: " err || die "no warning for $name: $(cat err)"
	done
	[ "$(wc -l <err)" = 4 ] || die "not four warnings: $(cat err)"
	atf_check -o inline:'content\ncontent\ncontent\ncontent\n' jexec $p /bin/sh -c 'cat /one/file /two/link /three/link /three/file'
	atf_check -s exit:1 -e match:'Too many levels' jexec $p cat /one/link
	atf_check -o inline:"true new -1\n" jls -j $p persist vnet securelevel
	atf_check -o ignore jail -r $p
	fails 65 "mount: .*has more than six fields: write a blank in a path as" \
	    jail -c name=$p path=$root persist mount="$(pwd)/with blank /one nullfs ro 0 0"
	atf_check -o ignore jail -c name=$p path=$root persist mount.fstab=
	atf_check -o ignore jail -r $p
	nothing_left
}

define_case names "names that are none"
names_body() {
	new_root
	for name in ../x /x 'a b' a..b .a a. 'a/b' "$(printf 'a\033b')" "$(printf '%0300d' 1)" ''; do
		fails 65 '^jail: ' jail -c name="$name" path=$root persist
	done
	nothing_left
}

define_case no_configuration "a configuration that is not there"
no_configuration_body() {
	fails 66 '^jail: .*/nonexistent' jail -c -f /nonexistent
	fails 66 '^jail: .*/nonexistent' jail -e '|' -f /nonexistent
	fails 66 '^jail: .*/nonexistent' jail -r -f /nonexistent
	if ! ls /etc/jail.conf /etc/jail.*.conf /etc/jail.conf.d/*.conf >/dev/null 2>&1; then
		fails 66 '^jail: there is no configuration' jail -c
		fails 66 '^jail: there is no configuration' jail -e '|'
	fi
}

define_case usual_files "/etc/jail.conf, and one file a jail, each read once"
usual_files_body() {
	cat >main.conf <<-'END'
		path = /srv/$name;
		one { exec.start = a; }
		.include "/etc/jail.conf.d/two.conf";
	END
	mkdir -p etc/jail.conf.d
	cp main.conf etc/jail.conf
	echo 'two { exec.start += b; }' >etc/jail.conf.d/two.conf
	echo 'three { exec.start = c; }' >etc/jail.conf.d/three.conf
	echo 'four { exec.start = d; }' >etc/jail.four.conf
	cp -R /etc whole
	cp -R etc/. whole/
	cat >expected <<-'END'
		name=one|path=/srv/one|exec.start=a
		name=two|path=/srv/two|exec.start=b
		name=four|path=/srv/four|exec.start=d
		name=three|path=/srv/three|exec.start=c
	END
	atf_check -o file:expected unshare -m sh -c 'mount --bind whole /etc && jail -e "|"'
}

define_case exhibit "-e prints what is configured, and does nothing"
exhibit_body() {
	cat >c.conf <<-'END'
		$base = "/srv";
		path = "$base/$name"; persist;
		a { env = "A=it's", "B=2"; allow.nosuser; }
		b { depend = a; nopersist; command = "/bin/sh", "-c", "exit 3"; }
		"a.child" { }
	END
	cat >expected <<-'END'
		name=a; path=/srv/a; persist; env='A=it'\''s',B=2; allow.nosuser
		name=b; path=/srv/b; nopersist; depend=a; command=/bin/sh -c 'exit 3'
		name=a.child; path=/srv/a.child; persist
	END
	atf_check -o file:expected jail -f c.conf -e '; '
	atf_check -o file:expected sh -c 'jail -f - -e "; " <c.conf'
	atf_check -o file:expected jail -e '; ' -f c.conf
}

atf_init_test_cases() {
	atf_add_test_case usage
	atf_add_test_case questions
	atf_add_test_case ordinary
	atf_add_test_case inherited
	atf_add_test_case parameters
	atf_add_test_case idle
	atf_add_test_case freebsd
	atf_add_test_case names
	atf_add_test_case no_configuration
	atf_add_test_case usual_files
	atf_add_test_case exhibit
}

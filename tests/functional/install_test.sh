#! /usr/bin/env atf-sh
# SPDX-License-Identifier: BSD-2-Clause
#
# What `meson install` puts where, and that a program can be built against it.

atf_test_case files
files_head() {
	atf_set descr 'every file that is promised is installed, with DESTDIR too'
}
files_body() {
	cat >expected <<-'EOF'
	bin-or-sbin/jail
	bin-or-sbin/jcheck
	bin-or-sbin/jexec
	bin-or-sbin/jls
	bin-or-sbin/jstat
	include/jail.h
	lib/libjail.a
	lib/libjail.so
	lib/libjail.so.0
	lib/pkgconfig/libjail.pc
	lib/systemd/system/jail.service
	lib/systemd/system/jstat-metrics.socket
	lib/systemd/system/jstat-metrics@.service
	libexec/jail/jail-init
	share/bash-completion/completions/jail
	share/bash-completion/completions/jcheck
	share/bash-completion/completions/jexec
	share/bash-completion/completions/jls
	share/bash-completion/completions/jstat
	share/fish/vendor_completions.d/jail.fish
	share/fish/vendor_completions.d/jcheck.fish
	share/fish/vendor_completions.d/jexec.fish
	share/fish/vendor_completions.d/jls.fish
	share/fish/vendor_completions.d/jstat.fish
	share/man/man5/jail.conf.5
	share/man/man8/jail.8
	share/man/man8/jcheck.8
	share/man/man8/jexec.8
	share/man/man8/jls.8
	share/man/man8/jstat.8
	share/zsh/site-functions/_jail
	EOF
	DESTDIR="$(pwd)/dest" atf_check -o ignore -e ignore meson install -C "$(dirname "$JAIL_STAGE")" --no-rebuild
	# The library's directory depends on the distribution (lib, lib64, lib/x86_64-linux-gnu).
	(cd "dest$JAIL_STAGE" && find . -type f -o -type l) | sed -e 's,^\./,,' -e 's,^lib64/,lib/,' \
	    -e 's,^lib/[^/]*-linux-gnu[^/]*/,lib/,' -e 's,^sbin/,bin-or-sbin/,' | sort >installed
	sort expected >expected.sorted
	atf_check -o empty comm -23 expected.sorted installed
}

atf_test_case exports
exports_head() {
	atf_set descr 'the shared library exports the functions of jail.h and nothing else'
	atf_set require.progs nm cc
}
exports_body() {
	library=$(find "$JAIL_STAGE" -name libjail.so.0)
	nm -D --defined-only "$library" | awk '$2 ~ /[TDBR]/ { print $3 }' | sed 's/@.*//' | grep -v '^LIBJAIL' | sort >exported
	echo '#include <jail.h>' | cc -E -P -I"$JAIL_STAGE/include" - | grep -vE 'typedef|static inline' | grep -o 'jail_[a-z_]*(' |
	    tr -d '(' | sort -u >declared
	atf_check -o empty comm -3 declared exported
}

atf_test_case soname
soname_head() {
	atf_set descr 'programs are bound to libjail.so.0'
	atf_set require.progs readelf
}
soname_body() {
	atf_check -o match:'SONAME.*libjail\.so\.0\]' readelf -d "$(find "$JAIL_STAGE" -name libjail.so.0)"
}

atf_test_case embed cleanup
embed_head() {
	atf_set descr 'examples/embed.c, built through pkg-config, creates, enters, lists and removes a jail'
	atf_set require.user root
	atf_set require.progs cc pkg-config
}
embed_body() {
	[ -z "$JAIL_SANITIZED" ] || atf_skip 'the installed library needs the sanitizer in the program'
	lib=$(dirname "$(find "$JAIL_STAGE" -name libjail.so.0)")
	PKG_CONFIG_PATH="$lib/pkgconfig"
	export PKG_CONFIG_PATH
	# Other tests run at the same time: a name of its own.
	sed "s/\"embedded\"/\"embedded$$\"/" "$JAIL_SOURCE/examples/embed.c" >embed.c
	# shellcheck disable=SC2046 # flags are words
	atf_check cc -Wall -Wextra -Werror -o embed embed.c $(pkg-config --cflags --libs libjail)
	atf_check -o save:output env LD_LIBRARY_PATH="$lib" ./embed
	atf_check -o inline:'created\n' sed -n 1p output
	atf_check -o match:'^inside: embedded.example, process [0-9]*, 0 files' cat output
	atf_check -o match:"^jail embedded$$ at /\$" cat output
	atf_check -o inline:'removed\n' tail -n 1 output
	atf_check -s exit:66 -o empty -e ignore jls -j "embedded$$" jid
}
embed_cleanup() {
	jail -q -R "embedded$$" 2>/dev/null || true
}

atf_test_case static_embed
static_embed_head() {
	atf_set descr 'the static library and the header serve a program without shared libraries'
	atf_set require.progs cc
}
static_embed_body() {
	[ -z "$JAIL_SANITIZED" ] || atf_skip 'the installed library needs the sanitizer in the program'
	archive=$(find "$JAIL_STAGE" -name libjail.a)
	coverage=
	case $JAIL_STAGE in
	*/coverage/*) coverage=--coverage ;;
	esac
	atf_check cc $coverage -Wall -Werror -I"$JAIL_STAGE/include" -o embed "$JAIL_SOURCE/examples/embed.c" "$archive"
	atf_check -o not-match:libjail ldd embed
}

atf_test_case cplusplus
cplusplus_head() {
	atf_set descr 'jail.h is C++ too'
	atf_set require.progs c++
}
cplusplus_body() {
	echo '#include <jail.h>' >header.cc
	atf_check c++ -Wall -Wextra -Werror -I"$JAIL_STAGE/include" -c -o /dev/null header.cc
}

atf_init_test_cases() {
	atf_add_test_case files
	atf_add_test_case exports
	atf_add_test_case soname
	atf_add_test_case embed
	atf_add_test_case static_embed
	atf_add_test_case cplusplus
}

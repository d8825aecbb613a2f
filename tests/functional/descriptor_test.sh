#! /usr/bin/env atf-sh
# SPDX-License-Identifier: BSD-2-Clause
# What the caller has open reaches no program in a jail: neither a directory to walk out through nor a socket.
. "$(atf_get_srcdir)/common.sh"

# Does the file stand for an open descriptor of the program's, beside the three that are passed?
look='for fd in /proc/self/fd/*; do
	case $(readlink "$fd") in
	*secret*) echo "leaked $fd"; exit 1 ;;
	esac
done; echo clean'

# `sh -c "$holding" sh COMMAND...`: with descriptors open that a program could want.
holding='mkdir -p secret && echo text >secret/file && exec "$@" 5<secret/file 7<secret 9>>secret/file'

# The host's own tree: it has readlink.
for users in new inherit; do
	for init in yes no; do
		define_case "command_${users}_init_$init" "jail -c, users = $users, exec.init = $init"
		eval "command_${users}_init_${init}_body() { created $users $init; }"
	done
	define_case "jexec_$users" "jexec, users = $users"
	eval "jexec_${users}_body() { entered $users; }"
done

created() {
	atf_check -o inline:"clean\n" -e ignore sh -c "$holding" sh jail -q -c name="$(prefix)" path=/ path.readonly \
	    users="$1" exec.init="$2" command=/bin/sh -c "$look"
}

entered() {
	atf_check -o ignore -e ignore sh -c "$holding" sh jail -q -c name="$(prefix)" path=/ path.readonly users="$1" \
	    persist
	atf_check -o inline:"clean\n" -e ignore sh -c "$holding" sh jexec "$(prefix)" /bin/sh -c "$look"
}

# With 0, 1 or 2 closed the program gets nothing there, and none of ours.
define_case closed "standard descriptors that the caller closed"
closed_body() {
	atf_check -o ignore sh -c 'exec "$@" <&-' sh jail -c name="$(prefix)" path=/ path.readonly persist
	atf_check -o inline:"0\n" sh -c 'exec "$@" <&-' sh jexec "$(prefix)" sh -c 'wc -c'
	atf_check -o inline:"0\n" sh -c 'exec "$@" <&-' sh jail -q -c path=/ path.readonly command='wc -c'
	atf_check -s exit:3 sh -c 'exec "$@" >&- 2>&- <&-' sh jexec "$(prefix)" sh -c 'echo lost; exit 3'
	atf_check -s exit:3 sh -c 'exec "$@" >&- 2>&- <&-' sh jail -q -c path=/ path.readonly command=sh -c 'exit 3'
	atf_check -s exit:74 -e match:"^jls: can't write: " sh -c 'exec "$@" >&-' sh jls
}

atf_init_test_cases() {
	atf_add_test_case closed
	for users in new inherit; do
		atf_add_test_case command_${users}_init_yes
		atf_add_test_case command_${users}_init_no
		atf_add_test_case jexec_$users
	done
}

#! /usr/bin/env atf-sh
# SPDX-License-Identifier: BSD-2-Clause
# What the shells complete: the files are right for their shells, and have every parameter of the table.
. "$(atf_get_srcdir)/common.sh"

share() {
	[ -n "${JAIL_STAGE:-}" ] || atf_skip "needs JAIL_STAGE, where it is installed"
	file=$JAIL_STAGE/share/$1
	[ -s "$file" ] || die "$file is missing"
	! grep -q '^@' "$file" || die "a place holder is left"
}

# complete WORD...: what bash offers for the last word.
complete() {
	bash -c '. "$0"; COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)); compopt() { :; }
		"_$1"; printf "%s\n" "${COMPREPLY[@]}"' "$file" "$@"
}

atf_test_case bash
bash_head() {
	atf_set descr 'bash completes options and parameters'
	atf_set require.progs bash
}
bash_body() {
	share bash-completion/completions/jail
	atf_check bash -n "$file"
	[ "$(complete jail -c persi)" = persist ] || die "$(complete jail -c persi)"
	[ "$(complete jail -c allow.nosus)" = allow.nosuser ] || die "no negative form"
	[ "$(complete jail -m host.hostn)" = host.hostname= ] || die "no = behind what takes a value"
	# What is only reported, or not there yet, is not offered for setting.
	[ -z "$(complete jail -c dyin)$(complete jail -c ip4.add)" ] || die "offers what can't be set"
	[ "$(complete jls dyin)" = dying ] || die "jls does not offer what is reported"
	[ "$(complete jls --j)" = --json ] || die "no option"
	complete jail '' | grep -qx -e -cmr || die "no options for a start"
	[ "$(complete jcheck --)" = --json ] || die "jcheck"
	[ "$(complete jexec -l)" = -l ] || die "jexec"
	[ "$(complete jstat --open)" = --openmetrics ] || die "jstat"
	[ "$(complete jstat -s thr)" = throttled ] || die "jstat -s"
}

atf_test_case zsh
zsh_head() {
	atf_set descr 'the file for zsh is right and knows the parameters'
	atf_set require.progs zsh
}
zsh_body() {
	share zsh/site-functions/_jail
	atf_check zsh -n "$file"
	grep -q "'persist:" "$file" || die "no persist"
}

atf_test_case fish
fish_head() {
	atf_set descr 'the file for fish is right and knows the parameters'
	atf_set require.progs fish
}
fish_body() {
	share fish/vendor_completions.d/jail.fish
	atf_check fish -n "$file"
	atf_check -o match:'^persist	' fish -c "source $file; __jail_settable"
	atf_check -o match:'^dying	' fish -c "source $file; __jail_parameters"
}

atf_init_test_cases() {
	atf_add_test_case bash
	atf_add_test_case zsh
	atf_add_test_case fish
}

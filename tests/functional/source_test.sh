#! /usr/bin/env atf-sh
# SPDX-License-Identifier: BSD-2-Clause
#
# What the repository promises about its own files.

sources() {
	(cd "$JAIL_SOURCE" && find include kern lib libexec tools bench examples tests -name '*.[ch]' | sort)
}

atf_test_case licence
licence_head() {
	atf_set descr 'every file of ours names its licence in its first three lines'
}
licence_body() {
	cd "$JAIL_SOURCE" || atf_fail "no sources at $JAIL_SOURCE"
	for f in $(sources) bootstrap .ci/run $(find . -path ./build -prune -o \
	    \( -name '*.sh' -o -name meson.build -o -name '*.[1-8]' -o -name Makefile \) -print); do
		head -n 3 "$f" | grep -q 'SPDX-License-Identifier: BSD-2-Clause' || echo "$f"
	done >"$HOME/without"
	atf_check -o empty cat "$HOME/without"
}

atf_test_case sizes
sizes_head() {
	atf_set descr 'no file of the program has more than 620 lines'
}
sizes_body() {
	cd "$JAIL_SOURCE" || atf_fail "no sources at $JAIL_SOURCE"
	# shellcheck disable=SC2046
	wc -l $(sources | grep -v '^tests/') | awk '$1 > 620 && $2 != "total"' >"$HOME/long"
	atf_check -o empty cat "$HOME/long"
}

atf_test_case built
built_head() {
	atf_set descr 'every source file is built'
}
built_body() {
	cd "$JAIL_SOURCE" || atf_fail "no sources at $JAIL_SOURCE"
	for dir in kern/policy lib libexec tools; do
		for f in $(cd $dir && find . -name '*.c' | sed 's,^\./,,'); do
			grep -q "'$f'" $dir/meson.build || echo "$dir/$f"
		done
	done >"$HOME/forgotten"
	atf_check -o empty cat "$HOME/forgotten"
}

atf_test_case banned
banned_head() {
	atf_set descr 'no call of what cannot be used safely, and nothing left to do later'
}
banned_body() {
	cd "$JAIL_SOURCE" || atf_fail "no sources at $JAIL_SOURCE"
	# shellcheck disable=SC2046
	grep -nE '(^|[^_[:alnum:]])(alloca|sprintf|vsprintf|strcpy|strcat|system|popen|atoi|atol|gets|mktemp|tmpnam)[ ]?\(|TODO|FIXME|XXX' \
	    $(sources | grep -E '^(include|kern|lib|libexec|tools)/') | grep -vE '^[^:]*:[0-9]*:[[:space:]]*(/?\*|//)' >"$HOME/banned"
	atf_check -o empty cat "$HOME/banned"
}

atf_test_case layers
layers_head() {
	atf_set descr 'a tool reads no file of the kernel, the library neither prints nor exits'
}
layers_body() {
	cd "$JAIL_SOURCE" || atf_fail "no sources at $JAIL_SOURCE"
	atf_check -s exit:1 grep -nE '"/?(proc|sys)/' tools/*.c tools/*.h
	# shellcheck disable=SC2046
	atf_check -s exit:1 grep -nE '(^|[^_[:alnum:]>.])(printf|puts|putchar|perror|exit)[ ]?\(' $(find lib -name '*.c')
}

atf_test_case host_paths
host_paths_head() {
	atf_set descr 'a path of the host that comes from configuration is opened by host_path.c'
}
host_paths_body() {
	cd "$JAIL_SOURCE" || atf_fail "no sources at $JAIL_SOURCE"
	opens='(^|[^_[:alnum:].>])((open|opendir|fopen|stat|lstat|access|statfs|statvfs)\(|(sys_openat2|openat|sys_open_tree|sys_fspick|fstatat|faccessat|mkdirat|unlinkat|name_to_handle_at)\(AT_FDCWD, )'
	# Those whose names are the kernel's (/proc, /sys, control groups) or their own, and the readers of configuration.
	own='ceiling|check|check_cgroup|check_files|check_kernel|donor|group_device|group_find|jail/members|modify|process|project|stat_group|sys/cgroup_mount|terminal|tree|view_aside|watching'
	# shellcheck disable=SC2046
	grep -nE "$opens[a-z]" $(find lib libexec -name '*.c') | grep -vE "^lib/(linux/($own|sys/host_path)|plan_fstab|trusted|conf/(include|glob))\.c:" \
	    | grep -vE '^[^:]*:[0-9]*:[[:space:]]*("|\*|/\*)|fspick\(AT_FDCWD, path, FSPICK_CLOEXEC\)' >"$HOME/opened"
	atf_check -o empty cat "$HOME/opened"
	# What a plan names, nowhere.
	# shellcheck disable=SC2046
	grep -nE "$opens.*(plan|[mdpw])->(path|source|consolelog|device|base|item)" $(find lib -name '*.c' ! -name host_path.c) >"$HOME/named"
	atf_check -o empty cat "$HOME/named"
}

atf_test_case freestanding
freestanding_head() {
	atf_set descr 'the policy core compiles freestanding and calls nothing'
	atf_set require.progs cc nm
}
freestanding_body() {
	for f in "$JAIL_SOURCE"/kern/policy/*.c; do
		atf_check cc -std=gnu17 -ffreestanding -nostdinc -isystem "$(cc -print-file-name=include)" -O2 \
		    -fno-builtin -fno-stack-protector -Wall -Wextra -Werror -I"$JAIL_SOURCE/kern/policy" -c \
		    -o "$(basename "$f" .c).o" "$f"
	done
	atf_check ld -r -o core.o ./*.o
	atf_check -o empty nm -u core.o
	# No kernel's, no library's header: the compiler's own only.
	atf_check -s exit:1 grep -n '#include <\(linux\|sys\|asm\|stdio\|stdlib\|string\|unistd\)' \
	    "$JAIL_SOURCE"/kern/policy/*.c "$JAIL_SOURCE"/kern/policy/*.h
}

atf_test_case privileged
privileged_head() {
	atf_set descr 'the list of privileged code in README.md is complete and its sizes are right'
}
privileged_body() {
	atf_check -o empty sh "$JAIL_SOURCE/tests/privileged.sh" check "$JAIL_SOURCE"
}

atf_test_case documents
documents_head() {
	atf_set descr 'every file that README.md, ARCHITECTURE.md and CONTRIBUTING.md name is there'
}
documents_body() {
	cd "$JAIL_SOURCE" || atf_fail "no sources at $JAIL_SOURCE"
	grep -hoE '`(\./)?((include|kern|lib|libexec|tools|bench|examples|tests|man|completions|systemd)/[A-Za-z0-9_./-]*|[a-z_]+\.build|bootstrap)' \
	    README.md ARCHITECTURE.md CONTRIBUTING.md bench/README.md | tr -d '`' | grep -v NAME | sort -u >"$HOME/named"
	while read -r f; do
		[ -e "$f" ] || ls -d "$f"* >/dev/null 2>&1 || echo "$f"
	done <"$HOME/named" >"$HOME/missing"
	atf_check -o empty cat "$HOME/missing"
}

atf_test_case scripts
scripts_head() {
	atf_set descr 'shellcheck finds nothing in what runs as root'
	atf_set require.progs shellcheck
}
scripts_body() {
	cd "$JAIL_SOURCE" || atf_fail "no sources at $JAIL_SOURCE"
	atf_check -o ignore shellcheck -s sh -S warning bootstrap .ci/run tests/run.sh tests/privileged.sh bench/bench.sh \
	    examples/demo.sh examples/demo/*.sh
}

atf_test_case unit
unit_head() {
	atf_set descr 'systemd accepts the units'
	atf_set require.progs systemd-analyze
}
unit_body() {
	units=$JAIL_STAGE/lib/systemd/system
	# shellcheck disable=SC2086 # a directory without spaces
	atf_check -o ignore -e not-match:'(jail\.service|jstat-metrics[^ ]*):' systemd-analyze verify --man=no \
	    $units/jail.service $units/jstat-metrics.socket
}

atf_test_case examples
examples_head() {
	atf_set descr 'every configuration in examples is read without a word'
}
examples_body() {
	for f in "$JAIL_SOURCE"/examples/*.conf; do
		atf_check -o ignore -e empty jail -f "$f" -e ';'
	done
}

atf_init_test_cases() {
	atf_add_test_case licence
	atf_add_test_case sizes
	atf_add_test_case built
	atf_add_test_case banned
	atf_add_test_case layers
	atf_add_test_case host_paths
	atf_add_test_case freestanding
	atf_add_test_case privileged
	atf_add_test_case documents
	atf_add_test_case scripts
	atf_add_test_case unit
	atf_add_test_case examples
}

#! /usr/bin/env atf-sh
# SPDX-License-Identifier: BSD-2-Clause
# A jail on a tree shared with the host reads what everybody on the host may read, and nothing else: a tree with every
# mode and owner is compared, entry by entry, with what a user who owns nothing reads of it.
src=${JAIL_HOSTILE:-$(atf_get_srcdir)}
export LC_ALL=C

define_case() {
	atf_test_case "$1" cleanup
	eval "$1_descr=\$2
	$1_head() { atf_set descr \"\$$1_descr\"; atf_set require.user root; atf_set timeout 300; }"
	eval "$1_cleanup() { clean; }"
}

die() {
	atf_fail "$(printf '%s' "$*" | tr '\n' '/')"
}

clean() {
	p=$(cat prefix) || return 0
	# shellcheck disable=SC2046 # numbers
	[ ! -s pids ] || kill -KILL $(cat pids) 2>/dev/null
	for j in $(jls -d -n name 2>/dev/null | sed -n "s/^name=\($p[A-Za-z0-9_.-]*\)\$/\1/p" | sort -r); do
		jail -qR "$j"
	done
	for m in $(sed -n 's/^[^ ]* \([^ ]*\).*/\1/p' /proc/mounts | grep -e "^/opt/$p" -e "^$PWD/" | sort -r); do
		umount -l "$m"
	done
	rm -rf "/opt/$p" "/var/lib/$p" "/var/log/$p"
}

# The tree: /opt/$p/data, with files that say who they are, and a place that a shared tree shows.
make_tree() {
	p=s$$
	echo $p >prefix
	data=/opt/$p/data
	mkdir -p "/opt/$p/proc" "$data/file" "$data/dir" "$data/other"
	cp "$src/shared_probe" "/opt/$p/probe"
	for mode in 0000 0600 0640 0604 0400 0444 0060 0004 0711 0755 0700 4755 4711 2755 6750 0222 0202 1644; do
		for owner in 0:0 1000:1000 65534:65534 0:42 33:33; do
			f=$data/file/$mode.${owner%:*}.${owner#*:}
			echo "secret-$mode-$owner" >"$f"
			chown "$owner" "$f" && chmod "$mode" "$f"
		done
	done
	for mode in 0755 0711 0700 0750 1777 1733 1730 2775 0701 0705 0000 0744; do
		for owner in 0:0 1000:1000; do
			d=$data/dir/$mode.${owner%:*}
			mkdir "$d"
			echo known >"$d/known"
			echo secret-shut >"$d/shut"
			chmod 600 "$d/shut"
			mkdir "$d/deep"
			echo secret-deep >"$d/deep/known"
			chown "$owner" "$d" && chmod "$mode" "$d"
		done
	done
	cd "$data/other" || die cd
	mkfifo -m 600 fifo-shut && mkfifo -m 644 fifo-open
	echo secret-hard >hard && chmod 600 hard && ln hard hard2 && ln -s hard soft && ln -s /etc/shadow away
	echo text >attributes && echo secret-attributes >attributes-shut && chmod 600 attributes-shut
	for f in attributes attributes-shut; do
		setfattr -n user.shared -v secret $f 2>/dev/null || true
	done
	cp "$src/shared_probe" capable && setcap cap_net_raw=p capable 2>/dev/null || true
	echo secret-acl >acl && chmod 600 acl
	setfacl -m u:4242:r,g:4242:r acl 2>/dev/null || true
	cd - >/dev/null || die cd
	"/opt/$p/probe" -u 3000000000 "$data" >nobody || die "the probe failed"
	"/opt/$p/probe" -u 3000000000 -a "$data" >nobody-attacks || die "the probe failed"
	[ "$(wc -l <nobody)" -gt 150 ] || die "$(cat nobody)"
	grep -q 'read=secret-0604-0:0' nobody || die "nobody reads nothing"
	grep -q 'read=secret-[0-9]*[0123]-' nobody && die "nobody reads what is shut"
	return 0
}

# same COMMAND...: what it prints is what nobody reads on the host.
same() {
	"$@" >inside 2>err || die "$*: $(cat err)"
	cmp -s nobody inside || die "$*: $(diff nobody inside | head -n 6)"
}

# denied COMMAND...: after all attempts none of the secrets that nobody reads is read.
denied() {
	"$@" >inside 2>err || die "$*: $(cat err)"
	sed -n 's/^\([^ ]*\): .*\(read\|known\)=\([a-z]*-[^ ]*\).*/\1 \3/p' inside | sort >read-inside
	sed -n 's/^\([^ ]*\): .*\(read\|known\)=\([a-z]*-[^ ]*\).*/\1 \3/p' nobody-attacks | sort >read-nobody
	[ -z "$(comm -23 read-inside read-nobody)" ] || die "$*: $(comm -23 read-inside read-nobody | head -n 6)"
	grep -q '=secret-0604-0:0' inside || die "$*: nothing was read: $(head -n 3 inside)"
}

views="path=/,path.readonly path=/,path.volatile=64m"

define_case compared "root and users inside read what nobody reads, in every kind of view"
compared_body() {
	make_tree
	mkdir own-new own-inherit
	for users in new inherit; do
		for view in $views "path=$PWD/own-$users,path.base=/"; do
			words=$(echo "$view" | tr ',' ' ')
			# shellcheck disable=SC2086
			jail -q -c name=$p $words users=$users persist || die "$view"
			same jexec $p "/opt/$p/probe" "$data"
			same jexec $p "/opt/$p/probe" -u 4242 "$data"
			denied jexec $p "/opt/$p/probe" -a "$data"
			jail -qR $p
		done
	done
	[ "$("/opt/$p/probe" -u 3000000000 "$data" | cmp - nobody && echo same)" = same ] || die "the host's tree changed"
}

define_case children "a child reads no more, on the same tree, on a part of it, and by way of a mount"
children_body() {
	make_tree
	for view in $views; do
		for users in new inherit; do
			words=$(echo "$view" | tr ',' ' ')
			# shellcheck disable=SC2086
			jail -q -c name=$p $words users=$users children.max=3 persist || die "$view"
			# shellcheck disable=SC2086
			jail -q -c name=$p.a $words users=$users persist || die "$view, child"
			same jexec $p.a "/opt/$p/probe" "$data"
			mode=${view#*,}
			jail -q -c name=$p.b path="/opt/$p" "$mode" users=$users exec.init=no command="/probe /data" >inside ||
			    die "$view, part"
			cmp -s nobody inside || die "$view, part: $(diff nobody inside | head -n 6)"
			# shellcheck disable=SC2086
			jail -q -c name=$p.c $words users=$users mount="$data /mnt nullfs ro 0 0" \
			    command="/opt/$p/probe /mnt" >inside || die "$view, mount"
			cmp -s nobody inside || die "$view, mount: $(diff nobody inside | head -n 6)"
			jail -qR $p
		done
	done
}

define_case submounts "file systems beneath are held to it too, any number of them; a file that is a mount as well"
submounts_body() {
	make_tree
	mkdir "/opt/$p/many" "/opt/$p/other" "/opt/$p/shut" own-new own-inherit
	mkdir -m 700 "/opt/$p/covered" # readable once $data is mounted on it
	mount --bind "$data" "/opt/$p/other"
	mount --bind "$data" "/opt/$p/covered"
	mkdir "/opt/$p/unbindable"
	mount --bind "$data" "/opt/$p/unbindable"
	mount --make-unbindable "/opt/$p/unbindable"
	chmod 700 "/opt/$p/shut"
	mount --bind "/opt/$p/shut" "/opt/$p/shut"
	echo secret >"/opt/$p/shut/known"
	: >"/opt/$p/file"
	mount --bind "$data/file/0600.0.0" "/opt/$p/file"
	count=300
	[ -z "${JAIL_VM:-}" ] || count=20
	i=0
	while [ $i -lt $count ]; do
		mkdir "/opt/$p/many/$i" && mount --bind "$data/dir" "/opt/$p/many/$i"
		i=$((i + 1))
	done
	for users in new inherit; do
		for view in $views "path=$PWD/own-$users,path.base=/"; do
			words=$(echo "$view" | tr ',' ' ')
			# shellcheck disable=SC2086
			jail -q -c name=$p $words users=$users persist 2>err || die "$view: $(cat err)"
			same jexec $p "/opt/$p/probe" "/opt/$p/other"
			same jexec $p "/opt/$p/probe" "/opt/$p/covered"
			[ "$(jexec $p cat "/opt/$p/many/$((count - 1))/0755.0/known")" = known ] || die "$view: a mount is missing"
			jexec $p cat "/opt/$p/many/$((count - 1))/0755.0/shut" "/opt/$p/shut/known" "/opt/$p/file" \
			    "/opt/$p/unbindable/file/0604.0.0" 2>err >inside
			! grep secret inside || die "$view: $(cat inside)"
			jail -qR $p
		done
	done
}

define_case show "path.show: what it names is read, and written to where writes go to memory; nothing around it"
show_body() {
	make_tree
	dir=$data/dir/0700.0 file=$data/file/0600.0.0
	for view in $views; do
		words=$(echo "$view" | tr ',' ' ')
		# shellcheck disable=SC2086
		jail -q -c name=$p $words path.show="$dir,$file" children.max=1 persist 2>err || die "$view: $(cat err)"
		[ "$(jexec $p cat "$dir/shut" "$dir/deep/known" "$file" | tr '\n' ' ')" = "secret-shut secret-deep secret-0600-0:0 " ] ||
		    die "$view: not shown"
		jexec $p cat "$data/file/0600.33.33" "$data/dir/0700.1000/known" >inside 2>/dev/null
		[ ! -s inside ] || die "$view: $(cat inside)"
		jexec $p sh -c "echo new >$dir/shut" 2>/dev/null
		case $view in
		*volatile*) want=new ;;
		*) want=secret-shut ;;
		esac
		[ "$(jexec $p cat "$dir/shut") $(cat "$dir/shut")" = "$want secret-shut" ] || die "$view: written"
		# shellcheck disable=SC2086
		jail -q -c name=$p.a $words path.show="$data" persist 2>err && die "a child is shown more"
		[ "$(wc -l <err)" = 1 ] && grep -q "path.show: .*is not shown to its parent" err || die "$(cat err)"
		# shellcheck disable=SC2086
		jail -q -c name=$p.a $words path.show="$dir/deep" command="cat $dir/deep/known" >inside 2>err || die "$(cat err)"
		[ "$(cat inside)" = secret-deep ] || die "child: $(cat inside)"
		jail -qR $p
	done
	ln -s "$dir" "/opt/$p/link"
	for bad in /opt/$p/nothing "/opt/$p/link" "/opt/$p/link/known" /proc/1 / relative; do
		jail -q -c name=$p path=/ path.readonly path.show="$bad" persist 2>err && die "$bad is shown"
		[ "$(wc -l <err)" = 1 ] && grep -q "path.show: " err || die "$bad: $(cat err)"
	done
	jail -q -c name=$p path="/opt/$p" path.show=/data persist 2>err && die "shown of a tree of its own"
	grep -q "path.show: " err || die "$(cat err)"
	# A program that others may run but not read: it is read by the kernel, as whoever mounted the tree.
	cp "$src/shared_probe" "/opt/$p/shut-probe" && chmod 0711 "/opt/$p/shut-probe"
	jail -q -c name=$p path=/ path.readonly command="/opt/$p/shut-probe $data" >inside 2>err && die "0711 runs"
	jail -q -c name=$p path=/ path.readonly path.show="/opt/$p/shut-probe" command="/opt/$p/shut-probe $data" >inside 2>err ||
	    die "$(cat err)"
	cmp -s nobody inside || die "$(diff nobody inside | head -n 6)"
}

define_case fresh "state is fresh where writes go to memory, accounts have no passwords, homes are people's own"
fresh_body() {
	make_tree
	mkdir -p "/var/lib/$p/body" "/var/log/$p"
	echo secret >"/var/lib/$p/body/secret"
	echo secret >"/var/log/$p/log"
	chown 33:33 "/var/lib/$p/body" && chmod 2750 "/var/lib/$p/body"
	chmod 640 "/var/log/$p/log"
	for users in new inherit; do
		jail -q -c name=$p path=/ path.volatile users=$users persist 2>err || die "$(cat err)"
		[ "$(jexec $p stat -c '%a %u:%g' "/var/lib/$p/body")" = "2750 33:33" ] || die "$(jexec $p stat "/var/lib/$p/body")"
		[ -z "$(jexec $p ls -A "/var/lib/$p/body")" ] || die "not empty"
		jexec $p sh -c "echo mine >/var/lib/$p/body/secret && echo mine >>/var/log/$p/log && cat /var/log/$p/log /var/lib/$p/body/secret" \
		    >inside || die "not writable"
		[ "$(tr '\n' ' ' <inside)" = "mine mine " ] || die "$(cat inside)"
		jail -qR $p
	done
	[ "$(cat "/var/lib/$p/body/secret" "/var/log/$p/log" | tr '\n' ' ')" = "secret secret " ] || die "written on the host"
	for users in new inherit; do
		for view in $views; do
			words=$(echo "$view" | tr ',' ' ')
			# shellcheck disable=SC2086
			jail -q -c name=$p $words users=$users command='for d in /root /home /run /tmp /var/tmp; do touch $d/x || exit 1; done
			    cat /etc/shadow; stat -c "%a %U:%G" /etc/shadow' >inside 2>err || die "$view: $(cat err)"
			[ "$(tail -n 1 inside)" = "$(stat -c '%a %U:%G' /etc/shadow)" ] || die "$view: $(tail -n 1 inside)"
			[ "$(grep -c '^[a-z_][a-z0-9_.-]*:\*:::::::$' inside)" = "$(grep -c '^[^:]*:' /etc/passwd)" ] || die "$view: $(cat inside)"
		done
	done
	[ -x /usr/sbin/useradd ] || return 0
	# A guest has no configuration of PAM.
	user="su u$p -c"
	[ -e /etc/pam.d/su ] || user="setpriv --reuid=u$p --clear-groups sh -c"
	jail -q -c name=$p path=/ path.volatile command="useradd -m -s /bin/sh -p hashed u$p &&
	    grep -q '^u$p:hashed:' /etc/shadow && [ \"\$(stat -c %U /home/u$p)\" = u$p ] && $user 'touch /home/u$p/mine'" 2>err ||
	    die "accounts: $(cat err)"
	grep -q "u$p" /etc/passwd /etc/shadow && die "made on the host"
	return 0
}

define_case hidden "path.hide covers what nobody may read as well, and the way to it"
hidden_body() {
	make_tree
	shut=$data/dir/0700.0
	for more in "" allow.mount children.max=1; do
		for view in $views; do
			words=$(echo "$view" | tr ',' ' ')
			# shellcheck disable=SC2086
			jail -q -c name=$p $words $more path.hide="$shut/shut,$data/file/0600.0.0" persist 2>err || die "$view $more: $(cat err)"
			# Opened by the host later, both stay hidden.
			chmod 755 "$shut" && chmod 644 "$shut/shut" "$data/file/0600.0.0"
			jexec $p sh -c "cat $shut/shut $data/file/0600.0.0; mv $data/file/0600.0.0 /tmp/moved; cat /tmp/moved;
			    umount $data/file/0600.0.0; cat $data/file/0600.0.0" >inside 2>/dev/null
			chmod 700 "$shut" && chmod 600 "$shut/shut" "$data/file/0600.0.0"
			[ ! -s inside ] || die "$view $more: $(cat inside)"
			jail -qR $p
		done
	done
}

# everywhere COMMAND...: for every kind of view and of users, in `words`, `users`.
everywhere() {
	for users in new inherit; do
		for view in $views; do
			words=$(echo "$view" | tr ',' ' ')
			"$@"
		done
	done
}

covered() {
	# shellcheck disable=SC2086
	timeout -k 5 120 jail -q -c name=$p $words users=$users "$@" persist || die "$view $*: it ends with $?"
	for dir in "/opt/$p/other/held/theirs" "/var/lib/$p/theirs"; do
		timeout -k 5 60 jexec $p sh -c "ls -A $dir; cat $dir/beneath" >inside 2>/dev/null
		[ ! -s inside ] || die "$view $users $*: $dir: $(cat inside)"
	done
	timeout -k 5 60 jexec $p cat "/opt/$p/other/file/0444.0.0" >inside
	[ "$(cat inside)" = secret-0444-0:0 ] || die "$view $users $*: $(cat inside)"
	timeout -k 5 60 jail -qR $p
}

define_case left_out "what a user has mounted is covered, also on a file system beneath, and nobody waits for it"
left_out_body() {
	[ -c /dev/fuse ] || atf_skip "no /dev/fuse"
	make_tree
	mkdir -p "$data/held/theirs" "/var/lib/$p/theirs" "/opt/$p/other"
	echo beneath >"$data/held/theirs/beneath"
	echo beneath >"/var/lib/$p/theirs/beneath"
	views="path=/,path.readonly path=/,path.volatile=64m"
	{
		sed -n '/^die() {/,/^}/p; /^everywhere() {/,/^}/p; /^covered() {/,/^}/p' "$(atf_get_srcdir)/shared_test.sh"
		cat <<-'EOF'
			atf_fail() { echo "$1"; exit 1; }
			p=$1 src=$2 views=$3
			mount --bind "/opt/$p/data" "/opt/$p/other"
			for dir in "/opt/$p/other/held/theirs" "/var/lib/$p/theirs"; do
				"$src/stopper" fuse "$dir" 1000,allow_other >mounted &
				echo $! >>pids
				until [ -s mounted ]; do sleep 0.1; done
				rm mounted
			done
			everywhere covered
			everywhere covered path.show="/opt/$p/other"
			echo done
		EOF
	} >inner.sh
	unshare -m --propagation private sh inner.sh "$p" "$src" "$views" >outer 2>&1 || die "$(cat outer)"
	[ "$(cat outer)" = "done" ] || die "$(cat outer)"
}

# at PATH: the listener, the fifo with its reader and the files there.
serve() {
	dir=$1
	echo known >"$dir/known"
	echo secret >"$dir/shut" && chmod 600 "$dir/shut"
	"/opt/$p/probe" -l "$dir/socket" >listens &
	echo $! >>pids
	mkfifo "$dir/fifo" && chmod 666 "$dir/fifo"
	cat "$dir/fifo" >>got &
	echo $! >>pids
	until [ -s listens ]; do sleep 0.1; done
	rm listens
	[ "$("/opt/$p/probe" -d "$dir/socket")" = connected ] || die "nobody listens on the host at $dir"
}

apart() {
	# shellcheck disable=SC2086
	jail -q -c name=$p $words users=$users path.show="$data/dir/0700.0" persist || die "$view"
	for dir in "$data/dir/0755.0" "$data/dir/0700.0" "/opt/$p/over"; do
		jexec $p sh -c "cat $dir/known; /opt/$p/probe -d $dir/socket; echo in 1<>$dir/fifo" >inside 2>err
		[ "$(tr '\n' ' ' <inside)" = "known nobody " ] || die "$view $users $dir: $(cat inside err)"
	done
	jexec $p cat "/opt/$p/over/shut" >inside 2>/dev/null && die "$view $users: $(cat inside)"
	jail -qR $p
}

define_case sockets "sockets and fifos of the host lead nowhere, also on a file system that takes no other owners"
sockets_body() {
	make_tree
	: >got
	mkdir "/opt/$p/memory" "/opt/$p/over"
	mount -t tmpfs none "/opt/$p/memory"
	mkdir "/opt/$p/memory/upper" "/opt/$p/memory/work" "/opt/$p/memory/lower"
	mount -t overlay none -o "lowerdir=/opt/$p/memory/lower,upperdir=/opt/$p/memory/upper,workdir=/opt/$p/memory/work" \
	    "/opt/$p/over" || die "no overlay"
	for dir in "$data/dir/0755.0" "$data/dir/0700.0" "/opt/$p/over"; do
		serve "$dir"
	done
	everywhere apart
	sleep 1
	[ ! -s got ] || die "written to a fifo of the host: $(cat got)"
	for dir in "$data/dir/0755.0" "$data/dir/0700.0" "/opt/$p/over"; do
		echo out 1<>"$dir/fifo"
	done
	sleep 1
	[ "$(grep -c out got)" = 3 ] || die "the fifos have no readers"
}

define_case overlaid "where the host's own root is an overlay, whose files take no other owners, the same is read"
overlaid_body() {
	make_tree
	mkdir "/opt/$p/memory"
	cat >inner.sh <<-'EOF'
		p=$1 data=$2 here=$PWD
		mount -t tmpfs none "/opt/$p/memory" && cd "/opt/$p/memory" && mkdir upper work root || exit
		mount -t overlay none -o lowerdir=/,upperdir=upper,workdir=work root || exit
		for m in proc sys dev; do mount --rbind "/$m" "root/$m" || exit; done
		cd root && mkdir before && pivot_root . before && umount -l before && cd "$here" || exit
		"/opt/$p/probe" -l "$data/other/socket" >listens &
		server=$!
		until [ -s listens ]; do sleep 0.1; done
		"/opt/$p/probe" -d "$data/other/socket"
		i=0
		for words in "users=new path.readonly" "users=new path.volatile=64m" "users=inherit path.readonly"; do
			i=$((i + 1))
			jail -q -c name=$p path=/ $words persist 2>&1 || break
			jexec $p "/opt/$p/probe" -d "$data/other/socket"
			jexec $p "/opt/$p/probe" -a "$data" >attacked.$i
			jail -qR $p
		done
		jail -q -c name=$p path=/ path.volatile users=inherit persist 2>error && jail -qR $p
		kill $server
		cat error >&2
		i=1
		while [ -s attacked.$i ]; do echo "attacked $i"; cat attacked.$i; i=$((i + 1)); done >&2
	EOF
	unshare -m --propagation private sh inner.sh "$p" "$data" >outer 2>told || die "$(cat outer told)"
	[ "$(tr '\n' ' ' <outer)" = "connected nobody nobody nobody " ] || die "$(cat outer) $(head -n 3 told)"
	[ "$(sed '/^attacked/,$d' told | grep -c "^jail: .*path.readonly")" = 1 ] || die "$(head -n 3 told)"
	for i in 1 2 3; do
		denied sed -n "/^attacked $i\$/,/^attacked $((i + 1))\$/p" told
	done
}

atf_init_test_cases() {
	for c in compared children submounts show fresh hidden left_out sockets overlaid; do
		atf_add_test_case $c
	done
}

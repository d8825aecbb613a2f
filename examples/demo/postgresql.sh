# SPDX-License-Identifier: BSD-2-Clause
#
# Inside of the jail demo-postgresql: a cluster of its own with the distribution's configuration, as the user postgres.
set -e
install -d -o postgres -g postgres /run/postgresql /var/lib/postgresql
as_postgres() {
	setpriv --reuid=postgres --regid=postgres --init-groups --inh-caps=-all -- "$@"
}
# The host's private keys can't be seen in here, so no TLS; and whoever reaches the socket may ask.
options="-c ssl=off -c unix_socket_directories=/mnt -c listen_addresses="
if command -v pg_createcluster >/dev/null; then
	version=$(pg_config --version 2>/dev/null | sed 's/[^0-9]*\([0-9]*\).*/\1/')
	[ -d "/usr/lib/postgresql/${version:-none}" ] || version=$(ls /usr/lib/postgresql | sort -n | tail -n 1)
	pg_createcluster "$version" jail -- --auth=trust --no-sync
	exec pg_ctlcluster "$version" jail start -o "$options"
fi
as_postgres initdb -D /var/lib/postgresql/jail --auth=trust --no-sync
as_postgres pg_ctl -D /var/lib/postgresql/jail -l /var/lib/postgresql/log -w -o "$options" start

# SPDX-License-Identifier: BSD-2-Clause
#
# Inside of the jail demo-postgresql: a cluster of its own with the distribution's configuration, as the user postgres.
set -e
install -d -o postgres -g postgres /run/postgresql /var/lib/postgresql
# The host's private keys can't be seen in here, so no TLS; and whoever reaches the socket may ask.
if command -v pg_createcluster >/dev/null; then
	version=$(find /usr/lib/postgresql -mindepth 1 -maxdepth 1 -name '[0-9]*' | sed 's,.*/,,' | sort -n | tail -n 1)
	pg_createcluster --socketdir=/mnt --port=5432 --pgoption=ssl=off --pgoption=listen_addresses= \
	    "$version" jail -- --auth=trust --no-sync
	exec pg_ctlcluster "$version" jail start
fi
as_postgres() {
	setpriv --reuid=postgres --regid=postgres --init-groups --inh-caps=-all -- "$@"
}
as_postgres initdb -D /var/lib/postgresql/jail --auth=trust --no-sync
as_postgres pg_ctl -D /var/lib/postgresql/jail -l /var/lib/postgresql/log -w \
    -o "-c ssl=off -c unix_socket_directories=/mnt -c listen_addresses=" start

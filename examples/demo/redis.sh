# SPDX-License-Identifier: BSD-2-Clause
#
# Inside of the jail demo-redis: redis as the user redis, with a socket in /mnt. Not everybody may read the configuration
# that Debian makes, so the jail has it only with path.show = /etc/redis; without it redis takes its defaults.
set -e
user=redis server=redis-server
command -v $server >/dev/null || user=valkey server=valkey-server
for conf in /etc/redis/redis.conf /etc/valkey/valkey.conf /etc/redis.conf; do
	[ -r "$conf" ] && break
	conf=
done
install -d -o $user -g $user /run/redis /var/lib/redis
setpriv --reuid=$user --regid=$user --init-groups --inh-caps=-all -- \
    $server ${conf:+"$conf"} --daemonize yes --dir /var/lib/redis --port 0 --unixsocket /mnt/redis.sock --unixsocketperm 777
# It is in the background before it listens; who depends on it shall find it listening.
tries=100
until [ -S /mnt/redis.sock ]; do
	tries=$((tries - 1))
	[ $tries -gt 0 ] || exit 1
	sleep 0.05
done

# SPDX-License-Identifier: BSD-2-Clause
#
# Inside of the jail demo-redis: the distribution's configuration, as the user redis, with a socket in /mnt.
set -e
user=redis server=redis-server
command -v $server >/dev/null || user=valkey server=valkey-server
for conf in /etc/redis/redis.conf /etc/valkey/valkey.conf /etc/redis.conf; do
	[ -e "$conf" ] && break
done
install -d -o $user -g $user /run/redis /var/lib/redis
setpriv --reuid=$user --regid=$user --init-groups --inh-caps=-all -- \
    $server "$conf" --daemonize yes --unixsocket /mnt/redis.sock --unixsocketperm 777
# It is in the background before it listens; who depends on it shall find it listening.
tries=100
until [ -S /mnt/redis.sock ]; do
	tries=$((tries - 1))
	[ $tries -gt 0 ] || exit 1
	sleep 0.05
done

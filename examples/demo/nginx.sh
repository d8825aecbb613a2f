# SPDX-License-Identifier: BSD-2-Clause
#
# Inside of the jail demo-nginx: the distribution's configuration, and the page on a socket in /mnt as well.
set -e
mkdir -p /etc/nginx/conf.d
cat >/etc/nginx/conf.d/jail-demo.conf <<'CONF'
server {
	listen unix:/mnt/nginx.sock;
	root /var/www/html;
}
CONF
exec nginx

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * net_rate: so many bytes over loopback, and how long they took.
 *   send FILE KIB      waits for one connection, at a port that it writes to FILE, and sends them
 *   receive PORT KIB   takes all that comes from there; prints the milliseconds from the connection to the end; fails
 * if it was not so much
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BLOCK 65536u

static unsigned char block[BLOCK];

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static long long now_ms(void)
{
	struct timespec t;

	if (clock_gettime(CLOCK_MONOTONIC, &t) < 0)
		die("clock_gettime");
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

/* Whole at once: under another name until then. */
static void tell(const char *path, unsigned port)
{
	char other[4096], text[16];
	int fd, n = snprintf(text, sizeof(text), "%u\n", port);

	if ((size_t)snprintf(other, sizeof(other), "%s.new", path) >= sizeof(other))
		exit(64);
	fd = open(other, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0 || write(fd, text, (size_t)n) != n || close(fd) < 0 || rename(other, path) < 0)
		die(path);
}

static int send_all(const char *path, unsigned long long left)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof(a);
	int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), c;

	if (s < 0 || bind(s, (struct sockaddr *)&a, sizeof(a)) < 0 || listen(s, 1) < 0 ||
	    getsockname(s, (struct sockaddr *)&a, &length) < 0)
		die("listen");
	tell(path, ntohs(a.sin_port));
	c = accept4(s, NULL, NULL, SOCK_CLOEXEC);
	if (c < 0)
		die("accept");
	while (left > 0) {
		ssize_t n = send(c, block, left < BLOCK ? (size_t)left : BLOCK, MSG_NOSIGNAL);

		if (n < 0)
			die("send");
		left -= (unsigned long long)n;
	}
	return close(c) < 0;
}

static int receive_all(unsigned port, unsigned long long wanted)
{
	struct sockaddr_in a = {
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons((uint16_t)port)};
	int c = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	unsigned long long got = 0;
	long long start;
	ssize_t n;

	if (c < 0 || connect(c, (struct sockaddr *)&a, sizeof(a)) < 0)
		die("connect");
	start = now_ms();
	while ((n = recv(c, block, BLOCK, 0)) > 0)
		got += (unsigned long long)n;
	if (n < 0)
		die("recv");
	(void)printf("%lld\n", now_ms() - start);
	return got != wanted;
}

int main(int argc, char **argv)
{
	unsigned long long bytes = argc == 4 ? strtoull(argv[3], NULL, 10) * 1024 : 0;

	if (bytes > 0 && strcmp(argv[1], "send") == 0)
		return send_all(argv[2], bytes);
	if (bytes > 0 && strcmp(argv[1], "receive") == 0)
		return receive_all((unsigned)strtoul(argv[2], NULL, 10), bytes);
	(void)fprintf(stderr, "usage: net_rate send FILE KIB | receive PORT KIB\n");
	return 64;
}

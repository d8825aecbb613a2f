/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * jstat_http.c: the one answer of a socket-activated jstat (systemd.socket(5), Accept=yes): a request of at most 8 KiB
 * within five seconds, GET or HEAD of /metrics, answered and closed (RFC 9112). It may not know how metrics are made.
 */
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sysexits.h>
#include <time.h>

#include "../lib/util.h"
#include "jstat.h"
#include "report.h"

#define REQUEST_MAX 8192
#define WAIT_MS 5000

static bool begins(const char **at, const char *end, const char *word)
{
	size_t n = strlen(word);

	if ((size_t)(end - *at) < n || memcmp(*at, word, n) != 0)
		return false;
	*at += n;
	return true;
}

/* "GET /metrics?x HTTP/1.1" */
static int judge_line(const char *at, const char *end, bool *ret_head)
{
	const char *space, *target;
	bool head = false, read = begins(&at, end, "GET ");

	if (!read)
		read = head = begins(&at, end, "HEAD ");
	if (!read) {
		space = memchr(at, ' ', (size_t)(end - at));
		return space == NULL || space == at ? 400 : 405;
	}
	target = at;
	space = memchr(at, ' ', (size_t)(end - at));
	if (space == NULL || *target != '/')
		return 400;
	at = space + 1;
	if (!begins(&at, end, "HTTP/1.") || end - at != 1)
		return 400;
	*ret_head = head;
	at = target;
	if (!begins(&at, space, "/metrics") || (at < space && *at != '?'))
		return 404;
	return 200;
}

int http_judge(const char *request, size_t size, bool *ret_head)
{
	const char *line;

	if (memchr(request, '\0', size) != NULL)
		return 400;
	if (memmem(request, size, "\r\n\r\n", 4) == NULL)
		return size >= REQUEST_MAX ? 400 : 0;
	line = memmem(request, size, "\r\n", 2);
	return judge_line(request, line, ret_head);
}

static int64_t now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* 0: who asks went away, or took too long. */
static int read_request(bool *ret_head)
{
	char request[REQUEST_MAX];
	int64_t until = now_ms() + WAIT_MS, left;
	size_t used = 0;

	while (used < sizeof(request) && (left = until - now_ms()) > 0) {
		struct pollfd p = {.fd = STDIN_FILENO, .events = POLLIN};
		ssize_t n;
		int status, r = poll(&p, 1, (int)left);

		if (r < 0 && errno != EINTR)
			return 0;
		if (r <= 0)
			continue;
		n = read(STDIN_FILENO, request + used, sizeof(request) - used);
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n <= 0)
			return 0;
		used += (size_t)n;
		status = http_judge(request, used, ret_head);
		if (status != 0)
			return status;
	}
	return 0;
}

static const char *reason(int status)
{
	switch (status) {
	case 200:
		return "OK";
	case 404:
		return "Not Found";
	case 405:
		return "Method Not Allowed";
	case 500:
		return "Internal Server Error";
	default:
		return "Bad Request";
	}
}

static int write_head(int status, long long length)
{
	char head[512];
	int n = snprintf(head, sizeof(head),
	    "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %lld\r\n%sConnection: close\r\n\r\n", status,
	    reason(status), status == 200 ? METRICS_TYPE : "text/plain; charset=utf-8", length,
	    status == 405 ? "Allow: GET, HEAD\r\n" : "");

	return report_write(STDOUT_FILENO, head, (size_t)n);
}

static int copy_body(int fd)
{
	char piece[16384];
	ssize_t n;

	if (lseek(fd, 0, SEEK_SET) < 0)
		return negative_errno();
	while ((n = read(fd, piece, sizeof(piece))) > 0) {
		int r = report_write(STDOUT_FILENO, piece, (size_t)n);

		if (r < 0)
			return r;
	}
	return n < 0 ? negative_errno() : 0;
}

/* The status is said before the body, so the body is made before that. */
int http_answer(int (*metrics)(int fd))
{
	_cleanup_close_ int body = memfd_create("metrics", MFD_CLOEXEC);
	bool head = false;
	int status = read_request(&head), r;
	off_t length;

	if (status == 0)
		return EX_OK;
	if (body < 0)
		return report_own(EX_OSERR, NULL, "can't make room for an answer: %s", strerror(errno));
	if (status == 200 && metrics(body) != EX_OK)
		status = 500;
	if (status != 200 &&
	    (ftruncate(body, 0) < 0 || lseek(body, 0, SEEK_SET) < 0 || dprintf(body, "%s\n", reason(status)) < 0))
		return report_own(EX_OSERR, NULL, "can't make an answer: %s", strerror(errno));
	length = lseek(body, 0, SEEK_END);
	r = write_head(status, (long long)length);
	if (r == 0 && !head)
		r = copy_body(body);
	/* A peer that closed early is its own business. */
	return r < 0 && r != -EPIPE && r != -ECONNRESET ? report_own(EX_IOERR, NULL, "can't answer: %s", strerror(-r))
							: EX_OK;
}

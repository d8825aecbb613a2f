/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * channel_test: what arrives is what was sent, and nothing else is believed: every malformed message is refused, and no
 * descriptor stays open behind it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>

#include "channel.h"
#include "error.h"
#include "util.h"

struct pair {
	int a, b;
};

static int set_up(void **state)
{
	static struct pair pair;
	int fds[2];

	assert_int_equal(channel_pair(fds, NULL), 0);
	pair = (struct pair){fds[0], fds[1]};
	*state = &pair;
	return 0;
}

static int tear_down(void **state)
{
	struct pair *p = *state;

	p->a = close_fd(p->a);
	p->b = close_fd(p->b);
	return 0;
}

static size_t open_descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	size_t n = 0;

	assert_non_null(d);
	while (readdir(d))
		n++;
	(void)closedir(d);
	return n;
}

static void both_ends_are_private(void **state)
{
	struct pair *p = *state;

	assert_int_equal(fcntl(p->a, F_GETFD), FD_CLOEXEC);
	assert_int_equal(fcntl(p->b, F_GETFD), FD_CLOEXEC);
}

static void a_status_arrives(void **state)
{
	struct pair *p = *state;
	const struct channel_message sent = {.kind = CHANNEL_STATUS, .index = 3, .status = -7};
	struct channel_message got;
	int fd = 99;

	assert_int_equal(channel_send(p->a, &sent, NULL, -1), 0);
	assert_int_equal(channel_receive(p->b, -1, &got, NULL, &fd), 0);
	assert_memory_equal(&got, &sent, sizeof(got));
	assert_int_equal(fd, -1);
}

static void a_failure_arrives(void **state)
{
	struct pair *p = *state;
	const struct channel_message sent = {.kind = CHANNEL_ERROR};
	struct channel_message got;
	struct jail_error failure, err = {0};

	(void)jail_error_sys(&err, ENOENT, "no %s", "path");
	(void)jail_error_context(&err, ENOENT, "while testing");
	assert_int_equal(channel_send(p->a, &sent, &err, -1), 0);
	assert_int_equal(channel_receive(p->b, 1000, &got, &failure, NULL), 0);
	assert_int_equal(got.kind, CHANNEL_ERROR);
	assert_memory_equal(&failure, &err, sizeof(err));
	/* A failure belongs to an error, and to nothing else. */
	assert_int_equal(channel_send(p->a, &sent, NULL, -1), -EINVAL);
	assert_int_equal(channel_send(p->a, &(struct channel_message){.kind = CHANNEL_GO}, &err, -1), -EINVAL);
}

static void a_descriptor_arrives(void **state)
{
	struct pair *p = *state;
	struct channel_message got;
	int fd = -1, pipes[2];
	char c = 0;

	assert_int_equal(pipe(pipes), 0);
	assert_int_equal(channel_send(p->a, &(struct channel_message){.kind = CHANNEL_READY}, NULL, pipes[1]), 0);
	assert_int_equal(channel_receive(p->b, -1, &got, NULL, &fd), 0);
	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(write(fd, "x", 1), 1);
	assert_int_equal(read(pipes[0], &c, 1), 1);
	assert_int_equal(c, 'x');
	(void)close(fd);
	(void)close(pipes[0]);
	(void)close(pipes[1]);
}

static void unwanted_descriptors_are_closed(void **state)
{
	struct pair *p = *state;
	struct channel_message got = {.kind = 77};
	size_t before = open_descriptors();
	int fd = 88;

	/* The reader wants none. */
	assert_int_equal(channel_send(p->a, &(struct channel_message){.kind = CHANNEL_READY}, NULL, 0), 0);
	assert_int_equal(channel_receive(p->b, -1, &got, NULL, NULL), -EBADMSG);
	/* The kind has none. */
	assert_int_equal(channel_send(p->a, &(struct channel_message){.kind = CHANNEL_STATUS}, NULL, 0), 0);
	assert_int_equal(channel_receive(p->b, -1, &got, NULL, &fd), -EBADMSG);
	assert_int_equal(got.kind, 77);
	assert_int_equal(fd, 88);
	assert_int_equal(open_descriptors(), before);
}

static void many_descriptors_are_closed(void **state)
{
	struct pair *p = *state;
	struct channel_message m = {.kind = CHANNEL_READY};
	struct iovec part = {.iov_base = &m, .iov_len = sizeof(m)};
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(5 * sizeof(int))];
	} control;
	struct msghdr message = {
	    .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control.space)};
	size_t before = open_descriptors();
	int fds[5] = {0, 0, 0, 0, 0}, fd = -1;

	memset(&control, 0, sizeof(control));
	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	control.header.cmsg_len = CMSG_LEN(sizeof(fds));
	memcpy(CMSG_DATA(&control.header), fds, sizeof(fds));
	assert_int_equal(sendmsg(p->a, &message, 0), (ssize_t)sizeof(m));
	assert_int_equal(channel_receive(p->b, -1, &m, NULL, &fd), -EBADMSG);
	assert_int_equal(fd, -1);
	assert_int_equal(open_descriptors(), before);
}

struct raw {
	struct channel_message head;
	struct jail_error failure;
	char more[8];
};

static int receive_raw(struct pair *p, const struct raw *raw, size_t length)
{
	struct channel_message got;
	struct jail_error failure = {.errnum = 4242};
	int r;

	assert_int_equal(send(p->a, raw, length, 0), (ssize_t)length);
	r = channel_receive(p->b, -1, &got, &failure, NULL);
	if (r < 0)
		assert_int_equal(failure.errnum, 4242);
	return r;
}

static void malformed_messages_are_refused(void **state)
{
	struct pair *p = *state;
	static struct raw raw;
	const size_t head = sizeof(raw.head), whole = head + sizeof(raw.failure);

	for (size_t length = 1; length < sizeof(raw); length++) {
		raw.head.kind = CHANNEL_STATUS;
		assert_int_equal(receive_raw(p, &raw, length), length == head ? 0 : -EBADMSG);
		raw.head.kind = CHANNEL_ERROR;
		raw.failure.errnum = 1;
		assert_int_equal(receive_raw(p, &raw, length), length == whole ? 0 : -EBADMSG);
	}
	raw.head.kind = 0;
	assert_int_equal(receive_raw(p, &raw, head), -EBADMSG);
	raw.head.kind = CHANNEL_EMPTY + 1;
	assert_int_equal(receive_raw(p, &raw, head), -EBADMSG);
	raw.head.kind = CHANNEL_GO;
	assert_int_equal(receive_raw(p, &raw, head), 0);
	raw.head.zero = 1;
	assert_int_equal(receive_raw(p, &raw, head), -EBADMSG);
}

static int receive_failure(struct pair *p, void (*spoil)(struct jail_error *))
{
	struct raw raw;

	memset(&raw, 0, sizeof(raw));
	raw.head.kind = CHANNEL_ERROR;
	raw.failure.errnum = ENOENT;
	raw.failure.exitcode = 66;
	spoil(&raw.failure);
	return receive_raw(p, &raw, sizeof(raw.head) + sizeof(raw.failure));
}

static void spoil_nothing(struct jail_error *e)
{
	e->ncontexts = JAIL_ERROR_CONTEXTS;
}

static void spoil_errnum(struct jail_error *e)
{
	e->errnum = 0;
}

static void spoil_errnum_sign(struct jail_error *e)
{
	e->errnum = -2;
}

static void spoil_errnum_size(struct jail_error *e)
{
	e->errnum = 4096;
}

static void spoil_exitcode(struct jail_error *e)
{
	e->exitcode = 256;
}

static void spoil_contexts(struct jail_error *e)
{
	e->ncontexts = JAIL_ERROR_CONTEXTS + 1;
}

static void spoil_context(struct jail_error *e)
{
	memset(e->context[JAIL_ERROR_CONTEXTS - 1], 'x', sizeof(e->context[0]));
}

static void spoil_jail(struct jail_error *e)
{
	memset(e->jail, 'x', sizeof(e->jail));
}

static void spoil_file(struct jail_error *e)
{
	memset(e->file, 'x', sizeof(e->file));
}

static void spoil_param(struct jail_error *e)
{
	memset(e->param, 'x', sizeof(e->param));
}

static void spoil_what(struct jail_error *e)
{
	memset(e->what, 'x', sizeof(e->what));
}

static void spoil_hint(struct jail_error *e)
{
	memset(e->hint, 'x', sizeof(e->hint));
}

static void unsound_failures_are_refused(void **state)
{
	static void (*const spoil[])(struct jail_error *) = {spoil_errnum, spoil_errnum_sign, spoil_errnum_size,
	    spoil_exitcode, spoil_contexts, spoil_context, spoil_jail, spoil_file, spoil_param, spoil_what, spoil_hint};

	assert_int_equal(receive_failure(*state, spoil_nothing), 0);
	for (size_t i = 0; i < ARRAY_SIZE(spoil); i++)
		assert_int_equal(receive_failure(*state, spoil[i]), -EBADMSG);
}

static void the_end_is_seen(void **state)
{
	struct pair *p = *state;
	struct channel_message got;

	p->a = close_fd(p->a);
	assert_int_equal(channel_receive(p->b, -1, &got, NULL, NULL), -EPIPE);
	assert_int_equal(channel_receive(p->b, 1000, &got, NULL, NULL), -EPIPE);
	/* And no SIGPIPE: this would have ended here. */
	assert_int_equal(channel_send(p->b, &(struct channel_message){.kind = CHANNEL_GO}, NULL, -1), -EPIPE);
}

static void on_alarm(int sig)
{
	(void)sig;
}

static void waiting_ends_in_time(void **state)
{
	struct pair *p = *state;
	struct sigaction action = {.sa_handler = on_alarm};
	struct itimerval timer = {.it_value.tv_usec = 20000, .it_interval.tv_usec = 20000}, off = {0};
	struct channel_message got;
	struct timespec start, end;
	long ms;

	/* Signals in between make it neither shorter nor longer. */
	assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
	assert_int_equal(setitimer(ITIMER_REAL, &timer, NULL), 0);
	(void)clock_gettime(CLOCK_MONOTONIC, &start);
	assert_int_equal(channel_receive(p->b, 150, &got, NULL, NULL), -ETIMEDOUT);
	(void)clock_gettime(CLOCK_MONOTONIC, &end);
	assert_int_equal(setitimer(ITIMER_REAL, &off, NULL), 0);
	ms = (end.tv_sec - start.tv_sec) * 1000 + (end.tv_nsec - start.tv_nsec) / 1000000;
	assert_in_range(ms, 149, 2000);
	assert_int_equal(channel_receive(p->b, 0, &got, NULL, NULL), -ETIMEDOUT);
}

static void sending_never_waits(void **state)
{
	struct pair *p = *state;
	const struct channel_message m = {.kind = CHANNEL_STATUS};
	int r = 0, sent = 0;

	while (sent < 100000 && (r = channel_send(p->a, &m, NULL, -1)) == 0)
		sent++;
	assert_int_equal(r, -EAGAIN);
	assert_true(sent > 50);
}

static void errors_leave_outputs_alone(void **state)
{
	int fds[2] = {71, 72};
	struct channel_message got = {.kind = 5};

	(void)state;
	assert_int_equal(channel_receive(-1, -1, &got, NULL, NULL), -EBADF);
	assert_int_equal(got.kind, 5);
	assert_int_equal(channel_send(-1, &got, NULL, -1), -EBADF);
	assert_int_equal(fds[0], 71);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    CASE(both_ends_are_private),
	    CASE(a_status_arrives),
	    CASE(a_failure_arrives),
	    CASE(a_descriptor_arrives),
	    CASE(unwanted_descriptors_are_closed),
	    CASE(many_descriptors_are_closed),
	    CASE(malformed_messages_are_refused),
	    CASE(unsound_failures_are_refused),
	    CASE(the_end_is_seen),
	    CASE(waiting_ends_in_time),
	    CASE(sending_never_waits),
	    CASE(errors_leave_outputs_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * channel.c: the messages between the tool and a jail's first process. One datagram is one message, so that nothing has
 * to be framed; whatever does not have exactly the expected shape is refused. It may not know what a message leads to.
 */
#include "channel.h"

#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "error.h"
#include "sys/deadline.h"

/* A message with a failure behind it, as it travels. */
struct packet {
	struct channel_message head;
	struct jail_error failure;
};

/* Room for one descriptor; the union aligns it as the macros want it. */
union control {
	struct cmsghdr header;
	char space[CMSG_SPACE(sizeof(int))];
};

int channel_pair(int ret_fds[2], struct jail_error *err)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
		return jail_error_sys(err, errno, "cannot make a socket pair");
	ret_fds[0] = fds[0];
	ret_fds[1] = fds[1];
	return 0;
}

int channel_send(int fd, const struct channel_message *m, const struct jail_error *failure, int fd_to_pass)
{
	/* sendmsg(2) does not write through these. */
	struct iovec parts[2] = {
	    {.iov_base = (void *)(uintptr_t)m, .iov_len = sizeof(*m)},
	    {.iov_base = (void *)(uintptr_t)failure, .iov_len = sizeof(*failure)},
	};
	struct msghdr message = {.msg_iov = parts, .msg_iovlen = 1};
	union control control;
	ssize_t n;

	if ((failure != NULL) != (m->kind == CHANNEL_ERROR))
		return -EINVAL;
	if (failure)
		message.msg_iovlen = 2;
	if (fd_to_pass >= 0) {
		memset(&control, 0, sizeof(control));
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&control.header), &fd_to_pass, sizeof(int));
		message.msg_control = &control;
		message.msg_controllen = sizeof(control.space);
	}
	do
		n = sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == ECONNRESET ? -EPIPE : negative_errno();
	return 0;
}

/* Wait for something to read until `timeout_ms` have passed, however many signals come in between. */
static int wait_readable(int fd, int timeout_ms)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	const struct deadline end = deadline_after(timeout_ms);
	int n;

	/* recvmsg(2) itself waits. */
	if (timeout_ms < 0)
		return 0;
	do
		n = poll(&p, 1, deadline_left(end));
	while (n < 0 && errno == EINTR);
	return n > 0 ? 0 : n == 0 ? -ETIMEDOUT : negative_errno();
}

/* The descriptor that came with a message, -1 without one; -EBADMSG for anything else that came. */
static int passed_descriptor(struct msghdr *message, int *ret_fd)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(message);
	int fd = -1;

	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS && c->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(&fd, CMSG_DATA(c), sizeof(int));
	/* More than one was sent: the kernel closed those that found no room, and says so. */
	if ((message->msg_flags & MSG_CTRUNC) || (c && fd < 0)) {
		close_fd(fd);
		return -EBADMSG;
	}
	*ret_fd = fd;
	return 0;
}

static bool text_ends(const char *text, size_t size)
{
	return memchr(text, '\0', size) != NULL;
}

/* A failure as the library's own functions fill it? Texts may say anything: whoever prints them escapes them. */
static bool failure_is_sound(const struct jail_error *e)
{
	if (e->errnum <= 0 || e->errnum > 4095 || e->exitcode < 0 || e->exitcode > 255 ||
	    e->ncontexts > JAIL_ERROR_CONTEXTS)
		return false;
	for (unsigned i = 0; i < JAIL_ERROR_CONTEXTS; i++) {
		if (!text_ends(e->context[i], sizeof(e->context[i])))
			return false;
	}
	return text_ends(e->jail, sizeof(e->jail)) && text_ends(e->file, sizeof(e->file)) &&
	       text_ends(e->param, sizeof(e->param)) && text_ends(e->what, sizeof(e->what)) &&
	       text_ends(e->hint, sizeof(e->hint));
}

static bool packet_is_sound(const struct packet *p, size_t length, int fd)
{
	if (length < sizeof(p->head) || p->head.zero != 0)
		return false;
	switch (p->head.kind) {
	case CHANNEL_ERROR:
		return length == sizeof(*p) && fd < 0 && failure_is_sound(&p->failure);
	case CHANNEL_READY:
	case CHANNEL_GO:
		return length == sizeof(p->head);
	case CHANNEL_STATUS:
	case CHANNEL_EMPTY:
		return length == sizeof(p->head) && fd < 0;
	default:
		return false;
	}
}

int channel_receive(int fd, int timeout_ms, struct channel_message *ret, struct jail_error *failure, int *ret_fd)
{
	struct packet packet;
	struct iovec part = {.iov_base = &packet, .iov_len = sizeof(packet)};
	union control control;
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control};
	_cleanup_close_ int passed = -1;
	ssize_t n;
	int r = wait_readable(fd, timeout_ms);

	if (r < 0)
		return r;
	do {
		/* Not its whole size: the padding would hold a second one. */
		message.msg_controllen = CMSG_LEN(sizeof(int));
		n = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == ECONNRESET ? -EPIPE : negative_errno();
	r = passed_descriptor(&message, &passed);
	if (r < 0)
		return r;
	/* The end of the file; an empty datagram looks the same and is as much of an end. */
	if (n == 0)
		return -EPIPE;
	if ((message.msg_flags & MSG_TRUNC) || !packet_is_sound(&packet, (size_t)n, passed))
		return -EBADMSG;
	if (passed >= 0 && !ret_fd)
		return -EBADMSG;
	*ret = packet.head;
	if (packet.head.kind == CHANNEL_ERROR && failure)
		*failure = packet.failure;
	if (ret_fd)
		*ret_fd = take_fd(&passed);
	return 0;
}

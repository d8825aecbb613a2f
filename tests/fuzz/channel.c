/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * channel.c: what a hostile first process may say on its channel. The first byte of the input divides the rest into
 * packets of that length.
 */
#include <sys/socket.h>
#include <unistd.h>

#include "../../lib/linux/channel.h"
#include "target.h"

#define PACKETS_MAX 32

static void receive(int fd)
{
	struct channel_message m = {0};
	struct jail_error e, sane = {0};
	int passed = -1, r;

	memset(&e, 0xff, sizeof(e));
	r = channel_receive(fd, 0, &m, &e, &passed);
	HOLDS(passed == -1);
	if (r < 0)
		return;
	HOLDS(m.kind >= CHANNEL_ERROR && m.kind <= CHANNEL_EMPTY);
	if (m.kind == CHANNEL_ERROR) {
		char line[4096];

		HOLDS(jail_error_format(&e, line, sizeof(line)) > 0);
		HOLDS(memchr(e.what, '\0', sizeof(sane.what)) && memchr(e.hint, '\0', sizeof(sane.hint)));
		HOLDS(memchr(e.file, '\0', sizeof(sane.file)) && memchr(e.jail, '\0', sizeof(sane.jail)));
		HOLDS(e.ncontexts <= JAIL_ERROR_CONTEXTS);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t length = size > 0 && data[0] > 0 ? data[0] * (size_t)16 : 1;
	int fds[2];

	HOLDS(channel_pair(fds, NULL) == 0);
	for (size_t at = 1, n = 0; at < size && n < PACKETS_MAX; at += length, n++) {
		size_t left = size - at;

		if (send(fds[0], data + at, left < length ? left : length, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
			break;
		receive(fds[1]);
	}
	receive(fds[1]);
	(void)close(fds[0]);
	(void)close(fds[1]);
	return 0;
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* sync.c - datagrams between keeper and inside */
#include "box/sync.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/parcel.h"

#define SHORT_SIZE offsetof(struct sync_msg, err)

int sync_send_all(int sock, const struct sync_msg *msg, const int *fd, int count)
{
	struct parcel p = {
		.data = (void *)msg,
		.len = msg->step == STEP_FAILED ? sizeof(*msg) : SHORT_SIZE,
		.count = count,
	};

	memcpy(p.fd, fd, (size_t)count * sizeof(*fd));
	return parcel_send(sock, &p, 0);
}

int sync_send(int sock, const struct sync_msg *msg, int fd)
{
	return sync_send_all(sock, msg, &fd, fd >= 0);
}

int sync_tell(int sock, enum step step)
{
	struct sync_msg msg = { .step = (int)step };

	return write(sock, &msg, SHORT_SIZE) == (ssize_t)SHORT_SIZE ? 0 : -1;
}

int sync_recv_all(int sock, struct sync_msg *msg, struct parcel *p)
{
	ssize_t n;

	/*
	 * ECONNRESET says, once, that the peer ended without reading all that we sent;
	 * what it said before is still there to be read.
	 */
	p->data = msg;
	p->len = sizeof(*msg);
	do {
		n = parcel_recv(sock, p, 0);
	} while (n < 0 && errno == ECONNRESET);
	if (n <= 0) {
		parcel_close(p);
		return (int)n;
	}
	if ((size_t)n > sizeof(*msg) || (size_t)n < SHORT_SIZE ||
	    (msg->step == STEP_FAILED && (size_t)n != sizeof(*msg))) {
		parcel_close(p);
		errno = EBADMSG;
		return -1;
	}
	if (msg->step == STEP_FAILED) {
		msg->err.text[sizeof(msg->err.text) - 1] = '\0';
		msg->err.hint[sizeof(msg->err.hint) - 1] = '\0';
	}
	return 1;
}

int sync_recv(int sock, struct sync_msg *msg, int *fd)
{
	struct parcel p = { .count = 1 };
	int r = sync_recv_all(sock, msg, &p);

	if (fd)
		*fd = fd_take(&p.fd[0]);
	parcel_close(&p);
	return r;
}

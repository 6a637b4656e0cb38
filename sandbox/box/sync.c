// SPDX-License-Identifier: GPL-3.0-or-later
/* sync.c - datagrams between keeper and inside */
#include "box/sync.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SHORT_SIZE offsetof(struct sync_msg, err)

union control {
	char room[CMSG_SPACE(sizeof(int))];
	struct cmsghdr align;
};

int sync_send(int sock, const struct sync_msg *msg, int fd)
{
	size_t len = msg->step == STEP_FAILED ? sizeof(*msg) : SHORT_SIZE;
	struct iovec iov = { .iov_base = (void *)msg, .iov_len = len };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1 };
	union control ctl = { 0 };
	ssize_t n;

	if (fd >= 0) {
		struct cmsghdr *c;

		mh.msg_control = &ctl;
		mh.msg_controllen = sizeof(ctl.room);
		c = CMSG_FIRSTHDR(&mh);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &fd, sizeof(int));
	}
	do {
		n = sendmsg(sock, &mh, MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -1 : 0;
}

int sync_tell(int sock, enum step step)
{
	struct sync_msg msg = { .step = (int)step };

	return write(sock, &msg, SHORT_SIZE) == (ssize_t)SHORT_SIZE ? 0 : -1;
}

/*
 * Take the first descriptor that came along and close all others. CMSG_SPACE() rounds up
 * and so has room for two: a second one that nobody closes would stay in the keeper, and
 * were it the sender's own end, its end of file would never come.
 */
static int take_fd(struct msghdr *mh)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(mh);
	int fd = -1;

	if (!c || c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
		return -1;
	for (size_t at = CMSG_LEN(0); at + sizeof(int) <= c->cmsg_len;
	     at += sizeof(int)) {
		int one;

		memcpy(&one, (char *)c + at, sizeof(int));
		if (fd < 0)
			fd = one;
		else
			close(one);
	}
	return fd;
}

int sync_recv(int sock, struct sync_msg *msg, int *fd)
{
	struct iovec iov = { .iov_base = msg, .iov_len = sizeof(*msg) };
	union control ctl = { 0 };
	struct msghdr mh = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &ctl,
		/* without the padding, which has room for a second one that nobody
		 * would close */
		.msg_controllen = CMSG_LEN(sizeof(int)),
	};
	bool whole;
	int came;
	ssize_t n;

	/*
	 * ECONNRESET says, once, that the peer ended without reading all that we sent;
	 * what it said before is still there to be read.
	 */
	do {
		n = recvmsg(sock, &mh, MSG_CMSG_CLOEXEC);
	} while (n < 0 && (errno == EINTR || errno == ECONNRESET));
	if (n < 0)
		return -1;
	came = take_fd(&mh);
	whole = !(mh.msg_flags & MSG_TRUNC) && (size_t)n >= SHORT_SIZE &&
		(msg->step != STEP_FAILED || (size_t)n == sizeof(*msg));
	if (came >= 0 && (!fd || !whole)) {
		close(came);
		came = -1;
	}
	if (fd)
		*fd = came;
	if (n == 0)
		return 0;
	if (!whole) {
		errno = EBADMSG;
		return -1;
	}
	if (msg->step == STEP_FAILED) {
		msg->err.text[sizeof(msg->err.text) - 1] = '\0';
		msg->err.hint[sizeof(msg->err.hint) - 1] = '\0';
	}
	return 1;
}

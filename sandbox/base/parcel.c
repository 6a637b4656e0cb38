// SPDX-License-Identifier: GPL-3.0-or-later
/* parcel.c - one datagram with descriptors (unix(7), SCM_RIGHTS) */
#include "base/parcel.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"

#define PATIENCE_MS 10000

union control {
	char room[CMSG_SPACE(PARCEL_FDS * sizeof(int))];
	struct cmsghdr align;
};

/* The kernel counts the descriptors that all processes of a user have sent and nobody has
 * taken yet, and refuses more than RLIMIT_NOFILE of the sender: with a low limit, or when
 * much is begun at once. They are on their way */
static bool is_crowded(int *ms)
{
	const struct timespec nap = { .tv_nsec = 1000000 };

	if (errno != ETOOMANYREFS || *ms >= PATIENCE_MS)
		return false;
	++*ms;
	nanosleep(&nap, NULL);
	return true;
}

int parcel_send(int sock, const struct parcel *p, int flags)
{
	struct iovec iov = { .iov_base = p->data, .iov_len = p->len };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1 };
	size_t size = (size_t)p->count * sizeof(int);
	union control ctl = { 0 };
	int ms = 0;
	ssize_t n;

	if (p->count) {
		struct cmsghdr *c;

		mh.msg_control = &ctl;
		mh.msg_controllen = (socklen_t)CMSG_SPACE(size);
		c = CMSG_FIRSTHDR(&mh);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = (socklen_t)CMSG_LEN(size);
		memcpy(CMSG_DATA(c), p->fd, size);
	}
	do {
		n = sendmsg(sock, &mh, flags | MSG_NOSIGNAL);
	} while (n < 0 && (errno == EINTR || is_crowded(&ms)));
	return n < 0 ? -1 : 0;
}

/*
 * Take those that are wanted and close all others. CMSG_SPACE() rounds up and so may have
 * room for one more: one that nobody closes would stay here, and were it the sender's own
 * end, its end of file would never come.
 */
static void take_fds(struct parcel *p, struct msghdr *mh, int wanted)
{
	const struct cmsghdr *c = CMSG_FIRSTHDR(mh);

	if (!c || c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
		return;
	for (size_t at = CMSG_LEN(0); at + sizeof(int) <= c->cmsg_len;
	     at += sizeof(int)) {
		int one;

		memcpy(&one, (const char *)c + at, sizeof(int));
		if (p->count < wanted)
			p->fd[p->count++] = one;
		else
			close(one);
	}
}

ssize_t parcel_recv(int sock, struct parcel *p, int flags)
{
	struct iovec iov = { .iov_base = p->data, .iov_len = p->len };
	union control ctl = { 0 };
	struct msghdr mh = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &ctl,
		/* without the padding, which has room for one more */
		.msg_controllen = (socklen_t)CMSG_LEN((size_t)p->count * sizeof(int)),
	};
	int wanted = p->count;
	ssize_t n;

	p->count = 0;
	p->cut = false;
	for (int i = 0; i < PARCEL_FDS; i++)
		p->fd[i] = -1;
	do {
		n = recvmsg(sock, &mh, flags | MSG_TRUNC | MSG_CMSG_CLOEXEC);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -1;
	p->cut = mh.msg_flags & MSG_CTRUNC;
	take_fds(p, &mh, wanted);
	if ((size_t)n > p->len)
		parcel_close(p);
	return n;
}

void parcel_close(struct parcel *p)
{
	for (int i = 0; i < PARCEL_FDS; i++)
		if (p->fd[i] >= 0)
			close(fd_take(&p->fd[i]));
	p->count = 0;
}

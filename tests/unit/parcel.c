// SPDX-License-Identifier: GPL-3.0-or-later
/* parcel.c - descriptors that are sent while too many are on their way
 * as: user
 * with: plain
 *
 * Valgrind keeps a low RLIMIT_NOFILE to itself; root may have any number on their way.
 */
#include "base/parcel.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tap.h"

#define ROOM 32

/* As parcel_send(), but once. Return: 0, or errno */
static int send_once(int sock)
{
	char room[CMSG_SPACE(sizeof(int))] __attribute__((aligned(8))) = { 0 };
	struct iovec iov = { .iov_base = room, .iov_len = 1 };
	struct msghdr mh = { .msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = room,
			     .msg_controllen = sizeof(room) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&mh);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	return sendmsg(sock, &mh, MSG_DONTWAIT) < 0 ? errno : 0;
}

int main(void)
{
	const struct rlimit few = { ROOM, ROOM };
	const struct timespec nap = { .tv_nsec = 100000000 };
	struct parcel p = { .data = (char[]){ "x" }, .len = 1, .fd = { 0 }, .count = 1 };
	int full[2], other[2], failed = 0, status = -1;
	pid_t child;

	plan(4);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, full) < 0 ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, other) < 0)
		return 1;
	for (int i = 0; i <= ROOM && !failed; i++)
		failed = send_once(full[0]);
	ok(!failed, "descriptors are on their way");
	setrlimit(RLIMIT_NOFILE, &few);
	is_num(send_once(other[0]), ETOOMANYREFS, "with a low limit no more can be sent");
	child = fork();
	if (!child) {
		close(full[0]);
		nanosleep(&nap, NULL);
		_exit(0); /* and with the last end of the socket they are gone */
	}
	close(full[0]);
	close(full[1]);
	ok(!parcel_send(other[0], &p, MSG_DONTWAIT), "until there is room: %s",
	   strerror(errno));
	waitpid(child, &status, 0);
	is_num(status, 0, "who had them has ended");
	return done();
}

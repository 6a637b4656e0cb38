/* SPDX-License-Identifier: GPL-3.0-or-later */
/* parcel.h - one datagram with descriptors (unix(7), SCM_RIGHTS) */
#ifndef NOOK_BASE_PARCEL_H
#define NOOK_BASE_PARCEL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define PARCEL_FDS 10

/**
 * struct parcel - A datagram on its way
 * @data, @len:	Its bytes, or the room for them
 * @fd:		What goes along, or has come; -1 behind @count of them
 * @count:	How many go along; for parcel_recv() how many are wanted, then how many
 *		came
 * @cut:	By parcel_recv(): there were more, which were not wanted, or for which
 *		this process has no room (RLIMIT_NOFILE)
 */
struct parcel {
	void *data;
	size_t len;
	int fd[PARCEL_FDS];
	int count;
	bool cut;
};

/** parcel_send() - Send it; EINTR is retried, and for 10 s ETOOMANYREFS. @flags:
 * MSG_DONTWAIT or 0. Return: 0, or -1 with errno (EPIPE without a signal) */
int parcel_send(int sock, const struct parcel *p, int flags);
/**
 * parcel_recv() - Receive one; EINTR is retried
 *
 * Descriptors that are not wanted are closed, all of them when the datagram was cut.
 *
 * Return: its length, which is above @p->len when it was cut; 0 at end of file; -1 with
 * errno
 */
ssize_t parcel_recv(int sock, struct parcel *p, int flags);
/** parcel_close() - Close what has come and was not taken (fd_take()) */
void parcel_close(struct parcel *p);

#endif

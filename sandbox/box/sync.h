/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sync.h - what keeper and inside say to each other
 *
 * One datagram per line over a SOCK_SEQPACKET pair, in this order. End of file means the
 * peer is dead and is always a failure, never "go on".
 *
 *	keeper -> inside	STEP_MAPPED	ids, cgroup and veth are in place; sent
 *						only where layers_need_host(). Waited for
 *						as late as the first layer that needs it
 *	keeper -> inside	STEP_GO		the record is written: the payload may
 *						run. Sent early, so nobody waits for it.
 *						A value: EXEC is waited for
 *	inside -> keeper	STEP_READY	all walls up; carries the terminal's
 *						master, sent only where there is one
 *	inside -> keeper	STEP_PLACE	a directory for a file that is wanted
 *						at the end, and how much of its path
 *						that is (box/take.h)
 *	init   -> keeper	STEP_EXEC	the payload runs; with `init: none` said
 *						right before exec, which closes the
 *						socket; without a pid namespace as
 *						well, and behind it again where it is
 *						waited for
 *	init   -> keeper	STEP_EXIT	raw wait status
 *	either			STEP_FAILED	carries the reason and a cause
 *	joiner -> init		STEP_SHOW	what are your namespaces; carries the
 *						socket for the answer (box/join.h)
 *	init   -> joiner	STEP_SHOWN	carries descriptors of them
 *
 * STEP_SIGNAL, and STEP_GO to STEP_FAILED once more, are said on the line of a session
 * (box/session.h), STEP_OUTPUT to who looks on (box/attach.h), STEP_PUBLISH to STEP_LEAD
 * to the process that serves ports (box/forward_ports.c).
 *
 * A message that nobody waits for would cost a wake-up of the other CPU; so what both
 * sides can tell from the plan is not said. The keeper believes nothing of what init says
 * but these few words: it reads at most SYNC_MOST messages and ignores what it does not
 * know (FD-12); the exit status it reports is init's word, the resources are the
 * kernel's.
 */
#ifndef NOOK_BOX_SYNC_H
#define NOOK_BOX_SYNC_H

#include "base/err.h"

struct parcel;

enum step {
	STEP_MAPPED = 1,
	STEP_GO,
	STEP_READY,
	STEP_EXEC,
	STEP_EXIT,
	STEP_FAILED,
	STEP_SHOW,
	STEP_SHOWN,
	STEP_SIGNAL,
	STEP_OUTPUT,
	STEP_PLACE,
	STEP_PUBLISH,
	STEP_UNPUBLISH,
	STEP_LEND,
	STEP_LEAD,
};

#define SYNC_MOST 16

/**
 * struct sync_msg - One datagram; everything but STEP_FAILED ends before @err
 * @step:	enum step
 * @value:	STEP_EXIT: raw wait status; STEP_FAILED: enum cause; STEP_SHOWN: which of
 *		the kinds came; STEP_SIGNAL: its number; STEP_PLACE: bytes
 * @code:	STEP_FAILED: the exit code that goes with it (125, 126, 127)
 */
struct sync_msg {
	int step;
	int value;
	int code;
	struct err err;
};

/** sync_send() - Send one message; @fd travels along unless it is -1. Return: 0,
 * -1 errno */
int sync_send(int sock, const struct sync_msg *msg, int fd);
/** sync_send_all() - The same with @count descriptors. Return: 0, -1 errno */
int sync_send_all(int sock, const struct sync_msg *msg, const int *fd, int count);
/** sync_tell() - Send a bare step by write(2), which every filter lets through: for a
 * payload behind its last walls. Return: 0, -1 errno */
int sync_tell(int sock, enum step step);
/** sync_recv() - Receive one message. @fd: a descriptor that came along, or -1; NULL
 * closes any, as a message that is not whole does. Return: 1; 0 at end of file; -1 and
 * errno (EBADMSG: not a whole message) */
int sync_recv(int sock, struct sync_msg *msg, int *fd);
/** sync_recv_all() - The same with as many descriptors as @p->count wants, in @p */
int sync_recv_all(int sock, struct sync_msg *msg, struct parcel *p);

#endif

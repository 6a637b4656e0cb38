/* SPDX-License-Identifier: GPL-3.0-or-later */
/* session.h - the keeper's side of commands that were brought into its box
 *
 * A session is what `nook exec` has started: a joiner until the command runs (box/join.h)
 * and then the command, both children of the keeper. It lasts until both have ended. All
 * that its client hears of it comes on the line, as struct sync_msg:
 *
 *	joiner -> client	STEP_READY	carries the terminal's master, where the
 *						command has one of its own
 *	joiner -> client	STEP_GO		it may run from here on, whatever becomes
 *						of the keeper, and of us with it
 *	joiner -> client	STEP_EXEC	it runs; or
 *				STEP_FAILED	why it does not, and the exit code
 *	keeper -> client	STEP_EXIT	raw wait status; @code 1: because the box
 *						has ended. Said when the joiner has ended,
 *						so always behind its word
 *	client -> keeper	STEP_SIGNAL	for the command's process group; one that
 *						comes before the joiner has ended waits
 *						for that, each number once: when it
 *						comes again it is sent at once
 *
 * With CONTROL_LOOK no command runs: what comes along as descriptor 0 is the socket that
 * gets the answer (box/look.h), and its other end's end is that of the session.
 *
 * A copy (CONTROL_COPY) is a session without a command: its joiner says STEP_EXIT when
 * all is copied, or STEP_FAILED.
 *
 * The end of the line says that the client is gone: its command is killed, unless the
 * session was to be kept. What copies into the box is not: the end of what it reads
 * tells it, and it takes away what it has half made. The keeper neither waits for a
 * client nor believes one: it reads and writes only what goes at once, and a reader that
 * is too slow loses the exit status.
 */
#ifndef NOOK_BOX_SESSION_H
#define NOOK_BOX_SESSION_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/time.h>
#include <sys/types.h>

struct control_ask;
struct err;
struct join_note;
struct keeper;

#define SESSIONS_MOST 64 /* in one box at the same time */

/** enum session_fd - What comes along with CONTROL_EXEC and CONTROL_COPY, in this order
 */
enum session_fd { SESSION_LINE, SESSION_WISH, SESSION_STDIN, SESSION_FDS = 5 };

/**
 * struct session - One
 * @joiner:	0 = it has ended
 * @note:	Where the kernel tells of the command, shared with the joiner
 * @early:	Signals that wait for the end of the joiner: bit 0 is number 1
 * @line:	-1 = nobody listens
 */
struct session {
	pid_t joiner;
	struct join_note *note;
	uint64_t early;
	int line;
	bool kept;
};

/**
 * struct sessions - All of one box; all zero = there was none
 * @v:		SESSIONS_MOST of them, made with the first
 * @user, @system: CPU time of those that have ended, which is the box's too
 */
struct sessions {
	struct session *v;
	int count;
	struct timeval user, system;
};

/** session_may() - Whether anything can come into the box now. Return: 0, -1 and @e */
int session_may(const struct keeper *k, struct err *e);
/** session_start() - Begin one. @fd: enum session_fd; what it needs it takes. Return: 0,
 * -1 and @e */
int session_start(struct keeper *k, const struct control_ask *ask, int *fd,
		  struct err *e);
/** session_poll() - Fill at most SESSIONS_MOST entries. Return: how many */
int session_poll(const struct keeper *k, struct pollfd *p);
/** session_step() - Read what @n entries tell of; never blocks */
void session_step(struct keeper *k, const struct pollfd *p, int n);
/** session_look() - Some child has ended: whether it is one of these */
void session_look(struct keeper *k);
/** session_end() - Kill and wait for all; init cannot end before, because they are in its
 * pid namespace and children of the keeper */
void session_end(struct keeper *k);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* control.h - how a command reaches the keeper of a running box, and what they say
 *
 * Theory of operation. A box that nobody asks anything pays nothing: its keeper has no
 * socket until somebody knocks. To knock is to queue SIGURG with the value CONTROL_KNOCK
 * to the keeper, whose pid is in the record; by pidfd, and the record's lock, which only
 * a keeper has (store.c), is looked at once more behind it, so the process is the keeper.
 * SIGURG is what a process ignores that does not care, and without that value it goes on
 * to the box as any other signal.
 *
 *	command				keeper
 *	connect ID.sock: ENOENT
 *	SIGURG, CONTROL_KNOCK	 -->	makes ID.sock (0600) in the runtime directory
 *	connect ID.sock		 -->	SO_PEERCRED: the same user, or root; else closes
 *	struct control_ask	 -->	checks all of it, and that the command is still
 *					there, does it
 *				 <--	struct control_answer, also when the answer is no
 *	close
 *
 * A command that gets no answer in time says so, fails and closes: what it asked is not
 * done later, by a keeper that was stopped meanwhile. Only one that has looked already
 * does it still.
 *
 * The socket stays until the box ends and is removed before the record is; what a killed
 * keeper leaves of it goes with its record (store_gc()).
 *
 * Limits. The socket is SOCK_SEQPACKET: a datagram is a whole question or nothing. What
 * has another size, magic or version, and what is not a text where one should be, ends
 * the connection. At most CONTROL_CLIENTS are connected: one more, and the oldest goes,
 * with the answer EINPROGRESS where it has not asked yet; then it connects once more.
 * The keeper never waits for a client: a reply that finds no room is not sent. At most
 * CONTROL_FDS descriptors come along, and what the order does not take is closed with
 * it. Everything is plain data of fixed size, so neither side allocates.
 */
#ifndef NOOK_BOX_CONTROL_H
#define NOOK_BOX_CONTROL_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/signalfd.h>

#include "base/err.h"
#include "plan.h"

struct record;

#define CONTROL_KNOCK	0x6b6f6f6e /* "nook" */
#define CONTROL_MAGIC	0x6c72746b6f6f6eULL
#define CONTROL_VERSION 3
#define CONTROL_CLIENTS 4
#define CONTROL_POLL	(1 + CONTROL_CLIENTS) /* entries that control_poll() fills */
#define CONTROL_PAIRS	12
#define CONTROL_FDS	5 /* descriptors that a question can bring */

enum control_op {
	CONTROL_STATUS = 1,
	CONTROL_KILL,	/* @signal to the payload; SIGKILL ends the box */
	/* @pair, and what comes along (box/changing.h): all of it, or nothing */
	CONTROL_UPDATE,
	CONTROL_PAUSE,
	CONTROL_UNPAUSE,
	CONTROL_EXEC, /* bring a command into the box (box/session.h) */
	CONTROL_ATTACH, /* look on at its command (box/attach.h) */
	CONTROL_STOP, /* TERM, and KILL after pair[0].value ns, or limits.grace */
	CONTROL_COPY, /* copy files into the box or out of it (box/copier.h) */
};

/** enum control_flag - Of a question */
enum control_flag {
	CONTROL_KEEP = 1 << 0, /* CONTROL_EXEC: it goes on without its client */
	CONTROL_LOOK = 1 << 1, /* CONTROL_EXEC: no command: what it would see (look.h) */
};

/**
 * struct control_pair - One limit to be changed
 * @key:	As in profiles: "limits.wall"
 * @value:	In the unit of the plan: ns, bytes, a count; UINT64_MAX = max, no limit
 * @text:	What is no number: a list of CPUs
 */
struct control_pair {
	char key[32];
	char text[96];
	uint64_t value;
};

struct control_ask {
	uint64_t magic;
	uint32_t version;
	uint32_t op; /* enum control_op */
	uint32_t signal;
	uint32_t pair_count;
	uint32_t flags;		/* enum control_flag */
	uint16_t rows, columns; /* CONTROL_EXEC: of the caller's terminal, 0 = none */
	uint32_t changes;	/* CONTROL_UPDATE with a plan: of the record it is from */
	uint32_t zero;
	struct control_pair pair[CONTROL_PAIRS];
};

/** struct control_answer - @done, or @err says why not; the rest is how things are now
 * @lived_ns:	What counts for limits.wall: the time since the start less @paused_ns
 * @output:	Bytes counted for limits.output; UINT64_MAX = they are not counted
 */
struct control_answer {
	uint64_t magic;
	uint32_t version;
	uint32_t done;
	uint32_t state; /* enum box_state */
	int32_t init;
	uint64_t lived_ns;
	uint64_t paused_ns;
	uint64_t output;
	struct plan_limits limits;
	struct err err;
};

/** struct control - The keeper's end; all zero = nobody has knocked yet */
struct control {
	bool is_open;
	int listen;
	int count;
	int client[CONTROL_CLIENTS]; /* oldest first */
};

/** control_handler() - Does what @ask says and fills @out, which has its header. @fd:
 * CONTROL_FDS of them, -1 = none came; it takes what it keeps (fd_take()) */
typedef void control_handler(void *arg, const struct control_ask *ask, int *fd,
			     struct control_answer *out);

/** control_is_knock() - Whether a signal is somebody's knock */
bool control_is_knock(const struct signalfd_siginfo *si);
/** control_open() - Make ID.sock in @dir. What cannot be made is no reason to end a box:
 * the one who knocks will say that nobody opens. Return: 0, -1 and errno */
int control_open(struct control *c, int dir, const char *id);
/** control_close() - Close all and remove the socket's name */
void control_close(struct control *c, int dir, const char *id);
/** control_poll() - Fill at most CONTROL_POLL entries. Return: how many */
int control_poll(const struct control *c, struct pollfd *p);
/** control_step() - Let in who waits, and answer what was asked; never blocks */
void control_step(struct control *c, control_handler *handler, void *arg);
/** control_not_yet() - The answer of a keeper whose box has not yet said that its command
 * runs, which it may do already: who called asks again. Return: -1, EINPROGRESS */
int control_not_yet(struct err *e);
/** control_remove() - Remove what a killed keeper left of ID.sock */
void control_remove(int dir, const char *id);

/**
 * control_call() - Ask the keeper of a living box something (knock.c)
 * @rec:	Its record; the box must be the caller's own
 * @ask:	Magic and version are filled in
 *
 * Return: 0 with @out; -1 and @e when nobody answered within PATIENCE_MS of knock.c, or
 * the answer was no
 */
int control_call(const struct record *rec, struct control_ask *ask,
		 struct control_answer *out, struct err *e);
/** control_call_with() - The same, with @count descriptors along */
int control_call_with(const struct record *rec, struct control_ask *ask, const int *fd,
		      int count, struct err *e);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* changing.h - how a box is changed while it runs
 *
 * Theory of operation. `nook update` plans the change (layer/change.h) and asks with
 * CONTROL_UPDATE. Limits alone need no more than the question. Else three descriptors
 * come along: a *line* on which the answer is given when all is done, the new plan, and
 * the words to be kept for the next start of a box that stays.
 *
 *	keeper	checks everything, sets the limits, writes the new record beside the old
 *		one, and starts the worker. Goes on watching its box meanwhile
 *	worker	a child of the keeper's, which no process of the box can see: it is in no
 *		pid namespace of the box's, not dumpable, and keeps only the descriptors
 *		that it needs
 *	maker	a child of the worker's, in a mount namespace of its own, to an ordinary
 *		user below a user namespace of its own: it makes the trees that are to be
 *		mounted and sends them. One who has entered the box cannot see the host's
 *		files any more, and one who has not has no right to the box's mounts
 *		(decision 23 of the design)
 *	worker	asks init for the namespaces of the box (box/join.h), enters them, mounts
 *		what is new, takes away what is to go, ends
 *	keeper	puts the new record in the place of the old one, has the new plan, and
 *		says STEP_EXEC on the line
 *
 * All or nothing: what fails before the worker changes nothing, and a worker that fails
 * takes back what it has mounted before it says STEP_FAILED; then the keeper sets the
 * limits back. What is taken away comes last, when nothing else can fail any more. A
 * worker that is killed has noted how far it got: a second one takes that back, as it
 * does when the new record cannot be put in its place. The box may rename what is above
 * a mount meanwhile: a mount is taken away by its descriptor, or where it is known by its
 * id, never whatever has its name. A client that goes away changes nothing of this. One
 * change at a time.
 */
#ifndef NOOK_BOX_CHANGING_H
#define NOOK_BOX_CHANGING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "plan.h"

struct control_ask;
struct keeper;
struct rest_record;

/** enum change_fd - What comes along with CONTROL_UPDATE, in this order, or nothing */
enum change_fd { CHANGE_LINE, CHANGE_PLAN, CHANGE_WORDS, CHANGE_FDS };

/**
 * struct limit_change - What an update makes of the limits; nothing is in force until all
 * of it has been checked
 * @own:	Those that the keeper watches
 * @limit, @cpuset: Those of the leaf, as in struct record; @is_new: which of them
 */
struct limit_change {
	struct plan_limits own;
	uint64_t limit[LIMIT_COUNT];
	char cpuset[96];
	bool is_new[LIMIT_COUNT];
};

#define CHANGE_MOUNTS_MOST 256 /* new ones in one change, and as many that go */

/** struct change_note - Shared with the worker: how many of the new mounts may be in, and
 * what each is known by (change_id()). It is written before the mount is attached */
struct change_note {
	uint32_t mounted;
	uint64_t mount[CHANGE_MOUNTS_MOST];
};

/**
 * struct changing - The change that is under way; @next NULL = none
 * @worker:	0 = none
 * @undoes:	It takes back what a killed one has left, or what could not be written
 * @why:	That is the reason then
 * @line:	-1 = nobody listens
 * @next:	The new plan, on the heap
 * @updates:	Of the box at rest, as they were before; NULL = it has none
 */
struct changing {
	pid_t worker;
	bool undoes;
	struct err why;
	int line;
	struct plan *next;
	struct limit_change limits;
	struct change_note *note;
	char *updates;
	size_t updates_len;
};

/**
 * changing_start() - Begin a change; the limits of the leaf are set already
 * @fd:	enum change_fd; what it needs it takes
 *
 * Return: 0: it is done or under way, and the line will tell; -1 and @e
 */
int changing_start(struct keeper *k, const struct limit_change *c,
		   const struct control_ask *ask, int *fd, struct err *e);
/** changing_look() - Some child has ended: whether it is the worker */
void changing_look(struct keeper *k);
/** changing_end() - The box ends: kill and wait for the worker */
void changing_end(struct keeper *k);

/** orders_set_limits() - Have limits that were checked and set in the leaf (orders.c) */
void orders_set_limits(struct keeper *k, const struct limit_change *c);
/** orders_reset_leaf() - Give the leaf its old limits back (orders.c) */
void orders_reset_leaf(struct keeper *k, const struct limit_change *c);

/** struct worker - What a worker is told (changing_work.c) */
struct worker {
	const struct plan *old, *next;
	pid_t keeper;
	int init, line, userns;
	struct change_note *note;
};

/** changing_work() - In a fork of the keeper: do it and end; with exit status 0 when all
 * of it is done. It has said why not on the line */
void changing_work(const struct worker *w) __attribute__((noreturn));
/** changing_undo() - The same: take back what @w->note tells of. With exit status 0 where
 * none of these mounts is in the box any more */
void changing_undo(const struct worker *w) __attribute__((noreturn));

#endif

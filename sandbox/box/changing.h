/* SPDX-License-Identifier: GPL-3.0-or-later */
/* changing.h - how a box is changed while it runs
 *
 * Theory of operation. `nook update` plans the change (layer/change.h) and asks with
 * CONTROL_UPDATE. Limits alone need no more than the question. Else three descriptors
 * come along: a *line* on which the answer is given when all is done, the new plan, and
 * the words to be kept for the next start of a box that stays.
 *
 *	keeper	checks everything, sets the limits, writes the new record beside the old
 *		one, starts the process that serves ports where there is to be one, and
 *		the worker. Goes on watching its box meanwhile
 *	worker	a child of the keeper's, which no process of the box can see: it is in no
 *		pid namespace of the box's, not dumpable, and keeps only the descriptors
 *		that it needs
 *	maker	a child of the worker's, in a mount namespace of its own, to an ordinary
 *		user below a user namespace of its own: it makes the trees that are to be
 *		mounted and sends them. One who has entered the box cannot see the host's
 *		files any more, and one who has not has no right to the box's mounts
 *	worker	puts the box on another network (box/changing_link.c), or sets the rates
 *		of its link, by a child in the router; opens ports and hands them on
 *		(box/forward.h)
 *	worker	asks init for the namespaces of the box (box/join.h), enters them, opens
 *		the mounts that are to go and sends them, mounts what is new, ends
 *	keeper	puts the new record in the place of the old one, has the new plan
 *	worker	another one, where there is something to go: takes away mounts, ports and
 *		the address on the old network, ends
 *	keeper	says STEP_EXEC on the line
 *
 * All or nothing: what fails before the worker changes nothing. A worker that fails takes
 * back what it has mounted and notes why; what else it did, for which it would have to be
 * outside again, a second one takes back. Then the keeper sets the limits back, and says
 * STEP_FAILED. A worker that is killed has noted how far it got: the second one takes
 * that back, as it does when the new record cannot be put in its place. Once it is there
 * is no way back: who takes away what is to go, and is killed or fails, is followed by
 * another one, for nothing of that needs to be done only once; where three could not, the
 * line says so, and the next change begins with it. The box may rename what is
 * above a mount meanwhile: a mount is taken away by its descriptor, or where it is known
 * by its id, never whatever has its name. A box that is frozen meanwhile goes on for as
 * long as init has to say the way into it. A client that goes away changes nothing of
 * this. One change at a time.
 */
#ifndef NOOK_BOX_CHANGING_H
#define NOOK_BOX_CHANGING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "netns/net.h"
#include "plan.h"

struct control_ask;
struct forward;
struct keeper;
struct rest_record;
struct router;
struct site_net;

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

/**
 * struct changing_link - What became of the box's link
 * @leased:	It may have an address on the new network, @lease of @def
 * @turned:	It may have another link, or none
 * @rx, @tx:	Bytes towards the box and from it by links that are gone
 */
struct changing_link {
	bool leased, turned;
	struct net_def def;
	struct net_lease lease;
	uint64_t rx, tx;
};

/** struct change_note - Shared with the worker, which writes it before it acts: how many
 * of the new mounts may be in, and what each is known by (change_id()); whether the
 * box's link and ports may be other ones. @why it failed */
struct change_note {
	uint32_t mounted;
	bool wired;
	struct changing_link link;
	uint64_t mount[CHANGE_MOUNTS_MOST];
	struct err why;
};

/** enum changing_phase - What the worker does: what is new; take that back; or, when the
 * record is replaced, what is to go */
enum changing_phase { CHANGE_MAKES, CHANGE_UNDOES, CHANGE_DROPS };

/**
 * struct changing - The change that is under way; @next NULL = none
 * @worker:	0 = none
 * @tries:	How many workers have tried to take away what is to go
 * @failed:	The one that made it has said why not, and left nothing mounted; else it
 *		was killed, or what it did could not be written
 * @follows:	The names of the box may be those of the other network
 * @why:	It is taken back
 * @forwards:	The process that serves ports was started for this
 * @alive:	struct worker.alive, both ends; -1
 * @spots:	From the worker, the mounts that are to go; @gone: those, on the heap
 * @line:	-1 = nobody listens
 * @old, @next:	The plans; @spent: which of them is to be freed, on the heap, or NULL
 * @updates:	Of the box at rest, as they were before; NULL = it has none
 */
struct changing {
	pid_t worker;
	enum changing_phase phase;
	int tries;
	bool failed, forwards, follows;
	struct err why;
	int alive[2], spots[2];
	int line;
	const struct plan *old;
	struct plan *next, *spent;
	int *gone, gone_count;
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
/** changing_again() - Take away what a change in force could not, if there is such */
void changing_again(struct keeper *k);
/** changing_look() - Some child has ended: whether it is the worker */
void changing_look(struct keeper *k);
/** changing_end() - The box ends: kill and wait for the worker */
void changing_end(struct keeper *k);

/** orders_set_limits() - Have limits that were checked and set in the leaf (orders.c) */
void orders_set_limits(struct keeper *k, const struct limit_change *c);
/** orders_reset_leaf() - Give the leaf its old limits back (orders.c) */
void orders_reset_leaf(struct keeper *k, const struct limit_change *c);

/**
 * struct worker - What a worker is told (changing_work.c)
 * @alive:	A pipe: who does has its end for writing, who undoes waits for the end of
 *		all who have that
 * @spots:	Where the mounts that are to go are sent, by who makes; @gone: these, for
 *		who drops, @gone_count of them
 * @store:	The directory of records, @box: id in there, @name: "" = it has none
 */
struct worker {
	const struct plan *old, *next;
	pid_t keeper;
	int init, userns;
	int alive, spots, store;
	const int *gone;
	int gone_count;
	const char *box, *name;
	struct forward *forward;
	bool forwards;
	const struct router *router;
	const struct site_net *net;
	struct change_note *note;
};

/** changing_work() - In a fork of the keeper: do all but take away what is to go, and
 * end; with exit status 0 when that is done. It has noted why not */
void changing_work(const struct worker *w) __attribute__((noreturn));
/** changing_undo() - The same: take back what @w->note tells of. With exit status 0 where
 * none of it is in force any more */
void changing_undo(const struct worker *w) __attribute__((noreturn));
/** changing_drop() - The same: take away what is to go, of which some may be gone
 * already. With exit status 0 where nothing of it is left; it has noted why not */
void changing_drop(const struct worker *w) __attribute__((noreturn));

/** changing_has_mounts() - Whether @next has other mounts */
bool changing_has_mounts(const struct plan *old, const struct plan *next);
/** changing_has_net() - Whether @next has other ports or rates, or another network
 * (changing_net.c) */
bool changing_has_net(const struct plan *old, const struct plan *next);
/** changing_has_drops() - Whether something of the network is to go, when the record is
 * replaced */
bool changing_has_drops(const struct plan *old, const struct plan *next);
/** changing_net() - What is new of these. Return: 0, -1 and @e */
int changing_net(const struct worker *w, struct err *e);
/** changing_net_drop() - What is to go: ports, the old address. Return: 0, -1 and @e */
int changing_net_drop(const struct worker *w, struct err *e);
/** changing_net_back() - Take back what changing_net() may have done. Return: 0; -1 */
int changing_net_back(const struct worker *w);
/** changing_link() - Put the box on another network, or none. Return: 0, -1 and @e */
int changing_link(const struct worker *w, struct err *e);
/** changing_link_lead() - Have its ports lead there. Return: 0, -1 and @e */
int changing_link_lead(const struct worker *w, struct err *e);
/** changing_link_drop() - Give the address on the old network back. Return: 0, -1 and
 * @e */
int changing_link_drop(const struct worker *w, struct err *e);
/** changing_link_back() - Take back what these may have done. Return: 0; -1 */
int changing_link_back(const struct worker *w);

#endif

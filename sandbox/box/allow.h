/* SPDX-License-Identifier: GPL-3.0-or-later */
/* allow.h - names of network.allow: where they lead, in the box's rules and its hosts
 *
 * Theory of operation. The rules of a box name sets, not addresses, where its profile has
 * names (netns/allow.c). The keeper fills them:
 *
 *	allow_open()	starts the process that looks names up (box/lookup.h), and waits
 *			for its first word on each: a name that leads nowhere is an error
 *			while an error costs nothing
 *	allow_put()	a child enters the box's network namespace and loads the sets,
 *			before anything runs in the box
 *	allow_step()	further words: an address that a name leads to may be gone to for
 *			ALLOW_LIVES times network.refresh from then on, and is loaded anew
 *
 * The box finds these names in its /etc/hosts (box/names.h), which needs no server of
 * names: what may ask one can tell it anything. So the box goes where the rules let it,
 * and what a name led to before lives on for connections that are made meanwhile. A name
 * that cannot be looked up any more is said once.
 *
 * The process is believed about addresses and nothing else: who answers for a name says
 * where the box may go, at that port. It cannot name what no name may lead to
 * (net_name_may()): the keeper looks as well.
 */
#ifndef NOOK_BOX_ALLOW_H
#define NOOK_BOX_ALLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct allow_name;
struct err;
struct keeper;
struct text;

/**
 * struct allow - The keeper's side
 * @name:	One for each name of the plan, @count of them
 * @pid:	What looks them up, 0 = nothing; @sock: to it, -1
 * @lost:	It ended before the box, with the raw wait @status
 */
struct allow {
	struct allow_name *name;
	size_t count;
	pid_t pid;
	int sock, status;
	bool lost, said;
};

/** allow_open() - Look the names up, where the plan has any. Must come behind
 * SIDE_BEFORE. Return: 0, -1 and @e */
int allow_open(struct keeper *k, struct err *e);
/** allow_put() - Load what they lead to into the sets of site.net.netns_fd, whether the
 * rules stand there yet or not. Return: 0, -1 and @e */
int allow_put(const struct keeper *k, struct err *e);
/** allow_hosts() - Add lines for /etc/hosts of the box; as many and as long each time */
void allow_hosts(const struct keeper *k, struct text *out);
/** allow_step() - There is word on the socket. Return: whether the lines have changed */
bool allow_step(struct keeper *k);
void allow_close(struct keeper *k);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* lookup.h - the process beside a box that looks up the names of network.allow
 *
 * What a server of names says is read by the libc and whatever nsswitch.conf(5) adds to
 * it: not a thing for a process with rights. So a child of the keeper does it, which
 * first gives up all that it has (box/rights.h) and only says what it found: for every
 * name of the plan, in their order, one datagram, at once and then every network.refresh.
 * It ends with the keeper.
 */
#ifndef NOOK_BOX_LOOKUP_H
#define NOOK_BOX_LOOKUP_H

#include <stdint.h>
#include <sys/types.h>

#include "base/nets.h"
#include "plan.h"

struct err;

#define LOOKUP_MOST 32 /* addresses of a name; more are left out */

/**
 * struct lookup_answer - One datagram
 * @name:	Which of the plan's names, from 0
 * @count:	How many of @at; 0 = none, for the reason @why
 */
struct lookup_answer {
	uint32_t name;
	uint32_t count;
	char why[128];
	struct net_prefix at[LOOKUP_MOST];
};

/** lookup_start() - Start the process. @pid: it. Return: the socket on which it answers,
 * -1 and @e */
int lookup_start(const struct plan *pl, pid_t *pid, struct err *e);

#endif

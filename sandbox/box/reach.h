/* SPDX-License-Identifier: GPL-3.0-or-later */
/* reach.h - try what a running box reaches, from within its network */
#ifndef NOOK_BOX_REACH_H
#define NOOK_BOX_REACH_H

#include <stddef.h>
#include <stdint.h>

#include "base/nets.h"

struct err;
struct record;

/**
 * struct reach - A TCP connection to try
 * @why:	Out: 0 = it was made; errno: ECONNREFUSED = the machine was reached and
 *		nothing listens, ETIMEDOUT = nobody answered in time
 */
struct reach {
	struct net_prefix to;
	uint16_t port;
	int why;
};

#define REACH_MS 2000

/**
 * reach_from() - Try connections from a box, all at once, for at most REACH_MS
 *
 * A child joins the network namespace that the box's keeper holds, and the user namespace
 * that owns it where that is another; nothing of the box runs, and nothing is sent over a
 * connection that is made.
 *
 * Return: 0 with every @why; -1 and @e
 */
int reach_from(const struct record *rec, struct reach *v, size_t count, struct err *e);

#endif

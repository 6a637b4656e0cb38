/* SPDX-License-Identifier: GPL-3.0-or-later */
/* net_reach.h - whether boxes reach something, tried, and in words why not */
#ifndef NOOK_CMD_NET_REACH_H
#define NOOK_CMD_NET_REACH_H

#include "box/reach.h"
#include "cmd/nets.h"

/** reach_check() - `nook net check HOST:PORT --from BOX`: try it and print what came of
 * it. Return: 0 = connected, 1 = not; -1, or -2 for wrong usage, and @e */
int reach_check(struct nets *n, const char *target, const char *box, struct err *e);

#endif

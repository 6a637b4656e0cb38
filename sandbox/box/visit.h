/* SPDX-License-Identifier: GPL-3.0-or-later */
/* visit.h - the client's side of a command that is brought into a box that runs */
#ifndef NOOK_BOX_VISIT_H
#define NOOK_BOX_VISIT_H

#include <stdbool.h>

#include "plan.h"

struct err;
struct record;

/**
 * visit_exec() - Have the keeper of a box run a command in it, and wait for its end
 * @rec:	The box
 * @wish:	A plan of which the command, its variables, its directory, user and
 *		terminal count
 * @keep:	Do not wait: it goes on, without a terminal
 *
 * Meanwhile signals to this process go to the command; a terminal of the command's own is
 * shown on descriptors 0 and 1, else it has 0 to 2 themselves. Must be called with those
 * open (box_sanitize()). When this process is killed, so is the command.
 *
 * Return: exit code as of `nook run`: the command's, 128 + signal, 126 or 127 with @e; -1
 * and @e when nothing ran
 */
int visit_exec(const struct record *rec, const struct plan *wish, bool keep,
	       struct err *e);

#endif

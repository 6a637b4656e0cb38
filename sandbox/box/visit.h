/* SPDX-License-Identifier: GPL-3.0-or-later */
/* visit.h - the client's side of a command, or a look, that comes into a box */
#ifndef NOOK_BOX_VISIT_H
#define NOOK_BOX_VISIT_H

#include <stdbool.h>

#include <sys/types.h>

#include "box/look.h"
#include "plan.h"

struct err;
struct record;

/**
 * struct sight - What was seen of a box that runs
 * @look:	By a process that is in it as a command of `nook exec` would be
 * @pid, @uid, @gid: of that process, as the kernel tells them here
 * @sock:	It lives, to be looked at from outside, until this is closed
 * @line:	Of its session, likewise
 */
struct sight {
	struct look look;
	pid_t pid;
	uid_t uid;
	gid_t gid;
	int sock, line;
};

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

/** visit_look() - Have the keeper of a box send somebody in to look, and wait for what
 * that one says, at most 5 s (visit_look.c). @box: its plan. Return: 0, visit_look_end();
 * -1 and @e, nothing to end */
int visit_look(const struct record *rec, const struct plan *box, struct sight *s,
	       struct err *e);
/** visit_look_end() - Let that process end */
void visit_look_end(struct sight *s);

#endif

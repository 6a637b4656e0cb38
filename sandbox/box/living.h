/* SPDX-License-Identifier: GPL-3.0-or-later */
/* living.h - runs of boxes that stay: in the foreground or in the background */
#ifndef NOOK_BOX_LIVING_H
#define NOOK_BOX_LIVING_H

#include "box/box.h"

/**
 * living_run() - box_run() for a box at rest
 * @w:	Its @rest is held by the caller
 *
 * Afterwards the box's record says how it ended, or is as it was where its command never
 * ran. Return: 0, @res and @e as box_run() has them; -1 and @e: that it could not be
 * written
 */
int living_run(const struct box_wish *w, struct result *res, struct err *e);

/**
 * living_start() - The same in a process of its own, in the background
 * @w:		As above. @log and @tell are the process's own
 *
 * The process is the keeper, in a session of its own with /dev/null for its descriptors 0
 * to 2; what the command writes goes to the box's log. It has the lock, too: the caller
 * closes the box. One that is passing is removed when it ends. Return: 0 once the
 * command runs; 137 and @e: the keeper was killed and the command may have run, which the
 * record says too; else nook's exit code (125, 126, 127) and @e: nothing is left of the
 * run then, and the caller still holds the box
 */
int living_start(const struct box_wish *w, struct err *e);

#endif

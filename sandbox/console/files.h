/* SPDX-License-Identifier: GPL-3.0-or-later */
/* files.h - what the commands of a draft change, as long as the draft is there
 *
 * Theory of operation. Each command of a draft runs in a box made anew, but the uppers of
 * its overlays are the draft's: a box at rest without a name (rest_create()), which this
 * process holds by its lock. It is made when the first command runs that has overlays,
 * is there before anything is changed, and goes with the draft; what a killed console
 * leaves is swept by who comes next, since nobody holds the lock any more. It lies in
 * memory where that can be: the end of each box would wait for a disk.
 *
 * What an upper holds belongs to a tree and to a map of ids. A draft in which one of the
 * two is another has files of before that mean nothing there, so its next command begins
 * with none; until then `undo` has them back. To look at a draft (`add`, `view`) needs no
 * files: words cost what they did.
 */
#ifndef NOOK_CONSOLE_FILES_H
#define NOOK_CONSOLE_FILES_H

#include <stdbool.h>

#include "box/rest.h"

struct console;
struct draft;
struct err;
struct files;
struct profile;
struct text;

/**
 * files_for_run() - The files of the draft at hand for a command of this profile
 * @pf:		Is told to keep what its overlays change, where it would discard that
 * @rest:	Holds them; NULL = nothing lasts, because there is no overlay
 *
 * What had to be thrown away is said on stderr. Return: 0, -1 and @e
 */
int files_for_run(struct console *c, struct profile *pf, struct rest **rest,
		  struct err *e);
/** files_are_old() - Whether a draft has files, and a command of @pf would not see them
 */
bool files_are_old(const struct draft *d, const struct profile *pf);
/** files_copy() - Give @to, which has none, a copy of those of the draft at hand. Return:
 * 0, -1 and @e */
int files_copy(struct console *c, struct draft *to, struct err *e);
/** files_forget() - Remove them */
void files_forget(struct draft *d);
/** files_snapshot() - Copy them under a tag, or list the tags where that is NULL. Return:
 * 0, -1 and @e */
int files_snapshot(struct console *c, const char *tag, struct err *e);
/** files_rollback() - Put those of a snapshot in their place, or none at all for NULL.
 * Return: 0, -1 and @e */
int files_rollback(struct console *c, const char *tag, struct err *e);
/** files_diff() - Print what was changed at or below @paths, all for none. Return: 0, -1
 * and @e */
int files_diff(const struct draft *d, char *const *paths, size_t count, struct err *e);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* apply.h - make changes true in the trees below them, or forget them; box at rest only
 * */
#ifndef NOOK_CHANGES_APPLY_H
#define NOOK_CHANGES_APPLY_H

#include <stdbool.h>

#include "changes/applied.h"
#include "changes/copy.h"
#include "changes/walk.h"

/**
 * struct apply - One application, or one discarding: zeroed but for the first members
 * @dir:	The directory of changes
 * @force:	Overwrite what changed in the lower tree since the box began
 * @trust:	Make what has FLAGS_TRUST too
 * @left:	Changes that stayed; the caller counts those that it does not hand over
 */
struct apply {
	int dir;
	bool force;
	bool trust;
	unsigned long left;
	const struct manifest_tree *tree;
	int top; /* of the lower tree, while @tree is set */
	struct twins twins;
	struct applied applied;
	bool has_applied; /* @applied was read */
	bool has_found;	  /* @twins has the unchanged files of @tree with several names */
	size_t room;	  /* bytes that those may still take */
	bool held;	  /* apply_sweep() is wanted */
	ino_t made;	  /* the last file that was made */
	int depth;
	unsigned long left_at[WALK_DEEPEST + 2];
};

/**
 * apply_change() - Make one change true, from walk_changes()' each
 *
 * A file is made whole beside its place, with owner, mode, attributes and time, or as
 * another name of a file that lies below already, and then renamed to it, so that each
 * path is done or as it was. What is done is gone from the
 * upper. A directory gets its attributes by apply_leave(), when all in it is done.
 *
 * Return: 0; -1 and @e where it could not be done: nothing has changed, and what is below
 * must be left out
 */
int apply_change(struct apply *a, const struct change *c, struct err *e);
/** apply_leave() - walk_changes()' leave, for directories whose apply_change() was 0, and
 * for those on the way, for which apply_pass() was called. @own: this directory's own
 * change is wanted. Return: 0, -1 and @e */
int apply_leave(struct apply *a, const struct change *c, bool own, struct err *e);
/** apply_sweep() - After a walk that set @a->held: unchanged files that stayed there
 * for the sake of their other names go out of the upper, where those are done */
void apply_sweep(const struct apply *a, const struct manifest *m);
/** apply_pass() - A directory on the way to changes that are wanted */
void apply_pass(struct apply *a);
/** apply_discard() - Take one change, with all that is below it, out of the upper.
 * Return: 0, -1 and @e */
int apply_discard(const struct apply *a, const struct change *c, struct err *e);
void apply_release(struct apply *a);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* upper.h - the directory on disk that holds a box's changes where a tmpfs cannot */
#ifndef NOOK_BOX_UPPER_H
#define NOOK_BOX_UPPER_H

struct err;
struct plan;
struct store;

/**
 * upper_make() - Make this box's directory below plan.tree.upper_dir
 * @st:	The box's record: the path is written there before anything is made
 *
 * The directory above must be the caller's own and writable for nobody else. Return:
 * descriptor, -1 with *@e set on failure; -1 without where the plan asks for none
 */
int upper_make(const struct plan *pl, struct store *st, struct err *e);
/** upper_remove() - Remove such a directory and all in it; "" and an absent one are fine.
 * Follows no symlink and needs no depth, whatever the box made in it. Return: 0 when it
 * is gone, -1 */
int upper_remove(const char *path);
/** upper_clear() - The same, and what other ids of the plan own goes as well: that takes
 * a user namespace with its map. @pl may be NULL. Return: 0 when it is gone, -1 */
int upper_clear(const char *path, const struct plan *pl);

#endif

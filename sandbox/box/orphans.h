/* SPDX-License-Identifier: GPL-3.0-or-later */
/* orphans.h - end what a box without a pid namespace leaves running */
#ifndef NOOK_BOX_ORPHANS_H
#define NOOK_BOX_ORPHANS_H

#include <stdbool.h>

/**
 * orphans_adopt() - Make what loses its parent below this process a child of its own
 *
 * Return: a descriptor for orphans_end(), or -1 where this process has children already
 * (of the program that it was before exec: their orphans are none of ours), or where
 * there is no /proc to see children in. Nothing is adopted then.
 */
int orphans_adopt(void);

/**
 * orphans_end() - Kill and wait for every child, and for what they leave to this process
 * @children:	from orphans_adopt()
 *
 * A child is ours until it is waited for, so that no number can mean another process by
 * then. What forks faster than it is found is given up after ten seconds.
 *
 * Return: whether none is left.
 */
bool orphans_end(int children);

#endif

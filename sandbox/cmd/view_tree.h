/* SPDX-License-Identifier: GPL-3.0-or-later */
/* view_tree.h - `nook view --tree`: this machine, its networks and their boxes */
#ifndef NOOK_CMD_VIEW_TREE_H
#define NOOK_CMD_VIEW_TREE_H

#include <stdbool.h>

struct err;
struct text;

/** view_tree() - The caller's networks and boxes, those at rest too, with the layers of
 * each: drawn as a tree, or as JSON. Return: 0, -1 and @e; where @out is not empty a
 * network could not be read, and the others are in there */
int view_tree(bool json, struct text *out, struct err *e);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* remove.h - remove trees that others made, of any depth, without following a link */
#ifndef NOOK_CHANGES_REMOVE_H
#define NOOK_CHANGES_REMOVE_H

/** remove_below() - Remove everything in the directory @top. Return: 0, -1 and errno
 * where something stayed */
int remove_below(int top);
/** remove_name() - Remove @name in @dir, whatever it is; an absent one is fine. Return:
 * 0, -1 and errno */
int remove_name(int dir, const char *name);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* remove.h - remove trees that others made, of any depth, without following a link */
#ifndef NOOK_CHANGES_REMOVE_H
#define NOOK_CHANGES_REMOVE_H

#include <stddef.h>

/** remove_below() - Remove everything in the directory @top. Return: 0, -1 and errno
 * where something stayed */
int remove_below(int top);
/** remove_name() - Remove @name in @dir, whatever it is; an absent one is fine. Return:
 * 0, -1 and errno */
int remove_name(int dir, const char *name);
/** remove_made() - The same where others may still be making files in it: as much is
 * removed as a tree of @count names takes, whoever made them. Return: 0; -1 and errno,
 * EBUSY: there are more */
int remove_made(int dir, const char *name, size_t count);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* kept.h - the changes that a box at rest has kept, as commands find them */
#ifndef NOOK_CMD_KEPT_H
#define NOOK_CMD_KEPT_H

#include <stdbool.h>

#include "box/rest.h"
#include "changes/manifest.h"

struct err;

/**
 * struct kept - An open box and its changes
 * @dir:	The directory of changes; -1 = it has never had any
 * @m:		Empty then
 */
struct kept {
	struct rest_area area;
	struct rest rest;
	int dir;
	struct manifest m;
};

/** kept_open() - Open the changes of a box. @change: they are to be changed, so the box
 * must not run and is held until kept_release(). Return: 0; -1 and @e, nothing to release
 * */
int kept_open(struct kept *k, const char *name, bool change, struct err *e);
void kept_release(struct kept *k);

/** kept_copy() - Copy the changes into the empty directory @to. Return: 0, -1 and @e */
int kept_copy(const struct kept *k, int to, struct err *e);
/** kept_snapshot() - Copy them under a tag, or list the tags for NULL (snapshot.c).
 * Return: 0; -1 or -2 and @e */
int kept_snapshot(const struct kept *k, const char *tag, struct err *e);
/** kept_rollback() - Put those of a tag in their place. Return: 0; -1 or -2 and @e */
int kept_rollback(const struct kept *k, const char *tag, struct err *e);

#endif

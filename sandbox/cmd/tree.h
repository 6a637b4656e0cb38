/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tree.h - make a small root: `nook tree make`, and who needs one for a while */
#ifndef NOOK_CMD_TREE_H
#define NOOK_CMD_TREE_H

#include <stdbool.h>
#include <stddef.h>

#include "cmd/closure.h"

struct err;
struct text;

/**
 * struct tree_wish - What a root is made of
 * @dir:	Made where it is absent; empty, or @force adds to it
 * @files:	What is copied (tree_gather()); its first is busybox, or @programs of them
 *		were asked for
 */
struct tree_wish {
	const char *dir;
	const struct closure *files;
	size_t programs;
	bool force;
};

/** tree_gather() - Find what programs need: those of @with, NULL-terminated, or busybox
 * where there are none. Return: 0, -1 and @e */
int tree_gather(const char *const *with, struct closure *c, struct err *e);
/** tree_make() - Make the root. @said: gets what it holds, "3 programs, 10 files".
 * Return: 0, or -1 and @e, with what was made so far left there */
int tree_make(const struct tree_wish *w, struct text *said, struct err *e);

#endif

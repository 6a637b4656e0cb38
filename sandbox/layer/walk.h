/* SPDX-License-Identifier: GPL-3.0-or-later */
/* walk.h - find and make mount points in a tree that an attacker may have written */
#ifndef NOOK_LAYER_WALK_H
#define NOOK_LAYER_WALK_H

#include <stdbool.h>
#include <sys/types.h>

/** enum walk_make - What to make where the target is absent */
enum walk_make { WALK_MUST, WALK_DIR, WALK_FILE };

/**
 * walk_open() - O_PATH descriptor of a target below a root
 * @root:	Descriptor of the root that @target is inside of
 * @target:	Absolute path inside; resolved as if @root were '/', magic links refused
 * @make:	What to make where it is absent, with all directories above it
 * @no_links:	A symlink anywhere in @target is ELOOP
 *
 * What it makes is made one component at a time below a descriptor and never through a
 * symlink, so nothing comes into being outside of @root however the tree is changed
 * meanwhile (FS-10, FS-11).
 *
 * Return: descriptor, or -1 with errno
 */
int walk_open(int root, const char *target, enum walk_make make, bool no_links);

#endif

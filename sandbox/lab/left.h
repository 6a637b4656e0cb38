/* SPDX-License-Identifier: GPL-3.0-or-later */
/* left.h - what a lab could leave behind */
#ifndef NOOK_LAB_LEFT_H
#define NOOK_LAB_LEFT_H

#include "lab/lab.h"

struct text;

/**
 * left_find() - Add what is there of a lab and of boxes, a line each: processes with
 * NOOK_LAB=ID in their environment, boxes and networks of the lab's names, $LAB, and what
 * is nook's by its name: mounts, links, cgroups
 * @dir:	$LAB
 *
 * Before a lab is begun this is what others have; behind its end it must be the same.
 */
void left_find(const struct lab *l, const char *dir, struct text *out);
/** left_more() - The lines of @after that @before has not */
void left_more(const struct text *before, const struct text *after, struct text *out);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* carry.h - the client's side of a copy between the host and a box */
#ifndef NOOK_BOX_CARRY_H
#define NOOK_BOX_CARRY_H

#include "box/box.h"
#include "box/copier.h"

struct err;
struct plan;
struct record;

/**
 * struct carry - One copy
 * @order:	What is to be done in the box; `magic` and `size` are filled in
 * @path:	On the host; NULL = the stream itself, on descriptor 0 or 1
 * @name:	In: its name in the stream, NULL = only what is in the directory
 * @box:	Name of the box, for messages
 * @rec:	The box, where it runs; else
 * @wish:	how to build it; its @copy is filled in, and its @rest is held
 * @plan:	Of the box
 */
struct carry {
	struct copy_order order;
	const char *path, *name, *box;
	const struct record *rec;
	struct box_wish *wish;
	const struct plan *plan;
};

/**
 * carry_files() - Copy, and wait for both ends
 *
 * Must be called with descriptors 0 to 2 open and no other of worth (box_sanitize()). A
 * signal that asks to end makes both ends take away what they have half made.
 *
 * Return: 0; 128 + signal where one ended it; -1 and @e
 */
int carry_files(struct carry *c, struct err *e);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* boxes.h - the living boxes, as `ps`, `stats` and `top` show them */
#ifndef NOOK_CMD_BOXES_H
#define NOOK_CMD_BOXES_H

#include "box/store.h"

struct err;
struct text;

/** struct living - One box; its plan is on the heap */
struct living {
	struct record rec;
	struct plan *plan;
};

/** struct boxes - Some boxes, oldest first */
struct boxes {
	struct living *v;
	size_t count;
};

/** boxes_all() - Every living box of the caller. Return: 0, -1 and @e */
int boxes_all(struct boxes *b, struct err *e);
/** boxes_named() - Those that the words mean (store_pick()), in that order. Return: 0,
 * -1 and @e */
int boxes_named(struct boxes *b, char **words, size_t count, struct err *e);
void boxes_release(struct boxes *b);

/* What columns of several listings show */
void box_command(const struct plan *pl, struct text *out);
/** box_is_stopped() - Whether its keeper is stopped by a signal, and answers nobody */
bool box_is_stopped(const struct record *rec);
/** box_status() - "running", "paused", "at limit", "keeper stopped" */
const char *box_status(const struct record *rec);

#endif

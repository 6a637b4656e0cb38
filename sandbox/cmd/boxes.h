/* SPDX-License-Identifier: GPL-3.0-or-later */
/* boxes.h - the living boxes, as `ps`, `stats` and `top` show them */
#ifndef NOOK_CMD_BOXES_H
#define NOOK_CMD_BOXES_H

#include "box/rest.h"
#include "box/store.h"

struct err;
struct text;

/**
 * struct living - One box
 * @plan:	On the heap
 * @is_resting:	It does not run: of @rec only id, name, start and limits are set
 * @state:	Of one at rest
 * @exit_code:	Of one that was stopped, else -1; @cause: where it has one, why
 */
struct living {
	struct record rec;
	struct plan *plan;
	bool is_resting;
	enum rest_state state;
	int exit_code;
	enum cause cause;
};

/** struct boxes - Some boxes, oldest first */
struct boxes {
	struct living *v;
	size_t count;
};

/** boxes_all() - Every living box of the caller. Return: 0, -1 and @e */
int boxes_all(struct boxes *b, struct err *e);
/** boxes_resting() - Add those that do not run, by name. Return: 0, -1 and @e */
int boxes_resting(struct boxes *b, struct err *e);
/** boxes_named() - Those that the words mean (box_pick()), in that order. Return: 0,
 * -1 and @e */
int boxes_named(struct boxes *b, char **words, size_t count, struct err *e);
void boxes_release(struct boxes *b);

/* What columns of several listings show */
void box_command(const struct plan *pl, struct text *out);
/** box_is_stopped() - Whether its keeper is stopped by a signal, and answers nobody */
bool box_is_stopped(const struct record *rec);
/** box_kill() - Send its command a signal; KILL ends the box and waits for that (kill.c):
 * it may have ended before. Return: 0, -1 and @e */
int box_kill(const struct living *box, int sig, struct err *e);
/** box_status() - "running", "paused", "at limit", "keeper stopped" */
const char *box_status(const struct record *rec);
/** living_rest() - Fill in how a box at rest is */
void living_rest(struct living *box, const struct rest *r, enum rest_state state);
/** living_status() - What a person reads: box_status(), "created", "stopped (3)",
 * "stopped (124, wall)" where a limit was it, ... */
void living_status(const struct living *box, struct text *out);
/** living_status_name() - The same for a program: "created", "stopped", "lost", ... */
const char *living_status_name(const struct living *box);
/** living_cause() - Why one at rest has ended: cause_name(); NULL = not known */
const char *living_cause(const struct living *box);
/** living_colour() - ECMA-48 sequence for the status, NULL = none */
const char *living_colour(const struct living *box);
/** box_pick() - store_pick(), which where it finds none says so of one at rest */
struct plan *box_pick(const char *word, struct record *rec, struct err *e);

#endif

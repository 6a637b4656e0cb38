/* SPDX-License-Identifier: GPL-3.0-or-later */
/* stack.h - the layers of a draft by name: what `add` and `drop` set in the profile
 *
 * A layer of the console is what a person puts on in one word: often one namespace, at
 * times the keys around it too (`net veth`), or a wall that is no namespace (`caps`).
 */
#ifndef NOOK_CONSOLE_STACK_H
#define NOOK_CONSOLE_STACK_H

#include <stdbool.h>
#include <stddef.h>

#include "console/draft.h"

struct err;
struct text;

/**
 * struct brick - One layer; a row without a name ends the table
 * @name:	As in `add NAME`
 * @usage:	What may follow, "" = nothing
 * @words:	What its first word completes to, separated by blanks, or NULL
 * @help:	What it separates: one line, lower case, no full stop
 * @about:	The layer of `explain` that has it
 */
struct brick {
	const char *name;
	const char *usage;
	const char *words;
	const char *help;
	const char *about;
};

/** brick_at() - The @i-th, NULL behind the last */
const struct brick *brick_at(size_t i);
/** brick_find() - By name. Return: NULL and @e, which names the nearest */
const struct brick *brick_find(const char *name, struct err *e);
/** brick_meant() - The layer that separates what @word names ("hostname": uts), NULL for
 * others */
const char *brick_meant(const char *word);
/** brick_is_in() - Whether the profile has it */
bool brick_is_in(const struct brick *b, const struct profile *pf);

/**
 * stack_add() - What `add` with these words sets
 * @pf:		What the draft is now
 * @can:	Whether the caller may make namespaces without one of users
 * @argv:	Layers, each followed by its own words; NULL at the end
 *
 * Return: 0 and values added to @s; -1, or -2 for wrong usage, and @e
 */
int stack_add(const struct profile *pf, bool can, char *const *argv, struct step *s,
	      struct err *e);
/** stack_drop() - The same for `drop`: the layers' names alone */
int stack_drop(const struct profile *pf, char *const *argv, struct step *s,
	       struct err *e);
/** stack_names() - "user pid root", in the order of the table */
void stack_names(const struct profile *pf, struct text *out);

#endif

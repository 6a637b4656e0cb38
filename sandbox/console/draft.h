/* SPDX-License-Identifier: GPL-3.0-or-later */
/* draft.h - a box that is being thought about: what was said, and what it amounts to
 *
 * Theory of operation. A draft is a list of steps, each with the words that made it and
 * the values that these set in the profile. What the draft is follows from the steps
 * alone: they are laid over the profile that it began with, or over a process without
 * any wall, in the order in which they were said, and later ones win. So to take a word
 * back is to look at one step less, and nothing has to be undone. Steps that were taken
 * back stay until another word is said: redo goes there. `branch` copies the list.
 */
#ifndef NOOK_CONSOLE_DRAFT_H
#define NOOK_CONSOLE_DRAFT_H

#include <stdbool.h>
#include <stddef.h>

#include "cmd/facts.h"
#include "profile/profile.h"

struct err;
struct files;
struct text;

#define EDIT_MOST 48 /* values that one word sets */
/* Where a value comes from that no word said: a process without walls has it */
#define NATURAL "new"

/** struct edit - One value of one word: a key as in struct option_wish, and its value;
 * both on the heap */
struct edit {
	char *key;
	char *value;
};

/** struct step - One word that changed the draft */
struct step {
	char *words; /* as they would be typed */
	struct edit edit[EDIT_MOST];
	size_t count;
};

/**
 * struct draft - One draft
 * @from:	The profile it began with, or NULL: a process without walls
 * @step:	Said so far; the first @used of them count, the others were taken back
 * @started:	A box of its name was made of it in this session
 * @facts:	As last seen, where @seen
 * @files:	What its commands have changed, NULL = nothing (console/files.h)
 */
struct draft {
	char name[65];
	char *from;
	struct step *step;
	size_t used, count;
	bool seen, started;
	struct facts facts;
	struct files *files;
	struct draft *next;
};

/** draft_new() - From a profile, or NULL. Return: NULL when memory ran out */
struct draft *draft_new(const char *name, const char *from);
/** draft_copy() - The same under another name. Return: NULL when memory ran out */
struct draft *draft_copy(const struct draft *d, const char *name);
void draft_free(struct draft *d);

/** step_release() - Free what it holds; it is an empty one again */
void step_release(struct step *s);
/** step_set() - One more value. Return: 0, -1 and @e */
int step_set(struct step *s, const char *key, const char *value, struct err *e);
/** draft_push() - Say one more word, which the draft takes over; what was taken back is
 * forgotten. Return: 0, -1 and @e (then @s is empty too) */
int draft_push(struct draft *d, struct step *s, struct err *e);
/**
 * draft_options() - The same for a command line: calls @each with "KEY=VALUE" for every
 * value, in order, to be laid over the profile that it began with, or base
 *
 * Return: 0, -1 and @e
 */
int draft_options(const struct draft *d, void (*each)(const char *pair, void *arg),
		  void *arg, struct err *e);

/**
 * draft_profile() - What the draft amounts to
 * @more:	With this word besides, or NULL
 * @command:	In place of its command, or NULL
 * @pf:		Free with profile_free()
 *
 * Return: 0; -1, or -2 where @more has a wrong value, and @e
 */
int draft_profile(const struct draft *d, const struct step *more, char *const *command,
		  struct profile **pf, struct err *e);

#endif

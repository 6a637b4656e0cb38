/* SPDX-License-Identifier: GPL-3.0-or-later */
/* review.h - `nook run --review`: what the command changed is shown, and made true or not
 * */
#ifndef NOOK_CMD_REVIEW_H
#define NOOK_CMD_REVIEW_H

#include <stdbool.h>

#include "base/err.h"
#include "cmd/cmd.h"

struct box_end;
struct plan;
struct profile;

/* The options that go with it */
#define REVIEW_OPTIONS                                                                  \
	{ .name = "review", .key = "root.changes", .fixed = "keep",                     \
	  .help = "show afterwards what was changed, and ask whether to apply it" },    \
	{ .name = "yes", .help = "--review: apply it all where the command succeeded" }, \
	{ .name = "no", .help = "--review: show it and apply nothing" }

/**
 * struct review - A review to come
 * @wanted:	There is one
 * @tty:	Where to ask, or -1: --yes or --no answers
 * @yes:	The answer then
 * @failed:	Something that was wanted could not be made true, as @err says
 */
struct review {
	bool wanted, yes, quiet, failed;
	int tty;
	struct err err;
};

/** review_open() - Read the options; with a terminal, or an answer. Return: 0; -1 and @e;
 * -2 and @e for wrong usage */
int review_open(const struct args *a, struct review *rv, struct err *e);
/** review_profile() - The current directory, which dev hands in, is reviewed like all
 * else: an overlay takes the place of its bind */
void review_profile(struct profile *pf);
/** review_warn() - Say which places the command changes for real all the same */
void review_warn(const struct review *rv, const struct plan *pl);
/** review_at_end() - box_wish.at_end; @review: struct review */
void review_at_end(const struct box_end *end, void *review);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* summary.h - what a plan means to a person: what is separate, shared, writable */
#ifndef NOOK_CMD_SUMMARY_H
#define NOOK_CMD_SUMMARY_H

#include <stddef.h>

#include "plan.h"

/** enum fate - What becomes of what is written at a place of the box's tree */
enum fate {
	FATE_STAYS,	/* it is the host's own place */
	FATE_DISCARDED, /* the host's files, changes thrown away at the end */
	FATE_KEPT,	/* the same, changes kept with a named box */
	FATE_FRESH,	/* empty at the start, gone at the end */
	FATE_READONLY,	/* the host's files, refused */
	FATE_HIDDEN,	/* something empty lies over it */
	FATE_COUNT
};

struct place {
	const char *path; /* inside; points into the plan */
	enum fate fate;
};

struct places {
	struct place *v;
	size_t count;
};

/** places_of() - Where the box's tree comes from and what becomes of changes, in the
 * order of the plan, without /proc, /sys and /dev. Free with places_release() */
void places_of(const struct plan *pl, struct places *out);
void places_release(struct places *p);
/** workdir_seen() - The directory that the command starts in: the plan's, or "/" where
 * that is not in the box's tree and the plan does not insist */
const char *workdir_seen(const struct plan *pl);
/** summary_shows() - Whether the box shows @dir of the host, at the same place */
bool summary_shows(const struct plan *pl, const char *dir);
/** fate_name() - The same as one word for programs */
const char *fate_name(enum fate f);

/** struct separation - One thing that a namespace separates */
struct separation {
	uint64_t flag;	      /* CLONE_NEW* */
	const char *name;     /* as in `namespaces` */
	const char *separate; /* what the box has of its own */
	const char *shared;   /* what it shares without */
};

/** separations() - All of them; a NULL name ends the table */
const struct separation *separations(void);
/** is_separate() - Whether the plan has this namespace */
bool is_separate(const struct plan *pl, const struct separation *s);

/** summary_words() - The head of `nook explain PROFILE` */
void summary_words(const struct plan *pl, struct text *out);

/** words_wrap() - Add @s broken at blanks into lines of at most 80 columns, each behind
 * @indent blanks; the first line goes on at column @used */
void words_wrap(struct text *out, const char *s, int indent, int used);

#endif

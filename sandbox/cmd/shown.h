/* SPDX-License-Identifier: GPL-3.0-or-later */
/* shown.h - changes of a box as people and programs read them, and as they are applied */
#ifndef NOOK_CMD_SHOWN_H
#define NOOK_CMD_SHOWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "changes/apply.h"
#include "changes/walk.h"

struct err;

enum show_how {
	SHOW_LIST, /* a line for each, by directory, and how many there are */
	SHOW_STAT, /* only how many there are */
	SHOW_TEXT, /* unified differences of text, by diff(1) */
	SHOW_JSON,
};

/**
 * struct shown - What to show, and what was
 * @fd:		Where it goes
 * @paths:	Only what is at or below one of these @count paths; none = all
 * @added, @modified, @deleted, @unknown: How many there were
 * @trust:	How many of them have FLAGS_TRUST
 * @bytes:	In the files that were added or modified
 */
struct shown {
	enum show_how how;
	int fd;
	char *const *paths;
	size_t count;
	unsigned long added, modified, deleted, unknown, trust;
	uint64_t bytes;
	struct text out, group;
	struct err *e;
};

/** shown_print() - Walk the changes in @dir and print them to @s->fd. Return: 0, -1 and
 * @e */
int shown_print(int dir, const struct manifest *m, struct shown *s, struct err *e);
/** shown_total() - How many changes a walk has shown */
unsigned long shown_total(const struct shown *s);
/** shown_line() - One change in a line, without its end: kind, path, size, owner, mode
 * and what is to be looked at twice */
void shown_line(const struct change *c, const char *name, struct text *out);
/** shown_text() - The differences of one file, by diff(1). Return: 0, -1 and @e */
int shown_text(const struct change *c, struct text *out, struct err *e);

/** enum shown_fit - How a path lies to those that are wanted */
enum shown_fit {
	FIT_OUT,  /* neither */
	FIT_WAY,  /* above one of them */
	FIT_WANT, /* one of them, or below it */
};

/** shown_fit() - How @path lies to @paths; none of them = all is wanted */
enum shown_fit shown_fit(const char *path, char *const *paths, size_t count);
/** shown_paths() - Whether all @paths are absolute and normal. Return: 0, -2 and @e */
int shown_paths(char *const *paths, size_t count, struct err *e);

/** shown_there() - Whether all @paths are, or were, in a tree of @m or above one; @dir is
 * the directory of changes, -1 = there are none yet. Return: 0, -1 and @e */
int shown_there(int dir, const struct manifest *m, char *const *paths, size_t count,
		struct err *e);

/** enum answer - What a person says to one change, with what is below it */
enum answer {
	ANSWER_NO,
	ANSWER_YES,
	ANSWER_ALL,  /* yes, and to the rest */
	ANSWER_QUIT, /* no, and to the rest */
	ANSWER_NONE, /* the person went away: no change is wanted */
};

/**
 * struct applying - What to apply or discard
 * @apply:	force and trust as they are wanted
 * @paths:	As in struct shown
 * @discard:	Forget instead of making true
 * @ask:	Asked for each change before the first is made true; NULL = all
 *		are wanted
 * @done:	How many changes were made true, or forgotten
 * @failed:	How many could not be
 * @say:	Their reasons, a line each
 */
struct applying {
	struct apply apply;
	char *const *paths;
	size_t count;
	bool discard;
	enum answer (*ask)(const struct change *c, void *arg);
	void *arg;
	unsigned long done, failed;
	struct text say;
	struct text answers; /* 'y' or 'n', path and '\0' for each that was asked for */
	size_t next;	     /* in @answers: behind the last one that was looked up */
	size_t inside;	     /* in @answers: the last path with a yes, and all below; 0 */
	bool rest;	     /* those that were not asked for are wanted */
};

/** applying_run() - Do it. When nothing is left the changes begin anew from now.
 * Return: 0, also where some failed; 1 = ANSWER_NONE, nothing was done; -1 and @e */
int applying_run(int dir, struct manifest *m, struct applying *ap, struct err *e);
void applying_release(struct applying *ap);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cards.h - which questions come again when: a plain text file that people can edit
 *
 * Theory of operation. A wrong answer brings a question to step 1, and it comes again
 * after a day; a right one on the day it is due or later to the next step: after 3 days,
 * after 7, and then it is known. One that is right at once is known. The file is read
 * whole under a lock on its directory that is held until the end, and written anew after
 * each answer, beside it and then in its place: what was answered is kept whatever ends
 * the program. A line that is damaged is an error, and nothing is written then. Lines of
 * questions that the quiz file does not have stay, and so do comments, in front.
 */
#ifndef NOOK_QUIZ_CARDS_H
#define NOOK_QUIZ_CARDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

struct err;

#define CARD_STEPS 3  /* on the way from wrong to known */
#define DAY_SIZE   11 /* "2026-11-22" with the NUL */

/**
 * struct card - What is known of one question
 * @step:	1 to CARD_STEPS: it comes again on @due; 0 = known
 * @due:	Days since 1970-01-01
 * @asked, @wrong: How often in all
 */
struct card {
	char id[65];
	unsigned int step;
	int due;
	unsigned int asked, wrong;
};

/** struct cards - The file; @dir: -1 = there is none yet, and none is to be made */
struct cards {
	int dir;
	struct text path, comments;
	struct card *v;
	size_t count, room;
};

/** day_today() - Days since 1970-01-01, by the local clock */
int day_today(void);
/** day_parse() - "2026-11-22", from 1970 to 9999. Return: 0, -1 */
int day_parse(const char *s, int *day);
/** day_print() - The same back; "-" for what is no day */
void day_print(int day, char out[DAY_SIZE]);

/** cards_open() - Read $XDG_STATE_HOME/nook/quiz/review, by default below
 * ~/.local/state; @write: make the directory and lock it. Return: 0; -1 and @e, nothing
 * to close */
int cards_open(struct cards *c, bool write, struct err *e);
/** cards_parse() - Lines of such a file, @file its name in errors. Pure. Return: 0; -1
 * and @e, "FILE:LINE: ..." */
int cards_parse(struct cards *c, const char *file, const char *text, struct err *e);
void cards_close(struct cards *c);
/** cards_find() - The card of a question, NULL where it was never asked */
const struct card *cards_find(const struct cards *c, const char *id);
/** cards_answer() - Enter an answer that was given @today, and write the file. Return:
 * 0, -1 and @e */
int cards_answer(struct cards *c, const char *id, bool right, int today, struct err *e);
/** cards_text() - The file as it is to be written */
void cards_text(const struct cards *c, struct text *out);

#endif

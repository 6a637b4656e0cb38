/* SPDX-License-Identifier: GPL-3.0-or-later */
/* lesson.h - what the words of `nook lab` work on: the labs, the progress, the lab at
 * hand */
#ifndef NOOK_LAB_LESSON_H
#define NOOK_LAB_LESSON_H

#include "base/err.h"
#include "base/text.h"
#include "cmd/cmd.h"
#include "lab/diary.h"
#include "lab/lab.h"
#include "lab/needs.h"
#include "lab/play.h"

/**
 * struct lesson - One command
 * @set:	All labs, where lesson_find() was called
 * @now:	The lab at hand, where @is_on; else its id is ""
 * @lab:	It, read; NULL where @why says what is wrong with its file
 * @dir:	Its $LAB
 * @needs:	What was found of this machine
 * @has_cleared: A start that was broken off was cleared away
 */
struct lesson {
	struct diary diary;
	struct lab_set set;
	struct current now;
	bool is_on, has_cleared;
	struct lab *lab;
	struct err why;
	struct text dir;
	struct needs needs;
};

#define auto_lesson __attribute__((cleanup(lesson_close))) struct lesson

/** lesson_open() - Read progress and the lab at hand, and clear away one whose start was
 * broken off. @write: something will be written. Return: 0, -1 and @e */
int lesson_open(struct lesson *s, bool write, struct err *e);
void lesson_close(struct lesson *s);
/** lesson_find() - Look for labs, by the --from of @a. Return: 0, -1 and @e */
int lesson_find(struct lesson *s, const struct args *a, struct err *e);
/** lesson_must() - That there is a lab at hand, and that its file is right. Return: 0, -1
 * and @e */
int lesson_must(const struct lesson *s, struct err *e);
/** lesson_check() - Whether a lab could begin when the one at hand has ended: nothing of
 * its needs is missing, and nobody else has its names. Return: 0, -1 and @e */
int lesson_check(struct lesson *s, const struct lab *l, struct err *e);
/** lesson_start() - Begin a lab that was checked, where none is at hand; @l is taken
 * over. @deed: what is written down. Return: 0; -1 and @e: nothing of it stays */
int lesson_start(struct lesson *s, struct lab *l, enum deed deed, struct err *e);
/** lesson_stop() - End the lab at hand. Return: 0, -1 and @e: some of it stays */
int lesson_stop(struct lesson *s, struct err *e);

/* --- say.c: what people read ------------------------------------------------------- */

/** say_lines() - Lines of a lab's text, made safe, behind so many blanks */
void say_lines(struct text *out, const char *text, int indent);
/** say_prose() - Paragraphs of a lab's text, made safe, broken at 80 columns; lines that
 * begin with a blank, a '-', a '*' or "$ " stay as they are */
void say_prose(struct text *out, const char *text, int indent);
/** put_words() - Words of the console with $LAB, which is @dir, and $R as they are, in
 * quotes where they need some: the console knows no variables */
void put_words(struct text *out, const char *words, const char *dir);
/** say_statement() - What is to be done, and how one goes on */
void say_statement(const struct lab *l, const char *dir, struct text *out);
/** say_ending() - What comes behind a lab that is solved: why, both ways, the same in
 * other tools */
void say_ending(const struct lab *l, const char *dir, struct text *out);
/** say_progress() - "L05 3/22", for a prompt; nothing where no lab is at hand */
void say_progress(struct text *out);
/** say_goes_on() - For who leaves the console: that a lab does not end with it; nothing
 * where none is at hand */
void say_goes_on(struct text *out);

#endif

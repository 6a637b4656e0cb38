/* SPDX-License-Identifier: GPL-3.0-or-later */
/* quiz.h - one quiz: what is drawn, asked and scored
 *
 * Theory of operation. draw.c chooses the questions before the first is asked, and makes
 * those that are live (quiz/live.h), so that "3 of 10" is true. round.c asks them one by
 * one and enters each answer into the cards (quiz/cards.h) at once. score.c says at the
 * end what was right, in words or as JSON. An exam may have labs behind its questions
 * (exam.c), which count like questions.
 */
#ifndef NOOK_QUIZ_QUIZ_H
#define NOOK_QUIZ_QUIZ_H

#include "quiz/ask.h"
#include "quiz/bank.h"
#include "quiz/cards.h"
#include "quiz/live.h"

struct lab;

#define QUIZ_PASS 65 /* percent of an exam */
#define QUIZ_LABS 2  /* of `nook exam` */

/** enum quiz_mode - QUIZ_EXAM says nothing before the end; QUIZ_PLACEMENT is one about
 * all of a chapter, which is passed by knowing everything */
enum quiz_mode { QUIZ_PRACTICE, QUIZ_EXAM, QUIZ_PLACEMENT };

enum quiz_state { QUIZ_OPEN, QUIZ_RIGHT, QUIZ_WRONG };

/**
 * struct quiz_item - One question of this quiz
 * @live:	Of a live question
 * @order:	Its choices as they are shown, right ones by their number, wrong ones
 *		behind them; @choices of them
 * @typed:	What was answered, NULL = nothing
 */
struct quiz_item {
	const struct quiz_question *q;
	struct live live;
	uint8_t order[QUIZ_CHOICES];
	size_t choices;
	enum quiz_state state;
	char *typed;
};

/**
 * struct quiz_lab - One lab of an exam
 * @about:	Its objectives, of those that the questions' file has
 * @state:	QUIZ_OPEN = it was not come to
 * @is_assisted: A hint or a solution was shown, so it is not right
 */
struct quiz_lab {
	struct lab *lab;
	uint32_t about;
	enum quiz_state state;
	bool is_assisted;
};

/**
 * struct quiz - One quiz
 * @about:	Objectives that are asked for, 0 = all
 * @chapter:	The one that is asked for, NULL = all
 * @all:	Practice: also what is known, and what is not due
 * @most:	Questions to ask
 * @seconds:	Of an exam; 0 = as long as it takes
 * @random:	State of the generator: one seed gives one quiz
 * @end:	Why it ended; ASKED_LINE = it was asked to its end
 * @took_ns:	How long it took
 */
struct quiz {
	enum quiz_mode mode;
	const struct quiz_bank *bank;
	struct cards *cards;
	struct host *host;
	struct asker asker;
	uint32_t about;
	const char *chapter;
	bool all;
	size_t most;
	uint64_t seconds;
	uint64_t random;
	int today;
	struct quiz_item *items;
	size_t count;
	struct quiz_lab labs[QUIZ_LABS];
	size_t lab_count;
	enum asked end;
	uint64_t took_ns;
};

/** quiz_draw() - Choose the questions. Return: 0, -1 and @e; none may be left */
int quiz_draw(struct quiz *z, struct err *e);
/** quiz_shuffle() - Bring numbers into an order of chance */
void quiz_shuffle(struct quiz *z, size_t *v, size_t count);
/** quiz_items_free() - With what live questions have made */
void quiz_items_free(struct quiz *z);
/** quiz_next_due() - The day on which the next question comes again. Return: false where
 * none does */
bool quiz_next_due(const struct quiz *z, int *day);
/** quiz_round() - Ask them, until the last, ^D, ^C or the end of time: @z->end. Return:
 * 0, -1 and @e */
int quiz_round(struct quiz *z, struct err *e);
/** quiz_say_left() - "12m30s left", where there is a deadline */
void quiz_say_left(const struct quiz *z, struct text *out);
/** quiz_outcome() - What is said in front of the right answer: "wrong; right is" */
const char *quiz_outcome(const struct quiz_item *it);
/** quiz_expected() - The right answer as a person reads it */
void quiz_expected(const struct quiz_item *it, struct text *out);

/** quiz_passed() - Whether an exam or a placement is passed */
bool quiz_passed(const struct quiz *z);
/** quiz_say_score() - What people read at the end */
void quiz_say_score(const struct quiz *z, struct text *out);
/** quiz_json() - The same for programs: the members of an object, without its braces */
void quiz_json(const struct quiz *z, struct text *out);

/* --- exam.c: labs ------------------------------------------------------------------ */

/** exam_draw() - Choose labs that can be done here, fewer than QUIZ_LABS where there are
 * not as many. Return: 0, exam_release(); -1 and @e, as where a lab is at hand */
int exam_draw(struct quiz *z, struct err *e);
void exam_release(struct quiz *z);
/** exam_labs() - Behind quiz_round(), unless that has ended the exam: one lab after the
 * other, each from its start to its end, until the last, ^D, ^C or the end of time.
 * Return: 0, -1 and @e */
int exam_labs(struct quiz *z, struct err *e);
/** placement_skip() - Who knows all questions of a chapter needs none of its labs: those
 * that are not solved are skipped, for that reason. Return: how many; -1 and @e */
int placement_skip(const char *chapter, struct err *e);

#endif

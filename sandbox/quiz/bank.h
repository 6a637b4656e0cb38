/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bank.h - the questions of a quiz file (nook-quiz(5)), read and judged
 *
 * A question has choices (`right` and `wrong`), answers that are typed (`accept`), or an
 * answer that is computed from this host when it is asked (`live`, quiz/live.h).
 */
#ifndef NOOK_QUIZ_BANK_H
#define NOOK_QUIZ_BANK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct err;
struct text;

#define QUIZ_OBJECTIVES 32 /* of a file: one bit each */
#define QUIZ_CHOICES	8  /* of a question: a to h */

/** struct quiz_objective - What questions are about; @weight: its share of an exam */
struct quiz_objective {
	const char *id, *title;
	unsigned int weight;
};

/** struct quiz_texts - A list of texts */
struct quiz_texts {
	const char **v;
	size_t count;
};

/**
 * struct quiz_question - One question
 * @objectives:	Bit I: it is about objective I of the bank
 * @chapter:	The chapter of labs that it belongs to, or NULL
 * @live:	What computes its answer, or NULL
 * @right, @wrong: Its choices; several right ones are all to be chosen
 * @accept:	Where it has no choices: answers, of which one is enough
 */
struct quiz_question {
	const char *id, *text, *why, *chapter, *live;
	uint32_t objectives;
	struct quiz_texts right, wrong, accept;
};

/** struct quiz_bank - A quiz file; all of it lies in @arena */
struct quiz_bank {
	struct arena *arena;
	const char *path;
	struct quiz_objective *objectives;
	size_t objective_count;
	struct quiz_question *questions;
	size_t count;
};

/**
 * bank_load() - Read a quiz file
 * @path:	NULL = labs/quiz.yaml of the configuration directory, else the one that
 *		came with nook
 *
 * Return: 0, release @b; -1 and @e, "FILE:LINE:COLUMN: ...", nothing to release
 */
int bank_load(const char *path, struct quiz_bank *b, struct err *e);
/** bank_parse() - The same from text in memory, @file its name in errors */
int bank_parse(const char *file, const char *text, size_t len, struct quiz_bank *b,
	       struct err *e);
void bank_release(struct quiz_bank *b);
/** bank_find() - The number of a question by its id, or -1 */
int bank_find(const struct quiz_bank *b, const char *id);
/** bank_objective() - The number of an objective by its id, or -1 */
int bank_objective(const struct quiz_bank *b, const char *id);
/** bank_has_chapter() - Whether there is a question of that chapter */
bool bank_has_chapter(const struct quiz_bank *b, const char *chapter);

/** answer_plain() - What is compared of a typed answer: small letters, commas,
 * semicolons and blanks as one blank, nothing of these at the ends, nor a full stop */
void answer_plain(const char *s, struct text *out);
/** answer_fits() - Whether @typed is one of @accept */
bool answer_fits(const struct quiz_texts *accept, const char *typed);
/** answer_is_set() - Whether two texts hold the same words in any order, each once or
 * more */
bool answer_is_set(const char *a, const char *b);
/** answer_letters() - The choices that a line such as "a c", "ac" or "A,C" names, of the
 * first @most letters, as bits. Return: 0 where it is no such line */
uint32_t answer_letters(const char *line, size_t most);

#endif

// SPDX-License-Identifier: GPL-3.0-or-later
/* quiz.c - `nook quiz`: questions about boxes and machines, and those that come again;
 * `nook exam`: questions, then labs, within one time */
#include "cmd/quiz.h"

#include "cmd/cmd.h"

#define CHAPTERS "chroot namespaces cgroups networks images"

/* Rows that both have */
#define COUNT_OPTION(text)                                                 \
	{                                                                  \
		.letter = 'n', .name = "count", .arg = "N", .help = (text) \
	}
#define TIME_OPTION(text)                                     \
	{                                                     \
		.name = "time", .arg = "TIME", .help = (text) \
	}
#define RESULT_OPTIONS                                                        \
	{ .name = "json",                                                     \
	  .help = "print the result as JSON; what is asked goes to stderr" }, \
	{                                                                     \
		.name = "from", .arg = "FILE", .complete = COMPLETE_FILE,     \
		.help = "questions of one's own (nook-quiz(5))"               \
	}
#define SEED_OPTION(text)                                  \
	{                                                  \
		.name = "seed", .arg = "N", .help = (text) \
	}

static const struct opt quiz_options[] = {
	COUNT_OPTION("ask at most so many; default: 10, of an exam 20"),
	{ .name = "objective",
	  .arg = "LIST",
	  .complete = COMPLETE_WORDS,
	  .words = "K1 K2 K3 K4 K5 K6 L+ C",
	  .help = "only questions about these, with ',' between" },
	{ .name = "chapter",
	  .arg = "NAME",
	  .complete = COMPLETE_WORDS,
	  .words = CHAPTERS,
	  .help = "only questions that belong to this chapter of the labs" },
	{ .name = "all", .help = "ask also what is known, or is not due yet" },
	{ .name = "exam",
	  .help = "answers and score only at the end, within a time; questions are "
		  "drawn by the weight of their objectives" },
	TIME_OPTION("time of an exam; default: 90s for each question"),
	{ .name = "placement",
	  .arg = "NAME",
	  .complete = COMPLETE_WORDS,
	  .words = CHAPTERS,
	  .help = "all questions of a chapter, as an exam that wants all of them right" },
	{ .name = "list", .help = "list the questions and when they are due; ask none" },
	RESULT_OPTIONS,
	{ .name = "day",
	  .arg = "DATE",
	  .help = "as if today were this day, such as 2026-11-30" },
	SEED_OPTION("the same questions in the same order for the same number"),
	{ 0 },
};

static const struct opt exam_options[] = {
	COUNT_OPTION("ask so many questions; default: 10"),
	TIME_OPTION("time of all; default: 90s for each question, and for each lab the "
		    "minutes that it says"),
	RESULT_OPTIONS,
	SEED_OPTION("the same questions and labs for the same number"),
	{ 0 },
};

const struct cmd cmd_quiz = {
	.name = "quiz",
	.summary = "ask questions about containers, machines and clouds",
	.usage = "[OPTION...]",
	.help = "One question after the other, with the answer and why. What was wrong\n"
		"comes again after a day, then after 3 and after 7; what was due comes\n"
		"first, then what was never asked. Some answers are computed from this\n"
		"machine; for some nook starts processes to be looked at from another\n"
		"terminal, which end with the quiz.\n\n"
		"An answer is a letter, several letters, or text, where capitals and\n"
		"commas do not matter; ? says that you do not know, and q, ^D or ^C\n"
		"end the quiz. What was answered by then is kept, in a text file:\n"
		"$XDG_STATE_HOME/nook/quiz/review, by default below ~/.local/state.\n\n"
		"The objectives are K1 to K6, the knowledge areas of LPIC-1 102.6, L+\n"
		"for CompTIA Linux+ and C for courses; docs/practice.md has a map.\n\n"
		"Exit code: 0; 1 when an exam or placement was not passed (an exam\n"
		"needs 65%), or nook failed; 128+n when signal n ended it.\n\n"
		"Who passes a placement needs no labs of that chapter: those that are\n"
		"not solved are marked as skipped. 'nook exam' has labs too.\n",
	.options = quiz_options,
	FULL_ONLY(quiz_main),
};

const struct cmd cmd_exam = {
	.name = "exam",
	.summary = "questions and two labs, within a time and with a score",
	.usage = "[OPTION...]",
	.help = "First the questions, as 'nook quiz --exam' asks them; what was wrong\n"
		"comes again there. Then two labs, one after the other, of those that\n"
		"can be done on this machine: in another terminal, or behind the word\n"
		"'shell' in the playground. Back here\n\n"
		"  check    says which facts hold\n"
		"  next     goes on, when it is solved\n"
		"  give up  goes on without\n"
		"  q        ends the exam, as ^D, ^C and the end of its time do\n\n"
		"Whatever ends it, the lab at hand counts as it stands then, and is\n"
		"removed with its playground. One whose hint or solution was shown in\n"
		"the exam counts as not solved.\n\n"
		"The score has each objective: a lab counts like a question, and what\n"
		"was not come to is not right. 65% of all are needed.\n\n"
		"Exit code: 0 passed; 1 not passed, or nook failed; 128+n when signal\n"
		"n ended it.\n",
	.options = exam_options,
	FULL_ONLY(quiz_main),
};

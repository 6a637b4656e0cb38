// SPDX-License-Identifier: GPL-3.0-or-later
/* quiz.c - `nook quiz`: questions about boxes and machines, and those that come again */
#include "cmd/quiz.h"

#include "cmd/cmd.h"

static const struct opt quiz_options[] = {
	{ .letter = 'n',
	  .name = "count",
	  .arg = "N",
	  .help = "ask at most so many; default: 10, of an exam 20" },
	{ .name = "objective",
	  .arg = "LIST",
	  .complete = COMPLETE_WORDS,
	  .words = "K1 K2 K3 K4 K5 K6 L+ C",
	  .help = "only questions about these, with ',' between" },
	{ .name = "chapter",
	  .arg = "NAME",
	  .complete = COMPLETE_WORDS,
	  .words = "chroot namespaces cgroups networks images",
	  .help = "only questions that belong to this chapter of the labs" },
	{ .name = "all", .help = "ask also what is known, or is not due yet" },
	{ .name = "exam",
	  .help = "answers and score only at the end, within a time; questions are "
		  "drawn by the weight of their objectives" },
	{ .name = "time",
	  .arg = "TIME",
	  .help = "time of an exam; default: 90s for each question" },
	{ .name = "placement",
	  .arg = "NAME",
	  .complete = COMPLETE_WORDS,
	  .words = "chroot namespaces cgroups networks images",
	  .help = "all questions of a chapter, as an exam that wants all of them right" },
	{ .name = "list", .help = "list the questions and when they are due; ask none" },
	{ .name = "json",
	  .help = "print the result as JSON; what is asked goes to stderr" },
	{ .name = "from",
	  .arg = "FILE",
	  .complete = COMPLETE_FILE,
	  .help = "questions of one's own (nook-quiz(5))" },
	{ .name = "day",
	  .arg = "DATE",
	  .help = "as if today were this day, such as 2026-11-30" },
	{ .name = "seed",
	  .arg = "N",
	  .help = "the same questions in the same order for the same number" },
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

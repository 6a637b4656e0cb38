// SPDX-License-Identifier: GPL-3.0-or-later
/* exam.c - `nook exam`: questions, then labs, within one time */
#include "cmd/cmd.h"
#include "cmd/quiz.h"

static const struct opt exam_options[] = {
	{ .letter = 'n',
	  .name = "count",
	  .arg = "N",
	  .help = "ask so many questions; default: 10" },
	{ .name = "time",
	  .arg = "TIME",
	  .help = "time of all; default: 90s for each question, and for each lab the "
		  "minutes that it says" },
	{ .name = "json",
	  .help = "print the result as JSON; what is asked goes to stderr" },
	{ .name = "from",
	  .arg = "FILE",
	  .complete = COMPLETE_FILE,
	  .help = "questions of one's own (nook-quiz(5))" },
	{ .name = "seed",
	  .arg = "N",
	  .help = "the same questions and labs for the same number" },
	{ 0 },
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

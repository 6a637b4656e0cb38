// SPDX-License-Identifier: GPL-3.0-or-later
/* lab.c - `nook lab`: practice that is checked on the kernel; sandbox/lab does it */
#include "cmd/lab.h"

#include "cmd/cmd.h"
#include "cmd/listing.h"

#define FROM_OPTION                                                          \
	{                                                                    \
		.name = "from", .arg = "DIR", .complete = COMPLETE_DIR,      \
		.help = "labs of this directory too, in front of the others" \
	}
#define JSON_OPTION                                  \
	{                                            \
		.name = "json", .help = "print JSON" \
	}

static const struct opt from_options[] = { FROM_OPTION, { 0 } };
static const struct opt json_options[] = { JSON_OPTION, { 0 } };
static const struct opt list_options[] = {
	FROM_OPTION,
	{ .name = "names", .help = "print only their ids, one on each line" },
	LISTING_OPTIONS("LAB CHAPTER TITLE MIN LEVEL STATE TRIES TIME OBJECTIVES NEEDS "
			"MISSING FILE NOW"),
	{ 0 },
};

static const struct opt skip_options[] = {
	FROM_OPTION,
	{ .name = "done", .help = "say that it was done, though nothing was checked" },
	{ 0 },
};

static const struct opt solution_options[] = {
	{ .name = "nook", .help = "only that by nook, as it is typed" },
	{ .name = "raw", .help = "only that by hand, as it is typed" },
	{ 0 },
};

const struct cmd cmd_lab = {
	.name = "lab",
	.summary = "learn by doing, checked on the kernel: how it stands",
	.usage = "[WORD]",
	.help = "A lab says what is to be done; how is up to you: by nook, or by hand "
		"in the playground, a box where you are root. 'nook lab check' looks at "
		"what the kernel says, never at what was typed. Where no lab is started "
		"this lists them.\n\n"
		"nook-lab(5) has the files that labs are, for your own ones.\n",
	.options = list_options,
	FULL_ONLY(lab_main),
};

const struct cmd cmd_lab_list = {
	.name = "lab list",
	.summary = "list the labs, and what became of them",
	.usage = "[OPTION...]",
	.help = "STATE is solved; assisted where the solution was shown before; skipped; "
		"done where that is all that is known; not here where this machine lacks "
		"something, which MISSING names; tried; or nothing yet.\n",
	.options = list_options,
	FULL_ONLY(lab_list),
};

const struct cmd cmd_lab_start = {
	.name = "lab start",
	.summary = "begin a lab: its playground, and what is to be done",
	.usage = "[OPTION...] [LAB]",
	.help = "Without LAB it is the first one that is not done and can be done here. "
		"What this machine lacks is said before. A lab at hand that is solved "
		"ends; one that is not goes on, and next or goto leave it. Boxes and "
		"networks of the lab's names are the lab's until it ends: where there "
		"are such already it is refused.\n",
	.options = from_options,
	.complete = COMPLETE_LAB,
	FULL_ONLY(lab_start),
};

const struct cmd cmd_lab_check = {
	.name = "lab check",
	.summary = "look whether it is solved, and say where that was read",
	.usage = "[OPTION...]",
	.help = "Once it is solved further checks are no tries of it.\n\n"
		"Exit code: 0 solved, 1 not yet.\n",
	.options = json_options,
	FULL_ONLY(lab_check),
};

const struct cmd cmd_lab_hint = {
	.name = "lab hint",
	.summary = "one more hint, of three",
	.usage = "",
	.help = "The idea, then where to look, then the shape of the command.\n",
	FULL_ONLY(lab_hint),
};

const struct cmd cmd_lab_solution = {
	.name = "lab solution",
	.summary = "show a solution; the lab is assisted from then on",
	.usage = "[OPTION...]",
	.help = "In the console that by nook stands in the line to be typed, and is not "
		"done. A lab that was assisted is solved anew behind the next start.\n",
	.options = solution_options,
	FULL_ONLY(lab_solution),
};

const struct cmd cmd_lab_answer = {
	.name = "lab answer",
	.summary = "answer a question of the lab",
	.usage = "NAME TEXT...",
	.help = "NAME is one that the lab asks for. What it is compared with is read "
		"when the lab is checked. The answer is the file $LAB/answer/NAME, and "
		"may be written there as well.\n",
	.bare_after = 1,
	FULL_ONLY(lab_answer),
};

const struct cmd cmd_lab_next = {
	.name = "lab next",
	.summary = "end the lab, and begin the next one that is not done",
	.usage = "[OPTION...]",
	.help = "Labs that cannot be done here are passed over. Where the next one "
		"cannot begin, the one at hand goes on.\n",
	.options = from_options,
	FULL_ONLY(lab_next),
};

const struct cmd cmd_lab_skip = {
	.name = "lab skip",
	.summary = "leave a lab out, or a chapter, or the one at hand",
	.usage = "[OPTION...] [LAB|CHAPTER...]",
	.help = "Without words it is the lab at hand, and the next one begins. What was "
		"solved stays solved.\n",
	.options = skip_options,
	.complete = COMPLETE_LAB,
	FULL_ONLY(lab_skip),
};

const struct cmd cmd_lab_goto = {
	.name = "lab goto",
	.summary = "end the lab, and begin that one",
	.usage = "[OPTION...] LAB",
	.options = from_options,
	.complete = COMPLETE_LAB,
	FULL_ONLY(lab_goto),
};

const struct cmd cmd_lab_reset = {
	.name = "lab reset",
	.summary = "begin the lab at hand anew, with nothing left of before",
	.usage = "",
	.help = "Its boxes, networks and $LAB are removed, whatever is in there.\n",
	FULL_ONLY(lab_reset),
};

const struct cmd cmd_lab_stop = {
	.name = "lab stop",
	.summary = "end the lab, with its boxes, networks and $LAB",
	.usage = "",
	.help = "Boxes of other names that were begun meanwhile go on; it is said how to "
		"remove them.\n",
	FULL_ONLY(lab_stop),
};

const struct cmd cmd_lab_undo = {
	.name = "lab undo",
	.summary = "take back the last answer, skip or done",
	.usage = "",
	.help = "As if it had not been said, unless a lab was solved since. An answer is "
		"removed. Where a skip or goto began another lab, goto comes back. A "
		"hint and a solution that were shown stay so. Words that changed a draft "
		"are taken back by 'undo' in the console.\n",
	FULL_ONLY(lab_undo),
};

const struct cmd cmd_lab_status = {
	.name = "lab status",
	.summary = "which lab is at hand, what is to be done, how far one is",
	.usage = "[OPTION...]",
	.options = json_options,
	FULL_ONLY(lab_status),
};

const struct cmd cmd_lab_export = {
	.name = "lab export",
	.summary = "print the progress: a line for each thing that was done",
	.usage = "",
	.help = "Time, lab and what it was: start, reset, failed and solved (checks), "
		"hint, solution, answer, skip (with 'placement' where a quiz has said "
		"so), done. It is the file 'lab/progress' of "
		"nook's state directory.\n",
	FULL_ONLY(lab_export),
};

const struct cmd cmd_lab_test = {
	.name = "lab test",
	.summary = "prove labs: for who writes them",
	.usage = "[OPTION...] [LAB...]",
	.help = "For each lab, in playgrounds of its own: it is not solved after its "
		"start, is solved by each of its solutions, not any more after a reset, "
		"which leaves nothing, and each wrong way gets its diagnosis. Prints "
		"TAP. A lab that this machine lacks something for is skipped.\n\n"
		"Exit code: 0 when all hold, else 1.\n",
	.options = from_options,
	.complete = COMPLETE_LAB,
	FULL_ONLY(lab_test),
};

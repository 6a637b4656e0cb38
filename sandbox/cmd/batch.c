// SPDX-License-Identifier: GPL-3.0-or-later
/* batch.c - `nook batch`: many commands, each in a fresh box, with a journal */
#include "cmd/batch.h"

#include "cmd/cmd.h"

static const struct opt batch_options[] = {
	{ .name = "init", .help = "print a job file to begin with, and run nothing" },
	{ .name = "check",
	  .help = "check FILE and print every job that comes of it, and run nothing" },
	{ .letter = 'j',
	  .name = "jobs",
	  .arg = "N",
	  .help = "boxes at a time, or auto: as many as limits.memory and limits.cpus "
		  "let fit; default: the CPUs that this process may use" },
	{ .name = "total-memory",
	  .arg = "SIZE",
	  .help = "what jobs that run at a time may have of limits.memory together; "
		  "default with -j auto: what this machine or cgroup has" },
	{ .name = "total-cpus",
	  .arg = "N",
	  .help = "the same of limits.cpus, where a job without has one" },
	{ .name = "journal",
	  .arg = "FILE",
	  .complete = COMPLETE_FILE,
	  .help = "where it is written down how each job ended; default: FILE.journal" },
	{ .name = "resume",
	  .help = "go on with the batch of that journal: what is done stays done" },
	{ .name = "resume-failed",
	  .help = "the same, but jobs that did not pass run again, as the file has them "
		  "now" },
	{ .name = "mix",
	  .help = "with --resume: other options than the journal was begun with are "
		  "meant" },
	{ .letter = 'o',
	  .name = "output",
	  .arg = "DIR",
	  .complete = COMPLETE_DIR,
	  .help = "keep stdout and stderr of each job in DIR/ID" },
	{ .name = "set",
	  .arg = "KEY=VALUE",
	  .key = "@set",
	  .complete = COMPLETE_KEY,
	  .help = "set a profile key for all jobs; +KEY=VALUE appends to a list" },
	{ .name = "repeat",
	  .arg = "N",
	  .help = "run every job N times and compare: times, ends, what they wrote" },
	{ .name = "fail-fast", .help = "end the batch with the first job that fails" },
	{ .name = "timeout",
	  .arg = "TIME",
	  .help = "end the batch after this time: 90s, 2h30m" },
	{ .name = "pin",
	  .help = "start the jobs of each slot on a CPU of its own, by its affinity" },
	{ .name = "reproducible",
	  .help = "let nothing differ from run to run that nook can fix: no swap, a CPU "
		  "for each job, 'reproducible' of nook-profile(5)" },
	{ 0 },
};

const struct cmd cmd_batch = {
	.name = "batch",
	.summary = "run many commands, each in a fresh box, and keep a journal",
	.usage = "[OPTION...] FILE",
	.help = "FILE has the jobs: YAML, or a JSON object in each line. - reads such\n"
		"lines from stdin, and jobs start while more come. nook-batch(5) has\n"
		"every key.\n\n"
		"Every try of a job has a box of its own. How it ended is a line of the\n"
		"journal (JSON, as --result of 'nook run' has it); what a job writes is\n"
		"thrown away without --output. --resume goes on after any end, also\n"
		"that of the machine, and never runs a job again that is done. With\n"
		"--resume-failed those that failed run again, and those that were\n"
		"skipped because of them; they may be changed, jobs that passed not.\n\n"
		"^C lets the jobs end that run and starts no other; a second one ends\n"
		"them.\n\n"
		"Exit code: 0 when all jobs passed, which is an exit code of 0; 1 when\n"
		"some did not; 124 after --timeout; 128+n when signal n ended the\n"
		"batch; 125 when nook failed.\n",
	.options = batch_options,
	.complete = COMPLETE_FILE,
	.fails = 125,
	.run = batch_main,
};

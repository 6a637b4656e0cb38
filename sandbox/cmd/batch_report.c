// SPDX-License-Identifier: GPL-3.0-or-later
/* batch_report.c - `nook batch report`: what a journal says in all */
#include "cmd/cmd.h"
#include "cmd/report.h"

static const struct opt report_options[] = {
	{ .name = "all", .help = "list every job that failed, not only the first 20" },
	{ .name = "json", .help = "print JSON" },
	{ .name = "junit", .help = "print XML as JUnit has it, which CI systems read" },
	{ .name = "svg",
	  .help = "print a picture of slots, causes and memory over time" },
	{ 0 },
};

const struct cmd cmd_batch_report = {
	.name = "batch report",
	.summary = "say what the journal of a batch has in all",
	.usage = "[OPTION...] JOURNAL",
	.help = "How many jobs passed, failed and by which cause, percentiles of their\n"
		"times and memory (to a hundredth), and those that failed. A batch that\n"
		"still runs, or was killed, has a journal like any other; a last line\n"
		"that is torn is said and left out. Counted are the last tries.\n"
		"Where the journal knows how many jobs there are, which it does not of\n"
		"a stream, those that are not over are said: not run.\n\n"
		"In JUnit's XML a job is a test: <error> is one that nook could not\n"
		"set up or execute, or that was killed from outside, <failure> any\n"
		"other end but exit code 0. For jobs that were not run there is one\n"
		"test, (not run), which is <skipped>.\n",
	.options = report_options,
	.complete = COMPLETE_FILE,
	FULL_ONLY(batch_report),
};

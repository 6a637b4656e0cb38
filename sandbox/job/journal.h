/* SPDX-License-Identifier: GPL-3.0-or-later */
/* journal.h - what became of the jobs of a batch: one JSON object in a line each
 *
 * The first line says what the file is (`slots` null: -j auto; `options`: those that
 * jobs mean something else without; `jobs`: how many there are, null where a stream had
 * not said yet); every other is the end of one try, in the order in which they ended:
 *
 *	{"schema":1,"journal":"nook batch","started":"2026-11-21T18:50:19.120Z","slots":2,
 *	 "reproducible":false,"repeat":1,"options":"--set limits.wall=9s","jobs":500}
 *	{"job":"a-1","try":1,"tries":3,"slot":0,"final":true,"passed":true,
 *	 "digest":"9ae16a3b2f90404f", and the members of the result record}
 *
 * `try` counts from 1, `tries` is how many the job may have. `final`: the job has no try
 * left, or needs none; of each job that is over there is exactly one such line, for all
 * resumed batches together, unless it ran again because it had not passed
 * (--resume-failed): then the last of them is its end (journal.c). A job that was never
 * started because one in its `after` did not pass has a final line too, with cause
 * "skipped", try 0 and little else. Of tries that the end of a batch broke off there is a
 * line that is not final, with the cause "cancelled" however the command took it.
 *
 * With --repeat every run of a job is one of its own here, named ID, ID@2, ID@3, and has
 * the member `output_digest`, of what it wrote to stdout and stderr and of its files.
 *
 * A batch that goes on and finds another number of jobs than the journal has, because the
 * file has grown, or is a stream now, says so before it begins, and the last such line is
 * what holds. Jobs that are over count, also where the file has them no longer:
 *
 *	{"resumed":"2026-11-21T19:02:00.311Z","jobs":520}
 *
 * A line is written by one write(2) as the try ends, with --output a moment later, and is
 * on the disk behind what it tells of, at the latest when the batch ends (journal.c).
 * Only the last line can be torn.
 */
#ifndef NOOK_JOB_JOURNAL_H
#define NOOK_JOB_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/text.h"
#include "job/job.h"

struct err;
struct plan;

/**
 * struct journal_line - One line, as it is read back
 * @cause:	As text: a cause of the result record, or "skipped"
 * @message:	For a person
 * @signal:	0 = none
 * @started_ns, @finished_ns: CLOCK_REALTIME, with milliseconds
 *
 * @output_digest: Of what it wrote; only lines of --repeat have it
 *
 * A number that the line has as null, or not at all, is UINT64_MAX. Texts are good until
 * the next line is read.
 */
struct journal_line {
	const char *job;
	const char *box;
	const char *profile;
	const char *cause;
	const char *message;
	int try, tries, slot;
	bool final, passed;
	uint64_t digest;
	int exit_code;
	int signal;
	uint64_t started_ns, finished_ns;
	uint64_t wall_ns, cpu_ns, cpu_user_ns, cpu_system_ns;
	uint64_t memory_peak, pids_peak, oom_kills, output, output_digest;
};

#define JOURNAL_OPTIONS_MOST 4096
#define JOURNAL_NOT_COUNTED  UINT64_MAX
#define JOURNAL_RESUMED	     "{\"resumed\":" /* how a line of that begins */

/** struct journal_head - The first line; @jobs: in all, over or not, as the last line
 * that says it has it, or JOURNAL_NOT_COUNTED; @slots: 0 = unknown; @reproducible: as all
 * tries were run; @repeat: runs of each job; @options: of the command line, where
 * @has_options, cut off where they are longer; @whole: how many bytes of the file are
 * whole lines: what is behind is torn */
struct journal_head {
	uint64_t started_ns, jobs;
	int slots, repeat;
	bool reproducible, has_options;
	char options[JOURNAL_OPTIONS_MOST];
	off_t whole;
};

/**
 * journal_each() - Read a journal back
 * @fd:		Open for reading; read from its start
 * @each:	Called for every try and every job that was skipped. Return: 0 to go on,
 *		-1 to stop
 *
 * Return: 0; -1 and @e where it is no journal, names line and reason, or @each said so
 */
int journal_each(int fd, struct journal_head *head,
		 int (*each)(const struct journal_line *l, void *arg, struct err *e),
		 void *arg, struct err *e);

/**
 * struct journal - One that is being written
 * @fd:		The file, locked as long as it is open
 * @path:	The caller's; @end: bytes of whole lines
 * @is_new:	It was empty, or was not there
 * @reproducible, @repeat, @options: The caller's, before journal_resume(): as in the head
 * @mix:	It goes on with other options than it was begun with
 * @jobs:	The caller's, before journal_begin(): as in the head; @said: what the file
 *		has of it
 * @sock:	To the process that writes it to the disk; news when it is readable
 * @written, @synced: How many lines were written, and how many are on the disk
 * @waits:	That process was asked, and has not answered
 * @rests_until: CLOCK_MONOTONIC ns before which it is not asked again, but at the end
 * @failed:	It could not write something to the disk, or has ended
 * @has_output:	Lines wait for what the job wrote: in @held, the first @settling bytes for
 *		that answer, the others for the one behind it
 */
struct journal {
	int fd;
	const char *path;
	off_t end;
	pid_t pid;
	int sock;
	uint64_t written, synced, rests_until;
	bool is_new, reproducible, mix, waits, failed, has_output;
	int repeat;
	uint64_t jobs, said;
	struct text options, held;
	size_t settling;
};

/** journal_open() - Open, or make, and lock it. @resume: it may have lines; what is torn
 * is cut off by journal_resume(). Return: 0, -1 and @e */
int journal_open(struct journal *j, const char *path, bool resume, struct err *e);
/** journal_resume() - Hear of every line that is there, and go on behind them. Return: 0,
 * -1 and @e */
int journal_resume(struct journal *j,
		   int (*each)(const struct journal_line *l, void *arg, struct err *e),
		   void *arg, struct err *e);
/** journal_begin() - Write the first line where there is none, or how many jobs there are
 * now where the file says something else, and start what writes to the disk. @slots: 0 =
 * as many as jobs fit; @output: the directory that goes there before its lines, -1 =
 * none. Return: 0, -1 and @e */
int journal_begin(struct journal *j, int slots, int output, struct err *e);
/** journal_add() - Add a line, or have it added as soon as the output that it tells of is
 * on the disk. Where it does not go in whole nothing of it stays. Return: 0, -1 and @e */
int journal_add(struct journal *j, const struct text *line, struct err *e);
/** journal_step() - Hear what is on the disk, ask for more. Return: 0, -1 and @e */
int journal_step(struct journal *j, struct err *e);
/** journal_due() - CLOCK_MONOTONIC ns from which journal_step() has something to ask for;
 * UINT64_MAX = it has not before there is news */
uint64_t journal_due(const struct journal *j);
/** journal_settle() - Wait until all of it is on the disk. Return: 0, -1 and @e */
int journal_settle(struct journal *j, struct err *e);
/** journal_close() - Wait until all of it is on the disk; where no line was written there
 * is no file. Return: 0, -1 and @e */
int journal_close(struct journal *j, struct err *e);

/** struct journal_try - What a line says besides the result record */
struct journal_try {
	const struct job *job;
	int try, tries, slot;
	bool final, passed;
};

/** journal_words() - The line of one try, with its newline */
void journal_words(const struct journal_try *t, const struct result *r,
		   const struct plan *pl, struct text *out);
/** journal_words_skipped() - The line of a job that never started. @why: the message */
void journal_words_skipped(const struct job *j, const char *why, struct text *out);

#endif

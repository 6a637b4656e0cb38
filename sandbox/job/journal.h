/* SPDX-License-Identifier: GPL-3.0-or-later */
/* journal.h - what became of the jobs of a batch: one JSON object in a line each
 *
 * The first line says what the file is; every other is the end of one try, in the order
 * in which they ended:
 *
 *	{"schema":1,"journal":"nook batch","started":"2026-11-21T18:50:19.120Z","slots":2}
 *	{"job":"a-1","try":1,"tries":3,"slot":0,"final":true,"passed":true,
 *	 "digest":"9ae16a3b2f90404f", and the members of the result record}
 *
 * `try` counts from 1, `tries` is how many the job may have. `final`: the job has no try
 * left, or needs none; of each job that is over there is exactly one such line, for all
 * resumed batches together. A job that was never started because one in its `after` did
 * not pass has a final line too, with cause "skipped", try 0 and little else. Of tries
 * that the end of a batch broke off there is a line that is not final.
 *
 * A line is written by one write(2) and is on the disk before the batch ends, and before
 * jobs that wait for it start (journal.c). Only the last line can be torn.
 */
#ifndef NOOK_JOB_JOURNAL_H
#define NOOK_JOB_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "job/job.h"

struct err;
struct plan;
struct text;

/**
 * struct journal_line - One line, as it is read back
 * @cause:	As text: a cause of the result record, or "skipped"
 * @message:	For a person
 * @signal:	0 = none
 * @started_ns, @finished_ns: CLOCK_REALTIME, with milliseconds
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
	uint64_t memory_peak, pids_peak, oom_kills, output;
};

/** struct journal_head - The first line */
struct journal_head {
	uint64_t started_ns;
	int slots;
};

/**
 * journal_each() - Read a journal back
 * @fd:		Open for reading; read from its start
 * @each:	Called for every line behind the first. Return: 0 to go on, -1 to stop
 * @whole:	How many bytes are whole lines: what is behind them is torn
 *
 * Return: 0; -1 and @e where it is no journal, names line and reason, or @each said so
 */
int journal_each(int fd, struct journal_head *head,
		 int (*each)(const struct journal_line *l, void *arg, struct err *e),
		 void *arg, off_t *whole, struct err *e);

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

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* progress.h - what a person sees of a batch while it runs, on stderr
 *
 * The supervisor tells what happens; here it is decided what is shown of it and when: a
 * line that is drawn anew on a terminal, plain lines elsewhere. Nothing here blocks: what
 * a slow terminal does not take is left out.
 */
#ifndef NOOK_JOB_PROGRESS_H
#define NOOK_JOB_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "job/job.h"

struct text;

/**
 * struct tally - The batch in numbers
 * @known:	Jobs that have come so far; @more: others may follow
 * @done:	Final: @passed, @failed by cause, or @skipped, which never started;
 *		@before: of all these, by batches that this one resumes
 * @retried:	Tries that were followed by another
 * @running:	Jobs in slots now
 * @began:	CLOCK_MONOTONIC ns
 */
struct tally {
	size_t known, done, passed, before, skipped, retried;
	size_t failed[JOB_CAUSES];
	size_t running;
	uint64_t began;
	bool more;
	bool draining; /* no job is started any more */
};

/**
 * struct progress_view - What a line says beside the tally
 * @elapsed:	ns since the batch began
 * @rate:	Jobs a second of late; below 0 = not known yet
 * @running:	Ids, as long as there is room; @running_count of them, NULL = that slot
 *		rests
 * @bar:	Whether there is a bar; @blocks: of U+2588 and its like
 */
struct progress_view {
	uint64_t elapsed;
	double rate;
	const char *const *running;
	size_t running_count;
	bool bar, blocks;
};

/** progress_line() - One line of at most @width columns: bar, count, rate, what is left,
 * failures by cause, who runs; what has no room is left out, the last of these first */
void progress_line(const struct tally *t, const struct progress_view *v, size_t width,
		   struct text *out);
/** progress_summary() - "1000 jobs in 26s: 997 passed, 3 failed (oom 2, wall 1)" */
void progress_summary(const struct tally *t, uint64_t elapsed, struct text *out);

struct progress;

/** progress_open() - Return: NULL when memory ran out, which the others take as quiet */
struct progress *progress_open(bool quiet);
/** progress_start() - A try begins in @slot */
void progress_start(struct progress *p, const struct job *j, int slot);
/** progress_end() - It has ended; @final: the job is over. @j is good for this call
 * only */
void progress_end(struct progress *p, const struct job *j, int slot,
		  const struct result *r, bool final);
/** progress_say() - A line for a person, which stays: "nook: batch: ..." */
void progress_say(struct progress *p, const char *line);
/** progress_tick() - Draw what is due. @now: CLOCK_MONOTONIC ns. Return: when to be
 * called again, UINT64_MAX = only when something has happened */
uint64_t progress_tick(struct progress *p, const struct tally *t, uint64_t now);
/** progress_close() - The last line: how many passed, and what failed by cause. Takes
 * NULL. @t: NULL where nook failed before it knew of a job, which says nothing of jobs */
void progress_close(struct progress *p, const struct tally *t);

#endif

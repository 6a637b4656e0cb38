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

/**
 * struct tally - The batch in numbers
 * @known:	Jobs that have come so far; @more: others may follow
 * @done:	Final, of which @passed; @before: of those, by batches that this one
 *		resumes
 * @failed:	Final and not passed, by cause; @skipped: never started
 * @retried:	Tries that were followed by another
 * @running:	Jobs in slots now, of @slots
 * @began:	CLOCK_MONOTONIC ns
 */
struct tally {
	size_t known, done, passed, before, skipped, retried;
	size_t failed[JOB_CAUSES];
	size_t running, slots;
	uint64_t began;
	bool more;
	bool draining; /* no job is started any more */
};

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
 * NULL */
void progress_close(struct progress *p, const struct tally *t);

#endif

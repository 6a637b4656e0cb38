/* SPDX-License-Identifier: GPL-3.0-or-later */
/* batch.h - what the files of the supervisor share */
#ifndef NOOK_JOB_BATCH_H
#define NOOK_JOB_BATCH_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/text.h"
#include "job/admit.h"
#include "job/journal.h"
#include "job/prepare.h"
#include "job/progress.h"
#include "job/queue.h"
#include "job/slot.h"
#include "job/source.h"

struct args;

#define SLOTS_MOST 1024

/** struct place - A slot and what it does: @job runs in @slot, NULL = none */
struct place {
	struct slot slot;
	struct job *job;
	bool restarted; /* its process ended by itself, and it has another */
};

/**
 * struct batch - One batch
 * @places:	@count slots, and room for @most
 * @cpus:	That this process may use, in order
 * @admission:	What jobs that run at a time may declare together
 * @output:	Directory of what jobs write; -1 = none is wanted
 * @repeat:	How often every job is run
 * @left:	Jobs that did not pass in a batch before, and are not run again
 * @signals:	signalfd; @signal: the first that asked for the end; @mask: what was
 *		blocked before
 * @until:	CLOCK_MONOTONIC ns of --timeout; UINT64_MAX = none
 * @hold:	CLOCK_MONOTONIC ns until which no job is started, since not even one had a
 *		process; 0 = none waits. @holds: how often that was so since one ran
 * @fewer:	It was said that fewer jobs run than there were slots
 * @listens:	The loop waits for the stream of jobs
 * @draining:	no job is started any more; @cancelling: those that run are ended
 * @broken:	nook failed, and @why; @late: --timeout has passed
 */
struct batch {
	const struct args *args;
	struct place *places;
	int count, most;
	int cpus[SLOTS_MOST], cpu_count;
	struct admission admission;
	struct plans plans;
	struct queue queue;
	struct journal journal;
	struct text journal_name;
	struct job_source *source;
	struct progress *progress;
	struct tally tally;
	int output;
	int repeat;
	size_t left;
	int epoll, signals;
	sigset_t mask;
	int signal;
	uint64_t until, hold;
	int holds;
	bool fewer;
	bool fail_fast;
	bool listens;
	bool draining, cancelling, late, broken;
	struct err why;
};

/** batch_add_slot() - One slot more, which is started. Return: 0; -1 and @e, and there
 * is none more */
int batch_add_slot(struct batch *b, struct err *e);
/** batch_run() - Run all jobs. What fails is in @b->why */
void batch_run(struct batch *b);
/** batch_take() - A job has come. Return: 0, -1 and @e */
int batch_take(struct batch *b, struct job *j, bool late, struct err *e);

#endif

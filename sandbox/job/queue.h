/* SPDX-License-Identifier: GPL-3.0-or-later */
/* queue.h - which job is next: order, what waits for what, what was done before
 *
 * Of every job that ever came a node of a few bytes stays, which knows the job's id by
 * its hash and how it ended; the job itself goes when it is over. So a stream may go on
 * for ever, and ids are checked over all of it.
 */
#ifndef NOOK_JOB_QUEUE_H
#define NOOK_JOB_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "job/job.h"

struct err;
struct journal_line;

/**
 * struct past - What the journal knows of a job that has not come yet
 * @digest:	Of what it meant, by its last end where it has one
 * @tried:	The same, by its tries since then
 * @cause:	Where it says JOB_FAILED
 * @tries:	Begun since then; @retried: those with another behind them, by cause
 */
struct past {
	uint64_t digest, tried;
	uint8_t cause, tries;
	uint8_t retried[JOB_CAUSES];
};

/**
 * struct node - What is known of one job
 * @hash:	Of its id, 64 bits
 * @job:	NULL when it is over
 * @past:	Instead, where @is_past: the journal alone knows of it
 * @state:	enum job_state
 */
struct node {
	uint64_t hash;
	union {
		struct job *job;
		struct past *past;
	};
	uint8_t state;
	bool is_past;
};

/** struct chain - Jobs in a row */
struct chain {
	struct job *first, *last;
};

/**
 * struct queue - All jobs of a batch
 * @ready:	May start, in the order in which they came; those tried again at the end
 * @skipped:	Will never start: for queue_next_skipped()
 * @passed_over: How often the first was passed over by a smaller one
 * @retries:	The caller's, before queue_add(): jobs that did not pass are not over, and
 *		may mean something else than they did
 */
struct queue {
	struct node *v;
	size_t count, room;
	uint32_t *index; /* by hash: place in @v + 1, 0 = free */
	size_t index_size;
	struct chain ready, skipped;
	int passed_over;
	bool retries;
};

/** queue_release() - Give back all, jobs too; it is an empty queue again */
void queue_release(struct queue *q);
/** queue_remember() - A line of the journal of the batch that this one goes on with.
 * Return: 0, -1 and @e */
int queue_remember(struct queue *q, const struct journal_line *l, struct err *e);
/**
 * queue_add() - A job has come, which is the queue's from here on, whatever is returned
 * @late:	Others come later: what it waits for must be there
 * @cause:	Of JOB_FAILED
 *
 * Return: 0; by the journal it is over, and gone: JOB_PASSED, JOB_FAILED, JOB_SKIPPED;
 * -1 and @e: its id is another
 * job's, it means something else than it did, it waits for what there is not
 */
int queue_add(struct queue *q, struct job *j, bool late, enum cause *cause,
	      struct err *e);
/** queue_left() - Jobs that only the journal knows, and which are over */
size_t queue_left(const struct queue *q);
/** queue_seal() - All have come that were not late: what waits for what. Return: 0, -1
 * and @e: a name that no job has, or a cycle, by its names */
int queue_seal(struct queue *q, struct err *e);
/** queue_next() - Take the first job that @fits, which is not asked again then; a large
 * one is passed over only so often. Return: NULL where there is none now */
struct job *queue_next(struct queue *q, bool (*fits)(const struct job *j, void *arg),
		       void *arg);
/** queue_put_back() - A job that was taken has not begun: it is the first again */
void queue_put_back(struct queue *q, struct job *j);
/** queue_again() - It will be tried again, behind all others */
void queue_again(struct queue *q, struct job *j);
/** queue_end() - It is over, in that state, and gone; jobs that wait for it may start, or
 * never will */
void queue_end(struct queue *q, struct job *j, enum job_state state);
/** queue_next_skipped() - A job that will never start, for queue_end(); or NULL */
struct job *queue_next_skipped(struct queue *q);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* prepare.h - from a job to the plan that a slot runs
 *
 * Planning takes half of the time that a box lives, so a plan is made once for all jobs
 * that have profile, settings and files in common, and kept. A job's own command and
 * variables are written behind a copy of it, in the slot's memory: a plan is one
 * relocatable block.
 */
#ifndef NOOK_JOB_PREPARE_H
#define NOOK_JOB_PREPARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "job/job.h"

struct err;
struct host;
struct option_wish;
struct plan;

#define PLANS_MOST 64

/**
 * struct plans - Plans that were made
 * @wishes:	What the command line sets for all jobs, @wish_count of them
 * @reproducible: What could differ from run to run is fixed, whatever a job sets
 * @v:		Kept plans; @key: what they were made of
 *		@number: of each that was made, another
 * @clock:	Counts uses: the plan not used for longest makes room
 */
struct plans {
	struct host *host;
	const struct option_wish *wishes;
	size_t wish_count;
	bool reproducible;
	struct made {
		char *key;
		size_t key_size;
		struct plan *plan; /* no larger than it is: nothing can be added */
		struct job_share declared;
		uint64_t used, number;
	} v[PLANS_MOST];
	uint64_t clock;
};

/** plans_get() - The plan of a job but for its own words, kept until others need the
 * room. @is_new: it was made now. Return: NULL and @e */
const struct made *plans_get(struct plans *ps, const struct job *j, bool *is_new,
			     struct err *e);
/** struct checked - The last job looked at: of what its plan is made, what it declares */
struct checked {
	struct text key;
	struct job_share declared;
};

/** plans_check() - Whether profile and settings of a job are right, on whatever machine;
 * @j->declared. @last: the job before, of whose kind none is looked at again. Return: 0,
 * -1 and @e */
int plans_check(const struct plans *ps, struct job *j, struct checked *last,
		struct err *e);
void plans_release(struct plans *ps);
/** prepare_none() - No plan could be made of it: only what the journal says of the job */
void prepare_none(struct plan *to, const struct job *j);
/** prepare() - Write what @j runs to @to, from its plan. Limits that ended it before are
 * raised as it asks. Return: 0, -1 and @e */
int prepare(struct plan *to, const struct plan *from, const struct job *j, struct err *e);
/** raise_limit() - By @milli thousandths, as often as @times; 0 and UINT64_MAX stay */
void raise_limit(uint64_t *limit, uint32_t milli, int times);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* admit.h - which jobs may run at a time by what their limits declare
 *
 * A job takes its limits.memory and limits.cpus while it runs. One that declares no
 * memory takes none; one that declares no CPUs takes one, as a slot of -j N would.
 * Of processes that the user may have (RLIMIT_NPROC) it takes limits.pids, or two where
 * it declares none, and three of nook's; but never more than there are.
 * A limit that was raised for another try (retry.raise) takes no more than all there is:
 * such a job runs alone.
 */
#ifndef NOOK_JOB_ADMIT_H
#define NOOK_JOB_ADMIT_H

#include <stdbool.h>

#include "job/job.h"

struct args;
struct err;

/**
 * struct admission - What jobs have together
 * @have:	What there is in all, 0 = it does not count
 * @used:	What those take that run
 * @cpus_are_given: Nobody may declare more CPUs than there are. Else who does runs alone,
 *		with less of their time than its limit would let it have
 */
struct admission {
	struct job_share have, used;
	bool cpus_are_given;
};

/** admit_open() - What --total-memory and --total-cpus say. Return: 0, -1 and @e */
int admit_open(struct admission *a, const struct args *args, struct err *e);
/** admit_processes() - How many more the caller may have, at least 1; 0 = any number.
 * RLIMIT_NPROC less what runs under his user id (setrlimit(2)) */
uint64_t admit_processes(void);
/** admit_check() - Whether the job could run, if it were alone. Return: 0, -1 and @e */
int admit_check(const struct admission *a, const struct job *j, struct err *e);
/** admit_take() - What the job takes, if that is there. Return: false, and nothing is
 * taken */
bool admit_take(struct admission *a, const struct job *j);
/** admit_give() - It gives back what it took; before anything of its tries changes */
void admit_give(struct admission *a, const struct job *j);

#endif

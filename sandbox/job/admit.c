// SPDX-License-Identifier: GPL-3.0-or-later
/* admit.c - which jobs may run at a time by what their limits declare */
#include "job/admit.h"

#include "base/cleanup.h"
#include "base/err.h"
#include "base/text.h"
#include "job/prepare.h"

#define ONE_CPU 1000

static uint64_t at_most(uint64_t n, uint64_t most)
{
	return n < most ? n : most;
}

static struct job_share share_of(const struct admission *a, const struct job *j)
{
	struct job_share s = j->declared;

	raise_limit(&s.memory, j->retry.raise_milli, j->retried[CAUSE_OOM]);
	return (struct job_share){
		.memory = at_most(s.memory, a->have.memory),
		.cpus = at_most(s.cpus ? s.cpus : ONE_CPU, a->have.cpus),
	};
}

int admit_check(const struct admission *a, const struct job *j, struct err *e)
{
	auto_text wants = { 0 }, have = { 0 };
	const struct job_share *s = &j->declared;

	if (a->have.memory && s->memory > a->have.memory) {
		text_size(&wants, s->memory);
		text_size(&have, a->have.memory);
		err_set(e,
			"job '%s' may use %s of memory (limits.memory), and there is %s "
			"for all that run",
			j->id, text_str(&wants), text_str(&have));
		return err_hint(e, "lower its limit, or give --total-memory or -j N");
	}
	if (!a->cpus_are_given || s->cpus <= a->have.cpus)
		return 0;
	err_set(e,
		"job '%s' may use %g CPUs (limits.cpus), and there are %g for all that "
		"run",
		j->id, (double)s->cpus / ONE_CPU, (double)a->have.cpus / ONE_CPU);
	return err_hint(e, "lower its limit, or raise --total-cpus");
}

bool admit_take(struct admission *a, const struct job *j)
{
	struct job_share s = share_of(a, j);

	if (s.memory > a->have.memory - a->used.memory ||
	    s.cpus > a->have.cpus - a->used.cpus)
		return false;
	a->used.memory += s.memory;
	a->used.cpus += s.cpus;
	return true;
}

void admit_give(struct admission *a, const struct job *j)
{
	struct job_share s = share_of(a, j);

	a->used.memory -= s.memory;
	a->used.cpus -= s.cpus;
}

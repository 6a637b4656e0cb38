/* SPDX-License-Identifier: GPL-3.0-or-later */
/* judge.h - whether a lab is solved, and if not, what the state says of why */
#ifndef NOOK_LAB_JUDGE_H
#define NOOK_LAB_JUDGE_H

#include <stdbool.h>
#include <stddef.h>

#include "lab/fact.h"
#include "lab/lab.h"

struct err;

/**
 * struct verdict - What a check found
 * @found:	For each fact of lab->check
 * @solved:	All of them hold
 * @diagnosis:	Of one that is not solved: the first of which all facts hold, or NULL
 */
struct verdict {
	struct fact_found *found;
	size_t count;
	bool solved;
	const struct lab_diagnosis *diagnosis;
};

/** judge() - Look at every fact; changes nothing. One that cannot be looked at does not
 * hold, and says why. Return: 0, verdict_release(); -1 and @e: out of memory */
int judge(const struct lab *l, const struct lab_scene *s, struct verdict *out,
	  struct err *e);
void verdict_release(struct verdict *v);

#endif

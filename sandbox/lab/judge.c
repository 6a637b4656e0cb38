// SPDX-License-Identifier: GPL-3.0-or-later
/* judge.c - whether a lab is solved, and if not, what the state says of why */
#include "lab/judge.h"

#include <stdlib.h>

#include "base/err.h"

/* Return: 1 all hold, 0; -1 and @e */
static int all_hold(const struct lab_facts *facts, const struct lab_scene *s,
		    struct err *e)
{
	bool holds = true;

	for (size_t i = 0; i < facts->count && holds; i++) {
		struct fact_found f = { 0 };
		int rc = fact_look(s, facts->v[i].line, &f, e);

		holds = f.holds;
		fact_release(&f);
		if (rc < 0)
			return -1;
	}
	return holds;
}

static int diagnose(const struct lab *l, const struct lab_scene *s, struct verdict *v,
		    struct err *e)
{
	int rc = 0;

	for (size_t i = 0; i < l->diagnose_count && !rc; i++) {
		rc = all_hold(&l->diagnose[i].when, s, e);
		if (rc == 1)
			v->diagnosis = &l->diagnose[i];
	}
	return rc < 0 ? -1 : 0;
}

int judge(const struct lab *l, const struct lab_scene *s, struct verdict *out,
	  struct err *e)
{
	int rc = 0;

	*out = (struct verdict){ .solved = true };
	out->found = calloc(l->check.count, sizeof(*out->found));
	if (!out->found)
		return err_set(e, "out of memory");
	for (; out->count < l->check.count && !rc; out->count++) {
		struct fact_found *f = &out->found[out->count];

		rc = fact_look(s, l->check.v[out->count].line, f, e);
		out->solved = out->solved && f->holds;
	}
	if (!rc && !out->solved)
		rc = diagnose(l, s, out, e);
	if (rc < 0)
		verdict_release(out);
	return rc;
}

void verdict_release(struct verdict *v)
{
	for (size_t i = 0; i < v->count; i++)
		fact_release(&v->found[i]);
	free(v->found);
	*v = (struct verdict){ 0 };
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* judge.c - whether a lab is solved, and if not, what the state says of why
 *
 * A check is to answer in a second, and that nobody answers a ping takes most of one to
 * know. So what was looked at in a check is not looked at again in it: a diagnosis often
 * asks what the check has asked, or the opposite.
 */
#include "lab/judge.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"

/** struct known - A fact that was looked at; @line, with its `not`, is the lab's */
struct known {
	const char *line;
	bool holds, is_unknown;
};

/** struct check - One, so far; @v has room for every fact of the lab */
struct check {
	const struct lab_scene *scene;
	struct known *v;
	size_t count;
};

static size_t fact_count(const struct lab *l)
{
	size_t n = l->check.count;

	for (size_t i = 0; i < l->diagnose_count; i++)
		n += l->diagnose[i].when.count;
	return n;
}

/* Behind its `not` */
static const char *bare(const char *line)
{
	return strncmp(line, "not ", 4) != 0 ? line : line + 4;
}

/* Return: NULL = that was not looked at yet */
static const struct known *find(const struct check *c, const char *line)
{
	for (size_t i = 0; i < c->count; i++)
		if (!strcmp(bare(c->v[i].line), bare(line)))
			return &c->v[i];
	return NULL;
}

static int look(struct check *c, const char *line, struct fact_found *out, struct err *e)
{
	int rc = fact_look(c->scene, line, out, e);

	c->v[c->count++] = (struct known){ line, out->holds, out->is_unknown };
	return rc;
}

/* Return: 1 it holds, 0; -1 and @e */
static int holds(struct check *c, const char *line, struct err *e)
{
	const struct known *k = find(c, line);
	struct fact_found f = { 0 };
	int rc;

	if (k && k->is_unknown)
		return 0;
	if (k)
		return strcmp(k->line, line) ? !k->holds : k->holds;
	rc = look(c, line, &f, e);
	fact_release(&f);
	return rc < 0 ? -1 : c->v[c->count - 1].holds;
}

/* Return: 1 all hold, 0; -1 and @e */
static int all_hold(struct check *c, const struct lab_facts *facts, struct err *e)
{
	int rc = 1;

	for (size_t i = 0; i < facts->count && rc == 1; i++)
		rc = holds(c, facts->v[i].line, e);
	return rc;
}

static int diagnose(struct check *c, const struct lab *l, struct verdict *v,
		    struct err *e)
{
	int rc = 0;

	for (size_t i = 0; i < l->diagnose_count && !rc; i++) {
		rc = all_hold(c, &l->diagnose[i].when, e);
		if (rc == 1)
			v->diagnosis = &l->diagnose[i];
	}
	return rc < 0 ? -1 : 0;
}

int judge(const struct lab *l, const struct lab_scene *s, struct verdict *out,
	  struct err *e)
{
	auto_free struct known *known = calloc(fact_count(l), sizeof(*known));
	struct check c = { .scene = s, .v = known };
	int rc = 0;

	*out = (struct verdict){ .solved = true };
	out->found = calloc(l->check.count, sizeof(*out->found));
	if (!out->found || !known) {
		verdict_release(out);
		return err_set(e, "out of memory");
	}
	for (; out->count < l->check.count && !rc; out->count++) {
		struct fact_found *f = &out->found[out->count];

		rc = look(&c, l->check.v[out->count].line, f, e);
		out->solved = out->solved && f->holds;
	}
	if (!rc && !out->solved)
		rc = diagnose(&c, l, out, e);
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

// SPDX-License-Identifier: GPL-3.0-or-later
/* judge.c - whether a lab is solved, and if not, what the state says of why
 *
 * A check is to answer in a second, and that nobody answers a ping takes most of one to
 * know. So what was looked at in a check is not looked at again in it: a diagnosis often
 * asks what the check has asked, or the opposite. And all that may wait for an answer is
 * begun at once, in a child each, before the first fact is looked at; a fact behind it
 * still comes when it has ended.
 */
#include "lab/judge.h"

#include <stdlib.h>
#include <string.h>

#include "base/child.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "lab/verbs.h"

/* Verbs that wait where nobody answers */
static const char *const waiting[] = { "ping", "tcp-get" };

/** struct known - A fact that was looked at; @line, with its `not`, is the lab's;
 * @child: looks at it still */
struct known {
	const char *line;
	bool holds, is_unknown;
	struct child child;
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
static struct known *find(const struct check *c, const char *line)
{
	for (size_t i = 0; i < c->count; i++)
		if (!strcmp(bare(c->v[i].line), bare(line)))
			return &c->v[i];
	return NULL;
}

/* --- what is begun before it is asked for ------------------------------------------ */

/** struct errand - Of a child */
struct errand {
	const struct lab_scene *scene;
	const char *line;
};

/* What was found, as text: two flags, then each text behind its length */
static int run_errand(void *arg, struct text *out, struct err *e)
{
	const struct errand *r = arg;
	struct fact_found f = { 0 };
	const struct text *texts[] = { &f.expected, &f.found, &f.source };

	if (fact_look(r->scene, r->line, &f, e) < 0)
		return -1;
	text_addf(out, "%d%d", f.holds, f.is_unknown);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		text_addf(out, "%zu:", texts[i]->len);
		text_addn(out, text_str(texts[i]), texts[i]->len);
	}
	return 0;
}

/* Wait for the child. Return: 0; -1 and @e: nothing is known */
static int fetch(struct known *k, struct fact_found *out, struct err *e)
{
	struct text *texts[] = { &out->expected, &out->found, &out->source };
	auto_text said = { 0 };
	char *p;

	if (child_end(&k->child, &said, e) < 0)
		return -1;
	out->holds = said.s[0] == '1';
	out->is_unknown = said.s[1] == '1';
	p = said.s + 2;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		size_t n = strtoul(p, &p, 10);

		text_addn(texts[i], p + 1, n);
		p += 1 + n;
	}
	return 0;
}

static bool may_wait(const char *line)
{
	size_t n = strcspn(bare(line), " ");

	for (size_t i = 0; i < ARRAY_SIZE(waiting); i++)
		if (n == strlen(waiting[i]) && !strncmp(bare(line), waiting[i], n))
			return true;
	return false;
}

/* What cannot be begun now is looked at when it is asked for */
static void send_for(struct check *c, const struct lab_facts *facts)
{
	struct err none;

	for (size_t i = 0; i < facts->count; i++) {
		struct errand r = { c->scene, facts->v[i].line };
		struct known k = { .line = r.line };

		if (!may_wait(r.line) || find(c, r.line))
			continue;
		if (child_begin(run_errand, &r, &k.child, &none) == 0)
			c->v[c->count++] = k;
	}
}

static void send_for_all(struct check *c, const struct lab *l)
{
	send_for(c, &l->check);
	for (size_t i = 0; i < l->diagnose_count; i++)
		send_for(c, &l->diagnose[i].when);
}

static void drop_all(struct check *c)
{
	for (size_t i = 0; i < c->count; i++)
		child_drop(&c->v[i].child);
}

/* --- one by one -------------------------------------------------------------------- */

/* What cannot be looked at is unknown, and says why: the others are looked at */
static void look(struct check *c, const char *line, struct fact_found *out)
{
	struct known *k = find(c, line);
	bool is_sent = k && k->child.pid && !strcmp(k->line, line);
	struct err e;

	if ((is_sent ? fetch(k, out, &e) : fact_look(c->scene, line, out, &e)) < 0) {
		fact_nowhere(out, "cannot look at it: %s", e.text);
		out->holds = false;
	}
	if (!k)
		k = &c->v[c->count++];
	else if (!is_sent)
		return;
	k->line = line; /* the rest of it was zero, or is by now */
	k->holds = out->holds;
	k->is_unknown = out->is_unknown;
}

static bool holds(struct check *c, const char *line)
{
	struct known *k = find(c, line);
	struct fact_found f = { 0 };

	if (!k || k->child.pid)
		look(c, k ? k->line : line, &f);
	fact_release(&f);
	k = find(c, line);
	return !k->is_unknown && k->holds == !strcmp(k->line, line);
}

static bool all_hold(struct check *c, const struct lab_facts *facts)
{
	for (size_t i = 0; i < facts->count; i++)
		if (!holds(c, facts->v[i].line))
			return false;
	return true;
}

static void diagnose(struct check *c, const struct lab *l, struct verdict *v)
{
	for (size_t i = 0; i < l->diagnose_count && !v->diagnosis; i++)
		if (all_hold(c, &l->diagnose[i].when))
			v->diagnosis = &l->diagnose[i];
}

int judge(const struct lab *l, const struct lab_scene *s, struct verdict *out,
	  struct err *e)
{
	auto_free struct known *known = calloc(fact_count(l), sizeof(*known));
	struct check c = { .scene = s, .v = known };

	*out = (struct verdict){ .solved = true };
	out->found = calloc(l->check.count, sizeof(*out->found));
	if (!out->found || !known) {
		verdict_release(out);
		return err_set(e, "out of memory");
	}
	send_for_all(&c, l);
	for (; out->count < l->check.count; out->count++) {
		struct fact_found *f = &out->found[out->count];

		look(&c, l->check.v[out->count].line, f);
		out->solved = out->solved && f->holds;
	}
	if (!out->solved)
		diagnose(&c, l, out);
	drop_all(&c);
	return 0;
}

void verdict_release(struct verdict *v)
{
	for (size_t i = 0; i < v->count; i++)
		fact_release(&v->found[i]);
	free(v->found);
	*v = (struct verdict){ 0 };
}

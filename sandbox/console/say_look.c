// SPDX-License-Identifier: GPL-3.0-or-later
/* say_look.c - the words that look at drafts, and use them */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/names.h"
#include "base/text.h"
#include "box/store.h"
#include "cmd/explain.h"
#include "cmd/pager.h"
#include "cmd/profile_new.h"
#include "cmd/resting.h"
#include "console/say.h"
#include "console/sayings.h"
#include "console/stack.h"
#include "layer/layer.h"

#define CREATE_WORDS 256 /* of a command line of `nook run --detach` */
#define FIRST	     4	 /* of its values */

static const char *next_draft(size_t i, const void *arg)
{
	const struct draft *d = ((const struct console *)arg)->drafts;

	while (d && i--)
		d = d->next;
	return d ? d->name : NULL;
}

struct draft *saying_draft(const struct console *c, const char *name, struct err *e)
{
	struct draft *d = console_draft(c, name);

	if (d)
		return d;
	name_missing("draft", name, next_draft, c, e);
	err_hint(e, "'drafts' lists them");
	return NULL;
}

/* The profile of the draft at hand, with @command in place of its own */
static int profile_now(const struct console *c, char *const *command, struct profile **pf,
		       struct err *e)
{
	if (saying_needs_draft(c, e) < 0)
		return -1;
	return draft_profile(c->draft, NULL, command, pf, e);
}

/* --- lists ------------------------------------------------------------------------- */

int say_history(struct console *c, char **argv, struct err *e)
{
	const struct draft *d = c->draft;
	auto_text out = { 0 };
	int r = saying_begin(c, argv, 0, 0, e);

	if (r < 0)
		return r;
	text_addf(&out, "%s new %s%s%s\n", d->used ? " " : ">", d->name,
		  d->from ? " from " : "", d->from ? d->from : "");
	for (size_t i = 0; i < d->count; i++) {
		text_addf(&out, "%s ", i + 1 == d->used ? ">" : " ");
		text_safe(&out, d->step[i].words);
		text_addc(&out, '\n');
	}
	return cmd_show(&out, e);
}

int say_drafts(struct console *c, char **argv, struct err *e)
{
	auto_text out = { 0 };
	int r = saying_usage(argv, 0, 0, e);

	if (r < 0)
		return r;
	for (const struct draft *d = c->drafts; d; d = d->next) {
		struct profile *pf = NULL;
		auto_text names = { 0 };

		if (!draft_profile(d, NULL, NULL, &pf, NULL))
			stack_names(pf, &names);
		profile_free(pf);
		text_addf(&out, "%s %-16s %s\n", d == c->draft ? ">" : " ", d->name,
			  names.len ? text_str(&names) : "-");
	}
	return cmd_show(&out, e);
}

int say_layers(struct console *c, char **argv, struct err *e)
{
	struct profile *pf = NULL;
	auto_text out = { 0 };
	int r = saying_usage(argv, 0, 0, e);

	if (!r && c->draft)
		r = profile_now(c, NULL, &pf, e);
	if (r < 0)
		return r;
	for (size_t i = 0; brick_at(i); i++) {
		const struct brick *b = brick_at(i);

		text_addf(&out, "%s %-13s %s\n", pf && brick_is_in(b, pf) ? "*" : " ",
			  b->name, b->help);
		if (*b->usage)
			text_addf(&out, "  %-13s   %s\n", "", b->usage);
	}
	profile_free(pf);
	return cmd_show(&out, e);
}

/* --- facts ------------------------------------------------------------------------- */

static int facts_of(struct console *c, const struct draft *d, struct facts *out,
		    struct err *e)
{
	struct profile *pf = NULL;
	int r = draft_profile(d, NULL, NULL, &pf, e);

	if (!r)
		r = sketch_look(c, pf, out, e);
	profile_free(pf);
	return r;
}

int say_view(struct console *c, char **argv, struct err *e)
{
	auto_text out = { 0 };

	if (argv[1])
		return job_exec(c, argv, e);
	if (saying_needs_draft(c, e) < 0 ||
	    facts_of(c, c->draft, &c->draft->facts, e) < 0)
		return -1;
	facts_table(&c->draft->facts, &out);
	return cmd_show(&out, e);
}

/* Key by key, as `profile diff` does it */
static void compare_keys(const struct profile *a, const struct profile *b,
			 struct text *out)
{
	for (int f = 0; f < FIELD_COUNT; f++) {
		auto_text x = { 0 }, y = { 0 };

		profile_value(a, (enum field)f, &x);
		profile_value(b, (enum field)f, &y);
		if (!strcmp(text_str(&x), text_str(&y)))
			continue;
		text_addf(out, "%s:\n  - %s\n  + %s\n", field_name((enum field)f),
			  x.len ? text_str(&x) : "nothing",
			  y.len ? text_str(&y) : "nothing");
	}
}

int say_compare(struct console *c, char **argv, struct err *e)
{
	const struct draft *a, *b;
	struct profile *x = NULL, *y = NULL;
	struct facts left, right;
	auto_text out = { 0 }, rows = { 0 };
	int r;

	/* A ladder of layers instead of two drafts: the command of that name */
	if (!argv[1] || *argv[1] == '-')
		return job_exec(c, argv, e);
	r = argv[2] ? saying_usage(argv, 1, 2, e) : saying_begin(c, argv, 1, 2, e);
	if (r < 0)
		return r;
	r = -1;
	a = saying_draft(c, argv[1], e);
	b = argv[2] ? saying_draft(c, argv[2], e) : c->draft;
	if (!a || !b || draft_profile(a, NULL, NULL, &x, e) < 0 ||
	    draft_profile(b, NULL, NULL, &y, e) < 0)
		goto out;
	if (facts_of(c, a, &left, e) < 0 || facts_of(c, b, &right, e) < 0)
		goto out;
	compare_keys(x, y, &out);
	if (facts_compare(&left, &right, &rows))
		text_addf(&out, "%sinside %s, inside %s:\n%s", out.len ? "\n" : "",
			  a->name, b->name, text_str(&rows));
	r = cmd_show(&out, e);
out:
	profile_free(x);
	profile_free(y);
	return r;
}

/* A layer of the draft by either name; any other word is for the command */
int say_explain(struct console *c, char **argv, struct err *e)
{
	const struct brick *b = argv[1] ? brick_find(argv[1], NULL) : NULL;
	const char *layer = b ? b->about : argv[1];
	struct profile *pf = NULL;
	struct plan *pl;
	auto_text out = { 0 };

	if (argv[1] && (argv[2] || (!b && !layer_find(argv[1]))))
		return job_exec(c, argv, e);
	if (profile_now(c, NULL, &pf, e) < 0)
		return -1;
	pl = sketch_plan(pf, e);
	profile_free(pf);
	if (!pl)
		return -1;
	explain_plan(pl, layer, &out);
	plan_free(pl);
	return cmd_show(&out, e);
}

/* --- profiles ---------------------------------------------------------------------- */

int say_show(struct console *c, char **argv, struct err *e)
{
	struct profile *pf = NULL;
	auto_text out = { 0 };
	int r = saying_usage(argv, 0, 0, e);

	if (!r)
		r = profile_now(c, NULL, &pf, e);
	if (r < 0)
		return r;
	profile_print(pf, 0, &out);
	profile_free(pf);
	return cmd_show(&out, e);
}

int say_save(struct console *c, char **argv, struct err *e)
{
	struct profile *pf = NULL;
	auto_text yaml = { 0 }, path = { 0 }, said = { 0 };
	int r = saying_usage(argv, 0, 1, e);

	if (!r)
		r = profile_now(c, NULL, &pf, e);
	if (r < 0)
		return r;
	profile_print(pf, 0, &yaml);
	profile_free(pf);
	r = profile_write(argv[1] ? argv[1] : c->draft->name, &yaml, &path, e);
	if (r < 0)
		return r;
	text_safe(&said, text_str(&path));
	text_addc(&said, '\n');
	return cmd_print(&said, e);
}

/* --- commands ---------------------------------------------------------------------- */

static int run(struct console *c, char **argv, char **command, struct err *e)
{
	struct profile *pf = NULL;
	int r;

	if (profile_now(c, command, &pf, e) < 0)
		return -1;
	r = sketch_run(c, argv, pf, e);
	profile_free(pf);
	return r;
}

int say_run(struct console *c, char **argv, struct err *e)
{
	int r = saying_begin(c, argv, 1, 4096, e);

	if (r < 0)
		return r;
	return run(c, argv, argv + 1, e);
}

int say_enter(struct console *c, char **argv, struct err *e)
{
	return run(c, argv, argv[1] ? argv + 1 : NULL, e);
}

/* --- a box that lives --------------------------------------------------------------- */

/** struct creating - The words of `nook run --detach`; from FIRST on every second is a
 * value on the heap */
struct creating {
	char *v[CREATE_WORDS];
	size_t count;
	bool full;
};

static void create_value(const char *pair, void *arg)
{
	struct creating *cr = arg;
	char *copy = cr->count + 3 < CREATE_WORDS ? strdup(pair) : NULL;

	if (!copy) {
		cr->full = true;
		return;
	}
	cr->v[cr->count++] = (char *)"--set";
	cr->v[cr->count++] = copy;
}

/* What a start of the draft would find in its place */
static int check_free(const char *name, struct err *e)
{
	struct record rec;
	struct plan *running = store_running(name, &rec);
	const bool runs = running != NULL;

	free(running);
	if (runs) {
		err_set(e, "the box '%s' is running", name);
		return err_hint(e,
				"'stop %s' and 'rm %s' remove it, and then 'start' makes "
				"one of this draft",
				name, name);
	}
	if (resting_check_free(name, e) == 0)
		return 0;
	e->hint[0] = '\0';
	return err_hint(e,
			"'start %s' starts that box as it was; 'rm %s' removes it, and "
			"then 'start' makes one of this draft",
			name, name);
}

static int start_draft(struct console *c, struct err *e)
{
	struct creating cr = { .v = { (char *)"run", (char *)"--detach", (char *)"--name",
				      c->draft->name },
			       .count = FIRST };
	int r = check_free(c->draft->name, e);

	if (!r)
		r = draft_options(c->draft, create_value, &cr, e);
	if (!r && cr.full)
		r = err_set(e, "the draft has too many values for a box");
	cr.v[cr.count] = c->draft->from ? c->draft->from : (char *)"base";
	if (!r)
		r = job_exec(c, cr.v, e);
	c->draft->started |= !r;
	for (size_t i = FIRST + 1; i < cr.count; i += 2)
		free(cr.v[i]);
	return r;
}

int say_start(struct console *c, char **argv, struct err *e)
{
	if (argv[1])
		return job_exec(c, argv, e);
	if (saying_needs_draft(c, e) < 0)
		return -1;
	return start_draft(c, e);
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* boxes.c - the living boxes, read from their records */
#include "cmd/boxes.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/fdio.h"
#include "base/text.h"
#include "cmd/resting.h"

/* Takes @plan over */
static int add(struct boxes *b, const struct record *rec, struct plan *plan)
{
	struct living *more = plan ? realloc(b->v, (b->count + 1) * sizeof(*more)) : NULL;

	if (!more) {
		free(plan);
		return -1;
	}
	b->v = more;
	b->v[b->count++] =
		(struct living){ .rec = *rec, .plan = plan, .exit_code = -1 };
	return 0;
}

static void add_copy(const struct record *rec, const struct plan *plan, void *arg)
{
	struct plan *copy = malloc(plan->size);

	if (copy)
		memcpy(copy, plan, plan->size);
	add(arg, rec, copy);
}

static int by_age(const void *a, const void *b)
{
	const struct record *x = &((const struct living *)a)->rec;
	const struct record *y = &((const struct living *)b)->rec;

	if (x->started_ns != y->started_ns)
		return x->started_ns < y->started_ns ? -1 : 1;
	return strcmp(x->id, y->id);
}

int boxes_all(struct boxes *b, struct err *e)
{
	*b = (struct boxes){ 0 };
	if (store_each(add_copy, b, e) < 0)
		return -1;
	if (b->count)
		qsort(b->v, b->count, sizeof(*b->v), by_age);
	return 0;
}

/* What its plan was; an empty one where this nook cannot read it */
static struct plan *copy_plan(const struct plan *from)
{
	struct plan none = { .magic = PLAN_MAGIC,
			     .version = PLAN_VERSION,
			     .size = sizeof(none) };
	const struct plan *pl = from ? from : &none;
	struct plan *copy = malloc(pl->size);

	if (copy)
		memcpy(copy, pl, pl->size);
	return copy;
}

static bool runs(const struct boxes *b, const char *id)
{
	for (size_t i = 0; i < b->count; i++)
		if (!b->v[i].is_resting && !strcmp(b->v[i].rec.id, id))
			return true;
	return false;
}

void living_rest(struct living *box, const struct rest *r, enum rest_state state)
{
	box->is_resting = true;
	box->state = state;
	box->exit_code = r->rec.result ? r->rec.exit_code : -1;
	box->cause = r->rec.cause;
}

static void add_resting(const struct rest *r, const struct err *why, void *arg)
{
	struct record rec = { .started_ns = r->rec.started_ns };
	enum rest_state state = why ? REST_BUSY : rest_state(r);
	struct boxes *b = arg;
	struct living *last;

	if (state == REST_RUNNING && runs(b, r->rec.id))
		return;
	memcpy(rec.id, r->rec.id, sizeof(rec.id));
	snprintf(rec.name, sizeof(rec.name), "%.64s", r->name);
	if (add(b, &rec, copy_plan(r->rec.plan)) < 0)
		return;
	last = &b->v[b->count - 1];
	store_note_limits(&last->rec, last->plan);
	living_rest(last, r, state);
}

static int by_name(const void *x, const void *y)
{
	return strcmp(((const struct living *)x)->rec.name,
		      ((const struct living *)y)->rec.name);
}

int boxes_resting(struct boxes *b, struct err *e)
{
	struct rest_area area = { .dir = -1 };
	int r = resting_open(&area, false, e);
	size_t running = b->count;

	if (!r && rest_each(&area, add_resting, b, e) < 0)
		r = -1;
	if (b->count > running)
		qsort(b->v + running, b->count - running, sizeof(*b->v), by_name);
	rest_area_close(&area);
	return r;
}

/* Say that it is at rest, if one of that name is: where a running one was wanted */
static void say_resting(const char *name, struct err *e)
{
	struct rest_area area = { .dir = -1 };
	struct rest rest;

	if (resting_open(&area, false, NULL) < 0)
		return;
	if (rest_open(&area, name, &rest, NULL) == 0) {
		*e = (struct err){ 0 };
		err_set(e, "box '%s' does not run", name);
		err_hint(e, "nook start %s", name);
		rest_close(&rest);
	}
	rest_area_close(&area);
}

struct plan *box_pick(const char *word, struct record *rec, struct err *e)
{
	struct plan *plan = store_pick(word, rec, e);

	if (!plan)
		say_resting(word, e);
	return plan;
}

int boxes_named(struct boxes *b, char **words, size_t count, struct err *e)
{
	*b = (struct boxes){ 0 };
	for (size_t i = 0; i < count; i++) {
		struct record rec;
		struct plan *plan = box_pick(words[i], &rec, e);

		if (!plan)
			return -1;
		if (add(b, &rec, plan) < 0)
			return err_set(e, "out of memory");
	}
	return 0;
}

void boxes_release(struct boxes *b)
{
	for (size_t i = 0; i < b->count; i++)
		free(b->v[i].plan);
	free(b->v);
	*b = (struct boxes){ 0 };
}

void box_command(const struct plan *pl, struct text *out)
{
	bool first = true;

	for (const struct plan_word *w = NULL; (w = plan_each(pl, &pl->env.argv, w));
	     first = false) {
		text_add(out, first ? "" : " ");
		text_shell(out, plan_text(pl, w->text));
	}
}

/* The state letter stands behind the name, which may hold any byte but ends at the last
 * parenthesis (proc(5)) */
bool box_is_stopped(const struct record *rec)
{
	char path[40], stat[512];
	const char *end;

	snprintf(path, sizeof(path), "/proc/%d/stat", rec->keeper);
	if (file_read_small(AT_FDCWD, path, stat, sizeof(stat)) <= 0)
		return false;
	end = strrchr(stat, ')');
	return end && end[1] == ' ' && (end[2] == 'T' || end[2] == 't');
}

const char *box_status(const struct record *rec)
{
	static const char *const words[BOX_STATES] = {
		[BOX_RUNNING] = "running",
		[BOX_PAUSED] = "paused",
		[BOX_AT_LIMIT] = "at limit",
	};

	if (box_is_stopped(rec))
		return "keeper stopped";
	return rec->state < BOX_STATES ? words[rec->state] : "?";
}

void living_status(const struct living *box, struct text *out)
{
	if (!box->is_resting)
		text_add(out, box_status(&box->rec));
	else if (box->state != REST_STOPPED || box->exit_code < 0)
		text_add(out, rest_state_name(box->state));
	else if (cause_is_plain(box->cause))
		text_addf(out, "stopped (%d)", box->exit_code);
	else
		text_addf(out, "stopped (%d, %s)", box->exit_code,
			  cause_name(box->cause));
}

const char *living_status_name(const struct living *box)
{
	return !box->is_resting		 ? box_status(&box->rec)
	       : box->state == REST_LOST ? "lost"
					 : rest_state_name(box->state);
}

const char *living_cause(const struct living *box)
{
	if (!box->is_resting)
		return NULL;
	if (box->state == REST_LOST)
		return cause_name(CAUSE_LOST);
	return box->state == REST_STOPPED && box->exit_code >= 0 ? cause_name(box->cause)
								 : NULL;
}

const char *living_colour(const struct living *box)
{
	return box->rec.state || box->state == REST_LOST ? "\033[33m" : NULL;
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* status.c - nook lab, list, status, export: how things stand */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/names.h"
#include "cmd/lab.h"
#include "cmd/listing.h"
#include "cmd/pager.h"
#include "lab/lesson.h"

/** struct row - One lab of a list; @lacks: what it needs and is not here, or NULL */
struct row {
	const char *id;
	struct lab *lab;
	struct lab_record record;
	const char *lacks;
	bool is_now;
};

/* --- columns ----------------------------------------------------------------------- */

static void cell_id(const void *row, struct text *out)
{
	text_add(out, ((const struct row *)row)->id);
}

static void cell_chapter(const void *row, struct text *out)
{
	text_add(out, ((const struct row *)row)->lab->chapter);
}

static void cell_title(const void *row, struct text *out)
{
	text_add(out, ((const struct row *)row)->lab->title);
}

static void cell_minutes(const void *row, struct text *out)
{
	text_addf(out, "%u", ((const struct row *)row)->lab->minutes);
}

static void cell_level(const void *row, struct text *out)
{
	text_addf(out, "%u", ((const struct row *)row)->lab->level);
}

static void cell_state(const void *row, struct text *out)
{
	const struct row *r = row;

	if (r->is_now && r->record.state <= LAB_TRIED)
		text_add(out, "at hand");
	else if (r->lacks && r->record.state <= LAB_TRIED)
		text_add(out, "not here");
	else if (r->record.state != LAB_NEW)
		text_add(out, lab_state_name(r->record.state));
}

static void json_state(const void *row, struct text *out)
{
	text_json(out, lab_state_name(((const struct row *)row)->record.state));
}

static void json_now(const void *row, struct text *out)
{
	text_add(out, ((const struct row *)row)->is_now ? "true" : "false");
}

static void cell_now(const void *row, struct text *out)
{
	text_add(out, ((const struct row *)row)->is_now ? "yes" : "");
}

static void json_tries(const void *row, struct text *out)
{
	json_number(out, ((const struct row *)row)->record.tries);
}

static void cell_tries(const void *row, struct text *out)
{
	unsigned int n = ((const struct row *)row)->record.tries;

	if (n)
		text_addf(out, "%u", n);
}

static void json_time_taken(const void *row, struct text *out)
{
	int64_t s = ((const struct row *)row)->record.seconds;

	json_number(out, s ? (uint64_t)s : UINT64_MAX);
}

static void cell_time(const void *row, struct text *out)
{
	int64_t s = ((const struct row *)row)->record.seconds;

	if (s)
		text_duration(out, (unsigned long long)s * 1000000000);
}

static void add_words(const struct lab_words *w, struct text *out, bool json)
{
	text_add(out, json ? "[" : "");
	for (size_t i = 0; i < w->count; i++) {
		text_add(out, i ? "," : "");
		if (json)
			text_json(out, w->v[i]);
		else
			text_add(out, w->v[i]);
	}
	text_add(out, json ? "]" : "");
}

static void cell_objectives(const void *row, struct text *out)
{
	add_words(&((const struct row *)row)->lab->objectives, out, false);
}

static void json_objectives(const void *row, struct text *out)
{
	add_words(&((const struct row *)row)->lab->objectives, out, true);
}

static void cell_needs(const void *row, struct text *out)
{
	add_words(&((const struct row *)row)->lab->needs, out, false);
}

static void json_needs(const void *row, struct text *out)
{
	add_words(&((const struct row *)row)->lab->needs, out, true);
}

static void cell_missing(const void *row, struct text *out)
{
	const char *lacks = ((const struct row *)row)->lacks;

	text_add(out, lacks ? lacks : "");
}

static void json_missing(const void *row, struct text *out)
{
	text_json(out, ((const struct row *)row)->lacks);
}

static void cell_file(const void *row, struct text *out)
{
	text_add(out, ((const struct row *)row)->lab->path);
}

static const struct column columns[] = {
	{ .name = "LAB", .key = "id", .cell = cell_id },
	{ .name = "CHAPTER", .key = "chapter", .cell = cell_chapter },
	{ .name = "TITLE", .key = "title", .flags = COLUMN_CUT, .cell = cell_title },
	{ .name = "MIN",
	  .key = "minutes",
	  .flags = COLUMN_RIGHT,
	  .cell = cell_minutes,
	  .json = cell_minutes },
	{ .name = "LEVEL",
	  .key = "level",
	  .flags = COLUMN_RIGHT,
	  .cell = cell_level,
	  .json = cell_level },
	{ .name = "STATE", .key = "state", .cell = cell_state, .json = json_state },
	{ .name = "TRIES",
	  .key = "tries",
	  .flags = COLUMN_RIGHT,
	  .cell = cell_tries,
	  .json = json_tries },
	{ .name = "TIME",
	  .key = "seconds",
	  .flags = COLUMN_RIGHT,
	  .cell = cell_time,
	  .json = json_time_taken },
	{ .name = "OBJECTIVES",
	  .key = "objectives",
	  .flags = COLUMN_EXTRA,
	  .cell = cell_objectives,
	  .json = json_objectives },
	{ .name = "NEEDS",
	  .key = "needs",
	  .flags = COLUMN_EXTRA,
	  .cell = cell_needs,
	  .json = json_needs },
	{ .name = "MISSING",
	  .key = "missing",
	  .flags = COLUMN_EXTRA,
	  .cell = cell_missing,
	  .json = json_missing },
	{ .name = "FILE", .key = "file", .flags = COLUMN_EXTRA, .cell = cell_file },
	{ .name = "NOW",
	  .key = "at_hand",
	  .flags = COLUMN_EXTRA,
	  .cell = cell_now,
	  .json = json_now },
	{ 0 },
};

/* --- list -------------------------------------------------------------------------- */

/* One whose file is wrong is told of, and is no reason not to list the others. Return:
 * how many are wrong */
static int fill(struct lesson *s, struct row *rows, size_t *count)
{
	int bad = 0;

	for (size_t i = 0; i < s->set.count; i++) {
		const char *id = s->set.v[i].id;
		struct err wrong = { 0 };
		struct row *r = &rows[*count];

		*r = (struct row){ .id = id, .record = diary_of(&s->diary, id) };
		r->is_now = s->is_on && !strcmp(s->now.id, id);
		if (lab_open(&s->set.v[i], &r->lab, &wrong) == 0) {
			r->lacks = needs_lacking(&s->needs, &r->lab->needs);
			++*count;
			continue;
		}
		cmd_complain(&wrong);
		bad++;
	}
	return bad;
}

static int print_rows(const struct listing *l, struct row *rows, size_t count,
		      struct err *e)
{
	const void **each = calloc(count + 1, sizeof(*each));
	auto_text out = { 0 };
	int rc;

	if (!each)
		return err_set(e, "out of memory");
	for (size_t i = 0; i < count; i++)
		each[i] = &rows[i];
	rc = listing_text(l, each, count, &out, e);
	free(each);
	return rc < 0 ? -1 : cmd_show(&out, e);
}

static int print_names(const struct lesson *s, struct err *e)
{
	auto_text out = { 0 };

	for (size_t i = 0; i < s->set.count; i++)
		text_addf(&out, "%s\n", s->set.v[i].id);
	return cmd_print(&out, e);
}

static int list(const struct args *a, struct lesson *s, struct err *e)
{
	auto_free struct row *rows = calloc(s->set.count + 1, sizeof(*rows));
	struct listing l;
	size_t count = 0;
	int bad = 0, rc = listing_open(&l, a, columns, "labs", e);

	if (rc)
		return rc;
	if (!rows)
		return err_set(e, "out of memory");
	if (cmd_option(a, "names"))
		return print_names(s, e);
	bad = fill(s, rows, &count);
	rc = print_rows(&l, rows, count, e);
	for (size_t i = 0; i < count; i++)
		lab_free(rows[i].lab);
	return rc < 0 ? -1 : bad > 0;
}

int lab_list(const struct args *a, struct err *e)
{
	auto_lesson s = { .diary = { .dir = -1 } };

	if (a->word_count)
		return cmd_usage(a, e, "lab list takes no words");
	if (lesson_open(&s, false, e) < 0 || lesson_find(&s, a, e) < 0)
		return -1;
	return list(a, &s, e);
}

/* --- status ------------------------------------------------------------------------ */

static void count_states(const struct lesson *s, size_t of[LAB_STATES])
{
	for (size_t i = 0; i < s->set.count; i++)
		of[diary_of(&s->diary, s->set.v[i].id).state]++;
}

static void say_bar(const size_t of[LAB_STATES], struct text *out)
{
	const char *gap = "";

	for (enum lab_state i = LAB_SOLVED; i < LAB_STATES; i++)
		if (of[i]) {
			text_addf(out, "%s%zu %s", gap, of[i], lab_state_name(i));
			gap = ", ";
		}
	if (!*gap)
		text_add(out, "none solved yet");
}

static int say_status(const struct lesson *s, struct text *out)
{
	size_t of[LAB_STATES] = { 0 };
	struct lab_record r;
	pid_t pid;

	count_states(s, of);
	text_addf(out, "%zu lab%s: ", s->set.count,
		  s->set.count == 1 ? "" : "s");
	say_bar(of, out);
	text_addc(out, '\n');
	if (!s->is_on) {
		text_add(out, "none is started; 'nook lab start' begins the next one\n");
		return 0;
	}
	r = diary_of(&s->diary, s->now.id);
	text_addf(out, "%u tr%s, %u of %d hints%s", r.tries, r.tries == 1 ? "y" : "ies",
		  r.hints, LAB_HINTS, r.has_solution ? ", the solution was shown" : "");
	if (!play_is_up(&pid))
		text_add(out, "; the playground has ended: nook lab reset");
	text_add(out, "\n\n");
	if (s->lab)
		say_statement(s->lab, text_str(&s->dir), out);
	return 0;
}

static void json_status(const struct lesson *s, struct text *out)
{
	struct lab_record r = diary_of(&s->diary, s->is_on ? s->now.id : "");
	size_t of[LAB_STATES] = { 0 };
	pid_t pid;

	count_states(s, of);
	text_add(out, "{\"schema\": 1, \"labs\": {");
	for (enum lab_state i = 0; i < LAB_STATES; i++)
		text_addf(out, "%s\"%s\": %zu", i ? ", " : "", lab_state_name(i), of[i]);
	text_add(out, "}, \"lab\": ");
	text_json(out, s->is_on ? s->now.id : NULL);
	text_add(out, ", \"dir\": ");
	text_json(out, s->is_on ? text_str(&s->dir) : NULL);
	text_addf(out,
		  ", \"playground\": %s, \"tries\": %u, \"hints\": %u, \"solution\": %s, "
		  "\"state\": \"%s\"}\n",
		  s->is_on && play_is_up(&pid) ? "true" : "false", r.tries, r.hints,
		  r.has_solution ? "true" : "false", lab_state_name(r.state));
}

static int status(const struct args *a, struct lesson *s, struct err *e)
{
	auto_text out = { 0 };

	if (cmd_option(a, "json"))
		json_status(s, &out);
	else
		say_status(s, &out);
	return cmd_print(&out, e);
}

int lab_status(const struct args *a, struct err *e)
{
	auto_lesson s = { .diary = { .dir = -1 } };

	if (a->word_count)
		return cmd_usage(a, e, "lab status takes no words");
	if (lesson_open(&s, false, e) < 0 || lesson_find(&s, a, e) < 0)
		return -1;
	if (s.is_on && !s.lab)
		return lesson_must(&s, e);
	return status(a, &s, e);
}

static const char *next_word(size_t i, const void *arg)
{
	(void)arg;
	for (size_t c = 0; cmds()[c]; c++)
		if (cmd_in_group(cmds()[c], "lab") && !i--)
			return cmds()[c]->name + strlen("lab ");
	return NULL;
}

static int unknown(const struct args *a, struct err *e)
{
	const char *word = a->words[0], *next;
	const char *near = name_near(word, next_word, NULL);
	auto_text all = { 0 };

	if (near)
		return cmd_usage(a, e, "unknown command 'lab %s', did you mean 'lab %s'",
				 word, near);
	for (size_t i = 0; (next = next_word(i, NULL)); i++)
		text_addf(&all, "%s%s", i ? ", " : "", next);
	return cmd_usage(a, e, "unknown command 'lab %s': expected %s", word,
			 text_str(&all));
}

int lab_main(const struct args *a, struct err *e)
{
	auto_lesson s = { .diary = { .dir = -1 } };
	auto_text out = { 0 };
	int rc;

	if (a->word_count)
		return unknown(a, e);
	if (lesson_open(&s, false, e) < 0 || lesson_find(&s, a, e) < 0)
		return -1;
	if (s.is_on)
		return s.lab ? status(a, &s, e) : lesson_must(&s, e);
	rc = list(a, &s, e);
	/* Who gave an option wants the list alone */
	if (rc < 0 || a->given_count)
		return rc;
	text_add(&out, "\n'nook lab start' begins the first that is not done; "
		       "'nook lab start LAB' any\n");
	return cmd_print(&out, e) < 0 ? -1 : rc;
}

/* --- export ------------------------------------------------------------------------ */

int lab_export(const struct args *a, struct err *e)
{
	auto_lesson s = { .diary = { .dir = -1 } };
	auto_text out = { 0 };

	if (a->word_count)
		return cmd_usage(a, e, "lab export takes no words");
	if (lesson_open(&s, false, e) < 0)
		return -1;
	diary_print(&s.diary, &out);
	return cmd_print(&out, e);
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* ps.c - `nook ps`: the boxes that run now */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/text.h"
#include "cmd/boxes.h"
#include "cmd/listing.h"
#include "cmd/processes.h"

#define DAY (24 * 60 * 60)

static uint64_t age(const struct record *rec)
{
	struct timespec ts;
	uint64_t now;

	clock_gettime(CLOCK_REALTIME, &ts);
	now = (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
	return now > rec->started_ns ? now - rec->started_ns : 0;
}

static void id_cell(const void *row, struct text *out)
{
	text_add(out, ((const struct living *)row)->rec.id);
}

static void name_cell(const void *row, struct text *out)
{
	text_add(out, ((const struct living *)row)->rec.name);
}

static void profile_cell(const void *row, struct text *out)
{
	const struct plan *pl = ((const struct living *)row)->plan;

	text_add(out, plan_text(pl, pl->profile));
}

/* The hour of what began today, the day of the rest, as ps(1) does */
static void started_cell(const void *row, struct text *out)
{
	const struct record *rec = &((const struct living *)row)->rec;
	time_t s = (time_t)(rec->started_ns / 1000000000);
	char buf[40];
	struct tm tm;

	if (!rec->started_ns || !localtime_r(&s, &tm))
		return;
	strftime(buf, sizeof(buf), age(rec) / 1000000000 < DAY ? "%H:%M:%S" : "%Y-%m-%d",
		 &tm);
	text_add(out, buf);
}

static void started_json(const void *row, struct text *out)
{
	uint64_t ns = ((const struct living *)row)->rec.started_ns;

	if (ns)
		json_time(out, ns);
	else
		text_add(out, "null");
}

static void uptime_cell(const void *row, struct text *out)
{
	uint64_t ns = age(&((const struct living *)row)->rec);

	if (!((const struct living *)row)->is_resting)
		text_duration(out, ns - ns % 1000000000);
}

static void uptime_json(const void *row, struct text *out)
{
	const struct living *box = row;

	json_seconds(out, box->is_resting ? UINT64_MAX : age(&box->rec));
}

static void keeper_cell(const void *row, struct text *out)
{
	const struct living *box = row;

	if (!box->is_resting)
		text_addf(out, "%d", box->rec.keeper);
}

static void keeper_json(const void *row, struct text *out)
{
	const struct living *box = row;

	json_number(out, box->is_resting ? UINT64_MAX : (uint64_t)box->rec.keeper);
}

static void init_cell(const void *row, struct text *out)
{
	pid_t init = processes_init(&((const struct living *)row)->rec);

	if (init)
		text_addf(out, "%d", init);
}

static void init_json(const void *row, struct text *out)
{
	pid_t init = processes_init(&((const struct living *)row)->rec);

	json_number(out, init ? (uint64_t)init : UINT64_MAX);
}

static void status_cell(const void *row, struct text *out)
{
	living_status(row, out);
}

static void status_json(const void *row, struct text *out)
{
	text_json(out, living_status_name(row));
}

static const char *status_colour(const void *row)
{
	return living_colour(row);
}

static void exit_cell(const void *row, struct text *out)
{
	int code = ((const struct living *)row)->exit_code;

	if (code >= 0)
		text_addf(out, "%d", code);
}

static void exit_json(const void *row, struct text *out)
{
	int code = ((const struct living *)row)->exit_code;

	json_number(out, code >= 0 ? (uint64_t)code : UINT64_MAX);
}

static void cause_cell(const void *row, struct text *out)
{
	const char *cause = living_cause(row);

	text_add(out, cause ? cause : "");
}

static void cause_json(const void *row, struct text *out)
{
	text_json(out, living_cause(row));
}

static void command_cell(const void *row, struct text *out)
{
	box_command(((const struct living *)row)->plan, out);
}

static void command_json(const void *row, struct text *out)
{
	const struct plan *pl = ((const struct living *)row)->plan;
	bool first = true;

	text_addc(out, '[');
	for (const struct plan_word *w = NULL; (w = plan_each(pl, &pl->env.argv, w));
	     first = false) {
		text_add(out, first ? "" : ",");
		text_json(out, plan_text(pl, w->text));
	}
	text_addc(out, ']');
}

/* A label's name has no '=' (check_label()) */
static void labels_cell(const void *row, struct text *out)
{
	const struct plan *pl = ((const struct living *)row)->plan;

	for (const struct plan_word *w = NULL; (w = plan_each(pl, &pl->labels, w));)
		text_addf(out, "%s%s", out->len ? " " : "", plan_text(pl, w->text));
}

static void labels_json(const void *row, struct text *out)
{
	const struct plan *pl = ((const struct living *)row)->plan;
	bool first = true;

	text_addc(out, '{');
	for (const struct plan_word *w = NULL; (w = plan_each(pl, &pl->labels, w));
	     first = false) {
		const char *label = plan_text(pl, w->text);
		auto_text name = { 0 };

		text_addn(&name, label, strcspn(label, "="));
		text_add(out, first ? "" : ",");
		text_json(out, text_str(&name));
		text_addc(out, ':');
		text_json(out, label[name.len] ? label + name.len + 1 : "");
	}
	text_addc(out, '}');
}

static const struct column columns[] = {
	{ .name = "ID", .key = "id", .cell = id_cell },
	{ .name = "NAME", .key = "name", .cell = name_cell },
	{ .name = "PROFILE", .key = "profile", .cell = profile_cell },
	{ .name = "STATUS", .key = "status", .cell = status_cell,
	  .json = status_json, .colour = status_colour },
	{ .name = "STARTED", .key = "started", .flags = COLUMN_RIGHT,
	  .cell = started_cell, .json = started_json },
	{ .name = "UPTIME", .key = "uptime_s", .flags = COLUMN_RIGHT,
	  .cell = uptime_cell, .json = uptime_json },
	{ .name = "KEEPER", .key = "keeper", .flags = COLUMN_RIGHT,
	  .cell = keeper_cell, .json = keeper_json },
	{ .name = "INIT", .key = "init", .flags = COLUMN_RIGHT | COLUMN_EXTRA,
	  .cell = init_cell, .json = init_json },
	{ .name = "EXIT", .key = "exit_code", .flags = COLUMN_RIGHT | COLUMN_EXTRA,
	  .cell = exit_cell, .json = exit_json },
	{ .name = "CAUSE", .key = "cause", .flags = COLUMN_EXTRA,
	  .cell = cause_cell, .json = cause_json },
	{ .name = "LABELS", .key = "labels", .flags = COLUMN_CUT | COLUMN_EXTRA,
	  .cell = labels_cell, .json = labels_json },
	{ .name = "COMMAND", .key = "command", .flags = COLUMN_CUT,
	  .cell = command_cell, .json = command_json },
	{ .name = NULL },
};

/* What may stand for BOX, for completion */
static void add_names(const struct boxes *b, struct text *out)
{
	for (size_t i = 0; i < b->count; i++) {
		if (b->v[i].rec.name[0])
			text_addf(out, "%s\n", b->v[i].rec.name);
		if (!b->v[i].is_resting)
			text_addf(out, "%s\n", b->v[i].rec.id);
	}
}

static bool is_meant(const struct record *rec, const struct args *a)
{
	for (size_t i = 0; i < a->word_count; i++)
		if (!strcmp(rec->name, a->words[i]) ||
		    !strncmp(rec->id, a->words[i], strlen(a->words[i])))
			return true;
	return !a->word_count;
}

/* Those that run first, oldest first; then those at rest by name */
static int find_all(struct boxes *b, const struct args *a, struct err *e)
{
	size_t n = 0;

	if (boxes_all(b, e) < 0 || boxes_resting(b, e) < 0)
		return -1;
	for (size_t i = 0; i < b->count; i++) {
		if (is_meant(&b->v[i].rec, a))
			b->v[n++] = b->v[i];
		else
			free(b->v[i].plan);
	}
	b->count = n;
	return n || !a->word_count ? 0 : err_set(e, "no such box");
}

static int ps_run(const struct args *a, struct err *e)
{
	auto_free const void **rows = NULL;
	auto_text out = { 0 };
	struct listing l;
	struct boxes b;
	int r = listing_open(&l, a, columns, "boxes", e);

	if (r < 0)
		return r;
	if (a->rest)
		return cmd_usage(a, e, "ps takes no command");
	r = cmd_option(a, "all") ? find_all(&b, a, e)
	    : a->word_count	 ? boxes_named(&b, a->words, a->word_count, e)
				 : boxes_all(&b, e);
	if (!r && cmd_option(a, "names")) {
		add_names(&b, &out);
		boxes_release(&b);
		return cmd_print(&out, e);
	}
	if (!r)
		rows = calloc(b.count + 1, sizeof(*rows));
	for (size_t i = 0; rows && i < b.count; i++)
		rows[i] = &b.v[i];
	if (!r)
		r = rows ? listing_text(&l, rows, b.count, &out, e)
			 : err_set(e, "out of memory");
	boxes_release(&b);
	return r ? r : cmd_print(&out, e);
}

static const struct opt ps_options[] = {
	LISTING_OPTIONS(
		"ID NAME PROFILE STATUS STARTED UPTIME KEEPER INIT EXIT "
		"CAUSE LABELS COMMAND"),
	{ .letter = 'a', .name = "all", .help = "those at rest, too" },
	{ .name = "names", .help = "print names and ids only, one a line" },
	{ 0 },
};

const struct cmd cmd_ps = {
	.name = "ps",
	.summary = "list the boxes that run now, or all that there are",
	.usage = "[OPTION...] [BOX...]",
	.help = "BOX is a name, an id or the beginning of one. Columns: ID NAME\n"
		"PROFILE STATUS STARTED UPTIME KEEPER COMMAND, and with -o also INIT,\n"
		"EXIT, CAUSE and LABELS. STATUS is running, paused ('nook pause'),\n"
		"'at limit' (limits.on_limit: freeze; 'nook update' and 'nook unpause'\n"
		"let it go on) or 'keeper stopped' (the process KEEPER is, by a\n"
		"signal). With --all also created; stopped with the exit code and,\n"
		"where nook ended it, the cause: 'stopped (124, wall)'; 'stopped\n"
		"(lost)' where the keeper was killed; and busy while a command is at a\n"
		"box. CAUSE is as in --result.\n",
	.options = ps_options,
	.complete = COMPLETE_BOX,
	FULL_ONLY(ps_run),
};

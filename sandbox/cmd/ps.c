// SPDX-License-Identifier: GPL-3.0-or-later
/* ps.c - `nook ps`: the boxes that run now */
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/text.h"
#include "cmd/boxes.h"
#include "cmd/filter.h"
#include "cmd/listing.h"
#include "cmd/nets.h"
#include "cmd/processes.h"

#define DAY (24 * 60 * 60)

static uint64_t age(const struct record *rec)
{
	uint64_t now = clock_ns(CLOCK_REALTIME);

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

/* --- which -------------------------------------------------------------------------- */

static bool has_name(const struct living *box, const char *value)
{
	return !fnmatch(value, box->rec.name, 0);
}

static bool has_status(const struct living *box, const char *value)
{
	return !strcmp(living_status_name(box), value);
}

static bool has_profile(const struct living *box, const char *value)
{
	return !fnmatch(value, plan_text(box->plan, box->plan->profile), 0);
}

/* By its own name, or what kind it is */
static bool has_network(const struct living *box, const char *value)
{
	const char *mode = nets_mode(box->plan);

	return nets_is_on(box->plan, value) || (mode && !strcmp(mode, value));
}

static bool has_label(const struct living *box, const char *value)
{
	return filter_label(box->plan, value);
}

static const struct filter {
	const char *key;
	bool (*has)(const struct living *box, const char *value);
} filters[] = {
	{ "name", has_name },	    { "status", has_status },
	{ "profile", has_profile }, { "network", has_network },
	{ "label", has_label },
};

static const char *const states[] = {
	"running", "paused",  "at limit", "keeper stopped",
	"created", "stopped", "lost",	  "busy",
};

static int check_status(const struct args *a, const char *value, struct err *e)
{
	auto_text all = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
		if (!strcmp(states[i], value))
			return 0;
		text_addf(&all, "%s%s", i ? ", " : "", states[i]);
	}
	return cmd_usage(a, e, "--filter 'status=%s': expected one of %s", value,
			 text_str(&all));
}

static int check_filters(const struct args *a, struct err *e)
{
	for (size_t i = 0; i < a->given_count; i++) {
		const struct given *g = &a->given[i];
		const char *status = filter_value(g, "status");
		bool known = strcmp(g->opt->name, "filter") != 0;

		for (size_t k = 0; k < ARRAY_SIZE(filters); k++)
			known = known || filter_value(g, filters[k].key);
		if (!known)
			return cmd_usage(a, e,
					 "--filter '%s': expected name=, status=, "
					 "profile=, network= or label=",
					 g->value);
		if (status && check_status(a, status, e) < 0)
			return -2;
	}
	return 0;
}

static bool asks_for(const struct args *a, const char *key)
{
	for (size_t i = 0; i < a->given_count; i++)
		if (filter_value(&a->given[i], key))
			return true;
	return false;
}

/* Of several filters of one key one must fit, of each key one */
static bool fits(const struct living *box, const struct args *a)
{
	for (size_t k = 0; k < ARRAY_SIZE(filters); k++) {
		bool asked = false, has = false;

		for (size_t i = 0; i < a->given_count; i++) {
			const char *v = filter_value(&a->given[i], filters[k].key);

			asked |= v != NULL;
			has |= v && filters[k].has(box, v);
		}
		if (asked && !has)
			return false;
	}
	return true;
}

static bool is_named(const struct living *box, const struct args *a)
{
	const struct record *rec = &box->rec;

	for (size_t i = 0; i < a->word_count; i++)
		if (!strcmp(rec->name, a->words[i]) ||
		    !strncmp(rec->id, a->words[i], strlen(a->words[i])))
			return true;
	return !a->word_count;
}

static void keep_only(struct boxes *b, const struct args *a,
		      bool (*is_meant)(const struct living *box, const struct args *a))
{
	size_t n = 0;

	for (size_t i = 0; i < b->count; i++) {
		if (is_meant(&b->v[i], a))
			b->v[n++] = b->v[i];
		else
			free(b->v[i].plan);
	}
	b->count = n;
}

/* Those that run first, oldest first; then those at rest by name */
static int find_all(struct boxes *b, const struct args *a, struct err *e)
{
	if (boxes_all(b, e) < 0 || boxes_resting(b, e) < 0)
		return -1;
	keep_only(b, a, is_named);
	return b->count || !a->word_count ? 0 : err_set(e, "no such box");
}

/* A status that is asked for may be of one at rest */
static int find(struct boxes *b, const struct args *a, struct err *e)
{
	int r = cmd_option(a, "all") || asks_for(a, "status")
			? find_all(b, a, e)
		: a->word_count ? boxes_named(b, a->words, a->word_count, e)
				: boxes_all(b, e);

	keep_only(b, a, fits);
	return r;
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
	r = check_filters(a, e);
	if (r < 0)
		return r;
	r = find(&b, a, e);
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
	{ .letter = 'f',
	  .name = "filter",
	  .arg = "KEY=VALUE",
	  .help = "only these: name=, status=, profile=, network=, "
		  "label=NAME[=VALUE]; of one key any, of several keys all" },
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
		"box. CAUSE is as in --result.\n\n"
		"In --filter name= and profile= take patterns as of a shell; status=\n"
		"one of running, paused, 'at limit', 'keeper stopped', created,\n"
		"stopped, lost, busy, of boxes at rest too without --all; network= the\n"
		"name of a network, or none, host, veth, user, join.\n",
	.options = ps_options,
	.complete = COMPLETE_BOX,
	FULL_ONLY(ps_run),
};

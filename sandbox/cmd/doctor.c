// SPDX-License-Identifier: GPL-3.0-or-later
/* doctor.c - `nook doctor`: what this machine allows, what is lost without it, and the
 * fix */
#include <string.h>

#include "base/err.h"
#include "base/text.h"
#include "cmd/cmd.h"
#include "cmd/listing.h"
#include "cmd/pager.h"
#include "host/try.h"

/* Select graphic rendition (ECMA-48): green, yellow, red */
static const char *const colours[] = {
	[TRY_OK] = "\033[32m",
	[TRY_WEAKER] = "\033[33m",
	[TRY_MISSING] = "\033[1;31m",
	[TRY_ASIDE] = "",
};

/* @width columns; texts here are ASCII, so bytes are columns */
static void add_cell(struct text *out, const char *s, size_t width)
{
	text_addf(out, "%-*s", (int)width, s);
}

static void add_row(struct text *out, const struct try_fact *f,
		    const struct try_found *got, bool colour)
{
	if (colour)
		text_add(out, colours[got->verdict]);
	add_cell(out, try_verdict_name(got->verdict), 9);
	if (colour)
		text_add(out, "\033[0m");
	add_cell(out, f->title, 17);
	text_safe(out, text_str(&got->found));
	if (got->why.len)
		text_add(out, ": ");
	text_safe(out, text_str(&got->why));
	text_addc(out, '\n');
}

static void add_advice(struct text *out, const struct try_fact *f,
		       const struct try_found *got)
{
	text_addf(out, "\n%s\n  without it: %s\n", f->title, f->without);
	if (!got->fix.len)
		return;
	text_add(out, "  fix: ");
	text_safe(out, text_str(&got->fix));
	text_addc(out, '\n');
}

static void add_json(struct text *out, const struct try_fact *f,
		     const struct try_found *got)
{
	text_add(out, "{\"id\": ");
	text_json(out, f->id);
	text_add(out, ", \"verdict\": ");
	text_json(out, try_verdict_name(got->verdict));
	text_add(out, ", \"title\": ");
	text_json(out, f->title);
	text_add(out, ", \"tried\": ");
	text_json(out, f->how);
	text_add(out, ", \"found\": ");
	text_json(out, text_str(&got->found));
	text_add(out, ", \"why\": ");
	text_json(out, got->why.len ? text_str(&got->why) : NULL);
	text_add(out, ", \"without\": ");
	text_json(out, f->without);
	text_add(out, ", \"fix\": ");
	text_json(out, got->fix.len ? text_str(&got->fix) : NULL);
	text_addc(out, '}');
}

/**
 * struct report - The three pieces that doctor's output is put together from
 */
struct report {
	struct text rows, advice, json;
	bool ready; /* nothing is missing */
};

static void examine(struct host *h, struct report *r)
{
	bool colour = screen_has_colours();

	r->ready = true;
	for (const struct try_fact *f = try_facts(); f->id; f++) {
		struct try_found got;

		try_run(h, f, &got);
		if (r->json.len)
			text_add(&r->json, ",\n  ");
		add_json(&r->json, f, &got);
		if (got.verdict != TRY_ASIDE)
			add_row(&r->rows, f, &got, colour);
		if (got.verdict == TRY_WEAKER || got.verdict == TRY_MISSING)
			add_advice(&r->advice, f, &got);
		r->ready &= got.verdict != TRY_MISSING;
		try_release(&got);
	}
}

static void put_together(const struct report *r, bool json, struct text *out)
{
	if (json) {
		text_addf(out, "{\"schema\": 1, \"ready\": %s, \"facts\": [\n  %s\n]}\n",
			  r->ready ? "true" : "false", text_str(&r->json));
		return;
	}
	add_cell(out, "VERDICT", 9);
	add_cell(out, "FACT", 17);
	text_addf(out, "FOUND\n%s%s\n", text_str(&r->rows), text_str(&r->advice));
	text_add(out, r->ready ? "nook's profiles can run here\n"
			       : "something that nook's profiles need is missing\n");
}

static int run(const struct args *a, struct err *e)
{
	struct report r = { .ready = false };
	struct host *h;
	auto_text out = { 0 };
	int res;

	if (a->word_count)
		return cmd_usage(a, e, "doctor takes no words");
	h = host_new();
	if (!h)
		return err_set(e, "out of memory");
	examine(h, &r);
	put_together(&r, cmd_option(a, "json"), &out);
	host_free(h);
	text_release(&r.rows);
	text_release(&r.advice);
	text_release(&r.json);
	res = cmd_show(&out, e);
	return res ? res : !r.ready;
}

static const struct opt options[] = {
	{ .name = "json", .help = "print one JSON object" },
	{ 0 },
};

const struct cmd cmd_doctor = {
	.name = "doctor",
	.summary = "say what this machine allows, and how to get what it refuses",
	.usage = "[--json]",
	.help = "Tries each thing that boxes are made of in a child process of its own. "
		"Nothing on the machine is changed.\n\nok: there. weaker: nook's "
		"profiles run with something less. missing: at least one of them does "
		"not run; the exit code is then 1.",
	.options = options,
	.run = run,
};

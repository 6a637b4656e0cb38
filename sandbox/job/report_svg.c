// SPDX-License-Identifier: GPL-3.0-or-later
/* report_svg.c - a journal as a picture: slots, causes and memory over time
 *
 * Self-contained, light or dark as the reader has it, nothing in it runs. A row for each
 * slot; below them the sum of what the boxes that ran had at their peak, which is the
 * most that can have been in use. Few tries are drawn one by one, with a text that a
 * pointer shows; of many each column shows how much of the time was that of jobs that
 * failed, in the colour of the worst of them, so that the picture of a hundred thousand
 * jobs is not larger than that of some thousand.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "job/report.h"

#define COLUMNS	    900 /* of the picture; a column is a unit of its view box */
#define LEFT	    60
#define TOP	    64
#define MEMORY	    80	 /* height of the curve */
#define SLOTS_MOST  256	 /* rows: more cannot be told apart */
#define SINGLE_MOST 2000 /* tries that are drawn one by one */
#define PIECE	    65536

/* What a try was, the worse the later */
static const struct kind {
	const char *name;
	const char *light, *dark;
} kinds[] = {
	{ "passed", "#3f9142", "#57ab5a" }, { "cancelled", "#8c959f", "#768390" },
	{ "exited", "#d1242f", "#f47067" }, { "signaled", "#a40e26", "#ff938a" },
	{ "output", "#0e7490", "#39c5cf" }, { "pids", "#7d4e00", "#c69026" },
	{ "cpu", "#bf8700", "#e6c229" },    { "wall", "#e16f24", "#f69d50" },
	{ "oom", "#8250df", "#b083f0" },    { "policy", "#bf3989", "#e275ad" },
	{ "exec", "#57606a", "#adbac7" },   { "setup", "#24292f", "#cdd9e5" },
	{ "lost", "#000000", "#ffffff" },
};

/* struct cell - Time in it, in columns, and of tries that did not pass; the worst of
 * these */
struct cell {
	float busy, failed;
	uint8_t kind;
};

struct picture {
	struct report_out o;
	double span; /* ns in COLUMNS */
	size_t rows;
	double height;	/* of a row */
	struct cell *v; /* rows of COLUMNS */
	double *memory; /* of COLUMNS */
	size_t count[ARRAY_SIZE(kinds)];
	bool single;
};

static size_t kind_of(const struct journal_line *l)
{
	if (l->passed)
		return 0;
	for (size_t i = 1; i < ARRAY_SIZE(kinds); i++)
		if (!strcmp(kinds[i].name, l->cause))
			return i;
	return 1;
}

/* A moment as a column, in the picture whatever a journal says */
static double column_of(const struct picture *p, uint64_t when)
{
	uint64_t first = p->o.r->first;
	double x = when > first ? (double)(when - first) / p->span : 0;

	return x > COLUMNS ? COLUMNS : x;
}

/* --- one try ----------------------------------------------------------------------- */

static void add_single(struct picture *p, const struct journal_line *l, double x,
		       double end)
{
	double width = end - x < 1 ? 1 : end - x;
	double gap = p->height > 6 ? 1 : 0;
	auto_text title = { 0 };

	text_addf(&p->o.text,
		  "<rect class=\"k%zu%s\" x=\"%.2f\" y=\"%.1f\" width=\"%.2f\" "
		  "height=\"%.1f\"><title>",
		  kind_of(l), l->final ? "" : " again", LEFT + x,
		  TOP + l->slot * p->height, width, p->height - gap);
	text_addf(&title, "%s: %s", l->job, l->passed ? "passed" : l->cause);
	if (l->wall_ns != UINT64_MAX)
		text_addf(&title, ", %.3f s", (double)l->wall_ns / 1e9);
	if (l->memory_peak != UINT64_MAX) {
		text_add(&title, ", ");
		text_size(&title, l->memory_peak);
	}
	if (!l->final)
		text_addf(&title, ", try %d of %d", l->try, l->tries);
	report_xml(&p->o.text, text_str(&title));
	text_add(&p->o.text, "</title></rect>\n");
}

static int add_try(const struct journal_line *l, void *arg, struct err *e)
{
	struct picture *p = arg;
	double x, end;
	size_t kind;

	if (cause_find(l->cause) < 0 || l->started_ns == UINT64_MAX ||
	    l->finished_ns == UINT64_MAX || l->finished_ns < l->started_ns)
		return 0;
	kind = kind_of(l);
	p->count[kind]++;
	x = column_of(p, l->started_ns);
	end = column_of(p, l->finished_ns);
	for (size_t c = (size_t)x; c < COLUMNS && (double)c <= end; c++) {
		double from = x > (double)c ? x : (double)c;
		double to = end < (double)c + 1 ? end : (double)c + 1;
		struct cell *cell;

		if (l->memory_peak != UINT64_MAX)
			p->memory[c] += (double)l->memory_peak * (to - from);
		if (p->single || l->slot < 0 || (size_t)l->slot >= p->rows)
			continue;
		cell = &p->v[(size_t)l->slot * COLUMNS + c];
		cell->busy += (float)(to - from);
		cell->failed += kind ? (float)(to - from) : 0;
		cell->kind = kind > cell->kind ? (uint8_t)kind : cell->kind;
	}
	if (p->single && l->slot >= 0 && (size_t)l->slot < p->rows)
		add_single(p, l, x, end);
	return p->o.text.len > PIECE ? report_flush(&p->o, e) : 0;
}

/* --- what is around them ----------------------------------------------------------- */

/* How much of a cell did not pass, in eighths, and never less than one where some did
 * not */
static int eighths(const struct cell *c)
{
	int n = c->busy > 0 ? (int)(c->failed / c->busy * 8 + 0.5f) : 0;

	return c->kind && !n ? 1 : n > 8 ? 8 : n;
}

static void add_run(struct picture *p, size_t kind, size_t row, const size_t *columns,
		    int part)
{
	double whole = p->height - (p->height > 6 ? 1 : 0);
	double height = whole * part / 8;

	text_addf(&p->o.text,
		  "<rect class=\"k%zu\" x=\"%zu\" y=\"%.1f\" width=\"%zu\" "
		  "height=\"%.1f\"/>\n",
		  kind, LEFT + columns[0], TOP + (double)row * p->height + whole - height,
		  columns[1] - columns[0], height);
}

/* What ran, and on it from below what failed: neighbours that are alike are one */
static void add_row(struct picture *p, size_t row)
{
	const struct cell *v = &p->v[row * COLUMNS];

	for (size_t at[2] = { 0 }; at[0] < COLUMNS; at[0] = at[1]) {
		bool busy = v[at[0]].busy > 0;

		for (at[1] = at[0]; at[1] < COLUMNS && (v[at[1]].busy > 0) == busy;)
			at[1]++;
		if (busy)
			add_run(p, 0, row, at, 8);
	}
	for (size_t at[2] = { 0 }; at[0] < COLUMNS; at[0] = at[1]) {
		const struct cell *c = &v[at[0]];

		for (at[1] = at[0]; at[1] < COLUMNS && v[at[1]].kind == c->kind &&
				    eighths(&v[at[1]]) == eighths(c);)
			at[1]++;
		if (c->kind)
			add_run(p, c->kind, row, at, eighths(c));
	}
}

static void add_memory(struct picture *p, double top)
{
	struct text *out = &p->o.text;
	double most = 0;
	auto_text label = { 0 };

	for (size_t c = 0; c < COLUMNS; c++)
		most = p->memory[c] > most ? p->memory[c] : most;
	if (most <= 0)
		return;
	text_size(&label, (unsigned long long)most);
	text_addf(out, "<path class=\"memory\" d=\"M%d %.1f", LEFT, top + MEMORY);
	for (size_t c = 0; c < COLUMNS; c++)
		text_addf(out, "L%zu %.1f", LEFT + c,
			  top + MEMORY - p->memory[c] / most * (MEMORY - 12));
	text_addf(out, "L%d %.1fZ\"/>\n", LEFT + COLUMNS, top + MEMORY);
	text_addf(out,
		  "<text class=\"right\" x=\"%d\" y=\"%.1f\">memory</text>\n"
		  "<text class=\"right\" x=\"%d\" y=\"%.1f\">%s</text>\n",
		  LEFT - 6, top + MEMORY, LEFT - 6, top + 16, text_str(&label));
}

static void add_axis(struct picture *p, double y)
{
	struct text *out = &p->o.text;
	uint64_t whole = p->o.r->last - p->o.r->first;

	for (int i = 0; i <= 4; i++) {
		auto_text label = { 0 };
		int x = LEFT + COLUMNS * i / 4;

		text_duration(&label, whole / 4 * (uint64_t)i);
		text_addf(out,
			  "<path class=\"grid\" d=\"M%d %dV%.1f\"/>\n"
			  "<text class=\"mid\" x=\"%d\" y=\"%.1f\">%s</text>\n",
			  x, TOP - 4, y, x, y + 16, text_str(&label));
	}
}

static void add_legend(struct picture *p)
{
	struct text *out = &p->o.text;
	int x = LEFT;

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		char label[64];

		if (!p->count[i])
			continue;
		snprintf(label, sizeof(label), "%s %zu", kinds[i].name, p->count[i]);
		text_addf(out,
			  "<rect class=\"k%zu\" x=\"%d\" y=\"36\" width=\"11\" "
			  "height=\"11\"/>"
			  "<text x=\"%d\" y=\"46\">%s</text>\n",
			  i, x, x + 16, label);
		x += 32 + (int)strlen(label) * 7;
	}
}

static void add_slots(struct picture *p)
{
	size_t step = p->height >= 12 ? 1 : (size_t)(12 / p->height) + 1;

	for (size_t row = 0; row < p->rows; row += step)
		text_addf(&p->o.text,
			  "<text class=\"right\" x=\"%d\" y=\"%.1f\">%s%zu</text>\n",
			  LEFT - 6, TOP + (double)row * p->height + 10,
			  row ? "" : "slot ", row);
}

static void add_head(struct picture *p, double height)
{
	const struct report *r = p->o.r;
	struct text *out = &p->o.text;

	text_addf(out,
		  "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %.0f\" "
		  "role=\"img\">\n<title>",
		  LEFT + COLUMNS + 40, height);
	report_xml(out, r->path);
	text_addf(out,
		  "</title>\n<desc>%zu jobs: %zu passed, %zu failed, %zu "
		  "skipped</desc>\n<style>\n",
		  r->jobs, r->passed, report_failed(r), r->skipped);
	text_add(out, "svg{background:#ffffff;font:12px sans-serif}text{fill:#24292f}"
		      ".right{text-anchor:end}.mid{text-anchor:middle}"
		      ".grid{stroke:#d0d7de;fill:none}.memory{fill:#54aeff;"
		      "fill-opacity:.5;stroke:#0969da}.again{fill-opacity:.4}\n");
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		text_addf(out, ".k%zu{fill:%s}", i, kinds[i].light);
	text_add(out, "\n@media (prefers-color-scheme:dark){svg{background:#1c2128}"
		      "text{fill:#cdd9e5}.grid{stroke:#444c56}.memory{fill:#316dca;"
		      "stroke:#539bf5}\n");
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		text_addf(out, ".k%zu{fill:%s}", i, kinds[i].dark);
	text_addf(out, "}\n</style>\n<text x=\"%d\" y=\"20\">", LEFT);
	report_xml(out, r->path);
	text_addf(out, ": %zu jobs, %zu passed, %zu failed</text>\n", r->jobs, r->passed,
		  report_failed(r));
}

static int draw(struct picture *p, struct err *e)
{
	double below = TOP + (double)p->rows * p->height;

	add_head(p, below + MEMORY + 36);
	add_axis(p, below + MEMORY + 4);
	add_slots(p);
	if (report_each(p->o.r, add_try, p, e))
		return -1;
	for (size_t row = 0; !p->single && row < p->rows; row++)
		add_row(p, row);
	add_memory(p, below);
	add_legend(p);
	text_add(&p->o.text, "</svg>\n");
	return report_flush(&p->o, e);
}

int report_svg(const struct report *r, struct err *e)
{
	struct picture p = { .o = { .r = r }, .rows = 1 };
	auto_free struct cell *v = NULL;
	auto_free double *memory = NULL;
	int rc;

	if (r->top_slot >= 0)
		p.rows = r->top_slot < SLOTS_MOST ? (size_t)r->top_slot + 1 : SLOTS_MOST;
	p.height = 400 / (double)p.rows;
	p.height = p.height > 18 ? 18 : p.height;
	p.span = (double)(r->last - r->first) / COLUMNS;
	p.span = p.span > 0 ? p.span : 1;
	p.single = r->lines <= SINGLE_MOST;
	v = calloc(p.rows * COLUMNS, sizeof(*v));
	memory = calloc(COLUMNS, sizeof(*memory));
	if (!v || !memory)
		return err_set(e, "out of memory");
	p.v = v;
	p.memory = memory;
	rc = draw(&p, e);
	text_release(&p.o.text);
	return rc;
}

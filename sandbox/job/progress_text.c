// SPDX-License-Identifier: GPL-3.0-or-later
/* progress_text.c - a batch in one line: what is shown of it at which width */
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "job/progress.h"

#define BAR_MOST  30
#define BAR_LEAST 8

static size_t failed(const struct tally *t)
{
	size_t n = 0;

	for (int c = 0; c < JOB_CAUSES; c++)
		n += t->failed[c];
	return n;
}

/* " (oom 2, wall 1)" */
static void add_causes(const struct tally *t, struct text *out)
{
	const char *between = " (";

	for (int c = 0; c < JOB_CAUSES; c++) {
		if (!t->failed[c])
			continue;
		text_addf(out, "%s%s %zu", between, cause_name((enum cause)c),
			  t->failed[c]);
		between = ", ";
	}
	if (*between == ',')
		text_addc(out, ')');
}

/* Eighths of a block where the terminal has such characters (U+2588 and on) */
static void add_bar(double part, size_t width, bool blocks, struct text *out)
{
	static const char *const eighths[] = { " ", "▏", "▎", "▍", "▌", "▋", "▊", "▉" };
	size_t filled = (size_t)(part * (double)width * 8 + 0.0001);

	text_addc(out, '[');
	for (size_t i = 0; i < width; i++) {
		size_t here = filled > i * 8 ? filled - i * 8 : 0;

		if (here >= 8)
			text_add(out, blocks ? "█" : "#");
		else
			text_add(out, blocks ? eighths[here] : ".");
	}
	text_add(out, "] ");
}

static void add_rate(double rate, struct text *out)
{
	if (rate < 0)
		return;
	if (rate >= 10)
		text_addf(out, "  %.0f/s", rate);
	else if (rate >= 0.1)
		text_addf(out, "  %.1f/s", rate);
	else
		text_addf(out, "  %.1f/min", rate * 60);
}

static void add_left(const struct tally *t, double rate, struct text *out)
{
	double s = rate > 0 ? (double)(t->known - t->done) / rate : 0;

	if (t->draining)
		text_add(out, "  ends");
	else if (!t->more && rate > 0 && t->known > t->done && s < 1e7) {
		text_add(out, "  ");
		text_duration(out, (unsigned long long)(s + 0.999) * 1000000000);
		text_add(out, " left");
	}
}

/* "  2 running: a, b", as many as there is room for */
static void add_running(const struct tally *t, const struct progress_view *v,
			size_t width, struct text *out)
{
	size_t before = out->len, shown = 0;

	text_addf(out, "  %zu running", t->running);
	if (out->len > width || !t->running) {
		text_cut(out, before);
		return;
	}
	for (size_t i = 0; i < v->running_count; i++) {
		before = out->len;
		if (!v->running[i])
			continue;
		text_addf(out, shown++ ? ", %s" : ": %s", v->running[i]);
		if (out->len > width) {
			text_cut(out, before);
			return;
		}
	}
}

/* Adds @part where it has room. Return: whether */
static bool add_part(const struct text *part, size_t width, struct text *out)
{
	if (out->len + part->len > width)
		return false;
	text_addn(out, text_str(part), part->len);
	return true;
}

void progress_line(const struct tally *t, const struct progress_view *v, size_t width,
		   struct text *out)
{
	auto_text line = { 0 }, rate = { 0 }, left = { 0 }, fails = { 0 }, causes = { 0 };
	double part = t->known ? (double)t->done / (double)t->known : 0;
	size_t bar;

	text_addf(&line, "%zu/%zu%s", t->done, t->known, t->more ? "+" : "");
	add_rate(v->rate, &rate);
	add_left(t, v->rate, &left);
	if (failed(t))
		text_addf(&fails, "  %zu failed", failed(t));
	add_causes(t, &causes);
	if (line.len > width)
		text_cut(&line, width);
	add_part(&rate, width, &line);
	add_part(&left, width, &line);
	if (add_part(&fails, width, &line))
		add_part(&causes, width, &line);
	bar = width - line.len > 3 ? width - line.len - 3 : 0;
	bar = bar > BAR_MOST ? BAR_MOST : bar;
	if (bar < BAR_LEAST || t->more || !v->bar)
		bar = 0;
	if (bar)
		add_bar(part, bar, v->blocks, out);
	add_running(t, v, width - (bar ? bar + 3 : 0), &line);
	text_addn(out, text_str(&line), line.len);
}

void progress_summary(const struct tally *t, uint64_t elapsed, struct text *out)
{
	text_addf(out, "%zu job%s in ", t->known, t->known == 1 ? "" : "s");
	text_duration(out, elapsed);
	text_addf(out, ": %zu passed", t->passed);
	if (failed(t)) {
		text_addf(out, ", %zu failed", failed(t));
		add_causes(t, out);
	}
	if (t->skipped)
		text_addf(out, ", %zu skipped", t->skipped);
	if (t->known > t->done)
		text_addf(out, ", %zu not run", t->known - t->done);
	if (t->retried)
		text_addf(out, ", %zu tried again", t->retried);
	if (t->before)
		text_addf(out, ", %zu of them before", t->before);
}

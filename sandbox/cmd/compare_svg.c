// SPDX-License-Identifier: GPL-3.0-or-later
/* compare_svg.c - a comparison as a picture: a bar for each rung's start, and beside it
 * what that can reach
 *
 * A filled mark is the machine's, a half one the rung's own or one that needs a climb, an
 * empty one out of reach. The bar ends at the median; a line goes on to the slowest run,
 * or to the edge where that is out of the picture.
 */
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cmd/compare.h"

#define ROW	22
#define TOP	64
#define LEFT	90
#define BAR	300
#define REACHES (LEFT + BAR + 80)
#define STEP	62
#define MARKS	7

static const char *const headings[MARKS] = { "file", "signal",	 "socket", "port",
					     "shm",  "hostname", "clock" };

static const char style[] =
	"svg{background:#ffffff;font:12px sans-serif}text{fill:#24292f}"
	".right{text-anchor:end}.mid{text-anchor:middle}.bar{fill:#54aeff}"
	".line{stroke:#0969da}.yes{fill:#cf222e}.some{fill:#d4a72c}"
	".no{fill:none;stroke:#8c959f}.not{fill:#6e7781}\n"
	"@media (prefers-color-scheme:dark){svg{background:#1c2128}text{fill:#cdd9e5}"
	".bar{fill:#316dca}.line{stroke:#539bf5}.yes{fill:#e5534b}.some{fill:#c69026}"
	".no{stroke:#768390}.not{fill:#768390}}\n";

static void add_text(struct text *out, const char *class, double x, double y,
		     const char *s)
{
	text_addf(out, "<text class=\"%s\" x=\"%.0f\" y=\"%.0f\">%s</text>\n", class, x,
		  y, s);
}

static void add_mark(struct text *out, double x, double y, const char *what, enum reach r)
{
	text_addf(out,
		  "<circle class=\"%s\" cx=\"%.0f\" cy=\"%.0f\" r=\"5\"><title>%s: %s"
		  "</title></circle>\n",
		  r == REACH_NO	   ? "no"
		  : r == REACH_YES ? "yes"
				   : "some",
		  x, y - 4, what, reach_name(r));
}

static void add_bar(struct text *out, const struct seen *s, double y, double scale)
{
	double x = LEFT + (double)s->median * scale;
	double most = LEFT + (double)s->most * scale;
	char label[32];

	snprintf(label, sizeof(label), "%.2f ms", (double)s->median / 1e6);
	most = most > LEFT + BAR ? LEFT + BAR : most;
	text_addf(out,
		  "<rect class=\"bar\" x=\"%d\" y=\"%.0f\" width=\"%.1f\" "
		  "height=\"12\"/>\n<path class=\"line\" d=\"M%.1f %.0fH%.1f\"/>\n",
		  LEFT, y - 10, x - LEFT, x, y - 4, most);
	add_text(out, "", most + 6, y, label);
}

static void add_row(struct text *out, const struct rung *r, const struct seen *s,
		    double y, double scale)
{
	const struct reached *x = &s->reached;
	const enum reach marks[MARKS] = { x->file,    x->signal,   x->socket, x->port,
					  x->segment, x->hostname, x->clock };

	add_text(out, "right", LEFT - 8, y, r->name);
	if (!s->stands || !s->count) {
		add_text(out, "not", LEFT, y, "not here");
		return;
	}
	add_bar(out, s, y, scale);
	for (size_t i = 0; i < MARKS; i++)
		add_mark(out, REACHES + STEP * (double)i, y, headings[i], marks[i]);
}

/* Pixels for a nanosecond: all medians are in the picture */
static double scale_of(const struct comparison *c)
{
	uint64_t most = 1;

	for (size_t n = 0; n <= c->last; n++)
		if (c->seen[n].count && c->seen[n].median > most)
			most = c->seen[n].median;
	return BAR / (double)most;
}

void compare_svg(const struct comparison *c, struct text *out)
{
	double scale = scale_of(c), y = TOP;
	size_t shown = 0;

	for (size_t n = 0; n <= c->last; n++)
		shown += c->seen[n].wanted;
	text_addf(out,
		  "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %zu\" "
		  "role=\"img\">\n<title>nook compare</title>\n<style>\n%s</style>\n",
		  REACHES + STEP * MARKS, TOP + shown * ROW + 8, style);
	text_addf(out,
		  "<text x=\"%d\" y=\"20\">time until the program runs (median of %zu), "
		  "and what it can reach of the machine</text>\n",
		  LEFT, c->runs);
	for (size_t i = 0; i < MARKS; i++)
		add_text(out, "mid", REACHES + STEP * (double)i, 42, headings[i]);
	for (size_t n = 0; n <= c->last; n++) {
		if (!c->seen[n].wanted)
			continue;
		add_row(out, &rungs()[n], &c->seen[n], y, scale);
		y += ROW;
	}
	text_add(out, "</svg>\n");
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* listing.c - one list of columns as a table for a person, or as JSON for a program */
#include "cmd/listing.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/names.h"

bool screen_has_colours(void)
{
	const char *no = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && !(no && *no) && term && strcmp(term, "dumb");
}

static const char *next_column(size_t i, const void *arg)
{
	return ((const struct column *)arg)[i].name;
}

static const struct column *find_column(const struct listing *l, const char *name)
{
	for (const struct column *c = l->columns; c->name; c++)
		if (!strcasecmp(c->name, name))
			return c;
	return NULL;
}

static int unknown_column(const struct listing *l, const struct args *a, const char *name,
			  struct err *e)
{
	auto_text all = { 0 }, upper = { 0 };
	const char *near;

	for (const char *s = name; *s; s++)
		text_addc(&upper, (char)toupper((unsigned char)*s));
	near = name_near(text_str(&upper), next_column, l->columns);
	for (const struct column *c = l->columns; c->name; c++)
		text_addf(&all, "%s%s", all.len ? " " : "", c->name);
	if (near)
		cmd_usage(a, e, "unknown column '%s', did you mean '%s'", name, near);
	else
		cmd_usage(a, e, "unknown column '%s'", name);
	e->hint[0] = '\0';
	err_hint(e, "columns: %s", text_str(&all));
	return -2;
}

static int choose(struct listing *l, const struct args *a, const char *list,
		  struct err *e)
{
	auto_free char *copy = strdup(list);
	char *rest = copy, *name;

	if (!copy)
		return err_set(e, "out of memory");
	while ((name = strsep(&rest, ","))) {
		const struct column *c = find_column(l, name);

		if (!c)
			return unknown_column(l, a, name, e);
		if (l->count == COLUMN_MOST)
			return cmd_usage(a, e, "more than %d columns", COLUMN_MOST);
		l->chosen[l->count++] = c;
	}
	return 0;
}

int listing_open(struct listing *l, const struct args *a, const struct column *columns,
		 const char *group, struct err *e)
{
	const char *list = cmd_option(a, "output");
	bool add = !list || *list == '+';

	*l = (struct listing){
		.columns = columns,
		.group = group,
		.json = cmd_option(a, "json") != NULL,
		.headings = !cmd_option(a, "no-headings"),
		.hide = !list,
		.colours = screen_has_colours(),
		.bars = isatty(STDOUT_FILENO),
	};
	/* a program has no screen that ends */
	for (const struct column *c = columns; add && c->name; c++)
		if (l->json || !(c->flags & COLUMN_EXTRA))
			l->chosen[l->count++] = c;
	if (!list || (add && l->json))
		return 0;
	return choose(l, a, list + add, e);
}

static void add_value(const struct column *c, const void *row, struct text *out)
{
	auto_text cell = { 0 };

	if (c->json) {
		c->json(row, out);
		return;
	}
	c->cell(row, &cell);
	text_json(out, cell.len ? text_str(&cell) : NULL);
}

static void write_json(const struct listing *l, const void *const *rows, size_t count,
		       struct text *out)
{
	text_addf(out, "{\"schema\":1,\"%s\":[", l->group);
	for (size_t i = 0; i < count; i++) {
		text_add(out, i ? ",{" : "{");
		for (size_t j = 0; j < l->count; j++) {
			text_addf(out, "%s\"%s\":", j ? "," : "", l->chosen[j]->key);
			add_value(l->chosen[j], rows[i], out);
		}
		text_addc(out, '}');
	}
	text_add(out, "]}\n");
}

#define BAR 6 /* characters */

/* Eighths of a block where the terminal has such characters (U+2588 and on) */
static void add_bar(double part, struct text *out)
{
	static const char *const eighths[] = { " ", "▏", "▎", "▍", "▌", "▋", "▊", "▉" };
	bool fine = table_has_blocks();
	int filled;

	part = part < 0 ? 0 : part > 1 ? 1 : part;
	filled = (int)(part * BAR * 8 + 0.5);
	for (int i = 0; i < BAR; i++, filled -= 8) {
		if (filled >= 8)
			text_add(out, fine ? "█" : "#");
		else
			text_add(out, fine && filled > 0 ? eighths[filled]
				      : fine		 ? " "
							 : ".");
	}
	text_addc(out, ' ');
}

static char *make_cell(const struct listing *l, const struct column *c, const void *row)
{
	double part = l->bars && c->part ? c->part(row) : -1;
	struct text safe = { 0 };
	auto_text raw = { 0 };

	if (part >= 0)
		add_bar(part, &safe);
	c->cell(row, &raw);
	text_safe(&safe, raw.len ? text_str(&raw) : "-");
	return text_take(&safe);
}

/* Green, yellow, red (ECMA-48) as it fills up */
static const char *cell_colour(const struct column *c, const void *row)
{
	double part = c->part ? c->part(row) : -1;

	if (c->colour)
		return c->colour(row);
	return part < 0	    ? NULL
	       : part < 0.7 ? "\033[32m"
	       : part < 0.9 ? "\033[33m"
			    : "\033[31m";
}

static int write_table(const struct listing *l, const void *const *rows, size_t count,
		       struct text *out, struct err *e)
{
	struct table_column columns[COLUMN_MOST];
	size_t cells = count * l->count;
	auto_free char **cell = calloc(cells + 1, sizeof(*cell));
	auto_free const char **colour = calloc(cells + 1, sizeof(*colour));
	struct table t = {
		.columns = columns,
		.column_count = l->count,
		.cells = (const char *const *)cell,
		.colours = l->colours ? colour : NULL,
		.row_count = count,
		.headings = l->headings,
		.width = l->width,
	};
	int r;

	for (size_t j = 0; j < l->count; j++) {
		const struct column *c = l->chosen[j];

		columns[j] = (struct table_column){ .name = c->name,
						    .right = c->flags & COLUMN_RIGHT,
						    .cut = c->flags & COLUMN_CUT };
		for (size_t i = 0; cell && colour && i < count; i++) {
			cell[i * l->count + j] = make_cell(l, c, rows[i]);
			colour[i * l->count + j] = cell_colour(c, rows[i]);
		}
	}
	r = cell && colour ? table_print(&t, out, e) : err_set(e, "out of memory");
	for (size_t i = 0; cell && i < cells; i++)
		free(cell[i]);
	return r;
}

static void hide_empty(struct listing *l, const void *const *rows, size_t count)
{
	size_t kept = 0;

	for (size_t j = 0; j < l->count; j++) {
		const struct column *c = l->chosen[j];
		bool used = !(c->flags & COLUMN_HIDE);

		for (size_t i = 0; !used && i < count; i++) {
			auto_text cell = { 0 };

			c->cell(rows[i], &cell);
			used = cell.len > 0;
		}
		if (used)
			l->chosen[kept++] = c;
	}
	l->count = kept;
}

int listing_text(const struct listing *l, const void *const *rows, size_t count,
		 struct text *out, struct err *e)
{
	struct listing shown = *l;

	if (!l->json) {
		if (l->hide)
			hide_empty(&shown, rows, count);
		return write_table(&shown, rows, count, out, e);
	}
	write_json(l, rows, count, out);
	return 0;
}

void json_number(struct text *out, uint64_t n)
{
	if (n == UINT64_MAX)
		text_add(out, "null");
	else
		text_addf(out, "%" PRIu64, n);
}

void json_seconds(struct text *out, uint64_t ns)
{
	if (ns == UINT64_MAX)
		text_add(out, "null");
	else
		text_addf(out, "%" PRIu64 ".%06" PRIu64, ns / 1000000000,
			  ns / 1000 % 1000000);
}

void json_time(struct text *out, uint64_t ns)
{
	time_t s = (time_t)(ns / 1000000000);
	char buf[40];
	struct tm tm;

	if (!gmtime_r(&s, &tm)) {
		text_add(out, "null");
		return;
	}
	strftime(buf, sizeof(buf), "%Y-%m-%dT%H:%M:%S", &tm);
	text_addf(out, "\"%s.%03uZ\"", buf, (unsigned int)(ns / 1000000 % 1000));
}

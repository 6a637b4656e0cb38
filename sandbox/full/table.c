// SPDX-License-Identifier: GPL-3.0-or-later
/* table.c - tables and trees by libsmartcols, which findmnt and lsns print theirs with */
#include "base/table.h"

#include <libsmartcols/libsmartcols.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/text.h"

#define LEAST_ROOM 30 /* for lines that are broken; below it the terminal may do that */

/* Columns of the terminal that are left of it for the last column */
static size_t room_for(struct libscols_table *tb, const struct libscols_column *last)
{
	size_t all = scols_table_get_termwidth(tb), used = 0;
	const struct libscols_column *cl;

	for (size_t i = 0; (cl = scols_table_get_column(tb, i)) != last; i++)
		used += scols_column_get_width(cl) + 1;
	return all > used + LEAST_ROOM ? all - used : LEAST_ROOM;
}

/* Where a line of a cell ends: at its newline, or at the last blank before the terminal
 * does. Return: the next line, NULL behind the last */
static char *next_line(const struct libscols_column *cl, char *data, void *arg)
{
	size_t room = room_for(arg, cl), used = 0;
	char *end = NULL;
	int n;

	for (char *s = data; *s && *s != '\n'; s += n) {
		wchar_t c = 0;

		n = mbtowc(&c, s, MB_CUR_MAX);
		if (n < 1)
			n = 1;
		else if (wcwidth(c) > 0)
			used += (size_t)wcwidth(c);
		if (c == ' ' && (used <= room + 1 || !end))
			end = s;
	}
	if (used <= room || !end)
		end = strchr(data, '\n');
	if (!end)
		return NULL;
	*end = '\0';
	return end + 1;
}

static int add_columns(struct libscols_table *tb, const struct table *t)
{
	bool ends = t->width || isatty(STDOUT_FILENO);

	for (size_t i = 0; i < t->column_count; i++) {
		const struct table_column *c = &t->columns[i];
		int flags = (c->right ? SCOLS_FL_RIGHT : 0) |
			    (c->cut ? SCOLS_FL_TRUNC : 0) |
			    (c->wrap ? SCOLS_FL_WRAP : 0) |
			    (t->parents && !i ? SCOLS_FL_TREE : 0);
		struct libscols_column *cl = scols_table_new_column(
			tb, t->headings ? c->name : "", c->cut ? 0.1 : 0, flags);

		if (!cl ||
		    (c->wrap && scols_column_set_wrapfunc(
					cl, scols_wrapnl_chunksize,
					ends ? next_line : scols_wrapnl_nextchunk, tb)))
			return -1;
	}
	return 0;
}

static int add_row(struct libscols_table *tb, const struct table *t, size_t row)
{
	bool is_root = !t->parents || t->parents[row] == row;
	struct libscols_line *ln = scols_table_new_line(
		tb, is_root ? NULL : scols_table_get_line(tb, t->parents[row]));

	for (size_t i = 0; ln && i < t->column_count; i++) {
		size_t at = row * t->column_count + i;
		const char *colour = t->colours ? t->colours[at] : NULL;

		if (scols_line_set_data(ln, i, t->cells[at] ? t->cells[at] : "") ||
		    (colour && scols_cell_set_color(scols_line_get_cell(ln, i), colour)))
			return -1;
	}
	return ln ? 0 : -1;
}

static int fill(struct libscols_table *tb, const struct table *t)
{
	/* cells are safe already, and would be escaped twice */
	scols_table_enable_noencoding(tb, 1);
	scols_table_enable_noheadings(tb, !t->headings);
	scols_table_enable_colors(tb, t->colours != NULL);
	if (t->width) {
		scols_table_set_termforce(tb, SCOLS_TERMFORCE_ALWAYS);
		scols_table_set_termwidth(tb, t->width);
	}
	if (add_columns(tb, t) < 0)
		return -1;
	for (size_t row = 0; row < t->row_count; row++)
		if (add_row(tb, t, row) < 0)
			return -1;
	return 0;
}

bool table_has_blocks(void)
{
	setlocale(LC_CTYPE, "");
	return MB_CUR_MAX > 1;
}

int table_print(const struct table *t, struct text *out, struct err *e)
{
	auto_free char *printed = NULL;
	struct libscols_table *tb;
	int r;

	/* Widths are those of the characters that the terminal shows */
	setlocale(LC_CTYPE, "");
	tb = scols_new_table();
	r = tb ? fill(tb, t) : -1;
	if (!r && scols_print_table_to_string(tb, &printed))
		r = -1;
	scols_unref_table(tb);
	if (r < 0)
		return err_set(e, "out of memory");
	if (printed && *printed) /* it has no newline behind the last line */
		text_addf(out, "%s\n", printed);
	return 0;
}

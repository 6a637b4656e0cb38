/* SPDX-License-Identifier: GPL-3.0-or-later */
/* table.h - rows and columns for a person's screen, by libsmartcols (nook-full only) */
#ifndef NOOK_BASE_TABLE_H
#define NOOK_BASE_TABLE_H

#include <stdbool.h>
#include <stddef.h>

struct err;
struct text;

/** struct table_column - @right: numbers; @cut: may be cut where the terminal ends;
 * @wrap: of the last: goes on in the next line behind a newline, and at a blank where the
 * terminal ends */
struct table_column {
	const char *name;
	bool right, cut, wrap;
};

/**
 * struct table - What to print
 * @cells:	Row after row; without control bytes (text_safe()), but for the newlines
 *		of @wrap; NULL = empty
 * @colours:	As @cells: an ECMA-48 sequence, or NULL; NULL as a whole = no colours
 * @parents:	For each row the one before it that it hangs below, its own number = none:
 *		a tree is drawn in the first column; NULL = it is no tree
 * @width:	Columns of the screen; 0 = the terminal's where stdout is one, else no
 *		bound
 */
struct table {
	const struct table_column *columns;
	size_t column_count;
	const char *const *cells;
	const char *const *colours;
	const size_t *parents;
	size_t row_count;
	bool headings;
	size_t width;
};

/** table_has_blocks() - Whether the terminal shows U+2588 and its like */
bool table_has_blocks(void);
/** table_print() - Add the table to @out, a line a row. Return: 0, -1 and @e */
int table_print(const struct table *t, struct text *out, struct err *e);

#endif

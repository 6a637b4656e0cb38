/* SPDX-License-Identifier: GPL-3.0-or-later */
/* listing.h - what `ps`, `stats` and `top` print: a list of columns, as table or JSON */
#ifndef NOOK_CMD_LISTING_H
#define NOOK_CMD_LISTING_H

#include "base/table.h"
#include "base/text.h"
#include "cmd/cmd.h"

#define COLUMN_MOST 32

/** The options of every listing; @list: the columns, separated by blanks */
#define LISTING_OPTIONS(list)                                                           \
	{ .name = "json", .help = "print JSON" },                                       \
		{ .letter = 'o',                                                        \
		  .name = "output",                                                     \
		  .arg = "COLUMN,...",                                                  \
		  .complete = COMPLETE_WORDS,                                           \
		  .words = (list),                                                      \
		  .help = "the columns to print; +COLUMN,... adds to the usual ones" }, \
	{                                                                               \
		.name = "no-headings", .help = "print no headings"                      \
	}

/* Bits of struct column.flags */
enum {
	COLUMN_RIGHT = 1 << 0, /* a number */
	COLUMN_CUT = 1 << 1,   /* may be cut where the terminal ends */
	COLUMN_EXTRA = 1 << 2, /* printed only where -o names it */
	COLUMN_HIDE = 1 << 3,  /* not printed where it is empty in every row */
};

/**
 * struct column - One column; a row without a name ends the list
 * @name:	Heading and word of -o
 * @key:	Key in JSON, where every column stands
 * @cell:	Adds what a person reads, in any bytes: it is made safe. Nothing = "-"
 * @json:	Adds a JSON value; NULL: @cell as a string
 * @colour:	ECMA-48 sequence for a cell on a terminal with colours, or NULL
 * @part:	How much of what there is, 0 to 1, for a bar on a terminal; -1 = unknown
 */
struct column {
	const char *name;
	const char *key;
	unsigned int flags;
	void (*cell)(const void *row, struct text *out);
	void (*json)(const void *row, struct text *out);
	const char *(*colour)(const void *row);
	double (*part)(const void *row);
};

/**
 * struct listing - What to print, and how
 * @columns:	All there are
 * @chosen:	Which of them, in order
 * @hide:	Leave out what COLUMN_HIDE says: nobody named the columns
 * @colours, @bars: Whether the screen shows them; @width: as in struct table
 * @group:	Key of the list in JSON: {"schema":1,"boxes":[...]}
 */
struct listing {
	const struct column *columns;
	const struct column *chosen[COLUMN_MOST];
	size_t count;
	const char *group;
	bool json, headings, hide, colours, bars;
	size_t width;
};

/** listing_open() - From the options of a command. Return: 0; -2 and @e */
int listing_open(struct listing *l, const struct args *a, const struct column *columns,
		 const char *group, struct err *e);
/** listing_text() - The rows as table or JSON. Return: 0, -1 and @e */
int listing_text(const struct listing *l, const void *const *rows, size_t count,
		 struct text *out, struct err *e);
/** screen_has_colours() - Whether stdout is a terminal that shows them: NO_COLOR, TERM */
bool screen_has_colours(void);

/* JSON values: null where a counter says UINT64_MAX */
void json_number(struct text *out, uint64_t n);
/** json_seconds() - From nanoseconds, with six digits */
void json_seconds(struct text *out, uint64_t ns);
/** json_time() - RFC 3339 in UTC, from nanoseconds of CLOCK_REALTIME */
void json_time(struct text *out, uint64_t ns);

#endif

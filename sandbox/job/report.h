/* SPDX-License-Identifier: GPL-3.0-or-later */
/* report.h - what a journal says in all: as a table, JSON, JUnit's XML or a picture
 *
 * Theory of operation. A journal is read twice: once to count, once to print what is
 * about single jobs. What is kept in between does not grow with it: times and sizes are
 * counted in buckets of at most a hundredth of their value, and a picture has columns. A
 * batch that runs may add lines meanwhile: the second time only those are looked at that
 * were there the first time.
 */
#ifndef NOOK_JOB_REPORT_H
#define NOOK_JOB_REPORT_H

#include "base/text.h"
#include "job/journal.h"

struct err;

#define SPREAD_BUCKETS (58 * 128)

/**
 * struct spread - Numbers by size
 * @bucket:	How many are in it: 128 to each power of two
 * @count:	Of those that are known
 */
struct spread {
	uint32_t bucket[SPREAD_BUCKETS];
	size_t count;
	uint64_t most;
};

/** spread_add() - One more; UINT64_MAX is not known and not counted */
void spread_add(struct spread *s, uint64_t n);
/** spread_part() - What @percent of them do not exceed; UINT64_MAX where there are
 * none */
uint64_t spread_part(const struct spread *s, unsigned int percent);

/**
 * struct report - A journal, counted
 * @path:	As the caller named it
 * @lines:	Tries, and jobs that were skipped; @torn: bytes behind them are no line
 * @jobs:	That are over: @passed, @skipped, or failed by cause; @again: tries that
 *		were not the last
 * @first, @last: When the first try began and the last one ended, CLOCK_REALTIME ns
 * @top_slot:	The highest
 * @id_width:	Of the longest id of a job that failed
 */
struct report {
	const char *path;
	int fd;
	struct journal_head head;
	bool torn;
	size_t lines, jobs, passed, skipped, again;
	size_t failed[JOB_CAUSES];
	uint64_t first, last;
	int top_slot;
	size_t id_width;
	struct spread wall, cpu, memory;
};

/** report_failed() - How many jobs failed, of all causes */
size_t report_failed(const struct report *r);
/** report_count() - Read and count it all. Return: 0, -1 and @e */
int report_count(struct report *r, struct err *e);
/** report_each() - Read the same lines again. @each: as in journal_each() */
int report_each(const struct report *r,
		int (*each)(const struct journal_line *l, void *arg, struct err *e),
		void *arg, struct err *e);

/**
 * struct report_out - Where a report goes: text that is written when there is much of it
 */
struct report_out {
	const struct report *r;
	struct text text;
	size_t shown, most;
};

/** report_flush() - Write what there is to stdout. Return: 0, -1 and @e */
int report_flush(struct report_out *o, struct err *e);
/** report_xml() - Add @s to XML 1.0, which has no way to write a control byte, U+FFFE or
 * U+FFFF: they are shown as for a person's screen */
void report_xml(struct text *out, const char *s);
/** report_table() - For a person; @most: lines about jobs that failed */
int report_table(const struct report *r, size_t most, struct err *e);
/** report_json() - One object: counts, percentiles, jobs that failed */
int report_json(const struct report *r, struct err *e);
/** report_junit() - XML as JUnit's Ant task writes it and CI systems read it */
int report_junit(const struct report *r, struct err *e);
/** report_svg() - Slots, causes and memory over time */
int report_svg(const struct report *r, struct err *e);

#endif

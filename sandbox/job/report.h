/* SPDX-License-Identifier: GPL-3.0-or-later */
/* report.h - what a journal says in all: as a table, JSON, JUnit's XML or a picture
 *
 * Theory of operation. A journal is read twice: once to count, once to print what is
 * about single jobs. What is kept in between does not grow with it: times and sizes are
 * counted in buckets of at most a hundredth of their value, and a picture has columns;
 * but of each run of --repeat 40 bytes stay, to compare it with the others of its job. A
 * batch that runs may add lines meanwhile: the second time only those are looked at that
 * were there the first time.
 *
 * A job that did not pass may have run again (--resume-failed), and its last end is what
 * counts. So of each that did not pass the place of its last line is kept. Where one has
 * another end behind that, it is counted once more from the start, and from then on the
 * line in front is one of a try that was not the last, or, of a job that was skipped,
 * none.
 */
#ifndef NOOK_JOB_REPORT_H
#define NOOK_JOB_REPORT_H

#include "base/text.h"
#include "job/journal.h"

struct err;

#define REPORT_FEW     20 /* lines about single jobs, where nobody asks for all */
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

/** spread_part() - What @percent of them do not exceed; UINT64_MAX where there are
 * none */
uint64_t spread_part(const struct spread *s, unsigned int percent);

/**
 * struct one_run - One that is over
 * @job:	Hash of its job's id
 * @wall:	ns; @output: digest of what it wrote. UINT64_MAX = not known
 * @end:	Cause, exit code and signal
 */
struct one_run {
	uint64_t job, wall, output;
	uint32_t end;
	bool passed;
};

/** struct runs - All of --repeat; @jobs: how many jobs they are of */
struct runs {
	struct one_run *v;
	size_t count, room, jobs;
};

/**
 * struct run_spread - Runs of one job
 * @count:	In all; @timed: those whose time is known
 * @min, @median, @max: ns; @mean; @deviation: the standard deviation of a sample
 */
struct run_spread {
	size_t count, timed;
	uint64_t min, median, max;
	double mean, deviation;
	bool ends_differ, outputs_differ;
};

/** runs_add() - A final line. Return: 0, -1 and @e */
int runs_add(struct runs *rs, const struct journal_line *l, struct err *e);
/** runs_sort() - All are there: now they can be asked for */
void runs_sort(struct runs *rs);
/** runs_of() - Those of the job of that id. Return: whether there are any */
bool runs_of(const struct runs *rs, const char *job, struct run_spread *out);
/** runs_differ() - How many jobs there are whose runs differ in how they ended or what
 * they wrote, of @compared that have several */
size_t runs_differ(const struct runs *rs, size_t *compared);
void runs_release(struct runs *rs);

/**
 * struct ends - Final lines of jobs that did not pass, and those that are none any more
 * @v:		By hash of the job's name; @line: from 1 on, 0 = free; @room: a power of 2
 * @old:	Lines with another end of the same job behind them, in order
 */
struct ends {
	struct one_end {
		uint64_t job;
		size_t line;
	} * v;
	size_t count, room;
	size_t *old, old_count, old_room;
};

/** ends_add() - The final line @l is the @line-th. Return: 0, -1 and @e */
int ends_add(struct ends *es, const struct journal_line *l, size_t line, struct err *e);
/** ends_sort() - All are there */
void ends_sort(struct ends *es);
void ends_release(struct ends *es);

/**
 * struct report - A journal, counted
 * @path:	As the caller named it
 * @lines:	Tries, and jobs that were skipped; @torn: bytes behind them are no line
 * @jobs:	That are over: @passed, @skipped, or failed by cause; @again: of @tries
 *		those that were not the last
 * @first, @last: When the first try began and the last one ended, CLOCK_REALTIME ns
 * @top_slot:	The highest
 * @id_width:	Of the longest id of a job that failed
 * @runs:	Where each job ran several times; @run_width: of the longest id
 */
struct report {
	const char *path;
	int fd;
	struct journal_head head;
	bool torn;
	size_t lines, jobs, passed, skipped, tries, again;
	size_t failed[JOB_CAUSES];
	uint64_t first, last;
	int top_slot;
	size_t id_width;
	struct spread wall, cpu, memory;
	struct runs runs;
	size_t run_width;
	struct ends ends;
};

/** report_failed() - How many jobs failed, of all causes */
size_t report_failed(const struct report *r);
/** report_not_run() - How many jobs are not over, of a batch that ended before its jobs
 * did, or still runs; JOURNAL_NOT_COUNTED where the journal does not know how many there
 * are */
uint64_t report_not_run(const struct report *r);
/** report_count() - Read and count it all. Return: 0, -1 and @e */
int report_count(struct report *r, struct err *e);
void report_release(struct report *r);
/** report_each() - Read the same lines again; an end of a job with another behind it is
 * not final then. @each: as in journal_each() */
int report_each(const struct report *r,
		int (*each)(const struct journal_line *l, void *arg, struct err *e),
		void *arg, struct err *e);

/** runs_say() - A line for each job whose runs differ in how they ended or what they
 * wrote; for the first @most. Return: 0, -1 and @e, or what @say returned */
int runs_say(const struct report *r, size_t most, int (*say)(const char *line, void *arg),
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
/** report_json() - One object: counts, percentiles, jobs that failed */
int report_json(const struct report *r, struct err *e);
/** report_junit() - XML as JUnit's Ant task writes it and CI systems read it */
int report_junit(const struct report *r, struct err *e);
/** report_svg() - Slots, causes and memory over time */
int report_svg(const struct report *r, struct err *e);

#endif

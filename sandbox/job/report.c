// SPDX-License-Identifier: GPL-3.0-or-later
/* report.c - counting a journal, and the table for a person */
#include "job/report.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/fdio.h"
#include "cmd/cmd.h"
#include "cmd/report.h"

/* --- numbers by size --------------------------------------------------------------- */

/* Below 128 each has its own; above, the 7 bits behind the first one choose */
static size_t bucket_of(uint64_t n)
{
	int top = n ? 63 - __builtin_clzll(n) : 0;

	return top < 7 ? (size_t)n
		       : (size_t)(top - 6) * 128 + (size_t)(n >> (top - 7) & 127);
}

/* The largest number in it */
static uint64_t bucket_end(size_t i)
{
	int shift = (int)(i / 128) - 1;

	return shift < 0 ? i : (((i % 128 + 129) << shift) - 1);
}

/* One more; UINT64_MAX is not known and not counted */
static void spread_add(struct spread *s, uint64_t n)
{
	if (n == UINT64_MAX)
		return;
	s->bucket[bucket_of(n)]++;
	s->count++;
	s->most = n > s->most ? n : s->most;
}

uint64_t spread_part(const struct spread *s, unsigned int percent)
{
	size_t rank = (s->count * percent + 99) / 100, seen = 0;

	if (!s->count)
		return UINT64_MAX;
	for (size_t i = 0; i < SPREAD_BUCKETS; i++) {
		seen += s->bucket[i];
		if (seen >= rank && seen)
			return bucket_end(i) < s->most ? bucket_end(i) : s->most;
	}
	return s->most;
}

/* --- counting ---------------------------------------------------------------------- */

size_t report_failed(const struct report *r)
{
	size_t n = 0;

	for (int c = 0; c < JOB_CAUSES; c++)
		n += r->failed[c];
	return n;
}

uint64_t report_not_run(const struct report *r)
{
	if (r->head.jobs == JOURNAL_NOT_COUNTED)
		return JOURNAL_NOT_COUNTED;
	return r->head.jobs > r->jobs ? r->head.jobs - r->jobs : 0;
}

static int count_line(const struct journal_line *l, void *arg, struct err *e)
{
	struct report *r = arg;
	int cause = cause_find(l->cause);

	r->tries += !l->final || cause >= 0;
	if (l->started_ns != UINT64_MAX && l->started_ns && l->started_ns < r->first)
		r->first = l->started_ns;
	if (l->finished_ns != UINT64_MAX && l->finished_ns > r->last)
		r->last = l->finished_ns;
	if (l->slot > r->top_slot)
		r->top_slot = l->slot;
	if (!l->final) {
		r->again++;
		return 0;
	}
	r->jobs++;
	if (cause < 0) {
		r->skipped++;
		return 0;
	}
	if (r->head.repeat > 1) {
		size_t len = job_id_len(l->job);

		r->run_width = len > r->run_width ? len : r->run_width;
		if (runs_add(&r->runs, l, e))
			return -1;
	}
	spread_add(&r->wall, l->wall_ns);
	spread_add(&r->cpu, l->cpu_ns);
	spread_add(&r->memory, l->memory_peak);
	if (l->passed) {
		r->passed++;
		return 0;
	}
	r->failed[cause]++;
	if (strlen(l->job) > r->id_width)
		r->id_width = strlen(l->job);
	return 0;
}

static int count_first(const struct journal_line *l, void *arg, struct err *e)
{
	struct report *r = arg;

	r->lines++;
	if (l->final && ends_add(&r->ends, l, r->lines, e))
		return -1;
	return count_line(l, r, e);
}

/* Nothing is counted, but which lines there are */
static void clear(struct report *r)
{
	runs_release(&r->runs);
	memset(r->failed, 0, sizeof(r->failed));
	memset(&r->wall, 0, sizeof(r->wall));
	memset(&r->cpu, 0, sizeof(r->cpu));
	memset(&r->memory, 0, sizeof(r->memory));
	r->jobs = r->passed = r->skipped = r->tries = r->again = 0;
	r->first = UINT64_MAX;
	r->last = 0;
	r->id_width = strlen("FAILED");
	r->top_slot = -1;
	r->run_width = strlen("RUNS");
}

void report_release(struct report *r)
{
	runs_release(&r->runs);
	ends_release(&r->ends);
}

int report_count(struct report *r, struct err *e)
{
	off_t size;

	clear(r);
	if (journal_each(r->fd, &r->head, count_first, r, e))
		return -1;
	ends_sort(&r->ends);
	if (r->ends.old_count) {
		clear(r);
		if (report_each(r, count_line, r, e))
			return -1;
	}
	runs_sort(&r->runs);
	if (r->first > r->last)
		r->first = r->last;
	size = lseek(r->fd, 0, SEEK_END);
	r->torn = size > r->head.whole;
	return 0;
}

/* struct second_look - @lines so far; @old: how many of them were such ends */
struct second_look {
	const struct report *r;
	size_t lines, old;
	int (*each)(const struct journal_line *l, void *arg, struct err *e);
	void *arg;
};

static int look(const struct journal_line *l, void *arg, struct err *e)
{
	struct second_look *s = arg;
	const struct ends *es = &s->r->ends;
	struct journal_line other;

	if (s->lines == s->r->lines)
		return 0;
	s->lines++;
	if (s->old == es->old_count || es->old[s->old] != s->lines)
		return s->each(l, s->arg, e);
	s->old++;
	if (cause_find(l->cause) < 0)
		return 0;
	other = *l;
	other.final = false;
	return s->each(&other, s->arg, e);
}

int report_each(const struct report *r,
		int (*each)(const struct journal_line *l, void *arg, struct err *e),
		void *arg, struct err *e)
{
	struct second_look s = { .r = r, .each = each, .arg = arg };
	struct journal_head head;

	return journal_each(r->fd, &head, look, &s, e);
}

int report_flush(struct report_out *o, struct err *e)
{
	if (o->text.failed)
		return err_set(e, "out of memory");
	if (o->text.len &&
	    fd_write_all(STDOUT_FILENO, text_str(&o->text), o->text.len) < 0)
		return err_sys(e, "cannot write to standard output");
	text_cut(&o->text, 0);
	return 0;
}

/* --- the table --------------------------------------------------------------------- */

/* Three digits and a unit: 1.23ms, 45.6s; from a minute on as text_duration() has it */
static void add_time(struct text *out, uint64_t ns)
{
	static const struct {
		const char *unit;
		double ns;
	} units[] = { { "us", 1e3 }, { "ms", 1e6 }, { "s", 1e9 } };
	size_t u = ns >= 1000000000 ? 2 : ns >= 1000000 ? 1 : 0;
	double n = (double)ns / units[u].ns;

	if (ns == UINT64_MAX)
		text_addc(out, '-');
	else if (ns >= 60000000000u)
		text_duration(out, ns);
	else
		text_addf(out, "%.*f%s", n < 10 ? 2 : n < 100 ? 1 : 0, n, units[u].unit);
}

static void add_bytes(struct text *out, uint64_t n)
{
	if (n == UINT64_MAX)
		text_addc(out, '-');
	else
		text_size(out, n);
}

static void add_cell(struct text *out, int width, uint64_t n,
		     void (*add)(struct text *out, uint64_t n))
{
	auto_text cell = { 0 };

	add(&cell, n);
	text_addf(out, "%*s", width, text_str(&cell));
}

static void add_spread(struct text *out, const char *name, const struct spread *s,
		       void (*add)(struct text *out, uint64_t n))
{
	static const unsigned int parts[] = { 50, 90, 99 };

	if (!s->count)
		return;
	text_addf(out, "%-8s", name);
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		add_cell(out, 10, spread_part(s, parts[i]), add);
	add_cell(out, 10, s->most, add);
	text_addc(out, '\n');
}

/* Beside the job file, unless it was said where: then only the user knows that file */
static void add_job_file(const struct report *r, struct text *out)
{
	size_t len = strlen(r->path), end = strlen(".journal");
	auto_text file = { 0 };
	struct stat st;

	if (len > end && !strcmp(r->path + len - end, ".journal"))
		text_addn(&file, r->path, len - end);
	if (file.len && !stat(text_str(&file), &st) && S_ISREG(st.st_mode)) {
		text_shell(out, text_str(&file));
		return;
	}
	text_add(out, "--journal ");
	text_shell(out, r->path);
	text_add(out, " FILE");
}

static void add_not_run(const struct report *r, struct text *out)
{
	uint64_t n = report_not_run(r);
	auto_text how = { 0 };

	if (!n || n == JOURNAL_NOT_COUNTED)
		return;
	add_job_file(r, &how);
	text_addf(out, "%-8s%10" PRIu64 "  unless it still runs, go on with: nook batch ",
		  "not run", n);
	text_add(out, r->head.reproducible ? "--resume --reproducible " : "--resume ");
	text_safe(out, text_str(&how));
	if (r->head.options[0]) {
		text_add(out, " (begun with ");
		text_safe(out, r->head.options);
		text_addc(out, ')');
	}
	text_addc(out, '\n');
}

static void add_totals(const struct report *r, struct text *out)
{
	double s = (double)(r->last - r->first) / 1e9;
	const char *between = "  ";

	text_safe(out, r->path);
	text_addf(out, ": %zu job%s", r->jobs, r->jobs == 1 ? "" : "s");
	if (r->head.slots > 0)
		text_addf(out, " on %d slot%s", r->head.slots,
			  r->head.slots == 1 ? "" : "s");
	if (s > 0) {
		text_add(out, " in ");
		add_time(out, r->last - r->first);
		text_addf(out, ", %.*f/s", (double)r->jobs / s < 10 ? 1 : 0,
			  (double)r->jobs / s);
	}
	text_addf(out, "\n\n%-8s%10zu\n%-8s%10zu", "passed", r->passed, "failed",
		  report_failed(r));
	for (int c = 0; c < JOB_CAUSES; c++) {
		if (!r->failed[c])
			continue;
		text_addf(out, "%s%s %zu", between, cause_name((enum cause)c),
			  r->failed[c]);
		between = ", ";
	}
	text_addc(out, '\n');
	if (r->skipped)
		text_addf(out, "%-8s%10zu\n", "skipped", r->skipped);
	if (r->again)
		text_addf(out, "%-8s%10zu  tries that were not the last\n", "again",
			  r->again);
	add_not_run(r, out);
	if (r->torn)
		text_add(out, "The last line is not whole: it is being written, or its "
			      "writer was killed.\n");
}

static int add_failure(const struct journal_line *l, void *arg, struct err *e)
{
	struct report_out *o = arg;
	int width = o->r->id_width > 40 ? 40 : (int)o->r->id_width;

	if (!l->final || l->passed || cause_find(l->cause) < 0 || o->shown++ >= o->most)
		return 0;
	text_safe(&o->text, l->job);
	for (int i = (int)strlen(l->job); i < width; i++)
		text_addc(&o->text, ' ');
	text_addf(&o->text, "  %-9s %3d", l->cause, l->try);
	add_cell(&o->text, 9, l->wall_ns, add_time);
	add_cell(&o->text, 8, l->memory_peak, add_bytes);
	if (l->message && *l->message) {
		text_add(&o->text, "  ");
		text_safe(&o->text, l->message);
	} else if (cause_find(l->cause) == CAUSE_EXITED) {
		text_addf(&o->text, "  exit code %d", l->exit_code);
	} else if (l->signal) {
		text_addf(&o->text, "  signal %d", l->signal);
	}
	text_addc(&o->text, '\n');
	return o->text.len > 65536 ? report_flush(o, e) : 0;
}

/* --- runs -------------------------------------------------------------------------- */

static int add_difference(const char *line, void *arg)
{
	struct report_out *o = arg;

	text_add(&o->text, o->shown++ ? "" : "\n");
	text_safe(&o->text, line);
	text_addc(&o->text, '\n');
	return 0;
}

static int add_runs(const struct journal_line *l, void *arg, struct err *e)
{
	struct report_out *o = arg;
	int width = o->r->run_width > 40 ? 40 : (int)o->r->run_width;
	struct run_spread s;

	if (!l->final || l->job[job_id_len(l->job)] ||
	    !runs_of(&o->r->runs, l->job, &s) || !s.timed || o->shown++ >= o->most)
		return 0;
	text_addf(&o->text, "%-*s%7zu", width, l->job, s.count);
	add_cell(&o->text, 10, s.min, add_time);
	add_cell(&o->text, 10, s.median, add_time);
	add_cell(&o->text, 10, s.max, add_time);
	text_addf(&o->text, "%9.1f%%\n", s.mean > 0 ? s.deviation / s.mean * 100 : 0);
	return o->text.len > 65536 ? report_flush(o, e) : 0;
}

static int add_all_runs(struct report_out *o, struct err *e)
{
	const struct report *r = o->r;
	int width = r->run_width > 40 ? 40 : (int)r->run_width;
	int rc;

	text_addf(&o->text, "\n%-*s%7s%10s%10s%10s%10s\n", width, "RUNS", "COUNT", "MIN",
		  "MEDIAN", "MAX", "DEVIATION");
	rc = report_each(r, add_runs, o, e);
	if (!rc && o->shown > o->most)
		text_addf(&o->text, "and %zu more: --all lists them\n",
			  o->shown - o->most);
	o->shown = 0;
	if (!rc)
		rc = runs_say(r, o->most, add_difference, o, e);
	o->shown = 0;
	return rc;
}

/* For a person; @most: lines about jobs that failed */
static int report_table(const struct report *r, size_t most, struct err *e)
{
	struct report_out o = { .r = r, .most = most };
	size_t failed = report_failed(r);
	int width = r->id_width > 40 ? 40 : (int)r->id_width;
	int rc = 0;

	add_totals(r, &o.text);
	if (r->wall.count) {
		text_addf(&o.text, "\n%-8s%10s%10s%10s%10s\n", "", "p50", "p90", "p99",
			  "max");
		add_spread(&o.text, "wall", &r->wall, add_time);
		add_spread(&o.text, "cpu", &r->cpu, add_time);
		add_spread(&o.text, "memory", &r->memory, add_bytes);
	}
	if (r->runs.count)
		rc = add_all_runs(&o, e);
	if (!rc && failed && most)
		text_addf(&o.text, "\n%-*s  %-9s %3s%9s%8s  MESSAGE\n", width, "FAILED",
			  "CAUSE", "TRY", "WALL", "MEMORY");
	if (!rc && failed && most)
		rc = report_each(r, add_failure, &o, e);
	if (!rc && most && failed > most)
		text_addf(&o.text, "and %zu more: --all lists them\n", failed - most);
	if (!rc)
		rc = report_flush(&o, e);
	text_release(&o.text);
	return rc;
}

/* --- the command ------------------------------------------------------------------- */

int batch_report(const struct args *a, struct err *e)
{
	static const char *const kinds[] = { "json", "junit", "svg", "all" };
	auto_free struct report *r = calloc(1, sizeof(*r));
	const char *kind = NULL;
	auto_fd fd = -1;
	int rc;

	if (a->word_count != 1)
		return cmd_usage(a, e, "expected one journal");
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (!cmd_option(a, kinds[i]))
			continue;
		if (kind)
			return cmd_usage(a, e, "--%s and --%s are two reports", kind,
					 kinds[i]);
		kind = kinds[i];
	}
	if (!r)
		return err_set(e, "out of memory");
	fd = open(a->words[0], O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return err_sys(e, "cannot open '%s'", a->words[0]);
	r->path = a->words[0];
	r->fd = fd;
	if (report_count(r, e)) {
		report_release(r);
		return err_wrap(e, "'%s': ", r->path);
	}
	rc = !kind		      ? report_table(r, REPORT_FEW, e)
	     : !strcmp(kind, "all")   ? report_table(r, SIZE_MAX, e)
	     : !strcmp(kind, "json")  ? report_json(r, e)
	     : !strcmp(kind, "junit") ? report_junit(r, e)
				      : report_svg(r, e);
	report_release(r);
	return rc;
}

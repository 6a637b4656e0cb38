// SPDX-License-Identifier: GPL-3.0-or-later
/* report_files.c - a journal for other programs: JSON, and XML as JUnit's
 *
 * There is no standard of JUnit's XML; these elements and attributes are those that its
 * Ant task writes and that GitLab, Jenkins and GitHub's actions read. A job that did not
 * end by its own doing (set-up, a kill from outside) is an <error>, any other a
 * <failure>. These readers count elements, not what a suite says of itself: for jobs that
 * were not run, whose names the journal does not know, there is one <skipped> with their
 * number.
 */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "job/report.h"

#define PIECE 65536 /* bytes that are written at once */

/* --- JSON -------------------------------------------------------------------------- */

static void json_spread(struct text *out, const char *key, const struct spread *s,
			double unit)
{
	static const unsigned int parts[] = { 50, 90, 99, 100 };
	static const char *const names[] = { "p50", "p90", "p99", "max" };

	text_addf(out, ",\"%s\":{", key);
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		uint64_t n = spread_part(s, parts[i]);

		text_addf(out, "%s\"%s\":", i ? "," : "", names[i]);
		if (n == UINT64_MAX)
			text_add(out, "null");
		else if (unit > 1)
			text_addf(out, "%.6f", (double)n / unit);
		else
			text_addf(out, "%" PRIu64, n);
	}
	text_addc(out, '}');
}

static int json_failure(const struct journal_line *l, void *arg, struct err *e)
{
	struct report_out *o = arg;

	if (!l->final || l->passed || cause_find(l->cause) < 0)
		return 0;
	text_add(&o->text, o->shown++ ? ",{\"job\":" : "{\"job\":");
	text_json(&o->text, l->job);
	text_add(&o->text, ",\"cause\":");
	text_json(&o->text, l->cause);
	text_addf(&o->text, ",\"exit_code\":%d,\"signal\":", l->exit_code);
	text_addf(&o->text, l->signal ? "%d" : "null", l->signal);
	text_addf(&o->text, ",\"try\":%d,\"wall_s\":", l->try);
	if (l->wall_ns == UINT64_MAX)
		text_add(&o->text, "null");
	else
		text_addf(&o->text, "%.6f", (double)l->wall_ns / 1e9);
	text_add(&o->text, ",\"message\":");
	text_json(&o->text, l->message);
	text_addc(&o->text, '}');
	return o->text.len > PIECE ? report_flush(o, e) : 0;
}

static void json_seconds(struct text *out, const char *key, double ns)
{
	text_addf(out, ",\"%s\":%.6f", key, ns / 1e9);
}

static int json_runs(const struct journal_line *l, void *arg, struct err *e)
{
	struct report_out *o = arg;
	struct run_spread s;

	if (!l->final || l->job[job_id_len(l->job)] || !runs_of(&o->r->runs, l->job, &s))
		return 0;
	text_add(&o->text, o->shown++ ? ",{\"job\":" : "{\"job\":");
	text_json(&o->text, l->job);
	text_addf(&o->text, ",\"count\":%zu", s.count);
	if (s.timed) {
		json_seconds(&o->text, "wall_min_s", (double)s.min);
		json_seconds(&o->text, "wall_median_s", (double)s.median);
		json_seconds(&o->text, "wall_max_s", (double)s.max);
		json_seconds(&o->text, "wall_mean_s", s.mean);
		json_seconds(&o->text, "wall_deviation_s", s.deviation);
	}
	text_addf(&o->text, ",\"ends_differ\":%s,\"outputs_differ\":%s}",
		  s.ends_differ ? "true" : "false", s.outputs_differ ? "true" : "false");
	return o->text.len > PIECE ? report_flush(o, e) : 0;
}

int report_json(const struct report *r, struct err *e)
{
	uint64_t not_run = report_not_run(r);
	struct report_out o = { .r = r };
	bool first = true;
	int rc;

	text_add(&o.text, "{\"schema\":1,\"journal\":");
	text_json(&o.text, r->path);
	text_addf(&o.text, ",\"torn\":%s,\"slots\":", r->torn ? "true" : "false");
	if (r->head.slots)
		text_addf(&o.text, "%d", r->head.slots);
	else
		text_add(&o.text, "null");
	text_addf(&o.text,
		  ",\"elapsed_s\":%.3f,\"jobs\":%zu,"
		  "\"passed\":%zu,\"failed\":%zu,\"skipped\":%zu,\"not_run\":",
		  (double)(r->last - r->first) / 1e9, r->jobs, r->passed,
		  report_failed(r), r->skipped);
	if (not_run == JOURNAL_NOT_COUNTED)
		text_add(&o.text, "null");
	else
		text_addf(&o.text, "%" PRIu64, not_run);
	text_addf(&o.text, ",\"tries\":%zu,\"causes\":{", r->tries);
	for (int c = 0; c < JOB_CAUSES; c++) {
		if (!r->failed[c])
			continue;
		text_addf(&o.text, "%s\"%s\":%zu", first ? "" : ",",
			  cause_name((enum cause)c), r->failed[c]);
		first = false;
	}
	text_addc(&o.text, '}');
	json_spread(&o.text, "wall_s", &r->wall, 1e9);
	json_spread(&o.text, "cpu_s", &r->cpu, 1e9);
	json_spread(&o.text, "memory_peak_bytes", &r->memory, 1);
	text_add(&o.text, ",\"failures\":[");
	rc = report_each(r, json_failure, &o, e);
	o.shown = 0;
	text_addf(&o.text, "],\"repeat\":%d,\"runs\":[",
		  r->head.repeat > 1 ? r->head.repeat : 1);
	if (!rc && r->runs.count)
		rc = report_each(r, json_runs, &o, e);
	text_add(&o.text, "]}\n");
	if (!rc)
		rc = report_flush(&o, e);
	text_release(&o.text);
	return rc;
}

/* --- XML --------------------------------------------------------------------------- */

void report_xml(struct text *out, const char *s)
{
	auto_text safe = { 0 };

	text_safe(&safe, s);
	for (const char *p = text_str(&safe); *p; p++) {
		if (!strncmp(p, "\xef\xbf\xbe", 3) || !strncmp(p, "\xef\xbf\xbf", 3)) {
			text_add(out, p[2] == '\xbe' ? "\\u{fffe}" : "\\u{ffff}");
			p += 2;
			continue;
		}
		switch (*p) {
		case '&':
			text_add(out, "&amp;");
			break;
		case '<':
			text_add(out, "&lt;");
			break;
		case '>':
			text_add(out, "&gt;");
			break;
		case '"':
			text_add(out, "&quot;");
			break;
		default:
			text_addc(out, *p);
		}
	}
}

static void xml_attribute(struct text *out, const char *name, const char *value)
{
	text_addf(out, " %s=\"", name);
	report_xml(out, value ? value : "");
	text_addc(out, '"');
}

static bool is_error(int cause)
{
	return cause == CAUSE_SETUP || cause == CAUSE_EXEC || cause == CAUSE_LOST ||
	       cause == CAUSE_CANCELLED;
}

static void add_reason(struct text *out, const struct journal_line *l, int cause)
{
	const char *element = is_error(cause) ? "error" : "failure";
	auto_text why = { 0 };

	if (l->message && *l->message)
		text_add(&why, l->message);
	else if (cause == CAUSE_EXITED)
		text_addf(&why, "exit code %d", l->exit_code);
	else
		text_addf(&why, "%s, signal %d", l->cause, l->signal);
	text_addf(out, "    <%s", element);
	xml_attribute(out, "type", l->cause);
	xml_attribute(out, "message", text_str(&why));
	text_add(out, "/>\n");
}

static int add_case(const struct journal_line *l, void *arg, struct err *e)
{
	struct report_out *o = arg;
	int cause = cause_find(l->cause);

	if (!l->final)
		return 0;
	text_add(&o->text, "  <testcase");
	xml_attribute(&o->text, "name", l->job);
	xml_attribute(&o->text, "classname", l->profile ? l->profile : "nook");
	text_addf(&o->text, " time=\"%.6f\"",
		  l->wall_ns == UINT64_MAX ? 0 : (double)l->wall_ns / 1e9);
	if (l->passed && cause >= 0) {
		text_add(&o->text, "/>\n");
	} else {
		text_add(&o->text, ">\n");
		if (cause >= 0) {
			add_reason(&o->text, l, cause);
		} else {
			text_add(&o->text, "    <skipped");
			xml_attribute(&o->text, "message", l->message);
			text_add(&o->text, "/>\n");
		}
		text_add(&o->text, "  </testcase>\n");
	}
	return o->text.len > PIECE ? report_flush(o, e) : 0;
}

/* Return: how many elements */
static size_t add_missing(struct text *out, uint64_t n)
{
	if (!n || n == JOURNAL_NOT_COUNTED)
		return 0;
	text_addf(out,
		  "  <testcase name=\"(not run)\" classname=\"nook\" time=\"0.000000\">\n"
		  "    <skipped message=\"the batch has not run %" PRIu64 " of its "
		  "jobs\"/>\n  </testcase>\n",
		  n);
	return 1;
}

int report_junit(const struct report *r, struct err *e)
{
	struct report_out o = { .r = r };
	auto_text missing = { 0 };
	size_t errors = 0, more = add_missing(&missing, report_not_run(r));
	time_t s = (time_t)(r->first / 1000000000);
	char when[32] = "";
	struct tm tm;
	int rc;

	for (int c = 0; c < JOB_CAUSES; c++)
		errors += is_error(c) ? r->failed[c] : 0;
	if (gmtime_r(&s, &tm))
		strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%S", &tm);
	text_add(&o.text, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite");
	xml_attribute(&o.text, "name", r->path);
	text_addf(&o.text,
		  " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\" "
		  "time=\"%.3f\" timestamp=\"%s\">\n",
		  r->jobs + more, report_failed(r) - errors, errors, r->skipped + more,
		  (double)(r->last - r->first) / 1e9, when);
	rc = report_each(r, add_case, &o, e);
	text_addn(&o.text, text_str(&missing), missing.len);
	text_add(&o.text, "</testsuite>\n");
	if (!rc)
		rc = report_flush(&o, e);
	text_release(&o.text);
	return rc;
}

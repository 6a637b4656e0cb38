// SPDX-License-Identifier: GPL-3.0-or-later
/* report_runs.c - runs of the same job (--repeat) beside each other
 *
 * Of every run that is over its times and how it ended are kept, by the hash of the job's
 * id, and sorted: so runs of a job lie together, the shortest first. Names are not kept;
 * the journal is read once more, and each job is told where its first run stands.
 */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/hash.h"
#include "job/report.h"

static uint64_t hash_of(const char *run)
{
	return hash_bytes(HASH_START, run, job_id_len(run));
}

int runs_add(struct runs *rs, const struct journal_line *l, struct err *e)
{
	size_t room = rs->room ? rs->room * 2 : 256;
	struct one_run *v;

	if (rs->count == rs->room) {
		v = realloc(rs->v, room * sizeof(*v));
		if (!v)
			return err_set(e, "out of memory");
		rs->v = v;
		rs->room = room;
	}
	rs->v[rs->count++] = (struct one_run){
		.job = hash_of(l->job),
		.wall = l->wall_ns,
		.output = l->output_digest,
		.end = (uint32_t)cause_find(l->cause) << 16 |
		       ((uint32_t)l->exit_code & 0xff) << 8 |
		       (uint32_t)(l->signal & 0xff),
		.passed = l->passed,
	};
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct one_run *x = a, *y = b;

	if (x->job != y->job)
		return x->job < y->job ? -1 : 1;
	return x->wall < y->wall ? -1 : x->wall > y->wall;
}

void runs_sort(struct runs *rs)
{
	if (rs->count)
		qsort(rs->v, rs->count, sizeof(*rs->v), compare);
	rs->jobs = 0;
	for (size_t i = 0; i < rs->count; i++)
		rs->jobs += !i || rs->v[i].job != rs->v[i - 1].job;
}

void runs_release(struct runs *rs)
{
	free(rs->v);
	*rs = (struct runs){ 0 };
}

/* Of libm this one alone would be needed: Newton's way, from above */
static double square_root(double x)
{
	double root = x > 1 ? x : 1;

	for (int i = 0; i < 100 && x > 0; i++)
		root = (root + x / root) / 2;
	return x > 0 ? root : 0;
}

/* @v: by time. Those whose time nobody knows come last, and do not count */
static void measure(const struct one_run *v, struct run_spread *s)
{
	double sum = 0, squares = 0;
	size_t n = s->count;

	while (n && v[n - 1].wall == UINT64_MAX)
		n--;
	s->timed = n;
	if (!n)
		return;
	s->min = v[0].wall;
	s->max = v[n - 1].wall;
	s->median = v[(n - 1) / 2].wall / 2 + v[n / 2].wall / 2 +
		    (v[(n - 1) / 2].wall & v[n / 2].wall & 1);
	for (size_t i = 0; i < n; i++)
		sum += (double)v[i].wall;
	s->mean = sum / (double)n;
	for (size_t i = 0; i < n; i++)
		squares += ((double)v[i].wall - s->mean) * ((double)v[i].wall - s->mean);
	s->deviation = n > 1 ? square_root(squares / (double)(n - 1)) : 0;
}

/* The runs of one job, from the @at-th on. Return: behind the last of them */
static size_t gather(const struct runs *rs, size_t at, struct run_spread *out)
{
	const struct one_run *v = rs->v + at;
	uint64_t output = UINT64_MAX;

	*out = (struct run_spread){ 0 };
	for (; at < rs->count && rs->v[at].job == v->job; at++, out->count++) {
		const struct one_run *r = &rs->v[at];

		out->ends_differ |= r->end != v->end || r->passed != v->passed;
		if (output == UINT64_MAX)
			output = r->output;
		out->outputs_differ |= r->output != UINT64_MAX && r->output != output;
	}
	measure(v, out);
	return at;
}

bool runs_of(const struct runs *rs, const char *job, struct run_spread *out)
{
	size_t low = 0, high = rs->count;
	uint64_t hash = hash_of(job);

	*out = (struct run_spread){ 0 };
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (rs->v[middle].job < hash)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < rs->count && rs->v[low].job == hash)
		gather(rs, low, out);
	return out->count > 0;
}

size_t runs_differ(const struct runs *rs, size_t *compared)
{
	struct run_spread of;
	size_t n = 0;

	*compared = 0;
	for (size_t at = 0; at < rs->count;) {
		at = gather(rs, at, &of);
		*compared += of.count > 1;
		n += of.ends_differ || of.outputs_differ;
	}
	return n;
}

/* --- what differs ------------------------------------------------------------------ */

struct sayer {
	const struct report *r;
	int (*say)(const char *line, void *arg);
	void *arg;
	size_t said, most;
};

static int say_one(const struct journal_line *l, void *arg, struct err *e)
{
	struct sayer *s = arg;
	struct run_spread of;
	auto_text line = { 0 };

	(void)e;
	if (!l->final || l->job[job_id_len(l->job)] ||
	    !runs_of(&s->r->runs, l->job, &of) || (!of.ends_differ && !of.outputs_differ))
		return 0;
	if (s->said++ == s->most)
		return s->say("runs of more jobs differ: 'nook batch report --all' names "
			      "them",
			      s->arg);
	if (s->said > s->most)
		return 0;
	text_addf(&line, "runs of job '%s' differ: %s%s%s", l->job,
		  of.ends_differ ? "how they ended" : "",
		  of.ends_differ && of.outputs_differ ? ", " : "",
		  of.outputs_differ ? "what they wrote" : "");
	return s->say(text_str(&line), s->arg);
}

int runs_say(const struct report *r, size_t most, int (*say)(const char *line, void *arg),
	     void *arg, struct err *e)
{
	struct sayer s = { .r = r, .say = say, .arg = arg, .most = most };

	return r->runs.count ? report_each(r, say_one, &s, e) : 0;
}

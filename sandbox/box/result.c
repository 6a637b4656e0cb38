// SPDX-License-Identifier: GPL-3.0-or-later
/* result.c - the result record of a run, as JSON and in words */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "base/names.h"
#include "base/text.h"
#include "box/box.h"
#include "cgroup/place.h"

static const struct name causes[] = {
	{ "exited", CAUSE_EXITED },
	{ "signaled", CAUSE_SIGNALED },
	{ "oom", CAUSE_OOM },
	{ "wall", CAUSE_WALL },
	{ "cpu", CAUSE_CPU },
	{ "output", CAUSE_OUTPUT },
	{ "pids", CAUSE_PIDS },
	{ "policy", CAUSE_POLICY },
	{ "cancelled", CAUSE_CANCELLED },
	{ "lost", CAUSE_LOST },
	{ "setup", CAUSE_SETUP },
	{ "exec", CAUSE_EXEC },
	{ NULL, 0 },
};

const char *cause_name(enum cause c)
{
	return name_of(causes, (int)c);
}

bool cause_is_plain(enum cause c)
{
	return c == CAUSE_EXITED || c == CAUSE_SIGNALED || c == CAUSE_CANCELLED;
}

int cause_find(const char *name)
{
	return name_find(causes, name);
}

/* RFC 3339 in UTC with milliseconds; null where there is none */
static void add_time(struct text *out, const char *key, uint64_t ns)
{
	time_t s = (time_t)(ns / 1000000000);
	char buf[40];
	struct tm tm;

	text_addf(out, ",\"%s\":", key);
	if (!ns || !gmtime_r(&s, &tm)) {
		text_add(out, "null");
		return;
	}
	strftime(buf, sizeof(buf), "%Y-%m-%dT%H:%M:%S", &tm);
	text_addf(out, "\"%s.%03uZ\"", buf, (unsigned int)(ns / 1000000 % 1000));
}

static void add_seconds(struct text *out, const char *key, uint64_t ns)
{
	if (ns == UINT64_MAX)
		text_addf(out, ",\"%s\":null", key);
	else
		text_addf(out, ",\"%s\":%" PRIu64 ".%06" PRIu64, key, ns / 1000000000,
			  ns / 1000 % 1000000);
}

static void add_count(struct text *out, const char *key, uint64_t n)
{
	if (n == UINT64_MAX)
		text_addf(out, ",\"%s\":null", key);
	else
		text_addf(out, ",\"%s\":%" PRIu64, key, n);
}

static void add_text(struct text *out, const char *key, const char *s)
{
	text_addf(out, ",\"%s\":", key);
	text_json(out, s);
}

/* A limit of the leaf in the unit that its name in the record says */
static void add_limit(struct text *out, const struct result *r, const struct plan *pl,
		      enum cgroup_limit which)
{
	const struct cgroup_row *row = cgroup_row(which);
	bool init = which == LIMIT_PIDS && !pl->session.init_none;
	uint64_t n = r->limit[which];

	if (row->unit == UNIT_TEXT)
		add_text(out, row->name, n != UINT64_MAX ? r->cpuset : NULL);
	else if (row->unit == UNIT_MILLI && n != UINT64_MAX)
		text_addf(out, ",\"%s\":%.3f", row->name, (double)n / 1000);
	else
		add_count(out, row->name, n == UINT64_MAX ? n : n - init);
}

/* Those of devices come as a list of their own */
static void add_io_limits(struct text *out, const struct plan *pl)
{
	bool first = true;

	text_add(out, ",\"io\":[");
	for (const struct plan_limit *l = NULL;
	     (l = plan_each(pl, &pl->cgroup.limits, l));) {
		const struct cgroup_row *row = cgroup_row((enum cgroup_limit)l->which);

		if (row->unit != UNIT_RATE)
			continue;
		text_add(out, first ? "{\"device\":" : ",{\"device\":");
		text_json(out, plan_text(pl, l->text));
		add_count(out, row->name, l->n);
		text_addc(out, '}');
		first = false;
	}
	text_addc(out, ']');
}

static void add_key(struct text *out, bool *first, const char *key)
{
	text_add(out, *first ? "" : ",");
	text_json(out, key);
	*first = false;
}

static void add_enforced(struct text *out, const struct result *r, const struct plan *pl)
{
	const struct plan_limits *l = &r->limits;
	const char *last = "";
	bool first = true;

	text_add(out, "},\"enforced\":[");
	if (l->wall)
		add_key(out, &first, "limits.wall");
	if (l->output)
		add_key(out, &first, "limits.output");
	if (l->cpu_time)
		add_key(out, &first, "limits.cpu_time");
	for (int i = 0; i < LIMIT_COUNT; i++) {
		const char *key = cgroup_row((enum cgroup_limit)i)->key;

		/* the rows of limits.io come one after the other */
		if (r->limit[i] != UINT64_MAX && strcmp(key, last) != 0) {
			add_key(out, &first, key);
			last = key;
		}
	}
	first = true;
	text_add(out, "],\"unenforced\":[");
	for (const struct plan_fact *f = NULL; (f = plan_each(pl, &pl->facts, f));)
		if (f->weight == FACT_UNENFORCED)
			add_key(out, &first, plan_text(pl, f->key));
	text_add(out, "]");
}

static void add_limits(struct text *out, const struct result *r, const struct plan *pl)
{
	const struct plan_limits *l = &r->limits;

	text_add(out, ",\"limits\":{");
	text_addf(out, "\"wall_s\":");
	if (l->wall)
		text_addf(out, "%.3f", (double)l->wall / 1e9);
	else
		text_add(out, "null");
	add_count(out, "output_bytes", l->output ? l->output : UINT64_MAX);
	if (l->cpu_time)
		text_addf(out, ",\"cpu_time_s\":%.3f", (double)l->cpu_time / 1e9);
	else
		text_add(out, ",\"cpu_time_s\":null");
	for (int i = 0; i < LIMIT_COUNT; i++)
		if (cgroup_row((enum cgroup_limit)i)->unit != UNIT_RATE)
			add_limit(out, r, pl, (enum cgroup_limit)i);
	add_io_limits(out, pl);
	add_enforced(out, r, pl);
}

void result_json(const struct result *r, const struct plan *pl, struct text *out)
{
	uint64_t cpu = r->cpu_user_ns == UINT64_MAX ? UINT64_MAX
						    : r->cpu_user_ns + r->cpu_system_ns;
	bool first = true;

	text_add(out, "{\"schema\":1");
	add_text(out, "id", r->id);
	add_text(out, "name", r->name[0] ? r->name : NULL);
	add_text(out, "profile", plan_text(pl, pl->profile));
	text_add(out, ",\"command\":[");
	for (const struct plan_word *w = NULL; (w = plan_each(pl, &pl->env.argv, w));
	     first = false) {
		text_add(out, first ? "" : ",");
		text_json(out, plan_text(pl, w->text));
	}
	text_addc(out, ']');
	add_time(out, "started", r->started_ns);
	add_time(out, "finished", r->finished_ns);
	add_text(out, "cause", cause_name(r->cause));
	text_addf(out, ",\"exit_code\":%d", r->exit_code);
	text_addf(out, r->signal ? ",\"signal\":%d" : ",\"signal\":null", r->signal);
	add_seconds(out, "wall_s", r->wall_ns);
	add_seconds(out, "paused_s", r->paused_ns);
	add_seconds(out, "cpu_s", cpu);
	add_seconds(out, "cpu_user_s", r->cpu_user_ns);
	add_seconds(out, "cpu_system_s", r->cpu_system_ns);
	add_count(out, "memory_peak_bytes", r->memory_peak);
	add_count(out, "pids_peak", r->pids_peak);
	add_count(out, "oom_kills", r->oom_kills);
	add_seconds(out, "throttled_s", r->throttled_ns);
	add_count(out, "io_read_bytes", r->io_read);
	add_count(out, "io_write_bytes", r->io_write);
	add_count(out, "net_rx_bytes", r->net_rx);
	add_count(out, "net_tx_bytes", r->net_tx);
	add_count(out, "output_bytes", r->output);
	add_limits(out, r, pl);
	add_text(out, "message", r->message);
	text_add(out, "}\n");
}

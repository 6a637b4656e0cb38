// SPDX-License-Identifier: GPL-3.0-or-later
/* result.c - the result record of a run, as JSON and in words */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/names.h"
#include "base/text.h"
#include "box/box.h"

static const struct name causes[] = {
	{ "exited", CAUSE_EXITED },   { "signaled", CAUSE_SIGNALED },
	{ "oom", CAUSE_OOM },	      { "wall", CAUSE_WALL },
	{ "cpu", CAUSE_CPU },	      { "output", CAUSE_OUTPUT },
	{ "pids", CAUSE_PIDS },	      { "policy", CAUSE_POLICY },
	{ "cancelled", CAUSE_CANCELLED }, { "lost", CAUSE_LOST },
	{ "setup", CAUSE_SETUP },     { "exec", CAUSE_EXEC },
	{ NULL, 0 },
};

const char *cause_name(enum cause c)
{
	return name_of(causes, (int)c);
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

static void add_limits(struct text *out, const struct plan_limits *l,
		       const struct plan *pl)
{
	text_add(out, ",\"limits\":{");
	text_addf(out, "\"wall_s\":");
	if (l->wall)
		text_addf(out, "%.3f", (double)l->wall / 1e9);
	else
		text_add(out, "null");
	add_count(out, "output_bytes",
		  l->output ? l->output : UINT64_MAX);
	text_add(out, "},\"enforced\":[");
	text_add(out, l->wall ? "\"limits.wall\"" : "");
	text_add(out, l->wall && l->output ? "," : "");
	text_add(out, l->output ? "\"limits.output\"" : "");
	text_add(out, "],\"unenforced\":[");
	for (const struct plan_fact *f = NULL, *prev = NULL;
	     (f = plan_each(pl, &pl->facts, f));) {
		if (f->weight != FACT_UNENFORCED)
			continue;
		if (prev)
			text_addc(out, ',');
		text_json(out, plan_text(pl, f->key));
		prev = f;
	}
	text_add(out, "]");
}

void result_json(const struct result *r, const struct plan *pl, struct text *out)
{
	uint64_t cpu = r->cpu_user_ns == UINT64_MAX ? UINT64_MAX :
						      r->cpu_user_ns + r->cpu_system_ns;
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
	add_limits(out, &r->limits, pl);
	add_text(out, "message", r->message);
	text_add(out, "}\n");
}

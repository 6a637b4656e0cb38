// SPDX-License-Identifier: GPL-3.0-or-later
/* compare_text.c - what came of a comparison: two tables, or JSON */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "box/attempt.h"
#include "cmd/compare.h"

const char *reach_name(enum reach r)
{
	static const char *const names[] = { "no", "yes", "climbs", "own" };

	return names[r];
}

/* 140K, 1.4M: two digits are enough to compare by */
static void add_size(struct text *out, uint64_t bytes)
{
	if (bytes < 1000u << 10)
		text_addf(out, "%" PRIu64 "K", (bytes + 1023) >> 10);
	else
		text_addf(out, "%.1fM", (double)bytes / (1 << 20));
}

static void add_bound(struct text *out, bool bound, uint64_t bytes)
{
	text_add(out, bound ? "<=" : "");
	add_size(out, bytes);
}

static void add_cost(struct text *out, const struct rung *r, const struct seen *s)
{
	auto_text peak = { 0 }, nook = { 0 };

	add_bound(&peak, s->peak_bound, s->peak);
	if (s->keeper)
		add_bound(&nook, s->init_bound, s->keeper + s->init);
	else
		text_addc(&nook, '-');
	text_addf(out, "%-9s %8.2f  %7s %7s  %s\n", r->name, (double)s->median / 1e6,
		  text_str(&peak), text_str(&nook), r->adds);
}

static void add_refused(struct text *out, const struct rung *r, const struct seen *s)
{
	text_addf(out, "%-9s %8s  %7s %7s  not here: ", r->name, "-", "-", "-");
	text_safe(out, s->why.text);
	text_addc(out, '\n');
}

static const char *kernel_name(int kernel)
{
	return kernel < 0 ? "?" : kernel ? "shared" : "own";
}

static void add_reached(struct text *out, const struct rung *r, const struct reached *x)
{
	text_addf(out, "%-9s %-6s %6u  %-6s %-6s %-6s %-4s %-3s %-8s %-5s %4u\n", r->name,
		  kernel_name(x->kernel), x->processes, reach_name(x->file),
		  reach_name(x->signal), reach_name(x->socket), reach_name(x->port),
		  reach_name(x->segment), reach_name(x->hostname), reach_name(x->clock),
		  x->caps);
}

void compare_table(const struct comparison *c, struct text *out)
{
	text_addf(out, "%-9s %8s  %7s %7s  %s\n", "RUNG", "START ms", "PEAK", "NOOK",
		  "WHAT IT HAS MORE");
	for (size_t n = 0; n <= c->last; n++) {
		const struct seen *s = &c->seen[n];

		if (s->wanted && s->stands && s->count)
			add_cost(out, &rungs()[n], s);
		else if (s->wanted)
			add_refused(out, &rungs()[n], s);
	}
	text_addf(out, "\n%-9s %-6s %6s  %-6s %-6s %-6s %-4s %-3s %-8s %-5s %4s\n",
		  "REACHES", "KERNEL", "PROCS", "FILE", "SIGNAL", "SOCKET", "PORT", "SHM",
		  "HOSTNAME", "CLOCK", "CAPS");
	for (size_t n = 0; n <= c->last; n++)
		if (c->seen[n].wanted && c->seen[n].stands && c->seen[n].count)
			add_reached(out, &rungs()[n], &c->seen[n].reached);
	text_add(out, "\nshared, yes: the machine's; own: only its own; climbs: by "
		      "leaving the chroot.\n"
		      "PROCS: processes that it can name; CAPS: its capabilities. PEAK: "
		      "its memory,\n"
		      "NOOK: that of nook's own two beside it. 'nook help compare' has "
		      "more.\n");
}

/* --- JSON --------------------------------------------------------------------------- */

static void add_memory(struct text *out, const struct seen *s)
{
	text_addf(out, ",\"memory\":{\"peak\":%" PRIu64 ",\"peak_is_bound\":%s", s->peak,
		  s->peak_bound ? "true" : "false");
	if (s->keeper)
		text_addf(out,
			  ",\"keeper\":%" PRIu64 ",\"init\":%" PRIu64
			  ",\"init_is_bound\":%s}",
			  s->keeper, s->init, s->init_bound ? "true" : "false");
	else
		text_add(out, ",\"keeper\":null,\"init\":null,\"init_is_bound\":false}");
}

/* @code: what the kernel said where it is no */
static void add_reach(struct text *out, const char *key, enum reach r, int code)
{
	text_addf(out, "%s\"%s\":{\"reached\":\"%s\",\"error\":",
		  out->s[out->len - 1] == '{' ? "" : ",", key, reach_name(r));
	text_json(out, r == REACH_NO && code ? strerror(code) : NULL);
	text_addc(out, '}');
}

static void add_reaches(struct text *out, const struct reached *x)
{
	const int *code = x->code;

	text_addf(out, ",\"kernel_shared\":%s,\"processes\":%u,\"capabilities\":%u",
		  x->kernel < 0 ? "null"
		  : x->kernel	? "true"
				: "false",
		  x->processes, x->caps);
	text_add(out, ",\"reach\":{");
	add_reach(out, "file", x->file, code[ATTEMPT_FILE]);
	add_reach(out, "signal", x->signal, code[ATTEMPT_SIGNAL]);
	add_reach(out, "socket", x->socket, code[ATTEMPT_SOCKET]);
	add_reach(out, "port", x->port, code[ATTEMPT_PORT]);
	add_reach(out, "shm", x->segment, code[ATTEMPT_SEGMENT]);
	add_reach(out, "hostname", x->hostname, code[ATTEMPT_HOSTNAME]);
	add_reach(out, "clock", x->clock, code[ATTEMPT_CLOCK]);
	text_addc(out, '}');
}

static void add_json(struct text *out, const struct rung *r, const struct seen *s)
{
	text_add(out, "{\"rung\":");
	text_json(out, r->name);
	text_add(out, ",\"adds\":");
	text_json(out, r->adds);
	if (!s->stands || !s->count) {
		text_add(out, ",\"ran\":false,\"why\":");
		text_json(out, s->why.text);
		text_add(out, ",\"hint\":");
		text_json(out, *s->why.hint ? s->why.hint : NULL);
		text_addc(out, '}');
		return;
	}
	text_addf(out, ",\"ran\":true,\"runs\":%zu,\"exit_code\":%d", s->count, s->code);
	text_addf(out, ",\"start_ms\":{\"median\":%.3f,\"min\":%.3f,\"max\":%.3f}",
		  (double)s->median / 1e6, (double)s->least / 1e6, (double)s->most / 1e6);
	add_memory(out, s);
	add_reaches(out, &s->reached);
	text_addc(out, '}');
}

void compare_json(const struct comparison *c, struct text *out)
{
	const char *gap = "";

	text_add(out, "{\"schema\":1,\"command\":[");
	for (size_t i = 0; c->command[i]; i++) {
		text_add(out, i ? "," : "");
		text_json(out, c->command[i]);
	}
	text_addf(out, "],\"count\":%zu,\"rungs\":[\n", c->runs);
	for (size_t n = 0; n <= c->last; n++) {
		if (!c->seen[n].wanted)
			continue;
		text_add(out, gap);
		add_json(out, &rungs()[n], &c->seen[n]);
		gap = ",\n";
	}
	text_add(out, "\n]}\n");
}

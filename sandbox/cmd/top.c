// SPDX-License-Identifier: GPL-3.0-or-later
/* top.c - `nook top`: running boxes on the whole screen, or the processes of one */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/err.h"
#include "cmd/processes.h"
#include "cmd/stats.h"

/** struct row - One process, and what it needs to be shown */
struct row {
	const struct process *p;
	const struct plan *plan;
	uint64_t cpu_milli; /* of one CPU; UINT64_MAX = unknown */
};

static const struct process *of(const void *row)
{
	return ((const struct row *)row)->p;
}

static void pid_cell(const void *row, struct text *out)
{
	if (of(row)->inner)
		text_addf(out, "%d", of(row)->inner);
}

static void pid_json(const void *row, struct text *out)
{
	json_number(out, of(row)->inner ? (uint64_t)of(row)->inner : UINT64_MAX);
}

static void host_cell(const void *row, struct text *out)
{
	text_addf(out, "%d", of(row)->pid);
}

/* The id inside: the map that has the host's, backwards */
static void user_cell(const void *row, struct text *out)
{
	const struct plan *pl = ((const struct row *)row)->plan;
	unsigned int uid = of(row)->uid;

	if (pl->user.order == USER_NONE) {
		text_addf(out, "%u", uid);
		return;
	}
	for (const struct plan_map *m = NULL; (m = plan_each(pl, &pl->user.uid_map, m));)
		if (uid >= m->outside && uid - m->outside < m->count) {
			text_addf(out, "%u", m->inside + (uid - m->outside));
			return;
		}
}

static void user_json(const void *row, struct text *out)
{
	size_t before = out->len;

	user_cell(row, out);
	if (out->len == before)
		text_add(out, "null");
}

static void state_cell(const void *row, struct text *out)
{
	text_addc(out, of(row)->state);
}

static void cpu_cell(const void *row, struct text *out)
{
	uint64_t milli = ((const struct row *)row)->cpu_milli;

	if (milli != UINT64_MAX)
		text_addf(out, "%" PRIu64 ".%" PRIu64, milli / 10, milli % 10);
}

static void cpu_json(const void *row, struct text *out)
{
	if (((const struct row *)row)->cpu_milli == UINT64_MAX)
		text_add(out, "null");
	else
		cpu_cell(row, out);
}

static void time_cell(const void *row, struct text *out)
{
	uint64_t ns = of(row)->cpu_ns;

	text_addf(out, "%" PRIu64 ".%02" PRIu64 "s", ns / 1000000000,
		  ns / 10000000 % 100);
}

static void time_json(const void *row, struct text *out)
{
	json_seconds(out, of(row)->cpu_ns);
}

static void rss_cell(const void *row, struct text *out)
{
	text_size(out, of(row)->rss);
}

static void rss_json(const void *row, struct text *out)
{
	json_number(out, of(row)->rss);
}

static void threads_cell(const void *row, struct text *out)
{
	text_addf(out, "%u", of(row)->threads);
}

static void name_cell(const void *row, struct text *out)
{
	text_add(out, of(row)->name);
}

static void command_cell(const void *row, struct text *out)
{
	process_command(of(row), out);
}

static const struct column columns[] = {
	{ .name = "PID",
	  .key = "pid",
	  .flags = COLUMN_RIGHT,
	  .cell = pid_cell,
	  .json = pid_json },
	{ .name = "HOSTPID",
	  .key = "host_pid",
	  .flags = COLUMN_RIGHT,
	  .cell = host_cell,
	  .json = host_cell },
	{ .name = "UID",
	  .key = "uid",
	  .flags = COLUMN_RIGHT,
	  .cell = user_cell,
	  .json = user_json },
	{ .name = "S", .key = "state", .cell = state_cell },
	{ .name = "CPU%",
	  .key = "cpu_percent",
	  .flags = COLUMN_RIGHT,
	  .cell = cpu_cell,
	  .json = cpu_json },
	{ .name = "TIME",
	  .key = "cpu_s",
	  .flags = COLUMN_RIGHT,
	  .cell = time_cell,
	  .json = time_json },
	{ .name = "RSS",
	  .key = "rss_bytes",
	  .flags = COLUMN_RIGHT,
	  .cell = rss_cell,
	  .json = rss_json },
	{ .name = "THREADS",
	  .key = "threads",
	  .flags = COLUMN_RIGHT,
	  .cell = threads_cell,
	  .json = threads_cell },
	{ .name = "NAME", .key = "name", .flags = COLUMN_EXTRA, .cell = name_cell },
	{ .name = "COMMAND",
	  .key = "command",
	  .flags = COLUMN_CUT,
	  .cell = command_cell },
	{ .name = NULL },
};

/** struct top - The processes of one box, looked at again and again */
struct top {
	const struct args *a;
	struct record rec;
	struct plan *plan;
	struct listing listing;
	struct processes now;
	struct row *rows;
	int every_ms;
	uint64_t at_ns;
	int order;
	bool reverse;
};

static const struct process *find(const struct processes *list, const struct process *p)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->v[i].pid == p->pid &&
		    list->v[i].started_ticks == p->started_ticks)
			return &list->v[i];
	return NULL;
}

/* Since the look before, or over the life of the process */
static uint64_t cpu_milli(const struct process *p, const struct process *before,
			  uint64_t ns)
{
	uint64_t tick = 1000000000u / (uint64_t)sysconf(_SC_CLK_TCK);
	uint64_t life = clock_ns(CLOCK_BOOTTIME) - p->started_ticks * tick;
	uint64_t cpu = p->cpu_ns;

	if (before) {
		life = ns;
		cpu = cpu > before->cpu_ns ? cpu - before->cpu_ns : 0;
	}
	return life ? (uint64_t)((double)cpu * 1000 / (double)life) : UINT64_MAX;
}

static int look(void *arg, struct err *e)
{
	struct top *t = arg;
	struct processes before = t->now;
	uint64_t then = t->at_ns;
	struct row *rows;

	if (processes_of(&t->rec, &t->now) < 0)
		return err_set(e, "out of memory");
	t->at_ns = clock_ns(CLOCK_BOOTTIME);
	rows = realloc(t->rows, (t->now.count + 1) * sizeof(*rows));
	if (!rows)
		return err_set(e, "out of memory");
	t->rows = rows;
	for (size_t i = 0; i < t->now.count; i++)
		rows[i] = (struct row){
			.p = &t->now.v[i],
			.plan = t->plan,
			.cpu_milli = cpu_milli(&t->now.v[i], find(&before, &t->now.v[i]),
					       t->at_ns - then),
		};
	processes_release(&before);
	return t->now.count ? 0 : 1;
}

static uint64_t value(const struct row *r, int order)
{
	switch (order) {
	case 'c':
		return r->cpu_milli;
	case 'm':
		return r->p->rss;
	case 't':
		return r->p->cpu_ns;
	default: /* the lowest pid first */
		return UINT64_MAX - (uint64_t)(r->p->inner ? r->p->inner : r->p->pid);
	}
}

static int render(struct top *t, struct text *out, struct err *e)
{
	auto_free const void **rows = calloc(t->now.count + 1, sizeof(*rows));

	if (!rows)
		return err_set(e, "out of memory");
	for (size_t i = 0; i < t->now.count; i++) {
		size_t j = i;

		for (; j; j--) {
			uint64_t x = value(rows[j - 1], t->order);
			uint64_t y = value(&t->rows[i], t->order);

			if (t->reverse ? x <= y : x >= y)
				break;
			rows[j] = rows[j - 1];
		}
		rows[j] = &t->rows[i];
	}
	return listing_text(&t->listing, rows, t->now.count, out, e);
}

static const char *order_name(int order)
{
	return order == 'c'   ? "CPU"
	       : order == 'm' ? "memory"
	       : order == 't' ? "CPU time"
			      : "pid";
}

static int draw(void *arg, struct screen_size size, struct text *out, struct err *e)
{
	struct top *t = arg;
	char what[128];

	snprintf(what, sizeof(what), "nook: box %s%s%s, %zu processes", t->rec.id,
		 t->rec.name[0] ? " " : "", t->rec.name, t->now.count);
	screen_head(out, size, what, order_name(t->order));
	text_add(out, "\033[2m q quit   sort: c CPU  m memory  t time  p pid   r reverse"
		      "\033[m\n");
	t->listing.width = size.columns;
	return render(t, out, e);
}

static void on_key(void *arg, int key)
{
	struct top *t = arg;

	if (key == 'r') {
		t->reverse = !t->reverse;
	} else if (key > 0 && key < 256 && strchr("cmtp", key)) {
		t->order = key;
		t->reverse = false;
	}
}

static int top_box(const struct args *a, struct err *e)
{
	const struct show show = {
		.every_ms = 0, .look = look, .draw = draw, .key = on_key
	};
	struct top t = { .a = a, .order = 'p' };
	struct show own = show;
	auto_text out = { 0 };
	int r = listing_open(&t.listing, a, columns, "processes", e);

	if (!r)
		r = interval_option(a, 1000, &t.every_ms, e);
	if (r < 0)
		return r;
	t.plan = box_pick(a->words[0], &t.rec, e);
	if (!t.plan)
		return -1;
	own.every_ms = t.every_ms ? t.every_ms : 50;
	if (cmd_option(a, "watch") && !t.listing.json && screen_can()) {
		t.order = 'c';
		r = screen_run(&own, &t, e);
	} else {
		r = look(&t, e);
		if (r > 0)
			r = err_set(e, "box '%s' has ended meanwhile",
				    store_name(&t.rec));
		if (!r)
			r = render(&t, &out, e);
		if (!r)
			r = cmd_print(&out, e);
	}
	processes_release(&t.now);
	free(t.rows);
	free(t.plan);
	return r;
}

static int top_all(const struct args *a, struct err *e)
{
	struct stats s;
	int r = stats_open(&s, a, e);

	if (!r && !s.listing.json && screen_can())
		r = stats_screen(&s, e);
	else if (!r)
		r = stats_print(&s, e);
	stats_release(&s);
	return r;
}

static int top_run(const struct args *a, struct err *e)
{
	if (a->word_count > 1)
		return cmd_usage(a, e, "top takes one box, or none");
	return a->word_count ? top_box(a, e) : top_all(a, e);
}

static const struct opt top_options[] = {
	{ .letter = 'w',
	  .name = "watch",
	  .help = "the processes of a box on the whole screen; q leaves it" },
	{ .letter = 'i',
	  .name = "interval",
	  .arg = "TIME",
	  .help = "how often to look: 1s, 500ms" },
	LISTING_OPTIONS(STATS_COLUMNS),
	{ 0 },
};

const struct cmd cmd_top = {
	.name = "top",
	.summary = "show running boxes on the whole screen, or one's processes",
	.usage = "[OPTION...] [BOX]",
	.help = "Without a box it is 'nook stats --watch': keys sort (c CPU, m memory, p "
		"pids, i I/O, t time, a age, n name), r turns the order round, q leaves. "
		"Without a terminal it prints the table once.\n\n"
		"With a box (a name, an id or the beginning of one) it lists its "
		"processes: "
		"PID and UID inside, HOSTPID outside, S the state of proc(5), CPU% over "
		"the "
		"process's life, or over the interval with --watch. -o takes these names "
		"and "
		"NAME.\n",
	.options = top_options,
	.complete = COMPLETE_BOX,
	FULL_ONLY(top_run),
};

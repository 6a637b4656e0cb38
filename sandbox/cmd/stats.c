// SPDX-License-Identifier: GPL-3.0-or-later
/* stats.c - `nook stats`: what running boxes use, once or again and again */
#include "cmd/stats.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/fdio.h"
#include "base/parse.h"
#include "cmd/stats_columns.h"

#define FIRST_MS 200 /* between the two looks of a table that is printed once */
#define WATCH_MS 1000
#define LEAST_MS 50

int interval_option(const struct args *a, int preset, int *ms, struct err *e)
{
	const char *v = cmd_option(a, "interval"), *why = "";
	uint64_t ns;

	*ms = preset;
	if (!v)
		return 0;
	if (parse_duration(v, &ns, &why) < 0 || ns / 1000000 > 3600 * 1000 ||
	    (ns && ns / 1000000 < LEAST_MS))
		return cmd_usage(a, e, "--interval '%s': expected 0, or from %dms to 1h",
				 v, LEAST_MS);
	*ms = (int)(ns / 1000000);
	return 0;
}

int stats_open(struct stats *s, const struct args *a, struct err *e)
{
	bool watch = cmd_option(a, "watch") || !strcmp(a->cmd->name, "top");
	int r;

	*s = (struct stats){ .a = a, .order = ORDER_CPU };
	r = listing_open(&s->listing, a, stats_columns, "stats", e);
	if (!r)
		r = interval_option(a, watch ? WATCH_MS : FIRST_MS, &s->every_ms, e);
	if (!r && watch && !s->every_ms)
		s->every_ms = LEAST_MS;
	if (!r && a->word_count)
		r = boxes_named(&s->named, a->words, a->word_count, e);
	return r;
}

void stats_release(struct stats *s)
{
	boxes_release(&s->named);
	samples_release(&s->now);
}

static bool is_named(const struct stats *s, const struct record *rec)
{
	for (size_t i = 0; i < s->named.count; i++)
		if (!strcmp(s->named.v[i].rec.id, rec->id))
			return true;
	return !s->a->word_count;
}

/* Those that the person named, as long as they live */
static int find_boxes(const struct stats *s, struct boxes *out, struct err *e)
{
	size_t kept = 0;

	if (boxes_all(out, e) < 0)
		return -1;
	for (size_t i = 0; i < out->count; i++) {
		if (is_named(s, &out->v[i].rec))
			out->v[kept++] = out->v[i];
		else
			free(out->v[i].plan);
	}
	out->count = kept;
	return 0;
}

/* Take the next sample. Return: 0; 1 = none of the named boxes is left; -1 and @e */
static int stats_look(void *stats, struct err *e)
{
	struct stats *s = stats;
	struct samples before = s->now;
	struct boxes b;
	int r;

	if (find_boxes(s, &b, e) < 0)
		return -1;
	r = samples_take(&b, &s->now, e);
	if (!r)
		samples_rates(&s->now, before.v ? &before : NULL);
	samples_release(&before);
	return r < 0 ? -1 : s->a->word_count && !s->now.count;
}

static int render(struct stats *s, struct text *out, struct err *e)
{
	auto_free const void **rows = calloc(s->now.count + 1, sizeof(*rows));

	if (!rows)
		return err_set(e, "out of memory");
	for (size_t i = 0; i < s->now.count; i++)
		rows[i] = &s->now.v[i];
	stats_sort(rows, s->now.count, s->order, s->reverse);
	return listing_text(&s->listing, rows, s->now.count, out, e);
}

static int print_once(struct stats *s, struct err *e)
{
	auto_text out = { 0 };

	if (render(s, &out, e) < 0)
		return -1;
	return cmd_print(&out, e);
}

int stats_print(struct stats *s, struct err *e)
{
	int r = stats_look(s, e);

	if (!r && s->every_ms) {
		poll(NULL, 0, s->every_ms);
		r = stats_look(s, e);
	}
	return r < 0 ? -1 : print_once(s, e);
}

/* Tables one behind the other, or JSON lines, until the boxes that were named are gone */
static int print_again(struct stats *s, struct err *e)
{
	int r = stats_look(s, e);

	for (bool first = true; !r; first = false) {
		poll(NULL, 0, s->every_ms);
		r = stats_look(s, e);
		if (!r && !first && !s->listing.json)
			r = fd_write_all(1, "\n", 1) < 0
				    ? err_sys(e, "cannot write to standard output")
				    : 0;
		if (!r)
			r = print_once(s, e);
	}
	return r < 0 ? -1 : 0;
}

void screen_head(struct text *out, struct screen_size size, const char *what,
		 const char *sorted)
{
	char hour[16] = "";
	time_t now = time(NULL);
	struct tm tm;
	size_t start = out->len;

	if (localtime_r(&now, &tm))
		strftime(hour, sizeof(hour), "%H:%M:%S", &tm);
	text_addf(out, "\033[7m %s   sorted by %s", what, sorted);
	/* "\033[7m" takes no column */
	while (out->len - start + strlen(hour) + 1 < size.columns + 4)
		text_addc(out, ' ');
	text_addf(out, "%s \033[m\n", hour);
}

static int draw(void *stats, struct screen_size size, struct text *out, struct err *e)
{
	struct stats *s = stats;
	char what[64];

	snprintf(what, sizeof(what), "nook: %zu box%s", s->now.count,
		 s->now.count == 1 ? "" : "es");
	screen_head(out, size, what, stats_order_name(s->order));
	text_add(out, "\033[2m " ORDER_KEYS "\033[m\n");
	s->listing.width = size.columns;
	return render(s, out, e);
}

static void on_key(void *stats, int key)
{
	struct stats *s = stats;
	size_t order = s->order;

	if (key == 'r')
		s->reverse = !s->reverse;
	else if (key == KEY_LEFT || key == '<')
		s->order = (s->order + ORDER_COUNT - 1) % ORDER_COUNT;
	else if (key == KEY_RIGHT || key == '>')
		s->order = (s->order + 1) % ORDER_COUNT;
	else
		s->order = stats_order_of(key, s->order);
	if (s->order != order)
		s->reverse = false;
}

int stats_screen(struct stats *s, struct err *e)
{
	const struct show show = {
		.every_ms = s->every_ms, .look = stats_look, .draw = draw, .key = on_key
	};

	return screen_run(&show, s, e);
}

static int stats_run(const struct args *a, struct err *e)
{
	struct stats s;
	int r = stats_open(&s, a, e);

	if (r < 0) {
		stats_release(&s);
		return r;
	}
	if (!cmd_option(a, "watch"))
		r = stats_print(&s, e);
	else if (!s.listing.json && screen_can())
		r = stats_screen(&s, e);
	else
		r = print_again(&s, e);
	stats_release(&s);
	return r;
}

static const struct opt stats_options[] = {
	{ .letter = 'w',
	  .name = "watch",
	  .help = "again and again: on a terminal the whole screen, q leaves it" },
	{ .letter = 'i',
	  .name = "interval",
	  .arg = "TIME",
	  .help = "what rates are over, and how often --watch looks: 1s; 0 = since the "
		  "start" },
	LISTING_OPTIONS(STATS_COLUMNS),
	{ 0 },
};

const struct cmd cmd_stats = {
	.name = "stats",
	.summary = "show what running boxes use: CPU, memory, processes, I/O",
	.usage = "[OPTION...] [BOX...]",
	.help = "BOX is a name, an id or the beginning of one; without one it is all of "
		"them. CPU% is of one CPU, and with READ/S and WRITE/S it is over the "
		"interval (200ms, with --watch 1s). PIDS counts threads and nook's init. "
		"PSI columns are the share of the last 10 seconds in which something in "
		"the box had to wait, where the kernel has it.\n\n"
		"A box that was run without a limit of memory, CPUs or processes has no "
		"cgroup of its own: CPU, memory and processes are then the sums over its "
		"processes (marked ~), and the rest is unknown (-, null).\n\n"
		"Columns for -o, besides the usual ones: STATUS TIME USER SYSTEM "
		"THROTTLED PEAK SWAP OOM PIDSPEAK PIDSMAX REFUSED READ WRITE METERED "
		"PROFILE, and RX and TX: bytes through its link.\n",
	.options = stats_options,
	.complete = COMPLETE_BOX,
	FULL_ONLY(stats_run),
};

// SPDX-License-Identifier: GPL-3.0-or-later
/* progress.c - when what is shown of a batch: a line drawn anew, or plain lines
 *
 * On a terminal there is one line, drawn at most ten times a second and taken away before
 * anything else is printed. Elsewhere a line is printed for what failed, and one every
 * ten seconds. stderr is never made non-blocking, since others share it: what it does not
 * take at once (^S, a pipe that nobody reads) is left out, but for the last line.
 */
#include "job/progress.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fdio.h"
#include "base/table.h"
#include "base/text.h"

#define SECOND	    1000000000u
#define DRAW_EVERY  (SECOND / 10)
#define LINE_EVERY  (10ull * SECOND)
#define RATE_WINDOW 10 /* samples, a second apart */
#define FAILS_MOST  20 /* lines about single jobs: the journal has all */

struct sample {
	uint64_t when;
	size_t done;
};

/**
 * struct progress - What is on the screen, and what will be
 * @slot:	Id of the job that runs in it, or NULL; @slots of them
 * @drawn:	Columns of the line that stands there, 0 = none
 * @changed:	Something happened since
 * @due:	When the next line may be drawn
 * @fails:	Lines about failed jobs so far
 */
struct progress {
	bool quiet, terminal, blocks;
	char **slot;
	size_t slots;
	size_t drawn;
	bool changed;
	uint64_t due;
	int fails;
	struct sample sample[RATE_WINDOW];
	size_t samples;
};

struct progress *progress_open(bool quiet)
{
	const char *term = getenv("TERM");
	struct progress *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->quiet = quiet;
	p->terminal = isatty(STDERR_FILENO) && term && strcmp(term, "dumb") != 0;
	p->blocks = p->terminal && table_has_blocks();
	return p;
}

/* --- what goes out ----------------------------------------------------------------- */

static size_t columns(void)
{
	struct winsize size;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) < 0 || !size.ws_col)
		return 80;
	return size.ws_col;
}

/* Whole or not at all: where there is room a pipe takes 4096 bytes and a terminal a
 * line */
static bool put(const struct text *t)
{
	struct pollfd p = { .fd = STDERR_FILENO, .events = POLLOUT };

	if (t->failed || t->len > 4096 || poll(&p, 1, 0) != 1 || !(p.revents & POLLOUT))
		return false;
	return fd_write_all(STDERR_FILENO, text_str(t), t->len) == 0;
}

/* To where the line began; on a terminal that became narrower it takes several */
static void add_clear(const struct progress *p, struct text *out)
{
	if (!p->drawn)
		return;
	for (size_t rows = (p->drawn - 1) / columns(); rows; rows--)
		text_add(out, "\033[A");
	text_add(out, "\r\033[J");
}

static void print_line(struct progress *p, const char *line)
{
	auto_text out = { 0 };

	add_clear(p, &out);
	text_add(&out, "nook: batch: ");
	text_safe(&out, line);
	text_addc(&out, '\n');
	if (put(&out)) {
		p->drawn = 0;
		p->changed = true;
	}
}

/* --- what happens ------------------------------------------------------------------ */

static char **slot_of(struct progress *p, int slot)
{
	size_t i = (size_t)slot;
	char **v;

	if (slot < 0)
		return NULL;
	if (i >= p->slots) {
		v = realloc(p->slot, (i + 1) * sizeof(*v));
		if (!v)
			return NULL;
		p->slot = v;
		while (p->slots <= i)
			v[p->slots++] = NULL;
	}
	return &p->slot[i];
}

void progress_start(struct progress *p, const struct job *j, int slot)
{
	char **s = p && p->terminal && !p->quiet ? slot_of(p, slot) : NULL;

	if (!s)
		return;
	free(*s);
	*s = strdup(j->id);
	p->changed = true;
}

static void say_failure(struct progress *p, const struct job *j, const struct result *r)
{
	auto_text line = { 0 };

	if (++p->fails > FAILS_MOST) {
		if (p->fails == FAILS_MOST + 1)
			print_line(p, "more jobs failed: the journal has all of them");
		return;
	}
	text_addf(&line, "job '%s': ", j->id);
	if (r->cause == CAUSE_EXITED)
		text_addf(&line, "exit code %d", r->exit_code);
	else if (r->message[0])
		text_add(&line, r->message);
	else
		text_add(&line, cause_name(r->cause));
	print_line(p, text_str(&line));
}

void progress_end(struct progress *p, const struct job *j, int slot,
		  const struct result *r, bool final)
{
	if (!p || p->quiet)
		return;
	if (slot >= 0 && (size_t)slot < p->slots) {
		free(p->slot[slot]);
		p->slot[slot] = NULL;
	}
	p->changed = true;
	if (final && (r->cause != CAUSE_EXITED || r->exit_code))
		say_failure(p, j, r);
}

void progress_say(struct progress *p, const char *line)
{
	if (p && !p->quiet)
		print_line(p, line);
}

/* --- again and again --------------------------------------------------------------- */

/* Jobs a second in the last ten: a second that is over is a sample */
static double rate_now(struct progress *p, const struct tally *t, uint64_t now)
{
	size_t done = t->done - t->before;
	struct sample *first = &p->sample[0];

	if (!p->samples)
		p->sample[p->samples++] = (struct sample){ t->began, 0 };
	if (now - p->sample[p->samples - 1].when >= SECOND) {
		if (p->samples == RATE_WINDOW)
			memmove(first, first + 1, --p->samples * sizeof(*first));
		p->sample[p->samples++] = (struct sample){ now, done };
	}
	if (now - first->when < SECOND / 2)
		return -1;
	return (double)(done - first->done) * 1e9 / (double)(now - first->when);
}

static void draw(struct progress *p, const struct tally *t, uint64_t now)
{
	struct progress_view v = { .elapsed = now - t->began,
				   .rate = rate_now(p, t, now),
				   .running = (const char *const *)p->slot,
				   .running_count = p->slots,
				   .bar = true,
				   .blocks = p->blocks };
	auto_text out = { 0 }, line = { 0 };
	size_t width = 0;

	/* the last column would make some terminals begin a new line */
	progress_line(t, &v, columns() - 1, &line);
	for (const char *s = text_str(&line); *s; s++)
		width += (*s & 0xc0) != 0x80;
	add_clear(p, &out);
	text_addn(&out, text_str(&line), line.len);
	if (put(&out))
		p->drawn = width;
}

static void print_state(struct progress *p, const struct tally *t, uint64_t now)
{
	struct progress_view v = { .elapsed = now - t->began,
				   .rate = rate_now(p, t, now) };
	auto_text line = { 0 };

	progress_line(t, &v, 200, &line);
	print_line(p, text_str(&line));
}

uint64_t progress_tick(struct progress *p, const struct tally *t, uint64_t now)
{
	if (!p || p->quiet)
		return UINT64_MAX;
	if (!p->due)
		p->due = p->terminal ? now : t->began + LINE_EVERY;
	if (now >= p->due) {
		if (p->terminal)
			draw(p, t, now);
		else
			print_state(p, t, now);
		p->changed = false;
		p->due = now + (p->terminal ? DRAW_EVERY : LINE_EVERY);
	}
	/* times go on where nothing else does */
	return p->terminal && !p->changed ? p->due + SECOND - DRAW_EVERY : p->due;
}

void progress_close(struct progress *p, const struct tally *t)
{
	auto_text out = { 0 };

	if (!p)
		return;
	if (!p->quiet) {
		add_clear(p, &out);
		if (t) {
			text_add(&out, "nook: batch: ");
			progress_summary(t, clock_ns(CLOCK_MONOTONIC) - t->began, &out);
			text_addc(&out, '\n');
		}
		fd_write_all(STDERR_FILENO, text_str(&out), out.len);
	}
	for (size_t i = 0; i < p->slots; i++)
		free(p->slot[i]);
	free(p->slot);
	free(p);
}

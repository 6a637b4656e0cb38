// SPDX-License-Identifier: GPL-3.0-or-later
/* words.c - a line of the console into words; words.h has the rules */
#include "console/words.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

/** struct reader - Where words_next() is */
struct reader {
	const char *p;
	struct words *out;
	bool open; /* a word has begun */
	bool more; /* the text ended too early */
	struct err *e;
};

static void add_byte(struct reader *r, char c)
{
	text_addc(&r->out->bytes, c);
	r->open = true;
}

static void end_word(struct reader *r)
{
	if (!r->open)
		return;
	text_addc(&r->out->bytes, '\0');
	r->out->count++;
	r->open = false;
}

static void newline(struct reader *r)
{
	r->out->lines++;
}

/* Behind a backslash; at the end of a line it joins the next one */
static void read_escaped(struct reader *r, bool quoted)
{
	r->p++;
	if (!*r->p) {
		r->more = true;
		return;
	}
	if (*r->p == '\n') {
		newline(r);
		r->p++;
		return;
	}
	if (quoted && !strchr("\"\\$`", *r->p))
		add_byte(r, '\\');
	add_byte(r, *r->p++);
}

static void read_quoted(struct reader *r)
{
	char quote = *r->p++;

	r->open = true;
	while (*r->p && *r->p != quote) {
		if (*r->p == '\n')
			newline(r);
		if (quote == '"' && *r->p == '\\')
			read_escaped(r, true);
		else
			add_byte(r, *r->p++);
	}
	if (*r->p)
		r->p++;
	else
		r->more = true;
}

static int refuse(struct reader *r)
{
	err_set(r->e, "'%c' means nothing here", *r->p);
	return err_hint(
		r->e, "quote it; for pipes and the like: run sh -c 'COMMAND | COMMAND'");
}

/* Up to the end of the command. Return: 0, -1 and @e */
static int read_command(struct reader *r)
{
	while (*r->p && *r->p != '\n' && *r->p != ';') {
		if (*r->p == ' ' || *r->p == '\t' || *r->p == '\r') {
			end_word(r);
			r->p++;
		} else if (*r->p == '#' && !r->open) {
			r->p += strcspn(r->p, "\n");
		} else if (*r->p == '\'' || *r->p == '"') {
			read_quoted(r);
		} else if (*r->p == '\\') {
			read_escaped(r, false);
		} else if (*r->p == '&' && r->p[1] != '&' &&
			   (r->open || r->out->count)) {
			r->out->background = true;
			r->p++;
			break;
		} else if (strchr("|&<>()$`", *r->p)) {
			return refuse(r);
		} else {
			add_byte(r, *r->p++);
		}
	}
	end_word(r);
	return 0;
}

/* Pointers to the words, which lie one behind the other */
static int point(struct words *w, struct err *e)
{
	char *p = w->bytes.s;

	w->v = calloc(w->count + 1, sizeof(*w->v));
	if (!w->v || w->bytes.failed)
		return err_set(e, "out of memory");
	for (size_t i = 0; i < w->count; i++, p += strlen(p) + 1)
		w->v[i] = p;
	return 1;
}

/* What stands between commands */
static void skip(struct reader *r)
{
	for (;; r->p++) {
		if (*r->p == '#')
			r->p += strcspn(r->p, "\n");
		if (*r->p == '\n')
			newline(r);
		else if (!*r->p || !strchr(" \t\r;", *r->p))
			return;
	}
}

int words_next(const char **at, struct words *out, struct err *e)
{
	struct reader r = { .p = *at, .out = out, .e = e };
	int rc;

	words_release(out);
	skip(&r);
	out->lines_before = out->lines;
	if (*r.p == '!') {
		r.p++;
		text_addn(&out->bytes, "run", sizeof("run"));
		out->count = 1;
	}
	rc = read_command(&r);
	*at = r.p;
	if (rc < 0)
		return -1;
	if (r.more)
		return 2;
	return out->count ? point(out, e) : 0;
}

void words_release(struct words *w)
{
	free(w->v);
	text_release(&w->bytes);
	*w = (struct words){ 0 };
}

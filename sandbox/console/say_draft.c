// SPDX-License-Identifier: GPL-3.0-or-later
/* say_draft.c - the words that change a draft
 *
 * Each is looked at before it counts: a box is made from the draft with it, and only
 * where that came to be is the word said. So a draft is always one that can be had here.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/names.h"
#include "base/parse.h"
#include "base/text.h"
#include "box/store.h"
#include "cmd/change.h"
#include "console/files.h"
#include "console/say.h"
#include "console/sayings.h"
#include "console/stack.h"
#include "host/host.h"

#define COUNT_MOST 1000

int saying_needs_draft(const struct console *c, struct err *e)
{
	if (c->draft)
		return 0;
	err_set(e, "there is no draft");
	return err_hint(e, "new NAME begins one");
}

/* How many words there are, the first one too */
static size_t saying_count(char **argv)
{
	size_t n = 0;

	while (argv[n])
		n++;
	return n;
}

int saying_usage(char **argv, size_t least, size_t most, struct err *e)
{
	const struct word *w = word_find(argv[0]);
	size_t n = saying_count(argv) - 1;

	if (n >= least && n <= most)
		return 0;
	err_set(e, "usage: %s%s%s", w->name, *w->usage ? " " : "", w->usage);
	err_hint(e, "help %s", w->name);
	return -2;
}

int saying_begin(const struct console *c, char **argv, size_t least, size_t most,
		 struct err *e)
{
	int r = saying_usage(argv, least, most, e);

	return r < 0 ? r : saying_needs_draft(c, e);
}

/* --- one more word ----------------------------------------------------------------- */

static void take_facts(struct draft *d, const struct facts *now, bool quiet)
{
	auto_text out = { 0 };

	if (!quiet && d->seen && !facts_changes(now, &d->facts, &out))
		text_add(&out, "  nothing that the kernel tells of\n");
	d->facts = *now;
	d->seen = true;
	cmd_print(&out, NULL);
}

static void note_files(const struct draft *d, const struct profile *pf)
{
	auto_text out = { 0 };

	if (!files_are_old(d, pf))
		return;
	text_add(&out, "  user or root is another: the next command begins without the "
		       "files of those before, 'undo' has them back\n");
	cmd_print(&out, NULL);
}

/* What `add net veth lab` sets is one word of update: "network=lab". Return: whether that
 * is all of it */
static bool network_word(const struct step *s, struct text *out)
{
	const char *to = NULL;

	for (size_t i = 0; i < s->count; i++) {
		const char *key = s->edit[i].key, *value = s->edit[i].value;

		if (!strcmp(key, "network.name"))
			to = value;
		else if (strcmp(key, "network.mode") != 0 ||
			 (strcmp(value, "none") != 0 && strcmp(value, "veth") != 0))
			return false;
		else if (!to)
			to = *value == 'n' ? value : "default";
	}
	if (!to)
		return false;
	/* a name may stand in quotes, and has nothing in it that needs them */
	text_addf(out, " network=%.*s", (int)strcspn(to + (*to == '"'), "\""),
		  to + (*to == '"'));
	return true;
}

/* `update web limits.memory=64M`. Return: when that can be said */
static enum update_when update_words(const struct draft *d, const struct step *s,
				     struct text *out)
{
	enum update_when when = s->count ? UPDATE_LIVE : UPDATE_NEVER;

	text_addf(out, "update %s", d->name);
	if (network_word(s, out))
		return UPDATE_LIVE;
	for (size_t i = 0; i < s->count; i++) {
		enum update_when one = update_when(s->edit[i].key, s->edit[i].value);
		auto_text pair = { 0 };

		text_addf(&pair, "%s=%s", s->edit[i].key, s->edit[i].value);
		text_addc(out, ' ');
		text_shell(out, text_str(&pair));
		when = one < when ? one : when;
	}
	return when;
}

/* The box that was made of the draft is as it was, and somebody may think otherwise. @s:
 * the word, NULL = words were taken back, or said again */
static void note_box(const struct draft *d, const struct step *s)
{
	auto_free struct plan *plan = NULL;
	auto_text out = { 0 }, words = { 0 };
	enum update_when when;
	struct record rec;

	plan = d->started ? store_find(d->name, &rec, NULL) : NULL;
	if (!plan)
		return;
	when = s ? update_words(d, s, &words) : UPDATE_NEVER;
	text_addf(&out, "  the box %s runs on as it was started: ", d->name);
	if (when == UPDATE_LIVE)
		text_addf(&out, "%s\n", text_str(&words));
	else if (when == UPDATE_AT_REST)
		text_addf(&out, "stop %s; %s; start %s\n", d->name, text_str(&words),
			  d->name);
	else
		text_addf(&out, "rm -f %s; start\n", d->name);
	cmd_print(&out, NULL);
}

/* Look at what the draft would be, then let the word count. @s is released */
static int change(struct console *c, char **argv, struct step *s, struct err *e)
{
	struct profile *pf = NULL;
	struct facts facts;
	auto_text words = { 0 };
	int r;

	for (size_t i = 0; argv[i]; i++) {
		text_add(&words, i ? " " : "");
		text_shell(&words, argv[i]);
	}
	s->words = text_take(&words);
	r = s->words ? 0 : err_set(e, "out of memory");
	if (!r)
		r = draft_profile(c->draft, s, NULL, &pf, e);
	if (!r)
		r = sketch_look(c, pf, &facts, e);
	if (!r)
		r = draft_push(c->draft, s, e);
	if (!r)
		take_facts(c->draft, &facts, false);
	if (!r)
		note_files(c->draft, pf);
	if (!r)
		note_box(c->draft, &c->draft->step[c->draft->used - 1]);
	profile_free(pf);
	step_release(s);
	return r;
}

/* Look again at a draft that has become another one by other means */
static int look_again(struct console *c, bool quiet, struct err *e)
{
	struct profile *pf = NULL;
	struct facts facts;
	int r = draft_profile(c->draft, NULL, NULL, &pf, e);

	if (!r)
		r = sketch_look(c, pf, &facts, e);
	if (!r)
		take_facts(c->draft, &facts, quiet);
	if (!r)
		note_files(c->draft, pf);
	if (!r)
		note_box(c->draft, NULL);
	profile_free(pf);
	return r;
}

/* --- layers ------------------------------------------------------------------------ */

static int stack(struct console *c, char **argv, bool is_add, struct err *e)
{
	struct profile *pf = NULL;
	struct step s = { 0 };
	struct host *h;
	int r = saying_begin(c, argv, 1, COUNT_MOST, e);

	if (r < 0)
		return r;
	if (draft_profile(c->draft, NULL, NULL, &pf, e) < 0)
		return -1;
	h = host_new();
	if (!h)
		r = err_set(e, "out of memory");
	else if (is_add)
		r = stack_add(pf, host_is_root(h), argv + 1, &s, e);
	else
		r = stack_drop(pf, argv + 1, &s, e);
	host_free(h);
	profile_free(pf);
	if (!r)
		return change(c, argv, &s, e);
	step_release(&s);
	return r;
}

int say_add(struct console *c, char **argv, struct err *e)
{
	return stack(c, argv, true, e);
}

int say_drop(struct console *c, char **argv, struct err *e)
{
	return stack(c, argv, false, e);
}

/* --- keys -------------------------------------------------------------------------- */

static int set_key(struct console *c, char **argv, const char *key, const char *value,
		   struct err *e)
{
	struct step s = { 0 };

	if (step_set(&s, key, value, e) < 0) {
		step_release(&s);
		return -1;
	}
	return change(c, argv, &s, e);
}

/* KEY VALUE..., or KEY=VALUE... as with --set */
int say_set(struct console *c, char **argv, struct err *e)
{
	auto_text key = { 0 }, value = { 0 }, limit = { 0 };
	char *equals;
	int r = saying_begin(c, argv, 1, COUNT_MOST, e);

	if (r < 0)
		return r;
	equals = strchr(argv[1], '=');
	if (!equals && !argv[2])
		return saying_usage(argv, 2, 2, e);
	text_addn(&key, argv[1], equals ? (size_t)(equals - argv[1]) : strlen(argv[1]));
	text_add(&value, equals ? equals + 1 : "");
	for (size_t i = 2; argv[i]; i++)
		text_addf(&value, "%s%s", i > 2 || equals ? " " : "", argv[i]);
	text_addf(&limit, "limits.%s", text_str(&key));
	if (field_find(text_str(&key)) < 0 && field_find(text_str(&limit)) >= 0) {
		err_set(e, "unknown key '%s'", text_str(&key));
		err_hint(e, "limit %s %s", text_str(&key), text_str(&value));
		return -2;
	}
	return set_key(c, argv, text_str(&key), text_str(&value), e);
}

int say_unset(struct console *c, char **argv, struct err *e)
{
	struct step s = { 0 };
	int r = saying_begin(c, argv, 1, EDIT_MOST, e);

	if (r < 0)
		return r;
	for (size_t i = 1; argv[i]; i++)
		if (step_set(&s, argv[i], "null", e) < 0) {
			step_release(&s);
			return -1;
		}
	return change(c, argv, &s, e);
}

static const char *next_limit(size_t i, const void *arg)
{
	(void)arg;
	return saying_limit(i);
}

const char *saying_limit(size_t i)
{
	for (int f = 0; f < FIELD_COUNT; f++) {
		const char *name = field_name((enum field)f);

		if (!strncmp(name, "limits.", 7) && i-- == 0)
			return name + 7;
	}
	return NULL;
}

int say_limit(struct console *c, char **argv, struct err *e)
{
	auto_text key = { 0 };
	const char *near;
	int r = saying_begin(c, argv, 2, 2, e);

	if (r < 0)
		return r;
	text_addf(&key, "limits.%s", argv[1]);
	if (field_find(text_str(&key)) < 0) {
		near = name_near(argv[1], next_limit, NULL);
		for (size_t i = 0; !near && saying_limit(i); i++)
			if (!strncmp(saying_limit(i), argv[1], strlen(argv[1])))
				near = saying_limit(i);
		if (near)
			err_set(e, "no limit '%s', did you mean '%s'", argv[1], near);
		else
			err_set(e, "no limit '%s'", argv[1]);
		return -2;
	}
	return set_key(c, argv, text_str(&key),
		       strcmp(argv[2], "none") ? argv[2] : "null", e);
}

/* --- back and forth ---------------------------------------------------------------- */

static int count_of(const struct console *c, char **argv, size_t *n, struct err *e)
{
	uint64_t count = 1;
	int r = saying_usage(argv, 0, 1, e);

	if (r < 0)
		return r;
	if (argv[1] && parse_number_in(argv[1], 1, COUNT_MOST, &count) < 0) {
		err_set(e, "'%s': expected a count of words", argv[1]);
		return -2;
	}
	*n = (size_t)count;
	return saying_needs_draft(c, e);
}

int say_undo(struct console *c, char **argv, struct err *e)
{
	size_t n;
	int r = count_of(c, argv, &n, e);

	if (r < 0)
		return r;
	if (n > c->draft->used)
		return err_set(e,
			       c->draft->used ? "there is no more to take back than %zu"
					      : "there is nothing to take back",
			       c->draft->used);
	c->draft->used -= n;
	return look_again(c, false, e);
}

int say_redo(struct console *c, char **argv, struct err *e)
{
	size_t n, left;
	int r = count_of(c, argv, &n, e);

	if (r < 0)
		return r;
	left = c->draft->count - c->draft->used;
	if (n > left)
		return err_set(e,
			       left ? "no more was taken back than %zu"
				    : "nothing was taken back",
			       left);
	c->draft->used += n;
	return look_again(c, false, e);
}

/* --- files ------------------------------------------------------------------------- */

/* With a box in front of the tag it is the command */
int say_snapshot(struct console *c, char **argv, struct err *e)
{
	if (argv[1] && argv[2])
		return job_exec(c, argv, e);
	if (saying_needs_draft(c, e) < 0)
		return -1;
	return files_snapshot(c, argv[1], e) < 0 ? -1 : 0;
}

int say_rollback(struct console *c, char **argv, struct err *e)
{
	if (argv[1] && argv[2])
		return job_exec(c, argv, e);
	if (saying_needs_draft(c, e) < 0)
		return -1;
	return files_rollback(c, argv[1], e) < 0 ? -1 : 0;
}

/* Paths begin with a slash, and a box does not */
int say_diff(struct console *c, char **argv, struct err *e)
{
	if (argv[1] && *argv[1] != '/')
		return job_exec(c, argv, e);
	if (saying_needs_draft(c, e) < 0)
		return -1;
	return files_diff(c->draft, argv + 1, saying_count(argv) - 1, e);
}

/* --- drafts ------------------------------------------------------------------------ */

static int check_name(const struct console *c, const char *name, struct err *e)
{
	const char *why;

	if (parse_name(name, &why)) {
		err_set(e, "no draft can be called '%s': %s", name, why);
		return -2;
	}
	if (!console_draft(c, name))
		return 0;
	err_set(e, "there is a draft '%s' already", name);
	return err_hint(e, "switch %s", name);
}

/* Takes @d over; it is the one at hand where a box can be made from it */
static int begin(struct console *c, struct draft *d, struct err *e)
{
	struct draft *old = c->draft;

	if (!d)
		return err_set(e, "out of memory");
	c->draft = d;
	if (look_again(c, true, e) < 0) {
		c->draft = old;
		draft_free(d);
		return -1;
	}
	d->next = c->drafts;
	c->drafts = d;
	return 0;
}

int say_new(struct console *c, char **argv, struct err *e)
{
	size_t n = saying_count(argv);
	int r;

	if (n != 2 && (n != 4 || strcmp(argv[2], "from") != 0))
		return saying_usage(argv, 9, 0, e);
	r = check_name(c, argv[1], e);
	if (r < 0)
		return r;
	return begin(c, draft_new(argv[1], n == 4 ? argv[3] : NULL), e);
}

/* "web" of "./web.yaml" */
static void draft_name(const char *profile, char *out, size_t size)
{
	const char *base = strrchr(profile, '/');

	snprintf(out, size, "%s", base ? base + 1 : profile);
	if (strlen(out) > 5 && !strcmp(out + strlen(out) - 5, ".yaml"))
		out[strlen(out) - 5] = '\0';
}

int say_load(struct console *c, char **argv, struct err *e)
{
	char name[256];
	int r = saying_usage(argv, 1, 2, e);

	if (r < 0)
		return r;
	draft_name(argv[2] ? argv[2] : argv[1], name, sizeof(name));
	r = check_name(c, name, e);
	if (r < 0)
		return r;
	return begin(c, draft_new(name, argv[1]), e);
}

int say_branch(struct console *c, char **argv, struct err *e)
{
	struct draft *d;
	int r = saying_begin(c, argv, 1, 1, e);

	if (!r)
		r = check_name(c, argv[1], e);
	if (r < 0)
		return r;
	d = draft_copy(c->draft, argv[1]);
	if (!d)
		return err_set(e, "out of memory");
	if (files_copy(c, d, e) < 0) {
		draft_free(d);
		return -1;
	}
	d->next = c->drafts;
	c->drafts = c->draft = d;
	return 0;
}

int say_switch(struct console *c, char **argv, struct err *e)
{
	struct draft *d;
	int r = saying_usage(argv, 1, 1, e);

	if (r < 0)
		return r;
	d = saying_draft(c, argv[1], e);
	if (!d)
		return -1;
	c->draft = d;
	return 0;
}

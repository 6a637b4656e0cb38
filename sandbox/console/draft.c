// SPDX-License-Identifier: GPL-3.0-or-later
/* draft.c - steps, and the profile that they amount to */
#include "console/draft.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/capname.h"
#include "base/err.h"
#include "base/text.h"
#include "box/look.h"
#include "host/host.h"

/* A process without walls, in the words of a profile */
static const struct option_wish plain[] = {
	{ .option = NATURAL, .key = "namespaces", .value = "[]" },
	{ .option = NATURAL, .key = "root.from", .value = "host" },
	{ .option = NATURAL, .key = "root.changes", .value = "through" },
	{ .option = NATURAL, .key = "user.map", .value = "none" },
	{ .option = NATURAL, .key = "network.mode", .value = "host" },
	{ .option = NATURAL, .key = "seccomp", .value = "off" },
};
#define PLAIN (sizeof(plain) / sizeof(plain[0]))
#define EXTRA 3 /* what depends on the rest: capabilities, privileges; the command */

void step_release(struct step *s)
{
	for (size_t i = 0; i < s->count; i++)
		free(s->edit[i].value), free(s->edit[i].key);
	free(s->words);
	*s = (struct step){ 0 };
}

int step_set(struct step *s, const char *key, const char *value, struct err *e)
{
	struct edit one;

	if (s->count == EDIT_MOST)
		return err_set(e, "too many words at once");
	one = (struct edit){ strdup(key), strdup(value) };
	s->edit[s->count++] = one;
	return one.key && one.value ? 0 : err_set(e, "out of memory");
}

static int step_copy(const struct step *s, struct step *out)
{
	*out = (struct step){ .words = strdup(s->words) };
	if (!out->words)
		return -1;
	for (size_t i = 0; i < s->count; i++)
		if (step_set(out, s->edit[i].key, s->edit[i].value, NULL) < 0)
			return -1;
	return 0;
}

struct draft *draft_new(const char *name, const char *from)
{
	struct draft *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	snprintf(d->name, sizeof(d->name), "%s", name);
	d->from = from ? strdup(from) : NULL;
	if (from && !d->from) {
		draft_free(d);
		return NULL;
	}
	return d;
}

struct draft *draft_copy(const struct draft *d, const char *name)
{
	struct draft *copy = draft_new(name, d->from);

	if (!copy)
		return NULL;
	copy->step = calloc(d->used + 1, sizeof(*copy->step));
	copy->facts = d->facts;
	copy->seen = d->seen;
	while (copy->step && copy->used < d->used) {
		copy->count = ++copy->used;
		if (!step_copy(&d->step[copy->used - 1], &copy->step[copy->used - 1]))
			continue;
		draft_free(copy);
		return NULL;
	}
	return copy;
}

static void forget(struct draft *d, size_t from)
{
	while (d->count > from)
		step_release(&d->step[--d->count]);
}

void draft_free(struct draft *d)
{
	if (!d)
		return;
	forget(d, 0);
	free(d->step);
	free(d->from);
	free(d);
}

int draft_push(struct draft *d, struct step *s, struct err *e)
{
	struct step *more;

	forget(d, d->used);
	more = realloc(d->step, (d->count + 1) * sizeof(*more));
	if (!more) {
		step_release(s);
		return err_set(e, "out of memory");
	}
	d->step = more;
	d->step[d->count++] = *s;
	d->used = d->count;
	*s = (struct step){ 0 };
	return 0;
}

/* --- the profile ------------------------------------------------------------------- */

/** struct wishes - What is laid over the profile, in order */
struct wishes {
	struct option_wish *v;
	size_t count;
};

static void add(struct wishes *w, const char *option, const char *key, const char *value)
{
	w->v[w->count++] =
		(struct option_wish){ .option = option, .key = key, .value = value };
}

static void add_step(struct wishes *w, const struct step *s)
{
	for (size_t i = 0; i < s->count; i++)
		add(w, s->words, s->edit[i].key, s->edit[i].value);
}

/* The first @used steps, and one more, over what the draft began with */
static int fill(const struct draft *d, const struct step *more, struct wishes *w,
		struct err *e)
{
	size_t most = PLAIN + EXTRA + (more ? more->count : 0);

	for (size_t i = 0; i < d->used; i++)
		most += d->step[i].count;
	*w = (struct wishes){ .v = calloc(most, sizeof(*w->v)) };
	if (!w->v)
		return err_set(e, "out of memory");
	for (size_t i = 0; !d->from && i < PLAIN; i++)
		w->v[w->count++] = plain[i];
	for (size_t i = 0; i < d->used; i++)
		add_step(w, &d->step[i]);
	if (more)
		add_step(w, more);
	return 0;
}

/* Every capability that a process without walls has: in a user namespace of its own all
 * of them, else the caller's */
static void all_caps(bool own, struct text *out)
{
	struct look me = { 0 };
	const char *gap = "[";

	look_rights(&me);
	for (const struct name *c = capability_names; c->name; c++) {
		if (!own && !(me.caps >> c->value & 1))
			continue;
		text_addf(out, "%sCAP_", gap);
		for (const char *p = c->name; *p; p++)
			text_addc(out, *p >= 'a' && *p <= 'z' ? (char)(*p - 32) : *p);
		gap = ", ";
	}
	text_add(out, *gap == '[' ? "[]" : "]");
}

/* What no word said, and what a process without walls has all the same: rights. Such
 * values depend on the others, so those are looked at first */
static int add_natural(const struct draft *d, struct wishes *w, struct text *caps,
		       struct err *e)
{
	struct profile *pf = NULL;
	struct host *h;
	int r;

	if (d->from)
		return 0;
	r = profile_make(d->name, w->v, w->count, &pf, e);
	if (r < 0)
		return r;
	h = host_new();
	if (!profile_is_set(pf, FIELD_capabilities)) {
		all_caps(pf->namespaces & NS_USER, caps);
		add(w, NATURAL, "capabilities", text_str(caps));
	}
	if (!profile_is_set(pf, FIELD_no_new_privileges) && h && host_is_root(h))
		add(w, NATURAL, "no_new_privileges", "false");
	host_free(h);
	profile_free(pf);
	return caps->failed || !h ? err_set(e, "out of memory") : 0;
}

int draft_profile(const struct draft *d, const struct step *more, char *const *command,
		  struct profile **pf, struct err *e)
{
	auto_text caps = { 0 };
	struct wishes w;
	int r = fill(d, more, &w, e);

	if (!r)
		r = add_natural(d, &w, &caps, e);
	if (!r && command) {
		size_t n = 0;

		while (command[n])
			n++;
		w.v[w.count++] = (struct option_wish){
			.option = "run",
			.key = "command",
			.words = (const char *const *)command,
			.word_count = n,
		};
	}
	if (!r)
		r = d->from ? profile_load(d->from, w.v, w.count, pf, e)
			    : profile_make(d->name, w.v, w.count, pf, e);
	free(w.v);
	return r;
}

int draft_options(const struct draft *d, void (*each)(const char *pair, void *arg),
		  void *arg, struct err *e)
{
	auto_text caps = { 0 };
	struct wishes w;
	int r = fill(d, NULL, &w, e);

	if (!r)
		r = add_natural(d, &w, &caps, e);
	for (size_t i = 0; !r && i < w.count; i++) {
		auto_text pair = { 0 };

		text_addf(&pair, "%s=%s", w.v[i].key, w.v[i].value);
		each(text_str(&pair), arg);
	}
	free(w.v);
	return r;
}

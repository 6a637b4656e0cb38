// SPDX-License-Identifier: GPL-3.0-or-later
/* words.c - nook lab start, stop, reset, next, skip, goto: from one lab to another */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "box/store.h"
#include "cmd/lab.h"
#include "lab/lesson.h"

static int check_words(const struct args *a, size_t least, size_t most, struct err *e)
{
	if (a->word_count >= least && a->word_count <= most)
		return 0;
	return cmd_usage(a, e, most ? "%s takes one lab" : "%s takes no words",
			 a->cmd->name);
}

/* --- which lab is next ------------------------------------------------------------- */

/**
 * struct choice - The lab that comes next
 * @lab:	NULL = there is none that can be begun
 * @passed:	"left out here: L14 L15 (need ...)", a line; empty = none was
 * @lacks:	What the last one of these needs
 */
struct choice {
	struct lab *lab;
	struct text passed;
	const char *lacks;
};

static void choice_release(struct choice *c)
{
	lab_free(c->lab);
	text_release(&c->passed);
}

#define auto_choice __attribute__((cleanup(choice_release))) struct choice

/* Those that lack the same, one behind the other, have one reason */
static void pass_over(struct choice *c, const char *id, const char *lacks)
{
	if (!c->lacks)
		text_addf(&c->passed, "left out here: %s", id);
	else if (c->lacks == lacks)
		text_addf(&c->passed, " %s", id);
	else
		text_addf(&c->passed, " (need %s), %s", c->lacks, id);
	c->lacks = lacks;
}

/* Return: 1 it is the one, 0 this machine lacks something for it; -1 and @e */
static int consider(struct lesson *s, const struct lab_place *at, struct choice *c,
		    struct err *e)
{
	struct lab *l = NULL;
	const char *lacks;

	if (lab_open(at, &l, e) < 0)
		return -1;
	lacks = needs_lacking(&s->needs, &l->needs);
	if (lacks) {
		lab_free(l);
		pass_over(c, at->id, lacks);
		return 0;
	}
	c->lab = l;
	return 1;
}

/* The first lab behind @id, going round, that nothing was made of yet and that can be
 * done here; never @but. Return: 0; -1 and @e: it could not begin */
static int choose(struct lesson *s, const char *id, const char *but, struct choice *c,
		  struct err *e)
{
	size_t count = s->set.count, at = count;
	int rc = 0;

	for (size_t i = 0; i < count; i++)
		if (!strcmp(s->set.v[i].id, id))
			at = i + 1;
	for (size_t i = 0; i < count && !rc; i++) {
		const struct lab_place *p = &s->set.v[(at + i) % count];

		if (strcmp(p->id, but) != 0 &&
		    diary_of(&s->diary, p->id).state < LAB_SOLVED)
			rc = consider(s, p, c, e);
	}
	if (c->lacks)
		text_addf(&c->passed, " (need %s)\n", c->lacks);
	if (rc < 0)
		return -1;
	return c->lab ? lesson_check(s, c->lab, e) : 0;
}

/* The one that a person named */
static int choose_named(struct lesson *s, const char *id, struct choice *c, struct err *e)
{
	const struct lab_place *at = lab_find(&s->set, id, e);

	if (!at || lab_open(at, &c->lab, e) < 0)
		return -1;
	return lesson_check(s, c->lab, e);
}

/* --- from one to another ----------------------------------------------------------- */

/* The statement behind what there is to say before it */
static int print_begun(const struct lesson *s, struct text *said, struct err *e)
{
	if (said->len)
		text_addc(said, '\n');
	say_statement(s->lab, text_str(&s->dir), said);
	return cmd_print(said, e);
}

/**
 * struct others - Boxes that were begun behind the playground and are not the lab's
 * @since:	Its start
 * @names:	" b c"; what has no name by its id
 */
struct others {
	const struct lab_words *own;
	uint64_t since;
	struct text names;
};

static void add_other(const struct record *rec, const struct plan *plan, void *arg)
{
	struct others *o = arg;

	(void)plan;
	if (rec->started_ns <= o->since || !strcmp(rec->name, PLAY_BOX))
		return;
	for (size_t i = 0; i < o->own->count; i++)
		if (!strcmp(o->own->v[i], rec->name))
			return;
	text_addf(&o->names, " %s", *rec->name ? rec->name : rec->id);
}

/* End the lab at hand. What else was begun meanwhile may be a trial in its console, or
 * anything of the caller's: it goes on, and how it is removed is said */
static int end_lab(struct lesson *s, struct text *said, struct err *e)
{
	struct others o = { .own = &s->now.boxes };
	struct err none = { 0 };
	struct record lab;
	struct plan *plan = store_find(PLAY_BOX, &lab, &none);
	int rc;

	if (plan) {
		o.since = lab.started_ns;
		store_each(add_other, &o, &none);
	}
	free(plan);
	rc = lesson_stop(s, e);
	if (!rc && o.names.len)
		text_addf(said,
			  "begun meanwhile, and going on; to remove: nook rm -f%s\n",
			  text_str(&o.names));
	text_release(&o.names);
	return rc;
}

/* End the lab at hand, where there is one, and begin the other. @said: what was done
 * before */
static int move(struct lesson *s, struct choice *to, struct text *said, struct err *e)
{
	char ended[LAB_ID_MOST + 1] = "";

	if (s->is_on) {
		snprintf(ended, sizeof(ended), "%s", s->now.id);
		if (end_lab(s, said, e) < 0)
			return -1;
	}
	text_add(said, text_str(&to->passed));
	if (lesson_start(s, ptr_take(to->lab), DEED_START, e) == 0)
		return print_begun(s, said, e);
	return *ended ? err_wrap(e, "%s has ended, but the other does not begin: ", ended)
		      : -1;
}

/* The same where there may be no other */
static int move_on(struct lesson *s, struct choice *to, struct text *said, struct err *e)
{
	if (to->lab)
		return move(s, to, said, e);
	if (s->is_on && end_lab(s, said, e) < 0)
		return -1;
	text_add(said, text_str(&to->passed));
	text_add(said, "that was the last lab; 'nook lab list' shows how they went\n");
	return cmd_print(said, e);
}

static int refuse_second(const struct lesson *s, const char *wanted, struct err *e)
{
	err_set(e, "lab %s is at hand", s->now.id);
	return wanted ? err_hint(e,
				 "nook lab goto %s leaves it, nook lab reset begins it "
				 "anew",
				 wanted)
		      : err_hint(e, "nook lab next leaves it for another, nook lab reset "
				    "begins it anew, nook lab stop ends it");
}

static int say_all_done(const struct lesson *s, const struct choice *c, struct err *e)
{
	auto_text out = { 0 };

	text_add(&out, text_str(&c->passed));
	if (!s->set.count)
		text_add(&out, "there are no labs here\n");
	else
		text_addf(&out, "every %s is done; 'nook lab start LAB' does one again\n",
			  c->passed.len ? "other lab" : "lab");
	return cmd_print(&out, e);
}

int lab_start(const struct args *a, struct err *e)
{
	const char *id = a->word_count ? a->words[0] : NULL;
	auto_lesson s = { .diary = { .dir = -1 } };
	auto_choice to = { 0 };
	auto_text said = { 0 };
	int rc = check_words(a, 0, 1, e);

	if (rc)
		return rc;
	if (lesson_open(&s, true, e) < 0 || lesson_find(&s, a, e) < 0)
		return -1;
	if (id && !lab_find(&s.set, id, e))
		return -1;
	/* One that is solved need not be ended by a word of its own */
	if (s.is_on && !diary_of(&s.diary, s.now.id).is_over)
		return refuse_second(&s, id, e);
	if (s.is_on)
		text_addf(&said, "%s is solved, and has ended\n", s.now.id);
	rc = id ? choose_named(&s, id, &to, e) : choose(&s, "", "", &to, e);
	if (rc < 0)
		return -1;
	return to.lab ? move(&s, &to, &said, e) : say_all_done(&s, &to, e);
}

int lab_stop(const struct args *a, struct err *e)
{
	auto_lesson s = { .diary = { .dir = -1 } };
	auto_text out = { 0 };
	int rc = check_words(a, 0, 0, e);

	if (rc)
		return rc;
	if (lesson_open(&s, true, e) < 0)
		return -1;
	if (!s.is_on)
		return s.has_cleared ? 0 : lesson_must(&s, e);
	text_addf(&out, "%s has ended\n", s.now.id);
	return end_lab(&s, &out, e) < 0 ? -1 : cmd_print(&out, e);
}

int lab_reset(const struct args *a, struct err *e)
{
	auto_lesson s = { .diary = { .dir = -1 } };
	auto_choice again = { 0 };
	auto_text out = { 0 };
	int rc = check_words(a, 0, 0, e);

	if (rc)
		return rc;
	if (lesson_open(&s, true, e) < 0 || lesson_must(&s, e) < 0 ||
	    lesson_check(&s, s.lab, e) < 0)
		return -1;
	again.lab = ptr_take(s.lab);
	text_addf(&out, "%s begun anew\n", again.lab->id);
	if (lesson_stop(&s, e) < 0)
		return -1;
	if (lesson_start(&s, ptr_take(again.lab), DEED_RESET, e) < 0)
		return err_wrap(e, "it has ended, but does not begin anew: ");
	return print_begun(&s, &out, e);
}

int lab_next(const struct args *a, struct err *e)
{
	auto_lesson s = { .diary = { .dir = -1 } };
	auto_choice to = { 0 };
	auto_text said = { 0 };
	int rc = check_words(a, 0, 0, e);

	if (rc)
		return rc;
	if (lesson_open(&s, true, e) < 0 || lesson_find(&s, a, e) < 0 ||
	    choose(&s, s.now.id, "", &to, e) < 0)
		return -1;
	return move_on(&s, &to, &said, e);
}

int lab_goto(const struct args *a, struct err *e)
{
	auto_lesson s = { .diary = { .dir = -1 } };
	auto_choice to = { 0 };
	auto_text said = { 0 };
	int rc = check_words(a, 1, 1, e);

	if (rc)
		return rc;
	if (lesson_open(&s, true, e) < 0 || lesson_find(&s, a, e) < 0 ||
	    choose_named(&s, a->words[0], &to, e) < 0)
		return -1;
	return move(&s, &to, &said, e);
}

/* --- skip -------------------------------------------------------------------------- */

static const char *marked(enum deed deed)
{
	return deed == DEED_SKIP ? "skipped" : "taken as done";
}

/* One that was solved stays so. Return: 1, 0 it was; -1 and @e */
static int mark(struct lesson *s, const char *id, enum deed deed, struct err *e)
{
	if (diary_of(&s->diary, id).state == LAB_SOLVED)
		return 0;
	return diary_add(&s->diary, id, deed, NULL, e) < 0 ? -1 : 1;
}

static int mark_lab(struct lesson *s, const char *id, enum deed deed, struct text *said,
		    struct err *e)
{
	int rc = mark(s, id, deed, e);

	text_addf(said, "%s %s\n", id, rc ? marked(deed) : "is solved, and stays so");
	return rc < 0 ? -1 : 0;
}

/* All labs of a chapter */
static int mark_chapter(struct lesson *s, const char *chapter, enum deed deed,
			struct text *said, struct err *e)
{
	int of[2] = { 0 };

	for (size_t i = 0; i < s->set.count; i++) {
		struct lab *l = NULL;
		bool is_one;
		int rc;

		if (lab_open(&s->set.v[i], &l, e) < 0)
			return -1;
		is_one = !strcmp(l->chapter, chapter);
		lab_free(l);
		if (!is_one)
			continue;
		rc = mark(s, s->set.v[i].id, deed, e);
		if (rc < 0)
			return -1;
		of[rc]++;
	}
	text_addf(said, "%s: %d %s", chapter, of[1], marked(deed));
	if (of[0])
		text_addf(said, ", %d solved and so it stays", of[0]);
	text_addc(said, '\n');
	return 0;
}

static bool is_chapter(const char *word)
{
	for (size_t i = 0; lab_chapter(i); i++)
		if (!strcmp(lab_chapter(i), word))
			return true;
	return false;
}

static int skip_words(struct lesson *s, const struct args *a, enum deed deed,
		      struct err *e)
{
	auto_text said = { 0 };
	struct err none;
	int rc = 0;

	for (size_t i = 0; i < a->word_count && !rc; i++) {
		const char *word = a->words[i];
		bool chapter = is_chapter(word);
		const struct lab_place *at = chapter ? NULL : lab_find(&s->set, word, e);

		if (chapter)
			rc = mark_chapter(s, word, deed, &said, e);
		else
			rc = at ? mark_lab(s, at->id, deed, &said, e) : -1;
	}
	/* What stood before a wrong word was done */
	return cmd_print(&said, rc ? &none : e) < 0 || rc ? -1 : 0;
}

/* It is marked when it is known that the next one can begin */
static int skip_now(struct lesson *s, enum deed deed, struct err *e)
{
	auto_choice to = { 0 };
	auto_text said = { 0 };

	if (!s->is_on)
		return lesson_must(s, e);
	if (choose(s, s->now.id, s->now.id, &to, e) < 0 ||
	    mark_lab(s, s->now.id, deed, &said, e) < 0)
		return -1;
	return move_on(s, &to, &said, e);
}

int lab_skip(const struct args *a, struct err *e)
{
	enum deed deed = cmd_option(a, "done") ? DEED_DONE : DEED_SKIP;
	auto_lesson s = { .diary = { .dir = -1 } };

	if (lesson_open(&s, true, e) < 0 || lesson_find(&s, a, e) < 0)
		return -1;
	return a->word_count ? skip_words(&s, a, deed, e) : skip_now(&s, deed, e);
}

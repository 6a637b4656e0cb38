// SPDX-License-Identifier: GPL-3.0-or-later
/* steps.c - nook lab check, hint, solution, answer, undo: within one lab */
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/parse.h"
#include "cmd/lab.h"
#include "cmd/summary.h"
#include "lab/judge.h"
#include "lab/lesson.h"

static int check_none(const struct args *a, struct err *e)
{
	return a->word_count ? cmd_usage(a, e, "%s takes no words", a->cmd->name) : 0;
}

/* --- check ------------------------------------------------------------------------- */

static void add_found(struct text *out, const char *label, const struct text *t)
{
	if (!t->len)
		return;
	text_addf(out, "       %-9s", label);
	text_safe(out, text_str(t));
	text_addc(out, '\n');
}

/* Whether nothing is known of another fact for the reason of the @i-th, which is said
 * once, above. @from: look at those from there on */
static bool is_shared(const struct verdict *v, size_t i, size_t from)
{
	for (size_t k = from; k < v->count; k++)
		if (k != i && v->found[i].is_unknown && v->found[k].is_unknown &&
		    !strcmp(text_str(&v->found[i].found), text_str(&v->found[k].found)))
			return true;
	return false;
}

/* By the last fact that has a reason: it is there once */
static void say_shared(const struct verdict *v, struct text *out)
{
	for (size_t i = 0; i < v->count; i++) {
		if (!is_shared(v, i, 0) || is_shared(v, i, i))
			continue;
		text_safe(out, text_str(&v->found[i].found));
		text_addc(out, '\n');
	}
}

static void say_fact(const struct lab_fact *fact, const struct fact_found *f, bool shared,
		     struct text *out)
{
	text_add(out, f->holds ? "  ok   " : "  NO   ");
	text_safe(out, fact->says ? fact->says : fact->line);
	text_addc(out, '\n');
	if (!f->holds)
		add_found(out, "expected", &f->expected);
	if (shared)
		return;
	add_found(out, "found", &f->found);
	add_found(out, "read", &f->source);
}

static void say_verdict(const struct lesson *s, const struct verdict *v, struct text *out)
{
	const struct lab *l = s->lab;

	say_shared(v, out);
	for (size_t i = 0; i < v->count; i++)
		say_fact(&l->check.v[i], &v->found[i], is_shared(v, i, 0), out);
	if (v->solved) {
		text_addf(out, "\n%s is solved.\n", l->id);
		say_ending(l, text_str(&s->dir), out);
	} else if (v->diagnosis) {
		text_addc(out, '\n');
		say_prose(out, v->diagnosis->says, 2);
	} else {
		text_add(out, "\nnot yet; 'nook lab hint' helps\n");
	}
}

static void json_fact(const struct lab_fact *fact, const struct fact_found *f,
		      struct text *out)
{
	text_add(out, "{\"fact\": ");
	text_json(out, fact->line);
	text_add(out, ", \"says\": ");
	text_json(out, fact->says);
	text_addf(out, ", \"holds\": %s, \"expected\": ", f->holds ? "true" : "false");
	text_json(out, text_str(&f->expected));
	text_add(out, ", \"found\": ");
	text_json(out, text_str(&f->found));
	text_add(out, ", \"source\": ");
	text_json(out, text_str(&f->source));
	text_addc(out, '}');
}

static void json_verdict(const struct lab *l, const struct verdict *v, struct text *out)
{
	text_add(out, "{\"schema\": 1, \"lab\": ");
	text_json(out, l->id);
	text_addf(out, ", \"solved\": %s, \"diagnosis\": ", v->solved ? "true" : "false");
	text_json(out, v->diagnosis ? v->diagnosis->id : NULL);
	text_add(out, ", \"facts\": [");
	for (size_t i = 0; i < v->count; i++) {
		text_add(out, i ? ",\n  " : "\n  ");
		json_fact(&l->check.v[i], &v->found[i], out);
	}
	text_add(out, "\n]}\n");
}

int lab_check(const struct args *a, struct err *e)
{
	auto_lesson s = { .diary = { .dir = -1 } };
	auto_text out = { 0 };
	struct verdict v;
	struct play play;
	int rc = check_none(a, e);

	if (rc)
		return rc;
	if (lesson_open(&s, true, e) < 0 || lesson_must(&s, e) < 0)
		return -1;
	play_look(s.lab, text_str(&s.dir), s.now.token, &play);
	if (!play.scene.init) {
		err_set(e, "the playground of %s has ended", s.now.id);
		return err_hint(e, "nook lab reset makes it anew");
	}
	rc = judge(s.lab, &play.scene, &v, e);
	play_release(&play);
	if (rc < 0)
		return -1;
	/* What is solved is not tried any more */
	if (!diary_of(&s.diary, s.now.id).is_over)
		rc = diary_add(&s.diary, s.now.id, v.solved ? DEED_SOLVED : DEED_FAILED,
			       NULL, e);
	if (cmd_option(a, "json"))
		json_verdict(s.lab, &v, &out);
	else
		say_verdict(&s, &v, &out);
	if (!rc)
		rc = cmd_print(&out, e) < 0 ? -1 : !v.solved;
	verdict_release(&v);
	return rc;
}

/* --- hint -------------------------------------------------------------------------- */

int lab_hint(const struct args *a, struct err *e)
{
	auto_lesson s = { .diary = { .dir = -1 } };
	auto_text out = { 0 };
	size_t seen;
	int rc = check_none(a, e);

	if (rc)
		return rc;
	if (lesson_open(&s, true, e) < 0 || lesson_must(&s, e) < 0)
		return -1;
	seen = diary_of(&s.diary, s.now.id).hints;
	if (seen < LAB_HINTS && diary_add(&s.diary, s.now.id, DEED_HINT, NULL, e) < 0)
		return -1;
	for (size_t i = 0; i < LAB_HINTS && i <= seen; i++) {
		text_addf(&out, "%zu. ", i + 1);
		words_wrap(&out, s.lab->hints[i], 3, 3);
	}
	if (seen + 1 >= LAB_HINTS)
		text_add(&out, "That was the last; 'nook lab solution' shows one.\n");
	return cmd_print(&out, e);
}

/* --- solution ---------------------------------------------------------------------- */

int lab_solution(const struct args *a, struct err *e)
{
	bool nook = cmd_option(a, "nook"), raw = cmd_option(a, "raw");
	auto_lesson s = { .diary = { .dir = -1 } };
	const struct lab_way *way;
	auto_text out = { 0 }, words = { 0 };
	int rc = check_none(a, e);

	if (rc)
		return rc;
	if (lesson_open(&s, true, e) < 0 || lesson_must(&s, e) < 0)
		return -1;
	way = &s.lab->solution;
	if ((nook && !way->nook) || (raw && !way->raw))
		return err_set(e, "lab %s has only a solution by %s", s.now.id,
			       nook ? "hand: --raw" : "nook: --nook");
	if (!diary_of(&s.diary, s.now.id).has_solution &&
	    diary_add(&s.diary, s.now.id, DEED_SOLUTION, NULL, e) < 0)
		return -1;
	/* Without an option both; with one nothing but what is to be typed */
	if (way->nook && !raw) {
		text_add(&out, nook ? "" : "by nook, in the console:\n");
		put_words(&words, way->nook, text_str(&s.dir));
		say_lines(&out, text_str(&words), nook ? 0 : 2);
	}
	if (way->raw && !nook) {
		text_add(&out, raw ? "" : "by hand, in 'nook exec -t " PLAY_BOX "':\n");
		say_lines(&out, way->raw, raw ? 0 : 2);
	}
	return cmd_print(&out, e);
}

/* --- answer, undo ------------------------------------------------------------------ */

/* Whether a fact before the @i-th asks the same */
static bool is_asked_before(const struct lab *l, size_t i, const char *name)
{
	for (size_t k = 0; k < i; k++) {
		auto_text other = { 0 };

		if (fact_question(l->check.v[k].line, &other) &&
		    !strcmp(text_str(&other), name))
			return true;
	}
	return false;
}

static int check_question(const struct lab *l, const char *name, struct err *e)
{
	auto_text all = { 0 };

	for (size_t i = 0; i < l->check.count; i++) {
		auto_text asked = { 0 };

		if (!fact_question(l->check.v[i].line, &asked))
			continue;
		if (!strcmp(text_str(&asked), name))
			return 0;
		if (!is_asked_before(l, i, text_str(&asked)))
			text_addf(&all, "%s%s", all.len ? ", " : "", text_str(&asked));
	}
	if (!all.len)
		return err_set(e, "lab %s asks no question", l->id);
	return err_set(e, "lab %s does not ask for '%s': expected %s", l->id, name,
		       text_str(&all));
}

int lab_answer(const struct args *a, struct err *e)
{
	auto_lesson s = { .diary = { .dir = -1 } };
	auto_text text = { 0 }, out = { 0 };
	const char *why;

	if (a->word_count != 1 || !a->rest_count)
		return cmd_usage(a, e, "lab answer takes a name and a text");
	if (parse_name(a->words[0], &why))
		return err_set(e, "'%s' names no question: %s", a->words[0], why);
	for (size_t i = 0; i < a->rest_count; i++)
		text_addf(&text, "%s%s", i ? " " : "", a->rest[i]);
	if (lesson_open(&s, true, e) < 0 || lesson_must(&s, e) < 0 ||
	    check_question(s.lab, a->words[0], e) < 0 ||
	    play_answer(text_str(&s.dir), a->words[0], text_str(&text), e) < 0 ||
	    diary_add(&s.diary, s.now.id, DEED_ANSWER, a->words[0], e) < 0)
		return -1;
	text_addf(&out, "noted: %s is ", a->words[0]);
	text_safe(&out, text_str(&text));
	text_addc(&out, '\n');
	return cmd_print(&out, e);
}

/* What a skip has left is begun anew by goto; what boxes have become is the console's */
int lab_undo(const struct args *a, struct err *e)
{
	auto_lesson s = { .diary = { .dir = -1 } };
	struct deed_line line;
	auto_text out = { 0 };
	int rc = check_none(a, e);

	if (rc)
		return rc;
	if (lesson_open(&s, true, e) < 0 || diary_take_back(&s.diary, &line, e) < 0)
		return -1;
	if (line.deed == DEED_ANSWER && s.is_on && !strcmp(line.id, s.now.id) &&
	    play_answer(text_str(&s.dir), line.what, NULL, e) < 0)
		return -1;
	text_addf(&out, "taken back: %s %s%s%s\n", line.id, deed_name(line.deed),
		  *line.what ? " " : "", line.what);
	return cmd_print(&out, e);
}
